"""Entries of the primitives that change their arguments: updates of optimizers and clipping, as the papers write them.

A reference returns what each array that is changed holds afterwards, in the order of `primitive.mutates`; that of the
norm which clipping compares with, which changes nothing, the norm.
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
    form, nesterov = d.one_of("pytorch", "keras", "ema"), d.boolean()
    operands = [*buffers(d, 3), 0.1, 0.9, d.one_of(0.0, 0.2), decay(d), float(d.integer(1, 3))]
    return operands, {"form": form, "nesterov": nesterov and form != "ema"}


def momentum(
    p: Array, g: Array, v: Array, lr: float, momentum: float, dampening: float, wd: float, steps: float,
    *, form: str, nesterov: bool,
) -> tuple[Array, ...]:  # fmt: skip
    """Sutskever et al., 2013, for Keras's form; PyTorch's takes the rate out of it, the mean's adds 1 - momentum."""
    g = g + wd * p
    if form == "pytorch":
        v = momentum * v + (g if steps == 1 else (1 - dampening) * g)
        return p - lr * (g + momentum * v if nesterov else v), v
    v = momentum * v + (-lr * g if form == "keras" else (1 - momentum) * lr * g)
    step = v if form == "keras" else -v
    return p + (momentum * v - lr * g if nesterov else step), v


def drawn_adam(d: Draw) -> tuple[Any, ...]:
    p, g, m, v = buffers(d, 4)
    static = {"form": d.one_of("pytorch", "keras"), "decoupled": d.boolean()}
    return [p, g, m, v**2, 0.01, float(d.integer(1, 9)), 0.9, 0.99, 1e-3, decay(d)], static


def adam(
    p: Array, g: Array, m: Array, v: Array, lr: float, steps: float, beta1: float, beta2: float, eps: float, wd: float,
    *, form: str, decoupled: bool,
) -> tuple[Array, ...]:  # fmt: skip
    """Kingma and Ba, 2015, algorithm 1, and the form of their section 2; Loshchilov and Hutter, 2019."""
    if decoupled:
        p = p - lr * wd * p
    else:
        g = g + wd * p
    m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
    first, second = 1 - beta1**steps, 1 - beta2**steps
    if form == "keras":
        return p - lr * np.sqrt(second) / first * m / (np.sqrt(v) + eps), m, v
    return p - lr * (m / first) / (np.sqrt(v / second) + eps), m, v


def drawn_rmsprop(d: Draw) -> tuple[Any, ...]:
    p, g, s, m, v = buffers(d, 5)
    m = m / 4
    operands = [p, g, s**2 + m**2, m, v, 0.01, 0.9, 1e-2, decay(d), d.one_of(0.0, 0.8), float(d.integer(1, 9))]
    return operands, {"centered": d.boolean()}


def rmsprop(
    p: Array, g: Array, s: Array, m: Array, v: Array, lr: float, alpha: float, eps: float, wd: float, momentum: float,
    steps: float, *, centered: bool,
) -> tuple[Array, ...]:  # fmt: skip
    """Tieleman and Hinton, 2012; Graves, 2013, equations 38 to 45, with eps beside the root as PyTorch has it."""
    g = g + wd * p
    s = alpha * s + (1 - alpha) * g**2
    m = alpha * m + (1 - alpha) * g if centered else m
    step = g / (np.sqrt(s - m**2 if centered else s) + eps)
    v = momentum * v + step if momentum else v
    return p - lr * (v if momentum else step), s, m, v


def drawn_adagrad(d: Draw) -> tuple[Any, ...]:
    p, g, s = buffers(d, 3)
    return [p, g, s**2, 0.1, d.one_of(0.0, 0.3), 1e-2, decay(d), float(d.integer(1, 9))], {}


def adagrad(
    p: Array, g: Array, s: Array, lr: float, lr_decay: float, eps: float, wd: float, steps: float
) -> tuple[Array, ...]:
    """Duchi, Hazan and Singer, 2011, figure 1 (diagonal)."""
    g = g + wd * p
    s = s + g**2
    return p - lr / (1 + (steps - 1) * lr_decay) * g / (np.sqrt(s) + eps), s


def drawn_gradient_norm(d: Draw) -> tuple[Any, ...]:
    arrays = [d.values(d.shape()) for _ in range(d.integer(1, 3))]
    return arrays, {"order": d.one_of(2.0, 1.0, 3.0, float("inf"))}


def gradient_norm(*gradients: Array, order: float) -> Array:
    return np.linalg.norm(np.concatenate([np.asarray(g, "f8").ravel() for g in gradients] + [[0.0]]), order)


def drawn_clip_by_norm(d: Draw) -> tuple[Any, ...]:
    return [d.values(d.shape(1)), float(d.one_of(0.0, 0.7, 12.0)), d.one_of(0.5, 1.0, 3.0)], {}


def clip_by_norm(g: Array, total: float, max_norm: float) -> tuple[Array, ...]:
    """Pascanu, Mikolov and Bengio, 2013, algorithm 1."""
    return (g * max_norm / (total + 1e-6) if total + 1e-6 > max_norm else g,)


def drawn_clip_by_value(d: Draw) -> tuple[Any, ...]:
    return [d.values(d.shape(1)), d.one_of(0.0, 0.5, 1.0)], {}


def clip_by_value(g: Array, limit: float) -> tuple[Array, ...]:
    return (np.sign(g) * np.where(np.abs(g) > limit, limit, np.abs(g)),)


ENTRIES = {
    "sgd_update": Entry(drawn_sgd, sgd),
    "momentum_update": Entry(drawn_momentum, momentum),
    "adam_update": Entry(drawn_adam, adam),
    "rmsprop_update": Entry(drawn_rmsprop, rmsprop),
    "adagrad_update": Entry(drawn_adagrad, adagrad),
    "gradient_norm": Entry(drawn_gradient_norm, gradient_norm),
    "clip_by_norm": Entry(drawn_clip_by_norm, clip_by_norm),
    "clip_by_value": Entry(drawn_clip_by_value, clip_by_value),
}
