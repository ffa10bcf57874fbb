"""Question: does momentum with (1 − β) change anything?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..comparison import Row
from ..experiment import Experiment, Illustration, Records
from ..figures import curves_together
from ..training import Training
from .upf import REPORT, training

RATE = 0.001
BETAS = (0.9, 0.99)
FORMS = {"running mean": "ema", "heavy ball": "pytorch"}


def momentum(form: str, beta: float, rate: float) -> Training:
    """The network of upf-2 with momentum at a rate."""
    return training(rate=rate, bias=False, epochs=5000, momentum={"momentum": beta, "form": FORMS[form]})


def plain(rate: float) -> Training:
    """The network of upf-2 without momentum."""
    return training(rate=rate, bias=False, epochs=5000)


def slow(beta: float) -> dict[str, Training]:
    """Both forms whose steps add up to the rate, 0.001."""
    return {
        f"running mean, β = {beta:g}, rate α": momentum("running mean", beta, RATE),
        f"heavy ball, β = {beta:g}, rate (1 − β)α": momentum("heavy ball", beta, round(RATE * (1 - beta), 9)),
    }


def fast(beta: float) -> dict[str, Training]:
    """Both forms whose steps add up to 1/(1 − β) times the rate, and plain steps of that size."""
    large = round(RATE / (1 - beta), 9)
    return {
        f"heavy ball, β = {beta:g}, rate α": momentum("heavy ball", beta, RATE),
        f"running mean, β = {beta:g}, rate α/(1 − β)": momentum("running mean", beta, large),
        f"plain, rate α/(1 − {beta:g})": plain(large),
    }


SLOW = {"plain, rate α": plain(RATE)} | {name: job for beta in BETAS for name, job in slow(beta).items()}
FAST = {name: job for beta in BETAS for name, job in fast(beta).items()}
SETTINGS = SLOW | FAST


def apart(records: Records, first: str, second: str) -> float:
    """The largest difference between the loss curves of two settings, as a share of the loss, over all seeds."""
    found = []
    for one, other in zip(records[first], records[second]):
        curve, against = np.array(one.history["loss"]), np.array(other.history["loss"])
        found.append(float(np.max(np.abs(curve - against) / against)))
    return max(found)


def findings(records: Records) -> Sequence[str]:
    """The answer, in numbers of the records."""
    found = []
    for beta in BETAS:
        mean, ball = slow(beta)
        heavy, large, steps = fast(beta)
        found.append(
            f"β = {beta:g}, matched rates: the loss curves of both forms differ by at most "
            f"{apart(records, mean, ball):.1g} of the loss where their steps add up to α, and by at most "
            f"{apart(records, heavy, large):.1g} where they add up to α/(1 − β)."
        )
        found.append(
            f"β = {beta:g}: the running mean is at most {apart(records, mean, 'plain, rate α'):.1%} from no momentum "
            f"at the same rate α, and the heavy ball at most {apart(records, heavy, steps):.1%} from no momentum at "
            "rate α/(1 − β)."
        )
    ends = {name: np.array([record.metrics["train loss"] for record in records[name]]) for name in SETTINGS}
    found.append(
        "So the form with (1 − β) is the other one at a rate (1 − β) times as large, no more, no less: at the same α "
        "it takes away all that momentum adds to the steps."
    )
    for beta in BETAS:
        heavy, _, steps = fast(beta)
        lower = int((ends[heavy] < 0.9 * ends[steps]).sum())
        found.append(
            f"Is the gain of the heavy ball only its larger steps? With β = {beta:g} its loss ends at "
            f"{ends[heavy].mean():.3f}, plain steps of that size end at {ends[steps].mean():.3f}, and plain steps "
            f"of size α at {ends['plain, rate α'].mean():.3f}; it is lower by a tenth or more than plain steps of its "
            f"size for {lower} of {len(ends[heavy])} seeds."
        )
    return found


EXPERIMENT = Experiment(
    identifier="question-momentum",
    report=f"{REPORT}: a question of exercise 2",
    title="Does momentum with (1 − β) change anything?",
    question="Does v ← βv + (1 − β)αg learn faster with a larger β, or is all of it the size of the steps?",
    settings=SETTINGS,
    quick={name: SETTINGS[name] for name in ("plain, rate α", *slow(0.9))},
    rows=tuple(Row(name, "train loss", f"{name}: loss as a mean", unit="", digits=4) for name in SETTINGS),
    seconds=33,
    seeds=5,
    illustrations=(
        Illustration("slow", "Steps that add up to α = 0.001: five curves, all one.",
                     curves_together(*SLOW, ylabel="cross-entropy, mean")),
        Illustration("fast", "Steps that add up to α/(1 − β): for each β both forms and plain steps of that size.",
                     curves_together(*FAST, log=True, ylabel="cross-entropy, mean")),
    ),
    findings=findings,
    notes=(
        "Let v be the velocity of the running mean and u that of the other form at rate (1 − β)α. Both begin at 0, and "
        "v ← βv + (1 − β)αg is u ← βu + g times (1 − β)α, step after step: the same weights, up to rounding.",
        "A constant gradient g makes u grow to g/(1 − β), and v to αg. So at the same α one form takes steps "
        "1/(1 − β) times as large, ten times with β = 0.9 and a hundred times with 0.99, and the other does not.",
        "Larger steps are not all that a velocity gives: with β = 0.99 it swings, and where it swings out of the "
        "minimum in which plain steps of the same size stay, the loss goes on falling. Both forms do so, at their rate "
        "for it.",
    ),
)  # fmt: skip
