"""Curves over epochs and iterations: losses, accuracies, and what flows through the layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import nn
from nn.plot import style

from ... import pictures
from ..experiment import Records
from .panels import Make, finish, looks, of_seed, of_settings, panels_of, scale, seeded, watched

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: The labs draw their two curves on 18 × 4 inches; the same shape, a little smaller, keeps the letters readable.
WIDE = (13.5, 3.0)


def training_curves(*settings: str, seed: int = 0, ylabel: str | None = None, log: bool = False) -> Make:
    """Loss | accuracy over the epochs, training and test, a row for each setting (all, if none is named)."""

    def make(records: Records) -> Figure:
        chosen = of_seed(records, settings, seed)
        with pictures.styled():
            picture = pictures.figure(WIDE[0], WIDE[1] * len(chosen))
            for (name, record), (left, right) in zip(chosen, picture.subplots(len(chosen), 2, squeeze=False)):
                nn.plot.loss_curves(record.history, left, ylabel=ylabel, labels=("training", "test"))
                nn.plot.accuracy_curves(record.history, right, labels=("training", "test"))
                scale(left, log)
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
        chosen = of_settings(records, settings)
        with pictures.styled():
            picture = pictures.figure(9.0, 4.2)
            axes = picture.subplots()
            for (name, found), look in zip(chosen, looks(len(chosen))):
                kept = found if seed is None else [seeded(found, seed)]
                table = np.array([record.history[column] for record in kept], float) * (100.0 if percent else 1.0)
                epochs = np.arange(1, table.shape[1] + 1)
                axes.plot(epochs, table.mean(0), label=name, linewidth=1.6, **look)
                if len(table) > 1:
                    axes.fill_between(epochs, table.min(0), table.max(0), color=look["color"], alpha=0.15, linewidth=0)
            axes.set(xlabel=xlabel, ylabel=ylabel or column.replace("_", " ") + (" (%)" if percent else ""))
            axes.locator_params(axis="x", integer=True, min_n_ticks=1)
            finish(axes, log, len(chosen))
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
        chosen = of_seed(records, settings, seed)
        with pictures.styled():
            picture, panels = panels_of(len(chosen), columns, 6.0, 3.2)
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
                scale(axes, log)
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
        chosen = of_seed(records, settings, seed)
        with pictures.styled():
            picture, panels = panels_of(len(chosen) * len(kinds), len(kinds), 6.6, 3.2)
            for number, axes in enumerate(panels):
                name, record = chosen[number // len(kinds)]
                kind = kinds[number % len(kinds)]
                nn.plot.inactive_neurons(watched(record), axes, signed=kind)
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
        chosen = of_seed(records, settings, seed)
        with pictures.styled():
            picture, panels = panels_of(len(chosen), columns, 6.6, 3.4, sharey=True)
            for (name, record), axes in zip(chosen, panels):
                nn.plot.layer_curves(watched(record), column, axes, ylabel=words.get(column), log="norm" in column)
                axes.set_title(name)
                axes.set_xlabel("iteration")
                axes.grid(True)
        return picture

    return make
