"""Linear algebra: products of matrices, and the functions of `numpy.linalg` that have a derivative here.

Sources: Giles, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation", 2008.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..primitive import primitive
from .reduce import sum
from .shape import expand_dims, reshape, squeeze, swapaxes, transpose


def _turned(x: Any) -> Any:
    """The last two axes exchanged."""
    return transpose(x) if x.ndim == 2 else swapaxes(x, -1, -2)


@primitive(name="matmul", broadcasts=True, symbol="@")
def _matmul(x: Any, y: Any) -> Any:
    """The product of matrices, or of stacks of them."""
    return np.matmul(x, y)


_matmul.vjp(lambda g, y: _matmul(g, _turned(y)), lambda g, x: _matmul(_turned(x), g))


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
    x = x if hasattr(x, "ndim") else np.asarray(x)
    y = y if hasattr(y, "ndim") else np.asarray(y)
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
    """x Wᵀ + b, the affine map of a layer: x (..., in), weight (out, in), bias (out)."""
    out = np.matmul(x, np.transpose(weight))
    out += bias
    return out


def _flat(x: Any) -> Any:
    return x if x.ndim == 2 else reshape(x, (-1, x.shape[-1]))


linear.vjp(
    lambda g, weight: matmul(g, weight),
    lambda g, x: matmul(transpose(_flat(g)), _flat(x)),
    lambda g: sum(_flat(g), 0),
)
