"""The parts of a picture: boxes for tensors, circles for operations, arrows between them.

Plain data between those who read a graph (`extract`) and those who write it down (`dot`); neither knows the other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from ..primitive import Array

Role = Literal["parameter", "input", "constant", "intermediate", "output"]
Scope = tuple[str, ...]


@dataclass
class Box:
    """A tensor. `value` is None where the graph did not keep it, `shape` where not even that is known.

    `kept` counts the bytes that operations hold of it for the backward pass, unless another part has them already;
    `held` says that they hold it. `stored` says that `grad` is what the
    Tensor's `.grad` holds, from whatever walks, not the drawn output's gradient.
    """

    id: str
    role: Role
    name: str | None = None
    shape: tuple[int, ...] | None = None
    dtype: np.dtype[Any] | None = None
    value: Array | None = None
    grad: Array | None = None
    scope: Scope = ()
    changed: bool = False
    stored: bool = False
    kept: int = 0
    held: bool = False

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape or ())


@dataclass
class Circle:
    """An operation: its symbol, the settings that are not its defaults, and where it was called, if recorded.

    `keeps` has the bytes of what it holds for the backward pass beside its operands and its result, by name.
    """

    id: str
    name: str
    symbol: str
    settings: tuple[tuple[str, Any], ...]
    scope: Scope
    source: str | None = None
    keeps: tuple[tuple[str, int], ...] = ()

    @property
    def kept(self) -> int:
        """The bytes of all that it holds itself."""
        return sum(size for _, size in self.keeps)


@dataclass
class Arrow:
    """From one id to another; `label` is the argument's name where the order of the arguments matters."""

    tail: str
    head: str
    label: str | None = None


@dataclass
class Junction:
    """Where several messages meet and are added up, with the sum written out if it is short."""

    id: str
    terms: str
    scope: Scope


@dataclass
class Block:
    """A module, or several equal ones in a row, whose inside is not drawn."""

    id: str
    name: str
    kind: str | None
    scope: Scope
    operations: int = 0
    parameters: int = 0
    times: int = 1
    kept: int = 0
    inputs: list[tuple[int, ...]] = field(default_factory=list)
    outputs: list[tuple[int, ...]] = field(default_factory=list)


Part = Box | Circle | Junction | Block


@dataclass
class Flow:
    """A gradient on its way back, from `head` to `tail`: named as the forward arrow beside it.

    `value` is the message; `local` the formula of its rule and `undone` the axes summed over, where there are any.
    `said` replaces the label that is made of these.
    """

    tail: str
    head: str
    value: Array
    local: str | None = None
    undone: str | None = None
    said: str | None = None


@dataclass
class Picture:
    """Everything that is drawn, in the order in which the program can have computed it.

    `kinds` has the classes of the modules, by their scopes, as far as they are known; `modules` the names alone of the
    scopes that also say which call of the module they are.
    """

    parts: list[Part] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)
    kinds: dict[Scope, str] = field(default_factory=dict)
    modules: dict[Scope, Scope] = field(default_factory=dict)

    def every_call(self, kinds: Mapping[Scope, str]) -> dict[Scope, str]:
        """The classes of modules, for each of their calls too."""
        return {**kinds, **{scope: kinds[path] for scope, path in self.modules.items() if path in kinds}}

    @property
    def boxes(self) -> list[Box]:
        """The tensors."""
        return [part for part in self.parts if isinstance(part, Box)]

    @property
    def circles(self) -> list[Circle]:
        """The operations."""
        return [part for part in self.parts if isinstance(part, Circle)]

    @property
    def blocks(self) -> list[Block]:
        """The modules whose inside is not drawn."""
        return [part for part in self.parts if isinstance(part, Block)]
