"""The optimizers: how parameters follow their gradients. Names, formulas and defaults are PyTorch's.

Each holds settings and calls its update of `updates` for every run of parameters that have a gradient.
"""

from __future__ import annotations

from .flat import Run, flush_denormals, flush_period
from .optimizer import Group, Optimizer, Parameters
from .updates import adam_update, momentum_update, sgd_update


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


class Adam(Optimizer):
    """Adam: steps of the size of the learning rate, whatever the size of the gradients; PyTorch's form.

    Parameters
    ----------
    params : iterable of Tensor, or list of groups
        What to train; a group is a dict of `params` and settings that differ, for example `lr`.
    lr : float
        Learning rate.
    betas : (float, float)
        How much of the running means of gradients and of their squares is kept from step to step.
    eps : float
        Added to the root of the mean square, after its bias is corrected.
    weight_decay : float
        This times the parameter is added to its gradient.

    Raises
    ------
    TypeError
        If something else than Tensors is given.
    ValueError
        If there are no parameters, one is passed twice or is not a leaf, or a setting is out of range.

    Notes
    -----
    m ← β₁ m + (1 − β₁) g;  v ← β₂ v + (1 − β₂) g²;  p ← p − lr m̂ / (√v̂ + eps), where m̂ = m / (1 − β₁ᵗ) and
    v̂ = v / (1 − β₂ᵗ) (Kingma and Ba, "Adam: a method for stochastic optimization", 2015).

    The parameters move into the optimizer's memory, see `SGD`. Means of a dead unit become exactly 0 before they become
    denormal, which would slow training down.

    Examples
    --------
    >>> import nn
    >>> w = nn.Parameter([1.0, -2.0])
    >>> optimizer = nn.Adam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.numpy().round(6)
    array([ 0.9, -1.9])
    """

    moments = ("exp_avg", "exp_avg_sq")

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})

    def check_settings(self, group: Group) -> None:
        """Refuse settings that are out of range."""
        super().check_settings(group)
        self.check_number(group, "eps")
        betas = group["betas"]
        if not isinstance(betas, tuple | list) or len(betas) != 2:
            raise ValueError(f"Adam: betas is {betas!r}; needed are two numbers in [0, 1).")
        for beta in betas:
            self.check_number({"betas": beta}, "betas", below=1)

    def update(self, group: Group, run: Run) -> None:
        """Follow the corrected mean of the gradients, scaled by the root of their mean square."""
        beta1, beta2 = group["betas"]
        adam_update(
            run.values, run.gradients, *run.moments, group["lr"], run.steps, beta1, beta2, group["eps"],
            group["weight_decay"],
        )  # fmt: skip
        if run.steps % flush_period(beta1) == 0:
            mean, square = (moment.data for moment in run.moments)
            flush_denormals(mean, beta1)
            # Where the mean is not 0 yet, the square is what it is divided by.
            flush_denormals(square, beta2, where=mean == 0)
