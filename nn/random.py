"""The default Generator: where initialisers and shuffling draw from when they are not given one.

Everything random in this package takes `rng`, a `numpy.random.Generator`; this module holds the one for None. A seed
in place of a Generator is a new one at each call: two layers with the same seed begin alike.
"""

from __future__ import annotations

from typing import Any

import numpy as np

#: What `rng` can be.
Seed = np.random.Generator | int | None

_default: np.random.Generator | None = None


def manual_seed(seed: int) -> np.random.Generator:
    """Set the default Generator anew, so that what follows can be repeated.

    Parameters
    ----------
    seed : int
        At least 0.

    Returns
    -------
    numpy.random.Generator
        The new default, for drawing from it directly.

    Examples
    --------
    >>> import nn
    >>> _ = nn.manual_seed(0)
    >>> first = nn.Linear(2, 2).weight.numpy()
    >>> _ = nn.manual_seed(0)
    >>> bool((nn.Linear(2, 2).weight.data == first).all())
    True
    """
    global _default
    _default = np.random.default_rng(seed)
    return _default


def generator(rng: Seed) -> np.random.Generator:
    """The Generator given, one made from a seed, or the default one."""
    global _default
    if rng is None:
        if _default is None:
            _default = np.random.default_rng()
        return _default
    if isinstance(rng, np.random.Generator):
        return rng
    seed: Any = rng
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise TypeError(
            "rng must be a numpy.random.Generator, a seed (a whole number of at least 0) or None, and this is "
            f"{seed!r} of type {type(seed).__name__}. One Generator, numpy.random.default_rng(seed), passed everywhere "
            "gives draws that can be repeated and are never alike."
        )
    return np.random.default_rng(seed)
