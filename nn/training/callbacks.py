"""Callbacks: what somebody wants to do at fixed points of `fit`, without writing the loop again."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

from ..arguments import positive
from ..optim.settings import is_number


class Callback:
    """What `fit` calls at fixed points of a training; a subclass has the methods that it needs.

    Every method gets the `Training`: `model`, `loss`, `optimizer`, `history`, `epoch` (from 1), `step` (batches learned
    so far), the current batch's `x`, `y`, `outputs` and `loss_value`, and `stop(reason)`, which ends the training after
    the current epoch's validation. Several callbacks are called in the order in which `fit` was given them.

    Examples
    --------
    >>> import nn
    >>> class Shout(nn.Callback):
    ...     def epoch_ended(self, training):
    ...         print(training.epoch, "DONE")
    """

    def training_started(self, training: Any) -> None:
        """Before the first batch, and again where a training is continued from a checkpoint."""

    def batch_started(self, training: Any) -> None:
        """Before the forward pass: `x` and `y` are there."""

    def gradients_ready(self, training: Any) -> None:
        """After the backward pass, before the optimizer's step: gradients can be read and changed."""

    def batch_ended(self, training: Any) -> None:
        """After the optimizer's step."""

    def epoch_ended(self, training: Any) -> None:
        """After the epoch's validation; its row is the last one of the history."""

    def training_ended(self, training: Any) -> None:
        """After the last batch, whatever ended the training. What is done here is not in the last checkpoint."""

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint must keep of this callback: numbers, strings, lists and dicts of these, and arrays."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave."""


class EarlyStopping(Callback):
    """Ends a training when a column of the history has not become better for some epochs.

    Parameters
    ----------
    monitor : str
        The column.
    patience : int
        After so many epochs without a better value the training ends.
    min_delta : float
        By how much a value must be better to count; at least 0.
    mode : {"min", "max"}, optional
        Whether low or high values are good. By default high ones, unless the column's name ends in `loss` or `error`.
    restore_best_weights : bool
        Whether the model gets the parameters and buffers of its best epoch back, whatever ended the training.

    Attributes
    ----------
    best : float
        The best value so far.
    best_epoch : int
        When it was; 0 before the first epoch.

    Raises
    ------
    ValueError
        If a setting is out of range; while training, if the history has no such column.

    Notes
    -----
    NaN is never better. A checkpoint keeps the best weights too, and the running ones apart from them: a training that
    is continued goes on from the latter. Source: L. Prechelt, "Early stopping - but when?", 1998.

    Examples
    --------
    >>> import numpy as np, nn
    >>> model = nn.Linear(1, 1, rng=0)
    >>> data = np.ones((8, 1), np.float32), np.ones((8, 1), np.float32)
    >>> stopping = nn.EarlyStopping("loss", patience=2, min_delta=1e-3)
    >>> optimizer = nn.SGD(model.parameters(), lr=0.1)
    >>> history = nn.fit(model, data, nn.MSELoss(), optimizer, epochs=99, callbacks=[stopping], progress=False)
    >>> history.stopped
    'loss has not become better than 0.0011 of epoch 8 for 2 epochs'
    """

    def __init__(
        self,
        monitor: str = "validation_loss",
        patience: int = 1,
        *,
        min_delta: float = 0.0,
        mode: Literal["min", "max"] | None = None,
        restore_best_weights: bool = False,
    ) -> None:
        if mode not in ("min", "max", None):
            raise ValueError(f"EarlyStopping: mode is {mode!r}; it can be 'min', 'max' or None.")
        if not isinstance(monitor, str):
            raise TypeError(f"EarlyStopping: monitor is {monitor!r}; needed is the name of a column of the history.")
        if not is_number(min_delta):
            raise ValueError(f"EarlyStopping: min_delta is {min_delta!r}; needed is a finite number of at least 0.")
        self.monitor, self.min_delta = monitor, float(min_delta)
        self.patience = positive(patience, "patience", "EarlyStopping")
        self.mode = mode or ("min" if monitor.endswith(("loss", "error")) else "max")
        self.restore_best_weights = restore_best_weights
        self.best, self.best_epoch = math.nan, 0
        self._best_weights: dict[str, Any] | None = None
        self._started = False

    def training_started(self, training: Any) -> None:
        """Forget an earlier training, unless this one is continued."""
        self._started = True
        if not len(training.history):
            self.best, self.best_epoch, self._best_weights = math.nan, 0, None

    def epoch_ended(self, training: Any) -> None:
        """Look at the epoch's value."""
        row = training.history.rows[-1]
        if self.monitor not in row:
            hint = " Give fit validation samples." if self.monitor.startswith("validation_") else ""
            raise ValueError(f"EarlyStopping: the history has no {self.monitor!r}; it has {', '.join(row)}.{hint}")
        if self._is_better(row[self.monitor]):
            self.best, self.best_epoch = row[self.monitor], training.epoch
            if self.restore_best_weights:
                self._best_weights = training.model.state_dict()
        elif training.epoch - self.best_epoch >= self.patience:
            epochs = "1 epoch" if self.patience == 1 else f"{self.patience} epochs"
            than = f"better than {self.best:.3g} of epoch {self.best_epoch}" if self.best_epoch else "a number"
            training.stop(f"{self.monitor} has not become {than} for {epochs}")

    def _is_better(self, value: float) -> bool:
        if not self.best_epoch:
            return not math.isnan(value)
        gain = self.best - value if self.mode == "min" else value - self.best
        return gain > self.min_delta

    def training_ended(self, training: Any) -> None:
        """Give the model its best weights back, if that was asked for."""
        if self._best_weights is not None and self._started:  # else they may be those of an earlier training
            training.model.load_state_dict(self._best_weights)
        self._started = False

    def state_dict(self) -> dict[str, Any]:
        """The best value, its epoch and, where they are kept, the weights."""
        return {"best": self.best, "best_epoch": self.best_epoch, "weights": self._best_weights}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave."""
        self.best, self.best_epoch = float(state["best"]), int(state["best_epoch"])
        self._best_weights = state["weights"]

    def __repr__(self) -> str:
        settings = f"{self.monitor!r}, patience={self.patience}, min_delta={self.min_delta:g}, mode={self.mode!r}"
        state = f"best {self.best:.4g} in epoch {self.best_epoch}" if self.best_epoch else "no epoch yet"
        return f"EarlyStopping({settings}, restore_best_weights={self.restore_best_weights}): {state}"


class ClipGradients(Callback):
    """Keeps gradients from growing too large, between the backward pass and the step.

    Parameters
    ----------
    max_norm : float, optional
        The gradients are scaled down together where the norm of all of them is larger.
    max_value : float, optional
        Every element is cut off at ± this, after the norm was limited.

    Raises
    ------
    ValueError
        If neither is given, or one is not a finite number above 0.

    Notes
    -----
    Source: R. Pascanu, T. Mikolov and Y. Bengio, "On the difficulty of training recurrent neural networks", 2013; the
    functions are `nn.optim.clip_grad_norm` and `nn.optim.clip_grad_value`.

    Examples
    --------
    >>> import numpy as np, nn
    >>> model = nn.Linear(1, 1, rng=0)
    >>> data = np.full((4, 1), 1e3, np.float32), np.zeros((4, 1), np.float32)
    >>> before = model.weight.item()
    >>> optimizer, clip = nn.SGD(model.parameters(), lr=0.5), nn.ClipGradients(max_norm=0.1)
    >>> history = nn.fit(model, data, nn.MSELoss(), optimizer, epochs=1, callbacks=[clip], progress=False)
    >>> round(abs(model.weight.item() - before), 4)  # the rate times the norm
    0.05
    """

    def __init__(self, max_norm: float | None = None, max_value: float | None = None) -> None:
        if max_norm is None and max_value is None:
            raise ValueError("ClipGradients: neither max_norm nor max_value is given; needed is at least one.")
        for name, value in (("max_norm", max_norm), ("max_value", max_value)):
            if value is not None and not is_number(value, above=0):
                raise ValueError(f"ClipGradients: {name} is {value!r}; needed is a finite number above 0.")
        self.max_norm, self.max_value = max_norm, max_value

    def gradients_ready(self, training: Any) -> None:
        """Limit the gradients of what the optimizer trains."""
        from ..optim import clip_grad_norm, clip_grad_value

        parameters = [parameter for group in training.optimizer.param_groups for parameter in group["params"]]
        if self.max_norm is not None:
            clip_grad_norm(parameters, self.max_norm)
        if self.max_value is not None:
            clip_grad_value(parameters, self.max_value)

    def __repr__(self) -> str:
        return f"ClipGradients(max_norm={self.max_norm!r}, max_value={self.max_value!r})"
