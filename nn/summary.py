"""A module as a tree of text: names, settings, shapes and counts of parameters. It is what `repr(module)` shows."""

from __future__ import annotations

from typing import NamedTuple

from .module import Module, Parameter


class Line(NamedTuple):
    """One line of the tree, before its columns are aligned."""

    head: str
    shapes: str
    size: int


def tree(module: Module) -> str:
    """The lines of a module and of all below it, aligned; the first carries the number of parameters in all.

    Examples
    --------
    >>> import nn
    >>> nn.Sequential(nn.Linear(2, 50), nn.ReLU(), nn.Linear(50, 2))
    Sequential                                            252 parameters
    ├─ 0: Linear(2, 50)   weight (50, 2), bias (50,)      150
    ├─ 1: ReLU()
    └─ 2: Linear(50, 2)   weight (2, 50), bias (2,)       102
    """
    lines = _lines(module, "", "")
    heads = max(len(line.head) for line in lines)
    shapes = max(len(line.shapes) for line in lines)
    total = sum(parameter.size for parameter in module.parameters())
    counts = [f"{line.size:,}" if line.size else "" for line in lines]
    counts[0] = f"{total:,}"
    width = max(map(len, counts))
    rows = [
        f"{line.head:<{heads}}   {line.shapes:<{shapes}}   {count:>{width}}".rstrip()
        for line, count in zip(lines, counts)
    ]
    if total:
        rows[0] += " parameter" if total == 1 else " parameters"
    else:
        rows[0] = lines[0].head
    return "\n".join(rows)


def _lines(module: Module, label: str, indent: str) -> list[Line]:
    own = {name: value for name, value in vars(module).items() if isinstance(value, Parameter)}
    shapes = ", ".join(f"{name} {value.shape}" for name, value in own.items())
    children = [(name, value) for name, value in vars(module).items() if isinstance(value, Module)]
    settings = module.extra_repr()
    head = type(module).__name__ + (f"({settings})" if settings or not children else "")
    lines = [Line(label + head, shapes, sum(parameter.size for parameter in own.values()))]
    for number, (name, child) in enumerate(children, 1):
        last = number == len(children)
        lines += _lines(child, f"{indent}{'└─' if last else '├─'} {name}: ", indent + ("   " if last else "│  "))
    return lines
