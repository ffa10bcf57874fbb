"""The figures of lab NYCU's report: what its program prints, and its learning curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ... import pictures
from ..experiment import Records
from ..figures import Make
from ..figures.panels import finish, looks, of_seed
from ..runs import Record
from ..samples import Data
from .nycu import LINEAR

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: So many points are listed.
LISTED = 16


def log_lines(record: Record, epochs: Sequence[int]) -> list[str]:
    """The error in the epochs that the report prints, and the accuracy."""
    losses = record.history["loss"]
    lines = [f"Epoch {epoch}, Error: {losses[epoch]:.6f}" for epoch in epochs if epoch < len(losses)]
    return [*lines, f"Accuracy: {record.metrics['test accuracy']:.2%}"]


def point_lines(record: Record, data: Data = LINEAR, count: int = LISTED) -> list[str]:
    """Test points, their targets, outputs, rounded outputs, and whether they are right."""
    test = data.split(record.seed).test
    lines = []
    for (first, second), target, output in zip(test.x[:count], test.y, record.evidence["test outputs"].reshape(-1)):
        rounded = int(output > 0.5)
        tick = "✓" if rounded == target else "✗"
        lines.append(
            f"Input: [{first:.1f}, {second:.1f}], Target: {target}, Predicted: {output:.4f}, Rounded: {rounded} {tick}"
        )
    return lines


def listing(setting: str, epochs: Sequence[int], data: Data = LINEAR) -> Make:
    """The report's two screens as text."""

    def make(records: Records) -> Figure:
        ((_, record),) = of_seed(records, (setting,), 0)
        columns = (log_lines(record, epochs), point_lines(record, data))
        with pictures.styled():
            picture = pictures.figure(11.5, 0.4 + 0.23 * max(map(len, columns)))
            for left, lines in zip((0.01, 0.34), columns):
                picture.text(left, 0.97, "\n".join(lines), family="monospace", fontsize=9.5, va="top", linespacing=1.45)
        return picture

    return make


def learning_curve(*settings: str, reported: Mapping[int, float] | None = None) -> Make:
    """The loss over the epochs, both on logarithmic scales, with the report's numbers as dots."""

    def make(records: Records) -> Figure:
        chosen = of_seed(records, settings, 0)
        with pictures.styled():
            picture = pictures.figure(9.0, 4.2)
            axes = picture.subplots()
            for (name, record), look in zip(chosen, looks(len(chosen))):
                losses = np.array(record.history["loss"])
                shown = np.unique(np.geomspace(1, len(losses), 600).astype(int))
                axes.plot(shown, losses[shown - 1], label=name, linewidth=1.6, **look)
            if reported:
                axes.scatter(list(reported), list(reported.values()), color="#222222", s=30, zorder=5,
                             label="the report's")  # fmt: skip
            axes.set(xlabel="epoch", ylabel="error", xscale="log")
            finish(axes, True, len(chosen) + bool(reported))
        return picture

    return make
