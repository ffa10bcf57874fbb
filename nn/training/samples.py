"""Samples: pairs of inputs and targets as arrays that fit the model, refused in words where they do not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

import autodiff as ad

from ..metrics import accuracy
from ..module import Module

Array = npt.NDArray[Any]
#: Inputs and targets, one row per sample.
Data = tuple[npt.ArrayLike, npt.ArrayLike]
Pair = tuple[Array, Array]
Metrics = Mapping[str, Callable[[Array, Array], float]]


def checked(data: Data, model: Module, caller: str) -> Pair:
    """Inputs and targets as arrays, as many of one as of the other."""
    pair: Any = data
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise TypeError(f"{caller}: data is a {type(pair).__name__}; needed is a pair of inputs and targets, (x, y).")
    x, y = pair
    inputs, targets = cast(x, model), np.asarray(y)
    if inputs.ndim == 0 or targets.ndim == 0 or len(inputs) != len(targets) or not len(inputs):
        raise ValueError(
            f"{caller}: the inputs have shape {inputs.shape} and the targets {targets.shape}; needed is one row of "
            "each per sample, and at least one sample."
        )
    if targets.dtype.kind == "f":
        targets = cast(targets, model)
    return inputs, targets


def cast(values: npt.ArrayLike, model: Module) -> Array:
    """Floats in the dtype of the model's parameters: float64 inputs would make a float32 model compute in float64."""
    array = np.asarray(values)
    parameter = next(model.parameters(), None)
    return array if parameter is None or array.dtype.kind != "f" else array.astype(parameter.dtype, copy=False)


def check_count(value: Any, name: str) -> None:
    """Refuse what is not a whole number of at least 1."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ValueError(f"{name} is {value!r}; it must be a whole number of at least 1.")


def default_metrics(targets: Array) -> Metrics:
    """Accuracy for class indices, nothing for other targets."""
    return {"accuracy": accuracy} if targets.dtype.kind in "iu" and targets.ndim == 1 else {}


def plain(outputs: Any) -> Array:
    """The array in a Tensor, or what is one already."""
    return outputs.data if isinstance(outputs, ad.Tensor) else np.asarray(outputs)
