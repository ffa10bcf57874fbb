"""Optimizers: how parameters follow their gradients. Names, formulas and defaults are PyTorch's.

`optimizer` holds what they share, `flat` the memory that parameters live in, `updates` the arithmetic.
"""

from .adam import Adam
from .sgd import SGD

__all__ = ["SGD", "Adam"]
