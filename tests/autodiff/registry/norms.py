"""Entries of normalisation, its running statistics, and dropout; references take one group of elements at a time."""
from __future__ import annotations

import math
from typing import Any

import numpy as np

from .sample import Draw, Entry

Array = Any


def groups(shape: tuple[int, ...], axes: tuple[int, ...]) -> Any:
    """The index of the elements that share a mean, and of that mean, for every mean."""
    kept = [1 if a in axes else n for a, n in enumerate(shape)]
    for place in np.ndindex(*kept):
        yield tuple(slice(None) if a in axes else slice(i, i + 1) for a, i in enumerate(place)), place


def drawn_moments(d: Draw) -> tuple[Any, ...]:
    shape = d.shape()
    axis = d.axis(len(shape))
    reduced = range(len(shape)) if axis is None else np.arange(len(shape))[[*np.atleast_1d(axis).astype(int)]]
    shape = tuple(n or 1 if a in reduced else n for a, n in enumerate(shape))  # nothing has no mean
    return [d.values(shape)], {"axis": axis}


def moments(x: Array, axis: Any) -> Array:
    """The mean, and the mean square minus the squared mean."""
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = tuple(a % x.ndim for a in axes)
    out = np.empty((2, *(1 if a in axes else n for a, n in enumerate(x.shape))))
    for chosen, place in groups(x.shape, axes):
        values = [float(v) for v in x[chosen].ravel()]
        mean = math.fsum(values) / len(values)
        out[(0, *place)] = mean
        out[(1, *place)] = math.fsum(v * v for v in values) / len(values) - mean * mean
    return out.astype(x.dtype)


def drawn_normalizer(d: Draw) -> tuple[Any, ...]:
    shape = d.shape(0, 3)
    moments = np.stack([d.values(shape), d.values(shape, 0.5, 3.0)])
    return [moments, d.values(d.partial(shape)), d.values(d.partial(shape))], {"eps": d.one_of(1e-5, 0.1)}


def normalizer(moments: Array, weight: Array, bias: Array, eps: float) -> Array:
    mean, variance = moments
    deviation = np.hypot(np.sqrt(variance.astype("f8")), math.sqrt(eps))
    ones = np.ones_like(mean)
    return np.array([mean, weight / deviation, bias * ones]).astype(np.result_type(moments, weight, bias))


def drawn_normalize(d: Draw) -> tuple[Any, ...]:
    shape = d.shape(0, 3)
    line = tuple(1 if d.boolean() else n for n in shape)
    return [d.values(shape), d.values((3, *line))], {}


def normalize(x: Array, normalizer: Array) -> Array:
    """Element by element; the parts of the normalizer have as many axes as x."""
    out = np.empty(x.shape)
    for place in np.ndindex(*x.shape):
        at = tuple(i if n > 1 else 0 for i, n in zip(place, normalizer.shape[1:], strict=True))
        centre, scale, shift = (float(part[at]) for part in normalizer)
        out[place] = (float(x[place]) - centre) * scale + shift
    return out.astype(np.result_type(x, normalizer))


def drawn_dropout(d: Draw) -> tuple[Any, ...]:
    shape = d.shape(0, 3)
    draws = d.values(shape, 0.0, 1.0, kinks=(0.25, 0.5, 0.9))
    return [d.values(shape), draws], {"p": d.one_of(0.25, 0.5, 0.9, 0.0, 1.0)}


def dropout(x: Array, draws: Array, p: float) -> Array:
    return np.where((np.asarray(draws) < p) | (p == 1), 0, x / (1 - p or 1.0)).astype(x.dtype)


def drawn_running(d: Draw) -> tuple[Any, ...]:
    channels, size = d.one_of(1, 3, 0), float(d.integer(2, 9))
    mean, variance = d.values((channels,)), d.values((channels,), 0.1, 2.0)
    moments = np.concatenate([d.values((channels,)), d.values((channels,), 0.1, 2.0)])
    return [mean, variance, moments, d.one_of(0.1, 1.0, 0.0), size], {}


def running(mean: Array, variance: Array, moments: Array, momentum: float, size: float) -> tuple[Array, ...]:
    """Ioffe and Szegedy, 2015, algorithm 2: the unbiased variance, m / (m - 1) times the batch's."""
    batch_mean, batch_variance = moments.reshape(2, -1)
    unbiased = size / (size - 1) * batch_variance
    return mean + momentum * (batch_mean - mean), variance + momentum * (unbiased - variance)


ENTRIES = {
    "moments": Entry(drawn_moments, moments),
    "normalizer": Entry(drawn_normalizer, normalizer),
    "normalize": Entry(drawn_normalize, normalize),
    "dropout": Entry(drawn_dropout, dropout),
    "running_update": Entry(drawn_running, running),
    "count_batch": Entry(lambda d: ([d.values((1,))], {}), lambda count: (count + 1,)),
}
