"""The softmax family, exact for logits of any size: the largest logit is subtracted before anything is exponentiated.

The cross-entropies, of softmax and of the sigmoid (which is the softmax of two classes), are among the few fused
primitives; the tests hold them against their compositions.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..primitive import primitive
from .activations import sigmoid
from .elementwise import exp, log, log1p, maximum, where
from .reduce import _with_axes, sum


def _shifted(x: Any, axis: Any) -> tuple[Any, Any]:
    """x minus its maximum, and the maximum (0 where that is infinite, so that inf - inf does not arise)."""
    x = np.asarray(x)
    if x.dtype.kind != "f":
        x = x.astype(np.float64)
    top = np.maximum.reduce(x, axis=axis, keepdims=True, initial=-np.inf)
    if not np.logical_and.reduce(np.isfinite(top), axis=None):
        top = np.where(np.isfinite(top), top, 0)
    return x - top, top


@primitive(symbol="logΣexp")
def logsumexp(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """ln Σ eˣ over axes.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.logsumexp(ad.Tensor([1e4, 1e4]))
    Tensor(10000.69314718)
    """
    shifted, top = _shifted(x, axis)
    with np.errstate(divide="ignore"):
        out = np.log(np.add.reduce(np.exp(shifted), axis=axis, keepdims=True)) + top
    return out if keepdims else out.squeeze(axis)


@primitive
def softmax(x: Any, *, axis: Any = -1) -> Any:
    """eˣ / Σ eˣ along an axis.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.softmax(ad.Tensor([1e4, 0.0]))
    Tensor([1., 0.])
    """
    e = np.exp(_shifted(x, axis)[0])
    return e / np.add.reduce(e, axis=axis, keepdims=True)


logsumexp.vjp(
    lambda g, x, axis, keepdims: _with_axes(g, x.shape, axis, keepdims) * softmax(x, axis),
)
softmax.vjp(lambda g, out, axis: out * (g - sum(g * out, axis, True)))


@primitive(symbol="log softmax")
def log_softmax(x: Any, *, axis: Any = -1) -> Any:
    """ln softmax(x) along an axis: x - ln Σ eˣ.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.log_softmax(ad.Tensor([1e4, 0.0]))
    Tensor([     0., -10000.])
    """
    shifted = _shifted(x, axis)[0]
    return shifted - np.log(np.add.reduce(np.exp(shifted), axis=axis, keepdims=True))


log_softmax.vjp(lambda g, out, axis: g - exp(out) * sum(g, axis, True))


@primitive(name="softmax_cross_entropy", symbol="softmax CE")
def _softmax_cross_entropy(logits: Any, labels: Any) -> Any:
    """Minus the log-probability of the label, over the last axis."""
    shifted = _shifted(logits, -1)[0]
    picked = np.take_along_axis(shifted, labels[..., None], -1)[..., 0]
    return np.log(np.add.reduce(np.exp(shifted), axis=-1)) - picked


def _cross_entropy_rule(g: Any, logits: Any, labels: Any) -> Any:
    """softmax minus one-hot."""
    p = softmax(logits, -1)
    if isinstance(p, np.ndarray):
        np.put_along_axis(p, labels[..., None], np.take_along_axis(p, labels[..., None], -1) - 1, -1)
        p *= g[..., None]
        return p
    hot = labels[..., None] == np.arange(p.shape[-1])
    return (p - hot.astype(p.dtype)) * g[..., None]


_softmax_cross_entropy.vjp(_cross_entropy_rule, None)


def softmax_cross_entropy(logits: Any, labels: Any) -> Any:
    """The cross-entropy of softmax(logits) against class indices, one number per sample.

    Parameters
    ----------
    logits : array_like of shape (..., classes)
        Unnormalised log-probabilities.
    labels : array of int of shape (...)
        Class indices from 0 to classes - 1.

    Returns
    -------
    Tensor or ndarray of shape (...)
        -log softmax(logits)[label], exact for logits of any size.

    Raises
    ------
    TypeError
        If the labels are not integers.
    ValueError
        If the shapes do not fit.
    IndexError
        If a label is out of range: which one, and where.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.softmax_cross_entropy(ad.Tensor([[0.0, 0.0], [1e4, -1e4]]), [0, 1])
    Tensor([6.93147181e-01, 2.00000000e+04])
    """
    plain = np.asarray(getattr(labels, "_data", labels))
    shape = np.shape(getattr(logits, "_data", logits))
    if plain.dtype.kind not in "iu":
        raise TypeError(f"softmax_cross_entropy: labels are class indices, so integers; these are {plain.dtype}.")
    if not shape or plain.shape != shape[:-1]:
        raise ValueError(
            f"softmax_cross_entropy: the logits have shape {shape} and the labels {plain.shape}; needed are (..., "
            f"classes) and (...), so labels of shape {shape[:-1]}. One-hot labels become indices by .argmax(-1)."
        )
    if plain.size and (plain.min() < 0 or plain.max() >= shape[-1]):
        where_ = tuple(int(i) for i in np.argwhere((plain < 0) | (plain >= shape[-1]))[0])
        raise IndexError(
            f"softmax_cross_entropy: the label at index {where_} is {plain[where_]}, but there are {shape[-1]} "
            f"classes, numbered 0 to {shape[-1] - 1}. Do the labels start at 1, or has the last layer too few outputs?"
        )
    return _softmax_cross_entropy(logits, labels if hasattr(labels, "_data") else plain)


@primitive(name="soft_cross_entropy", symbol="soft CE")
def _soft_cross_entropy(logits: Any, targets: Any) -> Any:
    """-Σ target · ln softmax(logits) over the last axis; a target of 0 counts nothing, whatever its logit."""
    log_p = np.where(np.equal(targets, 0), 0.0, log_softmax.forward(logits))
    return np.negative(np.add.reduce(np.multiply(targets, log_p), axis=-1))


_soft_cross_entropy.vjp(
    lambda g, logits, targets: g[..., None] * (softmax(logits, -1) * sum(targets, -1, True) - targets),
    lambda g, logits: -g[..., None] * log_softmax(logits, -1),
)


def soft_cross_entropy(logits: Any, targets: Any) -> Any:
    """The cross-entropy of softmax(logits) against probabilities, one number per sample.

    Parameters
    ----------
    logits : array_like of shape (..., classes)
        Unnormalised log-probabilities.
    targets : array_like of shape (..., classes)
        A weight per class; probabilities where they add up to 1, which is not checked.

    Returns
    -------
    Tensor or ndarray of shape (...)
        -Σ target · log softmax(logits), exact for logits of any size.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.soft_cross_entropy(ad.Tensor([[0.0, 0.0], [1e4, -1e4]]), [[0.5, 0.5], [0.75, 0.25]])
    Tensor([6.93147181e-01, 5.00000000e+03])
    """
    logits, targets = (x if hasattr(x, "_data") else np.asarray(x) for x in (logits, targets))
    if not logits.shape or logits.shape != targets.shape:
        raise ValueError(
            f"soft_cross_entropy: the logits have shape {logits.shape} and the targets {targets.shape}; needed are "
            "equal shapes (..., classes). Class indices belong into softmax_cross_entropy."
        )
    return _soft_cross_entropy(logits, targets)


def _floats(*values: Any) -> list[Any]:
    """Operands in the floating-point dtype they promote to; Python scalars are weak."""
    values = tuple(v if isinstance(v, (bool, int, float)) else np.asarray(v) for v in values)
    dtype = np.result_type(*values)
    return [np.asarray(v, dtype if dtype.kind == "f" else np.float64) for v in values]


@primitive(elementwise=True, symbol="σ CE")
def sigmoid_cross_entropy(x: Any, y: Any) -> Any:
    """-y ln σ(x) - (1 - y) ln σ(-x), the cross-entropy of σ(x) against the probability y, exact for any x."""
    x, y = _floats(x, y)
    return np.maximum(x, 0) - x * y + np.log1p(np.exp(-np.abs(x)))


sigmoid_cross_entropy.vjp(
    lambda g, x, y: g * (sigmoid(x) - y),
    lambda g, x: -g * x,
)

#: e**-100, below which a logarithm is taken for -100.
_LEAST = 3.7200759760208356e-44


def _bounded_log(x: Any) -> Any:
    """ln x, and -100 where that is less."""
    return where(x > _LEAST, log(where(x > _LEAST, x, 1.0)), -100.0)


def _bounded_log_of_rest(x: Any) -> Any:
    """ln(1 - x), and -100 where x is 1."""
    return where(x < 1.0, log1p(where(x < 1.0, -x, 0.0)), -100.0)


@primitive(elementwise=True, symbol="binary CE", domain=(0.1, 0.9))
def binary_cross_entropy(x: Any, y: Any) -> Any:
    """-y ln x - (1 - y) ln(1 - x), the cross-entropy of the probability x against y; no logarithm is less than -100."""
    x, y = _floats(x, y)
    return -y * _bounded_log(x) - (1.0 - y) * _bounded_log_of_rest(x)


def _binary_cross_entropy_rule(g: Any, x: Any, y: Any, x_dtype: Any) -> Any:
    """(x - y) / (x (1 - x)), and finite where x is 0 or 1: the least denominator is PyTorch's, but 0 in halves."""
    return g * (x - y) / maximum(x * (1.0 - x), max(1e-12, float(np.finfo(x_dtype).tiny)))


binary_cross_entropy.vjp(
    _binary_cross_entropy_rule,
    lambda g, x: g * (_bounded_log_of_rest(x) - _bounded_log(x)),
)
