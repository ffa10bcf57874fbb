"""The run that most experiments ask for: a network learns from samples by `nn.fit`, watched and checkpointed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

import datasets
import nn

from .configuration import Optimizer, Outcome, Schedule, generator
from .samples import Data
from .targets import LOSSES, Target

Array = npt.NDArray[Any]

#: Seconds between the checkpoints of a run: what a killed one loses at most.
CHECKPOINT_EVERY = 20.0
#: So many steps are kept of a curve over iterations; of a longer one every second, third, and so on.
MOST_STEPS = 20_000
#: Outputs for test samples are kept up to so many numbers.
MOST_OUTPUTS = 20_000


class Network(Protocol):
    """A description that builds a network."""

    def build(self, rng: np.random.Generator) -> nn.Module:
        """The network, with weights drawn from `rng`."""


@dataclass(frozen=True)
class Training:
    """A network learns from the training samples of a data set and is judged by the test samples.

    `loss` is a name in `LOSSES`. With `watch`, the layers' gradients are sampled every so many steps; with
    `test_every`, the test samples are judged every so many, besides after each epoch.

    What a record of it has as evidence:

    - "weights": each parameter by name, and what else the network keeps, such as running means;
    - "step losses": "steps" and "loss", arrays, of every iteration (a long run is thinned to 20,000 of them);
    - "confusion": the confusion matrix of the test samples, rows true classes;
    - "test outputs": what the network makes of each test sample, where that is no more than 20,000 numbers;
    - "statistics", with `watch`: what `nn.Statistics.state_dict` gives;
    - "test curve", with `test_every`: "steps", "loss", "accuracy", arrays, from before the first step on;
    - "diverged", if the loss became NaN or infinite: "epoch", "step", "message"; the weights are those before that.

    Its metrics are "train loss", "train accuracy", "test loss", "test accuracy", "steps", and "diverged": 1 or 0.
    """

    data: Data
    network: Network
    loss: str
    optimizer: Optimizer
    epochs: int
    batch_size: int
    schedule: Schedule | None = None
    watch: int | None = None
    test_every: int | None = None

    def perform(self, seed: int, checkpoint: Path) -> Outcome:
        """Train, or go on from the checkpoint; judge; take down what the figures need."""
        train, test = self.data.split(seed)
        model = self.network.build(generator(seed, "weights"))
        optimizer = self.optimizer.build(model)
        target = LOSSES[self.loss]
        judged = Judged(test, target, self.test_every) if self.test_every is not None else None
        measuring = self.measuring()
        evidence: dict[str, Any] = {}
        try:
            history = nn.fit(
                model,
                (train.x, target.encode(train.y)),
                target.loss(),
                optimizer,
                epochs=self.epochs,
                batch_size=min(self.batch_size, len(train.x)),
                validation=(test.x, target.encode(test.y)),
                metrics={"accuracy": target.accuracy},
                schedule=None if self.schedule is None else self.schedule.build(optimizer),
                callbacks=[*([] if judged is None else [judged]), *measuring],
                transform=self.transform(),
                shuffle=self.shuffled(),
                statistics=self.watch,
                checkpoint=nn.Checkpoint(checkpoint, CHECKPOINT_EVERY, "seconds"),
                resume=True,
                rng=generator(seed, "order"),
                progress=False,
            )
        except nn.NonFiniteLoss as error:
            history = error.history
            evidence["diverged"] = {"epoch": error.epoch, "step": error.step, "message": str(error)}
        else:
            if history.stopped is not None:
                raise KeyboardInterrupt(history.stopped)
        metrics = {
            f"{part} {name}": value
            for part, samples in (("train", train), ("test", test))
            for name, value in judge(model, samples, target).items()
        }
        metrics |= {"steps": float(len(history.step_losses)), "diverged": float("diverged" in evidence)}
        for each in measuring:
            metrics |= each.metrics()
        evidence |= {"weights": model.state_dict(), "step losses": thinned(history.step_losses)}
        evidence |= answers(model, test, target)
        if history.statistics is not None:
            evidence["statistics"] = history.statistics.state_dict()
        if judged is not None:
            evidence["test curve"] = judged.curve()
        columns = {name: [float(x) for x in history[name]] for name in history.columns}
        return Outcome(metrics, columns, evidence, float(np.nansum(history.seconds)))

    def shuffled(self) -> bool:
        """Whether each epoch has the training samples in another order."""
        return True

    def transform(self) -> Callable[[Array, np.random.Generator], Array] | None:
        """What changes the inputs of each training batch."""
        return None

    def measuring(self) -> Sequence[Measuring]:
        """What looks on, and adds to the metrics."""
        return ()

    def step(self) -> tuple[nn.Module, Callable[[Any, Any], Any], Array, Array]:
        """What a picture of one training step needs: the network as drawn, its loss, and four samples."""
        train = self.data.split(0).train
        model, target = self.network.build(generator(0, "weights")), LOSSES[self.loss]
        loss = target.loss()
        return model, lambda x, y: loss(model(x), y), train.x[:4], target.encode(train.y)[:4]

    def trained(self, seed: int, evidence: Mapping[str, Any]) -> nn.Module:
        """The network as it was at the end of a run, from the evidence of its record."""
        model = self.network.build(generator(seed, "weights"))
        model.load_state_dict(evidence["weights"])
        return model.eval()


class Measuring(nn.Callback):
    """A callback that has found numbers when the training is over."""

    def metrics(self) -> dict[str, float]:
        """What a record has of it."""
        return {}


class Judged(nn.Callback):
    """Judges the test samples every so many steps, and before the first one."""

    def __init__(self, test: datasets.Samples, target: Target, every: int) -> None:
        self.test, self.target, self.every = test, target, every
        self.rows: list[list[float]] = []

    def training_started(self, training: Any) -> None:
        """The network as it is drawn."""
        if not self.rows:
            self._judge(training)

    def batch_ended(self, training: Any) -> None:
        """After the step whose number is a multiple."""
        if training.step % self.every == 0:
            self._judge(training)

    def _judge(self, training: Any) -> None:
        found = judge(training.model, self.test, self.target)
        self.rows.append([float(training.step), found["loss"], found["accuracy"]])

    def curve(self) -> dict[str, Array]:
        """Steps, losses and accuracies so far."""
        steps, losses, accuracies = np.array(self.rows).reshape(-1, 3).T
        return {"steps": steps.astype(np.int64), "loss": losses, "accuracy": accuracies}

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"rows": np.array(self.rows).reshape(-1, 3)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what a checkpoint kept."""
        self.rows = np.asarray(state["rows"]).tolist()


def judge(model: nn.Module, samples: datasets.Samples, target: Target) -> dict[str, float]:
    """Loss and accuracy."""
    pairs = (samples.x, target.encode(samples.y))
    return nn.evaluate(model, pairs, target.loss(), metrics={"accuracy": target.accuracy})


def answers(model: nn.Module, test: datasets.Samples, target: Target) -> dict[str, Array]:
    """The confusion matrix of the test samples, and the outputs themselves if they are few."""
    outputs = nn.predict(model, test.x)
    classes = max(2, outputs.shape[1])
    matrix = np.zeros((classes, classes), np.int64)
    np.add.at(matrix, (test.y.astype(np.int64).reshape(-1), target.decide(outputs)), 1)
    return {"confusion": matrix} | ({"test outputs": outputs} if outputs.size <= MOST_OUTPUTS else {})


def thinned(losses: Array) -> dict[str, Array]:
    """The losses of all steps; of very many, every second, third, and so on."""
    steps = np.arange(0, len(losses), max(1, -(-len(losses) // MOST_STEPS)))
    return {"steps": steps, "loss": losses[steps].astype(np.float32)}
