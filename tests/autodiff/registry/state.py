"""Entries of the primitives that change their arguments: the updates of optimizers, as their papers write them.

A reference returns what each array that is changed holds afterwards, in the order of `primitive.mutates`.
"""
from __future__ import annotations

from typing import Any

import numpy as np

from .sample import Draw, Entry

Array = Any


def buffers(d: Draw, count: int) -> list[Array]:
    size = d.one_of(1, 5, 0)
    return [d.values((size,)) for _ in range(count)]


def decay(d: Draw) -> float:
    return float(d.one_of(0.0, 0.1))


def drawn_sgd(d: Draw) -> tuple[Any, ...]:
    return [*buffers(d, 2), 0.1, decay(d)], {}


def sgd(p: Array, g: Array, lr: float, weight_decay: float) -> tuple[Array, ...]:
    return (p - lr * (g + weight_decay * p),)


def drawn_momentum(d: Draw) -> tuple[Any, ...]:
    return [*buffers(d, 3), 0.1, 0.9, d.one_of(1.0, 0.8), decay(d), d.one_of(0.0, 1.0)], {}


def momentum(
    p: Array, g: Array, v: Array, lr: float, momentum: float, fresh: float, weight_decay: float, nesterov: float
) -> tuple[Array, ...]:
    """Sutskever et al., 2013, with PyTorch's dampening (fresh = 1 - dampening)."""
    g = g + weight_decay * p
    v = momentum * v + fresh * g
    return p - lr * (g + momentum * v if nesterov else v), v


def drawn_adam(d: Draw) -> tuple[Any, ...]:
    p, g, m, v = buffers(d, 4)
    return [p, g, m, v**2, 0.01, float(d.integer(1, 9)), 0.9, 0.99, 1e-3, decay(d)], {}


def adam(
    p: Array, g: Array, m: Array, v: Array, lr: float, steps: float, beta1: float, beta2: float, eps: float, wd: float
) -> tuple[Array, ...]:
    """Kingma and Ba, 2015, algorithm 1."""
    g = g + wd * p
    m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
    corrected_m, corrected_v = m / (1 - beta1**steps), v / (1 - beta2**steps)
    return p - lr * corrected_m / (np.sqrt(corrected_v) + eps), m, v


ENTRIES = {
    "sgd_update": Entry(drawn_sgd, sgd),
    "momentum_update": Entry(drawn_momentum, momentum),
    "adam_update": Entry(drawn_adam, adam),
}
