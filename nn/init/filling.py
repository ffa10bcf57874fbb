"""Fill a parameter with a constant, or with draws from a distribution whose numbers are given."""

from __future__ import annotations

import math
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

import autodiff as ad

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
        If it is no Tensor, or the value no number.
    ValueError
        If a Tensor of integers cannot hold the value.

    Examples
    --------
    >>> import nn
    >>> nn.init.constant(nn.Linear(2, 3).bias, 0.5).data
    array([0.5, 0.5, 0.5], dtype=float32)
    """
    fillable(tensor, "constant")
    value = number(value, "value", "constant")
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
    low, high = number(a, "a", "uniform"), number(b, "b", "uniform")
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
    centre, deviation = number(mean, "mean", "normal"), not_negative(std, "std", "normal")
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
    centre, deviation = number(mean, "mean", "truncated_normal"), number(std, "std", "truncated_normal")
    if not (deviation > 0 and a < b):
        raise ValueError(
            f"nn.init.truncated_normal: std is {std}, a is {a} and b is {b}; needed are a deviation above 0 and "
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


def number(value: Any, name: str, caller: str) -> float:
    """A finite number, or an error that says whose it is not."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"nn.init.{caller}: {name} is {value!r}; needed is a number.")
    if not math.isfinite(value):
        raise ValueError(f"nn.init.{caller}: {name} is {value!r}; needed is a finite number.")
    return float(value)


def not_negative(value: Any, name: str, caller: str) -> float:
    """A finite number of at least 0."""
    if number(value, name, caller) < 0:
        raise ValueError(f"nn.init.{caller}: {name} is {value!r}; needed is a number of at least 0.")
    return float(value)
