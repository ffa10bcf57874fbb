"""Question: which of the two learning-rate settings that report 001 lists gave its 95.08 %?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nn.plot import style

from ... import pictures
from ..comparison import Row, Within
from ..experiment import Experiment, Illustration, Records
from ..figures import curves_together
from .tnm112 import CONSTANT, DECAYING, REPORT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = npt.NDArray[Any]
SETTINGS = {"constant 0.06": CONSTANT, "decay from 0.1": DECAYING}
#: What the report has: 95.08 %, which is 2434 of 2560 test points, and a mean squared error.
REPORTED = {"test accuracy": 2434 / 2560, "test loss": 0.0152}
#: From such a ratio of likelihoods on, the evidence is called strong (H. Jeffreys, "Theory of probability", 1961).
STRONG = 10.0


def likelihood(value: float, values: Array) -> float:
    """How likely one more run gives a value, after those seen: Student's t about their mean.

    It is the predictive distribution of a normal one of unknown mean and deviation (Gelman et al., "Bayesian data
    analysis", 2013, section 3.2).
    """
    n = len(values)
    scale = float(values.std(ddof=1)) * math.sqrt(1 + 1 / n)
    t = (value - float(values.mean())) / scale
    constant = math.lgamma(n / 2) - math.lgamma((n - 1) / 2) - math.log((n - 1) * math.pi) / 2 - math.log(scale)
    return math.exp(constant - n / 2 * math.log1p(t * t / (n - 1)))


def ratio(value: float, first: Array, second: Array) -> tuple[float, float, float]:
    """How much likelier the first setting gives a value than the second, and a 95 % interval of that.

    The interval is the bootstrap's (Efron, 1979): the same of 2000 draws of the runs, with replacement.
    """
    rng = np.random.default_rng(0)
    drawn = [
        likelihood(value, rng.choice(first, len(first))) / likelihood(value, rng.choice(second, len(second)))
        for _ in range(2000)
    ]
    low, high = np.quantile(drawn, (0.025, 0.975))
    return likelihood(value, first) / likelihood(value, second), float(low), float(high)


def permutation(first: Array, second: Array) -> float:
    """How often the means lie as far apart if runs are told to belong to a setting at random (Fisher, 1935)."""
    rng, both = np.random.default_rng(0), np.concatenate([first, second])
    shuffled = rng.permuted(np.tile(both, (20_000, 1)), axis=1)
    apart = np.abs(shuffled[:, : len(first)].mean(1) - shuffled[:, len(first) :].mean(1))
    return float((1 + np.sum(apart >= abs(first.mean() - second.mean()) - 1e-12)) / (1 + len(apart)))


def values(records: Records, setting: str, metric: str) -> Array:
    """One number for each seed."""
    return np.array([record.metrics[metric] for record in records[setting]])


def findings(records: Records) -> Sequence[str]:
    """The answer, in numbers of the records."""
    names = tuple(SETTINGS)
    first, second = (values(records, name, "test accuracy") for name in names)
    if min(len(first), len(second)) < 3:
        return ()
    found = {metric: ratio(told, *(values(records, name, metric) for name in names))
             for metric, told in REPORTED.items()}  # fmt: skip
    told = REPORTED["test accuracy"]
    middles = [middle for middle, *_ in found.values()]
    verdict = "It cannot be told: one result is one draw, and neither setting makes it much likelier than the other."
    for name, likely in zip(names, (min(middles), 1 / max(middles))):
        if likely >= STRONG:
            verdict = f"In all likelihood the {name}."
    reach = " and ".join(
        f"{np.sum(each >= told)} of {len(each)} ({name})" for name, each in zip(names, (first, second))
    )
    late = " and ".join(f"{late_share(records, name, told):.0%} ({name})" for name in names)
    likelier = {
        metric: f"{middle:.2f} times (95 % interval {low:.2f} to {high:.2f})"
        for metric, (middle, low, high) in found.items()
    }
    return (
        f"{verdict} With the constant rate, an accuracy of 95.08 % is {likelier['test accuracy']} as likely as with "
        f"the decay, and a loss of 0.0152 {likelier['test loss']}. Strong evidence would be {STRONG:.0f} times, or a "
        "tenth.",
        f"The settings themselves: {first.mean():.2%} ± {100 * first.std(ddof=1):.2f} with the constant rate, "
        f"{second.mean():.2%} ± {100 * second.std(ddof=1):.2f} with the decay. Means so far apart, or farther, come "
        f"in {permutation(first, second):.1%} of random divisions of the runs in two.",
        f"95.08 % or more is reached by {reach} at the end; in the last twenty epochs, by {late} of all epochs. "
        "Whoever stops at a good one, or trains more than once, is likelier to report it.",
    )


def late_share(records: Records, setting: str, told: float, epochs: int = 20) -> float:
    """The share of the last epochs whose test accuracy was as high."""
    return float(np.mean([np.array(r.history["validation_accuracy"][-epochs:]) >= told for r in records[setting]]))


def histogram(records: Records) -> Figure:
    """How the accuracies of both settings are distributed, and where the report's stands."""
    found = {name: 100 * values(records, name, "test accuracy") for name in SETTINGS if records.get(name)}
    together = np.concatenate(list(found.values()))
    edges = np.linspace(np.floor(together.min() * 2) / 2, np.ceil(max(together.max(), 95.1) * 2) / 2, 25)
    with pictures.styled():
        picture = pictures.figure(9.0, 4.6)
        panels = picture.subplots(len(found), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
        for (name, each), axes, colour in zip(found.items(), panels, (style.BLUE, style.GREEN)):
            axes.hist(each, edges, color=colour, alpha=0.75)
            axes.axvline(100 * REPORTED["test accuracy"], color=style.RED, linestyle="--", linewidth=1.6)
            axes.set_title(f"{name}: {each.mean():.2f} ± {each.std(ddof=1) if len(each) > 1 else 0:.2f} %")
            axes.set_ylabel(f"of {len(each)} seeds")
            axes.grid(True, axis="y")
        axes.set_xlabel("test accuracy (%); the dashed line is the report's 95.08 %")
    return picture


EXPERIMENT = Experiment(
    identifier="question-rate",
    report=f"{REPORT}: a question of report 001, task 1.3",
    title="Which rate gave 95.08 %?",
    question="Report 001 lists a constant rate of 0.06 and an exponential decay from 0.1: which gave its result?",
    settings=SETTINGS,
    rows=(
        Row("constant 0.06", "test accuracy", "constant rate 0.06", "95.08 %, this or the next", "93.5–95.3 %",
            Within(0.92, 0.97, 0.9)),
        Row("constant 0.06", "test loss", "constant, loss", "0.0152, this or the next", unit="", digits=4),
        Row("decay from 0.1", "test accuracy", "rate 0.1 · 0.96^(step/5000)", "95.08 %, this or the one above",
            "93.3–94.9 %", Within(0.92, 0.97, 0.9)),
        Row("decay from 0.1", "test loss", "decay, loss", "0.0152, this or the one above", unit="", digits=4),
    ),
    seconds=26,
    seeds=30,
    illustrations=(
        Illustration("histogram", "Test accuracies of thirty seeds with each setting.", histogram),
        Illustration("curves", "The test accuracy over the epochs, mean and range of all seeds.",
                     curves_together(column="validation_accuracy", ylabel="test accuracy", percent=True, seed=None)),
    ),
    findings=findings,
    notes=(
        "The report lists both settings before its result, and praises the decay after it, which speaks for the decay. "
        "Its number does not.",
        "The decay is a slow one: after 100 epochs of 160 steps the rate is 0.1 · 0.96^3.2 = 0.088, still above 0.06. "
        "So the two settings differ in a rate about one and a half times as large, and hardly in its decay.",
    ),
)  # fmt: skip
