"""Shapes, dtypes, settings and values as short texts.

Small arrays are written in full, larger ones by their minimum, mean and maximum; nothing here knows of DOT.
"""

from __future__ import annotations

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


def number(value: Any) -> str:
    """One element, to four digits.

    >>> number(np.float32(1 / 3)), number(np.int64(-12345)), number(np.inf)
    ('0.3333', '-12345', 'inf')
    """
    return f"{value:.4g}" if np.asarray(value).dtype.kind == "f" else str(value)


def in_full(array: Array) -> list[str] | None:
    """The lines of a small array, one per row of its last axis; None if it is too large, or holds nothing to show.

    >>> in_full(np.array([[1.0, 2.0], [3.0, 4.5]]))
    ['[[1, 2],', ' [3, 4.5]]']
    """
    if not 0 < array.size <= FULL:
        return None
    if array.ndim == 0:
        return [number(array[()])]
    rows = array.reshape(-1, array.shape[-1])
    outer = array.ndim - 1
    lines = [" " * outer + "[" + ", ".join(number(v) for v in row) + "]" for row in rows]
    lines[0] = "[" * outer + lines[0].lstrip()
    lines[-1] += "]" * outer
    return [line + "," for line in lines[:-1]] + lines[-1:]


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


def not_finite(array: Array) -> str | None:
    """How many elements are NaN or infinite, if any.

    >>> not_finite(np.array([1.0, np.nan, -np.inf, np.inf]))
    '1 NaN, 2 inf'
    """
    if array.dtype.kind != "f":
        return None
    counts = {"NaN": int(np.isnan(array).sum()), "inf": int(np.isinf(array).sum())}
    return ", ".join(f"{count} {what}" for what, count in counts.items() if count) or None


def setting(name: str, value: Any) -> str:
    """A static setting of an operation, shortened.

    >>> setting("axis", (0, 1)), setting("key", (slice(None, 2), Ellipsis)), setting("dtype", np.dtype("f4"))
    ('axis=(0, 1)', 'key=(:2, ...)', 'dtype=float32')
    """
    text = f"{name}={_plain(value)}"
    return text if len(text) <= 24 else text[:23] + "…"


def _plain(value: Any) -> str:
    if isinstance(value, slice):
        ends = ["" if end is None else str(end) for end in (value.start, value.stop)]
        return ":".join(ends + ([] if value.step is None else [str(value.step)]))
    if isinstance(value, tuple):
        return f"({', '.join(map(_plain, value))}{',' if len(value) == 1 else ''})"
    if value is Ellipsis:
        return "..."
    return str(value)
