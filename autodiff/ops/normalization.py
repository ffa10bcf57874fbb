"""What batch and layer normalisation are made of: mean and variance, what to do by them, and doing it.

Fused, because composed of single operations a normalisation costs many more passes over the array than it needs; the
tests hold it against that composition. Source: Ioffe and Szegedy, "Batch normalization", 2015.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..primitive import primitive
from .elementwise import sqrt
from .joining import stack
from .reduce import _axes, sum


def _dot(x: Any, y: Any, axes: tuple[int, ...]) -> Any:
    """The sum of products over axes, which stay with length 1; of arrays without an array in between."""
    if not (isinstance(x, np.ndarray) and isinstance(y, np.ndarray)):
        return sum(x * y, axes, True)
    letters = list(range(x.ndim))
    dots = np.einsum(x, letters, y, letters, [a for a in letters if a not in axes])
    return dots.reshape([1 if a in axes else n for a, n in enumerate(x.shape)])


def _stacked(*parts: Any) -> Any:
    """What `stack` gives; of arrays, without its checks."""
    return np.array(parts) if isinstance(parts[0], np.ndarray) else stack(parts)


@primitive(symbol="μ, σ²")
def moments(x: Any, *, axis: Any = None) -> Any:
    """Mean and variance over axes, which stay with length 1: both as one array, along a new first axis.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.moments(ad.Tensor([1.0, 2.0, 6.0]))
    Tensor([[3.        ],
            [4.66666667]])
    """
    x = np.asarray(x)
    dtype = x.dtype if x.dtype.kind == "f" else np.dtype(float)
    axes = _axes(axis, x.ndim)
    size = math.prod(x.shape[a] for a in axes)
    if not size:
        raise ValueError(f"there are no elements along axis {axis} of an array of shape {x.shape}, so no mean")
    x = x.astype(np.float32 if dtype.char == "e" else dtype, copy=False)  # NumPy adds halves up in single precision
    out = np.empty((2, *(1 if a in axes else n for a, n in enumerate(x.shape))), x.dtype)
    out[0] = np.add.reduce(x, axes, keepdims=True) / size
    centred = x - out[0]
    out[1] = _dot(centred, centred, axes) / size
    return out.astype(dtype, copy=False)


def _moments_rule(g: Any, x: Any, out: Any) -> Any:
    """(g₀ + 2 g₁ (x - mean)) / n."""
    share = out[0].size / max(1, x.size)
    by_mean, by_variance = g[0] * share, g[1] * (2.0 * share)
    message = x - out[0]
    if isinstance(message, np.ndarray) and isinstance(g, np.ndarray):
        message *= by_variance
        message += by_mean
        return message
    return message * by_variance + by_mean


moments.vjp(_moments_rule)


@primitive(broadcasts=True, symbol="1/√(σ²+ε)")
def normalizer(moments: Any, weight: Any, bias: Any, *, eps: float) -> Any:
    """What `normalize` does by moments (2, …): centre, scale and shift, along the first axis.

    They are the mean, weight / √(variance + eps) and the bias; weight and bias broadcast against mean and variance.

    Examples
    --------
    >>> import numpy as np, autodiff as ad
    >>> ad.normalizer(np.array([[3.0], [4.0]]), 10.0, 1.0, eps=0.0)
    array([[3.],
           [5.],
           [1.]])
    """
    mean, variance = np.asarray(moments)
    out = np.empty((3, *mean.shape), np.result_type(moments, weight, bias))
    out[0], out[1], out[2] = mean, weight / np.sqrt(variance + eps), bias
    return out


def _scale_rule(g: Any, moments: Any, weight: Any, eps: float) -> Any:
    variance = moments[1] + eps
    return _stacked(g[0], g[1] * weight * -0.5 / (variance * sqrt(variance)))


normalizer.vjp(
    _scale_rule,
    lambda g, moments, eps: g[1] / sqrt(moments[1] + eps),
    lambda g: g[2],
)


@primitive(symbol="normalize")
def normalize(x: Any, normalizer: Any) -> Any:
    """(x - centre) scale + shift, for a normalizer of shape (3, …) that has the axes of x, or length 1 there.

    Examples
    --------
    >>> import autodiff as ad
    >>> x = ad.Tensor([1.0, 2.0, 6.0])
    >>> ad.normalize(x, ad.normalizer(ad.moments(x), 1.0, 0.0, eps=1e-5))
    Tensor([-0.92581911, -0.46290955,  1.38872866])
    """
    x, (centre, scale, shift) = np.asarray(x), normalizer
    out = x - centre
    if out.shape != x.shape or centre.ndim != x.ndim:
        raise ValueError(f"x has shape {x.shape} and the normalizer {normalizer.shape}; needed is (3, …) of its axes")
    out *= scale
    out += shift
    return out


def _normalizer_rule(g: Any, x: Any, normalizer: Any) -> Any:
    """-scale Σ g by the centre, Σ g (x - centre) by the scale, Σ g by the shift."""
    axes = tuple(a for a, n in enumerate(normalizer.shape[1:]) if n == 1)
    total = sum(g, axes, True)
    return _stacked(-normalizer[1] * total, _dot(g, x - normalizer[0], axes), total)


normalize.vjp(lambda g, normalizer: g * normalizer[1], _normalizer_rule)
