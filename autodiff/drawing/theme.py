"""How each part of a picture looks: colours, borders, and the words of the legend.

No meaning hangs on a hue alone: parts differ in border, corners or lightness too. The tests simulate colour-blind eyes
on this palette and hold its texts to the contrast that WCAG 2 asks for.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Style:
    """Colours and border of one kind of box. `peripheries` counts its outlines."""

    meaning: str
    fill: str
    border: str
    text: str = "#1a1a1a"
    muted: str = "#4d4d4d"
    gradient: str = "#9c0a3c"
    width: float = 1.0
    peripheries: int = 1
    rounded: bool = True


FONT = "Helvetica"


@dataclass(frozen=True)
class Theme:
    """All colours of a picture. `boxes` is in the order of the legend."""

    background: str
    ink: str
    muted: str
    gradient: str
    dead: str
    trouble: str
    cluster: str
    cluster_border: str
    boxes: dict[str, Style]
    operation: Style


LIGHT = Theme(
    background="#ffffff",
    ink="#1a1a1a",
    muted="#595959",
    gradient="#9c0a3c",
    dead="#6e6e6e",
    trouble="#d40000",
    cluster="#f7f7f4",
    cluster_border="#8c8c8c",
    boxes={
        "parameter": Style("parameter", fill="#b5d4f0", border="#0b4f85", peripheries=2),
        "input": Style("input: a leaf that wants a gradient", fill="#fff0b3", border="#8f6400", width=2.0),
        "constant": Style("data or constant: no gradient", fill="#d9d9d9", border="#666666", rounded=False),
        "intermediate": Style("intermediate result", fill="#ffffff", border="#333333"),
        "output": Style(
            "output", fill="#2d2a4a", border="#000000", text="#ffffff", muted="#d6d6e0", gradient="#ffc4d3", width=3.0
        ),
    },
    operation=Style("operation", fill="#f3bd8e", border="#5e1f00"),
)
