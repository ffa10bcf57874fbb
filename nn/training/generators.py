"""The generators that a training draws from: found where they are held, saved once each, and put back in place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from types import FunctionType, MethodType
from typing import Any

import numpy as np

from ..random import generator


class Generators:
    """Generators by the names of their holders; one that several hold stays one.

    Parameters
    ----------
    holders : mapping of str to numpy.random.Generator
    """

    def __init__(self, holders: Mapping[str, np.random.Generator]) -> None:
        self.holders = dict(holders)

    @classmethod
    def of(cls, rng: np.random.Generator, owners: Mapping[str, Any]) -> Generators:
        """That of `fit`, the default one, and those that the owners hold."""
        holders = {"rng": rng, "default": generator(None)}
        for name, owner in owners.items():
            for attribute, value in held_by(owner).items():
                holders |= dict(found(value, f"{name}.{attribute}"))
        return cls(holders)

    def sharing(self) -> dict[str, int]:
        """For each holder, the number of its generator: equal numbers, one generator."""
        numbers: dict[int, int] = {}
        return {name: numbers.setdefault(id(held), len(numbers)) for name, held in self.holders.items()}

    def distinct(self) -> list[np.random.Generator]:
        """Each generator once, in the order of its number."""
        return list({id(held): held for held in self.holders.values()}.values())

    def state_dict(self) -> dict[str, Any]:
        """Who holds which, and the state of each."""
        return {"holders": self.sharing(), "states": [held.bit_generator.state for held in self.distinct()]}

    def check(self, state: Mapping[str, Any]) -> None:
        """Refuse the state of generators that are held by others, shared otherwise, or of another kind."""
        if state["holders"] != self.sharing():
            raise ValueError(
                "the generators are held otherwise than in the checkpoint, where equal numbers are one generator: "
                f"{self.sharing()}, and there {state['holders']}. Make model, callbacks and rng as they were made then."
            )
        kinds = [type(held.bit_generator).__name__ for held in self.distinct()]
        saved = [each["bit_generator"] for each in state["states"]]
        if kinds != saved:
            raise ValueError(f"the generators are of the kinds {kinds}, and those of the checkpoint {saved}.")

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Put every generator where it was."""
        self.check(state)
        for held, saved in zip(self.distinct(), state["states"]):
            held.bit_generator.state = saved


def held_by(owner: Any) -> dict[str, Any]:
    """What an object keeps by name: its attributes; those of a method's object; what a function was made with."""
    if isinstance(owner, MethodType):
        owner = owner.__self__
    if isinstance(owner, partial):
        return {"func": owner.func, "args": owner.args, **owner.keywords}
    if isinstance(owner, FunctionType) and owner.__closure__:
        kept = {}
        for name, cell in zip(owner.__code__.co_freevars, owner.__closure__):
            with suppress(ValueError):  # a variable that has no value yet
                kept[name] = cell.cell_contents
        return kept
    attributes: dict[str, Any] = getattr(owner, "__dict__", {})
    return attributes


def found(value: Any, name: str) -> Iterator[tuple[str, np.random.Generator]]:
    """A generator, or those in a list, tuple or dict, by name."""
    if isinstance(value, np.random.Generator):
        yield name, value
    elif isinstance(value, list | tuple | dict):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, each in items:
            if isinstance(each, np.random.Generator | list | tuple | dict):
                yield from found(each, f"{name}.{key}")
