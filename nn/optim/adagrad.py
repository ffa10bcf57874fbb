"""Adagrad: its settings, and the update of `updates` that it calls for each run of parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from .flat import Run
from .optimizer import Group, Optimizer, Parameters
from .updates import adagrad_update


class Adagrad(Optimizer):
    """Adagrad: gradients divided by the root of the sum of all their squares so far.

    Parameters
    ----------
    params : iterable of Tensor, or list of groups
        What to train; a group is a dict of `params` and settings that differ, for example `lr`.
    lr : float
        Learning rate.
    lr_decay : float
        At step t the rate is lr / (1 + (t − 1) lr_decay).
    weight_decay : float
        This times the parameter is added to its gradient.
    initial_accumulator_value : float
        Where the sums begin. A parameter's sum begins when the optimizer gets it.
    eps : float
        Added to the root.

    Raises
    ------
    TypeError
        If something else than Tensors is given.
    ValueError
        If there are no parameters, one is passed twice or is not a leaf, or a setting is out of range.

    Notes
    -----
    s ← s + g²;  p ← p − lr g / (√s + eps) (Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning
    and stochastic optimization", 2011). The parameters move into the optimizer's memory, see `SGD`.

    Examples
    --------
    >>> import nn
    >>> w = nn.Parameter([1.0, -2.0])
    >>> optimizer = nn.Adagrad([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.numpy().round(6)
    array([ 0.9, -1.9])
    """

    moments = ("sum",)
    numbers: ClassVar[Mapping[str, float]] = dict.fromkeys(
        ("lr", "lr_decay", "weight_decay", "initial_accumulator_value", "eps"), math.inf
    )

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
    ) -> None:
        settings = {"lr": lr, "lr_decay": lr_decay, "weight_decay": weight_decay}
        super().__init__(params, {**settings, "initial_accumulator_value": initial_accumulator_value, "eps": eps})

    def start_of(self, group: Mapping[str, Any]) -> Sequence[float]:
        """Where the sum begins."""
        return [group["initial_accumulator_value"]]

    def update(self, group: Group, run: Run) -> None:
        """Follow the gradient, scaled by the root of the sum of its squares."""
        adagrad_update(
            run.values, run.gradients, *run.moments, float(group["lr"]), float(group["lr_decay"]), float(group["eps"]),
            float(group["weight_decay"]), run.steps,
        )  # fmt: skip
