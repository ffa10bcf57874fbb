"""Gradients on their way back, as DOT: dashed arrows beside the forward ones, and ⊕ where several of them meet."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ..primitive import Array
from . import numbers
from .boxes import symbol_text
from .escaping import font, markup, quoted
from .options import Options
from .parts import Flow
from .theme import Theme

#: A line of a formula is about so long.
LINE = 36

State = Literal["alive", "dead", "not finite"]

#: The style of a line by what flows there: told apart without any colour.
_STYLES: dict[State, str] = {"alive": "dashed", "dead": "dotted", "not finite": "solid"}


def state_of(message: Array) -> State:
    """What kind of message it is.

    >>> state_of(np.zeros(3)), state_of(np.array([0.0, np.inf])), state_of(np.ones(2))
    ('dead', 'not finite', 'alive')
    """
    if not np.isfinite(message).all():
        return "not finite"
    return "alive" if message.any() else "dead"


def norm(message: Array) -> float:
    """The Euclidean norm, of numbers of any size."""
    largest = float(np.abs(message).max(initial=0.0))
    if not 0.0 < largest < np.inf:
        return largest
    return largest * float(np.sqrt(np.square(message / largest, dtype=np.float64).sum()))


def width(message: Array) -> float:
    """The width of a line in points: half a point more for every power of ten of the norm, within bounds.

    >>> [width(np.array(10.0**power)) for power in (-9, -1, 0, 1, 9)]
    [0.6, 1.0, 1.5, 2.0, 4.0]
    """
    size = norm(message)
    if state_of(message) != "alive" or not np.isfinite(size):
        return 1.5
    return float(np.clip(round(1.5 + 0.5 * np.log10(size), 2), 0.6, 4.0))


def flow_line(flow: Flow, options: Options) -> str:
    """A gradient edge: declared like the forward edge that it runs beside, with the arrow's head at the tail."""
    state = state_of(flow.value)
    colour = _colour(state, options.theme)
    label = f", label=<{_label(flow, colour, options)}>" if flow.said != "" else ""
    told = (flow.local, flow.undone, f"gradient {_short(flow.value)}")
    tooltip = "   ".join(text for text in told if text)
    return (
        f"{flow.tail} -> {flow.head} [dir=back, style={_STYLES[state]}, color={quoted(colour)}, "
        f"penwidth={width(flow.value):g}, tooltip={quoted(tooltip)}, labeltooltip={quoted(tooltip)}{label}];"
    )


def _colour(state: State, theme: Theme) -> str:
    return {"alive": theme.gradient, "dead": theme.dead, "not finite": theme.trouble}[state]


def _label(flow: Flow, colour: str, options: Options) -> str:
    """A small table: the local derivative, the message, and the sum that undoes broadcasting."""
    rows = []
    if flow.said is not None:
        rows.append(f'<TD CELLPADDING="4">{font(markup(flow.said), 9, colour)}</TD>')
        return _table(rows, options)
    if flow.local is not None:
        rows += [f"<TD>{font(markup(line), 9, colour)}</TD>" for line in wrapped(symbol_text(flow.local))]
    if options.values:
        rows.append(f"<TD>{font(markup(_short(flow.value)), 9, colour)}</TD>")
    if flow.undone is not None:
        rows.append(f'<TD BORDER="1" CELLPADDING="3" COLOR="{colour}">{font(markup(flow.undone), 8, colour)}</TD>')
    return _table(rows or ["<TD></TD>"], options)


def _table(rows: list[str], options: Options) -> str:
    """The label; beside a line that runs down there is a gap, as Graphviz puts the text right at the line."""
    gap = f'<TD WIDTH="8" ROWSPAN="{len(rows)}"></TD>' if options.direction == "TB" else ""
    body = "".join(f"<TR>{gap * (not i)}{row}</TR>" for i, row in enumerate(rows))
    return f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="1" CELLPADDING="1">{body}</TABLE>'


def wrapped(text: str) -> list[str]:
    """A formula in at most two lines, broken between its terms; all of it is in the tooltip.

    >>> wrapped("1 where x > y, else 0.5 where x = y, else 0")
    ['1 where x > y, else 0.5', 'where x = y, else 0']
    >>> wrapped("dropout(ḡ, draws)"), wrapped("x · " * 30)[1]
    (['dropout(ḡ, draws)'], '· x · x · x · x · x · x · x · x · x …')
    """
    if len(text) <= LINE:
        return [text]
    middle = min(len(text) // 2, LINE)
    spaces = [place for place, sign in enumerate(text) if sign == " "]
    terms = ("+", "−", "·", "/", "where", "over")
    before = [place for place in spaces if text[place + 1 :].startswith(terms) or text[place - 1] == ","]
    for places in (before, spaces):
        place = min((each for each in places if each <= LINE), key=lambda each: abs(each - middle), default=0)
        if place:
            first, second = text[:place], text[place + 1 :]
            return [first, second if len(second) <= LINE else f"{second[: LINE - 1]} …"]
    return [text[: LINE - 1] + "…"]


def _short(message: Array) -> str:
    """A message of a few numbers in full, a longer one by its norm; trouble by its name."""
    lines = numbers.in_full(message)
    trouble = numbers.not_finite(message)
    if lines is not None and len(" ".join(lines)) <= 24:
        return " ".join(line.strip() for line in lines)
    if trouble is not None:
        return trouble
    return f"norm {numbers.number(norm(message))}" if message.any() else "all zero"
