"""Words and digits for what stands in formulas beside operations: numbers, axes, indices, constant arrays."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

#: Constants that rules contain, by their names.
_KNOWN = {
    math.log(2.0): "ln 2", math.log(10.0): "ln 10", math.pi / 180.0: "π/180", 180.0 / math.pi: "180/π",
    2.0 / math.sqrt(math.pi): "2/√π", math.sqrt(2.0 / math.pi): "√(2/π)", math.sqrt(0.5 / math.pi): "1/√(2π)",
    math.sqrt(0.5): "1/√2", math.pi: "π", math.inf: "∞", -math.inf: "−∞",
}  # fmt: skip

#: Names of primitives whose symbols cannot be read as the name of a function.
ARRAY_WORDS = {"norm": "norm", "einsum": "Σ of products", "logabsdet": "ln abs det"}


def number_words(value: float) -> str:
    """A number with up to six digits, or the name of a well-known one.

    Examples
    --------
    >>> import math
    >>> number_words(0.5), number_words(-2.0), number_words(math.log(2.0)), number_words(1e-12)
    ('0.5', '−2', 'ln 2', '1e−12')
    """
    return _KNOWN.get(value) or f"{value:.6g}".replace("-", "−").replace("e−0", "e−").replace("e+", "e")


def setting_words(static: dict[str, Any], along: str) -> str:
    """The words for the settings that say along which axes an operation works.

    Examples
    --------
    >>> setting_words({"axis": 0, "keepdims": True}, "along"), setting_words({"shift": 1, "axis": None}, "along")
    (' along axis 0', ', shift 1')
    """
    words = over_axis(static.get("axis"), along)
    for name in ("subscripts", "axes", "source", "destination", "shift"):
        if static.get(name) is not None:
            words += f", {name} {static[name]}".replace("->", "→").replace("-", "−")
    return words


def over_axis(axis: Any, over: str = "over") -> str:
    """The words for an axis, several, or all.

    Examples
    --------
    >>> over_axis(0), over_axis((0, -1)), over_axis(None)
    (' over axis 0', ' over axes 0, −1', '')
    """
    if axis is None or (isinstance(axis, (tuple, list)) and not axis):
        return ""
    if isinstance(axis, (tuple, list)):
        return f" {over} {'axis' if len(axis) == 1 else 'axes'} {', '.join(number_words(a) for a in axis)}"
    return f" {over} axis {number_words(axis)}"


def key_words(key: Any) -> str:
    """A basic index as it is written in Python.

    Examples
    --------
    >>> key_words((0, slice(1, None), None, Ellipsis))
    '[0, 1:, new, …]'
    """
    return f"[{', '.join(_part(part) for part in (key if isinstance(key, tuple) else (key,)))}]"


def _part(part: Any) -> str:
    if isinstance(part, slice):
        start, stop = ("" if end is None else _part(end) for end in (part.start, part.stop))
        return f"{start}:{stop}" + ("" if part.step in (None, 1) else f":{number_words(part.step)}")
    if isinstance(part, str):
        return part
    return "new" if part is None else "…" if part is Ellipsis else number_words(part)


def constant_words(value: Any) -> str:
    """Words for a constant array: what it is, if that is plain to see.

    Examples
    --------
    >>> import numpy as np
    >>> constant_words(np.eye(3)), constant_words(np.arange(4)), constant_words(np.tri(3))
    ('I', '0…3', 'tri')
    """
    if isinstance(value, str):
        return value
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        return "a constant"
    square = array.ndim == 2 and array.shape[0] == array.shape[1]
    if array.size and (array == array.flat[0]).all():
        return number_words(float(array.flat[0]))
    if array.ndim == 1 and np.array_equal(array, np.arange(array.size)):
        return f"0…{array.size - 1}"
    if square and np.array_equal(array, np.eye(len(array))):
        return "I"
    if square and np.array_equal(array, np.tri(len(array))):
        return "tri"
    return "a constant"
