"""Observers: what `record` keeps for drawings, and what `detect_anomaly` looks at.

An observer is shown each call of a primitive on Tensors and each message of a walk. It reads the graph and changes
nothing; without one, neither a call nor a walk pays anything.
"""

from __future__ import annotations

import linecache
import os
import sys
import zlib
from collections.abc import Iterator
from contextvars import Token
from itertools import count, islice
from traceback import walk_stack
from typing import Any, NamedTuple

import numpy as np

from . import modes
from .graph import Node
from .primitive import Array, Primitive

OWN_FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "")  # not autodiff_study.py beside it


class Source(NamedTuple):
    """Where a call was made: the innermost line outside of this package.

    `span` is the expression's place: its first and last line, its first column and the one after it, as far as the
    interpreter knows. `depth` is the number of calls that the line is inside of.
    """

    file: str
    line: int
    function: str
    text: str
    span: tuple[int | None, ...] | None = None
    depth: int = 0

    def __str__(self) -> str:
        return f'{self.file}:{self.line}, in {self.function}: "{self.text}"'


class Message(NamedTuple):
    """One message of a walk: from a node to its parent number `argument`, before broadcasting is undone.

    Messages of one walk have the same number in `walk`; later walks have larger ones.
    """

    argument: int
    cotangent: Array
    value: Array
    walk: int = 0


_next_walk = count().__next__


class Trace:
    """What `record` keeps of one call, in `node.trace`.

    `calls` says of the parts of `node.scope`, as far as they were entered under the recording, what `modes.Entry` says.
    """

    __slots__ = ("inputs", "names", "output", "source", "messages", "calls")

    def __init__(
        self, inputs: tuple[Array, ...], names: tuple[str | None, ...], output: Array, source: Source
    ) -> None:  # fmt: skip
        self.inputs = inputs
        self.names = names
        self.output = output
        self.source = source
        self.calls = modes.current.get().calls
        self.messages: list[Message] = []


class Observer:
    """Something that is shown every call and every message while it is active: a context manager."""

    def __init__(self) -> None:
        self._tokens: list[Token[modes.Modes]] = []

    def called(
        self, primitive: Primitive, node: Node | None, operands: tuple[Any, ...], static: dict[str, Any], out: Array
    ) -> None:
        """A primitive was called on Tensors, among other operands; `node` is None where nothing was recorded."""

    def returned(self, tensor: Any) -> Any:
        """What the call that was just shown gives back: the Tensor itself, or one that stands for it."""
        return tensor

    def started(self, output: Any, caller: str) -> None:
        """A walk is about to start from an output."""

    def message(self, node: Node, index: int, cotangent: Any, message: Any) -> None:
        """A rule of a node gave a message for its argument number `index`."""

    def __enter__(self) -> Any:
        now = modes.current.get()
        self._tokens.append(modes.current.set(now.replace("observers", (*now.observers, self))))
        return self

    def __exit__(self, *exception: object) -> None:
        modes.leave(self._tokens)


def source_line() -> Source:
    """The innermost line of the call stack that is neither the engine's nor of a package that calls itself plumbing.

    A package does so by `__autodiff_plumbing__ = True` at its top: of a layer, the line that called it says more.
    """
    for frame, _ in walk_stack(sys._getframe(1)):
        file = frame.f_code.co_filename
        package = sys.modules.get(frame.f_globals.get("__name__", "").partition(".")[0])
        plumbing = getattr(package, "__autodiff_plumbing__", False)
        if not (plumbing or file.startswith(OWN_FOLDER) or file.startswith("<call of primitive")):
            text = linecache.getline(file, frame.f_lineno).strip()
            span = next(islice(frame.f_code.co_positions(), frame.f_lasti // 2, None), None)
            return Source(file, frame.f_lineno, frame.f_code.co_name, text, span, modes.depth_of(frame))
    return Source("<unknown>", 0, "<unknown>", "")


class record(Observer):
    """Keep every input, output, message and source line of what runs inside, for drawings and explanations.

    Attributes
    ----------
    nodes : list of Node
        The nodes made inside, in order; `node.trace` has inputs, output, source and messages.

    Examples
    --------
    >>> import autodiff as ad
    >>> with ad.record() as tape:
    ...     x = ad.Tensor(3.0, requires_grad=True)
    ...     y = x * x
    ...     y.backward()
    >>> [node.primitive.name for node in tape.nodes]
    ['mul']
    >>> [float(message.value) for message in tape.nodes[0].trace.messages]
    [3.0, 3.0]
    """

    def __init__(self) -> None:
        super().__init__()
        self.nodes: list[Node] = []
        self._walk = 0
        self._last = (1, 0)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def called(
        self, primitive: Primitive, node: Node | None, operands: tuple[Any, ...], static: dict[str, Any], out: Array
    ) -> None:
        if node is not None:
            if node.trace is None:  # of nested recordings the outermost has been here
                inputs = tuple(_plain(operand).copy() for operand in operands)
                names = tuple(getattr(operand, "name", None) for operand in operands)
                node.trace = Trace(inputs, names, out.copy(), source_line())
            self.nodes.append(node)

    def message(self, node: Node, index: int, cotangent: Any, message: Any) -> None:
        recording = next(each for each in modes.current.get().observers if isinstance(each, record))
        if node.trace is None or recording is not self:  # nested recordings share the trace: one writes
            return
        place = (-node.order, index)
        if place <= self._last:  # a walk goes from newer nodes to older ones, and never back
            self._walk = _next_walk()
        self._last = place
        node.trace.messages.append(Message(index, _plain(cotangent).copy(), _plain(message).copy(), self._walk))


class AnomalyError(ArithmeticError):
    """A NaN, or an infinity made from finite numbers, and where it was made.

    Examples
    --------
    >>> import numpy as np, autodiff as ad
    >>> with np.errstate(divide="ignore"), ad.detect_anomaly():
    ...     try:
    ...         ad.log(ad.Tensor([1.0, 0.0]))
    ...     except ad.AnomalyError as error:
    ...         print(str(error).splitlines()[0])
    log: the result is -inf at index (1,) (shape (2,), float64).
    """


class detect_anomaly(Observer):
    """Stop at the first NaN, or infinity made from finite numbers, forward or backward, and say where it came from.

    The error names the operation, the line that called it, the shapes and the first bad element. It also catches what
    versions cannot see: writing into the memory of a Tensor that the backward pass needs. Slow; for finding mistakes.

    Raises
    ------
    AnomalyError
        From the operation or the walk inside the context.

    Examples
    --------
    >>> import numpy as np, autodiff as ad
    >>> x = ad.Tensor([1.0, -1.0], requires_grad=True)
    >>> with ad.detect_anomaly(), np.errstate(invalid="ignore"):
    ...     ad.log(x)  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    autodiff.observe.AnomalyError: log: ...
    """

    def __init__(self) -> None:
        super().__init__()
        self._lines: dict[int, Source] = {}
        self._checksums: dict[int, tuple[int, ...]] = {}

    def called(
        self, primitive: Primitive, node: Node | None, operands: tuple[Any, ...], static: dict[str, Any], out: Array
    ) -> None:
        line = source_line()
        arrays = [_plain(operand) for operand in operands]
        bad = _first_bad(out, all(_finite(a) for a in arrays))
        if bad is not None:
            inputs = ", ".join(f"{_shape(a)}{_at(a, bad, out.shape)}" for a in arrays)
            raise AnomalyError(
                f"{primitive.name}: the result is {out[bad]} at index {bad} (shape {out.shape}, {out.dtype}).\n"
                f"  called from {line}\n  with inputs {inputs}"
            )
        if node is not None:
            self._lines[node.order] = line
            self._checksums[node.order] = _checksums(node)

    def started(self, output: Any, caller: str) -> None:
        data = _plain(output)
        bad = _first_bad(data, True)
        if bad is not None:
            made = f"made by {output.node!r}, outside of detect_anomaly" if output.node is not None else "a leaf"
            raise AnomalyError(
                f"{caller}: the output to differentiate is {data[bad]} at index {bad} (shape {data.shape}, "
                f"{data.dtype}); it is {made}. Put the forward pass into detect_anomaly too, to see where it began."
            )

    def message(self, node: Node, index: int, cotangent: Any, message: Any) -> None:
        line = self._lines.get(node.order)
        made = f"the line that made it: {line}" if line else "its forward ran outside of detect_anomaly"
        if line and isinstance(node.kept, tuple) and self._checksums[node.order] != _checksums(node):
            raise AnomalyError(
                f"{node.primitive.name}: an array kept for its backward pass was written to after the call, past its "
                f"Tensor (for example `t.data[0] = ...`).\n  {made}"
            )
        g, data = _plain(cotangent), _plain(message)
        bad = _first_bad(data, _finite(g))
        if bad is not None:
            names = node.primitive.inputs
            argument = names[index] if index < len(names) else f"{names[0]}[{index}]"
            raise AnomalyError(
                f"backward of {node.primitive.name}: the gradient for its argument {argument!r} is {data[bad]} at "
                f"index {bad} (shape {data.shape}, {data.dtype}); the upstream gradient has shape {g.shape}"
                f"{_at(g, bad, data.shape)}.\n  {made}"
            )


def _plain(value: Any) -> Array:
    data = getattr(value, "_data", value)
    return np.asarray(data)


def _finite(value: Any) -> bool:
    array = np.asarray(value)
    return array.dtype.kind not in "fc" or bool(np.isfinite(array).all())


def _first_bad(array: Array, from_finite: bool) -> tuple[int, ...] | None:
    """The index of the first NaN, or of the first infinity if everything that went in was finite."""
    if array.dtype.kind != "f":
        return None
    bad = ~np.isfinite(array) if from_finite else np.isnan(array)
    return tuple(int(i) for i in np.argwhere(bad)[0]) if bad.any() else None


def _shape(value: Any) -> str:
    array = np.asarray(value)
    return f"{array.dtype}{list(array.shape)}"


def _at(value: Any, index: tuple[int, ...], shape: tuple[int, ...]) -> str:
    """The element of an input that stands where the bad one does, if the shapes say which that is."""
    array = np.asarray(value)
    try:
        return f" = {np.broadcast_to(array, shape)[index]} there"
    except ValueError:
        return ""


def _checksums(node: Node) -> tuple[int, ...]:
    kept = node.kept if isinstance(node.kept, tuple) else ()
    return tuple(zlib.crc32(v.tobytes()) for v in kept if isinstance(v, np.ndarray))
