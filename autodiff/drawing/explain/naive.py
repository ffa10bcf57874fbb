"""The walk that many write first: whenever a gradient arrives, pass the total so far on at once.

It counts what has arrived before again with every arrival. The page shows it beside the engine's walk, which waits
until all messages are there: for b = a + a, c = b + b it gives a gradient of 6 where 4 is right.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...backward import Place
from ...graph import Node
from ...primitive import Array
from .pull import arrived, pull
from .story import Step, shown

#: The naive walk sends a message for every path through the graph, and there may be very many.
MOST = 400


def naive_walk(
    loss: Node, seed: Array, numbers: dict[Place, int], operations: dict[Node, int]
) -> tuple[list[Step], str]:
    """The steps of the naive walk, and a note where it was cut short.

    Parameters
    ----------
    loss : Node
        Where it starts, with `seed`.
    numbers : dict of node or leaf to int
        The number of each quantity.
    operations : dict of node to int
        The number of each operation.
    """
    totals: dict[Place, Any] = {loss: seed}
    steps = [Step("seed", numbers[loss], total=shown(seed))]
    waiting: list[tuple[Node, int, Any]] = [(loss, index, seed) for index in reversed(range(len(loss.parents)))]
    while waiting:
        node, index, upstream = waiting.pop()
        parent = node.parents[index]
        if parent is None:
            continue
        if len(steps) > MOST:
            return steps, f"The naive walk was cut short after {MOST} messages: it sends one for every path."
        raw = pull(node, index, upstream)
        message = arrived(raw, node, parent)
        before = totals.get(parent)
        totals[parent] = total = message if before is None else np.asarray(before + message)
        steps.append(
            Step(
                "message", numbers[parent], operations[node], index, shown(upstream), shown(raw),
                shown(message) if message.shape != raw.shape else None, "",
                None if before is None else shown(before), shown(total),
            )
        )
        if isinstance(parent, Node):
            waiting += [(parent, below, total) for below in reversed(range(len(parent.parents)))]
    return steps, ""
