"""Trainings with what the labs did without: digits that are moved at every look, and a rate that warms up first."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import datasets
import nn

from .configuration import Outcome, Schedule, generator
from .targets import LOSSES
from .training import Measuring, Training

Array = npt.NDArray[Any]
SIDE = 28


@dataclass(frozen=True)
class Augmentation:
    """What happens to each batch of digits before it is learned from: another draw for each digit and epoch.

    `shift` is the largest one in pixels, down and across, `degrees` the largest angle, and `noise` the deviation of
    normal noise.
    """

    shift: int = 0
    degrees: float = 0.0
    noise: float = 0.0

    def __call__(self, x: Array, rng: np.random.Generator) -> Array:
        """A batch of rows of pixels, changed."""
        images = x.reshape(-1, SIDE, SIDE)
        if self.shift:
            images = datasets.shift_images(images, rng, pixels=self.shift)
        if self.degrees:
            images = datasets.rotate_images(images, rng, degrees=self.degrees)
        if self.noise:
            images = datasets.add_noise(images, rng, sigma=self.noise)
        return images.reshape(x.shape)


@dataclass(frozen=True)
class WarmedUp(Schedule):
    """A schedule that begins after `warm_up` steps, in which the rate rises in a straight line from a tenth of it."""

    warm_up: int = 1

    def build(self, optimizer: Any) -> Any:
        """Both, one after the other."""
        after = super().build(optimizer)
        before = nn.schedules.LinearLR(optimizer, 0.1, 1.0, self.warm_up, interval=after.interval)
        return nn.schedules.SequentialLR(optimizer, [before, after], [self.warm_up])


@dataclass(frozen=True)
class AugmentedTraining(Training):
    """A training on digits that are changed at every look.

    Its metrics have besides

    - "training seconds": by the clock on the wall, without the judging after each epoch;
    - "processor seconds": what the processor worked of these, which a busy machine does not lengthen;
    - "parameters".

    Its evidence has besides "misread": the "places" of the test digits that are read wrongly, those first of which the
    network is surest, what they are "read as", and with what "probability".
    """

    augmentation: Augmentation = Augmentation()

    def transform(self) -> Callable[[Array, np.random.Generator], Array] | None:
        """The augmentation, if it does anything."""
        return None if self.augmentation == Augmentation() else self.augmentation

    def measuring(self) -> Sequence[Measuring]:
        """A clock."""
        return (Clock(),)

    def perform(self, seed: int, checkpoint: Path) -> Outcome:
        """Train, judge, and look for what is misread."""
        outcome = super().perform(seed, checkpoint)
        model, test = self.trained(seed, outcome.evidence), self.data.split(seed).test
        size = sum(parameter.size for parameter in model.parameters())
        found = misread(nn.predict(model, test.x), test.y)
        return replace(
            outcome,
            metrics=outcome.metrics | {"parameters": float(size)},
            evidence=outcome.evidence | {"misread": found},
        )

    def step(self) -> tuple[nn.Module, Callable[[Any, Any], Any], Array, Array]:
        """What a picture of one training step needs. It shows shapes, so that no digits have to be there for it."""
        rng, loss = generator(0, "weights"), LOSSES[self.loss].loss()
        model = self.network.build(rng)
        return model, lambda x, y: loss(model(x), y), rng.random((4, SIDE**2), np.float32), np.arange(4)


def misread(logits: Array, truth: Array) -> dict[str, Array]:
    """Which samples are read wrongly, as what, and with what probability, the surest first."""
    shifted = np.exp(logits - logits.max(1, keepdims=True))
    probability = shifted.max(1) / shifted.sum(1)
    told = logits.argmax(1)
    places = np.flatnonzero(told != truth)
    places = places[np.argsort(-probability[places], kind="stable")]
    return {"places": places, "read as": told[places], "probability": probability[places]}


class Clock(Measuring):
    """The seconds of learning, by the wall and by the processor; a checkpoint keeps those before an interruption."""

    def __init__(self) -> None:
        self.seconds = np.zeros(2)
        self._mark = self._now()

    @staticmethod
    def _now() -> Array:
        return np.array([time.perf_counter(), time.process_time()])

    def training_started(self, training: Any) -> None:
        """From here on."""
        self._mark = self._now()

    def batch_ended(self, training: Any) -> None:
        """What the batch took, and the making of it."""
        now = self._now()
        self.seconds += now - self._mark
        self._mark = now

    def epoch_ended(self, training: Any) -> None:
        """The judging is over, and does not count."""
        self._mark = self._now()

    def metrics(self) -> dict[str, float]:
        """Both numbers."""
        return {"training seconds": float(self.seconds[0]), "processor seconds": float(self.seconds[1])}

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"seconds": self.seconds.copy()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on counting."""
        self.seconds = np.array(state["seconds"], float)


__all__ = ["Augmentation", "AugmentedTraining", "Clock", "WarmedUp", "misread"]
