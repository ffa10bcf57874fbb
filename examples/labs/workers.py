"""Processes of our own that run runs: one thread each, deaf to the terminal, and never left behind.

Each holds one end of a pipe. When the other end closes, because whoever asked for the runs was interrupted, killed or
has nothing left to do, the running training saves a checkpoint and the process ends.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import TracebackType

from .runs import Record, Run

THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
#: Seconds that a training has to save its checkpoint after the other end has closed.
GRACE = 30.0

_stopping = threading.Event()


class Workers:
    """A pool of processes, while it is entered."""

    def __init__(self, jobs: int) -> None:
        context = get_context("spawn")
        self._theirs, self._ours = context.Pipe(duplex=False)
        self.pool = ProcessPoolExecutor(jobs, context, _begin, (self._theirs,))
        self._threads = one_thread()

    #: What runs a run there.
    @staticmethod
    def perform(run: Run, folder: Path) -> Record:
        """Run one run, interruptible by the closing of the pipe, and by nothing else."""
        from .runner import perform

        if _stopping.is_set():
            raise KeyboardInterrupt
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            return perform(run, folder)
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)

    def __enter__(self) -> Workers:
        self._threads.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the pipe; after an error, wait until the running trainings have saved."""
        try:
            if kind is not None:
                self._ours.close()
            self.pool.shutdown(wait=True, cancel_futures=True)
        finally:
            self._ours.close()
            self._theirs.close()
            self._threads.__exit__(None, None, None)


@contextmanager
def one_thread() -> Iterator[None]:
    """Processes that are started within this have one thread each for linear algebra, as there is one per core."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _begin(pipe: Connection) -> None:
    """In a new process: leave the terminal's group, and watch the pipe."""
    if hasattr(os, "setpgrp"):
        os.setpgrp()  # Ctrl-C reaches all of a group; who asked for the runs decides what becomes of it
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_watch, args=(pipe,), daemon=True).start()


def _watch(pipe: Connection) -> None:
    wait([pipe])
    _stopping.set()
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(GRACE)
    os._exit(1)
