"""Layers that only give their input another shape."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..module import Module


class Flatten(Module):
    """All axes from `start_axis` on become one: what stands between convolutions and the first linear layer.

    Parameters
    ----------
    start_axis, end_axis : int
        The first and the last of the axes that become one; by default all but the batch's.

    Examples
    --------
    >>> import numpy as np, nn
    >>> nn.Flatten()(np.zeros((5, 2, 3, 4))).shape
    (5, 24)
    """

    def __init__(self, start_axis: int = 1, end_axis: int = -1) -> None:
        self.start_axis = start_axis
        self.end_axis = end_axis

    def forward(self, x: Any) -> Any:
        """Join the axes of x, which has at least those two."""
        shape = x.shape
        axes = range(len(shape))
        try:
            first, last = axes[self.start_axis], axes[self.end_axis]
        except IndexError:
            raise ValueError(
                f"Flatten({self.extra_repr()}): the input has shape {shape}, which lacks one of these axes."
            ) from None
        if first > last:
            raise ValueError(f"Flatten({self.extra_repr()}): in an input of shape {shape} the first comes later.")
        # Not -1, which an empty batch would leave undetermined.
        joined = int(np.prod(shape[first : last + 1]))
        return x.reshape((*shape[:first], joined, *shape[last + 1 :]))

    def extra_repr(self) -> str:
        """The axes, where they are not the usual ones."""
        return "" if (self.start_axis, self.end_axis) == (1, -1) else f"{self.start_axis}, {self.end_axis}"
