"""Many runs, in parallel through any executor: what is done already is kept, what is missing is run.

Interrupted at any point, nothing that is finished is lost, and a training goes on from its last checkpoint.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from concurrent.futures import CancelledError, Executor, Future, ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from .runs import Record, Run, finished, record, write

Done = Callable[[Run, Record, bool], None]


def perform(run: Run, folder: Path) -> Record:
    """Run one run where this is called; its file is written, and its checkpoint gone, when it ends."""
    path = run.path(folder)
    checkpoint = path.with_suffix(".checkpoint")
    path.parent.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    made = record(run, run.job.perform(run.seed, checkpoint), time.perf_counter() - start)
    write(path, made)
    checkpoint.unlink(missing_ok=True)
    return made


def run_all(
    runs: Iterable[Run],
    folder: Path,
    *,
    jobs: int = 1,
    executor: Executor | None = None,
    done: Done = lambda run, record, kept: None,
) -> list[Record]:
    """Every run's record, in the order of the runs; those that are missing are run.

    Parameters
    ----------
    runs : iterable of Run
        Runs of one file are run once.
    folder : path
        Where the files of runs are.
    jobs : int
        How many run at the same time, each in a process of its own; 1 runs them here.
    executor : concurrent.futures.Executor, optional
        Runs them instead: `dask.distributed.Client(...).get_executor()` or an `mpi4py.futures.MPIPoolExecutor`, for
        example. Its workers need to see the same folder for checkpoints to be of use.
    done : callable, optional
        Called with each run, its record, and whether its file was there already.

    Raises
    ------
    KeyboardInterrupt
        If interrupted; finished runs are kept.
    """
    wanted = list(runs)
    found: dict[Path, Record] = {}
    missing: dict[Path, Run] = {}
    for run in wanted:
        path = run.path(folder)
        if path in found or path in missing:
            continue
        kept = finished(run, folder)
        if kept is None:
            missing[path] = run
        else:
            found[path] = kept
            done(run, kept, True)
    if executor is not None:
        _through(executor, missing, folder, found, done)
    elif jobs == 1 or len(missing) <= 1:
        for path, run in missing.items():
            found[path] = perform(run, folder)
            done(run, found[path], False)
    else:
        with ProcessPoolExecutor(jobs, get_context("spawn"), _one_thread) as pool:
            _through(pool, missing, folder, found, done)
    return [found[run.path(folder)] for run in wanted]


def _one_thread() -> None:
    """In a new process, before NumPy is there: one thread each, as there is a process for every core."""
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")


def _through(executor: Executor, missing: dict[Path, Run], folder: Path, found: dict[Path, Record], done: Done) -> None:
    futures: dict[Future[Record], Path] = {executor.submit(perform, run, folder): path for path, run in missing.items()}
    try:
        for future in as_completed(futures):
            path = futures[future]
            found[path] = future.result()
            if not path.exists():  # the worker wrote it to another machine's disk
                write(path, found[path])
            done(missing[path], found[path], False)
    except (KeyboardInterrupt, CancelledError):
        for future in futures:
            future.cancel()
        raise KeyboardInterrupt from None
