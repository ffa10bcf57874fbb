"""Schedules: how learning rates change while a model learns. Names and semantics are PyTorch's.

Each takes an optimizer, and is stepped after each epoch or batch (its `interval`), by hand or by `nn.fit`. They are
called `nn.schedules.StepLR`, not `nn.StepLR`. A `Formula` computes the rates anew from those that the groups began
with, so one schedule governs an optimizer at a time; `SequentialLR` puts several one after another.
"""

from .curves import CosineAnnealingLR, LambdaLR, LinearLR
from .decays import ExponentialDecay, ExponentialLR, MultiStepLR, StepLR
from .plateau import ReduceLROnPlateau
from .schedule import Formula, Schedule
from .sequential import SequentialLR

__all__ = [
    "CosineAnnealingLR",
    "ExponentialDecay",
    "ExponentialLR",
    "Formula",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "ReduceLROnPlateau",
    "Schedule",
    "SequentialLR",
    "StepLR",
]
