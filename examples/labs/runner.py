"""Many runs, in parallel through any executor: what is done already is kept, what is missing is run.

Interrupted at any point, nothing that is finished is lost, and a training goes on from its last checkpoint.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import CancelledError, Executor, Future, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from .configuration import Outcome
from .runs import DamagedRunError, Record, Run, alone, finished, record, set_aside, write
from .workers import Workers

Done = Callable[[Run, Record, bool], None]
Say = Callable[[str], None]

#: So often a pool of processes is made anew after one of them was killed, as long as nothing gets finished in between.
PATIENCE = 3


class RunsFailedError(RuntimeError):
    """Some runs ended in an error; all others are finished and kept.

    Attributes
    ----------
    failed : list of (Run, Exception)
    """

    def __init__(self, failed: Sequence[tuple[Run, Exception]]) -> None:
        self.failed = list(failed)
        lines = [f"  {run}: {type(error).__name__}: {error}" for run, error in self.failed]
        count = "1 run" if len(lines) == 1 else f"{len(lines)} runs"
        super().__init__(f"labs: {count} failed; all others are finished and kept.\n" + "\n".join(lines))


def on_stderr(message: str) -> None:
    """Say something beside what is printed."""
    print(message, file=sys.stderr)


def perform(run: Run, folder: Path) -> Record:
    """Run one run where this is called; its file is written, and its checkpoint gone, when it ends.

    A checkpoint that cannot be continued is set aside, and the run starts from the beginning: the record's remarks say
    so. If another process is at the same run, this one waits, and takes what it finished.
    """
    path = run.path(folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    with alone(path):
        kept, remarks = trusted(run, folder)
        if kept is not None:
            return kept
        checkpoint = path.with_suffix(".checkpoint")
        start = time.perf_counter()
        outcome = _from_checkpoint(run, checkpoint, remarks)
        made = record(run, outcome, time.perf_counter() - start, remarks)
        write(path, made)
        checkpoint.unlink(missing_ok=True)
    return made


def trusted(run: Run, folder: Path) -> tuple[Record | None, list[str]]:
    """The record of a run that is done, or None; and what there is to say of a file that was set aside."""
    try:
        return finished(run, folder), []
    except DamagedRunError as error:
        path = run.path(folder)
        try:
            aside = set_aside(path)
        except FileNotFoundError:  # another process was quicker
            return None, []
        return None, [f"{path.name} is set aside as {aside.name}, and {run}, runs again: {error}"]


def _from_checkpoint(run: Run, checkpoint: Path, remarks: list[str]) -> Outcome:
    if not checkpoint.exists():
        return run.job.perform(run.seed, checkpoint)
    try:
        return run.job.perform(run.seed, checkpoint)
    except Exception as error:
        # Whatever is wrong with it must not block the run for ever; if the checkpoint is not to blame, the error will
        # come again.
        if checkpoint.exists():
            aside = set_aside(checkpoint)
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            remarks.append(f"{run}, starts again; its checkpoint is set aside as {aside.name}: {reason}")
        return run.job.perform(run.seed, checkpoint)


def run_all(
    runs: Iterable[Run],
    folder: Path,
    *,
    jobs: int = 1,
    executor: Executor | None = None,
    done: Done = lambda run, record, kept: None,
    say: Say = on_stderr,
) -> list[Record]:
    """Every run's record, in the order of the runs; those that are missing are run.

    Parameters
    ----------
    runs : iterable of Run
        What several ask for, the same job with the same seed, is run once.
    folder : path
        Where the files of runs are.
    jobs : int
        How many run at the same time, each in a process of its own, with one thread; 1 runs them here.
    executor : concurrent.futures.Executor, optional
        Runs them instead: `dask.distributed.Client(...).get_executor()` or an `mpi4py.futures.MPIPoolExecutor`, for
        example. Its workers need to be able to import `examples`. Without the folder, they need not: records come back
        and are written here too; but checkpoints, and so going on in the middle of a run, need a folder that all see.
    done : callable, optional
        Called with each run, its record, and whether its file was there already.
    say : callable, optional
        Called with sentences about files that were set aside and the like; by default they go to stderr.

    Raises
    ------
    RunsFailedError
        After all others have been run, if some ended in an error.
    KeyboardInterrupt
        If interrupted; finished runs are kept, and trainings that were running have saved a checkpoint.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from examples.labs import chosen, run_all
    >>> runs = chosen(["tnm112-1.1"])[0].runs(seeds=1)
    >>> with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as executor:
    ...     records = run_all(runs, Path(folder), executor=executor)
    >>> [(record.setting, record.metrics["test accuracy"] > 0.9) for record in records]
    [('batch 512', False), ('batch 16', True)]
    """
    if jobs < 1:
        raise ValueError(f"run_all: jobs is {jobs}; needed is a whole number of at least 1.")
    batch = _Batch(list(runs), folder.resolve(), done, say)
    if executor is not None:
        batch.through(executor)
    elif jobs == 1 or len(batch.missing) <= 1:
        batch.here()
    else:
        batch.in_processes(jobs)
    if batch.failed:
        raise RunsFailedError(batch.failed)
    return batch.records()


class _Batch:
    """Runs that were asked for together: those that are finished, missing, and failed, by the paths of their files."""

    def __init__(self, wanted: list[Run], folder: Path, done: Done, say: Say) -> None:
        self.wanted, self.folder, self.done, self.say = wanted, folder, done, say
        self.found: dict[Path, Record] = {}
        self.missing: dict[Path, list[Run]] = {}
        self.failed: list[tuple[Run, Exception]] = []
        for run in wanted:
            path = run.path(folder)
            if path not in self.found and path not in self.missing:
                kept, remarks = trusted(run, folder)
                for remark in remarks:
                    say(remark)
                if kept is not None:
                    self.found[path] = kept
            if path in self.found:
                done(run, self.found[path], True)
            else:
                self.missing.setdefault(path, []).append(run)

    def records(self) -> list[Record]:
        """In the order and under the names in which they were asked for."""
        from dataclasses import replace

        return [
            replace(self.found[run.path(self.folder)], experiment=run.experiment, setting=run.setting)
            for run in self.wanted
        ]

    def here(self) -> None:
        """One after the other."""
        for path, askers in list(self.missing.items()):
            try:
                self._finish(path, perform(askers[0], self.folder))
            except Exception as error:
                self._fail(path, error)

    def in_processes(self, jobs: int) -> None:
        """In processes of our own; a process that somebody kills takes no more with it than its run's last seconds."""
        patience = PATIENCE
        while self.missing:
            before = len(self.missing)
            with Workers(min(jobs, before)) as workers:
                try:
                    self.through(workers.pool, workers.perform)
                except BrokenProcessPool as error:
                    patience = PATIENCE if len(self.missing) < before else patience - 1
                    if not patience:
                        raise RuntimeError(
                            f"labs: the processes of this run end again and again before they finish anything ({error})"
                            " Usually there is not enough memory: try --jobs 1. Finished runs are kept."
                        ) from error
                    self.say("A process ended abruptly; new ones go on with what is missing.")

    def through(self, executor: Executor, function: Callable[[Run, Path], Record] = perform) -> None:
        """By whatever the executor has; each result is taken down when it comes."""
        futures: dict[Future[Record], Path] = {}
        try:
            for path, askers in self.missing.items():
                futures[executor.submit(function, askers[0], self.folder)] = path
            for future in as_completed(futures):
                try:
                    made = future.result()
                except (BrokenProcessPool, CancelledError):
                    raise
                except Exception as error:
                    self._fail(futures[future], error)
                else:
                    self._finish(futures[future], made)
        except BrokenProcessPool:
            raise
        except BaseException as error:
            for future in futures:
                future.cancel()
            if isinstance(error, CancelledError):
                raise KeyboardInterrupt from error
            raise

    def _finish(self, path: Path, made: Record) -> None:
        if not path.exists():  # the worker wrote it to another machine's disk
            write(path, made)
        self.found[path] = made
        for remark in made.remarks:
            self.say(remark)
        for number, run in enumerate(self.missing.pop(path)):
            self.done(run, made, number > 0)

    def _fail(self, path: Path, error: Exception) -> None:
        askers = self.missing.pop(path)
        self.failed.append((askers[0], error))
        self.say(f"{askers[0]}, failed: {type(error).__name__}: {error}")
