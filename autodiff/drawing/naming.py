"""Names for what is drawn: those that the caller gives, those in recorded source lines, and settings worth naming.

A name in the source is that of the variable to which a line assigns; it belongs to the last operation of the line.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from ..graph import Node
from ..tensor import Tensor


def named_tensors(params: Any, caller: str = "draw") -> list[tuple[str, Tensor]]:
    """The names that the caller gives: from a module, a mapping, or pairs of a name and a Tensor.

    Raises
    ------
    TypeError
        If `params` is something else, or holds something else.
    """
    if params is None:
        return []
    given = params.named_parameters() if hasattr(params, "named_parameters") else params
    items = given.items() if isinstance(given, Mapping) else given
    pairs = list(items) if isinstance(items, Iterable) else [items]
    for pair in pairs:
        named = isinstance(pair, tuple) and len(pair) == 2
        if not named or not isinstance(pair[0], str) or not isinstance(pair[1], Tensor):
            raise TypeError(
                f"{caller}: params gave a {type(pair).__name__}, {str(pair)[:60]!r}, where a name and a Tensor were "
                "needed. Pass a module, `module.named_parameters()`, or a dict of names to Tensors."
            )
    return pairs


@lru_cache(maxsize=4096)
def assigned_name(line: str) -> str | None:
    """The variable to which a source line assigns one computed value; None where that is not what it does.

    >>> assigned_name("h = ad.tanh(x @ w)"), assigned_name("total += loss"), assigned_name("return h * 2")
    ('h', 'total', None)
    >>> assigned_name("a, b = f(x)"), assigned_name("pair = [f(x), g(x)]"), assigned_name("h = f(")
    (None, None, None)
    """
    try:
        statements = ast.parse(line).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # part of a longer statement, or no Python at all
        return None
    match statements:
        case [ast.AugAssign(target=ast.Name(name))]:
            return name
        case [ast.Assign(targets=[ast.Name(name)], value=value)] | [ast.AnnAssign(target=ast.Name(name), value=value)]:
            return name if isinstance(value, (ast.Call, ast.BinOp, ast.UnaryOp, ast.Subscript)) else None
    return None


def names_in_source(nodes: Iterable[Node]) -> dict[int, str]:
    """By its id, the name of each node whose line assigns it; not of those that the rest of the same line used."""
    found: dict[int, str] = {}
    used: set[int] = set()
    for node in nodes:
        if node.trace is None:
            continue
        source = node.trace.source
        for parent in node.parents:
            if isinstance(parent, Node) and parent.trace is not None and parent.trace.source[:3] == source[:3]:
                used.add(id(parent))
        name = assigned_name(source.text)
        if name is not None:
            found[id(node)] = name
    return {place: name for place, name in found.items() if place not in used}


def changed_settings(node: Node) -> tuple[tuple[str, Any], ...]:
    """The static settings of a call that differ from their defaults."""
    defaults = node.primitive.static
    return tuple(
        (name, value)
        for name, value in node.static.items()
        if defaults.get(name) is inspect.Parameter.empty or repr(value) != repr(defaults.get(name))
    )
