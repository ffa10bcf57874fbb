"""Every rule has a formula, the formula is what the rule computes, and it reads as mathematics."""
from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff.drawing.formulas import derivative, forward_formula
from autodiff.drawing.formulas.expression import evaluate
from autodiff.drawing.formulas.symbols import run

from .calls import RULES, drawn, summed

REGISTRY = ad.REGISTRY
#: Rules that read the numbers of an index array in Python, which no expression says: they are named.
NAMED = {"sort"}
#: What Python's repr of objects and arrays looks like.
PYTHON = re.compile(r"array\(|dtype|<\w|object at|slice\(|None|Ellipsis|\bTrue\b|\bFalse\b|np\.|\n|lambda")


@pytest.mark.parametrize("name", RULES)
def test_the_expression_run_again_is_what_the_engine_computes(name: str) -> None:
    for call in drawn(name, 12):
        expression = run(call.primitive, call.index, call.static, call.operands)
        actual = summed(evaluate(expression, call.values), call.operands[call.index].shape)
        np.testing.assert_allclose(actual, call.message, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("name", RULES)
def test_the_formula_of_a_call_is_what_the_engine_computes(name: str) -> None:
    found = 0
    for call in drawn(name, 12):
        formula = derivative(call.primitive, call.index, call.static, call.operands)
        if formula.expression is None:
            continue
        found += 1
        actual = evaluate(formula.expression, call.values)
        if call.primitive.elementwise:
            actual = np.broadcast_to(actual, call.values["out"].shape)
        actual = summed(actual, call.operands[call.index].shape)
        np.testing.assert_allclose(actual, call.message, rtol=1e-9, atol=1e-10)
    assert found or name in NAMED, f"no call of {name} has a formula"


@pytest.mark.parametrize("name", RULES)
def test_every_rule_is_written_as_plain_text_and_as_mathml(name: str) -> None:
    from xml.etree import ElementTree

    for call in drawn(name, 6):
        for formula in (
            derivative(call.primitive, call.index, call.static, call.operands),
            derivative(call.primitive, call.index, call.static),
            derivative(call.primitive, call.index, call.static, call.operands).local(),
            forward_formula(call.primitive, call.static, len(call.operands)),
        ):
            text = formula.text()
            assert text.strip()
            assert not PYTHON.search(text), text
            assert text.count("(") == text.count(")")
            ElementTree.fromstring(f"<math>{formula.mathml()}</math>")


@pytest.mark.parametrize(
    ("name", "index", "static", "text", "local"),
    [
        ("mul", 0, {}, "ḡ · y", "y"),
        ("add", 0, {}, "ḡ", "1"),
        ("sub", 1, {}, "−ḡ", "−1"),
        ("div", 1, {}, "−ḡ · out / y", "−out / y"),
        ("pow", 0, {}, "ḡ · y · x^(y − 1)", "y · x^(y − 1)"),
        ("exp", 0, {}, "ḡ · out", "out"),
        ("log", 0, {}, "ḡ / x", "1 / x"),
        ("square", 0, {}, "ḡ · 2 · x", "2 · x"),
        ("reciprocal", 0, {}, "−ḡ · out²", "−out²"),
        ("sigmoid", 0, {}, "ḡ · out · (1 − out)", "out · (1 − out)"),
        ("tanh", 0, {}, "ḡ · (1 − out²)", "1 − out²"),
        ("relu", 0, {}, "ḡ · sign(out)", "sign(out)"),
        ("leaky_relu", 0, {"negative_slope": 0.1}, "ḡ where x > 0, else ḡ · 0.1", "1 where x > 0, else 0.1"),
        ("where", 1, {}, "ḡ where condition, else 0", "1 where condition, else 0"),
        ("matmul", 0, {}, "ḡ yᵀ", "ḡ yᵀ"),
        ("matmul", 1, {}, "xᵀ ḡ", "xᵀ ḡ"),
        ("inv", 0, {}, "−outᵀ ḡ outᵀ", "−outᵀ ḡ outᵀ"),
        ("linear", 1, {}, "ḡᵀ x", "ḡᵀ x"),
        ("sum", 0, {"axis": 0}, "ḡ spread over axis 0", "1"),
        ("sum", 0, {}, "ḡ spread over x", "1"),
        ("mean", 0, {"axis": (0, 1)}, "ḡ / n spread over axes 0, 1", "1 / n"),
        ("softmax", 0, {}, "out · (ḡ − Σ(ḡ · out over axis −1))", "out · (ḡ − Σ(ḡ · out over axis −1))"),
        ("mean_squared_error", 1, {}, "−(x − y) · ḡ · 2 / n", "−(x − y) · 2 / n"),
        ("reshape", 0, {"shape": (64, -1)}, "ḡ reshaped to the shape of x", "1"),
        ("broadcast_to", 0, {"shape": (1000, 1000, 1000)}, "ḡ", "1"),
        ("pad", 0, {"width": ((1, 1),)}, "ḡ[1:n + 1]", "ḡ[1:n + 1]"),
    ],
)
def test_formulas_read_as_in_a_book(name: str, index: int, static: dict[str, Any], text: str, local: str) -> None:
    formula = derivative(REGISTRY[name], index, static)
    assert (formula.text(), formula.local().text()) == (text, local)


@pytest.mark.parametrize(
    ("name", "static", "text"),
    [
        ("mul", {}, "x · y"), ("sigmoid", {}, "σ(x)"), ("sum", {"axis": 0}, "Σ x over axis 0"), ("neg", {}, "−x"),
        ("matmul", {}, "x y"), ("abs", {}, "|x|"), ("sqrt", {}, "√x"), ("square", {}, "x²"), ("log1p", {}, "ln(1 + x)"),
        ("conv2d", {}, "x ∗ weight"),
    ],
)  # fmt: skip
def test_operations_read_as_in_a_book(name: str, static: dict[str, Any], text: str) -> None:
    assert forward_formula(REGISTRY[name], static).text() == text


def test_numbers_take_the_place_of_names_with_their_parentheses() -> None:
    formula = derivative(ad.mul, 0)
    assert formula.text({"g": "1", "y": "-2.5"}) == "1 · (−2.5)"
    assert formula.text({"g": "a + b", "y": "w"}) == "(a + b) · w"
    assert formula.text({"g": "∂L/∂c", "y": "(-3)"}) == "∂L/∂c · (-3)"
    assert derivative(ad.sub, 1).text({"g": "-3"}) == "−(−3)"
    assert derivative(ad.tanh, 0).text({"g": "1", "out": "-0.5"}) == "1 · (1 − (−0.5)²)"


def test_mathml_escapes_what_comes_from_names() -> None:
    written = derivative(ad.mul, 0).mathml({"y": "<script>&\"'"})
    assert "<script" not in written
    assert "&lt;script&gt;&amp;&quot;&#x27;" in written


def test_a_constant_seen_in_numbers_is_shown_where_the_operands_are_known() -> None:
    formula = derivative(REGISTRY["mean"], 0, {"axis": None, "keepdims": False}, (np.ones((2, 5)),))
    assert formula.text() == "ḡ / 10 spread over x"
    assert derivative(ad.mul, 0).symbols == ("g", "y")


def test_a_primitive_of_the_users_has_a_formula_like_ours() -> None:
    cubed = ad.primitive(lambda x: x**3, name="cubed_here", elementwise=True).vjp(lambda g, x: 3.0 * g * x * x)
    try:
        formula = derivative(cubed, 0)
        assert formula.text() == "3 · ḡ · x²"
        assert formula.javascript() == "(((3.0 * g) * x) * x)"
        assert forward_formula(cubed).text() == "cubed_here(x)"
        with pytest.raises(ValueError, match="outside of autodiff"):
            forward_formula(cubed).javascript()
    finally:
        del REGISTRY["cubed_here"]


def test_a_name_of_ours_says_nothing_about_a_primitive_of_the_users() -> None:
    ours = REGISTRY["mul"]
    theirs = ad.primitive(lambda x, y: x + y, name="mul", symbol="⊞", elementwise=True)
    theirs.vjp(lambda g: g, lambda g: theirs(g, 0.5))
    try:
        assert derivative(theirs, 1).text() == "ḡ ⊞ 0.5"
        with pytest.raises(ValueError, match="outside of autodiff"):
            derivative(theirs, 1).javascript()
    finally:
        REGISTRY["mul"] = ours


@pytest.mark.parametrize(
    "rule",
    [
        lambda g, x: g * np.asarray(x.data if hasattr(x, "data") and not isinstance(x, np.ndarray) else x),
        lambda g, x: g if (x > 0).all() else -g,
        lambda g, x: g * np.array([float(v) for v in x.tolist()]),
        lambda g, x: 1 / 0,
    ],
    ids=["reads data", "branches on values", "reads numbers", "raises"],
)
def test_a_rule_that_symbols_cannot_follow_is_named(rule: Any) -> None:
    secret = ad.primitive(lambda x: x * 2, name="secret_here").vjp(rule)
    try:
        formula = derivative(secret, 0)
        assert formula.expression is None
        assert formula.text() == "rule of secret_here"
        assert formula.symbols == ()
        assert formula.mathml() == "<mtext>rule&#xA0;of&#xA0;secret_here</mtext>"
        assert formula.local().text() == "rule of secret_here"
        with pytest.raises(ValueError, match="secret_here has no formula in JavaScript"):
            formula.javascript()
    finally:
        del REGISTRY["secret_here"]


def test_formulas_are_made_once_and_again_when_the_rule_changes() -> None:
    changing = ad.primitive(lambda x: x * 2, name="changing_here", elementwise=True).vjp(lambda g: g * 2.0)
    try:
        assert derivative(changing, 0) is derivative(changing, 0)
        changing.vjp(lambda g: g + g)
        assert derivative(changing, 0).text() == "ḡ + ḡ"
    finally:
        del REGISTRY["changing_here"]


def test_making_formulas_leaves_no_trace_in_the_graph() -> None:
    x = ad.Tensor([1.0, 2.0], requires_grad=True)
    with ad.detect_anomaly(), ad.record() as tape:
        y = x * x
        derivative(REGISTRY["arctan2"], 0, {}, (np.array(1.0), np.array(2.5)))
        derivative(y.node.primitive, 0, y.node.static, (x, x))
        assert derivative(REGISTRY["log"], 0, {}, (np.array(0.0),)).text() == "ḡ / x"
    assert [node.primitive.name for node in tape.nodes] == ["mul"]
    y.sum().backward()
    assert x.grad.tolist() == [2.0, 4.0]
