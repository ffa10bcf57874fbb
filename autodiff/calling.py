"""Writes the function that a call of a primitive runs: unwrap, compute, wrap, and leave a node.

Nothing here knows any calculus. The steps are the same for every primitive, but a loop over arguments and names costs
more than the arithmetic on small arrays, so they are written out once per primitive as straight-line source, which
`print(primitive.source)` shows.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from . import graph, modes

if TYPE_CHECKING:
    from .primitive import Primitive


def specialise(primitive: Primitive) -> tuple[str, Callable[..., Any]]:
    """The source of a primitive's call, and the function."""
    from .tensor import Tensor

    lines = _variadic(primitive) if primitive.variadic else _fixed(primitive)
    source = "\n".join(lines) + "\n"
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


def _signature(primitive: Primitive) -> str:
    inputs = ["*arrays"] if primitive.variadic else list(primitive.inputs)
    empty = inspect.Parameter.empty
    return ", ".join(inputs + [n if d is empty else f"{n}=default_{n}" for n, d in primitive.static.items()])


def _compute(primitive: Primitive, operands: str, raw: str) -> Iterator[str]:
    """Run the forward; on plain arrays that is all."""
    results = "".join(", " + name for name in primitive.auxiliary)
    settings = "".join(f", {name}={name}" for name in primitive.static)
    static = "{" + ", ".join(f"{n!r}: {n}" for n in primitive.static) + "}"
    yield "    try:"
    yield f"        out{results} = forward({operands}{settings})"
    yield "    except Exception as error:"
    yield f"        raise refusal(primitive, error, ({operands},), {static}) from error"
    for name in primitive.mutates:
        yield f"    if {name}_data is not {name}:"
        yield f"        {name}._raise_version()"
    yield f"    if {raw}:"
    yield "        return out"
    yield "    if type(out) is not ndarray:"
    yield "        out = asarray(out)"
    yield "    out_dtype = out.dtype"
    yield "    now = get_modes()"


def _wrap(primitive: Primitive, untracked: str, parents: str, operands: str) -> Iterator[str]:
    """Put the output in a Tensor; leave a node where a parent requires grad and grad mode is on."""
    static = "{" + ", ".join(f"{n!r}: {n}" for n in primitive.static) + "}" if primitive.static else "no_static"
    observe = f"observer.called(primitive, out_node, ({operands},), {static}, out)"
    yield "    out_tensor = new_tensor(Tensor)"
    yield "    out_tensor._data = out"
    yield "    out_tensor._grad = out_tensor._version = out_tensor._hooks = None"
    yield "    out_tensor._grad_home = out_tensor.name = None"
    if primitive.view or primitive.mutates:
        yield from _share_version(primitive)
    yield "    usual = out_dtype is float64 or out_dtype is float32"
    yield f"    if ({untracked}) or not now.grad or not (usual or is_float(out_dtype, primitive)):"
    yield "        out_tensor._node = None"
    yield "        out_tensor._requires_grad = False"
    yield "        if not usual:"
    yield "            is_float(out_dtype, primitive)"
    yield "        if now.observers:"
    yield "            out_node = None"
    yield "            for observer in now.observers:"
    yield f"                {observe}"
    yield "        return out_tensor"
    yield "    out_tensor._requires_grad = True"
    yield "    out_tensor._node = out_node = new_node(Node)"
    yield "    out_node.primitive = primitive"
    yield f"    out_node.static = {static}"
    yield f"    out_node.parents = {parents}"
    yield "    out_node.shape = out.shape"
    yield "    out_node.dtype = out_dtype"
    yield "    out_node.order = next_order()"
    yield "    out_node.scope = now.scope"
    yield "    out_node.hooks = out_node.trace = None"


def _share_version(primitive: Primitive) -> Iterator[str]:
    """A view, or an array changed in place, shares the version of its memory, made now if nobody asked before."""
    first = primitive.inputs[0]
    yield f"    if {first}_data is not {first}:"
    yield f"        cell = {first}._version"
    yield "        if cell is None:"
    yield f"            cell = {first}._version = [0]"
    yield "        out_tensor._version = cell"


def _observed(operands: str) -> Iterator[str]:
    yield "    if now.observers:"
    yield "        for observer in now.observers:"
    yield f"            observer.called(primitive, out_node, ({operands},), out_node.static, out)"
    yield "    return out_tensor"


def _fixed(primitive: Primitive) -> Iterator[str]:
    """The call of a primitive with a fixed number of array arguments."""
    names = primitive.inputs
    operands = ", ".join(f"{n}_data" for n in names)
    differentiable = [n for n, rule in zip(names, primitive.rules) if rule is not None]
    yield f"def {primitive.name}({_signature(primitive)}):"
    for name in names:
        yield f"    if isinstance({name}, Tensor):"
        yield f"        {name}_data = {name}._data"
        if name in differentiable:
            yield f"        {name}_parent = ({name}._node or {name}) if {name}._requires_grad else None"
        else:
            yield f"        if {name}._requires_grad and get_modes().grad:"
            yield f"            refuse_tracked(primitive, {name!r})"
        yield "    else:"
        yield f"        {name}_data = {name}"
        if name in differentiable:
            yield f"        {name}_parent = None"
    yield from _compute(primitive, operands, " and ".join(f"{n}_data is {n}" for n in names))
    untracked = " is ".join(f"{n}_parent" for n in differentiable) + " is None" if differentiable else "True"
    parents = "(" + ", ".join(f"{n}_parent" if n in differentiable else "None" for n in names) + ",)"
    yield from _wrap(primitive, untracked, parents, ", ".join(names))
    yield from _keep_fixed(primitive)
    yield from _observed(", ".join(names))


def _keep_fixed(primitive: Primitive) -> Iterator[str]:
    """Keep what the rules of those arguments that require grad asked for, with the versions."""
    kept = []
    for number, (name, users) in enumerate(primitive.kept.items()):
        kept.append(f"kept_{number}")
        value = f"kept_{number}"
        condition = " or ".join(f"{primitive.inputs[user]}_parent is not None" for user in users)
        if number == 0:
            yield "    cells = ()"
        yield f"    if {condition}:"
        if name in primitive.inputs:
            yield f"        if {name}_data is {name}:"
            yield f"            {value} = keep({name})"
            yield "        else:"
            yield f"            {value} = {name}_data"
            yield f"            cell = {name}._version"
            yield "            if cell is None:"
            yield f"                cell = {name}._version = [0]"
            yield f"            cells += ((cell, cell[0], {name!r}),)"
        elif name == "out":
            yield f"        {value} = out"
            yield "        if out_tensor._version is None:"
            yield "            out_tensor._version = [0]"
            yield "        cells += ((out_tensor._version, out_tensor._version[0], 'out'),)"
        elif name in primitive.auxiliary:
            yield f"        {value} = {name}"
        else:
            argument, what = name.rsplit("_", 1)
            yield f"        {value} = {what}_of({argument}_data)"
        yield "    else:"
        yield f"        {value} = None"
    yield f"    out_node.kept = ({''.join(k + ', ' for k in kept)})"
    yield f"    out_node.versions = {'cells' if kept else '()'}"


def _variadic(primitive: Primitive) -> Iterator[str]:
    """The call of a primitive with any number of operands: the same steps, in loops."""
    (name,) = primitive.inputs
    yield f"def {primitive.name}({_signature(primitive)}):"
    yield "    data = tuple([a._data if isinstance(a, Tensor) else a for a in arrays])"
    yield "    parents = tuple("
    yield "        [(a._node or a) if isinstance(a, Tensor) and a._requires_grad else None for a in arrays]"
    yield "    )"
    yield from _compute(primitive, "*data", "not any([isinstance(a, Tensor) for a in arrays])")
    yield from _wrap(primitive, "all([p is None for p in parents])", "parents", "*arrays")
    kept = []
    yield "    cells = ()"
    for what in primitive.kept:
        if what == name:
            yield "    kept_arrays = tuple([d if d is not a else keep(a) for d, a in zip(data, arrays)])"
            yield "    for a in arrays:"
            yield "        if isinstance(a, Tensor):"
            yield "            if a._version is None:"
            yield "                a._version = [0]"
            yield f"            cells += ((a._version, a._version[0], {name!r}),)"
            kept.append("kept_arrays")
        elif what == "out":
            yield "    out_tensor._version = [0]"
            yield "    cells += ((out_tensor._version, 0, 'out'),)"
            kept.append("out")
        elif what in primitive.auxiliary:
            kept.append(what)
        else:
            kept.append(f"tuple([{what.rsplit('_', 1)[1]}_of(d) for d in data])")
    yield f"    out_node.kept = ({''.join(k + ', ' for k in kept)})"
    yield "    out_node.versions = cells"
    yield from _observed("*arrays")


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
    message = f"{primitive.name}: {error}\n  received {', '.join(received)}"
    numpys = (np.exceptions.AxisError, np.linalg.LinAlgError)
    for kind in (*numpys, IndexError, KeyError, TypeError, ValueError, OverflowError, MemoryError):
        if isinstance(error, kind):
            return kind(message)
    return RuntimeError(message)
