"""Stochastic gradient descent: its settings, and the update of `updates` that it calls for each run of parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from .flat import Run
from .optimizer import Group, Optimizer, Parameters
from .updates import momentum_update, sgd_update


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum on request, in PyTorch's, Keras's or the running mean's form.

    Parameters
    ----------
    params : iterable of Tensor, or list of groups
        What to train; a group is a dict of `params` and settings that differ, for example `lr`.
    lr : float
        Learning rate.
    momentum : float
        How much of the velocity is kept from step to step.
    dampening : float
        The share of the gradient that does not enter the velocity; the first step takes all of it. PyTorch's form only.
    weight_decay : float
        This times the parameter is added to its gradient: weight_decay / 2 times the sum of squares is added to the
        loss. `nn.optim.decay_groups` leaves biases out.
    nesterov : bool
        Look ahead along the velocity; needs a momentum and no dampening, and PyTorch's or Keras's form.
    form : {"pytorch", "keras", "ema"}
        Where the learning rate and 1 − momentum enter the velocity.

    Raises
    ------
    TypeError
        If something else than Tensors is given.
    ValueError
        If there are no parameters, one is passed twice or is not a leaf, or settings are out of range or do not go
        together.

    Notes
    -----
    With g ← g + weight_decay p, a step is

    - "pytorch": v ← momentum v + (1 − dampening) g;  p ← p − lr v, or p − lr (g + momentum v) with Nesterov's
      look-ahead. A new rate holds at once for the whole velocity.
    - "keras": v ← momentum v − lr g;  p ← p + v, or p + momentum v − lr g with look-ahead. The velocity keeps the rates
      that its gradients came with: with a constant rate the same as "pytorch" (Sutskever et al., "On the importance of
      initialization and momentum in deep learning", 2013, whose form it is), with a changing one not.
    - "ema": v ← momentum v + (1 − momentum) lr g;  p ← p − v. The velocity is a running mean, so steps do not grow with
      the momentum. Nesterov's look-ahead is not defined for it.

    The parameters move into the optimizer's memory: `.data` stays the same array from then on, `.grad` is a view that
    the next walk writes to, and an optimizer that is made later takes them over. The velocity of a dead unit becomes
    exactly 0 before it becomes denormal, which would slow training down.

    Examples
    --------
    >>> import autodiff as ad, nn
    >>> w = nn.Parameter([1.0, 2.0])
    >>> optimizer = nn.SGD([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    Tensor([0.8, 1.6], requires_grad=True)
    """

    moments = ("momentum_buffer",)
    numbers: ClassVar[Mapping[str, float]] = {
        "lr": math.inf,
        "momentum": 1,
        "dampening": math.inf,
        "weight_decay": math.inf,
    }
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {"form": ("pytorch", "keras", "ema")}
    flags = ("nesterov",)
    counts = False

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        form: Literal["pytorch", "keras", "ema"] = "pytorch",
    ) -> None:
        settings = {"lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay}
        super().__init__(params, {**settings, "nesterov": nesterov, "form": form})

    def wrong_settings(self, group: Mapping[str, Any]) -> list[str]:
        """What is out of range, or does not go together, in words."""
        wrong = super().wrong_settings(group)
        form = group["form"]
        if group["nesterov"] and (not group["momentum"] or group["dampening"] or form == "ema"):
            wrong.append(
                "nesterov=True needs a momentum greater than 0, no dampening, and the form 'pytorch' or 'keras'"
            )
        if group["dampening"] and form in ("keras", "ema"):
            wrong.append(f"dampening is {group['dampening']!r}; only the form 'pytorch' has one, this is {form!r}")
        return wrong

    def used_moments(self, group: Mapping[str, Any]) -> tuple[str, ...]:
        """The velocity, where there is a momentum."""
        return self.moments if group["momentum"] else ()

    def update(self, group: Group, run: Run) -> None:
        """Follow the gradient, or the velocity where there is a momentum."""
        lr, weight_decay = float(group["lr"]), float(group["weight_decay"])
        if not group["momentum"]:
            sgd_update(run.values, run.gradients, lr, weight_decay)
            return
        momentum_update(
            run.values, run.gradients, *run.moments, lr, float(group["momentum"]), float(group["dampening"]),
            weight_decay, run.steps, group["form"], group["nesterov"],
        )  # fmt: skip
