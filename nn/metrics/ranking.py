"""How often the right class comes first, or among the first k."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..arguments import positive
from .predictions import plain, predictions, refuse_labels


def accuracy(outputs: npt.ArrayLike, labels: npt.ArrayLike) -> float:
    """The share of samples whose largest output is that of their class.

    Parameters
    ----------
    outputs : array_like of shape (samples, ..., classes), or of int of shape (samples, ...)
        Logits or probabilities, at least two per sample, among equal ones the first counts; or predicted classes.
    labels : array_like of int, of shape (samples, ...)
        Class indices.

    Returns
    -------
    float
        Between 0 and 1; NaN without samples. A sample with an output of NaN counts as wrong.

    Raises
    ------
    ValueError
        If the shapes do not fit, the labels are not integers, or there is only one output per sample.

    Examples
    --------
    >>> import nn
    >>> nn.accuracy([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]], [0, 1, 1])
    0.6666666666666666
    """
    predicted, expected, _ = predictions(outputs, labels, "accuracy")
    return float(np.mean(predicted == expected)) if expected.size else float("nan")


def top_k_accuracy(outputs: npt.ArrayLike, labels: npt.ArrayLike, k: int = 5) -> float:
    """The share of samples whose class is among the k largest outputs.

    Parameters
    ----------
    outputs : array_like of shape (samples, ..., classes)
        Logits or probabilities; among equal ones the first count.
    labels : array_like of int, of shape (samples, ...)
        Class indices.
    k : int
        From 1, which is `accuracy`, to the number of classes.

    Returns
    -------
    float
        Between 0 and 1; NaN without samples. A sample with an output of NaN counts as wrong.

    Raises
    ------
    ValueError
        If the shapes do not fit, the labels are not integers, or k is out of range.

    Examples
    --------
    >>> import nn
    >>> nn.top_k_accuracy([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]], [1, 0], k=2)
    0.5
    """
    scores, expected = plain(outputs), plain(labels)
    refuse_labels(scores, expected, scores.shape[:-1], "top_k_accuracy")
    if positive(k, "k", "top_k_accuracy") > scores.shape[-1]:
        raise ValueError(f"top_k_accuracy: k is {k} and there are {scores.shape[-1]} classes; it cannot be more.")
    if not expected.size:
        return float("nan")
    scores = scores.astype(np.float64)
    falling = np.argsort(-scores, axis=-1, kind="stable")
    hits = (falling[..., :k] == expected[..., None]).any(-1)
    return float(np.mean(hits & ~np.isnan(scores).any(-1)))
