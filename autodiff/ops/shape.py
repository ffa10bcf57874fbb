"""Operations that give the same elements another shape or order of axes. Their derivatives move them back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..primitive import primitive


@primitive(view=True)
def reshape(x: Any, *, shape: Any) -> Any:
    """Another shape with the same elements; one entry may be -1.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.reshape(ad.Tensor([1.0, 2.0, 3.0, 4.0]), (2, -1)).shape
    (2, 2)
    """
    return np.asarray(x).reshape(shape)


reshape.vjp(lambda g, x_shape: reshape(g, x_shape))


@primitive(view=True, symbol="ᵀ")
def transpose(x: Any, *, axes: Any = None) -> Any:
    """Axes in another order; all reversed where none is given.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.transpose(ad.Tensor([[1.0, 2.0, 3.0]])).shape
    (3, 1)
    """
    return np.asarray(x).transpose(axes)


transpose.vjp(lambda g, axes: transpose(g, None if axes is None else inverse_permutation(axes)))


@primitive(view=True)
def swapaxes(x: Any, *, axis1: int, axis2: int) -> Any:
    """Two axes exchanged.

    Examples
    --------
    >>> import numpy as np, autodiff as ad
    >>> ad.swapaxes(np.zeros((2, 3, 4)), 0, 2).shape
    (4, 3, 2)
    """
    return np.asarray(x).swapaxes(axis1, axis2)


swapaxes.vjp(lambda g, axis1, axis2: swapaxes(g, axis1, axis2))


@primitive(view=True)
def moveaxis(x: Any, *, source: Any, destination: Any) -> Any:
    """Axes moved to other places.

    Examples
    --------
    >>> import numpy as np, autodiff as ad
    >>> ad.moveaxis(np.zeros((2, 3, 4)), 0, -1).shape
    (3, 4, 2)
    """
    return np.moveaxis(x, source, destination)


moveaxis.vjp(lambda g, source, destination: moveaxis(g, destination, source))


@primitive(view=True)
def expand_dims(x: Any, *, axis: Any) -> Any:
    """New axes of length 1.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.expand_dims(ad.Tensor([1.0, 2.0]), axis=0).shape
    (1, 2)
    """
    return np.expand_dims(x, axis)


expand_dims.vjp(lambda g, x_shape: reshape(g, x_shape))


@primitive(view=True)
def squeeze(x: Any, *, axis: Any = None) -> Any:
    """Axes of length 1 removed.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.squeeze(ad.Tensor([[1.0, 2.0]])).shape
    (2,)
    """
    return np.asarray(x).squeeze(axis)


squeeze.vjp(lambda g, x_shape: reshape(g, x_shape))


@primitive(view=True, broadcasts=True)
def broadcast_to(x: Any, *, shape: Any) -> Any:
    """Stretched to a larger shape; the engine sums the gradient back.

    Examples
    --------
    >>> import numpy as np, autodiff as ad
    >>> ad.grad(lambda x: ad.sum(ad.broadcast_to(x, (3, 2))))(np.array([1.0, 2.0]))
    array([3., 3.])
    """
    x = np.asarray(x)
    if x.ndim == 0 and type(shape) is tuple:
        # The gradient of every loss passes here, and this view of one number costs a fifth of np.broadcast_to's.
        out: Any = np.ndarray(shape, x.dtype, x.data, 0, (0,) * len(shape))
        out.flags.writeable = False
        return out
    return np.broadcast_to(x, shape)


broadcast_to.vjp(lambda g: g)


@primitive(view=True)
def flip(x: Any, *, axis: Any = None) -> Any:
    """The order of the elements reversed along axes.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.flip(ad.Tensor([1.0, 2.0, 3.0]))
    Tensor([3., 2., 1.])
    """
    return np.flip(x, axis)


flip.vjp(lambda g, axis: flip(g, axis))


@primitive
def roll(x: Any, *, shift: Any, axis: Any = None) -> Any:
    """The elements moved along axes; what leaves on one side comes back on the other.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.roll(ad.Tensor([1.0, 2.0, 3.0]), 1)
    Tensor([3., 1., 2.])
    """
    return np.roll(x, shift, axis)


roll.vjp(lambda g, shift, axis: roll(g, tuple(-s for s in shift) if isinstance(shift, (tuple, list)) else -shift, axis))


def ravel(x: Any) -> Any:
    """One axis with all elements, as `np.ravel`.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.ravel(ad.Tensor([[1.0, 2.0], [3.0, 4.0]]))
    Tensor([1., 2., 3., 4.])
    """
    return reshape(x, (-1,))


def inverse_permutation(axes: Sequence[int]) -> tuple[int, ...]:
    """The order of axes that undoes `axes`.

    Examples
    --------
    >>> inverse_permutation((2, 0, 1))
    (1, 2, 0)
    """
    return tuple(int(i) for i in np.argsort([axis % len(axes) for axis in axes]))


def as_array(x: Any) -> Any:
    """x, with a number or a list made an array; Tensors and arrays as they are.

    Examples
    --------
    >>> as_array([1, 2])
    array([1, 2])
    """
    return x if hasattr(x, "ndim") else np.asarray(x)
