"""What happened while a model learned: a small table with a row per epoch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt


class History:
    """A table of numbers: one row per epoch, one column per loss or metric.

    Attributes
    ----------
    rows : list of dict
        The numbers of each epoch by column.

    Examples
    --------
    >>> import nn
    >>> history = nn.History()
    >>> history.append({"loss": 0.7, "accuracy": 0.5})
    >>> history.append({"loss": 0.3, "accuracy": 0.9})
    >>> history["accuracy"], history.epochs
    (array([0.5, 0.9]), array([1, 2]))
    >>> history
    epoch    loss  accuracy
        1     0.7       0.5
        2     0.3       0.9
    """

    def __init__(self) -> None:
        self.rows: list[dict[str, float]] = []

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, in the order in which they first came."""
        return tuple(dict.fromkeys(name for row in self.rows for name in row))

    @property
    def epochs(self) -> npt.NDArray[Any]:
        """The numbers of the epochs, from 1."""
        return np.arange(1, len(self.rows) + 1)

    def append(self, row: Mapping[str, float]) -> None:
        """Add the numbers of one epoch."""
        self.rows.append({name: float(number) for name, number in row.items()})

    def __getitem__(self, column: str) -> npt.NDArray[Any]:
        if column not in self.columns:
            raise KeyError(f"the history has no column {column!r}; it has {', '.join(self.columns) or 'none'}.")
        return np.array([row.get(column, np.nan) for row in self.rows])

    def __contains__(self, column: str) -> bool:
        return column in self.columns

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        if not self.rows:
            return "History of no epochs"
        heads = ["epoch", *self.columns]
        cells = [[str(n), *(f"{row.get(c, np.nan):.4g}" for c in self.columns)] for n, row in enumerate(self.rows, 1)]
        shown = cells if len(cells) <= 12 else [*cells[:5], ["⋮"] * len(heads), *cells[-5:]]
        widths = [max(map(len, column)) for column in zip(heads, *shown)]
        return "\n".join("  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths)) for row in [heads, *shown])
