"""How far a batch of runs is: a bar over the expected time, and a line for each run that ends."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Any

from .experiment import Experiment
from .runs import Record, Run

#: What the line of a run shows, the first of these that it has.
SHOWN = ("test accuracy", "accuracy", "test loss")


class Progress:
    """Shows runs as they end; between two ends a second hand moves, as one run can take minutes."""

    def __init__(self, wanted: Sequence[tuple[Experiment, Run]]) -> None:
        try:
            from tqdm import tqdm
        except ModuleNotFoundError as error:
            raise ImportError(
                'the progress bar needs tqdm, which is not installed; pip install "chalkgrad[labs]" brings it.'
            ) from error
        self._expected = {
            (each.identifier, run.setting, run.seed): each.seconds / max(1, len(each.settings)) for each, run in wanted
        }
        self._count, self._ended, self._kept = len(wanted), 0, 0
        self._bar: Any = tqdm(
            total=sum(self._expected.values()), file=sys.stderr, dynamic_ncols=True, disable=not sys.stderr.isatty(),
            bar_format="{desc} {bar} {percentage:3.0f} % of the expected time [{elapsed} gone]",
        )  # fmt: skip
        self._write = tqdm.write
        self._over = threading.Event()
        self._hand = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> Progress:
        self._describe()
        self._hand.start()
        return self

    def done(self, run: Run, record: Record, kept: bool) -> None:
        """Count a run that is finished; those that were there already get no line."""
        self._ended += 1
        self._kept += kept
        self._bar.update(self._expected[run.experiment, run.setting, run.seed])
        self._describe()
        if not kept:
            found = next((f"{name} {record.metrics[name]:.4g}" for name in SHOWN if name in record.metrics), "")
            self.say(f"{run}: {found}{', ' if found else ''}{record.seconds:.1f} s")

    def say(self, message: str) -> None:
        """A line above the bar."""
        self._write(message, file=sys.stderr)

    def _describe(self) -> None:
        self._bar.set_description_str(f"{self._ended}/{self._count} runs")

    def _tick(self) -> None:
        while not self._over.wait(1.0):
            self._bar.refresh()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._hand.join()
        self._bar.close()
        if kind is None and self._ended == self._count:
            there = f", {self._kept} of them were there already" if self._kept else ""
            self.say(f"{self._count} runs{there}.")
