"""Schedules along a curve: half a cosine, a line that warms up, or whatever a function says. Formulas are PyTorch's."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from ..optim.settings import is_number
from .schedule import Formula, Interval, wrong_counts, wrong_numbers


class CosineAnnealingLR(Formula):
    """From the first rate to the last along half a cosine: eta_min + (lr₀ − eta_min) (1 + cos(π t / T_max)) / 2.

    Parameters
    ----------
    optimizer : Optimizer
    T_max : int
        After how many steps the rate is `eta_min`; beyond, it rises again.
    eta_min : float
        At least 0.
    interval : {"epoch", "step"}
        How often `nn.fit` steps it.

    Raises
    ------
    ValueError
        If a setting is out of range.

    Notes
    -----
    Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017, equation 5, without restarts.

    Examples
    --------
    >>> import nn
    >>> schedule = nn.schedules.CosineAnnealingLR(nn.SGD([nn.Parameter([1.0])], lr=0.1), T_max=2)
    >>> schedule.step()
    >>> round(schedule.get_last_lr()[0], 6)
    0.05
    """

    settings = ("T_max", "eta_min")
    T_max: int
    eta_min: float

    def __init__(self, optimizer: Any, T_max: int, eta_min: float = 0.0, *, interval: Interval = "epoch") -> None:
        super().__init__(optimizer, interval, T_max=T_max, eta_min=eta_min)

    def wrong_settings(self, settings: Mapping[str, Any]) -> list[str]:
        """What is out of range, in words."""
        return wrong_counts(settings, "T_max", least=1) + wrong_numbers(settings, "eta_min")

    def rate(self, initial: float, count: int) -> float:
        """eta_min + (lr₀ − eta_min) (1 + cos(π t / T_max)) / 2."""
        return self.eta_min + (initial - self.eta_min) * (1 + math.cos(math.pi * count / self.T_max)) / 2


class LinearLR(Formula):
    """A linear warm-up: the factor of the rate goes from `start_factor` to `end_factor`, and stays there.

    Parameters
    ----------
    optimizer : Optimizer
    start_factor : float
        Greater than 0, at most 1.
    end_factor : float
        Between 0 and 1.
    total_iters : int
        After how many steps the last factor is reached; at least 1.
    interval : {"epoch", "step"}
        How often `nn.fit` steps it.

    Raises
    ------
    ValueError
        If a setting is out of range.

    See Also
    --------
    nn.schedules.SequentialLR : what follows a warm-up.

    Examples
    --------
    >>> import nn
    >>> schedule = nn.schedules.LinearLR(nn.SGD([nn.Parameter([1.0])], lr=0.8), start_factor=0.25, total_iters=3)
    >>> rates = []
    >>> for _ in range(5):
    ...     rates += schedule.get_last_lr()
    ...     schedule.step()
    >>> [round(rate, 6) for rate in rates]
    [0.2, 0.4, 0.6, 0.8, 0.8]
    """

    settings = ("start_factor", "end_factor", "total_iters")
    start_factor: float
    end_factor: float
    total_iters: int

    def __init__(
        self,
        optimizer: Any,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        *,
        interval: Interval = "epoch",
    ) -> None:
        super().__init__(
            optimizer, interval, start_factor=start_factor, end_factor=end_factor, total_iters=total_iters
        )  # fmt: skip

    def wrong_settings(self, settings: Mapping[str, Any]) -> list[str]:
        """What is out of range, in words."""
        wrong = wrong_numbers(settings, "start_factor", above=0) + wrong_numbers(settings, "end_factor")
        wrong = wrong or [
            f"{name} is {settings[name]!r}; it must be at most 1: the rate that the group began with"
            for name in ("start_factor", "end_factor")
            if settings[name] > 1
        ]
        return wrong + wrong_counts(settings, "total_iters", least=1)

    def rate(self, initial: float, count: int) -> float:
        """lr₀ times a factor between the two."""
        share = min(count, self.total_iters) / self.total_iters
        return initial * (self.start_factor + (self.end_factor - self.start_factor) * share)


class LambdaLR(Formula):
    """The rate that a group began with times whatever a function says: lr₀ f(t).

    Parameters
    ----------
    optimizer : Optimizer
    lr_lambda : callable
        `lr_lambda(count)` gives the factor after so many steps. It is not saved with the state.
    interval : {"epoch", "step"}
        How often `nn.fit` steps it.

    Raises
    ------
    TypeError
        If it is no function.
    ValueError
        If a setting is out of range.

    Examples
    --------
    >>> import nn
    >>> optimizer = nn.SGD([nn.Parameter([1.0])], lr=0.1)
    >>> schedule = nn.schedules.LambdaLR(optimizer, lambda count: 1 / (1 + count))
    >>> schedule.step()
    >>> optimizer.param_groups[0]["lr"]
    0.05
    """

    def __init__(self, optimizer: Any, lr_lambda: Callable[[int], float], *, interval: Interval = "epoch") -> None:
        if not callable(lr_lambda):
            raise TypeError(f"LambdaLR: lr_lambda is {lr_lambda!r}; needed is a function of the number of steps.")
        self.lr_lambda = lr_lambda
        super().__init__(optimizer, interval)

    def rate(self, initial: float, count: int) -> float:
        """lr₀ f(t)."""
        factor: Any = self.lr_lambda(count)
        rate: float = initial * factor if is_number(factor) else factor
        return rate
