"""NYCU: Adam in place of plain gradient descent."""

from __future__ import annotations

from ..comparison import Difference, Row, Within
from ..experiment import Experiment, Illustration
from ..figures import classifier, spread_over_seeds
from .nycu import FULL, REPORT, adam, training
from .nycu_figures import learning_curve

FEW = 300
SETTINGS = {
    "full batch, rate 0.3": training(optimizer=adam(0.3), batch_size=FULL),
    "batches of 10, rate 0.3": training(optimizer=adam(0.3), batch_size=10, epochs=1000),
    "per sample, rate 0.3": training(optimizer=adam(0.3), epochs=FEW),
    "per sample, rate 0.01": training(optimizer=adam(0.01), epochs=FEW),
    "SGD, full batch, rate 0.3": training(batch_size=FULL),
}
COLLAPSES = Difference(
    "a detail that the report leaves out",
    "Adam's steps have the size of the rate, whatever the gradient's. Point by point at 0.3 they go on for ever "
    "and may saturate every neuron; all points at once, or a smaller rate, and they do not.",
    ("nycu-adam", "per sample, rate 0.01"),
)

EXPERIMENT = Experiment(
    identifier="nycu-adam",
    report=f"{REPORT}, extra",
    title="Adam",
    question="Is Adam at rate 0.3 better by two points?",
    settings=SETTINGS,
    quick={"full batch, rate 0.3": training(optimizer=adam(0.3), batch_size=FULL, epochs=500)},
    rows=(
        Row("full batch, rate 0.3", "test accuracy", "Adam, all points at once, rate 0.3", "98 % (batch not said)",
            "93–100 %", Within(0.93, 1.0)),
        Row("batches of 10, rate 0.3", "test accuracy", "Adam, 10 points at once, rate 0.3", "98 % (batch not said)",
            "–", Within(0.93, 1.0), COLLAPSES),
        Row("per sample, rate 0.3", "test accuracy", "Adam, point by point, rate 0.3", "98 % (batch not said)",
            "collapses for 2 of 4", Within(0.93, 1.0), COLLAPSES),
        Row("per sample, rate 0.3", "constant", "the same: one answer for all points", digits=0),
        Row("per sample, rate 0.01", "test accuracy", "Adam, point by point, rate 0.01", "–", "–", Within(0.93, 1.0)),
        Row("SGD, full batch, rate 0.3", "test accuracy", "plain descent, all points at once, rate 0.3", "96 %",
            "97–100 %", Within(0.93, 1.0)),
    ),
    seconds=35,
    seeds=5,
    illustrations=(
        Illustration("curves", "The error over the epochs. Adam's scale is its own: it does not slow down where "
                     "gradients are small.", learning_curve(*SETTINGS)),
        Illustration("spread", "The test accuracy of every seed.", spread_over_seeds()),
        Illustration("boundary", "How sure the network is of class 1.",
                     classifier({"full batch, rate 0.3": SETTINGS["full batch, rate 0.3"]}, probability=True)),
    ),
    notes=(
        "The report's 98 beside its 96 are two points of a hundred. Seeds differ by as much with the same optimizer.",
        "All points at once for the report's 15,000 epochs; point by point for 300, which is 30,000 steps.",
    ),
)  # fmt: skip
