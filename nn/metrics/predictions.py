"""What a metric compares: predicted classes, from whatever outputs there are, and true ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

import autodiff as ad

Array = npt.NDArray[Any]

#: What is predicted where an output is NaN, which is neither more nor less than the others: no class, and never right.
NO_CLASS = np.iinfo(np.int64).min


def predictions(outputs: Any, labels: Any, caller: str) -> tuple[Array, Array, int | None]:
    """Predicted and true classes of one shape, and the number of classes where the outputs say it."""
    scores, expected = plain(outputs), plain(labels)
    if scores.shape == expected.shape and scores.dtype.kind in "iub" and expected.dtype.kind in "iub":
        return scores.astype(np.int64), expected.astype(np.int64), None
    refuse_labels(scores, expected, scores.shape[:-1], caller)
    predicted = scores.argmax(-1)
    if scores.dtype.kind == "f":
        predicted = np.where(np.isnan(scores.max(-1)), NO_CLASS, predicted)  # a maximum is NaN if anything is
    return predicted, expected, scores.shape[-1]


def refuse_labels(scores: Array, labels: Array, shape: tuple[int, ...], caller: str) -> None:
    """Labels are class indices, one for each row of scores, which has at least two."""
    if not scores.ndim or labels.shape != shape or labels.dtype.kind not in "iu":
        raise ValueError(
            f"{caller}: the outputs are {scores.dtype}{list(scores.shape)} and the labels {labels.dtype}"
            f"{list(labels.shape)}; needed are (samples, ..., classes) and whole numbers of shape (samples, ...). "
            "One-hot labels become indices by .argmax(-1); single outputs of yes and no become classes by "
            "`(outputs > 0).astype(int)`."
        )


    if scores.shape[-1] < 2:
        raise ValueError(
            f"{caller}: the outputs are {scores.dtype}{list(scores.shape)}, one for each sample, whose largest is "
            "always the first. Single outputs of yes and no become classes by `(outputs[..., 0] > 0).astype(int)` if "
            "they are logits, `> 0.5` if they are probabilities."
        )


def plain(values: Any) -> Array:
    """The array of a Tensor or of a list."""
    return values.data if isinstance(values, ad.Tensor) else np.asarray(values)
