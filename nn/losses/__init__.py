"""Losses: what a network's outputs and the targets make of one number, the one that training lowers.

Each is a function of `nn.functional` with its settings. Class weights are buffers, as in PyTorch, so that they are
saved with the model.
"""

from .base import Loss
from .classification import CrossEntropyLoss, MultiMarginLoss, NLLLoss
from .elementwise import BCELoss, BCEWithLogitsLoss, HingeLoss, HuberLoss, L1Loss, MSELoss

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CrossEntropyLoss",
    "HingeLoss",
    "HuberLoss",
    "L1Loss",
    "Loss",
    "MSELoss",
    "MultiMarginLoss",
    "NLLLoss",
]
