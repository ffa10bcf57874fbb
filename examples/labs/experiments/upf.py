"""What the exercises of lab UPF share: the moons, the 2-3-1 perceptron, and full batches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..configuration import Initial, Optimizer, Perceptron
from ..samples import Data
from ..training import Training

REPORT = "UPF, Barcelona (report 003)"
#: The sizes of the lab's files, and the deviation that fits them.
RAW = Data("moons", {"points": 100, "test_points": 25, "sigma": 0.25})
#: The same, both parts by the mean and deviation of the training points.
SCALED = Data("moons", {**RAW.settings, "scaled": True})
#: More than there are points.
FULL = 100
XAVIER = Initial("xavier_normal")
PLAIN = Initial("normal", {"mean": 0.0, "std": 1.0})


def training(
    loss: str = "binary cross-entropy, sum",
    rate: float = 0.01,
    *,
    data: Data = SCALED,
    hidden: int = 3,
    initial: Initial | None = XAVIER,
    bias: bool = True,
    epochs: int = 10_000,
    momentum: Mapping[str, Any] | None = None,
) -> Training:
    """A perceptron of sigmoids learns from all points at once."""
    return Training(
        data=data,
        network=Perceptron((2, hidden, 1), "sigmoid", "sigmoid", initial, bias),
        loss=loss,
        optimizer=Optimizer("SGD", {"lr": rate, **(momentum or {})}),
        epochs=epochs,
        batch_size=FULL,
    )
