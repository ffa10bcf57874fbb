"""Checks of the settings of layers, losses, initialisers and metrics.

Each gives the value in its proper form, or an error that says whose it is and what is wrong with it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt


def positive(value: Any, name: str, caller: str) -> int:
    """A whole number of at least 1."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ValueError(f"{caller}: {name} is {value!r}; needed is a whole number of at least 1.")
    return int(value)


def whole(value: Any, name: str, caller: str) -> int:
    """A whole number."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise ValueError(f"{caller}: {name} is {value!r}; needed is a whole number.")
    return int(value)


def finite(value: Any, name: str, caller: str) -> float:
    """A finite number."""
    if not is_number(value) or not math.isfinite(value):
        raise ValueError(f"{caller}: {name} is {value!r}; needed is a finite number.")
    return float(value)


def not_negative(value: Any, name: str, caller: str) -> float:
    """A finite number of at least 0."""
    if not is_number(value) or not 0 <= value < math.inf:
        raise ValueError(f"{caller}: {name} is {value!r}; needed is a finite number of at least 0.")
    return float(value)


def above_0(value: Any, name: str, caller: str) -> float:
    """A number above 0, infinite ones included."""
    if not is_number(value) or not value > 0:
        raise ValueError(f"{caller}: {name} is {value!r}; needed is a number above 0.")
    return float(value)


def share(value: Any, name: str, caller: str) -> float:
    """A number from 0 to 1, such as a probability."""
    if not is_number(value) or not 0 <= value <= 1:
        raise ValueError(f"{caller}: {name} is {value!r}; needed is a number between 0 and 1.")
    return float(value)


def is_number(value: Any) -> bool:
    """Whether it is a real number: neither a truth nor a word nor an array."""
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def floating(dtype: npt.DTypeLike, caller: str) -> np.dtype[Any]:
    """A floating-point dtype, or an error that says why no other will do."""
    target = np.dtype(dtype)
    if target.kind != "f":
        raise TypeError(
            f"{caller}: parameters need a floating-point dtype to have gradients, and this is {target}. "
            "Use numpy.float32 or numpy.float64."
        )
    return target
