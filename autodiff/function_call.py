"""One call of a function that is to be differentiated: fresh inputs in, and walks back from what comes out.

What all of `functional` shares: arguments and results may be nested lists, tuples and dicts of arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from . import modes, ops
from .backward import place_of, walk
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


class Input(Tensor):
    """The leaf that stands for an input during one call; it knows its age, as nodes do."""

    __slots__ = ("born",)

    born: int

    def __init__(self, array: Array) -> None:
        super().__init__(array, requires_grad=True, copy=False)
        self.born = next_order()


class FunctionCall:
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
            (place, as_tensor(g) if create_graph else g)
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
        leaves = (given_back(value, leaf) for value, (_, leaf) in zip(values, self.places))
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
        fresh = Input(value._data)
        fresh._version = value._cell()
        return fresh
    array = np.array(value)
    _check_real_float(caller, place, array.dtype)
    return Input(array)


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


def as_tensor(value: Any) -> Tensor:
    return value if isinstance(value, Tensor) else Tensor._of(np.asarray(value), None)


def given_back(value: Any, like: Any) -> Any:
    """A derivative in the form of its argument; one that can be differentiated further stays a Tensor."""
    if isinstance(value, Tensor):
        if value._requires_grad:
            return value
        value = value._data
    owned = np.array(value)
    if isinstance(like, Tensor):
        return Tensor._of(owned, None)
    return owned if isinstance(like, np.ndarray) else owned[()]


def matching(caller: str, what: str, values: Any, tree: Any, likes: Sequence[Tensor]) -> list[Any]:
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


def tracked(values: Sequence[Any]) -> bool:
    return modes.current.get().grad and any(isinstance(v, Tensor) and v._requires_grad for v in values)


def arrays_of(values: Sequence[Any]) -> list[Array]:
    return [value._data if isinstance(value, Tensor) else value for value in values]
