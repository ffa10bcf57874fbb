"""The walk: cotangents from outputs to leaves, children before parents, each node once.

Without recursion, so a chain of a million operations is fine. Cotangents are plain arrays, or Tensors when the
derivative itself is recorded (`create_graph`): the rules are the same. The one place that undoes broadcasting is here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import heapify, heappop, heappush
from operator import attrgetter
from typing import Any

import numpy as np

from . import modes
from .graph import Deferred, Node, wrapped
from .hooks import run_hooks
from .tensor import Tensor

Place = Node | Tensor
Cotangents = dict[Place, Any]


def backward(output: Tensor, grad: Any = None, *, retain_graph: bool = False, create_graph: bool = False) -> None:
    """Add to `.grad` of every leaf below `output` its gradient. `Tensor.backward` is the documented way in."""
    place = place_of(output)
    if place is None:
        raise RuntimeError(
            "backward: this Tensor does not require grad and was not computed from one that does, so there is nothing "
            f"to differentiate (shape {output.shape}, {output.dtype}). Give the parameters requires_grad=True, and "
            "compute outside of no_grad()."
        )
    seed = seed_for(output, grad, create_graph, "backward")
    cotangents = walk([(place, seed)], create_graph=create_graph, retain_graph=retain_graph)
    for leaf, g in cotangents.items():
        deliver(leaf, g, create_graph)  # type: ignore[arg-type]  # without targets only leaves remain


def place_of(tensor: Tensor) -> Place | None:
    """Where a Tensor stands in the graph: its node, itself if it is a leaf that requires grad, or nowhere."""
    if not tensor._requires_grad:
        return None
    return tensor._node or tensor


def seed_for(output: Tensor, grad: Any, create_graph: bool, caller: str) -> Any:
    """The cotangent to start from: ones for a scalar, else what the caller gave, checked."""
    for observer in modes.current.get().observers:
        observer.started(output, caller)
    if grad is None:
        if output._data.size != 1:
            raise RuntimeError(
                f"{caller}: the output has shape {output.shape}, and only a scalar has a gradient by itself. Reduce "
                f"it to one number, for example with .sum() or .mean(), or pass the upstream gradient of shape "
                f"{output.shape}."
            )
        seed = np.empty(output._data.shape, output._data.dtype)
        seed.fill(1)
        return Tensor._of(seed, None) if create_graph else seed
    data = grad._data if isinstance(grad, Tensor) else np.asarray(grad)
    if data.shape != output.shape or data.dtype.kind not in "fiub":
        raise ValueError(
            f"{caller}: the upstream gradient has shape {data.shape} and dtype {data.dtype}, but the output has shape "
            f"{output.shape} and dtype {output.dtype}. It needs one real number per element of the output."
        )
    if create_graph:
        given = grad if isinstance(grad, Tensor) else Tensor(data)
        return given if given.dtype == output.dtype else given.astype(output.dtype)
    return np.array(data, dtype=output.dtype)


def walk(
    seeds: Sequence[tuple[Place, Any]],
    *,
    targets: Iterable[Place] | None = None,
    create_graph: bool = False,
    retain_graph: bool = False,
    since: int = 0,
) -> Cotangents:
    """Send the seeds' cotangents down the graph; return what arrived at the leaves, or at the targets.

    Parameters
    ----------
    seeds : sequence of (node or leaf, cotangent)
        Where to start, and with what: arrays, or Tensors with `create_graph`.
    targets : iterable of nodes and leaves, optional
        Only what leads to these is visited, and no `.grad` is touched. Without it, all leaves are targets.
    create_graph : bool
        Record the walk itself, so that its results can be differentiated; keeps the arrays.
    retain_graph : bool
        Keep the arrays of the nodes for a further walk.
    since : int
        The caller knows that no node older than this one (by its `order`) leads to a target.
    """
    cotangents: Cotangents = {}
    for place, g in seeds:
        g = cotangents[place] + g if place in cotangents else g
        cotangents[place] = g if create_graph else np.asarray(g)  # NumPy adds 0-d arrays up to a scalar
    asked: set[Place] = set()
    wanted: set[Place] | None = None
    if targets is not None:
        asked = set(targets)
        wanted = _leading_to(asked, [place for place in cotangents if isinstance(place, Node)], since)
        cotangents = {place: g for place, g in cotangents.items() if place in wanted}
    if create_graph:
        with modes.enable_grad():
            _visit(cotangents, asked, wanted, release=False, recorded=True)
    else:
        _visit(cotangents, asked, wanted, release=not retain_graph, recorded=False)
    for place, g in cotangents.items():
        if place.__class__ is not Node and place._hooks:  # type: ignore[union-attr]  # it is a leaf
            cotangents[place] = run_hooks(place._hooks, g, place, create_graph, targets is None)  # type: ignore[union-attr]  # as above
    return cotangents


def _leading_to(targets: set[Place], starts: list[Node], since: int) -> set[Place]:
    """The places from which a target can be reached: oldest first, a node leads there if one of its parents does."""
    seen = set(starts)
    stack = list(seen)
    below = []
    while stack:
        node = stack.pop()
        below.append(node)
        for parent in node.parents:
            if parent.__class__ is Node and parent not in seen and parent.order >= since:
                seen.add(parent)
                stack.append(parent)
    leading = set(targets)
    for node in sorted(below, key=attrgetter("order")):
        if any(parent in leading for parent in node.parents if parent is not None):
            leading.add(node)
    return leading


def _visit(
    cotangents: Cotangents, asked: set[Place], wanted: set[Place] | None, *, release: bool, recorded: bool
) -> None:
    """Visit the newest node that has a cotangent, until none is left.

    A child is always newer than its parents. So when a node is the newest, all its children have been visited, its
    cotangent is complete, and it is visited once.
    """
    now = modes.current.get()
    special = now.strong_zeros or bool(now.observers)
    ndarray = np.ndarray
    waiting = [(-place.order, place) for place in cotangents if isinstance(place, Node)]
    heapify(waiting)
    while waiting:
        node = heappop(waiting)[1]
        g = cotangents.pop(node)
        if node.hooks:
            g = run_hooks(node.hooks, g, node, recorded, wanted is None)
        if wanted is not None and node in asked:
            cotangents[node] = g
            if not any(parent in wanted for parent in node.parents):
                continue  # what lies behind a target may have been released
        primitive = node.primitive
        kept = node.kept
        if kept.__class__ is not tuple:
            kept = restored(node)
        for cell, version, name in node.versions:
            if cell[0] != version:
                raise _changed(node, name, version, cell[0])
        values = wrapped(node, kept) if recorded else kept
        pulls = primitive.pulls if not primitive.variadic else primitive.pulls_for(len(node.parents))
        for index, parent in enumerate(node.parents):
            if parent is None or (wanted is not None and parent not in wanted):
                continue
            message = pulls[index](g, values, node.static)  # type: ignore[misc]  # a parent is there where a rule is
            if recorded or message.__class__ is not ndarray:
                message = _checked(message, recorded, node, parent)
            if special:
                message = _watched(message, g, node, index, now)
            is_node = parent.__class__ is Node
            like: Any = parent if is_node else parent._data  # type: ignore[union-attr]  # it is a leaf
            if message.shape != like.shape:
                message = undo_broadcast(message, like.shape, node)
            if message.dtype is not like.dtype and message.dtype != like.dtype:
                message = message.astype(like.dtype)
            if parent in cotangents:
                message = cotangents[parent] + message
                if message.__class__ is not ndarray and not recorded:
                    message = np.asarray(message)
            elif is_node:
                heappush(waiting, (-like.order, like))
            elif not recorded and parent._grad_home is None:  # type: ignore[union-attr]  # it is a leaf
                message = _owned(message, g, kept)
            cotangents[parent] = message
        if release and kept:
            node.kept = None
            node.versions = ()


def _owned(message: Any, g: Any, kept: tuple[Any, ...]) -> Any:
    """A leaf's gradient must alias nothing: copy what is a view, the cotangent itself or a kept array.

    A leaf with a home in an optimizer's buffer needs no copy here, since its gradient is copied there.
    """
    if message.base is not None or message is g:
        return message.copy()
    for value in kept:
        if message is value:
            return message.copy()
    return message


def undo_broadcast(message: Any, shape: tuple[int, ...], node: Node) -> Any:
    """Sum over the axes along which an argument of `shape` was stretched. The one place that knows."""
    from .ops import reshape, sum

    lead = len(message.shape) - len(shape)
    fits = lead >= 0 and all(n in (1, m) for n, m in zip(shape, message.shape[lead:]))
    if not node.primitive.broadcasts or not fits:
        raise ValueError(
            f"A rule of {node.primitive.name} returned a gradient of shape {tuple(message.shape)} for an argument of "
            f"shape {shape}; the output has shape {node.shape}. A rule returns exactly its argument's shape"
            + (", or one that broadcasting can have made from it" if node.primitive.broadcasts else "")
            + ". Check its axes and transposes, or declare the primitive with broadcasts=True."
        )
    axes = tuple(range(lead)) + tuple(lead + i for i, n in enumerate(shape) if n == 1 != message.shape[lead + i])
    if not isinstance(message, Tensor):
        return np.add.reduce(message, axis=axes, keepdims=True).reshape(shape)  # a 0-d sum would be a scalar
    return reshape(sum(message, axis=axes), shape=shape)


def _checked(message: Any, recorded: bool, node: Node, parent: Place) -> Any:
    """An array, or a Tensor in a recorded walk. NumPy makes scalars of 0-d results; all else is the rule's mistake."""
    if recorded and isinstance(message, Tensor):
        return message
    if isinstance(message, (np.ndarray, np.generic, float, int)):
        array = np.asarray(message)
        return Tensor._of(array, None) if recorded else array
    raise TypeError(
        f"A rule of {node.primitive.name} returned a {type(message).__name__} where it was given arrays. A rule uses "
        "only what it asked for by name (never a Tensor from outside), and returns a gradient of its argument's shape."
    )


def _watched(message: Any, g: Any, node: Node, index: int, now: modes.Modes) -> Any:
    """Strong zeros and observers: what an ordinary walk does not pay for."""
    if now.strong_zeros and node.primitive.elementwise:
        from .ops import where

        data, upstream = (v._data if isinstance(v, Tensor) else v for v in (message, g))
        lost = ~np.isfinite(data) & (upstream == 0)
        if lost.any():
            message = where(lost, 0.0, message)
            if isinstance(message, np.generic):
                message = np.asarray(message)
    for observer in now.observers:
        observer.message(node, index, g, message)
    return message


def restored(node: Node) -> tuple[Any, ...]:
    if isinstance(node.kept, Deferred):
        return node.kept.restore(node)
    raise RuntimeError(
        f"The arrays of {node!r} were released by an earlier backward(). To walk the same graph twice, call the first "
        "backward with retain_graph=True; to differentiate a gradient, use create_graph=True; otherwise compute the "
        "output again."
    )


def _changed(node: Node, name: str, then: int, now: int) -> RuntimeError:
    what = f"its argument {name!r}" if name != "out" else "its output"
    if name in node.primitive.inputs and not node.primitive.variadic:
        parent = node.parents[node.primitive.inputs.index(name)]
        if isinstance(parent, Tensor) and parent.name:
            what += f" (the tensor named {parent.name!r})"
    return RuntimeError(
        f"{what} of {node!r} was kept for the backward pass at version {then} and is now at version {now}: it was "
        "changed in between, by .data, an in-place assignment, load_state_dict or an optimizer's step. Compute the "
        "output again after the change, or change a copy."
    )


def deliver(leaf: Tensor, g: Any, create_graph: bool) -> None:
    """Add a leaf's cotangent to its `.grad`: in place, except where the gradient itself is recorded."""
    if create_graph:
        with modes.enable_grad():  # a copy, because a rule may hand the same Tensor to several leaves
            leaf._grad = g.copy() if leaf._grad is None else leaf._grad + g
        return
    grad, home = leaf._grad, leaf._grad_home
    if grad is None and home is not None:
        home._data[...] = g
        leaf._grad = grad = home
    elif grad is None:
        leaf._grad = grad = Tensor._of(g if g.flags.writeable else g.copy(), None)
    elif grad._requires_grad:
        leaf._grad = grad = grad + g
    else:
        np.add(grad._data, g, out=grad._data)
    if grad._version is not None:
        grad._version[0] += 1
