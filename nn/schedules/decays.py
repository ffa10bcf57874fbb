"""Schedules that lower the rate by a factor: every step, along Keras's curve, or at milestones.

Names and formulas are PyTorch's, except `ExponentialDecay`, which is Keras's.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from typing import Any

from .schedule import Formula, Interval, is_count, wrong_counts, wrong_numbers


class ExponentialLR(Formula):
    """Every step multiplies the rate by one factor: lr₀ gammaᵗ.

    Parameters
    ----------
    optimizer : Optimizer
    gamma : float
        At least 0.
    interval : {"epoch", "step"}
        How often `nn.fit` steps it.

    Raises
    ------
    ValueError
        If a setting is out of range.

    Examples
    --------
    >>> import nn
    >>> schedule = nn.schedules.ExponentialLR(nn.SGD([nn.Parameter([1.0])], lr=0.1), gamma=0.5)
    >>> schedule.step()
    >>> schedule
    ExponentialLR(gamma=0.5, interval='epoch'): after 1 epoch, lr 0.05
    """

    settings = ("gamma",)
    gamma: float

    def __init__(self, optimizer: Any, gamma: float, *, interval: Interval = "epoch") -> None:
        super().__init__(optimizer, interval, gamma=gamma)

    def wrong_settings(self, settings: Mapping[str, Any]) -> list[str]:
        """What is out of range, in words."""
        return wrong_numbers(settings, "gamma")

    def rate(self, initial: float, count: int) -> float:
        """lr₀ gammaᵗ."""
        return initial * self.gamma**count


class ExponentialDecay(Formula):
    """Keras's exponential decay by steps: lr₀ decay_rate^(t / decay_steps).

    Parameters
    ----------
    optimizer : Optimizer
    decay_steps : float
        After how many steps the rate has been multiplied once; greater than 0.
    decay_rate : float
        By what; at least 0.
    staircase : bool
        Whether t / decay_steps is rounded down: the rate stays the same for `decay_steps` steps.
    interval : {"epoch", "step"}
        How often `nn.fit` steps it; Keras counts batches.

    Raises
    ------
    ValueError
        If a setting is out of range.

    Notes
    -----
    The formula of Keras's `ExponentialDecay`, whose iterations count from 0 as ours do: the first batch is learned with
    lr₀.

    Examples
    --------
    >>> import nn
    >>> optimizer = nn.SGD([nn.Parameter([1.0])], lr=0.1)
    >>> schedule = nn.schedules.ExponentialDecay(optimizer, decay_steps=2, decay_rate=0.25)
    >>> schedule.step()
    >>> optimizer.param_groups[0]["lr"]
    0.05
    """

    settings = ("decay_steps", "decay_rate", "staircase")
    decay_steps: float
    decay_rate: float
    staircase: bool

    def __init__(
        self,
        optimizer: Any,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        *,
        interval: Interval = "step",
    ) -> None:
        super().__init__(
            optimizer, interval, decay_steps=decay_steps, decay_rate=decay_rate, staircase=staircase
        )  # fmt: skip

    def wrong_settings(self, settings: Mapping[str, Any]) -> list[str]:
        """What is out of range, in words."""
        wrong = wrong_numbers(settings, "decay_steps", above=0) + wrong_numbers(settings, "decay_rate")
        if not isinstance(settings["staircase"], bool):
            wrong.append(f"staircase is {settings['staircase']!r}; it must be True or False")
        return wrong

    def rate(self, initial: float, count: int) -> float:
        """lr₀ decay_rate^(t / decay_steps)."""
        times = count / self.decay_steps
        return initial * self.decay_rate ** (math.floor(times) if self.staircase else times)


class StepLR(Formula):
    """Each `step_size` steps the rate is multiplied by a factor: lr₀ gamma^⌊t / step_size⌋.

    Parameters
    ----------
    optimizer : Optimizer
    step_size : int
        At least 1.
    gamma : float
        At least 0.
    interval : {"epoch", "step"}
        How often `nn.fit` steps it.

    Raises
    ------
    ValueError
        If a setting is out of range.

    Examples
    --------
    >>> import nn
    >>> schedule = nn.schedules.StepLR(nn.SGD([nn.Parameter([1.0])], lr=0.8), step_size=2, gamma=0.5)
    >>> rates = []
    >>> for _ in range(5):
    ...     rates += schedule.get_last_lr()
    ...     schedule.step()
    >>> rates
    [0.8, 0.8, 0.4, 0.4, 0.2]
    """

    settings = ("step_size", "gamma")
    step_size: int
    gamma: float

    def __init__(self, optimizer: Any, step_size: int, gamma: float = 0.1, *, interval: Interval = "epoch") -> None:
        super().__init__(optimizer, interval, step_size=step_size, gamma=gamma)

    def wrong_settings(self, settings: Mapping[str, Any]) -> list[str]:
        """What is out of range, in words."""
        return wrong_counts(settings, "step_size", least=1) + wrong_numbers(settings, "gamma")

    def rate(self, initial: float, count: int) -> float:
        """lr₀ gamma^⌊t / step_size⌋."""
        return initial * self.gamma ** (count // self.step_size)


class MultiStepLR(Formula):
    """At each milestone the rate is multiplied by a factor: lr₀ gamma to the number of milestones that were reached.

    Parameters
    ----------
    optimizer : Optimizer
    milestones : iterable of int
        Numbers of steps, in any order; one that comes twice counts twice.
    gamma : float
        At least 0.
    interval : {"epoch", "step"}
        How often `nn.fit` steps it.

    Raises
    ------
    ValueError
        If a setting is out of range.

    Examples
    --------
    >>> import nn
    >>> schedule = nn.schedules.MultiStepLR(nn.SGD([nn.Parameter([1.0])], lr=0.8), milestones=[1, 4], gamma=0.5)
    >>> rates = []
    >>> for _ in range(5):
    ...     rates += schedule.get_last_lr()
    ...     schedule.step()
    >>> rates
    [0.8, 0.4, 0.4, 0.4, 0.2]
    """

    settings = ("milestones", "gamma")
    milestones: list[int]
    gamma: float

    def __init__(
        self, optimizer: Any, milestones: Iterable[int], gamma: float = 0.1, *, interval: Interval = "epoch"
    ) -> None:
        given: Any = milestones
        super().__init__(
            optimizer, interval, milestones=list(given) if isinstance(given, Iterable) else given, gamma=gamma
        )

    def wrong_settings(self, settings: Mapping[str, Any]) -> list[str]:
        """What is out of range, in words."""
        milestones = settings["milestones"]
        wrong = wrong_numbers(settings, "gamma")
        if not isinstance(milestones, list | tuple) or not all(map(is_count, milestones)):
            wrong.append(f"milestones is {milestones!r}; needed are whole numbers of at least 0")
        return wrong

    def rate(self, initial: float, count: int) -> float:
        """lr₀ gamma to the number of milestones up to t."""
        return initial * self.gamma ** bisect_right(sorted(self.milestones), count)
