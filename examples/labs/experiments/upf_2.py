"""UPF, exercise 2: momentum, as the report writes it and as its plot must have been made."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ..comparison import Difference, Row
from ..experiment import Experiment, Illustration, Records
from ..figures import curves_together, over_numbers
from ..training import Training
from .upf import REPORT, training

BETAS = (0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.99)
FORMS = {"running mean": "ema", "heavy ball": "pytorch"}


def momentum(beta: float, form: str) -> Training:
    """Exercise 1's cross-entropy without biases, as the lab's skeleton has it, with momentum at rate 0.001."""
    return training(rate=0.001, bias=False, epochs=5000, momentum={"momentum": beta, "form": form})


SETTINGS = {"β = 0": training(rate=0.001, bias=False, epochs=5000)} | {
    f"{words}, β = {beta:g}": momentum(beta, form) for words, form in FORMS.items() for beta in BETAS
}
FORM = Difference(
    "the report's slip",
    "With the (1 − β) of the report's formula the curves of all β lie on each other. Those that it describes come of "
    "the form without it, in which the steps grow to 1/(1 − β) times their size.",
    ("upf-2", "heavy ball, β = 0.9"),
)


def rises(losses: npt.NDArray[np.float32]) -> int:
    """How many steps have made the loss larger."""
    return int((np.diff(losses) > 0).sum())


def findings(records: Records) -> Sequence[str]:
    """How far β moves the end of the training in either form, and where it becomes rough."""
    found = []
    for words in FORMS:
        ends = {
            beta: np.array([record.metrics["train loss"] for record in records[name]])
            for beta, name in [(0.0, "β = 0"), *((beta, f"{words}, β = {beta:g}") for beta in BETAS)]
        }
        apart = max(np.ptp([losses[seed] for losses in ends.values()]) for seed in range(len(ends[0.0])))
        means = ", ".join(f"{losses.mean():.4f} (β = {beta:g})" for beta, losses in ends.items())
        found.append(
            f"{words.capitalize()}: the loss ends at {means}; between two β of one seed, at most {apart:.3g} apart."
        )
    rough = {
        beta: [rises(r.evidence["step losses"]["loss"]) for r in records[f"heavy ball, β = {beta:g}"]] for beta in BETAS
    }
    found.append(
        "Steps that raise the loss, of 5,000, as a mean over the seeds, heavy ball: "
        + ", ".join(f"{np.mean(counts):.0f} (β = {beta:g})" for beta, counts in rough.items())
        + "."
    )
    return found


EXPERIMENT = Experiment(
    identifier="upf-2",
    report=f"{REPORT}, exercise 2",
    title="Momentum in two forms",
    question="Does a larger β make the loss fall faster, and roughly above 0.9, with the formula of the report?",
    settings=SETTINGS,
    quick={name: SETTINGS[name] for name in ("β = 0", "running mean, β = 0.9", "heavy ball, β = 0.9")},
    rows=(
        Row("β = 0", "train loss", "no momentum: loss as a mean", "the slowest", "0.333", unit="", digits=4),
        *(
            Row(f"running mean, β = {beta:g}", "train loss", f"v ← βv + (1 − β)αg, β = {beta:g}",
                "faster the larger β" if beta <= 0.9 else "fast, not smooth", "0.333", None, FORM, "", 4)
            for beta in BETAS
        ),
        *(
            Row(f"heavy ball, β = {beta:g}", "train loss", f"v ← βv + αg, β = {beta:g}",
                "faster the larger β" if beta <= 0.9 else "fast, not smooth",
                {0.9: "0.3285", 0.99: "0.126"}.get(beta, "–"), unit="", digits=4)
            for beta in BETAS
        ),
    ),
    seconds=45,
    seeds=5,
    illustrations=(
        Illustration("heavy-ball", "v ← βv + αg: the larger β, the faster, and rough at 0.99. The report's figure 5.",
                     curves_together("β = 0", *(f"heavy ball, β = {beta:g}" for beta in BETAS), log=True,
                                     ylabel="cross-entropy, mean")),
        Illustration("running-mean", "v ← βv + (1 − β)αg, the report's formula: eight curves, all one.",
                     curves_together("β = 0", *(f"running mean, β = {beta:g}" for beta in BETAS), log=True,
                                     ylabel="cross-entropy, mean")),
        Illustration("ends", "The loss after 5,000 steps over 1 − β: mean and range of the seeds.", over_numbers({
            words: {f"{words}, β = {beta:g}": round(1 - beta, 2) for beta in BETAS} for words in FORMS
        }, metric="train loss", xlabel="1 − β", log=True)),
    ),
    findings=findings,
    notes=(
        "The report's formula is a running mean of gradients, v ← βv + (1 − β)αg, and the update after it, W ← W − v, "
        "is not written. Its text describes what the other form does, v ← βv + αg.",
        "The values of β were in the figure, which is lost. We take 0, 0.2, 0.4, 0.6, 0.8 and 0.9, and 0.95 and 0.99 "
        "above the 0.9 that the text speaks of; the rate is the report's 0.001, the 5,000 epochs and the "
        "network without biases are the lab's.",
        "See question-momentum for the reason, measured at the same effective rate.",
    ),
)  # fmt: skip
