"""Pooling as functions: PyTorch's names on the engine's pools, and the mean of each whole image."""

from __future__ import annotations

from typing import Any

import autodiff as ad

from .operands import operand

Pair = int | tuple[int, int]


def max_pool2d(x: Any, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0, dilation: Pair = 1) -> Any:
    """The largest element of each window; among equal ones the first receives the gradient.

    Parameters
    ----------
    x : array_like of shape (batch, channels, height, width)
    kernel_size : int or (int, int)
        Height and width of the windows.
    stride : int or (int, int), optional
        Steps between windows; by default they lie side by side.
    padding : int or (int, int)
        Border on each side, which is never the largest; at most half of the window.
    dilation : int or (int, int)
        Distance between a window's elements.

    Returns
    -------
    Tensor or ndarray of shape (batch, channels, height', width')

    Raises
    ------
    ValueError
        If the shapes or settings do not fit each other.

    Examples
    --------
    >>> import numpy as np, nn
    >>> nn.functional.max_pool2d(np.arange(16.0).reshape(1, 1, 4, 4), 2)
    array([[[[ 5.,  7.],
             [13., 15.]]]])
    """
    return ad.max_pool2d(x, kernel_size, stride, padding, dilation)


def avg_pool2d(
    x: Any, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0, *, count_include_pad: bool = True
) -> Any:
    """The mean of each window.

    Parameters
    ----------
    x : array_like of shape (batch, channels, height, width)
    kernel_size : int or (int, int)
        Height and width of the windows.
    stride : int or (int, int), optional
        Steps between windows; by default they lie side by side.
    padding : int or (int, int)
        Zeros on each side; at most half of the window.
    count_include_pad : bool
        Whether these zeros count as elements.

    Returns
    -------
    Tensor or ndarray of shape (batch, channels, height', width')

    Raises
    ------
    ValueError
        If the shapes or settings do not fit each other.

    Examples
    --------
    >>> import numpy as np, nn
    >>> nn.functional.avg_pool2d(np.arange(16.0).reshape(1, 1, 4, 4), 2)
    array([[[[ 2.5,  4.5],
             [10.5, 12.5]]]])
    """
    return ad.avg_pool2d(x, kernel_size, stride, padding, count_include_pad)


def global_avg_pool2d(x: Any, keepdims: bool = False) -> Any:
    """The mean of each channel of each image.

    Parameters
    ----------
    x : array_like of shape (batch, channels, height, width)
    keepdims : bool
        Whether height and width stay, as axes of length 1.

    Returns
    -------
    Tensor or ndarray of shape (batch, channels), or (batch, channels, 1, 1)

    Raises
    ------
    ValueError
        If x has not four axes, or its images are empty.

    Notes
    -----
    Lin, Chen and Yan, "Network in network", 2014.

    Examples
    --------
    >>> import numpy as np, nn
    >>> nn.functional.global_avg_pool2d(np.arange(8.0).reshape(1, 2, 2, 2))
    array([[1.5, 5.5]])
    """
    x = operand(x)
    if x.ndim != 4 or 0 in x.shape[2:]:
        raise ValueError(
            f"global_avg_pool2d: the input has shape {x.shape} and needs (batch, channels, height, width), with at "
            "least one pixel. A single image becomes a batch by x[None]."
        )
    return ad.mean(x, axis=(2, 3), keepdims=keepdims)
