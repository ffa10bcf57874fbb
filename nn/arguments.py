"""Checks of the arguments that layers are made with: each gives the value in its proper form, or says what is wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def positive(value: Any, name: str, caller: str) -> int:
    """A whole number of at least 1, or an error that says whose it is."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ValueError(f"{caller}: {name} is {value!r}; needed is a whole number of at least 1.")
    return int(value)


def floating(dtype: npt.DTypeLike, caller: str) -> np.dtype[Any]:
    """A floating-point dtype, or an error that says why no other will do."""
    target = np.dtype(dtype)
    if target.kind != "f":
        raise TypeError(
            f"{caller}: parameters need a floating-point dtype to have gradients, and this is {target}. "
            "Use numpy.float32 or numpy.float64."
        )
    return target
