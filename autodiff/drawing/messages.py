"""The messages of the recorded walk that started from a picture's output, as parts of the picture.

`extract` tells it each operation as it is drawn; what it adds are the dashed arrows that run back, the places where
messages meet, and the gradient of every box. Messages of other walks through the same nodes are left out.
"""

from __future__ import annotations

import numpy as np

from ..graph import Node
from ..observe import Message
from ..primitive import Array
from . import numbers
from .formulas import derivative
from .parts import Box, Circle, Flow, Junction, Picture

#: Longer names of operands are not put into formulas.
LONGEST_OPERAND = 12
#: Rules run on operands of up to so many elements in all, and on a small example for larger ones.
LARGEST_EXAMPLE = 2000
#: A sum longer than this is not written out.
LONGEST_SUM = 36


class Messages:
    """What a walk sent, collected while the picture is made."""

    def __init__(self, root: Node | None) -> None:
        trace = None if root is None else root.trace
        self._walk = trace.messages[-1].walk if trace is not None and trace.messages else None
        self._arriving: dict[str, list[Flow]] = {}
        self._arrived: dict[str, Array] = {}
        self._boxes: dict[str, Box] = {}
        self._seeds: list[Flow] = []

    def _of(self, node: Node) -> list[Message]:
        """The messages of this walk that a node sent."""
        if self._walk is None or node.trace is None:
            return []
        return [message for message in node.trace.messages if message.walk == self._walk]

    def sent(self, node: Node, circle: Circle, operands: list[Box]) -> set[int]:
        """An operation was drawn: note what it sent to its operands; say which of these the formulas mention."""
        mentioned: set[int] = set()
        for message in self._of(node):
            parent, box = node.parents[message.argument], operands[message.argument]
            if parent is None:
                continue
            value, undone = _without_broadcast(message.value, parent.shape)
            value = value.astype(parent.dtype)
            formula, names = _formula(node, message.argument, operands)
            mentioned |= names
            flow = Flow(box.id, circle.id, message.value, formula, undone)
            self._arriving.setdefault(box.id, []).append(flow)
            earlier = self._arrived.get(box.id)
            with np.errstate(all="ignore"):
                self._arrived[box.id] = value if earlier is None else np.asarray(earlier + value)
            self._boxes[box.id] = box
        return mentioned

    def received(self, node: Node, circle: Circle, result: Box) -> None:
        """The result of an operation was drawn: note what the operation got from there, all messages added up."""
        messages = self._of(node)
        if messages:
            result.grad, result.stored = messages[0].cotangent, False
            self._seeds.append(Flow(circle.id, result.id, messages[0].cotangent, said=""))

    def draw(self, picture: Picture) -> None:
        """Add the gradients, the flows and the junctions to the picture."""
        for name, flows in self._arriving.items():
            box = self._boxes[name]
            if box.grad is None or box.stored:
                box.grad, box.stored = self._arrived[name], False
            if len(flows) > 1:
                junction = Junction(f"s{name[1:]}", _sum([flow.value for flow in flows], box.grad), box.scope)
                picture.parts.append(junction)
                picture.flows.append(Flow(name, junction.id, box.grad, said=junction.terms))
                for flow in flows:
                    flow.tail = junction.id
            picture.flows += flows
        picture.flows += self._seeds


def _without_broadcast(message: Array, shape: tuple[int, ...]) -> tuple[Array, str | None]:
    """A message in its argument's shape, and which axes were summed over for that."""
    lead = message.ndim - len(shape)
    axes = tuple(i for i, n in enumerate(message.shape) if i < lead or shape[i - lead] == 1 != n)
    if message.shape == shape:
        return message, None
    with np.errstate(all="ignore"):
        value = np.asarray(np.add.reduce(message, axis=axes, keepdims=True)).reshape(shape)
    said = f"axis {axes[0]}" if len(axes) == 1 else f"axes {', '.join(map(str, axes))}"
    return value, f"Σ {said}: {message.shape} → {shape}"


def _sum(terms: list[Array], total: Array) -> str:
    """`6 + 4 = 10`, or how many terms there are."""
    texts = [numbers.in_full(term) for term in (*terms, total)]
    if all(text is not None and len(text) == 1 for text in texts) and len({t.shape for t in (*terms, total)}) == 1:
        *each, result = [text[0] for text in texts if text is not None]
        written = f"{' + '.join(each)} = {result}".replace("+ -", "− ")
        if len(written) <= LONGEST_SUM:
            return written
    return f"{len(terms)} messages"


def _formula(node: Node, index: int, operands: list[Box]) -> tuple[str, set[int]]:
    """The local derivative in words of the operands, and which of them it mentions by their argument's name."""
    primitive, trace = node.primitive, node.trace
    inputs = () if trace is None else trace.inputs
    small = sum(each.size for each in inputs) <= LARGEST_EXAMPLE  # the rule is run on these operands
    formula = derivative(primitive, index, node.static, inputs if small else None)
    local = formula.local()
    names: dict[str, str] = {}
    mentioned = set()
    if not primitive.variadic:
        for i, (name, box) in enumerate(zip(primitive.inputs, operands)):
            if name not in local.symbols:
                continue
            if box.name is not None and len(box.name) <= LONGEST_OPERAND:
                names[name] = box.name
            elif inputs and inputs[i].ndim == 0:
                names[name] = numbers.number(inputs[i][()], digits=4)
            elif len(operands) > 1:
                mentioned.add(i)
    text = local.text(names)
    whole = formula.expression is None or "g" in local.symbols
    text = text if whole else f"∂ = {text}"
    return text, mentioned
