"""Derivatives of functions: gradients, products with Jacobians, Jacobians, Hessians.

Each runs the function on fresh inputs, walks back from its output (`backward`) and touches nobody's `.grad`. A function
may call these on itself or on others: what reaches a Tensor from outside is recorded, so they nest to any depth.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from . import modes, ops
from .backward import place_of, seed_for, walk
from .graph import Node, next_order
from .primitive import Array
from .tensor import Tensor

Function = Callable[..., Any]


def leaves_of(tree: Any, path: str = "") -> list[tuple[str, Any]]:
    """What nested lists, tuples and dicts hold, each with its place, such as `[0]['weight']`."""
    if isinstance(tree, dict):
        return [leaf for key, part in tree.items() for leaf in leaves_of(part, f"{path}[{key!r}]")]
    if isinstance(tree, (list, tuple)):
        return [leaf for i, part in enumerate(tree) for leaf in leaves_of(part, f"{path}[{i}]")]
    return [(path, tree)]


def rebuild(tree: Any, leaves: Iterator[Any]) -> Any:
    """The same nesting with other leaves."""
    if isinstance(tree, dict):
        return {key: rebuild(part, leaves) for key, part in tree.items()}
    if isinstance(tree, (list, tuple)):
        parts = [rebuild(part, leaves) for part in tree]
        return type(tree)(*parts) if hasattr(tree, "_fields") else type(tree)(parts)
    return next(leaves)


class _Input(Tensor):
    """The leaf that stands for an input during one call; it knows its age, as nodes do."""

    __slots__ = ("born",)

    born: int

    def __init__(self, array: Array) -> None:
        super().__init__(array, requires_grad=True, copy=False)
        self.born = next_order()


class _Call:
    """One call of a function on fresh inputs, and the walks back from its outputs."""

    def __init__(
        self, caller: str, f: Function, args: Sequence[Any], kwargs: dict[str, Any], argnums: Any, has_aux: bool = False
    ) -> None:
        self.caller = caller
        numbers = _argument_numbers(caller, argnums, len(args))
        self.plain = not any(isinstance(leaf, Tensor) for _, leaf in leaves_of((args, kwargs)))
        self.since = next_order()  # no older node can depend on the fresh inputs
        self.given = tuple(args[n] for n in numbers)
        self.places = [(f"argument {n}{path}", leaf) for n in numbers for path, leaf in leaves_of(args[n])]
        arguments = list(args)
        with modes.enable_grad():
            self.inputs = [_fresh(caller, *place) for place in self.places]
            for n, fresh in zip(numbers, rebuild(self.given, iter(self.inputs))):
                arguments[n] = fresh
            self.result = f(*arguments, **kwargs)
        self.aux = None
        if has_aux:
            if not isinstance(self.result, tuple) or len(self.result) != 2:
                raise TypeError(
                    f"{caller}: with has_aux=True the function returns a pair (output, auxiliary data), and it "
                    f"returned a {type(self.result).__name__}."
                )
            self.result, self.aux = self.result
        self.outputs = [_as_output(caller, path, leaf) for path, leaf in leaves_of(self.result)]
        self.recorded = any(map(self.reaches_outside, self.outputs))

    def reaches_outside(self, output: Tensor) -> bool:
        """Whether the output also depends on a Tensor from outside that requires grad, and grad mode is on here."""
        place = place_of(output)
        if place is None or not modes.current.get().grad:
            return False
        stack, seen = [place], {place}
        while stack:
            place = stack.pop()
            if not isinstance(place, Node):
                if getattr(place, "born", -1) < self.since:  # no input of this call, nor of one within it
                    return True
                continue
            if place.order < self.since:
                return True
            for parent in place.parents:
                if parent is not None and parent not in seen:
                    seen.add(parent)
                    stack.append(parent)
        return False

    def pull(self, cotangents: Sequence[Any], *, create_graph: bool, retain_graph: bool) -> list[Any]:
        """One cotangent per input for one per output (None for an output that takes no part)."""
        seeds = [
            (place, _as_tensor(g) if create_graph else g)
            for out, g in zip(self.outputs, cotangents)
            if g is not None and (place := place_of(out)) is not None
        ]
        targets = [place_of(tensor) for tensor in self.inputs]
        arrived = walk(
            seeds, targets=[place for place in targets if place is not None], since=self.since,
            create_graph=create_graph, retain_graph=retain_graph,
        )  # fmt: skip
        return [
            arrived[place] if place in arrived else np.zeros(tensor.shape, tensor.dtype)
            for place, tensor in zip(targets, self.inputs)
        ]

    def gradients(self, *, retain_graph: bool = False) -> Any:
        """The gradient of the only output, in the form of the arguments."""
        if len(self.outputs) != 1 or self.outputs[0].size != 1:
            shapes = ", ".join(str(out.shape) for out in self.outputs)
            raise ValueError(
                f"{self.caller}: the function must return one number, and it returned shape {shapes}. Reduce it, for "
                "example with .sum() or .mean(); for the derivative of an array use jacobian or vjp."
            )
        one = np.ones(self.outputs[0].shape, self.outputs[0].dtype)
        return self.in_form(self.pull([one], create_graph=self.recorded, retain_graph=retain_graph))

    def in_form(self, values: Sequence[Any]) -> tuple[Any, ...]:
        """Values for the inputs, nested as the arguments are: an array for an array, a Tensor for a Tensor."""
        leaves = (_given_back(value, leaf) for value, (_, leaf) in zip(values, self.places))
        formed: tuple[Any, ...] = rebuild(self.given, leaves)
        return formed

    def outside(self, result: Any) -> Any:
        """What the function returned, cut off from the fresh inputs unless the graph outside needs it."""
        return rebuild(result, (self._let_out(leaf) for _, leaf in leaves_of(result)))

    def _let_out(self, leaf: Any) -> Any:
        if not isinstance(leaf, Tensor) or self.reaches_outside(leaf):
            return leaf
        return leaf._data.copy()[()] if self.plain else leaf.detach()


def _argument_numbers(caller: str, argnums: Any, count: int) -> tuple[int, ...]:
    numbers = (argnums,) if isinstance(argnums, (int, np.integer)) else tuple(argnums)
    if not all(-count <= n < count for n in numbers) or len({n % count for n in numbers}) != len(numbers):
        raise ValueError(
            f"{caller}: argnums={argnums} does not name different ones of the {count} positional argument(s), which "
            "are numbered from 0. Arguments given by keyword are constants."
        )
    return tuple(n % count for n in numbers)


def _fresh(caller: str, place: str, value: Any) -> Tensor:
    """A Tensor that stands for this input in this call only; one that requires grad stays its parent."""
    if isinstance(value, Tensor):
        _check_real_float(caller, place, value.dtype)
        if value._requires_grad:
            tensor: Tensor = ops.reshape(value, value.shape)  # a view: another node, the same memory
            return tensor
        fresh = _Input(value._data)
        fresh._version = value._cell()
        return fresh
    array = np.array(value)
    _check_real_float(caller, place, array.dtype)
    return _Input(array)


def _check_real_float(caller: str, place: str, dtype: np.dtype[Any]) -> None:
    if dtype.kind != "f":
        raise TypeError(
            f"{caller}: {place} has dtype {dtype}, and a derivative is a limit of small changes, which only "
            "real floating-point numbers have. Write 1.0 for 1, use .astype(float), or leave it out of argnums."
        )


def _as_output(caller: str, path: str, value: Any) -> Tensor:
    tensor = value if isinstance(value, Tensor) else Tensor._of(np.asarray(value), None)
    if tensor.dtype.kind != "f":
        raise TypeError(
            f"{caller}: the function's output{path} is a {type(value).__name__} of dtype {tensor.dtype}, which has no "
            "derivative. Return a Tensor of floats computed from the arguments (a comparison or argmax is not)."
        )
    return tensor


def _as_tensor(value: Any) -> Tensor:
    return value if isinstance(value, Tensor) else Tensor._of(np.asarray(value), None)


def _given_back(value: Any, like: Any) -> Any:
    """A derivative in the form of its argument; one that can be differentiated further stays a Tensor."""
    if isinstance(value, Tensor):
        if value._requires_grad:
            return value
        value = value._data
    owned = np.array(value)
    if isinstance(like, Tensor):
        return Tensor._of(owned, None)
    return owned if isinstance(like, np.ndarray) else owned[()]


def _matching(caller: str, what: str, values: Any, tree: Any, likes: Sequence[Tensor]) -> list[Any]:
    """Values nested as a tree, checked against the shapes of its leaves, in the dtypes of these."""
    found = dict(leaves_of(values))
    paths = [path for path, _ in leaves_of(tree)]
    if set(found) != set(paths):
        raise ValueError(
            f"{caller}: the {what} must be nested as what they belong to. Missing: "
            f"{sorted(set(paths) - set(found))}, not expected: {sorted(set(found) - set(paths))}."
        )
    matched = []
    for path, like in zip(paths, likes):
        value = found[path] if isinstance(found[path], Tensor) else np.array(found[path])
        if value.shape != like.shape or value.dtype.kind not in "fiub":
            raise ValueError(
                f"{caller}: the {what} at {path or 'the top'} have shape {value.shape} and dtype {value.dtype}; needed "
                f"is a real array of shape {like.shape}."
            )
        matched.append(value if value.dtype == like.dtype else value.astype(like.dtype))
    return matched


def _tracked(values: Sequence[Any]) -> bool:
    return modes.current.get().grad and any(isinstance(v, Tensor) and v._requires_grad for v in values)


def _arrays(values: Sequence[Any]) -> list[Array]:
    return [value._data if isinstance(value, Tensor) else value for value in values]


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
        call = _Call("value_and_grad", f, args, kwargs, argnums, has_aux)
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
        call = _Call("grad", f, args, kwargs, argnums, has_aux)
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
    call = _Call("vjp", f, primals, {}, range(len(primals)))

    def pullback(cotangent: Any) -> tuple[Any, ...]:
        matched = _matching("vjp", "cotangents", cotangent, call.result, call.outputs)
        record = _tracked(matched) or (call.recorded and modes.current.get().grad)
        seeds = matched if record else _arrays(matched)
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
    call = _Call("jvp", f, tuple(primals), {}, range(len(primals)))
    matched = _matching("jvp", "tangents", tuple(tangents), call.given, call.inputs)
    record = _tracked(matched) or call.recorded
    dummies = [_Input(np.ones(out.shape, out.dtype)) for out in call.outputs]
    pulled = call.pull(dummies, create_graph=True, retain_graph=False)
    seeds = [
        (place, _as_tensor(t) if record else t._data if isinstance(t, Tensor) else t)
        for g, t in zip(pulled, matched)
        if isinstance(g, Tensor) and (place := place_of(g)) is not None
    ]
    arrived = walk(seeds, targets=dummies, create_graph=record)
    moved = (arrived[dummy] if dummy in arrived else np.zeros(dummy.shape, dummy.dtype) for dummy in dummies)
    like = 0.0 if call.plain else dummies[0]
    tangent = rebuild(call.result, (_given_back(value, like) for value in moved))
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
        call = _Call("jacobian", f, args, kwargs, argnums)
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
        vectors = _matching("hvp", "tangents", tuple(tangents), arguments, slopes)
        return sum((ops.sum(slope * vector) for slope, vector in zip(slopes, vectors)), start=0.0)

    products: tuple[Any, ...] = grad(along, numbers)(*primals)
    return products
