"""Convolution: three primitives that are each other's derivatives, so derivatives of any order are made of themselves.

Arrays have the shape (batch, channels, height, width), but results lie in memory with the batch innermost. A row of a
window is then one long run: windows are gathered, and gradients scattered, at the speed of copying, and each product of
matrices works on a block of windows that fits in the cache. Source of the matrix form: Chellapilla et al., "High
performance convolutional neural networks for document processing", 2006.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..primitive import primitive
from .shape import as_array, reshape

Pair = tuple[int, int]
Sides = tuple[Pair, Pair]

_BLOCK = 1 << 20  # bytes of gathered windows at a time


def output_length(length: int, sides: Pair, kernel: int, stride: int, dilation: int) -> int:
    """How many windows fit along an axis that is padded on both sides.

    Examples
    --------
    >>> output_length(28, (0, 0), 5, 1, 1)
    24
    """
    return (length + sides[0] + sides[1] - (kernel - 1) * dilation - 1) // stride + 1


def _batch_last(x: Any, padding: Sides = ((0, 0), (0, 0))) -> Any:
    """(channels, height, width, batch), contiguous, surrounded by zeros."""
    x = np.transpose(x, (1, 2, 3, 0))
    if not any(map(any, padding)):
        return np.ascontiguousarray(x)
    (top, bottom), (left, right) = padding
    channels, height, width, batch = x.shape
    out = np.zeros((channels, top + height + bottom, left + width + right, batch), x.dtype)
    out[:, top : top + height, left : left + width] = x
    return out


def _windows(x: Any, kernel: Pair, stride: Pair, padding: Sides, dilation: Pair) -> Any:
    """A view of all windows: (channels, kernel height, kernel width, output height, output width, batch)."""
    size = [output_length(*along) for along in zip(x.shape[2:], padding, kernel, stride, dilation)]
    x = _batch_last(x, padding)
    channel, row, column, item = x.strides
    return np.lib.stride_tricks.as_strided(
        x,
        (x.shape[0], *kernel, *size, x.shape[3]),
        (channel, row * dilation[0], column * dilation[1], row * stride[0], column * stride[1], item),
    )


def _blocks(inputs: int, size: tuple[int, int, int], itemsize: int) -> Iterator[tuple[slice, slice, slice]]:
    """Parts of the output whose windows fit in the cache: rows, columns, and their place in the flat output.

    They are some whole rows or a part of one, so that the place is one run.
    """
    height, width, batch = size
    fitting = max(1, _BLOCK // max(1, inputs * batch * itemsize))
    rows, columns = max(1, fitting // width), min(fitting, width)
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        for left in range(0, width, columns):
            right = min(left + columns, width)
            start, stop = top * width + left, (bottom - 1) * width + right
            yield slice(top, bottom), slice(left, right), slice(start * batch, stop * batch)


def _gathered(windows: Any) -> Iterator[tuple[Any, slice]]:
    """Blocks of the windows as matrices (inputs of a window, windows), and their place in the flat output."""
    inputs, length = math.prod(windows.shape[:3]), math.prod(windows.shape[3:])
    if windows.flags.c_contiguous:  # a kernel of one element: nothing overlaps
        yield windows.reshape(inputs, length), slice(0, length)
        return
    memory = np.empty(0, windows.dtype)
    for rows, columns, place in _blocks(inputs, windows.shape[3:], windows.itemsize):
        part = windows[:, :, :, rows, columns]
        memory = memory if memory.size >= part.size else np.empty(part.size, windows.dtype)
        block = memory[: part.size].reshape(part.shape)
        np.copyto(block, part)
        yield block.reshape(inputs, place.stop - place.start), place


@primitive(name="conv2d", symbol="∗")
def _conv2d(x: Any, weight: Any, *, stride: Pair, padding: Sides, dilation: Pair, groups: int) -> Any:
    """The cross-correlation of images with kernels."""
    outputs, channels, *kernel = weight.shape
    windows = _windows(x, kernel, stride, padding, dilation)
    inputs, size = channels * math.prod(kernel), windows.shape[3:]
    matrices = weight.reshape(groups, outputs // groups, inputs)
    out = np.empty((groups, outputs // groups, math.prod(size)), np.result_type(x, weight))
    for block, place in _gathered(windows):
        np.matmul(matrices, block.reshape(groups, inputs, block.shape[1]), out=out[..., place])
    return out.reshape(outputs, *size).transpose(3, 0, 1, 2)


@primitive(name="conv2d_input_gradient", symbol="∗ᵀ")
def _input_gradient(
    y: Any, weight: Any, *, size: Pair, stride: Pair, padding: Sides, dilation: Pair, groups: int
) -> Any:
    """What a convolution sends back to its images, of height and width `size`: the kernels scattered with weights y."""
    outputs, channels, *kernel = weight.shape
    y = _batch_last(y)
    inputs, (height, width, batch) = channels * math.prod(kernel), y.shape[1:]
    y = y.reshape(groups, outputs // groups, height * width * batch)
    matrices = weight.reshape(groups, outputs // groups, inputs).transpose(0, 2, 1)
    padded = [sum(sides) + n for sides, n in zip(padding, size)]
    out = np.zeros((channels * groups, *padded, batch), np.result_type(y, weight))
    for rows, columns, place in _blocks(inputs * groups, (height, width, batch), out.itemsize):
        block = np.matmul(matrices, y[..., place])
        block = block.reshape(channels * groups, *kernel, rows.stop - rows.start, columns.stop - columns.start, batch)
        for i, j in np.ndindex(*kernel):
            down, across = _strided(rows, i * dilation[0], stride[0]), _strided(columns, j * dilation[1], stride[1])
            out[:, down, across] += block[:, i, j]
    (top, _), (left, _) = padding
    return out[:, top : top + size[0], left : left + size[1]].transpose(3, 0, 1, 2)


def _strided(windows: slice, offset: int, stride: int) -> slice:
    """Where one element of consecutive windows lies."""
    start = offset + windows.start * stride
    return slice(start, start + (windows.stop - windows.start - 1) * stride + 1, stride)


@primitive(name="conv2d_weight_gradient", symbol="∗ᵀ")
def _weight_gradient(
    x: Any, y: Any, *, kernel: Pair, stride: Pair, padding: Sides, dilation: Pair, groups: int
) -> Any:
    """What a convolution sends back to its kernels, of height and width `kernel`: the windows of x summed by y."""
    windows = _windows(x, kernel, stride, padding, dilation)
    outputs, channels = y.shape[1], x.shape[1] // groups
    inputs = channels * math.prod(kernel)
    y = _batch_last(y).reshape(groups, outputs // groups, math.prod(windows.shape[3:]))
    out = np.zeros((groups, outputs // groups, inputs), np.result_type(x, y))
    for block, place in _gathered(windows):
        out += np.matmul(y[..., place], block.reshape(groups, inputs, block.shape[1]).transpose(0, 2, 1))
    return out.reshape(outputs, channels, *kernel)


_conv2d.vjp(
    lambda g, weight, x_shape, stride, padding, dilation, groups: _input_gradient(
        g, weight, x_shape[2:], stride, padding, dilation, groups
    ),
    lambda g, x, weight_shape, stride, padding, dilation, groups: _weight_gradient(
        x, g, weight_shape[2:], stride, padding, dilation, groups
    ),
)
_input_gradient.vjp(
    lambda g, weight, stride, padding, dilation, groups: _conv2d(g, weight, stride, padding, dilation, groups),
    lambda g, y, weight_shape, stride, padding, dilation, groups: _weight_gradient(
        g, y, weight_shape[2:], stride, padding, dilation, groups
    ),
)
_weight_gradient.vjp(
    lambda g, y, x_shape, stride, padding, dilation, groups: _input_gradient(
        y, g, x_shape[2:], stride, padding, dilation, groups
    ),
    lambda g, x, stride, padding, dilation, groups: _conv2d(x, g, stride, padding, dilation, groups),
)


def conv2d(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: int | Pair = 1,
    padding: int | Pair | Sides | str = 0,
    dilation: int | Pair = 1,
    groups: int = 1,
) -> Any:
    """The cross-correlation of images with kernels, as PyTorch's `conv2d`.

    Parameters
    ----------
    x : array_like of shape (batch, channels, height, width)
    weight : array_like of shape (outputs, channels / groups, kernel height, kernel width)
    bias : array_like of shape (outputs,), optional
    stride, dilation : int or pair of int
        Steps between windows, and between the elements of a window.
    padding : int, pair of int, ((top, bottom), (left, right)), "valid" or "same"
        Zeros around the images. "same" keeps their size, needs stride 1, and puts the odd zero right and below.
    groups : int
        The channels and the outputs are split into so many parts, which do not see each other.

    Returns
    -------
    Tensor or ndarray of shape (batch, outputs, output height, output width)
        Lying in memory with the batch innermost.

    Raises
    ------
    ValueError
        If the shapes or settings do not fit each other: which, and what is needed.

    Notes
    -----
    Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016.

    Examples
    --------
    >>> import numpy as np, autodiff as ad
    >>> image = ad.Tensor(np.arange(9.0).reshape(1, 1, 3, 3))
    >>> ad.conv2d(image, np.ones((1, 1, 2, 2))).data[0, 0]
    array([[ 8., 12.],
           [20., 24.]])
    """
    x, weight = as_array(x), as_array(weight)
    received = f"images of shape {x.shape} and kernels of shape {weight.shape}"
    if x.ndim != 4 or weight.ndim != 4:
        raise ValueError(
            f"conv2d: {received}; needed are (batch, channels, height, width) and (outputs, channels / groups, kernel "
            "height, kernel width). A single image becomes a batch by x[None]; grey images need an axis of length 1."
        )
    if groups < 1 or x.shape[1] != weight.shape[1] * groups or weight.shape[0] % groups:
        raise ValueError(
            f"conv2d: {received} with groups={groups}. The kernels see {weight.shape[1]} channel(s) in each group, so "
            f"the images need {weight.shape[1]} × groups channels, and the number of outputs must divide by groups."
        )
    steps, spread = pair("conv2d", "stride", stride, 1), pair("conv2d", "dilation", dilation, 1)
    sides = _sides(padding, weight.shape[2:], steps, spread)
    check_fits("conv2d", x.shape, weight.shape[2:], sides, steps, spread)
    out = _conv2d(x, weight, steps, sides, spread, int(groups))
    if bias is None:
        return out
    bias = as_array(bias)
    if bias.shape != weight.shape[:1]:
        raise ValueError(f"conv2d: a bias of shape {bias.shape} for {received}; it needs the shape {weight.shape[:1]}.")
    return out + reshape(bias, (-1, 1, 1))


def pair(operation: str, name: str, value: Any, least: int) -> Pair:
    """A setting for height and width, from one number or two.

    Examples
    --------
    >>> pair("conv2d", "stride", 2, least=1)
    (2, 2)
    """
    both = (value, value) if isinstance(value, (int, np.integer)) else value
    if isinstance(both, (tuple, list)) and len(both) == 2 and all(isinstance(n, (int, np.integer)) for n in both):
        height, width = int(both[0]), int(both[1])
        if height >= least and width >= least:
            return height, width
    raise ValueError(f"{operation}: {name}={value!r}; needed is an int or a pair of ints, each at least {least}.")


def check_fits(operation: str, shape: Any, kernel: Any, sides: Sides, stride: Pair, dilation: Pair) -> None:
    """Raise an error that names the shapes where not even one window fits.

    Examples
    --------
    >>> check_fits("conv2d", (1, 1, 8, 8), (3, 3), ((0, 0), (0, 0)), (1, 1), (1, 1))
    """
    if 0 in kernel or any(output_length(*along) < 1 for along in zip(shape[2:], sides, kernel, stride, dilation)):
        padded = tuple(n + sum(added) for n, added in zip(shape[2:], sides))
        extent = tuple((k - 1) * d + 1 for k, d in zip(kernel, dilation))
        raise ValueError(
            f"{operation}: a kernel of {kernel[0]} × {kernel[1]} with dilation {dilation} covers {extent}, but the "
            f"padded images, of shape {shape}, measure {padded}. It must cover at least 1 × 1 and fit inside: use a "
            "smaller kernel or more padding, or fewer strides and pools before."
        )


def _sides(padding: Any, kernel: Pair, stride: Pair, dilation: Pair) -> Sides:
    """Zeros before and after the rows and the columns."""
    if padding == "same":
        if stride != (1, 1):
            raise ValueError(f"conv2d: padding='same' keeps the size, so it needs stride 1, not {stride}.")
        height, width = ((k - 1) * d for k, d in zip(kernel, dilation))
        return (height // 2, height - height // 2), (width // 2, width - width // 2)
    if isinstance(padding, str) and padding != "valid":
        raise ValueError(f"conv2d: padding={padding!r}; the names are 'valid' and 'same'.")
    if isinstance(padding, (tuple, list)) and len(padding) == 2 and isinstance(padding[0], (tuple, list)):
        return pair("conv2d", "padding", padding[0], 0), pair("conv2d", "padding", padding[1], 0)
    height, width = pair("conv2d", "padding", 0 if padding == "valid" else padding, 0)
    return (height, height), (width, width)
