"""The names that a program's source gives to its results: the variable to which an expression's value is assigned.

A recording knows where in the source every operation ran, to the column; here that place is looked up in the file's
syntax tree. Pictures and pages both take their names from here.
"""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby

from ..graph import Node
from ..observe import Source

Span = tuple[int | None, ...]
#: Longer targets, such as `self.layers[index].hidden`, are no names.
LONGEST = 40


def assigned_names(nodes: Iterable[Node]) -> dict[int, str]:
    """By the node's id, the name of each recorded node whose result the source assigns to a variable.

    Of all that one execution of an expression computes, its value is the last result, if all others led to it; where
    there are several, such as the parts of a tuple, none of them has the name.
    """
    found: dict[int, str] = {}
    recorded = sorted((node for node in nodes if node.trace is not None), key=lambda node: node.order)
    for source, together in _together(recorded):
        name = assigned_name(source)
        for execution in _executions(together) if name is not None else ():
            if name is not None and _leads_to_its_last(execution):
                found[id(execution[-1])] = name
    return found


def _leads_to_its_last(execution: Sequence[Node]) -> bool:
    """Whether the last of these nodes was computed from all the others."""
    missing, waiting = set(execution[:-1]), [execution[-1]]
    seen = set(waiting)
    while waiting and missing:
        for parent in waiting.pop().parents:
            if isinstance(parent, Node) and parent not in seen and parent.order >= execution[0].order:
                seen.add(parent)
                missing.discard(parent)
                waiting.append(parent)
    return not missing


def _together(nodes: list[Node]) -> Iterator[tuple[Source, list[Node]]]:
    """The nodes that one expression made, without another line of the same function between them."""
    running: list[tuple[Source, list[Node]]] = []
    for node in nodes:
        source = _source(node)
        while running and running[-1][0].depth > source.depth:
            yield running.pop()
        if running and running[-1][0].depth == source.depth and running[-1][0] != source:
            yield running.pop()
        if running and running[-1][0] == source:
            running[-1][1].append(node)
        else:
            running.append((source, [node]))
    yield from running


def assigned_name(source: Source) -> str | None:
    """The variable to which the source assigns the value of the expression at a recorded place, if it does."""
    text = "".join(linecache.getlines(source.file))
    return _names(text).get(source.span) if text and source.span is not None else None


def _source(node: Node) -> Source:
    assert node.trace is not None
    return node.trace.source


def _executions(together: list[Node]) -> Iterator[Sequence[Node]]:
    """The nodes of one expression, by its executions: several where a loop has no other lines.

    An execution that calls a module enters the module's scope anew; of others only the primitives show that they come
    again.
    """
    entered = [_entered(node) for node in together]
    if any(entered):
        for _, part in groupby(zip(entered, together), key=lambda each: each[0]):
            yield [node for _, node in part]
        return
    kinds = [node.primitive for node in together]
    lengths = range(1, len(kinds) + 1)
    length = next(n for n in lengths if len(kinds) % n == 0 and kinds == kinds[:n] * (len(kinds) // n))
    for start in range(0, len(kinds), length):
        yield together[start : start + length]


def _entered(node: Node) -> int:
    """The number of the outermost entry into a scope below the source line; 0 if the line itself called the engine."""
    assert node.trace is not None
    depth = node.trace.source.depth
    return next((number for number, _, entered in node.trace.calls if entered > depth), 0)


@lru_cache(maxsize=64)
def _names(text: str) -> dict[Span, str]:
    r"""The names of all expressions of a program whose values it assigns, by their places.

    >>> _names("a, b = f(x), g(x)\nself.h = (y := -x)[0]; c += x @ w\npair = [f(x)]")
    {(1, 1, 7, 11): 'a', (1, 1, 13, 17): 'b', (2, 2, 9, 21): 'self.h', (2, 2, 23, 33): 'c', (2, 2, 15, 17): 'y'}
    >>> _names("a = b = f(\n  x\n)\nd = (f(x)\n     .g())")
    {(1, 3, 8, 1): 'a', (4, 5, 5, 9): 'd', (5, 5, 6, 9): 'd'}
    """
    found: dict[Span, str] = {}
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # a cell of a notebook with commands, for example
        return found
    for statement in ast.walk(tree):
        match statement:
            case ast.Assign(targets=[target, *_], value=value):
                _assign(target, value, found)
            case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.NamedExpr(target=target, value=value):
                _assign(target, value, found)
            case ast.AugAssign(target=target):
                _note(target, statement, found)
    return found


def _assign(target: ast.expr, value: ast.expr, found: dict[Span, str]) -> None:
    """Note which parts of a value are assigned to which parts of a target."""
    match target, value:
        case ast.Tuple(targets) | ast.List(targets), ast.Tuple(values) | ast.List(values):
            starred = any(isinstance(each, ast.Starred) for each in (*targets, *values))
            for one, other in zip(targets, values) if len(targets) == len(values) and not starred else ():
                _assign(one, other, found)
        case _, ast.IfExp(body=body, orelse=orelse):
            _assign(target, body, found)
            _assign(target, orelse, found)
        case _, ast.Call() | ast.BinOp() | ast.UnaryOp() | ast.Subscript() | ast.Attribute() | ast.Await():
            _note(target, value, found)


def _note(target: ast.expr, value: ast.expr | ast.stmt, found: dict[Span, str]) -> None:
    """Note one name, under each of the places that the interpreter may give for its expression."""
    if not isinstance(target, (ast.Name, ast.Attribute, ast.Subscript)):
        return
    name = ast.unparse(target)
    if len(name) > LONGEST or "\n" in name:
        return
    found[value.lineno, value.end_lineno, value.col_offset, value.end_col_offset] = name
    attribute = value.func if isinstance(value, ast.Call) else value
    if isinstance(attribute, ast.Attribute) and attribute.end_lineno != attribute.value.end_lineno:
        # A method on a line of its own: its call is said to begin at the method's name.
        first = (attribute.end_col_offset or 0) - len(attribute.attr.encode())
        found[attribute.end_lineno, value.end_lineno, first, value.end_col_offset] = name
