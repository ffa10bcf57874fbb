"""Our numbers beside the report's and an independent re-run's, and the verdict on each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Cause = Literal["the report's slip", "a detail that the report leaves out", "ours"]


@dataclass(frozen=True)
class Within:
    """Between two bounds, both included: every seed's number, or a share of them."""

    least: float
    most: float
    share: float = 1.0

    def holds(self, values: Sequence[float]) -> bool:
        """Whether enough of the numbers lie between the bounds; NaN never does."""
        inside = [self.least <= value <= self.most for value in values]
        return bool(inside) and sum(inside) >= self.share * len(inside) - 1e-9


@dataclass(frozen=True)
class Difference:
    """Why our number is another one, and the run that shows it: the identifier of an experiment and its setting."""

    cause: Cause
    reason: str
    shown_by: tuple[str, str]


@dataclass(frozen=True)
class Row:
    """One number of a report: where ours stands, what the report and the re-run say, and what counts as agreement.

    `unit` is "percent" for shares of 1, else "". Without `agrees` there is no bound, and the row is `open`.
    """

    setting: str
    metric: str
    label: str
    report: str = "–"
    rerun: str = "–"
    agrees: Within | None = None
    difference: Difference | None = None
    unit: Literal["percent", ""] = "percent"
    digits: int = 2


Verdict = Literal["agrees", "differs", "no bound", "shortened", "not run"]


@dataclass(frozen=True)
class Compared:
    """A row with our numbers, one per seed; `shortened` if they come from a quick run of another configuration."""

    row: Row
    values: tuple[float, ...]
    shortened: bool = False

    @property
    def verdict(self) -> Verdict:
        """Whether our numbers lie where the row wants them."""
        if not self.values:
            return "not run"
        if self.shortened:
            return "shortened"
        if self.row.agrees is None:
            return "differs" if self.row.difference is not None else "no bound"
        return "agrees" if self.row.agrees.holds(self.values) else "differs"

    @property
    def ours(self) -> str:
        """Mean and deviation over the seeds, as tables show them.

        >>> Compared(Row("a", "test accuracy", "A"), (0.98, 0.99)).ours
        '98.50 ± 0.71 %'
        """
        scale, unit = (100, " %") if self.row.unit == "percent" else (1, "")
        values = scale * np.asarray(self.values)
        if not len(values):
            return "not run yet"
        mean = f"{values.mean():.{self.row.digits}f}"
        return f"{mean} ± {values.std(ddof=1):.{self.row.digits}f}{unit}" if len(values) > 1 else f"{mean}{unit}"
