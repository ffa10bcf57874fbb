"""Nested states as arrays by name and a skeleton for JSON, and back: what a file of tensors can hold.

Nothing is lost: keys keep their type, tuples are not lists, and NaN, which JSON does not know, stays NaN.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from .samples import Array


def encode(value: Any, arrays: dict[str, Array], path: str = "") -> Any:
    """The skeleton of a state; its arrays are added to `arrays` under the paths where they stood.

    Raises
    ------
    TypeError
        If something else than None, bool, int, float, str, arrays, and lists, tuples and dicts of these is found.
    """
    if isinstance(value, np.ndarray | np.generic):
        name = path
        while name in arrays:
            name += "'"
        arrays[name] = np.array(value, order="C")
        return {"array" if isinstance(value, np.ndarray) else "scalar": name}
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"float": str(value)}
    if isinstance(value, Mapping):
        paths = [f"{path}/{key}" if path else str(key) for key in value]
        pairs = zip(paths, value.items())
        return {"dict": [[encode(key, arrays, at), encode(each, arrays, at)] for at, (key, each) in pairs]}
    if isinstance(value, list | tuple):
        kind = "list" if isinstance(value, list) else "tuple"
        return {kind: [encode(each, arrays, f"{path}/{number}") for number, each in enumerate(value)]}
    raise TypeError(
        f"a checkpoint cannot keep {path}, which is {value!r} of type {type(value).__name__}; a state_dict can hold "
        "None, bool, int, float, str, arrays, and lists, tuples and dicts of these."
    )


def decode(skeleton: Any, arrays: Mapping[str, Array]) -> Any:
    """What `encode` was given."""
    if not isinstance(skeleton, dict):
        return skeleton
    ((kind, content),) = skeleton.items()
    match kind:
        case "array":
            return arrays[content]
        case "scalar":
            return arrays[content][()]
        case "float":
            return float(content)
        case "dict":
            return {decode(key, arrays): decode(value, arrays) for key, value in content}
        case _:
            return (list if kind == "list" else tuple)(decode(each, arrays) for each in content)
