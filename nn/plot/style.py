"""What all plots share: the Axes they draw on, colours, dashes and markers. No setting of matplotlib is changed.

Colours are those of Okabe and Ito ("Color universal design", 2008), which colour-blind eyes tell apart; curves differ
in dashes and points in markers too, for prints without colour.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = npt.NDArray[Any]
RGB = tuple[float, float, float]

BLUE, ORANGE, GREEN, PURPLE, SKY, YELLOW = "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#F0E442"
#: What is wrong is ringed in it, so no class has it.
RED = "#D55E00"
GREY = "#808080"
#: Between images, neither black nor white.
GAP: RGB = (0.75, 0.87, 0.95)
CLASSES = (BLUE, ORANGE, GREEN, PURPLE, SKY, YELLOW)
MARKERS = ("o", "^", "s", "D", "v", "P", "X", "p", "<", ">", "h", "*")
DASHES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (6, 1.5, 1, 1.5, 1, 1.5)), (0, (8, 2)))


def axes(ax: Axes | None, width: float = 6.4, height: float = 4.8) -> Axes:
    """The Axes given, or the only one of a new figure of so many inches.

    A new figure is made by `matplotlib.pyplot`, so that notebooks show it, and its layout leaves room for a legend
    beside the data. Whoever makes many of them closes them: `matplotlib.pyplot.close(ax.figure)`.
    """
    require_matplotlib()
    if ax is not None:
        from matplotlib.axes import Axes

        if not isinstance(ax, Axes):
            raise TypeError(
                f"nn.plot: ax is of type {type(ax).__name__}; needed is one matplotlib Axes, as `figure, ax = "
                "pyplot.subplots()` gives, or None for a new figure."
            )
        return ax
    from matplotlib import pyplot

    return pyplot.subplots(figsize=(width, height), layout="constrained")[1]


def require_matplotlib() -> None:
    """Fail with the name of the extra where matplotlib is missing."""
    try:
        import matplotlib  # noqa: F401
    except ModuleNotFoundError as error:
        raise ImportError(
            'nn.plot needs matplotlib, which is not installed; pip install "chalkgrad[plot]" installs it.'
        ) from error


def class_colour(number: int, *, dark: bool = False) -> RGB:
    """The colour of a class, the palette's, then the same ones darker, then lighter, and so on; or of its outlines."""
    from matplotlib.colors import to_rgb

    colour = np.array(to_rgb(CLASSES[number % len(CLASSES)]))
    towards, share = ((0.0, 0.0), (0.0, 0.5), (1.0, 0.6))[number // len(CLASSES) % 3]
    red, green, blue = ((0.45 if dark else 1.0) * (colour + share * (towards - colour))).tolist()
    return red, green, blue


def class_marker(number: int) -> str:
    """The shape of a class's points."""
    return MARKERS[number % len(MARKERS)]


def layer_styles(count: int) -> list[dict[str, Any]]:
    """Colours and dashes for the curves of so many layers: of many, the first to the last from dark to light."""
    if count <= 6:
        colours: list[Any] = [BLUE, RED, GREEN, PURPLE, SKY, ORANGE][:count]
    else:
        from matplotlib import colormaps

        colours = list(colormaps["viridis"](np.linspace(0.0, 0.93, count)))
    return [{"color": colour, "linestyle": DASHES[n % len(DASHES)]} for n, colour in enumerate(colours)]


def legend_beside(ax: Axes, entries: int, title: str | None = None) -> None:
    """A legend to the right of the data, never on it; in small print and several columns if there are many entries."""
    many = entries > 12
    ax.legend(
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
        borderaxespad=0.0,
        frameon=False,
        title=title,
        ncols=-(-entries // 24),
        fontsize="x-small" if many else "small",
    )
