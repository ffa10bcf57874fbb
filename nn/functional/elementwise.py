"""Losses that compare element with element: errors of numbers, and cross-entropies of yes and no.

Each is a composition of the engine's primitives, so that its derivatives of any order follow. Losses over classes are
in `classification`; the modules of `nn.losses` call what is here and there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import autodiff as ad

from ..arguments import above_0, finite
from .reduction import Reduction, broadcastable, pair, plain, reduced, scaled


def mse_loss(prediction: Any, target: Any, *, reduction: Reduction = "mean") -> Any:
    """The squared error, (prediction − target)².

    Parameters
    ----------
    prediction, target : array_like of one shape
    reduction : {"mean", "sum", "none"}
        Over all elements.

    Returns
    -------
    Tensor or ndarray
        One number, or one per element.

    Raises
    ------
    ValueError
        If the shapes differ, which broadcasting would hide.

    Examples
    --------
    >>> from nn import functional as F
    >>> float(F.mse_loss([1.0, 2.0], [1.0, 4.0]))
    2.0
    """
    prediction, target = pair(prediction, target, "mse_loss")
    if reduction == "mean":
        return ad.mean_squared_error(prediction, target)
    return reduced(ad.square(ad.sub(prediction, target)), reduction, "mse_loss")


def l1_loss(prediction: Any, target: Any, *, reduction: Reduction = "mean") -> Any:
    """The absolute error, |prediction − target|; its gradient is 0 where they are equal.

    Parameters
    ----------
    prediction, target : array_like of one shape
    reduction : {"mean", "sum", "none"}
        Over all elements.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> from nn import functional as F
    >>> float(F.l1_loss([1.0, 2.0], [1.0, 4.0]))
    1.0
    """
    prediction, target = pair(prediction, target, "l1_loss")
    return reduced(ad.abs(ad.sub(prediction, target)), reduction, "l1_loss")


def huber_loss(prediction: Any, target: Any, *, delta: float = 1.0, reduction: Reduction = "mean") -> Any:
    """d² / 2 where |d| ≤ delta, and linear beyond, delta (|d| − delta/2): outliers count less than in squared errors.

    Parameters
    ----------
    prediction, target : array_like of one shape
    delta : float
        Where the parabola ends; above 0.
    reduction : {"mean", "sum", "none"}
        Over all elements.

    Raises
    ------
    ValueError
        If the shapes differ, or delta is not above 0.

    Notes
    -----
    Huber, "Robust estimation of a location parameter", 1964. PyTorch's SmoothL1Loss(beta) is this with delta=beta,
    divided by beta.

    Examples
    --------
    >>> from nn import functional as F
    >>> F.huber_loss([0.5, 3.0], [0.0, 0.0], reduction="none")
    array([0.125, 2.5  ])
    """
    delta = above_0(delta, "delta", "huber_loss")
    prediction, target = pair(prediction, target, "huber_loss")
    difference = ad.sub(prediction, target)
    bounded = ad.clip(difference, -delta, delta)
    return reduced(bounded * (difference - 0.5 * bounded), reduction, "huber_loss")


def hinge_loss(outputs: Any, target: Any, *, margin: float = 1.0, reduction: Reduction = "mean") -> Any:
    """max(0, margin − target · output): outputs on the right side of 0, by a margin, cost nothing.

    Parameters
    ----------
    outputs : array_like of any shape
        Scores of the positive class.
    target : array_like of −1 and 1, of the same shape
    margin : float
    reduction : {"mean", "sum", "none"}
        Over all elements.

    Raises
    ------
    ValueError
        If the shapes differ, a target is neither −1 nor 1, or the margin is no finite number.

    Notes
    -----
    Cortes and Vapnik, "Support-vector networks", 1995. PyTorch's HingeEmbeddingLoss is another one.

    Examples
    --------
    >>> from nn import functional as F
    >>> F.hinge_loss([2.0, 0.5, 0.5], [1, 1, -1], reduction="none")
    array([0. , 0.5, 1.5])
    """
    margin = finite(margin, "margin", "hinge_loss")
    outputs, target = pair(outputs, target, "hinge_loss")
    signs = plain(target)
    if not np.all(np.abs(signs) == 1):
        wrong = signs[np.abs(signs) != 1].ravel()[0]
        raise ValueError(
            f"hinge_loss: a target is {wrong}; needed are −1 and 1. Targets of 0 and 1 become these by 2 * target - 1."
        )
    return reduced(ad.relu(margin - target * outputs), reduction, "hinge_loss")


def binary_cross_entropy(probabilities: Any, target: Any, weight: Any = None, *, reduction: Reduction = "mean") -> Any:
    """−t ln p − (1 − t) ln(1 − p), for probabilities; from logits, use `binary_cross_entropy_with_logits`.

    Parameters
    ----------
    probabilities : array_like of any shape
        Between 0 and 1. As in PyTorch, no logarithm is less than −100, and the gradient's denominator p (1 − p) not
        less than 1e-12.
    target : array_like of the same shape
        Between 0 and 1: 0 and 1, or probabilities.
    weight : array_like, optional
        Of the losses, broadcast to their shape.
    reduction : {"mean", "sum", "none"}
        Over all elements; the mean divides by their number, whatever their weights.

    Raises
    ------
    ValueError
        If the shapes do not fit, or numbers are not between 0 and 1.

    Examples
    --------
    >>> from nn import functional as F
    >>> F.binary_cross_entropy([0.5, 0.0], [1, 1], reduction="none").round(4)
    array([  0.6931, 100.    ])
    """
    probabilities, target = pair(probabilities, target, "binary_cross_entropy")
    _between_0_and_1(
        probabilities,
        "binary_cross_entropy: the predictions",
        "Logits become probabilities by sigmoid, or belong into binary_cross_entropy_with_logits.",
    )
    _between_0_and_1(target, "binary_cross_entropy: the targets", _WHAT_TARGETS_ARE)
    losses = scaled(ad.binary_cross_entropy(probabilities, target), weight, "binary_cross_entropy")
    return reduced(losses, reduction, "binary_cross_entropy")


def binary_cross_entropy_with_logits(
    logits: Any, target: Any, weight: Any = None, *, pos_weight: Any = None, reduction: Reduction = "mean"
) -> Any:
    """−t ln σ(x) − (1 − t) ln σ(−x), straight from the last linear layer; exact for logits of any size.

    Parameters
    ----------
    logits : array_like of any shape
    target : array_like of the same shape
        Between 0 and 1: 0 and 1, or probabilities.
    weight : array_like, optional
        Of the losses, broadcast to their shape.
    pos_weight : array_like, optional
        By how much the first term counts more, for rare positives; broadcast to the logits' shape (one per class).
    reduction : {"mean", "sum", "none"}
        Over all elements; the mean divides by their number, whatever their weights.

    Raises
    ------
    ValueError
        If the shapes do not fit, or targets are not between 0 and 1.

    Examples
    --------
    >>> from nn import functional as F
    >>> F.binary_cross_entropy_with_logits([1e4, 1e4], [1, 0], reduction="none")
    array([    0., 10000.])
    """
    caller = "binary_cross_entropy_with_logits"
    logits, target = pair(logits, target, caller)
    _between_0_and_1(target, f"{caller}: the targets", _WHAT_TARGETS_ARE)
    if pos_weight is None:
        losses = ad.sigmoid_cross_entropy(logits, target)
    else:
        positive = target * broadcastable(pos_weight, logits, "pos_weight", caller)
        losses = positive * ad.softplus(-logits) + (1.0 - target) * ad.softplus(logits)
    return reduced(scaled(losses, weight, caller), reduction, caller)


_WHAT_TARGETS_ARE = (
    "Targets of −1 and 1 belong into hinge_loss, or become 0 and 1 by (target + 1) / 2; class indices belong into "
    "cross_entropy."
)


def _between_0_and_1(values: Any, what: str, remedy: str) -> None:
    values = plain(values)
    if values.size:
        low, high = values.min(), values.max()
        if not (low >= 0 and high <= 1):
            raise ValueError(f"{what} lie between {low} and {high}; needed are numbers from 0 to 1. {remedy}")
