"""What the parts of lab NYCU share: its two data sets, the 2-4-4-1 perceptron, and the one with a convolution."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import nn

from ..configuration import Initial, Optimizer, Outcome, Perceptron
from ..samples import Data
from ..training import Training

REPORT = "NYCU, Taiwan (report 004)"
#: 100 points to train with, and 100 others: the square cut by its diagonal.
LINEAR = Data("diagonal", {"points": 100})
#: Two crossing lines of 21 points, which are trained and tested with.
XOR = Data("xor")
#: The report does not say how weights begin.
STANDARD = Initial("normal", {"mean": 0.0, "std": 1.0})
#: As long as the report trains; it prints the error in every thousandth epoch.
EPOCHS = 15_000
FULL = 100
PRINTED = tuple(range(0, EPOCHS, 1000))
#: What becomes of a gradient whose rule is wrong.
MISTAKES: Mapping[str, Callable[[Any], Any]] = {
    "sign": lambda gradient: -gradient,
    "flipped": lambda gradient: gradient[..., ::-1],
    "not trained": lambda gradient: 0.0 * gradient,
}


@dataclass(frozen=True)
class Convolution:
    """A convolution reads the two coordinates as an image of one row; its channels go into a perceptron.

    `kernel` is its width. With `pooled`, each channel is averaged over its positions. `mistake` names what is wrong
    with the gradient of the parameters whose names begin with one of `where` (the convolution is layer "1").
    """

    channels: int = 4
    kernel: int = 2
    hidden: tuple[int, ...] = (4, 4)
    activation: str = "sigmoid"
    output: str = "sigmoid"
    initial: Initial = STANDARD
    pooled: bool = False
    mistake: str | None = None
    where: tuple[str, ...] = ("1.weight",)

    def build(self, rng: np.random.Generator) -> nn.Module:
        """The network, with weights drawn from `rng`."""
        inputs = self.channels * (1 if self.pooled else 3 - self.kernel)
        rest = Perceptron((inputs, *self.hidden, 1), self.activation, self.output).build(rng)
        activation = {"sigmoid": nn.Sigmoid, "relu": nn.ReLU, "tanh": nn.Tanh}[self.activation]()
        model = nn.Sequential(
            nn.Unflatten(1, (1, 1, 2)),
            nn.Conv2d(1, self.channels, (1, self.kernel), rng=rng),
            activation,
            nn.GlobalAvgPool2d() if self.pooled else nn.Flatten(),
            *rest.children(),
        )
        self.initial.fill(model, rng)
        if self.mistake is not None:
            for name, parameter in model.named_parameters():
                if name.startswith(self.where):
                    parameter.register_hook(MISTAKES[self.mistake])
        return model


@dataclass(frozen=True)
class Logged(Training):
    """A training whose metrics have the error in the epochs that the report prints, and whether all outputs agree.

    "error after n epochs" is the loss, as it was while epoch n + 1 was learned; "constant" is 1 where all test points
    get the same class, and "share of class 0" is what a constant 0 would be right about.
    """

    def perform(self, seed: int, checkpoint: Path) -> Outcome:
        """Train, and add these."""
        # What overflows ends in a loss that is not finite, which `fit` tells; NumPy's warnings say nothing more.
        with np.errstate(over="ignore", invalid="ignore"):
            outcome = super().perform(seed, checkpoint)
        losses = outcome.history.get("loss", [])
        decided = outcome.evidence["test outputs"].reshape(-1) > 0.5
        truth = self.data.split(seed).test.y.reshape(-1)
        outcome.metrics.update(
            {f"error after {epoch:,} epochs": losses[epoch] for epoch in PRINTED if epoch < len(losses)}
        )
        outcome.metrics.update({
            "constant": float(decided.all() or not decided.any()),
            "share of class 0": float((truth == 0).mean()),
            # What comes of comparing a column with a row, which compares every prediction with every label.
            "accuracy of all pairs": float((decided[:, None] == (truth[None] == 1)).mean()),
        })  # fmt: skip
        return outcome


def descent(rate: float) -> Optimizer:
    """Plain gradient descent."""
    return Optimizer("SGD", {"lr": rate})


def adam(rate: float) -> Optimizer:
    """Adam with its usual settings."""
    return Optimizer("Adam", {"lr": rate})


def training(
    rate: float = 0.3,
    *,
    data: Data = LINEAR,
    network: Perceptron | Convolution | None = None,
    hidden: tuple[int, ...] = (4, 4),
    activation: str = "sigmoid",
    optimizer: Optimizer | None = None,
    epochs: int = EPOCHS,
    batch_size: int = 1,
) -> Logged:
    """The report's network and loss, point by point unless a batch size is given."""
    output = None if activation == "linear" else activation
    return Logged(
        data=data,
        network=network or Perceptron((2, *hidden, 1), activation, output, STANDARD),
        loss="half squared error, mean",
        optimizer=optimizer or descent(rate),
        epochs=epochs,
        batch_size=batch_size,
    )
