"""Writes a picture down in DOT, the language of Graphviz, with HTML-like labels.

Every text that comes from the user goes through `markup` or `quoted`. Equal pictures give equal text, byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from ..primitive import Array
from . import numbers, theme
from .parts import Arrow, Box, Circle, Picture, Scope
from .theme import Style

Direction = Literal["LR", "TB"]

#: Longer names are shortened in the middle; the tooltip has all of it.
LONGEST_NAME = 60


class Options(NamedTuple):
    """What is shown, and which way the program runs."""

    direction: Direction
    values: bool
    gradients: bool
    shapes: bool


def printable(text: str) -> str:
    r"""Text with what cannot be shown (newlines, controls, lone surrogates) written as Python writes it.

    >>> print(printable("a\nb\x00\ud800"))
    a\nb\x00\ud800
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def markup(text: str) -> str:
    r"""Text for an HTML-like label. Graphviz reads `\N` there as the node's name, so backslashes are doubled.

    >>> print(markup("a < b & \\N"))
    a &lt; b &amp; &#92;&#92;N
    """
    escapes = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\\": "&#92;&#92;"}
    return "".join(escapes.get(c, c) for c in printable(text))


def quoted(text: str) -> str:
    r"""Text as a quoted attribute, such as a tooltip.

    >>> print(quoted('a "b" \\N &lt;'))
    "a \"b\" \\N &amp;lt;"
    """
    escaped = printable(text).replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
    return f'"{escaped}"'


def dot_text(picture: Picture, options: Options) -> str:
    """The whole picture as DOT."""
    return "\n".join(_lines(picture, options)) + "\n"


def _lines(picture: Picture, options: Options) -> Iterator[str]:
    yield "digraph autodiff {"
    yield f"  rankdir={options.direction}; bgcolor={quoted(theme.BACKGROUND)}; pad=0.15; nodesep=0.22; ranksep=0.28;"
    yield f"  fontname={quoted(theme.FONT)}; fontsize=11; labelloc=b; labeljust=c; tooltip=\" \";"
    yield f"  label=<{_legend(picture, options)}>;"
    yield f"  node [fontname={quoted(theme.FONT)}, fontsize=11];"
    yield (
        f"  edge [fontname={quoted(theme.FONT)}, fontsize=8, fontcolor={quoted(theme.MUTED)}, "
        f"color={quoted(theme.INK)}, arrowsize=0.6, penwidth=0.9, tooltip=\" \"];"
    )
    yield from _clusters(picture, options)
    names = {box.id: box.name or "" for box in picture.boxes}
    for arrow in picture.arrows:
        yield f"  {arrow.tail} -> {arrow.head}{_arrow(arrow, names.get(arrow.tail, ''))};"
    yield "}"


def _arrow(arrow: Arrow, name: str) -> str:
    """The argument's name, unless the tensor's own says it already: `layers.0.weight` for `weight`."""
    said = arrow.label is None or name.rpartition(".")[2] == arrow.label
    return "" if said else f" [label={quoted(str(arrow.label))}]"


def _clusters(picture: Picture, options: Options) -> Iterator[str]:
    """Every node inside the clusters of its scope. A scope opens where its first part comes."""
    contents: dict[Scope, list[Box | Circle | Scope]] = {(): []}
    for part in picture.parts:
        for depth in range(1, len(part.scope) + 1):
            path = part.scope[:depth]
            if path not in contents:
                contents[path] = []
                contents[path[:-1]].append(path)
        contents[part.scope].append(part)
    number = 0
    open_clusters = [iter(contents[()])]
    while open_clusters:
        indent = "  " * len(open_clusters)
        entry = next(open_clusters[-1], None)
        if entry is None:
            open_clusters.pop()
            if open_clusters:
                yield f"{indent[2:]}}}"
        elif isinstance(entry, tuple):
            yield f"{indent}subgraph cluster_{number} {{"
            yield f"{indent}  label=<<FONT POINT-SIZE=\"10\" COLOR=\"{theme.MUTED}\">{_name(entry[-1])}</FONT>>;"
            yield f"{indent}  labeljust=l; labelloc=t; style=\"rounded,filled\"; margin=10; penwidth=0.8;"
            yield f"{indent}  color={quoted(theme.CLUSTER_BORDER)}; fillcolor={quoted(theme.CLUSTER)};"
            yield f"{indent}  tooltip={quoted('/'.join(entry))};"
            number += 1
            open_clusters.append(iter(contents[entry]))
        else:
            yield indent + (_box(entry, options) if isinstance(entry, Box) else _circle(entry))


def _box(box: Box, options: Options) -> str:
    style = theme.BOXES[box.role]
    look = ["filled"] + ["rounded"] * style.rounded + ["dashed"] * (options.values and box.value is None)
    return (
        f"{box.id} [shape=box, style=\"{','.join(look)}\", fillcolor={quoted(style.fill)}, "
        f"color={quoted(style.border)}, penwidth={style.width:g}, peripheries={style.peripheries}, "
        f"margin=\"0.06,0.04\", width=0.3, height=0.25, tooltip={quoted(_tooltip(box))}, "
        f"label=<{_box_label(box, style, options)}>];"
    )


def _tooltip(box: Box) -> str:
    shape = "" if box.shape is None or box.dtype is None else numbers.shape_text(box.shape, box.dtype)
    return f"{box.role} {box.name or ''}  {shape}".strip()


def symbol_text(symbol: str) -> str:
    """A symbol in signs that the usual fonts have; the others come out as empty frames in a PNG.

    >>> symbol_text("∗ᵀ")
    '*ᵀ'
    """
    return symbol.replace("∗", "*").replace("∛", "³√")


def _circle(circle: Circle) -> str:
    style = theme.OPERATION
    symbol = "<BR/>".join(markup(word) for word in symbol_text(circle.symbol).split(" "))
    size = 16 if len(circle.symbol) <= 2 else 11
    lines = [f'<FONT POINT-SIZE="{size}" COLOR="{style.text}">{symbol}</FONT>']
    lines += [_font(markup(text), 8, style.muted) for text in numbers.settings(circle.settings)]
    settings = ", ".join(f"{name}={value}" for name, value in circle.settings)
    tooltip = f"{circle.name}({settings})" + (f"  {circle.source}" if circle.source else "")
    return (
        f"{circle.id} [shape=circle, style=filled, fillcolor={quoted(style.fill)}, color={quoted(style.border)}, "
        f"margin=0.02, width=0.42, tooltip={quoted(tooltip)}, label=<{'<BR/>'.join(lines)}>];"
    )


_NUMBER_CELL = '<TD ALIGN="RIGHT" WIDTH="32">'


def _box_label(box: Box, style: Style, options: Options) -> str:
    """A table: name, shape and dtype, then a row for the value and one for the gradient."""
    rows = []
    if box.name:
        rows.append(f'<TD COLSPAN="4"><FONT COLOR="{style.text}"><B>{_name(box.name)}</B></FONT></TD>')
    # A 0-d constant's dtype would mislead: a Python number has none until it meets an array.
    told = box.role == "constant" and not box.shape
    if options.shapes and box.shape is not None and box.dtype is not None and not told:
        rows.append(f'<TD COLSPAN="4">{_font(markup(numbers.shape_text(box.shape, box.dtype)), 9, style.muted)}</TD>')
    wanted = [("value", box.value, options.values, style.text), ("grad", box.grad, options.gradients, style.gradient)]
    shown = [(what, array, colour) for what, array, wish, colour in wanted if wish and array is not None]
    if any(array.size > numbers.FULL and numbers.summary(array) for _, array, _ in shown):
        heads = "".join(f'{_NUMBER_CELL}{_font(head, 8, style.muted)}</TD>' for head in ("min", "mean", "max"))
        rows.append(f"<TD></TD>{heads}")
    for what, array, colour in shown:
        rows += _value_rows(what, array, colour, bare=told)
    if box.changed and options.values:
        rows.append(f'<TD COLSPAN="4">{_font("changed since it was used", 8, style.muted)}</TD>')
    if box.value is None and options.values and told:
        rows.append(f"<TD>{_font('not kept', 8, style.muted)}</TD>")
    body = "".join(f"<TR>{row}</TR>" for row in rows or ["<TD>·</TD>"])
    return f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">{body}</TABLE>'


def _value_rows(what: str, array: Array, colour: str, bare: bool) -> Iterator[str]:
    head = f'<TD ALIGN="LEFT">{_font(what + "  ", 8, colour)}</TD>'
    lines = numbers.in_full(array)
    if lines is not None:
        text = "".join(f'{_font(markup(line), 10, colour)}<BR ALIGN="LEFT"/>' for line in lines)
        if len(lines) == 1:
            text = _font(markup(lines[0]), 10, colour)
        left = '<TD COLSPAN="3" ALIGN="LEFT" BALIGN="LEFT">'
        yield f'<TD COLSPAN="4">{text}</TD>' if bare else f"{head}{left}{text}</TD>"
        return
    numbers_of_it = numbers.summary(array)
    trouble = numbers.not_finite(array)
    if numbers_of_it is not None:
        yield head + "".join(f"{_NUMBER_CELL}{_font('  ' + each, 9, colour)}</TD>" for each in numbers_of_it)
    else:
        trouble = trouble or "empty"
    if trouble is not None:
        yield f'{head}<TD COLSPAN="3" ALIGN="LEFT">{_font(f"<B>{trouble}</B>", 9, colour)}</TD>'


def _font(text: str, size: int, colour: str) -> str:
    return f'<FONT POINT-SIZE="{size}" COLOR="{colour}">{text}</FONT>'


def _name(name: str) -> str:
    shown = printable(name)
    if len(shown) > LONGEST_NAME:
        half = LONGEST_NAME // 2
        shown = f"{shown[:half]}…{shown[-half:]}"
    return markup(shown)


def _legend(picture: Picture, options: Options) -> str:
    """One row for what occurs in this picture, and nothing else."""
    roles = {box.role for box in picture.boxes}
    entries = [_swatch(style) for role, style in theme.BOXES.items() if role in roles]
    if picture.circles:
        symbol = _font("●", 18, theme.OPERATION.fill)
        entries.append(f"{symbol}{_font(' circle: operation', 9, theme.INK)}")
    if options.values and any(box.value is None for box in picture.boxes):
        text = _font("dashed: value not kept (record() keeps it)", 9, theme.INK)
        entries.append(_frame(text, "ROUNDED,DASHED", theme.INK))
    if options.gradients and any(box.grad is not None for box in picture.boxes):
        entries.append(_font("grad: the gradient of the output", 9, theme.GRADIENT))
    width = 4 if options.direction == "LR" else 2
    rows = [entries[start : start + width] for start in range(0, len(entries), width)]
    cells = "".join("<TR>" + "".join(f"<TD>{entry}</TD>" for entry in row) + "</TR>" for row in rows)
    return f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="6" CELLPADDING="0">{cells}</TABLE>'


def _swatch(style: Style) -> str:
    text = _font(markup(style.meaning), 9, style.text)
    corners = "ROUNDED" if style.rounded else "SOLID"
    framed = _frame(text, corners, style.border, style.width, style.fill)
    for _ in range(style.peripheries - 1):
        framed = _frame(framed, corners, style.border)
    return framed


def _frame(content: str, corners: str, colour: str, width: float = 1.0, fill: str = theme.BACKGROUND) -> str:
    return (
        f'<TABLE BORDER="{width:.0f}" STYLE="{corners}" COLOR="{colour}" BGCOLOR="{fill}" CELLBORDER="0" '
        f'CELLSPACING="0" CELLPADDING="2"><TR><TD>{content}</TD></TR></TABLE>'
    )
