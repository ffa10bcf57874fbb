"""The file of a finished run: what was run, by what, what came out, and a checksum of all that.

A file appears at once and whole. One that cannot be trusted is set aside under another name, and its run runs again.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import platform
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

import autodiff

from .configuration import Job, Outcome, key, plain

FORMAT = "chalkgrad lab run 1"


class DamagedRunError(ValueError):
    """The file of a run is not what was written."""


@dataclass(frozen=True)
class Run:
    """One job with one seed, asked for by an experiment as one of its settings."""

    experiment: str
    setting: str
    seed: int
    job: Job

    def path(self, folder: Path) -> Path:
        """Where its file is. The key of the configuration is in the name, so that other settings get another file."""
        name = "".join(letter if letter.isalnum() else "-" for letter in self.setting)
        return folder / self.experiment / f"{name}-seed{self.seed}-{key(self.job)}.json"


@dataclass(frozen=True)
class Record:
    """A finished run."""

    experiment: str
    setting: str
    seed: int
    configuration: Any
    metrics: dict[str, float]
    history: dict[str, list[float]]
    evidence: dict[str, Any]
    seconds: float
    finished: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    versions: dict[str, str] = field(default_factory=lambda: versions())
    machine: str = field(default_factory=lambda: f"{platform.machine()}, {platform.system()}")


def versions() -> dict[str, str]:
    """What computed: the versions of Python, NumPy and this library."""
    return {"python": platform.python_version(), "numpy": np.__version__, "chalkgrad": autodiff.__version__}


def record(run: Run, outcome: Outcome, seconds: float) -> Record:
    """The record of a run that has just ended."""
    return Record(
        run.experiment, run.setting, run.seed, plain(run.job), outcome.metrics, outcome.history, outcome.evidence,
        seconds,
    )  # fmt: skip


def write(path: Path, finished: Record) -> None:
    """Write the file of a run: all of it, or none."""
    content = json.dumps(_encoded(vars(finished)), sort_keys=True)
    text = json.dumps({"format": FORMAT, "sha256": hashlib.sha256(content.encode()).hexdigest()})[:-1]
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with unfinished.open("w", encoding="utf-8") as file:
            file.write(f'{text}, "run": {content}}}\n')
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def read(path: Path) -> Record:
    """The record in a file.

    Raises
    ------
    DamagedRunError
        If the file is not what `write` wrote.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        told = content["format"], content["sha256"]
        run = content["run"]
        found = FORMAT, hashlib.sha256(json.dumps(run, sort_keys=True).encode()).hexdigest()
        if told != found:
            raise DamagedRunError(f"labs: {path} has format and checksum {told}, and its content is {found}.")
        return Record(**_decoded(run))
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, DamagedRunError):
            raise
        raise DamagedRunError(f"labs: {path} is no file of a run: {type(error).__name__}: {error}") from error


def finished(run: Run, folder: Path) -> Record | None:
    """The record of a run that has been done, or None; a damaged file is set aside."""
    path = run.path(folder)
    if not path.exists():
        return _taken_over(run, folder)
    try:
        return read(path)
    except DamagedRunError:
        set_aside(path)
        return None


def _taken_over(run: Run, folder: Path) -> Record | None:
    """The record of the same job and seed that another experiment has asked for; this one gets a file of it too."""
    for path in sorted(folder.glob(f"*/*-seed{run.seed}-{key(run.job)}.json")):
        try:
            found = replace(read(path), experiment=run.experiment, setting=run.setting)
        except (DamagedRunError, FileNotFoundError):
            continue
        write(run.path(folder), found)
        return found
    return None


def set_aside(path: Path) -> Path:
    """Rename a damaged file, so that nothing is lost and its name is free."""
    aside = next(
        each for number in range(1, 10_000) if not (each := path.with_name(f"{path.name}.damaged-{number}")).exists()
    )
    return path.rename(aside)


def _encoded(value: Any) -> Any:
    """Arrays as base64 of their bytes: every bit is kept."""
    if isinstance(value, np.ndarray):
        data = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()
        return {"array": data, "dtype": value.dtype.str, "shape": list(value.shape)}
    if isinstance(value, Mapping):
        return {str(name): _encoded(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_encoded(each) for each in value]
    return value.item() if isinstance(value, np.generic) else value


def _decoded(value: Any) -> Any:
    if isinstance(value, dict):
        if value.keys() == {"array", "dtype", "shape"}:
            data = np.frombuffer(base64.b64decode(value["array"]), dtype=value["dtype"])
            return data.reshape(value["shape"]).copy()
        return {name: _decoded(each) for name, each in value.items()}
    return [_decoded(each) for each in value] if isinstance(value, list) else value
