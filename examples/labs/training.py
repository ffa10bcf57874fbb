"""The run that most experiments ask for: a network learns from samples by `nn.fit`, watched and checkpointed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

import nn

from .configuration import Optimizer, Outcome, Schedule, generator
from .samples import Data
from .targets import LOSSES

#: Seconds between the checkpoints of a run: what a killed one loses at most.
CHECKPOINT_EVERY = 20.0


class Network(Protocol):
    """A description that builds a network."""

    def build(self, rng: np.random.Generator) -> nn.Module:
        """The network, with weights drawn from `rng`."""


@dataclass(frozen=True)
class Training:
    """A network learns from the training samples of a data set and is judged by the test samples.

    `loss` is a name in `LOSSES`. With `watch`, the layers' gradients are sampled every so many steps; they are the
    evidence "statistics", as `nn.Statistics.state_dict` gives them.
    """

    data: Data
    network: Network
    loss: str
    optimizer: Optimizer
    epochs: int
    batch_size: int
    schedule: Schedule | None = None
    watch: int | None = None

    def perform(self, seed: int, checkpoint: Path) -> Outcome:
        """Train, or go on from the checkpoint; judge; take down what the figures need."""
        train, test = self.data.split(seed)
        model = self.network.build(generator(seed, "weights"))
        optimizer = self.optimizer.build(model)
        target = LOSSES[self.loss]
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
            statistics=self.watch,
            checkpoint=nn.Checkpoint(checkpoint, CHECKPOINT_EVERY, "seconds"),
            resume=True,
            rng=generator(seed, "order"),
            progress=False,
        )
        if history.stopped is not None:
            raise KeyboardInterrupt(history.stopped)
        metrics: dict[str, float] = {}
        for part, samples in (("train", train), ("test", test)):
            found = nn.evaluate(
                model, (samples.x, target.encode(samples.y)), target.loss(), metrics={"accuracy": target.accuracy}
            )
            metrics |= {f"{part} {name}": value for name, value in found.items()}
        columns = {name: [float(x) for x in history[name]] for name in history.columns}
        evidence: dict[str, Any] = {"weights": weights(model)}
        if history.statistics is not None:
            evidence["statistics"] = history.statistics.state_dict()
        return Outcome(metrics, columns, evidence)


def weights(model: nn.Module) -> dict[str, Any]:
    """The parameters of a model by name."""
    return {name: parameter.numpy().copy() for name, parameter in model.named_parameters()}
