"""Stochastic gradient descent: its settings, and the update of `updates` that it calls for each run of parameters."""

from __future__ import annotations

from .flat import Run, flush_denormals, flush_period
from .optimizer import Group, Optimizer, Parameters
from .updates import momentum_update, sgd_update


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum on request; PyTorch's form.

    Parameters
    ----------
    params : iterable of Tensor, or list of groups
        What to train; a group is a dict of `params` and settings that differ, for example `lr`.
    lr : float
        Learning rate.
    momentum : float
        How much of the velocity is kept from step to step.
    dampening : float
        The share of the gradient that does not enter the velocity; the first step takes all of it.
    weight_decay : float
        This times the parameter is added to its gradient.
    nesterov : bool
        Look ahead along the velocity; needs a momentum and no dampening.

    Raises
    ------
    TypeError
        If something else than Tensors is given.
    ValueError
        If there are no parameters, one is passed twice or is not a leaf, or a setting is out of range.

    Notes
    -----
    g ← g + weight_decay p;  v ← momentum v + (1 − dampening) g;  p ← p − lr v, or p − lr (g + momentum v) with
    Nesterov's look-ahead (Sutskever et al., "On the importance of initialization and momentum in deep learning", 2013).

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

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        settings = {"lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay}
        super().__init__(params, {**settings, "nesterov": nesterov})

    def check_settings(self, group: Group) -> None:
        """Refuse settings that are out of range, or do not go together."""
        super().check_settings(group)
        self.check_number(group, "momentum", below=1)
        if group["nesterov"] and (not group["momentum"] or group["dampening"]):
            raise ValueError("SGD: nesterov=True needs a momentum greater than 0 and no dampening.")

    def update(self, group: Group, run: Run) -> None:
        """Follow the gradient, or the velocity where there is a momentum."""
        lr, momentum = group["lr"], group["momentum"]
        if not momentum:
            sgd_update(run.values, run.gradients, lr, group["weight_decay"])
            return
        fresh = 1.0 if run.steps == 1 else 1.0 - group["dampening"]
        momentum_update(
            run.values, run.gradients, *run.moments, lr, momentum, fresh, group["weight_decay"], group["nesterov"]
        )
        if run.steps % flush_period(momentum) == 0:
            flush_denormals(run.moments[0].data, momentum)
