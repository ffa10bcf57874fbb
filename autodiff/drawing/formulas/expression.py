"""The expression tree of a formula: constants, names, and calls of primitives or of NumPy's predicates.

Made by running rules on symbols (see `symbols`), and written down as text, MathML and JavaScript. It can be computed
again from arrays, which is how the tests prove that a formula is what the engine computes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from ...primitive import Primitive

_OPS = Primitive.__module__.rpartition(".")[0] + ".ops"


@dataclass(frozen=True, eq=False)
class Expression:
    """A constant, a name or a call."""


@dataclass(frozen=True, eq=False)
class Constant(Expression):
    """A number, or an array that depends on shapes only."""

    value: Any


@dataclass(frozen=True, eq=False)
class Name(Expression):
    """What the rule was given: `g`, an input, `out`, an auxiliary output."""

    name: str


@dataclass(frozen=True, eq=False)
class Call(Expression):
    """A primitive, or a function of NumPy without a derivative, applied to expressions."""

    function: Primitive | Callable[..., Any]
    operands: tuple[Expression, ...]
    static: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The primitive's or function's name."""
        return str(getattr(self.function, "__name__", "function"))

    @property
    def primitive(self) -> Primitive | None:
        """The primitive, None for a function of NumPy."""
        return self.function if isinstance(self.function, Primitive) else None


@lru_cache(maxsize=1)
def _ours() -> frozenset[int]:
    # Looked up by name, because the package's own attribute `softmax` is the function, not the module.
    modules = [module for name, module in list(sys.modules.items()) if name.startswith(f"{_OPS}.")]
    return frozenset(id(v) for module in modules for v in vars(module).values() if isinstance(v, Primitive))


def is_ours(call: Call) -> bool:
    """Whether a call is of NumPy's function or autodiff's primitive: a user's may share the name of one.

    Examples
    --------
    >>> import numpy as np, autodiff as ad
    >>> is_ours(Call(ad.exp, (Name("x"),)))
    True
    """
    return call.primitive is None or id(call.primitive) in _ours()


def names(expression: Expression) -> Iterator[str]:
    """The names in an expression, in the order of reading, with repetitions.

    Examples
    --------
    >>> import autodiff as ad
    >>> list(names(Call(ad.mul, (Name("g"), Name("y")))))
    ['g', 'y']
    """
    if isinstance(expression, Name):
        yield expression.name
    elif isinstance(expression, Call):
        for operand in expression.operands:
            yield from names(operand)


def calls(expression: Expression) -> Iterator[Call]:
    """The calls in an expression, the outermost first.

    Examples
    --------
    >>> import autodiff as ad
    >>> [call.name for call in calls(Call(ad.neg, (Call(ad.exp, (Name("x"),)),)))]
    ['neg', 'exp']
    """
    if isinstance(expression, Call):
        yield expression
        for operand in expression.operands:
            yield from calls(operand)


def evaluate(expression: Expression, values: Mapping[str, Any]) -> Any:
    """The value of an expression: its calls run again, on arrays.

    Parameters
    ----------
    expression : Expression
    values : mapping of str to array
        What each name stands for.

    Raises
    ------
    KeyError
        If a name has no value.

    Examples
    --------
    >>> import autodiff as ad
    >>> float(evaluate(Call(ad.mul, (Name("g"), Constant(3.0))), {"g": 2.0}))
    6.0
    """
    if isinstance(expression, Constant):
        return expression.value
    if isinstance(expression, Name):
        return values[expression.name]
    assert isinstance(expression, Call)
    return expression.function(*(evaluate(operand, values) for operand in expression.operands), **expression.static)


def same(a: Expression, b: Expression) -> bool:
    """Whether two expressions are the same tree with the same constants.

    Examples
    --------
    >>> same(Constant(2.0), Constant(2.0)), same(Name("x"), Name("y"))
    (True, False)
    """
    if isinstance(a, Constant) and isinstance(b, Constant):
        return bool(np.array_equal(a.value, b.value))
    if isinstance(a, Name) and isinstance(b, Name):
        return a.name == b.name
    if not (isinstance(a, Call) and isinstance(b, Call)):
        return False
    alike = a.function is b.function and len(a.operands) == len(b.operands) and repr(a.static) == repr(b.static)
    return alike and all(same(x, y) for x, y in zip(a.operands, b.operands))


def substitute(expression: Expression, replaced: Mapping[str, Expression]) -> Expression:
    """The expression with names replaced by expressions."""
    if isinstance(expression, Name):
        return replaced.get(expression.name, expression)
    if isinstance(expression, Call):
        operands = tuple(substitute(operand, replaced) for operand in expression.operands)
        return Call(expression.function, operands, expression.static)
    return expression


def number(expression: Expression) -> float | None:
    """The Python number that an expression is, or None.

    Examples
    --------
    >>> number(Constant(2)), number(Name("x"))
    (2.0, None)
    """
    if isinstance(expression, Constant) and np.ndim(expression.value) == 0:
        value = expression.value
        if isinstance(value, (int, float, np.number, np.bool_, np.ndarray)):
            return float(value)
    return None


def fold(expression: Expression) -> Expression:
    """The expression without what says nothing: factors of 1, terms of 0, copies, double negations.

    Examples
    --------
    >>> import autodiff as ad
    >>> fold(Call(ad.mul, (Constant(1.0), Name("y"))))
    Name(name='y')
    """
    if not isinstance(expression, Call):
        return expression
    operands = tuple(fold(operand) for operand in expression.operands)
    numbers = tuple(number(operand) for operand in operands)
    folded = _folded(expression, operands, numbers)
    return folded if folded is not None else Call(expression.function, operands, expression.static)


def _folded(call: Call, operands: tuple[Expression, ...], numbers: tuple[float | None, ...]) -> Expression | None:
    """The simpler expression that a call is, or None."""
    if call.primitive is None or not is_ours(call):
        return None
    inner = operands[0] if isinstance(operands[0], Call) else None
    match call.name, numbers:
        case ("copy" | "astype"), _:
            return operands[0]
        case "mul", (1.0, _):
            return operands[1]
        case ("mul" | "div" | "pow"), (_, 1.0):
            return operands[0]
        case "add", (0.0, _):
            return operands[1]
        case ("add" | "sub"), (_, 0.0):
            return operands[0]
        case "neg", (float() as x,):
            return Constant(-x)
        case "mul", (float() as x, float() as y):
            return Constant(x * y)
        case "div", (float() as x, float() as y) if y:
            return Constant(x / y)
        case "mul", (-1.0, _):
            return Call(_negation(), (operands[1],))
        case "mul", (_, -1.0):
            return Call(_negation(), (operands[0],))
        case "mul", _ if isinstance(operands[1], Call) and operands[1].name == "div" and _is_one(operands[1]):
            return fold(Call(operands[1].function, (operands[0], operands[1].operands[1])))
        case ("neg" | "transpose" | "swapaxes"), _ if inner and inner.name == call.name:
            return inner.operands[0] if call.static == inner.static and not call.static.get("axes") else None
    return None


def _is_one(quotient: Call) -> bool:
    return number(quotient.operands[0]) == 1


def _negation() -> Primitive:
    from ...ops import neg

    return neg
