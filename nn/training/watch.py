"""What is seen of one module during one step: by a forward hook its outputs, by hooks on these their gradients.

`Statistics` makes one `Watch` per layer for each step that it samples, and keeps the numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

import autodiff as ad

from ..module import Module

Array = npt.NDArray[Any]

#: Every number that is taken of a layer, in the order of the columns.
COLUMNS = (
    "activation_mean",
    "activation_deviation",
    "activation_norm",
    "zeros",
    "gradient_norm",
    "inactive",
    "inactive_signed",
    "weight_norm",
    "weight_gradient_norm",
    "update_ratio",
)


class Watch:
    """What is seen of one module during one step.

    Parameters
    ----------
    path : str
        What errors call the module.
    module : Module
        Hooked into at once, until `release`.
    """

    def __init__(self, path: str, module: Module) -> None:
        self.path, self.module = path, module
        self.outputs: list[Array] = []
        self.deltas: dict[int, Array] = {}
        self.weight: ad.Tensor | None = None
        self.weight_before: Array | None = None
        self.weight_gradient: Array | None = None
        self._handles: list[Any] = [module.register_forward_hook(self._see_output)]

    def _see_output(self, module: Module, inputs: Any, output: Any) -> None:
        if not isinstance(output, ad.Tensor):
            raise TypeError(
                f"Statistics: the output of {self.path or 'the model'} is a {type(output).__name__}; only modules "
                "whose output is one Tensor can be watched. Choose among them with layers=[...]."
            )
        use = len(self.outputs)
        self.outputs.append(output.data)
        if output.requires_grad:
            self._handles.append(output.register_hook(lambda delta: self._see_gradient(use, delta)))

    def _see_gradient(self, use: int, delta: ad.Tensor) -> None:
        """Where several walks pass, the last one counts: it is that of the whole loss."""
        self.deltas[use] = delta.data

    def release(self) -> None:
        """Take every hook away."""
        for handle in self._handles:
            handle.remove()
        self._handles = []

    def remember_weight(self) -> None:
        """Copy the weight and its gradient: the optimizer's step changes the one, and may change the other."""
        weight = getattr(self.module, "weight", None)
        if isinstance(weight, ad.Tensor):
            self.weight, self.weight_before = weight, weight.numpy()
            self.weight_gradient = None if weight.grad is None else weight.grad.numpy()

    def numbers(self, threshold: float) -> list[float]:
        """One number per column, after the step; NaN for what there was not."""
        found = dict.fromkeys(COLUMNS, float("nan"))
        z, delta = together(self.outputs), together(self.deltas.values())
        if z.size:
            found["activation_mean"] = float(z.mean())
            found["activation_deviation"] = float(z.std())
            found["activation_norm"] = norm(z)
            found["zeros"] = float(np.mean(z == 0))
        if delta.size:
            found["gradient_norm"] = norm(delta)
            found["inactive"] = float(np.mean(np.abs(delta) < threshold))
            found["inactive_signed"] = float(np.mean(per_unit(self.deltas.values()) < threshold))
        if self.weight is not None and self.weight_before is not None:
            found["weight_norm"] = norm(self.weight_before)
            change = self.weight.data.astype(np.float64) - self.weight_before
            found["update_ratio"] = float(np.divide(norm(change), found["weight_norm"]))
        if self.weight_gradient is not None:
            found["weight_gradient_norm"] = norm(self.weight_gradient)
        return list(found.values())


def together(arrays: Iterable[Array]) -> Array:
    """All entries of several arrays, in float64: sums of float32 squares lose digits, and overflow."""
    return np.concatenate([np.zeros(0), *(array.reshape(-1) for array in arrays)], dtype=np.float64)


def per_unit(deltas: Iterable[Array]) -> Array:
    """∂L/∂b of every unit: δ summed over everything else, and over the uses of a module."""
    sums = []
    for delta in deltas:
        units = 1 if delta.ndim == 4 else delta.ndim - 1
        sums.append(delta.sum(tuple(axis for axis in range(delta.ndim) if axis != units), dtype=np.float64))
    # A module without a bias can have other units in every use: an activation between layers of other widths.
    same = len({sum_.shape for sum_ in sums}) == 1
    return np.sum(sums, axis=0) if same else np.concatenate(sums)


def norm(array: Array) -> float:
    """The root of the sum of the squares of all entries."""
    return float(np.linalg.norm(array.astype(np.float64, copy=False).reshape(-1)))
