"""The results that the repository keeps: the tables of one full run, and the numbers that they are made of.

`results.json` holds what the run files say, by experiment, setting, metric and seed, and the key of each configuration;
`RESULTS.md` is computed from it and the declarations alone, so that a test can do it again and notices what is stale.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nn.serialize.atomic import write_atomically

from .comparison import Compared
from .configuration import key
from .experiment import GROUPS, Experiment, experiments
from .runs import Record
from .tables import as_markdown, records_of

FORMAT = "chalkgrad lab results 1"
COMMAND = "python -m examples labs run --all && python -m examples labs results"


def collected(runs: Path) -> dict[str, Any]:
    """What the run files of a folder say, of each experiment's own number of seeds."""
    kept: dict[str, Any] = {}
    every: list[Record] = []
    for name, each in experiments().items():
        own = {
            setting: [record for record in found if record.seed < each.seeds]
            for setting, found in records_of(each, runs).items()
        }
        every += [record for found in own.values() for record in found]
        kept[name] = {
            "settings": {setting: _setting(each, setting, own[setting]) for setting in own if own[setting]},
            "findings": list(each.found(own)),
        }
    made = sorted({f"{record.machine}; {spelled(record.versions)}" for record in every})
    dates = sorted(record.finished[:10] for record in every)
    return {"format": FORMAT, "command": COMMAND, "made": made, "dates": dates[:1] + dates[-1:], "experiments": kept}


def _setting(each: Experiment, setting: str, found: Sequence[Record]) -> dict[str, Any]:
    metrics = {metric for record in found for metric in record.metrics}
    return {
        "key": key(each.settings[setting]),
        "seeds": [record.seed for record in found],
        "seconds": [round(record.seconds, 2) for record in found],
        "metrics": {metric: [record.metrics.get(metric) for record in found] for metric in sorted(metrics)},
    }


def spelled(versions: Mapping[str, str]) -> str:
    """Versions in a line.

    >>> spelled({"python": "3.11.7", "numpy": "2.4.6", "chalkgrad": "0.1.0"})
    'Python 3.11.7, NumPy 2.4.6, chalkgrad 0.1.0'
    """
    names = {"python": "Python", "numpy": "NumPy"}
    return ", ".join(f"{names.get(name, name)} {versions[name]}" for name in ("python", "numpy", "chalkgrad"))


def stale(results: Mapping[str, Any]) -> list[str]:
    """What the results lack, or have of another configuration than the experiments declare now."""
    found = []
    for name, each in experiments().items():
        settings = results["experiments"].get(name, {}).get("settings", {})
        for setting, job in each.settings.items():
            kept = settings.get(setting)
            if kept is None:
                found.append(f"{name}, {setting}: no run")
            elif kept["key"] != key(job):
                found.append(f"{name}, {setting}: its configuration has changed")
            elif kept["seeds"] != list(range(each.seeds)):
                found.append(f"{name}, {setting}: {len(kept['seeds'])} of {each.seeds} seeds")
        found += [f"{name}, {setting}: not declared any more" for setting in settings if setting not in each.settings]
    found += [f"{name}: not declared any more" for name in results["experiments"] if name not in experiments()]
    return found


def markdown(results: Mapping[str, Any]) -> str:
    """RESULTS.md: every table, and why numbers differ."""
    kept = results["experiments"]
    tables = {name: _compared(each, kept.get(name, {})) for name, each in experiments().items()}
    verdicts = [row.verdict for compared in tables.values() for row in compared]
    counts = ", ".join(f"{verdicts.count(verdict)} {word}" for verdict, word in COUNTED if verdict in verdicts)
    lines = [
        "# Results of the five labs",
        "",
        f"One full run: {counts}. ± is the standard deviation over the seeds.",
        "",
        f"- Command: `{results['command']}`",
        f"- Date: {' to '.join(dict.fromkeys(results['dates'])) or 'never'}",
        *(f"- Machine: {made}" for made in results["made"]),
        "",
        "Written by the command: the numbers are those of `results.json`, and these are those of the run files.",
    ]
    lacking = stale(results)
    if lacking:
        lines += ["", f"**Not complete:** {'; '.join(lacking)}."]
    for group, title in GROUPS.items():
        members = [each for name, each in experiments().items() if name.partition("-")[0] == group]
        lines += ["", f"## {title}"] if members else []
        for each in members:
            lines += _section(each, kept.get(each.identifier, {}), tables[each.identifier])
    return "\n".join(lines) + "\n"


COUNTED = (
    ("agrees", "numbers agree with the reports"), ("differs", "differ"),
    ("no bound", "have no bound"), ("not run", "were not run"),
)  # fmt: skip


def _section(each: Experiment, kept: Mapping[str, Any], compared: Sequence[Compared]) -> list[str]:
    seconds = [second for setting in kept.get("settings", {}).values() for second in setting["seconds"]]
    lines = ["", f"### `{each.identifier}` {each.title}", "", each.question, ""]
    lines += [sentence + "\n" for sentence in kept.get("findings", ())]
    if compared:
        lines += [as_markdown(compared)]
    reasons: dict[Any, list[str]] = {}
    for row in compared:
        if row.verdict == "differs" and row.row.difference is not None:
            reasons.setdefault(row.row.difference, []).append(row.row.label)
    for difference, labels in reasons.items():
        shown = f"{difference.shown_by[0]}, {difference.shown_by[1]}"
        lines.append(f"- {', '.join(labels)}: {difference.cause}. {difference.reason} Shown by {shown}.")
    unexplained = [row.row.label for row in compared if row.verdict == "differs" and row.row.difference is None]
    if unexplained:
        lines.append(f"- {', '.join(unexplained)}: the cause has not been found.")
    lines += [""] if reasons or unexplained else []
    lines.append(f"{len(seconds)} runs, {sum(seconds):,.0f} s of computing.")
    return lines


def _compared(each: Experiment, kept: Mapping[str, Any]) -> list[Compared]:
    settings = kept.get("settings", {})
    return [
        Compared(row, tuple(value for value in found if value is not None))
        for row in each.rows
        for found in [settings.get(row.setting, {"metrics": {}})["metrics"].get(row.metric, ())]
    ]


def write_results(runs: Path, to: Path, partial: bool = False) -> list[Path]:
    """Write results.json and RESULTS.md.

    Raises
    ------
    ValueError
        If runs are missing and `partial` is False; nothing is written.
    """
    results = collected(runs)
    lacking = stale(results)
    if lacking and not partial:
        raise ValueError(
            f"labs: {len(lacking)} settings are not complete, so nothing was written; `labs run --all` makes what is "
            "missing, and --partial writes what there is.\n  " + "\n  ".join(lacking)
        )
    text = json.dumps(results, indent=1, ensure_ascii=False) + "\n"
    paths = [to / "results.json", to / "RESULTS.md"]
    to.mkdir(parents=True, exist_ok=True)
    # What is read again is what is written: digits, and infinities, as they come back from the file.
    write_atomically(paths[0], [text.encode()], "labs")
    write_atomically(paths[1], [markdown(json.loads(text)).encode()], "labs")
    return paths
