"""Fill a parameter with a constant, or with draws from a distribution whose numbers are given."""

from __future__ import annotations

import math
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

import autodiff as ad

from ..arguments import finite, is_number, not_negative
from ..random import Seed, generator

AnyTensor = TypeVar("AnyTensor", bound=ad.Tensor)

#: Standard deviation of a standard normal distribution truncated to ±2 (Johnson, Kotz and Balakrishnan, "Continuous
#: Univariate Distributions", 1994, chapter 13.10.1: 1 − 4 φ(2) / (2 Φ(2) − 1), its root).
TRUNCATED_DEVIATION = 0.8796256610342398


def zeros(tensor: AnyTensor) -> AnyTensor:
    """Zeros: what biases and the last layer of a residual block often start from.

    Examples
    --------
    >>> import nn
    >>> nn.init.zeros(nn.Linear(2, 3).bias).data
    array([0., 0., 0.], dtype=float32)
    """
    return constant(tensor, 0.0)


def ones(tensor: AnyTensor) -> AnyTensor:
    """Ones: what the scales of normalizations start from.

    Examples
    --------
    >>> import nn
    >>> nn.init.ones(nn.Linear(2, 3).bias).data
    array([1., 1., 1.], dtype=float32)
    """
    return constant(tensor, 1.0)


def constant(tensor: AnyTensor, value: float) -> AnyTensor:
    """One number everywhere.

    Parameters
    ----------
    tensor : Tensor
        Filled in place, whether it requires grad or not.
    value : float

    Returns
    -------
    Tensor
        The same one.

    Raises
    ------
    TypeError
        If it is no Tensor.
    ValueError
        If the value is no number, or none that a Tensor of integers can hold.

    Examples
    --------
    >>> import nn
    >>> nn.init.constant(nn.Linear(2, 3).bias, 0.5).data
    array([0.5, 0.5, 0.5], dtype=float32)
    """
    fillable(tensor, "constant")
    value = finite(value, "value", "nn.init.constant")
    if tensor.dtype.kind in "iu" and value != math.floor(value):
        raise ValueError(f"nn.init.constant: the value is {value} and the tensor {tensor.dtype}, which cannot hold it.")
    tensor.data = np.full(tensor.shape, value, tensor.dtype)
    return tensor


def uniform(tensor: AnyTensor, a: float = 0.0, b: float = 1.0, *, rng: Seed = None) -> AnyTensor:
    """Uniform between a and b.

    Parameters
    ----------
    tensor : Tensor
        Filled in place.
    a, b : float
        The least and the largest value.
    rng : numpy.random.Generator or int, optional
        Where the values are drawn from.

    Returns
    -------
    Tensor
        The same one.

    Raises
    ------
    TypeError, ValueError
        If it is no Tensor of floats, or a is above b, before anything is changed.

    Examples
    --------
    >>> import nn
    >>> weight = nn.init.uniform(nn.Linear(2, 3).weight, -0.5, 0.5)
    >>> bool(abs(weight.data).max() <= 0.5)
    True
    """
    low, high = finite(a, "a", "nn.init.uniform"), finite(b, "b", "nn.init.uniform")
    if low > high:
        raise ValueError(f"nn.init.uniform: a is {a} and b is {b}; needed is a least and then a largest value.")
    return filled(tensor, lambda draw: draw.uniform(low, high, tensor.shape), rng, "uniform")


def normal(tensor: AnyTensor, mean: float = 0.0, std: float = 1.0, *, rng: Seed = None) -> AnyTensor:
    """Normally distributed.

    Parameters
    ----------
    tensor : Tensor
        Filled in place.
    mean, std : float
        Mean and standard deviation, which is at least 0.
    rng : numpy.random.Generator or int, optional
        Where the values are drawn from.

    Returns
    -------
    Tensor
        The same one.

    Raises
    ------
    TypeError, ValueError
        If it is no Tensor of floats, or std is negative, before anything is changed.

    Examples
    --------
    >>> import nn
    >>> weight = nn.init.normal(nn.Linear(200, 200).weight, std=0.01, rng=0)
    >>> round(float(weight.data.std()), 3)
    0.01
    """
    centre, deviation = finite(mean, "mean", "nn.init.normal"), not_negative(std, "std", "nn.init.normal")
    return filled(tensor, lambda draw: draw.normal(centre, deviation, tensor.shape), rng, "normal")


def truncated_normal(
    tensor: AnyTensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, *, rng: Seed = None
) -> AnyTensor:
    """Normally distributed, drawn again outside [a, b]; the standard deviation of what is left is smaller than std.

    Parameters
    ----------
    tensor : Tensor
        Filled in place.
    mean, std : float
        Of the normal distribution before it is cut off.
    a, b : float
        Where it is cut off: values, not numbers of deviations.
    rng : numpy.random.Generator or int, optional
        Where the values are drawn from.

    Returns
    -------
    Tensor
        The same one.

    Raises
    ------
    TypeError, ValueError
        If it is no Tensor of floats, std is not above 0, or a is not below b, before anything is changed.

    Examples
    --------
    >>> import nn
    >>> weight = nn.init.truncated_normal(nn.Linear(200, 200).weight, rng=0)
    >>> bool(abs(weight.data).max() <= 2), round(float(weight.data.std()), 2)
    (True, 0.88)
    """
    caller = "nn.init.truncated_normal"
    centre, deviation = finite(mean, "mean", caller), not_negative(std, "std", caller)
    if not (is_number(a) and is_number(b) and deviation > 0 and a < b):
        raise ValueError(
            f"{caller}: std is {std!r}, a is {a!r} and b is {b!r}; needed are a deviation above 0 and "
            "a least and then a larger value."
        )
    low, high = (float(a) - centre) / deviation, (float(b) - centre) / deviation

    def values(draw: np.random.Generator) -> Any:
        return np.clip(centre + deviation * between(low, high, tensor.shape, draw), a, b)

    return filled(tensor, values, rng, "truncated_normal")


def between(low: float, high: float, shape: tuple[int, ...], draw: np.random.Generator) -> npt.NDArray[np.float64]:
    """Draws of the standard normal distribution between two values, by rejection.

    Where the interval holds a good part of the distribution, it is proposed itself, else a uniform one, accepted by the
    density's ratio to its largest value in the interval, down to e⁻⁴⁰ (Robert, "Simulation of truncated normal
    variables", 1995). One proposal in forty is accepted at least.
    """
    share = (math.erf(high / math.sqrt(2)) - math.erf(low / math.sqrt(2))) / 2
    nearest = min(max(low, 0.0), high)
    reach = math.sqrt(nearest * nearest + 80)
    left, right = max(low, -reach), min(high, reach)
    values = np.empty(math.prod(shape))
    missing = np.arange(values.size)
    while missing.size:
        if share > 0.25:
            proposed = draw.standard_normal(missing.size)
            accepted = (proposed >= low) & (proposed <= high)
        else:
            proposed = draw.uniform(left, right, missing.size)
            accepted = draw.random(missing.size) < np.exp((nearest * nearest - proposed * proposed) / 2)
        values[missing[accepted]] = proposed[accepted]
        missing = missing[~accepted]
    return values.reshape(shape)


# What all initialisers check, and how they write.


def filled(tensor: AnyTensor, values: Any, rng: Seed, caller: str) -> AnyTensor:
    """A tensor of floats, filled with `values(generator)` in its own dtype."""
    fillable(tensor, caller)
    if tensor.dtype.kind != "f":
        raise TypeError(f"nn.init.{caller}: the tensor is {tensor.dtype}; needed are floats.")
    tensor.data = values(generator(rng))
    return tensor


def fillable(tensor: Any, caller: str) -> None:
    """Only a Tensor can be filled."""
    if not isinstance(tensor, ad.Tensor):
        raise TypeError(
            f"nn.init.{caller}: a {type(tensor).__name__} was given; needed is a Tensor or a Parameter, such as "
            "layer.weight. nn.Parameter(array) makes one of an array."
        )
