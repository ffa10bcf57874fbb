"""Classes that are round clouds of points: normal distributions around one centre each.

`linear` follows the course TNM112 at Linköping University.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..samples import Array, Samples, Seed, class_indices, count, deviation, generator, labelled


def linear(points_per_class: int = 512, classes: int = 2, sigma: float = 0.1, *, rng: Seed = None) -> Samples:
    r"""Round clouds along the diagonal of the unit square; straight lines separate them best.

    Class :math:`k` of :math:`K` is drawn from :math:`N(c_k (1, 1), \sigma^2 I)` with
    :math:`c_k = (k + 1) / (K + 1)`.

    Parameters
    ----------
    points_per_class : int
        Points of each class.
    classes : int
        Number of classes, K.
    sigma : float
        Standard deviation of each coordinate.
    rng : numpy.random.Generator, int or None
        Where the points are drawn from; an int is a seed, None draws anew at each call.

    Returns
    -------
    Samples
        `x` float32 (classes · points_per_class, 2) and `y` int64, sorted by class.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the kind or range above.

    Notes
    -----
    With two classes and sigma 0.1 no classifier is right more often than 99.08 % on average. Shuffle before
    cutting the set in two. Source: the data generator of TNM112.

    Examples
    --------
    >>> import datasets
    >>> x, y = datasets.linear(points_per_class=3, classes=2, sigma=0.1, rng=0)
    >>> x.shape, x.dtype, y
    ((6, 2), dtype('float32'), array([0, 0, 0, 1, 1, 1]))
    >>> datasets.linear(points_per_class=1, classes=3, sigma=0).x[:, 0]
    array([0.25, 0.5 , 0.75], dtype=float32)
    """
    y = class_indices(points_per_class, classes, "linear")
    sigma = deviation(sigma, "linear")
    centres = ((y + 1) / (classes + 1))[:, np.newaxis]
    return labelled(generator(rng, "linear").normal(centres, sigma, (len(y), 2)), y)


def blobs(
    points_per_class: int = 100,
    centres: int | npt.ArrayLike = 3,
    sigma: float = 1.0,
    features: int = 2,
    *,
    rng: Seed = None,
) -> Samples:
    r"""Round clouds around any centres, in a space of any dimension.

    Class :math:`k` is drawn from :math:`N(c_k, \sigma^2 I)`; centres that are not given are drawn from the cube
    :math:`U[-10, 10]^d`.

    Parameters
    ----------
    points_per_class : int
        Points of each class.
    centres : int or array_like of shape (classes, features)
        How many centres to draw, or the centres.
    sigma : float
        Standard deviation of each coordinate.
    features : int
        Dimension d of the space; only asked where the centres are drawn.
    rng : numpy.random.Generator, int or None
        Where centres and points are drawn from; an int is a seed, None draws anew at each call.

    Returns
    -------
    Samples
        `x` float32 (classes · points_per_class, features) and `y` int64, sorted by class.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the kind or range above.

    Notes
    -----
    A training and a test set of the same problem need the same centres: give them. Source: a mixture of isotropic
    normal distributions; scikit-learn's `make_blobs` draws its centres from the same cube.

    Examples
    --------
    >>> import datasets
    >>> x, y = datasets.blobs(points_per_class=2, centres=[[0, 0, 1], [5, 5, 5]], sigma=0)
    >>> x[y == 1]
    array([[5., 5., 5.],
           [5., 5., 5.]], dtype=float32)
    >>> datasets.blobs(10, centres=4, features=8, rng=0).x.shape
    (40, 8)
    """
    sigma = deviation(sigma, "blobs")
    wanted: Any = centres
    means = None if isinstance(wanted, int | np.integer) else rows_of_numbers(wanted)
    classes = count(wanted, "blobs", "centres") if means is None else len(means)
    y = class_indices(points_per_class, classes, "blobs")
    features = count(features, "blobs", "features")
    source = generator(rng, "blobs")
    if means is None:
        means = source.uniform(-10, 10, (classes, features))
    return labelled(source.normal(means[y], sigma), y)


def rows_of_numbers(centres: npt.ArrayLike) -> Array:
    """Centres, one a row."""
    try:
        rows = np.asarray(centres, dtype=np.float64)
    except (TypeError, ValueError):
        rows = np.empty(0)
    if rows.ndim != 2 or not rows.size or not np.isfinite(rows).all():
        raise ValueError(
            "datasets.blobs: centres must be a whole number of at least 1, or finite numbers of shape (classes, "
            f"features), a row for each class; got {centres!r}."
        )
    return rows
