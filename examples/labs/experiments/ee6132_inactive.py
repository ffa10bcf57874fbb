"""EE6132, figures 14–22: the share of inactive neurons in each hidden layer, by two definitions."""

from __future__ import annotations

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
#: What the report says of its figures, per hidden layer and activation: the average, in percent.
AVERAGES: dict[int, dict[str, int | None]] = {
    1: {"sigmoid": 50, "tanh": 52, "relu": 52},
    2: {"sigmoid": 50, "tanh": 50, "relu": 56},
    3: {"sigmoid": 48, "tanh": 51, "relu": None},
}
PEAKS = {(1, "tanh"): 56, (1, "relu"): 56, (3, "tanh"): 62, (3, "relu"): 62}
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
    """What the report says, against both definitions."""
    rows = []
    for layer, said in AVERAGES.items():
        for name, average in said.items():
            told, where = f"≈ {average} %" if average else "higher than tanh's", f"{name}, h{layer}"
            bound, rerun = around(average, 5) if average else None, RERUN[name]
            rows.append(Row(name, f"inactive h{layer}, signed", f"{where}: signed, the report's, mean", told, rerun,
                            bound, digits=1))  # fmt: skip
            if (layer, name) in PEAKS:
                rows.append(Row(name, f"peak h{layer}, signed", f"{where}: signed, the report's, peak",
                                f"≈ {PEAKS[layer, name]} %", rerun, digits=1))  # fmt: skip
            rows.append(Row(name, f"inactive h{layer}", f"{where}: the assignment's definition, mean", told,
                            difference=unsigned(name), digits=1))  # fmt: skip
    return rows


def unsigned(setting: str) -> Difference:
    """Why the report's numbers are others than its assignment asks for."""
    return Difference(
        "the report's slip",
        "About half of all units have a negative ∂L/∂b, and any negative number is below 1e-5. The report's ≈ 50 % "
        "come out if the magnitude is not taken before comparing, and only then: the rows “signed”, of the same runs.",
        ("ee6132-inactive", setting),
    )


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
    notes=(
        "The assignment calls a neuron inactive if its gradient is smaller than 1e-5 in magnitude. Ours counts the "
        "entries of ∂L/∂z of a layer, units × samples of the batch, with |∂L/∂z| < 1e-5, where L is the mean over the "
        "batch, so that every entry contains 1/64. The report does not say what it counts.",
        "By that definition the activations tell apart what the report wants to know: ReLU is silent for half of the "
        "digits from the start and for nearly all at the end, as its batches are all but learned; tanh saturates on "
        "the way there; sigmoid, which still learns, has the fewest in its last layer.",
        "The report finds about 50 % everywhere, from the first iteration to the last. We infer that it compared the "
        "gradient of each unit's bias, summed over the batch, with 1e-5 and left out the magnitude. Such a count says "
        "how many biases are about to rise, which is a coin's toss; its trends (“relu has the highest inactivity”, "
        "“flatter loss”) are read from noise, apart from the units with no gradient at all, which ReLU does have.",
        "The horizontal axis is the iteration, as the assignment asks; the report's text speaks of epochs, and one "
        "value for each epoch would fit its words as well.",
    ),
)  # fmt: skip
