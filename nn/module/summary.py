"""A module as a tree of text: names, settings, shapes, and counts of parameters. It is what `repr(module)` shows."""

from __future__ import annotations

from typing import NamedTuple

from .module import Buffer, Module, Parameter


class Line(NamedTuple):
    """One line of the tree, before its columns are aligned."""

    head: str
    shapes: str
    size: int


def described(module: Module) -> str:
    """The lines of a module and of all below it, aligned; the first carries the number of parameters in all.

    What is used in several places is shown and counted at the first one; the others name its path.

    Examples
    --------
    >>> import nn
    >>> nn.Sequential(nn.Linear(2, 50), nn.ReLU(), nn.Linear(50, 2))
    Sequential                                            252 parameters
    ├─ 0: Linear(2, 50)   weight (50, 2), bias (50,)      150
    ├─ 1: ReLU()
    └─ 2: Linear(50, 2)   weight (2, 50), bias (2,)       102
    """
    lines = _lines(module, "", "", "", {})
    total = _total(module)
    heads = max(len(line.head) for line in lines)
    shapes = max(len(line.shapes) for line in lines)
    counts = [f"{line.size:,}" if line.size else "" for line in lines]
    number, _, words = total.partition(" ")
    counts[0] = number
    width = max(map(len, counts))
    rows = [
        f"{line.head:<{heads}}   {line.shapes:<{shapes}}   {count:>{width}}".rstrip()
        for line, count in zip(lines, counts)
    ]
    rows[0] = f"{rows[0]} {words}".rstrip()
    return "\n".join(rows)


def _total(module: Module) -> str:
    """The numbers behind the first line; nothing where there is nothing to count."""
    parameters, buffers = list(module.parameters()), list(module.buffers())
    total = sum(parameter.size for parameter in parameters)
    frozen = sum(parameter.size for parameter in parameters if not parameter.requires_grad)
    kept = sum(buffer.size for buffer in buffers)
    if not parameters and not buffers:
        return ""
    parts = [f"{total:,} parameter{'' if total == 1 else 's'}"]
    parts += [f"{frozen:,} of them frozen"] if frozen else []
    parts += [f"{kept:,} in buffers"] if buffers else []
    return ", ".join(parts)


def _lines(module: Module, label: str, indent: str, path: str, seen: dict[int, str]) -> list[Line]:
    settings, children = module.extra_repr(), module._named_parts()
    if id(module) in seen:
        return [Line(f"{label}{type(module).__name__}", f"the same as {seen[id(module)]}", 0)]
    seen[id(module)] = path
    head = type(module).__name__ + (f"({settings})" if settings or not children else "")
    size, shapes = 0, []
    for kind in (Parameter, Buffer):
        for number, (name, tensor) in enumerate(module._own(kind)):
            own = f"{path}.{name}" if path else name
            first = seen.setdefault(id(tensor), own)
            size += tensor.size if kind is Parameter and first == own else 0
            shapes.append(
                ("buffers: " if kind is Buffer and not number else "")
                + (f"{name} {tensor.shape}" if first == own else f"{name} = {first}")
            )
    lines = [Line(label + head, ", ".join(shapes), size)]
    for number, (name, child) in enumerate(children, 1):
        last = number == len(children)
        branch, below = ("└─", "   ") if last else ("├─", "│  ")
        child_path = f"{path}.{name}" if path else name
        lines += _lines(child, f"{indent}{branch} {name}: ", indent + below, child_path, seen)
    return lines
