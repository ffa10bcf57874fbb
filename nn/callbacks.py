"""Callbacks: what somebody wants to do at fixed points of `fit`, without writing the loop again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Callback:
    """What `fit` calls at fixed points of a training; a subclass has the methods that it needs.

    Every method gets the `Training`: `model`, `loss`, `optimizer`, `history`, `epoch` (from 1), `step` (batches learned
    so far), the current batch's `x`, `y`, `outputs` and `loss_value`, and `stop(reason)`, which ends the training after
    the current epoch's validation.

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
        """After the last batch, whatever ended the training."""

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint must keep of this callback: numbers, strings, lists and dicts of these, and arrays."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave."""
