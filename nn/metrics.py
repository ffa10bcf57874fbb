"""Metrics: how good outputs are, in numbers that people read and no gradient passes through."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

import autodiff as ad


def accuracy(outputs: npt.ArrayLike, labels: npt.ArrayLike) -> float:
    """The share of samples whose largest output is that of their class.

    Parameters
    ----------
    outputs : array_like of shape (samples, ..., classes)
        Logits or probabilities. Among equal ones the first counts.
    labels : array_like of int, of shape (samples, ...)
        Class indices.

    Returns
    -------
    float
        Between 0 and 1; NaN without samples.

    Raises
    ------
    ValueError
        If the shapes do not fit, or the labels are not integers.

    Examples
    --------
    >>> import nn
    >>> nn.accuracy([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]], [0, 1, 1])
    0.6666666666666666
    """
    scores, classes = _plain(outputs), _plain(labels)
    if scores.ndim == 0 or scores.shape[:-1] != classes.shape or classes.dtype.kind not in "iu":
        raise ValueError(
            f"accuracy: the outputs have shape {scores.shape} and the labels {classes.dtype}{list(classes.shape)}; "
            "needed are (samples, ..., classes) and whole numbers of shape (samples, ...). One-hot labels become "
            "indices by .argmax(-1)."
        )
    return float(np.mean(scores.argmax(-1) == classes)) if classes.size else float("nan")


def _plain(values: Any) -> npt.NDArray[Any]:
    return values.data if isinstance(values, ad.Tensor) else np.asarray(values)
