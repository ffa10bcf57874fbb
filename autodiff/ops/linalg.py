"""Linear algebra: products of matrices, and the functions of `numpy.linalg` that have a derivative here.

All take stacks of matrices in the leading axes. Source: Giles, "Collected matrix derivative results for forward
and reverse mode algorithmic differentiation", 2008, where no other is named.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..primitive import primitive
from .elementwise import abs, astype, pow, sign, where
from .index import getitem
from .reduce import _with_axes, max, min, sum
from .shape import as_array, expand_dims, moveaxis, reshape, squeeze, swapaxes


def _turned(x: Any) -> Any:
    """The last two axes exchanged."""
    return x.T if x.ndim == 2 else swapaxes(x, -1, -2)


def _flat(x: Any) -> Any:
    """All axes but the last as one."""
    return x if x.ndim == 2 else reshape(x, (int(np.prod(x.shape[:-1])), x.shape[-1]))


@primitive(name="matmul", broadcasts=True, symbol="@")
def _matmul(x: Any, y: Any) -> Any:
    """The product of matrices, or of stacks of them."""
    return np.matmul(x, y)


def _matmul_right(g: Any, x: Any, y_shape: tuple[int, ...]) -> Any:
    """One matrix shared by a whole stack: the sum over the stack is one product."""
    if len(y_shape) == 2 < x.ndim:
        return _flat(x).T @ _flat(g)
    return _turned(x) @ g


_matmul.vjp(lambda g, y: g @ _turned(y), lambda g, x, y_shape: _matmul_right(g, x, y_shape))


def matmul(x: Any, y: Any) -> Any:
    """`x @ y` in every case NumPy has: vectors, matrices, stacks, broadcast stacks.

    Parameters
    ----------
    x : array_like of shape (..., n, k) or (k,)
    y : array_like of shape (..., k, m) or (k,)

    Returns
    -------
    Tensor or ndarray of shape (..., n, m), without the axis of a vector

    Raises
    ------
    ValueError
        If the inner lengths differ, the stacks do not broadcast, or an operand is a scalar.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.matmul(ad.Tensor([[1.0, 2.0], [3.0, 4.0]]), ad.Tensor([1.0, 1.0]))
    Tensor([3., 7.])
    """
    x, y = as_array(x), as_array(y)
    if x.ndim > 1 and y.ndim > 1:
        return _matmul(x, y)
    if x.ndim == 0 or y.ndim == 0:
        raise ValueError(f"matmul: an operand is a scalar (shapes {x.shape} and {y.shape}). Use * instead.")
    left = expand_dims(x, 0) if x.ndim == 1 else x
    right = expand_dims(y, 1) if y.ndim == 1 else y
    if left.shape[-1] != right.shape[-2]:
        raise ValueError(f"matmul: the inner lengths differ: shapes {x.shape} and {y.shape}.")
    out = _matmul(left, right)
    return squeeze(out, tuple(a for a, v in ((-2, x), (-1, y)) if v.ndim == 1))


@primitive(symbol="linear")
def linear(x: Any, weight: Any, bias: Any) -> Any:
    """x Wᵀ + b, the affine map of a layer: x (..., in), weight (out, in), bias (out).

    Examples
    --------
    >>> import numpy as np, autodiff as ad
    >>> ad.linear(ad.Tensor([[1.0, 2.0]]), np.array([[3.0, 4.0]]), np.array([5.0]))
    Tensor([[16.]])
    """
    if bias.shape != weight.shape[:1] or weight.ndim != 2:
        raise ValueError(f"needs a weight of shape (out, in) and a bias (out), not {weight.shape} and {bias.shape}")
    out = np.matmul(x, weight.T)
    if out.dtype != bias.dtype:
        return out + bias
    out += bias
    return out


linear.vjp(
    lambda g, weight: g @ weight,
    lambda g, x: _flat(g).T @ _flat(x),
    lambda g: _flat(g).sum(0),
)


def diagonal(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """A diagonal, as `np.diagonal`, but as a copy.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.diagonal(ad.Tensor([[1.0, 2.0], [3.0, 4.0]]))
    Tensor([1., 4.])
    """
    x = moveaxis(as_array(x), (axis1, axis2), (-2, -1))
    n, m = x.shape[-2:]
    rows = np.arange(np.maximum(0, -offset), np.maximum(np.minimum(n, m - offset), np.maximum(0, -offset)))
    return getitem(x, (..., rows, rows + offset))


def trace(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The sum along a diagonal, as `np.trace`.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.trace(ad.Tensor([[1.0, 2.0], [3.0, 4.0]]))
    Tensor(5.)
    """
    return sum(diagonal(x, offset, axis1, axis2), -1)


def tril(x: Any, k: int = 0) -> Any:
    """The lower triangle of matrices, zeros above diagonal number k.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.tril(ad.Tensor([[1.0, 2.0], [3.0, 4.0]]))
    Tensor([[1., 0.],
            [3., 4.]])
    """
    x = as_array(x)
    return where(np.tri(x.shape[-2], x.shape[-1], k, bool), x, 0)


def triu(x: Any, k: int = 0) -> Any:
    """The upper triangle of matrices, zeros below diagonal number k.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.triu(ad.Tensor([[1.0, 2.0], [3.0, 4.0]]))
    Tensor([[1., 2.],
            [0., 4.]])
    """
    x = as_array(x)
    return where(np.tri(x.shape[-2], x.shape[-1], k - 1, bool), 0, x)


# Inverses and determinants.

_INV = """The inverse of square matrices.

Examples
--------
>>> import autodiff as ad
>>> ad.inv(ad.Tensor([[2.0, 0.0], [0.0, 4.0]]))
Tensor([[0.5 , 0.  ],
        [0.  , 0.25]])
"""

inv = primitive(np.linalg.inv, names="x", symbol="⁻¹", summary=_INV).vjp(
    lambda g, out: -_matmul(_turned(out), _matmul(g, _turned(out)))
)


@primitive(name="solve", broadcasts=True, symbol="⁻¹·")
def _solve(x: Any, y: Any) -> Any:
    """x⁻¹ y for matrices, or stacks of them."""
    return np.linalg.solve(x, y)


_solve.vjp(
    lambda g, x, out: -_matmul(_solve(_turned(x), g), _turned(out)),
    lambda g, x: _solve(_turned(x), g),
)


def solve(x: Any, y: Any) -> Any:
    """The solution z of x z = y, as `np.linalg.solve`.

    Parameters
    ----------
    x : array_like of shape (..., n, n)
    y : array_like of shape (n,) or (..., n, k)
        A vector only where it has one axis, as in NumPy 2. Stacks broadcast.

    Returns
    -------
    Tensor or ndarray of shape (..., n) or (..., n, k)

    Raises
    ------
    numpy.linalg.LinAlgError
        If a matrix is singular or not square.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.solve(ad.Tensor([[2.0, 0.0], [0.0, 4.0]]), [2.0, 2.0])
    Tensor([1. , 0.5])
    """
    x, y = as_array(x), as_array(y)
    return squeeze(_solve(x, expand_dims(y, 1)), -1) if y.ndim == 1 else _solve(x, y)


_DET = """The determinants of square matrices; the gradient is exact for singular ones.

Examples
--------
>>> import numpy as np, autodiff as ad
>>> ad.grad(ad.det)(np.array([[1.0, 0.0], [0.0, 0.0]]))
array([[0., 0.],
       [0., 1.]])
"""

det = primitive(np.linalg.det, names="x", summary=_DET)


def _cofactors(x: Any, out: Any) -> Any:
    """The derivative of the determinant, where the matrix is singular too.

    Numbers come from the singular value decomposition, U Σ Vᵀ: cof x = det(U Vᵀ) U cof(Σ) Vᵀ. Where the derivative is
    recorded it is det(x) x⁻ᵀ, or, if that is not accurate, the determinants of the minors (n⁵ operations).
    """
    n = x.shape[-1]
    if isinstance(x, np.ndarray):
        u, s, vt = np.linalg.svd(x)
        others = np.where(np.eye(n, dtype=bool), x.dtype.type(1), s[..., None, :]).prod(-1)
        return np.linalg.det(u @ vt)[..., None, None] * ((u * others[..., None, :]) @ vt)
    if n == 0 or (np.linalg.cond(x._data) < np.finfo(x.dtype).eps ** -0.5).all():
        return expand_dims(out, (-2, -1)) * _turned(inv(x))
    i = np.arange(n)
    rest = np.nonzero(i[:, None] != i)[1].reshape(n, n - 1)  # row i: all numbers but i
    minors = getitem(x, (..., rest[:, None, :, None], rest[:, None, :]))
    return det(minors) * (1 - 2 * ((i[:, None] + i) % 2)).astype(x.dtype)


det.vjp(lambda g, x, out: expand_dims(g, (-2, -1)) * _cofactors(x, out))


@primitive(symbol="ln|det|")
def logabsdet(x: Any) -> Any:
    """The logarithm of the absolute determinant of square matrices.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.logabsdet(ad.Tensor([[2.0, 0.0], [0.0, -1.0]]))
    Tensor(0.69314718)
    """
    return np.linalg.slogdet(x)[1]


logabsdet.vjp(lambda g, x: expand_dims(g, (-2, -1)) * _turned(inv(x)))


class SlogdetResult(NamedTuple):
    """What `slogdet` returns."""

    sign: Any
    logabsdet: Any


def slogdet(x: Any) -> SlogdetResult:
    """The sign (a plain array) and the logarithm of the absolute determinant, as `np.linalg.slogdet`.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.slogdet(ad.Tensor([[0.0, 1.0], [1.0, 0.0]])).logabsdet
    Tensor(0.)
    """
    return SlogdetResult(np.linalg.slogdet(getattr(x, "_data", x))[0], logabsdet(x))


@primitive(name="cholesky", symbol="chol")
def _cholesky(x: Any) -> Any:
    """The lower factor L of x = L Lᵀ, for the symmetric part of x."""
    return np.linalg.cholesky(0.5 * (x + np.swapaxes(x, -1, -2)))


def _cholesky_rule(g: Any, out: Any) -> Any:
    """L⁻ᵀ Φ(Lᵀ g) L⁻¹, made symmetric; Φ keeps the lower triangle and halves the diagonal (Murray, 2016)."""
    n = out.shape[-1]
    lower = np.tri(n, dtype=out.dtype)
    half = lower - 0.5 * np.eye(n, dtype=out.dtype)
    transposed = _turned(out)
    middle = _solve(transposed, _matmul(transposed, g * lower) * half)
    full = _turned(_solve(transposed, _turned(middle)))
    return 0.5 * (full + _turned(full))


_cholesky.vjp(lambda g, out: _cholesky_rule(g, out))


def cholesky(x: Any, upper: bool = False) -> Any:
    """The Cholesky factor of symmetric positive-definite matrices, as `np.linalg.cholesky`.

    Parameters
    ----------
    x : array_like of shape (..., n, n)
        Only the symmetric part (x + xᵀ) / 2 counts, so the gradient is symmetric, as PyTorch's.
    upper : bool
        The upper factor, the transpose of the lower one.

    Returns
    -------
    Tensor or ndarray of shape (..., n, n)

    Raises
    ------
    numpy.linalg.LinAlgError
        If a matrix is not positive definite.

    Notes
    -----
    Murray, "Differentiation of the Cholesky decomposition", 2016.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.cholesky(ad.Tensor([[4.0, 2.0], [2.0, 2.0]]))
    Tensor([[2., 0.],
            [1., 1.]])
    """
    return _turned(_cholesky(x)) if upper else _cholesky(as_array(x))


# Norms.


@primitive(name="norm", symbol="‖x‖")
def _norm(x: Any, *, ord: float, axis: tuple[int, ...], keepdims: Any) -> Any:
    """(Σ |x|ᵖ)^(1/p) over axes; its gradient where it is 0 is 0."""
    if ord == 2:
        return np.sqrt(np.add.reduce(np.square(x), axis=axis, keepdims=keepdims))
    return np.add.reduce(np.absolute(x) ** ord, axis=axis, keepdims=keepdims) ** (1.0 / ord)


def _norm_rule(g: Any, x: Any, out: Any, ord: float, axis: tuple[int, ...], keepdims: bool) -> Any:
    g = _with_axes(where(out == 0, 0.0, g), x.shape, axis, keepdims)
    ratio = x / _with_axes(where(out == 0, 1.0, out), x.shape, axis, keepdims)
    return g * ratio if ord == 2 else g * sign(x) * pow(abs(ratio), ord - 1.0)


_norm.vjp(lambda g, x, out, ord, axis, keepdims: _norm_rule(g, x, out, ord, axis, keepdims))


def norm(x: Any, ord: float | str | None = None, axis: Any = None, keepdims: bool = False) -> Any:
    """Norms of vectors and matrices, as `np.linalg.norm`.

    Parameters
    ----------
    x : array_like
    ord : number, inf, -inf, "fro" or None
        For vectors any p > 0 (2 without one), inf and -inf; for matrices "fro" (also without one), 1, -1, inf and
        -inf. The norms that need singular values (matrix 2, -2, "nuc") and the count of non-zeros (0) are not here.
    axis : int, pair of int or None
        One axis for vectors, two for matrices. Without one: all of x if `ord` is None too, else x has one or two axes.
    keepdims : bool

    Returns
    -------
    Tensor or ndarray
        Its gradient where the norm is 0 is 0.

    Raises
    ------
    ValueError
        For another `ord`, or a number of axes that does not fit it.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.norm(ad.Tensor([3.0, 4.0]))
    Tensor(5.)
    """
    x = as_array(x)
    if x.dtype.kind != "f":
        x = astype(x, np.float64)  # as NumPy: small integers overflow when squared
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = tuple(np.lib.array_utils.normalize_axis_index(a, x.ndim, "norm") for a in axes)
    if (ord is None and (axis is None or len(axes) <= 2)) or (ord == "fro" and len(axes) == 2):
        return _norm(x, 2, axes, keepdims)
    if len(axes) == 1 and isinstance(ord, (int, float)) and (ord > 0 or ord == -np.inf):
        if np.isinf(ord):
            return (max if ord > 0 else min)(abs(x), axes, keepdims)
        return sum(abs(x), axes, keepdims) if ord == 1 else _norm(x, float(ord), axes, keepdims)
    if len(axes) == 2 and isinstance(ord, (int, float)) and (np.isinf(ord) or ord in (1, -1)):
        summed, compared = axes if np.isfinite(ord) else axes[::-1]
        out = (max if ord > 0 else min)(sum(abs(x), summed, True), compared, True)
        return out if keepdims else squeeze(out, axes)
    raise ValueError(
        f"norm: ord={ord!r} over {len(axes)} axes of shape {x.shape} is not supported. Vectors (one axis) have p > 0, "
        "inf and -inf; matrices (two axes) have 'fro', 1, -1, inf and -inf; None takes all axes."
    )
