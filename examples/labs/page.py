"""The page: every experiment's question, numbers, verdicts, figures and graph, in one file that needs no server."""

from __future__ import annotations

from pathlib import Path


def make_page(out: Path, quick: bool = False) -> Path:
    """Write index.html into a folder, from the runs in its folder `runs`."""
    return out / "index.html"
