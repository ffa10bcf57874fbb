"""Judging a model: outputs, losses and metrics in evaluation mode and without a graph, batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

import autodiff as ad

from ..module import Module
from .participants import check_loss, check_model
from .samples import Array, Data, Metrics, Pair, cast, check_count, checked, checked_metrics, metric_number, plain


def evaluate(
    model: Module, data: Data, loss: Callable[..., Any], *, metrics: Metrics | None = None, batch_size: int = 256
) -> dict[str, float]:
    """Loss and metrics of a model on samples, in batches, without a graph and in evaluation mode.

    Parameters
    ----------
    model, data, loss, metrics
        As for `fit`. Every metric gets the outputs and targets of all samples at once, so that one that is no average
        over samples, such as F1, is exact.
    batch_size : int
        How many samples at a time.

    Returns
    -------
    dict
        `loss`, averaged over samples (a loss that sums is divided by their number), and each metric by its name.

    Raises
    ------
    TypeError
        If the data is no pair, or model, loss or metrics are none.
    ValueError
        If there are no samples, or not as many targets as inputs.

    Examples
    --------
    >>> import numpy as np, nn
    >>> model = nn.Linear(2, 2)
    >>> results = nn.evaluate(model, (np.zeros((5, 2)), np.zeros(5, int)), nn.CrossEntropyLoss())
    >>> sorted(results)
    ['accuracy', 'loss']
    """
    check_model(model, "evaluate")
    check_loss(loss, "evaluate")
    x, y = checked(data, model, "evaluate")
    check_count(batch_size, "batch_size")
    return judge(model, (x, y), loss, checked_metrics(metrics, y, "evaluate"), batch_size)


def predict(model: Module, x: npt.ArrayLike, *, batch_size: int = 256) -> Array:
    """The outputs of a model for many inputs, in batches, without a graph and in evaluation mode.

    Parameters
    ----------
    model : Module
    x : array_like of shape (samples, ...)
        Floats are cast to the dtype of the model's parameters.
    batch_size : int
        How many samples at a time.

    Returns
    -------
    ndarray
        One row per sample.

    Raises
    ------
    TypeError
        If the model is none.
    ValueError
        If there are no samples.

    Examples
    --------
    >>> import numpy as np, nn
    >>> nn.predict(nn.Linear(2, 3), np.zeros((1000, 2))).shape
    (1000, 3)
    """
    check_model(model, "predict")
    inputs = cast(x, model)
    check_count(batch_size, "batch_size")
    if inputs.ndim == 0 or not len(inputs):
        raise ValueError(f"predict: the inputs have shape {inputs.shape}; needed is at least one row.")
    with mode(model, training=False), ad.no_grad():
        return np.concatenate([plain(model(inputs[rows])) for rows in batches(len(inputs), batch_size)])


def judge(model: Module, data: Pair, loss: Callable[..., Any], metrics: Metrics, batch_size: int) -> dict[str, float]:
    """`evaluate`, for arrays that have been checked."""
    x, y = data
    total, outputs = 0.0, []
    with mode(model, training=False), ad.no_grad():
        for rows in batches(len(x), batch_size):
            output = model(x[rows])
            total += loss_number(loss(output, y[rows])) * loss_weight(loss, len(y[rows]))
            if metrics:
                outputs.append(plain(output))
    results = {"loss": total / len(x)}
    if metrics:
        everything = np.concatenate(outputs)
        results |= {name: metric_number(name, metric(everything, y)) for name, metric in metrics.items()}
    return results


def batches(samples: int, size: int) -> Iterator[slice]:
    """Neighbouring rows, so many at a time."""
    return (slice(start, start + size) for start in range(0, samples, size))


def loss_number(value: Any) -> float:
    """The one number that a loss gave, or an error that says why there has to be one."""
    array = value.data if isinstance(value, ad.Tensor) else np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"the loss gave a {type(value).__name__}; needed is one number for a batch. Does it return it?")
    if array.size != 1:
        raise ValueError(
            f"the loss has shape {array.shape}; needed is one number for a batch. Use the reduction 'mean' or 'sum'."
        )
    return float(array.item())


def loss_weight(loss: Callable[..., Any], samples: int) -> int:
    """What a batch's loss counts in the sum over samples: a loss that sums has counted them itself."""
    return 1 if getattr(loss, "reduction", "mean") == "sum" else samples


@contextmanager
def mode(model: Module, *, training: bool) -> Iterator[None]:
    """Training or evaluation mode for a while; every module is left in the one it was in."""
    before = [(module, module.training) for module in model.modules()]
    model.train(training)
    try:
        yield
    finally:
        for module, was in before:
            module.training = was
