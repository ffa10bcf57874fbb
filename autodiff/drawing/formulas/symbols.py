"""Runs rules on symbols: Tensors with an example value that note by which expression they were made.

A rule is Python that calls primitives, so it is run, and what it calls is written down: the same code that computes
gradients makes the formulas. A `Tracer` observes the calls; comparisons and predicates, which are plain arrays
elsewhere, are symbols here too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import modes
from ...graph import Node
from ...numpy_protocol import call_function
from ...observe import Observer
from ...primitive import Array, Primitive
from ...tensor import Tensor
from .expression import Call, Constant, Expression, Name

#: An upstream gradient with more elements is ones.
_LARGE = 10_000


class Untraceable(Exception):
    """A rule did something of which a symbol cannot take note."""


class Shape(tuple[int, ...]):
    """The shape of an argument, which remembers whose shape it is."""

    of: str = ""


class Symbol(Tensor):
    """A Tensor that knows by which expression it was made.

    Examples
    --------
    >>> import numpy as np, autodiff as ad
    >>> x = Symbol.named("x", np.array([1.0, -2.0]))
    >>> with Tracer():
    ...     y = x * (x > 0)
    >>> [type(part).__name__ for part in y.expression.operands]
    ['Name', 'Call']
    """

    __slots__ = ("expression",)

    expression: Expression

    @classmethod
    def made(cls, data: Array, expression: Expression) -> Symbol:
        """A symbol with a value, made by an expression."""
        symbol = Symbol.__new__(Symbol)
        Tensor.__init__(symbol, data, copy=False)
        symbol.expression = expression
        return symbol

    @classmethod
    def named(cls, name: str, data: Array) -> Symbol:
        """A symbol with a value, that stands for itself."""
        return cls.made(data, Name(name))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        raise Untraceable("a symbol was about to become a plain array")

    def __bool__(self) -> bool:
        raise Untraceable("a rule asks whether a symbol is true")

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        result = super().__array_ufunc__(ufunc, method, *inputs, **kwargs)
        return result if isinstance(result, Symbol) else noted(getattr(np, ufunc.__name__), inputs, kwargs, result)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        result = call_function(function, args, kwargs)
        return result if isinstance(result, Symbol) else noted(function, args, kwargs, result)

    @property  # type: ignore[misc]  # nothing can be assigned to it: a rule changes no operand
    def data(self) -> Array:
        raise Untraceable("a rule reads the numbers of a symbol")

    def _unreadable(self, *arguments: Any) -> Any:
        raise Untraceable("a rule reads the numbers of a symbol")

    item = numpy = tolist = nonzero = __float__ = __contains__ = detach = _unreadable

    def __index__(self) -> int:
        if self._data.dtype.kind not in "iu":
            raise Untraceable("a rule reads the numbers of a symbol")
        return int(self._data)  # where a part begins, say: if it depends on more than shapes, a second run shows it

    __int__ = __index__

    __hash__ = Tensor.__hash__


def noted(function: Callable[..., Any], operands: tuple[Any, ...], static: dict[str, Any], result: Any) -> Any:
    """The result of a predicate on symbols, as a symbol."""
    if not isinstance(result, (np.ndarray, np.generic, bool, int, float)):
        raise Untraceable(f"{function.__name__} gives a {type(result).__name__}")
    if any(isinstance(value, Tensor) for value in static.values()):
        raise Untraceable(f"{function.__name__} is given a symbol by keyword")
    expressions = tuple(expression_of(operand) for operand in operands)
    return Symbol.made(np.asarray(result), Call(function, expressions, dict(static)))


def expression_of(value: Any) -> Expression:
    """The expression of an operand: a symbol's own, a known array's name, a constant."""
    if isinstance(value, Symbol):
        return value.expression
    if isinstance(value, Tensor):
        raise Untraceable("a Tensor from outside of the rule")
    for observer in modes.current.get().observers:
        if isinstance(observer, Tracer) and id(value) in observer.known:
            return Name(observer.known[id(value)])
    return Constant(value)


def _comparison(function: np.ufunc) -> Callable[[Any, Any], Any]:
    def compare(self: Any, other: Any) -> Any:
        return function(self, other)

    return compare


def _reflected(function: np.ufunc) -> Callable[[Any, Any], Any]:
    def compare(self: Any, other: Any) -> Any:
        return function(other, self)

    return compare


for _slot, _function in {
    "eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal,
    "floordiv": np.floor_divide, "and": np.logical_and, "or": np.logical_or, "xor": np.logical_xor,
}.items():  # fmt: skip
    setattr(Symbol, f"__{_slot}__", _comparison(_function))
    if _slot in ("floordiv", "and", "or", "xor"):
        setattr(Symbol, f"__r{_slot}__", _reflected(_function))
for _name in ("any", "all", "argmax", "argmin", "argsort", "round"):
    setattr(Symbol, _name, getattr(np, _name))
setattr(Symbol, "__invert__", lambda self: np.logical_not(self))  # noqa: B010  # with the others


class Tracer(Observer):
    """Turns what primitives give back into symbols.

    Attributes
    ----------
    known : dict of int to str
        Names of plain arrays, by their identity: auxiliary outputs that a rule hands on.
    """

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[int, str] = {}
        self._made: Expression | None = None

    def __enter__(self) -> Tracer:
        """Alone: what other observers are shown are the user's calls, not these."""
        self._tokens.append(modes.current.set(modes.current.get().replace("observers", (self,))))
        return self

    def called(
        self, primitive: Primitive, node: Node | None, operands: tuple[Any, ...], static: dict[str, Any], out: Array
    ) -> None:
        self._made = Call(primitive, tuple(expression_of(operand) for operand in operands), dict(static))

    def returned(self, tensor: Any) -> Any:
        made, self._made = self._made, None
        return tensor if made is None else Symbol.made(tensor._data, made)


def run(primitive: Primitive, index: int, static: dict[str, Any], operands: tuple[Any, ...]) -> Expression:
    """The expression of the message for one argument: the rule, run on symbols around example operands.

    Raises
    ------
    Untraceable
        If the argument has no rule, or the rule turns a symbol into a plain value.

    Examples
    --------
    >>> import numpy as np, autodiff as ad
    >>> message = run(ad.mul, 0, {}, (np.array(2.0), np.array(3.0)))
    >>> message.name, message.operands
    ('mul', (Name(name='g'), Name(name='y')))
    """
    number = 0 if primitive.variadic else index
    rule = primitive.rules[number] if number < len(primitive.rules) else None
    if rule is None:
        raise Untraceable(f"{primitive.name} has no rule for its argument number {index}")
    values = example_values(primitive, static, operands)
    with Tracer() as tracer, modes.no_grad():
        given = [_given(primitive, name, index, static, values, tracer) for name in primitive.needs[number]]
        message = rule(Symbol.named("g", values["g"]), *given)
        _check_shape(primitive, np.shape(_value(message)), np.shape(operands[index]))
        return expression_of(message)


def _value(message: Any) -> Any:
    return message._data if isinstance(message, Tensor) else message


def _check_shape(primitive: Primitive, shape: tuple[int, ...], needed: tuple[int, ...]) -> None:
    """An example that the forward takes by accident shows in the shape of its message."""
    if shape != needed and not (primitive.broadcasts and np.broadcast_shapes(shape, needed) == shape):
        raise Untraceable(f"{primitive.name}: a message of shape {shape} for an argument of shape {needed}")


def example_values(primitive: Primitive, static: dict[str, Any], operands: tuple[Any, ...]) -> dict[str, Any]:
    """What every name stands for in an example: the operands, their names with a number if they are many, out and g."""
    result = primitive.forward(*operands, **static)
    parts = result if primitive.auxiliary else (result,)
    out = np.asarray(parts[0])
    if out.size <= _LARGE:
        g = np.cos(np.arange(out.size, dtype=out.dtype)).reshape(out.shape)
    else:
        g = np.broadcast_to(np.ones((), out.dtype), out.shape)  # takes no memory
    values: dict[str, Any] = {"out": out, "g": g}
    for name, part in zip(primitive.auxiliary, parts[1:]):
        values |= {f"{name}{i}": p for i, p in enumerate(part)} if isinstance(part, tuple) else {name: part}
    if primitive.variadic:
        return values | {f"{primitive.inputs[0]}{i}": operand for i, operand in enumerate(operands)}
    return values | dict(zip(primitive.inputs, operands))


def _given(
    primitive: Primitive, name: str, index: int, static: dict[str, Any], values: dict[str, Any], tracer: Tracer
) -> Any:
    """What a rule gets for one of its parameters."""
    if name == "index":
        return index
    if name in static:
        return static[name]
    if name in primitive.static:
        return primitive.static[name]
    if name in values:
        return Symbol.named(name, np.asarray(values[name]))
    if name in primitive.auxiliary:  # a tuple of arrays, which stay plain: they may become part of an index
        parts = [key for key in values if key[: len(name)] == name and key[len(name) :].isdigit()]
        tracer.known |= {id(values[key]): key for key in parts}
        return tuple(values[key] for key in parts)
    base, _, what = name.rpartition("_")
    if name in primitive.inputs or (base in primitive.inputs and primitive.variadic):
        base = name if name in primitive.inputs else base
        parts = [key for key in values if key[: len(base)] == base and key[len(base) :].isdigit()]
        if name == base:
            return tuple(Symbol.named(key, np.asarray(values[key])) for key in parts)
        return tuple(_shape_or_dtype(key, what, values[key]) for key in parts)
    return _shape_or_dtype(base, what, values[base])


def _shape_or_dtype(name: str, what: str, value: Any) -> Any:
    if what == "dtype":
        return np.asarray(value).dtype
    shape = Shape(np.shape(value))
    shape.of = name
    return shape
