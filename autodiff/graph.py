"""The node that a recorded call leaves behind, and the versions by which a walk notices that its arrays were changed.

Identity in the graph is the node, not the Tensor: a node knows its parents (nodes, or leaf Tensors), never its children
and never its own Tensor, so a graph has no reference cycles and goes away as soon as its last Tensor does.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from .primitive import Primitive

if TYPE_CHECKING:
    from .observe import Trace
    from .tensor import Tensor

#: A version cell: a list of one number, shared by all Tensors over the same memory, raised when the memory is changed.
Version = list[int]

next_order: Callable[[], int] = count().__next__


class Node:
    """One recorded call of a primitive.

    Attributes
    ----------
    primitive : Primitive
        What was called.
    static : dict
        The static settings of the call.
    parents : tuple of Node, Tensor or None
        Where each array argument came from: the node that made it, the leaf Tensor that it is, or None where no
        gradient flows.
    kept : tuple of arrays, or Released, or a deferred region
        What the rules asked for, in the order of `primitive.kept`; None where no rule that is needed asked.
    versions : tuple of (cell, version, name)
        For each kept array of a Tensor, the version at the time of the call.
    shape, dtype
        Of the output.
    order : int
        Rises with every call: parents have smaller numbers than children.
    scope : str
        The `autodiff.scope` in which the call was made.
    hooks : list or None
        Functions called with the summed cotangent.
    trace : Trace or None
        What `record` kept: inputs, output, source line, messages.

    Examples
    --------
    >>> import autodiff as ad
    >>> x = ad.Tensor(2.0, requires_grad=True)
    >>> y = ad.exp(x * x)
    >>> y.node.primitive.name, [parent.primitive.name for parent in y.node.parents]
    ('exp', ['mul'])
    """

    __slots__ = (
        "primitive", "static", "parents", "kept", "versions", "shape", "dtype", "order", "scope", "hooks", "trace",
        "__weakref__",
    )  # fmt: skip

    primitive: Primitive
    static: dict[str, Any]
    parents: tuple[Node | Tensor | None, ...]
    kept: Any
    versions: tuple[tuple[Version, int, str], ...]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    order: int
    scope: str
    hooks: list[Callable[[Any], Any]] | None
    trace: Trace | None

    def __repr__(self) -> str:
        scope = f" in {self.scope}" if self.scope else ""
        return f"<node {self.order}: {self.primitive.name} -> {self.dtype}{list(self.shape)}{scope}>"

    def __reduce__(self) -> Any:
        raise TypeError(
            "A graph cannot be copied or pickled: its nodes stand for one computation. "
            "Copy `tensor.detach()`, or the leaves, instead."
        )


class Deferred:
    """Stands in `node.kept` for arrays that can be computed again. `restore(node)` gives them; see `checkpoint`."""

    __slots__ = ()

    def restore(self, node: Node) -> tuple[Any, ...]:
        raise NotImplementedError


def keep(value: Any) -> Any:
    """A raw operand that a rule will read later: copied, unless nobody can write to it.

    A caller may reuse its array for the next batch before the backward pass has read this one.
    """
    if type(value) is not np.ndarray:
        return value if isinstance(value, (bool, int, float, np.generic)) else np.array(value)
    owner: Any = value
    while isinstance(owner, np.ndarray):
        if owner.flags.writeable:
            return value.copy(order="K")  # the same layout: a checkpoint that runs again must round alike
        owner = owner.base
    return value if owner is None else value.copy(order="K")


def wrapped(node: Node, kept: tuple[Any, ...]) -> list[Any]:
    """What the rules asked for as Tensors with their place in the graph: a derivative that is recorded reads these."""
    primitive = node.primitive
    cells = {name: cell for cell, _, name in node.versions}
    values: list[Any] = []
    for name, value in zip(primitive.kept, kept):
        if value is None:
            values.append(None)
        elif name == "out":
            values.append(_placed(value, node, cells.get(name)))
        elif name not in primitive.inputs:
            values.append(value)  # a shape, a dtype, an auxiliary output: constants
        elif primitive.variadic:
            values.append(tuple(_placed(v, parent, None) for v, parent in zip(value, node.parents)))
        else:
            values.append(_placed(value, node.parents[primitive.inputs.index(name)], cells.get(name)))
    return values


def _placed(value: Any, parent: Node | Tensor | None, cell: Version | None) -> Any:
    """A kept array as what it was in the graph: a constant, the leaf, or a Tensor made by a node."""
    from .tensor import Tensor

    if parent is None or not isinstance(parent, Node):
        return value if parent is None else parent
    tensor = Tensor._of(value, parent)
    tensor._version = cell  # shared, so that a change is still noticed by what is recorded now
    return tensor
