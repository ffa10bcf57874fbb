"""Operations that make use of chance. Their draws are operands, made by the caller, so that a call can be repeated."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..primitive import primitive


@primitive
def dropout(x: Any, draws: Any, *, p: float) -> Any:
    """0 where a draw, uniform in [0, 1) and one for each element, is below p, x / (1 - p) elsewhere.

    Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.dropout(ad.Tensor([1.0, 2.0, 3.0]), [0.1, 0.7, 0.4], p=0.25)
    Tensor([0.        , 2.66666667, 4.        ])
    """
    x, kept = np.asarray(x), np.greater_equal(draws, p)
    if x.shape != kept.shape:
        raise ValueError(f"x has shape {x.shape} and the draws {kept.shape}; needed is one draw for each element")
    return np.multiply(x, kept) * (0.0 if p == 1 else 1.0 / (1.0 - p))


dropout.vjp(lambda g, draws, p: dropout(g, draws, p), None)
