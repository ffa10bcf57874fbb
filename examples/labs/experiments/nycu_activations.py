"""NYCU: no activation, tanh and ReLU, each at two rates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ..comparison import Difference, Row, Within
from ..experiment import Experiment, Illustration, Records
from ..figures import classifier, loss_over_iterations, spread_over_seeds
from .nycu import REPORT, training

EPOCHS = 300
SETTINGS = {
    "sigmoid, rate 0.3": training(0.3, epochs=EPOCHS),
    "none, rate 0.3": training(0.3, activation="linear", epochs=EPOCHS),
    "none, rate 0.01": training(0.01, activation="linear", epochs=EPOCHS),
    "tanh, rate 0.3": training(0.3, activation="tanh", epochs=EPOCHS),
    "tanh, rate 0.01": training(0.01, activation="tanh", epochs=EPOCHS),
    "tanh, rate 3": training(3.0, activation="tanh", epochs=EPOCHS),
    "ReLU, rate 0.3": training(0.3, activation="relu", epochs=EPOCHS),
    "ReLU, rate 0.01": training(0.01, activation="relu", epochs=EPOCHS),
}
OVERFLOW = Difference(
    "the report's slip",
    "Not underflow: without an activation nothing bounds the outputs, each step at rate 0.3 overshoots by more than "
    "it corrects, and the weights leave the range of floating point within a few steps. At 0.01 nothing of the kind "
    "happens.",
    ("nycu-activations", "none, rate 0.01"),
)
UNDEFINED = Difference(
    "a detail that the report leaves out",
    "What its “normalization” in place of the sigmoid computes is not said. Without an activation and with a rate that "
    "is small enough the network is a linear one, which is what this data needs.",
    ("nycu-activations", "none, rate 0.01"),
)
CONSTANT = Difference(
    "a detail that the report leaves out",
    "The report's 49 % and 51 % add up to 100: both look like one answer for all points of one test set. With "
    "tanh that takes a larger step than ours at 0.3; at rate 3 it comes, class 1 for every point, "
    "where a dead ReLU says class 0.",
    ("nycu-activations", "tanh, rate 3"),
)
DEAD = Difference(
    "a detail that the report leaves out",
    "An output neuron of ReLU that is 0 for every point has no gradient: whether it dies is decided by how the weights "
    "begin. At 0.3 it dies for more seeds.",
    ("nycu-activations", "ReLU, rate 0.3"),
)


def findings(records: Records) -> Sequence[str]:
    """What diverges and when; what gives one answer for all points, and what that is right about."""

    def metrics(setting: str, metric: str) -> npt.NDArray[np.float64]:
        return np.array([record.metrics[metric] for record in records[setting]])

    steps, exploded = metrics("none, rate 0.3", "steps"), metrics("none, rate 0.3", "diverged")
    linear = metrics("none, rate 0.01", "test accuracy")
    found = [
        f"Without an activation at rate 0.3, the loss is not finite any more after {steps.min():.0f} to "
        f"{steps.max():.0f} steps, for {exploded.sum():.0f} of {len(exploded)} seeds; `nn.fit` stops there and says "
        f"so. At 0.01 none of it: {linear.mean():.1%} ({linear.min():.0%} to {linear.max():.0%}).",
    ]
    both = [
        (tanh.metrics["test accuracy"], relu.metrics["test accuracy"])
        for tanh, relu in zip(records["tanh, rate 3"], records["ReLU, rate 0.3"])
        if tanh.metrics["constant"] and relu.metrics["constant"]
    ]
    if both:
        found.append(
            "The report's 49 % and 51 % add up to 100. So do ours where both give one answer, tanh at rate 3 and ReLU "
            "at 0.3 on the same test points: " + ", ".join(f"{one:.0%} + {other:.0%}" for one, other in both) + "."
        )
    for name in ("tanh, rate 0.3", "tanh, rate 3", "tanh, rate 0.01", "ReLU, rate 0.3", "ReLU, rate 0.01"):
        constant = metrics(name, "constant") == 1
        accuracy = metrics(name, "test accuracy")
        one = ", ".join(f"{value:.0%}" for value in accuracy[constant])
        others = accuracy[~constant]
        found.append(
            f"{name}: one answer for all points for {constant.sum()} of {len(constant)} seeds"
            + (f" (right about {one})" if one else "")
            + (f"; the others reach {others.mean():.1%}." if len(others) else ".")
        )
    return found


EXPERIMENT = Experiment(
    identifier="nycu-activations",
    report=f"{REPORT}, discussion and extra",
    title="No activation, tanh, ReLU",
    question="Why NaN without an activation, and about half of the points with tanh and ReLU at rate 0.3?",
    settings=SETTINGS,
    quick={"none, rate 0.3": SETTINGS["none, rate 0.3"], "ReLU, rate 0.3": training(0.3, activation="relu", epochs=20)},
    rows=(
        Row("sigmoid, rate 0.3", "test accuracy", "sigmoid, rate 0.3, 300 epochs", "96 %", "–", Within(0.93, 1.0)),
        Row("none, rate 0.3", "diverged", "none, rate 0.3: diverged", "NaN, by “underflow”", "overflow",
            None, OVERFLOW, "", 0),
        Row("none, rate 0.3", "steps", "none, rate 0.3: steps until the loss is not finite", "–", "–", unit="",
            digits=0),
        Row("none, rate 0.01", "test accuracy", "none, rate 0.01", "86 % after “normalization”", "95–100 %",
            None, UNDEFINED),
        Row("tanh, rate 0.3", "test accuracy", "tanh, rate 0.3", "49 %", "93–100 %", Within(0.4, 0.6), CONSTANT),
        Row("tanh, rate 0.3", "constant", "tanh, rate 0.3: one answer for all points", digits=0),
        Row("tanh, rate 3", "test accuracy", "not in the report: tanh, rate 3"),
        Row("tanh, rate 3", "constant", "tanh, rate 3: one answer for all points", digits=0),
        Row("tanh, rate 0.01", "test accuracy", "tanh, rate 0.01", "99 %", "98–100 %", Within(0.95, 1.0)),
        Row("ReLU, rate 0.3", "test accuracy", "ReLU, rate 0.3", "51 %", "a class's share, 6 of 6", Within(0.38, 0.62)),
        Row("ReLU, rate 0.3", "constant", "ReLU, rate 0.3: one answer for all points", "–", "6 of 6", digits=0),
        Row("ReLU, rate 0.01", "test accuracy", "ReLU, rate 0.01", "96 %", "dead for 3 of 6, else 96–100 %",
            Within(0.94, 1.0), DEAD),
        Row("ReLU, rate 0.01", "constant", "ReLU, rate 0.01: one answer for all points", "–", "3 of 6", digits=0),
    ),
    seconds=50,
    seeds=5,
    illustrations=(
        Illustration("diverging", "Without an activation: the loss of each step, at rate 0.3 until it is not finite.",
                     loss_over_iterations("none, rate 0.3", "none, rate 0.01", log=True)),
        Illustration("spread", "The test accuracy of every seed.", spread_over_seeds()),
        Illustration("boundaries", "What the networks have made of the plane.",
                     classifier({name: SETTINGS[name] for name in ("sigmoid, rate 0.3", "tanh, rate 0.3",
                                                                   "tanh, rate 0.01", "ReLU, rate 0.01")})),
    ),
    findings=findings,
    notes=(
        "The report replaces the activation everywhere, in the output too, and so do we. A run whose loss is not "
        "finite is a record like any other: it has the metrics of the weights before that step, and the step.",
        "An output of ReLU, max(0, z), with z below 0 for all points is 0, and so is its derivative: nothing moves any "
        "more, and class 0 is the answer for every point. Its half squared error is half the share of class 1. "
        "An output of tanh far above 0 is 1, its derivative 1 − 1² all but 0, and class 1 the answer. So one of the "
        "two is right about the share of class 0, the other about the rest.",
        "300 epochs, point by point: as many as the comparison needs. “Strangely, this did not appear in sigmoid”: its "
        "derivative is at most 1/4, four times less than that of the others at 0, and it lies between the two classes.",
    ),
)  # fmt: skip
