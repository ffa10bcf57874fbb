"""Why a gradient and the finite difference beside it differ, as a note: found by looking closer, not guessed.

`replay` computes the differences; this module compares, and where they differ it runs the program again around the
element in question, until it finds the operation that is to blame, the hook, or the digits that a dtype does not have.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from ...primitive import Array
from .replay import Around, Replay
from .story import Quantity, Shown, Story

#: How far, relative to the largest difference, both may be apart; the page says "agrees" up to there.
TOLERANCE = {"float64": 1e-5, "float32": 2e-3, "float16": 0.1}
_EPSILON = float(np.finfo(np.float64).eps)


@dataclass
class Known:
    """What was seen while the step ran: where hooks changed a gradient, and what was computed without one.

    `stopped` has for each operation the quantities on which its constants depend: nothing flows back to these.
    """

    hooked: set[int] = field(default_factory=set)
    stopped: dict[int, set[int]] = field(default_factory=dict)


def add_notes(story: Story, replay: Replay, known: Known) -> None:
    """Give every quantity with a difference its note, the loss first: what is wrong there is no news further back."""
    looking = _Looking(story, replay, known)
    for quantity in sorted(story.quantities, key=lambda q: -1 if q.operation is None else q.operation, reverse=True):
        if quantity.difference is not None:
            with np.errstate(all="ignore"):
                quantity.difference_note = looking.note(quantity)


class _Looking:
    def __init__(self, story: Story, replay: Replay, known: Known) -> None:
        self._story, self._replay, self._known = story, replay, known
        self._agrees: dict[int, bool] = {}

    def note(self, quantity: Quantity) -> str:
        assert quantity.gradient is not None
        gradient, difference = (_numbers(rows) for rows in (quantity.gradient.rows, quantity.difference or []))
        if gradient.size == 0:
            return ""
        gaps = np.where(gradient == difference, 0.0, np.abs(gradient - difference))
        scale = max([1e-3, *np.abs(difference[np.isfinite(difference)]).flat])
        self._agrees[quantity.id] = agrees = bool((gaps <= TOLERANCE["float64"] * scale).all())
        if agrees:
            return self._held_fixed(quantity)
        after = self._replay.after(quantity.id)
        hooked = [self._name(each) for each in (quantity.id, *self._results(after)) if each in self._known.hooked]
        if hooked:
            return f"A hook on {_and(hooked)} changed the gradient that arrived there; the difference is without it."
        dtype = _coarsest(self._story.quantities[each].value for each in (quantity.id, *self._results(after)))
        if (gaps <= TOLERANCE.get(dtype, 1e-5) * scale).all():
            self._agrees[quantity.id] = True
            return f"The step computes in {dtype}, the difference in float64: they differ by rounding."
        worst = np.unravel_index(int(np.argmax(np.where(np.isnan(gaps), np.inf, gaps))), gaps.shape)
        return self._of_element(quantity, (int(worst[0]), int(worst[1])), gradient[worst], gaps[worst])

    def _name(self, quantity: int) -> str:
        return self._story.quantities[quantity].name

    def _results(self, operations: Iterable[int]) -> list[int]:
        return [self._story.operations[each].result for each in operations]

    def _held_fixed(self, quantity: Quantity) -> str:
        """Both leave out what was computed without a gradient, so they agree; a reader should know what they mean."""
        after = self._replay.after(quantity.id)
        mine = {quantity.id, *self._results(after)}
        users = [self._story.operations[i].result for i, roots in self._known.stopped.items() if roots & mine]
        if not users:
            return ""
        names = _and(list(dict.fromkeys(map(self._name, users))))
        return (
            f"{quantity.name} also enters {names} through what was computed without a gradient (detach, no_grad, or a "
            "result that is no float): both numbers hold that fixed."
        )

    def _of_element(self, quantity: Quantity, place: tuple[int, int], slope: float, gap: float) -> str:
        """What is wrong at the element where they are furthest apart."""
        shape = quantity.value.shape
        index = np.unravel_index(place[0] * shape[-1] + place[1], shape) if shape else ()
        at = f" at [{', '.join(map(str, index))}]" if shape else ""
        around = self._replay.around(quantity.id, place)
        if not np.isfinite(_numbers(quantity.value.rows)[place]):
            return f"{quantity.name} itself is not finite{at}, so that a difference says nothing."
        odd = _odd(around, self._replay.around(quantity.id, place, share=0.1))
        if odd is not None:
            operation, what = odd
            who = f"{self._called(operation)} {what}{at}"
            if what != "has a kink":
                return f"{who}, so that a difference says nothing."
            left, right = _sides(around, self._story.operations[-1].result)
            return (
                f"{who}: on its two sides the slope of the loss is {left:.5g} and {right:.5g}. The rule gives "
                f"{slope:.5g}, and the difference is the mean."
            )
        if not np.isfinite(slope):
            return f"The gradient is not finite{at}: the loss is infinitely steep, or a rule divides by zero."
        largest = max([0.0, *(float(np.abs(around.here[result]).max(initial=0.0)) for _, result in around.calls)])
        if gap <= 40 * _EPSILON * largest / around.step:
            return f"Numbers as large as {largest:.3g} leave the difference too few digits{at}."
        wrong = self._wrong_rules(quantity, place)
        if wrong:
            return f"The rule of {_and(wrong)} gives another slope{at} than the operation: check it with gradcheck."
        later = [q for q in self._results(self._replay.after(quantity.id)) if self._agrees.get(q) is False]
        if later:
            return f"They differ because they differ at {self._name(later[-1])}."
        return f"No cause was found{at}: check the rules with gradcheck."

    def _called(self, operation: int) -> str:
        found = self._story.operations[operation]
        return f"{found.primitive} (in {self._name(found.result)})"

    def _wrong_rules(self, quantity: Quantity, place: tuple[int, int]) -> list[str]:
        """The operations whose rule, on its own, gives another slope of the sum of their result."""
        wrong = []
        for operation in self._story.operations:
            locals_ = [each.local for each in operation.operands if each.quantity == quantity.id and each.local]
            if locals_:
                told = sum(float(_numbers(local.rows)[place]) for local in locals_)
                found = self._replay.slope_of_sum(quantity.id, place, operation.id)
                tolerance = TOLERANCE.get(_coarsest([quantity.value]), 1e-5)
                if not abs(told - found) <= tolerance * max(1e-3, abs(found)):
                    wrong.append(operation.primitive)
        return list(dict.fromkeys(wrong))


def _odd(around: Around, closer: Around) -> tuple[int, str] | None:
    """The first operation that is not smooth there although its operands are, and what is wrong with it."""
    for operation, result in around.calls:
        before, here, after = (run[result] for run in (around.lower, around.here, around.higher))
        if not np.isfinite(here).all():
            return operation, "is not finite"
        if not (np.isfinite(before).all() and np.isfinite(after).all()):
            return operation, "has no value on one side of this"
        apart = float(np.abs(after - before).max(initial=0.0))
        apart_closer = float(np.abs(closer.higher[result] - closer.lower[result]).max(initial=0.0))
        noise = 40 * _EPSILON * float(np.abs(here).max(initial=0.0))
        if apart_closer > max(0.5 * apart, noise):
            return operation, "jumps"
        bend = float(np.abs(after - 2 * here + before).max(initial=0.0))
        if bend > max(1e-3 * apart, noise):
            return operation, "has a kink"
    return None


def _sides(around: Around, loss: int) -> tuple[float, float]:
    """The slopes of the loss on the left and on the right."""
    lower, here, higher = (float(run[loss].reshape(())) for run in (around.lower, around.here, around.higher))
    return (here - lower) / around.step, (higher - here) / around.step


def _numbers(rows: list[list[float | str]]) -> Array:
    """Rows as an array again."""
    texts = {"NaN": np.nan, "∞": np.inf, "−∞": -np.inf}
    found = np.array([[texts[x] if isinstance(x, str) else x for x in row] for row in rows], np.float64)
    return found.reshape(len(rows), -1) if rows else np.empty((0, 0))


def _coarsest(shown: Iterable[Shown]) -> str:
    order = ["float16", "float32", "float64"]
    return min((each.dtype for each in shown if each.dtype in order), key=order.index, default="float64")


def _and(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1])] * (len(names) > 1) + names[-1:])
