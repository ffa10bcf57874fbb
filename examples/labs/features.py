"""What a picture looks like by its edges: histograms of oriented gradients, by scikit-image, as in report 002.

Those of many pictures take a minute, so they are kept in the cache folder of the data sets.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
import zlib
from collections.abc import Mapping
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from datasets.storage import cache_folder
from nn.serialize.atomic import write_atomically

from .runs import alone

Array = npt.NDArray[Any]

#: The report's settings: of 28 × 28 pixels, 4 × 4 overlapping blocks of 2 × 2 cells with 9 numbers each, 576 in all.
HOG: Mapping[str, Any] = {
    "orientations": 9, "pixels_per_cell": (5, 5), "cells_per_block": (2, 2), "block_norm": "L2-Hys",
}  # fmt: skip
#: Features of so many pictures or more are kept.
MANY = 5_000


def histograms(images: Array) -> Array:
    """Histograms of oriented gradients, float32, a row for each picture.

    Parameters
    ----------
    images : ndarray of uint8, shape (samples, height, width)
        Of 0 to 255.

    Raises
    ------
    ImportError
        If scikit-image is missing.

    Notes
    -----
    Source: N. Dalal and B. Triggs, Histograms of oriented gradients for human detection, CVPR 2005. Kept features are
    found by a checksum of the pictures, the settings and scikit-image's version; a damaged file is made anew.

    Examples
    --------
    >>> import numpy as np
    >>> from examples.labs.features import histograms
    >>> histograms(np.zeros((3, 28, 28), np.uint8)).shape
    (3, 576)
    """
    folder = _writable_folder() if len(images) >= MANY else None
    if folder is None:
        return _computed(images)
    path = folder / f"hog-{_checksum(images)}.npz"
    with alone(path):
        kept = _kept(path)
        if kept is None:
            kept = _computed(images)
            file = BytesIO()
            np.savez(file, features=kept)
            write_atomically(path, [file.getbuffer()], "labs")
    return kept


def _computed(images: Array) -> Array:
    from skimage.feature import hog

    return np.array([hog(image / 255, **HOG) for image in images], np.float32)


def _checksum(images: Array) -> str:
    digest = hashlib.sha256(f"{images.shape} {images.dtype} {dict(HOG)} {version('scikit-image')}".encode())
    digest.update(np.ascontiguousarray(images).data)
    return digest.hexdigest()[:16]


def _kept(path: Path) -> Array | None:
    """What was kept before, if it is there and whole: a zip file has a checksum of its content."""
    try:
        with path.open("rb") as opened, np.load(opened) as file:
            features: Array = file["features"]
            return features
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error):
        return None


def _writable_folder() -> Path | None:
    folder = cache_folder()
    if folder is None:
        return None
    folder = folder / "features"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None
