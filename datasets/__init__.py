"""Data sets as plain NumPy arrays: small synthetic classification problems, and real images.

Every set is a named tuple of inputs `x` and class indices `y`. What is random takes `rng`: a Generator, a
seed, or None for a fresh draw. This package imports nothing of the engine, and serves any other as well.
"""

from .augmentation import add_noise, rotate_images, shift_images
from .batching import batches, split
from .images import digits, fashion_mnist, mnist
from .preprocessing import MinMaxScaler, StandardScaler, one_hot
from .samples import Samples, Split
from .synthetic import blobs, circles, diagonal, linear, moons, polar, spirals, xor

__all__ = [
    "MinMaxScaler",
    "Samples",
    "Split",
    "StandardScaler",
    "add_noise",
    "batches",
    "blobs",
    "circles",
    "diagonal",
    "digits",
    "fashion_mnist",
    "linear",
    "mnist",
    "moons",
    "one_hot",
    "polar",
    "rotate_images",
    "shift_images",
    "spirals",
    "split",
    "xor",
]
