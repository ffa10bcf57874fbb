"""Schedules in the loop: which ones it takes, when they step, and the learning rate that they made."""

from __future__ import annotations

from typing import Any

from ..schedules import ReduceLROnPlateau
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
    """Let the schedule step; one that waits for a plateau is told a number, of the epoch or of the batch."""
    schedule = training.schedule
    if not isinstance(schedule, ReduceLROnPlateau):
        schedule.step()
    elif schedule.interval == "step":
        schedule.step(training.loss_value)
    else:
        row = training.history.rows[-1]
        schedule.step(row[monitored(schedule, row)])


def monitored(schedule: ReduceLROnPlateau, row: dict[str, float]) -> str:
    """The column that a schedule watches: its `monitor`, or the loss, or, of a high number, the accuracy."""
    column = "loss" if schedule.mode == "min" else "accuracy"
    usual = f"validation_{column}" if f"validation_{column}" in row else column
    monitor: str = getattr(schedule, "monitor", None) or usual
    if monitor not in row:
        raise ValueError(
            f"fit: {schedule!r} watches {monitor!r}, and the history has {', '.join(row)}. Name one of these as its "
            "attribute `monitor`."
        )
    return monitor


def learning_rate(training: Training) -> float:
    """That of the optimizer's first group."""
    return float(training.optimizer.param_groups[0]["lr"])
