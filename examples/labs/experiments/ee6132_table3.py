"""EE6132, table 3: L2 regularisation of the baseline's weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..experiment import Experiment, Illustration, Records
from ..figures import curves_together
from .ee6132 import BASELINE, HIDDEN, REPORT, Array, accuracies, baseline, loss, shortened, training

SETTINGS = {"baseline": BASELINE, "β = 0.001": training(beta=1e-3)}


def layers(records: Records, setting: str) -> list[Array]:
    """The weight matrices at the end of training, from the first layer to the last."""
    kept = records[setting][0].evidence["weights"]
    return [array for array in kept.values() if array.ndim == 2]


def findings(records: Records) -> Sequence[str]:
    """What the penalty does to the weights."""
    norms = {name: [float(np.linalg.norm(w)) for w in layers(records, name)] for name in SETTINGS}
    spoken = "; ".join(
        f"layer {number + 1}: {before:.1f} and {after:.1f}"
        for number, (before, after) in enumerate(zip(*(norms[name] for name in SETTINGS)))
    )
    metrics = [records[name][0].metrics for name in SETTINGS]
    gaps = [100 * (each["train accuracy"] - each["test accuracy"]) for each in metrics]
    return (
        f"The norms of the weights at the end, without and with the penalty: {spoken}.",
        f"Training accuracy is {gaps[0]:+.2f} points above test accuracy without it and {gaps[1]:+.2f} with it: there "
        "is no overfitting for it to remove, as the report says, and what it takes is fit.",
    )


EXPERIMENT = Experiment(
    identifier="ee6132-table3",
    report=f"{REPORT}, table 3",
    title="L2 regularisation",
    question="Does a penalty on large weights help the baseline?",
    settings=SETTINGS,
    quick={"β = 0.001": shortened(SETTINGS["β = 0.001"], epochs=4, batch=8)},
    rows=(
        *baseline("baseline", "baseline, β = 0"),
        *accuracies("β = 0.001", "regularised, β = 0.001", 90.04, 89.65, ("90.82 %", "90.65 %"), within=1.5),
        loss("baseline", "baseline, test loss without the penalty", "0.19846", "0.2002"),
        loss("β = 0.001", "regularised, test loss without the penalty", "–"),
    ),
    seconds=200,
    seeds=1,
    illustrations=(
        Illustration("accuracy", "The test accuracy after each epoch.",
                     curves_together(*SETTINGS, column="validation_accuracy", ylabel="test accuracy", percent=True)),
        Illustration("loss", "The training loss without the penalty, mean of each epoch.",
                     curves_together(*SETTINGS, column="loss", ylabel="training loss")),
    ),
    findings=findings,
    notes=(
        "Equation 15: W ← (1 − βη) W − η ∂L/∂W, which is gradient descent on L + β/2 ‖W‖². Weights only, as the report "
        f"says: the {sum(HIDDEN) + 10} biases are in a group of their own, without decay. The losses shown are without "
        "the penalty.",
        "0.001 is a strong penalty here. Each step takes a ten-thousandth off every weight, 14,070 steps would leave "
        "e^−1.4 = 24 % of one that no gradient holds up.",
    ),
)  # fmt: skip
