"""Data sets as plain NumPy arrays: small synthetic classification problems, and real images.

Every set is a named tuple of inputs `x` and class indices `y`. What is random takes `rng`: a Generator, a
seed, or None for a fresh draw. This package imports nothing of the engine, and serves any other as well.
"""

from .images import digits, fashion_mnist, mnist
from .samples import Samples, Split
from .synthetic import blobs, circles, diagonal, linear, moons, polar, spirals, xor

__all__ = [
    "Samples",
    "Split",
    "blobs",
    "circles",
    "diagonal",
    "digits",
    "fashion_mnist",
    "linear",
    "mnist",
    "moons",
    "polar",
    "spirals",
    "xor",
]
