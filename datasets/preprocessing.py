"""Columns brought to one scale by what the training samples showed, and class indices as vectors.

A scaler is fitted on training samples and then applied to any: others must not have a say in what is learned.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from numbers import Integral, Real
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from .samples import Array, checked, count

S = TypeVar("S", bound="Scaler")
#: Numbers that are scaled at once.
CHUNK = 1 << 16
Axis = int | tuple[int, ...] | None


class Scaler(ABC):
    """What both scalers share: (x − offset) / scale, with both learned by `fit`."""

    def __init__(self, axis: Axis = 0) -> None:
        axes: tuple[Any, ...] = axis if isinstance(axis, tuple) else (0 if axis is None else axis,)
        if not all(isinstance(each, Integral) and not isinstance(each, bool) for each in axes):
            raise TypeError(f"{self._name()}: axis must be a whole number, a tuple of them or None; got {axis!r}.")
        self.axis = axis
        self._offset: Array | None = None
        self._scale: Array | None = None

    def fit(self: S, x: npt.ArrayLike) -> S:
        """Learn the statistics of `x`; those of an earlier fit are forgotten. Returns the scaler itself."""
        values = self._numbers(x, "fit")
        axes = range(values.ndim) if self.axis is None else np.atleast_1d(self.axis)
        if values.ndim == 0 or not all(-values.ndim <= axis < values.ndim for axis in axes):
            raise ValueError(f"{self._name()}.fit: x has shape {values.shape} and no axis {self.axis}.")
        if not values.size or not np.isfinite(values).all():
            flaw = "holds NaN or infinity" if values.size else f"has shape {values.shape}"
            raise ValueError(f"{self._name()}.fit: x {flaw}; needed are finite numbers, at least one.")
        self._offset, self._scale = self._learned(values)
        return self

    def transform(self, x: npt.ArrayLike) -> Array:
        """`x` on the scale that was learned, in a new array."""
        return self._applied(x, "transform", lambda values, offset, scale: (values - offset) / scale)

    def inverse_transform(self, x: npt.ArrayLike) -> Array:
        """What `transform` would turn into `x`, in a new array."""
        return self._applied(x, "inverse_transform", lambda values, offset, scale: values * scale + offset)

    def fit_transform(self, x: npt.ArrayLike) -> Array:
        """`fit`, then `transform` of the same samples."""
        return self.fit(x).transform(x)

    def __repr__(self) -> str:
        state = "not fitted" if self._offset is None else f"fitted to {self._offset.shape}"
        return f"{type(self).__name__}({self._settings()}): {state}"

    def _settings(self) -> str:
        return f"axis={self.axis}"

    @abstractmethod
    def _learned(self, x: Array) -> tuple[Array, Array]:
        """Offset and scale, in float64 with the axes kept."""

    def _applied(self, x: npt.ArrayLike, method: str, formula: Callable[[Array, Array, Array], Array]) -> Array:
        """A formula of the numbers, the offset and the scale, in float64 and rounded once."""
        if self._offset is None or self._scale is None:
            raise RuntimeError(f"{self._name()}.{method}: nothing is learned yet; fit the training samples first.")
        values = self._numbers(x, method)
        learned = self._offset.shape
        if values.ndim != len(learned) or any(n not in (1, size) for n, size in zip(learned, values.shape)):
            raise ValueError(
                f"{self._name()}.{method}: x has shape {values.shape}, the statistics {learned}; x needs the shape "
                "of what was fitted, but for the axes over which the statistics were taken."
            )
        result = np.empty(values.shape, floating(values.dtype))
        offset, scale = (np.broadcast_to(each, values.shape) for each in (self._offset, self._scale))
        for rows in few_rows(values):
            result[rows] = formula(values[rows].astype(np.float64), offset[rows], scale[rows])
        return result

    def _numbers(self, x: npt.ArrayLike, method: str) -> Array:
        values = np.asarray(x)
        if values.dtype.kind not in "biuf":
            raise TypeError(f"{self._name()}.{method}: x must be an array of numbers; got {values.dtype}.")
        return values

    @classmethod
    def _name(cls) -> str:
        return f"datasets.{cls.__name__}"


def few_rows(x: Array) -> Iterator[slice]:
    """Some rows at a time: all of MNIST in float64 would take eight times its bytes, and more than once."""
    size = max(1, CHUNK * len(x) // max(1, x.size))
    return (slice(start, start + size) for start in range(0, len(x), size))


class StandardScaler(Scaler):
    """Z-scores: the mean becomes 0 and the standard deviation 1, of each column on its own.

    Parameters
    ----------
    axis : int, tuple of int or None
        Over which axes the statistics are taken: 0 for one pair per column or pixel, (0, 2, 3) for one per channel of
        images (samples, channels, height, width), None for one in all.

    Attributes
    ----------
    mean, deviation : ndarray of float64
        Of what was fitted, the axes kept with length 1. The deviation is the population's (divided by n); for a
        constant column it is 0, and its z-scores are 0.

    Raises
    ------
    TypeError, ValueError
        If what is fitted or transformed is no array of numbers, has another shape than what was fitted, or, fitted,
        is empty or not finite.
    RuntimeError
        If something is transformed before anything was fitted.

    Notes
    -----
    Floats keep their dtype; whole numbers become float32, or float64 where that holds them better, as by NumPy's
    promotion with float32. The statistics are computed in float64.

    Examples
    --------
    >>> import datasets
    >>> scaler = datasets.StandardScaler()
    >>> scaler.fit_transform([[1.0, 7.0], [3.0, 7.0]])
    array([[-1.,  0.],
           [ 1.,  0.]])
    >>> scaler.transform([[2.0, 8.0]])  # others by the statistics of the first
    array([[0., 1.]])
    >>> scaler.mean, scaler.deviation
    (array([[2., 7.]]), array([[1., 0.]]))
    """

    mean: Array
    deviation: Array

    def _learned(self, x: Array) -> tuple[Array, Array]:
        low = x.min(axis=self.axis, keepdims=True)
        constant = low == x.max(axis=self.axis, keepdims=True)
        # Rounding would leave a constant column a mean beside it and a deviation that is not quite nothing.
        self.mean = np.where(constant, low, x.mean(axis=self.axis, keepdims=True, dtype=np.float64))
        self.deviation = np.where(constant, 0.0, np.sqrt(self._variance(x)))
        return self.mean, np.where(self.deviation == 0, 1.0, self.deviation)

    def _variance(self, x: Array) -> Array:
        """Of the population, about the mean."""
        axes = range(x.ndim) if self.axis is None else np.atleast_1d(self.axis) % x.ndim
        total = np.zeros(self.mean.shape)
        for rows in few_rows(x):
            own = slice(None) if 0 in axes else rows
            total[own] += np.square(x[rows] - self.mean[own]).sum(axis=self.axis, keepdims=True)
        return total * (total.size / x.size)


class MinMaxScaler(Scaler):
    """The smallest value becomes `low` and the largest `high`, of each column on its own.

    Parameters
    ----------
    low, high : float
        Where the range is mapped to, low < high.
    axis : int, tuple of int or None
        Over which axes the range is taken, as for `StandardScaler`.

    Attributes
    ----------
    minimum, maximum : ndarray of float64
        Of what was fitted, the axes kept with length 1. A constant column becomes `low`.

    Raises
    ------
    TypeError, ValueError, RuntimeError
        As `StandardScaler`; also if `low` and `high` are no range.

    Notes
    -----
    What lies outside the range that was fitted is mapped outside `low` and `high`. Dtypes as for `StandardScaler`.

    Examples
    --------
    >>> import datasets
    >>> scaler = datasets.MinMaxScaler(-1, 1).fit([[0.0, 5.0], [10.0, 5.0]])
    >>> scaler.transform([[2.5, 5.0]])
    array([[-0.5, -1. ]])
    >>> scaler.inverse_transform([[-0.5, -1.0]])
    array([[2.5, 5. ]])
    """

    minimum: Array
    maximum: Array

    def __init__(self, low: float = 0.0, high: float = 1.0, axis: Axis = 0) -> None:
        super().__init__(axis)
        for name, value in {"low": low, "high": high}.items():
            checked(value, Real, lambda number: bool(np.isfinite(number)), "MinMaxScaler", name, "a finite number")
        if not low < high:
            raise ValueError(f"{self._name()}: low must be less than high; got {low} and {high}.")
        self.low = low
        self.high = high

    def _settings(self) -> str:
        return f"{self.low}, {self.high}, axis={self.axis}"

    def _learned(self, x: Array) -> tuple[Array, Array]:
        self.minimum = x.min(axis=self.axis, keepdims=True).astype(np.float64)
        self.maximum = x.max(axis=self.axis, keepdims=True).astype(np.float64)
        width = self.maximum - self.minimum
        scale = np.where(width == 0, 1.0, width) / (self.high - self.low)
        return self.minimum - self.low * scale, scale


def one_hot(labels: npt.ArrayLike, classes: int | None = None) -> Array:
    """Class indices as vectors: 1 at the class, 0 elsewhere.

    Parameters
    ----------
    labels : array_like of int, shape (...)
        Class indices, from 0.
    classes : int, optional
        Number of classes; by default as many as the largest label needs.

    Returns
    -------
    ndarray of float32, shape (..., classes)

    Raises
    ------
    TypeError
        If the labels are no whole numbers.
    ValueError
        If a label is negative or not below `classes`, or there are neither labels nor `classes`.

    Examples
    --------
    >>> import datasets
    >>> datasets.one_hot([2, 0])
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)
    """
    indices = np.asarray(labels)
    if classes is not None:
        classes = count(classes, "one_hot", "classes")
    if not indices.size and classes is None:
        raise ValueError("datasets.one_hot: there are no labels; classes must say how many classes there are.")
    if indices.size and indices.dtype.kind not in "iu":
        raise TypeError(f"datasets.one_hot: labels must be whole numbers, class indices from 0; got {indices.dtype}.")
    classes = int(indices.max()) + 1 if classes is None else classes
    if indices.size and not 0 <= indices.min() <= indices.max() < classes:
        found = f"{indices.min()} to {indices.max()}"
        wanted = "at least 0" if classes < 1 else f"from 0 to {classes - 1}, below classes"
        raise ValueError(f"datasets.one_hot: labels must be {wanted}; got {found}.")
    vectors = np.zeros((*indices.shape, classes), np.float32)
    np.put_along_axis(vectors, indices[..., np.newaxis].astype(np.intp), 1, axis=-1)
    return vectors


def floating(dtype: npt.DTypeLike) -> np.dtype[Any]:
    """The dtype of results: a float's own, else float32, or float64 for whole numbers of 32 and 64 bits."""
    given = np.dtype(dtype)
    return given if given.kind == "f" else np.result_type(given, np.float32)
