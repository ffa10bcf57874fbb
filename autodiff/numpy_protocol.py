"""NumPy's functions on Tensors: `np.exp(t)`, `np.sum(t, axis=0)`, `np.concatenate([t, a])` become our operations.

`Tensor.__array_ufunc__` and `Tensor.__array_function__` come here. What has a derivative is looked up in the tables
below, what has none (predicates, shapes) runs on the plain arrays, and anything else is refused by name: nothing
turns a Tensor into a constant in silence.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import lru_cache, partial
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

#: NumPy's functions whose names differ from ours. Others, of NumPy and of numpy.linalg, are found by their names.
_OTHERS: dict[str, Operation] = {
    "amax": ops.max, "amin": ops.min, "permute_dims": ops.transpose,
    "linalg.trace": partial(ops.trace, axis1=-2, axis2=-1),
    "linalg.diagonal": partial(ops.diagonal, axis1=-2, axis2=-1),
}  # fmt: skip

#: Two names that NumPy has for one parameter.
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
    if function is np.einsum:
        kwargs.pop("optimize", None)
        _check(name, kwargs, ())
        return ops.einsum(*args)
    if function not in _functions():
        _refuse(name)
    operation, names, signature = _functions()[function]
    try:
        bound = signature.bind(*args, **kwargs)
    except TypeError as error:
        raise TypeError(f"np.{name} on a Tensor: {error}.") from None
    given: dict[str, Any] = {}
    for parameter, value in bound.arguments.items():
        by_keyword = signature.parameters[parameter].kind is inspect.Parameter.VAR_KEYWORD
        given |= value if by_keyword else {_ALIASES.get(parameter, parameter): value}
    defaults = {_ALIASES.get(n, n): p.default for n, p in signature.parameters.items()}
    _check(name, {key: value for key, value in given.items() if value is not defaults.get(key, _ALIASES)}, tuple(names))
    settings = {theirs: given.get(theirs, defaults.get(theirs, np._NoValue)) for theirs in names}
    return operation(**{names[theirs]: value for theirs, value in settings.items() if value is not np._NoValue})


def _check(name: str, given: dict[str, Any], known: tuple[str, ...]) -> None:
    """Refuse an argument that our operation does not know, unless it says nothing."""
    for argument, value in given.items():
        if argument not in known and value is not None and value is not np._NoValue:
            _refuse_argument(name, argument)


def _paired(function: Operation, operation: Operation) -> tuple[Operation, dict[str, str], inspect.Signature]:
    """The operation, what it calls each of NumPy's parameters, and NumPy's signature.

    Equal names mean the same. The others are paired in order: `a` is `x`, and `a_min` is `lo`.
    """
    ours = inspect.signature(getattr(operation, "call", operation))
    try:
        theirs = inspect.signature(function)
    except ValueError:  # some versions do not tell it for functions in C
        others = inspect.Parameter("others", inspect.Parameter.VAR_KEYWORD)
        theirs = ours.replace(parameters=[*ours.parameters.values(), others])
    known = dict.fromkeys(_ALIASES.get(name, name) for name in theirs.parameters)
    left = [name for name in known if name not in ours.parameters and name not in ("dtype", "out", "kwargs", "others")]
    right = [name for name in ours.parameters if name not in known]
    pairs = dict(zip(left, right))
    return operation, pairs | {name: name for name in ours.parameters if name not in pairs.values()}, theirs


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
    table[np.divmod] = lambda x, y: (np.floor_divide(x, y), ops.mod(x, y))
    return {ufunc: operation for ufunc, operation in table.items() if isinstance(ufunc, np.ufunc)}


@lru_cache(maxsize=1)
def _functions() -> dict[Any, tuple[Operation, dict[str, str], inspect.Signature]]:
    named = {path + name: getattr(ops, name) for name in ops.__all__ for path in ("", "linalg.")} | _OTHERS
    found = {_numpy(name): operation for name, operation in named.items()}
    return {f: _paired(f, operation) for f, operation in found.items() if callable(f) and not isinstance(f, np.ufunc)}


@lru_cache(maxsize=1)
def _predicates() -> frozenset[Any]:
    return frozenset(filter(None, map(_numpy, _PREDICATES.split())))
