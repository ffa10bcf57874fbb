"""Checkpointing: memory for time. The arrays that a region's backward pass needs are computed again when it comes.

A region is an observer (see `observe`) that takes the kept arrays away from each node made in it, and leaves a
`Deferred` in their place. The graph keeps its structure, so drawings and higher derivatives see nothing unusual.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from . import modes
from .graph import Deferred, Node, Version, keep, next_order
from .observe import Observer
from .primitive import Array, Primitive
from .tensor import Tensor


class _Held:
    """An operand from outside of the region: a plain array, or a Tensor's array and the version it must have."""

    __slots__ = ("cell", "value", "version")

    def __init__(self, value: Any, cell: Version | None) -> None:
        self.value = value
        self.cell = cell
        self.version = 0 if cell is None else cell[0]


class _Call:
    """One recorded call: what to run again, and, for a moment, what came out. It knows neither node nor region."""

    __slots__ = ("born", "crossing", "kept", "operands", "order", "owner", "primitive", "restored", "static", "value")

    def __init__(self, primitive: Primitive, node: Node, operands: tuple[Any, ...], owner: int) -> None:
        self.primitive = primitive
        self.static = node.static
        self.operands = operands
        self.order = node.order
        self.owner = owner
        self.born = 0  # the version of the output when it was made
        self.crossing = False  # whether an inner region needs the output
        self.value: Array | None = None
        self.restored: tuple[Any, ...] | None = None
        # The name of what must be computed again; itself what is small.
        self.kept = tuple(
            name if name in {"out", *primitive.inputs, *primitive.auxiliary} and value is not None else value
            for name, value in zip(primitive.kept, node.kept)
        )

    def run(self) -> dict[str, Any]:
        """Compute the output again; return what rules can ask for by its name."""
        arrays = tuple(operand.value for operand in self.operands)
        results = self.primitive.forward(*arrays, **self.static)
        out, *auxiliary = results if self.primitive.auxiliary else (results,)
        self.value = np.asarray(out)
        operands = (arrays,) if self.primitive.variadic else arrays
        names = (*self.primitive.inputs, *self.primitive.auxiliary, "out")
        return dict(zip(names, (*operands, *auxiliary, self.value)))


class _Restorable(Deferred):
    """Stands in `node.kept`."""

    __slots__ = ("_call", "_region")

    def __init__(self, region: _Region, call: _Call) -> None:
        self._region, self._call = region, call

    def restore(self, node: Node) -> tuple[Any, ...]:
        if self._call.restored is None:
            self._region.run()
        restored, self._call.restored = self._call.restored, None  # a second walk computes again
        assert restored is not None
        return restored


class _Region(Observer):
    """What ran inside one `checkpoint`, in order. Calls of a region inside belong to both; that one restores them."""

    def __init__(self, outer: _Region | None) -> None:
        super().__init__()
        self.outer = outer
        self.number = next_order()
        self.calls: list[_Call] = []
        self.external: list[_Call] = []
        self.made: dict[Any, Any] = {} if outer is None else outer.made

    def called(
        self, primitive: Primitive, node: Node | None, operands: tuple[Any, ...], static: dict[str, Any], out: Array
    ) -> None:
        if node is None or _innermost() is not self:
            return
        copies = {} if primitive.variadic else dict(zip(primitive.kept, node.kept))
        names = primitive.inputs * len(operands) if primitive.variadic else primitive.inputs
        found = tuple(self._operand(value, copies.get(name)) for value, name in zip(operands, names))
        call = _Call(primitive, node, found, self.number)
        if primitive.view and isinstance(operands[0], Tensor):
            call.born = operands[0]._cell()[0]
        region: _Region | None = self
        while region is not None:
            region.calls.append(call)
            for operand in found:
                if isinstance(operand, _Call) and operand.order < region.number:
                    operand.crossing = True
                    region.external.append(operand)
            region = region.outer
        self.made[node] = call
        self.made[id(out)] = weakref.ref(out), call
        if any(isinstance(entry, str) for entry in call.kept):
            node.kept = _Restorable(self, call)

    def _operand(self, value: Any, copied: Any) -> _Call | _Held:
        """Where an operand comes from: an earlier call in here, or from outside."""
        if not isinstance(value, Tensor):
            return _Held(keep(value) if copied is None else copied, None)
        call = self.made.get(value._node)
        if call is None:  # a constant may still be the output of a call, detached
            array, call = self.made.get(id(value._data), (None, None))
            call = call if array is not None and array() is value._data else None
        if call is None or (value._version is not None and value._version[0] != call.born):
            return _Held(value._data, value._cell())
        made: _Call = call
        return made

    def run(self) -> None:
        """Run all calls again, and hand their nodes what they had to give away."""
        if self.outer is not None and any(call.value is None for call in self.external):
            self.outer.run()
        last = {operand: call for call in self.calls for operand in call.operands}
        with np.errstate(all="ignore"):  # what there was to warn of was warned of the first time
            for call in self.calls:
                for operand in call.operands:
                    if isinstance(operand, _Held) and operand.cell is not None and operand.cell[0] != operand.version:
                        raise _changed(call, operand)
                named = call.run()
                if call.owner == self.number:
                    call.restored = tuple(named[entry] if isinstance(entry, str) else entry for entry in call.kept)
                for done in (*call.operands, call):
                    if last.get(done, call) is call and isinstance(done, _Call) and not done.crossing:
                        done.value = None

    def close(self) -> None:
        """Forget the nodes, which would otherwise be kept alive by what stands in them."""
        for call in self.calls:
            call.restored = None
        if self.outer is None:
            self.made.clear()


def _innermost() -> _Region | None:
    regions = [observer for observer in modes.current.get().observers if isinstance(observer, _Region)]
    return regions[-1] if regions else None


def _changed(call: _Call, operand: _Held) -> RuntimeError:
    then, now = operand.version, operand.cell[0] if operand.cell is not None else 0
    return RuntimeError(
        f"checkpoint: an array of shape {np.shape(operand.value)} that {call.primitive.name} read was at version "
        f"{then} and is now at version {now}: it was changed before the backward pass, which must compute with the old "
        "values again. Change it after backward(), or change a copy."
    )


def checkpoint(f: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call a function without keeping the arrays that its backward pass needs: they are computed again when it comes.

    Parameters
    ----------
    f : callable
        Takes and returns anything. Its Python code runs only once, now.
    *args, **kwargs
        Its arguments.

    Returns
    -------
    What f returns
        With the same values and, bit for bit, the same gradients of any order as without.

    Raises
    ------
    RuntimeError
        In the backward pass, if a Tensor from outside that the function read has been changed since.

    Notes
    -----
    Chen et al., "Training deep nets with sublinear memory cost", 2016. What is run again are the recorded primitives:
    random draws and other plain arrays are kept (they take memory), and changes of state are not repeated. Regions may
    lie within regions.

    Examples
    --------
    >>> import autodiff as ad
    >>> x = ad.Tensor(0.5, requires_grad=True)
    >>> y = ad.checkpoint(lambda x: ad.exp(ad.sin(x)), x)
    >>> y.backward()
    >>> x.grad.item() == float(ad.cos(x)) * y.item()
    True
    """
    region = _Region(_innermost())
    try:
        with region:
            return f(*args, **kwargs)
    finally:
        region.close()
