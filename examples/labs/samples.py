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


def moons(seed: int, scaled: bool = False, **settings: Any) -> datasets.Split:
    """Two half circles, of lab UPF; `scaled`, by the mean and deviation of the training points, both parts."""
    train, test = _drawn(datasets.moons, seed, **settings)
    if scaled:
        scaler = datasets.StandardScaler().fit(train.x)
        train, test = (datasets.Samples(scaler.transform(each.x), each.y) for each in (train, test))
    return datasets.Split(train, test)


def diagonal(seed: int, mistake: str | None = None, part: str = "train", **settings: Any) -> datasets.Split:
    """The square cut by its diagonal, of lab NYCU; `mistake` is a name in `MISTAKES`, made with one part."""
    split = _drawn(datasets.diagonal, seed, **settings)
    return split if mistake is None else split._replace(**{part: MISTAKES[mistake](getattr(split, part), seed)})


def xor(seed: int) -> datasets.Split:
    """Two crossing lines of 21 points, of lab NYCU, which tests with the points that it trains with."""
    samples = _float32(datasets.xor())
    return datasets.Split(samples, samples)


def _labels_shuffled(samples: datasets.Samples, seed: int) -> datasets.Samples:
    """Inputs were shuffled, labels were not."""
    return datasets.Samples(samples.x, generator(seed, "labels").permutation(samples.y))


def _reshaped(samples: datasets.Samples, seed: int) -> datasets.Samples:
    """Coordinates that stand in two rows are read as pairs: `x.T.reshape(-1, 2)` in place of a transposition."""
    return datasets.Samples(samples.x.T.reshape(-1, 2), samples.y)


#: Ways to spoil samples that a question asks about.
MISTAKES: dict[str, Callable[[datasets.Samples, int], datasets.Samples]] = {
    "labels shuffled": _labels_shuffled,
    "reshaped": _reshaped,
    "labels swapped": lambda samples, seed: datasets.Samples(samples.x, 1 - samples.y),
}

#: Every data set that an experiment can name.
MAKERS: dict[str, Callable[..., datasets.Split]] = {
    "linear": linear, "polar": polar, "mnist": mnist, "moons": moons, "diagonal": diagonal, "xor": xor,
}  # fmt: skip
