"""Ctrl-C: the first one is a request that the loop honours between two batches, the second one interrupts."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any


class Interrupts:
    """Notes the first Ctrl-C while it is entered, and raises KeyboardInterrupt at the second.

    Python's own handler is replaced, and put back at the end. Another one that somebody installed stays, and so does
    that of a thread, which never receives signals: a KeyboardInterrupt that is raised all the same is the loop's to
    catch.

    Attributes
    ----------
    requested : bool
        Whether there was a first one.
    """

    def __init__(self) -> None:
        self.requested = False
        self._before: Any = None

    def __enter__(self) -> Interrupts:
        in_main_thread = threading.current_thread() is threading.main_thread()
        if in_main_thread and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
