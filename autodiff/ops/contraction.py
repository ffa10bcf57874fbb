"""Einstein summation, whose derivative of any order is written with Einstein summation.

The public function turns what NumPy accepts (an ellipsis, an implied output) into plain letters; the primitive below
sees one letter per axis. `tensordot`, `dot` and `outer`, which say the same with less, stand beside it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from string import ascii_letters
from typing import Any

import numpy as np

from ..primitive import primitive
from .linalg import matmul
from .shape import as_array, reshape, transpose

_SMALL = 2000  # elements; below, finding a better order of products costs more than it saves


@primitive(name="einsum", broadcasts=True, symbol="Σ…")
def _einsum(*arrays: Any, subscripts: str) -> Any:
    """Products of elements of all operands, summed over the letters that the output lacks."""
    many = len(arrays) > 2 or sum(np.size(a) for a in arrays) > _SMALL
    out = np.einsum(subscripts, *arrays, optimize=len(arrays) > 1 and many)
    return out.copy() if isinstance(out, np.ndarray) and out.base is not None else out


def _einsum_rule(
    g: Any, arrays: tuple[Any, ...], arrays_shape: tuple[tuple[int, ...], ...], subscripts: str, index: int
) -> Any:
    """The same sum with `g` in the operand's place, and the operand's letters as the output.

    A letter that nothing else has is spread by a vector of ones; one that the operand repeats (a diagonal) gets a
    second name, tied to the first by the identity matrix.
    """
    terms, _, output = subscripts.partition("->")
    labels = terms.split(",")
    own, labels[index] = labels[index], output
    operands = [*arrays[:index], g, *arrays[index + 1 :]]
    shapes = [*arrays_shape[:index], g.shape, *arrays_shape[index + 1 :]]
    lengths = [(letter, n) for label, shape in zip(labels, shapes) for letter, n in zip(label, shape)]
    target = ""
    for letter, length in zip(own, arrays_shape[index]):
        if letter in target:
            twin = next(name for name in ascii_letters if name not in subscripts + target)
            operands.append(np.eye(length, dtype=g.dtype))
            labels.append(letter + twin)
            target += twin
            continue
        target += letter
        if not any(name == letter and (n == length or length == 1) for name, n in lengths):
            operands.append(np.ones(length, g.dtype))
            labels.append(letter)
    return _einsum(*operands, subscripts=",".join(labels) + "->" + target)


_einsum.vjp(
    lambda g, arrays, arrays_shape, subscripts, index: _einsum_rule(g, arrays, arrays_shape, subscripts, index)
)


def einsum(subscripts: str, *arrays: Any) -> Any:
    """Einstein summation, as `np.einsum` in its string form.

    Parameters
    ----------
    subscripts : str
        One letter per axis, operands separated by commas: "ij,jk->ik". Without an arrow the output has the letters
        that appear once, in alphabetical order. An ellipsis stands for axes that broadcast. A letter repeated within
        an operand takes its diagonal.
    *arrays : array_like
        The operands.

    Returns
    -------
    Tensor or ndarray

    Raises
    ------
    TypeError
        If the first argument is not a string: NumPy's interleaved form is not taken.
    ValueError
        If the subscripts do not fit the operands.

    Examples
    --------
    >>> import autodiff as ad
    >>> x = ad.Tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> ad.einsum("ii", x)
    Tensor(5.)
    >>> ad.grad(lambda x: ad.einsum("ij,ji->", x, x))(x)
    Tensor([[2., 6.],
            [4., 8.]])
    """
    if not isinstance(subscripts, str):
        raise TypeError(
            "einsum: the first argument is not a string. Only the string form is taken, einsum('ij,jk->ik', a, b), not "
            "the one with lists of axis numbers between the operands."
        )
    return _einsum(*arrays, subscripts=_explicit(subscripts, [_ndim(a) for a in arrays]))


def _ndim(x: Any) -> int:
    return x.ndim if hasattr(x, "ndim") else np.ndim(x)


def _explicit(subscripts: str, ndims: list[int]) -> str:
    """The subscripts with letters in place of an ellipsis, and with their output."""
    terms, arrow, output = subscripts.replace(" ", "").partition("->")
    labels = terms.split(",")
    if len(labels) != len(ndims):
        raise ValueError(f"einsum: {subscripts!r} names {len(labels)} operand(s), and {len(ndims)} were given.")
    if not arrow:
        letters = sorted(set(terms) - {",", "."})
        output = ("..." if "..." in terms else "") + "".join(a for a in letters if terms.count(a) == 1)
    spare = [name for name in ascii_letters if name not in subscripts]
    hidden = [ndim - len(label.replace("...", "")) for label, ndim in zip(labels, ndims)]
    wrong = [i for i, (label, n) in enumerate(zip(labels, hidden)) if n < 0 or (n > 0 and "..." not in label)]
    if wrong:
        i = wrong[0]
        raise ValueError(
            f"einsum: {labels[i]!r} in {subscripts!r} does not fit operand {i}, which has {ndims[i]} axes. "
            "It needs one letter per axis; '...' stands for any number of them."
        )
    most = max((n for label, n in zip(labels, hidden) if "..." in label), default=0)
    if most and "..." not in output:
        raise ValueError(f"einsum: the ellipsis in {subscripts!r} stands for axes that the output must have as '...'.")
    stand_in = "".join(spare[:most])
    labels = [label.replace("...", stand_in[most - n :]) for label, n in zip(labels, hidden)]
    return ",".join(labels) + "->" + output.replace("...", stand_in)


def tensordot(x: Any, y: Any, axes: int | Sequence[Any] = 2) -> Any:
    """The sum of products over pairs of axes, as `np.tensordot`: one product of matrices.

    Parameters
    ----------
    x, y : array_like
    axes : int or (axes of x, axes of y)
        A number n pairs the last n axes of x with the first n of y.

    Returns
    -------
    Tensor or ndarray
        The other axes of x, then those of y.

    Raises
    ------
    ValueError
        If paired axes differ in length or number.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.tensordot(ad.Tensor([[1.0, 2.0], [3.0, 4.0]]), [1.0, 1.0], axes=1)
    Tensor([3., 7.])
    """
    x, y = as_array(x), as_array(y)
    if isinstance(axes, (int, np.integer)):
        left, right = tuple(range(x.ndim - int(axes), x.ndim)), tuple(range(int(axes)))
    else:
        axes_of = np.lib.array_utils.normalize_axis_tuple
        left, right = (axes_of(side, v.ndim, "tensordot") for side, v in zip(axes, (x, y), strict=True))
    if [x.shape[a] for a in left] != [y.shape[a] for a in right]:
        raise ValueError(
            f"tensordot: axes {left} of shape {x.shape} and axes {right} of shape {y.shape} differ in length or number."
        )
    rows = tuple(a for a in range(x.ndim) if a not in left)
    columns = tuple(a for a in range(y.ndim) if a not in right)
    height, width = [x.shape[a] for a in rows], [y.shape[a] for a in columns]
    shared = math.prod(x.shape[a] for a in left)
    flat_x = reshape(transpose(x, rows + left), (math.prod(height), shared))
    flat_y = reshape(transpose(y, right + columns), (shared, math.prod(width)))
    return reshape(matmul(flat_x, flat_y), (*height, *width))


def dot(x: Any, y: Any) -> Any:
    """`np.dot`: the last axis of x with the last but one of y; a product where either is a scalar.

    Parameters
    ----------
    x, y : array_like

    Returns
    -------
    Tensor or ndarray

    Raises
    ------
    ValueError
        If the lengths differ.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.dot(ad.Tensor([1.0, 2.0]), [3.0, 4.0])
    Tensor(11.)
    """
    x, y = as_array(x), as_array(y)
    if x.ndim == 0 or y.ndim == 0:
        return x * y
    return matmul(x, y) if y.ndim <= 2 else tensordot(x, y, (-1, -2))


def outer(x: Any, y: Any) -> Any:
    """All products of an element of x and one of y, as `np.outer`.

    Parameters
    ----------
    x, y : array_like
        Flattened.

    Returns
    -------
    Tensor or ndarray of shape (x.size, y.size)

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.outer(ad.Tensor([1.0, 2.0]), [10.0, 20.0])
    Tensor([[10., 20.],
            [20., 40.]])
    """
    x, y = as_array(x), as_array(y)
    return reshape(x, (math.prod(x.shape), 1)) * reshape(y, (1, math.prod(y.shape)))
