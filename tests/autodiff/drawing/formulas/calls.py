"""Drawn calls of all primitives with rules, from the registry of the tests, with what their rules get and give."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

import autodiff as ad
from autodiff.drawing.formulas.symbols import example_values
from tests.autodiff.registry import ENTRIES, PRIMITIVES
from tests.autodiff.registry.sample import Draw

Array = Any


class Seeded(Draw):
    """A draw without hypothesis: the same calls in every run."""

    def __init__(self, seed: int) -> None:
        self.size = 3
        self.rng = np.random.default_rng(seed)


class RuleCall(NamedTuple):
    """One rule of one drawn call: the values of its names, and what the rule itself gives for them."""

    primitive: ad.Primitive
    index: int
    static: dict[str, Any]
    operands: tuple[Array, ...]
    values: dict[str, Array]
    message: Array


RULES = [name for name, primitive in PRIMITIVES.items() if any(primitive.rules)]


def drawn(name: str, count: int) -> Iterator[RuleCall]:
    """Calls of a primitive, one for each of its rules."""
    primitive = PRIMITIVES[name]
    for seed in range(count):
        operands, static, *_ = ENTRIES[name].draw(Seeded(seed))
        operands = tuple(np.asarray(x) for x in operands)
        values = example_values(primitive, static, operands)
        for index, x in enumerate(operands):
            rule = primitive.rules[0 if primitive.variadic else index]
            if rule is not None and x.dtype.kind == "f":
                message = pulled(primitive, index, static, operands, values["g"])
                yield RuleCall(primitive, index, static, operands, values, message)


def pulled(
    primitive: ad.Primitive, index: int, static: dict[str, Any], operands: tuple[Array, ...], g: Array
) -> Array:
    """The gradient that the engine's own walk gives for one operand, broadcasting undone."""
    given = [ad.Tensor(x, requires_grad=True) if i == index else x for i, x in enumerate(operands)]
    primitive(*given, **static).backward(g)
    return given[index].grad.data


def summed(message: Array, shape: tuple[int, ...]) -> Array:
    """A message with broadcasting undone, written again here so that it is not the engine's."""
    message = np.asarray(message, dtype=float)
    while message.ndim > len(shape):
        message = message.sum(0)
    for axis, n in enumerate(shape):
        if n == 1 and message.shape[axis] != 1:
            message = message.sum(axis, keepdims=True)
    return message
