"""The default Generator: where initialisers and shuffling draw from when they are not given one.

Everything random in this package takes `rng`, a `numpy.random.Generator`; this module holds the one for None.
"""

from __future__ import annotations

import numpy as np

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


def generator(rng: np.random.Generator | None) -> np.random.Generator:
    """The Generator given, or the default one."""
    global _default
    if rng is None:
        if _default is None:
            _default = np.random.default_rng()
        return _default
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"rng must be a numpy.random.Generator or None, and this is {rng!r} of type {type(rng).__name__}. Make one "
            "with numpy.random.default_rng(seed) and pass the same one everywhere, so that no two draws are alike."
        )
    return rng
