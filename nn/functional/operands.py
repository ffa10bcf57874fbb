"""What functions and layers are given, as something with a shape: Tensors and arrays as they are, lists as arrays."""

from __future__ import annotations

from typing import Any

import numpy as np


def operand(x: Any) -> Any:
    """A list as an array; what has a shape stays what it is.

    Examples
    --------
    >>> operand([[1.0, 2.0]]).shape
    (1, 2)
    """
    return x if hasattr(x, "shape") else np.asarray(x)


def operand_for(weight: Any, x: Any) -> Any:
    """What a layer with this weight computes with: only arrays of floats have a precision of their own.

    Integers, such as pixels, and numbers in lists are exact or weak; by NumPy's promotion they would make a layer of
    single precision compute in double, at half the speed, and so would all layers after it.

    Examples
    --------
    >>> operand_for(np.zeros(2, np.float32), [[1, 2]]).dtype
    dtype('float32')
    """
    weak = not hasattr(x, "dtype")
    if weak:
        x = np.asarray(x)
    kind = x.dtype.kind
    return x.astype(weight.dtype) if kind in "iub" or (weak and kind == "f") else x


def shape_of(x: Any) -> tuple[int, ...]:
    """The shape; `np.shape` of a Tensor would take twenty times as long.

    Examples
    --------
    >>> shape_of([[1.0, 2.0]])
    (1, 2)
    """
    shape: tuple[int, ...] = x.shape if hasattr(x, "shape") else np.shape(x)
    return shape


def joined(shape: tuple[int, ...]) -> str:
    """A shape as it stands in a message: `2, 3`."""
    return ", ".join(map(str, shape))
