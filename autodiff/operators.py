"""The operators and NumPy-style methods of a Tensor: each one line that forwards to `ops`.

Kept apart from `tensor` because they say nothing about what a Tensor is. Comparisons and predicates return plain
arrays.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from . import ops

Axis = int | tuple[int, ...] | None


class Operators:
    """What a Tensor can do as an array."""

    __slots__ = ()

    _data: Any

    def __add__(self, other: Any) -> Any:
        return ops.add(self, other)

    def __radd__(self, other: Any) -> Any:
        return ops.add(other, self)

    def __sub__(self, other: Any) -> Any:
        return ops.sub(self, other)

    def __rsub__(self, other: Any) -> Any:
        return ops.sub(other, self)

    def __mul__(self, other: Any) -> Any:
        return ops.mul(self, other)

    def __rmul__(self, other: Any) -> Any:
        return ops.mul(other, self)

    def __truediv__(self, other: Any) -> Any:
        return ops.div(self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return ops.div(other, self)

    def __pow__(self, other: Any) -> Any:
        return ops.pow(self, other)

    def __rpow__(self, other: Any) -> Any:
        return ops.pow(other, self)

    def __matmul__(self, other: Any) -> Any:
        return ops.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return ops.matmul(other, self)

    def __mod__(self, other: Any) -> Any:
        return ops.mod(self, other)

    def __rmod__(self, other: Any) -> Any:
        return ops.mod(other, self)

    def __divmod__(self, other: Any) -> tuple[Any, Any]:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> tuple[Any, Any]:
        return other // self, other % self

    def __neg__(self) -> Any:
        return ops.neg(self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return ops.abs(self)

    def __eq__(self, other: Any) -> Any:
        return np.equal(self._data, _plain(other))

    def __ne__(self, other: Any) -> Any:
        return np.not_equal(self._data, _plain(other))

    def __lt__(self, other: Any) -> Any:
        return np.less(self._data, _plain(other))

    def __le__(self, other: Any) -> Any:
        return np.less_equal(self._data, _plain(other))

    def __gt__(self, other: Any) -> Any:
        return np.greater(self._data, _plain(other))

    def __ge__(self, other: Any) -> Any:
        return np.greater_equal(self._data, _plain(other))

    def __floordiv__(self, other: Any) -> Any:
        return np.floor_divide(self._data, _plain(other))

    def __rfloordiv__(self, other: Any) -> Any:
        return np.floor_divide(other, self._data)

    def __getitem__(self, index: Any) -> Any:
        return ops.getitem(self, index)

    # Elementwise.

    def abs(self) -> Any:
        """Absolute value; its gradient at 0 is 0."""
        return ops.abs(self)

    def exp(self) -> Any:
        """e to the power of each element."""
        return ops.exp(self)

    def log(self) -> Any:
        """Natural logarithm."""
        return ops.log(self)

    def sqrt(self) -> Any:
        """Square root."""
        return ops.sqrt(self)

    def sin(self) -> Any:
        """Sine."""
        return ops.sin(self)

    def cos(self) -> Any:
        """Cosine."""
        return ops.cos(self)

    def tanh(self) -> Any:
        """Hyperbolic tangent."""
        return ops.tanh(self)

    def sigmoid(self) -> Any:
        """Logistic function."""
        return ops.sigmoid(self)

    def relu(self) -> Any:
        """max(x, 0); its gradient at 0 is 0."""
        return ops.relu(self)

    def clip(self, lo: Any = None, hi: Any = None) -> Any:
        """Limit to [lo, hi]; the gradient is 1 inside, bounds included, and 0 outside."""
        return ops.clip(self, lo, hi)

    def astype(self, dtype: npt.DTypeLike) -> Any:
        """Another dtype; the gradient is cast back."""
        return ops.astype(self, dtype=np.dtype(dtype))

    def copy(self) -> Any:
        """A copy with the same history."""
        return ops.copy(self)

    # Reductions.

    def sum(self, axis: Axis = None, keepdims: bool = False) -> Any:
        """Sum over axes."""
        return ops.sum(self, axis, keepdims)

    def mean(self, axis: Axis = None, keepdims: bool = False) -> Any:
        """Mean over axes."""
        return ops.mean(self, axis, keepdims)

    def var(self, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Any:
        """Variance over axes."""
        return ops.var(self, axis, ddof, keepdims)

    def std(self, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Any:
        """Standard deviation over axes; its gradient where all elements are equal is 0."""
        return ops.std(self, axis, ddof, keepdims)

    def prod(self, axis: Axis = None, keepdims: bool = False) -> Any:
        """Product over axes; the gradient is exact where elements are zero."""
        return ops.prod(self, axis, keepdims)

    def max(self, axis: Axis = None, keepdims: bool = False) -> Any:
        """Largest element over axes; ties share the gradient evenly."""
        return ops.max(self, axis, keepdims)

    def min(self, axis: Axis = None, keepdims: bool = False) -> Any:
        """Smallest element over axes; ties share the gradient evenly."""
        return ops.min(self, axis, keepdims)

    def cumsum(self, axis: int | None = None) -> Any:
        """Running sum."""
        return ops.cumsum(self, axis)

    def argmax(self, axis: int | None = None, keepdims: bool = False) -> Any:
        """Index of the largest element, as a plain array or number."""
        return np.argmax(self._data, axis, keepdims=keepdims)

    def argmin(self, axis: int | None = None, keepdims: bool = False) -> Any:
        """Index of the smallest element, as a plain array or number."""
        return np.argmin(self._data, axis, keepdims=keepdims)

    def argsort(self, axis: int | None = -1) -> Any:
        """Indices that sort, as a plain array."""
        return np.argsort(self._data, axis, kind="stable")

    def any(self, axis: Axis = None, keepdims: bool = False) -> Any:
        """Whether any element is not zero, as a plain array or bool."""
        return np.any(self._data, axis, keepdims=keepdims)

    def all(self, axis: Axis = None, keepdims: bool = False) -> Any:
        """Whether no element is zero, as a plain array or bool."""
        return np.all(self._data, axis, keepdims=keepdims)

    def round(self, decimals: int = 0) -> Any:
        """Rounded elements, as a plain array: rounding has no derivative."""
        return np.round(self._data, decimals)

    def nonzero(self) -> Any:
        """The indices of the elements that are not zero, as plain arrays."""
        return np.nonzero(self._data)

    # Linear algebra.

    def dot(self, other: Any) -> Any:
        """`np.dot` with another operand."""
        return ops.dot(self, other)

    def trace(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
        """Sum along a diagonal."""
        return ops.trace(self, offset, axis1, axis2)

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
        """A diagonal."""
        return ops.diagonal(self, offset, axis1, axis2)

    # Shapes.

    def reshape(self, *shape: Any) -> Any:
        """Another shape with the same elements; one entry may be -1."""
        return ops.reshape(self, _one_or_many(shape))

    def ravel(self) -> Any:
        """One axis with all elements."""
        return ops.reshape(self, (-1,))

    def flatten(self) -> Any:
        """One axis with all elements, as a copy."""
        return ops.copy(ops.reshape(self, (-1,)))

    def transpose(self, *axes: Any) -> Any:
        """Axes in another order; all reversed without arguments."""
        return ops.transpose(self, _one_or_many(axes) if axes else None)

    def swapaxes(self, axis1: int, axis2: int) -> Any:
        """Two axes exchanged."""
        return ops.swapaxes(self, axis1, axis2)

    def squeeze(self, axis: Axis = None) -> Any:
        """Axes of length 1 removed."""
        return ops.squeeze(self, axis)

    def repeat(self, repeats: Any, axis: int | None = None) -> Any:
        """Each element several times."""
        return ops.repeat(self, repeats, axis)

    def take(self, indices: Any, axis: int | None = None) -> Any:
        """Elements at indices along an axis."""
        return ops.take(self, indices, axis)

    def sort(self, axis: int | None = -1) -> Any:
        """A sorted copy (unlike ndarray.sort, which sorts in place)."""
        return ops.sort(self, axis)


def _plain(value: Any) -> Any:
    return value._data if isinstance(value, Operators) else value


def _one_or_many(arguments: tuple[Any, ...]) -> Any:
    """`t.reshape(2, 3)` and `t.reshape((2, 3))` mean the same."""
    if len(arguments) == 1 and (arguments[0] is None or not isinstance(arguments[0], (int, np.integer))):
        return arguments[0] if arguments[0] is None else tuple(arguments[0])
    return arguments
