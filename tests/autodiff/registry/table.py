"""Writes docs/operations.md, the table of all primitives, from their declarations.

Run `python -m tests.autodiff.registry.table` in the root of the repository after a primitive was added or changed; a
test fails while the file is not what this writes.
"""
from __future__ import annotations

import inspect
from pathlib import Path

import autodiff as ad

from . import PRIMITIVES

PATH = Path(__file__).parents[3] / "docs" / "operations.md"

HEAD = """# Operations

Every primitive that the packages declare: the rows of the engine's table of calculus. Functions that are composed of
them (`take`, `split`, `tile`, `repeat`, `dot`, `tensordot`, `avg_pool2d`, …) have the derivatives that follow. *Keeps*
is what the rules ask for, and so what stays in memory between the forward and the backward pass, of those arguments
that require grad. Each primitive is checked by the properties in `tests/autodiff/registry`.

This file is generated: `python -m tests.autodiff.registry.table` writes it from the declarations.
"""

SECTIONS = {
    "Elementwise, broadcasting": lambda p: p.elementwise,
    "Others": lambda p: not (p.elementwise or p.mutates),
    "Changes of state, without rules": lambda p: bool(p.mutates),
}


def cell(text: str) -> str:
    return text.replace("|", "\\|")


def call(primitive: ad.Primitive) -> str:
    """How it is called: arrays by position, settings by name."""
    arrays = [f"*{name}" if primitive.variadic else name for name in primitive.inputs]
    settings = [
        name if default is inspect.Parameter.empty else f"{name}={default!r}"
        for name, default in primitive.static.items()
    ]
    return f"`{primitive.name}({', '.join(arrays + settings)})`"


def row(primitive: ad.Primitive) -> str:
    """One line of the table."""
    differentiable = [n for n, rule in zip(primitive.inputs, primitive.rules, strict=False) if rule is not None]
    keeps = [name for name in primitive.kept if not name.endswith(("_shape", "_dtype"))]
    summary = " ".join((primitive.__doc__ or "").split("\n\n")[0].split())
    columns = [call(primitive), primitive.symbol, summary, ", ".join(differentiable), ", ".join(keeps)]
    return f"| {' | '.join(cell(column) for column in columns)} |"


def table() -> str:
    """The whole file."""
    lines = [HEAD]
    for title, belongs in SECTIONS.items():
        lines += [f"## {title}", ""]
        lines += ["| Call | Symbol | What it is | Differentiable in | Keeps |", "|---|---|---|---|---|"]
        lines += [row(primitive) for primitive in PRIMITIVES.values() if belongs(primitive)]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    written = PATH.with_suffix(".new")
    written.write_text(table())
    written.replace(PATH)
