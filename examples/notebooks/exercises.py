"""How the exercises of the notebooks check themselves: a student's rules are held against differences by `gradcheck`.

Each notebook imports `check` from here. Whatever the student wrote, the answer is a sentence and never a traceback.
"""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import autodiff as ad


class _NotDone(Exception):
    """A rule still has its `...`, and so gives no gradient."""


class _Stumbled(Exception):
    """A rule raised an error, which is the cause of this one."""


def check(function: Callable[..., Any], *rules: Callable[..., Any], at: Sequence[Any]) -> None:
    """Say whether rules are the derivatives of a function: not done yet, wrong and where, or correct.

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

    Examples
    --------
    >>> def square_rule(g, x):
    ...     return g * 2 * x
    >>> check(lambda x: x * x, square_rule, at=[[1.0, -2.0]])
    Correct: `square_rule` agrees with finite differences in every element.
    """
    points = [np.asarray(point, dtype=np.float64) for point in at]
    try:
        exercise = ad.primitive(function, name="exercise").vjp(*map(_watched, rules, map(np.shape, points)))
        ad.gradcheck(exercise, *points)
    except _NotDone as unfinished:
        print(f"To do: {unfinished}")
    except _Stumbled as stumbled:
        print(f"Not yet: {stumbled}")
    except ad.GradientCheckError as error:
        number = next((i for i in range(len(rules)) if error.argument == f"input {i}"), 0)
        print(f"Not yet: `{rules[number].__name__}` is off. Here is where:\n\n{error}\n\n{_reading(exercise.inputs)}")
    except TypeError as error:
        print(f"Not yet: {error}")
    else:
        names = " and ".join(f"`{rule.__name__}`" for rule in rules)
        print(f"Correct: {names} {'agree' if len(rules) > 1 else 'agrees'} with finite differences in every element.")
    finally:
        ad.REGISTRY.pop("exercise", None)


def _watched(rule: Callable[..., Any], shape: tuple[int, ...]) -> Callable[..., Any]:
    """The rule of an argument of this shape, with errors that tell an unfinished answer from a wrong one."""
    name = rule.__name__

    @functools.wraps(rule)
    def watched(*arguments: Any) -> Any:
        try:
            gradient = rule(*arguments)
        except Exception as error:
            if "ellipsis" in str(error):
                raise _NotDone(f"put your answer in the place of `...` in `{name}`, and run the cell again.") from error
            line = traceback.extract_tb(error.__traceback__)[-1].line
            where = f", at `{line}`" if line else ""
            raise _Stumbled(f"`{name}` stopped with {type(error).__name__}{where}:\n\n{error}") from error
        if gradient is None:
            raise _NotDone(f"`{name}` returns nothing. Does it end with `return`, followed by your answer?")
        if any(element is ... for element in np.ravel(np.asarray(gradient, dtype=object))):
            raise _NotDone(f"put your answer in the place of `...` in `{name}`, and run the cell again.")
        if np.shape(gradient) != shape:
            raise _Stumbled(
                f"`{name}` returns the shape {np.shape(gradient)}. A gradient has the shape of what it belongs to, and "
                f"that is {shape}."
            )
        return gradient

    return watched


def _reading(inputs: Sequence[str]) -> str:
    """What the numbers of a report mean."""
    named = ", ".join(f"input {number} is `{name}`" for number, name in enumerate(inputs))
    return f"(Here {named}. `analytical` is what your rule gives, `numerical` what it should give.)"
