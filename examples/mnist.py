"""MNIST: a multilayer perceptron and a small convolutional network learn to read 70,000 real handwritten digits.

The perceptron and its settings are those of the assignment that report EE6132 solved, with ReLU. `python -m examples
mnist` trains both, shows how far it is, and ends with a table; interrupted, it continues where it stopped.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import autodiff as ad
import datasets
import nn

from . import pictures


@dataclass(frozen=True)
class Network:
    """One row of the table: what is trained, how, and what test accuracy is expected of it."""

    title: str
    settings: str
    build: Callable[[np.random.Generator], nn.Module]
    optimizer: Callable[[nn.Module], nn.optim.Optimizer]
    epochs: int
    expected: str
    #: The learning rate's way through all steps, if it is not constant.
    schedule: Callable[[nn.optim.Optimizer, int], Any] | None = None


@dataclass(frozen=True)
class Result:
    """What came out: the network, its history, the accuracy on the test digits, and the seconds it took."""

    network: Network
    model: nn.Module
    history: nn.History
    accuracy: float
    seconds: float


def perceptron(rng: np.random.Generator) -> nn.Module:
    """784-500-250-100-10 with ReLU, weights after Glorot and Bengio, biases 0."""
    model = nn.Sequential(nn.Flatten(), *nn.MLP([784, 500, 250, 100, 10], activation="relu", rng=rng))
    for parameter in model.parameters():
        if parameter.ndim == 2:
            nn.init.xavier_uniform(parameter, rng=rng)
        else:
            nn.init.zeros(parameter)
    return model


def convolutional(rng: np.random.Generator) -> nn.Module:
    """Two convolutions, each followed by pooling, and two linear layers."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding="same", rng=rng),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding="same", rng=rng),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(32 * 7 * 7, 128, rng=rng),
        nn.ReLU(),
        nn.Linear(128, 10, rng=rng),
    )


NETWORKS = {
    "mlp": Network(
        "MLP 784-500-250-100-10",
        "SGD 0.1",
        perceptron,
        lambda model: nn.SGD(model.parameters(), lr=0.1),
        epochs=15,
        expected="98.25 ± 0.5 %",
    ),
    "conv": Network(
        "conv 16-32, linear 128-10",
        "Adam 0.002, cosine",
        convolutional,
        lambda model: nn.Adam(model.parameters(), lr=2e-3),
        epochs=6,
        expected="≥ 99.0 %",
        schedule=lambda optimizer, steps: nn.schedules.CosineAnnealingLR(optimizer, steps, interval="step"),
    ),
}
BATCH = 64


class Stopwatch(nn.Callback):
    """The seconds spent training, those before an interruption included."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def batch_started(self, training: Any) -> None:
        self.start = time.perf_counter()

    def batch_ended(self, training: Any) -> None:
        self.seconds += time.perf_counter() - self.start

    def state_dict(self) -> dict[str, Any]:
        return {"seconds": self.seconds}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.seconds = float(state["seconds"])


def run(
    out: Path,
    seed: int = 0,
    *,
    only: Sequence[str] = tuple(NETWORKS),
    root: Path | None = None,
    samples: int | None = None,
) -> list[Result]:
    """Train the networks, judge them by the test digits, and print a table.

    Parameters
    ----------
    out : path
        The folder for pictures and checkpoints; made if it is not there.
    seed : int
        The same seed gives the same networks.
    only : sequence of {"mlp", "conv"}
        Which networks are trained.
    root : path, optional
        The folder of the four files of MNIST; see `datasets.mnist` for where they are looked for without it.
    samples : int, optional
        Learn from so many digits only, for a quick look.

    Returns
    -------
    list of Result
        One per network.

    Raises
    ------
    ImportError
        If pooch, safetensors, tqdm or matplotlib is missing; the message names the extra that brings it.
    """
    pictures.require_matplotlib()
    out.mkdir(parents=True, exist_ok=True)
    train, test = (datasets.Samples(x[:, np.newaxis], y) for x, y in datasets.mnist(root=root, scale=True))
    train = datasets.Samples(train.x[:samples], train.y[:samples])
    print(f"chalkgrad {ad.__version__} · MNIST with seed {seed}: {len(train.y):,} digits to learn from")
    kind = f"seed{seed}" + (f"-{samples}" if samples else "")
    results = [learn(NETWORKS[name], train, test, out / f"{name}-{kind}.safetensors", seed) for name in only]
    print(table(results))
    for name, result in zip(only, results):
        pictures.save(pictures.curves([(result.network.title, result.history)]), out / f"{name}-curves")
        pictures.save(pictures.confusion(result.model, test), out / f"{name}-confusion")
    print(f"\nCurves and confusion matrices are in {out}/")
    return results


def learn(
    network: Network, train: datasets.Samples, test: datasets.Samples, checkpoint: Path, seed: int
) -> Result:
    """Train one network, from its checkpoint on where there is one."""
    rng = np.random.default_rng(seed)
    model = network.build(rng)
    optimizer = network.optimizer(model)
    steps = network.epochs * -(-len(train.y) // BATCH)
    watch = Stopwatch()
    print(f"\n{network.title}, {network.settings}: {network.epochs} epochs in batches of {BATCH}", flush=True)
    history = nn.fit(
        model, train, nn.CrossEntropyLoss(), optimizer,
        epochs=network.epochs, batch_size=BATCH, validation=test, rng=rng, callbacks=[watch],
        schedule=network.schedule and network.schedule(optimizer, steps), checkpoint=checkpoint, resume=True,
    )  # fmt: skip
    accuracy = nn.evaluate(model, test, nn.CrossEntropyLoss())["accuracy"]
    return Result(network, model, history, accuracy, watch.seconds)


def table(results: Sequence[Result]) -> str:
    """The networks and what came out of each, in aligned columns."""
    heads = ("network", "optimizer", "parameters", "epochs", "test accuracy", "expected", "training")
    rows = [
        (
            result.network.title,
            result.network.settings,
            f"{sum(parameter.size for parameter in result.model.parameters()):,}",
            str(len(result.history)),
            f"{result.accuracy:.2%}",
            result.network.expected,
            f"{result.seconds:.0f} s",
        )
        for result in results
    ]
    widths = [max(map(len, column)) for column in zip(heads, *rows)]
    sides = "<<>>>>>"
    lines = ["  ".join(map(format, row, map("{}{}".format, sides, widths))) for row in (heads, *rows)]
    return "\n" + "\n".join(lines)
