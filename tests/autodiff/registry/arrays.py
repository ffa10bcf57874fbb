"""Entries of reductions, movements of elements, indexing and the softmax family."""
from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .sample import Draw, Entry

Array = Any


def reduction(*, empty: bool = False, distinct: bool = False, zeros: bool = False) -> Callable[[Draw], tuple[Any, ...]]:
    def draw(d: Draw) -> tuple[Any, ...]:
        shape = d.shape(empty=empty)
        x = d.distinct(shape) if distinct else d.values(shape)
        if zeros:
            x = np.where(d.rng.random(shape) < d.one_of(0.0, 0.3), 0.0, x)
        return [x], {"axis": d.axis(len(shape)), "keepdims": d.boolean()}

    return draw


def drawn_spread(d: Draw) -> tuple[Any, ...]:
    """Two or more different elements along the axes, whatever they are: a constant has no smooth deviation."""
    shape = d.shape(1, 3, empty=False, least=2)
    axis = d.axis(len(shape)) or None
    ddof = d.one_of(0, 1, 0.5)
    return [d.distinct(shape)], {"axis": axis, "ddof": ddof, "keepdims": d.boolean()}


def one_axis(d: Draw, *, empty: bool = True, distinct: bool = False) -> tuple[Any, ...]:
    shape = d.shape(1, 3, empty=empty)
    return [d.distinct(shape) if distinct else d.values(shape)], {"axis": d.axis(len(shape), none=False, many=False)}


def drawn_logsumexp(d: Draw) -> tuple[Any, ...]:
    shape = d.shape(empty=False)
    return [d.values(shape)], {"axis": d.axis(len(shape)), "keepdims": d.boolean()}


def exponentials(x: Array, axis: int) -> tuple[Array, Array]:
    """e to the x and their sums along an axis, in double precision: the textbook's way."""
    e = np.exp(np.asarray(x, "f8"))
    return e, e.sum(axis, keepdims=True)


def softmax(x: Array, axis: int) -> Array:
    e, total = exponentials(x, axis)
    return (e / total).astype(x.dtype)


def log_softmax(x: Array, axis: int) -> Array:
    e, total = exponentials(x, axis)
    return np.log(e / total).astype(x.dtype)


def logsumexp(x: Array, axis: Any, keepdims: bool) -> Array:
    return np.log(np.sum(np.exp(np.asarray(x, "f8")), axis=axis, keepdims=keepdims)).astype(x.dtype)


def drawn_cross_entropy(d: Draw) -> tuple[Any, ...]:
    logits = d.values((*d.shape(0, 2), d.integer(1, 4)))
    return [logits, d.rng.integers(0, logits.shape[-1], logits.shape[:-1])], {}


def cross_entropy(logits: Array, labels: Array) -> Array:
    out = np.zeros(labels.shape, logits.dtype)
    for place in np.ndindex(labels.shape):
        row = [math.exp(float(value)) for value in logits[place]]
        out[place] = -math.log(row[labels[place]] / sum(row))
    return out


def drawn_soft_cross_entropy(d: Draw) -> tuple[Any, ...]:
    """Targets of any sign and sum: the formula does not ask for probabilities."""
    shape = (*d.shape(0, 2), d.integer(1, 4))
    return [d.values(shape), d.values(shape)], {}


def soft_cross_entropy(logits: Array, targets: Array) -> Array:
    out = np.zeros(logits.shape[:-1], np.result_type(logits, targets))
    for place in np.ndindex(out.shape):
        row = [math.exp(float(value)) for value in logits[place]]
        out[place] = -sum(float(t) * math.log(e / sum(row)) for t, e in zip(targets[place], row, strict=True))
    return out


# Shapes.


def drawn_reshape(d: Draw) -> tuple[Any, ...]:
    shape = d.shape()
    new = [int(n) for n in d.rng.permutation(np.array(shape, int))]
    if new and d.boolean():
        new = [new[0] * (new[1] if len(new) > 1 else 1), *new[2:]]
    new.insert(d.integer(0, len(new)), 1)
    if math.prod(shape) and d.boolean():
        new[d.integer(0, len(new) - 1)] = -1
    return [d.values(shape)], {"shape": tuple(new)}


def drawn_transpose(d: Draw) -> tuple[Any, ...]:
    shape = d.shape(0, 4)
    axes = tuple(int(a) - len(shape) * int(d.rng.integers(2)) for a in d.rng.permutation(len(shape)))
    return [d.values(shape)], {"axes": d.one_of(axes, axes, None)}


def drawn_swapaxes(d: Draw) -> tuple[Any, ...]:
    shape = d.shape(1)
    return [d.values(shape)], {f"axis{i}": d.integer(-len(shape), len(shape) - 1) for i in (1, 2)}


def drawn_moveaxis(d: Draw) -> tuple[Any, ...]:
    shape = d.shape(1, 4)
    n = len(shape)
    if d.boolean():
        return [d.values(shape)], {"source": d.integer(-n, n - 1), "destination": d.integer(-n, n - 1)}
    count = d.integer(0, n)
    source, destination = (tuple(int(a) for a in d.rng.permutation(n)[:count]) for _ in range(2))
    return [d.values(shape)], {"source": source, "destination": destination}


def drawn_expand_dims(d: Draw) -> tuple[Any, ...]:
    shape = d.shape()
    n = len(shape)
    axis = d.one_of(d.integer(-n - 1, n), (0, n + 1), (-1, 0), ())
    return [d.values(shape)], {"axis": axis}


def drawn_squeeze(d: Draw) -> tuple[Any, ...]:
    shape = d.shape(0, 4)
    ones = [i - len(shape) * int(d.rng.integers(2)) for i, n in enumerate(shape) if n == 1]
    return [d.values(shape)], {"axis": d.one_of(None, tuple(ones), *ones)}


def drawn_broadcast_to(d: Draw) -> tuple[Any, ...]:
    shape = d.shape()
    return [d.values(d.partial(shape))], {"shape": shape}


def drawn_flip(d: Draw) -> tuple[Any, ...]:
    shape = d.shape()
    return [d.values(shape)], {"axis": d.axis(len(shape))}


def drawn_roll(d: Draw) -> tuple[Any, ...]:
    """One shift for one axis, for several, or for all elements; or as many shifts as axes."""
    shape = d.shape()
    axis = d.axis(len(shape))
    axis = None if axis == () else axis
    several = isinstance(axis, tuple) and d.boolean()
    shift = tuple(d.integer(-3, 3) for _ in axis) if several else d.integer(-4, 4)
    return [d.values(shape)], {"shift": shift, "axis": axis}


def drawn_concatenate(d: Draw) -> tuple[Any, ...]:
    shape = d.shape(1)
    axis = d.axis(len(shape), many=False)
    count = d.integer(1, 3)
    if axis is None:
        return [d.values(d.shape(0, 2)) for _ in range(count)], {"axis": None}
    lengths = [d.integer(0, 2) for _ in range(count)]
    place = axis % len(shape)
    return [d.values((*shape[:place], n, *shape[place + 1 :])) for n in lengths], {"axis": axis}


def drawn_stack(d: Draw) -> tuple[Any, ...]:
    shape = d.shape(0, 2)
    arrays = [d.values(shape) for _ in range(d.integer(1, 3))]
    return arrays, {"axis": d.integer(-len(shape) - 1, len(shape))}


def drawn_pad(d: Draw) -> tuple[Any, ...]:
    shape = d.shape(1, 2)
    width = tuple((d.integer(0, 2), d.integer(0, 2)) for _ in shape)
    return [d.values(shape), np.array(d.one_of(0.0, 1.5))], {"width": width}


def padded(x: Array, value: Any, width: Any) -> Array:
    out = np.full([n + before + after for n, (before, after) in zip(x.shape, width, strict=True)], value, x.dtype)
    for place in np.ndindex(x.shape):
        out[tuple(i + before for i, (before, _) in zip(place, width, strict=True))] = x[place]
    return out


# Indices.


def basic_index(d: Draw, shape: tuple[int, ...]) -> Any:
    """An int, a slice (with steps, backwards, empty), None and Ellipsis, or a tuple of them."""
    parts: list[Any] = []
    for n in shape[: d.integer(0, len(shape))]:
        parts.append(basic_part(d, n))
    if d.boolean():
        parts.insert(d.integer(0, len(parts)), None)
    if d.boolean():
        parts.append(Ellipsis)
    return parts[0] if len(parts) == 1 and d.boolean() else tuple(parts)


def basic_part(d: Draw, n: int) -> Any:
    if n and d.boolean():
        return d.integer(-n, n - 1)
    reverse, even, empty = slice(None, None, -1), slice(None, -1, 2), slice(0, 0)
    return d.one_of(slice(None), slice(1, None), reverse, even, slice(2, 0, -1), empty)


def drawn_slice(d: Draw) -> tuple[Any, ...]:
    shape = d.shape()
    return [d.values(shape)], {"key": basic_index(d, shape)}


def drawn_unslice(d: Draw) -> tuple[Any, ...]:
    shape = d.shape()
    key = basic_index(d, shape)
    return [d.values(np.zeros(shape)[key].shape)], {"key": key, "shape": shape}


def advanced_index(d: Draw, shape: tuple[int, ...]) -> tuple[tuple[Any, ...], list[Array]]:
    """A template and its arrays: a mask, or repeated integers that broadcast, with basic parts between."""
    common = d.shape(0, 2)
    template: list[Any] = []
    arrays: list[Array] = []
    chosen = d.integer(0, len(shape) - 1)
    if d.one_of(False, False, True):
        mask = d.rng.random(shape[chosen:]) < 0.5
        return (slice(None),) * chosen + ("array",), [mask]
    for place, n in enumerate(shape):
        if place == chosen or d.boolean():
            many = d.partial(common)
            arrays.append(d.rng.integers(-n, n, many))
            template.append("array")
        elif d.boolean():
            template.append(basic_part(d, n))
        else:
            template.append(slice(None))
    if d.one_of(False, False, True):
        template.insert(d.integer(0, len(template)), None)
    return tuple(template), arrays


def drawn_squared_error(d: Draw) -> tuple[Any, ...]:
    shape = d.shape(empty=False)
    return [d.values(part) for part in d.stretched(shape, 2)], {}


def drawn_gather(d: Draw) -> tuple[Any, ...]:
    shape = d.shape(1, empty=False)
    template, arrays = advanced_index(d, shape)
    return [d.values(shape), *arrays], {"template": template}


def filled(template: tuple[Any, ...], arrays: tuple[Array, ...]) -> tuple[Any, ...]:
    left = list(arrays)
    return tuple(left.pop(0) if isinstance(part, str) else part for part in template)


def drawn_scatter(d: Draw) -> tuple[Any, ...]:
    shape = d.shape(1, empty=False)
    template, arrays = advanced_index(d, shape)
    picked = np.zeros(shape)[filled(template, tuple(arrays))].shape
    return [d.values(picked), *arrays], {"template": template, "shape": shape}


def gathered(x: Array, *arrays: Array, template: Any) -> Array:
    return x[filled(template, arrays)]


def scattered(x: Array, *arrays: Array, template: Any, shape: tuple[int, ...]) -> Array:
    """One element after the other, at the flat position that NumPy's indexing names."""
    out = np.zeros(math.prod(shape))
    positions = np.arange(math.prod(shape)).reshape(shape)[filled(template, arrays)]
    for position, value in zip(positions.ravel(), x.ravel(), strict=True):
        out[position] += value
    return out.reshape(shape).astype(x.dtype)


def unsliced(x: Array, key: Any, shape: tuple[int, ...]) -> Array:
    return scattered(x, template=key if isinstance(key, tuple) else (key,), shape=shape)


ENTRIES = {
    "sum": Entry(reduction(empty=True), np.sum),
    "mean": Entry(reduction(), np.mean),
    "mean_squared_error": Entry(drawn_squared_error, lambda x, y: np.mean((x - y) ** 2)),
    "prod": Entry(reduction(empty=True, zeros=True), np.prod),
    "max": Entry(reduction(distinct=True), np.max),
    "min": Entry(reduction(distinct=True), np.min),
    "var": Entry(drawn_spread, np.var),
    "std": Entry(drawn_spread, np.std),
    "cumsum": Entry(one_axis, np.cumsum),
    "sort": Entry(lambda d: one_axis(d, distinct=True), np.sort),
    "softmax": Entry(lambda d: one_axis(d, empty=False), softmax),
    "log_softmax": Entry(lambda d: one_axis(d, empty=False), log_softmax),
    "logsumexp": Entry(drawn_logsumexp, logsumexp),
    "softmax_cross_entropy": Entry(drawn_cross_entropy, cross_entropy),
    "soft_cross_entropy": Entry(drawn_soft_cross_entropy, soft_cross_entropy),
    "reshape": Entry(drawn_reshape, lambda x, shape: np.reshape(x, shape)),
    "transpose": Entry(drawn_transpose, np.transpose),
    "swapaxes": Entry(drawn_swapaxes, np.swapaxes),
    "moveaxis": Entry(drawn_moveaxis, np.moveaxis),
    "expand_dims": Entry(drawn_expand_dims, np.expand_dims),
    "squeeze": Entry(drawn_squeeze, np.squeeze),
    "broadcast_to": Entry(drawn_broadcast_to, np.broadcast_to),
    "roll": Entry(drawn_roll, np.roll),
    "flip": Entry(drawn_flip, np.flip),
    "concatenate": Entry(drawn_concatenate, lambda *arrays, axis: np.concatenate(arrays, axis)),
    "stack": Entry(drawn_stack, lambda *arrays, axis: np.stack(arrays, axis)),
    "pad": Entry(drawn_pad, padded),
    "slice": Entry(drawn_slice, lambda x, key: x[key]),
    "unslice": Entry(drawn_unslice, unsliced),
    "gather": Entry(drawn_gather, gathered),
    "scatter": Entry(drawn_scatter, scattered),
}
