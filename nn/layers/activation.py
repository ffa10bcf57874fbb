"""Activations as modules: each applies one function of the engine, the one that `nn.functional` has too."""

from __future__ import annotations

from typing import Any, Literal

from .. import functional
from ..arguments import finite, whole
from ..module import Module


class Identity(Module):
    """Gives back what it gets: for a place where a module is needed and nothing is to be done.

    Unlike PyTorch's it takes no arguments, so that a mistaken one does not go unnoticed.

    Examples
    --------
    >>> import numpy as np, nn
    >>> nn.Identity()(np.array([1.0, 2.0]))
    array([1., 2.])
    """

    def forward(self, x: Any) -> Any:
        """Return x."""
        return x


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
        return functional.relu(x)


class LeakyReLU(Module):
    """x where x > 0, negative_slope · x elsewhere (Maas, Hannun and Ng, 2013).

    Parameters
    ----------
    negative_slope : float
        The slope, and the gradient at 0.

    Raises
    ------
    ValueError
        If the slope is not a finite number.

    Examples
    --------
    >>> import numpy as np, nn
    >>> nn.LeakyReLU(0.1)(np.array([-1.0, 2.0]))
    array([-0.1,  2. ])
    """

    def __init__(self, negative_slope: float = 0.01) -> None:
        self.negative_slope = finite(negative_slope, "negative_slope", "LeakyReLU")

    def forward(self, x: Any) -> Any:
        """Apply the function to x of any shape."""
        return functional.leaky_relu(x, self.negative_slope)

    def extra_repr(self) -> str:
        """The slope, where it is not the usual one."""
        return "" if self.negative_slope == 0.01 else str(self.negative_slope)


class ELU(Module):
    """x where x > 0, alpha (eˣ − 1) elsewhere (Clevert, Unterthiner and Hochreiter, 2015).

    Parameters
    ----------
    alpha : float
        Minus the limit for x → −∞.

    Raises
    ------
    ValueError
        If alpha is not a finite number.

    Examples
    --------
    >>> import numpy as np, nn
    >>> nn.ELU()(np.array([-1.0, 2.0])).round(4)
    array([-0.6321,  2.    ])
    """

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = finite(alpha, "alpha", "ELU")

    def forward(self, x: Any) -> Any:
        """Apply the function to x of any shape."""
        return functional.elu(x, self.alpha)

    def extra_repr(self) -> str:
        """alpha, where it is not 1."""
        return "" if self.alpha == 1.0 else str(self.alpha)


class GELU(Module):
    """x Φ(x), elementwise, where Φ is the normal distribution function (Hendrycks and Gimpel, 2016).

    Parameters
    ----------
    approximate : {"none", "tanh"}
        Whether Φ is exact, or (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2.

    Raises
    ------
    ValueError
        For another approximation.

    Examples
    --------
    >>> import numpy as np, nn
    >>> nn.GELU()(np.array([-1.0, 2.0])).round(4)
    array([-0.1587,  1.9545])
    """

    def __init__(self, approximate: Literal["none", "tanh"] = "none") -> None:
        if approximate not in ("none", "tanh"):
            raise ValueError(f"GELU: approximate is {approximate!r}; it can be 'none' or 'tanh'.")
        self.approximate = approximate

    def forward(self, x: Any) -> Any:
        """Apply the function to x of any shape."""
        return functional.gelu(x, self.approximate)

    def extra_repr(self) -> str:
        """The approximation, where there is one."""
        return "" if self.approximate == "none" else f"approximate={self.approximate!r}"


class SiLU(Module):
    """x σ(x), elementwise, also called swish (Elfwing, Uchibe and Doya, 2017).

    Examples
    --------
    >>> import numpy as np, nn
    >>> nn.SiLU()(np.array([-1.0, 2.0])).round(4)
    array([-0.2689,  1.7616])
    """

    def forward(self, x: Any) -> Any:
        """Apply the function to x of any shape."""
        return functional.silu(x)


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
        return functional.sigmoid(x)


class LogSigmoid(Module):
    """ln σ(x) = −ln(1 + e⁻ˣ), elementwise, exact for any x.

    Examples
    --------
    >>> import numpy as np, nn
    >>> nn.LogSigmoid()(np.array([-100.0, 0.0])).round(4)
    array([-100.    ,   -0.6931])
    """

    def forward(self, x: Any) -> Any:
        """Apply the function to x of any shape."""
        return functional.log_sigmoid(x)


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
        return functional.tanh(x)


class Softplus(Module):
    """ln(1 + eˣ), elementwise, exact for any x.

    Examples
    --------
    >>> import numpy as np, nn
    >>> nn.Softplus()(np.array([0.0, 100.0])).round(4)
    array([  0.6931, 100.    ])
    """

    def forward(self, x: Any) -> Any:
        """Apply the function to x of any shape."""
        return functional.softplus(x)


class Softmax(Module):
    """eˣ / Σ eˣ along an axis: numbers as probabilities.

    `CrossEntropyLoss` takes what comes before it.

    Parameters
    ----------
    axis : int
        The axis that the sum runs over, by default the last.

    Raises
    ------
    ValueError
        If the axis is not a whole number; numpy.exceptions.AxisError, if an input lacks it.

    Examples
    --------
    >>> import numpy as np, nn
    >>> nn.Softmax()(np.array([1e4, 0.0]))
    array([1., 0.])
    """

    def __init__(self, axis: int = -1) -> None:
        self.axis = whole(axis, "axis", type(self).__name__)

    def forward(self, x: Any) -> Any:
        """Apply the function to x along the axis."""
        return functional.softmax(x, self.axis)

    def extra_repr(self) -> str:
        """The axis, where it is not the last."""
        return "" if self.axis == -1 else f"axis={self.axis}"


class LogSoftmax(Softmax):
    """ln softmax(x) along an axis, exact for any x.

    Parameters
    ----------
    axis : int
        The axis that the sum runs over, by default the last.

    Raises
    ------
    ValueError
        If the axis is not a whole number; numpy.exceptions.AxisError, if an input lacks it.

    Examples
    --------
    >>> import numpy as np, nn
    >>> nn.LogSoftmax()(np.array([1e4, 0.0]))
    array([     0., -10000.])
    """

    def forward(self, x: Any) -> Any:
        """Apply the function to x along the axis."""
        return functional.log_softmax(x, self.axis)


#: By the names that `MLP` knows.
ACTIVATIONS: dict[str, type[Module]] = {
    "identity": Identity,
    "relu": ReLU,
    "leaky_relu": LeakyReLU,
    "elu": ELU,
    "gelu": GELU,
    "silu": SiLU,
    "sigmoid": Sigmoid,
    "log_sigmoid": LogSigmoid,
    "tanh": Tanh,
    "softplus": Softplus,
    "softmax": Softmax,
    "log_softmax": LogSoftmax,
}
