"""MNIST as the labs use it: pixels or features, all digits or the first ones, with noise if wanted."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

import datasets

from .configuration import generator
from .features import histograms

Array = npt.NDArray[Any]


def mnist(
    seed: int,
    *,
    train: int | None = None,
    test: int | None = None,
    noise: float = 0.0,
    features: str = "pixels",
    held_out: int = 0,
) -> datasets.Split:
    """Handwritten digits, a row of float32 for each.

    Parameters
    ----------
    seed : int
        Of the noise; the digits are always the same, in their published order.
    train, test : int, optional
        So many of the first digits; all of them, if not given.
    noise : float
        The deviation of normal noise that is added once to the training pixels, and not clipped. Test digits are clean.
    features : str
        "pixels", divided by 255, or "hog", histograms of oriented gradients.
    held_out : int
        So many of the last training digits stand in the test digits' place, and are not learned from: what settings
        are chosen by.

    Raises
    ------
    ValueError
        If there are no such features, or noise is asked for in features.
    """
    if features not in FEATURES or (noise and features != "pixels"):
        raise ValueError(
            f"labs: mnist has the features {', '.join(FEATURES)}, and noise in pixels only; "
            f"got features={features!r}, noise={noise}."
        )
    raw = _published()
    if held_out:
        x, y = raw.train
        learned, others = slice(-held_out), slice(-held_out, None)
        raw = datasets.Split(*(datasets.Samples(x[rows], y[rows]) for rows in (learned, others)))
    x, judged = (FEATURES[features](part.x[:count]) for part, count in ((raw.train, train), (raw.test, test)))
    if noise:
        x += noise * generator(seed, "noise").standard_normal(x.shape, np.float32)
    return datasets.Split(datasets.Samples(x, raw.train.y[:train]), datasets.Samples(judged, raw.test.y[:test]))


def _pixels(images: Array) -> Array:
    return np.divide(images.reshape(len(images), -1), 255, dtype=np.float32)


@lru_cache(1)
def _published() -> datasets.Split:
    return datasets.mnist(progress=False)


#: What a digit can be described by.
FEATURES = {"pixels": _pixels, "hog": histograms}
