"""Layers that only give their input another shape."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .. import functional
from ..arguments import positive, whole
from ..functional.operands import joined, operand
from ..module import Module


class Flatten(Module):
    """All axes from `start_axis` on become one: what stands between convolutions and the first linear layer.

    Parameters
    ----------
    start_axis, end_axis : int
        The first and the last of the axes that become one; by default all but the batch's.

    Raises
    ------
    ValueError
        If an input lacks one of these axes, or the first comes after the last.

    Examples
    --------
    >>> import numpy as np, nn
    >>> nn.Flatten()(np.zeros((5, 2, 3, 4))).shape
    (5, 24)
    """

    def __init__(self, start_axis: int = 1, end_axis: int = -1) -> None:
        self.start_axis = whole(start_axis, "start_axis", "Flatten")
        self.end_axis = whole(end_axis, "end_axis", "Flatten")

    def forward(self, x: Any) -> Any:
        """Join the axes of x, which has at least those two."""
        try:
            return functional.flatten(x, self.start_axis, self.end_axis)
        except ValueError as error:
            raise ValueError(f"Flatten({self.extra_repr()}): {str(error).partition(': ')[2]}") from error

    def extra_repr(self) -> str:
        """The axes, where they are not the usual ones."""
        return "" if (self.start_axis, self.end_axis) == (1, -1) else f"{self.start_axis}, {self.end_axis}"


class Unflatten(Module):
    """One axis becomes several: the inverse of `Flatten`.

    Parameters
    ----------
    axis : int
        Which one.
    unflattened_size : sequence of int
        The lengths of the axes that it becomes; their product is its own.

    Raises
    ------
    ValueError
        If a length is not a whole number of at least 1, or an input's axis is absent or of another length.

    Examples
    --------
    >>> import numpy as np, nn
    >>> nn.Unflatten(1, (2, 3, 4))(np.zeros((5, 24))).shape
    (5, 2, 3, 4)
    """

    def __init__(self, axis: int, unflattened_size: Sequence[int]) -> None:
        caller = f"Unflatten({axis}, {unflattened_size})"
        self.axis = whole(axis, "axis", caller)
        if not isinstance(unflattened_size, tuple | list) or not unflattened_size:
            raise ValueError(f"{caller}: unflattened_size is {unflattened_size!r}; needed is a tuple of lengths.")
        self.unflattened_size = tuple(positive(n, "unflattened_size", caller) for n in unflattened_size)

    def forward(self, x: Any) -> Any:
        """Split the axis of x."""
        x = operand(x)
        shape, lengths = x.shape, self.unflattened_size
        axis = self.axis + len(shape) if self.axis < 0 else self.axis
        if not 0 <= axis < len(shape) or shape[axis] != math.prod(lengths):
            raise ValueError(
                f"Unflatten({self.extra_repr()}): the input has shape {shape} and needs a length of "
                f"{math.prod(lengths)}, for ({joined(lengths)}), along axis {self.axis}."
            )
        return x.reshape((*shape[:axis], *lengths, *shape[axis + 1 :]))

    def extra_repr(self) -> str:
        """The axis and what it becomes."""
        return f"{self.axis}, {self.unflattened_size}"
