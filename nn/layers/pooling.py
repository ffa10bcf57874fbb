"""Layers that shrink images."""

from __future__ import annotations

from typing import Any

from .. import functional
from ..functional.operands import operand
from ..module import Module
from .conv import Pair, pair, short


class _Pool(Module):
    """What the pools share: windows, and what can be said of them."""

    kernel_size: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    dilation: tuple[int, int] = (1, 1)

    def _set_window(self, kernel_size: Pair, stride: Pair | None, padding: Pair, dilation: Pair = 1) -> None:
        caller = f"{type(self).__name__}({kernel_size})"
        self.kernel_size = pair(kernel_size, "kernel_size", 1, caller)
        self.stride = self.kernel_size if stride is None else pair(stride, "stride", 1, caller)
        self.padding = pair(padding, "padding", 0, caller)
        self.dilation = pair(dilation, "dilation", 1, caller)
        extent = [(k - 1) * d + 1 for k, d in zip(self.kernel_size, self.dilation)]
        if any(2 * p > n for p, n in zip(self.padding, extent)):
            raise ValueError(f"{caller}: padding is {padding}, which is more than half of the window.")

    def _pooled(self, function: Any, x: Any, **settings: Any) -> Any:
        try:
            return function(operand(x), self.kernel_size, self.stride, self.padding, **settings)
        except ValueError as error:
            raise ValueError(
                f"{type(self).__name__}({self.extra_repr()}): the input has shape {operand(x).shape} and needs (batch, "
                f"channels, height, width), not smaller than a window. {error}"
            ) from error

    def extra_repr(self) -> str:
        """The window, and what is not as usual."""
        settings = [str(short(self.kernel_size))]
        settings += [f"stride={short(self.stride)}"] if self.stride != self.kernel_size else []
        settings += [f"padding={short(self.padding)}"] if any(self.padding) else []
        settings += [f"dilation={short(self.dilation)}"] if self.dilation != (1, 1) else []
        return ", ".join(settings)


class MaxPool2d(_Pool):
    """The largest element of each window; among equal ones the first receives the gradient, as in PyTorch.

    Parameters
    ----------
    kernel_size : int or (int, int)
        Height and width of the windows.
    stride : int or (int, int), optional
        Steps between windows; by default they lie side by side.
    padding : int or (int, int)
        Border on each side, which is never the largest; at most half of the window.
    dilation : int or (int, int)
        Distance between a window's elements.

    Raises
    ------
    ValueError
        If a setting is out of range, or an input is not (batch, channels, height, width) or smaller than a window.

    Examples
    --------
    >>> import numpy as np, nn
    >>> nn.MaxPool2d(2)(np.arange(16.0).reshape(1, 1, 4, 4))
    array([[[[ 5.,  7.],
             [13., 15.]]]])
    """

    def __init__(self, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0, dilation: Pair = 1) -> None:
        self._set_window(kernel_size, stride, padding, dilation)

    def forward(self, x: Any) -> Any:
        """Map x of shape (batch, channels, height, width) to (batch, channels, height', width')."""
        return self._pooled(functional.max_pool2d, x, dilation=self.dilation)


class AvgPool2d(_Pool):
    """The mean of each window.

    Parameters
    ----------
    kernel_size : int or (int, int)
        Height and width of the windows.
    stride : int or (int, int), optional
        Steps between windows; by default they lie side by side.
    padding : int or (int, int)
        Zeros on each side; at most half of the window.
    count_include_pad : bool
        Whether these zeros count as elements.

    Raises
    ------
    ValueError
        If a setting is out of range, or an input is not (batch, channels, height, width) or smaller than a window.

    Examples
    --------
    >>> import numpy as np, nn
    >>> nn.AvgPool2d(2)(np.arange(16.0).reshape(1, 1, 4, 4))
    array([[[[ 2.5,  4.5],
             [10.5, 12.5]]]])
    """

    def __init__(
        self, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0, *, count_include_pad: bool = True
    ) -> None:
        self._set_window(kernel_size, stride, padding)
        self.count_include_pad = bool(count_include_pad)

    def forward(self, x: Any) -> Any:
        """Map x of shape (batch, channels, height, width) to (batch, channels, height', width')."""
        return self._pooled(functional.avg_pool2d, x, count_include_pad=self.count_include_pad)

    def extra_repr(self) -> str:
        """The window, and what is not as usual."""
        return super().extra_repr() + ("" if self.count_include_pad else ", count_include_pad=False")


class GlobalAvgPool2d(Module):
    """The mean of each channel of each image: what takes images of any size to the last linear layer.

    PyTorch writes it as `AdaptiveAvgPool2d(1)` followed by `Flatten`.

    Parameters
    ----------
    keepdims : bool
        Whether height and width stay, as axes of length 1, as after `AdaptiveAvgPool2d(1)`.

    Raises
    ------
    ValueError
        If an input is not (batch, channels, height, width), or has no pixels.

    Notes
    -----
    Lin, Chen and Yan, "Network in network", 2014.

    Examples
    --------
    >>> import numpy as np, nn
    >>> nn.GlobalAvgPool2d()(np.arange(8.0).reshape(1, 2, 2, 2))
    array([[1.5, 5.5]])
    """

    def __init__(self, keepdims: bool = False) -> None:
        self.keepdims = bool(keepdims)

    def forward(self, x: Any) -> Any:
        """Map x of shape (batch, channels, height, width) to (batch, channels)."""
        try:
            return functional.global_avg_pool2d(x, self.keepdims)
        except ValueError as error:
            raise ValueError(f"GlobalAvgPool2d({self.extra_repr()}): {str(error).partition(': ')[2]}") from error

    def extra_repr(self) -> str:
        """Whether axes stay, where they do."""
        return "keepdims=True" if self.keepdims else ""
