"""Shapes, dtypes, settings and values as short texts.

Small arrays are written in full, larger ones by their minimum, mean and maximum; nothing here knows of DOT.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import numpy as np

from ..primitive import Array

#: Arrays with more elements are summarised.
FULL = 6


def shape_text(shape: tuple[int, ...], dtype: np.dtype[Any]) -> str:
    """For example `(8, 4) float32`.

    >>> shape_text((), np.dtype("f8"))
    'scalar float64'
    """
    return f"{shape if shape else 'scalar'} {dtype}"


def number(value: Any, digits: int = 3) -> str:
    """One element, to so many digits; integers and what is below 10,000 with all that they have before the point.

    >>> number(np.float32(1 / 3)), number(2345.6), number(np.int64(-12345)), number(np.inf)
    ('0.333', '2346', '-12345', 'inf')
    """
    if np.asarray(value).dtype.kind != "f":
        return str(value)
    return f"{value:.{4 if 1000 <= abs(value) < 9999.5 else digits}g}"


def in_full(array: Array) -> list[str] | None:
    """The lines of a small array: a matrix of up to three rows as such, anything else as one list of its elements.

    None if it is too large, or holds nothing to show.

    >>> in_full(np.array([[1.0, 2.0], [3.0, 4.5]])), in_full(np.ones((1, 2, 1)))
    (['[[1, 2],', ' [3, 4.5]]'], ['[1, 1]'])
    """
    if not 0 < array.size <= FULL:
        return None
    if array.ndim == 0:
        return [number(array[()], digits=4)]
    matrix = array.ndim == 2 and len(array) <= 3
    rows = ["[" + ", ".join(number(v) for v in row) + "]" for row in (array if matrix else array.reshape(1, -1))]
    if not matrix:
        return rows
    opened = [("[" if i == 0 else " ") + row for i, row in enumerate(rows)]
    return [line + "," for line in opened[:-1]] + [opened[-1] + "]"]


def summary(array: Array) -> tuple[str, str, str] | None:
    """Minimum, mean and maximum of the finite elements, or None where there are none.

    >>> summary(np.arange(9.0))
    ('0', '4', '8')
    """
    finite = array[np.isfinite(array)]
    if finite.size == 0:
        return None
    with np.errstate(all="ignore"):
        mean = finite.mean(dtype=np.longdouble)
        return number(finite.min()), number(np.longdouble(mean)), number(finite.max())


def strip(array: Array, cells: int = 12) -> list[float]:
    """The elements in their order, averaged in so many groups, from 0 for the lowest to 1 for the highest group.

    Empty where they are all alike, or not all finite numbers.

    >>> strip(np.arange(8.0), cells=4), strip(np.ones(9))
    ([0.0, 0.33, 0.67, 1.0], [])
    """
    if array.size == 0 or array.dtype.kind not in "fiub" or not np.isfinite(array).all():
        return []
    ends = np.linspace(0, array.size, min(cells, array.size) + 1).astype(int)
    flat = array.ravel()
    with np.errstate(all="ignore"):
        means = np.array([flat[start:end].mean(dtype=np.float64) for start, end in pairwise(ends)])
        span = means.max() - means.min()
        levels = (means - means.min()) / span
    return [round(float(level), 2) for level in levels] if 0 < span < np.inf else []


def not_finite(array: Array) -> str | None:
    """How many elements are NaN or infinite, if any.

    >>> not_finite(np.array([1.0, np.nan, -np.inf, np.inf]))
    '1 NaN, 2 inf'
    """
    if array.dtype.kind != "f":
        return None
    counts = {"NaN": int(np.isnan(array).sum()), "inf": int(np.isinf(array).sum())}
    return ", ".join(f"{count} {what}" for what, count in counts.items() if count) or None


#: What a setting says when it says nothing, and settings that the result's shape says already (None).
_SILENT = {"stride": "1", "dilation": "1", "groups": "1", "padding": "0", "shape": None, "template": None}


def settings(given: Iterable[tuple[str, Any]]) -> list[str]:
    """The settings of an operation that are worth their room in its circle, shortened.

    >>> settings([("axis", (0, 1)), ("key", (slice(None, 2), Ellipsis)), ("dtype", np.dtype("f4"))])
    ['axis=(0, 1)', 'key=(:2, ...)', 'dtype=float32']
    >>> settings([("stride", (1, 1)), ("padding", ((2, 2), (2, 2))), ("shape", (3, 4))])
    ['padding=2']
    """
    told = [(name, _plain(_alike(value) if name in _SILENT or name == "kernel" else value)) for name, value in given]
    texts = [f"{name}={text}" for name, text in told if name not in _SILENT or _SILENT[name] not in (None, text)]
    return [text if len(text) <= 18 else text[:17] + "…" for text in texts]


def _alike(value: Any) -> Any:
    """(2, 2) and ((2, 2), (2, 2)) as 2."""
    while isinstance(value, tuple) and value and all(each == value[0] for each in value):
        value = value[0]
    return value


def _plain(value: Any) -> str:
    if isinstance(value, slice):
        ends = ["" if end is None else str(end) for end in (value.start, value.stop)]
        return ":".join(ends + ([] if value.step is None else [str(value.step)]))
    if isinstance(value, tuple):
        return f"({', '.join(map(_plain, value))}{',' if len(value) == 1 else ''})"
    if value is Ellipsis:
        return "..."
    return str(value)
