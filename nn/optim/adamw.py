"""AdamW: Adam whose weights decay beside the step, not in the gradient."""

from __future__ import annotations

from typing import Literal

from .adam import Adam
from .optimizer import Parameters


class AdamW(Adam):
    """Adam with decoupled weight decay: weights shrink by the same share, however large their gradients are.

    Parameters
    ----------
    params, lr, betas, eps, form
        As for `Adam`.
    weight_decay : float
        Before each step, parameters are multiplied by 1 − lr weight_decay. `nn.optim.decay_groups` leaves biases out.

    Raises
    ------
    TypeError, ValueError
        As `Adam`.

    Notes
    -----
    Loshchilov and Hutter, "Decoupled weight decay regularization", 2019. In Adam the decay is part of the gradient, and
    is divided by the root of the mean square like it.

    Examples
    --------
    >>> import nn
    >>> w = nn.Parameter([1.0, -2.0])
    >>> optimizer = nn.AdamW([w], lr=0.1, weight_decay=0.5)
    >>> (w * 0.0).sum().backward()
    >>> optimizer.step()
    >>> w
    Tensor([ 0.95, -1.9 ], requires_grad=True)
    """

    decoupled = True

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        *,
        form: Literal["pytorch", "keras"] = "pytorch",
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, form=form)
