"""Losses that compare element with element; the formulas are in `nn.functional`."""

from __future__ import annotations

from typing import Any

from ..arguments import above_0, finite
from ..functional import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    hinge_loss,
    huber_loss,
    l1_loss,
    mse_loss,
)
from ..functional.reduction import Reduction
from .base import Loss, settings


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
        return mse_loss(prediction, target, reduction=self.reduction)


class L1Loss(Loss):
    """The mean absolute error, |prediction − target|; its gradient is 0 where they are equal.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
        Over all elements.

    Raises
    ------
    ValueError
        When called: if the shapes differ.

    Examples
    --------
    >>> import nn
    >>> float(nn.L1Loss()([1.0, 2.0], [1.0, 4.0]))
    1.0
    """

    def forward(self, prediction: Any, target: Any) -> Any:
        """Compare two arrays of one shape."""
        return l1_loss(prediction, target, reduction=self.reduction)


class HuberLoss(Loss):
    """Half the squared error where that is small, linear beyond: d² / 2 for |d| ≤ delta, else delta (|d| − delta/2).

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
        Over all elements.
    delta : float
        Where the parabola ends; above 0.

    Raises
    ------
    ValueError
        If delta is not above 0; when called, if the shapes differ.

    Examples
    --------
    >>> import nn
    >>> nn.HuberLoss(reduction="none")([0.5, 3.0], [0.0, 0.0])
    array([0.125, 2.5  ])
    """

    def __init__(self, reduction: Reduction = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction)
        self.delta = above_0(delta, "delta", "HuberLoss")

    def forward(self, prediction: Any, target: Any) -> Any:
        """Compare two arrays of one shape."""
        return huber_loss(prediction, target, delta=self.delta, reduction=self.reduction)

    def extra_repr(self) -> str:
        """The settings that are not the default ones."""
        return settings(super().extra_repr(), self.delta != 1 and f"delta={self.delta}")


class HingeLoss(Loss):
    """max(0, margin − target · output), for targets −1 and 1: outputs beyond the margin cost nothing.

    Parameters
    ----------
    margin : float
    reduction : {"mean", "sum", "none"}
        Over all elements.

    Raises
    ------
    ValueError
        When called: if the shapes differ, or a target is neither −1 nor 1.

    Examples
    --------
    >>> import nn
    >>> nn.HingeLoss(reduction="none")([2.0, 0.5, 0.5], [1, 1, -1])
    array([0. , 0.5, 1.5])
    """

    def __init__(self, margin: float = 1.0, *, reduction: Reduction = "mean") -> None:
        super().__init__(reduction)
        self.margin = finite(margin, "margin", "HingeLoss")

    def forward(self, outputs: Any, target: Any) -> Any:
        """Compare scores with targets of their shape, −1 or 1."""
        return hinge_loss(outputs, target, margin=self.margin, reduction=self.reduction)

    def extra_repr(self) -> str:
        """The settings that are not the default ones."""
        return settings(super().extra_repr(), self.margin != 1 and f"margin={self.margin}")


class BCELoss(Loss):
    """−t ln p − (1 − t) ln(1 − p), for probabilities p; from logits, use `BCEWithLogitsLoss`, which is exact.

    Parameters
    ----------
    weight : array_like, optional
        Of the losses, broadcast to their shape.
    reduction : {"mean", "sum", "none"}
        Over all elements.

    Raises
    ------
    ValueError
        When called: if the shapes differ, or numbers are not between 0 and 1.

    Notes
    -----
    As in PyTorch, no logarithm is less than −100.

    Examples
    --------
    >>> import nn
    >>> nn.BCELoss(reduction="none")([0.5, 0.0], [1, 1]).round(4)
    array([  0.6931, 100.    ])
    """

    def __init__(self, weight: Any = None, *, reduction: Reduction = "mean") -> None:
        super().__init__(reduction)
        self.weight = self.buffered(weight)

    def forward(self, probabilities: Any, target: Any) -> Any:
        """Compare probabilities with targets of their shape, between 0 and 1."""
        return binary_cross_entropy(probabilities, target, self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(Loss):
    """−t ln σ(x) − (1 − t) ln σ(−x): yes or no, straight from the last linear layer; exact for logits of any size.

    Parameters
    ----------
    weight : array_like, optional
        Of the losses, broadcast to their shape.
    reduction : {"mean", "sum", "none"}
        Over all elements.
    pos_weight : array_like, optional
        By how much the first term counts more, for rare positives; broadcast to the logits' shape (one per class).

    Raises
    ------
    ValueError
        When called: if the shapes differ, or targets are not between 0 and 1.

    Examples
    --------
    >>> import nn
    >>> nn.BCEWithLogitsLoss(reduction="none")([1e4, 1e4], [1, 0])
    array([    0., 10000.])
    """

    def __init__(self, weight: Any = None, *, reduction: Reduction = "mean", pos_weight: Any = None) -> None:
        super().__init__(reduction)
        self.weight = self.buffered(weight)
        self.pos_weight = self.buffered(pos_weight, "pos_weight")

    def forward(self, logits: Any, target: Any) -> Any:
        """Compare logits with targets of their shape, between 0 and 1."""
        return binary_cross_entropy_with_logits(
            logits, target, self.weight, pos_weight=self.pos_weight, reduction=self.reduction
        )
