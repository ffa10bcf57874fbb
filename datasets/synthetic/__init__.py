"""Classes of points in the plane: problems whose difficulty is known, since their distributions are."""

from .clouds import blobs, linear
from .curves import circles, moons, polar, spirals
from .square import diagonal, xor

__all__ = ["blobs", "circles", "diagonal", "linear", "moons", "polar", "spirals", "xor"]
