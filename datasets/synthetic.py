"""Classes of points in the plane: problems whose difficulty is known, since their distributions are.

`linear` and `polar` follow the course TNM112 at Linköping University, `diagonal` and `xor` a first exercise
in backpropagation at National Yang Ming Chiao Tung University (NYCU).
"""

from __future__ import annotations

from numbers import Real

import numpy as np

from .samples import Array, Samples, Seed, checked, count, generator


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
    return samples(generator(rng, "linear").normal(centres, sigma, (len(y), 2)), y)


def polar(points_per_class: int = 512, classes: int = 2, sigma: float = 0.1, *, rng: Seed = None) -> Samples:
    r"""A cloud at the origin and rings around it, one per class; no straight line separates them.

    A point of class :math:`k` of :math:`K` lies at radius :math:`|r|`, :math:`r \sim N(k / K, \sigma^2)`, and
    angle :math:`\theta \sim U(0, 2 \cdot 3.14)`.

    Parameters
    ----------
    points_per_class : int
        Points of each class.
    classes : int
        Number of classes, K.
    sigma : float
        Standard deviation of the radius.
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
    Angles end at 2 · 3.14, the course's own value, a little short of 2π. No classifier is right more often
    than 99.13 % on average with two classes and sigma 0.1, or 96.0 % with five and 0.05. Shuffle before
    cutting the set in two. Source: the data generator of TNM112.

    Examples
    --------
    >>> import datasets
    >>> import numpy as np
    >>> x, y = datasets.polar(points_per_class=2, classes=4, sigma=0, rng=0)
    >>> np.hypot(x[:, 0], x[:, 1]).round(3)
    array([0.  , 0.  , 0.25, 0.25, 0.5 , 0.5 , 0.75, 0.75], dtype=float32)
    """
    y = class_indices(points_per_class, classes, "polar")
    sigma = deviation(sigma, "polar")
    source = generator(rng, "polar")
    radius = np.abs(source.normal(y / classes, sigma))
    angle = source.uniform(0, 2 * 3.14, len(y))
    return samples(np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1), y)


def diagonal(points: int = 100, *, rng: Seed = None) -> Samples:
    """The unit square, cut in two by its diagonal: class 0 where x1 > x2, class 1 elsewhere.

    Parameters
    ----------
    points : int
        Points in all, drawn uniformly; the classes are equally likely, not equally many.
    rng : numpy.random.Generator, int or None
        Where the points are drawn from; an int is a seed, None draws anew at each call.

    Returns
    -------
    Samples
        `x` float32 (points, 2) in [0, 1] and `y` int64, in the order drawn.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the kind or range above.

    Notes
    -----
    The classes touch but do not overlap: the best classifier makes no mistake. Source: the linear problem
    of the NYCU exercise.

    Examples
    --------
    >>> import datasets
    >>> x, y = datasets.diagonal(points=5, rng=0)
    >>> bool(((x[:, 0] > x[:, 1]) == (y == 0)).all())
    True
    """
    points = count(points, "diagonal", "points")
    x = generator(rng, "diagonal").random((points, 2), dtype=np.float32)
    return samples(x, np.where(x[:, 0] > x[:, 1], 0, 1))


def xor() -> Samples:
    """Two crossing lines of points, one class each: 21 points, always the same.

    Class 0 lies at (i/10, i/10), class 1 at (i/10, 1 − i/10), i from 0 to 10; where they cross is class 0.

    Returns
    -------
    Samples
        `x` float32 (21, 2) and `y` int64, from left to right.

    Notes
    -----
    No straight line separates the classes; a network with one hidden layer does. Source: the XOR problem
    of the NYCU exercise.

    Examples
    --------
    >>> import datasets
    >>> x, y = datasets.xor()
    >>> x[:3], y[:3]
    (array([[0. , 0. ],
           [0. , 1. ],
           [0.1, 0.1]], dtype=float32), array([0, 1, 0]))
    """
    rising = [(i / 10, i / 10, 0) for i in range(11)]
    falling = [(i / 10, 1 - i / 10, 1) for i in range(11) if i != 5]
    points = np.array(sorted(rising + falling, key=lambda point: (point[0], point[2])))
    return samples(points[:, :2], points[:, 2])


def class_indices(points_per_class: int, classes: int, function: str) -> Array:
    """`points_per_class` zeros, then as many ones, and so on."""
    points_per_class = count(points_per_class, function, "points_per_class")
    return np.repeat(np.arange(count(classes, function, "classes")), points_per_class)


def deviation(sigma: float, function: str) -> float:
    """A standard deviation, zero allowed."""
    return checked(sigma, Real, lambda s: 0 <= s < np.inf, function, "sigma", "a finite number of at least 0")


def samples(x: Array, y: Array) -> Samples:
    """Points and classes in the types that every set here returns."""
    return Samples(x.astype(np.float32), y.astype(np.int64))
