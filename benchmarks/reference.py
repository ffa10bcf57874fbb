"""The fixed reference: hand-derived NumPy steps in a folder outside of this project, so that they do not move.

`CHALKGRAD_BASELINES` names the folder. Where it is not set, the same sizes with random numbers of our own are used, and
there is nothing to compare with.
"""

from __future__ import annotations

import importlib
import os
import sys
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

VARIABLE = "CHALKGRAD_BASELINES"

_SIZES = {"W2": [2, 4, 4, 1], "W3": [2] + [50] * 10 + [5]}
_RATES = {"W2": 0.5, "W3": 1e-3}


def folder() -> Path | None:
    """The folder of the reference, or None where there is none.

    Raises
    ------
    FileNotFoundError
        If the variable names a folder without the reference in it.
    """
    named = os.environ.get(VARIABLE)
    if not named:
        return None
    path = Path(named)
    if not (path / "common.py").is_file() or not (path / "fw_numpy.py").is_file():
        raise FileNotFoundError(f"{VARIABLE}={named} has no common.py and fw_numpy.py. Unset it, or correct it.")
    return path


def _module(name: str) -> ModuleType | None:
    path = folder()
    if path is None:
        return None
    if str(path) not in sys.path:
        sys.path.insert(0, str(path))
    return importlib.import_module(name)


def loop(workload: str) -> Any:
    """The hand-derived loop of a workload: called with n it runs n steps and returns the last loss. None if absent."""
    steps = _module("fw_numpy")
    return None if steps is None else steps.BUILD[f"hand/{workload}"]()


def parameters(workload: str) -> list[tuple[Any, Any]]:
    """Initial weights (in, out) and biases."""
    common = _module("common")
    if common is not None:
        return list(common.params(workload))
    rng = np.random.default_rng(0)
    sizes = _SIZES[workload]
    gain = 1.0 if workload == "W2" else 2.0
    return [
        (
            (rng.standard_normal((i, o)) * np.sqrt(gain / i)).astype(np.float32),
            (0.01 * rng.standard_normal(o)).astype(np.float32),
        )
        for i, o in pairwise(sizes)
    ]


def data(workload: str) -> tuple[list[Any], list[Any]]:
    """Batches of inputs and of targets."""
    common = _module("common")
    if common is not None:
        xs, ys = common.data(workload)
        return list(xs), list(ys)
    rng = np.random.default_rng(1)
    if workload == "W2":
        x = rng.standard_normal((100, 2)).astype(np.float32)
        return [x], [(rng.random((100, 1)) > 0.5).astype(np.float32)]
    if workload == "W3":
        return list(rng.standard_normal((64, 16, 2)).astype(np.float32)), list(rng.integers(0, 5, (64, 16)))
    scale, shift = 1 + 1e-3 * rng.standard_normal(10), 1e-3 * rng.standard_normal(10)
    return [rng.random(10).astype(np.float32)], [scale.astype(np.float32), shift.astype(np.float32)]


def learning_rate(workload: str) -> float:
    """The learning rate of a workload."""
    return _RATES[workload]
