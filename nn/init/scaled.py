"""Distributions as wide as a weight's shape asks for, so that signals neither die out nor explode."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

import autodiff as ad

from ..arguments import not_negative
from ..random import Seed
from .filling import TRUNCATED_DEVIATION, AnyTensor, between, fillable, filled, normal, uniform
from .signals import fans, gain


def xavier_uniform(tensor: AnyTensor, gain: float = 1.0, *, rng: Seed = None) -> AnyTensor:
    """Uniform in ±gain √(6 / (fan_in + fan_out)) (Glorot and Bengio, 2010).

    Examples
    --------
    >>> import nn
    >>> weight = nn.init.xavier_uniform(nn.Linear(2, 4).weight)
    >>> bool(abs(weight.data).max() <= 1.0)
    True
    """
    gain = not_negative(gain, "gain", "nn.init.xavier_uniform")
    return _uniform(tensor, gain * math.sqrt(6 / _fan(tensor)), rng)


def xavier_normal(tensor: AnyTensor, gain: float = 1.0, *, rng: Seed = None) -> AnyTensor:
    """Normal with standard deviation gain √(2 / (fan_in + fan_out)) (Glorot and Bengio, 2010).

    Examples
    --------
    >>> import numpy as np, nn
    >>> weight = nn.init.xavier_normal(nn.Linear(200, 200).weight, rng=np.random.default_rng(0))
    >>> round(float(weight.data.std()), 3)
    0.071
    """
    gain = not_negative(gain, "gain", "nn.init.xavier_normal")
    return normal(tensor, 0.0, gain * math.sqrt(2 / _fan(tensor)), rng=rng)


def kaiming_uniform(
    tensor: AnyTensor,
    a: float = 0.0,
    mode: Literal["fan_in", "fan_out"] = "fan_in",
    nonlinearity: str = "leaky_relu",
    *,
    rng: Seed = None,
) -> AnyTensor:
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
    tensor: AnyTensor,
    a: float = 0.0,
    mode: Literal["fan_in", "fan_out"] = "fan_in",
    nonlinearity: str = "leaky_relu",
    *,
    rng: Seed = None,
) -> AnyTensor:
    """Normal with standard deviation gain / √fan (He et al., 2015); the parameters are those of `kaiming_uniform`.

    Examples
    --------
    >>> import numpy as np, nn
    >>> weight = nn.init.kaiming_normal(nn.Linear(200, 200).weight, rng=np.random.default_rng(0))
    >>> round(float(weight.data.std()), 2)
    0.1
    """
    return normal(tensor, 0.0, gain(nonlinearity, a) / math.sqrt(_fan(tensor, mode)), rng=rng)


def glorot_uniform(tensor: AnyTensor, *, rng: Seed = None) -> AnyTensor:
    """Keras's default for weights: the same as `xavier_uniform`.

    Examples
    --------
    >>> import nn
    >>> weight = nn.init.glorot_uniform(nn.Linear(2, 4).weight)
    >>> bool(abs(weight.data).max() <= 1.0)
    True
    """
    return xavier_uniform(tensor, rng=rng)


def glorot_normal(tensor: AnyTensor, *, rng: Seed = None) -> AnyTensor:
    """Keras's form of `xavier_normal`: the same standard deviation, but no value further than 2.27 of them from 0.

    Examples
    --------
    >>> import numpy as np, nn
    >>> weight = nn.init.glorot_normal(nn.Linear(200, 200).weight, rng=np.random.default_rng(0))
    >>> round(float(weight.data.std()), 3), bool(abs(weight.data).max() <= 2.2737 * 200**-0.5 / 2**0.5 * 2**0.5)
    (0.071, True)
    """
    return _truncated(tensor, math.sqrt(2 / _fan(tensor)), rng)


def he_uniform(tensor: AnyTensor, *, rng: Seed = None) -> AnyTensor:
    """Keras's form of `kaiming_uniform`, for a ReLU: uniform in ±√(6 / fan_in).

    Examples
    --------
    >>> import nn
    >>> weight = nn.init.he_uniform(nn.Linear(6, 4).weight)
    >>> bool(abs(weight.data).max() <= 1.0)
    True
    """
    return kaiming_uniform(tensor, nonlinearity="relu", rng=rng)


def he_normal(tensor: AnyTensor, *, rng: Seed = None) -> AnyTensor:
    """Keras's form of `kaiming_normal`, for a ReLU: standard deviation √(2 / fan_in), truncated as `glorot_normal`.

    Examples
    --------
    >>> import numpy as np, nn
    >>> weight = nn.init.he_normal(nn.Linear(200, 200).weight, rng=np.random.default_rng(0))
    >>> round(float(weight.data.std()), 2)
    0.1
    """
    return _truncated(tensor, math.sqrt(2 / _fan(tensor, "fan_in")), rng)


def layer_default(tensor: AnyTensor, fan_in: int, *, rng: Seed = None) -> AnyTensor:
    """Uniform in ±1/√fan_in: what PyTorch's layers, and ours, start from, weights and biases alike.

    Examples
    --------
    >>> import nn
    >>> bias = nn.init.layer_default(nn.Linear(4, 3).bias, fan_in=4)
    >>> bool(abs(bias.data).max() <= 0.5)
    True
    """
    return _uniform(tensor, 1 / math.sqrt(max(1, fan_in)), rng)


def orthogonal(tensor: AnyTensor, gain: float = 1.0, *, rng: Seed = None) -> AnyTensor:
    """gain times a random matrix whose rows, or columns where there are fewer, are orthonormal.

    Parameters
    ----------
    tensor : Tensor of shape (out, in, *kernel)
        Filled in place, as the matrix (out, in · kernel's size).
    gain : float
        At least 0; see `nn.init.gain`.
    rng : numpy.random.Generator or int, optional
        Where the values are drawn from.

    Returns
    -------
    Tensor
        The same one.

    Raises
    ------
    TypeError, ValueError
        If it is no Tensor of floats, has less than two axes, or the gain is negative, before anything is changed.

    Notes
    -----
    Saxe et al., "Exact solutions to the nonlinear dynamics of learning in deep linear networks", 2013. The Q of a
    normal matrix is uniformly distributed where the diagonal of R is positive (Mezzadri, "How to generate random
    matrices from the classical compact groups", 2006).

    Examples
    --------
    >>> import numpy as np, nn
    >>> weight = nn.init.orthogonal(nn.Linear(5, 3).weight).data
    >>> bool(np.allclose(weight @ weight.T, np.eye(3), atol=1e-6))
    True
    """
    scale = not_negative(gain, "gain", "nn.init.orthogonal")
    _fan(tensor)
    rows, columns = tensor.shape[0], math.prod(tensor.shape[1:])

    def values(draw: np.random.Generator) -> Any:
        q, r = np.linalg.qr(draw.standard_normal((max(rows, columns), min(rows, columns))))
        q *= np.where(np.diagonal(r) < 0, -scale, scale)
        return (q if rows >= columns else q.T).reshape(tensor.shape)

    return filled(tensor, values, rng, "orthogonal")


def _fan(tensor: ad.Tensor, mode: str = "both") -> int:
    """One of a weight's fans, or their sum; 1 where there are no elements to fill."""
    fillable(tensor, "fans")
    if mode not in ("fan_in", "fan_out", "both"):
        raise ValueError(f"nn.init: mode is {mode!r}; it can be 'fan_in' or 'fan_out'.")
    both = fans(tensor)
    return max(1, sum(both) if mode == "both" else both[mode == "fan_out"])


def _uniform(tensor: AnyTensor, limit: float, rng: Seed) -> AnyTensor:
    return uniform(tensor, -limit, limit, rng=rng)


def _truncated(tensor: AnyTensor, deviation: float, rng: Seed) -> AnyTensor:
    """Cut off at ±2 deviations and widened, so that the deviation is the one asked for."""
    wide = deviation / TRUNCATED_DEVIATION
    return filled(tensor, lambda draw: wide * between(-2.0, 2.0, tensor.shape, draw), rng, "truncated_normal")
