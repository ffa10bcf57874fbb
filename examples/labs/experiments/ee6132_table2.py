"""EE6132, table 2 and figures 10–13: tanh and ReLU instead of sigmoid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..experiment import Experiment, Illustration, Records
from ..figures import confusion_matrix, curves_together, loss_over_iterations
from .ee6132 import BASELINE, READ_AT, RELU, REPORT, TANH, accuracies, baseline, loss, shortened
from .ee6132_confusion import measures

SETTINGS = {"sigmoid": BASELINE, "tanh": TANH, "relu": RELU}
EARLY = f"test loss at {READ_AT}"


def findings(records: Records) -> Sequence[str]:
    """Where the test losses are lowest."""
    found = []
    for name in SETTINGS:
        curve = records[name][0].evidence["test curve"]
        losses, steps = np.asarray(curve["loss"]), np.asarray(curve["steps"])
        least = int(losses.argmin())
        found.append(f"{name} {losses[least]:.4f} at iteration {steps[least]:,}, {losses[-1]:.4f} at {steps[-1]:,}")
    return (f"The lowest test loss, and the last: {'; '.join(found)}.",)


EXPERIMENT = Experiment(
    identifier="ee6132-table2",
    report=f"{REPORT}, table 2, figures 10–13",
    title="tanh and ReLU",
    question="What do tanh and ReLU make of the same network, at the same rate of 0.1?",
    settings=SETTINGS,
    quick={"relu": shortened(RELU, epochs=2)},
    rows=(
        *baseline("sigmoid", "sigmoid"),
        *accuracies("tanh", "tanh", 99.83, 98.01, ("99.92 %", "98.01 %")),
        *accuracies("relu", "relu", 99.992, 98.25, ("99.998 %", "98.31 %")),
        *measures("tanh", 98.01, 0.980117, 0.9801, 0.980099, 6)[1:],
        *measures("relu", 98.25, 0.98252, 0.9825, 0.982501, 6)[1:],
        loss("sigmoid", "sigmoid, training loss", "0.19067 (a batch)", metric="train loss"),
        loss("tanh", "tanh, training loss", "0.00975", "0.0079", "train loss"),
        loss("relu", "relu, training loss", "0.00115", "0.0008", "train loss"),
        loss("sigmoid", "sigmoid, test loss", "0.19846", "0.2002"),
        loss("tanh", "tanh, test loss", "0.06236", "0.0602"),
        loss("relu", "relu, test loss", "0.07572", "0.0659"),
        loss("sigmoid", "sigmoid, test loss at iteration 2000", "≈ 0.5", "0.50", EARLY),
        loss("tanh", "tanh, test loss at iteration 2000", "≈ 0.2", "0.13", EARLY),
        loss("relu", "relu, test loss at iteration 2000", "≈ 0.1", "0.084", EARLY),
    ),
    seconds=300,
    seeds=1,
    illustrations=(
        Illustration("training", "The loss of every batch, and its running mean: figures 10 and 11.",
                     loss_over_iterations("relu", "tanh")),
        Illustration("test", "The test loss every 200 iterations: figures 12 and 13.",
                     loss_over_iterations("relu", "tanh", part="test")),
        Illustration("together", "The test accuracy after each epoch, of all three.",
                     curves_together(*SETTINGS, column="validation_accuracy", ylabel="test accuracy", percent=True)),
        Illustration("confusion", "The confusion matrices that the two metrics tables are made of.",
                     confusion_matrix("tanh", "relu")),
    ),
    findings=findings,
    notes=(
        "Precision, recall and F1 are averages over the classes weighted by their sizes, as in ee6132-confusion.",
        "The report reads its training losses, “converge to …”, from the noisy curves of batches; ours are those of "
        "all 60,000 digits after the last iteration. It reads the test losses at iteration 2000 from its figures too, "
        "and rounds them to one digit.",
        "The report finds that tanh ends with the lower test loss and ReLU with the higher accuracy. There is no "
        "contradiction in it: the loss also counts how sure a network is of its mistakes.",
    ),
)  # fmt: skip
