"""Elementwise operations: one line of calculus each. The engine undoes broadcasting; a rule never does.

`g` is the upstream gradient, `x` and `y` the inputs, `out` the output. Sources: the tables of derivatives in Abramowitz
and Stegun, "Handbook of Mathematical Functions".
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..primitive import Primitive, primitive
from .shape import as_array


def _unary(forward: Any, summary: str, **declaration: Any) -> Primitive:
    return primitive(forward, names="x", elementwise=True, summary=summary, **declaration)


def _binary(forward: Any, summary: str, **declaration: Any) -> Primitive:
    return primitive(forward, names="x y", elementwise=True, summary=summary, **declaration)


# Choice; first, because the rules of others choose.


@primitive(elementwise=True, symbol="where")
def where(condition: Any, x: Any, y: Any) -> Any:
    """x where the condition holds, y elsewhere.

    Examples
    --------
    >>> import numpy as np, autodiff as ad
    >>> ad.where(np.array([True, False]), ad.Tensor([1.0, 2.0]), 0.0)
    Tensor([1., 0.])
    """
    return np.where(condition, x, y)


where.vjp(
    None,
    lambda g, condition: where(condition, g, 0.0),
    lambda g, condition: where(condition, 0.0, g),
)

# Arithmetic.

add = _binary(np.add, "x + y.", symbol="+").vjp(lambda g: g, lambda g: g)

sub = _binary(np.subtract, "x - y.", name="sub", symbol="−").vjp(lambda g: g, lambda g: -g)

mul = _binary(np.multiply, "x y.", name="mul", symbol="×").vjp(lambda g, y: g * y, lambda g, x: g * x)

div = _binary(np.divide, "x / y.", name="div", symbol="÷", domain=((-3.0, 3.0), (0.3, 3.0))).vjp(
    lambda g, y: g / y,
    lambda g, y, out: -g * out / y,
)

neg = _unary(np.negative, "-x.", name="neg", symbol="−").vjp(lambda g: -g)

@primitive(elementwise=True, symbol="^", domain=((0.3, 2.5), (-3.0, 3.0)))
def pow(x: Any, y: Any) -> Any:
    """x to the power y; exact where x or y is zero."""
    if isinstance(x, np.ndarray) and isinstance(y, (int, float)):
        return x**y  # NumPy's operator squares, inverts and takes roots where it can
    return np.power(x, y)


def _less_one(x: Any, y: Any) -> Any:
    """y - 1, and 0 where y and x are 0. A Python number stays one, so that it widens no dtype.

    Where only y is 0, the true exponent -1 is what the mixed second derivative needs; it is not taken where 1 / x
    is no number, because 0 · inf is none.
    """
    if isinstance(y, (int, float)):
        return y - 1.0 if y else 0.0
    size = np.abs(x)
    tiny = float(np.finfo(size.dtype).tiny) if size.dtype.kind == "f" else 1
    return where((y == 0) & ~(size >= tiny), 0.0, y - 1.0)


def _log_or_zero(x: Any) -> Any:
    """ln x, and 0 where x is 0."""
    if isinstance(x, (int, float)):
        return math.log(x) if x > 0 else 0.0 if x == 0 else math.nan
    return log(where(x == 0, 1.0, x))


pow.vjp(
    # d/dx x**y = y x**(y-1), and 0 where y is 0, whatever x is.
    lambda g, x, y: g * y * pow(x, _less_one(x, y)),
    # d/dy x**y = x**y log x, and 0 where x is 0.
    lambda g, x, out: g * out * _log_or_zero(x),
)

abs = _unary(np.absolute, "|x|; its gradient at 0 is 0.", name="abs", symbol="|x|", kinks=(0.0,)).vjp(
    lambda g, x: g * sign(x)
)

square = _unary(np.square, "x².", symbol="x²").vjp(lambda g, x: g * (2.0 * x))

reciprocal = _unary(np.reciprocal, "1 / x.", symbol="1/x", domain=(0.3, 3.0)).vjp(lambda g, out: -g * out * out)

sqrt = _unary(np.sqrt, "√x; its gradient at 0 is inf.", symbol="√", domain=(0.1, 4.0)).vjp(lambda g, out: g * 0.5 / out)

# Exponentials and logarithms.

exp = _unary(np.exp, "eˣ.", symbol="exp").vjp(lambda g, out: g * out)

expm1 = _unary(np.expm1, "eˣ - 1, accurate near 0.", symbol="expm1").vjp(lambda g, out: g * (out + 1.0))

log: Primitive = _unary(np.log, "The natural logarithm.", symbol="ln", domain=(0.1, 5.0)).vjp(lambda g, x: g / x)

log1p = _unary(np.log1p, "ln(1 + x), accurate near 0.", symbol="log1p", domain=(-0.8, 4.0)).vjp(
    lambda g, x: g / (1.0 + x)
)

exp2 = _unary(np.exp2, "2ˣ.", symbol="exp2").vjp(lambda g, out: g * out * math.log(2.0))

log2 = _unary(np.log2, "The logarithm to base 2.", domain=(0.1, 5.0)).vjp(lambda g, x: g / (x * math.log(2.0)))

log10 = _unary(np.log10, "The logarithm to base 10.", domain=(0.1, 5.0)).vjp(lambda g, x: g / (x * math.log(10.0)))

cbrt = _unary(np.cbrt, "∛x; its gradient at 0 is inf.", symbol="∛", domain=(0.1, 4.0)).vjp(
    lambda g, out: g / (3.0 * out * out)
)

# Trigonometry.

deg2rad = _unary(np.deg2rad, "Degrees to radians.").vjp(lambda g: g * (math.pi / 180.0))

rad2deg = _unary(np.rad2deg, "Radians to degrees.").vjp(lambda g: g * (180.0 / math.pi))

sin = _unary(np.sin, "Sine.").vjp(lambda g, x: g * cos(x))

cos: Primitive = _unary(np.cos, "Cosine.").vjp(lambda g, x: -g * sin(x))

tan = _unary(np.tan, "Tangent.", domain=(-1.2, 1.2)).vjp(lambda g, out: g * (1.0 + out * out))

arcsin = _unary(np.arcsin, "Inverse sine.", domain=(-0.9, 0.9)).vjp(lambda g, x: g / sqrt(1.0 - x * x))

arccos = _unary(np.arccos, "Inverse cosine.", domain=(-0.9, 0.9)).vjp(lambda g, x: -g / sqrt(1.0 - x * x))

arctan = _unary(np.arctan, "Inverse tangent.").vjp(lambda g, x: g / (1.0 + x * x))

sinh = _unary(np.sinh, "Hyperbolic sine.").vjp(lambda g, x: g * cosh(x))

cosh: Primitive = _unary(np.cosh, "Hyperbolic cosine.").vjp(lambda g, x: g * sinh(x))

tanh = _unary(np.tanh, "Hyperbolic tangent.").vjp(lambda g, out: g * (1.0 - out * out))

arcsinh = _unary(np.arcsinh, "Inverse hyperbolic sine.").vjp(lambda g, x: g / sqrt(x * x + 1.0))

arccosh = _unary(np.arccosh, "Inverse hyperbolic cosine.", domain=(1.2, 4.0)).vjp(lambda g, x: g / sqrt(x * x - 1.0))

arctanh = _unary(np.arctanh, "Inverse hyperbolic tangent.", domain=(-0.9, 0.9)).vjp(lambda g, x: g / (1.0 - x * x))

arctan2 = _binary(np.arctan2, "The angle of the point (y, x), written arctan2(x, y) with the vertical first.",
                  domain=((0.3, 2.5), (0.3, 2.5))).vjp(
    lambda g, x, y: g * y / (x * x + y * y),
    lambda g, x, y: -g * x / (x * x + y * y),
)  # fmt: skip

hypot = _binary(np.hypot, "√(x² + y²); its gradient at the origin is 0.", domain=((0.3, 2.5), (0.3, 2.5))).vjp(
    lambda g, x, out: g * x / where(out == 0, 1.0, out),
    lambda g, y, out: g * y / where(out == 0, 1.0, out),
)


# Choices.

mod = _binary(np.remainder, "The remainder of x / y, with the sign of y.", name="mod", symbol="mod",
              domain=((2.1, 2.9), (1.5, 2.0))).vjp(
    lambda g: g,
    lambda g, x, y: -g * (x // y),
)  # fmt: skip

maximum = _binary(np.maximum, "The larger of x and y; a tie halves the gradient.", symbol="max", kinks=(0.0,)).vjp(
    lambda g, x, y: where(x > y, g, where(x == y, 0.5 * g, 0.0)),
    lambda g, x, y: where(y > x, g, where(x == y, 0.5 * g, 0.0)),
)

minimum: Primitive = _binary(np.minimum, "The smaller of x and y; a tie halves the gradient.", symbol="min",
                             kinks=(0.0,)).vjp(
    lambda g, x, y: where(x < y, g, where(x == y, 0.5 * g, 0.0)),
    lambda g, x, y: where(y < x, g, where(x == y, 0.5 * g, 0.0)),
)  # fmt: skip


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
    dtype = as_array(x).dtype
    least, most = (np.iinfo(dtype).min, np.iinfo(dtype).max) if dtype.kind in "iu" else (-np.inf, np.inf)
    return _clip(x, least if lo is None else lo, most if hi is None else hi)


# Dtype and identity.


@primitive(elementwise=True)
def astype(x: Any, *, dtype: Any) -> Any:
    """x in another dtype; the engine casts the gradient back.

    Examples
    --------
    >>> import numpy as np, autodiff as ad
    >>> ad.astype(ad.Tensor([1.5]), dtype=np.float32)
    Tensor([1.5], dtype=float32)
    """
    return np.asarray(x).astype(dtype)


astype.vjp(lambda g: g)


@primitive(elementwise=True)
def copy(x: Any) -> Any:
    """A copy of x.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.copy(ad.Tensor([1.0]))
    Tensor([1.])
    """
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
    return np.sign(x)


def stop_gradient(x: Any) -> Any:
    """x as a constant: its value without its history.

    Examples
    --------
    >>> import autodiff as ad
    >>> float(ad.grad(lambda x: x * ad.stop_gradient(x))(3.0))
    3.0
    """
    return x.detach() if hasattr(x, "detach") else x
