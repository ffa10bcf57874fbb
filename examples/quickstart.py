"""A first run: two networks learn two problems, and one page shows what they learned, and how gradients flow.

Read it from `run` on. Everything it uses is public: `datasets` gives arrays, `nn` trains on them, `autodiff` draws.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import autodiff as ad
import datasets
import nn
from autodiff.drawing import DotNotFoundError

from . import drawings, index, pictures

if TYPE_CHECKING:
    from matplotlib.figure import Figure

THEMES: tuple[drawings.Theme, ...] = ("light", "dark")


@dataclass(frozen=True)
class Result:
    """What came out of one training: the network, its history, the samples it was judged by, and how well it did."""

    title: str
    model: nn.Module
    history: nn.History
    test: datasets.Samples
    accuracy: float


def run(out: Path, seed: int = 0, *, polar_epochs: int = 40, digits_epochs: int = 15) -> list[Result]:
    """Train both networks, draw them, and say on the terminal what happened.

    Parameters
    ----------
    out : path
        The folder that the pictures are written to; made if it is not there.
    seed : int
        The same seed gives the same networks and pictures.
    polar_epochs, digits_epochs : int
        How long each network learns.

    Returns
    -------
    list of Result
        One per network.

    Raises
    ------
    ImportError
        If scikit-learn, tqdm or matplotlib is missing; the message names the extra that brings it.
    """
    pictures.require_matplotlib()
    out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    print(f"chalkgrad {ad.__version__} · quickstart with seed {seed}\n")
    polar = learn_polar(rng, polar_epochs)
    digits = learn_digits(rng, digits_epochs)

    print(f"3 · Pictures in {out}/")
    figures = [*draw_training(polar, digits, out), draw_step(polar.model, polar.test, out)]
    learned = index.Section("What two networks learned", "Points in the plane, and handwritten digits.", figures)

    print(f"\n4 · Backpropagation as drawings and pages in {out / 'drawings'}/")
    (out / "drawings").mkdir(exist_ok=True)
    sections, missing = drawings.make(out / "drawings", seed)
    page = index.write(out / "index.html", "Two networks, and how gradients flow", [learned, *sections], missing)
    print(drawings.closing(page, missing))
    return [polar, digits]


def learn_polar(rng: np.random.Generator, epochs: int) -> Result:
    """A cloud of points and the ring around it: a small MLP learns which is which."""
    train, test = datasets.polar(rng=rng), datasets.polar(rng=rng)
    model = nn.MLP([2, 50, 2], activation="relu", rng=rng)
    optimizer = nn.Adam(model.parameters(), lr=0.01)
    print("1 · A cloud of points and a ring around it, two classes in the plane")
    history, accuracy = learn(model, optimizer, train, test, epochs=epochs, batch_size=64, rng=rng)
    return Result("cloud and ring, MLP", model, history, test, accuracy)


def learn_digits(rng: np.random.Generator, epochs: int) -> Result:
    """Scans of handwritten digits: a small convolutional network learns to read them."""
    train, test = (datasets.Samples(x[:, np.newaxis], y) for x, y in datasets.digits(scale=True))
    model = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1, rng=rng),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1, rng=rng),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(128, 10, rng=rng),
    )
    optimizer = nn.Adam(model.parameters(), lr=3e-3)
    print("2 · Handwritten digits, real scans of 8 × 8 pixels, ten classes")
    history, accuracy = learn(model, optimizer, train, test, epochs=epochs, batch_size=32, rng=rng)
    return Result("handwritten digits, conv net", model, history, test, accuracy)


def learn(
    model: nn.Module,
    optimizer: nn.Adam,
    train: datasets.Samples,
    test: datasets.Samples,
    *,
    epochs: int,
    batch_size: int,
    rng: np.random.Generator,
) -> tuple[nn.History, float]:
    """Train with a progress bar; print the network and how well it does on samples it never learned from."""
    print(f"    {len(train.x):,} samples to learn from, {len(test.x):,} others to be judged by")
    print("    " + repr(model).replace("\n", "\n    "), flush=True)
    loss = nn.CrossEntropyLoss()
    start = time.perf_counter()
    history = nn.fit(
        model, train, loss, optimizer, epochs=epochs, batch_size=batch_size, validation=test, rng=rng
    )
    seconds = time.perf_counter() - start
    accuracy = nn.evaluate(model, test, loss)["accuracy"]
    print(f"    test accuracy {accuracy:.1%} after {epochs} epochs in {seconds:.1f} s\n", flush=True)
    return history, accuracy


def draw_training(polar: Result, digits: Result, out: Path) -> list[index.Figure]:
    """The curves of both trainings, what the first network makes of the plane, and what the second one finds hard."""
    curves = pictures.curves([(result.title, result.history) for result in (polar, digits)])
    boundary = pictures.boundary(polar.model, polar.test)
    hardest = pictures.hardest(digits.model, digits.test)
    return [
        plotted(
            curves,
            out / "curves",
            "Loss and accuracy of both networks, epoch by epoch",
            "A network that learned by heart would do well on its own samples only: the two lines would part.",
        ),
        plotted(
            boundary,
            out / "boundary",
            "Where the first network draws the line, and which points it gets wrong",
            "Cloud and ring overlap a little, so that some points are wrong whatever the line.",
        ),
        plotted(
            hardest,
            out / "hardest",
            "The digits that the second network gets wrong, or nearly so",
            "Sorted by how sure the network is of a wrong class; none of them was among those it learned from.",
        ),
    ]


def plotted(picture: Figure, path: Path, what: str, sentence: str) -> index.Figure:
    """A plot, saved, with its words."""
    show(path.name, what)
    pictures.save(picture, path)
    files = {index.LIGHT: path.with_suffix(".svg"), "PNG": path.with_suffix(".png")}
    return index.Figure(what, sentence, f"A plot. {what}.", files)


def draw_step(model: nn.Module, samples: datasets.Samples, out: Path) -> index.Figure:
    """One training step as a graph: what was computed from what, and the gradients that came back."""
    with ad.record():
        x = ad.Tensor(samples.x[::128])
        loss = nn.CrossEntropyLoss()(model(x), samples.y[::128])
        loss.name = "loss"
        loss.backward()
    params = {**dict(model.named_parameters()), "points": x}
    drawing, dark = (ad.draw(loss, params=params, theme=theme) for theme in THEMES)
    what = "One training step of the first network as a graph"
    try:
        files = {index.LIGHT: drawing.save(out / "graph.svg"), index.DARK: dark.save(out / "graph-dark.svg")}
        show("graph", what, endings="svg")
    except DotNotFoundError:
        files = {"DOT": drawing.save(out / "graph.dot")}
        show("graph", f"{what}, in DOT only: no Graphviz here makes an SVG of it", endings="dot")
    return index.Figure(
        what,
        "Forward along solid lines, back along dashed ones: what an optimizer needs to know arrives at the parameters.",
        f"{what}: points, parameters, operations and the loss, and gradients on their way back.",
        files,
    )


def show(name: str, what: str, endings: str = "svg, .png") -> None:
    """One line about a picture."""
    print(f"    {f'{name}.{endings}':<20} {what}", flush=True)
