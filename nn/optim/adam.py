"""Adam: its settings, and the update of `updates` that it calls for each run of parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from .flat import Run
from .optimizer import Group, Optimizer, Parameters
from .settings import is_number
from .updates import adam_update


class Adam(Optimizer):
    """Adam: steps of the size of the learning rate, whatever the size of the gradients.

    Parameters
    ----------
    params : iterable of Tensor, or list of groups
        What to train; a group is a dict of `params` and settings that differ, for example `lr`.
    lr : float
        Learning rate.
    betas : (float, float)
        How much of the running means of gradients and of their squares is kept from step to step.
    eps : float
        Added to the root of the mean square. Keras's own default is 1e-7.
    weight_decay : float
        This times the parameter is added to its gradient; `AdamW` keeps the two apart.
    form : {"pytorch", "keras"}
        Whether eps is added after or before the bias of the root is corrected.

    Raises
    ------
    TypeError
        If something else than Tensors is given.
    ValueError
        If there are no parameters, one is passed twice or is not a leaf, or a setting is out of range.

    Notes
    -----
    m ← β₁ m + (1 − β₁) g;  v ← β₂ v + (1 − β₂) g², and with c₁ = 1 − β₁ᵗ and c₂ = 1 − β₂ᵗ,

    - "pytorch": p ← p − lr (m / c₁) / (√(v / c₂) + eps) (Kingma and Ba, "Adam: a method for stochastic optimization",
      2015, algorithm 1);
    - "keras": p ← p − lr √c₂ / c₁ · m / (√v + eps) (the same paper's remark before section 2.1): in the first steps,
      where c₂ is small, eps weighs more.

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
    numbers: ClassVar[Mapping[str, float]] = {"lr": math.inf, "eps": math.inf, "weight_decay": math.inf}
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {"form": ("pytorch", "keras")}
    #: Whether weights decay beside the step rather than in the gradient.
    decoupled = False

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        *,
        form: Literal["pytorch", "keras"] = "pytorch",
    ) -> None:
        settings = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "form": form}
        super().__init__(params, settings)

    def wrong_settings(self, group: Mapping[str, Any]) -> list[str]:
        """What is out of range, in words."""
        wrong = super().wrong_settings(group)
        betas = group["betas"]
        pair = isinstance(betas, tuple | list) and len(betas) == 2
        if not pair or not all(is_number(beta, below=1) for beta in betas):
            wrong.append(f"betas is {betas!r}; needed are two numbers in [0, 1)")
        return wrong

    def update(self, group: Group, run: Run) -> None:
        """Follow the corrected mean of the gradients, scaled by the root of their mean square."""
        beta1, beta2 = group["betas"]
        adam_update(
            run.values, run.gradients, *run.moments, float(group["lr"]), run.steps, float(beta1), float(beta2),
            float(group["eps"]), float(group["weight_decay"]), group["form"], self.decoupled,
        )  # fmt: skip
