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

#: For dark pages and projectors in dark rooms: the same order of lightness turned around.
DARK = Theme(
    background="#16161a",
    ink="#f2f2f2",
    muted="#b8b8b8",
    gradient="#ff9db8",
    dead="#9c9c9c",
    trouble="#ff6b5e",
    cluster="#212127",
    cluster_border="#8c8c8c",
    boxes={
        "parameter": Style(
            "parameter", "#10406b", "#7fbdf5", text="#ffffff", muted="#d0d0d0", gradient="#ffb3c8", peripheries=2
        ),
        "input": Style(
            "input: a leaf that wants a gradient", "#544200", "#f0c000", text="#ffffff", muted="#d0d0d0",
            gradient="#ffb3c8", width=2.0,
        ),
        "constant": Style(
            "data or constant: no gradient", "#4a4a4a", "#878787", text="#ffffff", muted="#d6d6d6",
            gradient="#ffb3c8", rounded=False,
        ),
        "intermediate": Style(
            "intermediate result", "#16161a", "#c4c4c4", text="#ffffff", muted="#c8c8c8", gradient="#ff9db8"
        ),
        "output": Style("output", "#e4e0fa", "#ffffff", width=3.0),
    },
    operation=Style("operation", "#f3bd8e", "#ff9a5c", muted="#404040"),
)  # fmt: skip

#: For paper: little ink, nothing tinted that need not be, lines that survive a copier.
PRINT = Theme(
    background="#ffffff",
    ink="#000000",
    muted="#404040",
    gradient="#7a0a30",
    dead="#6e6e6e",
    trouble="#c00000",
    cluster="#ffffff",
    cluster_border="#707070",
    boxes={
        "parameter": Style("parameter", "#cfe3f5", "#0b4f85", text="#000000", muted="#404040", peripheries=2),
        "input": Style(
            "input: a leaf that wants a gradient", "#ffefaf", "#8f6400", text="#000000", muted="#404040", width=2.0
        ),
        "constant": Style(
            "data or constant: no gradient", "#dedede", "#666666", text="#000000", muted="#404040", rounded=False
        ),
        "intermediate": Style("intermediate result", "#ffffff", "#333333", text="#000000", muted="#404040"),
        "output": Style("output", "#b9a8e0", "#000000", text="#000000", muted="#303030", gradient="#6e0028", width=3.0),
    },
    operation=Style("operation", "#f3bd8e", "#5e1f00", text="#000000", muted="#303030"),
)

THEMES = {"light": LIGHT, "dark": DARK, "print": PRINT}
