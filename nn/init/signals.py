"""What a weight does to the size of signals: how many inputs add up, and by how much an activation shrinks them."""

from __future__ import annotations

import math

import autodiff as ad

from ..arguments import finite


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
            "(out, in, ...). Biases are usually filled with zeros: nn.init.zeros(bias)."
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
        If the activation is not known, or the slope no finite number.

    Notes
    -----
    PyTorch's table; √2 for ReLU is from He et al., "Delving deep into rectifiers", 2015.

    Examples
    --------
    >>> import nn
    >>> round(nn.init.gain("relu"), 4)
    1.4142
    """
    a = finite(a, "a", "nn.init.gain")
    leaky = math.sqrt(2 / (1 + a * a))
    gains = {"linear": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2), "leaky_relu": leaky}
    if nonlinearity not in gains:
        raise ValueError(f"nn.init.gain: no nonlinearity is called {nonlinearity!r}; there are {', '.join(gains)}.")
    return gains[nonlinearity]
