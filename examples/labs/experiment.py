"""What an experiment is: a question, the runs that answer it, and the report's numbers beside ours.

Each file in `experiments/` makes one, under the name `EXPERIMENT`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING

from .comparison import Compared, Row
from .configuration import Job
from .runs import Record, Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Records by setting, one per seed.
Records = Mapping[str, Sequence[Record]]


@dataclass(frozen=True)
class Illustration:
    """A picture: its name as a file, the words below it, and how it is made of the records."""

    name: str
    caption: str
    make: Callable[[Records], Figure]


@dataclass(frozen=True)
class Experiment:
    """One experiment of a report.

    Attributes
    ----------
    identifier : str
        Its name on the command line, such as "tnm112-1.1".
    report : str
        Whose it is, as its reader would look for it: "TNM112 (reports 000 and 001), task 1.1".
    title, question : str
        What it is about, in a line; what it asks, in a sentence.
    settings : dict of str to Job
        What is run, by the names that tables use.
    rows : tuple of Row
        The report's numbers.
    seconds : float
        About how long one seed of all settings takes on one core.
    seeds : int
        How many a full run has.
    quick : dict of str to Job
        What `--quick` runs instead; nothing, if it is empty.
    illustrations : tuple of Illustration
    notes : tuple of str
        Paragraphs: where the report contradicts itself, what was chosen where it is silent, what one learns.
    needs : tuple of str
        Identifiers of the experiments whose records the illustrations use too, as "identifier: setting".
    findings : callable, optional
        The answer: sentences whose numbers are computed from the records.
    """

    identifier: str
    report: str
    title: str
    question: str
    settings: Mapping[str, Job]
    rows: tuple[Row, ...] = ()
    seconds: float = 1.0
    seeds: int = 5
    quick: Mapping[str, Job] = field(default_factory=dict)
    illustrations: tuple[Illustration, ...] = ()
    notes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    findings: Callable[[Records], Sequence[str]] | None = None

    def runs(self, seeds: int | None = None, quick: bool = False) -> list[Run]:
        """The runs of this experiment, seed by seed."""
        settings = self.quick if quick else self.settings
        count = 1 if quick else self.seeds if seeds is None else seeds
        return [Run(self.identifier, name, seed, job) for seed in range(count) for name, job in settings.items()]

    def found(self, records: Records) -> tuple[str, ...]:
        """What the findings say; nothing as long as a setting has not been run."""
        if self.findings is None or not all(records.get(name) for name in self.settings):
            return ()
        return tuple(self.findings(records))

    def compared(self, records: Records, quick: bool = False) -> list[Compared]:
        """The report's numbers beside ours; with `quick`, those of which quick runs say something.

        Raises
        ------
        KeyError
            If a run has no such number as a row asks for.
        """
        jobs = self.quick if quick else self.settings
        compared = []
        for row in self.rows:
            if row.setting not in jobs:
                continue
            shortened = jobs[row.setting] != self.settings[row.setting]
            runs = records.get(row.setting, ())
            if shortened and any(row.metric not in record.metrics for record in runs):
                continue  # it ended before there was such a number
            compared.append(Compared(row, tuple(self._number(row, record) for record in runs), shortened))
        return compared

    def _number(self, row: Row, record: Record) -> float:
        if row.metric not in record.metrics:
            raise KeyError(
                f"labs: {self.identifier} compares the {row.metric!r} of {row.setting!r}, whose runs have "
                f"{', '.join(record.metrics)}."
            )
        return record.metrics[row.metric]


@cache
def experiments() -> dict[str, Experiment]:
    """All experiments by identifier, in the order of the reports."""
    from . import experiments as package

    found = [
        importlib.import_module(f"{package.__name__}.{each.name}") for each in pkgutil.iter_modules(package.__path__)
    ]
    made = {module.EXPERIMENT.identifier: module.EXPERIMENT for module in found if hasattr(module, "EXPERIMENT")}
    return {name: made[name] for name in ORDER if name in made}


def chosen(names: Sequence[str]) -> list[Experiment]:
    """The experiments whose identifiers are, or begin with, one of the names.

    Raises
    ------
    ValueError
        If a name fits none.
    """
    every = experiments()
    for name in names:
        if not any(identifier.startswith(name) for identifier in every):
            near = get_close_matches(name, every, 3, 0.5)
            known = f"Did you mean {' or '.join(near)}?" if near else f"There are {', '.join(every)}."
            raise ValueError(f"labs: no experiment is called {name!r}, or begins with it. {known}")
    return [each for identifier, each in every.items() if identifier.startswith(tuple(names))]


#: The identifiers, in the order of the reports.
ORDER = (
    *(f"tnm112-{task}" for task in ("1.1", "1.2", "1.3", "1.4", "2", "3")),
    "ee6132-table1", "ee6132-confusion", "ee6132-table2", "ee6132-inactive",
    *(f"ee6132-table{number}" for number in (3, 4, 5)),
    "upf-1", "upf-2", "upf-3",
    *(f"nycu-{part}" for part in ("linear", "xor", "rates", "widths", "activations", "adam", "conv")),
    *(f"question-{about}" for about in ("sigmoid", "conv", "momentum", "rate")),
    "beyond",
)  # fmt: skip

#: What their first parts stand for.
GROUPS = {
    "tnm112": "TNM112, Linköping (reports 000 and 001)",
    "ee6132": "EE6132, Madras (report 002)",
    "upf": "UPF, Barcelona (report 003)",
    "nycu": "NYCU, Taiwan (report 004)",
    "question": "The reports' open questions, answered by measuring",
    "beyond": "What the labs could have had",
}

__all__ = ["GROUPS", "ORDER", "Experiment", "Illustration", "Records", "chosen", "experiments"]
