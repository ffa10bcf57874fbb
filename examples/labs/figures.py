"""The figures that experiments share. Each function here gives an `Illustration`'s `make`: records in, a figure out.

Curves, regions and matrices are those of `nn.plot`, in the manner of `examples.pictures`. Settings without records are
left out; where there is none at all, `NothingToDrawError` is raised, and the page says what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

import nn
from nn.plot import style

from .. import pictures
from .experiment import Records
from .runs import Record
from .samples import Data
from .targets import LOSSES, beyond_half
from .training import Training

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Make = Callable[[Records], "Figure"]
#: The labs draw their two curves on 18 × 4 inches; the same shape, a little smaller, keeps the letters readable.
WIDE = (13.5, 3.0)
#: Their classifiers look at so many points in each direction, and so far beyond the outermost sample.
GRID, MARGIN = 128, 0.1


class NothingToDrawError(ValueError):
    """None of the records that a figure is made of is there."""


# What is drawn over time.


def training_curves(*settings: str, seed: int = 0, ylabel: str | None = None, log: bool = False) -> Make:
    """Loss | accuracy over the epochs, training and test, a row for each setting (all, if none is named)."""

    def make(records: Records) -> Figure:
        chosen = _of_seed(records, settings, seed)
        with pictures.styled():
            picture = pictures.figure(WIDE[0], WIDE[1] * len(chosen))
            for (name, record), (left, right) in zip(chosen, picture.subplots(len(chosen), 2, squeeze=False)):
                nn.plot.loss_curves(record.history, left, ylabel=ylabel, labels=("training", "test"))
                nn.plot.accuracy_curves(record.history, right, labels=("training", "test"))
                _scale(left, log)
                for axes, what in ((left, "loss"), (right, "accuracy")):
                    axes.set_title(f"{name}: {what}")
                    axes.grid(True)
        return picture

    return make


def curves_together(
    *settings: str,
    column: str = "loss",
    seed: int | None = 0,
    xlabel: str = "epoch",
    ylabel: str | None = None,
    log: bool = False,
    percent: bool = False,
) -> Make:
    """One column of the history over the epochs, a curve for each setting in one picture.

    With `seed=None`, the mean over all seeds, and a band from the lowest to the highest.
    """

    def make(records: Records) -> Figure:
        chosen = _each(records, settings)
        with pictures.styled():
            picture = pictures.figure(9.0, 4.2)
            axes = picture.subplots()
            for (name, found), look in zip(chosen, _looks(len(chosen))):
                kept = found if seed is None else [_seeded(found, seed)]
                table = np.array([record.history[column] for record in kept], float) * (100.0 if percent else 1.0)
                epochs = np.arange(1, table.shape[1] + 1)
                axes.plot(epochs, table.mean(0), label=name, linewidth=1.6, **look)
                if len(table) > 1:
                    axes.fill_between(epochs, table.min(0), table.max(0), color=look["color"], alpha=0.15, linewidth=0)
            axes.set(xlabel=xlabel, ylabel=ylabel or column.replace("_", " ") + (" (%)" if percent else ""))
            _finish(axes, log, len(chosen))
        return picture

    return make


def loss_over_iterations(
    *settings: str, part: str = "training", seed: int = 0, log: bool = False, columns: int = 2
) -> Make:
    """The loss over the iterations, a panel for each setting.

    `part` "training" is that of each batch, with its running mean; "test" that of the test samples, of trainings with
    `test_every`.
    """

    def make(records: Records) -> Figure:
        chosen = _of_seed(records, settings, seed)
        with pictures.styled():
            picture, panels = _panels(len(chosen), columns, 6.0, 3.2)
            for (name, record), axes in zip(chosen, panels):
                curve = record.evidence["step losses" if part == "training" else "test curve"]
                steps, losses = np.asarray(curve["steps"]), np.asarray(curve["loss"], float)
                faint = part == "training" and len(steps) > 100
                axes.plot(steps, losses, color=style.BLUE, linewidth=0.6 if faint else 1.6,
                          alpha=0.35 if faint else 1.0, rasterized=faint)  # fmt: skip
                if faint:
                    width = max(5, len(steps) // 100)
                    mean = np.convolve(losses, np.ones(width) / width, "valid")
                    axes.plot(steps[width - 1 :], mean, color=style.BLUE, linewidth=1.8,
                              label=f"mean of the last {width * int(steps[1] - steps[0]):,}")  # fmt: skip
                    axes.legend(loc="best")
                axes.set(xlabel="iteration", ylabel=f"{part} loss")
                axes.set_title(f"{name}: {losses[-1]:.4g} at the end")
                _scale(axes, log)
                axes.grid(True)
        return picture

    return make


def inactive_neurons(*settings: str, signed: bool | None = None, seed: int = 0) -> Make:
    """The share of inactive neurons of each layer over the iterations, a row for each setting.

    Without `signed`, the assignment's definition (|∂L/∂z| < 1e-5 for a sample) | the report's (∂L/∂b < 1e-5 with its
    sign) side by side; else one of them.
    """
    kinds = (False, True) if signed is None else (signed,)
    titles = {False: "|∂L/∂z| < 1e-5 (the assignment's)", True: "signed ∂L/∂b < 1e-5 (the report's)"}

    def make(records: Records) -> Figure:
        chosen = _of_seed(records, settings, seed)
        with pictures.styled():
            picture, panels = _panels(len(chosen) * len(kinds), len(kinds), 6.6, 3.2)
            for number, axes in enumerate(panels):
                name, record = chosen[number // len(kinds)]
                kind = kinds[number % len(kinds)]
                nn.plot.inactive_neurons(_watched(record), axes, signed=kind)
                axes.set_title(f"{name}: {titles[kind]}")
                axes.set(xlabel="iteration", ylabel="inactive neurons (%)")
                axes.grid(True)
        return picture

    return make


def gradient_norms(*settings: str, column: str = "gradient_norm", seed: int = 0, columns: int = 2) -> Make:
    """The norm of the gradient of each layer over the iterations, a panel for each setting, all of one scale.

    `column` may be any of `nn.Statistics`, such as "weight_gradient_norm" or "activation_norm".
    """
    words = {"gradient_norm": "‖∂L/∂z‖", "weight_gradient_norm": "‖∂L/∂W‖", "activation_norm": "‖z‖"}

    def make(records: Records) -> Figure:
        chosen = _of_seed(records, settings, seed)
        with pictures.styled():
            picture, panels = _panels(len(chosen), columns, 6.6, 3.4, sharey=True)
            for (name, record), axes in zip(chosen, panels):
                nn.plot.layer_curves(_watched(record), column, axes, ylabel=words.get(column), log="norm" in column)
                axes.set_title(name)
                axes.set_xlabel("iteration")
                axes.grid(True)
        return picture

    return make


# What is drawn in the plane.


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
        chosen = _of_seed(records, tuple(jobs), seed)
        with pictures.styled():
            picture, panels = _panels(len(chosen), columns, 6.4, 5.0)
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
        picture, panels = _panels(len(models), columns, 6.4, 5.0)
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
        chosen = _of_seed(records, tuple(jobs), seed)
        with pictures.styled():
            picture, panels = _panels(2 * len(chosen), 2, 4.6, 4.2)
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
                title = f"predicted result: {wrong} of {len(truth)} wrong" if number % 2 else "ground truth"
                axes.set(xlabel="x₁", ylabel="x₂", title=f"{name}, {title}", aspect="equal")
                axes.legend(loc="best")
        return picture

    return make


# What is drawn of classes and seeds.


def confusion_matrix(*settings: str, labels: Sequence[str] | None = None, seed: int = 0, columns: int = 2) -> Make:
    """Test samples by true class (rows) and predicted class (columns), a matrix for each setting."""

    def make(records: Records) -> Figure:
        chosen = _of_seed(records, settings, seed)
        with pictures.styled():
            size = 3.0 + 0.34 * max(len(record.evidence["confusion"]) for _, record in chosen)
            picture, panels = _panels(len(chosen), columns, size * 1.08, size)
            for (name, record), axes in zip(chosen, panels):
                matrix = np.asarray(record.evidence["confusion"])
                nn.plot.confusion_matrix(matrix, axes, labels=labels)
                axes.set_title(f"{name}: {np.trace(matrix):,} of {matrix.sum():,} right")
        return picture

    return make


def over_numbers(
    curves: Mapping[str, Mapping[str, float]],
    *,
    metric: str = "test accuracy",
    xlabel: str = "",
    percent: bool = False,
    log: bool = False,
) -> Make:
    """One metric over a number that settings differ in, on a logarithmic axis: the mean of all seeds, and their range.

    `curves` has for each curve, by the name in the legend, its settings and where each stands.
    """

    def make(records: Records) -> Figure:
        with pictures.styled():
            picture = pictures.figure(9.0, 4.2)
            axes = picture.subplots()
            for (label, places), look in zip(curves.items(), _looks(len(curves))):
                chosen = _each(records, tuple(places))
                across = [places[name] for name, _ in chosen]
                found = [np.array([record.metrics[metric] for record in each]) for _, each in chosen]
                middle, least, most = (
                    100.0**percent * np.array([f(x) for x in found]) for f in (np.mean, np.min, np.max)
                )
                axes.plot(across, middle, label=label, marker="o", markersize=4, linewidth=1.6, **look)
                axes.fill_between(across, least, most, color=look["color"], alpha=0.15, linewidth=0)
            axes.set_xscale("log")
            axes.set(xlabel=xlabel, ylabel=metric + (" (%)" if percent else ""))
            _finish(axes, log, len(curves))
        return picture

    return make


def spread_over_seeds(*settings: str, metric: str = "test accuracy", percent: bool = True) -> Make:
    """One metric of each seed as a point, a row for each setting, with a line at the mean."""

    def make(records: Records) -> Figure:
        chosen = _each(records, settings)
        with pictures.styled():
            picture = pictures.figure(9.0, 1.0 + 0.5 * len(chosen))
            axes = picture.subplots()
            for row, ((_, found), look) in enumerate(zip(chosen, _looks(len(chosen)))):
                values = np.array([record.metrics[metric] for record in found]) * (100.0 if percent else 1.0)
                jitter = np.random.default_rng(0).uniform(-0.18, 0.18, len(values))
                axes.scatter(values, row + jitter, s=28, color=look["color"], alpha=0.75, linewidths=0)
                axes.plot([values.mean()] * 2, [row - 0.32, row + 0.32], color="#222222", linewidth=1.6)
            axes.set_yticks(range(len(chosen)), [f"{name} ({len(found)})" for name, found in chosen])
            axes.set_ylim(len(chosen) - 0.5, -0.5)
            axes.set_xlabel(metric + (" (%)" if percent else ""))
            axes.grid(True, axis="x")
        return picture

    return make


# What all of them need.


def _each(records: Records, settings: Sequence[str]) -> list[tuple[str, Sequence[Record]]]:
    found = [(name, records[name]) for name in settings or records if records.get(name)]
    if not found:
        raise NothingToDrawError(f"no run of {', '.join(settings) or 'this experiment'} is there yet")
    return found


def _of_seed(records: Records, settings: Sequence[str], seed: int) -> list[tuple[str, Record]]:
    return [(name, _seeded(found, seed)) for name, found in _each(records, settings)]


def _seeded(found: Sequence[Record], seed: int) -> Record:
    return next((record for record in found if record.seed == seed), found[0])


def _watched(record: Record) -> nn.Statistics:
    table = nn.Statistics()
    table.load_state_dict(record.evidence["statistics"])
    return table


def _panels(count: int, columns: int, width: float, height: float, **settings: Any) -> tuple[Figure, list[Axes]]:
    """A figure of so many panels, in rows of `columns` at most, each of so many inches."""
    columns = min(columns, count)
    rows = -(-count // columns)
    picture = pictures.figure(width * columns, height * rows)
    panels: list[Axes] = list(picture.subplots(rows, columns, squeeze=False, **settings).flat)
    for spare in panels[count:]:
        spare.remove()
    return picture, panels[:count]


def _points(axes: Axes, points: Any, number: int, labels: Sequence[str] | None) -> None:

    across, up = points.T
    axes.scatter(
        across, up, s=14, color=[style.class_colour(number)], edgecolors=[style.class_colour(number, dark=True)],
        marker=style.class_marker(number), linewidths=0.4, label=labels[number] if labels else f"class {number}",
    )  # fmt: skip


def _looks(count: int) -> list[dict[str, Any]]:
    return style.layer_styles(count)


def _scale(axes: Axes, log: bool) -> None:
    if log:
        axes.set_yscale("log")


def _finish(axes: Axes, log: bool, entries: int) -> None:
    _scale(axes, log)
    axes.grid(True)
    style.legend_beside(axes, entries)
