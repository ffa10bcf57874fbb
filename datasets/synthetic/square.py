"""Points of the unit square, of a class each: two small problems that need no noise to be instructive.

Both follow a first exercise in backpropagation at National Yang Ming Chiao Tung University (NYCU).
"""

from __future__ import annotations

import numpy as np

from ..samples import Samples, Seed, count, generator, labelled


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
    return labelled(x, np.where(x[:, 0] > x[:, 1], 0, 1))


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
    return labelled(points[:, :2], points[:, 2])
