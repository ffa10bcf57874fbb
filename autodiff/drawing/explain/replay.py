"""Finite differences: the recorded primitives run again in float64, with one element a little larger and smaller.

Nothing of the rules is used, so that what stands beside a gradient is a second opinion and not the same one again.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ...graph import Node
from ...primitive import Array
from .story import Quantity, places, rows_of

#: How much work all differences together may be, in elements; a call counts for at least a thousand.
BUDGET = 200_000_000

#: So many products of a matrix multiplication take about as long as one element of another operation.
PRODUCTS = 8


class Around(NamedTuple):
    """A program run with one element a step smaller, as it was, and a step larger.

    Values are by the numbers of quantities; `calls` are the numbers of the operations that ran again and their results.
    """

    step: float
    lower: dict[int, Array]
    here: dict[int, Array]
    higher: dict[int, Array]
    calls: list[tuple[int, int]]


class Replay:
    """A recorded program that can run again from any of its quantities on.

    Parameters
    ----------
    nodes : list of Node
        In the order in which they ran, the loss last; each with its `trace`.
    operands : list of list of int
        For each node the numbers of the quantities that it was called on.
    results : list of int
        For each node the number of its result.
    values : dict of int to array
        The recorded value of every quantity.
    """

    def __init__(
        self, nodes: list[Node], operands: list[list[int]], results: list[int], values: dict[int, Array]
    ) -> None:  # fmt: skip
        self._nodes, self._operands, self._results = nodes, operands, results
        self._recorded = values[results[-1]]
        made = set(results)
        self._values = {i: _double(value) for i, value in values.items() if i not in made}
        self.problem = ""
        try:
            self._run(self._values, range(len(nodes)))
        except Exception as error:  # a primitive that cannot compute in float64 is no reason to show nothing at all
            self.problem = f"the program cannot run again in float64: {type(error).__name__}"
            return
        again = self._values[results[-1]]
        tolerance = 100 * float(np.finfo(_lowest(values)).eps) ** 0.75
        if not np.allclose(again, self._recorded, rtol=tolerance, atol=tolerance, equal_nan=True):
            self.problem = self._fickle(values) or "the program gives another loss when it runs again in float64"

    def _run(self, values: dict[int, Array], which: Any) -> None:
        for i in which:
            primitive = self._nodes[i].primitive
            static = {name: _wide(value) for name, value in self._nodes[i].static.items()}
            with np.errstate(all="ignore"):
                out = primitive.forward(*(values[j] for j in self._operands[i]), **static)
            values[self._results[i]] = np.asarray(out[0] if primitive.auxiliary else out)

    def _fickle(self, values: dict[int, Array]) -> str:
        """What to say of the first primitive that gives something else for the very same operands: it draws anew."""
        for node, operands, result in zip(self._nodes, self._operands, self._results):
            with np.errstate(all="ignore"):
                out = node.primitive.forward(*(values[j] for j in operands), **node.static)
            again = np.asarray(out[0] if node.primitive.auxiliary else out)
            if not np.array_equal(again, values[result], equal_nan=True):
                name = node.primitive.name
                return f"{name} gives another result for the same operands: it draws anew, or reads something else"
        return ""

    def after(self, quantity: int) -> list[int]:
        """The nodes that must run again when a quantity changes."""
        changed, which = {quantity}, []
        for i, operands in enumerate(self._operands):
            if self._results[i] != quantity and not changed.isdisjoint(operands):
                changed.add(self._results[i])
                which.append(i)
        return which

    def cost(self, quantity: int) -> int:
        """About how much work the differences of a quantity's shown elements are."""
        return 2 * places(self._values[quantity]).size * sum(self._work(i) for i in self.after(quantity))

    def _work(self, operation: int) -> int:
        """A call's work: its elements or, where it contracts two arrays, about a share of its products.

        Of a (m, k) and a (k, n) matrix the products are mnk = √(mk · kn · mn), the sizes of operands and result.
        """
        sizes = sorted(int(self._values[i].size) for i in self._operands[operation])[-2:]
        result = int(np.prod(self._nodes[operation].shape))
        work = max(result, *sizes, 1000)
        if self._nodes[operation].primitive.elementwise or len(sizes) < 2:
            return work
        return max(work, math.isqrt(sizes[0] * sizes[1] * result) // PRODUCTS)

    def differences(self, quantity: int) -> Array:
        """(L(x + h) − L(x − h)) / 2h for each shown element x of a quantity."""
        which = self.after(quantity)
        found = places(self._values[quantity])
        slopes = np.zeros(found.shape)
        for place in np.ndindex(*found.shape):
            step, lower, higher = self._beside(quantity, place, which)
            slopes[place] = (self._loss(higher) - self._loss(lower)) / (2 * step)  # of Python's floats: no warning
        return slopes

    def around(self, quantity: int, place: tuple[int, ...], share: float = 1.0) -> Around:
        """All values where one shown element is by h, or a share of it, smaller and larger."""
        which = self.after(quantity)
        step, lower, higher = self._beside(quantity, place, which, share)
        return Around(step, lower, self._values, higher, [(i, self._results[i]) for i in which])

    def slope_of_sum(self, quantity: int, place: tuple[int, ...], operation: int) -> float:
        """The difference for one operation by itself: of the sum of its result."""
        step, lower, higher = self._beside(quantity, place, [operation])
        result = self._results[operation]
        with np.errstate(all="ignore"):
            return float((higher[result] - lower[result]).sum() / (2 * step))

    def _beside(
        self, quantity: int, place: tuple[int, ...], which: list[int], share: float = 1.0
    ) -> tuple[float, dict[int, Array], dict[int, Array]]:
        """The step h, and the values of these operations' results for x − h and for x + h."""
        value = self._values[quantity]
        index = places(value)[place]
        step = share * 1e-6 * max(1.0, abs(float(value.reshape(-1)[index])))
        runs = []
        for change in (-step, step):
            changed = value.copy()
            values = {**self._values, quantity: changed}
            with np.errstate(all="ignore"):
                changed.reshape(-1)[index] += change  # a fresh copy is contiguous, so this writes into it
                self._run(values, which)
            runs.append(values)
        return step, runs[0], runs[1]

    def _loss(self, values: dict[int, Array]) -> float:
        return float(values[self._results[-1]].reshape(()))


def add_differences(quantities: list[Quantity], replay: Replay) -> None:
    """Put a finite difference beside every gradient that is shown, leaves first, as far as the budget reaches."""
    spent = 0
    for quantity in sorted(quantities, key=lambda each: each.operation is not None):
        if quantity.gradient is None:
            continue
        if replay.problem:
            quantity.difference_note = replay.problem
            continue
        cost = replay.cost(quantity.id)
        if spent + cost > BUDGET:  # what is nearer to the loss may still be cheap enough
            quantity.difference_note = "not computed: the program is too large to run again so often"
            continue
        spent += cost
        quantity.difference = rows_of(replay.differences(quantity.id))


def _double(value: Any) -> Array:
    array = np.array(value, order="C")
    return array.astype(np.float64) if array.dtype.kind == "f" else array


def _wide(setting: Any) -> Any:
    """A setting that asks for a floating dtype asks for float64 here."""
    is_dtype = isinstance(setting, np.dtype) or (isinstance(setting, type) and issubclass(setting, np.generic))
    return np.dtype(np.float64) if is_dtype and np.dtype(setting).kind == "f" else setting


def _lowest(values: dict[int, Array]) -> Any:
    """The coarsest floating dtype of a program."""
    dtypes = [np.asarray(value).dtype for value in values.values()]
    return min((d for d in dtypes if d.kind == "f"), key=lambda d: d.itemsize, default=np.dtype(np.float64))
