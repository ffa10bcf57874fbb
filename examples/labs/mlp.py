"""The network of lab TNM112's tasks 2 and 3, written as its students do: from lists of weights and biases, in NumPy.

`W` holds a matrix (outputs, inputs) for each layer and `b` a column (outputs, 1), as the lab's `get_weights` gives
them. Only forwards: what is trained here is trained by `nn`, and this is what it is held against.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import datasets
import nn

from .configuration import Outcome
from .samples import Data
from .training import Training

Array = npt.NDArray[Any]
#: What a picture of one training step needs: a network, its loss, inputs and targets.
Step = tuple[nn.Module, Callable[[Any, Any], Any], Array, Array]


def activation(x: Array, name: str) -> Array:
    """One of the lab's four activations. Softmax is along the last axis, of x less its maximum there.

    The reports sum along the first axis, which is right for one point as a column, and mixes points that are rows.
    """
    if name == "linear":
        return x
    if name == "relu":
        return np.maximum(x, 0)
    if name == "sigmoid":
        return np.asarray(1 / (1 + np.exp(-x)))
    if name == "softmax":
        powers = np.exp(x - x.max(axis=-1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=-1, keepdims=True))
    raise ValueError(f"MLP: no activation is called {name!r}; there are linear, relu, sigmoid and softmax.")


class MLP:
    """A multilayer perceptron of given weights and biases, with softmax at its end.

    Examples
    --------
    >>> import numpy as np
    >>> model = MLP([np.array([[0.0, 0.0], [1.0, 1.0]])], [np.array([[1.0], [0.0]])], "linear")
    >>> model.feedforward(np.array([[0.2, 0.2], [0.5, 0.5], [0.9, 0.9]])).round(2)
    array([[0.65, 0.35],
           [0.5 , 0.5 ],
           [0.31, 0.69]])
    >>> model.weights_total
    6
    """

    def __init__(self, W: Sequence[Array], b: Sequence[Array], activation: str) -> None:
        shapes = [(w.shape, column.shape) for w, column in zip(W, b)]
        chained = all(first[0][0] == then[0][1] for first, then in pairwise(shapes))
        if not shapes or len(W) != len(b) or not chained or any(c != (w[0], 1) for w, c in shapes):
            raise ValueError(
                f"MLP: the weights have the shapes {[w.shape for w in W]} and the biases {[c.shape for c in b]}; "
                "needed are matrices (outputs, inputs), each with as many inputs as the one before has outputs, and "
                "a column (outputs, 1) for each."
            )
        self.W, self.b, self.activation = list(W), list(b), activation
        self.hidden_layers = len(W) - 1
        self.weights_total = sum(w.size for w in W) + sum(column.size for column in b)

    def feedforward(self, x: Array) -> Array:
        """Probabilities of points (points, inputs), one point after the other as a column: h ← σ(W h + b)."""
        y = np.zeros((len(x), len(self.b[-1])), np.result_type(x, *self.W))
        for n, point in enumerate(x):
            h = point.reshape(-1, 1)
            for layer in range(self.hidden_layers):
                h = activation(self.W[layer] @ h + self.b[layer], self.activation)
            y[n] = activation((self.W[-1] @ h + self.b[-1]).reshape(-1), "softmax")
        return y

    def feedforward_rows(self, x: Array) -> Array:
        """The same of all points at once, as rows: h ← σ(h Wᵀ + bᵀ)."""
        h = x
        for layer in range(self.hidden_layers):
            h = activation(h @ self.W[layer].T + self.b[layer].T, self.activation)
        return activation(h @ self.W[-1].T + self.b[-1].T, "softmax")

    def evaluate(self, split: datasets.Split) -> dict[str, float]:
        """The mean squared error over points and classes, and the share of right ones, of both parts of a data set."""
        found = {}
        for part, samples in (("train", split.train), ("test", split.test)):
            y = self.feedforward(samples.x)
            found[f"{part} loss"] = float(np.mean((datasets.one_hot(samples.y, y.shape[1]) - y) ** 2))
            found[f"{part} accuracy"] = float(np.mean(np.argmax(y, 1) == samples.y))
        return found


def performance(found: Mapping[str, float]) -> str:
    """What the lab's `evaluate` prints: losses with four digits, accuracies as shares of 1 with two."""
    lines = [f"\t{name.capitalize()}: {value:.{4 if 'loss' in name else 2}f}" for name, value in found.items()]
    return "\n".join(["Model performance:", *lines])


def own(model: nn.Module, activation: str) -> MLP:
    """The MLP of a trained network's weights and biases: (outputs, inputs) and columns, as the lab's `get_weights`."""
    arrays = {name: parameter.numpy() for name, parameter in model.named_parameters()}
    W = [array for name, array in arrays.items() if name.endswith("weight")]
    b = [array.reshape(-1, 1) for name, array in arrays.items() if name.endswith("bias")]
    return MLP(W, b, activation)


def plane(samples: datasets.Samples, points: int = 128) -> Array:
    """The grid of points on which the lab draws a classifier's regions."""
    low, high = samples.x.min(0) - 0.1, samples.x.max(0) + 0.1
    across, up = (np.linspace(low[axis], high[axis], points, dtype=samples.x.dtype) for axis in (0, 1))
    return np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)


@dataclass(frozen=True)
class Handed:
    """A network is trained, and its weights and biases are handed to the lab's own MLP, which has to say the same.

    Metrics "own …" are those of `MLP.evaluate`, point by point, and "loss difference" is the larger one between its
    losses and the trained network's; "largest difference" is that of a probability of a test point; "rows that differ"
    counts test points of which any probability differs in any bit when all points go
    through at once; "regions that differ" is the share of the plane that gets another class.
    """

    training: Training

    def perform(self, seed: int, checkpoint: Path) -> Outcome:
        """Train, hand over, compare."""
        outcome = self.training.perform(seed, checkpoint)
        split = self.training.data.split(seed)
        trained, handed = self.networks(seed, outcome.evidence)
        told, said = nn.predict(trained, split.test.x), handed.feedforward(split.test.x)
        # In batches as `nn.predict` has them: a matrix of another height may be multiplied in another order.
        parts = [handed.feedforward_rows(x) for x in np.split(split.test.x, range(256, len(split.test.x), 256))]
        grid = plane(split.test)
        regions = [each.argmax(1) for each in (nn.predict(trained, grid), handed.feedforward_rows(grid))]
        found = handed.evaluate(split)
        metrics = outcome.metrics | {f"own {name}": value for name, value in found.items()} | {
            "loss difference": max(abs(outcome.metrics[name] - found[name]) for name in ("train loss", "test loss")),
            "largest difference": float(np.abs(told - said).max()),
            "rows that differ": float((np.concatenate(parts) != told).any(1).sum()),
            "regions that differ": float((regions[0] != regions[1]).mean()),
            "parameters": float(handed.weights_total),
        }  # fmt: skip
        printed = {"printed": performance(found)}
        return Outcome(metrics, outcome.history, {**outcome.evidence, **printed}, outcome.seconds)

    def step(self) -> Step:
        """One step of the training, for a picture."""
        return self.training.step()

    def networks(self, seed: int, evidence: Mapping[str, Any]) -> tuple[nn.Module, MLP]:
        """The trained network and the own one, from the evidence of a record."""
        trained = self.training.trained(seed, evidence)
        network: Any = self.training.network
        return trained, own(trained, network.activation)


@dataclass(frozen=True)
class ByHand:
    """One layer of weights and biases that someone has thought of, instead of training.

    The metric "off the line" is the share of the plane on another side of the boundary than of x₂ = 1 − x₁, whichever
    side has which class.
    """

    data: Data
    W: tuple[tuple[float, ...], ...]
    b: tuple[float, ...]

    def perform(self, seed: int, checkpoint: Path) -> Outcome:
        """Evaluate; nothing is trained."""
        split = self.data.split(seed)
        model = self.network()
        found = model.evaluate(split)
        grid = plane(split.test)
        same = (model.feedforward_rows(grid).argmax(1) == 1) == (grid.sum(1) > 1)
        metrics = found | {"off the line": float(min(same.mean(), 1 - same.mean()))}
        return Outcome(metrics, evidence={"printed": performance(found)})

    def step(self) -> Step:
        """What would be a training step of the same network, for a picture."""
        model = nn.Sequential(nn.Linear(2, 2), nn.Softmax())
        for parameter, values in zip(model.parameters(), (self.W, self.b)):
            parameter.data = np.array(values, np.float32)
        train = self.data.split(0).train
        loss = nn.MSELoss()
        return model, lambda x, y: loss(model(x), y), train.x[:4], datasets.one_hot(train.y, 2)[:4].astype(np.float32)

    def network(self) -> MLP:
        """The weights and biases as an MLP."""
        return MLP([np.array(self.W, float)], [np.array(self.b, float).reshape(-1, 1)], "linear")
