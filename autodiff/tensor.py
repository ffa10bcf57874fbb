"""The Tensor: an array, and the node that made it.

Thin on purpose. Every method forwards to a function of `ops`; the only things that live here are identity (name,
gradient, hooks, version) and the rules for changing an array that a graph may depend on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from . import modes, ops
from .hooks import HookHandle, RetainGrad
from .operators import Operators

if TYPE_CHECKING:
    from .graph import Node, Version
    from .primitive import Array

#: What an operation takes for an array: a Tensor, an ndarray, a number, or nested lists of numbers.
Operand = Any


class Tensor(Operators):
    """An array that remembers how it was computed.

    Parameters
    ----------
    data : array_like
        Real numbers. Copied, unless `copy=False`. Python floats become float64, as in NumPy.
    requires_grad : bool
        Whether gradients with respect to this Tensor are wanted; needs a floating-point dtype.
    name : str, optional
        Shown in errors and drawings.
    copy : bool
        False shares the array: writing to it later changes the Tensor without its noticing.

    Raises
    ------
    TypeError
        For complex, object or string data, for lists of Tensors that require grad (use `autodiff.stack`), and for
        integer data with `requires_grad=True`.

    Examples
    --------
    >>> import autodiff as ad
    >>> x = ad.Tensor([1.0, 2.0], requires_grad=True, name="x")
    >>> y = (x * x).sum()
    >>> y.backward()
    >>> x.grad
    Tensor([2., 4.])
    """

    __slots__ = ("_data", "_node", "_requires_grad", "_grad", "_version", "_grad_home", "_hooks", "name", "__weakref__")

    _data: Array
    _node: Node | None
    _requires_grad: bool
    _grad: Tensor | None
    _version: Version | None
    _grad_home: Tensor | None
    _hooks: list[Callable[[Tensor], Any]] | None
    name: str | None

    def __init__(
        self, data: Operand, requires_grad: bool = False, name: str | None = None, *, copy: bool = True
    ) -> None:
        if isinstance(data, Tensor):
            raise TypeError(
                f"Tensor(data): the data is a Tensor already, {data!r}. Use .detach() for the same array without its "
                "history, .copy() for a copy with it, or .data for the plain array."
            )
        array = np.array(data) if copy else np.asarray(data)
        if array.dtype.kind not in "fiub":
            raise TypeError(
                f"Tensor(data): the dtype is {array.dtype}, and only real numbers can be differentiated. "
                + ("Pass the real and the imaginary part as two Tensors." if array.dtype.kind == "c" else "")
                + ("Is the nested list ragged?" if array.dtype.kind == "O" else "")
            )
        if requires_grad:
            _check_float(array.dtype)
        self._data = array
        self._node = self._grad = self._version = self._grad_home = self._hooks = None
        self._requires_grad = bool(requires_grad)
        self.name = name

    @classmethod
    def _of(cls, data: Array, node: Node | None) -> Tensor:
        """A Tensor around an array, without a copy or a check; in the graph if a node is given."""
        tensor: Tensor = Tensor.__new__(Tensor)
        tensor._data = data
        tensor._node = node
        tensor._requires_grad = node is not None
        tensor._grad = tensor._version = tensor._grad_home = tensor._hooks = tensor.name = None
        return tensor

    # What it is.

    @property
    def data(self) -> Array:
        """The array itself, never a NumPy scalar. Assigning copies into it, and raises the version."""
        return self._data

    @data.setter
    def data(self, value: Operand) -> None:
        if value is not self._data:  # `t.data -= step` has already changed the array, and only tells so here
            array = value._data if isinstance(value, Tensor) else np.asarray(value)
            if array.shape != self._data.shape or not np.can_cast(array.dtype, self._data.dtype, "same_kind"):
                raise ValueError(
                    f"t.data = value: the value has shape {array.shape} and dtype {array.dtype}, the Tensor has shape "
                    f"{self.shape} and dtype {self.dtype}. Assigning copies into the Tensor's memory, so the shape "
                    "must be the same and the dtype of the same kind; for another shape make a new Tensor."
                )
            np.copyto(self._data, array, casting="same_kind")
        self._raise_version()

    @property
    def grad(self) -> Tensor | None:
        """The gradient that `backward` added up, of this Tensor's shape and dtype, or None."""
        return self._grad

    @grad.setter
    def grad(self, value: Operand) -> None:
        if value is None:
            self._grad = None
            return
        grad = value if isinstance(value, Tensor) else Tensor(value)
        if grad.shape != self.shape:
            raise ValueError(f"t.grad = value: the value has shape {grad.shape}, the Tensor {self.shape}.")
        self._grad = grad if grad.dtype == self.dtype else grad.astype(self.dtype)

    @property
    def node(self) -> Node | None:
        """The node of the graph that made this Tensor; None for a leaf."""
        return self._node

    @property
    def requires_grad(self) -> bool:
        """Whether a backward pass through this Tensor has somewhere to go. Can be set on leaves."""
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if self._node is not None:
            raise RuntimeError(
                f"requires_grad can be set on leaves only, and this Tensor was computed by {self._node!r}. "
                "Use .detach() for a Tensor without history."
            )
        if value:
            _check_float(self._data.dtype)
        self._requires_grad = bool(value)

    @property
    def is_leaf(self) -> bool:
        """Whether this Tensor was made by the user rather than computed by a recorded operation."""
        return self._node is None

    @property
    def shape(self) -> tuple[int, ...]:
        """The array's shape."""
        return self._data.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The array's dtype."""
        return self._data.dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self._data.ndim

    @property
    def size(self) -> int:
        """The number of elements."""
        return self._data.size

    @property
    def T(self) -> Any:
        """The transpose: all axes reversed."""
        return self.transpose()

    def item(self) -> Any:
        """The only element as a Python number."""
        return self._data.item()

    def numpy(self) -> Array:
        """A copy of the array, outside of the graph."""
        return self._data.copy()

    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers."""
        return self._data.tolist()

    def detach(self) -> Tensor:
        """The same memory without history. Changing it in place raises the version that both share."""
        tensor = Tensor._of(self._data, None)
        tensor._version = self._cell()
        return tensor

    # Backpropagation.

    def backward(self, grad: Operand = None, *, retain_graph: bool = False, create_graph: bool = False) -> None:
        """Compute the gradient of this Tensor and add it to `.grad` of every leaf that requires grad.

        Parameters
        ----------
        grad : array_like of this shape, optional
            The upstream gradient; may be left out for a scalar, where it is 1.
        retain_graph : bool
            Keep the arrays for another walk over the same graph; otherwise they are released.
        create_graph : bool
            Record the walk, so that the gradients can be differentiated in turn; keeps the arrays too.

        Raises
        ------
        RuntimeError
            If this Tensor does not require grad, is not a scalar and no `grad` is given, if the graph's arrays were
            released, or if an array that it depends on was changed.
        ValueError
            If `grad` has another shape.

        Notes
        -----
        Reverse accumulation, see Baydin et al., "Automatic differentiation in machine learning: a survey", 2018. Two
        walks into shared leaves at the same time, from two threads, are not supported.

        Examples
        --------
        >>> import autodiff as ad
        >>> x = ad.Tensor(3.0, requires_grad=True)
        >>> (x ** 2).backward()
        >>> x.grad.item()
        6.0
        """
        _engine.backward(self, grad, retain_graph=retain_graph, create_graph=create_graph)

    def zero_grad(self) -> None:
        """Forget the gradient: `.grad` is None again."""
        self._grad = None

    def register_hook(self, hook: Callable[[Tensor], Any]) -> HookHandle:
        """Call `hook(grad)` once in every walk, with the summed gradient of this Tensor; it may return another one."""
        if not self._requires_grad:
            raise RuntimeError("register_hook: this Tensor does not require grad, so no gradient will ever reach it.")
        owner: Any = self._node or self
        field = "_hooks" if owner is self else "hooks"
        hooks = getattr(owner, field)
        if hooks is None:
            hooks = []
            setattr(owner, field, hooks)
        hooks.append(hook)
        return HookHandle(hooks, hook)

    def retain_grad(self) -> None:
        """Keep the gradient of this computed Tensor in `.grad`, as leaves do."""
        if self._node is None and self._requires_grad:
            return
        hooks = (self._node.hooks if self._node is not None else None) or ()
        if not any(isinstance(hook, RetainGrad) and hook._tensor() is self for hook in hooks):
            self.register_hook(RetainGrad(self))

    # Changing the array.

    def _cell(self) -> Version:
        cell = self._version
        if cell is None:
            cell = self._version = [0]
        return cell

    def _raise_version(self) -> None:
        self._cell()[0] += 1

    def __setitem__(self, index: Any, value: Operand) -> None:
        if self._requires_grad and (self._node is not None or modes.current.get().grad):
            what = f"it was computed by {self._node!r}" if self._node is not None else "it requires grad"
            raise RuntimeError(
                f"t[...] = value: this Tensor cannot be changed in place because {what}. Change a leaf under "
                "no_grad(), or build the new value with autodiff.where or scatter_add."
            )
        # As an array, a value that requires grad is refused: its derivative would be lost.
        plain = np.asarray(value) if modes.current.get().grad else getattr(value, "_data", value)
        self._data[_plain_index(index)] = plain
        self._raise_version()

    def rehome(self, data: Array, grad: Array | None = None) -> Tensor | None:
        """Move this leaf into other memory: an optimizer's buffers, or an array of another dtype.

        Parameters
        ----------
        data : ndarray of this shape, floating-point
            Receives the values, and is shared from now on.
        grad : ndarray of this shape and of the dtype of `data`, optional
            Where walks write the gradient from now on; without it each walk makes a new array.

        Returns
        -------
        Tensor or None
            What `.grad` is after every walk until it is moved again: a Tensor over `grad`. A gradient that is there
            already is moved too.

        Raises
        ------
        ValueError
            If this Tensor is not a leaf, or an array has another shape or dtype.

        Examples
        --------
        >>> import numpy as np, autodiff as ad
        >>> buffer, gradients = np.empty(3), np.empty(3)
        >>> w = ad.Tensor([1.0, 2.0], requires_grad=True)
        >>> home = w.rehome(buffer[:2], gradients[:2])
        >>> (w * w).sum().backward()
        >>> w.grad is home, gradients[:2]
        (True, array([2., 4.]))
        """
        fits = data.shape == self.shape and (grad is None or (grad.shape, grad.dtype) == (data.shape, data.dtype))
        if self._node is not None or not fits or data.dtype.kind != "f":
            wanted = "none" if grad is None else f"{grad.dtype}{list(grad.shape)}"
            raise ValueError(
                f"rehome: a leaf can move into arrays of its own shape and one floating-point dtype; this Tensor is "
                f"{self.dtype}{list(self.shape)}, made by {self._node!r}, and the arrays are "
                f"{data.dtype}{list(data.shape)} and, for the gradient, {wanted}."
            )
        np.copyto(data, self._data, casting="same_kind")
        before, home = self._grad, None if grad is None else Tensor._of(grad, None)
        if before is not None and home is not None:
            np.copyto(home._data, before._data, casting="same_kind")
        elif before is not None and before.dtype != data.dtype:
            before = Tensor(before._data.astype(data.dtype))
        self._data, self._grad_home = data, home
        self._grad = home if before is not None and home is not None else before
        self._version = None  # whoever kept the memory left behind is right to rely on it
        return home

    # Python's and NumPy's protocols.

    __hash__ = object.__hash__

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> Array:
        if self._requires_grad:
            raise TypeError(
                f"A Tensor that requires grad (shape {self.shape}, {self.dtype}) was about to become a plain array, "
                "which would lose its derivative in silence. Use .detach() or .numpy() if that is meant; for a list "
                "of Tensors use np.stack or np.concatenate instead of np.array."
            )
        return np.array(self._data, dtype=dtype, copy=copy is not False)  # a shared array could change unnoticed

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        from .numpy_protocol import call_ufunc

        return call_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        from .numpy_protocol import call_function

        return call_function(function, args, kwargs)

    def __len__(self) -> int:
        return len(self._data)

    def __iter__(self) -> Iterator[Tensor]:
        if self._data.ndim == 0:
            raise TypeError("A 0-d Tensor cannot be iterated over; use .item() for its number.")
        return (self[i] for i in range(len(self._data)))

    def __contains__(self, value: Any) -> bool:
        return bool((self._data == (value._data if isinstance(value, Tensor) else value)).any())

    def __bool__(self) -> bool:
        return bool(self._data)

    def __float__(self) -> float:
        return float(self._data.item())

    def __int__(self) -> int:
        return int(self._data.item())

    def __index__(self) -> int:
        return int(self._data.__index__())

    def __format__(self, specification: str) -> str:
        return format(self._data.item(), specification) if self.ndim == 0 else repr(self)

    def __repr__(self) -> str:
        body = np.array2string(self._data, separator=", ", prefix="Tensor(", threshold=200)
        parts = [body]
        if self._data.dtype not in (np.float64, np.int64, np.bool_):
            parts.append(f"dtype={self._data.dtype}")
        if self._data.size == 0:
            parts.append(f"shape={self.shape}")
        if self.name:
            parts.append(f"name={self.name!r}")
        if self._node is not None:
            parts.append(f"made_by={self._node.primitive.name}")
        elif self._requires_grad:
            parts.append("requires_grad=True")
        return f"Tensor({', '.join(parts)})"

    def __reduce__(self) -> Any:
        if self._node is not None:
            raise TypeError(
                f"A Tensor computed by {self._node!r} cannot be pickled or copied with its history. "
                "Pickle .detach(), or the leaves."
            )
        arguments = type(self), self._data, self._requires_grad, self.name, self._grad
        return _restore, arguments, getattr(self, "__dict__", None)  # what a subclass has added

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        restore, arguments, added = self.__reduce__()
        tensor: Tensor = restore(*arguments)
        memo[id(self)] = tensor
        if added:
            vars(tensor).update(deepcopy(added, memo))
        return tensor


def mark_changed(tensors: Iterable[Tensor]) -> None:
    """Say that the arrays of these Tensors were changed in place: graphs that kept them must not be walked any more.

    Whoever writes into memory that Tensors share, as optimizers do, calls it for those whose elements changed.

    Examples
    --------
    >>> import autodiff as ad
    >>> w = ad.Tensor([1.0, 2.0], requires_grad=True)
    >>> loss = ad.square(w).sum()
    >>> w.data[0] = 5.0
    >>> ad.mark_changed([w])
    >>> loss.backward()  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    RuntimeError: its argument 'x' was kept for the backward pass at version 0 and is now at version 1
    """
    for tensor in tensors:
        cell = tensor._version
        if cell is not None:
            cell[0] += 1


def _restore(cls: type[Tensor], data: Array, requires_grad: bool, name: str | None, grad: Tensor | None) -> Tensor:
    """Rebuild a leaf. A subclass may have another constructor, so it is not called."""
    tensor = cls.__new__(cls)
    Tensor.__init__(tensor, data, requires_grad, name)
    if grad is not None:
        tensor._grad = Tensor(grad._data)
    return tensor


def _check_float(dtype: np.dtype[Any]) -> None:
    if dtype.kind != "f":
        raise TypeError(
            f"requires_grad=True needs a floating-point dtype, and this is {dtype}: a derivative is a limit of small "
            "changes, which integers do not have. Write the numbers as floats (1.0), or use .astype(float)."
        )


def _plain_index(index: Any) -> Any:
    """An index with Tensors replaced by their arrays."""
    if isinstance(index, tuple):
        return tuple(_plain_index(i) for i in index)
    return index._data if isinstance(index, Tensor) else index


# The walk needs the class above, and a method of it needs the walk: the module is enough for that.
from . import backward as _engine  # noqa: E402

# The operators that training spends its time in skip one call: the slot holds the primitive's own function.
for _slot, _operation in {
    "__add__": ops.add, "__sub__": ops.sub, "__mul__": ops.mul, "__truediv__": ops.div, "__neg__": ops.neg,
    "__pow__": ops.pow,
}.items():  # fmt: skip
    setattr(Tensor, _slot, _operation.call)
