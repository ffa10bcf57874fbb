"""The page: every experiment's question, numbers, verdicts, figures and graph, in one file that needs no server.

Pictures and tables lie in folders beside it. A picture is drawn anew where its runs or this program are newer than it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from nn.serialize.atomic import write_atomically

from .comparison import Compared
from .experiment import GROUPS, Experiment, Records, experiments
from .illustrations import graph, illustrated
from .results import spelled
from .runner import on_stderr
from .runs import Record, Run
from .tables import SIGNS, as_csv, as_markdown, records_of
from .workers import Workers

PROGRAM = "python -m examples labs"
WEB = Path(__file__).parent / "web"
WORDS = {
    "agrees": "agrees", "differs": "differs", "no bound": "no bound", "shortened": "shortened run",
    "not run": "not run yet",
}  # fmt: skip


def make_page(out: Path, quick: bool = False, say: Callable[[str], None] = on_stderr, jobs: int = 1) -> Path:
    """Write index.html, with tables and pictures beside it, from the runs in the folder `runs`.

    Parameters
    ----------
    out : path
        The folder.
    quick : bool
        Whether it is about the quick runs.
    say : callable, optional
        Called with what went wrong: a damaged run, a picture that could not be drawn. The page says so too.
    jobs : int
        So many processes draw pictures at the same time; 1 draws them here.

    Raises
    ------
    ImportError
        If Jinja2 or matplotlib is missing; the message names the extra that brings it.
    """
    try:
        import jinja2
    except ModuleNotFoundError as error:
        raise ImportError(
            'the page needs Jinja2, which is not installed; pip install "chalkgrad[labs]" brings it.'
        ) from error
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(WEB), autoescape=True, undefined=jinja2.StrictUndefined
    )
    templates.filters["slug"] = slug
    out.mkdir(parents=True, exist_ok=True)
    every = {name: each for name, each in experiments().items() if each.quick or not quick}
    records = {name: records_of(each, out / "runs", quick, say) for name, each in every.items()}
    if jobs > 1:
        _draw_ahead(list(every), out, quick, jobs)
    shown = {name: _shown(each, records, out, quick, say) for name, each in every.items()}
    groups = [
        {"name": name, "title": title, "experiments": found}
        for name, title in GROUPS.items()
        if (found := [shown[each] for each in every if each.partition("-")[0] == name])
    ]
    text = templates.get_template("page.html.jinja").render(
        groups=groups, quick=quick, program=PROGRAM, signs=SIGNS, words=WORDS, **_totals(shown, records),
    )  # fmt: skip
    path = out / "index.html"
    write_atomically(path, [text.encode()], "labs")
    return path


def _draw_ahead(names: Sequence[str], out: Path, quick: bool, jobs: int) -> None:
    """Draw all pictures in several processes; what fails there fails again here, where it is told."""
    with Workers(jobs) as workers:
        list(workers.pool.map(_draw, names, [out.resolve()] * len(names), [quick] * len(names)))


def _draw(name: str, out: Path, quick: bool) -> None:
    each = experiments()[name]
    records = {
        other: records_of(experiments()[other], out / "runs", quick)
        for other in (name, *each.needs)
        if other in experiments()
    }
    illustrated(each, records, out, quick, lambda said: None)
    graph(each.quick if quick else each.settings, out, lambda said: None)


def slug(text: str) -> str:
    """A text as a class or an anchor.

    >>> slug("no bound"), slug("Adam, 0.3")
    ('no-bound', 'adam-0.3')
    """
    words = "".join(letter if letter.isalnum() or letter in ".-" else " " for letter in text.lower())
    return "-".join(words.split())


def anchor(identifier: str, setting: str) -> str:
    """Where the page lists the runs of a setting."""
    return f"{identifier}--{slug(setting)}"


def spoken(seconds: float) -> str:
    """A length of time with as many digits as it deserves."""
    if seconds < 100:
        return f"{seconds:.2g} s" if seconds < 9.95 else f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 100 else f"{minutes / 60:.1f} h"


def _totals(shown: Mapping[str, Mapping[str, Any]], records: Mapping[str, Records]) -> dict[str, Any]:
    """What the head of the page says of all runs; one that several experiments ask for counts once."""
    runs = {
        (record.finished, record.seed, str(record.configuration)): record
        for found in records.values()
        for several in found.values()
        for record in several
    }.values()
    tally: Counter[str] = sum((Counter(each["tally"]) for each in shown.values()), Counter())
    made = Counter(f"{record.machine}; {spelled(record.versions)}" for record in runs)
    return {
        "totals": {verdict: tally[verdict] for verdict in SIGNS},
        "runs": f"{len(runs):,}",
        "time": spoken(sum(record.seconds for record in runs)),
        "last": max((record.finished[:10] for record in runs), default=""),
        "machines": list(made),
    }


def _shown(
    each: Experiment, records: Mapping[str, Records], out: Path, quick: bool, say: Callable[[str], None]
) -> dict[str, Any]:
    """An experiment as the template takes it."""
    own = records[each.identifier]
    compared = each.compared(own, quick)
    jobs = each.quick if quick else each.settings
    tables = out / "tables"
    tables.mkdir(exist_ok=True)
    csv, markdown = (tables / f"{each.identifier}.{ending}" for ending in ("csv", "md"))
    write_atomically(csv, [as_csv(each, own, quick).encode()], "labs")
    write_atomically(markdown, [as_markdown(compared).encode()], "labs")
    finished = [record for found in own.values() for record in found]
    return {
        "identifier": each.identifier, "report": each.report, "title": each.title, "question": each.question,
        "findings": each.found(own) if not quick else (),
        "tally": Counter(row.verdict for row in compared),
        "rows": [_row(row) for row in compared],
        "differences": _differences(compared, records, quick),
        "unexplained": [row.row.label for row in compared if row.verdict == "differs" and row.row.difference is None],
        "pictures": illustrated(each, records, out, quick, say),
        "notes": each.notes,
        "graph": graph(jobs, out, say),
        "settings": [_setting(each, name, own.get(name, ()), jobs, out) for name in jobs],
        "finished": len(finished), "wanted": max(len(finished), len(each.runs(quick=quick))),
        "time": spoken(sum(record.seconds for record in finished)),
        "remarks": [remark for record in finished for remark in record.remarks],
        "command": f"{PROGRAM} run {each.identifier}" + (" --quick" if quick else ""),
        "csv": f"tables/{quote(csv.name)}", "markdown": f"tables/{quote(markdown.name)}",
    }  # fmt: skip


def _row(compared: Compared) -> dict[str, Any]:
    row = compared.row
    return {
        "label": row.label, "metric": row.metric, "ours": compared.ours, "seeds": len(compared.values),
        "report": row.report, "rerun": row.rerun, "verdict": compared.verdict, "strip": _strip(compared),
    }  # fmt: skip


def _strip(compared: Compared) -> dict[str, Any] | None:
    """Each seed as a point on a line, and the bounds of agreement as a band; None if there is nothing to see."""
    values = np.array([value for value in compared.values if np.isfinite(value)])
    if not len(values):
        return None
    bounds = compared.row.agrees
    edges = [edge for edge in (bounds.least, bounds.most) if np.isfinite(edge)] if bounds is not None else []
    low, high = min([*values, *edges]), max([*values, *edges])
    if high == low:
        low, high = low - 1, high + 1

    def across(value: float) -> float:
        return round(6 + 116 * float(np.clip((value - low) / (high - low), 0, 1)), 1)

    scale, unit = (100, " %") if compared.row.unit == "percent" else (1, "")
    digits = compared.row.digits
    words = f"from {scale * values.min():.{digits}f} to {scale * values.max():.{digits}f}{unit}"
    band = None
    if bounds is not None:
        left, right = across(bounds.least), across(bounds.most)
        band = (max(0.0, left - 4), right - max(0.0, left - 4) + 4)
        words += f"; {scale * bounds.least:g} to {scale * bounds.most:g}{unit} agrees"
        words += f", for {bounds.share:.0%} of the seeds" if bounds.share < 1 else ""
    return {"points": [across(value) for value in values], "band": band, "words": words}


def _differences(compared: Sequence[Compared], records: Mapping[str, Records], quick: bool) -> list[dict[str, Any]]:
    """Why numbers differ, a paragraph for each reason, with the run that shows it and what that found."""
    listed = {
        (name, setting) for name, each in experiments().items() for setting in (each.quick if quick else each.settings)
    }
    reasons: dict[Any, list[Compared]] = {}
    for each in compared:
        if each.verdict == "differs" and each.row.difference is not None:
            reasons.setdefault(each.row.difference, []).append(each)
    found = []
    for difference, rows in reasons.items():
        identifier, setting = difference.shown_by
        metric = rows[0].row.metric
        values = tuple(
            record.metrics[metric]
            for record in records.get(identifier, {}).get(setting, ())
            if metric in record.metrics
        )
        ours = f": {metric} {Compared(rows[0].row, values).ours}" if values else ""
        found.append({
            "labels": [each.row.label for each in rows], "cause": difference.cause, "reason": difference.reason,
            "identifier": identifier, "setting": setting, "found": ours,
            "anchor": anchor(identifier, setting) if (identifier, setting) in listed else None,
        })  # fmt: skip
    return found


def _setting(
    each: Experiment, name: str, found: Sequence[Record], jobs: Mapping[str, Any], out: Path
) -> dict[str, Any]:
    files = [Run(each.identifier, name, record.seed, jobs[name]).path(Path("runs")) for record in found]
    return {
        "name": name, "anchor": anchor(each.identifier, name),
        "time": spoken(float(np.mean([record.seconds for record in found]))) if found else "–",
        "runs": [{"path": quote(path.as_posix()), "seed": record.seed} for path, record in zip(files, found)],
    }  # fmt: skip
