"""The pictures of the examples, one function for each; every one returns a matplotlib figure that `save` writes.

The curves, regions and matrices are those of `nn.plot`; here they get titles and stand side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import nn

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    import datasets

#: Frames of digits that are misread: the colour of what is wrong in `nn.plot` too.
RED = "#D55E00"
STYLE: dict[Any, Any] = {
    "axes.edgecolor": "#888888",
    "axes.labelcolor": "#222222",
    "axes.labelsize": 11,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlepad": 9,
    "axes.titlesize": 12,
    "figure.titlesize": 14,
    "font.size": 10.5,
    "grid.color": "#E4E4E4",
    "legend.fontsize": 10,
    "legend.frameon": False,
    "svg.hashsalt": "chalkgrad",
    "xtick.color": "#555555",
    "ytick.color": "#555555",
}


def require_matplotlib() -> None:
    """Fail early, with the name of the extra, where matplotlib is missing."""
    try:
        import matplotlib  # noqa: F401
    except ModuleNotFoundError as error:
        raise ImportError(
            'the pictures need matplotlib, which is not installed; pip install "chalkgrad[plot]" installs it.'
        ) from error


def figure(width: float, height: float) -> Figure:
    """An empty figure of so many inches, which needs no window to be drawn in."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    return Figure(figsize=(width, height), layout=ConstrainedLayoutEngine(wspace=0.06, hspace=0.08))


def styled() -> AbstractContextManager[None]:
    """Within this, matplotlib draws in the manner of `STYLE`, whatever its user has set."""
    import matplotlib

    return matplotlib.rc_context(STYLE)


def save(picture: Figure, path: Path) -> None:
    """Write a picture as SVG and as PNG."""
    with styled():
        picture.savefig(path.with_suffix(".svg"), metadata={"Date": None})
        picture.savefig(path.with_suffix(".png"), dpi=150)


def curves(results: Sequence[tuple[str, nn.History]]) -> Figure:
    """Loss and accuracy over the epochs, a row for each training."""
    with styled():
        picture = figure(9.5, 3.2 * len(results))
        axes = picture.subplots(len(results), 2, squeeze=False)
        for (title, history), (left, right) in zip(results, axes):
            nn.plot.loss_curves(history, left, ylabel="cross-entropy (nats)", labels=("training", "test"))
            nn.plot.accuracy_curves(history, right, labels=("training", "test"))
            left.set_title(f"{title}: loss")
            right.set_title(f"{title}: accuracy")
            left.grid(True)
            right.grid(True)
    return picture


def boundary(model: nn.Module, test: datasets.Samples) -> Figure:
    """The plane in the colours of the classes, as sure as the network is, with the test points on it."""
    right = nn.accuracy(nn.predict(model, test.x), test.y)
    with styled():
        picture = figure(7.6, 6.2)
        axes = nn.plot.probability_map(model, test, picture.subplots(), labels=("cloud", "ring"))
        axes.set_aspect("equal")
        axes.set_title(f"What the MLP makes of points it never saw: {right:.1%} right")
    return picture


def confusion(model: nn.Module, test: datasets.Samples) -> Figure:
    """How often each digit of the test samples is read as which."""
    matrix = nn.confusion_matrix(nn.predict(model, test.x), test.y)
    with styled():
        picture = figure(7.2, 6.4)
        axes = nn.plot.confusion_matrix(matrix, picture.subplots())
        axes.set_title(f"Test digits: {np.trace(matrix):,} of {matrix.sum():,} are read rightly")
    return picture


def hardest(model: nn.Module, test: datasets.Samples, rows: int = 2, columns: int = 6) -> Figure:
    """The test images that the network reads wrongly, or rightly with the least margin, hardest first."""
    logits = nn.predict(model, test.x)
    guesses = logits.argmax(1)
    truth = logits[np.arange(len(logits)), test.y]
    others = np.where(np.arange(logits.shape[1]) == test.y[:, np.newaxis], -np.inf, logits).max(1)
    wrong = int((guesses != test.y).sum())
    with styled():
        picture = figure(9.5, 0.7 + 1.75 * rows)
        picture.suptitle(f"The hardest test digits: {wrong} of {len(test.y)} are misread", x=0.01, ha="left")
        for number, axes in zip(np.argsort(truth - others), picture.subplots(rows, columns).ravel()):
            right = guesses[number] == test.y[number]
            axes.imshow(test.x[number, 0], cmap="gray_r", vmin=0, vmax=1)
            axes.set_xticks([])
            axes.set_yticks([])
            axes.spines[:].set(visible=True, color="#888888" if right else RED, linewidth=1 if right else 2.5)
            title = f"{test.y[number]}, barely right" if right else f"{test.y[number]}, read as {guesses[number]}"
            axes.set_title(title, fontsize=10.5, loc="center", pad=5, color="#222222" if right else RED)
    return picture
