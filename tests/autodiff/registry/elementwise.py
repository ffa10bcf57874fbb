"""Entries of the elementwise primitives, derived: numbers from `primitive.domain`, away from `primitive.kinks`.

What has to be said by hand is the reference, settings where there are any, and the few whose operands are not free.
"""
from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import autodiff as ad

from .sample import Draw, Entry

Array = Any


def by_element(formula: Callable[..., float]) -> Callable[..., Array]:
    """A formula on Python floats as a function of one array, in its dtype: as far from vectorised code as can be."""

    def apply(x: Array, **static: Any) -> Array:
        x = np.asarray(x)
        values = [formula(float(value), **static) for value in x.ravel()]
        return np.array(values, x.dtype if x.dtype.kind == "f" else np.float64).reshape(x.shape)

    return apply


def by_pair(formula: Callable[[float, float], float]) -> Callable[..., Array]:
    """The same for two operands, which broadcast and promote as NumPy's do."""

    def apply(x: Array, y: Array) -> Array:
        dtype = np.add(x, y).dtype
        values = np.vectorize(lambda x, y: formula(float(x), float(y)), otypes=[np.float64])
        out = values(x, y) if np.broadcast(x, y).size else np.empty(np.broadcast(x, y).shape)
        return np.asarray(out).astype(dtype if dtype.kind == "f" else np.float64)

    return apply


def logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def normal_cdf(x: float) -> float:
    return math.erfc(-x / math.sqrt(2)) / 2


def gelu(x: float, approximate: str) -> float:
    """Hendrycks and Gimpel, 2016: x times the normal distribution function, or its approximation by tanh."""
    if approximate == "none":
        return x * normal_cdf(x)
    return x / 2 * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


#: NumPy's function where the name differs from ours, and formulas for what NumPy does not have.
REFERENCES: dict[str, Callable[..., Array]] = {
    "sub": np.subtract, "mul": np.multiply, "div": np.divide, "neg": np.negative, "pow": np.power,
    "sigmoid": by_element(logistic),
    "relu": by_element(lambda x: x if x > 0 else 0.0),
    "leaky_relu": by_element(lambda x, negative_slope: x if x > 0 else negative_slope * x),
    "elu": by_element(lambda x, alpha: x if x > 0 else alpha * (math.exp(x) - 1)),
    "silu": by_element(lambda x: x * logistic(x)),
    "softplus": by_element(lambda x: math.log(1 + math.exp(x))),
    "log_sigmoid": by_element(lambda x: math.log(logistic(x))),
    "gelu": by_element(gelu),
    "erf": by_element(math.erf),
    "sigmoid_cross_entropy": by_pair(lambda x, y: -y * math.log(logistic(x)) - (1 - y) * math.log(1 - logistic(x))),
    "binary_cross_entropy": by_pair(lambda x, y: -y * math.log(x) - (1 - y) * math.log(1 - x)),
    "astype": lambda x, dtype: np.asarray(x).astype(dtype),
}  # fmt: skip

#: Legal values of each setting.
SETTINGS: dict[str, dict[str, tuple[Any, ...]]] = {
    "leaky_relu": {"negative_slope": (0.01, 0.3, -0.5)},
    "elu": {"alpha": (1.0, 0.4, 2.5)},
    "astype": {"dtype": (np.dtype("f8"), np.dtype("f4"))},
    "gelu": {"approximate": ("none", "tanh")},

}


def drawn_unary(primitive: ad.Primitive, d: Draw) -> tuple[Any, ...]:
    low, high = np.clip(primitive.domain, -3.0, 5.0)
    x = d.values(d.shape(), low, high, kinks=primitive.kinks)
    static = {name: d.one_of(*values) for name, values in SETTINGS.get(primitive.name, {}).items()}
    # A difference quotient of single precision numbers is as exact as their seven digits allow.
    return [x], static, 3e-3 if static.get("dtype") == np.dtype("f4") else 1e-6


def drawn_binary(primitive: ad.Primitive, d: Draw) -> tuple[Any, ...]:
    """Operands that broadcast; where their difference has a kink, on lattices that stay apart."""
    domain = np.broadcast_to(np.clip(primitive.domain, -3.0, 3.0), (2, 2))
    shapes = d.stretched(d.shape(), 2)
    if primitive.kinks:
        lattices = [d.rng.integers(-4, 5, shape) * 0.3 for shape in shapes]
        return [x + 0.15 * i + d.rng.uniform(-0.04, 0.04, x.shape) for i, x in enumerate(lattices)], {}
    return [d.values(shape, *ends) for shape, ends in zip(shapes, domain, strict=True)], {}


def drawn_where(d: Draw) -> tuple[Any, ...]:
    condition, x, y = d.stretched(d.shape(), 3)
    return [d.rng.random(condition) < 0.5, d.values(x), d.values(y)], {}


def drawn_clip(d: Draw) -> tuple[Any, ...]:
    """Distinct numbers for value and bounds, so that none is at a bound; sometimes lo > hi."""
    x, lo, hi = d.stretched(d.shape(), 3)
    lattice = [d.rng.integers(-3, 4, shape) * 0.6 + 0.2 * i for i, shape in enumerate((x, lo, hi))]
    shift = d.one_of(0.0, 0.0, 1.2)
    return [lattice[0], lattice[1] - shift, lattice[2] + shift], {}


def derived(primitive: ad.Primitive) -> Entry:
    """The entry of an elementwise primitive of one or two arguments."""
    draw = drawn_unary if len(primitive.inputs) == 1 else drawn_binary
    reference = REFERENCES.get(primitive.name) or getattr(np, primitive.name)
    if primitive.name == "astype":
        return Entry(lambda d: draw(primitive, d), reference, dtypes=("f8", "f4"))
    return Entry(lambda d: draw(primitive, d), reference, scalars=len(primitive.inputs) > 1)


ENTRIES = {
    "where": Entry(drawn_where, np.where, scalars=True),
    "clip": Entry(drawn_clip, np.clip, scalars=True),
}
