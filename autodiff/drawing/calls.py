"""Which call of a module an operation belongs to: a module that is called several times is drawn several times.

A scope says the names of modules only. What a recording notes of each entry into a scope tells one call from the next.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..graph import Node
from .parts import Scope

Entered = tuple[tuple[str, int], ...]


def path_of(node: Node) -> Scope:
    """The scope of a node, part by part."""
    return tuple(node.scope.split("/")) if node.scope else ()


def scopes_by_call(nodes: Sequence[Node]) -> dict[int, Scope]:
    """By the node's id, its scope, in which the parts that were entered several times have the number of the call.

    Of nodes that were not recorded only the names are known.
    """
    entered = {id(node): _entered(node) for node in nodes}
    calls: dict[Entered, list[int]] = {}
    for node in sorted(nodes, key=lambda node: node.order):
        path = entered[id(node)]
        for level, (name, number) in enumerate(path):
            known = calls.setdefault((*path[:level], (name, 0)), [])
            if number and number not in known:
                known.append(number)
    return {place: tuple(_name(path, level, calls) for level in range(len(path))) for place, path in entered.items()}


def _entered(node: Node) -> Entered:
    """The names in a node's scope, each with the number of the entry; 0 where that is not known."""
    names = path_of(node)
    numbers = {} if node.trace is None else {level: number for number, level, _ in node.trace.calls}
    return tuple((name, numbers.get(level, 0)) for level, name in enumerate(names))


def _name(path: Entered, level: int, calls: dict[Entered, list[int]]) -> str:
    name, number = path[level]
    known = calls[(*path[:level], (name, 0))]
    return f"{name} · call {known.index(number) + 1}" if number and len(known) > 1 else name
