"""Layers that shrink images."""

from __future__ import annotations

from typing import Any

import autodiff as ad

from ..module import Module
from .conv import Pair, pair, short


class MaxPool2d(Module):
    """The largest element of each window; among equal ones the first receives the gradient, as in PyTorch.

    Parameters
    ----------
    kernel_size : int or (int, int)
        Height and width of the windows.
    stride : int or (int, int), optional
        Steps between windows; by default they lie side by side.
    padding : int or (int, int)
        Border on each side, which is never the largest; at most half of the window.

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

    def __init__(self, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0) -> None:
        caller = f"MaxPool2d({kernel_size})"
        self.kernel_size = pair(kernel_size, "kernel_size", 1, caller)
        self.stride = self.kernel_size if stride is None else pair(stride, "stride", 1, caller)
        self.padding = pair(padding, "padding", 0, caller)
        if any(2 * p > k for p, k in zip(self.padding, self.kernel_size)):
            raise ValueError(f"{caller}: padding is {padding}, which is more than half of the window.")

    def forward(self, x: Any) -> Any:
        """Map x of shape (batch, channels, height, width) to (batch, channels, height', width')."""
        return ad.max_pool2d(x, self.kernel_size, stride=self.stride, padding=self.padding)

    def extra_repr(self) -> str:
        """The window, and what is not as usual."""
        settings = [str(short(self.kernel_size))]
        settings += [f"stride={short(self.stride)}"] if self.stride != self.kernel_size else []
        settings += [f"padding={short(self.padding)}"] if any(self.padding) else []
        return ", ".join(settings)
