"""Who takes part in a training: model, loss, optimizer, callbacks and statistics, checked as `fit` gets them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..module import Module
from ..optim.optimizer import Optimizer
from .callbacks import Callback
from .state import Training

if TYPE_CHECKING:
    from .statistics import Statistics


def watched(statistics: Statistics | int | None) -> Statistics | None:
    """The statistics asked for; a number is how many steps lie between two samples."""
    if statistics is None:
        return None
    from .statistics import Statistics

    return statistics if isinstance(statistics, Statistics) else Statistics(every=statistics)


def checked_callbacks(callbacks: Iterable[Callback], statistics: Statistics | None) -> list[Callback]:
    """All callbacks, the statistics last: they see gradients as the optimizer will."""
    if isinstance(callbacks, Callback) or not isinstance(callbacks, Iterable):
        raise TypeError(f"fit: callbacks is {callbacks!r}; needed is a list of them, [callback].")
    found: list[Any] = list(callbacks)
    for callback in found:
        if not isinstance(callback, Callback):
            hint = ": make one of that class" if isinstance(callback, type) else ""
            raise TypeError(f"fit: {callback!r} is no nn.Callback; needed is an object of such a class{hint}.")
    return found if statistics is None or any(each is statistics for each in found) else [*found, statistics]


def check_model(model: Any, caller: str) -> None:
    """Refuse what is no module."""
    if not isinstance(model, Module):
        raise TypeError(f"{caller}: model is {named(model)}; needed is a Module, such as nn.MLP([2, 50, 2]).")


def check_loss(loss: Any, caller: str) -> None:
    """Refuse what cannot be called with outputs and targets, above all the class of a loss."""
    if isinstance(loss, type) or not callable(loss):
        raise TypeError(
            f"{caller}: loss is {named(loss)}; needed is a function of outputs and targets, such as "
            "nn.CrossEntropyLoss() or nn.functional.mse_loss."
        )


def check_optimizer(optimizer: Any) -> None:
    """Refuse what is no optimizer."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(
            f"fit: optimizer is {named(optimizer)}; needed is one of this model's parameters, such as "
            "nn.Adam(model.parameters())."
        )


def named(value: Any) -> str:
    """What something is, in words."""
    return f"the class {value.__name__}" if isinstance(value, type) else f"a {type(value).__name__}"


def check_trains(optimizer: Optimizer, training: Training) -> None:
    """Refuse an optimizer of another model: nothing would be learned, and nothing would say so."""
    known = {id(parameter) for parameter in training.parameters().values()}
    if not any(id(parameter) in known for group in optimizer.param_groups for parameter in group["params"]):
        raise ValueError(
            "fit: the optimizer trains no parameter of this model. Make it from this model's parameters, after the "
            "model: nn.Adam(model.parameters())."
        )
