"""The workloads: one training step each, on this engine, from the weights and data of the fixed reference.

W2 is a 2-4-4-1 sigmoid network (mean squared error, 100 points, SGD), W3 has ten hidden layers of 50 (ReLU, batch 16,
cross-entropy, Adam), W7 is 1,000 multiplications and additions of ten numbers, forward and backward. All in float32.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import autodiff as ad
import nn

from . import reference

#: Runs so many steps and returns the last loss.
Loop = Callable[[int], float]


@dataclass(frozen=True)
class Workload:
    """What is timed: the loop on this engine, the key of the reference loop, and the steps per measurement."""

    name: str
    what: str
    build: Callable[[], Loop]
    steps: int
    target: float


def _stepping(step: Callable[[int], Any], batches: int) -> Loop:
    position = 0

    def run(steps: int) -> float:
        nonlocal position
        loss = None
        for _ in range(steps):
            loss = step(position % batches)
            position += 1
        return float(loss)  # type: ignore[arg-type]  # at least one step is run

    return run


def _network(name: str, hidden: type[nn.Module], last: type[nn.Module] | None) -> nn.Module:
    """The reference's weights, which are stored (in, out), in layers that store (out, in)."""
    parameters = reference.parameters(name)
    layers: list[nn.Module] = []
    for number, (weight, bias) in enumerate(parameters):
        layer = nn.Linear(weight.shape[0], weight.shape[1])
        layer.weight.data = weight.T
        assert layer.bias is not None
        layer.bias.data = bias
        activation = hidden if number < len(parameters) - 1 else last
        layers += [layer] if activation is None else [layer, activation()]
    return nn.Sequential(*layers)


def _training(model: nn.Module, loss: nn.Module, optimizer: Any, xs: Sequence[Any], ys: Sequence[Any]) -> Loop:
    def step(i: int) -> Any:
        optimizer.zero_grad()
        value = loss(model(xs[i]), ys[i])
        value.backward()
        optimizer.step()
        return value

    return _stepping(step, len(xs))


def w2() -> Loop:
    """2-4-4-1, sigmoid everywhere, mean squared error, SGD."""
    model = _network("W2", nn.Sigmoid, nn.Sigmoid)
    optimizer = nn.SGD(model.parameters(), lr=reference.learning_rate("W2"))
    return _training(model, nn.MSELoss(), optimizer, *reference.data("W2"))


def w3() -> Loop:
    """2-50×10-5, ReLU, cross-entropy, Adam."""
    model = _network("W3", nn.ReLU, None)
    optimizer = nn.Adam(model.parameters(), lr=reference.learning_rate("W3"))
    return _training(model, nn.CrossEntropyLoss(), optimizer, *reference.data("W3"))


def w7() -> Loop:
    """y = y a + b, 500 times on ten numbers; the gradient with respect to the first y."""
    (start,), (scale, shift) = reference.data("W7")
    x = ad.Tensor(start, requires_grad=True)
    a, b = ad.Tensor(scale), ad.Tensor(shift)

    def step(_: int) -> Any:
        x.zero_grad()
        y = x
        for _ in range(500):
            y = y * a
            y = y + b
        loss = y.sum()
        loss.backward()
        return loss

    return _stepping(step, 1)


ALL = {
    "W2": Workload("W2", "2-4-4-1 sigmoid, MSE, 100 points, SGD", w2, 100, 2.0),
    "W3": Workload("W3", "2-50×10-5 ReLU, batch 16, CE, Adam", w3, 20, 1.3),
    "W7": Workload("W7", "1,000 multiplications and additions of 10 numbers", w7, 5, 6.0),
}
