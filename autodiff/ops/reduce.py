"""Reductions: sums, products, extremes, norms of statistics, running sums, sorting.

A reduction's rule puts the reduced axes back and spreads the upstream gradient over what was reduced.
"""

from __future__ import annotations

import builtins
import math
from typing import Any

import numpy as np

from ..primitive import primitive
from .elementwise import where
from .index import take_along_axis
from .shape import broadcast_to, flip, reshape

Axis = Any  # int, tuple of int, or None for all


def _with_axes(g: Any, x_shape: tuple[int, ...], axis: Axis, keepdims: bool) -> Any:
    """`g` with the reduced axes put back as axes of length 1."""
    if keepdims or g.shape == x_shape:
        return g
    reduced = _axes(axis, len(x_shape))
    return reshape(g, tuple(1 if i in reduced else n for i, n in enumerate(x_shape)))


def _axes(axis: Axis, ndim: int) -> tuple[int, ...]:
    """The reduced axes as non-negative numbers."""
    if axis is None:
        return tuple(range(ndim))
    return tuple(a % ndim for a in (axis if isinstance(axis, (tuple, list)) else (axis,)))


def _count(x_shape: tuple[int, ...], axis: Axis) -> int:
    return math.prod(x_shape if axis is None else [x_shape[a] for a in _axes(axis, len(x_shape))])


def _spread(g: Any, x_shape: tuple[int, ...], axis: Axis, keepdims: bool) -> Any:
    return broadcast_to(g if g.ndim == 0 else _with_axes(g, x_shape, axis, keepdims), x_shape)


@primitive(symbol="Σ")
def sum(x: Any, *, axis: Axis = None, keepdims: Any = False) -> Any:
    """The sum over axes; over all without an axis.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.sum(ad.Tensor([[1.0, 2.0], [3.0, 4.0]]), axis=0)
    Tensor([4., 6.])
    """
    return np.add.reduce(x, axis, keepdims=keepdims)


sum.vjp(lambda g, x_shape, axis, keepdims: _spread(g, x_shape, axis, keepdims))


@primitive(symbol="mean")
def mean(x: Any, *, axis: Axis = None, keepdims: Any = False) -> Any:
    """The mean over axes.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.mean(ad.Tensor([[1.0, 2.0], [3.0, 4.0]]), axis=1)
    Tensor([1.5, 3.5])
    """
    x = np.asarray(x)
    if x.dtype.char == "e":
        return np.mean(x, axis=axis, keepdims=keepdims)  # NumPy adds halves up in single precision
    return np.add.reduce(x, axis, keepdims=keepdims) / _count(x.shape, axis)


mean.vjp(
    lambda g, x_shape, axis, keepdims: _spread(g / float(_count(x_shape, axis)), x_shape, axis, keepdims)
)


@primitive(broadcasts=True, symbol="MSE")
def mean_squared_error(x: Any, y: Any) -> Any:
    """The mean of (x - y)² over all elements: fused, because in a small network the loss costs as much as a layer.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.mean_squared_error(ad.Tensor([1.0, 2.0]), [1.0, 4.0])
    Tensor(2.)
    """
    difference = np.subtract(x, y).ravel()
    if difference.dtype.char == "e":  # a sum of halves would overflow
        return mean_squared_error.forward(difference.astype(np.float32), 0.0).astype(difference.dtype)
    return np.dot(difference, difference) / difference.size


def _squared_error_rule(g: Any, x: Any, y: Any, sign: float) -> Any:
    difference = x - y
    return difference * (g * (2.0 * sign / builtins.max(1, difference.size)))


mean_squared_error.vjp(
    lambda g, x, y: _squared_error_rule(g, x, y, 1.0),
    lambda g, x, y: _squared_error_rule(g, x, y, -1.0),
)


@primitive(symbol="var")
def var(x: Any, *, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Any:
    """The variance over axes: the mean squared distance from the mean, n - ddof in the denominator.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.var(ad.Tensor([1.0, 2.0, 3.0]), ddof=1)
    Tensor(1.)
    """
    return np.var(x, axis=axis, ddof=ddof, keepdims=keepdims)


var.vjp(
    lambda g, x, axis, ddof, keepdims: (
        _with_axes(g * 2.0 / (_count(x.shape, axis) - ddof), x.shape, axis, keepdims) * (x - mean(x, axis, True))
    )
)


@primitive(symbol="std")
def std(x: Any, *, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Any:
    """The standard deviation over axes; its gradient where all elements are equal is 0.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.std(ad.Tensor([1.0, 2.0, 3.0]), ddof=1)
    Tensor(1.)
    """
    return np.std(x, axis=axis, ddof=ddof, keepdims=keepdims)


def _std_rule(g: Any, x: Any, out: Any, axis: Axis, ddof: float, keepdims: bool) -> Any:
    scale = g / where(out == 0, 1.0, out) / (_count(x.shape, axis) - ddof)
    return _with_axes(scale, x.shape, axis, keepdims) * (x - mean(x, axis, True))


std.vjp(lambda g, x, out, axis, ddof, keepdims: _std_rule(g, x, out, axis, ddof, keepdims))


@primitive(symbol="Π")
def prod(x: Any, *, axis: Axis = None, keepdims: Any = False) -> Any:
    """The product over axes; the gradient is exact where elements are zero.

    Examples
    --------
    >>> import numpy as np, autodiff as ad
    >>> ad.grad(ad.prod)(np.array([0.0, 2.0, 3.0]))
    array([6., 0., 0.])
    """
    return np.multiply.reduce(x, axis=axis, keepdims=keepdims)


def _product_before(rows: Any) -> Any:
    """The product of the elements before each one, along the last axis."""
    return np.cumprod(np.concatenate([np.ones_like(rows[..., :1]), rows[..., :-1]], -1), -1)


def _prod_rule(g: Any, x: Any, out: Any, axis: Axis, keepdims: bool) -> Any:
    """The product of the other elements: out / x where that is exact, else multiplied out without the element."""
    g = _with_axes(g, x.shape, axis, keepdims)
    plain_x, plain_out = getattr(x, "_data", x), getattr(out, "_data", out)
    normal = np.isfinite(plain_out) & (np.abs(plain_out) > np.finfo(plain_out.dtype).tiny)
    if np.all(plain_x != 0) and np.all(normal):
        return g * _with_axes(out, x.shape, axis, keepdims) / x
    reduced = _axes(axis, x.ndim)
    count = _count(x.shape, axis)
    kept = tuple(i for i in range(x.ndim) if i not in reduced)
    last = x.transpose(kept + reduced)
    rows = last.reshape((*(x.shape[i] for i in kept), 1, count))  # the reduced axes as one, at the end
    if isinstance(x, np.ndarray):
        others = _product_before(rows) * np.flip(_product_before(np.flip(rows, -1)), -1)
    else:  # to be differentiated further: a copy for each element, in which it is replaced by one
        others = prod(where(np.eye(count, dtype=bool), 1.0, rows), -1)
    order = np.argsort(kept + reduced)
    return g * others.reshape(last.shape).transpose(tuple(int(i) for i in order))


prod.vjp(lambda g, x, out, axis, keepdims: _prod_rule(g, x, out, axis, keepdims))


def _extreme_rule(g: Any, x: Any, out: Any, axis: Axis, keepdims: bool) -> Any:
    """Ties share the gradient evenly."""
    chosen = x == _with_axes(out, x.shape, axis, keepdims)
    count = np.maximum(np.sum(chosen, axis=_axes(axis, x.ndim), keepdims=True), 1)
    share = (1.0 / count).astype(x.dtype)
    return where(chosen, _with_axes(g, x.shape, axis, keepdims) * share, 0.0)


@primitive(symbol="max", kinks=(0.0,))
def max(x: Any, *, axis: Axis = None, keepdims: Any = False) -> Any:
    """The largest element over axes; ties share the gradient evenly.

    Examples
    --------
    >>> import numpy as np, autodiff as ad
    >>> ad.grad(ad.max)(np.array([1.0, 3.0, 3.0]))
    array([0. , 0.5, 0.5])
    """
    return np.maximum.reduce(x, axis=axis, keepdims=keepdims)


max.vjp(lambda g, x, out, axis, keepdims: _extreme_rule(g, x, out, axis, keepdims))


@primitive(symbol="min", kinks=(0.0,))
def min(x: Any, *, axis: Axis = None, keepdims: Any = False) -> Any:
    """The smallest element over axes; ties share the gradient evenly.

    Examples
    --------
    >>> import numpy as np, autodiff as ad
    >>> ad.grad(ad.min)(np.array([1.0, 3.0, 3.0]))
    array([1., 0., 0.])
    """
    return np.minimum.reduce(x, axis=axis, keepdims=keepdims)


min.vjp(lambda g, x, out, axis, keepdims: _extreme_rule(g, x, out, axis, keepdims))


# Running sums and sorting.


@primitive(name="cumsum")
def _cumsum(x: Any, *, axis: int) -> Any:
    """The running sum along an axis."""
    return np.cumsum(x, axis)


_cumsum.vjp(lambda g, axis: flip(_cumsum(flip(g, axis), axis), axis))


def cumsum(x: Any, axis: int | None = None) -> Any:
    """The running sum along an axis, as `np.cumsum`; over all elements, flattened, without one.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.grad(lambda x: ad.cumsum(x).sum())(ad.Tensor([1.0, 1.0, 1.0]))
    Tensor([3., 2., 1.])
    """
    return _cumsum(reshape(x, (-1,)), 0) if axis is None else _cumsum(x, axis)


@primitive(name="sort", auxiliary=("order",))
def _sort(x: Any, *, axis: int) -> Any:
    """Sorted along an axis."""
    x = np.asarray(x)
    order = np.argsort(x, axis, kind="stable")
    return np.take_along_axis(x, order, axis), order


_sort.vjp(lambda g, order, axis: take_along_axis(g, np.argsort(order, axis, kind="stable"), axis))


def sort(x: Any, axis: int | None = -1) -> Any:
    """Sorted along an axis, as `np.sort`; flattened where the axis is None.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.grad(lambda x: (ad.sort(x) * [1.0, 2.0, 3.0]).sum())(ad.Tensor([5.0, 4.0, 6.0]))
    Tensor([2., 1., 3.])
    """
    return _sort(reshape(x, (-1,)), 0) if axis is None else _sort(x, axis)
