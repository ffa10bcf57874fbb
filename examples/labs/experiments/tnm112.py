"""What the tasks of lab TNM112 share: Keras's stochastic gradient descent and its mean squared error."""

from __future__ import annotations

from typing import Any

from ..configuration import Initial, Optimizer, Perceptron, Schedule
from ..samples import Data
from ..training import Training

REPORT = "TNM112, Linköping (reports 000 and 001)"
#: What the lab's notebook begins with: kernels from N(0.1, 0.1²), biases 0.
DEFAULT = Initial("normal", {"mean": 0.1, "std": 0.1})


def training(
    data: Data,
    hidden: tuple[int, ...],
    activation: str = "relu",
    *,
    classes: int = 2,
    initial: Initial = DEFAULT,
    optimizer: Optimizer | None = None,
    schedule: Schedule | None = None,
    epochs: int,
    batch_size: int,
    **settings: Any,
) -> Training:
    """A perceptron with softmax learns by the mean squared error, at rate 1 unless another optimizer is given."""
    return Training(
        data=data,
        network=Perceptron((2, *hidden, classes), activation, "softmax", initial),
        loss="mean squared error, one-hot",
        optimizer=optimizer or Optimizer("SGD", {"lr": 1.0, "form": "keras"}),
        epochs=epochs,
        batch_size=batch_size,
        schedule=schedule,
        **settings,
    )
