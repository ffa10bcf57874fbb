"""Checkpoints: files that a training can be continued from as if nothing had happened.

`Checkpoint` says where and how often; `nn.training` says what is in them, and `nn.serialize` writes the files.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from numbers import Real
from typing import Any, Literal

#: What a file's header says that it holds.
CONTENT = "checkpoint"
LAYOUT = 1


class Checkpoint:
    """A file that `fit` replaces every so often, so that a training survives whatever ends it.

    At every moment there is a whole checkpoint on the disk: the last one, or the one before it. A training that is
    continued from it ends with the same weights, bit for bit, as one that nothing interrupted, on the same machine with
    the same libraries and settings.

    Parameters
    ----------
    path : path
        In a folder that exists.
    every : int or float
        Write after so many units, at the start, and where the training ends or is interrupted by Ctrl-C.
    unit : {"epoch", "step", "seconds"}
        An epoch counts after its validation; seconds are looked at after each step.

    Raises
    ------
    TypeError
        If the path is none.
    ValueError
        If `every` is not a whole number of at least 1 (seconds: a number of at least 0), or the unit is not known.

    Notes
    -----
    It holds the model's parameters and buffers and which of them are frozen, a loss that is a module likewise, the
    optimizer, the schedule, every callback's and the statistics' `state_dict`, the history with the sums of the running
    epoch, the order of the data and how far it was learned, and every generator: `fit`'s, the default one of
    `nn.manual_seed`, and those that are attributes of modules, the loss, the schedule, `transform` or callbacks, or in
    lists, tuples and dicts that are, or that a method's object, a partial or a closure holds. What else a module, a
    callback or a function keeps is not in it, nor is NumPy's global generator. Every training needs a file of its own:
    of two that write the same one, the later write stays.

    Examples
    --------
    >>> import numpy as np, nn, pathlib, tempfile
    >>> x = np.random.default_rng(0).standard_normal((100, 2)).astype(np.float32)
    >>> y = (x[:, 0] > x[:, 1]).astype(int)
    >>> def train(path, epochs):
    ...     model = nn.MLP([2, 8, 2], rng=0)
    ...     optimizer = nn.Adam(model.parameters(), lr=0.05)
    ...     checkpoint = nn.Checkpoint(path, every=10, unit="step")
    ...     return nn.fit(
    ...         model, (x, y), nn.CrossEntropyLoss(), optimizer, epochs=epochs, rng=0, progress=False,
    ...         checkpoint=checkpoint, resume=True,
    ...     )
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "run.safetensors")
    ...     first = train(path, epochs=2)  # killed here, or earlier; and started again:
    ...     again = train(path, epochs=4)
    ...     saved = nn.Checkpoint(path).read()
    >>> len(again), bool((again["loss"][:2] == first["loss"]).all())
    (4, True)
    >>> sorted(saved)
    ['callbacks', 'frozen', 'generators', 'history', 'loss', 'model', 'optimizer', 'running', 'schedule']
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        every: float = 1,
        unit: Literal["epoch", "step", "seconds"] = "epoch",
    ) -> None:
        if unit not in ("epoch", "step", "seconds"):
            raise ValueError(f"Checkpoint: unit is {unit!r}; it can be 'epoch', 'step' or 'seconds'.")
        given: Any = every
        number = isinstance(given, Real) and not isinstance(given, bool)
        if not number or not (given >= 0 if unit == "seconds" else given >= 1 and given % 1 == 0):
            wanted = "a number of at least 0" if unit == "seconds" else "a whole number of at least 1"
            raise ValueError(f"Checkpoint: every is {every!r}; needed is {wanted} for the unit {unit!r}.")
        place: Any = path
        if not isinstance(place, str | os.PathLike) or not os.fspath(place):
            raise TypeError(f"Checkpoint: path is {path!r}; needed is the path of a file, in a folder that exists.")
        # Absolute: what is trained may change the working folder.
        self.path, self.every, self.unit = os.path.abspath(path), every, unit
        self._written = -float("inf")

    def exists(self) -> bool:
        """Whether there is one already."""
        return os.path.exists(self.path)

    def is_due(self, unit: str, count: int) -> bool:
        """Whether to write after so many steps or epochs."""
        if unit == "step" and self.unit == "seconds":
            return time.monotonic() - self._written >= self.every
        return unit == self.unit and count % self.every == 0

    def write(self, state: Mapping[str, Any], fingerprint: Mapping[str, str]) -> None:
        """Replace the file by one with this state."""
        from ..serialize import write_tensors
        from .encoding import encode

        arrays: dict[str, Any] = {}
        skeleton = encode(state, arrays)
        metadata = {"layout": LAYOUT, "fingerprint": dict(fingerprint), "state": skeleton}
        write_tensors(self.path, arrays, metadata, content=CONTENT, operation="Checkpoint")
        self._written = time.monotonic()

    def read(self) -> dict[str, Any]:
        """All that the file holds, nested and by name; `read()["model"]` is for `model.load_state_dict`.

        Raises
        ------
        FileNotFoundError
            If there is no file.
        ValueError
            If it is damaged, no checkpoint of a training, or of a later layout than this version knows.
        """
        return self.read_with_fingerprint()[0]

    def read_with_fingerprint(self) -> tuple[dict[str, Any], dict[str, str]]:
        """The state, and what must be the same for it to be continued."""
        from ..serialize import read_tensors
        from .encoding import decode

        arrays, metadata = read_tensors(self.path, content=CONTENT, operation="Checkpoint")
        if metadata["layout"] != LAYOUT:
            raise ValueError(
                f"Checkpoint: {self.path} has layout {metadata['layout']}, and this version knows {LAYOUT} only; it "
                "was written by another version of chalkgrad."
            )
        return decode(metadata["state"], arrays), metadata["fingerprint"]

    def __repr__(self) -> str:
        return f"Checkpoint({self.path!r}, every={self.every!r}, unit={self.unit!r})"
