"""What an optimizer's step does to the arrays: state primitives over flat buffers.

They are declared to change their arguments and have no rules, so that whatever observes the engine sees an update as
one more operation of the training step. Settings that may differ from step to step, and the count of the steps, are
operands like the arrays; the form of a formula is a static setting.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

import autodiff as ad

from .denormals import flush_denormals, flush_period, will_be_denormal

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
    values: Any,
    gradients: Any,
    velocity: Any,
    lr: Any,
    momentum: Any,
    dampening: Any,
    weight_decay: Any,
    steps: Any,
    *,
    form: str = "pytorch",
    nesterov: bool = False,
) -> Any:
    """The velocity v in one of three forms, and the step along it, in place; g includes the weight decay.

    "pytorch": v ← momentum v + (1 − dampening) g (all of g at the first step), p ← p − lr v. "keras": v ← momentum v −
    lr g, p ← p + v. "ema": v ← momentum v + (1 − momentum) lr g, p ← p − v. With Nesterov's look-ahead, the step is
    lr (g + momentum v) in PyTorch's form, and momentum v − lr g in Keras's.
    """
    if form == "pytorch":
        share = 1.0 if steps == 1 else 1.0 - dampening
    else:
        share = -lr if form == "keras" else (1.0 - momentum) * lr
    for p, g, v in _blocks(values, gradients, velocity):
        if weight_decay:
            g = g + weight_decay * p
        v *= momentum
        v += g if share == 1.0 else share * g
        if form == "pytorch":
            p -= lr * (g + momentum * v) if nesterov else lr * v
        elif form == "keras":
            p += momentum * v - lr * g if nesterov else v
        else:
            p -= v
    if steps % flush_period(momentum) == 0:
        flush_denormals(velocity, momentum)
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
    *,
    form: str = "pytorch",
    decoupled: bool = False,
) -> Any:
    """Both running means, and the step along their ratio, in place; the decay in the gradient, or decoupled from it.

    √v / √c₂ + eps, with c₂ = 1 − β₂ᵗ, is (√v + eps √c₂) / √c₂: so the correction of the bias costs no pass of its own.
    Keras's form is (√v + eps) / √c₂.
    """
    root = math.sqrt(1.0 - beta2**steps)
    rate = lr * root / (1.0 - beta1**steps)
    if form == "pytorch":
        eps = eps * root
    for p, g, m, v in _blocks(values, gradients, mean, square):
        if weight_decay and decoupled:
            p *= 1.0 - lr * weight_decay
        elif weight_decay:
            g = g + weight_decay * p
        m *= beta1
        m += (1.0 - beta1) * g
        v *= beta2
        step = g * g
        step *= 1.0 - beta2
        v += step
        np.sqrt(v, step)
        step += eps
        np.divide(m, step, step)
        step *= rate
        p -= step
    if steps % flush_period(beta1) == 0:
        flush_denormals(mean, beta1)
        # Where the mean is not 0 yet, the square is what it is divided by.
        flush_denormals(square, beta2, where=mean == 0)
    return values


@ad.primitive(mutates=("values", "square", "mean", "velocity"), symbol="RMSprop")
def rmsprop_update(
    values: Any,
    gradients: Any,
    square: Any,
    mean: Any,
    velocity: Any,
    lr: Any,
    alpha: Any,
    eps: Any,
    weight_decay: Any,
    momentum: Any,
    steps: Any,
    *,
    centered: bool = False,
) -> Any:
    """s ← alpha s + (1 − alpha) g²; p ← p − lr g / (√s + eps), in place; g includes the weight decay.

    Centered, s − m² stands for s below the root, with m the mean of g. With a momentum, v ← momentum v + g / (√s + eps)
    and p ← p − lr v.
    """
    for p, g, s, m, v in _blocks(values, gradients, square, mean, velocity):
        if weight_decay:
            g = g + weight_decay * p
        s *= alpha
        s += (1.0 - alpha) * g * g
        if centered:
            m *= alpha
            m += (1.0 - alpha) * g
            # A variance; where g is constant, rounding could leave it below 0, and its root would be NaN.
            root = np.sqrt(np.maximum(s - m * m, 0.0))
        else:
            root = np.sqrt(s)
        root += eps
        np.divide(g, root, root)
        if momentum:
            v *= momentum
            v += root
            p -= lr * v
        else:
            root *= lr
            p -= root
    if steps % flush_period(alpha) == 0:
        # Mean and mean square go together: a mean left alone would make the variance negative.
        small = will_be_denormal(square, alpha, where=gradients == 0)
        square[small] = 0.0
        if centered:
            mean[small] = 0.0
            flush_denormals(mean, alpha)
    if momentum and steps % flush_period(momentum) == 0:
        flush_denormals(velocity, momentum)
    return values


@ad.primitive(mutates=("values", "total"), symbol="Adagrad")
def adagrad_update(
    values: Any, gradients: Any, total: Any, lr: Any, lr_decay: Any, eps: Any, weight_decay: Any, steps: Any
) -> Any:
    """s ← s + g²; p ← p − lr / (1 + (steps − 1) lr_decay) g / (√s + eps), in place; g includes the weight decay.

    What is summed up never decays, so nothing becomes denormal by itself.
    """
    rate = lr / (1.0 + (steps - 1) * lr_decay)
    for p, g, s in _blocks(values, gradients, total):
        if weight_decay:
            g = g + weight_decay * p
        s += g * g
        step = np.sqrt(s)
        step += eps
        np.divide(g, step, step)
        step *= rate
        p -= step
    return values


@ad.primitive(symbol="gradient norm")
def gradient_norm(*gradients: Any, order: float = 2.0) -> Any:
    """(Σ |g|ᵖ)^(1/p) over all elements of all gradients together, in float64; for p = ∞ the largest |g|.

    Squares of large float32 gradients do not overflow in float64.
    """
    wide = [gradient.ravel().astype(np.float64, copy=False) for gradient in gradients]
    if order == 2.0:
        return np.sqrt(sum([g.dot(g) for g in wide]))
    with np.errstate(all="ignore"):  # gradients that are not finite give a norm that is not
        if order == math.inf:
            return np.max([np.abs(g).max(initial=0.0) for g in wide])
        return sum((np.abs(g) ** order).sum() for g in wide) ** (1.0 / order)


@ad.primitive(mutates=("gradient",), symbol="clip by norm")
def clip_by_norm(gradient: Any, total: Any, max_norm: Any) -> Any:
    """g ← g · min(1, max_norm / (total + 1e-6)), in place, where `total` is the norm of all gradients together."""
    factor = float(max_norm / (total + 1e-6))
    if not factor >= 1.0:  # NaN is handed on
        with np.errstate(invalid="ignore"):  # 0 · inf, where a gradient is not finite
            np.multiply(gradient, factor, out=gradient)
    return gradient


@ad.primitive(mutates=("gradient",), symbol="clip by value")
def clip_by_value(gradient: Any, limit: Any) -> Any:
    """g ← min(max(g, −limit), limit), in place."""
    np.maximum(gradient, -limit, out=gradient)  # five times as fast as np.clip on short arrays
    np.minimum(gradient, limit, out=gradient)
    return gradient
