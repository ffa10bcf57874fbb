"""What callers name: the Tensors among the parameters that they give, and the settings that are not the defaults.

The names that a program's source gives to its results are found by `assignments`.
"""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..graph import Node
from ..tensor import Tensor
from .escaping import printable


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


#: What IPython calls the code of a cell: a name of its own, or a file in a folder for temporary ones.
_CELL = re.compile(r"<ipython-input-.*>|(.*[/\\])?(ipykernel_\d+[/\\]\d+|ipython-input-[^/\\]*)\.py")


def shown_file(file: str) -> str:
    r"""How a source file is called: without its folders, which differ between machines; a notebook's cell is that.

    >>> shown_file("/home/ada/train.py"), shown_file("/tmp/ipykernel_71/2369457420.py"), shown_file("<stdin>")
    ('train.py', 'cell', '<stdin>')
    """
    return "cell" if _CELL.fullmatch(file) else printable(os.path.basename(file))


def changed_settings(node: Node) -> tuple[tuple[str, Any], ...]:
    """The static settings of a call that differ from their defaults."""
    defaults = node.primitive.static
    return tuple(
        (name, value)
        for name, value in node.static.items()
        if defaults.get(name) is inspect.Parameter.empty or repr(value) != repr(defaults.get(name))
    )
