"""The tests are tested: every rule is damaged in turn, and that primitive's own properties must notice.

Mutants of a rule are twice itself, its negative, and itself with a setting that it asks for fixed to another legal
value. One more mutant per primitive that broadcasts leaves its messages stretched. A mutant that no property can tell
from the rule is listed in `EQUIVALENT` with the reason, and the list is held against what really survives.
"""
from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

import autodiff.backward
from tests.autodiff.registry import ENTRIES, PRIMITIVES, Sample, samples
from tests.autodiff.registry.properties import PROPERTIES

Rule = Callable[..., Any]

#: (primitive, mutant) that no property can notice, and why.
EQUIVALENT: dict[tuple[str, str], str] = {
    (name, "x: keepdims=False"): "putting reduced axes back where they were kept leaves the shape as it is"
    for name in ("logsumexp", "max", "mean", "min", "norm", "prod", "std", "sum", "var")
}

DIFFERENTIABLE = [name for name, primitive in PRIMITIVES.items() if any(primitive.rules)]


@cache
def calls(name: str) -> tuple[Sample, ...]:
    """The same calls of a primitive in every run, drawn once and shared by all of its mutants."""
    drawn: list[Sample] = []

    @settings(
        max_examples=80, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(samples(PRIMITIVES[name], ENTRIES[name]))
    def draw(sample: Sample) -> None:
        drawn.append(sample)

    draw()
    return tuple(drawn)


def noticed(name: str) -> bool:
    """Whether a property fails on one of the calls: stops at the first."""
    for promise in PROPERTIES:
        for sample in calls(name):
            try:
                promise(sample.again(), ENTRIES[name])
            except Exception:
                return True
    return False


def damaged(rule: Rule, damage: Callable[[Any], Any], fixed: dict[str, Any] | None = None) -> Rule:
    """A rule of the same signature that goes wrong: in its result, or in a setting."""
    signature = inspect.signature(rule)

    def mutant(*arguments: Any) -> Any:
        bound = signature.bind(*arguments)
        bound.arguments.update(fixed or {})
        return damage(rule(*bound.args, **bound.kwargs))

    mutant.__signature__ = signature  # type: ignore[attr-defined]
    return mutant


def mutants(name: str) -> Iterator[tuple[str, tuple[Rule | None, ...]]]:
    """Descriptions of mutants, and the rules to declare for each."""
    primitive = PRIMITIVES[name]
    for number, rule in enumerate(primitive.rules):
        if rule is None:
            continue
        argument = primitive.inputs[number]
        found = {
            f"{argument}: twice": damaged(rule, lambda message: 2 * message),
            f"{argument}: negative": damaged(rule, lambda message: -message),
        }
        for setting in set(primitive.needs[number]) & set(primitive.static):
            for value in usual(name, setting):
                found[f"{argument}: {setting}={value!r}"] = damaged(rule, lambda message: message, {setting: value})
        for description, mutant in found.items():
            yield description, (*primitive.rules[:number], mutant, *primitive.rules[number + 1 :])


def usual(name: str, setting: str) -> list[Any]:
    """The two values of a setting that the calls have most often; those of other types are not legal everywhere."""
    counted = Counter(repr(call.static[setting]) for call in calls(name))
    by_text = {repr(call.static[setting]): call.static[setting] for call in calls(name)}
    return [by_text[text] for text, _ in counted.most_common(2)]


@contextmanager
def declared(name: str, rules: tuple[Rule | None, ...]) -> Iterator[None]:
    """The primitive with other rules, for a while."""
    primitive = PRIMITIVES[name]
    own = primitive.rules
    primitive.vjp(*rules)
    try:
        yield
    finally:
        primitive.vjp(*own)


def compare(name: str, survivors: set[str], tried: set[str]) -> None:
    listed = {mutant for owner, mutant in EQUIVALENT if owner == name and mutant in tried}
    assert survivors - listed == set(), f"no property of {name} notices these mutants"
    assert listed - survivors == set(), f"listed as equivalent, but a property of {name} notices them"


@pytest.mark.slow
@pytest.mark.parametrize("name", ENTRIES)
def test_calls_vary_every_setting_and_every_operand_that_requires_grad(name):
    primitive = PRIMITIVES[name]
    for setting in primitive.static:
        assert len({repr(call.static[setting]) for call in calls(name)}) > 1, f"{setting} is always the same"
    operands = range(len(primitive.inputs)) if any(primitive.rules) else ()
    for number in operands:
        tracked = {number in call.leaves for call in calls(name)}
        several = len([rule for rule in primitive.rules if rule]) > 1
        expected = {True, False} if several else {True}
        assert tracked >= (expected if primitive.rules[number] else {False}), f"operand {number}"


@pytest.mark.parametrize("name", ["add", "exp", "sum", "where"])
def test_calls_cover_all_sorts_of_arrays(name):
    drawn = [x for call in calls(name) for x in call.operands]
    sorts = {
        "0-d": lambda x: x.ndim == 0,
        "empty": lambda x: x.size == 0,
        "axes of length 1": lambda x: 1 in x.shape and x.ndim > 1,
        "three axes": lambda x: x.ndim == 3,
        "transposed": lambda x: x.flags.f_contiguous and not x.flags.c_contiguous,
        "not contiguous": lambda x: not (x.flags.c_contiguous or x.flags.f_contiguous),
        "reversed": lambda x: any(step < 0 for step in x.strides),
        "not writeable": lambda x: not x.flags.writeable,
    }
    for sort, is_such in sorts.items():
        assert any(is_such(x) for x in drawn), f"no array is {sort}"
    if name in ("add", "where"):
        assert any(len({x.shape for x in call.operands}) > 1 for call in calls(name)), "nothing is broadcast"
    if name == "add":
        assert {kind for call in calls(name) for kind in call.kinds} == {"leaf", "tensor", "array", "scalar"}


@pytest.mark.slow
@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_properties_notice_a_damaged_rule(name):
    assert not noticed(name), "the properties fail on the rules as they are"
    tried, survivors = set(), set()
    for description, rules in mutants(name):
        tried.add(description)
        with declared(name, rules):
            if not noticed(name):
                survivors.add(description)
    compare(name, survivors, tried)


STRETCHING = [
    name for name, primitive in PRIMITIVES.items()
    if primitive.broadcasts and (name == "broadcast_to" or primitive.variadic or len(primitive.inputs) > 1)
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", STRETCHING)
def test_properties_notice_a_message_that_is_left_stretched(name, monkeypatch):
    monkeypatch.setattr(autodiff.backward, "undo_broadcast", lambda message, shape, node: message)
    compare(name, set() if noticed(name) else {"stretched"}, {"stretched"})


@pytest.mark.slow
def test_equivalent_mutants_are_listed_for_primitives_that_exist():
    known = {(name, mutant) for name in DIFFERENTIABLE for mutant, _ in mutants(name)}
    known |= {(name, "stretched") for name in STRETCHING}
    assert set(EQUIVALENT) <= known
