"""From a graph to the parts of its picture: boxes for tensors, circles for operations, arrows between them.

Only this module and `messages` read nodes. A node has no Tensor, so what is known of an intermediate result is its
shape and dtype, and its value only where a rule kept it, where `record` did, or where the caller handed the Tensor in.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..graph import Node
from ..hooks import RetainGrad
from ..primitive import Array
from ..tensor import Tensor
from .assignments import assigned_names
from .calls import path_of, scopes_by_call
from .keeping import Keeping
from .messages import Messages
from .naming import changed_settings, shown_file
from .parts import Arrow, Box, Circle, Picture, Role, Scope

__all__ = ["extract", "too_large"]


def extract(
    tensor: Tensor, names: list[tuple[str, Tensor]], max_nodes: float, arguments: Sequence[tuple[str, Tensor]] = ()
) -> Picture:
    """The parts of the picture of everything that `tensor` was computed from.

    `names` says which Tensors are parameters; `arguments` are named too, unless they have names of their own.
    """
    return _Extraction(tensor, names, max_nodes, arguments).picture


class _Extraction:
    """One pass over a graph. Ids count in the order of the traversal, so that equal programs give equal pictures."""

    def __init__(
        self, tensor: Tensor, names: list[tuple[str, Tensor]], max_nodes: float, arguments: Sequence[tuple[str, Tensor]]
    ) -> None:
        self.picture = Picture()
        self._root = tensor
        self._names: dict[int, str] = {}
        self._given: dict[int, Tensor] = {}
        self._boxes: dict[int, Box] = {}
        self._known: dict[int, Array] = {}
        self._data: dict[str, list[Box]] = {}
        self._scopes: dict[str, list[Scope]] = {}
        self._counts = {"t": 0, "o": 0}
        for name, each in names:
            place = id(each._node or each)
            self._names.setdefault(place, name)
            self._given.setdefault(place, each)
        self._arguments = {id(each._node or each): name for name, each in arguments}
        self._messages = Messages(tensor._node)
        if tensor._node is None:
            self._leaf(tensor)
            return
        self._given[id(tensor._node)] = tensor
        order = _operands_first(tensor._node, max_nodes)
        self._assigned = assigned_names(order)
        self._called = scopes_by_call(order)
        self._keeping = Keeping()
        for node in order:
            self._learn(node)
        for node in order:
            self._operation(node)
            scope, path = self._called[id(node)], path_of(node)
            self.picture.modules |= {scope[:n]: path[:n] for n in range(1, len(path) + 1)}
        for box in self.picture.boxes:
            if box.id in self._scopes:
                box.scope = _common(self._scopes[box.id])
        self._messages.draw(self.picture)

    def _new_id(self, kind: str) -> str:
        self._counts[kind] += 1
        return f"{kind}{self._counts[kind] - 1}"

    def _learn(self, node: Node) -> None:
        """Which values of earlier results, and of its own, this node kept."""
        kept = _kept(node)
        for index, parent in enumerate(node.parents):
            value = _operand(node, kept, index)
            if isinstance(parent, Node) and value is not None:
                self._known[id(parent)] = value
        if kept.get("out") is not None:
            self._known[id(node)] = kept["out"]

    def _operation(self, node: Node) -> None:
        """The circle of a node, its operands that are not there yet, its result and the arrows between them."""
        kept, scope = _kept(node), self._called[id(node)]
        operands = [self._parent(node, kept, index) for index in range(len(node.parents))]
        circle = Circle(
            self._new_id("o"), node.primitive.name, node.primitive.symbol, changed_settings(node), scope,
            None if node.trace is None else _short(node.trace.source),
        )  # fmt: skip
        self.picture.parts.append(circle)
        mentioned = self._messages.sent(node, circle, operands)
        for index, box in enumerate(operands):
            if box.role in ("parameter", "constant"):
                inside = box.role == "parameter" or not box.shape
                self._scopes.setdefault(box.id, []).append(scope if inside else ())
            self.picture.arrows.append(Arrow(box.id, circle.id, _argument(node, index, index in mentioned)))
        result = self._result(node, scope)
        self.picture.arrows.append(Arrow(circle.id, result.id))
        self._messages.received(node, circle, result)
        self._keeping.note(node, circle, operands, result)

    def _result(self, node: Node, scope: Scope) -> Box:
        """The box of what a node computed."""
        known = self._given.get(id(node))
        retained = _retained(node)
        value = self._known.get(id(node)) if known is None else known._data
        name = known.name if known is not None else retained.name if retained is not None else None
        box = Box(
            self._new_id("t"), "output" if node is self._root._node else "intermediate",
            self._names.get(id(node), name) or self._arguments.get(id(node)) or self._assigned.get(id(node)),
            node.shape, node.dtype,
            value if node.trace is None else node.trace.output, None, scope,
        )  # fmt: skip
        for source in (known, retained):
            if box.grad is None and source is not None and source._grad is not None:
                box.grad, box.stored = source._grad._data, True
        self._boxes[id(node)] = box
        self.picture.parts.append(box)
        return box

    def _parent(self, node: Node, kept: dict[str, Any], index: int) -> Box:
        """The box of an operand."""
        parent = node.parents[index]
        recorded = None if node.trace is None else node.trace.inputs[index]
        if isinstance(parent, Tensor):
            return self._leaf(parent, recorded, node)
        if isinstance(parent, Node):
            return self._boxes[id(parent)]
        value = _operand(node, kept, index)
        if isinstance(value, np.ndarray) and id(value) in self._boxes:
            return self._boxes[id(value)]
        shown = value if recorded is None else recorded
        array = None if shown is None else np.asarray(shown)
        name = None if node.trace is None else node.trace.names[index]
        box = self._data_called(name, array)
        if box is None:
            box = Box(self._new_id("t"), "constant", name, value=array)
            if array is not None:
                box.shape, box.dtype = array.shape, array.dtype
            self.picture.parts.append(box)
            if name is not None:
                self._data.setdefault(name, []).append(box)
        if isinstance(value, np.ndarray):
            self._boxes[id(value)] = box  # the same kept array in two places is one constant
        return box

    def _data_called(self, name: str | None, array: Array | None) -> Box | None:
        """The box of data of this name and these values: a recording has a copy of it for every use."""
        if name is None or array is None:
            return None
        alike = (b for b in self._data.get(name, ()) if (b.shape, b.dtype) == (array.shape, array.dtype))
        return next((box for box in alike if box.value is not None and box.value.tobytes() == array.tobytes()), None)

    def _leaf(self, leaf: Tensor, recorded: Array | None = None, user: Node | None = None) -> Box:
        """The box of a leaf, with the value that it had when it was used, where that was recorded."""
        box = self._boxes.get(id(leaf))
        if box is None:
            box = Box(
                self._new_id("t"), self._role(leaf),
                self._names.get(id(leaf), leaf.name) or self._arguments.get(id(leaf)), leaf.shape, leaf.dtype,
                leaf._data if recorded is None else recorded, None if leaf._grad is None else leaf._grad._data,
                stored=leaf._grad is not None,
            )  # fmt: skip
            self._boxes[id(leaf)] = box
            self.picture.parts.append(box)
        if user is not None and recorded is None and leaf._version is not None:
            now = leaf._version[0]
            box.changed |= any(cell is leaf._version and then != now for cell, then, _ in user.versions)
        return box

    def _role(self, leaf: Tensor) -> Role:
        """A subclass of Tensor is a network's Parameter: the engine knows no networks, so this is all it can ask."""
        if not leaf._requires_grad:
            return "constant"
        return "parameter" if id(leaf) in self._names or type(leaf) is not Tensor else "input"


def _operands_first(root: Node, max_nodes: float) -> list[Node]:
    """Every node below the root, after the nodes of its operands, which come in the order of the arguments."""
    order: list[Node] = []
    seen = {root}
    stack: list[tuple[Node, Iterator[Any]]] = [(root, iter(root.parents))]
    while stack:
        node, parents = stack[-1]
        following = next((p for p in parents if isinstance(p, Node) and p not in seen), None)
        if following is None:
            order.append(node)
            stack.pop()
            continue
        seen.add(following)
        stack.append((following, iter(following.parents)))
        if len(seen) > max_nodes:
            raise too_large(int(max_nodes))
    return order


def too_large(max_nodes: int) -> ValueError:
    """The error for a picture of too many operations."""
    return ValueError(
        f"draw: there are more than {max_nodes} operations to draw (max_nodes={max_nodes}), too many to read and slow "
        "to lay out. Collapse modules with depth=0, or 1 for one level more; draw a smaller example of the same "
        "program (fewer layers or steps, which leave the picture's structure as it is), or an intermediate Tensor "
        "instead of the last one; max_nodes=... raises the limit."
    )


def _kept(node: Node) -> dict[str, Any]:
    """What the rules of a node asked for, by name: nothing where it was released, is deferred, or was changed since."""
    if type(node.kept) is not tuple:
        return {}
    changed = {name for cell, version, name in node.versions if cell[0] != version}
    return {name: value for name, value in zip(node.primitive.kept, node.kept) if name not in changed}


def _operand(node: Node, kept: dict[str, Any], index: int) -> Any:
    """The kept value of one operand, or None."""
    if not node.primitive.variadic:
        return kept.get(node.primitive.inputs[index])
    values = kept.get(node.primitive.inputs[0])
    return None if values is None else values[index]


def _retained(node: Node) -> Tensor | None:
    """The Tensor of a node on which `retain_grad` was called, while it is alive."""
    tensors = (hook._tensor() for hook in node.hooks or () if isinstance(hook, RetainGrad))
    return next((tensor for tensor in tensors if tensor is not None), None)


#: Operations whose arguments may be exchanged: naming them on the arrows would say nothing.
_SYMMETRIC = {"add", "mul", "maximum", "minimum"}


def _argument(node: Node, index: int, mentioned: bool) -> str | None:
    """The name of an argument where a formula mentions it, or where there are several that play different parts."""
    primitive = node.primitive
    if not mentioned and (len(node.parents) < 2 or primitive.name in _SYMMETRIC):
        return None
    return str(index) if primitive.variadic else primitive.inputs[index]


def _common(scopes: list[Scope]) -> Scope:
    """The innermost scope that holds all of these."""
    levels = itertools.takewhile(lambda parts: len(set(parts)) == 1, zip(*scopes))
    return tuple(parts[0] for parts in levels)


def _short(source: Any) -> str:
    """A source line without the folders, which differ between machines."""
    return f"{shown_file(source.file)}:{source.line}  {source.text}"
