"""Derivatives of functions: gradients, products with Jacobians, Jacobians, Hessians.

Each runs the function on fresh inputs, walks back from its output (`backward`) and touches nobody's `.grad`. A function
may call these on itself or on others: what reaches a Tensor from outside is recorded, so they nest to any depth.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import modes, ops
from .backward import place_of, seed_for, walk
from .function_call import (
    Function,
    FunctionCall,
    Input,
    arrays_of,
    as_tensor,
    given_back,
    leaves_of,
    matching,
    rebuild,
    tracked,
)
from .primitive import Array
from .tensor import Tensor


def value_and_grad(f: Function, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Function:
    """A function that returns f's value together with its gradient.

    Parameters
    ----------
    f, argnums, has_aux
        As for `grad`.

    Returns
    -------
    callable
        With the arguments of f; returns (value, gradient), or ((value, aux), gradient) with `has_aux`.

    Examples
    --------
    >>> import numpy as np, autodiff as ad
    >>> ad.value_and_grad(lambda x: (x * x).sum())(np.array([1.0, 2.0]))
    (np.float64(5.0), array([2., 4.]))
    """

    @functools.wraps(f, updated=())
    def value_and_gradient(*args: Any, **kwargs: Any) -> Any:
        call = FunctionCall("value_and_grad", f, args, kwargs, argnums, has_aux)
        gradient = call.gradients()
        value = call.outside(call.result)
        chosen = gradient[0] if isinstance(argnums, (int, np.integer)) else gradient
        return ((value, call.outside(call.aux)) if has_aux else value), chosen

    return value_and_gradient


def grad(f: Function, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Function:
    """A function that returns the gradient of a scalar function.

    Parameters
    ----------
    f : callable
        Takes arrays, or lists, tuples and dicts of arrays, nested at will, and returns one number. It is called with
        Tensors in the place of the arguments that `argnums` names; the others reach it as they are.
    argnums : int or sequence of int
        The positional arguments to differentiate with respect to.
    has_aux : bool
        Whether f returns a pair (output, auxiliary data).

    Returns
    -------
    callable
        With the arguments of f. It returns the gradient nested as the argument, or a tuple of them for a sequence of
        `argnums`; with `has_aux` the pair (gradient, auxiliary data). An ndarray gets an ndarray, a Tensor a Tensor, a
        float a float64. A gradient that itself depends on a Tensor that requires grad is a Tensor in any case, so that
        it can be differentiated. An argument that f does not use has gradient zero.

    Raises
    ------
    TypeError
        For an argument, or an output, that is not of a real floating-point dtype.
    ValueError
        If the output is not one number, or `argnums` names an argument that is not there.

    Notes
    -----
    It records even under `no_grad`, and never touches `.grad`. What f closes over is a constant for this gradient.

    Examples
    --------
    >>> import numpy as np, autodiff as ad
    >>> ad.grad(lambda x: np.sum(np.sin(x)))(np.array([0.0, np.pi]))
    array([ 1., -1.])
    >>> ad.grad(ad.grad(lambda x: x ** 3))(2.0)
    np.float64(12.0)
    >>> ad.grad(lambda p: (p["w"] * 3.0 + p["b"]).sum())({"w": np.ones(2), "b": 1.0})
    {'w': array([3., 3.]), 'b': np.float64(2.0)}
    """

    @functools.wraps(f, updated=())
    def gradient(*args: Any, **kwargs: Any) -> Any:
        call = FunctionCall("grad", f, args, kwargs, argnums, has_aux)
        gradients = call.gradients()
        chosen = gradients[0] if isinstance(argnums, (int, np.integer)) else gradients
        return (chosen, call.outside(call.aux)) if has_aux else chosen

    return gradient


def gradients(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Any = None,
    *,
    create_graph: bool = False,
    retain_graph: bool | None = None,
    allow_unused: bool = False,
) -> tuple[Tensor | None, ...]:
    """The gradients of outputs with respect to inputs, without touching `.grad`: PyTorch's `autograd.grad`.

    Parameters
    ----------
    outputs : Tensor or sequence of Tensor
        Their gradients are added up.
    inputs : Tensor or sequence of Tensor
        Leaves or computed Tensors that require grad.
    grad_outputs : array_like or sequence of array_like, optional
        The upstream gradient of each output; may be None for a scalar, where it is 1.
    create_graph : bool
        Record the walk, so that the results can be differentiated.
    retain_graph : bool, optional
        Keep the graph's arrays for another walk; by default as `create_graph`.
    allow_unused : bool
        Give None for an input that the outputs do not depend on, instead of an error.

    Returns
    -------
    tuple of Tensor or None
        One per input.

    Raises
    ------
    RuntimeError
        If an output or an input does not require grad, an input is not used, or an output is no scalar and has no
        upstream gradient.
    ValueError
        If an upstream gradient has the wrong shape, or their number is not that of the outputs.

    Examples
    --------
    >>> import autodiff as ad
    >>> x = ad.Tensor(3.0, requires_grad=True)
    >>> (slope,) = ad.gradients(x ** 2, x, create_graph=True)
    >>> ad.gradients(slope, x)
    (Tensor(2.),)
    """
    outputs = [outputs] if isinstance(outputs, Tensor) else list(outputs)
    inputs = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    single = grad_outputs is None or not isinstance(grad_outputs, (list, tuple))
    given = [grad_outputs] * (len(outputs) if grad_outputs is None else 1) if single else list(grad_outputs)
    if len(given) != len(outputs):
        raise ValueError(f"gradients: there are {len(outputs)} output(s) but {len(given)} upstream gradient(s).")
    for what, tensors in (("output", outputs), ("input", inputs)):
        for number, tensor in enumerate(tensors):
            if not getattr(tensor, "_requires_grad", False):
                kind, shape = type(tensor).__name__, np.shape(getattr(tensor, "_data", tensor))
                raise RuntimeError(
                    f"gradients: {what} {number} (a {kind} of shape {shape}) does not require grad, so it "
                    "is in no graph. Give the leaves requires_grad=True, and compute outside of no_grad()."
                )
    seeds = [(place_of(out), seed_for(out, g, create_graph, "gradients")) for out, g in zip(outputs, given)]
    arrived = walk(
        seeds, targets=[place_of(tensor) for tensor in inputs],  # type: ignore[arg-type, misc]  # None was refused above
        create_graph=create_graph, retain_graph=create_graph if retain_graph is None else retain_graph,
    )  # fmt: skip
    found: list[Tensor | None] = []
    for number, tensor in enumerate(inputs):
        g = arrived.get(place_of(tensor))  # type: ignore[arg-type]  # as above
        if g is None and not allow_unused:
            raise RuntimeError(
                f"gradients: the outputs do not depend on input {number} (shape {tensor.shape}). Was it replaced by "
                "another Tensor, or detached? allow_unused=True gives None for it."
            )
        found.append(g if g is None or isinstance(g, Tensor) else Tensor._of(g.copy(), None))
    return tuple(found)


def vjp(f: Function, *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """The value of a function, and the product of a cotangent with its Jacobian.

    Parameters
    ----------
    f : callable
        Takes and returns arrays, or nested lists, tuples and dicts of them.
    *primals : array_like, or nestings of them
        Its arguments.

    Returns
    -------
    value
        f(*primals).
    pullback : callable
        `pullback(g)`, with g nested and shaped as the value, gives a tuple with one cotangent per argument: gᵀJ. It can
        be called many times.

    Raises
    ------
    TypeError
        For arguments or outputs that are not real floating-point numbers.
    ValueError
        From the pullback, for a cotangent of another shape or nesting than the value.

    Examples
    --------
    >>> import numpy as np, autodiff as ad
    >>> value, pullback = ad.vjp(lambda x, y: x * y, np.array([1.0, 2.0]), 3.0)
    >>> value
    array([3., 6.])
    >>> pullback(np.array([1.0, 10.0]))
    (array([ 3., 30.]), np.float64(21.0))
    """
    call = FunctionCall("vjp", f, primals, {}, range(len(primals)))

    def pullback(cotangent: Any) -> tuple[Any, ...]:
        matched = matching("vjp", "cotangents", cotangent, call.result, call.outputs)
        record = tracked(matched) or (call.recorded and modes.current.get().grad)
        seeds = matched if record else arrays_of(matched)
        return call.in_form(call.pull(seeds, create_graph=record, retain_graph=True))

    return call.outside(call.result), pullback


def jvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """The value of a function, and the product of its Jacobian with a tangent: its derivative along a direction.

    Parameters
    ----------
    f : callable
        Takes and returns arrays, or nested lists, tuples and dicts of them.
    primals : sequence
        Its arguments.
    tangents : sequence
        A direction for each argument, nested and shaped as it.

    Returns
    -------
    value
        f(*primals).
    tangent
        J t, nested and shaped as the value.

    Raises
    ------
    TypeError
        For arguments or outputs that are not real floating-point numbers.
    ValueError
        For tangents of another shape or nesting than the primals.

    Notes
    -----
    The vjp of the vjp (Townsend, "A new trick for calculating Jacobian vector products", 2017): u ↦ uᵀJ is linear, and
    pulling t back through it gives J t, whatever u was.

    Examples
    --------
    >>> import numpy as np, autodiff as ad
    >>> ad.jvp(lambda x: x ** 2, (np.array([1.0, 2.0]),), (np.array([1.0, 0.5]),))
    (array([1., 4.]), array([2., 2.]))
    """
    call = FunctionCall("jvp", f, tuple(primals), {}, range(len(primals)))
    matched = matching("jvp", "tangents", tuple(tangents), call.given, call.inputs)
    record = tracked(matched) or call.recorded
    dummies = [Input(np.ones(out.shape, out.dtype)) for out in call.outputs]
    pulled = call.pull(dummies, create_graph=True, retain_graph=False)
    seeds = [
        (place, as_tensor(t) if record else t._data if isinstance(t, Tensor) else t)
        for g, t in zip(pulled, matched)
        if isinstance(g, Tensor) and (place := place_of(g)) is not None
    ]
    arrived = walk(seeds, targets=dummies, create_graph=record)
    moved = (arrived[dummy] if dummy in arrived else np.zeros(dummy.shape, dummy.dtype) for dummy in dummies)
    like = 0.0 if call.plain else dummies[0]
    tangent = rebuild(call.result, (given_back(value, like) for value in moved))
    return call.outside(call.result), tangent


def jacobian(f: Function, argnums: int | Sequence[int] = 0) -> Function:
    """A function that returns all first derivatives of f.

    Parameters
    ----------
    f : callable
        Takes and returns arrays, or nested lists, tuples and dicts of them.
    argnums : int or sequence of int
        The positional arguments to differentiate with respect to.

    Returns
    -------
    callable
        With the arguments of f. For an output of shape s and an argument of shape t it returns an array of shape s + t;
        for nestings, those arrays nested as the argument inside the nesting of the output.

    Raises
    ------
    TypeError
        For arguments or outputs that are not real floating-point numbers.

    Notes
    -----
    One walk per element of the output.

    Examples
    --------
    >>> import numpy as np, autodiff as ad
    >>> ad.jacobian(lambda x: x[:2] * x[2])(np.array([1.0, 2.0, 3.0]))
    array([[3., 0., 1.],
           [0., 3., 2.]])
    """

    @functools.wraps(f, updated=())
    def jacobian_of(*args: Any, **kwargs: Any) -> Any:
        call = FunctionCall("jacobian", f, args, kwargs, argnums)
        blocks = []
        for number, out in enumerate(call.outputs):
            rows = []
            for element in range(out.size):
                seeds: list[Array | None] = [None] * len(call.outputs)
                seeds[number] = (np.arange(out.size) == element).reshape(out.shape).astype(out.dtype)
                rows.append(call.pull(seeds, create_graph=call.recorded, retain_graph=True))
            block = call.in_form([
                ops.reshape(ops.stack(column), out.shape + tensor.shape)
                for tensor, column in zip(call.inputs, zip(*rows))
            ] if rows else [np.zeros(out.shape + tensor.shape, tensor.dtype) for tensor in call.inputs])  # fmt: skip
            blocks.append(block[0] if isinstance(argnums, (int, np.integer)) else block)
        return rebuild(call.result, iter(blocks))

    return jacobian_of


def hessian(f: Function, argnums: int | Sequence[int] = 0) -> Function:
    """A function that returns all second derivatives of a scalar function.

    Parameters
    ----------
    f, argnums
        As for `grad`.

    Returns
    -------
    callable
        With the arguments of f. For an argument of shape t it returns an array of shape t + t; for nestings and for
        several `argnums`, the blocks nested twice.

    Raises
    ------
    TypeError, ValueError
        As for `grad`.

    Examples
    --------
    >>> import numpy as np, autodiff as ad
    >>> ad.hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 2.0]))
    array([[4., 2.],
           [2., 0.]])
    """
    return jacobian(grad(f, argnums), argnums)


def hvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, ...]:
    """The product of a scalar function's Hessian with a vector, at about four times the cost of the function.

    Parameters
    ----------
    f : callable
        As for `grad`; differentiated with respect to all its arguments.
    primals : sequence
        Its arguments.
    tangents : sequence
        The vector: for each argument one nested and shaped as it.

    Returns
    -------
    tuple
        H v, with one entry per argument.

    Raises
    ------
    TypeError, ValueError
        As for `grad`, and for tangents of another shape or nesting than the primals.

    Notes
    -----
    The gradient of ⟨grad f, v⟩ (Pearlmutter, "Fast exact multiplication by the Hessian", 1994, in reverse mode).

    Examples
    --------
    >>> import numpy as np, autodiff as ad
    >>> ad.hvp(lambda x: (x ** 3).sum(), (np.array([1.0, 2.0]),), (np.array([1.0, 10.0]),))
    (array([  6., 120.]),)
    """
    numbers = range(len(primals))

    def along(*arguments: Any) -> Any:
        slopes = [slope for _, slope in leaves_of(grad(f, numbers)(*arguments))]
        vectors = matching("hvp", "tangents", tuple(tangents), arguments, slopes)
        return sum((ops.sum(slope * vector) for slope, vector in zip(slopes, vectors)), start=0.0)

    products: tuple[Any, ...] = grad(along, numbers)(*primals)
    return products
