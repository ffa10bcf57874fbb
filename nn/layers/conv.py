"""Convolution over images."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from .. import functional, init
from ..arguments import floating, positive
from ..functional.operands import operand_for
from ..module import Module, Parameter
from ..random import Seed, generator

Pair = int | tuple[int, int]
Padding = Pair | tuple[Pair, Pair] | Literal["same", "valid"]


def pair(value: Pair, name: str, least: int, caller: str) -> tuple[int, int]:
    """One number for both directions, or one for each, as two."""
    both: tuple[Any, ...] = tuple(value) if isinstance(value, tuple | list) else (value, value)
    if len(both) != 2 or any(type(n) is bool or not isinstance(n, int | np.integer) or n < least for n in both):
        raise ValueError(f"{caller}: {name} is {value!r}; needed is one or two whole numbers of at least {least}.")
    return int(both[0]), int(both[1])


class Conv2d(Module):
    """Convolution (cross-correlation, as everywhere in this field) of images with learned kernels, plus a bias.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels of input and output; both multiples of `groups`.
    kernel_size : int or (int, int)
        Height and width of the kernels.
    stride, dilation : int or (int, int)
        Steps between outputs, and distance between a kernel's elements, per direction.
    padding : int, (int, int), ((int, int), (int, int)), "same" or "valid"
        Zeros added on each side: of both directions, per direction, or ((top, bottom), (left, right)). "same" adds as
        many as keep the size, with stride 1, an odd one below and to the right; "valid" adds none.
    groups : int
        The channels are split into so many groups, each with its own kernels.
    bias : bool
        Whether a number per output channel is added.
    dtype : dtype
        Of the parameters, floating-point.
    rng : numpy.random.Generator or int, optional
        Where the initial values are drawn from, or a seed; the default of `nn.manual_seed` without it.

    Attributes
    ----------
    weight : Parameter of shape (out_channels, in_channels / groups, height, width)
        Initially uniform in ±1/√fan_in, PyTorch's default; fan_in is the size of one kernel.
    bias : Parameter of shape (out_channels,) or None
        Likewise.

    Raises
    ------
    ValueError
        If a setting is out of range, or an input is not (batch, in_channels, height, width) or smaller than a kernel.
    TypeError
        If the dtype is not a floating-point one.

    Notes
    -----
    Output height: ⌊(height + 2 padding − dilation (kernel − 1) − 1) / stride⌋ + 1, width likewise; see Dumoulin and
    Visin, "A guide to convolution arithmetic for deep learning", 2016.

    Examples
    --------
    >>> import numpy as np, nn
    >>> nn.Conv2d(1, 8, 3, padding=1)(np.zeros((5, 1, 8, 8), np.float32)).shape
    (5, 8, 8, 8)
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Pair,
        stride: Pair = 1,
        padding: Padding = 0,
        dilation: Pair = 1,
        groups: int = 1,
        bias: bool = True,
        *,
        dtype: npt.DTypeLike = np.float32,
        rng: Seed = None,
    ) -> None:
        caller = f"Conv2d({in_channels}, {out_channels}, {kernel_size})"
        self.in_channels = positive(in_channels, "in_channels", caller)
        self.out_channels = positive(out_channels, "out_channels", caller)
        self.groups = positive(groups, "groups", caller)
        if in_channels % groups or out_channels % groups:
            raise ValueError(f"{caller}: the channels must be multiples of groups, which is {groups}.")
        dtype, rng = floating(dtype, caller), generator(rng)
        self.kernel_size = pair(kernel_size, "kernel_size", 1, caller)
        self.stride = pair(stride, "stride", 1, caller)
        self.padding = _padding(padding, caller)
        if self.padding == "same" and self.stride != (1, 1):
            raise ValueError(f"{caller}: padding='same' keeps the size, so it needs stride 1, and this is {stride}.")
        self.dilation = pair(dilation, "dilation", 1, caller)
        shape = (out_channels, in_channels // groups, *self.kernel_size)
        fan_in = math.prod(shape[1:])
        self.weight = init.layer_default(Parameter(np.empty(shape, dtype)), fan_in, rng=rng)
        self.bias = init.layer_default(Parameter(np.empty(out_channels, dtype)), fan_in, rng=rng) if bias else None

    def forward(self, x: Any) -> Any:
        """Map x of shape (batch, in_channels, height, width) to (batch, out_channels, height', width')."""
        x = operand_for(self.weight, x)
        shape = x.shape
        if len(shape) != 4 or shape[1] != self.in_channels:
            raise ValueError(
                f"Conv2d({self.extra_repr()}): the input has shape {shape} and needs (batch, {self.in_channels}, "
                f"height, width). {self._how_to_fit(shape)}"
            )
        try:
            return functional.conv2d(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)
        except ValueError as error:
            raise ValueError(f"Conv2d({self.extra_repr()}): the input has shape {shape}. {error}") from error

    def _how_to_fit(self, shape: tuple[int, ...]) -> str:
        """What is probably to be done about an input that does not fit."""
        if len(shape) == 3 and shape[0] == self.in_channels > 1:
            return "A single image becomes a batch by x[None]."
        if len(shape) == 3 and self.in_channels == 1:
            return "Images without channels get that axis by x[:, None]; a single image becomes a batch by x[None]."
        if len(shape) == 4 and shape[3] == self.in_channels:
            return "Channels that come last are brought there by x.transpose(0, 3, 1, 2)."
        return "Has the layer before other channels, or is a reshape to images missing?"

    def extra_repr(self) -> str:
        """Channels and kernel, and what is not as usual."""
        usual = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1}
        changed = {name: getattr(self, name) for name, value in usual.items() if getattr(self, name) != value}
        settings = [f"{name}={short(value)!r}" for name, value in changed.items()]
        settings += ["bias=False"] if self.bias is None else []
        return ", ".join([f"{self.in_channels}, {self.out_channels}, {short(self.kernel_size)}", *settings])


def _padding(value: Any, caller: str) -> Any:
    """What the engine takes: "same" or two pairs; one number or two for both sides alike."""
    if value in ("same", "valid"):
        return value if value == "same" else (0, 0)
    if isinstance(value, tuple | list) and any(isinstance(sides, tuple | list) for sides in value):
        if len(value) == 2:
            return pair(value[0], "padding", 0, caller), pair(value[1], "padding", 0, caller)
    elif not isinstance(value, str):
        return pair(value, "padding", 0, caller)
    raise ValueError(
        f"{caller}: padding is {value!r}; needed is one or two whole numbers of at least 0, ((top, bottom), (left, "
        "right)), 'same' or 'valid'."
    )


def short(value: Any) -> Any:
    """(3, 3) as 3."""
    return value[0] if isinstance(value, tuple) and value[0] == value[1] else value
