"""Writes expressions as mathematics: which sign each primitive has, and where parentheses are needed.

The same walk serves plain text and MathML: a `Writer` (see `text` and `mathml`) says how a fraction, a power or an
operator looks. What only rearranges memory (a copy, another dtype, axes of length 1) is not shown inside a formula.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any, Protocol

from .expression import Call, Constant, Expression, Name, is_ours, number, same
from .factors import BOOKKEEPING, factors, guards, opposite
from .symbols import Shape
from .wording import ARRAY_WORDS, constant_words, key_words, number_words, over_axis, setting_words

#: How tightly an expression binds; a looser one inside a tighter one needs parentheses.
CASES, LOGIC, COMPARISON, SUM, PRODUCT, POWER, ATOM = range(7)

#: What a writer has written, and how tightly it binds.
Written = tuple[str, int]

COMPARISONS = {
    "equal": "=", "not_equal": "≠", "less": "<", "less_equal": "≤", "greater": ">", "greater_equal": "≥",
}  # fmt: skip
LOGICAL = {"logical_and": "and", "logical_or": "or", "logical_xor": "either … or"}
REDUCTIONS = {"mean", "var", "std", "prod", "max", "min", "norm", "logsumexp", "moments"}
FUNCTIONS = {"log": "ln", "maximum": "max", "minimum": "min", "sign": "sign", "argsort": "argsort"}


class Writer(Protocol):
    """How the parts of a formula look in one notation."""

    #: Whether fractions and roots stand in two dimensions, so that they need no parentheses inside.
    stacked: bool

    def identifier(self, name: str) -> str: ...
    def number(self, digits: str) -> str: ...
    def operator(self, sign: str, spaced: bool = True) -> str: ...
    def words(self, words: str) -> str: ...
    def row(self, *parts: str) -> str: ...
    def fraction(self, above: str, below: str) -> str: ...
    def power(self, base: str, exponent: str) -> str: ...
    def root(self, radicand: str, degree: int) -> str: ...


class Formatter:
    """Writes an expression with a writer; `shown` says how names are shown."""

    def __init__(self, writer: Writer, shown: Mapping[str, str], static: Mapping[str, Any]) -> None:
        self.writer, self.shown, self.static = writer, shown, static

    def whole(self, expression: Expression) -> str:
        """A formula that stands alone, where bookkeeping is worth a word."""
        w = self.writer
        if isinstance(expression, Call):
            words = self._bookkeeping(expression)
            inner = expression
            while words and isinstance(inner.operands[0], Call) and inner.operands[0].name in BOOKKEEPING:
                inner = inner.operands[0]
            if words:
                return w.row(self.at(inner.operands[0], SUM), w.words(words))
            if expression.name == "sum":
                return w.row(*self._sum(expression, PRODUCT))
        return self.write(expression)[0]

    def _bookkeeping(self, call: Call) -> str:
        if call.name == "broadcast_to":
            axis = self.static.get("axis")
            shape = call.static.get("shape")
            over = over_axis(axis) if axis is not None else ""
            of = self.shown.get(shape.of, shape.of) if isinstance(shape, Shape) else ""
            return f" spread{over}" if over else f" spread over {of}" if of else f" spread to {shape}"
        if call.name in ("reshape", "expand_dims", "squeeze"):
            shape = call.static.get("shape")
            of = f" to the shape of {self.shown.get(shape.of, shape.of)}" if isinstance(shape, Shape) else ""
            return f" reshaped{of}"
        return ""

    def _sum(self, call: Call, least: int) -> tuple[str, ...]:
        words = over_axis(call.static.get("axis"))
        parts = (self.writer.operator("Σ ", False), self.at(call.operands[0], least))
        return (*parts, self.writer.words(words)) if words else parts

    def at(self, expression: Expression, least: int) -> str:
        """Written so that it can stand where something binding at least so tightly is needed."""
        text, level = self.write(expression)
        if level >= least:
            return text
        return self.fenced(text, "[", "]") if level in (LOGIC, COMPARISON) and least >= SUM else self.fenced(text)

    def fenced(self, text: str, left: str = "(", right: str = ")") -> str:
        w = self.writer
        return w.row(w.operator(left, False), text, w.operator(right, False))

    def write(self, expression: Expression) -> Written:
        """The expression, and how tightly it binds."""
        if isinstance(expression, Name):
            return self._name(expression.name)
        if isinstance(expression, Constant):
            return self._constant(expression)
        assert isinstance(expression, Call)
        method = getattr(self, f"_write_{expression.name}", None) if is_ours(expression) else None
        if method is not None:
            written: Written = method(*expression.operands, **expression.static)
            return written
        if expression.name in COMPARISONS:
            return self._infix(expression.operands, COMPARISONS[expression.name], COMPARISON)
        if expression.name in LOGICAL:
            return self._infix(expression.operands, LOGICAL[expression.name], LOGIC)
        return self._other(expression)

    def _name(self, name: str) -> Written:
        shown = self.shown.get(name, name)
        try:
            value = float(shown.replace("−", "-"))
        except ValueError:
            simple = all(c.isalnum() or c in "_.[]̄₀₁₂₃₄₅₆₇₈₉∞" for c in shown)
            simple = simple or (shown[:1] == "(" and shown[-1] == ")" and ")" not in shown[1:-1])
            level = ATOM if simple else PRODUCT if shown[:1] == "∂" and " " not in shown else SUM
            return self.writer.identifier(shown), level
        return self.writer.number(shown.replace("-", "−")), SUM if value < 0 else ATOM

    def _constant(self, constant: Constant) -> Written:
        value = number(constant)
        if value is None:
            return self.writer.words(constant_words(constant.value)), ATOM
        digits = number_words(value)
        return self.writer.number(digits), SUM if digits[0] == "−" else PRODUCT if " " in digits else ATOM

    def _infix(self, operands: tuple[Expression, ...], sign: str, level: int) -> Written:
        left, right = (self.at(operand, level + 1) for operand in operands)
        return self.writer.row(left, self.writer.operator(sign), right), level

    # Arithmetic.

    def _write_add(self, x: Expression, y: Expression) -> Written:
        w = self.writer
        less = opposite(y)
        if less is not None:
            return self._write_sub(x, less)
        return w.row(self.at(x, SUM), w.operator("+"), self.at(y, SUM)), SUM

    def _write_sub(self, x: Expression, y: Expression) -> Written:
        return self.writer.row(self.at(x, SUM), self.writer.operator("−"), self.at(y, PRODUCT)), SUM

    def _write_neg(self, x: Expression) -> Written:
        return self.writer.row(self.writer.operator("−", False), self.at(x, PRODUCT)), SUM

    def _write_mul(self, x: Expression, y: Expression) -> Written:
        product, negative = [], False
        for factor in (*factors(x), *factors(y)):
            positive = opposite(factor)
            product.append(factor if positive is None else positive)
            negative ^= positive is not None  # the signs of the factors are the sign of the product
        grouped: list[tuple[Expression, int]] = []
        for factor in product:
            if grouped and same(grouped[-1][0], factor):
                grouped[-1] = (factor, grouped[-1][1] + 1)
            else:
                grouped.append((factor, 1))
        texts = [self.at(f, PRODUCT) if n == 1 else self._powered(f, str(n)) for f, n in grouped]
        w = self.writer
        text = reduce(lambda left, right: w.row(left, w.operator("·"), right), texts)
        if negative:
            return w.row(w.operator("−", False), text), SUM
        return text, PRODUCT if len(texts) > 1 else POWER

    def _powered(self, base: Expression, exponent: str) -> str:
        return self.writer.power(self.at(base, ATOM), self.writer.number(exponent))

    def _write_div(self, x: Expression, y: Expression) -> Written:
        w = self.writer
        negative = opposite(x)
        if negative is not None:
            text, _ = self._write_div(negative, y)
            return w.row(w.operator("−", False), text), SUM
        if w.stacked:
            return w.fraction(self.at(x, CASES), self.at(y, CASES)), PRODUCT
        return w.fraction(self.at(x, PRODUCT), self.at(y, POWER)), PRODUCT

    def _write_log1p(self, x: Expression) -> Written:
        text = self._write_add(Constant(1), x)[0]
        return self.writer.row(self.writer.identifier("ln"), self.fenced(text)), ATOM

    def _write_expm1(self, x: Expression) -> Written:
        w = self.writer
        return w.row(w.identifier("exp"), self.fenced(self.at(x, CASES)), w.operator("−"), w.number("1")), SUM

    def _write_pow(self, x: Expression, y: Expression) -> Written:
        exponent = self.at(y, CASES if self.writer.stacked else ATOM)
        return self.writer.power(self.at(x, ATOM), exponent), POWER

    def _write_square(self, x: Expression) -> Written:
        return self._powered(x, "2"), POWER

    def _write_reciprocal(self, x: Expression) -> Written:
        return self._write_div(Constant(1), x)

    def _write_sqrt(self, x: Expression) -> Written:
        return self.writer.root(self.at(x, CASES if self.writer.stacked else ATOM), 2), ATOM

    def _write_cbrt(self, x: Expression) -> Written:
        return self.writer.root(self.at(x, CASES if self.writer.stacked else ATOM), 3), ATOM

    def _write_abs(self, x: Expression) -> Written:
        return self.fenced(self.at(x, CASES), "|", "|"), ATOM

    def _write_mod(self, x: Expression, y: Expression) -> Written:
        return self._infix((x, y), "mod", PRODUCT)

    def _write_floor_divide(self, x: Expression, y: Expression) -> Written:
        return self.fenced(self._write_div(x, y)[0], "⌊", "⌋"), ATOM

    def _write_logical_not(self, x: Expression) -> Written:
        return self.writer.row(self.writer.words("not "), self.at(x, ATOM)), LOGIC

    def _write_where(self, condition: Expression, x: Expression, y: Expression) -> Written:
        if guards(condition) and number(x) is not None:
            return self.write(y)  # it only keeps 0 out of a quotient or a logarithm
        w = self.writer
        parts = (self.at(x, LOGIC), w.words(" where "), self.at(condition, LOGIC), w.words(", else "))
        return w.row(*parts, self.at(y, CASES)), CASES

    # Arrays.

    def _write_matmul(self, x: Expression, y: Expression) -> Written:
        product = isinstance(y, Call) and y.name == "matmul"  # which is associative
        right = self.at(y, PRODUCT if product else POWER)
        return self.writer.row(self.at(x, POWER), self.writer.operator(" ", False), right), PRODUCT

    def _write_inv(self, x: Expression) -> Written:
        return self._powered(x, "−1"), POWER

    def _write_solve(self, x: Expression, y: Expression) -> Written:
        return self.writer.row(self._powered(x, "−1"), self.writer.operator(" ", False), self.at(y, POWER)), PRODUCT

    def _write_transpose(self, x: Expression, axes: Any = None) -> Written:
        return self._transposed(x) if axes is None else self._function("transpose", (x,), {"axes": axes})

    def _write_swapaxes(self, x: Expression, axis1: int, axis2: int) -> Written:
        if {axis1, axis2} == {-1, -2}:
            return self._transposed(x)
        return self._function("swapaxes", (x,), {"axes": (axis1, axis2)})

    def _transposed(self, x: Expression) -> Written:
        w = self.writer
        return (w.power(self.at(x, ATOM), w.operator("T", False)) if w.stacked else self.at(x, ATOM) + "ᵀ"), POWER

    def _write_sum(self, x: Expression, axis: Any = None, keepdims: Any = False) -> Written:
        w = self.writer
        words = over_axis(axis)
        inner = (self.at(x, LOGIC), w.words(words)) if words else (self.at(x, LOGIC),)
        return w.row(w.operator("Σ", False), self.fenced(w.row(*inner))), ATOM

    def _write_slice(self, x: Expression, key: Any) -> Written:
        inserts = [part for part in (key if isinstance(key, tuple) else (key,)) if part is not None]
        if all(part is Ellipsis or part == slice(None) for part in inserts):
            return self.write(x)  # only axes of length 1 are added
        return self.writer.row(self.at(x, ATOM), self.writer.words(key_words(key))), ATOM

    def _write_unslice(self, x: Expression, key: Any, shape: Any) -> Written:
        return self.writer.row(self.at(x, SUM), self.writer.words(f" at {key_words(key)}, 0 elsewhere")), CASES

    def _write_gather(self, x: Expression, *places: Expression, template: Any) -> Written:
        at = [self.at(place, CASES) for place in places]
        return self.writer.row(self.at(x, ATOM), self.fenced(self._listed(at), "[", "]")), ATOM

    def _write_scatter(self, x: Expression, *places: Expression, template: Any, shape: Any) -> Written:
        w = self.writer
        at = self.fenced(self._listed([self.at(place, CASES) for place in places]), "[", "]")
        return w.row(self.at(x, SUM), w.words(" added up at "), at, w.words(", 0 elsewhere")), CASES

    def _listed(self, texts: list[str]) -> str:
        w = self.writer
        return reduce(lambda left, right: w.row(left, w.operator(", ", False), right), texts) if texts else ""

    # What has no sign of its own.

    def _other(self, call: Call) -> Written:
        if call.name in BOOKKEEPING:
            return self.write(call.operands[0])
        sign = call.primitive.symbol if call.primitive is not None else call.name
        if len(call.operands) == 2 and not any(c.isalnum() for c in sign.rstrip("ᵀ")):
            return self._infix(call.operands, sign, PRODUCT)
        worded = sign[0].isalpha() and not set(sign) & set("…/‖|(),")
        name = FUNCTIONS.get(call.name) or (sign if worded else ARRAY_WORDS.get(call.name, call.name.replace("_", " ")))
        return self._function(name, call.operands, call.static, call.name in REDUCTIONS)

    def _function(
        self, name: str, operands: tuple[Expression, ...], static: dict[str, Any], reduces: bool = False
    ) -> Written:
        w = self.writer
        inside = self._listed([self.at(operand, CASES) for operand in operands])
        words = setting_words(static, "over" if reduces else "along")
        return w.row(w.identifier(name), self.fenced(w.row(inside, w.words(words)) if words else inside)), ATOM
