"""The layer that leaves neurons out while training."""

from __future__ import annotations

from typing import Any

from .. import functional
from ..arguments import share
from ..module import Module
from ..random import Seed, generator


class Dropout(Module):
    """While training, each element is 0 with probability p and 1 / (1 − p) times as large otherwise; in use, nothing.

    Parameters
    ----------
    p : float
        Between 0 and 1, both included.
    rng : numpy.random.Generator or int, optional
        Where the draws come from, or a seed for a Generator of its own; the default of `nn.manual_seed` without it.

    Raises
    ------
    ValueError
        If p is not a probability.
    TypeError
        If rng is neither a Generator nor a seed.

    Notes
    -----
    Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014.

    Examples
    --------
    >>> import numpy as np, nn
    >>> dropout = nn.Dropout(0.5, rng=0)
    >>> dropout(np.ones(6))
    array([2., 0., 0., 0., 2., 2.])
    >>> dropout.eval()(np.ones(6))
    array([1., 1., 1., 1., 1., 1.])
    """

    def __init__(self, p: float = 0.5, *, rng: Seed = None) -> None:
        self.p = share(p, "p", "Dropout")
        self.rng = None if rng is None else generator(rng)

    def forward(self, x: Any) -> Any:
        """Leave out elements of x of any shape, while training."""
        return functional.dropout(x, self.p, self.training, self.rng)

    def extra_repr(self) -> str:
        """The probability."""
        return str(self.p)
