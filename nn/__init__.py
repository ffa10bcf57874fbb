"""Networks on the engine of `autodiff`: modules, layers, losses, initialisers, optimizers, and the loop that trains.

Names and semantics are PyTorch's, with `axis` for `dim`. Nothing here derives a gradient by hand.
"""

from . import init, optim, serialize
from .callbacks import Callback
from .history import History
from .layers import (
    MLP,
    Conv2d,
    Flatten,
    Identity,
    Linear,
    MaxPool2d,
    ModuleDict,
    ModuleList,
    ReLU,
    Sequential,
    Sigmoid,
    Tanh,
)
from .losses import CrossEntropyLoss, MSELoss
from .metrics import accuracy
from .module import Buffer, Module, Parameter
from .optim import SGD, Adam
from .random import manual_seed
from .serialize import SavedState, load, save
from .train import evaluate, fit, predict

__all__ = [
    "MLP",
    "SGD",
    "Adam",
    "Buffer",
    "Callback",
    "Conv2d",
    "CrossEntropyLoss",
    "Flatten",
    "History",
    "Identity",
    "Linear",
    "MSELoss",
    "MaxPool2d",
    "Module",
    "ModuleDict",
    "ModuleList",
    "Parameter",
    "ReLU",
    "SavedState",
    "Sequential",
    "Sigmoid",
    "Tanh",
    "accuracy",
    "evaluate",
    "fit",
    "init",
    "load",
    "manual_seed",
    "optim",
    "predict",
    "save",
    "serialize",
]

#: Source lines in errors and drawings are those of whoever called a layer, not the layers' own.
__autodiff_plumbing__ = True
