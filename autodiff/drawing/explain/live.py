"""What lets the page compute its story again: arithmetic in JavaScript, generated from the rules run on symbols.

`recording` asks for it when the story is told, `page` puts the functions into the page's script, `web/live.js` calls
them. Their texts come from formulas alone: no name or line of the user's is ever part of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...backward import undo_broadcast
from ...graph import Node
from ...hooks import RetainGrad
from ...primitive import Array
from ..formulas import Formula, derivative, forward_formula, runtime
from ..formulas.expression import Name, substitute
from .pull import pull
from .story import FULL, Operation, Quantity, Story

#: What the operands of an operation are called inside of the page, whatever the primitive calls them.
OPERANDS = ("x", "y", "z")
#: About how many numbers a page may compute for one change; finite differences are most of them.
MOST_NUMBERS = 5_000_000

_CODE = re.compile(
    r"(?:(?:Math|chalk)\.[A-Za-z0-9_]+|\b(?:x|y|z|out|g|Infinity|NaN)\b|\"(?:none|tanh)\""
    r"|\d+(?:\.\d+)?(?:e[+-]?\d+)?|[-+*/<>=!?:&|(), ])+"
)


@dataclass
class LiveOperand:
    """How an operand's elements meet those of the result, and what sends a gradient back.

    Elementwise, `places` has for each element of the result the place of the operand's; None if it is the same one. Of
    a linear operation, such as a sum, `places` and `factors` have for each element of the result those that it adds up.
    """

    places: list[Any] | None = None
    factors: list[list[float]] | None = None
    #: The number of the function that computes the message, None where there is no message or it is linear.
    message: int | None = None
    #: The rule with marks where the numbers go.
    template: str = ""


@dataclass
class LiveOperation:
    """One operation: the number of its function, None if it is linear, and its operands."""

    forward: int | None
    operands: list[LiveOperand]


@dataclass
class Live:
    """Which values can be changed, and how everything follows from them; or the reason why none can."""

    reason: str = ""
    notes: list[str] = field(default_factory=list)
    editable: list[int] = field(default_factory=list)
    operations: list[LiveOperation] = field(default_factory=list)
    #: JavaScript functions of `(x, y, z, out, g)`, each once.
    functions: list[str] = field(default_factory=list)


class _Refused(Exception):
    """Why a story cannot be computed in the page, as a sentence for the reader."""


def add_live(story: Story, nodes: list[Node], stopped: Mapping[int, set[int]]) -> None:
    """Give a story the arithmetic that computes it, or the reason why it has none.

    Parameters
    ----------
    story : Story
        Told to its end.
    nodes : list of Node
        Its operations, in their order, with traces.
    stopped : mapping of int to set of int
        Which operations have constants that were computed from quantities, and from which.
    """
    live = Live()
    try:
        _check(story, nodes)
        live.operations = [_operation(each, node, live.functions) for each, node in zip(story.operations, nodes)]
    except _Refused as refused:
        story.live = Live(str(refused))
        return
    live.editable = [quantity.id for quantity in story.quantities if _is_editable(quantity)]
    live.notes = _notes(story, stopped)
    story.live = live


def script(live: Live) -> str:
    """The page's arithmetic: the functions, and what of the runtime they call.

    Examples
    --------
    >>> print(script(Live(functions=["(x * y)", "(g * y)"])))
    const arithmetic = [
      (x, y, z, out, g) => (x * y),
      (x, y, z, out, g) => (g * y),
    ];
    """
    signature = ", ".join((*OPERANDS, "out", "g"))
    lines = [f"  ({signature}) => {code}," for code in live.functions]
    return "\n".join([*filter(None, [runtime(live.functions)]), "const arithmetic = [", *lines, "];"])


# What cannot be computed in the page.


def _check(story: Story, nodes: list[Node]) -> None:
    for quantity in story.quantities:
        if quantity.value.note or not quantity.value.rows:
            raise _Refused(
                f"{quantity.name} has the shape {tuple(quantity.value.shape)}, and the page can compute with arrays of "
                f"1 to {FULL} elements."
            )
    for node in nodes:
        hooks = [node.hooks, *(getattr(place, "_hooks", None) for place in node.parents)]
        if any(not isinstance(hook, RetainGrad) for each in hooks for hook in each or ()):
            raise _Refused("a hook may change gradients on their way, and what it does is not known to the page.")
    sizes = [_size(quantity) for quantity in story.quantities]
    numbers = 2 * sum(sizes) * sum(sizes[operation.result] for operation in story.operations)
    if numbers > MOST_NUMBERS:
        raise _Refused(
            f"with {len(story.operations)} operations and {sum(sizes)} numbers the program is too large to be computed "
            "again, finite differences included, at every keystroke."
        )


def _is_editable(quantity: Quantity) -> bool:
    """Floating leaves, and constants that have a name; one that is called by its value stands in the program."""
    if quantity.operation is not None or not quantity.value.dtype.startswith("float"):
        return False
    try:
        float(quantity.name)
    except ValueError:
        return True
    return quantity.role != "constant"


def _notes(story: Story, stopped: Mapping[int, set[int]]) -> list[str]:
    """What a reader has to know about the numbers that the page computes."""
    notes = ["The recorded operations run again: the program itself does not, and takes no other branch."]
    dtypes = sorted({q.value.dtype for q in story.quantities if q.value.dtype.startswith("float")} - {"float64"})
    if dtypes:
        notes.append(f"This program ran in {' and '.join(dtypes)}; the page computes in float64, more precisely.")
    roots = sorted({root for each in stopped.values() for root in each})
    if roots:
        names = " and ".join(story.quantities[root].name for root in roots)
        notes.append(f"What was computed from {names} without a gradient (detach, no_grad) stays as it was.")
    fixed = [quantity.name for quantity in story.quantities if quantity.value.dtype == "bool"]
    if fixed:
        stay = "stays as it was" if len(fixed) == 1 else "stay as they were"
        notes.append(f"{' and '.join(fixed)} {stay}, even if the program got that by comparing these values.")
    return notes


# The arithmetic of one operation.


def _operation(operation: Operation, node: Node, functions: list[str]) -> LiveOperation:
    if node.primitive.elementwise:
        return _elementwise(operation, node, functions)
    operands = _linear(node)
    if operands is None:
        raise _Refused(
            f"{node.primitive.name} is not elementwise: the page can compute again what works number by number, and "
            "what only adds up or rearranges numbers."
        )
    return LiveOperation(None, operands)


def _elementwise(operation: Operation, node: Node, functions: list[str]) -> LiveOperation:
    assert node.trace is not None
    primitive = node.primitive
    if len(primitive.inputs) > len(OPERANDS) or primitive.variadic:
        raise _Refused(f"{primitive.name} has more operands than the page can compute with.")
    forward = _function(forward_formula(primitive, node.static), functions)
    operands = []
    for index, value in enumerate(node.trace.inputs):
        made = LiveOperand(_places(np.shape(value), node.shape))
        if node.parents[index] is not None:
            formula = derivative(primitive, index, node.static)
            made.message = _function(formula, functions)
            if operation.operands[index].numbers:
                made.template = formula.text({name: f"__{name}__" for name in formula.symbols})
        operands.append(made)
    return LiveOperation(forward, operands)


def _function(formula: Formula, functions: list[str]) -> int:
    """The number of a formula's function, which is added if it is new."""
    primitive = formula.primitive
    own = dict(zip(primitive.inputs, map(Name, OPERANDS)))
    if formula.expression is None or not set(formula.symbols) <= {*primitive.inputs, "out", "g"}:
        raise _Refused(f"the rule of {primitive.name} cannot be written as arithmetic.")
    try:
        code = Formula(primitive, substitute(formula.expression, own), formula.static).javascript()
    except ValueError as error:
        raise _Refused(f"the arithmetic of {primitive.name} is not known to the page.") from error
    if not _CODE.fullmatch(code):  # the page's script must not hold anything but arithmetic, come what may
        raise _Refused(f"the rule of {primitive.name} cannot be written as arithmetic.")
    if code not in functions:
        functions.append(code)
    return functions.index(code)


def _places(shape: tuple[int, ...], result: tuple[int, ...]) -> list[int] | None:
    """For each element of the result the place of the operand's that it comes from; None if these are the same.

    >>> _places((2,), (3, 2)), _places((3, 2), (3, 2))
    ([0, 1, 0, 1, 0, 1], None)
    """
    own = np.arange(int(np.prod(shape))).reshape(shape)
    places: list[int] = np.broadcast_to(own, result).ravel().tolist()
    return None if places == list(range(own.size)) else places


def _linear(node: Node) -> list[LiveOperand] | None:
    """What a linear operation adds up, from its own rules; None if it is not linear."""
    assert node.trace is not None
    inputs = tuple(np.asarray(value) for value in node.trace.inputs)
    for index, parent in enumerate(node.parents):
        if parent is None or derivative(node.primitive, index, node.static, inputs).symbols != ("g",):
            return None
    rng = np.random.default_rng(0)
    drawn = [rng.uniform(-1, 1, value.shape) for value in inputs]
    try:
        matrices = [_matrix(node, index) for index in range(len(inputs))]
        found = node.primitive.forward(*drawn, **node.static)
    except Exception:  # whatever a user's own primitive does in float64, the page can still show what was recorded
        return None
    added = sum(matrix @ x.ravel() for matrix, x in zip(matrices, drawn))
    if node.primitive.auxiliary or not np.allclose(np.ravel(found), added):
        return None
    return [
        LiveOperand([row.nonzero()[0].tolist() for row in matrix], [row[row.nonzero()].tolist() for row in matrix])
        for matrix in matrices
    ]


def _matrix(node: Node, index: int) -> Array:
    """The Jacobian of an operation that is the same everywhere, in float64: a row for each element of its result."""
    parent = node.parents[index]
    assert parent is not None
    size = int(np.prod(node.shape))
    units = np.eye(size).reshape(size, *node.shape)
    rows = []
    for unit in units:
        message = pull(node, index, unit)
        own = message if message.shape == parent.shape else undo_broadcast(message, parent.shape, node)
        rows.append(np.asarray(own, np.float64).ravel())
    return np.array(rows).reshape(size, -1)


def _size(quantity: Quantity) -> int:
    return int(np.prod(quantity.value.shape))
