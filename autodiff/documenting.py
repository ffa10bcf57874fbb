"""Writes the documentation of a primitive from its declaration: what `help` and `?` show for `autodiff.exp`.

An elementwise primitive's example is its own gradient check, at points of its domain; any other brings its example in
the docstring of its forward.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .primitive import Primitive


def document(primitive: Primitive, text: str) -> str:
    """The docstring: summary, parameters, what is returned and kept, and an example."""
    summary, _, example = text.partition("\nExamples\n")
    arrays = ", ".join(primitive.inputs) if not primitive.variadic else f"*{primitive.inputs[0]}"
    shapes = ", broadcast against each other" if primitive.broadcasts and len(primitive.inputs) > 1 else ""
    lines = [summary.strip(), "", "Parameters", "----------", f"{arrays} : array_like{shapes}"]
    for name, default in primitive.static.items():
        lines.append(f"{name} : setting" + ("" if default is inspect.Parameter.empty else f", default {default!r}"))
    same = f", of the {'broadcast shape' if shapes else 'shape of ' + arrays}" if primitive.elementwise else ""
    lines += ["", "Returns", "-------", f"Tensor if an argument is one, else ndarray{same}"]
    fixed = [name for name, rule in zip(primitive.inputs, primitive.rules) if rule is None]
    lines += ["", "Notes", "-----", f"Kept for the backward pass: {', '.join(primitive.kept) or 'nothing'}."]
    if primitive.rules and fixed:
        lines.append(f"Without a derivative: {', '.join(fixed)}.")
    if example or primitive.elementwise:
        lines += ["", "Examples", example.rstrip() if example else f"--------\n{_gradient_check(primitive)}"]
    return "\n".join(lines)


def _gradient_check(primitive: Primitive) -> str:
    """An example that every elementwise primitive has: its rule against finite differences."""
    domain = primitive.domain
    pairs = domain if isinstance(domain[0], tuple) else (domain,) * len(primitive.inputs)
    points = []
    for number, (low, high) in enumerate(pairs):
        low = max(low, min(high, 4.0) - 4.0)
        width = min(high, low + 4.0) - low
        points.append([round(low + width * (share + 0.07 * number), 2) for share in (0.2, 0.7)])
    given = ", ".join(f"ad.Tensor({x})" for x in points)
    return f">>> import autodiff as ad\n>>> ad.gradcheck(ad.REGISTRY[{primitive.name!r}], {given})\nTrue"
