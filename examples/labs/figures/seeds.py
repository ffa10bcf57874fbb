"""What runs end with: confusion of classes, and numbers over seeds and settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

import nn

from ... import pictures
from ..experiment import Records
from .panels import Make, finish, looks, of_seed, of_settings, panels_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def confusion_matrix(*settings: str, labels: Sequence[str] | None = None, seed: int = 0, columns: int = 2) -> Make:
    """Test samples by true class (rows) and predicted class (columns), a matrix for each setting."""

    def make(records: Records) -> Figure:
        chosen = of_seed(records, settings, seed)
        with pictures.styled():
            size = 3.0 + 0.34 * max(len(record.evidence["confusion"]) for _, record in chosen)
            picture, panels = panels_of(len(chosen), columns, size * 1.08, size)
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
            for (label, places), look in zip(curves.items(), looks(len(curves))):
                chosen = of_settings(records, tuple(places))
                across = [places[name] for name, _ in chosen]
                found = [np.array([record.metrics[metric] for record in each]) for _, each in chosen]
                middle, least, most = (
                    100.0**percent * np.array([f(x) for x in found]) for f in (np.mean, np.min, np.max)
                )
                axes.plot(across, middle, label=label, marker="o", markersize=4, linewidth=1.6, **look)
                axes.fill_between(across, least, most, color=look["color"], alpha=0.15, linewidth=0)
            axes.set_xscale("log")
            axes.set(xlabel=xlabel, ylabel=metric + (" (%)" if percent else ""))
            finish(axes, log, len(curves))
        return picture

    return make


def spread_over_seeds(*settings: str, metric: str = "test accuracy", percent: bool = True) -> Make:
    """One metric of each seed as a point, a row for each setting, with a line at the mean."""

    def make(records: Records) -> Figure:
        chosen = of_settings(records, settings)
        with pictures.styled():
            picture = pictures.figure(9.0, 1.0 + 0.5 * len(chosen))
            axes = picture.subplots()
            for row, ((_, found), look) in enumerate(zip(chosen, looks(len(chosen)))):
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
