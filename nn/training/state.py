"""The state of a training: what callbacks see, and all that a checkpoint must bring back for it to go on as before."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..module import Module
from ..optim.optimizer import Optimizer
from .callbacks import Callback
from .generators import Generators
from .history import History
from .samples import Array

HOOKS = (
    "training_started", "batch_started", "gradients_ready", "batch_ended", "epoch_ended", "training_ended"
)  # fmt: skip


class NonFiniteLoss(FloatingPointError):
    """The loss became NaN or infinite, and `fit` stopped before the weights followed it.

    Attributes
    ----------
    history : History
        What happened until then; the loss in question is the last of its `step_losses`.
    epoch, step : int
        In which epoch, and after how many steps.

    Examples
    --------
    >>> import numpy as np, nn
    >>> model = nn.Linear(1, 1, rng=0)
    >>> data = np.array([[1.0], [2.0], [np.nan]]), np.zeros((3, 1))
    >>> optimizer = nn.SGD(model.parameters())
    >>> try:
    ...     nn.fit(model, data, nn.MSELoss(), optimizer, epochs=1, batch_size=1, shuffle=False, progress=False)
    ... except nn.NonFiniteLoss as error:
    ...     print(error.epoch, error.step, np.isfinite(error.history.step_losses))
    1 2 [ True  True False]
    """

    def __init__(self, message: str, history: History, epoch: int, step: int) -> None:
        super().__init__(message)
        self.history, self.epoch, self.step = history, epoch, step


class Totals:
    """Sums over the samples of the batches of an epoch."""

    def __init__(self) -> None:
        self.samples = 0
        self.sums: dict[str, float] = {}

    def add(self, name: str, number: float) -> None:
        """Add what a batch contributes to a column."""
        self.sums[name] = self.sums.get(name, 0.0) + number

    def means(self) -> dict[str, float]:
        """Every column, per sample."""
        return {name: total / self.samples for name, total in self.sums.items()}


class Training:
    """A training while it runs: what every method of a `Callback` gets.

    Attributes
    ----------
    model, loss, optimizer, schedule
        What `fit` was given.
    history : History
    epoch : int
        The epoch that is running, from 1; between two, the one that ended.
    epochs : int
        How many there will be if nothing stops it.
    step : int
        How many batches were learned so far.
    x, y : ndarray
        The inputs and targets of the current batch.
    outputs : ndarray
        What the model made of `x`.
    loss_value : float
        What the loss gave for them.

    Examples
    --------
    >>> import numpy as np, nn
    >>> class Enough(nn.Callback):
    ...     def batch_ended(self, training):
    ...         if training.step == 5:
    ...             training.stop("five steps are enough")
    >>> model = nn.MLP([2, 2], rng=0)
    >>> data = np.ones((64, 2), np.float32), np.zeros(64, int)
    >>> optimizer = nn.SGD(model.parameters())
    >>> nn.fit(model, data, nn.CrossEntropyLoss(), optimizer, epochs=9, callbacks=[Enough()], progress=False).stopped
    'five steps are enough'
    """

    def __init__(
        self,
        model: Module,
        loss: Callable[..., Any],
        optimizer: Optimizer,
        *,
        schedule: Any = None,
        callbacks: Sequence[Callback] = (),
        transform: Callable[..., Any] | None = None,
        rng: np.random.Generator,
        epochs: int = 1,
        display: Callback | None = None,
    ) -> None:
        self.model, self.loss, self.optimizer, self.schedule = model, loss, optimizer, schedule
        self.callbacks, self.transform, self.rng, self.epochs = list(callbacks), transform, rng, epochs
        self.history = History()
        self.epoch, self.step = 0, 0
        self.x = self.y = self.outputs = np.empty(0)
        self.loss_value = float("nan")
        #: The order of the samples in the running epoch, None between epochs; and how many of them were learned.
        self.order: Array | None = None
        self.position = 0
        self.totals = Totals()
        self.stop_reason: str | None = None
        self._buffers = [*model.buffers(), *(loss.buffers() if isinstance(loss, Module) else ())]
        self._buffers_before: list[Array] = []
        #: The state before the first step, until that is made.
        self.untouched: dict[str, Any] | None = None
        self._epoch_began = time.monotonic()
        # Last, so that it shows what the others did; and apart, since no checkpoint needs it.
        followers = [*self.callbacks, display] if display is not None else self.callbacks
        self.hooks = {name: overridden(followers, name) for name in HOOKS}

    def stop(self, reason: str) -> None:
        """End the training after the current epoch and its validation; the first reason given counts."""
        self.stop_reason = self.stop_reason or str(reason)

    def call(self, hook: str) -> None:
        """Tell every callback that wants to know."""
        for method in self.hooks[hook]:
            method(self)

    @property
    def wants_more(self) -> bool:
        """Whether there is an epoch to begin, or to finish."""
        return len(self.history) < self.epochs and (self.order is not None or self.stop_reason is None)

    def begin_epoch(self, order: Array) -> None:
        """Start an epoch in which the samples come in this order."""
        self.epoch = len(self.history) + 1
        self.order, self.position, self.totals = order, 0, Totals()
        self._epoch_began = time.monotonic()

    def count_batch(self, samples: int) -> None:
        """Note that so many samples were learned."""
        self.untouched = None
        self.step += 1
        self.position += samples
        self.totals.samples += samples

    def keep_buffers(self) -> None:
        """Copy what a forward pass may change: a batch that is not finite would ruin running statistics for good."""
        self._buffers_before = [buffer.data.copy() for buffer in self._buffers]

    def put_back_buffers(self) -> None:
        """Undo what the forward pass changed."""
        for buffer, before in zip(self._buffers, self._buffers_before):
            buffer.data = before

    def end_epoch(self, row: Mapping[str, float]) -> None:
        """Give the epoch its row in the history."""
        self.history.append(row, seconds=time.monotonic() - self._epoch_began)
        self.order, self.position = None, 0

    def state_dict(self) -> dict[str, Any]:
        """All that is needed to go on from here to the same end, bit for bit."""
        return {
            "model": self.model.state_dict(),
            "frozen": [path for path, parameter in self.parameters().items() if not parameter.requires_grad],
            "loss": self.loss.state_dict() if isinstance(self.loss, Module) else {},
            "optimizer": self.optimizer.state_dict(),
            "schedule": None if self.schedule is None else self.schedule.state_dict(),
            "callbacks": [callback.state_dict() for callback in self.callbacks],
            "generators": self._generators().state_dict(),
            "history": self.history.state_dict(),
            "running": {
                "epoch": self.epoch, "epochs": self.epochs, "step": self.step, "order": self.order,
                "position": self.position, "samples": self.totals.samples, "sums": dict(self.totals.sums),
                "seconds": time.monotonic() - self._epoch_began, "stop_reason": self.stop_reason,
            },
        }  # fmt: skip

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go back to where a `state_dict` was taken.

        Raises
        ------
        ValueError
            If the state is that of another training; nothing has been changed.
        """
        generators = self._generators()
        generators.check(state["generators"])
        before = self.state_dict()
        try:
            self._load(state)
        except Exception:
            self._load(before)
            raise
        generators.load_state_dict(state["generators"])

    def _load(self, state: Mapping[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        frozen = set(state["frozen"])
        for path, parameter in self.parameters().items():
            parameter.requires_grad = path not in frozen
        if isinstance(self.loss, Module):
            self.loss.load_state_dict(state["loss"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.schedule is not None:
            self.schedule.load_state_dict(state["schedule"])
        for callback, saved in zip(self.callbacks, state["callbacks"], strict=True):
            callback.load_state_dict(saved)
        self.history = History()
        self.history.load_state_dict(state["history"])
        running = state["running"]
        self.epoch, self.step, self.order = running["epoch"], running["step"], running["order"]
        self.position, self.totals = running["position"], Totals()
        self.totals.samples, self.totals.sums = running["samples"], dict(running["sums"])
        self._epoch_began = time.monotonic() - running["seconds"]
        # Whoever asks for more epochs than were to be when it was stopped wants it to go on.
        self.stop_reason = running["stop_reason"] if self.epochs <= running["epochs"] else None

    def parameters(self) -> dict[str, Any]:
        """Those of the model and of a loss that is a module, by path."""
        found = {f"model.{path}": parameter for path, parameter in self.model.named_parameters()}
        if isinstance(self.loss, Module):
            found |= {f"loss.{path}": parameter for path, parameter in self.loss.named_parameters()}
        return found

    def _generators(self) -> Generators:
        owners: dict[str, Any] = {"loss": self.loss, "schedule": self.schedule, "transform": self.transform}
        owners |= {f"model.{path}" if path else "model": module for path, module in self.model.named_modules()}
        if isinstance(self.loss, Module):
            owners |= {f"loss.{path}": module for path, module in self.loss.named_modules() if path}
        owners |= {f"callbacks.{number}": callback for number, callback in enumerate(self.callbacks)}
        return Generators.of(self.rng, owners)


def overridden(callbacks: Sequence[Callback], hook: str) -> list[Callable[[Training], None]]:
    """The methods of a name that do something: most callbacks have one or two of them, and a step is short."""
    methods = [getattr(callback, hook) for callback in callbacks]
    return [method for method in methods if getattr(method, "__func__", method) is not getattr(Callback, hook)]
