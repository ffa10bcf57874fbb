"""Question: which defect gives the 38 % of report 004's convolution?"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..comparison import Difference, Row, Within
from ..experiment import Experiment, Illustration, Records
from ..figures import classifier, spread_over_seeds
from ..samples import Data
from ..training import Training
from .nycu import FULL, REPORT, Convolution, training

if TYPE_CHECKING:
    from matplotlib.figure import Figure

REPORTED, NEAR = 0.38, 0.05


def spoiled(network: Convolution | None = None, epochs: int = 300, **mistake: str) -> Training:
    """The convolution learns in batches of 10, from points with a mistake, or with a mistake in itself."""
    data = Data("diagonal", {"points": 100, **mistake})
    return training(3.0, network=network or Convolution(), data=data, epochs=epochs, batch_size=10)


SETTINGS = {
    "as it should be": spoiled(),
    "kernel's gradient has the wrong sign": spoiled(Convolution(mistake="sign")),
    "kernel's gradient is flipped": spoiled(Convolution(mistake="flipped")),
    "kernel is not trained": spoiled(Convolution(mistake="not trained")),
    "wrong signs before the last layer": spoiled(Convolution(mistake="sign", where=("1.", "4.", "6."))),
    "wrong signs everywhere": spoiled(Convolution(mistake="sign", where=("",))),
    "labels shuffled": spoiled(mistake="labels shuffled"),
    "labels shuffled, 3,000 epochs": spoiled(epochs=3000, mistake="labels shuffled"),
    "test labels shuffled": spoiled(mistake="labels shuffled", part="test"),
    "points reshaped, not transposed": spoiled(mistake="reshaped"),
    "labels swapped": spoiled(mistake="labels swapped"),
    "channels pooled": spoiled(Convolution(kernel=1, pooled=True)),
    "ReLU everywhere": spoiled(Convolution(activation="relu", output="relu")),
    "no defect, full batch, rate 0.3": training(network=Convolution(), batch_size=FULL),
}
SHOWN = ("as it should be", "kernel is not trained", "labels shuffled, 3,000 epochs", "channels pooled")
DEFECT = Difference(
    "the report's slip",
    "The convolution works. So little comes of a defect only, and by chance: a network that has learned, judged "
    "by labels that do not belong to the points, scatters around a half, to both sides.",
    ("question-conv", "test labels shuffled"),
)


def at_most(count: int, points: int = 100) -> float:
    """How likely a fair coin shows heads that rarely."""
    return float(sum(comb(points, each) for each in range(count + 1)) / 2**points)


def findings(records: Records) -> Sequence[str]:
    """Which defects come near the report's number, and which give one answer for all points."""
    accuracies = {name: np.array([r.metrics["test accuracy"] for r in records[name]]) for name in SETTINGS}
    near = {name: int((np.abs(each - REPORTED) <= NEAR).sum()) for name, each in accuracies.items()}
    constant = {name: int(sum(r.metrics["constant"] for r in records[name])) for name in SETTINGS}
    seeds = len(accuracies["as it should be"])
    came = [f"{name} ({count})" for name, count in sorted(near.items(), key=lambda item: -item[1]) if count]
    never = [name for name, count in near.items() if not count]
    fixed = [f"{name} ({count})" for name, count in constant.items() if 2 * count >= seeds]
    pairs = np.array([record.metrics["accuracy of all pairs"] for record in records["as it should be"]])
    right = accuracies["as it should be"]
    return (
        f"Without a defect the convolution reaches {right.mean():.1%} ({right.min():.0%} to {right.max():.0%}).",
        f"Within five points of 38 %, of {seeds} seeds: {', '.join(came) or 'none'}. Never: {', '.join(never)}.",
        f"One answer for all points, for half of the seeds or more: {', '.join(fixed) or 'none'}. Such a network is "
        f"right about a class's share: the share of one class is 38 % or less in {at_most(38):.1%} of test sets of "
        "100 points, and on the set where report 004 has 49 % and 51 % it is neither.",
        f"Counting pairs in place of points (a column of predictions compared with a row of labels) gives "
        f"{pairs.mean():.1%} ({pairs.min():.0%} to {pairs.max():.0%}), however good the network is.",
        f"So that there was a defect can be told, as nothing that works comes near 38 %; which one cannot. "
        f"{verdict(accuracies)}",
    )


def verdict(accuracies: dict[str, npt.NDArray[np.float64]]) -> str:
    """What is left to choose from: whose range has the report's number inside."""
    inside = [name for name, each in accuracies.items() if each.min() <= REPORTED <= each.max()]
    return f"The report's number lies between the lowest and the highest seed of: {', '.join(inside) or 'none'}."


def spread(records: Records) -> Figure:
    """The accuracy of every seed with every defect, and the report's."""
    picture = spread_over_seeds()(records)
    picture.axes[0].axvline(100 * REPORTED, color="#C62828", linestyle="--", linewidth=1.4)
    return picture


EXPERIMENT = Experiment(
    identifier="question-conv",
    report=f"{REPORT}: a question of its extra part",
    title="Why did the convolution give 38 %?",
    question="Which defects of a program make the convolution right about 38 % of the points, and which cannot?",
    settings=SETTINGS,
    quick={"as it should be": SETTINGS["as it should be"], "labels swapped": SETTINGS["labels swapped"]},
    rows=(
        Row("as it should be", "test accuracy", "as it should be", "38 %", "97–100 %", Within(0.33, 0.43), DEFECT),
        *(Row(name, "test accuracy", name) for name in SETTINGS if name != "as it should be"),
    ),
    seconds=55,
    seeds=20,
    illustrations=(
        Illustration("spread", "The test accuracy of every seed with every defect; dashed, the report's 38 %.", spread),
        Illustration("boundaries", "What is left of the boundary.",
                     classifier({name: SETTINGS[name] for name in SHOWN}, probability=True)),
    ),
    findings=findings,
    notes=(
        "The defects are made where a program by hand would have them, and nothing else is changed: a hook turns the "
        "gradient of the named parameters into the wrong one, on its way from the engine to the optimizer; training "
        "points are spoiled before they are learned from. “Channels pooled” has a kernel of width 1 and averages over "
        "both positions: an answer that does not change if x₁ and x₂ change places, where the truth does. “ReLU "
        "everywhere” is the report's other trouble, a dead output.",
        "Batches of 10 at rate 3 for 300 epochs, as the control learns the set in that time. All points at once at "
        "rate 0.3, for the report's 15,000 epochs, is the last setting: without any defect, another layer of sigmoids "
        "may leave it on the plateau where all points get one answer.",
    ),
)  # fmt: skip
