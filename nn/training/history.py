"""What happened while a model learned: a small table with a row per epoch, the losses of steps, and files of both."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Path = str | os.PathLike[str]
FORMAT = "chalkgrad history"


class History:
    """A table of numbers: one row per epoch, one column per loss or metric.

    Attributes
    ----------
    rows : list of dict
        The numbers of each epoch by column.
    seconds : list of float
        How long each epoch took, its validation included. It is no column: the rows of two runs that learned the same
        are the same.
    stopped : str or None
        Why the training ended before its last epoch, if it did.
    statistics : Statistics or None
        Those of the layers, if `fit` was asked for them. No file of the history holds them; they have their own.

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
        self.seconds: list[float] = []
        self.stopped: str | None = None
        self.statistics: Any = None
        self._step_losses: list[float] = []

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, in the order in which they first came."""
        return tuple(dict.fromkeys(name for row in self.rows for name in row))

    @property
    def epochs(self) -> npt.NDArray[Any]:
        """The numbers of the epochs, from 1."""
        return np.arange(1, len(self.rows) + 1)

    @property
    def step_losses(self) -> npt.NDArray[Any]:
        """What the loss gave at every step, before the weights followed it; also of an epoch that was cut short."""
        return np.array(self._step_losses)

    def append(self, row: Mapping[str, float], seconds: float = math.nan) -> None:
        """Add the numbers of one epoch, and how long it took."""
        self.rows.append({name: float(number) for name, number in row.items()})
        self.seconds.append(float(seconds))

    def add_step(self, loss: float) -> None:
        """Add the loss of one step."""
        self._step_losses.append(loss)

    def __getitem__(self, column: str) -> npt.NDArray[Any]:
        if column not in self.columns:
            raise KeyError(f"the history has no column {column!r}; it has {', '.join(self.columns) or 'none'}.")
        return np.array([row.get(column, np.nan) for row in self.rows])

    def __contains__(self, column: str) -> bool:
        return column in self.columns

    def __len__(self) -> int:
        return len(self.rows)

    # Showing.

    def _cells(self) -> list[list[str]]:
        """The table as text, its head first; of many rows the first and the last ones."""
        heads = ["epoch", *self.columns]
        cells = [[str(n), *(f"{row.get(c, np.nan):.4g}" for c in self.columns)] for n, row in enumerate(self.rows, 1)]
        return [heads, *(cells if len(cells) <= 12 else [*cells[:5], ["⋮"] * len(heads), *cells[-5:]])]

    def __repr__(self) -> str:
        if not self.rows:
            return "History of no epochs"
        cells = self._cells()
        widths = [max(map(len, column)) for column in zip(*cells)]
        return "\n".join("  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths)) for row in cells)

    def _repr_html_(self) -> str:
        """The same table, for notebooks."""
        from html import escape

        head, *rows = ([escape(cell) for cell in row] for row in self._cells())
        lines = ["<tr>" + "".join(f"<th>{cell}</th>" for cell in head) + "</tr>"]
        lines += ["<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows]
        return "<table>\n" + "\n".join(lines) + "\n</table>"

    def plot(self, ax: Any = None, column: str = "loss") -> Any:
        """Draw a column over the epochs, and that of the validation beside it (matplotlib, extra `plot`).

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; by default on a new figure.
        column : str
            A loss or metric, as for `nn.plot.curves`.

        Returns
        -------
        Axes

        Examples
        --------
        >>> import nn
        >>> from matplotlib.figure import Figure
        >>> history = nn.History()
        >>> history.append({"loss": 0.7, "validation_loss": 0.8})
        >>> history.plot(Figure().subplots()).get_ylabel()
        'loss'
        """
        from .. import plot

        return plot.curves(self, column, ax)

    # Saving and restoring.

    def state_dict(self) -> dict[str, Any]:
        """All of it as plain lists and arrays: what a checkpoint keeps, and `to_json` writes."""
        present = {name: [name in row for row in self.rows] for name in self.columns}
        return {
            "columns": {name: self[name] for name in self.columns},
            "absent": {name: [n for n, there in enumerate(flags) if not there] for name, flags in present.items()},
            "seconds": np.array(self.seconds),
            "step_losses": self.step_losses,
            "stopped": self.stopped,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave, in place of what is here."""
        columns = {name: list(map(float, values)) for name, values in state["columns"].items()}
        absent = {name: set(numbers) for name, numbers in state["absent"].items()}
        seconds = list(map(float, state["seconds"]))
        if any(len(values) != len(seconds) for values in columns.values()):
            lengths = {name: len(values) for name, values in columns.items()}
            raise ValueError(f"History: the columns have {lengths} rows, needed are {len(seconds)} in each.")
        self.rows = [
            {name: values[n] for name, values in columns.items() if n not in absent[name]} for n in range(len(seconds))
        ]
        self.seconds, self.stopped = seconds, state["stopped"]
        self._step_losses = list(map(float, state["step_losses"]))

    def to_json(self, path: Path) -> None:
        """Write everything but the statistics to a JSON file, replaced as a whole; `from_json` gives it back exactly.

        Numbers that are not finite, which JSON does not know, stand as text: "nan", "inf", "-inf".

        Examples
        --------
        >>> import nn, tempfile
        >>> history = nn.History()
        >>> history.append({"loss": 0.1})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     history.to_json(f"{folder}/history.json")
        ...     nn.History.from_json(f"{folder}/history.json")["loss"]
        array([0.1])
        """
        import json

        state = self.state_dict()
        state["columns"] = {name: _spelled(values) for name, values in state["columns"].items()}
        state |= {name: _spelled(state[name]) for name in ("seconds", "step_losses")}
        _write(path, json.dumps({"format": FORMAT, "version": 1, **state}, indent=1, allow_nan=False) + "\n")

    @classmethod
    def from_json(cls, path: Path) -> History:
        """Read what `to_json` wrote.

        Raises
        ------
        ValueError
            If the file is something else, or of a version that this one does not know.
        """
        import json

        with open(path, encoding="utf-8") as file:
            try:
                state = json.load(file)
            except ValueError as error:
                raise ValueError(f"History.from_json: {os.fspath(path)} is no JSON: {error}") from error
        form, version = (state.get("format"), state.get("version")) if isinstance(state, dict) else (None, None)
        if (form, version) != (FORMAT, 1):
            raise ValueError(
                f"History.from_json: {os.fspath(path)} has the format {form!r}, version {version!r}; needed is "
                f"{FORMAT!r}, version 1, as to_json writes it."
            )
        history = cls()
        history.load_state_dict(state)
        return history

    def to_csv(self, path: Path) -> None:
        """Write the table to a CSV file, replaced as a whole, with every digit; `from_csv` gives it back exactly.

        The table only: reasons, seconds and the losses of steps are in the JSON. An empty cell is a number that an
        epoch does not have; nan is one that it has.

        Examples
        --------
        >>> import nn, pathlib, tempfile
        >>> history = nn.History()
        >>> history.append({"loss": 0.1, "accuracy": 1.0})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     history.to_csv(f"{folder}/history.csv")
        ...     pathlib.Path(folder, "history.csv").read_text()
        'epoch,loss,accuracy\\n1,0.1,1.0\\n'
        """
        import csv
        from io import StringIO

        text = StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(["epoch", *self.columns])
        for number, row in enumerate(self.rows, 1):
            table.writerow([number, *(repr(row[name]) if name in row else "" for name in self.columns)])
        _write(path, text.getvalue())

    @classmethod
    def from_csv(cls, path: Path) -> History:
        """Read what `to_csv` wrote.

        Raises
        ------
        ValueError
            If the file is no such table.
        """
        import csv

        with open(path, encoding="utf-8", newline="") as file:
            head, *rows = list(csv.reader(file)) or [[]]
        history = cls()
        try:
            if head[:1] != ["epoch"] or len(set(head)) != len(head):
                raise ValueError(f"the first line is {','.join(head)!r}, needed is 'epoch' and different columns")
            for number, row in enumerate(rows, 1):
                if len(row) != len(head) or row[0] != str(number):
                    raise ValueError(f"the line of epoch {number} is {','.join(row)!r}")
                history.append({name: float(cell) for name, cell in zip(head[1:], row[1:]) if cell})
        except ValueError as error:
            raise ValueError(f"History.from_csv: {os.fspath(path)} is no table that to_csv wrote: {error}.") from error
        return history


def _spelled(numbers: npt.NDArray[Any]) -> list[float | str]:
    return [number if math.isfinite(number) else str(number) for number in numbers.tolist()]


def _write(path: Path, text: str) -> None:
    from ..serialize.atomic import write_atomically

    write_atomically(path, [text.encode()], "History")
