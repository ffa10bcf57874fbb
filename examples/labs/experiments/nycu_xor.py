"""NYCU: the same perceptron on the XOR set, which the lab wants and the report leaves out."""

from __future__ import annotations

from collections.abc import Sequence

from ..comparison import Row, Within
from ..experiment import Experiment, Illustration, Records
from ..figures import classifier, spread_over_seeds, truth_and_prediction
from .nycu import PRINTED, REPORT, XOR, training
from .nycu_figures import learning_curve, listing

SETTINGS = {
    "rate 1": training(1.0, data=XOR),
    "rate 0.3": training(0.3, data=XOR),
    "no activation, rate 0.01": training(0.01, data=XOR, activation="linear", epochs=1000),
}


def findings(records: Records) -> Sequence[str]:
    """How many seeds learn all 21 points."""
    whole = {name: [record.metrics["test accuracy"] == 1.0 for record in records[name]] for name in SETTINGS}
    return (
        "All 21 points are learned by "
        + ", ".join(f"{sum(right)} of {len(right)} seeds ({name})" for name, right in whole.items())
        + ". A rate of 0.3 is enough for most, and too slow for a few in 15,000 epochs.",
    )


EXPERIMENT = Experiment(
    identifier="nycu-xor",
    report=f"{REPORT}, the lab's second set",
    title="The XOR set",
    question="Does the same network learn two crossing lines, which no straight line separates?",
    settings=SETTINGS,
    quick={"no activation, rate 0.01": SETTINGS["no activation, rate 0.01"]},
    rows=(
        Row("rate 1", "test accuracy", "rate 1, 15,000 epochs point by point", "– (others 100 %)", "100 %",
            Within(1.0, 1.0)),
        Row("rate 0.3", "test accuracy", "rate 0.3, the same", "–", "100 % for about 17 of 20 seeds",
            Within(1.0, 1.0, 0.6)),
        Row("no activation, rate 0.01", "test accuracy", "no activation, 1,000 epochs", "– (others 33 %)", "–",
            Within(0.2, 0.7)),
    ),
    seconds=145,
    seeds=5,
    illustrations=(
        Illustration("listing", "The error log, and the points one by one.", listing("rate 1", PRINTED, XOR)),
        Illustration("truth", "Ground truth and prediction, 0 red and 1 blue.",
                     truth_and_prediction({name: SETTINGS[name] for name in ("rate 1", "no activation, rate 0.01")})),
        Illustration("curve", "The learning curves.", learning_curve("rate 1", "rate 0.3")),
        Illustration("boundary", "How sure the network is of class 1.",
                     classifier({name: SETTINGS[name] for name in ("rate 1", "rate 0.3")}, probability=True)),
        Illustration("spread", "The accuracy of every seed.", spread_over_seeds()),
    ),
    findings=findings,
    notes=("The report shows the linear set only; its network is the one above. The 21 points are trained with and "
           "tested with: there are no others.",),
)  # fmt: skip
