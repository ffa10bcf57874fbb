"""The file of a finished run: what was run, by what, what came out, and a checksum of all that.

A file appears at once and whole. One that cannot be trusted is set aside under another name, and its run runs again.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

import autodiff
from nn.serialize.atomic import write_atomically

from .configuration import Job, Outcome, key, plain

FORMAT = "chalkgrad lab run 1"


class DamagedRunError(ValueError):
    """The file of a run is not what was written, or that of another run."""


@dataclass(frozen=True)
class Run:
    """One job with one seed, asked for by an experiment as one of its settings."""

    experiment: str
    setting: str
    seed: int
    job: Job

    def path(self, folder: Path) -> Path:
        """Where its file is: named after the job and the seed, as experiments that ask for the same share it."""
        return folder / f"{type(self.job).__name__}-{key(self.job)}-seed{self.seed}.json"

    def __str__(self) -> str:
        return f"{self.experiment}, {self.setting}, seed {self.seed}"


@dataclass(frozen=True)
class Record:
    """A finished run.

    `seconds` is the time that it took in all its sessions, without what a killed one had not saved. `remarks` say what
    else happened on the way, such as a checkpoint that was set aside.
    """

    experiment: str
    setting: str
    seed: int
    configuration: Any
    metrics: dict[str, float]
    history: dict[str, list[float]]
    evidence: dict[str, Any]
    seconds: float
    remarks: list[str] = field(default_factory=list)
    finished: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    versions: dict[str, str] = field(default_factory=lambda: versions())
    machine: str = field(default_factory=lambda: machine())


def versions() -> dict[str, str]:
    """What computed: the versions of Python, NumPy and this library."""
    return {"python": platform.python_version(), "numpy": np.__version__, "chalkgrad": autodiff.__version__}


def machine() -> str:
    """The processor as its maker calls it, where that can be found out, and the operating system."""
    name = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        name = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), name)
    except OSError:
        pass  # another system than Linux
    return f"{name}, {platform.machine()}, {platform.system()}"


def record(run: Run, outcome: Outcome, seconds: float, remarks: list[str] | None = None) -> Record:
    """The record of a run that has just ended."""
    return Record(
        run.experiment, run.setting, run.seed, plain(run.job), outcome.metrics, outcome.history, outcome.evidence,
        seconds if outcome.seconds is None else outcome.seconds, remarks or [],
    )  # fmt: skip


def write(path: Path, finished: Record) -> None:
    """Write the file of a run: all of it, or none."""
    run = _encoded(vars(finished))
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"format": FORMAT, "sha256": _checksum(run), "run": run})
    write_atomically(path, [text.encode(), b"\n"], "labs")


def read(path: Path) -> Record:
    """The record in a file.

    Raises
    ------
    DamagedRunError
        If the file is not what `write` wrote.
    """
    try:
        content = json.loads(path.read_bytes())
        told = content["format"], content["sha256"]
        run = content["run"]
        found = FORMAT, _checksum(run)
        if told != found:
            raise DamagedRunError(f"its format and checksum are {told}, and its content has {found}")
        return Record(**_decoded(run))
    except DamagedRunError:
        raise
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DamagedRunError(f"it cannot be read as the file of a run, {type(error).__name__}: {error}") from error


def finished(run: Run, folder: Path) -> Record | None:
    """The record of a run that has been done, under the names by which it is asked for now; None if there is no file.

    Raises
    ------
    DamagedRunError
        If the file cannot be trusted, or is that of another run.
    """
    try:
        found = read(run.path(folder))
    except FileNotFoundError:
        return None
    if (found.seed, found.configuration) != (run.seed, plain(run.job)):
        raise DamagedRunError(
            f"it is the file of another run: {found.experiment}, {found.setting}, seed {found.seed}, with another "
            "configuration or seed than its name says"
        )
    return replace(found, experiment=run.experiment, setting=run.setting)


def set_aside(path: Path) -> Path:
    """Rename a file that cannot be trusted, so that nothing is lost and its name is free."""
    aside = next(
        each for number in range(1, 10_000) if not (each := path.with_name(f"{path.name}.damaged-{number}")).exists()
    )
    return path.rename(aside)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Within this, no other process works on the same run; one that wants to waits. A killed one lets go at once."""
    try:
        import fcntl
    except ImportError:  # Windows: there, two processes may do the same work twice; every file is whole all the same
        yield
        return
    name = path.with_suffix(".lock")
    while True:
        with name.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            # Whoever held it has deleted it by now, and a third one may have made it anew.
            if not _is(name, file.fileno()):
                continue
            try:
                yield
            finally:
                name.unlink(missing_ok=True)
            return


def _is(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _checksum(run: Any) -> str:
    return hashlib.sha256(json.dumps(run, sort_keys=True).encode()).hexdigest()


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
