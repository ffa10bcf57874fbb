"""From a model's outputs to the probability of each class, and from targets to the number of each.

Models end in many ways: in logits, or in a softmax or sigmoid; with an output per class, or one for two classes. What
made the outputs is asked of the engine's graph where there is one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

import autodiff as ad

from ..metrics.predictions import plain
from ..module import Module
from ..training import predict

Array = npt.NDArray[Any]
#: A module, or a function of an array of inputs to an array of outputs, one row per sample.
Model = Module | Callable[[Array], Any]
Kind = Literal["logits", "probabilities"]

#: Operations whose results are probabilities, and those that only arrange what they are given.
PROBABLE = frozenset({"sigmoid", "softmax"})
ARRANGING = frozenset({"reshape", "squeeze", "expand_dims", "transpose", "getitem", "astype", "copy"})


def probabilities(model: Model, x: Array, outputs: Kind | None, batch_size: int, caller: str) -> Array:
    """The probability of each class for each row of x, of shape (samples, classes), in float64.

    Raises
    ------
    ValueError
        If `outputs` is no kind there is, the model's outputs have another shape than (samples,) or (samples, classes),
        or what they are cannot be found out.
    """
    if outputs not in (None, "logits", "probabilities"):
        raise ValueError(f'{caller}: outputs is {outputs!r}; needed is "logits", "probabilities" or None.')
    kind: Kind | None
    if isinstance(model, Module):
        raw = predict(model, x, batch_size=batch_size)
        kind = outputs or ("probabilities" if ends_in_probabilities(model, x[:2]) else "logits")
    else:
        rows = [plain(model(x[start : start + batch_size])) for start in range(0, len(x), batch_size)]
        raw, kind = np.concatenate(rows), outputs
    scores = raw.astype(np.float64)
    scores = scores[:, np.newaxis] if scores.ndim == 1 else scores
    if scores.ndim != 2 or len(scores) != len(x) or not scores.shape[1]:
        raise ValueError(
            f"{caller}: for inputs of shape {x.shape} the outputs have shape {raw.shape}; needed is one row per "
            "sample, with a number per class, or one number for two classes."
        )
    if not kind:
        kind = _kind_of(scores, caller)
    if scores.shape[1] == 1:
        second = _logistic(scores) if kind == "logits" else scores
        return np.hstack([1.0 - second, second])
    return _softmax(scores) if kind == "logits" else scores


def ends_in_probabilities(model: Module, x: Array) -> bool:
    """Whether the last operation of a model that computes is a sigmoid or softmax; seen by recording one call."""
    modes = [(module, module.training) for module in model.modules()]
    parameter = next(model.parameters(), None)
    dtype = x.dtype if parameter is None or x.dtype.kind != "f" else parameter.dtype
    inputs = ad.Tensor(x.astype(dtype), requires_grad=dtype.kind == "f")  # so that a frozen model records too
    model.eval()
    try:
        with ad.enable_grad():
            out = model(inputs)
    finally:
        for module, training in modes:
            module.training = training
    node = out.node if isinstance(out, ad.Tensor) else None
    while node is not None and node.primitive.name in ARRANGING:
        parents = [parent for parent in node.parents if parent is not None]
        node = parents[0] if parents and isinstance(parents[0], ad.Node) else None
    return node is not None and node.primitive.name in PROBABLE


def classes(y: npt.ArrayLike, count: int, caller: str) -> Array:
    """The number of each sample's class, from indices, a column of them, one-hot rows, or −1 and 1 of two classes.

    Raises
    ------
    ValueError
        If the targets are none of these, or there are more classes than the model has outputs.
    """
    targets = plain(y)
    if targets.ndim == 2 and targets.shape[1] == count and count > 1:
        return np.asarray(targets.argmax(1))
    flat = targets[:, 0] if targets.ndim == 2 and targets.shape[1] == 1 else targets
    if flat.ndim == 1 and count == 2 and np.isin(flat, (-1, 1)).all() and np.any(flat == -1):
        return (flat > 0).astype(np.int64)
    if flat.ndim != 1 or flat.dtype.kind not in "fiub" or not np.isin(flat, np.arange(count)).all():
        raise ValueError(
            f"{caller}: the targets are {targets.dtype}{list(targets.shape)}; needed are class indices from 0 to "
            f"{count - 1}, as many as the model's outputs tell apart, or one-hot rows of {count}."
        )
    return flat.astype(np.int64)


def _kind_of(scores: Array, caller: str) -> Kind:
    """Rows of shares that add up to 1 are probabilities: logits that do so everywhere do not occur."""
    if scores.shape[1] == 1:
        raise ValueError(
            f"{caller}: the model is a function, and nothing tells whether its one output is a logit or a probability. "
            'Say outputs="logits" or outputs="probabilities".'
        )
    shares = np.all((scores >= 0) & (scores <= 1)) and np.allclose(scores.sum(1), 1.0, atol=1e-3)
    return "probabilities" if shares else "logits"


def _softmax(logits: Array) -> Array:
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray(powers / powers.sum(1, keepdims=True))


def _logistic(logits: Array) -> Array:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * logits)))
