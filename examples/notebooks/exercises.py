"""How the exercises of the notebooks check themselves: a student's rules are held against differences by `gradcheck`.

Each notebook imports `check` from here. Whatever the student wrote, the answer is a sentence and never a traceback.
"""

from __future__ import annotations

import functools
import sys
import traceback
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

import numpy as np

import autodiff as ad


class _NotDone(Exception):
    """A rule still has its `...`, and so gives no gradient."""


class _Stumbled(Exception):
    """A rule raised an error, which is the cause of this one, or gave something that cannot be a gradient."""


def check(
    function: Callable[..., Any],
    *rules: Callable[..., Any],
    at: Sequence[Any],
    without: Sequence[Callable[..., Any]] = (),
) -> None:
    """Say whether rules are the derivatives of a function: not done yet, wrong and where, or correct.

    They are compared at the points that are given, and at others, where a rule that was right by chance is found out.

    Parameters
    ----------
    function : callable
        From arrays to one array.
    *rules : callable
        One for each argument of the function, which is the vector-Jacobian product of that argument: `rule(g, ...)`,
        where `g` is the gradient that arrives from above and the other parameters are arguments of the function, or
        `out` for its result.
    at : sequence of array_like
        The arguments to compare at, floats.
    without : sequence of callable, optional
        What the rules may not call. If nothing is named, they may not let the engine walk back at all.

    Examples
    --------
    >>> def square_rule(g, x):
    ...     return g * 2 * x
    >>> check(lambda x: x * x, square_rule, at=[[1.0, -2.0]])
    Correct: `square_rule` agrees with finite differences in every element.
    """
    points = [np.asarray(point, dtype=np.float64) for point in at]
    others = [0.8 * point + 0.1 for point in points]
    try:
        watched = [_watched(rule, point.shape, without) for rule, point in zip(rules, points, strict=True)]
        exercise = ad.primitive(function, name="exercise").vjp(*watched)
        for compared in (points, others):
            ad.gradcheck(exercise, *compared)
    except _NotDone as unfinished:
        print(f"To do: {unfinished}")
    except _Stumbled as stumbled:
        print(f"Not yet: {stumbled}")
    except ad.GradientCheckError as error:
        number = next((i for i in range(len(rules)) if error.argument == f"input {i}"), 0)
        print(f"Not yet: `{rules[number].__name__}` is off. Here is where:\n\n{error}\n")
        print(_reading(exercise.inputs, compared))
    except TypeError as error:
        print(f"Not yet: {error}")
    else:
        names = " and ".join(f"`{rule.__name__}`" for rule in rules)
        print(f"Correct: {names} {'agree' if len(rules) > 1 else 'agrees'} with finite differences in every element.")
    finally:
        ad.REGISTRY.pop("exercise", None)


def _watched(
    rule: Callable[..., Any], shape: tuple[int, ...], without: Sequence[Callable[..., Any]]
) -> Callable[..., Any]:
    """The rule of an argument of this shape, with errors that tell an unfinished answer from a wrong one."""
    name = rule.__name__

    @functools.wraps(rule)
    def watched(*arguments: Any) -> Any:
        # Copies, so that a rule may compute in place; what it gets belongs to the engine.
        copies = [each.copy() if isinstance(each, np.ndarray) else each for each in arguments]
        try:
            gradient, asked = _observed(rule, copies, without)
        except Exception as error:
            if "ellipsis" in str(error):
                raise _NotDone(f"put your answer in the place of `...` in `{name}`, and run the cell again.") from error
            line = traceback.extract_tb(error.__traceback__)[-1].line
            where = f", at `{line}`" if line else ""
            raise _Stumbled(f"`{name}` stopped with {type(error).__name__}{where}:\n\n{error}") from error
        if asked:
            raise _Stumbled(f"`{name}` lets {asked} do the work. Here it is to be done without.")
        if gradient is None:
            raise _NotDone(f"`{name}` returns nothing. Does it end with `return`, followed by your answer?")
        if any(element is ... for element in np.ravel(np.asarray(gradient, dtype=object))):
            raise _NotDone(f"put your answer in the place of `...` in `{name}`, and run the cell again.")
        return _gradient(gradient, name, shape)

    return watched


def _gradient(returned: Any, name: str, shape: tuple[int, ...]) -> Any:
    """What a rule returned, as an array of floats, if it can be a gradient."""
    gradient = np.asarray(returned)
    if gradient.dtype.kind not in "biuf":
        raise _Stumbled(f"`{name}` returns a {type(returned).__name__} that holds no real numbers: {returned!r}.")
    if gradient.shape != shape:
        raise _Stumbled(
            f"`{name}` returns the shape {gradient.shape}. A gradient has the shape of what it belongs to, and "
            f"that is {shape}."
        )
    return gradient.astype(np.float64)


def _observed(
    rule: Callable[..., Any], arguments: Sequence[Any], without: Sequence[Callable[..., Any]]
) -> tuple[Any, str]:
    """What a rule returns, and the name of what it called although it may not, if it did."""
    names = {function.__code__: f"`ad.{function.__name__}`" for function in without}
    asked = ""

    def called(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal asked
        if event != "call":
            return
        asked = asked or names.get(frame.f_code, "")
        if not without and frame.f_globals.get("__name__") == "autodiff.backward":
            asked = "the engine"

    before = sys.getprofile()
    sys.setprofile(called)
    try:
        returned = rule(*arguments)
    finally:
        sys.setprofile(before)
    return returned, asked


def _reading(inputs: Sequence[str], points: Sequence[Any]) -> str:
    """What the numbers of a report mean."""
    named = ", ".join(
        f"input {number} is `{name}`" + (f" = {point.tolist()}" if point.size <= 6 else "")
        for number, (name, point) in enumerate(zip(inputs, points))
    )
    return f"(Here {named}. `analytical` is what your rule gives, `numerical` what it should give.)"
