"""Schedules in the loop: which ones it takes, when they step, and the learning rate that they made."""

from __future__ import annotations

from typing import Any

from .state import Training


def checked_schedule(schedule: Any) -> Any:
    """The schedule, if it has what the loop and checkpoints call."""
    if schedule is None:
        return None
    absent = [name for name in ("interval", "step", "state_dict", "load_state_dict") if not hasattr(schedule, name)]
    if absent or schedule.interval not in ("epoch", "step"):
        what = f"has no {', '.join(absent)}" if absent else f"has the interval {schedule.interval!r}"
        raise TypeError(
            f"fit: the schedule {schedule!r} {what}; needed is one of nn.schedules, or an object with `interval` "
            "('epoch' or 'step'), `step()`, `state_dict()` and `load_state_dict(state)`."
        )
    return schedule


def advance(training: Training) -> None:
    """Let the schedule step; one that waits for a plateau is told the number that it monitors."""
    from ..schedules import ReduceLROnPlateau

    schedule = training.schedule
    if not isinstance(schedule, ReduceLROnPlateau):
        schedule.step()
        return
    row = training.history.rows[-1]
    monitor = getattr(schedule, "monitor", None) or ("validation_loss" if "validation_loss" in row else "loss")
    if monitor not in row:
        raise ValueError(f"fit: the schedule monitors {monitor!r}; the history has {', '.join(row)}.")
    schedule.step(row[monitor])


def learning_rate(training: Training) -> float:
    """That of the optimizer's first group."""
    return float(training.optimizer.param_groups[0]["lr"])
