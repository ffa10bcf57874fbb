"""EE6132, figure 9: which digits the baseline takes for which, and what precision, recall and F1 make of that."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..comparison import Difference, Row
from ..experiment import Experiment, Illustration, Records
from ..figures import confusion_matrix
from .ee6132 import BASELINE, DRAW, REPORT, Array, around, shortened

SETTINGS = {"baseline": BASELINE}
QUICK = shortened(BASELINE, epochs=4, batch=8)


def measures(
    setting: str,
    accuracy: float,
    precision: float,
    recall: float,
    f1: float,
    digits: int,
    difference: Difference | None = None,
) -> tuple[Row, ...]:
    """A metrics table of the report: accuracy in percent, the others as shares of 1."""
    return (
        Row(setting, "test accuracy", f"{setting}: accuracy", f"{accuracy:.2f} %", "–", around(accuracy, 0.5),
            difference),
        *(Row(setting, name, f"{setting}: {name}", f"{said:.{digits}f}".rstrip("0"), "–",
              around(100 * said, 0.5), difference, "", digits)
          for name, said in (("precision", precision), ("recall", recall), ("F1", f1))),
    )  # fmt: skip


def confused(matrix: Array, count: int = 4) -> list[tuple[int, int, int]]:
    """The most frequent mistakes: how often which digit was taken for which."""
    wrong = matrix - np.diag(np.diag(matrix))
    places = np.unravel_index(np.argsort(-wrong, axis=None, kind="stable")[:count], wrong.shape)
    return [(int(wrong[true, told]), int(true), int(told)) for true, told in zip(*places)]


def findings(records: Records) -> Sequence[str]:
    """The mistakes that the report speaks of."""
    matrix = np.asarray(records["baseline"][0].evidence["confusion"])
    spoken = ", ".join(f"{true} taken for {told} {count} times" for count, true, told in confused(matrix))
    both = int(matrix[4, 9] + matrix[9, 4])
    return (
        f"The most frequent mistakes: {spoken}. 4 and 9, the report's example, are confused {both} times both ways "
        f"together, of {int(matrix.sum() - np.trace(matrix))} mistakes.",
    )


EXPERIMENT = Experiment(
    identifier="ee6132-confusion",
    report=f"{REPORT}, figure 9 and the metrics of section 3.1.3",
    title="Confusion matrix of the baseline",
    question="Which digits does the baseline, sigmoid at rate 0.1, take for which?",
    settings=SETTINGS,
    quick={"baseline": QUICK},
    rows=measures("baseline", 93.87, 0.93971, 0.9387, 0.93855, 5, DRAW),
    seconds=100,
    seeds=1,
    illustrations=(
        Illustration("matrix", "The 10,000 test digits by true class (rows) and predicted class (columns): figure 9.",
                     confusion_matrix("baseline")),
    ),
    findings=findings,
    notes=(
        "The report does not say how it averages over the ten classes. In each of its tables recall equals accuracy, "
        "which is so exactly if each class counts by its size: precision, recall and F1 are such weighted averages.",
        "For the same reason its finding that sigmoid has “higher precision than recall by 0.001” says little about "
        "the network: the weighted recall is the accuracy, and the weighted precision lies a little above it whenever "
        "mistakes are spread unevenly.",
    ),
)  # fmt: skip
