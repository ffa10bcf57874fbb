"""The import time: a new interpreter that imports the engine, against one that imports NumPy alone."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from .timing import Row

TARGET = 50.0  # milliseconds above NumPy's own


def measure(rounds: int) -> Row:
    """Start interpreters by turns and take the medians, in milliseconds."""
    pairs = [(_start("import autodiff"), _start("import numpy")) for _ in range(max(5, rounds // 2))]
    ours, numpy = (statistics.median(column) for column in zip(*pairs))
    extra = statistics.median(a - b for a, b in pairs)
    return Row(
        "import",
        f"import autodiff: {extra:.0f} ms above NumPy's own (target: within {TARGET:.0f})",
        ours,
        ours,
        numpy,
        None,
        unit="ms",
        ratios=[a / b for a, b in pairs],
    )


def _start(code: str) -> float:
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return (time.perf_counter() - begin) * 1e3
