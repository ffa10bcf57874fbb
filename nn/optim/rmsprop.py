"""RMSprop: its settings, and the update of `updates` that it calls for each run of parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from .flat import Run
from .optimizer import Group, Optimizer, Parameters
from .updates import rmsprop_update


class RMSprop(Optimizer):
    """RMSprop: gradients divided by the root of the running mean of their squares.

    Parameters
    ----------
    params : iterable of Tensor, or list of groups
        What to train; a group is a dict of `params` and settings that differ, for example `lr`.
    lr : float
        Learning rate.
    alpha : float
        How much of the running mean of squares is kept from step to step.
    eps : float
        Added to the root.
    weight_decay : float
        This times the parameter is added to its gradient.
    momentum : float
        How much of the velocity is kept from step to step; 0 for none.
    centered : bool
        Whether gradients are divided by their running standard deviation instead.

    Raises
    ------
    TypeError
        If something else than Tensors is given.
    ValueError
        If there are no parameters, one is passed twice or is not a leaf, or a setting is out of range.

    Notes
    -----
    s ← alpha s + (1 − alpha) g²;  p ← p − lr g / (√s + eps) (Tieleman and Hinton, "Neural networks for machine
    learning", lecture 6.5, 2012). Centered, s − m² stands below the root, m being the running mean of g (Graves,
    "Generating sequences with recurrent neural networks", 2013); where rounding makes it negative it is taken as 0,
    where PyTorch has NaN. With a momentum, v ← momentum v + g / (√s + eps) and p ← p − lr v. Biases are not corrected.

    The parameters move into the optimizer's memory, see `SGD`. Means and the velocity of a dead unit become exactly 0
    before they become denormal, which would slow training down.

    Examples
    --------
    >>> import nn
    >>> w = nn.Parameter([1.0, -2.0])
    >>> optimizer = nn.RMSprop([w], lr=0.01)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.numpy().round(6)
    array([ 0.9, -1.9])
    """

    moments = ("square_avg", "grad_avg", "momentum_buffer")
    numbers: ClassVar[Mapping[str, float]] = {
        "lr": math.inf,
        "alpha": 1,
        "eps": math.inf,
        "weight_decay": math.inf,
        "momentum": 1,
    }
    flags = ("centered",)

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
    ) -> None:
        settings = {"lr": lr, "alpha": alpha, "eps": eps, "weight_decay": weight_decay, "momentum": momentum}
        super().__init__(params, {**settings, "centered": centered})

    def used_moments(self, group: Mapping[str, Any]) -> tuple[str, ...]:
        """The mean square, and what centering and a momentum need."""
        used = (True, group["centered"], group["momentum"])
        return tuple(name for name, is_used in zip(self.moments, used) if is_used)

    def update(self, group: Group, run: Run) -> None:
        """Follow the gradient, scaled by the root of its mean square."""
        rmsprop_update(
            run.values, run.gradients, *run.moments, float(group["lr"]), float(group["alpha"]), float(group["eps"]),
            float(group["weight_decay"]), float(group["momentum"]), run.steps, group["centered"],
        )  # fmt: skip
