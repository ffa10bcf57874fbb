"""From a run of the user's step to the story that the page tells: forward, seed, backward, update.

The step runs once, under an observer. The walk is the engine's own, towards the leaves as targets, which touches
nobody's `.grad`; the optimizer's step is taken by a deep copy of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

import numpy as np

from ...backward import Place, seed_for, walk
from ...graph import Node
from ...primitive import Array
from ...tensor import Tensor
from ..escaping import printable
from ..naming import changed_settings, module_kinds, shown_file
from ..restoring import as_before
from .causes import Known, add_notes
from .live import add_live
from .naive import naive_walk
from .names import Names, last_on_their_lines
from .pull import arrived, axes_undone, jacobian, pull
from .replay import Replay, add_differences
from .rules import add_rules
from .story import Line, Operand, Operation, Quantity, Step, Story, shown
from .tape import Block, Messages, Origin, Tape

#: A page of more operations could be neither read nor quick.
MOST_OPERATIONS = 300


def tell(step: Callable[..., Any], args: Sequence[Any], params: Any, optimizer: Any) -> Story:
    """Run `step(*args)` once, write down everything that the page shows, and put back what that changed."""
    with as_before(step, args, params, optimizer):
        return _told(step, args, params, optimizer)


def _told(step: Callable[..., Any], args: Sequence[Any], params: Any, optimizer: Any) -> Story:
    if not callable(step):
        raise TypeError(
            f"explain: got a {type(step).__name__} where a function was needed that computes the loss. Pass the "
            "function itself, and its arguments after it: explain(step, x, y)."
        )
    if optimizer is not None and not all(callable(getattr(optimizer, each, None)) for each in ("step", "zero_grad")):
        raise TypeError(
            f"explain: optimizer is a {type(optimizer).__name__}, without step() and zero_grad(). Pass an optimizer, "
            "such as nn.SGD(model.parameters(), lr=0.1), or none."
        )
    names = Names(step, args, params)
    with Tape() as tape:
        loss = step(*args)
    root = _checked(loss)
    below = _below(root)
    nodes = [node for node in tape.nodes if node in below]
    if len(nodes) != len(below):
        raise ValueError(
            f"explain: {len(below) - len(nodes)} of the {len(below)} operations behind the loss ran before the step "
            "did, so their values are not known. Compute everything from the parameters inside of the step."
        )
    if any(node.kept is None for node in nodes):
        raise ValueError(
            "explain: the step walked back through its loss itself, and so released what the page needs. Return the "
            "loss before its backward(), or call backward(retain_graph=True)."
        )
    if len(nodes) > MOST_OPERATIONS:
        raise ValueError(
            f"explain: the step has {len(nodes)} operations, and a page of more than {MOST_OPERATIONS} could be "
            "neither read nor quick. Explain a smaller example of the same program: fewer layers, steps or loops."
        )
    title = getattr(step, "__name__", "step")
    story = _Telling(nodes, tape, names, "step" if title == "<lambda>" else title).story(loss, optimizer)
    story.kinds = {printable("/".join(scope)): kind for scope, kind in module_kinds(params).items()}
    return story


def _checked(loss: Any) -> Node:
    if loss is None:
        raise TypeError("explain: the step returned None, and needs to return the loss. Perhaps a `return` is missing.")
    if not isinstance(loss, Tensor):
        raise TypeError(f"explain: the step returned a {type(loss).__name__}, and needs to return the loss, a Tensor.")
    if loss.size != 1:
        raise ValueError(
            f"explain: the step returned a Tensor of shape {loss.shape}, and a loss is a single number. Reduce it, for "
            "example with .sum() or .mean()."
        )
    if loss._node is None:
        raise ValueError(
            "explain: the step returned a Tensor that no operation made from one that requires grad, so there is no "
            "backward pass to explain. Give the parameters requires_grad=True, and compute outside of no_grad()."
        )
    return loss._node


def _below(root: Node) -> set[Node]:
    seen, waiting = {root}, [root]
    while waiting:
        for parent in waiting.pop().parents:
            if isinstance(parent, Node) and parent not in seen:
                seen.add(parent)
                waiting.append(parent)
    return seen


class _Telling:
    """One program on its way into a story."""

    def __init__(self, nodes: list[Node], tape: Tape, names: Names, title: str) -> None:
        self._story = Story(title)
        self._nodes, self._tape, self._names = nodes, tape, names
        self._numbers: dict[Any, int] = {}  # of nodes, and of leaves and constants by their id
        self._values: dict[int, Array] = {}
        self._leaves: dict[Tensor, int] = {}
        self._operations: dict[Node, int] = {}
        self._last = last_on_their_lines(nodes)
        self._known = Known()

    def story(self, loss: Tensor, optimizer: Any) -> Story:
        for node in self._nodes:
            self._forward(node)
        numbers: dict[Place, int] = {node: self._numbers[node] for node in self._nodes} | dict(self._leaves.items())
        gradients = self._backward(loss, numbers)
        seed = np.ones(loss.shape, loss.dtype)
        self._story.naive, self._story.naive_note = naive_walk(self._nodes[-1], seed, numbers, self._operations)
        add_rules(self._story, self._nodes)
        replay = self._replay()
        add_differences(self._story.quantities, replay)
        add_notes(self._story, replay, self._known)
        if optimizer is not None:
            self._update(optimizer, gradients)
        add_live(self._story, self._nodes, self._known.stopped)
        return self._story

    # Forward.

    def _forward(self, node: Node) -> None:
        assert node.trace is not None
        operands = []
        for index, operand in enumerate(self._tape.operands[node]):
            names = node.primitive.inputs
            argument = names[index] if index < len(names) else f"{names[0]}[{index}]"
            quantity = self._operand(node.parents[index], operand, node.trace.inputs[index], argument)
            operands.append(Operand(argument, quantity))
            parent = node.parents[index]
            if parent is not None:
                ones = np.ones(node.shape, node.dtype)
                operands[-1].local = shown(arrived(pull(node, index, ones), node, parent))
                operands[-1].jacobian = jacobian(node, index, parent)
        is_loss = node is self._nodes[-1]
        name = self._names.of_result(node, node in self._last, is_loss)
        result = self._quantity(node, name, "loss" if is_loss else "result", node.trace.output)
        settings = ", ".join(f"{setting}={value!r}" for setting, value in changed_settings(node))
        number = len(self._story.operations)
        result.operation = self._operations[node] = number
        self._story.operations.append(
            Operation(
                number, node.primitive.name, node.primitive.symbol, settings, operands, result.id,
                self._line(node), printable(node.scope),
            )
        )
        self._story.steps.append(Step("forward", result.id, number))

    def _operand(self, parent: Place | None, operand: Any, value: Array, argument: str) -> int:
        if isinstance(parent, Node):
            return self._numbers[parent]
        shared = isinstance(operand, (Tensor, np.ndarray))
        if shared and id(operand) in self._numbers:
            return self._numbers[id(operand)]
        role: Any = "constant"
        if isinstance(parent, Tensor):
            role = "parameter" if id(parent) in self._names.given or type(parent) is not Tensor else "input"
        name = self._names.of_operand(operand, argument)
        made = self._quantity(id(operand) if shared else None, name, role, value)
        if isinstance(parent, Tensor):
            self._leaves[parent] = made.id
        return made.id

    def _quantity(self, key: Any, name: str, role: Any, value: Array) -> Quantity:
        made = Quantity(len(self._story.quantities), name, role, shown(value))
        if key is not None:
            self._numbers[key] = made.id
        self._values[made.id] = np.asarray(value)
        self._story.quantities.append(made)
        return made

    def _line(self, node: Node) -> int:
        """The number of the source line of a node; the folders differ between machines and are left out."""
        assert node.trace is not None
        source = node.trace.source
        line = Line(shown_file(source.file), source.line, printable(source.text))
        if line not in self._story.lines:
            self._story.lines.append(line)
        return self._story.lines.index(line)

    # Backward.

    def _backward(self, loss: Tensor, numbers: dict[Place, int]) -> dict[Tensor, Array]:
        """The engine's walk, message by message; returns the gradients of the leaves."""
        root, quantities = self._nodes[-1], self._story.quantities
        seed = seed_for(loss, None, False, "explain")
        totals: dict[Place, Any] = {root: seed}
        self._story.steps.append(Step("seed", numbers[root], total=shown(seed)))
        with Messages() as messages:
            found = walk([(root, seed)], targets=list(self._leaves), retain_graph=True)
        expected = Counter(numbers[node.parents[message.argument]] for node, message in messages.sent)
        for number, count in expected.items():
            quantities[number].expects = count
        quantities[numbers[root]].gradient = shown(seed)
        for node, message in messages.sent:
            parent = node.parents[message.argument]
            assert parent is not None
            own = arrived(message.value, node, parent)
            before = totals.get(parent)
            totals[parent] = total = own if before is None else np.asarray(before + own)
            undone = own.shape != message.value.shape
            hooked = not np.array_equal(totals[node], message.cotangent, equal_nan=True)
            if hooked:
                totals[node] = message.cotangent
                quantities[numbers[node]].gradient = shown(message.cotangent)
                self._known.hooked.add(numbers[node])
            self._story.steps.append(
                Step(
                    "message", numbers[parent], self._operations[node], message.argument, shown(message.cotangent),
                    shown(message.value), shown(own) if undone else None,
                    axes_undone(message.value.shape, parent.shape), None if before is None else shown(before),
                    shown(total), "a hook changed the upstream gradient" if hooked else "",
                )
            )
            quantities[numbers[parent]].gradient = shown(total)
        gradients = {leaf: np.asarray(g) for leaf, g in found.items() if isinstance(leaf, Tensor)}
        for leaf, g in gradients.items():
            quantities[numbers[leaf]].gradient = shown(g)
            if leaf in totals and not np.array_equal(g, totals[leaf], equal_nan=True):
                self._known.hooked.add(numbers[leaf])
        for node, roots in self._tape.stopped.items():
            if node in self._operations:
                self._known.stopped[self._operations[node]] = self._on_the_page(roots, numbers)
        return gradients

    def _on_the_page(self, origins: set[Origin], numbers: dict[Place, int]) -> set[int]:
        """The quantities that these are or, where the loss does not depend on them, were computed from."""
        seen, waiting, found = set(origins), list(origins), set()
        while waiting:
            place = waiting.pop()
            if isinstance(place, Block):
                found |= {i for leaf, i in self._leaves.items() if np.may_share_memory(leaf._data, place.array)}
            elif place in numbers:
                found.add(numbers[place])
            elif isinstance(place, Node):
                further = {parent for parent in place.parents if parent is not None} - seen
                seen |= further
                waiting += further
        return found

    def _replay(self) -> Replay:
        operations = self._story.operations
        operands = [[operand.quantity for operand in operation.operands] for operation in operations]
        return Replay(self._nodes, operands, [operation.result for operation in operations], self._values)

    # Update.

    def _update(self, optimizer: Any, gradients: dict[Tensor, Array]) -> None:
        """What the optimizer's step makes of the parameters, told by a copy of both."""
        copies: dict[int, Any] = {}
        copied = deepcopy(optimizer, copies)
        followed = [(leaf, copies[id(leaf)]) for leaf in self._leaves if id(leaf) in copies]
        if not followed:
            raise ValueError(
                "explain: the optimizer holds none of the parameters that the step's loss depends on. Give it these "
                "very Tensors."
            )
        copied.zero_grad()
        for leaf, copy in followed:
            copy.grad = Tensor(gradients[leaf])
        copied.step()
        for leaf, copy in followed:
            self._story.steps.append(
                Step(
                    "update", self._leaves[leaf], before=shown(leaf._data), message=shown(gradients[leaf]),
                    total=shown(copy._data), note=type(optimizer).__name__,
                )
            )
