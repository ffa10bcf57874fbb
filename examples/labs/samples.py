"""The data sets of the labs by name: training samples, and others to be judged by, from one seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import datasets

from .configuration import Settings, generator
from .digits import mnist


@dataclass(frozen=True)
class Data:
    """A data set by its name in `MAKERS`, and its settings."""

    name: str
    settings: Settings = field(default_factory=dict)

    def split(self, seed: int) -> datasets.Split:
        """Training and test samples, drawn independently of each other."""
        return MAKERS[self.name](seed, **self.settings)


def _drawn(make: Callable[..., datasets.Samples], seed: int, **settings: Any) -> datasets.Split:
    """Both parts from the same maker. `test_points` is the size of the test part where it is another one."""
    test = dict(settings)
    if "test_points" in settings:
        del settings["test_points"]
        test["points"] = test.pop("test_points")
    train = make(**settings, rng=generator(seed, "training samples"))
    return datasets.Split(_float32(train), _float32(make(**test, rng=generator(seed, "test samples"))))


def _float32(samples: datasets.Samples) -> datasets.Samples:
    return datasets.Samples(samples.x.astype(np.float32), samples.y)


def linear(seed: int, **settings: Any) -> datasets.Split:
    """Clouds along the diagonal, of lab TNM112."""
    return _drawn(datasets.linear, seed, **settings)


def polar(seed: int, **settings: Any) -> datasets.Split:
    """Rings around a blob, of lab TNM112."""
    return _drawn(datasets.polar, seed, **settings)


#: Every data set that an experiment can name.
MAKERS: dict[str, Callable[..., datasets.Split]] = {"linear": linear, "polar": polar, "mnist": mnist}
