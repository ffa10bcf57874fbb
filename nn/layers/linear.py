"""The affine map of a layer of neurons."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .. import init
from ..arguments import floating, positive
from ..functional import linear
from ..functional.operands import operand_for
from ..module import Module, Parameter
from ..random import Seed, generator


class Linear(Module):
    """x Wᵀ + b, for inputs with any number of leading axes.

    Parameters
    ----------
    in_features, out_features : int
        Lengths of the last axis of input and output.
    bias : bool
        Whether b is there.
    dtype : dtype
        Of the parameters, floating-point.
    rng : numpy.random.Generator or int, optional
        Where the initial values are drawn from, or a seed; the default of `nn.manual_seed` without it.

    Attributes
    ----------
    weight : Parameter of shape (out_features, in_features)
        Initially uniform in ±1/√in_features, PyTorch's default.
    bias : Parameter of shape (out_features,) or None
        Likewise.

    Raises
    ------
    ValueError
        If a number of features is not a whole number of at least 1, or an input's last axis is not in_features long.
    TypeError
        If the dtype is not a floating-point one.

    Examples
    --------
    >>> import numpy as np, nn
    >>> nn.Linear(2, 3)(np.zeros((5, 2), np.float32)).shape
    (5, 3)
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        dtype: npt.DTypeLike = np.float32,
        rng: Seed = None,
    ) -> None:
        caller = f"Linear({in_features}, {out_features})"
        self.in_features = positive(in_features, "in_features", caller)
        self.out_features = positive(out_features, "out_features", caller)
        dtype, rng = floating(dtype, caller), generator(rng)
        self.weight = init.layer_default(Parameter(np.empty((out_features, in_features), dtype)), in_features, rng=rng)
        self.bias = init.layer_default(Parameter(np.empty(out_features, dtype)), in_features, rng=rng) if bias else None

    def forward(self, x: Any) -> Any:
        """Map x of shape (..., in_features) to (..., out_features)."""
        try:
            return linear(operand_for(self.weight, x), self.weight, self.bias)
        except ValueError as error:
            if np.shape(x)[-1:] == (self.in_features,):
                raise  # the input is not what does not fit
            raise ValueError(
                f"Linear({self.extra_repr()}): the input has shape {np.shape(x)} and needs (..., {self.in_features}). "
                "Does the layer before have another number of outputs, or is a Flatten missing?"
            ) from error

    def extra_repr(self) -> str:
        """The numbers of features."""
        return f"{self.in_features}, {self.out_features}" + ("" if self.bias is not None else ", bias=False")
