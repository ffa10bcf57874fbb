"""EE6132, table 1 and figures 1–8: learning rates from 1 to 0.001, with sigmoid in the hidden layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..comparison import Row
from ..experiment import Experiment, Illustration, Records
from ..figures import curves_together, loss_over_iterations
from .ee6132 import BASELINE, REPORT, accuracies, baseline, loss, shortened, training

SETTINGS = {
    "rate 1": training(rate=1.0),
    "rate 0.1": BASELINE,
    "rate 0.01": training(rate=0.01),
    "rate 0.001": training(rate=0.001),
    "rate 0.1, shuffled": replace(BASELINE, shuffle=True),
    "rate 1, shuffled": replace(training(rate=1.0), shuffle=True),
}
RATES = ("rate 1", "rate 0.1", "rate 0.01", "rate 0.001")


def findings(records: Records) -> Sequence[str]:
    """How much of a result is the moment and the seed."""
    found = []
    for name in SETTINGS:
        curves = 100 * np.array([record.history["validation_accuracy"] for record in records[name]])
        ends = ", ".join(f"{end:.2f}" for end in curves[:, -1])
        step = abs(np.diff(curves[:, -6:], axis=1)).max()
        found.append(f"{name}: {ends} % ({'seed 0' if len(curves) == 1 else f'seeds 0 to {len(curves) - 1}'}), and up "
                     f"to {step:.2f} points from one epoch to the next in the last five")  # fmt: skip
    rises = []
    for name in ("rate 1", "rate 1, shuffled", "rate 0.1", "rate 0.1, shuffled"):
        losses = np.asarray(records[name][0].evidence["test curve"]["loss"])
        rises.append(f"{name} {int((np.diff(losses) > 0).sum())} of {len(losses) - 1}, to {losses[-1]:.4f} at the end")
    return (
        f"Test accuracy after 15 epochs. {'; '.join(found)}.",
        f"So many times the test loss rises from one sample to the next: {'; '.join(rises)}.",
    )


EXPERIMENT = Experiment(
    identifier="ee6132-table1",
    report=f"{REPORT}, table 1, figures 1–8",
    title="Learning rates with sigmoid",
    question="How far does the perceptron 784-500-250-100-10 with sigmoid come in 15 epochs, at rates a thousandfold "
    "apart?",
    settings=SETTINGS,
    quick={"rate 1": shortened(SETTINGS["rate 1"], epochs=8, batch=64)},
    rows=(
        *accuracies("rate 1", "rate 1", 99.457, 97.98, ("99.54 %", "97.98 %")),
        loss("rate 1", "rate 1, test loss", "0.0731", "0.0701"),
        *baseline("rate 0.1", "rate 0.1"),
        loss("rate 0.1", "rate 0.1, test loss", "0.19846", "0.2002"),
        *accuracies("rate 0.01", "rate 0.01", 80.083, 80.48, ("80.63 %", "80.97 %"), within=1.5),
        loss("rate 0.01", "rate 0.01, test loss", "0.66877", "0.666"),
        *accuracies("rate 0.001", "rate 0.001", 11.237, 11.35, ("11.30 %", "11.43 %")),
        loss("rate 0.001", "rate 0.001, test loss", "2.28401", "2.2821"),
        Row("rate 0.1, shuffled", "test accuracy", "rate 0.1, shuffled in each epoch, test", "93.87 %, this or above"),
        loss("rate 0.1, shuffled", "rate 0.1, shuffled, test loss", "0.19846, this or above"),
        Row("rate 1, shuffled", "test accuracy", "rate 1, shuffled in each epoch, test", "97.98 %, this or above"),
        loss("rate 1, shuffled", "rate 1, shuffled, test loss", "0.0731, this or above"),
    ),
    seconds=600,
    seeds=1,
    illustrations=(
        Illustration("test", "The test loss every 200 iterations: figures 1–4.",
                     loss_over_iterations(*RATES, part="test")),
        Illustration("training", "The loss of every batch, which is noisy, and its running mean: figures 5–8.",
                     loss_over_iterations(*RATES)),
        Illustration("order", "The test loss with the digits in their published order, and shuffled for each epoch.",
                     loss_over_iterations("rate 1", "rate 1, shuffled", "rate 0.1", "rate 0.1, shuffled",
                                          part="test")),
        Illustration("together", "The test accuracy after each epoch, which the report has in table 1 only.",
                     curves_together(*RATES, column="validation_accuracy", ylabel="test accuracy", percent=True)),
    ),
    findings=findings,
    notes=(
        "The baseline of section 1: 60,000 digits to train on and 10,000 to be judged by, three hidden layers, "
        "cross-entropy, batches of 64, 938 iterations an epoch and 14,070 in all, weights from "
        "U(±√(6/(inputs + outputs))), biases 0. What the report leaves open: pixels are divided by 255. The gradient "
        "is the mean over the batch; equations 9 and 10 leave out the 1/64, without which a rate of 1 would be one of "
        "64.",
        "Nor does the report say whether digits are shuffled for each epoch. We take them in their published order, "
        "as its test losses “decrease monotonously”, in four figures. With shuffling they go up and down a little, and "
        "the result depends more on the moment at which one stops. It may have shuffled all the same: the last two "
        "settings, and the findings, show what that changes at the two higher rates.",
        "At a rate of 0.001 the network says “1” to every digit, or nearly: 1135 of the 10,000 test digits are ones, "
        "which is the report's 11.35 % exactly. It has learned how frequent the digits are, and 6742 of 60,000 "
        "training digits, 11.237 %, are ones too.",
        "Slips of the report. Section 3.1.2 says “similar to the training plots” and means the test plots. In "
        "equation 7 the weights should be (Wˡ)ᵀ, not (Wˡ⁺¹)ᵀ: by its own section 2.2.3, Wˡ joins layer l to l + 1, and "
        "equation 9 agrees with that. The * of equation 5 is a product of matrices, and N in equation 4 is the number "
        "of classes.",
    ),
)  # fmt: skip
