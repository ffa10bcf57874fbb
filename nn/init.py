"""Initialisers: each fills a parameter in place, in random draws of a distribution that keeps signals alive.

`xavier_*` and `kaiming_*` are PyTorch's, `glorot_*` and `he_*` are Keras's, whose normal ones are truncated. For a
weight of shape (out, in, *kernel), fan_in is in · kernel's size and fan_out is out · kernel's size.
"""

from __future__ import annotations

import math
from typing import Literal, TypeVar

import numpy as np

import autodiff as ad

from .random import Seed, generator

_Tensor = TypeVar("_Tensor", bound=ad.Tensor)

#: Standard deviation of a standard normal distribution truncated to ±2 (Johnson, Kotz and Balakrishnan, "Continuous
#: Univariate Distributions", 1994, chapter 13.10.1: 1 − 4 φ(2) / (2 Φ(2) − 1), its root).
TRUNCATED_DEVIATION = 0.8796256610342398

__all__ = [
    "fans",
    "gain",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "kaiming_normal",
    "kaiming_uniform",
    "layer_default",
    "xavier_normal",
    "xavier_uniform",
]


def fans(tensor: ad.Tensor) -> tuple[int, int]:
    """How many inputs each output of a weight has, and how many outputs each input.

    Parameters
    ----------
    tensor : Tensor of shape (out, in, *kernel)
        A weight.

    Returns
    -------
    fan_in, fan_out : int

    Raises
    ------
    ValueError
        If it has less than two axes, as biases have.

    Examples
    --------
    >>> import nn
    >>> nn.init.fans(nn.Conv2d(3, 8, 5).weight)
    (75, 200)
    """
    if tensor.ndim < 2:
        raise ValueError(
            f"nn.init: a tensor of shape {tensor.shape} has no fan_in and fan_out; needed is a weight of shape "
            "(out, in, ...). Biases are usually filled with zeros: `bias.data = numpy.zeros(...)`."
        )
    kernel = math.prod(tensor.shape[2:])
    return tensor.shape[1] * kernel, tensor.shape[0] * kernel


def gain(nonlinearity: str, a: float = 0.0) -> float:
    """By how much an activation shrinks signals: the factor that makes up for it.

    Parameters
    ----------
    nonlinearity : {"linear", "sigmoid", "tanh", "relu", "leaky_relu"}
        What follows the layer.
    a : float
        Slope of leaky_relu for negative inputs.

    Raises
    ------
    ValueError
        If the activation is not known.

    Notes
    -----
    PyTorch's table; √2 for ReLU is from He et al., "Delving deep into rectifiers", 2015.

    Examples
    --------
    >>> import nn
    >>> round(nn.init.gain("relu"), 4)
    1.4142
    """
    leaky = math.sqrt(2 / (1 + a * a))
    gains = {"linear": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2), "leaky_relu": leaky}
    if nonlinearity not in gains:
        raise ValueError(f"nn.init.gain: no nonlinearity is called {nonlinearity!r}; there are {', '.join(gains)}.")
    return gains[nonlinearity]


def xavier_uniform(tensor: _Tensor, gain: float = 1.0, *, rng: Seed = None) -> _Tensor:
    """Uniform in ±gain √(6 / (fan_in + fan_out)) (Glorot and Bengio, 2010).

    Examples
    --------
    >>> import nn
    >>> weight = nn.init.xavier_uniform(nn.Linear(2, 4).weight)
    >>> bool(abs(weight.data).max() <= 1.0)
    True
    """
    return _uniform(tensor, gain * math.sqrt(6 / sum(fans(tensor))), rng)


def xavier_normal(tensor: _Tensor, gain: float = 1.0, *, rng: Seed = None) -> _Tensor:
    """Normal with standard deviation gain √(2 / (fan_in + fan_out)) (Glorot and Bengio, 2010).

    Examples
    --------
    >>> import numpy as np, nn
    >>> weight = nn.init.xavier_normal(nn.Linear(200, 200).weight, rng=np.random.default_rng(0))
    >>> round(float(weight.data.std()), 3)
    0.071
    """
    return _normal(tensor, gain * math.sqrt(2 / sum(fans(tensor))), rng)


def kaiming_uniform(
    tensor: _Tensor,
    a: float = 0.0,
    mode: Literal["fan_in", "fan_out"] = "fan_in",
    nonlinearity: str = "leaky_relu",
    *,
    rng: Seed = None,
) -> _Tensor:
    """Uniform in ±gain √(3 / fan) (He et al., 2015).

    Parameters
    ----------
    tensor : Tensor of shape (out, in, *kernel)
        Filled in place.
    a : float
        Slope of the leaky ReLU that follows; 0 for a ReLU.
    mode : {"fan_in", "fan_out"}
        Whether the size of signals is kept forward or backward.
    nonlinearity : str
        What follows the layer, see `gain`.
    rng : numpy.random.Generator or int, optional
        Where the values are drawn from.

    Returns
    -------
    Tensor
        The same one.

    Examples
    --------
    >>> import nn
    >>> weight = nn.init.kaiming_uniform(nn.Linear(6, 4).weight, nonlinearity="relu")
    >>> bool(abs(weight.data).max() <= 1.0)
    True
    """
    return _uniform(tensor, gain(nonlinearity, a) * math.sqrt(3 / _fan(tensor, mode)), rng)


def kaiming_normal(
    tensor: _Tensor,
    a: float = 0.0,
    mode: Literal["fan_in", "fan_out"] = "fan_in",
    nonlinearity: str = "leaky_relu",
    *,
    rng: Seed = None,
) -> _Tensor:
    """Normal with standard deviation gain / √fan (He et al., 2015); the parameters are those of `kaiming_uniform`.

    Examples
    --------
    >>> import numpy as np, nn
    >>> weight = nn.init.kaiming_normal(nn.Linear(200, 200).weight, rng=np.random.default_rng(0))
    >>> round(float(weight.data.std()), 2)
    0.1
    """
    return _normal(tensor, gain(nonlinearity, a) / math.sqrt(_fan(tensor, mode)), rng)


def glorot_uniform(tensor: _Tensor, *, rng: Seed = None) -> _Tensor:
    """Keras's default for weights: the same as `xavier_uniform`.

    Examples
    --------
    >>> import nn
    >>> weight = nn.init.glorot_uniform(nn.Linear(2, 4).weight)
    >>> bool(abs(weight.data).max() <= 1.0)
    True
    """
    return xavier_uniform(tensor, rng=rng)


def glorot_normal(tensor: _Tensor, *, rng: Seed = None) -> _Tensor:
    """Keras's form of `xavier_normal`: the same standard deviation, but no value further than 2.27 of them from 0.

    Examples
    --------
    >>> import numpy as np, nn
    >>> weight = nn.init.glorot_normal(nn.Linear(200, 200).weight, rng=np.random.default_rng(0))
    >>> round(float(weight.data.std()), 3), bool(abs(weight.data).max() <= 2.2737 * 200**-0.5 / 2**0.5 * 2**0.5)
    (0.071, True)
    """
    return _truncated_normal(tensor, math.sqrt(2 / sum(fans(tensor))), rng)


def he_uniform(tensor: _Tensor, *, rng: Seed = None) -> _Tensor:
    """Keras's form of `kaiming_uniform`, for a ReLU: uniform in ±√(6 / fan_in).

    Examples
    --------
    >>> import nn
    >>> weight = nn.init.he_uniform(nn.Linear(6, 4).weight)
    >>> bool(abs(weight.data).max() <= 1.0)
    True
    """
    return kaiming_uniform(tensor, nonlinearity="relu", rng=rng)


def he_normal(tensor: _Tensor, *, rng: Seed = None) -> _Tensor:
    """Keras's form of `kaiming_normal`, for a ReLU: standard deviation √(2 / fan_in), truncated as `glorot_normal`.

    Examples
    --------
    >>> import numpy as np, nn
    >>> weight = nn.init.he_normal(nn.Linear(200, 200).weight, rng=np.random.default_rng(0))
    >>> round(float(weight.data.std()), 2)
    0.1
    """
    return _truncated_normal(tensor, math.sqrt(2 / fans(tensor)[0]), rng)


def layer_default(tensor: _Tensor, fan_in: int, *, rng: Seed = None) -> _Tensor:
    """Uniform in ±1/√fan_in: what PyTorch's layers, and ours, start from, weights and biases alike.

    Examples
    --------
    >>> import nn
    >>> bias = nn.init.layer_default(nn.Linear(4, 3).bias, fan_in=4)
    >>> bool(abs(bias.data).max() <= 0.5)
    True
    """
    return _uniform(tensor, 1 / math.sqrt(fan_in), rng)


def _fan(tensor: ad.Tensor, mode: str) -> int:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"nn.init: mode is {mode!r}; it can be 'fan_in' or 'fan_out'.")
    return fans(tensor)[mode == "fan_out"]


def _uniform(tensor: _Tensor, limit: float, rng: Seed) -> _Tensor:
    tensor.data = generator(rng).uniform(-limit, limit, tensor.shape)
    return tensor


def _normal(tensor: _Tensor, deviation: float, rng: Seed) -> _Tensor:
    tensor.data = generator(rng).normal(0.0, deviation, tensor.shape)
    return tensor


def _truncated_normal(tensor: _Tensor, deviation: float, rng: Seed) -> _Tensor:
    """Draw again what lies beyond ±2; divide by the deviation that is left."""
    draw = generator(rng)
    values = draw.standard_normal(tensor.shape)
    while (outside := np.abs(values) > 2).any():
        values[outside] = draw.standard_normal(int(outside.sum()))
    tensor.data = values * (deviation / TRUNCATED_DEVIATION)
    return tensor
