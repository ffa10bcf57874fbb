"""The table of one run: on the terminal, as Markdown and as JSON, with the machine and the versions behind it."""

from __future__ import annotations

import dataclasses
import json
import os
import platform
import sys
from pathlib import Path

import numpy as np

import autodiff as ad

from . import reference
from .timing import Row


def environment() -> dict[str, str]:
    """What the numbers depend on."""
    return {
        "command": " ".join(["python -m benchmarks", *sys.argv[1:]]),
        "chalkgrad": ad.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        "threads": os.environ.get("OPENBLAS_NUM_THREADS", "not pinned"),
        "reference": "hand-derived NumPy" if reference.folder() else f"left out: {reference.VARIABLE} is not set",
    }


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    lines = [
        "| workload | this engine | CPU time | by hand | ratio (quartiles) | target |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        hand = "–" if row.hand is None else f"{row.hand:.0f} {row.unit}"
        quartiles = row.quartiles
        ratio = "–" if row.ratio is None else f"{row.ratio:.2f}"
        spread = "" if quartiles is None else f" ({quartiles[0]:.2f}–{quartiles[1]:.2f})"
        target = "–" if row.target is None else f"≤ {row.target:g}"
        lines.append(
            f"| {row.name}: {row.what} | {row.ours:.0f} {row.unit} | {row.cpu:.0f} {row.unit} | {hand} "
            f"| {ratio}{spread} | {target} |"
        )
    return "\n".join(lines)


def write(rows: list[Row], folder: str) -> None:
    """Print the table, and write it to `folder`."""
    about = environment()
    text = table(rows) + "\n\n" + "\n".join(f"- {key}: {value}" for key, value in about.items()) + "\n"
    print(text)
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    (path / "table.md").write_text(text, encoding="utf-8")
    results = [{**dataclasses.asdict(row), "ratio": row.ratio} for row in rows]
    (path / "table.json").write_text(json.dumps({"about": about, "rows": results}, indent=1), encoding="utf-8")
    print(f"written to {path}/table.md and table.json", file=sys.stderr)
