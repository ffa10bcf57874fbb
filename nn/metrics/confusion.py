"""Which classes are taken for which, and the shares that follow: precision, recall and their harmonic mean."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..arguments import positive
from .predictions import NO_CLASS, Array, predictions

Average = Literal["macro", "weighted", "micro"] | None


def confusion_matrix(
    outputs: npt.ArrayLike, labels: npt.ArrayLike, classes: int | None = None
) -> npt.NDArray[np.int64]:
    """How often each class was taken for each: rows are the true classes, columns the predicted ones.

    Parameters
    ----------
    outputs : array_like of shape (samples, ..., classes), or of int of shape (samples, ...)
        Logits or probabilities, among equal ones the first counts; or predicted classes.
    labels : array_like of int, of shape (samples, ...)
        Class indices.
    classes : int, optional
        How many there are: by default as many as the outputs have or, of predicted classes, as occur.

    Returns
    -------
    ndarray of int64 of shape (classes, classes)
        Entry (i, j) counts the samples of class i of which j was predicted.

    Raises
    ------
    ValueError
        If the shapes do not fit, labels or predictions are no class indices below `classes`, or an output is NaN.

    Examples
    --------
    >>> import nn
    >>> nn.confusion_matrix([0, 1, 1, 1], [0, 0, 1, 1])
    array([[1, 1],
           [0, 2]])
    """
    return _counted(outputs, labels, classes, "confusion_matrix")


def precision(
    outputs: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    average: Average = "macro",
    classes: int | None = None,
    zero_division: float = 0.0,
) -> Any:
    """Of the samples that a class was predicted for, the share that belongs to it.

    Parameters
    ----------
    outputs : array_like of shape (samples, ..., classes), or of int of shape (samples, ...)
        Logits or probabilities, among equal ones the first counts; or predicted classes.
    labels : array_like of int, of shape (samples, ...)
        Class indices.
    average : {"macro", "weighted", "micro"} or None
        The mean over all classes that occur, among the labels or the predictions; the same weighted by how many samples
        each has; the share over all samples, which is the accuracy; or no average.
    classes : int, optional
        How many there are: by default as many as the outputs have or, of predicted classes, as occur.
    zero_division : float
        What a class has that was never predicted; with NaN it is left out of averages.

    Returns
    -------
    float, or ndarray of shape (classes,) for average=None
        NaN for an average over nothing.

    Raises
    ------
    ValueError
        If the shapes do not fit, labels or predictions are no class indices, an output is NaN, or the average is not
        known.

    Notes
    -----
    scikit-learn's definitions, with its defaults, and with `labels=range(classes)` for average=None.

    Examples
    --------
    >>> import nn
    >>> nn.precision([0, 1, 1, 1], [0, 0, 1, 1], average=None).round(3)
    array([1.   , 0.667])
    """
    counts = _counted(outputs, labels, classes, "precision")
    return _averaged(np.diagonal(counts), counts.sum(0), counts, average, zero_division, "precision")


def recall(
    outputs: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    average: Average = "macro",
    classes: int | None = None,
    zero_division: float = 0.0,
) -> Any:
    """Of the samples that belong to a class, the share that it was predicted for.

    The parameters are those of `precision`; zero_division is what a class without samples has.

    Examples
    --------
    >>> import nn
    >>> nn.recall([0, 1, 1, 1], [0, 0, 1, 1], average=None)
    array([0.5, 1. ])
    """
    counts = _counted(outputs, labels, classes, "recall")
    return _averaged(np.diagonal(counts), counts.sum(1), counts, average, zero_division, "recall")


def f1_score(
    outputs: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    average: Average = "macro",
    classes: int | None = None,
    zero_division: float = 0.0,
) -> Any:
    """The harmonic mean of precision and recall: twice the hits over samples and predictions of a class.

    The parameters are those of `precision`; zero_division is what a class has that occurs in neither.

    Examples
    --------
    >>> import nn
    >>> nn.f1_score([0, 1, 1, 1], [0, 0, 1, 1], average=None).round(3)
    array([0.667, 0.8  ])
    """
    counts = _counted(outputs, labels, classes, "f1_score")
    both = counts.sum(0) + counts.sum(1)
    return _averaged(2 * np.diagonal(counts), both, counts, average, zero_division, "f1_score")


def classification_report(
    outputs: npt.ArrayLike, labels: npt.ArrayLike, names: list[str] | tuple[str, ...] | None = None
) -> str:
    """A table of precision, recall, F1 and number of samples per class, with their averages and the accuracy.

    Parameters
    ----------
    outputs : array_like of shape (samples, ..., classes), or of int of shape (samples, ...)
        Logits or probabilities, or predicted classes.
    labels : array_like of int, of shape (samples, ...)
        Class indices.
    names : sequence of str, optional
        Of the classes; their numbers by default.

    Returns
    -------
    str
        For printing. What is undefined counts as 0, as in `precision`.

    Raises
    ------
    ValueError
        If the shapes do not fit, labels or predictions are no class indices (below the number of names), or an output
        is NaN.

    Examples
    --------
    >>> import nn
    >>> print(nn.classification_report([0, 1, 1, 1], [0, 0, 1, 1], ["cat", "dog"]))
              precision  recall      F1  samples
    cat          1.0000  0.5000  0.6667        2
    dog          0.6667  1.0000  0.8000        2
    macro        0.8333  0.7500  0.7333        4
    weighted     0.8333  0.7500  0.7333        4
    accuracy                     0.7500        4
    """
    counts = _counted(outputs, labels, len(names) if names is not None else None, "classification_report")
    hits, predicted, samples = np.diagonal(counts), counts.sum(0), counts.sum(1)
    shares = [(hits, predicted), (hits, samples), (2 * hits, predicted + samples)]
    averages: tuple[Average, ...] = (None, "macro", "weighted")
    table = {a: [_averaged(*share, counts, a, 0.0, "classification_report") for share in shares] for a in averages}
    rows = [
        (str(names[i] if names is not None else i), [column[i] for column in table[None]], samples[i])
        for i in range(len(counts))
    ]
    rows += [(str(average), table[average], samples.sum()) for average in averages[1:]]
    width = max(len("accuracy"), *(len(name) for name, _, _ in rows))
    lines = [f"{'':{width}}  precision  recall      F1  samples"]
    lines += [f"{name:{width}}  {p:9.4f}  {r:6.4f}  {f:6.4f}  {n:7d}" for name, (p, r, f), n in rows]
    share = hits.sum() / samples.sum() if samples.sum() else float("nan")
    return "\n".join([*lines, f"{'accuracy':{width}}  {'':9}  {'':6}  {share:6.4f}  {samples.sum():7d}"])


def _averaged(above: Array, below: Array, counts: Array, average: Average, zero_division: float, caller: str) -> Any:
    """Shares above / below per class, or their average."""
    if average not in ("macro", "weighted", "micro", None):
        raise ValueError(f"{caller}: average is {average!r}; it can be 'macro', 'weighted', 'micro' or None.")
    if not isinstance(zero_division, int | float | np.number):
        raise ValueError(f"{caller}: zero_division is {zero_division!r}; needed is a number, such as 0, 1 or NaN.")
    if average == "micro":
        return float(above.sum() / below.sum()) if counts.any() else float("nan")
    shares = np.where(below > 0, above / np.maximum(below, 1), zero_division)
    if average is None:
        return shares
    samples = counts.sum(1)
    defined = (samples + counts.sum(0) > 0) & ~np.isnan(shares)
    # Weights are 0 where all that is defined are classes without samples: scikit-learn takes their plain mean.
    weights = samples if average == "weighted" and samples[defined].any() else np.ones_like(samples)
    return float(np.average(shares[defined], weights=weights[defined])) if defined.any() else float("nan")


def _counted(outputs: Any, labels: Any, classes: int | None, caller: str) -> npt.NDArray[np.int64]:
    """The confusion matrix."""
    predicted, expected, width = predictions(outputs, labels, caller)
    if classes is not None:
        classes = positive(classes, "classes", caller)
    if np.any(predicted == NO_CLASS):
        raise ValueError(
            f"{caller}: the outputs of {np.sum(predicted == NO_CLASS)} samples of {predicted.size} hold NaN, which "
            "predicts no class. Has the training diverged, or do inputs hold NaN?"
        )
    occurring = int(max(predicted.max(initial=-1), expected.max(initial=-1))) + 1
    known = classes if classes is not None else width if width is not None else occurring
    if occurring > known or predicted.min(initial=0) < 0 or expected.min(initial=0) < 0:
        wrong = min(predicted.min(initial=0), expected.min(initial=0))
        raise ValueError(
            f"{caller}: a class is {occurring - 1 if occurring > known else wrong}, but there are {known} classes, "
            f"numbered 0 to {known - 1}. Do the labels start at 1, or do some stand for samples to be ignored?"
        )
    places = expected.ravel().astype(np.int64) * known + predicted.ravel().astype(np.int64)
    return np.bincount(places, minlength=known * known).reshape(known, known).astype(np.int64)
