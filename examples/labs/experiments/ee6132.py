"""What the experiments of lab EE6132 share: MNIST, the baseline network, and what report 002 counts besides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import nn

from ..comparison import Difference, Row, Within
from ..configuration import Initial, Optimizer, Outcome, Perceptron, generator
from ..experiment import Records
from ..figures import NothingToDrawError
from ..samples import Data
from ..targets import LOSSES
from ..training import Training, judge

Array = npt.NDArray[Any]
REPORT = "EE6132, Madras (report 002)"
#: The sizes of the baseline's hidden layers.
HIDDEN = (500, 250, 100)
DIGITS = Data("mnist")
EPOCHS, BATCH = 15, 64
#: The test loss is taken "every 200 or so" iterations; neurons are looked at as often.
EVERY = 200
#: Where the report reads the speed of learning from its curves.
READ_AT = 2000


@dataclass(frozen=True)
class DigitTraining(Training):
    """A training whose record has what report 002 counts besides.

    Its metrics have besides

    - "precision", "recall" and "F1" of the test digits, averages over the classes weighted by their sizes;
    - "test loss at 2000", after 2000 iterations or the last sample before, with `test_every`;
    - "inactive h1" and "inactive h1, signed", and so on for each hidden layer: means over the samples, with `watch`;
      "peak h1" and "peak h1, signed" are the largest of them;
    - "clean train accuracy", of the training digits without their noise, if they have any.

    Unless `shuffle` is set, every epoch has the digits in their published order.
    """

    shuffle: bool = False

    def perform(self, seed: int, checkpoint: Path) -> Outcome:
        """Train, judge, count."""
        outcome = super().perform(seed, checkpoint)
        metrics = outcome.metrics | weighted(outcome.evidence["confusion"])
        if self.test_every is not None:
            curve = outcome.evidence["test curve"]
            metrics[f"test loss at {READ_AT}"] = float(curve["loss"][curve["steps"] <= READ_AT][-1])
        if self.watch is not None:
            metrics |= inactivity(watched(outcome.evidence))
        if self.data.settings.get("noise"):
            clean = Data(self.data.name, {**self.data.settings, "noise": 0.0}).split(seed).train
            found = judge(self.trained(seed, outcome.evidence), clean, LOSSES[self.loss])
            metrics["clean train accuracy"] = found["accuracy"]
        return replace(outcome, metrics=metrics)

    def shuffled(self) -> bool:
        """As set."""
        return self.shuffle

    def step(self) -> tuple[nn.Module, Callable[[Any, Any], Any], Array, Array]:
        """What a picture of one training step needs. It shows shapes, so that no digits have to be there for it."""
        rng, loss = generator(0, "weights"), LOSSES[self.loss].loss()
        model = self.network.build(rng)
        rows = rng.random((4, next(iter(model.parameters())).shape[1]), np.float32)
        return model, lambda x, y: loss(model(x), y), rows, np.arange(4)


@dataclass(frozen=True)
class Decaying(Optimizer):
    """An optimizer that adds β/2 ‖W‖² to the loss, of weights only: W ← (1 − βη) W − η ∂L/∂W, and biases as ever."""

    beta: float = 0.0

    def build(self, model: nn.Module) -> Any:
        """The optimizer, with weights and biases in groups of their own."""
        return getattr(nn, self.name)(nn.optim.decay_groups(model, self.beta), **self.settings)


def training(
    activation: str = "sigmoid",
    rate: float = 0.1,
    *,
    data: Data = DIGITS,
    inputs: int = 784,
    hidden: tuple[int, ...] = HIDDEN,
    beta: float = 0.0,
    epochs: int = EPOCHS,
) -> DigitTraining:
    """The baseline of section 1, unless something is changed."""
    settings = {"lr": rate}
    return DigitTraining(
        data=data,
        network=Perceptron((inputs, *hidden, 10), activation, None, Initial("glorot_uniform")),
        loss="cross-entropy",
        optimizer=Decaying("SGD", settings, beta) if beta else Optimizer("SGD", settings),
        epochs=epochs,
        batch_size=BATCH,
        watch=EVERY,
        test_every=EVERY,
    )


def shortened(job: DigitTraining, train: int = 4000, test: int = 2000, epochs: int = 3, batch: int = 16) -> Training:
    """The same with the first digits only, in smaller batches, so that it learns something in seconds."""
    data = Data(job.data.name, {**job.data.settings, "train": train, "test": test})
    return replace(job, data=data, epochs=epochs, batch_size=batch, watch=50, test_every=100)


#: Sigmoid at rate 0.1, which the report compares everything with; the experiments share one run of it.
BASELINE = training()
TANH, RELU = training("tanh"), training("relu")


# What is counted.


def weighted(matrix: Array) -> dict[str, float]:
    """Precision, recall and F1 of a confusion matrix, means over the classes weighted by their sizes."""
    true, told = np.indices(matrix.shape).reshape(2, -1).repeat(matrix.reshape(-1), axis=1)
    measures = {"precision": nn.precision, "recall": nn.recall, "F1": nn.f1_score}
    return {name: float(find(told, true, average="weighted")) for name, find in measures.items()}


def watched(evidence: Mapping[str, Any]) -> nn.Statistics:
    """What was seen in the layers."""
    statistics = nn.Statistics()
    statistics.load_state_dict(evidence["statistics"])
    return statistics


def inactivity(statistics: nn.Statistics) -> dict[str, float]:
    """The share of inactive neurons of each hidden layer by both definitions: means over the samples, and peaks."""
    found = {}
    for layer in range(len(statistics.layers) - 1):
        for kind, ending in (("inactive", ""), ("inactive_signed", ", signed")):
            curve = statistics[kind][:, layer]
            found[f"inactive h{layer + 1}{ending}"] = float(curve.mean())
            found[f"peak h{layer + 1}{ending}"] = float(curve.max())
    return found


def any_run(records: Records) -> None:
    """For pictures of digits that need no run: none are drawn, and none downloaded, before there was one.

    Raises
    ------
    NothingToDrawError
        If there was none.
    """
    if not any(records.values()):
        raise NothingToDrawError("no run of this experiment is there yet")


# What the tables say.


#: Why a number after exactly 15 epochs may be another one, where accuracy still rises and swings.
DRAW = Difference(
    "a detail that the report leaves out",
    "One run is one draw, and the report says neither how often it ran nor in which order the digits came. At rate 0.1 "
    "sigmoid is still learning when the 15 epochs end, and the order alone changes its test accuracy by some tenths of "
    "a point.",
    ("ee6132-table1", "rate 0.1, shuffled"),
)


def accuracies(
    setting: str,
    label: str,
    train: float,
    test: float,
    rerun: tuple[str, str] = ("–", "–"),
    within: float = 0.5,
    difference: Difference | None = None,
) -> tuple[Row, Row]:
    """A line of a table: training and test accuracy in percent; the second agrees within so many points."""
    return (
        Row(setting, "train accuracy", f"{label}, train", f"{train:g} %", rerun[0], digits=3),
        Row(setting, "test accuracy", f"{label}, test", f"{test:.2f} %", rerun[1], around(test, within), difference),
    )


def baseline(setting: str, label: str) -> tuple[Row, Row]:
    """The line that every table begins with."""
    return accuracies(setting, label, 94.265, 93.87, ("94.12 %", "93.84 %"), difference=DRAW)


def around(percent: float, points: float) -> Within:
    """A percentage, and so many points to either side."""
    return Within((percent - points) / 100, (percent + points) / 100)


def loss(setting: str, label: str, report: str, rerun: str = "–", metric: str = "test loss") -> Row:
    """A loss that the report names."""
    return Row(setting, metric, label, report, rerun, unit="", digits=5)
