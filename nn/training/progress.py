"""The progress bar: how far a training is, and how the last epoch went."""

from __future__ import annotations

from typing import Any

from .callbacks import Callback


class ProgressBar(Callback):
    """A bar of tqdm's that counts batches; a missing tqdm is an error when it is made, before anything is trained."""

    def __init__(self, batches_per_epoch: int) -> None:
        try:
            from tqdm import tqdm
        except ModuleNotFoundError as error:
            raise ImportError(
                'fit: the progress bar needs tqdm, which is not installed; pip install "chalkgrad[train]" installs it, '
                "and progress=False does without."
            ) from error
        self._tqdm = tqdm
        self._batches = batches_per_epoch
        self._epoch = 0
        self._bar: Any = None

    def training_started(self, training: Any) -> None:
        """Show the bar; a training that is continued begins where it was."""
        total = training.epochs * self._batches
        self._bar = self._tqdm(total=total, initial=training.step, unit="batch", dynamic_ncols=True)

    def batch_started(self, training: Any) -> None:
        """Say which epoch begins."""
        if training.epoch != self._epoch:
            self._epoch = training.epoch
            self._bar.set_description(f"epoch {self._epoch}/{training.epochs}", refresh=False)

    def batch_ended(self, training: Any) -> None:
        """Count the batch."""
        self._bar.update()

    def epoch_ended(self, training: Any) -> None:
        """Show the epoch's numbers."""
        numbers = (f"{spoken(name)} {number:.3g}" for name, number in training.history.rows[-1].items())
        # A refresh writes to the terminal: there can be thousands of short epochs in a second.
        self._bar.set_postfix_str(", ".join(numbers), refresh=False)

    def training_ended(self, training: Any) -> None:
        """Show where it ended, and leave the bar on the screen."""
        if self._bar is not None:
            self._bar.refresh()
            self._bar.close()


def spoken(column: str) -> str:
    """`validation_loss` as it stands in a progress bar."""
    return column.replace("validation_", "val. ").replace("_", " ")
