"""What the page tells, as plain data: quantities, operations and steps, ready for JSON.

`recording` fills these in from a run of the engine, `replay` and `naive` add to them, `page` writes them down. A
quantity is anything with a value: a leaf, a constant, or the one result of an operation.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ...primitive import Array

if TYPE_CHECKING:
    from .live import Live

#: Arrays with more elements are shown by a corner of so many rows and columns.
FULL = 64
ROWS, COLUMNS = 8, 8

Role = Literal["parameter", "input", "constant", "result", "loss"]


@dataclass
class Shown:
    """An array, or what the page shows of it: rows of numbers, and a note where these are not all."""

    shape: list[int]
    dtype: str
    rows: list[list[float | str]]
    note: str = ""


@dataclass
class Quantity:
    """A leaf, a constant, or the result of an operation."""

    id: int
    name: str
    role: Role
    value: Shown
    operation: int | None = None
    gradient: Shown | None = None
    #: The finite differences beside the gradient, and what to say about them.
    difference: list[list[float | str]] | None = None
    difference_note: str = ""
    #: How many messages the backward pass sends here.
    expects: int = 0


@dataclass
class Operand:
    """One argument of an operation: which quantity, and the rule that sends a gradient back to it, if there is one."""

    argument: str
    quantity: int
    rule: str = ""
    mathml: str = ""
    #: The rule with the names of this program's quantities, and, where all of them are single numbers, with these.
    named: str = ""
    numbers: str = ""
    #: The message with an upstream gradient of ones.
    local: Shown | None = None
    jacobian: list[list[float | str]] | None = None


@dataclass
class Operation:
    """One call of a primitive."""

    id: int
    primitive: str
    symbol: str
    settings: str
    operands: list[Operand]
    result: int
    line: int
    scope: str


@dataclass
class Line:
    """A line of the user's program."""

    file: str
    number: int
    text: str


@dataclass
class Step:
    """One moment: an operation runs, the seed is set, a message arrives, or the optimizer changes a parameter."""

    kind: Literal["forward", "seed", "message", "update"]
    quantity: int
    operation: int | None = None
    argument: int | None = None
    upstream: Shown | None = None
    message: Shown | None = None
    #: The message after broadcasting is undone, and over which axes that was; None where nothing had to be undone.
    summed: Shown | None = None
    axes: str = ""
    before: Shown | None = None
    total: Shown | None = None
    #: What else happened to the total, such as a hook that changed it.
    note: str = ""


@dataclass
class Story:
    """Everything that one page tells."""

    title: str
    quantities: list[Quantity] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    naive: list[Step] = field(default_factory=list)
    naive_note: str = ""
    #: The classes of modules, by their scopes, as far as they are known.
    kinds: dict[str, str] = field(default_factory=dict)
    #: How the page computes all of it again, where it can.
    live: Live | None = None

    def plain(self) -> dict[str, Any]:
        """Dicts, lists, texts and numbers alone."""
        return asdict(self)


def places(array: Array) -> Array:
    """The flat indices of the elements that are shown, in rows and columns.

    >>> places(np.zeros((2, 3))).tolist(), places(np.zeros((100, 784))).shape
    ([[0, 1, 2], [3, 4, 5]], (8, 8))
    """
    columns = array.shape[-1] if array.ndim else 1
    indices = np.arange(array.size).reshape(-1, columns) if array.size else np.empty((0, 0), np.intp)
    return indices if array.size <= FULL else indices[:ROWS, :COLUMNS]


def rows_of(values: Any) -> list[list[float | str]]:
    """Numbers for JSON, which has no NaN and no infinities: these are texts."""
    return [[_plain(value) for value in row] for row in values]


def shown(array: Any) -> Shown:
    """What the page shows of an array.

    >>> shown(np.float32([0.1, np.nan]))
    Shown(shape=[2], dtype='float32', rows=[[0.1, 'NaN']], note='')
    >>> shown(np.zeros((9, 9))).note
    'the first 8 × 8 of 9 × 9'
    """
    array = np.asarray(array)
    found = places(array)
    note = ""
    if found.size < array.size:
        size = " × ".join(map(str, array.shape))
        note = f"the first {' × '.join(map(str, found.shape[array.ndim < 2 :]))} of {size}"
    return Shown(list(array.shape), str(array.dtype), rows_of(array.reshape(-1)[found]), note)


def _plain(value: Any) -> float | str:
    if np.asarray(value).dtype.kind != "f":
        return int(value)
    if not np.isfinite(value):
        return "NaN" if np.isnan(value) else "∞" if value > 0 else "−∞"
    return float(str(value))  # the shortest text that means this number in its own dtype
