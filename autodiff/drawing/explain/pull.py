"""One rule of one node on its own: what the walk does for a single message, for looking closer at it."""

from __future__ import annotations

import numpy as np

from ...backward import Place, restored, undo_broadcast
from ...graph import Node
from ...primitive import Array
from .story import rows_of

#: A Jacobian with more entries is not shown.
LARGEST_JACOBIAN = 100


def pull(node: Node, index: int, upstream: Array) -> Array:
    """The message that a node sends to its argument number `index`, before broadcasting is undone."""
    kept = node.kept if isinstance(node.kept, tuple) else restored(node)
    primitive = node.primitive
    rule = (primitive.pulls_for(len(node.parents)) if primitive.variadic else primitive.pulls)[index]
    assert rule is not None, "a parent is there only where a rule is"
    with np.errstate(all="ignore"):
        return np.asarray(rule(upstream, kept, node.static))


def arrived(message: Array, node: Node, parent: Place) -> Array:
    """A message as its receiver adds it: of its shape and dtype."""
    if message.shape != parent.shape:
        message = undo_broadcast(message, parent.shape, node)
    return np.asarray(message, dtype=parent.dtype)


def axes_undone(sent: tuple[int, ...], shape: tuple[int, ...]) -> str:
    """Over which axes a message was summed.

    >>> axes_undone((8, 4), (4,)), axes_undone((2, 8, 4), (8, 1)), axes_undone((3,), (3,))
    ('axis 0', 'axes 0, 2', '')
    """
    lead = len(sent) - len(shape)
    axes = [*range(lead), *(lead + i for i, n in enumerate(shape) if n == 1 != sent[lead + i])]
    return f"{'axis' if len(axes) == 1 else 'axes'} {', '.join(map(str, axes))}" if axes else ""


def jacobian(node: Node, index: int, parent: Place) -> list[list[float | str]] | None:
    """A row for each element of the output, a column for each of the argument; None where it is a number or large."""
    outputs, inputs = int(np.prod(node.shape)), int(np.prod(parent.shape))
    if not 1 < outputs * inputs <= LARGEST_JACOBIAN:
        return None
    units = np.eye(outputs, dtype=node.dtype).reshape(outputs, *node.shape)
    return rows_of([arrived(pull(node, index, unit.copy()), node, parent).reshape(-1) for unit in units])
