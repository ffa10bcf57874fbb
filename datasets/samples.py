"""The two tuples that every data set is made of, and the checks of arguments that their makers share.

Samples are two arrays in step: row i of `x` belongs to entry i of `y`.
"""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral, Real
from typing import Any, NamedTuple, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
T = TypeVar("T")
Seed: TypeAlias = np.random.Generator | int | None


class Samples(NamedTuple):
    """Inputs and the class index of each.

    Attributes
    ----------
    x : ndarray, shape (samples, ...)
        One input per row.
    y : ndarray of int64, shape (samples,)
        Class indices, counted from 0.

    Examples
    --------
    >>> import datasets
    >>> x, y = datasets.xor()
    >>> x.shape, y.shape
    ((21, 2), (21,))
    """

    x: Array
    y: Array


class Split(NamedTuple):
    """Samples to learn from, and others to be judged by.

    Attributes
    ----------
    train, test : Samples
        No sample is in both.

    Examples
    --------
    >>> import datasets
    >>> train, test = datasets.digits()
    >>> len(train.x) + len(test.x)
    1797
    """

    train: Samples
    test: Samples


def generator(rng: Seed, function: str) -> np.random.Generator:
    """The Generator that `rng` stands for."""
    if rng is None or isinstance(rng, np.random.Generator):
        return np.random.default_rng(rng)
    wanted = "a numpy.random.Generator, a seed (a whole number of at least 0) or None"
    return np.random.default_rng(checked(rng, Integral, lambda seed: seed >= 0, function, "rng", wanted))


def count(value: int, function: str, name: str) -> int:
    """A number of things, at least one."""
    return checked(value, Integral, lambda n: n >= 1, function, name, "a whole number of at least 1")


def deviation(sigma: float, function: str) -> float:
    """A standard deviation, zero allowed."""
    return checked(sigma, Real, lambda s: 0 <= s < np.inf, function, "sigma", "a finite number of at least 0")


def class_indices(points_per_class: int, classes: int, function: str) -> Array:
    """`points_per_class` zeros, then as many ones, and so on."""
    points_per_class = count(points_per_class, function, "points_per_class")
    return np.repeat(np.arange(count(classes, function, "classes")), points_per_class)


def labelled(x: Array, y: Array) -> Samples:
    """Points and classes in the types that every synthetic set returns."""
    return Samples(x.astype(np.float32), y.astype(np.int64))


def switch(value: Any, function: str, name: str) -> bool:
    """True or False, and nothing that merely counts as one of them."""
    if not isinstance(value, bool | np.bool):
        got = f"{value!r} of type {type(value).__name__}"
        raise TypeError(f"datasets.{function}: {name} must be True or False; got {got}.")
    return bool(value)


def checked(value: T, kind: type, valid: Callable[[T], bool], function: str, name: str, wanted: str) -> T:
    """`value`, unless it is of another kind or out of range: then an error says what `function` wanted."""
    message = f"datasets.{function}: {name} must be {wanted}; got {value!r} of type {type(value).__name__}."
    if isinstance(value, bool) or not isinstance(value, kind):
        raise TypeError(message)
    if not valid(value):
        raise ValueError(message)
    return value
