"""What the tasks of lab TNM112 share: Keras's stochastic gradient descent, its mean squared error, and the data."""

from __future__ import annotations

from typing import Any

from ..configuration import Initial, Optimizer, Perceptron, Schedule
from ..samples import Data
from ..training import Training

REPORT = "TNM112, Linköping (reports 000 and 001)"
#: What the lab's notebook begins with: kernels from N(0.1, 0.1²), biases 0.
DEFAULT = Initial("normal", {"mean": 0.1, "std": 0.1})
#: Tasks 1.1 and 3: two clouds that a line separates.
CLOUDS = Data("linear", {"points_per_class": 512, "classes": 2, "sigma": 0.1})
#: Task 1.2: a blob and a ring around it.
RING = Data("polar", {"points_per_class": 512, "classes": 2, "sigma": 0.1})
#: Tasks 1.3, 1.4 and 2: a blob and four rings around it.
RINGS = Data("polar", {"points_per_class": 512, "classes": 5, "sigma": 0.05})


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
        optimizer=optimizer or descent(1.0),
        epochs=epochs,
        batch_size=batch_size,
        schedule=schedule,
        **settings,
    )


def deep(**settings: Any) -> Training:
    """Ten hidden layers of 50 learn the rings: tasks 1.3 and 1.4, for 100 epochs of batches of 16 unless given."""
    return training(RINGS, (50,) * 10, classes=5, **({"epochs": 100, "batch_size": 16} | settings))


def normal(mean: float, std: float) -> Initial:
    """Keras's `RandomNormal`: kernels from N(mean, std²), biases 0."""
    return Initial("normal", {"mean": mean, "std": std})


def descent(rate: float, momentum: float = 0.0) -> Optimizer:
    """Keras's `SGD`."""
    return Optimizer("SGD", {"lr": rate, "momentum": momentum, "form": "keras"})


def decay(steps: int, rate: float, staircase: bool = False) -> Schedule:
    """Keras's `ExponentialDecay`, batch by batch."""
    return Schedule("ExponentialDecay", {"decay_steps": steps, "decay_rate": rate, "staircase": staircase})


#: The two settings that report 001 lists for task 1.3; it does not say which of them gave its 95.08 %.
CONSTANT = deep(initial=normal(0.01, 0.1), optimizer=descent(0.06, 0.8))
DECAYING = deep(initial=normal(0.01, 0.1), optimizer=descent(0.1, 0.8), schedule=decay(5000, 0.96))
