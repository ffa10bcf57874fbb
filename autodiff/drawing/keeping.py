"""What the nodes of a graph keep for the backward pass, told to the boxes and circles of a picture in bytes.

Every byte counts once, at the first part of the picture that keeps it: a view of memory that was counted adds only what
is new, and one that repeats its elements no more than there are. The sum over a picture is the memory that its nodes
hold. Numbers, shapes and dtypes, which are no arrays, count nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..graph import Node
from ..primitive import Array
from .parts import Box, Circle


class Keeping:
    """The memory that was counted so far.

    >>> keeping, x = Keeping(), np.zeros((4, 2))
    >>> [keeping.new(each) for each in (x[:2], x, x.T, np.broadcast_to(np.ones(1), (5,)), 3.0)]
    [32, 32, 0, 8, 0]
    """

    def __init__(self) -> None:
        self._counted: list[tuple[int, int]] = []  # in order, and apart from each other

    def note(self, node: Node, circle: Circle, operands: list[Box], result: Box) -> None:
        """Tell the parts of one operation what it keeps of them, and the circle what it keeps beside."""
        if type(node.kept) is not tuple:
            return  # released, or to be computed again
        inputs = node.primitive.inputs
        for name, value in zip(node.primitive.kept, node.kept):
            if name == "out":
                self._tell(result, value)
            elif name in inputs and node.primitive.variadic:
                for box, each in zip(operands, value):
                    self._tell(box, each)
            elif name in inputs:
                self._tell(operands[inputs.index(name)], value)
            elif name in node.primitive.auxiliary:
                size = sum(map(self.new, _arrays(value)))
                circle.keeps += ((name, size),) if size else ()

    def _tell(self, box: Box, value: Any) -> None:
        if isinstance(value, np.ndarray):
            box.kept += self.new(value)
            box.held = True

    def new(self, value: Any) -> int:
        """How many bytes an array holds that were not counted yet."""
        if not isinstance(value, np.ndarray) or not value.size:
            return 0
        low, high = np.lib.array_utils.byte_bounds(value)
        fresh = high - low
        at = first = bisect_left(self._counted, low, key=lambda span: span[1])
        while at < len(self._counted) and self._counted[at][0] <= high:
            start, end = self._counted[at]
            fresh -= min(high, end) - max(low, start)
            at += 1
        touching = [(low, high), *self._counted[first:at]]
        self._counted[first:at] = [(min(touching)[0], max(end for _, end in touching))]
        return min(fresh, value.nbytes)


def _arrays(value: Any) -> Iterator[Array]:
    """The arrays of an auxiliary output, which may be several."""
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from _arrays(each)
