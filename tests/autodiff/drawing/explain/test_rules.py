"""The rules on the page: mathematics, the program's names, and numbers which, when worked out, give the message."""
import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autodiff as ad
from autodiff.drawing.explain.recording import tell
from autodiff.ops.activations import erf

FUNCTIONS = {
    **{name: getattr(math, name) for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp")},
    "ln": math.log, "σ": lambda x: 1 / (1 + math.exp(-x)), "erf": lambda x: float(erf.forward(x)), "max": max,
    "min": min, "sign": lambda x: float(np.sign(x)),
}  # fmt: skip
CONSTANTS = {
    "ln 2": math.log(2), "ln 10": math.log(10), "π/180": math.pi / 180, "180/π": 180 / math.pi, "∞": math.inf,
    "2/√π": 2 / math.sqrt(math.pi), "√(2/π)": math.sqrt(2 / math.pi), "1/√(2π)": 1 / math.sqrt(2 * math.pi),
    "1/√2": 1 / math.sqrt(2),
}  # fmt: skip
TOKEN = re.compile(
    "|".join(map(re.escape, CONSTANTS))
    + r"|\d+\.?\d*(?:e−?\d+)?|[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+|, else|where\b|and\b|or\b|[A-Za-zσ]+|\S"
)
RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


class Reader:
    """Reads a formula with numbers as a reader of the page does: products before sums, `where` last."""

    def __init__(self, text):
        self.tokens = TOKEN.findall(text)

    def value(self):
        value = self.cases()
        assert not self.tokens, self.tokens
        return value

    def take(self, *wanted):
        if self.tokens and self.tokens[0] in wanted:
            return self.tokens.pop(0)
        return None

    def need(self, token):
        assert self.take(token), (token, self.tokens)

    def cases(self):
        value = self.logic()
        if self.take("where"):
            condition = self.logic()
            self.need(", else")
            other = self.cases()
            return value if condition else other
        return value

    def logic(self):
        value = self.comparison()
        while sign := self.take("and", "or"):
            other = self.comparison()
            value = (value and other) if sign == "and" else (value or other)
        return value

    def comparison(self):
        value = self.sum()
        if sign := self.take("=", "≠", "<", "≤", ">", "≥"):
            other = self.sum()
            return {
                "=": value == other, "≠": value != other, "<": value < other, "≤": value <= other, ">": value > other,
                "≥": value >= other,
            }[sign]  # fmt: skip
        return value

    def sum(self):
        value = -self.product() if self.take("−") else self.product()
        while sign := self.take("+", "−"):
            value = value + self.product() if sign == "+" else value - self.product()
        return value

    def product(self):
        value = self.power()
        while sign := self.take("·", "/"):
            value = value * self.power() if sign == "·" else value / self.power()
        return value

    def power(self):
        value = self.atom()
        if self.tokens and self.tokens[0][0] in "⁰¹²³⁴⁵⁶⁷⁸⁹⁻":
            return value ** int(self.tokens.pop(0).translate(RAISED))
        return value ** self.atom() if self.take("^") else value

    def atom(self):
        token = self.tokens.pop(0)
        if token in CONSTANTS:
            return CONSTANTS[token]
        if token in "√∛":
            return self.atom() ** (1 / 2 if token == "√" else 1 / 3)
        if token in "(⌊|":
            value = self.cases()
            self.need({"(": ")", "⌊": "⌋", "|": "|"}[token])
            return {"(": value, "⌊": math.floor(value) if token == "⌊" else None, "|": abs(value)}[token]
        if token in FUNCTIONS:
            self.need("(")
            arguments = [self.cases()]
            while self.take(","):
                arguments.append(self.cases())
            self.need(")")
            return FUNCTIONS[token](*arguments)
        return float(token.replace("−", "-"))


def test_the_reader_of_these_tests_reads_as_people_do():
    assert Reader("−(−0.5) / √(1 − 0.5²) + 2 · 3^(1 − 2)").value() == 0.5 / 0.75**0.5 + 2 / 3
    assert Reader("max(1 where 2 > 1 and 1 = 2, else 5, 3) · π/180").value() == 5 * math.pi / 180


ELEMENTWISE = sorted(
    name for name, p in ad.REGISTRY.items() if p.elementwise and any(p.rules) and p.__module__.startswith("autodiff.")
)
SETTINGS = {"astype": {"dtype": np.float64}}


def call(name, values):
    """The message's worth of a program of one primitive: its operands, and what the page shows of each."""
    primitive = ad.REGISTRY[name]
    operands = [
        ad.Tensor(np.array(value), requires_grad=True) if rule else np.array(value > 0)
        for value, rule in zip(values, primitive.rules)
    ]
    with np.errstate(all="ignore"):
        story = tell(lambda *x: primitive(*x, **SETTINGS.get(name, {})) * -0.7, operands, None, None)
    sent = [each for each in story.steps if each.kind == "message" and each.operation == 0]
    return [(story.operations[0].operands[each.argument], each.message.rows[0][0]) for each in sent]


@pytest.mark.parametrize("name", ELEMENTWISE)
@settings(max_examples=10)
@given(st.data())
def test_the_numbers_put_in_give_the_message(name, data):
    primitive = ad.REGISTRY[name]
    domains = np.broadcast_to(np.asarray(primitive.domain, float), (len(primitive.inputs), 2))
    bounds = [(max(low, -2.0), min(high, 2.0) if low < 2.0 else high) for low, high in domains]
    values = [round(data.draw(st.floats(low, high)), 3) for low, high in bounds]
    values = [value if abs(value) > 0.01 else 0.25 for value in values]
    for operand, message in call(name, values):
        assert operand.rule
        assert operand.mathml
        assert operand.numbers
        read = Reader(operand.numbers).value()
        assert read == pytest.approx(message, rel=2e-2, abs=2e-3), (values, operand.numbers)


def test_the_numbers_are_exact_where_five_digits_are():
    for name, values, numbers in [
        ("mul", (2.0, -3.0), ["(−0.7) · (−3)", "(−0.7) · 2"]),
        ("square", (-0.5,), ["(−0.7) · 2 · (−0.5)"]),
        ("sin", (-1e-7,), ["(−0.7) · cos(−1e−7)"]),
    ]:
        found = call(name, values)
        assert [operand.numbers for operand, _ in found] == numbers
        for operand, message in found:
            assert Reader(operand.numbers).value() == pytest.approx(message, rel=1e-12)


def leaf(value):
    return ad.Tensor(np.array(value, float), requires_grad=True)


def rules(step, *leaves):
    story = tell(step, leaves, None, None)
    return [operand for operation in story.operations for operand in operation.operands if operand.rule]


@pytest.mark.parametrize(
    ("step", "rule"),
    [
        (lambda x: ad.mean(x), "ḡ / 6 spread over x"),
        (lambda x: ad.sum(ad.mean(x, axis=1)), "ḡ / 3 spread over axis 1"),
        (lambda x: ad.sum(ad.var(x, axis=0, ddof=1)), None),
    ],
)
def test_lengths_are_those_of_the_call_and_not_n(step, rule):
    first = rules(step, leaf([[1.0, 2.0, 3.0], [4.0, 5.0, 7.0]]))[0]
    assert re.search(r"\bn\b", first.rule + first.named) is None
    if rule is not None:
        assert first.rule == rule


def test_operands_of_variadic_operations_have_their_own_names():
    def step(left, right):
        both = ad.einsum("i,i->", left, right)
        return both * 2.0

    named = [operand.named for operand in rules(step, leaf([1.0, 2.0]), leaf([3.0, 4.0]))]
    assert "right" in named[0]
    assert "left" not in named[0]
    assert "left" in named[1]


def test_large_operands_are_not_run_on_symbols():
    (first, *_) = rules(lambda x: ad.mean(x * x), leaf(np.ones((60, 60))))
    assert first.rule == "ḡ · y"


def test_a_rule_that_refuses_symbols_is_named():
    def forward(x):
        return x * 2.0

    before = dict(ad.REGISTRY)
    doubled = ad.primitive(forward, name="doubled_of_the_test").vjp(lambda g, x: g * float(2.0 + 0.0 * x))
    try:
        (first, *_) = rules(lambda x: doubled(x) * 1.0, leaf(3.0))
        assert first.rule == "rule of doubled_of_the_test"
        assert first.named == first.numbers == ""
    finally:
        ad.REGISTRY.clear()
        ad.REGISTRY.update(before)
