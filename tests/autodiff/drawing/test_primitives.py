"""Every primitive is drawn: its symbol, names, shapes and numbers, its cluster, and an edge for each of its rules.

One picture holds the calls of many primitives, each in a cluster of its own, so that Graphviz runs a few times only;
what is looked at is the SVG, as whoever opens it sees it.
"""
import math
import re
import xml.etree.ElementTree as ElementTree
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pytest

import autodiff as ad
from autodiff.drawing import numbers
from autodiff.drawing.boxes import symbol_text
from autodiff.drawing.extract import extract
from autodiff.drawing.flows import norm, state_of, wrapped
from autodiff.drawing.formulas import derivative
from autodiff.drawing.parts import Picture
from tests.autodiff.drawing.formulas.calls import ENTRIES, PRIMITIVES, RULES, Seeded

SVG, LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}"
#: So many primitives in one picture.
BATCH = 12
BATCHES = [RULES[start : start + BATCH] for start in range(0, len(RULES), BATCH)]


class Call(NamedTuple):
    """One call of a primitive, and what is expected of its picture."""

    primitive: ad.Primitive
    static: dict[str, Any]
    operands: list[Any]
    out: ad.Tensor
    messages: dict[int, Any]


def call_of(name: str) -> Call:
    """A call with operands that are not empty, all those that can have a gradient with a name, and its messages."""
    primitive = PRIMITIVES[name]
    for seed in range(200):
        raw, static, *_ = ENTRIES[name].draw(Seeded(seed))
        raw = [np.asarray(x) for x in raw]
        able = [
            (primitive.rules[0] if primitive.variadic else rule) is not None and x.dtype.kind == "f"
            for x, rule in zip(raw, primitive.rules * len(raw) if primitive.variadic else primitive.rules, strict=False)
        ]
        if any(able) and all(x.size for x in raw) and primitive.forward(*raw, **static) is not None:
            operands = [
                ad.Tensor(x, requires_grad=True, name=f"{name}_{i}") if wants else ad.Tensor(x, name=f"{name}_{i}")
                for i, (x, wants) in enumerate(zip(raw, able, strict=True))
            ]
            with ad.scope(f"call of {name}"):
                out = primitive(*operands, **static)
            if out.size:
                return Call(primitive, static, operands, out, {})
    raise AssertionError(f"no call of {name} was found that is not empty")


class Drawn(NamedTuple):
    """The picture of several calls, its plain parts, and its SVG, read."""

    calls: dict[str, Call]
    plain: Picture
    texts: dict[str, list[str]]
    groups: dict[str, ElementTree.Element]
    edges: list[tuple[str, str, ElementTree.Element]]
    clusters: dict[str, ElementTree.Element]


@lru_cache(maxsize=2)
def drawn(names: tuple[str, ...]) -> Drawn:
    with ad.record() as tape, np.errstate(all="ignore"):
        calls = {name: call_of(name) for name in names}
        total: Any = 0.0
        for call in calls.values():
            total = total + ad.sum(call.out * 2.0)
        total.backward(retain_graph=True)
    for node in tape.nodes:
        for name, call in calls.items():
            if node is call.out.node:
                calls[name].messages.update({m.argument: m for m in node.trace.messages})
    svg = ad.draw(total, direction="LR", max_nodes=5000).pipe("svg")
    root = ElementTree.fromstring(svg)
    groups, edges, clusters = {}, [], {}
    for group in root.iter(f"{SVG}g"):
        title = (group.findtext(f"{SVG}title") or "").strip()
        if group.get("class") == "node":
            groups[title] = group
        elif group.get("class") == "edge":
            tail, _, head = title.partition("->")
            edges.append((tail, head, group))
        elif group.get("class") == "cluster":
            clusters[title] = group
    said = {name: texts(group) for name, group in groups.items()}
    return Drawn(calls, extract(total, [], math.inf), said, groups, edges, clusters)


def texts(group: ElementTree.Element) -> list[str]:
    return ["".join(each.itertext()).replace("\xa0", " ").strip() for each in group.iter(f"{SVG}text")]


def tooltips(group: ElementTree.Element) -> list[str]:
    return [each.get(f"{LINK}title") or "" for each in group.iter(f"{SVG}a")]


def circle_of(picture: Drawn, name: str) -> str:
    (circle,) = (c for c in picture.plain.circles if c.scope == (f"call of {name}",))
    return circle.id


@pytest.mark.parametrize("names", [tuple(batch) for batch in BATCHES], ids=lambda names: f"{names[0]}…{names[-1]}")
def test_every_primitive_s_node_and_edges_are_in_the_svg(names):
    picture = drawn(names)
    for name, call in picture.calls.items():
        primitive, circle = call.primitive, circle_of(picture, name)
        wrong = f"{name}: {picture.texts[circle]}"
        # The circle: the symbol, the settings that are not the defaults, and the call in full as a tooltip.
        sign = symbol_text(primitive.symbol).split(" ")
        assert picture.texts[circle][: len(sign)] == sign, wrong
        assert any(tip.startswith(f"{name}(") for tip in tooltips(picture.groups[circle])), wrong
        # The operands: each a box with its name, shape, dtype and numbers, and a line to the circle.
        lines = [(tail, head) for tail, head, edge in picture.edges if not is_gradient(edge)]
        for i, operand in enumerate(call.operands):
            (box,) = (b.id for b in picture.plain.boxes if b.name == operand.name)
            assert lines.count((box, circle)) == 1, f"{name}: {operand.name} -> {circle}"
            said = picture.texts[box]
            assert f"{name}_{i}" in said
            if operand.requires_grad or operand.shape:
                assert numbers.shape_text(operand.shape, operand.dtype) in said, f"{name}: {said}"
            assert shows(said, operand.data), f"{name}: {said} has not {operand.data}"
            if operand.requires_grad:
                assert shows(said, operand.grad.data), f"{name}: {said} has not {operand.grad.data}"
        # The result, and the cluster, which is named and holds the circle.
        (result,) = (head for tail, head in lines if tail == circle)
        assert numbers.shape_text(call.out.shape, call.out.dtype) in picture.texts[result], wrong
        assert shows(picture.texts[result], call.out.data), f"{name}: {picture.texts[result]}"
        (cluster,) = (g for g in picture.clusters.values() if f"call of {name}" in texts(g))
        assert inside(cluster, picture.groups[circle]), f"{name}: outside of its cluster"


@pytest.mark.parametrize("names", [tuple(batch) for batch in BATCHES], ids=lambda names: f"{names[0]}…{names[-1]}")
def test_every_rule_has_one_edge_with_its_formula_and_its_message(names):
    picture = drawn(names)
    for name, call in picture.calls.items():
        circle = circle_of(picture, name)
        back = {tail: edge for tail, head, edge in picture.edges if head == circle and is_gradient(edge)}
        wanting = [i for i, operand in enumerate(call.operands) if operand.requires_grad]
        assert len(back) == len(wanting) == len(call.messages), f"{name}: {list(back)}"
        for i in wanting:
            (box,) = (b.id for b in picture.plain.boxes if b.name == call.operands[i].name)
            said = texts(back[box])
            inputs = tuple(operand.data for operand in call.operands)
            local = derivative(call.primitive, i, call.static, inputs).local()
            assert "rule of" not in local.text(), f"{name}: no formula"
            names_shown = {
                each: operand.name
                for each, operand in zip(call.primitive.inputs, call.operands, strict=False)
                if len(operand.name) <= 12 and not call.primitive.variadic
            } | {
                each: numbers.number(operand.data[()], digits=4)
                for each, operand in zip(call.primitive.inputs, call.operands, strict=False)
                if len(operand.name) > 12 and not operand.shape and not call.primitive.variadic
            }
            whole = local.text(names_shown)
            whole = whole if "g" in local.symbols else f"∂ = {whole}"
            for line in wrapped(symbol_text(whole)):
                assert line in said, f"{name}, argument {i}: {said} has not {line!r} of {whole!r}"
            assert any(whole in tip for tip in tooltips(back[box])), f"{name}: {tooltips(back[box])} has not {whole!r}"
            value = call.messages[i].value
            assert told(value) in said, f"{name}, argument {i}: {said} has not {told(value)!r}"
            undone = value.shape != call.operands[i].shape
            assert any(text.startswith("Σ ax") and "→" in text for text in said) == undone, f"{name}: {said}"


def test_all_primitives_with_rules_are_among_them():
    assert sum(map(len, BATCHES)) == len(RULES) > 100
    assert set(RULES) == {name for name, primitive in PRIMITIVES.items() if any(primitive.rules)}


def is_gradient(edge: ElementTree.Element) -> bool:
    return any("gradient" in tip for tip in tooltips(edge))


def shows(said: list[str], array: Any) -> bool:
    """Whether the numbers of an array are among the texts: all of a small one, else minimum, mean and maximum."""
    wanted = numbers.in_full(array) or list(numbers.summary(array) or ())
    return all(any(each.strip() == text for text in said) for each in wanted)


def told(message: Any) -> str:
    """What an edge says of a message: a few numbers, or its norm, or that it is dead."""
    lines = numbers.in_full(message)
    if lines is not None and len(" ".join(lines)) <= 24:
        return " ".join(line.strip() for line in lines)
    if state_of(message) == "not finite":
        return numbers.not_finite(message) or ""
    return f"norm {numbers.number(norm(message))}" if message.any() else "all zero"


def inside(cluster: ElementTree.Element, node: ElementTree.Element) -> bool:
    """Whether the middle of a node is within the border of a cluster."""
    numbers_of = [float(n) for n in re.findall(r"-?[\d.]+", cluster.find(f".//{SVG}path").get("d"))]
    xs, ys = numbers_of[::2], numbers_of[1::2]
    ellipse = node.find(f".//{SVG}ellipse")
    x, y = float(ellipse.get("cx")), float(ellipse.get("cy"))
    return min(xs) <= x <= max(xs) and min(ys) <= y <= max(ys)
