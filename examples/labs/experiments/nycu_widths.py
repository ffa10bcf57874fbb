"""NYCU: the number of hidden units."""

from __future__ import annotations

from ..comparison import Row, Within
from ..experiment import Experiment, Illustration
from ..figures import curves_together, over_numbers
from .nycu import REPORT, training

WIDTHS = (4, 8, 16, 32, 64)
SETTINGS = {f"{width} units": training(hidden=(width, width), epochs=500) for width in WIDTHS}

EXPERIMENT = Experiment(
    identifier="nycu-widths",
    report=f"{REPORT}, discussion",
    title="Hidden units",
    question="Does the accuracy change with 8, 16, 32 or 64 units in place of 4?",
    settings=SETTINGS,
    quick={"4 units": training(epochs=20)},
    rows=tuple(
        Row(f"{width} units", "test accuracy", f"{width} units in each hidden layer",
            "96 %" if width == 4 else "unchanged", "–" if width == 4 else "96–100 %", Within(0.93, 1.0))
        for width in WIDTHS
    ),
    seconds=65,
    seeds=5,
    illustrations=(
        Illustration("curves", "The loss over 500 epochs.", curves_together(log=True, ylabel="error")),
        Illustration("widths", "The test accuracy: mean and range of the seeds.",
                     over_numbers({"test accuracy": {f"{width} units": width for width in WIDTHS}},
                                  xlabel="units in each hidden layer", percent=True)),
    ),
    notes=("500 epochs, point by point at rate 0.3, in place of the report's 15,000: by then every width has "
           "learned its training points, and more epochs are spent on their outputs' last digits.",),
)  # fmt: skip
