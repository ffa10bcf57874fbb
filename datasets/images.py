"""Real images: the handwritten digits that ship with scikit-learn, split once and for all.

scikit-learn is imported only when they are asked for, so that the synthetic sets need nothing but NumPy."""
from numbers import Real

import numpy as np

from datasets.samples import Array, Samples, Seed, Split, checked, generator


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
    checked(test_fraction, Real, lambda share: 0 < share < 1, "digits", "test_fraction", wanted)
    source = generator(rng, "digits")
    x, y = scans()
    held_out = stratified(y, test_fraction, source)
    if scale:
        x = (x / 16).astype(np.float32)
    return Split(Samples(x[~held_out], y[~held_out]), Samples(x[held_out], y[held_out]))


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


def stratified(y: Array, fraction: float, rng: np.random.Generator) -> Array:
    """A mask over `y`, True for about `fraction` of every class, for one of each at least, never for all."""
    chosen = np.zeros(len(y), dtype=bool)
    for label in np.unique(y):
        members = np.flatnonzero(y == label)
        size = np.clip(round(fraction * len(members)), 1, len(members) - 1)
        chosen[rng.choice(members, size, replace=False)] = True
    return chosen
