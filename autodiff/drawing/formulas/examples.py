"""Example operands for a primitive, found by trying: a rule has to run on something, and a formula has no arrays yet.

Shapes are tried until the forward takes them. Most operations take arrays whose axes all have one length, so these come
first; numbers are drawn inside the primitive's domain.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np

from ...ops.index import HERE
from ...primitive import Array, Primitive

Operands = tuple[Any, ...]
#: More combinations of shapes are not tried.
_TRIES = 1000
#: Nor are arrays with more elements made because a setting names their shape.
_LARGEST = 100_000


def _shapes(static: dict[str, Any], length: int) -> list[tuple[int, ...]]:
    """Shapes to try: of one length, with axes of length 1, and those that the settings speak of."""
    n = length
    found = [(n,) * axes for axes in (2, 1, 3, 4, 0, 5)]
    found += [(1, n), (n, 1), (n, 1, n), (1,), (2, n), (2, 1, n), (3, 1, n), (n, 1, n, 1), (1, n, 1), (9,), (9, 9)]
    for value in static.values():
        if isinstance(value, tuple) and all(isinstance(part, (int, np.integer)) for part in value):
            shape = tuple(n if part == -1 else int(part) for part in value)
            if all(part > 0 for part in shape) and math.prod(shape) <= _LARGEST:
                found += [shape, (math.prod(shape),)]
    groups = static.get("groups", 1)
    if isinstance(groups, int) and groups > 1:
        found.insert(0, (groups, n * groups, 3 * n, 3 * n))
        found.insert(1, (n * groups, n, n, n))
    if "stride" in static:
        found[:0] = [(n, n, side, side) for side in (3 * n, n, 1, 2, 4, 5, 6, 7, 8)]
    if "stride" in static and "size" in static:
        size, stride = static["size"], static["stride"]
        sizes = [tuple(size), tuple(side // step for side, step in zip(size, stride))]
        found[:0] = [(n, n, *sides) for sides in sizes if all(sides) and math.prod(sides) <= _LARGEST // n**2]
    return list(dict.fromkeys(found))


def _combinations(shapes: list[tuple[int, ...]], count: int) -> list[tuple[tuple[int, ...], ...]]:
    """Shapes for each operand: combinations of likely ones before those of one likely and one unlikely shape."""
    if len(shapes) ** count > 20 * _TRIES:
        return []
    places = sorted(product(range(len(shapes)), repeat=count), key=sum)
    return [tuple(shapes[place] for place in several) for several in places[:_TRIES]]


def _numbers(rng: np.random.Generator, shape: tuple[int, ...], domain: tuple[float, float]) -> Array:
    """Positive numbers where the domain has some; a square matrix is positive definite."""
    low, high = domain
    low = max(low, 0.2) if high > 0.2 else max(low, high - 1.6)
    values = rng.uniform(low, min(high, low + 1.6), shape)
    if len(shape) >= 2 and shape[-1] == shape[-2] and np.isinf(high):
        values = (values + np.swapaxes(values, -1, -2)) / shape[-1] + np.eye(shape[-1]) * 1.5
    return np.asarray(values)


def _kinds(primitive: Primitive, count: int) -> list[tuple[str, ...]]:
    """For each operand whether it is a float or, where it has no derivative, an integer, a boolean or a float."""
    if primitive.variadic:
        return [("f",) * count, ("f", *("i",) * (count - 1))]
    options = [("f",) if rule is not None else ("i", "b", "f") for rule in primitive.rules]
    return list(product(*options))


def examples(primitive: Primitive, index: int, static: dict[str, Any], length: int, seed: int) -> Iterator[Operands]:
    """Operands that the forward takes, the likeliest first.

    Parameters
    ----------
    primitive : Primitive
    index : int
        The argument that has to be among the operands of a variadic primitive.
    static : dict
    length : int
        Of the axes, where that is free.
    seed : int
        For the numbers.

    Examples
    --------
    >>> import autodiff as ad
    >>> [x.shape for x in next(examples(ad.REGISTRY["linear"], 0, {}, 3, 0))]
    [(3, 3), (3, 3), (3,)]
    """
    rng = np.random.default_rng(seed)
    labels = str(static.get("subscripts", "")).split("->")[0].split(",")
    counts = [len(primitive.inputs)]
    if primitive.variadic:
        counts = [len(labels)] if "subscripts" in static else [count for count in (2, 1, 3, index + 1) if count > index]
    indexed = "template" in static
    if indexed:  # shapes that do not fit can crash np.add.at, so only what fits for certain is tried
        template = static["template"]
        whole = all(part == HERE for part in template) and len(static.get("shape", template)) == len(template)
        counts = [1 + len(template)] if whole else []
    domains = np.broadcast_to(np.asarray(primitive.domain, float), (len(primitive.inputs), 2))
    for count in counts:
        shapes: list[tuple[int, ...]] = [(length,)] if primitive.elementwise else _shapes(static, length)
        alike = [(shape,) * count for shape in shapes if (shape and 1 not in shape) or count == 1]
        if "subscripts" in static:
            alike = [tuple((length,) * len(label) for label in labels)]
        others = () if indexed or "subscripts" in static else _combinations(shapes, count)
        tried = dict.fromkeys(alike) | dict.fromkeys(others)
        for combination, kinds in product(tried, _kinds(primitive, count)):
            operands = tuple(
                _numbers(rng, shape, tuple(domains[min(i, len(domains) - 1)])) if kind == "f"
                else rng.integers(0, 2, shape).astype(bool if kind == "b" else np.int64)
                for i, (shape, kind) in enumerate(zip(combination, kinds))
            )  # fmt: skip
            try:
                with np.errstate(all="ignore"):
                    primitive.forward(*operands, **static)
            except Exception:
                continue  # these shapes do not fit: that is what is being found out
            yield operands
