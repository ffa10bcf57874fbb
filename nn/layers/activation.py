"""Activations as modules: each applies one elementwise function of the engine."""

from __future__ import annotations

from typing import Any

import autodiff as ad

from ..module import Module


class ReLU(Module):
    """max(x, 0), elementwise; its gradient at 0 is 0 (Nair and Hinton, 2010).

    Examples
    --------
    >>> import numpy as np, nn
    >>> nn.ReLU()(np.array([-1.0, 2.0]))
    array([0., 2.])
    """

    def forward(self, x: Any) -> Any:
        """Apply the function to x of any shape."""
        return ad.relu(x)


class Sigmoid(Module):
    """The logistic function 1 / (1 + e⁻ˣ), elementwise, exact for any x.

    Examples
    --------
    >>> import numpy as np, nn
    >>> nn.Sigmoid()(np.array([-1000.0, 0.0]))
    array([0. , 0.5])
    """

    def forward(self, x: Any) -> Any:
        """Apply the function to x of any shape."""
        return ad.sigmoid(x)


class Tanh(Module):
    """The hyperbolic tangent, elementwise.

    Examples
    --------
    >>> import numpy as np, nn
    >>> nn.Tanh()(np.array([0.0, 1000.0]))
    array([0., 1.])
    """

    def forward(self, x: Any) -> Any:
        """Apply the function to x of any shape."""
        return ad.tanh(x)


#: By the names that `MLP` knows.
ACTIVATIONS: dict[str, type[Module]] = {"relu": ReLU, "sigmoid": Sigmoid, "tanh": Tanh}
