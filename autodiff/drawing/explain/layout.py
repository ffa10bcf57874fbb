"""Where the quantities stand: in columns from operands to results, ordered so that few lines cross.

Layers, dummies on long lines and barycentres: Sugiyama, Tagawa and Toda, "Methods for visual understanding of
hierarchical system structures", 1981.
"""

from __future__ import annotations

from itertools import pairwise

from .story import Story

COLUMN, ROW = 200.0, 114.0
_SWEEPS = 12


def lay_out(story: Story) -> None:
    """Give every quantity its place and every line its points."""
    layers = _layers(story)
    columns: list[list[int]] = [[] for _ in range(max(layers.values(), default=0) + 1)]
    chains: list[list[int]] = []
    next_dummy = -1
    for quantity in story.quantities:
        columns[layers[quantity.id]].append(quantity.id)
    for operation in story.operations:
        for operand in operation.operands:
            chain = [operand.quantity]
            for layer in range(layers[operand.quantity] + 1, layers[operation.result]):
                columns[layer].append(next_dummy)
                chain.append(next_dummy)
                next_dummy -= 1
            chains.append([*chain, operation.result])
    _order(columns, chains)
    tallest = max(len(column) for column in columns)
    at: dict[int, tuple[float, float]] = {}
    for x, column in enumerate(columns):
        lead = (tallest - len(column)) / 2
        at |= {each: (COLUMN * (x + 0.5), ROW * (lead + y + 0.5)) for y, each in enumerate(column)}
    for quantity in story.quantities:
        quantity.x, quantity.y = at[quantity.id]
    story.edges = [(chain[0], chain[-1], [at[each] for each in chain[1:-1]]) for chain in chains]
    story.width, story.height = COLUMN * len(columns), ROW * tallest


def _layers(story: Story) -> dict[int, int]:
    """A result stands right of all its operands; what is no result stands just left of the first that uses it."""
    layers: dict[int, int] = {}
    for operation in story.operations:
        below = [layers.get(operand.quantity, 0) for operand in operation.operands]
        layers[operation.result] = max(below, default=0) + 1
    users: dict[int, int] = {}
    for operation in story.operations:
        for operand in operation.operands:
            layer = layers[operation.result] - 1
            users[operand.quantity] = min(layer, users.get(operand.quantity, layer))
    made = set(layers)
    return layers | {quantity: layer for quantity, layer in users.items() if quantity not in made}


def _order(columns: list[list[int]], chains: list[list[int]]) -> None:
    """Move each quantity to the mean place of its neighbours, to and fro."""
    left: dict[int, list[int]] = {}
    right: dict[int, list[int]] = {}
    for chain in chains:
        for a, b in pairwise(chain):
            right.setdefault(a, []).append(b)
            left.setdefault(b, []).append(a)
    for sweep in range(_SWEEPS):
        neighbours = left if sweep % 2 == 0 else right
        for column in columns if sweep % 2 == 0 else columns[::-1]:
            height = {each: i - (len(other) - 1) / 2 for other in columns for i, each in enumerate(other)}
            centre = {each: _mean([height[near] for near in neighbours.get(each, [each])]) for each in column}
            column.sort(key=centre.__getitem__)


def _mean(heights: list[float]) -> float:
    return sum(heights) / len(heights)
