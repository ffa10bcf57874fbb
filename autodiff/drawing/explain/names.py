"""What to call the quantities of a recorded program: the user's own names first, else those of variables and lines."""

from __future__ import annotations

import inspect
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...graph import Node
from ...tensor import Tensor
from ..assignments import assigned_name, assigned_names
from ..escaping import printable
from ..naming import named_tensors

_DIGITS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


class Names:
    """Names for leaves, constants and results, each given once.

    >>> names = Names(lambda: None, (), None)
    >>> names.unique("b"), names.unique("b")
    ('b', 'b₂')
    """

    def __init__(self, step: Callable[..., Any], args: Sequence[Any], params: Any) -> None:
        self.given = {id(tensor): name for name, tensor in named_tensors(params, "explain")}
        self._variables: dict[int, str] = {}
        self._used: set[str] = set()
        self._count = 0
        for name, value in [*_arguments(step, args), *_captured(step)]:
            if isinstance(value, (Tensor, np.ndarray)):
                self._variables.setdefault(id(value), name)

    def unique(self, name: str) -> str:
        """The name as it can be shown, with a number below it where it is taken."""
        name = isolated(printable(name))
        number, free = 1, name
        while free in self._used:
            number += 1
            free = f"{name}{str(number).translate(_DIGITS)}"
        self._used.add(free)
        return free

    def of_operand(self, operand: Any, fallback: str) -> str:
        """A leaf's or constant's name, of a plain number its value, else the name of the argument that it is."""
        own = getattr(operand, "name", None)
        name = self.given.get(id(operand)) or own or self._variables.get(id(operand))
        if name is None and np.ndim(getattr(operand, "data", operand) if isinstance(operand, Tensor) else operand) == 0:
            plain = operand.data if isinstance(operand, Tensor) else operand
            if not getattr(operand, "requires_grad", False):
                return f"{float(plain):.4g}" if np.asarray(plain).dtype.kind == "f" else str(plain)
        return self.unique(name or fallback)

    def of_result(self, node: Node, last_on_line: bool, is_loss: bool) -> str:
        """What the line that made a result assigns it to, else a letter with a number."""
        assert node.trace is not None
        found = assigned_name(node.trace.source) if last_on_line else None
        if found or is_loss:
            return self.unique(found or "loss")
        self._count += 1
        return self.unique(f"v{str(self._count).translate(_DIGITS)}")


def isolated(name: str) -> str:
    r"""A name that is written from right to left, kept from turning round what stands beside it.

    >>> isolated("weight"), isolated("\u05d0").encode("ascii", "backslashreplace")
    ('weight', b'\\u2068\\u05d0\\u2069')
    """
    turns = any(unicodedata.bidirectional(c) in {"R", "AL", "AN"} for c in name)
    return f"\u2068{name}\u2069" if turns else name


def last_on_their_lines(nodes: Sequence[Node]) -> set[Node]:
    """The nodes whose results the source assigns to a variable."""
    assigned = assigned_names(nodes)
    return {node for node in nodes if id(node) in assigned}


def _arguments(step: Callable[..., Any], args: Sequence[Any]) -> list[tuple[str, Any]]:
    try:
        bound = inspect.signature(step).bind(*args).arguments
    except (TypeError, ValueError):
        return []
    found: list[tuple[str, Any]] = []
    for name, value in bound.items():
        many = list(value) if isinstance(value, (tuple, list)) else []
        found += [(f"{name}[{i}]", each) for i, each in enumerate(many)] or [(name, value)]
    return found


def _captured(step: Callable[..., Any]) -> list[tuple[str, Any]]:
    """The variables from outside that a function reads."""
    try:
        captured = inspect.getclosurevars(step)
    except (TypeError, ValueError):
        return []
    return [*captured.nonlocals.items(), *captured.globals.items()]
