"""Checkpoints of a training: whether to begin or to go on, and writing them when they are due."""

from __future__ import annotations

import os
from typing import Any

from .checkpoint import Checkpoint
from .fingerprint import differences, fingerprint
from .plan import Plan
from .state import Training


class Saver:
    """Writes a training into the file of a `Checkpoint`, or nothing without one."""

    def __init__(self, checkpoint: Checkpoint | str | os.PathLike[str] | None, resume: bool) -> None:
        self.checkpoint = checkpoint if isinstance(checkpoint, Checkpoint | None) else Checkpoint(checkpoint)
        self.resume = resume
        self._fingerprint: dict[str, str] = {}
        self._saved: Any = None
        if resume and self.checkpoint is None:
            raise ValueError("fit: resume=True needs the checkpoint to go on from: checkpoint=path.")
        if not resume and self.checkpoint is not None and self.checkpoint.exists():
            raise FileExistsError(
                f"fit: there is a checkpoint at {self.checkpoint.path}, and nothing was changed. resume=True goes on "
                "from it; to begin anew, delete it or give another path."
            )

    def begin(self, training: Training, plan: Plan) -> None:
        """Take the training to where the file was written, or write the first one.

        Raises
        ------
        ValueError
            If the file cannot be read or belongs to another training; nothing has been changed.
        """
        if self.checkpoint is None:
            return
        check_complete(training)
        self._fingerprint = fingerprint(training, plan)
        if self.checkpoint.exists():
            self._load(training, self.checkpoint)
        else:
            self._write(training, self.checkpoint)

    def _load(self, training: Training, checkpoint: Checkpoint) -> None:
        state, then = checkpoint.read_with_fingerprint()
        changed = differences(self._fingerprint, then)
        if changed:
            raise ValueError(
                f"fit: the checkpoint {checkpoint.path} belongs to another training, and nothing was changed:\n  "
                + "\n  ".join(changed)
                + "\nGo on with the same settings and data, or begin anew with another path; from its weights, by "
                "model.load_state_dict(nn.Checkpoint(path).read()['model'])."
            )
        try:
            training.load_state_dict(state)
        except ValueError as error:
            raise ValueError(f"fit: {checkpoint.path} cannot be continued, nothing was changed: {error}") from error
        self._saved = self._moment(training)

    def _write(self, training: Training, checkpoint: Checkpoint) -> None:
        checkpoint.write(training.state_dict(), self._fingerprint)
        self._saved = self._moment(training)

    @staticmethod
    def _moment(training: Training) -> tuple[int, int, int]:
        return training.step, len(training.history), training.epochs

    def batch_ended(self, training: Training) -> None:
        """Write if it is due after so many steps or seconds."""
        if self.checkpoint is not None and self.checkpoint.is_due("step", training.step):
            self._write(training, self.checkpoint)

    def epoch_ended(self, training: Training) -> None:
        """Write if it is due after so many epochs."""
        if self.checkpoint is not None and self.checkpoint.is_due("epoch", training.epoch):
            self._write(training, self.checkpoint)

    def ended(self, training: Training) -> None:
        """Write what is not in the file yet."""
        if self.checkpoint is not None and self._saved != self._moment(training):
            self._write(training, self.checkpoint)


def check_complete(training: Training) -> None:
    """Refuse to train parameters that no checkpoint would hold."""
    known = {id(parameter) for parameter in training.parameters().values()}
    groups = training.optimizer.param_groups
    lost = [parameter for group in groups for parameter in group["params"] if id(parameter) not in known]
    if lost:
        names = ", ".join(f"{parameter.name or 'one without a name'} {parameter.shape}" for parameter in lost)
        raise ValueError(
            f"fit: the optimizer trains parameters that neither the model nor the loss has, and a checkpoint would "
            f"lose them: {names}. Make them attributes of the model."
        )
