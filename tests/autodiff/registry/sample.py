"""One drawn call of a primitive: its operands, settings, and how each operand is handed over.

Hypothesis draws a seed and a size, and shrinks both; shapes, settings, layouts and numbers come from a generator with
that seed. That is much faster than drawing them one by one, and more even: hypothesis likes to try the simplest value
again and again. Every entry of the registry builds on `Draw`.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

import autodiff as ad

Operands = list[Any]
Settings = dict[str, Any]
SIDES = (2, 3, 1, 2, 3, 1, 2, 0)


class Draw:
    """What entries draw with: a generator that hypothesis seeds, and a size that no shape exceeds."""

    def __init__(self, draw: Callable[[Any], Any]) -> None:
        self.size = draw(st.sampled_from((1, 2, 3, 4, 4, 4, 4)))
        self.rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))

    def one_of(self, *options: Any) -> Any:
        return options[self.rng.integers(len(options))]

    def integer(self, low: int, high: int) -> int:
        """Both ends included."""
        return int(self.rng.integers(low, high + 1))

    def boolean(self) -> bool:
        return bool(self.rng.integers(2))

    def shape(self, low: int = 0, high: int = 3, *, empty: bool = True, least: int = 1) -> tuple[int, ...]:
        """So many axes, of lengths 0 to 3; without `empty`, of at least `least`."""
        sides = [n for n in SIDES if (0 if empty else least) <= n <= max(self.size, least)]
        high = max(low, min(high, self.size))
        ndim = self.integer(low, high) or self.integer(low, high)  # numbers are well tried after a few
        return tuple(self.one_of(*sides) for _ in range(ndim))

    def axis(self, ndim: int, *, none: bool = True, many: bool = True) -> Any:
        """Any axis NumPy takes: negative ones, None, tuples, the empty tuple."""
        kinds = ["one"] * (ndim > 0) * 2 + ["none"] * none + ["many"] * many
        kind = self.one_of(*kinds)
        if kind == "none":
            return None
        if kind == "one":
            return self.integer(-ndim, ndim - 1)
        axes = self.rng.permutation(ndim)[: self.integer(0, ndim)]
        return tuple(int(a) - ndim * int(self.rng.integers(2)) for a in axes)

    def values(
        self, shape: tuple[int, ...], low: float = -2.0, high: float = 2.0, *, kinks: Sequence[float] = ()
    ) -> Any:
        """Numbers between low and high, at least 0.05 away from every kink."""
        x = self.rng.uniform(low, high, shape)
        for kink in kinks:
            near = np.abs(x - kink) < 0.05
            x = np.where(near, kink + np.where(x >= kink, 0.1, -0.1) + (x - kink), x)
        return x

    def distinct(self, shape: tuple[int, ...]) -> Any:
        """Numbers no two of which are closer than 0.1."""
        size = int(np.prod(shape))
        return (self.rng.permutation(size).reshape(shape) - size / 2) * 0.3 + self.rng.uniform(-0.1, 0.1, shape)

    def stretched(self, shape: tuple[int, ...], count: int) -> list[tuple[int, ...]]:
        """Shapes that broadcast to `shape`: axes of length 1, leading axes missing."""
        found = [self.partial(shape) for _ in range(count)]
        found[self.integer(0, count - 1)] = shape
        return found

    def partial(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """One shape that stretches to `shape`."""
        kept = shape[self.one_of(0, 0, *range(len(shape) + 1)) :]
        return tuple(1 if self.rng.random() < 0.3 else n for n in kept)


@dataclass(frozen=True)
class Sample:
    """One call: operands (float64, or what is not differentiable), settings, and a kind for each operand."""

    primitive: ad.Primitive
    operands: Operands
    static: Settings
    #: per operand: "leaf" (a Tensor that requires grad), "tensor", "array" or "scalar" (a Python float)
    kinds: tuple[str, ...]
    seed: int
    tolerance: float = 1e-6
    rng: np.random.Generator = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rng", np.random.default_rng(self.seed))

    @property
    def leaves(self) -> list[int]:
        return [i for i, kind in enumerate(self.kinds) if kind == "leaf"]

    def again(self, **changes: Any) -> Sample:
        """The same call with something changed, and a fresh generator."""
        return replace(self, **changes)

    def cast(self, *dtypes: Any) -> Sample:
        """The float operands in other dtypes: one for all, or one each."""
        chosen = dtypes if len(dtypes) > 1 else dtypes * len(self.operands)
        operands = [
            x.astype(dtype, order="K") if is_float(x) else x for x, dtype in zip(self.operands, chosen, strict=True)
        ]
        return self.again(operands=operands)

    def raw(self) -> Operands:
        """The operands without Tensors: what NumPy would be given."""
        return [float(x) if kind == "scalar" else x for x, kind in zip(self.operands, self.kinds, strict=True)]

    def given(self) -> Operands:
        """The operands as the primitive gets them. Tensors share the arrays, so that layouts survive."""
        given = {
            "leaf": lambda x: ad.Tensor(x, requires_grad=True, copy=False),
            "tensor": lambda x: ad.Tensor(x, copy=False),
            "array": lambda x: x,
            "scalar": float,
        }
        return [given[kind](x) for x, kind in zip(self.operands, self.kinds, strict=True)]


def is_float(x: Any) -> bool:
    return bool(np.asarray(x).dtype.kind == "f")


@dataclass(frozen=True)
class Entry:
    """What the registry knows of one primitive.

    `draw` makes the operands and settings of a call (and may set a tolerance of its own as a third item). `reference`
    is NumPy's function, or a formula of our own written as differently from the forward as possible.
    """

    draw: Callable[[Draw], tuple[Any, ...]]
    reference: Callable[..., Any]
    #: the float dtypes that NumPy accepts here
    dtypes: tuple[str, ...] = ("f8", "f4", "f2")
    #: whether Python scalars make sense as operands
    scalars: bool = False
    #: how far float32 results may be from float64 ones
    single: float = 1e-4


def laid_out(d: Draw, x: Any) -> Any:
    """The same numbers in another memory layout: transposed, strided, reversed, not writeable."""
    layout = d.one_of("plain", "plain", "transposed", "strided", "reversed", "frozen")
    if not isinstance(x, np.ndarray):
        return x
    if layout == "transposed" and x.ndim:
        x = np.asfortranarray(x)
    elif layout == "strided" and x.ndim:
        wide = np.full((*x.shape[:-1], 2 * x.shape[-1]), 7, x.dtype)
        wide[..., ::2] = x
        x = wide[..., ::2]
    elif layout == "reversed" and x.ndim:
        x = x[::-1].copy()[::-1]
    elif layout == "frozen":
        x = x.copy()
        x.flags.writeable = False
    return x


def sampled(draw: Callable[[Any], Any], primitive: ad.Primitive, entry: Entry) -> Sample:
    """Draw one call of a primitive."""
    d = Draw(draw)
    operands, static, *tolerance = entry.draw(d)
    if primitive.mutates:  # flat memory of the caller's, and settings that may differ from step to step
        kinds = tuple("array" if np.ndim(x) else "scalar" for x in operands)
        return Sample(primitive, [np.asarray(x) for x in operands], static, kinds, int(d.rng.integers(2**32)))
    operands = [laid_out(d, np.asarray(x)) for x in operands]
    rules = primitive.rules * len(operands) if primitive.variadic else primitive.rules or (None,) * len(operands)
    able = [i for i, (x, rule) in enumerate(zip(operands, rules, strict=False)) if rule and is_float(x)]
    kinds = []
    for i, x in enumerate(operands):
        options = ["leaf", "leaf", "tensor", "array"] if i in able else ["array", "tensor"]
        if entry.scalars and x.ndim == 0 and is_float(x):
            options.append("scalar")
        kinds.append(d.one_of(*options))
    if able and "leaf" not in kinds:
        kinds[d.one_of(*able)] = "leaf"
    seed = int(d.rng.integers(2**32))
    return Sample(primitive, operands, static, tuple(kinds), seed, *tolerance)


def samples(primitive: ad.Primitive, entry: Entry) -> st.SearchStrategy[Sample]:
    """A hypothesis strategy for calls of a primitive."""
    return st.composite(lambda draw: sampled(draw, primitive, entry))()
