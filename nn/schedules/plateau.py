"""The schedule that watches a number, for example the validation loss, and lowers the rate when it stops improving."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

from ..optim.settings import is_number, plain
from .schedule import Interval, Schedule, wrong_counts, wrong_numbers


class ReduceLROnPlateau(Schedule):
    """Multiply the rates by a factor when a number has not improved for a while.

    Parameters
    ----------
    optimizer : Optimizer
    mode : {"min", "max"}
        Whether lower is better, as for a loss, or higher, as for an accuracy.
    factor : float
        At least 0, less than 1.
    patience : int
        How many steps without an improvement are put up with; the rate is lowered at the next one.
    threshold : float
        By how much a number must be better to count as an improvement.
    threshold_mode : {"rel", "abs"}
        Whether `threshold` is a share of the best number or a difference.
    cooldown : int
        For how many steps after a reduction none is counted as bad.
    min_lr : float or sequence of float
        No rate gets lower than this; one for each group, or one for all.
    eps : float
        A reduction by no more than this is not made.
    monitor : str, optional
        Which column of the history `nn.fit` hands to `step`; by default the validation loss, or the loss without one.
    interval : {"epoch", "step"}
        How often `nn.fit` steps it. After a batch the only number is its loss: such a schedule has no monitor, and its
        mode is "min".

    Attributes
    ----------
    best : float or None
        The best number so far.
    num_bad_epochs : int
        For how many steps it has not improved.
    cooldown_counter : int
        How many steps of the cool-down are left.

    Raises
    ------
    ValueError
        If a setting is out of range.

    Notes
    -----
    PyTorch's rule. A rate that was set by hand is reduced from there.

    Examples
    --------
    >>> import nn
    >>> schedule = nn.schedules.ReduceLROnPlateau(nn.SGD([nn.Parameter([1.0])], lr=0.1), factor=0.5, patience=1)
    >>> for loss in [1.0, 0.8, 0.8, 0.8]:
    ...     schedule.step(loss)
    >>> schedule.get_last_lr()
    [0.05]
    """

    settings = ("mode", "factor", "patience", "threshold", "threshold_mode", "cooldown", "min_lr", "eps", "monitor")
    remembered = ("last_epoch", "best", "num_bad_epochs", "cooldown_counter")
    mode: str
    factor: float
    patience: int
    threshold: float
    threshold_mode: str
    cooldown: int
    min_lr: float | list[float]
    eps: float
    monitor: str | None
    best: float | None
    num_bad_epochs: int
    cooldown_counter: int

    def __init__(
        self,
        optimizer: Any,
        mode: Literal["min", "max"] = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: Literal["rel", "abs"] = "rel",
        cooldown: int = 0,
        min_lr: float | list[float] = 0.0,
        eps: float = 1e-8,
        *,
        monitor: str | None = None,
        interval: Interval = "epoch",
    ) -> None:
        super().__init__(
            optimizer, interval, mode=mode, factor=factor, patience=patience, threshold=threshold,
            threshold_mode=threshold_mode, cooldown=cooldown, min_lr=min_lr, eps=eps, monitor=monitor,
        )  # fmt: skip
        self.best = None
        self.num_bad_epochs = self.cooldown_counter = 0

    def wrong_settings(self, settings: Mapping[str, Any]) -> list[str]:
        """What is out of range, in words."""
        wrong = [
            f"{name} is {settings[name]!r}; it can be {words[0]!r} or {words[1]!r}"
            for name, words in {"mode": ("min", "max"), "threshold_mode": ("rel", "abs")}.items()
            if settings[name] not in words
        ]
        wrong += wrong_numbers(settings, "threshold", "eps") + wrong_counts(settings, "patience", "cooldown")
        if not is_number(settings["factor"], below=1):
            wrong.append(f"factor is {settings['factor']!r}; it must be a number of at least 0 and less than 1")
        least, groups = settings["min_lr"], len(self.optimizer.param_groups)
        each = least if isinstance(least, list | tuple) else [least] * groups
        if len(each) != groups or not all(map(is_number, each)):
            wrong.append(f"min_lr is {least!r}; needed is a number of at least 0, or {groups}, one per group")
        if not isinstance(settings["monitor"], str | None):
            wrong.append(f"monitor is {settings['monitor']!r}; it must be the name of a column or None")
        return wrong

    def wrong_state(self, state: Any) -> list[str]:
        """Why a state cannot be taken over, in words."""
        wrong = super().wrong_state(state)
        if wrong:
            return wrong
        best = plain(state["best"])
        if best is not None and (not isinstance(best, float) or math.isnan(best)):
            wrong.append(f"best is {state['best']!r}; it must be a number or None")
        return wrong + wrong_counts(state, "num_bad_epochs", "cooldown_counter")

    def step(self, metric: float) -> None:
        """Note the number of an epoch or batch, and lower the rates where it is time to.

        Parameters
        ----------
        metric : float
            What is watched. NaN is no improvement.

        Raises
        ------
        TypeError
            If it is no number.

        Examples
        --------
        >>> import nn
        >>> schedule = nn.schedules.ReduceLROnPlateau(nn.SGD([nn.Parameter([1.0])], lr=0.1), patience=0)
        >>> schedule.step(0.5)
        >>> schedule.step(0.7)
        >>> round(schedule.get_last_lr()[0], 6)
        0.01
        """
        scalar: Any = metric  # a Tensor or an array of one number, too
        number = plain(scalar.item() if getattr(scalar, "shape", None) == () else scalar)
        if not isinstance(number, float):
            raise TypeError(
                f"ReduceLROnPlateau.step: metric is {metric!r}; needed is the number that is watched, for example the "
                "validation loss."
            )
        self.last_epoch += 1
        if self._is_better(number):
            self.best, self.num_bad_epochs = number, 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce()
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0

    def _is_better(self, number: float) -> bool:
        if self.best is None:
            return number < math.inf if self.mode == "min" else number > -math.inf
        sign = -1.0 if self.mode == "min" else 1.0
        if self.threshold_mode == "rel":
            needed = self.best * (1.0 + sign * self.threshold)
        else:
            needed = self.best + sign * self.threshold
        return number < needed if self.mode == "min" else number > needed

    def _reduce(self) -> None:
        groups = self.optimizer.param_groups
        least = self.min_lr if isinstance(self.min_lr, list) else [self.min_lr] * len(groups)
        least = [*least, *[0.0] * (len(groups) - len(least))]  # of groups that were added later
        for group, lowest in zip(groups, least):
            rate = float(group["lr"])
            lower = max(rate * self.factor, lowest)
            if rate - lower > self.eps:
                group["lr"] = lower
