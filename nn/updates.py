"""What an optimizer's step does to the arrays: state primitives over flat buffers.

They are declared to change their arguments and have no rules, so that whatever observes the engine sees an update as
one more operation of the training step. Settings that change from step to step are operands like the arrays.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

import autodiff as ad

Array = npt.NDArray[Any]

#: Elements updated at a time: so many of every array stay in a core's cache from one pass to the next.
BLOCK = 32_768


def _by_blocks(update: Callable[..., None], arrays: tuple[Array, ...], *settings: Any) -> Array:
    """Run an update over parts of the arrays that stay in the cache, with as much memory for what is in between."""
    size, dtype = len(arrays[0]), arrays[0].dtype
    scratch = np.empty(min(size, BLOCK), dtype)
    if size <= BLOCK:
        update(*arrays, scratch, *settings)
    else:
        for start in range(0, size, BLOCK):
            parts = [array[start : start + BLOCK] for array in arrays]
            update(*parts, scratch[: len(parts[0])], *settings)
    return arrays[0]


def _decayed(p: Array, g: Array, weight_decay: float) -> Array:
    """The gradient, with the weight decay's."""
    return g + weight_decay * p if weight_decay else g


def _descend(p: Array, g: Array, step: Array, lr: float, weight_decay: float) -> None:
    np.multiply(_decayed(p, g, weight_decay), lr, step)
    np.subtract(p, step, p)


@ad.primitive(mutates=("values",), symbol="SGD")
def sgd_update(values: Any, gradients: Any, lr: Any, weight_decay: Any) -> Any:
    """p ← p − lr (g + weight_decay p), in place."""
    return _by_blocks(_descend, (values, gradients), lr, weight_decay)


def _roll(
    p: Array, g: Array, v: Array, step: Array, lr: float, momentum: float, fresh: float, decay: float, nesterov: bool
) -> None:
    g = _decayed(p, g, decay)
    np.multiply(v, momentum, v)
    np.multiply(g, fresh, step)
    np.add(v, step, v)
    if nesterov:
        np.multiply(v, momentum, step)
        np.add(step, g, step)
        np.multiply(step, lr, step)
    else:
        np.multiply(v, lr, step)
    np.subtract(p, step, p)


@ad.primitive(mutates=("values", "velocity"), symbol="SGD with momentum")
def momentum_update(
    values: Any, gradients: Any, velocity: Any, lr: Any, momentum: Any, fresh: Any, weight_decay: Any, nesterov: Any
) -> Any:
    """v ← momentum v + fresh g; p ← p − lr v, or with g + momentum v for v, in place; g includes the weight decay."""
    return _by_blocks(_roll, (values, gradients, velocity), lr, momentum, fresh, weight_decay, nesterov)


def _adapt(
    p: Array, g: Array, m: Array, v: Array, step: Array,
    rate: float, beta1: float, beta2: float, eps: float, decay: float,
) -> None:  # fmt: skip
    g = _decayed(p, g, decay)
    np.multiply(m, beta1, m)
    np.multiply(g, 1.0 - beta1, step)
    np.add(m, step, m)
    np.multiply(v, beta2, v)
    np.multiply(g, g, step)
    np.multiply(step, 1.0 - beta2, step)
    np.add(v, step, v)
    np.sqrt(v, step)
    np.add(step, eps, step)
    np.divide(m, step, step)
    np.multiply(step, rate, step)
    np.subtract(p, step, p)


@ad.primitive(mutates=("values", "mean", "square"), symbol="Adam")
def adam_update(
    values: Any,
    gradients: Any,
    mean: Any,
    square: Any,
    lr: Any,
    steps: Any,
    beta1: Any,
    beta2: Any,
    eps: Any,
    weight_decay: Any,
) -> Any:
    """Both running means, and the step along their ratio, in place.

    √v / √c₂ + eps, with c₂ = 1 − β₂ᵗ, is (√v + eps √c₂) / √c₂: so the correction of the bias costs no pass of its own.
    """
    root = math.sqrt(1.0 - beta2**steps)
    rate = lr * root / (1.0 - beta1**steps)
    return _by_blocks(_adapt, (values, gradients, mean, square), rate, beta1, beta2, eps * root, weight_decay)
