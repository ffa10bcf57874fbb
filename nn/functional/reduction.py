"""Single losses as one number, and what may be said about them: how they are reduced, which shapes compare."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

import autodiff as ad

from .operands import operand

Reduction = Literal["mean", "sum", "none"]


def checked_reduction(reduction: Any, caller: str) -> Any:
    """A reduction that exists, or an error that names those that do."""
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{caller}: the reduction is {reduction!r}; it can be 'mean', 'sum' or 'none'.")
    return reduction


def reduced(losses: Any, reduction: str, caller: str) -> Any:
    """The mean or the sum of all losses, or the losses as they are."""
    if reduction == "mean":
        return ad.mean(losses)
    return ad.sum(losses) if checked_reduction(reduction, caller) == "sum" else losses


def pair(prediction: Any, target: Any, caller: str) -> tuple[Any, Any]:
    """Prediction and target of one shape, of floats: integers become such, in the other one's dtype if that is one.

    Differences of unsigned integers would wrap around.
    """
    prediction, target = operand(prediction), operand(target)
    if prediction.shape != target.shape:
        raise ValueError(
            f"{caller}: the prediction has shape {prediction.shape} and the target {target.shape}; needed are equal "
            "shapes. A missing or added axis of length 1 would be broadcast in silence: reshape the target."
        )
    if prediction.dtype.kind != "f":
        prediction = _floats(prediction, target, "prediction", caller)
    if target.dtype.kind != "f":
        target = _floats(target, prediction, "target", caller)
    return prediction, target


def _floats(numbers: Any, like: Any, name: str, caller: str) -> Any:
    """Integers as floats, in the dtype of `like` if it has floats; what is no real number is refused."""
    if numbers.dtype.kind not in "iub":
        raise TypeError(
            f"{caller}: the {name} is {numbers.dtype}{list(numbers.shape)}; needed are real numbers, such as float32."
        )
    return ad.astype(numbers, dtype=like.dtype if like.dtype.kind == "f" else np.dtype(float))


def scaled(losses: Any, weight: Any, caller: str) -> Any:
    """Losses times weights that broadcast to their shape; all as they are without weights."""
    return losses if weight is None else losses * broadcastable(weight, losses, "weight", caller)


def broadcastable(weight: Any, like: Any, name: str, caller: str) -> Any:
    """A weight in the dtype of `like`, if it broadcasts to its shape."""
    weight = in_dtype(weight, like)
    try:
        fits = np.broadcast_shapes(weight.shape, like.shape) == like.shape
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(
            f"{caller}: the {name} has shape {weight.shape} and the losses {like.shape}; needed is one that "
            "broadcasts to theirs: one number, one per sample with axes of length 1 added, or one per element."
        )
    return weight


def in_dtype(weight: Any, like: Any) -> Any:
    """A list, array or Tensor in the floating-point dtype of `like`: weights do not widen what they weigh."""
    weight = operand(weight)
    return weight if weight.dtype == like.dtype or like.dtype.kind != "f" else ad.astype(weight, dtype=like.dtype)


def plain(values: Any) -> Any:
    """The array of a Tensor, for looking at numbers that no gradient passes through."""
    return values.data if isinstance(values, ad.Tensor) else values
