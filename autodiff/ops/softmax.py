"""The softmax family, exact for logits of any size: the largest logit is subtracted before anything is exponentiated.

`softmax_cross_entropy` is one of the few fused primitives; the tests hold it against its composition.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..primitive import primitive
from .elementwise import exp
from .reduce import _with_axes, sum


def _shifted(x: Any, axis: Any) -> tuple[Any, Any]:
    """x minus its maximum, and the maximum (0 where that is infinite, so that inf - inf does not arise)."""
    x = np.asarray(x)
    if x.dtype.kind != "f":
        x = x.astype(np.float64)
    top = np.maximum.reduce(x, axis=axis, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, 0) if not np.isfinite(top).all() else top
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
    hot = np.zeros(p.shape, p.dtype)
    np.put_along_axis(hot, labels[..., None], 1, -1)
    return (p - hot) * g[..., None]


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
