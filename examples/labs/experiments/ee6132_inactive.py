"""EE6132, figures 14–22: the share of inactive neurons in each hidden layer, by two definitions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nn.plot import style

from ... import pictures
from ..comparison import Difference, Row
from ..experiment import Experiment, Illustration, Records
from ..figures import NothingToDrawError, gradient_norms
from .ee6132 import BASELINE, HIDDEN, RELU, REPORT, TANH, around, shortened, watched

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SETTINGS = {"sigmoid": BASELINE, "tanh": TANH, "relu": RELU}
#: What the report says of its figures, per hidden layer and activation, in percent: the average, and the peak.
AVERAGES: dict[int, dict[str, int | None]] = {
    1: {"sigmoid": 50, "tanh": 52, "relu": 52},
    2: {"sigmoid": 50, "tanh": 50, "relu": 56},
    3: {"sigmoid": 48, "tanh": 51, "relu": None},
}
PEAKS = {(1, "sigmoid"): 53, (1, "tanh"): 56, (1, "relu"): 56, (3, "sigmoid"): 48, (3, "tanh"): 62, (3, "relu"): 62}
#: What the independent re-run saw, all hidden layers together.
RERUN = {"sigmoid": "46–56 %", "tanh": "44–60 %", "relu": "49–62 %"}
DEFINITIONS = {"inactive": "|∂L/∂z| < 1e-5, the assignment's", "inactive_signed": "signed ∂L/∂b < 1e-5, the report's"}


def figures(records: Records) -> Figure:
    """Hidden layers downwards, activations across, as the report numbers them; both definitions in each panel."""
    there = [name for name in SETTINGS if records.get(name)]
    if not there:
        raise NothingToDrawError(f"no run of {', '.join(SETTINGS)} is there yet")
    number = {(layer, name): 14 + 3 * layer + column for layer in range(3) for column, name in enumerate(SETTINGS)}
    with pictures.styled():
        picture = pictures.figure(4.6 * len(there), 8.4)
        panels = picture.subplots(len(HIDDEN), len(there), sharex=True, sharey=True, squeeze=False)
        for column, name in enumerate(there):
            table = watched(records[name][0].evidence)
            for layer, axes in enumerate(panels[:, column]):
                for (kind, label), colour in zip(DEFINITIONS.items(), (style.BLUE, style.RED)):
                    axes.plot(table.steps, 100 * table[kind][:, layer], label=label, color=colour, linewidth=1.4,
                              linestyle="--" if kind == "inactive_signed" else "-")  # fmt: skip
                axes.set_title(f"figure {number[layer, name]}: {name}, h{layer + 1}")
                axes.set_ylim(-3, 103)
                axes.grid(True)
        for axes in panels[-1]:
            axes.set_xlabel("iteration")
        for axes in panels[:, 0]:
            axes.set_ylabel("inactive neurons (%)")
        entries = panels[0, 0].get_legend_handles_labels()
        picture.legend(*entries, loc="outside lower center", ncols=min(2, len(there)))
    return picture


def lines() -> list[Row]:
    """By the assignment's definition, and as the report must have counted: means, and peaks where it names them."""
    rows = []
    for layer, said in AVERAGES.items():
        for name, average in said.items():
            told, peak, where = average and f"≈ {average} %", PEAKS.get((layer, name)), f"{name}, h{layer}"
            rows.append(Row(name, f"inactive h{layer}", f"{where}: the assignment's definition, mean", digits=1))
            if peak is not None:
                rows.append(Row(name, f"peak h{layer}", f"{where}: the assignment's definition, peak", f"≈ {peak} %",
                                agrees=around(peak, 5), difference=unsigned(name), digits=1))  # fmt: skip
            rows.append(Row(name, f"inactive h{layer}, signed", f"{where}: signed, the report's, mean",
                            told or "higher than tanh's", RERUN[name], around(average, 5) if average else None,
                            digits=1))  # fmt: skip
            if peak is not None:
                rows.append(Row(name, f"peak h{layer}, signed", f"{where}: signed, the report's, peak", f"≈ {peak} %",
                                RERUN[name], digits=1))  # fmt: skip
    return rows


def unsigned(setting: str) -> Difference:
    """Why the report's numbers are others than its assignment asks for."""
    return Difference(
        "the report's slip",
        "By magnitude the share changes all through training, as the findings say. The report's stays near 50 % from "
        "the first iteration to the last, which comes out if the magnitude is not taken before comparing, as about "
        "half of all units have a negative ∂L/∂b: the rows “signed”, of the same runs.",
        ("ee6132-inactive", setting),
    )


def findings(records: Records) -> Sequence[str]:
    """How the shares change while the networks learn, by both definitions."""
    found = []
    for kind, definition in (("inactive", "the assignment's definition"), ("inactive_signed", "the signed count")):
        spoken = []
        for name in SETTINGS:
            curves = 100 * watched(records[name][0].evidence)[kind][:, : len(HIDDEN)]
            numbers = zip(curves[0], curves.min(0), curves[-len(curves) // 10 :].mean(0))
            each = [f"h{layer + 1} {first:.0f}, {least:.0f}, {last:.0f} %"
                    for layer, (first, least, last) in enumerate(numbers)]  # fmt: skip
            spoken.append(f"{name} {'; '.join(each)}")
        found.append(
            f"By {definition}, at the first iteration, at the least, and over the last tenth: {' | '.join(spoken)}."
        )
    return found


EXPERIMENT = Experiment(
    identifier="ee6132-inactive",
    report=f"{REPORT}, section 3.2.3, figures 14–22",
    title="Inactive neurons",
    question="How many neurons of each hidden layer no longer learn, with sigmoid, tanh and ReLU?",
    settings=SETTINGS,
    quick={"relu": shortened(RELU, epochs=2)},
    rows=tuple(lines()),
    seconds=300,
    seeds=1,
    illustrations=(
        Illustration("figures-14-22", "The share of inactive neurons every 200 iterations, by the assignment's "
                     "definition (solid) and as the report must have counted (dashed).", figures),
        Illustration("gradients", "What both definitions ask about: how large the gradients are, by layer.",
                     gradient_norms(*SETTINGS)),
    ),
    findings=findings,
    notes=(
        "The assignment calls a neuron inactive if its gradient is smaller than 1e-5 in magnitude. Ours counts the "
        "entries of ∂L/∂z of a layer, units × samples of the batch, with |∂L/∂z| < 1e-5, where L is the mean over the "
        "batch, so that every entry contains 1/64. The report does not say what it counts.",
        "By that definition the activations tell apart what the report wants to know. A ReLU has no gradient where it "
        "is silent, for half of the digits from the start. All have small ones for digits that are learned already, "
        "as p − y is small for them and every gradient contains it: the better the network, the more of its neurons "
        "are “inactive”, with any activation.",
        "The report finds about 50 % everywhere, from the first iteration to the last. We infer that it compared the "
        "gradient of each unit's bias, summed over the batch, with 1e-5 and left out the magnitude. Such a count says "
        "how many biases are about to rise, which is a coin's toss, and its trends (“relu has the highest "
        "inactivity”, “flatter loss”) are read from noise, apart from units with no gradient at all, which ReLU has.",
        "The horizontal axis is the iteration, as the assignment asks; the report's text speaks of epochs, and one "
        "value for each epoch would fit its words as well.",
    ),
)  # fmt: skip
