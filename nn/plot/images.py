"""What the first layer looks for: its weights as small images, side by side in one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

import autodiff as ad

from ..arguments import positive
from ..layers import Conv2d, Linear
from ..module import Module
from . import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = npt.NDArray[Any]


def filters(
    layer: Any,
    ax: Axes | None = None,
    *,
    shape: tuple[int, ...] | None = None,
    columns: int | None = None,
    limit: int | None = 100,
    cmap: str = "gray",
    colorbar: bool = True,
) -> Axes:
    """The weights of a layer as images, one for each unit or kernel, tiled in one picture.

    Parameters
    ----------
    layer : Module, Tensor or array_like
        A Linear or Conv2d, a model whose first one is meant, or a weight of shape (out, in) or (out, channels, height,
        width).
    ax : matplotlib Axes, optional
        Where to draw; by default on a new figure.
    shape : (height, width) or (channels, height, width), optional
        The images whose pixels are the inputs of a Linear; by default square ones without channels.
    columns : int, optional
        How many images stand side by side; by default as many as make the picture about square.
    limit : int, optional
        Show at most so many units, the first ones; None for all. Where some are left out, the Axes say so.
    cmap : str
        The colours of weights from most negative to most positive, by name: 0 is always in their middle.
    colorbar : bool
        Whether the figure gets a scale of the colours. Coloured images have none.

    Returns
    -------
    Axes
        With one image. Three channels are shown as red, green and blue; of any other number, each unit is a row with a
        tile per channel, and `columns` says how many units stand side by side.

    Raises
    ------
    ValueError
        If a model has neither Linear nor Conv2d, the weight has other axes, or the shape does not fit its inputs or is
        needed.
    ImportError
        If matplotlib is missing.

    Examples
    --------
    >>> import nn, nn.plot
    >>> from matplotlib.figure import Figure
    >>> ax = nn.plot.filters(nn.MLP([64, 16, 10]), Figure().subplots())
    >>> ax.images[0].get_array().shape  # 4 × 4 tiles of 8 × 8 pixels, with lines between them
    (35, 35)
    """
    tiles = _tiles(_weight(layer), shape)
    for name, count in (("columns", columns), ("limit", limit)):
        if count is not None:
            positive(count, name, "filters")
    total = len(tiles)
    tiles = tiles[:limit]
    coloured = tiles.shape[1] == 3
    picture = _tiled(tiles, columns, coloured)
    finite = np.abs(tiles[np.isfinite(tiles)])
    top = float(finite.max(initial=0.0)) or 1.0
    ax = style.axes(ax)
    if coloured:
        shown = np.where(np.isnan(picture), style.GAP, (0.5 + 0.5 * picture / top).clip(0.0, 1.0))
        ax.imshow(shown, interpolation="nearest")
    else:
        from matplotlib import colormaps

        colours = colormaps[cmap].with_extremes(bad=style.GAP)
        image = ax.imshow(picture, cmap=colours, vmin=-top, vmax=top, interpolation="nearest")
        if colorbar:
            ax.figure.colorbar(image, ax=ax, shrink=0.8).set_label("weight")
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_visible(False)
    if len(tiles) < total:
        ax.set_xlabel(f"the first {len(tiles)} of {total:,} filters")
    return ax


def _weight(layer: Any) -> Array:
    if isinstance(layer, Module):
        first = next((module for module in layer.modules() if isinstance(module, Linear | Conv2d)), None)
        if first is None:
            name = type(layer).__name__
            raise ValueError(f"filters: {name} has neither a Linear nor a Conv2d; give the weight itself.")
        layer = first.weight
    weight = layer.data if isinstance(layer, ad.Tensor) else np.asarray(layer)
    if weight.ndim not in (2, 4) or not weight.size or weight.dtype.kind not in "fiu":
        raise ValueError(
            f"filters: the weight is {weight.dtype}{list(weight.shape)}; needed are numbers of shape (out, in) or "
            "(out, channels, height, width)."
        )
    return np.asarray(weight, dtype=np.float64)


def _tiles(weight: Array, shape: tuple[int, ...] | None) -> Array:
    """Units as images of shape (units, channels, height, width)."""
    if weight.ndim == 4:
        if shape is not None and tuple(shape[-2:]) != weight.shape[2:]:
            raise ValueError(f"filters: shape is {shape}, and the kernels are {weight.shape[2:]}; leave it out.")
        return weight
    side = math.isqrt(weight.shape[1])
    wanted = (side, side) if shape is None else tuple(shape)
    if len(wanted) not in (2, 3) or math.prod(wanted) != weight.shape[1]:
        given = "no square" if shape is None else f"not the pixels of {shape}"
        raise ValueError(
            f"filters: the layer has {weight.shape[1]} inputs, {given}. Say shape=(height, width) or (channels, "
            f"height, width) with a product of {weight.shape[1]}."
        )
    return weight.reshape(len(weight), *(1,) * (3 - len(wanted)), *wanted)


def _tiled(tiles: Array, columns: int | None, coloured: bool) -> Array:
    """One image, with lines of NaN between the tiles; of shape (height, width), or (height, width, 3)."""
    units, channels, height, width = tiles.shape
    across = 1 if coloured else channels
    if columns is None:
        columns = max(1, round(math.sqrt(units * (height + 1) / (across * (width + 1)))))
    columns = min(columns, units)
    rows = -(-units // columns)
    depth = 3 if coloured else 1
    line = max(1, round(min(height, width) / 12))
    shape = (rows * (height + line) - line, columns * across * (width + line) - line, depth)
    picture = np.full(shape, np.nan)
    for unit, tile in enumerate(tiles):
        top = unit // columns * (height + line)
        parts = [tile.transpose(1, 2, 0)] if coloured else [channel[..., np.newaxis] for channel in tile]
        for number, part in enumerate(parts):
            left = (unit % columns * across + number) * (width + line)
            picture[top : top + height, left : left + width] = part
    return picture if coloured else picture[..., 0]
