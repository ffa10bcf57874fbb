"""Denormal numbers: what a moment decays into, why it is set to zero before, and how often that is looked after.

A denormal number times 0.9 is rounded to itself: moments of a unit that died never reach zero, and arithmetic with them
is many times slower. What is set to zero is below 1e-31 in float32 and 1e-301 in float64, and moves nothing.
"""

from __future__ import annotations

from functools import lru_cache
from math import log
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def flush_denormals(moment: Array, decay: float, where: Array | None = None) -> None:
    """Set to zero what would decay into denormal numbers before the next flush, `flush_period` steps later."""
    moment[will_be_denormal(moment, decay, where)] = 0.0


def will_be_denormal(moment: Array, decay: float, where: Array | None = None) -> Array:
    """Which elements a flush sets to zero. Without a decay nothing lingers, and none is."""
    limit = float(np.finfo(moment.dtype).tiny) / decay ** flush_period(decay) if decay else 0.0
    small: Array = np.abs(moment) < limit
    if where is not None:
        small &= where
    return small


@lru_cache
def flush_period(decay: float) -> int:
    """After how many steps to flush: rarely, but before a moment has lost a factor of a million."""
    return max(1, min(64, int(log(1e-6) / log(decay)))) if 0.0 < decay < 1.0 else 64
