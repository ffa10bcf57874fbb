"""What an optimizer's step does to the arrays: state primitives over flat buffers.

They are declared to change their arguments and have no rules, so that whatever observes the engine sees an update as
one more operation of the training step. Settings that change from step to step are operands like the arrays.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

import autodiff as ad

#: Elements updated at a time: so many of every array stay in a core's cache from one pass to the next.
BLOCK = 16_384


def _blocks(*arrays: Any) -> Iterable[Any]:
    """The same parts of several arrays, one after another."""
    size = len(arrays[0])
    if size <= BLOCK:
        return (arrays,)
    return ([array[start : start + BLOCK] for array in arrays] for start in range(0, size, BLOCK))


@ad.primitive(mutates=("values",), symbol="SGD")
def sgd_update(values: Any, gradients: Any, lr: Any, weight_decay: Any) -> Any:
    """p ← p − lr (g + weight_decay p), in place."""
    for p, g in _blocks(values, gradients):
        if weight_decay:
            g = g + weight_decay * p
        p -= lr * g
    return values


@ad.primitive(mutates=("values", "velocity"), symbol="SGD with momentum")
def momentum_update(
    values: Any, gradients: Any, velocity: Any, lr: Any, momentum: Any, fresh: Any, weight_decay: Any, nesterov: Any
) -> Any:
    """v ← momentum v + fresh g; p ← p − lr v, or with g + momentum v for v, in place; g includes the weight decay."""
    for p, g, v in _blocks(values, gradients, velocity):
        if weight_decay:
            g = g + weight_decay * p
        v *= momentum
        v += g if fresh == 1.0 else fresh * g
        p -= lr * (g + momentum * v) if nesterov else lr * v
    return values


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
    for p, g, m, v in _blocks(values, gradients, mean, square):
        if weight_decay:
            g = g + weight_decay * p
        m *= beta1
        m += (1.0 - beta1) * g
        v *= beta2
        step = g * g
        step *= 1.0 - beta2
        v += step
        np.sqrt(v, step)
        step += eps * root
        np.divide(m, step, step)
        step *= rate
        p -= step
    return values
