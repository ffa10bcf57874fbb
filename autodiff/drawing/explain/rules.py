"""The rules of a recorded program as mathematics: in general, with this program's names, and with its numbers."""

from __future__ import annotations

import re

from ...graph import Node
from ..formulas import Formula, derivative
from ..formulas.wording import number_words
from ..messages import LARGEST_EXAMPLE
from .story import Operation, Quantity, Story


def add_rules(story: Story, nodes: list[Node]) -> None:
    """Fill in the formulas of every operand that a gradient goes back to."""
    for operation, node in zip(story.operations, nodes):
        names, numbers = _names(story, operation, node), _numbers(story, operation, node)
        for index, operand in enumerate(operation.operands):
            if node.parents[index] is None:
                continue
            formula = _formula(node, index)
            operand.rule, operand.mathml = formula.text(), formula.mathml()
            if formula.expression is not None:
                operand.named = _written(formula, names)
                operand.numbers = "" if numbers is None else _written(formula, numbers)


def _formula(node: Node, index: int) -> Formula:
    """The rule run on symbols: with this call's operands, so that lengths are numbers, where it does not take long."""
    assert node.trace is not None
    operands = node.trace.inputs
    if sum(operand.size for operand in operands) <= LARGEST_EXAMPLE:
        formula = derivative(node.primitive, index, node.static, operands)
        if formula.expression is not None:
            return formula
    return derivative(node.primitive, index, node.static)


def _written(formula: Formula, names: dict[str, str]) -> str:
    """The formula with these names, of which negative ones have their parentheses even as a function's argument."""
    return re.sub(r"\((\(−[^()]*\))\)", r"\1", formula.text(names))


def _symbols(operation: Operation, node: Node) -> list[str]:
    """What formulas call the operands: by their argument, those of a variadic primitive with a number."""
    primitive = node.primitive
    if primitive.variadic:
        return [f"{primitive.inputs[0]}{i}" for i in range(len(operation.operands))]
    return [operand.argument for operand in operation.operands]


def _names(story: Story, operation: Operation, node: Node) -> dict[str, str]:
    symbols = _symbols(operation, node)
    found = {s: _bare(story.quantities[o.quantity].name) for s, o in zip(symbols, operation.operands)}
    result = story.quantities[operation.result].name
    return found | {"out": result, "g": f"∂L/∂{result}"}


def _bare(name: str) -> str:
    """A name that is a negative number stands in parentheses inside of a formula."""
    return f"({name})" if name.startswith("-") else name


def _numbers(story: Story, operation: Operation, node: Node) -> dict[str, str] | None:
    """What to put in for the symbols, if everything is a single number."""
    result = story.quantities[operation.result]
    symbols = _symbols(operation, node)
    found = {s: story.quantities[o.quantity] for s, o in zip(symbols, operation.operands)} | {"out": result}
    if any(quantity.value.shape for quantity in found.values()) or result.gradient is None:
        return None
    return {name: _number(quantity) for name, quantity in found.items()} | {"g": _text(result.gradient.rows[0][0])}


def _number(quantity: Quantity) -> str:
    return _text(quantity.value.rows[0][0])


def _text(value: float | str) -> str:
    """A number as it stands in a formula.

    >>> _text(2.0), _text(-0.5), _text(1 / 3), _text(-2e-7)
    ('2', '(−0.5)', '0.33333', '(−2e−7)')
    """
    text = value if isinstance(value, str) else number_words(float(f"{value:.5g}"))
    return f"({text})" if text[0] == "−" else text
