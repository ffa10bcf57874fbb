"""Optimizers: how parameters follow their gradients. Names, formulas and defaults are PyTorch's.

`optimizer` holds what they share, `flat` the memory that parameters live in, `updates` the arithmetic; `clipping`
shortens gradients before a step, and `decay` makes the groups that leave biases out of weight decay.
"""

from .adagrad import Adagrad
from .adam import Adam
from .adamw import AdamW
from .clipping import clip_grad_norm, clip_grad_value
from .decay import decay_groups
from .optimizer import Optimizer
from .rmsprop import RMSprop
from .sgd import SGD

__all__ = [
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "Optimizer",
    "RMSprop",
    "clip_grad_norm",
    "clip_grad_value",
    "decay_groups",
]
