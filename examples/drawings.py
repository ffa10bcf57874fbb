"""Five small programs as pictures of their graphs, and three of them as pages to step through.

`python -m examples drawings` makes them all, and an index that shows them; the quickstart does so too, beside pictures
of its own. Everything is made by `ad.draw` and `ad.explain`: read it from the programs on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

import autodiff as ad
import datasets
import nn
from autodiff.drawing import DotNotFoundError, Drawing

from . import index

Theme = Literal["light", "dark"]


def fan_out(a: Any) -> Any:
    """Every value is used twice."""
    b = a + a
    c = b + b
    return c


def uneven_diamond(a: Any) -> Any:
    """Two paths of different length lead from b to c."""
    b = 2 * a
    c = b + b * b
    return c


def slope(x: Any) -> Any:
    """The derivative of x exp x, as a computation like any other."""
    y = ad.exp(x) * x
    (first,) = ad.gradients(y, x, create_graph=True)
    return first


class LeNet(nn.Module):
    """The layers of LeNet-5 (LeCun et al., 1998), with relu and maxima as they are usual today."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2, rng=rng),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(6, 16, 5, rng=rng),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(16 * 5 * 5, 120, rng=rng),
            nn.ReLU(),
            nn.Linear(120, 84, rng=rng),
            nn.ReLU(),
            nn.Linear(84, 10, rng=rng),
        )

    def forward(self, images: Any) -> Any:
        """Scores of ten classes, (batch, 10), from images (batch, 1, 28, 28)."""
        return self.classifier(self.features(images))


@dataclass(frozen=True)
class Subject:
    """A program, the words about it, and how it is drawn and explained."""

    name: str
    title: str
    sentence: str
    #: What the picture shows, for whoever cannot see it.
    shown: str
    code: str
    draw: Callable[[Theme], Drawing]
    explain: Callable[[Path], Path] | None = None
    #: Further pictures: the words of a link, the last part of a file's name, and how it is drawn.
    closer: tuple[tuple[str, str, Callable[[], Drawing]], ...] = ()


def run(out: Path, seed: int = 0) -> Path:
    """Make all drawings and pages, and an index that shows them.

    Parameters
    ----------
    out : path
        The folder that they are written to; made if it is not there.
    seed : int
        The same seed gives the same networks and data.

    Returns
    -------
    path
        Of the index.
    """
    out.mkdir(parents=True, exist_ok=True)
    print(f"chalkgrad {ad.__version__} · drawings with seed {seed}, in {out}/\n")
    sections, missing = make(out, seed)
    page = index.write(out / "index.html", "Backpropagation, drawn", sections, missing)
    print(closing(page, missing))
    return page


def closing(page: Path, missing: str) -> str:
    """The last words of a run: what could not be drawn, if anything, and where the index is."""
    warning = f"\nThe graphs are there as DOT text only. {missing}\n" if missing else ""
    return f"{warning}\nTo see it all, open this in a browser; it needs no network:\n    {page.resolve().as_uri()}"


def make(out: Path, seed: int = 0) -> tuple[list[index.Section], str]:
    """Draw and explain every program, into a folder that exists, and name each on the terminal.

    Returns
    -------
    list of index.Section
        What an index says and shows of them.
    str
        Empty; or, where no Graphviz was found, what is missing and how to get it. Pages are made without it, and each
        drawing is written as DOT text.
    """
    missing, sections = "", []
    for title, sentence, subjects in programs(np.random.default_rng(seed)):
        figures = []
        for subject in subjects:
            page = subject.explain and subject.explain(out / f"{subject.name}.html")
            try:
                pictures = draw(subject, out)
            except DotNotFoundError as error:
                missing = str(error)
                pictures = {"DOT": subject.draw("light").save(out / f"{subject.name}.dot")}
            figures.append(
                index.Figure(subject.title, subject.sentence, subject.shown, pictures, subject.code, page)
            )
            made = "drawing and page" if page else "drawing"
            print(f"    {subject.name:<20} {subject.title} · {made}", flush=True)
        sections.append(index.Section(title, sentence, figures))
    return sections, missing


def draw(subject: Subject, out: Path) -> dict[str, Path]:
    """The pictures of a program, by what each is."""
    drawing = subject.draw("light")
    pictures = {
        index.LIGHT: drawing.save(out / f"{subject.name}.svg"),
        index.DARK: subject.draw("dark").save(out / f"{subject.name}-dark.svg"),
        "PNG": drawing.save(out / f"{subject.name}.png"),
    }
    return pictures | {
        words: closer().save(out / f"{subject.name}-{ending}.svg") for words, ending, closer in subject.closer
    }


def programs(rng: np.random.Generator) -> Iterator[tuple[str, str, list[Subject]]]:
    """The programs, in groups with a title and a sentence."""
    yield (
        "A few numbers",
        "Small enough to check every number by hand.",
        [about_fan_out(), about_uneven_diamond(), about_second_derivative()],
    )
    yield (
        "Networks",
        "The same engine on arrays, with parameters and modules.",
        [about_perceptron(rng), about_lenet(rng)],
    )


def about_fan_out() -> Subject:
    """The drawing and the page of `fan_out`."""
    return Subject(
        "fan-out",
        "Fan-out: every value is used twice",
        "`b = a + a; c = b + b`. Two messages reach each value, and wait for each other at the ⊕: dc/da is 4. Switch "
        "“Walk naively” on in the page, and a walk that does not wait gets 6.",
        "The graph of b = a + a and c = b + b at a = 3: the gradients are 1 at c, 1 + 1 = 2 at b and 2 + 2 = 4 at a.",
        'ad.draw(fan_out, 3.0).save("fan-out.svg")\nad.explain(fan_out, a, path="fan-out.html")',
        lambda theme: ad.draw(fan_out, 3.0, theme=theme),
        lambda path: ad.explain(fan_out, ad.Tensor(3.0, requires_grad=True), path=path),
    )


def about_uneven_diamond() -> Subject:
    """The drawing and the page of `uneven_diamond`."""
    return Subject(
        "uneven-diamond",
        "The uneven diamond: two paths of different length",
        "`b = 2 * a; c = b + b * b`. The message of the short path arrives first, and `b` passes nothing on before the "
        "others have come: 1 + 3 + 3 = 7, so that dc/da is 14. A walk that does not wait gets 24.",
        "The graph of b = 2 a and c = b + b b at a = 1.5: the gradients are 1 at c, 1 + 3 + 3 = 7 at b and 14 at a.",
        'ad.draw(uneven_diamond, 1.5).save("uneven-diamond.svg")\n'
        'ad.explain(uneven_diamond, a, path="uneven-diamond.html")',
        lambda theme: ad.draw(uneven_diamond, 1.5, theme=theme),
        lambda path: ad.explain(uneven_diamond, ad.Tensor(1.5, requires_grad=True), path=path),
    )


def about_second_derivative() -> Subject:
    """The drawing of `slope`, with the gradient of the slope."""
    return Subject(
        "second-derivative",
        "A second derivative: the graph of a gradient",
        "The slope of `exp(x) * x`, computed with `create_graph=True`, is a computation like any other; its own "
        "gradient is the curvature.",
        "The graph of the slope of x exp x at x = 3, with the value 80.34, and the gradient 100.4 of the slope at x.",
        'def slope(x):\n    return ad.gradients(ad.exp(x) * x, x, create_graph=True)[0]\n\n\n'
        'ad.draw(slope, 3.0).save("second-derivative.svg")',
        lambda theme: ad.draw(slope, 3.0, theme=theme),
    )


def about_perceptron(rng: np.random.Generator) -> Subject:
    """A training step of a small network, its optimizer's update included."""
    points, classes = datasets.polar(4, sigma=0.1, rng=rng)
    labels = classes[:, np.newaxis].astype(np.float32)
    model = nn.MLP([2, 4, 4, 1], activation="tanh", rng=rng)
    loss_function = nn.BCEWithLogitsLoss()

    def training_step(points: Any, labels: Any) -> Any:
        scores = model(points)
        loss = loss_function(scores, labels)
        return loss

    def page(path: Path) -> Path:
        optimizer = nn.SGD(model.parameters(), lr=0.5)
        return ad.explain(training_step, points, labels, params=model, optimizer=optimizer, path=path)

    return Subject(
        "perceptron",
        "A training step of a small network",
        "Eight points, layers of 4, 4 and 1 neurons, and a loss. The page goes forward, back, and through the "
        "optimizer's update, with a finite difference beside every gradient.",
        "The graph of a training step: points go through three linear layers and two tanh to the scores and, with the "
        "labels, to the loss; gradients come back to six parameters.",
        'ad.draw(training_step, points, labels, params=model).save("perceptron.svg")\n'
        'ad.explain(training_step, points, labels, params=model, optimizer=optimizer, path="perceptron.html")',
        lambda theme: ad.draw(training_step, points, labels, params=model, theme=theme),
        page,
    )


def about_lenet(rng: np.random.Generator) -> Subject:
    """A convolutional network, drawn module by module, layer by layer and operation by operation."""
    images, labels = rng.random((4, 1, 28, 28), dtype=np.float32), rng.integers(10, size=4)
    model = LeNet(rng)
    loss_function = nn.CrossEntropyLoss()

    def training_step(images: Any, labels: Any) -> Any:
        logits = model(images)
        loss = loss_function(logits, labels)
        return loss

    def drawn(**settings: Any) -> Drawing:
        return ad.draw(training_step, images, labels, params=model, **settings)

    return Subject(
        "lenet",
        "A convolutional network after LeNet",
        "Modules fold into one block each. `depth` says how many levels are open; here one is, and the links below "
        "open the others.",
        "The graph of LeNet on four images, with its modules features and classifier as a block each, and the loss.",
        'ad.draw(training_step, images, labels, params=model, depth=1, direction="LR").save("lenet.svg")',
        lambda theme: drawn(theme=theme, depth=1, direction="LR"),
        closer=(
            ("Layer by layer", "layers", lambda: drawn(depth=2)),
            ("Every operation", "operations", lambda: drawn()),
        ),
    )
