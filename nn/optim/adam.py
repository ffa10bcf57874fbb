"""Adam: its settings, and the update of `updates` that it calls for each run of parameters."""

from __future__ import annotations

from .flat import Run, flush_denormals, flush_period
from .optimizer import Group, Optimizer, Parameters
from .updates import adam_update


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
