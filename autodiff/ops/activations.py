"""Activation functions of networks, and what they are made of: elementwise, exact for inputs of any size and dtype.

The papers they come from are named beside them.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from ..primitive import primitive
from .elementwise import _binary, clip, exp, minimum, sign, square, tanh, where


def _float(x: Any) -> Any:
    """x with a floating-point dtype: -x wraps around for unsigned integers."""
    x = np.asarray(x)
    return x if x.dtype.kind == "f" else x.astype(np.float64)


@primitive(elementwise=True, symbol="σ")
def sigmoid(x: Any) -> Any:
    """The logistic function 1 / (1 + e⁻ˣ)."""
    out = np.asarray(np.negative(_float(x)))
    _overflowing_exp(out, out)  # e**-x = inf gives 0, which is right
    out += 1.0
    return np.reciprocal(out, out)


#: As a decorator, errstate costs half of what it does in a with statement.
_overflowing_exp = np.errstate(over="ignore")(np.exp)


sigmoid.vjp(lambda g, out: g * (out * (1.0 - out)))


@primitive(elementwise=True, symbol="relu", kinks=(0.0,))
def relu(x: Any) -> Any:
    """max(x, 0); its gradient at 0 is 0."""
    return np.maximum(x, 0)


# The output is never negative, so its sign is the 0/1 mask, already in the right dtype.
relu.vjp(lambda g, out: g * sign(out))


@primitive(elementwise=True, symbol="leaky relu", kinks=(0.0,))
def leaky_relu(x: Any, *, negative_slope: float = 0.01) -> Any:
    """x where x > 0, negative_slope · x elsewhere (Maas et al., 2013); its gradient at 0 is that slope."""
    return np.where(np.greater(x, 0), x, np.multiply(x, negative_slope))


leaky_relu.vjp(lambda g, x, negative_slope: where(x > 0, g, g * negative_slope))


@primitive(elementwise=True, symbol="elu", kinks=(0.0,))
def elu(x: Any, *, alpha: float = 1.0) -> Any:
    """x where x > 0, alpha (eˣ - 1) elsewhere (Clevert et al., 2015)."""
    return np.where(np.greater(x, 0), x, alpha * np.expm1(np.minimum(x, 0)))


elu.vjp(lambda g, x, alpha: where(x > 0, g, g * alpha * exp(minimum(x, 0.0))))


@primitive(elementwise=True, symbol="softplus")
def softplus(x: Any) -> Any:
    """ln(1 + eˣ), exact for any x."""
    return np.logaddexp(x, 0)


softplus.vjp(lambda g, x: g * sigmoid(x))


@primitive(elementwise=True, symbol="silu")
def silu(x: Any) -> Any:
    """x σ(x) (Elfwing et al., 2017; also called swish)."""
    return np.multiply(x, sigmoid.forward(x))


silu.vjp(lambda g, x: g * (sigmoid(x) * (1.0 + x * sigmoid(-x))))

logaddexp = _binary(np.logaddexp, "ln(eˣ + eʸ), exact for any x and y.").vjp(
    lambda g, x, y: g * sigmoid(x - y),
    lambda g, x, y: g * sigmoid(y - x),
)


@primitive(elementwise=True, symbol="log σ")
def log_sigmoid(x: Any) -> Any:
    """ln σ(x) = -ln(1 + e⁻ˣ), exact for any x."""
    return np.negative(np.logaddexp(np.negative(_float(x)), 0))


log_sigmoid.vjp(lambda g, x: g * sigmoid(-x))

# Cody, "Rational Chebyshev approximations for the error function", Mathematics of Computation 23, 1969: the numerators
# and denominators of erf(x) / x in x² near 0, and of exp(x²) erfc(x) in |x| beyond, highest powers first.
_ERF_NEAR = (
    (1.85777706184603153e-1, 3.16112374387056560, 1.13864154151050156e2, 3.77485237685302021e2,
     3.20937758913846947e3),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3),
)  # fmt: skip
_ERFC_FAR = (
    (2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1,
     2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3,
     1.23033935479799725e3),
    (1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3,
     3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3),
)  # fmt: skip


def _ratio(polynomials: tuple[tuple[float, ...], tuple[float, ...]], x: Any) -> Any:
    """The quotient of two polynomials, by Horner's rule."""
    above, below = (functools.reduce(lambda sum, c: sum * x + c, p[1:], x * 0.0 + p[0]) for p in polynomials)
    return above / below


@primitive(elementwise=True, symbol="erf")
def erf(x: Any) -> Any:
    """The error function 2/√π ∫₀ˣ exp(-t²) dt (Cody, 1969), to the last digits of the dtype."""
    x = _float(x)
    if x.dtype.char == "e":
        return erf.forward(x.astype(np.float32)).astype(x.dtype)  # the polynomials overflow in halves
    size = np.minimum(np.abs(x), 6.0)  # where 1 - erf is below the resolution
    near = np.minimum(size, 0.5)
    far = np.maximum(size, 0.46875)
    tail = 1.0 - np.exp(-far * far) * _ratio(_ERFC_FAR, far)
    return np.where(np.abs(x) <= 0.46875, x * _ratio(_ERF_NEAR, near * near), np.copysign(tail, x))


erf.vjp(lambda g, x: g * exp(-x * x) * (2.0 / math.sqrt(math.pi)))


@primitive(elementwise=True, name="gelu", symbol="gelu")
def _gelu(x: Any, *, approximate: str = "none") -> Any:
    """x Φ(x), Φ the normal distribution function (Hendrycks and Gimpel, 2016), or its approximation with tanh."""
    if approximate == "tanh":
        return np.multiply(0.5, x) * (1.0 + np.tanh(_gelu_inner(x)))
    return np.multiply(0.5, x) * (1.0 + erf.forward(np.multiply(x, math.sqrt(0.5))))


def _gelu_inner(x: Any) -> Any:
    x = clip(x, -20.0, 20.0)  # beyond, tanh is 1 to the last digit, and x³ may overflow
    return math.sqrt(2.0 / math.pi) * x * (1.0 + 0.044715 * (x * x))


def _gelu_slope(x: Any, approximate: str) -> Any:
    if approximate == "tanh":
        t = tanh(_gelu_inner(x))
        inner = math.sqrt(2.0 / math.pi) * (1.0 + 3 * 0.044715 * square(clip(x, -20.0, 20.0)))
        return 0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * inner
    return 0.5 * (1.0 + erf(x * math.sqrt(0.5))) + x * exp(-0.5 * (x * x)) * math.sqrt(0.5 / math.pi)


_gelu.vjp(lambda g, x, approximate: g * _gelu_slope(x, approximate))


def gelu(x: Any, approximate: str = "none") -> Any:
    """x Φ(x), where Φ is the normal distribution function (Hendrycks and Gimpel, 2016).

    Parameters
    ----------
    x : array_like
    approximate : {"none", "tanh"}
        Whether Φ(x) is computed from erf, or as (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2.

    Returns
    -------
    Tensor or ndarray

    Raises
    ------
    ValueError
        For another approximation.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.gelu(ad.Tensor([-1.0, 0.0, 1.0]))
    Tensor([-0.15865525,  0.        ,  0.84134475])
    """
    if approximate not in ("none", "tanh"):
        raise ValueError(f"gelu: approximate={approximate!r}; it is 'none' or 'tanh'.")
    return _gelu(x, approximate)
