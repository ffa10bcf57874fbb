"""What all figures share: which records they are made of, panels, looks and scales."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import nn
from nn.plot import style

from ... import pictures
from ..experiment import Records
from ..runs import Record

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: What an `Illustration` has: a function of records by setting.
Make = Callable[[Records], "Figure"]


class NothingToDrawError(ValueError):
    """None of the records that a figure is made of is there."""


def of_settings(records: Records, settings: Sequence[str]) -> list[tuple[str, Sequence[Record]]]:
    """Those of the settings, or of all if none is named, that have records; an error if none has."""
    found = [(name, records[name]) for name in settings or records if records.get(name)]
    if not found:
        raise NothingToDrawError(f"no run of {', '.join(settings) or 'this experiment'} is there yet")
    return found


def of_seed(records: Records, settings: Sequence[str], seed: int) -> list[tuple[str, Record]]:
    """Of each such setting the record of a seed, or its first one."""
    return [(name, seeded(found, seed)) for name, found in of_settings(records, settings)]


def seeded(found: Sequence[Record], seed: int) -> Record:
    """The record of a seed, or the first one."""
    return next((record for record in found if record.seed == seed), found[0])


def watched(record: Record) -> nn.Statistics:
    """The layers' statistics of a record."""
    table = nn.Statistics()
    table.load_state_dict(record.evidence["statistics"])
    return table


def panels_of(count: int, columns: int, width: float, height: float, **settings: Any) -> tuple[Figure, list[Axes]]:
    """A figure of so many panels, in rows of `columns` at most, each of so many inches."""
    columns = min(columns, count)
    rows = -(-count // columns)
    picture = pictures.figure(width * columns, height * rows)
    panels: list[Axes] = list(picture.subplots(rows, columns, squeeze=False, **settings).flat)
    for spare in panels[count:]:
        spare.remove()
    return picture, panels[:count]


def looks(count: int) -> list[dict[str, Any]]:
    """Colours and dashes of so many curves."""
    return style.layer_styles(count)


def scale(axes: Axes, log: bool) -> None:
    """A logarithmic scale, if that is wanted."""
    if log:
        axes.set_yscale("log")


def finish(axes: Axes, log: bool, entries: int) -> None:
    """Scale, grid, and the legend beside the data."""
    scale(axes, log)
    axes.grid(True)
    style.legend_beside(axes, entries)
