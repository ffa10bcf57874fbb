"""The tables that one reads: on the terminal, and as CSV and Markdown files beside the page."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from io import StringIO
from pathlib import Path

from .comparison import Compared
from .experiment import Experiment, Records
from .runner import on_stderr, trusted
from .runs import Record, Run

#: By word and sign, never by colour alone.
SIGNS = {"agrees": "✓", "differs": "≠", "no bound": "·", "shortened": "~", "not run": "–"}
HEAD = ("setting", "metric", "ours", "seeds", "report", "re-run", "verdict")


def records_of(
    experiment: Experiment, folder: Path, quick: bool = False, say: Callable[[str], None] = on_stderr
) -> dict[str, list[Record]]:
    """The finished runs of an experiment by setting, of whatever seeds there are, the lowest first.

    With `quick`, those of its quick settings. Damaged files are set aside, and `say` is told.
    """
    found: dict[str, list[Record]] = {}
    for setting, job in (experiment.quick if quick else experiment.settings).items():
        pattern = Run(experiment.identifier, setting, 0, job).path(folder).name.replace("-seed0.json", "-seed*.json")
        seeds = sorted(int(path.stem.rpartition("-seed")[2]) for path in folder.glob(pattern))
        for seed in seeds:
            record, remarks = trusted(Run(experiment.identifier, setting, seed, job), folder)
            for remark in remarks:
                say(remark)
            if record is not None:
                found.setdefault(setting, []).append(record)
    return found


def cells(compared: Compared) -> tuple[str, ...]:
    """One row of a table, in the order of `HEAD`."""
    row = compared.row
    return (
        row.label, row.metric, compared.ours, str(len(compared.values) or "–"), row.report, row.rerun,
        f"{SIGNS[compared.verdict]} {compared.verdict}",
    )  # fmt: skip


def as_text(experiment: Experiment, records: Records, quick: bool = False) -> str:
    """A table for the terminal."""
    rows = [HEAD, *map(cells, experiment.compared(records, quick))]
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths)).rstrip() for row in rows]
    lines.insert(1, "  ".join("─" * width for width in widths))
    title = f"\n{experiment.identifier} · {experiment.title}" + (" (quick)" if quick else "")
    if len(rows) == 1:
        lines = ["(The report has no number to compare with.)"]
    return "\n".join([title, *lines, *(() if quick else each_finding(experiment, records))])


def each_finding(experiment: Experiment, records: Records) -> list[str]:
    """The answers, a line for each."""
    return [f"→ {sentence}" for sentence in experiment.found(records)]


def as_markdown(compared: Sequence[Compared]) -> str:
    """A table in Markdown."""
    rows = [HEAD, ("---",) * len(HEAD), *map(cells, compared)]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows) + "\n"


def as_csv(experiment: Experiment, records: Records, quick: bool = False) -> str:
    """Every metric of every run with all its digits, a line for each, and the report's number where it has one."""
    text = StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["experiment", "setting", "seed", "metric", "value", "report", "re-run", "verdict", "seconds"])
    rows = {(each.row.setting, each.row.metric): each for each in experiment.compared(records, quick)}
    for setting, found in records.items():
        for record in found:
            for metric, value in record.metrics.items():
                each = rows.get((setting, metric))
                said = (each.row.report, each.row.rerun, each.verdict) if each is not None else ("", "", "")
                table.writerow(
                    [experiment.identifier, setting, record.seed, metric, repr(value), *said, f"{record.seconds:.3f}"]
                )
    return text.getvalue()
