"""TNM112, task 3: weights and biases by hand, so that the boundary is x₂ = 1 − x₁."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..comparison import Row, Within
from ..experiment import Experiment, Illustration, Records
from ..figures import over_numbers, regions
from ..mlp import ByHand
from .tnm112 import CLOUDS, REPORT

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def scaled(c: float) -> ByHand:
    """Scores that differ by c (x₁ + x₂ − 1); c = 1 is what both reports derive."""
    return ByHand(CLOUDS, ((c, c), (0.0, 0.0)), (0.0, c))


FACTORS = (1, 3, 10, 33, 100)
SETTINGS = {
    "001, wrong labels": ByHand(CLOUDS, ((1.0, 1.0), (0.0, 0.0)), (0.0, 1.0)),
    "001, rows swapped": ByHand(CLOUDS, ((0.0, 0.0), (1.0, 1.0)), (1.0, 0.0)),
    **{f"c = {sign}{c}": scaled(float(f"{sign}{c}")) for sign in ("", "-") for c in FACTORS},
}
ON_THE_LINE = Within(0.0, 0.0005)


def boundaries(records: Records) -> Figure:
    """Report 001's figure 4."""
    names = ("001, wrong labels", "001, rows swapped")
    test = CLOUDS.split(records[names[0]][0].seed).test
    return regions({name: (SETTINGS[name].network().feedforward_rows, test) for name in names})


EXPERIMENT = Experiment(
    identifier="tnm112-3",
    report=f"{REPORT}, task 3",
    title="A boundary by hand",
    question="Which weights and biases separate the two clouds at x₂ = 1 − x₁, and is there one answer only?",
    settings=SETTINGS,
    quick={name: SETTINGS[name] for name in ("001, wrong labels", "001, rows swapped")},
    rows=(
        Row("001, wrong labels", "test loss", "001's first, loss", "0.3406 (001)", "0.339–0.343",
            Within(0.3306, 0.3506), None, "", 4),
        Row("001, wrong labels", "test accuracy", "001's first, accuracy", "1 % (001)", "0.4–1.2 %", Within(0.0, 0.02)),
        Row("001, rows swapped", "test loss", "001, rows swapped, loss", "0.1754 (001)", "0.174–0.177",
            Within(0.1654, 0.1854), None, "", 4),
        Row("001, rows swapped", "test accuracy", "001, rows swapped, accuracy", "99 % (001)", "98.8–99.6 %",
            Within(0.98, 1.0)),
        *(Row(f"c = {c}", "test loss", f"loss for c = {c}", unit="", digits=4) for c in (3, 33, -3, -33, -100)),
        *(Row(f"c = {c}", "off the line", f"share of the plane off the line for c = {c}", "0", "0", ON_THE_LINE)
          for c in (1, 33, -1, -33)),
    ),
    seconds=0.5,
    seeds=10,
    illustrations=(
        Illustration("boundaries", "The same line with both labels: report 001's figure 4.", boundaries),
        Illustration("loss", "The boundary is the same for every c, and the loss is not. Beyond |c| = 33, where the "
                     "scores are the clouds' true log-odds, a network with the right labels is surer than it may be.",
                     over_numbers({
                         "right labels, c < 0": {f"c = -{c}": c for c in FACTORS},
                         "wrong labels, c > 0": {f"c = {c}": c for c in FACTORS},
                     }, metric="test loss", xlabel="|c|", log=True)),
    ),
    notes=(
        "The scores of the two classes are equal on x₂ = 1 − x₁ if w₁₁ − w₂₁ = w₁₂ − w₂₂ = c and b₁ − b₂ = −c. Both "
        "reports ask for c = 1, which is one choice among infinitely many, as 000 says. Its sign is not free: with "
        "c > 0 the first class wins where x₁ + x₂ > 1, and the first cloud lies on the other side. So both derive the "
        "wrong labels; swapping the rows, as 001 does, or changing all signs, as 000 proposes, makes c = −1.",
        "c does not move the boundary, and it decides how sure the network is, and with it the loss. The clouds are "
        "normal with the same deviation σ = 0.1 and their centres (1/3, 1/3) apart, so that the true log-odds are "
        "(x₁ + x₂ − 1)/(3 σ²): c = −33.3. There the loss is least, for weights that nobody would guess; task 1.1 is on "
        "its way there when its four epochs end.",
        "Report 001's 1.00 % and 99.00 % are shares printed with two digits, 0.01 and 0.99. What report 000 writes as "
        "“x^2 = 1−x” is x₂ = 1 − x₁.",
    ),
)  # fmt: skip
