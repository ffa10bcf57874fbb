"""What is noted while the user's step runs: operations with their operands, and what is computed without a gradient.

`recording` runs the step and the walk under these observers, and makes a story of what they saw.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...backward import Place
from ...graph import Node
from ...observe import Message, Observer, record
from ...primitive import Array, Primitive
from ...tensor import Tensor


class Block(NamedTuple):
    """An array from before the step, or that NumPy made: perhaps the memory of a leaf, seen past it."""

    array: Array

    def __hash__(self) -> int:
        return id(self.array)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Block) and other.array is self.array


Origin = Place | Block


class Tape(record):
    """`record`, with the operands themselves, which say what is the same constant.

    Attributes
    ----------
    operands : dict of node to tuple
    stopped : dict of node to set of nodes, leaves and blocks
        On what the constants of an operation depend, as far as operations on Tensors computed them, or they share
        memory with it (`detach`): no gradient flows back on these ways. A block may be the memory of a leaf.

    Examples
    --------
    >>> import autodiff as ad
    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> with Tape() as tape:
    ...     y = x * (x * x).detach()
    >>> [len(roots) for roots in tape.stopped.values()]
    [1]
    """

    def __init__(self) -> None:
        super().__init__()
        self.operands: dict[Node, tuple[Any, ...]] = {}
        self.stopped: dict[Node, set[Origin]] = {}
        self._made: dict[int, list[tuple[Array, set[Origin]]]] = {}  # by the array that owns the memory

    def called(
        self, primitive: Primitive, node: Node | None, operands: tuple[Any, ...], static: dict[str, Any], out: Array
    ) -> None:
        super().called(primitive, node, operands, static, out)
        constants: set[Origin] = set()
        tracked: set[Origin] = set()
        for operand in operands:
            if isinstance(operand, Tensor) and operand._requires_grad:
                tracked.add(operand._node or operand)
            elif isinstance(operand, (Tensor, np.ndarray)):
                constants |= self._origin(operand._data if isinstance(operand, Tensor) else operand)
        if node is None:
            self._note(out, constants | tracked)
            return
        self.operands[node] = operands
        self._note(out, {node})
        if constants:
            self.stopped[node] = constants

    def _note(self, array: Array, origin: set[Origin]) -> None:
        if origin:
            self._made.setdefault(id(_owner(array)), []).append((array, origin))

    def _origin(self, array: Array) -> set[Origin]:
        """What an array was computed from: see what shares its memory, the latest first."""
        for made, origin in reversed(self._made.get(id(_owner(array)), [])):
            if np.may_share_memory(made, array):
                return origin
        return {Block(array)}


class Messages(Observer):
    """The messages of one walk, in the order in which the engine sends them."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[Node, Message]] = []

    def message(self, node: Node, index: int, cotangent: Any, message: Any) -> None:
        self.sent.append((node, Message(index, np.array(cotangent), np.array(message))))


def _owner(array: Array) -> Any:
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array
