"""What all losses share: a reduction, and weights that are kept as buffers."""

from __future__ import annotations

from typing import Any

import numpy as np

import autodiff as ad

from ..functional.reduction import Reduction, checked_reduction
from ..module import Buffer, Module


class Loss(Module):
    """A loss with a reduction: over all elements, their mean, their sum, or none."""

    def __init__(self, reduction: Reduction = "mean") -> None:
        self.reduction = checked_reduction(reduction, type(self).__name__)

    def extra_repr(self) -> str:
        """The settings that are not the default ones."""
        return "" if self.reduction == "mean" else f"reduction={self.reduction!r}"

    def buffered(self, weight: Any, name: str = "weight") -> Buffer | None:
        """Weights as a buffer, of floats."""
        if weight is None:
            return None
        array = np.asarray(weight.data if isinstance(weight, ad.Tensor) else weight)
        if array.dtype.kind not in "fiu":
            raise TypeError(
                f"{type(self).__name__}: {name} is {weight!r}; needed are numbers, or None."
                + (f" Write reduction={weight!r}." if isinstance(weight, str) else "")
            )
        return Buffer(array if array.dtype.kind == "f" else array.astype(np.float64))


def settings(*parts: Any) -> str:
    """What a repr shows: those that say something."""
    return ", ".join(part for part in parts if part)
