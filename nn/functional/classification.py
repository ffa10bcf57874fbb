"""Losses over classes: which of the outputs along the last axis should have been the largest.

PyTorch has the classes of images on axis 1; here they are always on the last one, so `logits.transpose(0, 2, 3, 1)`
is what (batch, classes, height, width) becomes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import autodiff as ad

from ..arguments import finite, share
from .operands import operand
from .reduction import Reduction, checked_reduction, in_dtype, plain, reduced


def cross_entropy(
    logits: Any,
    target: Any,
    weight: Any = None,
    *,
    ignore_index: int = -100,
    reduction: Reduction = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """−ln softmax(logits)[label], or −Σ target · ln softmax(logits) for probabilities; exact for logits of any size.

    Parameters
    ----------
    logits : array_like of shape (..., classes)
        Straight from the last linear layer, without softmax. Classes are on the last axis.
    target : array_like of int of shape (...), or array_like of shape (..., classes)
        Class indices from 0; or, of the logits' shape, one-hot rows where they are integers or bools, and
        probabilities where they are floats, which are not checked.
    weight : array_like of shape (classes,), optional
        Of the classes.
    ignore_index : int
        Samples with this label count nothing. It may be negative or a class; not with probabilities.
    reduction : {"mean", "sum", "none"}
        Over the samples. With labels, the mean divides by the sum of the weights of the labels that are not ignored;
        with probabilities, by the number of samples. Where all are ignored it is 0, with gradient 0.
    label_smoothing : float between 0 and 1
        How much of every target is spread evenly over all classes.

    Returns
    -------
    Tensor or ndarray
        One number, or one per sample, of shape (...).

    Raises
    ------
    TypeError, ValueError, IndexError
        If labels are not integers, shapes do not fit, a row is not one-hot, or a label is out of range.

    Notes
    -----
    PyTorch's formulas; it gives NaN, with gradient 0, where all samples are ignored, which would spoil the mean over
    an epoch. Smoothing: Szegedy et al., "Rethinking the Inception architecture", 2015.

    Examples
    --------
    >>> from nn import functional as F
    >>> logits = [[2.0, 0.0], [0.0, 2.0]]
    >>> F.cross_entropy(logits, [0, 0], reduction="none").round(4)
    array([0.1269, 2.1269])
    >>> F.cross_entropy(logits, [[0.5, 0.5], [0.0, 1.0]], reduction="none").round(4)
    array([1.1269, 0.1269])
    """
    logits, target = operand(logits), operand(target)
    dense = target.shape == logits.shape
    if weight is None and ignore_index == -100 and not label_smoothing and not dense:
        try:
            return reduced(ad.softmax_cross_entropy(logits, target), reduction, "cross_entropy")
        except (TypeError, ValueError, IndexError):
            pass  # some labels are ignored, or are refused below in words that fit
    checked_reduction(reduction, "cross_entropy")
    label_smoothing = share(label_smoothing, "label_smoothing", "cross_entropy")
    if dense and target.dtype.kind != "f":
        target, dense = _hot(target), False
    if dense and ignore_index >= 0:
        raise ValueError(
            f"cross_entropy: ignore_index={ignore_index} with targets of shape {target.shape}, which are "
            "probabilities: these have no index. Give class indices, or rows of zeros for samples to be ignored."
        )
    weight = _class_weights(weight, logits, "cross_entropy")
    if dense:
        return reduced(_of_probabilities(logits, target, weight, label_smoothing), reduction, "cross_entropy")
    labels, kept = _class_indices(target, logits, ignore_index, "cross_entropy")
    factor = _label_weights(weight, labels, kept, logits)
    losses = ad.where(kept, ad.softmax_cross_entropy(logits, labels), 0.0) * factor
    if label_smoothing:
        everywhere = ad.broadcast_to(np.ones((), logits.dtype) if weight is None else weight, shape=logits.shape)
        even = ad.where(kept, ad.soft_cross_entropy(logits, everywhere), 0.0)
        losses = (1.0 - label_smoothing) * losses + (label_smoothing / logits.shape[-1]) * even
    return _weighted(losses, factor, reduction)


def nll_loss(
    log_probabilities: Any,
    target: Any,
    weight: Any = None,
    *,
    ignore_index: int = -100,
    reduction: Reduction = "mean",
) -> Any:
    """Minus the log-probability of the label; after `log_softmax` this is `cross_entropy`.

    Parameters
    ----------
    log_probabilities : array_like of shape (..., classes)
        Classes are on the last axis.
    target : array_like of int of shape (...)
        Class indices from 0.
    weight : array_like of shape (classes,), optional
        Of the classes.
    ignore_index : int
        Samples with this label count nothing.
    reduction : {"mean", "sum", "none"}
        Over the samples; the mean divides by the sum of the weights of the labels that are not ignored, and is 0 where
        all are.

    Raises
    ------
    TypeError, ValueError, IndexError
        If labels are not integers, shapes do not fit, or a label is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from nn import functional as F
    >>> F.nll_loss(np.log([[0.5, 0.5], [0.9, 0.1]]), [0, 0], reduction="none").round(4)
    array([0.6931, 0.1054])
    """
    checked_reduction(reduction, "nll_loss")
    log_p, target = operand(log_probabilities), operand(target)
    labels, kept = _class_indices(target, log_p, ignore_index, "nll_loss")
    factor = _label_weights(_class_weights(weight, log_p, "nll_loss"), labels, kept, log_p)
    picked = ad.take_along_axis(log_p, labels[..., None], -1)[..., 0]
    return _weighted(ad.where(kept, -picked, 0.0) * factor, factor, reduction)


def multi_margin_loss(
    outputs: Any,
    target: Any,
    *,
    p: int = 1,
    margin: float = 1.0,
    weight: Any = None,
    reduction: Reduction = "mean",
) -> Any:
    """Σ max(0, margin − output[label] + output[i])ᵖ / classes, over all i but the label: the hinge loss of classes.

    Parameters
    ----------
    outputs : array_like of shape (..., classes)
        Scores; classes are on the last axis.
    target : array_like of int of shape (...)
        Class indices from 0.
    p : {1, 2}
        The power of the violations.
    margin : float
        By how much the label's output should be larger than every other.
    weight : array_like of shape (classes,), optional
        Of the labels' classes.
    reduction : {"mean", "sum", "none"}
        Over the samples; the mean divides by their number, whatever their weights.

    Raises
    ------
    TypeError, ValueError, IndexError
        If labels are not integers, shapes do not fit, a label is out of range, p is neither 1 nor 2, or the margin is
        no finite number.

    Notes
    -----
    PyTorch's formula, after Crammer and Singer, "On the algorithmic implementation of multiclass kernel-based vector
    machines", 2001, and Weston and Watkins, 1999, who add the violations up as here.

    Examples
    --------
    >>> from nn import functional as F
    >>> float(F.multi_margin_loss([[0.0, 0.5, 2.0]], [2]))
    0.0
    >>> float(F.multi_margin_loss([[0.0, 0.5, 2.0]], [1]))
    1.0
    """
    if p not in (1, 2):
        raise ValueError(f"multi_margin_loss: p is {p!r}; it can be 1 or 2.")
    margin = finite(margin, "margin", "multi_margin_loss")
    outputs, target = operand(outputs), operand(target)
    labels, _ = _class_indices(target, outputs, None, "multi_margin_loss")
    weight = _class_weights(weight, outputs, "multi_margin_loss")
    classes = outputs.shape[-1]
    violations = ad.relu(margin - ad.take_along_axis(outputs, labels[..., None], -1) + outputs)
    violations = ad.where(labels[..., None] == np.arange(classes), 0.0, violations)
    losses = ad.sum(violations if p == 1 else ad.square(violations), axis=-1) / float(classes)
    return reduced(losses if weight is None else losses * ad.take(weight, labels), reduction, "multi_margin_loss")


def _of_probabilities(logits: Any, target: Any, weight: Any, label_smoothing: float) -> Any:
    if label_smoothing:
        target = (1.0 - label_smoothing) * target + label_smoothing / logits.shape[-1]
    return ad.soft_cross_entropy(logits, target if weight is None else target * weight)


def _weighted(losses: Any, factor: Any, reduction: str) -> Any:
    """Reduce; the mean over what is not ignored, by its weights."""
    if reduction != "mean":
        return ad.sum(losses) if reduction == "sum" else losses
    total = ad.sum(factor)
    return ad.sum(losses) / ad.where(total == 0, 1.0, total)


def _label_weights(weight: Any, labels: Any, kept: Any, like: Any) -> Any:
    """The weight of each sample: that of its label, and 0 where it is ignored."""
    return ad.where(kept, np.ones((), like.dtype) if weight is None else ad.take(weight, labels), 0.0)


def _class_weights(weight: Any, outputs: Any, caller: str) -> Any:
    """One weight per class, in the outputs' dtype; None stays None."""
    if weight is None:
        return None
    weight = in_dtype(weight, outputs)
    if weight.shape != outputs.shape[-1:]:
        raise ValueError(
            f"{caller}: the weight has shape {weight.shape} and the outputs {outputs.shape}; needed is one number per "
            f"class, so shape {outputs.shape[-1:]}."
        )
    return weight


def _hot(target: Any) -> Any:
    """The class indices of one-hot rows."""
    rows = plain(target)
    wrong = (rows.astype(bool) != rows).any(-1) | (np.count_nonzero(rows, axis=-1) != 1)
    if wrong.any():
        place = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise ValueError(
            f"cross_entropy: the target is {rows.dtype}{list(rows.shape)}, the logits' shape, and so taken for one-hot "
            f"rows, but row {place} is {rows[place]}. Needed is one 1 among zeros. Probabilities need a floating-point "
            "dtype; several classes at once belong into binary_cross_entropy_with_logits."
        )
    return target.argmax(-1)


def _how_to_fit(outputs: tuple[int, ...], labels: tuple[int, ...]) -> str:
    """What is probably to be done about outputs and labels whose shapes do not fit."""
    if labels[:-1] == outputs:
        return "Outputs come first and labels second: are they swapped?"
    if len(outputs) > 2 and labels == outputs[:1] + outputs[2:]:
        back = ", ".join(map(str, (0, *range(2, len(outputs)), 1)))
        return f"Classes are on the last axis, not on axis 1 as in PyTorch: move them by outputs.transpose({back})."
    return (
        "Classes are on the last axis; a column of labels loses its second axis by [:, 0], and one-hot rows become "
        "indices by .argmax(-1)."
    )


def _class_indices(target: Any, outputs: Any, ignore_index: int | None, caller: str) -> tuple[Any, Any]:
    """Labels with 0 in place of ignored ones, and which are not ignored; refused if they are no class indices."""
    labels, shape = plain(target), outputs.shape
    if labels.dtype.kind not in "iu" and labels.shape[:-1] != shape:
        raise TypeError(
            f"{caller}: the labels are {labels.dtype}{list(labels.shape)} and the outputs have shape {shape}; needed "
            f"are class indices, integers of shape {shape[:-1]}: target.astype(int) makes whole numbers integers."
            + (f" Probabilities would have the shape of the outputs, {shape}." if caller == "cross_entropy" else "")
        )
    if not shape or labels.shape != shape[:-1]:
        raise ValueError(
            f"{caller}: the outputs have shape {shape} and the labels {labels.shape}; needed are (..., classes) and "
            f"(...), so labels of shape {shape[:-1]}. {_how_to_fit(shape, labels.shape)}"
        )
    kept = np.ones(labels.shape, bool) if ignore_index is None else target != ignore_index
    wrong = kept & ((labels < 0) | (labels >= shape[-1]))
    if wrong.any():
        place = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise IndexError(
            f"{caller}: the label at index {place} is {labels[place]}, but there are {shape[-1]} classes, numbered 0 "
            f"to {shape[-1] - 1}. Do the labels start at 1, has the last layer too few outputs, or is this label to be "
            "ignored (ignore_index)?"
        )
    return ad.where(kept, target, 0), kept
