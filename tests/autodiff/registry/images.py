"""Entries of convolution and pooling: small images, every setting, and references that loop over single elements."""
from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np

from .sample import Draw, Entry

Array = Any
Settings = dict[str, Any]


def output_size(size: Any, kernel: Any, stride: Any, padding: Any, dilation: Any = (1, 1)) -> tuple[int, ...]:
    """By counting: a window fits at every step at which its last element is still on the padded image."""
    return tuple(
        len([at for at in range(0, n + before + after, step) if at + (k - 1) * apart < n + before + after])
        for n, k, step, (before, after), apart in zip(size, kernel, stride, padding, dilation, strict=True)
    )


def taps(size: Any, kernel: Any, stride: Any, padding: Any, dilation: Any = (1, 1)) -> Iterator[tuple[Any, ...]]:
    """(place in the output, place in the kernel, place in the image) for all that do not fall on padding."""
    for out in np.ndindex(*output_size(size, kernel, stride, padding, dilation)):
        for tap in np.ndindex(*kernel):
            at = [o * s + t * d - p for o, s, t, d, (p, _) in zip(out, stride, tap, dilation, padding, strict=True)]
            if all(0 <= i < n for i, n in zip(at, size, strict=True)):
                yield out, tap, tuple(at)


def drawn_windows(d: Draw, *, pool: bool = False, dilated: bool = True) -> tuple[tuple[int, ...], Settings]:
    """The size of images, and settings with which at least one window fits, and each sees an element."""
    while True:
        size = (d.integer(1, 4), d.integer(1, 3))
        settings: Settings = {
            "kernel": (d.integer(1, 3), d.integer(1, 2)),
            "stride": (d.integer(1, 2), d.integer(1, 3)),
            "dilation": (d.integer(1, 2), d.integer(1, 2)) if dilated else (1, 1),
        }
        most = [((k - 1) * a + 1) // 2 if pool else 2 for k, a in zip(*(settings[n] for n in ("kernel", "dilation")))]
        settings["padding"] = tuple((d.integer(0, n), d.integer(0, n)) for n in most)
        windows = {place for place, _, _ in taps(size, **settings)}
        if windows and len(windows) == math.prod(output_size(size, **settings)):  # none holds nothing but padding
            return size, settings


def drawn_convolution(d: Draw) -> tuple[Array, Array, Array, Settings]:
    """Images, kernels, something of the output's shape, settings."""
    size, settings = drawn_windows(d)
    groups, batch = d.one_of(1, 1, 2), d.one_of(1, 1, 2, 0)
    channels, outputs = groups * d.integer(1, 2), groups * d.integer(1, 2)
    x = d.values((batch, channels, *size))
    weight = d.values((outputs, channels // groups, *settings["kernel"]))
    y = d.values((batch, outputs, *output_size(size, **settings)))
    return x, weight, y, {**settings, "groups": groups}


def drawn_conv2d(d: Draw) -> tuple[Any, ...]:
    x, weight, _, settings = drawn_convolution(d)
    settings.pop("kernel")
    return [x, weight], settings


def drawn_input_gradient(d: Draw) -> tuple[Any, ...]:
    x, weight, y, settings = drawn_convolution(d)
    settings.pop("kernel")
    return [y, weight], {"size": x.shape[2:], **settings}


def drawn_weight_gradient(d: Draw) -> tuple[Any, ...]:
    x, _, y, settings = drawn_convolution(d)
    return [x, y], settings


def products(x: Any, y: Any, weight: Any, groups: int, **window: Any) -> Iterator[tuple[Any, ...]]:
    """The indices (of the images, of the output, of the kernels) of all products that a convolution sums, by shapes."""
    (batch, channels, *size), (outputs, inner, *kernel) = x, weight
    for (out, tap, at), n, o, c in product(taps(size, kernel, **window), range(batch), range(outputs), range(inner)):
        yield (n, o // (outputs // groups) * (channels // groups) + c, *at), (n, o, *out), (o, c, *tap)


def conv2d(x: Array, weight: Array, *, groups: int, **window: Any) -> Array:
    size = output_size(x.shape[2:], weight.shape[2:], **window)
    out = np.zeros((x.shape[0], weight.shape[0], *size))
    for image, place, kernel in products(x.shape, out.shape, weight.shape, groups, **window):
        out[place] += float(x[image]) * float(weight[kernel])
    return out.astype(np.result_type(x, weight))


def input_gradient(y: Array, weight: Array, *, size: Any, groups: int, **window: Any) -> Array:
    out = np.zeros((y.shape[0], weight.shape[1] * groups, *size))
    for image, place, kernel in products(out.shape, y.shape, weight.shape, groups, **window):
        out[image] += float(y[place]) * float(weight[kernel])
    return out.astype(np.result_type(y, weight))


def weight_gradient(x: Array, y: Array, *, kernel: Any, groups: int, **window: Any) -> Array:
    out = np.zeros((y.shape[1], x.shape[1] // groups, *kernel))
    for image, place, weight in products(x.shape, y.shape, out.shape, groups, **window):
        out[weight] += float(x[image]) * float(y[place])
    return out.astype(np.result_type(x, y))


# Pools.


def drawn_max_pool(d: Draw) -> tuple[Any, ...]:
    size, settings = drawn_windows(d, pool=True)
    return [d.distinct((d.integer(0, 2), d.integer(1, 2), *size))], settings


def drawn_places(d: Draw) -> tuple[Array, Array, Array, Settings]:
    """Images, something of the pool's shape, a place in each window, settings."""
    size, settings = drawn_windows(d, pool=True)
    lead = (d.integer(0, 2), d.integer(1, 2))
    y = d.values((*lead, *output_size(size, **settings)))
    return d.values((*lead, *size)), y, d.rng.integers(0, np.prod(settings["kernel"]), y.shape), settings


def drawn_pool_scatter(d: Draw) -> tuple[Any, ...]:
    x, y, places, settings = drawn_places(d)
    return [y, places], {"size": x.shape[2:], **settings}


def drawn_pool_gather(d: Draw) -> tuple[Any, ...]:
    x, _, places, settings = drawn_places(d)
    return [x, places], settings


def drawn_sum_pool(d: Draw) -> tuple[Any, ...]:
    size, settings = drawn_windows(d, pool=True, dilated=False)
    settings.pop("dilation")
    return [d.values((d.integer(0, 2), d.integer(1, 2), *size))], settings


def drawn_sum_pool_scatter(d: Draw) -> tuple[Any, ...]:
    (x,), settings = drawn_sum_pool(d)
    return [d.values((*x.shape[:2], *output_size(x.shape[2:], **settings)))], {"size": x.shape[2:], **settings}


def max_pool(x: Array, **window: Any) -> Array:
    out = np.full((*x.shape[:2], *output_size(x.shape[2:], **window)), -np.inf, x.dtype)
    for place, _, at in taps(x.shape[2:], **window):
        out[(..., *place)] = np.maximum(out[(..., *place)], x[(..., *at)])
    return out


def chosen(places: Array, tap: Any, kernel: Any, place: Any) -> Array:
    return places[(..., *place)] == np.ravel_multi_index(tap, kernel)


def pool_scatter(y: Array, places: Array, *, size: Any, **window: Any) -> Array:
    out = np.zeros((*y.shape[:2], *size), y.dtype)
    for place, tap, at in taps(size, **window):
        out[(..., *at)] += y[(..., *place)] * chosen(places, tap, window["kernel"], place)
    return out


def pool_gather(x: Array, places: Array, **window: Any) -> Array:
    out = np.zeros(places.shape, x.dtype)
    for place, tap, at in taps(x.shape[2:], **window):
        out[(..., *place)] += x[(..., *at)] * chosen(places, tap, window["kernel"], place)
    return out


def sum_pool(x: Array, **window: Any) -> Array:
    out = np.zeros((*x.shape[:2], *output_size(x.shape[2:], **window)), x.dtype)
    for place, _, at in taps(x.shape[2:], **window):
        out[(..., *place)] += x[(..., *at)]
    return out


def sum_pool_scatter(y: Array, *, size: Any, **window: Any) -> Array:
    out = np.zeros((*y.shape[:2], *size), y.dtype)
    for place, _, at in taps(size, **window):
        out[(..., *at)] += y[(..., *place)]
    return out


ENTRIES = {
    "conv2d": Entry(drawn_conv2d, conv2d),
    "conv2d_input_gradient": Entry(drawn_input_gradient, input_gradient),
    "conv2d_weight_gradient": Entry(drawn_weight_gradient, weight_gradient),
    "max_pool2d": Entry(drawn_max_pool, max_pool),
    "max_pool2d_scatter": Entry(drawn_pool_scatter, pool_scatter),
    "max_pool2d_gather": Entry(drawn_pool_gather, pool_gather),
    "sum_pool2d": Entry(drawn_sum_pool, sum_pool),
    "sum_pool2d_scatter": Entry(drawn_sum_pool_scatter, sum_pool_scatter),
}
