"""Settings of optimizers and schedules as plain Python values, and whether they are in range."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

import numpy as np


def plain(setting: Any) -> Any:
    """A setting as Python's own number, truth or tuple: np.float64 would make a float32 update compute in float64."""
    if type(setting) is float:  # the usual one: asking whether something is a Real takes a microsecond
        return setting
    if isinstance(setting, bool | np.bool_):
        return bool(setting)
    if isinstance(setting, Real):
        return float(setting)
    return tuple(map(plain, setting)) if isinstance(setting, tuple | list) else setting


def is_number(value: Any, below: float = math.inf, *, above: float | None = None) -> bool:
    """Whether it is a number in [0, below), or in (above, below). Truths are no numbers, and neither is NaN."""
    number = plain(value)
    if not isinstance(number, float):
        return False
    large_enough = number >= 0.0 if above is None else number > above
    return large_enough and number < below
