"""What callers name: the Tensors among the parameters that they give, and the settings that are not the defaults.

The names that a program's source gives to its results are found by `assignments`.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
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


def module_kinds(params: Any) -> dict[tuple[str, ...], str]:
    """The classes of the modules by their scopes, where the parameters were given by a module."""
    if not hasattr(params, "named_modules"):
        return {}
    root = type(params).__name__
    every = params.named_modules(remove_duplicate=False)  # a module in two places has two paths
    return {(root, *(path.split(".") if path else ())): type(module).__name__ for path, module in every}


def changed_settings(node: Node) -> tuple[tuple[str, Any], ...]:
    """The static settings of a call that differ from their defaults."""
    defaults = node.primitive.static
    return tuple(
        (name, value)
        for name, value in node.static.items()
        if defaults.get(name) is inspect.Parameter.empty or repr(value) != repr(defaults.get(name))
    )
