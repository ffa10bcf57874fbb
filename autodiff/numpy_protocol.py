"""NumPy's functions on Tensors: `np.exp(t)`, `np.sum(t, axis=0)`, `np.concatenate([t, a])` become our operations.

`Tensor.__array_ufunc__` and `Tensor.__array_function__` come here. What has a derivative is looked up in the tables
below, what has none (predicates, shapes) runs on the plain arrays, and anything else is refused by name: nothing
turns a Tensor into a constant in silence.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NoReturn

import numpy as np

from . import ops
from .tensor import Tensor

Operation = Callable[..., Any]

#: Ufuncs whose names differ from ours. Ufuncs with the same name are found by it.
_RENAMED = {
    "subtract": "sub", "multiply": "mul", "divide": "div", "negative": "neg", "power": "pow", "absolute": "abs",
    "fabs": "abs", "positive": "copy",
}  # fmt: skip

#: ufunc.reduce and what it means.
_REDUCTIONS: dict[Any, Operation] = {np.add: ops.sum, np.multiply: ops.prod, np.maximum: ops.max, np.minimum: ops.min}

#: NumPy's function, our operation, and NumPy's names for the operation's parameters, in order.
_FUNCTIONS = """
    sum sum a axis keepdims; mean mean a axis keepdims; prod prod a axis keepdims
    var var a axis ddof keepdims; std std a axis ddof keepdims
    max max a axis keepdims; amax max a axis keepdims; min min a axis keepdims; amin min a axis keepdims
    cumsum cumsum a axis; sort sort a axis; clip clip a a_min a_max
    where where condition x y; copy copy a; astype astype x dtype
    reshape reshape a shape; transpose transpose a axes; permute_dims transpose a axes; swapaxes swapaxes a axis1 axis2
    moveaxis moveaxis a source destination; expand_dims expand_dims a axis; squeeze squeeze a axis
    broadcast_to broadcast_to array shape; flip flip m axis; split split ary indices_or_sections axis
    pad pad array pad_width mode constant_values; repeat repeat a repeats axis; tile tile A reps
    take take a indices axis; take_along_axis take_along_axis arr indices axis
    dot dot a b; outer outer a b; linalg.outer outer x1 x2; tensordot tensordot a b axes
    linalg.tensordot tensordot x1 x2 axes; linalg.matmul matmul x1 x2; trace trace a offset axis1 axis2
    diagonal diagonal a offset axis1 axis2; tril tril m k; triu triu m k
    linalg.norm norm x ord axis keepdims; linalg.inv inv a; linalg.solve solve a b; linalg.det det a
    linalg.slogdet slogdet a; linalg.cholesky cholesky a
"""

#: Other names that NumPy gives these parameters.
_ALIASES = {"min": "a_min", "max": "a_max", "newshape": "shape"}

#: Functions without a derivative, or whose result says nothing about values: they run on the plain arrays.
_PREDICATES = """
    equal not_equal less less_equal greater greater_equal isfinite isnan isinf isnat signbit sign floor ceil trunc rint
    floor_divide logical_and logical_or logical_xor logical_not bitwise_and bitwise_or bitwise_xor invert left_shift
    right_shift gcd lcm
    shape ndim size argmax argmin nanargmax nanargmin argsort argpartition lexsort argwhere nonzero flatnonzero
    count_nonzero any all allclose isclose array_equal array_equiv round around fix searchsorted digitize isin
    zeros_like ones_like empty_like result_type can_cast min_scalar_type isreal iscomplex isrealobj iscomplexobj
    isposinf isneginf shares_memory may_share_memory array_repr array_str array2string linalg.matrix_rank
"""


def call_ufunc(ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What a ufunc means for Tensors: `Tensor.__array_ufunc__`.

    Parameters
    ----------
    ufunc : np.ufunc
    method : {"__call__", "reduce", "accumulate", "outer", "at", "reduceat"}
    inputs : tuple
        Its operands, at least one of them (or of `out`) a Tensor.
    kwargs : dict
        Its keyword arguments.

    Raises
    ------
    TypeError
        For a ufunc without a rule, and for arguments such as `out=` and `where=`, each named.
    """
    if any(isinstance(out, Tensor) for out in kwargs.get("out", ())):
        _refuse_argument(ufunc.__name__, "out")
    if ufunc in _predicates() and method != "at":
        return getattr(ufunc, method)(*_plain(inputs), **_plain(kwargs))
    operation = _ufuncs().get(ufunc)
    name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
    if operation is None:
        _refuse(name)
    reduction = _REDUCTIONS.get(ufunc) if method == "reduce" else None
    running = method == "accumulate" and ufunc is np.add
    outer = method == "outer" and ufunc.nin == 2 and ufunc.signature is None
    if method != "__call__" and not (reduction or running or outer):
        _refuse(name)
    _check(name, kwargs, ("axis", "keepdims") if reduction else ("axis",) if running else ())
    if reduction:
        return reduction(*inputs, kwargs.get("axis", 0), kwargs.get("keepdims", False))
    if running:
        return ops.cumsum(inputs[0], kwargs.get("axis", 0))
    if outer:
        x, y = (value if isinstance(value, Tensor) else np.asarray(value) for value in inputs)
        return operation(ops.reshape(x, x.shape + (1,) * y.ndim), y)
    return operation(*inputs)


def call_function(function: Operation, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What another NumPy function means for Tensors: `Tensor.__array_function__`.

    Parameters
    ----------
    function : callable
        NumPy's public function.
    args, kwargs
        Its arguments, with Tensors in them.

    Raises
    ------
    TypeError
        For a function without a rule, and for arguments that the rule does not take, each named.
    """
    name = _name(function)
    if function in _predicates():
        if isinstance(kwargs.get("out"), Tensor):
            _refuse_argument(name, "out")
        return function(*_plain(args), **_plain(kwargs))
    if function is np.where and len(args) == 1:
        return np.where(*_plain(args))
    if function in _joins():
        return _joins()[function](name, *args, **kwargs)
    if function not in _functions():
        _refuse(name)
    operation, names = _functions()[function]
    bound = _signature(function, names).bind(*args, **kwargs)
    given: dict[str, Any] = {}
    for parameter, value in bound.arguments.items():
        by_keyword = bound.signature.parameters[parameter].kind is inspect.Parameter.VAR_KEYWORD
        given |= value if by_keyword else {_ALIASES.get(parameter, parameter): value}
    defaults = {_ALIASES.get(n, n): p.default for n, p in bound.signature.parameters.items()}
    _check(name, {key: value for key, value in given.items() if value is not defaults.get(key, _ALIASES)}, tuple(names))
    settings = {theirs: given.get(theirs, defaults.get(theirs, np._NoValue)) for theirs in names}
    return operation(**{names[theirs]: value for theirs, value in settings.items() if value is not np._NoValue})


def _check(name: str, given: dict[str, Any], known: tuple[str, ...]) -> None:
    """Refuse an argument that our operation does not know, unless it says nothing."""
    for argument, value in given.items():
        if argument not in known and value is not None and value is not np._NoValue:
            _refuse_argument(name, argument)


def _signature(function: Operation, names: dict[str, str]) -> inspect.Signature:
    """NumPy's signature of its function; some functions in C do not tell theirs in every version."""
    try:
        return inspect.signature(function)
    except ValueError:
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        return inspect.Signature([inspect.Parameter(name, kind) for name in names])


def _refuse(name: str) -> NoReturn:
    raise TypeError(
        f"np.{name} has no rule here, so its result on a Tensor would lose the derivative. Write it with the "
        f"operations of autodiff, or declare a primitive with its derivative: autodiff.primitive(np.{name}, "
        "names=...).vjp(...). If a constant is meant, pass t.detach().numpy()."
    )


def _refuse_argument(name: str, argument: str) -> NoReturn:
    why = {
        "out": "write x = f(x) instead of changing an array in place (`array += tensor` does that too)",
        "dtype": "use .astype(dtype), which has a derivative",
        "where": "use autodiff.where(mask, x, fill) before or after",
    }
    raise TypeError(f"np.{name} on a Tensor does not take {argument}=: {why.get(argument, 'leave it out')}.")


def _plain(value: Any) -> Any:
    """Arguments with Tensors, also nested ones, replaced by their arrays."""
    if isinstance(value, Tensor):
        return value._data
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return type(value)(map(_plain, value)) if type(value) in (list, tuple) else value


def _name(function: Operation) -> str:
    module = getattr(function, "__module__", None) or "numpy"
    name = getattr(function, "__name__", repr(function))
    return f"{module.removeprefix('numpy')}.{name}".lstrip(".")


def _numpy(path: str) -> Any:
    """NumPy's function of this name, or None where this version has none."""
    found: Any = np
    for part in path.split("."):
        found = getattr(found, part, None)
    return found


@lru_cache(maxsize=1)
def _ufuncs() -> dict[Any, Operation]:
    names = {name: name for name in ops.__all__} | _RENAMED
    table = {_numpy(theirs): getattr(ops, ours) for theirs, ours in names.items()}
    return {ufunc: operation for ufunc, operation in table.items() if isinstance(ufunc, np.ufunc)}


@lru_cache(maxsize=1)
def _functions() -> dict[Any, tuple[Operation, dict[str, str]]]:
    table = {}
    for row in filter(None, (row.split() for row in _FUNCTIONS.replace("\n", ";").split(";"))):
        operation = getattr(ops, row[1])
        ours = list(inspect.signature(getattr(operation, "call", operation)).parameters)
        table[_numpy(row[0])] = operation, dict(zip(row[2:], ours))
    return table


@lru_cache(maxsize=1)
def _predicates() -> frozenset[Any]:
    return frozenset(filter(None, map(_numpy, _PREDICATES.split())))


@lru_cache(maxsize=1)
def _joins() -> dict[Any, Operation]:
    """Functions of a sequence of arrays, or of any number of them."""

    def join(operation: Operation) -> Operation:
        def joined(name: str, arrays: Any, axis: Any = 0, out: Any = None, **kwargs: Any) -> Any:
            _check(name, {"out": out} | kwargs, ())
            return operation(arrays, axis=axis)

        return joined

    def stacked(ndim: int, axis: int) -> Operation:
        def joined(name: str, tup: Any, **kwargs: Any) -> Any:
            _check(name, kwargs, ())
            arrays = [value if isinstance(value, Tensor) else np.asarray(value) for value in tup]
            lifted = [ops.reshape(a, (1,) * (ndim - a.ndim) + a.shape) if a.ndim < ndim else a for a in arrays]
            return ops.concatenate(lifted, axis=axis if lifted[0].ndim > 1 else 0)

        return joined

    def einsum(name: str, *operands: Any, optimize: Any = False, **kwargs: Any) -> Any:
        _check(name, kwargs, ())
        return ops.einsum(*operands)

    def ravel(name: str, a: Any, order: str = "C") -> Any:
        _check(name, {"order": None if order == "C" else order}, ())
        return ops.reshape(a, (-1,))

    return {
        np.concatenate: join(ops.concatenate), np.stack: join(ops.stack), np.vstack: stacked(2, 0),
        np.hstack: stacked(1, 1), np.einsum: einsum, np.ravel: ravel,
    }  # fmt: skip
