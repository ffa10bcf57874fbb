"""Real images: small handwritten digits that ship with scikit-learn, and MNIST and Fashion-MNIST as published.

scikit-learn and what downloads are imported only when they are needed: files that lie in a folder, like the synthetic
sets, need nothing but NumPy.
"""

from __future__ import annotations

import os
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np

from .batching import split
from .idx import IdxFile
from .samples import Samples, Seed, Split, checked, generator, switch
from .storage import Collection, load

MNIST_FILES = (
    IdxFile(
        "train-images-idx3-ubyte",
        (60_000, 28, 28),
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    IdxFile("train-labels-idx1-ubyte", (60_000,), "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
    IdxFile(
        "t10k-images-idx3-ubyte",
        (10_000, 28, 28),
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    IdxFile("t10k-labels-idx1-ubyte", (10_000,), "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
)
FASHION_MNIST_FILES = (
    IdxFile(
        "train-images-idx3-ubyte",
        (60_000, 28, 28),
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    ),
    IdxFile("train-labels-idx1-ubyte", (60_000,), "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"),
    IdxFile(
        "t10k-images-idx3-ubyte",
        (10_000, 28, 28),
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    ),
    IdxFile("t10k-labels-idx1-ubyte", (10_000,), "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
)
MNIST = Collection(
    "mnist",
    MNIST_FILES,
    (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "https://sagemaker-sample-files.s3.amazonaws.com/datasets/image/MNIST/",
    ),
    namesakes=FASHION_MNIST_FILES,
)
FASHION_MNIST = Collection(
    "fashion_mnist",
    FASHION_MNIST_FILES,
    (
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ),
    namesakes=MNIST_FILES,
)


def mnist(
    *, root: str | os.PathLike[str] | None = None, scale: bool = False, download: bool = True, progress: bool = True
) -> Split:
    """MNIST: 70,000 handwritten digits of 28 × 28 pixels, 60,000 of them to train on.

    Its four files are looked for in `root`, in the folder that the environment variable CHALKGRAD_DATA names and in
    the user's cache folder, in each in its subfolder `mnist` or directly, packed (.gz) or not, under the names
    `train-images-idx3-ubyte` or `train-images.idx3-ubyte` and so on. What is in none of them is downloaded: into
    `root` if given, else into the first of the others that can be written to.

    Parameters
    ----------
    root : str or path, optional
        The folder to look in first, and to download into.
    scale : bool
        False leaves the pixels as they are, whole numbers from 0 (paper) to 255 (ink); True divides by 255.
    download : bool
        Whether files that are not found may be downloaded.
    progress : bool
        Whether a bar shows how far a download is (tqdm).

    Returns
    -------
    Split
        `train` and `test`, with `x` (60000 or 10000, 28, 28), uint8 or, scaled, float32 in [0, 1], and `y` int64, the
        digit.

    Raises
    ------
    ValueError
        If a file that was found is truncated, damaged, too long or another one. Nothing is loaded, nor is the file
        touched.
    FileNotFoundError
        If a file was not found and may not be downloaded.
    PermissionError
        If no folder to download into can be written to.
    ConnectionError
        If no mirror gave a good file.
    ImportError
        If something is to be downloaded and pooch or tqdm is missing.
    TypeError
        If an argument is not of the kind above.

    Notes
    -----
    Source: Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, Gradient-based learning applied to document recognition,
    Proceedings of the IEEE 86(11), 1998. Scaled training pixels have mean 0.1307 and standard deviation 0.3081.

    Examples
    --------
    >>> import datasets
    >>> try:
    ...     train, test = datasets.mnist(download=False)
    ... except FileNotFoundError:  # not on this machine: datasets.mnist() would download it
    ...     pass
    ... else:
    ...     assert train.x.shape == (60000, 28, 28) and train.y[:5].tolist() == [5, 0, 4, 1, 9]
    """
    return published(MNIST, root, scale, download, progress)


def fashion_mnist(
    *, root: str | os.PathLike[str] | None = None, scale: bool = False, download: bool = True, progress: bool = True
) -> Split:
    """Fashion-MNIST: 70,000 photographs of clothes in the shapes of MNIST, and harder to tell apart.

    The files are named, looked for and downloaded as those of `mnist`, with `fashion_mnist` as the subfolder.

    Parameters
    ----------
    root, scale, download, progress
        As for `mnist`.

    Returns
    -------
    Split
        As of `mnist`. The classes are 0 T-shirt/top, 1 trouser, 2 pullover, 3 dress, 4 coat, 5 sandal, 6 shirt,
        7 sneaker, 8 bag and 9 ankle boot.

    Raises
    ------
    ValueError, FileNotFoundError, PermissionError, ConnectionError, ImportError, TypeError
        As `mnist`.

    Notes
    -----
    Source: H. Xiao, K. Rasul and R. Vollgraf, Fashion-MNIST: a novel image dataset for benchmarking machine learning
    algorithms, arXiv:1708.07747, 2017. On Debian the package `dataset-fashion-mnist` has the files, for
    `root="/usr/share/datasets/fashion-mnist"`.

    Examples
    --------
    >>> import datasets
    >>> try:
    ...     train, test = datasets.fashion_mnist(download=False)
    ... except FileNotFoundError:  # not on this machine: datasets.fashion_mnist() would download it
    ...     pass
    ... else:
    ...     assert train.x.shape == (60000, 28, 28) and train.y[:5].tolist() == [9, 0, 0, 3, 0]
    """
    return published(FASHION_MNIST, root, scale, download, progress)


def published(
    collection: Collection, root: str | os.PathLike[str] | None, scale: bool, download: bool, progress: bool
) -> Split:
    """A collection of images and labels, in the order train images, train labels, test images, test labels."""
    folder = path(root, collection.name)
    for name, value in {"scale": scale, "download": download, "progress": progress}.items():
        switch(value, collection.name, name)
    arrays = load(collection, root=folder, download=download, progress=progress)
    train_x, test_x = (np.divide(x, 255, dtype=np.float32) if scale else x for x in arrays[::2])
    train_y, test_y = (y.astype(np.int64) for y in arrays[1::2])
    return Split(Samples(train_x, train_y), Samples(test_x, test_y))


def path(root: Any, function: str) -> Path | None:
    """A folder, with ~ for the user's own."""
    if root is None:
        return None
    if not isinstance(root, str | os.PathLike) or not str(root):
        got = f"{root!r} of type {type(root).__name__}"
        raise TypeError(f"datasets.{function}: root must be the path of a folder, or None; got {got}.")
    return Path(root).expanduser()


def digits(*, scale: bool = False, test_fraction: float = 0.2, rng: Seed = 0) -> Split:
    """1,797 scans of handwritten digits, 8 × 8 pixels each, split into training and test samples.

    Parameters
    ----------
    scale : bool
        False leaves the pixels as they are, whole numbers from 0 (paper) to 16 (ink); True divides by 16.
    test_fraction : float
        The share of every class that goes to the test samples, more than 0 and less than 1.
    rng : numpy.random.Generator, int or None
        Which samples those are; an int is a seed, None splits anew at each call.

    Returns
    -------
    Split
        `train` and `test`, each with `x` (samples, 8, 8), uint8 or, scaled, float32 in [0, 1], and `y` int64,
        the digit. Both keep the order of the collection.

    Raises
    ------
    ImportError
        If scikit-learn is missing.
    TypeError, ValueError
        If an argument is not of the kind or range above.

    Notes
    -----
    Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning
    Repository, 1998; scikit-learn ships the test part of it.

    Examples
    --------
    >>> import datasets
    >>> train, test = datasets.digits()
    >>> train.x.shape, test.x.shape, train.x.dtype
    ((1438, 8, 8), (359, 8, 8), dtype('uint8'))
    >>> import numpy as np
    >>> np.bincount(test.y)
    array([36, 36, 35, 37, 36, 36, 36, 36, 35, 36])
    """
    wanted = "a share between 0 and 1, both excluded"
    switch(scale, "digits", "scale")
    checked(test_fraction, Real, lambda share: 0 < share < 1, "digits", "test_fraction", wanted)
    source = generator(rng, "digits")
    x, y = scans()
    if scale:
        x = (x / 16).astype(np.float32)
    return Split(*split(Samples(x, y), test_fraction, stratified=True, rng=source))


def scans() -> Samples:
    """The whole collection in its own order, pixels as uint8."""
    try:
        from sklearn.datasets import load_digits
    except ModuleNotFoundError as error:
        raise ImportError(
            "datasets.digits: the images ship with scikit-learn, which is not installed; "
            'pip install "chalkgrad[data]" installs it.'
        ) from error
    collection = load_digits()
    return Samples(collection.images.astype(np.uint8), collection.target.astype(np.int64))
