"""The functions of layers that are neither norms nor pools: affine maps, flattening, dropout, looking up rows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autodiff as ad

from ..arguments import share
from ..random import Seed, generator
from .operands import operand


def linear(x: Any, weight: Any, bias: Any = None) -> Any:
    """x Wᵀ + b, the affine map of a layer of neurons.

    Parameters
    ----------
    x : array_like of shape (..., inputs)
    weight : array_like of shape (outputs, inputs)
    bias : array_like of shape (outputs,), optional

    Returns
    -------
    Tensor or ndarray of shape (..., outputs)

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Examples
    --------
    >>> import numpy as np, nn
    >>> nn.functional.linear(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]]), np.array([5.0]))
    array([[16.]])
    """
    if isinstance(weight, list):
        weight = operand(weight)
    if bias is None:
        return ad.matmul(x, weight.T)
    return ad.linear(x, weight, operand(bias) if isinstance(bias, list) else bias)


def flatten(x: Any, start_axis: int = 1, end_axis: int = -1) -> Any:
    """All axes from the first to the last named become one.

    Parameters
    ----------
    x : array_like
    start_axis, end_axis : int
        By default all but the first, which is the batch's.

    Returns
    -------
    Tensor or ndarray
        A view where NumPy can give one.

    Raises
    ------
    ValueError
        If x lacks one of the axes, or the first comes after the last.

    Examples
    --------
    >>> import numpy as np, nn
    >>> nn.functional.flatten(np.zeros((5, 2, 3, 4))).shape
    (5, 24)
    """
    x = operand(x)
    shape = x.shape
    axes = range(len(shape))
    try:
        first, last = axes[start_axis], axes[end_axis]
    except IndexError:
        raise ValueError(
            f"flatten({start_axis}, {end_axis}): the input has shape {shape}, which lacks one of these axes."
        ) from None
    if first > last:
        raise ValueError(f"flatten({start_axis}, {end_axis}): in an input of shape {shape} the first comes later.")
    # Not -1, which an empty batch would leave undetermined.
    return x.reshape((*shape[:first], math.prod(shape[first : last + 1]), *shape[last + 1 :]))


def dropout(x: Any, p: float = 0.5, training: bool = True, rng: Seed = None) -> Any:
    """Each element is 0 with probability p, and 1 / (1 − p) times as large otherwise: the mean stays.

    Parameters
    ----------
    x : array_like of floats
    p : float
        Between 0 and 1, both included.
    training : bool
        False gives x as it is.
    rng : numpy.random.Generator or int, optional
        Where the draws come from, or a seed; the default of `nn.manual_seed` without it.

    Returns
    -------
    Tensor or ndarray of the shape and dtype of x

    Raises
    ------
    ValueError
        If p is not a probability.

    Notes
    -----
    Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014, scaled while training.
    The draws are an operand of the engine's `dropout`, one number per element.

    Examples
    --------
    >>> import numpy as np, nn
    >>> nn.functional.dropout(np.ones(6), 0.5, rng=0)
    array([2., 0., 0., 0., 2., 2.])
    """
    p = share(p, "p", "dropout")
    if not training or p == 0:
        return x
    x = operand(x)
    draws = generator(rng).random(x.shape, np.float64 if x.dtype == np.float64 else np.float32)
    return ad.dropout(x, draws, p=p)


def embedding(indices: Any, weight: Any, padding_idx: int | None = None) -> Any:
    """Rows of a table: for each index its row.

    Parameters
    ----------
    indices : array_like of int, any shape
        From 0 to rows − 1.
    weight : array_like of shape (rows, length)
        In its gradient a repeated index accumulates.
    padding_idx : int, optional
        The row that stands for padding: nothing is sent back to it. A negative one counts from the end.

    Returns
    -------
    Tensor or ndarray of shape (*indices.shape, length)

    Raises
    ------
    TypeError
        If the indices are not integers.
    IndexError
        If an index is out of range: which one, and where.
    ValueError
        If the weight has not two axes, or padding_idx is no row of it.

    Examples
    --------
    >>> import numpy as np, nn
    >>> nn.functional.embedding([1, 0, 1], np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([[3., 4.],
           [1., 2.],
           [3., 4.]])
    """
    weight, places = operand(weight), np.asarray(indices)
    if places.size == 0 and not hasattr(indices, "dtype"):
        places = places.astype(np.intp)  # NumPy takes an empty list for floats
    if places.dtype.kind not in "iu":
        raise TypeError(
            f"embedding: the indices are {places.dtype}, and rows are named by integers. Convert with .astype(int)."
        )
    if weight.ndim != 2:
        raise ValueError(f"embedding: the weight has shape {weight.shape} and needs two axes, (rows, length).")
    rows = weight.shape[0]
    if places.size and (places.min() < 0 or places.max() >= rows):
        where = tuple(int(i) for i in np.argwhere((places < 0) | (places >= rows))[0])
        raise IndexError(
            f"embedding: the index at {where} is {places[where]}, but there are {rows} rows, numbered 0 to {rows - 1}. "
            "Do the indices start at 1, or is the table smaller than the vocabulary?"
        )
    if padding_idx is not None:
        padding_idx = row(padding_idx, rows, "embedding")
    out = ad.take(weight, places, axis=0)
    return out if padding_idx is None else ad.where((places == padding_idx)[..., None], ad.stop_gradient(out), out)


def row(index: Any, rows: int, caller: str) -> int:
    """The number of a row, counted from the start, or an error that says which there are."""
    if isinstance(index, bool) or not isinstance(index, int | np.integer) or not -rows <= index < rows:
        raise ValueError(f"{caller}: padding_idx is {index!r}; needed is a row, from {-rows} to {rows - 1}.")
    return int(index) % rows
