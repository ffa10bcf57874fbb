"""Operations that join, split, surround and repeat arrays. Their derivatives cut, join and add up the parts again."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from ..primitive import primitive
from .shape import as_array, broadcast_to, expand_dims, reshape


@primitive(name="concatenate", auxiliary=("edges",))
def _concatenate(*arrays: Any, axis: int | None) -> Any:
    """Joined along an axis that exists."""
    out = np.concatenate(arrays, axis)
    lengths = [np.size(array) if axis is None else np.shape(array)[axis] for array in arrays]
    return out, np.cumsum([0, *lengths])


def _part(g: Any, index: int, edges: Any, shapes: tuple[tuple[int, ...], ...], axis: int | None) -> Any:
    """The part of a joined array that came from operand number `index`."""
    part = _slice(g, axis or 0, int(edges[index]), int(edges[index + 1]))
    return reshape(part, shapes[index]) if axis is None else part


def _slice(x: Any, axis: int, start: int, stop: int) -> Any:
    return x[(slice(None),) * (axis % x.ndim) + (slice(start, stop),)]


_concatenate.vjp(lambda g, edges, arrays_shape, axis, index: _part(g, index, edges, arrays_shape, axis))


@primitive(name="stack")
def _stack(*arrays: Any, axis: int) -> Any:
    """Joined along a new axis."""
    return np.stack(arrays, axis)


_stack.vjp(lambda g, axis, index: g[(slice(None),) * (axis % g.ndim) + (index,)])


def concatenate(arrays: Sequence[Any], axis: int | None = 0) -> Any:
    """Joined along an axis that exists, as `np.concatenate`.

    Parameters
    ----------
    arrays : sequence of array_like
        Of equal shapes except along the axis.
    axis : int or None
        None flattens the arrays first.

    Returns
    -------
    Tensor or ndarray

    Raises
    ------
    ValueError
        If there are no arrays, or their shapes do not fit.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.concatenate([ad.Tensor([1.0, 2.0]), [3.0]])
    Tensor([1., 2., 3.])
    """
    return _concatenate(*_several("concatenate", arrays), axis=axis)


def stack(arrays: Sequence[Any], axis: int = 0) -> Any:
    """Joined along a new axis, as `np.stack`.

    Parameters
    ----------
    arrays : sequence of array_like
        Of one shape.
    axis : int
        Where the new axis stands in the result.

    Returns
    -------
    Tensor or ndarray

    Raises
    ------
    ValueError
        If there are no arrays, or their shapes differ.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.stack([ad.Tensor([1.0, 2.0]), [3.0, 4.0]])
    Tensor([[1., 2.],
            [3., 4.]])
    """
    return _stack(*_several("stack", arrays), axis=axis)


def _several(operation: str, arrays: Any) -> list[Any]:
    """The operands as a list that is not empty."""
    operands = list(arrays)
    if not operands:
        raise ValueError(f"{operation}: there are no arrays; it needs at least one.")
    return operands


def vstack(arrays: Sequence[Any]) -> Any:
    """Joined as rows, as `np.vstack`.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.vstack([ad.Tensor([1.0, 2.0]), [3.0, 4.0]])
    Tensor([[1., 2.],
            [3., 4.]])
    """
    return concatenate([_at_least(a, 2, (0,)) for a in arrays], 0)


def hstack(arrays: Sequence[Any]) -> Any:
    """Joined along the second axis, or the only one, as `np.hstack`.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.hstack([ad.Tensor([1.0, 2.0]), [3.0]])
    Tensor([1., 2., 3.])
    """
    operands = [_at_least(a, 1, (0,)) for a in arrays]
    return concatenate(operands, 0 if operands and operands[0].ndim == 1 else 1)


def column_stack(arrays: Sequence[Any]) -> Any:
    """Joined as columns, as `np.column_stack`.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.column_stack([ad.Tensor([1.0, 2.0]), [3.0, 4.0]])
    Tensor([[1., 3.],
            [2., 4.]])
    """
    return concatenate([_at_least(a, 2, (1,)) for a in arrays], 1)


def _at_least(x: Any, ndim: int, where: tuple[int, ...]) -> Any:
    """x with an axis of length 1 put where one is missing."""
    x = as_array(x)
    while x.ndim < ndim:
        x = expand_dims(x, -1 if x.ndim == 0 else where)
    return x


def split(x: Any, sections: int | Sequence[int], axis: int = 0) -> list[Any]:
    """Parts along an axis, as `np.split`: equal ones, or cut at indices.

    Parameters
    ----------
    x : array_like
    sections : int or sequence of int
        The number of equal parts, or the indices at which to cut.
    axis : int

    Returns
    -------
    list of Tensor or ndarray

    Raises
    ------
    ValueError
        If the axis does not divide into so many equal parts.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.split(ad.Tensor([1.0, 2.0, 3.0, 4.0]), 2)
    [Tensor([1., 2.]), Tensor([3., 4.])]
    """
    shape = np.shape(getattr(x, "_data", x))
    length = shape[np.lib.array_utils.normalize_axis_index(axis, len(shape), "split")]
    if isinstance(sections, (int, np.integer)):
        if sections <= 0 or length % sections:
            raise ValueError(
                f"split: axis {axis} has length {length}, which does not divide into {sections} equal parts. "
                "Give the indices at which to cut instead."
            )
        edges = list(range(0, length + 1, length // int(sections))) if length else [0] * (int(sections) + 1)
    else:
        edges = [0, *sections, length]
    x = x if hasattr(x, "_data") else np.asarray(x)
    return [_slice(x, axis, start, stop) for start, stop in pairwise(edges)]


@primitive(name="pad")
def _pad(x: Any, value: Any, *, width: tuple[tuple[int, int], ...]) -> Any:
    """Surrounded by a constant."""
    return np.pad(x, width, constant_values=value)


def _inside(g: Any, width: tuple[tuple[int, int], ...]) -> Any:
    return g[tuple(slice(before, n - after) for n, (before, after) in zip(g.shape, width))]


_pad.vjp(lambda g, width: _inside(g, width), None)


def pad(x: Any, width: Any, mode: str = "constant", constant_values: Any = 0) -> Any:
    """Surround an array with more elements, as `np.pad`.

    Parameters
    ----------
    x : array_like
    width : int, pair, or one pair per axis
        How many elements before and after.
    mode : {"constant", "edge", "reflect", "symmetric", "wrap"}
    constant_values : float
        What the constant mode fills in.

    Returns
    -------
    Tensor or ndarray

    Raises
    ------
    ValueError
        For another mode, or a width that does not fit the number of axes.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.pad(ad.Tensor([1.0, 2.0]), 1)
    Tensor([0., 1., 2., 0.])
    """
    shape = np.shape(getattr(x, "_data", x))
    pairs = tuple((int(a), int(b)) for a, b in np.broadcast_to(np.asarray(width), (len(shape), 2)))
    if any(n < 0 for pair in pairs for n in pair):
        raise ValueError(f"pad: the widths {width} contain a negative number. Use a slice to cut elements off.")
    if mode == "constant":
        return _pad(x, constant_values, width=pairs)
    if mode not in ("edge", "reflect", "symmetric", "wrap"):
        raise ValueError(f"pad: mode {mode!r} is not one of 'constant', 'edge', 'reflect', 'symmetric', 'wrap'.")
    # These modes repeat elements of x: pad the indices instead, and gather.
    places: list[Any] = [np.pad(np.arange(n), pair, mode=mode) for n, pair in zip(shape, pairs)]  # type: ignore[call-overload]  # mode is one of four literals
    return (x if hasattr(x, "_data") else np.asarray(x))[np.ix_(*places)] if places else x


def repeat(x: Any, repeats: Any, axis: int | None = None) -> Any:
    """Each element several times, as `np.repeat`.

    Parameters
    ----------
    x : array_like
    repeats : int or sequence of int
        How often, for all elements or for each along the axis.
    axis : int, optional
        All elements, flattened, where it is not given.

    Returns
    -------
    Tensor or ndarray

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.grad(lambda x: (ad.repeat(x, 3) * [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).sum())(ad.Tensor([1.0, 1.0]))
    Tensor([ 6., 15.])
    """
    x = x if hasattr(x, "_data") else np.asarray(x)
    if axis is None:
        x, axis = reshape(x, (-1,)), 0
    axis = np.lib.array_utils.normalize_axis_index(axis, x.ndim, "repeat")
    places = np.repeat(np.arange(x.shape[axis]), getattr(repeats, "_data", repeats))
    return x[(slice(None),) * axis + (places,)]


def tile(x: Any, repeats: int | Sequence[int]) -> Any:
    """The whole array several times along each axis, as `np.tile`.

    Parameters
    ----------
    x : array_like
    repeats : int or sequence of int
        How often along the last axes; more entries than axes make new leading axes.

    Returns
    -------
    Tensor or ndarray

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.tile(ad.Tensor([1.0, 2.0]), 2)
    Tensor([1., 2., 1., 2.])
    """
    shape = np.shape(getattr(x, "_data", x))
    times = (int(repeats),) if isinstance(repeats, (int, np.integer)) else tuple(int(r) for r in repeats)
    ndim = max(len(shape), len(times))
    shape, times = (1,) * (ndim - len(shape)) + shape, (1,) * (ndim - len(times)) + times
    apart = tuple(n for pair in zip((1,) * ndim, shape) for n in pair)
    stretched = tuple(n for pair in zip(times, shape) for n in pair)
    return reshape(
        broadcast_to(reshape(x, apart), stretched), tuple(t * n for t, n in zip(times, shape))
    )
