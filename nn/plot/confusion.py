"""Which classes a model takes for which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from . import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = npt.NDArray[Any]
#: What the counts are divided by, in the words of scikit-learn.
Normalize = Literal["true", "pred", "all"]


def confusion_matrix(
    matrix: npt.ArrayLike,
    ax: Axes | None = None,
    *,
    labels: Sequence[Any] | None = None,
    normalize: Normalize | None = None,
) -> Axes:
    """A confusion matrix with its counts, or shares in percent, written in the cells.

    Parameters
    ----------
    matrix : array_like of shape (classes, classes)
        Counts of samples: rows are true classes, columns predicted ones.
    ax : matplotlib Axes, optional
        Where to draw; by default on a new figure.
    labels : sequence, optional
        The names of the classes; by default their numbers.
    normalize : {"true", "pred", "all"}, optional
        Show shares of each true class (a row), each predicted class (a column) or all samples, instead of counts. A
        share of no samples is shown as a dash.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If the matrix is not square, has a negative or infinite entry, or other than one label for each class.
    ImportError
        If matplotlib is missing.

    Notes
    -----
    Shades follow the square root of the numbers: few mistakes among many samples would not be seen otherwise.

    Examples
    --------
    >>> import nn, nn.plot
    >>> from matplotlib.figure import Figure
    >>> ax = nn.plot.confusion_matrix([[8, 2], [1, 9]], Figure().subplots(), labels=["cat", "dog"])
    >>> [text.get_text() for text in ax.texts]
    ['8', '2', '1', '9']
    """
    counts = np.asarray(matrix)
    square = counts.ndim == 2 and counts.shape[0] == counts.shape[1] and counts.size > 0
    if not square or counts.dtype.kind not in "fiub" or not np.all(np.isfinite(counts)) or counts.min() < 0:
        raise ValueError(
            f"confusion_matrix: the matrix is {counts.dtype}{list(counts.shape)}; needed are counts of samples, finite "
            "numbers of at least 0, of shape (classes, classes)."
        )
    if labels is not None and len(labels) != len(counts):
        raise ValueError(f"confusion_matrix: there are {len(labels)} labels for {len(counts)} classes.")
    if normalize not in (None, "true", "pred", "all"):
        raise ValueError(f'confusion_matrix: normalize is {normalize!r}; needed is "true", "pred", "all" or None.')
    shown = counts.astype(np.float64) if normalize is None else _shares(counts, normalize)
    ax = style.axes(ax, *(2.2 + 0.42 * len(counts),) * 2)
    _draw(ax, shown, percent=normalize is not None)
    names = [str(name) for name in (labels if labels is not None else range(len(counts)))]
    ax.set_xticks(range(len(names)), names)
    ax.set_yticks(range(len(names)), names)
    if max(map(len, names)) > 3:
        ax.tick_params(axis="x", labelrotation=45 if len(names) < 8 else 90)
    of = {None: "", "true": ", % of each true class", "pred": ", % of each predicted class", "all": ", % of all"}
    ax.set(xlabel="predicted class" + of[normalize], ylabel="true class")
    return ax


def _draw(ax: Axes, shown: Array, *, percent: bool) -> None:
    from matplotlib import colormaps
    from matplotlib.colors import PowerNorm

    top = float(np.nanmax(shown, initial=0.0)) or 1.0
    shades, scale = colormaps["Blues"], PowerNorm(0.5, vmin=0.0, vmax=top)
    ax.imshow(shown, cmap=shades, norm=scale)
    size = _font_size(ax, shown, percent)
    for (row, column), number in np.ndenumerate(shown):
        red, green, blue, _ = shades(float(scale(number))) if np.isfinite(number) else (1.0, 1.0, 1.0, 1.0)
        dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.55
        ax.text(
            column, row, _written(number, percent), ha="center", va="center", fontsize=size,
            color="white" if dark else "black", alpha=1.0 if number else 0.35,
        )  # fmt: skip


def _shares(counts: Array, normalize: Normalize) -> Array:
    axis = {"true": 1, "pred": 0, "all": None}[normalize]
    totals = counts.sum(axis, keepdims=True, dtype=np.float64)
    shares: Array = np.divide(counts, totals, out=np.full(counts.shape, np.nan), where=totals > 0)
    return shares


def _written(number: float, percent: bool) -> str:
    if not np.isfinite(number):
        return "–"
    if percent:
        return f"{100 * number:.1f}".removesuffix(".0")
    return f"{number:.0f}" if number == int(number) else f"{number:.3g}"


def _font_size(ax: Axes, shown: Array, percent: bool) -> float:
    """As large as fits the cells, at most matplotlib's usual size."""
    from matplotlib import rcParams

    box = ax.get_window_extent()
    points = 72.0 * min(box.width, box.height) / ax.figure.dpi / len(shown)
    longest = max(len(_written(number, percent)) for number in shown.flat)
    return float(np.clip(min(points / (0.65 * max(longest, 2)), 0.6 * points), 1.0, rcParams["font.size"]))
