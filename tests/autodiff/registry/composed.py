"""Entries of the public functions that are composed of primitives: the same promises, against NumPy's functions."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autodiff as ad

from . import arrays, images, linear
from .sample import Draw, Entry

Array = Any


class Composed:
    """A function with as much of a primitive's face as the properties look at."""

    variadic = True
    rules = (True,)
    inputs = ("arrays",)
    mutates = ()

    def __init__(self, name: str, function: Callable[..., Any]) -> None:
        self.name = name
        self.function = function

    def __call__(self, *operands: Any, **settings: Any) -> Any:
        return self.function(*operands, **settings)

    def __repr__(self) -> str:
        return self.name


def drawn_matmul(d: Draw) -> tuple[Any, ...]:
    left, right = d.stretched(d.shape(0, 2), 2)
    n, k, m = (d.one_of(1, 2, 3, 0) for _ in range(3))
    return [
        d.values(d.one_of((k,), (*left, n, k))),
        d.values(d.one_of((k,), (*right, k, m))),
    ], {}


def drawn_dot(d: Draw) -> tuple[Any, ...]:
    k = d.integer(0, 3)
    left, right = d.shape(0, 2), d.shape(0, 2)
    y = d.one_of((), (k,), (k, 2), (*right, k, 2))
    return [d.values(d.one_of((), (k,), (*left, k)) if y else left), d.values(y)], {}


def drawn_tensordot(d: Draw) -> tuple[Any, ...]:
    shape = d.shape(0, 3)
    count = d.integer(0, len(shape))
    order = [int(a) for a in d.rng.permutation(len(shape))]
    if d.boolean():
        return [d.values(shape), d.values(shape[len(shape) - count :] + d.shape(0, 1))], {"axes": count}
    other = tuple(shape[a] for a in order)
    right = [order.index(a) - len(shape) * d.integer(0, 1) for a in range(count)]
    return [d.values(shape), d.values(other)], {"axes": (list(range(count)), right)}


def drawn_einsum(d: Draw) -> tuple[Any, ...]:
    """Every form of the subscripts: with spaces, without an output, with an ellipsis that broadcasts."""
    lead = d.shape(0, 2)
    left, right = d.stretched(lead, 2)
    n, k, m = (d.integer(1, 3) for _ in range(3))
    subscripts, shapes = d.one_of(
        ("ij, jk", [(n, k), (k, m)]), ("ba", [(n, k)]), ("ii", [(n, n)]), ("ij,ij->", [(n, k), (n, k)]),
        ("...ij,...jk->...ik", [(*left, n, k), (*right, k, m)]), ("...i->...", [(*lead, n)]), ("i...", [(n, *lead)]),
        ("...ii->...i", [(*lead, n, n)]), ("i,j,k->kji", [(n,), (k,), (m,)]), (",i->i", [(), (n,)]),
    )  # fmt: skip
    return [d.values(shape) for shape in shapes], {"subscripts": subscripts}


def drawn_diagonal(d: Draw) -> tuple[Any, ...]:
    shape = d.shape(2, 4)
    first, second = (int(a) for a in d.rng.permutation(len(shape))[:2])
    return [d.values(shape)], {"offset": d.integer(-2, 2), "axis1": first, "axis2": second - len(shape)}


def drawn_triangle(d: Draw) -> tuple[Any, ...]:
    return [d.values(d.shape(2, 3))], {"k": d.integer(-2, 2)}


def drawn_solve(d: Draw) -> tuple[Any, ...]:
    x = linear.square(d, lead=())
    return [x, d.values(d.one_of((x.shape[0],), (x.shape[0], 2)))], {}


def drawn_norm(d: Draw) -> tuple[Any, ...]:
    ord, ndim = d.one_of((None, 3), (2, 1), (1, 1), (np.inf, 1), (-np.inf, 1), (3, 1), ("fro", 2), (1, 2), (np.inf, 2))
    shape = d.shape(ndim, max(ndim, 3), empty=False)
    axes = tuple(int(a) for a in d.rng.permutation(len(shape))[:ndim])
    axis = None if ord is None else axes[0] if ndim == 1 else axes
    x = np.abs(d.distinct(shape)) + 0.5 * np.arange(int(np.prod(shape))).reshape(shape) + 0.3
    return [x * d.rng.choice([-1, 1], shape)], {"ord": ord, "axis": axis, "keepdims": d.boolean()}


def drawn_clip(d: Draw) -> tuple[Any, ...]:
    return [d.values(d.shape(), kinks=(-1.0, 0.5))], {"lo": d.one_of(None, -1.0), "hi": d.one_of(None, 0.5)}


def drawn_pad(d: Draw) -> tuple[Any, ...]:
    mode = d.one_of("constant", "edge", "reflect", "symmetric", "wrap")
    shape = d.shape(1, 2, empty=mode == "constant")
    width = d.one_of(1, (2, 1), tuple((d.integer(0, 3), d.integer(0, 2)) for _ in shape))
    return [d.values(shape)], {"width": width, "mode": mode}


def drawn_repeat(d: Draw) -> tuple[Any, ...]:
    shape = d.shape()
    axis = d.axis(len(shape), many=False)
    length = int(np.prod(shape)) if axis is None else shape[axis]
    return [d.values(shape)], {"repeats": d.one_of(d.integer(0, 2), d.rng.integers(0, 3, length)), "axis": axis}


def drawn_tile(d: Draw) -> tuple[Any, ...]:
    return [d.values(d.shape())], {"repeats": d.one_of(2, 0, (2,), (1, 2), (2, 1, 2), ())}


def drawn_joined(d: Draw) -> tuple[Any, ...]:
    n = d.integer(1, 3)
    rows = d.one_of([(n,), (n,)], [(n,), (n,), (n,)], [(n, 2), (n, 2)])
    return [d.values(shape) for shape in rows], {}


def drawn_split(d: Draw) -> tuple[Any, ...]:
    """One part of a split: which one is a setting."""
    shape = d.shape(1)
    axis = d.integer(-len(shape), len(shape) - 1)
    sections = d.one_of([n for n in (1, 2, 3) if shape[axis] % n == 0][-1], [1], [0, 2], [2, 1, 5])
    count = sections if isinstance(sections, int) else len(sections) + 1
    return [d.values(shape)], {"sections": sections, "axis": axis, "part": d.integer(0, count - 1)}


def drawn_getitem(d: Draw) -> tuple[Any, ...]:
    shape = d.shape(1, empty=False)
    if d.boolean():
        return [d.values(shape)], {"index": arrays.basic_index(d, shape)}
    template, places = arrays.advanced_index(d, shape)
    index = arrays.filled(template, tuple(places))
    return [d.values(shape)], {"index": index[0] if len(index) == 1 else index}


def drawn_scatter_add(d: Draw) -> tuple[Any, ...]:
    (x,), static = drawn_getitem(d)
    return [x, d.values(d.partial(x[static["index"]].shape))], static


def scatter_add(x: Array, values: Array, index: Any) -> Array:
    out = x.astype(np.result_type(x, values))
    np.add.at(out, index, values)
    return out


def drawn_take(d: Draw) -> tuple[Any, ...]:
    shape = d.shape(1, empty=False)
    axis = d.axis(len(shape), many=False)
    length = int(np.prod(shape)) if axis is None else shape[axis]
    return [d.values(shape)], {"indices": d.rng.integers(-length, length, d.shape(0, 2)), "axis": axis}


def drawn_take_along_axis(d: Draw) -> tuple[Any, ...]:
    shape = d.shape(1, empty=False)
    axis = d.axis(len(shape), many=False)
    if axis is None:
        return [d.values(shape)], {"indices": d.rng.integers(0, np.prod(shape), 4), "axis": None}
    places = [n if d.boolean() else 1 for n in shape]
    places[axis] = d.integer(0, 3)
    return [d.values(shape)], {"indices": d.rng.integers(-shape[axis], shape[axis], places), "axis": axis}


def drawn_flat(d: Draw) -> tuple[Any, ...]:
    return [d.distinct(d.shape())], {"axis": None}


def drawn_convolution(d: Draw) -> tuple[Any, ...]:
    x, weight, _, settings = images.drawn_convolution(d)
    settings.pop("kernel")
    rows, columns = settings["padding"]
    settings["padding"] = (rows[1], columns[1])
    sides = ((rows[1], rows[1]), (columns[1], columns[1]))
    if not all(images.output_size(x.shape[2:], weight.shape[2:], settings["stride"], sides, settings["dilation"])):
        settings |= {"padding": (2, 2), "dilation": 1}
    return [x, weight, d.values(weight.shape[:1])], settings


def both(value: Any) -> Any:
    return (value, value) if isinstance(value, int) else value


def convolution(x: Array, weight: Array, bias: Array, padding: Any, dilation: Any, **settings: Any) -> Array:
    sides = tuple((n, n) for n in padding)
    out = images.conv2d(x, weight, padding=sides, dilation=both(dilation), **settings)
    return out + bias[:, None, None]


def drawn_mean_pool(d: Draw) -> tuple[Any, ...]:
    (x,), settings = images.drawn_sum_pool(d)
    kernel = tuple(min(k, n) for k, n in zip(settings["kernel"], x.shape[2:], strict=True))
    static = {"kernel": kernel, "stride": d.one_of(None, settings["stride"]), "padding": tuple(k // 2 for k in kernel)}
    return [x], {**static, "count_include_pad": d.boolean()}


def mean_pool(x: Array, kernel: Any, stride: Any, padding: Any, count_include_pad: bool) -> Array:
    window = {"kernel": kernel, "stride": stride or kernel, "padding": tuple((n, n) for n in padding)}
    counted = np.prod(kernel) if count_include_pad else images.sum_pool(np.ones((1, 1, *x.shape[2:])), **window)
    return (images.sum_pool(x.astype("f8"), **window) / counted).astype(x.dtype)


def joined(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of a sequence of arrays as one of so many operands."""
    return lambda *operands, **settings: function(operands, **settings)


FUNCTIONS: dict[str, tuple[Callable[..., Any], Entry]] = {
    "matmul": (ad.matmul, Entry(drawn_matmul, np.matmul)),
    "dot": (ad.dot, Entry(drawn_dot, np.dot)),
    "outer": (ad.outer, Entry(lambda d: ([d.values(d.shape(0, 2)), d.values(d.shape(0, 2))], {}), np.outer)),
    "tensordot": (ad.tensordot, Entry(drawn_tensordot, np.tensordot)),
    "einsum": (
        lambda *a, subscripts: ad.einsum(subscripts, *a),
        Entry(drawn_einsum, lambda *a, subscripts: np.einsum(subscripts, *a)),
    ),
    "diagonal": (ad.diagonal, Entry(drawn_diagonal, np.diagonal)),
    "trace": (ad.trace, Entry(drawn_diagonal, np.trace)),
    "tril": (ad.tril, Entry(drawn_triangle, np.tril)),
    "triu": (ad.triu, Entry(drawn_triangle, np.triu)),
    "solve": (ad.solve, Entry(drawn_solve, np.linalg.solve, linear.MATRICES)),
    "slogdet": (
        lambda x: ad.slogdet(x).logabsdet,
        Entry(lambda d: ([linear.square(d)], {}), lambda x: np.linalg.slogdet(x)[1], linear.MATRICES),
    ),
    "norm": (ad.norm, Entry(drawn_norm, np.linalg.norm, linear.MATRICES)),
    "clip": (ad.clip, Entry(drawn_clip, lambda x, lo, hi: np.clip(x, lo, hi))),
    "pad": (ad.pad, Entry(drawn_pad, lambda x, width, mode: np.pad(x, width, mode))),
    "repeat": (ad.repeat, Entry(drawn_repeat, np.repeat)),
    "tile": (ad.tile, Entry(drawn_tile, lambda x, repeats: np.tile(x, repeats))),
    "vstack": (joined(ad.vstack), Entry(drawn_joined, joined(np.vstack))),
    "hstack": (joined(ad.hstack), Entry(drawn_joined, joined(np.hstack))),
    "column_stack": (joined(ad.column_stack), Entry(drawn_joined, joined(np.column_stack))),
    "concatenate": (joined(ad.concatenate), Entry(arrays.drawn_concatenate, joined(np.concatenate))),
    "stack": (joined(ad.stack), Entry(arrays.drawn_stack, joined(np.stack))),
    "split": (
        lambda x, sections, axis, part: ad.split(x, sections, axis)[part],
        Entry(drawn_split, lambda x, sections, axis, part: np.split(x, sections, axis)[part]),
    ),
    "ravel": (ad.ravel, Entry(lambda d: ([d.values(d.shape())], {}), np.ravel)),
    "getitem": (ad.getitem, Entry(drawn_getitem, lambda x, index: x[index])),
    "scatter_add": (lambda x, values, index: ad.scatter_add(x, index, values), Entry(drawn_scatter_add, scatter_add)),
    "take": (ad.take, Entry(drawn_take, np.take)),
    "take_along_axis": (ad.take_along_axis, Entry(drawn_take_along_axis, np.take_along_axis)),
    "cumsum": (ad.cumsum, Entry(drawn_flat, np.cumsum)),
    "sort": (ad.sort, Entry(drawn_flat, np.sort)),
    "conv2d": (ad.conv2d, Entry(drawn_convolution, convolution)),
    "avg_pool2d": (ad.avg_pool2d, Entry(drawn_mean_pool, mean_pool)),
}
