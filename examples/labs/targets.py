"""How class indices become what a loss compares with, and when an output counts as right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

import autodiff as ad
import datasets
import nn

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Target:
    """A loss, the targets that it takes, when outputs count as right, and the classes that they stand for."""

    loss: Callable[[], Callable[..., Any]]
    encode: Callable[[Array], Array]
    accuracy: Callable[[Any, Any], float]
    decide: Callable[[Array], Array]


class HalfSquaredError(nn.Module):
    """½ (ŷ − y)², whose derivative is ŷ − y without a factor 2; the sum over all samples, or their mean."""

    def __init__(self, reduction: str = "sum") -> None:
        super().__init__()
        self.reduction = reduction

    def forward(self, outputs: ad.Tensor, targets: ad.Tensor) -> ad.Tensor:
        """One number for outputs and targets of the same shape."""
        squares: ad.Tensor = 0.5 * (outputs - targets) ** 2
        reduced: ad.Tensor = squares.sum() if self.reduction == "sum" else squares.mean()
        return reduced


def one_hot(y: Array) -> Array:
    """A column per class."""
    return datasets.one_hot(y, int(y.max()) + 1).astype(np.float32)


def column(y: Array) -> Array:
    """Classes 0 and 1 as a column of numbers."""
    return y.reshape(-1, 1).astype(np.float32)


def largest(outputs: Any, targets: Any) -> float:
    """The share of samples whose largest output stands where the largest target does."""
    return float((np.argmax(outputs, 1) == np.argmax(targets, 1)).mean())


def half(outputs: Any, targets: Any) -> float:
    """The share of samples whose output lies on the target's side of ½; one that is NaN lies on neither."""
    outputs, targets = np.asarray(outputs), np.asarray(targets)
    return float((((outputs > 0.5) == (targets > 0.5)) & np.isfinite(outputs)).mean())


def most(outputs: Array) -> Array:
    """The class whose output is largest."""
    return np.asarray(outputs.argmax(1))


def beyond_half(outputs: Array) -> Array:
    """Class 1 where the only output is above ½."""
    return (outputs.reshape(-1) > 0.5).astype(np.int64)


#: Every loss that an experiment can name.
LOSSES: dict[str, Target] = {
    # Keras's: the mean over samples and classes.
    "mean squared error, one-hot": Target(nn.MSELoss, one_hot, largest, most),
    "cross-entropy": Target(nn.CrossEntropyLoss, lambda y: y, nn.accuracy, most),
    "binary cross-entropy": Target(nn.BCELoss, column, half, beyond_half),
    "binary cross-entropy, sum": Target(lambda: nn.BCELoss(reduction="sum"), column, half, beyond_half),
    "mean squared error": Target(nn.MSELoss, column, half, beyond_half),
    "half squared error, sum": Target(HalfSquaredError, column, half, beyond_half),
    "half squared error, mean": Target(lambda: HalfSquaredError("mean"), column, half, beyond_half),
}
