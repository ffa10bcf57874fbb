"""Picking elements and putting them back: indexing, gathering, scattering.

Four primitives in two pairs, each the other's derivative: `slice` and `unslice` for basic indices, `gather` and
`scatter` for index arrays, where a repeated index accumulates. Everything else here is a composition of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..primitive import primitive

#: Stands in a template for an index array.
HERE = "array"


@primitive(view=True, symbol="[ ]")
def slice(x: Any, *, key: Any) -> Any:
    """The elements at a basic index: ints, slices, None and Ellipsis."""
    return np.asarray(x)[key]


@primitive(symbol="[ ]ᵀ")
def unslice(x: Any, *, key: Any, shape: tuple[int, ...]) -> Any:
    """Zeros of a shape, with x at a basic index."""
    x = np.asarray(x)
    out = np.zeros(shape, x.dtype)
    out[key] = x
    return out


slice.vjp(lambda g, key, x_shape: unslice(g, key, x_shape))
unslice.vjp(lambda g, key: slice(g, key))


def _filled(template: tuple[Any, ...], places: tuple[Any, ...]) -> tuple[Any, ...]:
    """The index that a template stands for."""
    rest = iter(places)
    return tuple(next(rest) if part is HERE else part for part in template)


@primitive(auxiliary=("places",), symbol="[ ]")
def gather(*arrays: Any, template: tuple[Any, ...]) -> Any:
    """The elements of the first array at an index that contains arrays of integers or booleans: the other operands."""
    places = tuple(np.array(place) for place in arrays[1:])
    return np.asarray(arrays[0])[_filled(template, places)], places


@primitive(auxiliary=("places",), symbol="[ ]ᵀ")
def scatter(*arrays: Any, template: tuple[Any, ...], shape: tuple[int, ...]) -> Any:
    """Zeros of a shape, to which the first array is added at an index; a repeated index accumulates."""
    places = tuple(np.array(place) for place in arrays[1:])
    x = np.asarray(arrays[0])
    out = np.zeros(shape, x.dtype)
    index = _filled(template, places)
    if all(place.dtype == bool for place in places):
        out[index] = x  # a mask names no element twice
    else:
        np.add.at(out, index, x)
    return out, places


gather.vjp(
    lambda g, arrays_shape, places, template: scatter(g, *places, template=template, shape=arrays_shape[0])
)
scatter.vjp(lambda g, places, template: gather(g, *places, template=template))


def getitem(x: Any, index: Any) -> Any:
    """`x[index]` with any index NumPy takes: basic, boolean, integer arrays, mixed.

    Parameters
    ----------
    x : array_like
    index : int, slice, None, Ellipsis, array of int or bool, or a tuple of these
        Tensors of integers or booleans are taken for their arrays.

    Returns
    -------
    Tensor or ndarray
        A view of x for a basic index, a copy otherwise. In the gradient a repeated index accumulates.

    Raises
    ------
    IndexError
        Where NumPy raises it.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.grad(lambda x: x[[0, 0, 2]].sum())(ad.Tensor([1.0, 2.0, 3.0]))
    Tensor([2., 0., 1.])
    """
    parts = index if isinstance(index, tuple) else (index,)
    template: list[Any] = []
    places: list[Any] = []
    for part in parts:
        if part is None or part is Ellipsis or (isinstance(part, _BASIC) and not isinstance(part, bool)):
            template.append(part)
        else:
            template.append(HERE)
            places.append(_index_array(part))
    if not places:
        return slice(x, index)
    return gather(x, *places, template=tuple(template))


_BASIC = (int, np.integer, type(np.s_[:]))


def _index_array(part: Any) -> Any:
    array = np.asarray(getattr(part, "_data", part))
    if array.size == 0 and not isinstance(part, np.ndarray) and array.dtype.kind == "f":
        array = array.astype(np.intp)  # x[[]]
    if array.dtype.kind not in "iub":
        raise IndexError(
            f"x[index]: an index array has dtype {array.dtype}, and elements are named by integers or booleans. "
            "Convert it with .astype(int), or compare it with something to make a mask."
        )
    return array


def scatter_add(x: Any, index: Any, values: Any) -> Any:
    """x with values added at an index; a repeated index accumulates, unlike `x[index] += values`.

    Parameters
    ----------
    x : array_like
    index : any index NumPy takes
    values : array_like
        Broadcast to the shape of `x[index]`.

    Returns
    -------
    Tensor or ndarray of the shape of x
        A new array.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.scatter_add(ad.Tensor([0.0, 0.0]), [1, 1, 0], ad.Tensor([1.0, 2.0, 5.0]))
    Tensor([5., 3.])
    """
    from .shape import broadcast_to

    shape = np.shape(getattr(x, "_data", x))
    parts = index if isinstance(index, tuple) else (index,)
    basic = [part is None or part is Ellipsis or isinstance(part, _BASIC) for part in parts]
    arrays = [None if plain else _index_array(part) for plain, part in zip(basic, parts)]
    places = [array for array in arrays if array is not None]
    template = tuple(part if array is None else HERE for part, array in zip(parts, arrays))
    picked = np.broadcast_to(np.False_, shape)[_filled(template, tuple(places))].shape
    values = broadcast_to(values, picked)
    return x + (scatter(values, *places, template=template, shape=shape) if places else unslice(values, index, shape))


def take(x: Any, indices: Any, axis: int | None = None) -> Any:
    """Elements at indices along an axis, as `np.take`; of the flattened array without one.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.take(ad.Tensor([[1.0, 2.0], [3.0, 4.0]]), [1, 0], axis=1)
    Tensor([[2., 1.],
            [4., 3.]])
    """
    from .shape import reshape

    x = x if hasattr(x, "_data") else np.asarray(x)
    if axis is None:
        return getitem(reshape(x, (-1,)), _index_array(indices))
    number = np.lib.array_utils.normalize_axis_index(axis, x.ndim, "take")  # `%` would wrap around in silence
    return getitem(x, (np.s_[:],) * number + (_index_array(indices),))


def take_along_axis(x: Any, indices: Any, axis: int | None) -> Any:
    """Elements at indices that are matched with x along all other axes, as `np.take_along_axis`.

    Parameters
    ----------
    x : array_like
    indices : array of int
        As many axes as x, broadcast against it except along `axis`.
    axis : int or None
        None takes from the flattened array.

    Returns
    -------
    Tensor or ndarray of the shape of indices (broadcast)

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.take_along_axis(ad.Tensor([[1.0, 2.0], [3.0, 4.0]]), [[1], [0]], axis=1)
    Tensor([[2.],
            [3.]])
    """
    from .shape import reshape

    x = x if hasattr(x, "_data") else np.asarray(x)
    places = _index_array(indices)
    if axis is None:
        return getitem(reshape(x, (-1,)), places)
    if places.ndim != x.ndim:
        raise ValueError(f"take_along_axis: the indices have {places.ndim} axes and x has {x.ndim}; they must agree.")
    mesh: list[Any] = list(np.ogrid[tuple(np.s_[:n] for n in x.shape)]) if x.ndim > 1 else [places]
    mesh[np.lib.array_utils.normalize_axis_index(axis, x.ndim, "take_along_axis")] = places
    return getitem(x, tuple(mesh))
