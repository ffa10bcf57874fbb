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
        raise TypeError(
            f"{caller}: data is a {type(pair).__name__}; needed is a pair of inputs and targets, (x, y), of all "
            "samples: batches are made of it here."
        )
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


def check_flag(value: Any, name: str) -> None:
    """Refuse what merely counts as true or false: "no" would be true."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} is {value!r}; it must be True or False.")


def check_count(value: Any, name: str) -> None:
    """Refuse what is not a whole number of at least 1."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ValueError(f"{name} is {value!r}; it must be a whole number of at least 1.")


def checked_metrics(metrics: Metrics | None, targets: Array, caller: str) -> Metrics:
    """Functions by the names of their columns; without them accuracy for class indices, nothing for other targets."""
    if metrics is None:
        return {"accuracy": accuracy} if targets.dtype.kind in "iu" and targets.ndim == 1 else {}
    given: Any = metrics
    if not isinstance(given, Mapping) or not all(isinstance(n, str) and callable(each) for n, each in given.items()):
        raise TypeError(
            f"{caller}: metrics is {given!r}; needed is a dict of functions of outputs and targets by name, such as "
            "{'accuracy': nn.metrics.accuracy}."
        )
    taken = [name for name in given if name in ("loss", "epoch", "learning_rate") or name.startswith("validation_")]
    if taken:
        raise ValueError(
            f"{caller}: metrics has the name {taken[0]!r}, and the history has columns 'epoch' and 'loss', may have "
            "'learning_rate', and puts 'validation_' before the names of metrics by itself. Give it another name."
        )
    return dict(given)


def metric_number(name: str, value: Any) -> float:
    """The one number that a metric gave."""
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        shape = getattr(value, "shape", None)
        what = f"a {type(value).__name__}" + ("" if shape is None else f" of shape {shape}")
        raise TypeError(f"the metric {name!r} gave {what}; needed is one number for outputs and targets.") from error


def plain(outputs: Any) -> Array:
    """The array in a Tensor, or what is one already."""
    if isinstance(outputs, ad.Tensor):
        return outputs.data
    if isinstance(outputs, tuple | list | Mapping) or outputs is None:
        raise TypeError(
            f"the model gave a {type(outputs).__name__}; needed is one Tensor of outputs, a row per sample."
        )
    return np.asarray(outputs)
