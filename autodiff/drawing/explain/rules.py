"""The rules of a recorded program as mathematics: in general, with this program's names, and with its numbers."""

from __future__ import annotations

from ...graph import Node
from ..formulas import Formula, derivative
from .story import Operation, Quantity, Story


def add_rules(story: Story, nodes: list[Node]) -> None:
    """Fill in the formulas of every operand that a gradient goes back to."""
    for operation, node in zip(story.operations, nodes):
        for index, operand in enumerate(operation.operands):
            if node.parents[index] is not None:
                formula = _formula(node, index)
                if formula is None:
                    operand.rule = f"the rule of {node.primitive.name} for {operand.argument}"
                    continue
                operand.rule, operand.mathml = formula.text(), formula.mathml()
                names = _names(story, operation)
                operand.named = formula.text(names)
                numbers = _numbers(story, operation)
                if numbers is not None:
                    operand.numbers = formula.text(numbers)


def _formula(node: Node, index: int) -> Formula | None:
    """The rule run on symbols; None where it does not let itself."""
    try:
        return derivative(node.primitive, index, node.static)
    except Exception:  # whatever a user's own rule does with symbols, the page can still show its numbers
        return None


def _names(story: Story, operation: Operation) -> dict[str, str]:
    found = {operand.argument: _bare(story.quantities[operand.quantity].name) for operand in operation.operands}
    result = story.quantities[operation.result].name
    return found | {"out": result, "g": f"∂L/∂{result}"}


def _bare(name: str) -> str:
    """A name that is a negative number stands in parentheses inside of a formula."""
    return f"({name})" if name.startswith("-") else name


def _numbers(story: Story, operation: Operation) -> dict[str, str] | None:
    """What to put in for the symbols, if everything is a single number."""
    result = story.quantities[operation.result]
    found = {operand.argument: story.quantities[operand.quantity] for operand in operation.operands} | {"out": result}
    if any(quantity.value.shape for quantity in found.values()) or result.gradient is None:
        return None
    return {name: _number(quantity) for name, quantity in found.items()} | {"g": _text(result.gradient.rows[0][0])}


def _number(quantity: Quantity) -> str:
    return _text(quantity.value.rows[0][0])


def _text(value: float | str) -> str:
    """A number as it stands in a formula.

    >>> _text(2.0), _text(-0.5), _text(1 / 3)
    ('2', '(−0.5)', '0.33333')
    """
    text = value if isinstance(value, str) else f"{value:.5g}"
    return f"(−{text[1:]})" if text[0] in "-−" else text
