"""Pooling: the largest or the mean element of each window of images.

As in `conv`, an operation that scatters and one that gathers are each other's derivatives. The only loop runs over the
few positions in a window; all windows' elements at one position are one strided slice.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..primitive import primitive
from .conv import Pair, Sides, check_fits, output_length, pair
from .shape import as_array


def _positions(size: Any, kernel: Pair, stride: Pair, padding: Sides, dilation: Pair) -> Iterator[tuple[Any, ...]]:
    """For each position in a window, the index of all windows' elements there, in images that have their padding."""
    counts = [output_length(*along) for along in zip(size, padding, kernel, stride, dilation)]
    for offsets in np.ndindex(*kernel):
        starts = [offset * d for offset, d in zip(offsets, dilation)]
        yield (..., *(slice(a, a + (n - 1) * s + 1, s) for a, n, s in zip(starts, counts, stride)))


def _padded(x: Any, padding: Sides, value: Any) -> Any:
    """x surrounded by a value, lying in memory as x does."""
    x = np.asarray(x)
    if not any(map(any, padding)):
        return x
    out = np.full_like(x, value, shape=(*x.shape[:2], *(n + sum(sides) for n, sides in zip(x.shape[2:], padding))))
    _inside(out, x.shape[2:], padding)[...] = x
    return out


def _zeros(like: Any, dtype: Any, size: Any, padding: Sides) -> Any:
    """Padded images of zeros that lie in memory as `like` does."""
    return np.zeros_like(like, dtype, shape=(*like.shape[:2], *(n + sum(sides) for n, sides in zip(size, padding))))


def _inside(x: Any, size: Any, padding: Sides) -> Any:
    """The images without their padding."""
    return x[(..., *(slice(before, before + n) for n, (before, _) in zip(size, padding)))]


def _scattered(
    parts: Iterator[Any], out: Any, size: Any, kernel: Pair, stride: Pair, padding: Sides, dilation: Pair
) -> Any:
    """Each position's part added to the zeros `out`, which have their padding; without it."""
    apart = dilation == (1, 1) and kernel[0] <= stride[0] and kernel[1] <= stride[1]
    for part, where in zip(parts, _positions(size, kernel, stride, padding, dilation)):
        if apart:
            out[where] = part
        else:
            out[where] += part
    return _inside(out, size, padding)


@primitive(name="max_pool2d", auxiliary=("places",), symbol="max pool")
def _max_pool2d(x: Any, *, kernel: Pair, stride: Pair, padding: Sides, dilation: Pair) -> Any:
    """The largest element of each window; the gradient goes to the first of several."""
    x = np.asarray(x)
    size = x.shape[2:]
    x = _padded(x, padding, -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min)
    first, *others = (x[where] for where in _positions(size, kernel, stride, padding, dilation))
    out = first.copy(order="K")
    places = np.zeros_like(out, np.min_scalar_type(len(others)))
    larger = np.empty_like(out, bool)
    for number, part in enumerate(others, 1):
        np.greater(part, out, out=larger)
        np.maximum(out, part, out=out)
        np.maximum(places, larger * places.dtype.type(number), out=places)
    return out, places


@primitive(name="max_pool2d_scatter", symbol="max poolᵀ")
def _scatter(
    y: Any, places: Any, *, size: Pair, kernel: Pair, stride: Pair, padding: Sides, dilation: Pair
) -> Any:
    """Zeros, to which each element of y is added at its place in its window."""
    y = np.asarray(y)
    bits = np.dtype(f"i{y.itemsize}") if y.itemsize <= 8 else y.dtype  # inf times 0 would be NaN, its bits are not
    parts = (np.multiply(y.view(bits), places == i).view(y.dtype) for i in range(kernel[0] * kernel[1]))
    return _scattered(parts, _zeros(places, y.dtype, size, padding), size, kernel, stride, padding, dilation)


@primitive(name="max_pool2d_gather", symbol="max pool")
def _gather(x: Any, places: Any, *, kernel: Pair, stride: Pair, padding: Sides, dilation: Pair) -> Any:
    """The element of each window at its place."""
    x = np.asarray(x)
    size = x.shape[2:]
    x = _padded(x, padding, 0)
    out = np.zeros_like(x, shape=places.shape)
    for number, where in enumerate(_positions(size, kernel, stride, padding, dilation)):
        np.copyto(out, x[where], where=places == number)
    return out


_max_pool2d.vjp(
    lambda g, places, x_shape, kernel, stride, padding, dilation: _scatter(
        g, places, x_shape[2:], kernel, stride, padding, dilation
    )
)
_scatter.vjp(
    lambda g, places, kernel, stride, padding, dilation: _gather(g, places, kernel, stride, padding, dilation), None
)
_gather.vjp(
    lambda g, places, x_shape, kernel, stride, padding, dilation: _scatter(
        g, places, x_shape[2:], kernel, stride, padding, dilation
    ),
    None,
)


@primitive(name="sum_pool2d", symbol="Σ pool")
def _sum_pool2d(x: Any, *, kernel: Pair, stride: Pair, padding: Sides) -> Any:
    """The sum of each window."""
    size = np.shape(x)[2:]
    x = _padded(x, padding, 0)
    first, *others = (x[where] for where in _positions(size, kernel, stride, padding, (1, 1)))
    out = first.copy(order="K")
    for part in others:
        out += part
    return out


@primitive(name="sum_pool2d_scatter", symbol="Σ poolᵀ")
def _spread(y: Any, *, size: Pair, kernel: Pair, stride: Pair, padding: Sides) -> Any:
    """Zeros, to which each element of y is added at all places of its window."""
    y = np.asarray(y)
    parts = (y for _ in range(kernel[0] * kernel[1]))
    return _scattered(parts, _zeros(y, y.dtype, size, padding), size, kernel, stride, padding, (1, 1))


_sum_pool2d.vjp(
    lambda g, x_shape, kernel, stride, padding: _spread(g, x_shape[2:], kernel, stride, padding),
)
_spread.vjp(lambda g, kernel, stride, padding: _sum_pool2d(g, kernel, stride, padding))


def _settings(operation: str, x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> tuple[Any, ...]:
    """The checked settings of a pool."""
    if x.ndim != 4:
        raise ValueError(
            f"{operation}: images of shape {x.shape}; needed is (batch, channels, height, width). A single image "
            "becomes a batch by x[None]."
        )
    window, spread = pair(operation, "kernel", kernel, 1), pair(operation, "dilation", dilation, 1)
    steps = window if stride is None else pair(operation, "stride", stride, 1)
    height, width = pair(operation, "padding", padding, 0)
    if 2 * height > (window[0] - 1) * spread[0] + 1 or 2 * width > (window[1] - 1) * spread[1] + 1:
        raise ValueError(
            f"{operation}: padding={padding!r} is more than half of the kernel, {window} with dilation {spread}, so "
            "some windows would hold nothing but padding."
        )
    sides = ((height, height), (width, width))
    check_fits(operation, x.shape, window, sides, steps, spread)
    return window, steps, sides, spread


def max_pool2d(
    x: Any, kernel: int | Pair, stride: int | Pair | None = None, padding: int | Pair = 0, dilation: int | Pair = 1
) -> Any:
    """The largest element of each window, as PyTorch's `max_pool2d`.

    Parameters
    ----------
    x : array_like of shape (batch, channels, height, width)
    kernel : int or pair of int
        The size of a window.
    stride : int or pair of int, optional
        Steps between windows; the kernel by default, so that they do not overlap.
    padding : int or pair of int
        Added on all sides, never the largest; at most half of the kernel.
    dilation : int or pair of int
        Steps between the elements of a window.

    Returns
    -------
    Tensor or ndarray of shape (batch, channels, output height, output width)
        The gradient goes to the first largest element, row by row.

    Raises
    ------
    ValueError
        If the shapes or settings do not fit each other.

    Examples
    --------
    >>> import numpy as np, autodiff as ad
    >>> ad.max_pool2d(ad.Tensor(np.arange(16.0).reshape(1, 1, 4, 4)), 2).data[0, 0]
    array([[ 5.,  7.],
           [13., 15.]])
    """
    x = as_array(x)
    return _max_pool2d(x, *_settings("max_pool2d", x, kernel, stride, padding, dilation))


def avg_pool2d(
    x: Any,
    kernel: int | Pair,
    stride: int | Pair | None = None,
    padding: int | Pair = 0,
    count_include_pad: bool = True,
) -> Any:
    """The mean of each window, as PyTorch's `avg_pool2d`.

    Parameters
    ----------
    x : array_like of shape (batch, channels, height, width)
    kernel : int or pair of int
        The size of a window.
    stride : int or pair of int, optional
        Steps between windows; the kernel by default.
    padding : int or pair of int
        Zeros on all sides; at most half of the kernel.
    count_include_pad : bool
        Whether these zeros count as elements.

    Returns
    -------
    Tensor or ndarray of shape (batch, channels, output height, output width)

    Raises
    ------
    ValueError
        If the shapes or settings do not fit each other.

    Examples
    --------
    >>> import numpy as np, autodiff as ad
    >>> ad.avg_pool2d(ad.Tensor(np.arange(16.0).reshape(1, 1, 4, 4)), 2).data[0, 0]
    array([[ 2.5,  4.5],
           [10.5, 12.5]])
    """
    x = as_array(x)
    window, steps, sides, _ = _settings("avg_pool2d", x, kernel, stride, padding, 1)
    total = _sum_pool2d(x, window, steps, sides)
    if count_include_pad or not any(map(any, sides)):
        return total / (window[0] * window[1])
    ones = np.ones((1, 1, *x.shape[2:]), x.dtype)
    return total / _sum_pool2d(ones, window, steps, sides)
