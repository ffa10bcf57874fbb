"""Elementwise operations: one line of calculus each. The engine undoes broadcasting; a rule never does.

`g` is the upstream gradient, `x` and `y` the inputs, `out` the output. Sources: the tables of derivatives in Abramowitz
and Stegun, "Handbook of Mathematical Functions", and, for the activations, the papers named beside them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..primitive import Primitive, primitive


def _unary(forward: Any, summary: str, **declaration: Any) -> Primitive:
    return primitive(forward, names="x", elementwise=True, summary=summary, **declaration)


def _binary(forward: Any, summary: str, **declaration: Any) -> Primitive:
    return primitive(forward, names="x y", elementwise=True, summary=summary, **declaration)


# Arithmetic.

add = _binary(np.add, "x + y.", symbol="+").vjp(lambda g: g, lambda g: g)

sub = _binary(np.subtract, "x - y.", name="sub", symbol="−").vjp(lambda g: g, lambda g: -g)

mul = _binary(np.multiply, "x y.", name="mul", symbol="×").vjp(lambda g, y: g * y, lambda g, x: g * x)

div = _binary(np.divide, "x / y.", name="div", symbol="÷", domain=((-3.0, 3.0), (0.3, 3.0))).vjp(
    lambda g, y: g / y,
    lambda g, y, out: -g * out / y,
)

neg = _unary(np.negative, "-x.", name="neg", symbol="−").vjp(lambda g: -g)

pow = _binary(np.power, "x to the power y; exact where x or y is zero.", name="pow", symbol="^",
              domain=((0.3, 2.5), (-3.0, 3.0))).vjp(
    # d/dx x**y = y x**(y-1), and 0 where y is 0, whatever x is.
    lambda g, x, y: g * y * pow(x, where(y == 0, 0.0, y - 1.0)),
    # d/dy x**y = x**y log x, and 0 where x is 0.
    lambda g, x, out: g * out * log(where(x == 0, 1.0, x)),
)  # fmt: skip

abs = _unary(np.absolute, "|x|; its gradient at 0 is 0.", name="abs", symbol="|x|", kinks=(0.0,)).vjp(
    lambda g, x: g * sign(x)
)

square = _unary(np.square, "x².", symbol="x²").vjp(lambda g, x: g * (2.0 * x))

reciprocal = _unary(np.reciprocal, "1 / x.", symbol="1/x", domain=(0.3, 3.0)).vjp(lambda g, out: -g * out * out)

sqrt = _unary(np.sqrt, "√x; its gradient at 0 is inf.", symbol="√", domain=(0.1, 4.0)).vjp(lambda g, out: g * 0.5 / out)

# Exponentials and logarithms.

exp = _unary(np.exp, "eˣ.", symbol="exp").vjp(lambda g, out: g * out)

expm1 = _unary(np.expm1, "eˣ - 1, accurate near 0.", symbol="expm1").vjp(lambda g, out: g * (out + 1.0))

log = _unary(np.log, "The natural logarithm.", symbol="ln", domain=(0.1, 5.0)).vjp(lambda g, x: g / x)

log1p = _unary(np.log1p, "ln(1 + x), accurate near 0.", symbol="log1p", domain=(-0.8, 4.0)).vjp(
    lambda g, x: g / (1.0 + x)
)

# Trigonometry.

sin = _unary(np.sin, "Sine.").vjp(lambda g, x: g * cos(x))

cos = _unary(np.cos, "Cosine.").vjp(lambda g, x: -g * sin(x))

tan = _unary(np.tan, "Tangent.", domain=(-1.2, 1.2)).vjp(lambda g, out: g * (1.0 + out * out))

arcsin = _unary(np.arcsin, "Inverse sine.", domain=(-0.9, 0.9)).vjp(lambda g, x: g / sqrt(1.0 - x * x))

arccos = _unary(np.arccos, "Inverse cosine.", domain=(-0.9, 0.9)).vjp(lambda g, x: -g / sqrt(1.0 - x * x))

arctan = _unary(np.arctan, "Inverse tangent.").vjp(lambda g, x: g / (1.0 + x * x))

sinh = _unary(np.sinh, "Hyperbolic sine.").vjp(lambda g, x: g * cosh(x))

cosh = _unary(np.cosh, "Hyperbolic cosine.").vjp(lambda g, x: g * sinh(x))

tanh = _unary(np.tanh, "Hyperbolic tangent.").vjp(lambda g, out: g * (1.0 - out * out))

# Activations. Each forward is exact for inputs of any size, in any float dtype.


@primitive(elementwise=True, symbol="σ")
def sigmoid(x: Any) -> Any:
    """The logistic function 1 / (1 + e⁻ˣ)."""
    x = np.asarray(x)
    if x.dtype.kind != "f":
        x = x.astype(np.float64)  # -x wraps around for unsigned integers
    with np.errstate(over="ignore"):  # e**-x = inf gives 0, which is right
        return np.reciprocal(1.0 + np.exp(-x))


sigmoid.vjp(lambda g, out: g * (out * (1.0 - out)))


@primitive(elementwise=True, symbol="relu", kinks=(0.0,))
def relu(x: Any) -> Any:
    """max(x, 0); its gradient at 0 is 0."""
    return np.maximum(x, 0)


# The output is never negative, so its sign is the 0/1 mask, already in the right dtype.
relu.vjp(lambda g, out: g * sign(out))


@primitive(elementwise=True, symbol="leaky relu", kinks=(0.0,))
def leaky_relu(x: Any, *, slope: float = 0.01) -> Any:
    """x where x > 0, slope · x elsewhere (Maas et al., 2013); its gradient at 0 is the slope."""
    return np.where(np.greater(x, 0), x, np.multiply(x, slope))


leaky_relu.vjp(lambda g, x, slope: where(x > 0, g, g * slope))


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

# Choices.

maximum = _binary(np.maximum, "The larger of x and y; a tie shares the gradient.", symbol="max", kinks=(0.0,)).vjp(
    lambda g, x, y: where(x > y, g, where(x == y, 0.5 * g, 0.0)),
    lambda g, x, y: where(y > x, g, where(x == y, 0.5 * g, 0.0)),
)

minimum = _binary(np.minimum, "The smaller of x and y; a tie shares the gradient.", symbol="min", kinks=(0.0,)).vjp(
    lambda g, x, y: where(x < y, g, where(x == y, 0.5 * g, 0.0)),
    lambda g, x, y: where(y < x, g, where(x == y, 0.5 * g, 0.0)),
)


@primitive(elementwise=True, symbol="where")
def where(condition: Any, x: Any, y: Any) -> Any:
    """x where the condition holds, y elsewhere."""
    return np.where(condition, x, y)


where.vjp(
    None,
    lambda g, condition: where(condition, g, 0.0),
    lambda g, condition: where(condition, 0.0, g),
)


@primitive(elementwise=True, name="clip", symbol="clip", kinks=(-1.0, 1.0))
def _clip(x: Any, lo: Any, hi: Any) -> Any:
    """x limited to [lo, hi]; the gradient is 1 inside, bounds included, and 0 outside."""
    return np.clip(x, lo, hi)


_clip.vjp(
    lambda g, x, lo, hi: where((x >= lo) & (x <= hi), g, 0.0),
    lambda g, x, lo, hi: where((x < lo) & (lo <= hi), g, 0.0),
    lambda g, x, lo, hi: where((x > hi) | (lo > hi), g, 0.0),
)


def clip(x: Any, lo: Any = None, hi: Any = None) -> Any:
    """Limit to [lo, hi], as `np.clip`; None leaves a side open.

    Parameters
    ----------
    x : array_like
    lo, hi : array_like or None
        Bounds, broadcast against x.

    Returns
    -------
    Tensor or ndarray
        The gradient is 1 where lo <= x <= hi, and 0 outside.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.grad(lambda x: ad.clip(x, 0.0, 1.0).sum())(ad.Tensor([-1.0, 0.0, 0.5, 2.0]))
    Tensor([0., 1., 1., 0.])
    """
    return _clip(x, -np.inf if lo is None else lo, np.inf if hi is None else hi)


# Dtype and identity.


@primitive(elementwise=True)
def astype(x: Any, *, dtype: Any) -> Any:
    """x in another dtype; the engine casts the gradient back."""
    return np.asarray(x).astype(dtype)


astype.vjp(lambda g: g)


@primitive(elementwise=True)
def copy(x: Any) -> Any:
    """A copy of x."""
    return np.array(x)


copy.vjp(lambda g: g)


def sign(x: Any) -> Any:
    """The sign of each element, as a plain array: a predicate, without a derivative.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.sign(ad.Tensor([-2.0, 0.0, 3.0]))
    array([-1.,  0.,  1.])
    """
    return np.sign(getattr(x, "_data", x))


def stop_gradient(x: Any) -> Any:
    """x as a constant: its value without its history.

    Examples
    --------
    >>> import autodiff as ad
    >>> float(ad.grad(lambda x: x * ad.stop_gradient(x))(3.0))
    3.0
    """
    return x.detach() if hasattr(x, "detach") else x
