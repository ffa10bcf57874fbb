"""Runs a function for its picture: recorded, walked back from where that makes sense, and everything put back after.

`picture` calls it when it is given a function; `restoring` knows what is put back.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from .. import modes
from ..backward import place_of, walk
from ..graph import Node, next_order
from ..observe import record
from ..primitive import Array, Primitive
from ..tensor import Tensor
from .restoring import Memory, as_before


class _Recording(record):
    """A recording that gives names to data, and remembers each Tensor from outside that an operation uses."""

    def __init__(self, arguments: list[tuple[str, Any]], memory: Memory) -> None:
        super().__init__()
        self._memory, self._first = memory, next_order()
        self._names = {id(value): name for name, value in arguments if isinstance(value, (Tensor, np.ndarray))}

    def called(
        self, primitive: Primitive, node: Node | None, operands: tuple[Any, ...], static: dict[str, Any], out: Array
    ) -> None:
        super().called(primitive, node, operands, static, out)
        for operand in operands:
            if isinstance(operand, Tensor) and (operand._node is None or operand._node.order < self._first):
                self._memory.remember(operand)  # it may be out of reach; the function's own are soon forgotten
        if node is not None and node.trace is not None:  # data has no place in the graph: this is where its name goes
            trace = node.trace
            trace.names = tuple(name or self._names.get(id(each)) for name, each in zip(trace.names, operands))


@contextmanager
def recorded(
    function: Callable[..., Any], args: tuple[Any, ...], params: Any, named: list[tuple[str, Tensor]]
) -> Iterator[tuple[Tensor, list[tuple[str, Tensor]]]]:
    """The output of a function that ran under `record`, walked back if it is one number, and its arguments by name.

    On leaving, whatever the function and the walk changed is as it was: see `restoring`.

    Raises
    ------
    TypeError
        If the function returns no Tensor, or is given arguments that it does not take.
    RuntimeError
        If nothing that it computed requires grad.
    """
    arguments = _arguments(function, args, differentiate=params is None)
    with as_before(function, args, params, named) as memory:
        with modes.enable_grad(), _Recording(arguments, memory):
            output = function(*(value for _, value in arguments))
            _check(output, function, arguments)
            _walk_back(output)
        yield output, [(name, t) for name, t in arguments if isinstance(t, Tensor)]


def _arguments(function: Callable[..., Any], args: tuple[Any, ...], differentiate: bool) -> list[tuple[str, Any]]:
    """Each argument with its name in the function's signature; floating-point arrays and numbers as Tensors."""
    call = getattr(function, "forward", function)
    try:
        parameters = inspect.signature(call).bind(*args).arguments
    except ValueError:  # some functions written in C have no signature
        parameters = {f"argument {i}": value for i, value in enumerate(args)}
    except TypeError as error:
        raise TypeError(f"draw: {_called(function)} cannot be called with the {len(args)} given: {error}.") from None
    named: list[tuple[str, Any]] = []
    for name, value in parameters.items():
        if len(named) < len(args) and isinstance(value, tuple) and value is not args[len(named)]:
            named += [(f"{name}[{i}]", each) for i, each in enumerate(value)]  # *args
        else:
            named.append((name, value))
    return [(name, _as_tensor(value, differentiate)) for name, value in named]


def _as_tensor(value: Any, differentiate: bool) -> Any:
    if isinstance(value, (float, np.floating, np.ndarray)) and np.asarray(value).dtype.kind == "f":
        return Tensor(np.array(value), requires_grad=differentiate)
    return value


def _check(output: Any, function: Callable[..., Any], arguments: list[tuple[str, Any]]) -> None:
    if not isinstance(output, Tensor):
        cause = (
            " None of its arguments is a Tensor: real numbers and arrays in floating point are made into Tensors (2.0, "
            "not 2); integers, complex numbers and what is within lists and dicts are not."
        )
        known = not arguments or any(isinstance(value, Tensor) for _, value in arguments)
        raise TypeError(
            f"draw: {_called(function)} returned a {type(output).__name__}, and must return the Tensor whose "
            f"computation is to be drawn, usually a loss.{'' if known else cause}"
        )
    if not output._requires_grad:
        raise RuntimeError(
            f"draw: nothing that {_called(function)} computed requires grad, so there is no graph. Give floating-point "
            "arguments (2.0, not 2), Tensors with requires_grad=True, or parameters."
        )


def _walk_back(output: Tensor) -> None:
    """Send 1 back from a single number, touching nobody's `.grad`; not where the function has done so itself."""
    node = output._node
    walked = node is not None and node.trace is not None and bool(node.trace.messages)
    place = place_of(output)
    if node is None or place is None or walked or output._data.size != 1:
        return
    walk([(place, np.ones_like(output._data))], targets=_leaves(node), retain_graph=True)


def _leaves(root: Node) -> list[Tensor]:
    """Every leaf below a node."""
    seen: set[Any] = {root}
    found: list[Tensor] = []
    stack = [root]
    while stack:
        for parent in stack.pop().parents:
            if parent is None or parent in seen:
                continue
            seen.add(parent)
            if isinstance(parent, Node):
                stack.append(parent)
            else:
                found.append(parent)
    return found


def _called(function: Callable[..., Any]) -> str:
    return getattr(function, "__name__", None) or type(function).__name__
