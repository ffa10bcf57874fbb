"""A first run: two networks learn two problems, and the pictures show what they learned and how.

Read it from `run` on. Everything it uses is public: `datasets` gives arrays, `nn` trains on them, `autodiff` draws.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import autodiff as ad
import datasets
import nn
from autodiff.drawing import DotNotFoundError

from . import pictures


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
    show("curves", "loss and accuracy of both networks, epoch by epoch")
    pictures.save(pictures.curves([(r.title, r.history) for r in (polar, digits)]), out / "curves")
    show("boundary", "where the first network draws the line, and which points it gets wrong")
    pictures.save(pictures.boundary(polar.model, polar.test), out / "boundary")
    show("hardest", "the digits that the second network gets wrong, or nearly so")
    pictures.save(pictures.hardest(digits.model, digits.test), out / "hardest")
    draw_step(polar.model, polar.test, out)
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


def draw_step(model: nn.Module, samples: datasets.Samples, out: Path) -> None:
    """One training step as a graph: what was computed from what, and the gradients that came back."""
    with ad.record():
        x = ad.Tensor(samples.x[::128])
        loss = nn.CrossEntropyLoss()(model(x), samples.y[::128])
        loss.name = "loss"
        loss.backward()
    drawing = ad.draw(loss, params={**dict(model.named_parameters()), "points": x})
    try:
        drawing.save(out / "graph.svg")
        show("graph", "one training step of the first network as a computation graph", endings="svg")
    except DotNotFoundError:
        drawing.save(out / "graph.dot")
        show("graph", "one training step as a graph, in DOT only: no Graphviz here makes an SVG of it", endings="dot")


def show(name: str, what: str, endings: str = "svg, .png") -> None:
    """One line about a picture."""
    print(f"    {f'{name}.{endings}':<20} {what}", flush=True)
