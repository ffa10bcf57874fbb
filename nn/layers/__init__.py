"""The layers, by what they do: affine maps, convolutions, pooling, activations, shapes, and containers of these."""

from .activation import ReLU, Sigmoid, Tanh
from .container import MLP, Sequential
from .conv import Conv2d
from .linear import Linear
from .pooling import MaxPool2d
from .shape import Flatten

__all__ = ["MLP", "Conv2d", "Flatten", "Linear", "MaxPool2d", "ReLU", "Sequential", "Sigmoid", "Tanh"]
