"""Schedules one after another: a warm-up, and what follows it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from .schedule import Formula, is_count


class SequentialLR(Formula):
    """One schedule up to the first milestone, the next one from there, and so on; each counts from its own beginning.

    Parameters
    ----------
    optimizer : Optimizer
    schedulers : sequence of schedules
        All of this optimizer and one interval, which becomes that of the sequence. They are not stepped themselves.
        `ReduceLROnPlateau` cannot be one of them, since it needs a number at every step.
    milestones : sequence of int
        One less than schedules: the number of steps at which the next one begins, rising.

    Raises
    ------
    ValueError
        If the schedules and milestones do not fit together.

    Examples
    --------
    >>> import nn
    >>> optimizer = nn.SGD([nn.Parameter([1.0])], lr=0.8)
    >>> warm_up = nn.schedules.LinearLR(optimizer, start_factor=0.5, total_iters=2)
    >>> decay = nn.schedules.ExponentialLR(optimizer, gamma=0.5)
    >>> schedule = nn.schedules.SequentialLR(optimizer, [warm_up, decay], milestones=[2])
    >>> rates = []
    >>> for _ in range(5):
    ...     rates += schedule.get_last_lr()
    ...     schedule.step()
    >>> [round(rate, 6) for rate in rates]
    [0.4, 0.6, 0.8, 0.4, 0.2]
    """

    settings = ("milestones",)
    milestones: list[int]

    def __init__(self, optimizer: Any, schedulers: Sequence[Formula], milestones: Sequence[int]) -> None:
        self.schedulers = list(schedulers)
        for number, schedule in enumerate(self.schedulers):
            if not isinstance(schedule, Formula):
                raise ValueError(
                    f"SequentialLR: schedulers[{number}] is a {type(schedule).__name__}; needed are schedules whose "
                    "rates follow from the number of steps alone."
                )
            if schedule.optimizer is not optimizer:
                raise ValueError(f"SequentialLR: schedulers[{number}] is a schedule of another optimizer.")
        intervals = sorted({schedule.interval for schedule in self.schedulers})
        if len(intervals) != 1:
            raise ValueError(f"SequentialLR: schedulers have the intervals {intervals}; needed is the same for all.")
        super().__init__(optimizer, intervals[0], milestones=list(milestones))

    def wrong_settings(self, settings: Mapping[str, Any]) -> list[str]:
        """What is out of range, in words."""
        given = settings["milestones"]
        needed = len(self.schedulers) - 1
        counts = isinstance(given, list | tuple) and len(given) == needed and all(is_count(m, 1) for m in given)
        if not counts or any(a >= b for a, b in pairwise(given)):
            return [f"milestones is {given!r}; needed are {needed} rising whole numbers, one less than schedules"]
        return []

    def rate(self, initial: float, count: int) -> float:
        """The rate of the schedule whose turn it is, counted from its own beginning."""
        turn = bisect_right(self.milestones, count)
        return self.schedulers[turn].rate(initial, count - (self.milestones[turn - 1] if turn else 0))

    def state_dict(self) -> dict[str, Any]:
        """All that the sequence remembers, and under `schedulers` the settings of each schedule.

        Examples
        --------
        >>> import nn
        >>> optimizer = nn.SGD([nn.Parameter([1.0])], lr=0.1)
        >>> parts = [nn.schedules.ExponentialLR(optimizer, gamma) for gamma in (1.0, 0.5)]
        >>> state = nn.schedules.SequentialLR(optimizer, parts, [3]).state_dict()
        >>> state["milestones"], [part["gamma"] for part in state["schedulers"]]
        ([3], [1.0, 0.5])
        """
        return {**super().state_dict(), "schedulers": [schedule.state_dict() for schedule in self.schedulers]}

    def wrong_state(self, state: Any) -> list[str]:
        """Why a state cannot be taken over, in words."""
        wrong = super().wrong_state(state)
        if wrong:
            return wrong
        parts = state.get("schedulers")
        if not isinstance(parts, list | tuple) or len(parts) != len(self.schedulers):
            return [f"schedulers is {parts!r}; needed are the states of {len(self.schedulers)} schedules"]
        return [
            f"schedulers[{number}]: {reason}"
            for number, (schedule, part) in enumerate(zip(self.schedulers, parts))
            for reason in schedule.wrong_state(part)
        ]

    def take(self, state: Mapping[str, Any]) -> None:
        """Take over settings and what is remembered, after they were checked."""
        super().take(state)
        for schedule, part in zip(self.schedulers, state["schedulers"]):
            schedule.take(part)

    def __repr__(self) -> str:
        parts = "".join(f"\n  {schedule!r}".partition("): after")[0] + ")" for schedule in self.schedulers)
        return super().__repr__() + parts
