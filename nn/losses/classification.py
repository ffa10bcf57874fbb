"""Losses over classes, which are on the last axis of the outputs; the formulas are in `nn.functional`."""

from __future__ import annotations

from typing import Any

from ..arguments import finite, share
from ..functional import cross_entropy, multi_margin_loss, nll_loss
from ..functional.reduction import Reduction
from .base import Loss, settings


class CrossEntropyLoss(Loss):
    """−ln softmax(logits)[label]: for classification, straight from the last linear layer.

    Exact for logits of any size, since softmax and logarithm are one operation. Class indices, one-hot rows or
    probabilities are the target; see `nn.functional.cross_entropy`.

    Parameters
    ----------
    weight : array_like of shape (classes,), optional
        Of the classes; the mean divides by the sum of the labels' weights.
    ignore_index : int
        Samples with this label count nothing.
    reduction : {"mean", "sum", "none"}
        Of the losses of the samples.
    label_smoothing : float between 0 and 1
        How much of every target is spread evenly over all classes.

    Raises
    ------
    TypeError, ValueError, IndexError
        When called: if labels are not integers, not of the logits' shape without the last axis, or out of range.

    Examples
    --------
    >>> import numpy as np, nn
    >>> logits = np.array([[2.0, 0.0], [0.0, 2.0]])
    >>> nn.CrossEntropyLoss(reduction="none")(logits, np.array([0, 0])).round(4)
    array([0.1269, 2.1269])
    """

    def __init__(
        self,
        weight: Any = None,
        *,
        ignore_index: int = -100,
        reduction: Reduction = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(reduction)
        self.weight = self.buffered(weight)
        self.ignore_index = ignore_index
        self.label_smoothing = share(label_smoothing, "label_smoothing", "CrossEntropyLoss")

    def forward(self, logits: Any, target: Any) -> Any:
        """Compare logits (..., classes) with class indices (...), or one-hot rows or probabilities (..., classes)."""
        return cross_entropy(
            logits,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )

    def extra_repr(self) -> str:
        """The settings that are not the default ones."""
        return settings(
            super().extra_repr(), self.ignore_index != -100 and f"ignore_index={self.ignore_index}",
            self.label_smoothing and f"label_smoothing={self.label_smoothing}",
        )  # fmt: skip


class NLLLoss(Loss):
    """Minus the log-probability of the label, for outputs of `log_softmax`.

    Parameters
    ----------
    weight : array_like of shape (classes,), optional
        Of the classes; the mean divides by the sum of the labels' weights.
    ignore_index : int
        Samples with this label count nothing.
    reduction : {"mean", "sum", "none"}
        Of the losses of the samples.

    Raises
    ------
    TypeError, ValueError, IndexError
        When called: if labels are not integers, not of the outputs' shape without the last axis, or out of range.

    Examples
    --------
    >>> import numpy as np, nn
    >>> round(float(nn.NLLLoss()(np.log([[0.5, 0.5], [0.9, 0.1]]), [0, 0])), 4)
    0.3993
    """

    def __init__(self, weight: Any = None, *, ignore_index: int = -100, reduction: Reduction = "mean") -> None:
        super().__init__(reduction)
        self.weight = self.buffered(weight)
        self.ignore_index = ignore_index

    def forward(self, log_probabilities: Any, target: Any) -> Any:
        """Compare log-probabilities (..., classes) with class indices (...)."""
        return nll_loss(
            log_probabilities, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction
        )

    def extra_repr(self) -> str:
        """The settings that are not the default ones."""
        return settings(super().extra_repr(), self.ignore_index != -100 and f"ignore_index={self.ignore_index}")


class MultiMarginLoss(Loss):
    """Σ max(0, margin − output[label] + output[i])ᵖ / classes, over all i but the label: the hinge loss of classes.

    Parameters
    ----------
    p : {1, 2}
        The power of the violations.
    margin : float
        By how much the label's output should be larger than every other.
    weight : array_like of shape (classes,), optional
        Of the labels' classes.
    reduction : {"mean", "sum", "none"}
        Of the losses of the samples.

    Raises
    ------
    TypeError, ValueError, IndexError
        When called: if labels are not integers, not of the outputs' shape without the last axis, or out of range.

    Examples
    --------
    >>> import nn
    >>> float(nn.MultiMarginLoss()([[0.0, 0.5, 2.0]], [1]))
    1.0
    """

    def __init__(self, p: int = 1, margin: float = 1.0, weight: Any = None, *, reduction: Reduction = "mean") -> None:
        super().__init__(reduction)
        if p not in (1, 2):
            raise ValueError(f"MultiMarginLoss: p is {p!r}; it can be 1 or 2.")
        self.p = p
        self.margin = finite(margin, "margin", "MultiMarginLoss")
        self.weight = self.buffered(weight)

    def forward(self, outputs: Any, target: Any) -> Any:
        """Compare scores (..., classes) with class indices (...)."""
        return multi_margin_loss(
            outputs, target, p=self.p, margin=self.margin, weight=self.weight, reduction=self.reduction
        )

    def extra_repr(self) -> str:
        """The settings that are not the default ones."""
        return settings(
            super().extra_repr(), self.p != 1 and f"p={self.p}", self.margin != 1 and f"margin={self.margin}"
        )
