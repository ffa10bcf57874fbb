"""Tensors and operations as DOT: a box with a table of what is known, a circle with a symbol and its settings."""

from __future__ import annotations

from collections.abc import Iterator

from ..primitive import Array
from . import numbers
from .escaping import font, markup, quoted, short_name
from .options import Options
from .parts import Block, Box, Circle, Junction
from .theme import Style, Theme


def box_line(box: Box, options: Options) -> str:
    """The line that declares a box."""
    style = options.theme.boxes[box.role]
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
    symbol = symbol.replace("[ ]", "[]")  # words stand below each other
    return symbol.replace("∗", "*").replace("∛", "³√").replace("⌊", "floor(").replace("⌋", ")")


def circle_line(circle: Circle, theme: Theme) -> str:
    """The line that declares a circle."""
    style = theme.operation
    symbol = "<BR/>".join(markup(word) for word in symbol_text(circle.symbol).split(" "))
    size = 16 if len(circle.symbol) <= 2 else 11
    lines = [f'<FONT POINT-SIZE="{size}" COLOR="{style.text}">{symbol}</FONT>']
    lines += [font(markup(text), 8, style.muted) for text in numbers.settings(circle.settings)]
    keeps = [text for name, size in circle.keeps for text in (f"keeps {name}", in_bytes(size))]
    lines += [font(markup(text), 8, style.muted) for text in keeps]
    settings = ", ".join(f"{name}={value}" for name, value in circle.settings)
    tooltip = f"{circle.name}({settings})" + (f"  {circle.source}" if circle.source else "")
    return (
        f"{circle.id} [shape=circle, style=filled, fillcolor={quoted(style.fill)}, color={quoted(style.border)}, "
        f"margin=0.02, width=0.42, tooltip={quoted(tooltip)}, label=<{'<BR/>'.join(lines)}>];"
    )


#: The sign of a sum of gradients, and what a PNG has instead of it: the sign is missing from its fonts.
SUM, DRAWN_SUM = "⊕", "+"


def junction_line(junction: Junction, theme: Theme) -> str:
    """A ⊕, which brings its own circle."""
    return (
        f"{junction.id} [shape=circle, style=filled, fillcolor={quoted(theme.background)}, "
        f"color={quoted(theme.background)}, penwidth=0.5, margin=0, width=0.22, fixedsize=true, "
        f"tooltip={quoted(f'{SUM} gradients added: {junction.terms}')}, label=<{font(SUM, 18, theme.gradient)}>];"
    )


def signs_drawn(source: str, theme: Theme) -> str:
    """The DOT text for a PNG: every ⊕ as a plus in a drawn circle."""
    background, sign = quoted(theme.background), quoted(theme.gradient)
    source = source.replace(
        f"color={background}, penwidth=0.5, margin=0, width=0.22, fixedsize=true, tooltip=\"{SUM}",
        f"color={sign}, penwidth=1.5, margin=0, width=0.22, fixedsize=true, tooltip=\"{SUM}",
    )
    source = source.replace(f"{font(SUM, 18, theme.gradient)}", font(f"<B>{DRAWN_SUM}</B>", 12, theme.gradient))
    return source.replace(f">{SUM}: ", f">{DRAWN_SUM} in a circle: ")


_NUMBER_CELL = '<TD ALIGN="RIGHT" WIDTH="32">'


def _box_label(box: Box, style: Style, options: Options) -> str:
    """A table: name, shape and dtype, then a row for the value and one for the gradient."""
    rows = []
    if box.name:
        rows.append(f'<TD COLSPAN="4"><FONT COLOR="{style.text}"><B>{short_name(box.name)}</B></FONT></TD>')
    # A 0-d constant's dtype would mislead: a Python number has none until it meets an array.
    told = box.role == "constant" and not box.shape
    if options.shapes and box.shape is not None and box.dtype is not None and not told:
        rows.append(f'<TD COLSPAN="4">{font(markup(numbers.shape_text(box.shape, box.dtype)), 9, style.muted)}</TD>')
    grad = ".grad" if box.stored else "grad"
    wanted = [("value", box.value, options.values, style.text), (grad, box.grad, options.gradients, style.gradient)]
    shown = [(what, array, colour) for what, array, wish, colour in wanted if wish and array is not None]
    if any(array.size > numbers.FULL and numbers.summary(array) for _, array, _ in shown):
        heads = "".join(f'{_NUMBER_CELL}{font(head, 8, style.muted)}</TD>' for head in ("min", "mean", "max"))
        rows.append(f"<TD></TD>{heads}")
    for what, array, colour in shown:
        if what == "value" and array.size > numbers.FULL:
            rows += _strip(array, options.theme)
        rows += _value_rows(what, array, colour, bare=told)
    if box.changed and options.values:
        rows.append(f'<TD COLSPAN="4">{font("changed since it was used", 8, style.muted)}</TD>')
    if box.value is None and options.values and told:
        rows.append(f"<TD>{font('not kept', 8, style.muted)}</TD>")
    if box.held and options.shapes and not told:
        kept = f"kept {in_bytes(box.kept)}" if box.kept else "kept: memory of another"
        rows.append(f'<TD COLSPAN="4">{font(kept, 8, style.muted)}</TD>')
    body = "".join(f"<TR>{row}</TR>" for row in rows or ["<TD>·</TD>"])
    return f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">{body}</TABLE>'


def _value_rows(what: str, array: Array, colour: str, bare: bool) -> Iterator[str]:
    head = f'<TD ALIGN="LEFT">{font(what + "  ", 8, colour)}</TD>'
    lines = numbers.in_full(array)
    if lines is not None:
        text = "".join(f'{font(markup(line), 10, colour)}<BR ALIGN="LEFT"/>' for line in lines)
        if len(lines) == 1:
            text = font(markup(lines[0]), 10, colour)
        left = '<TD COLSPAN="3" ALIGN="LEFT" BALIGN="LEFT">'
        yield f'<TD COLSPAN="4">{text}</TD>' if bare else f"{head}{left}{text}</TD>"
        return
    numbers_of_it = numbers.summary(array)
    trouble = numbers.not_finite(array)
    if numbers_of_it is not None:
        yield head + "".join(f"{_NUMBER_CELL}{font('  ' + each, 9, colour)}</TD>" for each in numbers_of_it)
    else:
        trouble = trouble or "empty"
    if trouble is not None:
        yield f'{head}<TD COLSPAN="3" ALIGN="LEFT">{font(f"<B>{trouble}</B>", 9, colour)}</TD>'


def block_line(block: Block, options: Options) -> str:
    """The line that declares a module whose inside is not drawn."""
    theme = options.theme
    folded = block.times > 1
    name = (folded and block.kind) or block.name
    title = f"<B>{short_name(name)}{f' ×{block.times}' * folded}</B>"
    each = " each" * folded
    other = (block.name if folded else block.kind) if block.kind else ""
    told = [other or "", counted(block.parameters) + each * bool(block.parameters)]
    if options.shapes:
        told.append(f"{_shapes(block.inputs)} → {_shapes(block.outputs)}")
    told.append(f"{block.operations} operation{'s' * (block.operations != 1)}{each}")
    told += [f"keeps {in_bytes(block.kept)}"] if block.kept and options.shapes else []
    lines = [font(title, 11, theme.ink), *(font(markup(text), 9, theme.muted) for text in told if text)]
    return (
        f"{block.id} [shape=folder, style=filled, fillcolor={quoted(theme.cluster)}, color={quoted(theme.ink)}, "
        f"margin=\"0.12,0.06\", tooltip={quoted(f'module {block.name}, collapsed')}, label=<{'<BR/>'.join(lines)}>];"
    )


def _shapes(shapes: list[tuple[int, ...]]) -> str:
    return ", ".join(str(shape) if shape else "scalar" for shape in shapes[:3]) + ", …" * (len(shapes) > 3)


def counted(parameters: int) -> str:
    """A number of parameters in words; nothing where there are none.

    >>> counted(0), counted(1), counted(12345)
    ('', '1 parameter', '12,345 parameters')
    """
    return f"{parameters:,} parameter{'s' * (parameters != 1)}" if parameters else ""


def details(told: list[str], theme: Theme) -> str:
    """What is said of a module after its name."""
    return font("".join(f"  · {markup(text)}" for text in told), 9, theme.muted) if told else ""


def _strip(array: Array, theme: Theme) -> Iterator[str]:
    """A row of cells between the colours of the theme's page and of its ink."""
    levels = numbers.strip(array)
    if levels:
        cells = "".join(
            f'<TD BGCOLOR="{blend(theme.background, theme.ink, level)}" WIDTH="10" HEIGHT="7" FIXEDSIZE="TRUE"></TD>'
            for level in levels
        )
        frame = f'BORDER="1" COLOR="{theme.muted}" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"'
        yield f'<TD COLSPAN="4"><TABLE {frame}><TR>{cells}</TR></TABLE></TD>'


def blend(one: str, other: str, share: float) -> str:
    """A colour between two others.

    >>> blend("#000000", "#ffffff", 0.5)
    '#808080'
    """
    pairs = [(int(one[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def in_bytes(size: int) -> str:
    """An amount of memory.

    >>> in_bytes(96), in_bytes(2048), in_bytes(3 * 2**29)
    ('96 B', '2 KiB', '1.5 GiB')
    """
    scaled, unit = float(size), "B"
    for unit in ("B", "KiB", "MiB", "GiB"):
        if scaled < 1024 or unit == "GiB":
            break
        scaled /= 1024
    return f"{scaled:.3g} {unit}" if size >= 1024 else f"{size} B"
