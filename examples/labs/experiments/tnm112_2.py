"""TNM112, task 2: an own feed-forward and `evaluate`, from the weights and biases of the trained network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..comparison import Row, Within
from ..configuration import Initial
from ..experiment import Experiment, Illustration, Records
from ..figures import regions
from ..mlp import Handed
from .tnm112 import REPORT, RING, training
from .tnm112_1_4 import ADAM, GLOROT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SETTINGS = {
    "five classes": Handed(GLOROT),
    "two classes": Handed(
        training(RING, (50,) * 10, initial=Initial("glorot_normal"), optimizer=ADAM, epochs=20, batch_size=16)
    ),
    "sigmoid": Handed(training(RING, (5,), "sigmoid", epochs=20, batch_size=16)),
    "linear": Handed(training(RING, (5,), "linear", epochs=20, batch_size=16)),
}
EXACT = Within(0.0, 0.0)


def boundaries(records: Records) -> Figure:
    """The trained network's regions beside those of the own one."""
    record = records["five classes"][0]
    job = SETTINGS["five classes"]
    trained, own = job.networks(record.seed, record.evidence)
    samples = job.training.data.split(record.seed).test
    return regions({"the trained network": (trained, samples), "the own feed-forward": (own.feedforward_rows, samples)})


def same(setting: str, loss: str = "–", accuracy: str = "–") -> tuple[Row, ...]:
    """What the two networks say, and that it is the same."""
    return (
        Row(setting, "test loss", f"{setting}: loss, trained", loss, unit="", digits=4),
        Row(setting, "own test loss", f"{setting}: loss, own", loss, unit="", digits=4),
        Row(setting, "test accuracy", f"{setting}: accuracy, trained", accuracy),
        Row(setting, "own test accuracy", f"{setting}: accuracy, own", accuracy.replace("95.31", "95.00")),
        Row(setting, "loss difference", f"{setting}: losses apart by", "0.0000", "0", Within(0.0, 1e-6), None, "", 9),
        Row(setting, "largest difference", f"{setting}: a probability, point by point, apart by", "–", "–",
            Within(0.0, 1e-5), None, "", 9),
        Row(setting, "rows that differ", f"{setting}: points apart in any bit, all at once", "–", "0",
            EXACT, None, "", 0),
    )  # fmt: skip


EXPERIMENT = Experiment(
    identifier="tnm112-2",
    report=f"{REPORT}, task 2",
    title="Own feed-forward and evaluate",
    question="Does a feed-forward written by hand, given the trained network's weights and biases, say what it says?",
    settings=SETTINGS,
    quick={"sigmoid": SETTINGS["sigmoid"]},
    rows=(
        *same("five classes", "0.0153 (001)", "95.31 % (001)"),
        Row("five classes", "regions that differ", "five classes: share of the plane with another class",
            "“no difference” (001, figure 3)", "–", Within(0.0, 0.0005)),
        Row("five classes", "parameters", "five classes: weights and biases", "–", "23355", Within(23355, 23355), None,
            "", 0),
        Row("two classes", "parameters", "two classes: weights and biases", "–", "23202", Within(23202, 23202), None,
            "", 0),
        *(row for setting in ("two classes", "sigmoid", "linear") for row in same(setting)),
    ),
    seconds=18,
    illustrations=(
        Illustration("boundaries", "The trained network and the own one divide the plane in the same way: report 001's "
                     "figure 3.", boundaries),
    ),
    notes=(
        "The own network is the lab's skeleton as the reports filled it: a matrix (outputs, inputs) and a column of "
        "biases for each layer, the points one after the other. It is held against the network that `nn` trained. "
        "Point by point the sums are made in another order than for many points at once, so that the last bits of "
        "float32 differ. Written for all points at once, as h Wᵀ + bᵀ in batches of the same size, no bit differs.",
        "Report 001 gives 95.31 % for Keras and 95.00 % for its own network, and its figure 3 shows that they agree. "
        "They do: its `evaluate` prints the share of 1 with two digits, 0.95.",
        "Slips of the listings. 001: `(…)2` is `(…)**2`, twice; a `)` of the line `def feedforward` ended up in its "
        "comment; `importlib` is used and not imported; a comment has lost its sign. Both: the softmax sums along the "
        "first axis, which is right for one point as a column only, and 000 does not subtract the largest entry, so "
        "that large ones overflow. 000: its equation 1 does not divide by the number of classes K, as Keras does, "
        "so that its loss is K times as large.",
    ),
)  # fmt: skip
