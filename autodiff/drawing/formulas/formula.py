"""The formula of a rule: what it sends, as text, MathML and JavaScript.

`derivative` runs a rule on symbols and keeps the result; a rule that cannot run on symbols is named instead, so that
whoever draws never has to ask.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from inspect import Parameter
from itertools import islice
from typing import Any

import numpy as np

from ...primitive import Primitive
from .examples import Operands, examples
from .expression import Call, Constant, Expression, Name, fold, names, number, same, substitute
from .factors import product_without
from .javascript import javascript
from .mathml import MathML
from .symbols import Shape, run
from .text import PlainText
from .writing import Formatter, Writer

_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True, eq=False)
class Formula:
    """What a rule computes.

    Attributes
    ----------
    primitive : Primitive
    expression : Expression or None
        The tree, None where the rule could not be run on symbols.
    static : dict
        The settings of the call.

    Examples
    --------
    >>> import autodiff as ad
    >>> formula = derivative(ad.div, 1, {})
    >>> formula.text(), formula.local().text(), formula.symbols
    ('−ḡ · out / y', '−out / y', ('g', 'out', 'y'))
    >>> formula.text({"g": "1", "out": "3", "y": "-2"})
    '−1 · 3 / (−2)'
    """

    primitive: Primitive
    expression: Expression | None
    static: dict[str, Any] = field(default_factory=dict)
    #: What stands in text where there is no expression.
    instead: str = ""

    @property
    def symbols(self) -> tuple[str, ...]:
        """The names used, in the order of reading."""
        return tuple(dict.fromkeys(names(self.expression))) if self.expression is not None else ()

    def local(self) -> Formula:
        """The same without the upstream factor, where it is one; else itself."""
        if self.expression is None:
            return self
        if self.primitive.elementwise:
            left: Expression | None = substitute(self.expression, {"g": Constant(1.0)})
        else:
            left = product_without(self.expression, "g")
        return self if left is None else Formula(self.primitive, fold(left), self.static, self.instead)

    def text(self, names: Mapping[str, str] | None = None) -> str:
        """The formula in plain Unicode, on one line.

        Parameters
        ----------
        names : mapping of str to str, optional
            What to show for a symbol: another name, or its number.
        """
        return self._written(PlainText(), names)

    def mathml(self, names: Mapping[str, str] | None = None) -> str:
        """The formula as the content of a <math> element; names are escaped."""
        return self._written(MathML(), names)

    def _written(self, writer: Writer, names: Mapping[str, str] | None) -> str:
        if self.expression is None:
            return writer.words(self.instead)
        shown = {name: _default_name(self.primitive, name) for name in self.symbols} | dict(names or {})
        return Formatter(writer, shown, self.static).whole(self.expression)

    def javascript(self) -> str:
        """The formula as an expression over g, out and the inputs, with `chalk` from `javascript.RUNTIME`.

        Raises
        ------
        ValueError
            If the primitive is not elementwise, or calls what has no JavaScript.
        """
        if self.expression is None or not self.primitive.elementwise:
            why = "its rule could not be run on symbols" if self.expression is None else "it is not elementwise"
            raise ValueError(f"{self.primitive.name} has no formula in JavaScript: {why}.")
        return javascript(self.expression)


def _default_name(primitive: Primitive, name: str) -> str:
    if name == "g":
        return "ḡ"
    base = name.rstrip("0123456789")
    if primitive.variadic and base == primitive.inputs[0] and base != name:
        return "x" + name[len(base) :].translate(_LOWERED)
    if base in primitive.auxiliary and base != name:
        return base if name.endswith("0") else base + name[len(base) :].translate(_LOWERED)
    return name


_empty = Parameter.empty
_cache: dict[Any, Formula] = {}
_lock = threading.Lock()
#: What rules do that compute an index from numbers, and so cannot run on symbols.
_WORDED = {"sort": "ḡ in the order before sorting"}
#: A program with more different calls than that starts again.
_CACHED = 4096


def derivative(
    primitive: Primitive, index: int, static: Mapping[str, Any] | None = None, operands: Operands | None = None
) -> Formula:
    """The message that the rule of one argument sends, as a formula.

    Parameters
    ----------
    primitive : Primitive
    index : int
        The number of the argument.
    static : mapping, optional
        The settings of the call.
    operands : tuple of arrays, optional
        Operands of the call. Without them the rule runs on an example, and a number that depends on lengths is shown
        as n; of a primitive whose shapes no example fits, the rule is only named.

    Returns
    -------
    Formula
        Cached by the primitive, the argument, the settings and the shapes.

    Examples
    --------
    >>> import autodiff as ad
    >>> derivative(ad.sigmoid, 0).text()
    'ḡ · out · (1 − out)'
    >>> derivative(ad.REGISTRY["matmul"], 0).text()
    'ḡ yᵀ'
    >>> derivative(ad.mean, 0, {"axis": 0, "keepdims": False}).text()
    'ḡ / n spread over axis 0'
    """
    settings = {**{n: d for n, d in primitive.static.items() if d is not _empty}, **(static or {})}
    plain = None if operands is None else tuple(np.asarray(getattr(x, "_data", x)) for x in operands)
    shapes = None if plain is None else tuple((x.shape, x.dtype.str) for x in plain)
    key = (primitive, primitive.rules, index, repr(settings), shapes)
    with _lock:
        found = _cache.get(key)
    if found is None:
        found = _derived(primitive, index, settings, plain)
        with _lock:
            if len(_cache) >= _CACHED:
                _cache.clear()
            _cache[key] = found
    return found


def _derived(primitive: Primitive, index: int, static: dict[str, Any], operands: Operands | None) -> Formula:
    instead = _WORDED.get(primitive.name, f"rule of {primitive.name}")
    with np.errstate(all="ignore"):
        try:
            found = _of_call(primitive, index, static, operands) if operands else _of_example(primitive, index, static)
        except Exception:  # whatever a rule of the user's does on a symbol, a picture has to be drawn
            found = None
    return Formula(primitive, None if found is None else fold(found), static, instead)


def _of_call(primitive: Primitive, index: int, static: dict[str, Any], operands: Operands) -> Expression | None:
    """The expression for the shapes of a call; None where it depends on their numbers in a way that it does not say."""
    first = run(primitive, index, static, operands)
    others = tuple(np.flip(x) * 0.9375 if x.dtype.kind == "f" else np.flip(x) for x in operands)
    return first if same(first, run(primitive, index, static, others)) else None


def _of_example(primitive: Primitive, index: int, static: dict[str, Any]) -> Expression | None:
    """The expression for examples: run on two sets of numbers of one shape, and on another shape."""
    for operands in islice(examples(primitive, index, static, 3, 0), 60):
        try:
            first = run(primitive, index, static, operands)
        except Exception:
            continue  # the forward took it, but the rule does not
        second = run(primitive, index, static, tuple(_redrawn(x) for x in operands))
        if not same(first, second):
            return None
        return first if primitive.elementwise else _general(first, operands, primitive, index, static)
    return None


def _redrawn(x: Any) -> Any:
    """Other numbers in the domain, in another order; a positive definite matrix stays one."""
    if x.dtype.kind == "b":
        return ~x
    if x.dtype.kind in "iu":
        return 1 - x
    return np.flip(x) * 0.875 + 0.125 * x.mean()


def _general(
    first: Expression, operands: Operands, primitive: Primitive, index: int, static: dict[str, Any]
) -> Expression:
    """The expression with the numbers that depend on lengths as n, seen by comparing it with that of longer arrays."""
    for longer in islice(examples(primitive, index, static, 4, 0), 60):
        if [x.ndim for x in longer] != [x.ndim for x in operands]:
            continue
        try:
            other = run(primitive, index, static, longer)
        except Exception:
            continue
        lengths = [(3, 4)] + [(x.size, y.size) for x, y in zip(operands, longer)]
        return _merged(first, other, lengths)
    return first


def _merged(a: Expression, b: Expression, lengths: list[tuple[int, int]]) -> Expression:
    """The first expression, with n for its numbers that differ from the second's as lengths do."""
    if isinstance(a, Call) and isinstance(b, Call) and len(a.operands) == len(b.operands):
        operands = tuple(_merged(x, y, lengths) for x, y in zip(a.operands, b.operands))
        return Call(a.function, operands, {key: _lengths(a.static[key], b.static.get(key)) for key in a.static})
    if isinstance(a, Constant) and np.ndim(a.value) == 1 and np.array_equal(a.value, np.arange(np.size(a.value))):
        return Constant("0…n−1")
    x, y = number(a), number(b)
    if x is None or y is None or x == y:
        return a
    from ...ops import div

    for m, n in lengths:
        if np.isclose(x / m, y / n):
            return Constant("n") if np.isclose(x, m) else a
        if np.isclose(x * m, y * n):
            return Call(div, (Constant(round(x * m, 9)), Constant("n")))
    return a


def _lengths(a: Any, b: Any) -> Any:
    """A basic index in words of n, where its numbers are 3 n' + c for axes of length 3, and 4 n' + c for 4."""
    if isinstance(a, Shape) or type(a) is not type(b):
        return a
    if isinstance(a, tuple) and len(a) == len(b):
        return tuple(_lengths(x, y) for x, y in zip(a, b))
    if isinstance(a, slice):
        return slice(_lengths(a.start, b.start), _lengths(a.stop, b.stop), a.step)
    if not isinstance(a, int) or a == b:
        return a
    times, rest = b - a, a - 3 * (b - a)
    n = ("n" if times == 1 else f"{times}n") if times > 0 else f"−{-times}n"
    return n if not rest else f"{n} {'+' if rest > 0 else '−'} {abs(rest)}"


def forward_formula(primitive: Primitive, static: Mapping[str, Any] | None = None, operands: int = 2) -> Formula:
    """The operation itself as a formula of its inputs.

    Parameters
    ----------
    primitive : Primitive
    static : mapping, optional
        The settings of the call.
    operands : int
        How many there are, of a variadic primitive.

    Examples
    --------
    >>> import autodiff as ad
    >>> forward_formula(ad.mul).text(), forward_formula(ad.sigmoid).text()
    ('x · y', 'σ(x)')
    >>> forward_formula(ad.sum, {"axis": 0}).text()
    'Σ x over axis 0'
    """
    inputs = primitive.inputs
    if primitive.variadic:
        inputs = tuple(f"{inputs[0]}{i}" for i in range(operands))
    settings = {**{n: d for n, d in primitive.static.items() if d is not _empty}, **(static or {})}
    return Formula(primitive, Call(primitive, tuple(Name(name) for name in inputs), settings), settings)
