"""The plan of a training: which samples are learned, in which batches, and what is measured; checked before it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ..losses import CrossEntropyLoss, MultiMarginLoss, NLLLoss
from ..module import Module
from .samples import Array, Data, Metrics, Pair, check_count, check_flag, checked, checked_metrics

Transform = Callable[[Array, np.random.Generator], Array]
OnNonFinite = Literal["raise", "continue"]


@dataclass(frozen=True)
class Plan:
    """What `fit` was asked to do, as arrays and checked settings."""

    x: Array
    y: Array
    validation: Pair | None
    metrics: Metrics
    batch_size: int
    drop_last: bool
    shuffle: bool
    transform: Transform | None
    nonfinite: OnNonFinite

    @classmethod
    def of(
        cls, model: Module, data: Data, validation: Data | None, metrics: Metrics | None, batch_size: int, **rest: Any
    ) -> Plan:
        """The plan, or an error that says what is wrong with it."""
        x, y = checked(data, model, "fit")
        held_out = None if validation is None else checked(validation, model, "fit: validation")
        check_count(batch_size, "batch_size")
        plan = cls(x, y, held_out, checked_metrics(metrics, y, "fit"), int(batch_size), **rest)
        check_flag(plan.shuffle, "shuffle")
        check_flag(plan.drop_last, "drop_last")
        if plan.drop_last and not plan.samples_per_epoch:
            raise ValueError(
                f"fit: {len(x)} samples make no batch of {batch_size}, and drop_last=True leaves smaller ones out; "
                "needed is a smaller batch_size, or drop_last=False."
            )
        if plan.nonfinite not in ("raise", "continue"):
            raise ValueError(f"fit: nonfinite is {plan.nonfinite!r}; it can be 'raise' or 'continue'.")
        return plan

    @property
    def samples_per_epoch(self) -> int:
        """How many samples of each epoch are learned."""
        return len(self.x) - (len(self.x) % self.batch_size if self.drop_last else 0)

    @property
    def batches_per_epoch(self) -> int:
        """In how many steps."""
        return -(-self.samples_per_epoch // self.batch_size)

    def order(self, rng: np.random.Generator) -> Array:
        """The order of the samples in an epoch."""
        return rng.permutation(len(self.x)) if self.shuffle else np.arange(len(self.x))

    def batch(self, rows: Array, rng: np.random.Generator) -> Pair:
        """Inputs, as copies, and targets of some samples."""
        x = self.x[rows]
        return (x if self.transform is None else self._transformed(x, rng)), self.y[rows]

    def _transformed(self, x: Array, rng: np.random.Generator) -> Array:
        assert self.transform is not None
        changed = np.asarray(self.transform(x, rng))
        if changed.shape[:1] != x.shape[:1]:
            raise ValueError(
                f"fit: transform made an array of shape {changed.shape} of a batch of shape {x.shape}; needed are as "
                "many rows. Does it return its result?"
            )
        # Noise in float64 must not make a float32 model compute in float64.
        return changed.astype(x.dtype, copy=False) if x.dtype.kind == "f" else changed

    @property
    def columns(self) -> list[str]:
        """The losses and metrics of the history's rows."""
        names = ["loss", *self.metrics]
        return names if self.validation is None else [*names, *(f"validation_{name}" for name in names)]

    def targets(self) -> Iterator[tuple[str, Array]]:
        """The targets to learn from and those to judge by, with what they are called."""
        yield "training", self.y
        if self.validation is not None:
            yield "validation", self.validation[1]


def check_labels(loss: Callable[..., Any], outputs: Array, plan: Plan) -> None:
    """Refuse class indices that the outputs have no place for, in whichever batch they will come.

    The loss itself is asked, about each label that is out of range: so its own settings hold, and its own words.
    """
    if not isinstance(loss, CrossEntropyLoss | NLLLoss | MultiMarginLoss) or outputs.ndim < 2:
        return
    for name, y in plan.targets():
        if y.dtype.kind in "iu" and y.ndim == outputs.ndim - 1:
            labels = np.unique(y)
            doubtful = labels[(labels < 0) | (labels >= outputs.shape[-1])]
            if not len(doubtful):
                continue
            try:
                with np.errstate(all="ignore"):
                    loss(np.zeros((len(doubtful), outputs.shape[-1]), outputs.dtype), doubtful)
            except (IndexError, TypeError, ValueError) as error:
                raise type(error)(
                    f"fit: the model has {outputs.shape[-1]} outputs, and the {name} targets have the labels "
                    f"{_listed(labels)}: {error}"
                ) from error


def _listed(labels: Array) -> str:
    """All of a few, the ends of many."""
    shown = [str(label) for label in (labels if len(labels) <= 12 else labels[[0, 1, 2, -3, -2, -1]])]
    return ", ".join(shown if len(labels) <= 12 else [*shown[:3], "…", *shown[3:]])
