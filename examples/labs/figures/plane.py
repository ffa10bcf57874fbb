"""Points of the plane, and what networks make of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

import nn
from nn.plot import style

from ... import pictures
from ..experiment import Records
from ..samples import Data
from ..targets import LOSSES, beyond_half
from ..training import Training
from .panels import Make, of_seed, panels_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: The labs' classifiers look at so many points in each direction, and so far beyond the outermost sample.
GRID, MARGIN = 128, 0.1


def data_scatter(data: Data, seed: int = 0, labels: Sequence[str] | None = None) -> Make:
    """The samples of a data set, train | test. It needs no records."""

    def make(records: Records) -> Figure:
        split = data.split(seed)
        with pictures.styled():
            picture = pictures.figure(12, 5)
            for samples, axes, part in zip(split, picture.subplots(1, 2, sharex=True, sharey=True), ("train", "test")):
                for number in range(int(split.train.y.max()) + 1):
                    _points(axes, samples.x[samples.y.reshape(-1) == number], number, labels)
                axes.set(xlabel="x₁", ylabel="x₂", aspect="equal", title=f"{part}, {len(samples.x):,} points")
                axes.legend(loc="best", markerscale=1.6)
        return picture

    return make


def classifier(
    jobs: Mapping[str, Training],
    *,
    labels: Sequence[str] | None = None,
    seed: int = 0,
    part: str = "test",
    probability: bool = False,
    columns: int = 2,
) -> Make:
    """What networks make of the plane: a panel for each setting, with points, the misclassified ones ringed red.

    `jobs` are settings of an experiment; those without records are left out. `part` is "test" or "train"; with
    `probability`, shades say how sure the network is of class 1.
    """

    def make(records: Records) -> Figure:
        chosen = of_seed(records, tuple(jobs), seed)
        with pictures.styled():
            picture, panels = panels_of(len(chosen), columns, 6.4, 5.0)
            for (name, record), axes in zip(chosen, panels):
                job = jobs[name]
                samples = getattr(job.data.split(record.seed), part)
                plain = (samples.x, samples.y.reshape(-1).astype(np.int64))
                draw = nn.plot.probability_map if probability else nn.plot.decision_boundary
                draw(
                    job.trained(record.seed, record.evidence), plain, axes, resolution=GRID, padding=MARGIN,
                    outputs="probabilities" if LOSSES[job.loss].decide is beyond_half else None, labels=labels,
                )  # fmt: skip
                axes.set_title(f"{name}: {part} accuracy {record.metrics[f'{part} accuracy']:.2%}")
        return picture

    return make


def regions(models: Mapping[str, tuple[Any, Any]], columns: int = 2) -> Figure:
    """What models or functions of points make of the plane, each with its own samples; the titles say how many fit."""
    with pictures.styled():
        picture, panels = panels_of(len(models), columns, 6.4, 5.0)
        for (name, (model, samples)), axes in zip(models.items(), panels):
            pair = (samples.x, samples.y.reshape(-1))
            outputs = nn.predict(model, samples.x) if isinstance(model, nn.Module) else model(samples.x)
            nn.plot.decision_boundary(model, pair, axes, resolution=GRID, padding=MARGIN, outputs="probabilities")
            axes.set_title(f"{name}: test accuracy {(outputs.argmax(1) == pair[1]).mean():.2%}")
    return picture


def truth_and_prediction(jobs: Mapping[str, Training], *, seed: int = 0, part: str = "test") -> Make:
    """Ground truth | predicted result, class 0 red and class 1 blue: a row for each setting."""
    red, blue = "#C62828", "#1F4E9E"

    def make(records: Records) -> Figure:
        chosen = of_seed(records, tuple(jobs), seed)
        with pictures.styled():
            picture, panels = panels_of(2 * len(chosen), 2, 4.6, 4.2)
            for number, axes in enumerate(panels):
                name, record = chosen[number // 2]
                job = jobs[name]
                samples = getattr(job.data.split(record.seed), part)
                truth = samples.y.reshape(-1).astype(np.int64)
                model = job.trained(record.seed, record.evidence)
                shown = LOSSES[job.loss].decide(nn.predict(model, samples.x)) if number % 2 else truth
                points = samples.x.reshape(len(samples.x), -1)
                for class_, colour, marker in ((0, red, "o"), (1, blue, "^")):
                    across, up = points[shown == class_].T
                    axes.scatter(across, up, s=22, color=colour, marker=marker, label=f"class {class_}")
                wrong = int((shown != truth).sum())
                title = f"predicted result, {wrong} of {len(truth)} wrong" if number % 2 else f"{name}\nground truth"
                axes.set(xlabel="x₁", ylabel="x₂", title=title, aspect="equal")
                axes.legend(loc="best")
        return picture

    return make


def _points(axes: Axes, points: Any, number: int, labels: Sequence[str] | None) -> None:

    across, up = points.T
    axes.scatter(
        across, up, s=14, color=[style.class_colour(number)], edgecolors=[style.class_colour(number, dark=True)],
        marker=style.class_marker(number), linewidths=0.4, label=labels[number] if labels else f"class {number}",
    )  # fmt: skip
