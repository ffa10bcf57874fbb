"""Initialisers: each fills a parameter in place, in random draws of a distribution that keeps signals alive.

`xavier_*` and `kaiming_*` are PyTorch's, `glorot_*` and `he_*` are Keras's, whose normal ones are truncated. For a
weight of shape (out, in, *kernel), fan_in is in · kernel's size and fan_out is out · kernel's size. All refuse what
does not fit before they change anything, and give the tensor back.
"""

from .filling import TRUNCATED_DEVIATION, constant, normal, ones, truncated_normal, uniform, zeros
from .scaled import (
    glorot_normal,
    glorot_uniform,
    he_normal,
    he_uniform,
    kaiming_normal,
    kaiming_uniform,
    layer_default,
    orthogonal,
    xavier_normal,
    xavier_uniform,
)
from .signals import fans, gain

__all__ = [
    "TRUNCATED_DEVIATION",
    "constant",
    "fans",
    "gain",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "kaiming_normal",
    "kaiming_uniform",
    "layer_default",
    "normal",
    "ones",
    "orthogonal",
    "truncated_normal",
    "uniform",
    "xavier_normal",
    "xavier_uniform",
    "zeros",
]
