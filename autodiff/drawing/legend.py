"""The legend: a word for everything that occurs in a picture, and for nothing else."""

from __future__ import annotations

from . import numbers
from .boxes import SUM, in_bytes
from .escaping import font, markup
from .flows import state_of
from .options import Options
from .parts import Junction, Picture
from .theme import Style, Theme


def legend(picture: Picture, options: Options) -> str:
    """A table, as the label of the picture."""
    entries = [*_tensors(picture, options), *_gradients(picture, options)]
    width = 4 if options.direction == "LR" else 2
    rows = [entries[start : start + width] for start in range(0, len(entries), width)]
    cells = "".join("<TR>" + "".join(f"<TD>{entry}</TD>" for entry in row) + "</TR>" for row in rows)
    return f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="9" CELLPADDING="0">{cells}</TABLE>'


def _tensors(picture: Picture, options: Options) -> list[str]:
    theme = options.theme
    roles = {box.role for box in picture.boxes}
    entries = [_swatch(style, theme) for role, style in theme.boxes.items() if role in roles]
    if picture.circles:
        symbol = font("●", 18, theme.operation.fill)
        entries.append(f"{symbol}{font(' circle: operation', 9, theme.ink)}")
    if picture.blocks:
        entries.append(font("folder: a collapsed module (depth=… opens it)", 9, theme.ink))
    large = [box.value for box in picture.boxes if box.value is not None and box.value.size > numbers.FULL]
    if options.values and any(numbers.strip(value) for value in large):
        told = "light to dark" if theme.ink < theme.background else "dark to light"
        entries.append(font(f"strip: the elements in order, low to high from {told}", 9, theme.ink))
    kept = sum(part.kept for part in picture.parts if not isinstance(part, Junction))
    if options.shapes and kept:
        entries.append(font(f"kept: memory held for the backward pass, {in_bytes(kept)} in all", 9, theme.ink))
    if options.values and any(box.value is None for box in picture.boxes):
        text = font("dashed: value not kept (record() keeps it)", 9, theme.ink)
        entries.append(_frame(text, "ROUNDED,DASHED", theme.ink, theme.background))
    if not options.labels:
        entries.append(font("large: lines have no labels (depth=… collapses modules)", 9, theme.ink))
    return entries


def _gradients(picture: Picture, options: Options) -> list[str]:
    """What is said of gradients, in their colour; the lines in the colours that they are drawn in."""
    theme = options.theme
    if not options.gradients:
        return []
    told = []
    shown = [box for box in picture.boxes if box.grad is not None]
    if any(not box.stored for box in shown):
        told.append(("grad: the gradient of the output", theme.gradient))
    if any(box.stored for box in shown):
        told.append((".grad: what the Tensor holds, of all its backward() so far", theme.gradient))
    states = {state_of(flow.value) for flow in picture.flows}
    if states:
        told.append(("dashed: gradients run back, wider where the norm is larger", theme.gradient))
    if options.labels and any(flow.local for flow in picture.flows):
        told.append(("∂: local derivative; ḡ: the gradient that arrives", theme.gradient))
    if "dead" in states:
        told.append(("dotted, grey: a dead path, all zeros", theme.dead))
    if "not finite" in states:
        told.append(("solid, red: NaN or inf", theme.trouble))
    if any(isinstance(part, Junction) for part in picture.parts):
        told.append((f"{SUM}: gradients meet and are added", theme.gradient))
    if options.labels and any(flow.undone for flow in picture.flows):
        told.append(("Σ axis: broadcasting undone by a sum", theme.gradient))
    return [font(markup(text), 9, colour) for text, colour in told]


def _swatch(style: Style, theme: Theme) -> str:
    text = font(markup(style.meaning), 9, style.text)
    corners = "ROUNDED" if style.rounded else "SOLID"
    framed = _frame(text, corners, style.border, style.fill, style.width)
    for _ in range(style.peripheries - 1):
        framed = _frame(framed, corners, style.border, theme.background)
    return framed


def _frame(content: str, corners: str, colour: str, fill: str, width: float = 1.0) -> str:
    return (
        f'<TABLE BORDER="{width:.0f}" STYLE="{corners}" COLOR="{colour}" BGCOLOR="{fill}" CELLBORDER="0" '
        f'CELLSPACING="0" CELLPADDING="2"><TR><TD>{content}</TD></TR></TABLE>'
    )
