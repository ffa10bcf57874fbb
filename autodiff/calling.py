"""Writes the function that a call of a primitive runs: unwrap, compute, wrap, and leave a node.

Nothing here knows any calculus. The steps are the same for every primitive, but a loop over arguments and names costs
more than the arithmetic on small arrays, so the templates below are filled in once per primitive, and
`print(primitive.source)` shows the straight-line code that comes out.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from . import graph, modes

if TYPE_CHECKING:
    from .primitive import Primitive

_CALL = """
def {name}({signature}):
{unwrap}
    try:
        out{auxiliary} = forward({data}{settings})
    except Exception as error:
        raise refusal(primitive, error, ({data},), {static}) from error
{changed}
    if {all_plain}:
        return out
    if type(out) is not ndarray:
        out = asarray(out)
    out_dtype = out.dtype
    usual = out_dtype is float64 or out_dtype is float32
    now = get_modes()
    out_tensor = new_tensor(Tensor)
    out_tensor._data = out
    out_tensor._grad = out_tensor._version = out_tensor._hooks = out_node = None
    out_tensor._grad_home = out_tensor.name = None
{share}
{record}
    out_tensor._node = out_node
    out_tensor._requires_grad = out_node is not None
    if now.observers:
        for observer in now.observers:
            observer.called(primitive, out_node, ({operands},), {static}, out)
            out_tensor = observer.returned(out_tensor)
    return out_tensor
"""

_UNWRAP = """
    if isinstance({x}, Tensor):
        {x}_data = {x}._data
        {x}_parent = ({x}._node or {x}) if {x}._requires_grad else None
    else:
        {x}_data = {x}
        {x}_parent = None
"""

_UNWRAP_CONSTANT = """
    if isinstance({x}, Tensor):
        {x}_data = {x}._data
        if {x}._requires_grad and get_modes().grad:
            refuse_tracked(primitive, {x!r})
    else:
        {x}_data = {x}
"""

_UNWRAP_ALL = """
    data = tuple([a._data if isinstance(a, Tensor) else a for a in arrays])
    parents = tuple([(a._node or a) if isinstance(a, Tensor) and a._requires_grad else None for a in arrays])
"""

_CHANGED = """
    if {x}_data is not {x}:
        {x}._raise_version()
"""

# A view, or an array changed in place, shares the version of its memory, made now if nobody asked before.
_SHARE = """
    if {x}_data is not {x}:
        if {x}._version is None:
            {x}._version = [0]
        out_tensor._version = {x}._version
"""

_RECORD = """
    if {tracked} and now.grad and (usual or is_float(out_dtype, primitive)):
        out_node = new_node(Node)
        out_node.primitive = primitive
        out_node.static = {static}
        out_node.parents = {parents}
        out_node.shape = out.shape
        out_node.dtype = out_dtype
        out_node.order = next_order()
        out_node.scope = now.scope
        out_node.hooks = out_node.trace = None
        cells = ()
{keep}
        out_node.kept = ({kept})
        out_node.versions = cells
    elif not usual:
        is_float(out_dtype, primitive)
"""

_RECORD_NOTHING = """
    if not usual:
        is_float(out_dtype, primitive)
"""

_KEEP_INPUT = """
            if {x}_data is {x}:
                kept_{number} = keep({x})
            else:
                kept_{number} = {x}_data
                cell = {x}._version
                if cell is None:
                    cell = {x}._version = [0]
                cells += ((cell, cell[0], {x!r}),)
"""

_KEEP_OUT = """
            kept_{number} = out
            if out_tensor._version is None:
                out_tensor._version = [0]
            cells += ((out_tensor._version, out_tensor._version[0], "out"),)
"""

_KEEP_ALL = """
            kept_{number} = tuple([d if d is not a else keep(a) for d, a in zip(data, arrays)])
            for operand in arrays:
                if isinstance(operand, Tensor):
                    if operand._version is None:
                        operand._version = [0]
                    cells += ((operand._version, operand._version[0], {x!r}),)
"""

_WHERE_NEEDED = """
        if {needed}:
{keep}
        else:
            kept_{number} = None
"""


def specialise(primitive: Primitive) -> tuple[str, Callable[..., Any]]:
    """The source of a primitive's call, and the function."""
    from .tensor import Tensor

    source = _write(primitive)
    namespace: dict[str, Any] = {
        "Tensor": Tensor, "Node": graph.Node, "new_tensor": Tensor.__new__, "new_node": graph.Node.__new__,
        "ndarray": np.ndarray, "asarray": np.asarray, "float32": np.dtype("f4"), "float64": np.dtype("f8"),
        "shape_of": np.shape, "get_modes": modes.current.get, "next_order": graph.next_order, "keep": graph.keep,
        "primitive": primitive, "forward": primitive.forward, "is_float": _is_float, "no_static": {},
        "refusal": refusal, "refuse_tracked": _refuse_tracked, "dtype_of": _dtype_of,
    }  # fmt: skip
    for name, default in primitive.static.items():
        namespace[f"default_{name}"] = default
    exec(compile(source, f"<call of primitive {primitive.name}>", "exec"), namespace)
    call: Callable[..., Any] = namespace[primitive.name]
    call.__doc__ = primitive.__doc__
    return source, call


def _write(primitive: Primitive) -> str:
    """Fill in the templates."""
    names, variadic = primitive.inputs, primitive.variadic
    differentiable = [name for name, rule in zip(names, primitive.rules) if rule is not None]
    settings = [n if d is inspect.Parameter.empty else f"{n}=default_{n}" for n, d in primitive.static.items()]
    static = "{" + ", ".join(f"{n!r}: {n}" for n in primitive.static) + "}" if primitive.static else "no_static"
    if variadic:
        unwrap, data, operands, parents = _UNWRAP_ALL, "*data", "*arrays", "parents"
        all_plain = "not any([isinstance(a, Tensor) for a in arrays])"
        tracked = "not all([parent is None for parent in parents])"
    else:
        unwrap = "".join((_UNWRAP if x in differentiable else _UNWRAP_CONSTANT).format(x=x) for x in names)
        data, operands = ", ".join(f"{x}_data" for x in names), ", ".join(names)
        all_plain = " and ".join(f"{x}_data is {x}" for x in names)
        parents = "(" + "".join(f"{x}_parent, " if x in differentiable else "None, " for x in names) + ")"
        tracked = "not (" + " is ".join(f"{x}_parent" for x in differentiable) + " is None)"
    keep = "".join(_keep(primitive, number, what, users) for number, (what, users) in enumerate(primitive.kept.items()))
    kept = "".join(f"kept_{number}, " for number in range(len(primitive.kept)))
    source = _CALL.format(
        name=primitive.name,
        signature=", ".join((["*arrays"] if variadic else list(names)) + settings),
        unwrap=unwrap, data=data, operands=operands, all_plain=all_plain, static=static,
        auxiliary="".join(", " + name for name in primitive.auxiliary),
        settings="".join(f", {name}={name}" for name in primitive.static),
        changed="".join(_CHANGED.format(x=x) for x in primitive.mutates),
        share=_SHARE.format(x=names[0]) if primitive.view or primitive.mutates else "",
        record=_RECORD.format(tracked=tracked, static=static, parents=parents, keep=keep, kept=kept)
        if differentiable else _RECORD_NOTHING,
    )  # fmt: skip
    return "\n".join(line for line in source.splitlines() if line.strip()) + "\n"


def _keep(primitive: Primitive, number: int, what: str, users: tuple[int, ...]) -> str:
    """Keep one thing, if a rule that will run asked for it: an input, the output, an auxiliary output, a shape."""
    if what in primitive.inputs:
        keep = (_KEEP_ALL if primitive.variadic else _KEEP_INPUT).format(x=what, number=number)
    elif what == "out":
        keep = _KEEP_OUT.format(number=number)
    elif what in primitive.auxiliary:
        keep = f"\n            kept_{number} = {what}\n"
    else:
        name, kind = what.rsplit("_", 1)
        value = f"tuple([{kind}_of(d) for d in data])" if primitive.variadic else f"{kind}_of({name}_data)"
        keep = f"\n            kept_{number} = {value}\n"
    if primitive.variadic:
        return keep.replace("\n    ", "\n")  # one rule serves all operands: it always runs
    needed = " or ".join(f"{primitive.inputs[user]}_parent is not None" for user in users)
    return _WHERE_NEEDED.format(needed=needed, keep=keep, number=number)


def _dtype_of(value: Any) -> np.dtype[Any]:
    return value.dtype if isinstance(value, (np.ndarray, np.generic)) else np.asarray(value).dtype


def _is_float(dtype: np.dtype[Any], primitive: Primitive) -> bool:
    """Whether an output of an unusual dtype can carry a gradient; complex and object arrays are refused."""
    if dtype.kind in "cO":
        kind = "complex numbers" if dtype.kind == "c" else "Python objects"
        raise TypeError(
            f"{primitive.name}: the result holds {kind} ({dtype}), which this engine does not differentiate. "
            "Pass real arrays (float32 or float64)"
            + (", for example the real and the imaginary part as two arrays." if dtype.kind == "c" else ".")
        )
    return dtype.kind == "f"


def _refuse_tracked(primitive: Primitive, name: str) -> None:
    if not primitive.rules:
        what = "has no rules: declare them with .vjp(...), or call it under no_grad"
    else:
        what = f"has no derivative with respect to {name!r}: pass {name}.detach() if it is meant as a constant"
    raise TypeError(f"{primitive.name} {what}.")


def _describe(value: Any) -> str:
    if isinstance(value, (np.ndarray, np.generic)):
        return f"{value.dtype}{list(value.shape)}"
    return f"{type(value).__name__} {value!r}"[:60]


def refusal(primitive: Primitive, error: Exception, arrays: tuple[Any, ...], static: dict[str, Any]) -> Exception:
    """The forward's error, with the operation and what it received."""
    names = primitive.inputs if not primitive.variadic else [f"{primitive.inputs[0]}[{i}]" for i in range(len(arrays))]
    received = [f"{n}: {_describe(a)}" for n, a in zip(names, arrays)] + [f"{n}={v!r}" for n, v in static.items()]
    message = f"{primitive.name}: {str(error).strip()}\n  received {', '.join(received)}"
    if "could not be broadcast" in message:
        message += (
            "\n  needed: from the last axis on, equal lengths or a length of 1. Is an axis missing (expand_dims, "
            "reshape), or are two exchanged (.T)?"
        )
    numpys = (np.exceptions.AxisError, np.linalg.LinAlgError)
    asked_for = (FloatingPointError, RuntimeWarning)  # by np.errstate and by filters of warnings
    for kind in (*numpys, *asked_for, IndexError, KeyError, TypeError, ValueError, OverflowError, MemoryError):
        if isinstance(error, kind):
            return kind(message)
    return RuntimeError(message)
