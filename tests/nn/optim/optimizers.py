"""Every optimizer with every moment it can have, and small problems to train: what the tests of this folder share."""
import numpy as np
import pytest

import nn

OPTIMIZERS = {
    "sgd": lambda params, **more: nn.SGD(params, **{"lr": 0.1, **more}),
    "momentum": lambda params, **more: nn.SGD(params, **{"lr": 0.1, "momentum": 0.9, **more}),
    "dampened": lambda params, **more: nn.SGD(params, **{"lr": 0.1, "momentum": 0.9, "dampening": 0.3, **more}),
    "keras-nesterov": lambda params, **more: nn.SGD(
        params, **{"lr": 0.1, "momentum": 0.9, "nesterov": True, "form": "keras", **more}
    ),
    "ema": lambda params, **more: nn.SGD(params, **{"lr": 0.1, "momentum": 0.9, "form": "ema", **more}),
    "adam": lambda params, **more: nn.Adam(params, **{"lr": 0.01, **more}),
    "adam-keras": lambda params, **more: nn.Adam(params, **{"lr": 0.01, "eps": 1e-7, "form": "keras", **more}),
    "adamw": lambda params, **more: nn.AdamW(params, **{"lr": 0.01, **more}),
    "rmsprop": lambda params, **more: nn.RMSprop(params, **{"lr": 0.01, **more}),
    "rmsprop-full": lambda params, **more: nn.RMSprop(
        params, **{"lr": 0.01, "alpha": 0.9, "momentum": 0.8, "centered": True, "eps": 1e-3, **more}
    ),
    "adagrad": lambda params, **more: nn.Adagrad(
        params, **{"lr": 0.01, "lr_decay": 0.1, "initial_accumulator_value": 0.1, **more}
    ),
}
every_optimizer = pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)


def some_optimizers(*names):
    return pytest.mark.parametrize("make", [OPTIMIZERS[name] for name in names], ids=names)


def parameters(*shapes, dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    return [nn.Parameter(rng.standard_normal(shape).astype(dtype), name=f"p{i}") for i, shape in enumerate(shapes)]


def loss_of(params, power=4):
    return sum((((p - 0.3) ** power).sum() for p in params), 0.0)


def train(params, optimizer, steps=1):
    for _ in range(steps):
        optimizer.zero_grad()
        loss_of(params).backward()
        optimizer.step()


def values(params):
    return [p.numpy() for p in params]


def equal(left, right):
    for a, b in zip(left, right, strict=True):
        np.testing.assert_array_equal(a, b)
