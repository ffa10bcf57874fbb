"""Losses: what a network's outputs and the targets make of one number, the one that training lowers."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

import autodiff as ad

from .module import Module

Reduction = Literal["mean", "sum", "none"]


class Loss(Module):
    """A loss with a reduction: over all elements, their mean, their sum, or none."""

    def __init__(self, reduction: Reduction = "mean") -> None:
        if reduction not in ("mean", "sum", "none"):
            raise ValueError(
                f"{type(self).__name__}: the reduction is {reduction!r}; it can be 'mean', 'sum' or 'none'."
            )
        self.reduction = reduction

    def reduced(self, losses: Any) -> Any:
        """Single losses as one number, or as they are."""
        if self.reduction == "mean":
            return ad.mean(losses)
        return ad.sum(losses) if self.reduction == "sum" else losses

    def extra_repr(self) -> str:
        """The reduction, where it is not the mean."""
        return "" if self.reduction == "mean" else f"reduction={self.reduction!r}"


class CrossEntropyLoss(Loss):
    """−ln softmax(logits)[label]: for classification, straight from the last linear layer.

    Exact for logits of any size, since softmax and logarithm are one operation.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
        Of the losses of the samples.

    Raises
    ------
    TypeError, ValueError, IndexError
        When called: if the labels are not integers, not of the logits' shape without the last axis, or out of range.

    Examples
    --------
    >>> import numpy as np, nn
    >>> logits = np.array([[2.0, 0.0], [0.0, 2.0]])
    >>> nn.CrossEntropyLoss(reduction="none")(logits, np.array([0, 0])).round(4)
    array([0.1269, 2.1269])
    """

    def forward(self, logits: Any, labels: Any) -> Any:
        """Compare logits (..., classes) with labels (...) of class indices."""
        return self.reduced(ad.softmax_cross_entropy(logits, labels))


class MSELoss(Loss):
    """The mean squared error, (prediction − target)².

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
        Over all elements.

    Raises
    ------
    ValueError
        When called: if predictions and targets have different shapes, which broadcasting would hide.

    Examples
    --------
    >>> import numpy as np, nn
    >>> float(nn.MSELoss()(np.array([1.0, 2.0]), np.array([1.0, 4.0])))
    2.0
    """

    def forward(self, prediction: Any, target: Any) -> Any:
        """Compare two arrays of one shape."""
        if not hasattr(target, "shape"):
            target = np.asarray(target)
        if prediction.shape != target.shape:
            raise ValueError(
                f"MSELoss: the prediction has shape {prediction.shape} and the target {target.shape}; needed are equal "
                "shapes. A missing or added axis of length 1 would be broadcast in silence: reshape the target."
            )
        if self.reduction == "mean":
            return ad.mean_squared_error(prediction, target)
        return self.reduced(ad.square(ad.sub(prediction, target)))
