"""Schedules in the loop: which ones it takes, when they step, and the learning rate that they made."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ..schedules import ReduceLROnPlateau
from .state import Training


def checked_schedule(schedule: Any, optimizer: Any, columns: Collection[str]) -> Any:
    """The schedule, if it has what the loop and checkpoints call, and there will be the column that it watches."""
    if schedule is None:
        return None
    absent = [name for name in ("interval", "step", "state_dict", "load_state_dict") if not hasattr(schedule, name)]
    if absent or schedule.interval not in ("epoch", "step"):
        what = f"has no {', '.join(absent)}" if absent else f"has the interval {schedule.interval!r}"
        raise TypeError(
            f"fit: the schedule {schedule!r} {what}; needed is one of nn.schedules, or an object with `interval` "
            "('epoch' or 'step'), `step()`, `state_dict()` and `load_state_dict(state)`."
        )
    if getattr(schedule, "optimizer", optimizer) is not optimizer:
        raise ValueError(
            f"fit: the {type(schedule).__name__} changes the rates of another optimizer than fit was given, and would "
            "have no effect here. Make it from this one."
        )
    if isinstance(schedule, ReduceLROnPlateau):
        check_watches(schedule, columns)
    return schedule


def check_watches(schedule: ReduceLROnPlateau, columns: Collection[str]) -> None:
    """Refuse to wait for a number that there will not be."""
    if schedule.interval == "epoch":
        monitored(schedule, columns)
    elif schedule.monitor not in (None, "loss") or (schedule.mode == "max" and schedule.monitor is None):
        watches = "a high number" if schedule.monitor is None else repr(schedule.monitor)
        raise ValueError(
            f"fit: the ReduceLROnPlateau steps after each batch and watches {watches}, and batches have nothing but "
            "their loss. Needed is interval='epoch', or mode='min' without a monitor."
        )


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


def monitored(schedule: ReduceLROnPlateau, row: Collection[str]) -> str:
    """The column that a schedule watches: its `monitor`, or the loss, or, of a high number, the accuracy."""
    column = "loss" if schedule.mode == "min" else "accuracy"
    usual = f"validation_{column}" if f"validation_{column}" in row else column
    monitor: str = getattr(schedule, "monitor", None) or usual
    if monitor not in row:
        raise ValueError(
            f"fit: the {type(schedule).__name__} watches {monitor!r}, and the history has {', '.join(row)}. Name one "
            "of these as its `monitor`."
        )
    return monitor


def learning_rate(training: Training) -> float:
    """That of the optimizer's first group."""
    return float(training.optimizer.param_groups[0]["lr"])
