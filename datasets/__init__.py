"""Data sets as plain NumPy arrays: small synthetic classification problems, and real handwritten digits.

Every set is a named tuple of inputs `x` and class indices `y`. What is random takes `rng`: a Generator, a
seed, or None for a fresh draw. This package imports nothing of the engine, and serves any other as well."""
from datasets.images import digits
from datasets.samples import Samples, Split
from datasets.synthetic import diagonal, linear, polar, xor

__all__ = ["Samples", "Split", "diagonal", "digits", "linear", "polar", "xor"]
