"""The pictures of the quickstart, one function for each; every one returns a matplotlib figure that `save` writes.

Colours follow Okabe and Ito ("Color universal design", 2008) and stay apart for colour-blind eyes; classes and curves
differ in shape or dashes too.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

import nn

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    import datasets

Array = npt.NDArray[Any]

BLUE, BROWN, RED, GREY = "#0072B2", "#B36B00", "#D55E00", "#555555"
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
            curve(left, history, "loss", f"{title}: loss", "cross-entropy (nats)", 1.0)
            curve(right, history, "accuracy", f"{title}: accuracy", "accuracy (%)", 100.0)
    return picture


def curve(axes: Axes, history: nn.History, column: str, title: str, unit: str, scale: float) -> None:
    """One column of a history, while learning and on the test samples, with its last value."""
    for name, who, colour, dashes in (
        (column, "training", BLUE, "solid"),
        (f"validation_{column}", "test", RED, "dashed"),
    ):
        numbers = scale * history[name]
        label = f"{who}, {numbers[-1]:.3g} at the end"
        axes.plot(history.epochs, numbers, color=colour, linestyle=dashes, linewidth=2, label=label)
        axes.plot(history.epochs[-1:], numbers[-1:], "o", color=colour, markersize=4.5)
    axes.set(title=title, xlabel="epoch", ylabel=unit)
    axes.locator_params(axis="x", integer=True)
    axes.set_xlim(left=0)
    if column == "loss":
        axes.set_ylim(bottom=0)
    axes.grid(True)
    axes.legend(loc="upper right" if column == "loss" else "lower right")


def boundary(model: nn.Module, test: datasets.Samples) -> Figure:
    """The plane in the colours of the classes, as sure as the network is, with the test points on it."""
    span = 1.08 * float(np.abs(test.x).max())
    ticks = np.linspace(-span, span, 301)
    grid = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
    sure = probability(nn.predict(model, grid)).reshape(len(ticks), len(ticks))
    wrong = nn.predict(model, test.x).argmax(1) != test.y
    with styled():
        from matplotlib.colors import LinearSegmentedColormap

        picture = figure(7.0, 6.2)
        axes = picture.subplots()
        colours = LinearSegmentedColormap.from_list("blue to orange", ["#BBD9EC", "#FFFFFF", "#FBE0A0"])
        shown = axes.pcolormesh(ticks, ticks, sure, cmap=colours, vmin=0, vmax=1, shading="gouraud", rasterized=True)
        axes.contour(ticks, ticks, sure, levels=[0.5], colors=GREY, linewidths=1.5)
        for number, (name, colour, marker) in enumerate([("cloud", BLUE, "o"), ("ring", BROWN, "^")]):
            x, y = test.x[test.y == number].T
            label = f"class {number}, {name}"
            axes.scatter(x, y, s=24, c=colour, marker=marker, linewidths=0.4, edgecolors="white", label=label)
        x, y = test.x[wrong].T
        label = f"wrong, {wrong.sum()} of {len(wrong):,}"
        axes.scatter(x, y, s=95, facecolors="none", edgecolors=RED, linewidths=1.6, label=label)
        axes.set(xlabel="x₁", ylabel="x₂", aspect="equal", xlim=(-span, span), ylim=(-span, span))
        axes.set_title(f"What the MLP makes of points it never saw: {1 - wrong.mean():.1%} right")
        bar = picture.colorbar(shown, ax=axes, shrink=0.75, pad=0.02)
        bar.set_label("probability of the ring")
        bar.outline.set(visible=False)
        picture.legend(loc="outside lower center", ncols=3, handletextpad=0.3)
    return picture


def probability(logits: Array) -> Array:
    """The second class's probability among two: the logistic function of the difference of their logits."""
    difference: Array = logits[:, 1] - logits[:, 0]
    return 0.5 * (1.0 + np.tanh(0.5 * difference))


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
