"""The layers, by what they do: affine maps, convolutions, pooling, activations, shapes, and containers of these."""

from .activation import ReLU, Sigmoid, Tanh
from .container import MLP, Identity, Sequential
from .conv import Conv2d
from .linear import Linear
from .lists import ModuleDict, ModuleList
from .pooling import MaxPool2d
from .shape import Flatten

__all__ = [
    "MLP",
    "Conv2d",
    "Flatten",
    "Identity",
    "Linear",
    "MaxPool2d",
    "ModuleDict",
    "ModuleList",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Tanh",
]
