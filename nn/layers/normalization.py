"""Layers that keep the signals between others centred and of one size."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

import autodiff as ad

from .. import functional
from ..arguments import floating, not_negative, positive
from ..functional.normalization import count_batch
from ..functional.operands import joined, operand
from ..module import Buffer, Module, Parameter


class _BatchNorm(Module):
    """What the batch normalisations share; they differ in the shapes they take."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        dtype: npt.DTypeLike = np.float32,
    ) -> None:
        caller = f"{type(self).__name__}({num_features})"
        self.num_features = positive(num_features, "num_features", caller)
        self.eps = not_negative(eps, "eps", caller)
        self.momentum = momentum if momentum is None else not_negative(momentum, "momentum", caller)
        dtype = floating(dtype, caller)
        self.weight = Parameter(np.ones(num_features, dtype)) if affine else None
        self.bias = Parameter(np.zeros(num_features, dtype)) if affine else None
        self.running_mean = Buffer(np.zeros(num_features, dtype)) if track_running_stats else None
        self.running_var = Buffer(np.ones(num_features, dtype)) if track_running_stats else None
        self.num_batches_tracked = Buffer(np.array(0)) if track_running_stats else None

    def check_shape(self, shape: tuple[int, ...]) -> None:
        """Refuse what has other axes than these."""
        raise NotImplementedError

    def forward(self, x: Any) -> Any:
        """Normalise each channel of x: by the batch's moments while training, by the running ones in use."""
        x = operand(x)
        self.check_shape(x.shape)
        momentum: Any = self.momentum
        tracked = self.num_batches_tracked if self.training else None
        if tracked is not None:
            if x.size <= self.num_features:
                self.refuse(x.shape, f"more than one value per channel while training: {_ONE_VALUE}")
            if momentum is None:
                momentum = ad.div(1.0, tracked + 1)
        out = functional.batch_norm(
            x, self.running_mean, self.running_var, self.weight, self.bias, self.training, momentum, self.eps
        )
        if tracked is not None:
            count_batch(tracked)  # not before: a batch may be refused
        return out

    def refuse(self, shape: tuple[int, ...], needed: str) -> None:
        """The error for an input that does not fit."""
        raise ValueError(f"{type(self).__name__}({self.extra_repr()}): the input has shape {shape} and needs {needed}")

    def extra_repr(self) -> str:
        """The number of channels, and what is not as usual."""
        settings = [str(self.num_features)]
        settings += [f"eps={self.eps}"] if self.eps != 1e-5 else []
        settings += [f"momentum={self.momentum}"] if self.momentum != 0.1 else []
        settings += ["affine=False"] if self.weight is None else []
        settings += ["track_running_stats=False"] if self.running_mean is None else []
        return ", ".join(settings)


_ONE_VALUE = "is the last batch of one sample? Drop it, or call model.eval() where nothing is learned."


class BatchNorm1d(_BatchNorm):
    """Each feature with mean 0 and variance 1 over the batch, times a learned weight, plus a learned bias.

    While training, by the batch's own mean and variance; in use (`model.eval()`), by their running means.

    Parameters
    ----------
    num_features : int
        Length of axis 1.
    eps : float
        Added to the variance.
    momentum : float or None
        The share of each batch in the running moments; None gives all batches the same share.
    affine : bool
        Whether weight and bias are there.
    track_running_stats : bool
        Whether running moments are kept; without them each batch is normalised by its own, in use too.
    dtype : dtype
        Of parameters and running moments, floating-point.

    Attributes
    ----------
    weight, bias : Parameter of shape (num_features,) or None
        Initially 1 and 0.
    running_mean, running_var : Buffer of shape (num_features,) or None
        Initially 0 and 1. The variance is the unbiased one, of n − 1.
    num_batches_tracked : Buffer of an integer, or None
        How many batches the running moments have seen.

    Raises
    ------
    ValueError
        If a setting is out of range, an input is not (batch, num_features) or (batch, num_features, length), or has
        only one value per feature while training.
    TypeError
        If the dtype is not a floating-point one.

    Notes
    -----
    Ioffe and Szegedy, "Batch normalization", 2015; see `nn.functional.batch_norm`.

    Examples
    --------
    >>> import numpy as np, nn
    >>> norm = nn.BatchNorm1d(2, dtype=float)
    >>> norm(np.array([[1.0, 10.0], [3.0, 30.0]])).data.round(3)
    array([[-1., -1.],
           [ 1.,  1.]])
    >>> norm.running_mean.data
    array([0.2, 2. ])
    """

    def check_shape(self, shape: tuple[int, ...]) -> None:
        """Refuse what is not (batch, features) or (batch, features, length)."""
        if len(shape) not in (2, 3) or shape[1] != self.num_features:
            self.refuse(
                shape,
                f"(batch, {self.num_features}) or (batch, {self.num_features}, length). "
                + ("Images go through BatchNorm2d." if len(shape) == 4 else "Has the layer before other features?"),
            )


class BatchNorm2d(_BatchNorm):
    """Each channel of images with mean 0 and variance 1 over batch and pixels, times a learned weight, plus a bias.

    While training, by the batch's own mean and variance; in use (`model.eval()`), by their running means.

    Parameters
    ----------
    num_features : int
        Number of channels.
    eps : float
        Added to the variance.
    momentum : float or None
        The share of each batch in the running moments; None gives all batches the same share.
    affine : bool
        Whether weight and bias are there.
    track_running_stats : bool
        Whether running moments are kept; without them each batch is normalised by its own, in use too.
    dtype : dtype
        Of parameters and running moments, floating-point.

    Attributes
    ----------
    weight, bias : Parameter of shape (num_features,) or None
        Initially 1 and 0.
    running_mean, running_var : Buffer of shape (num_features,) or None
        Initially 0 and 1. The variance is the unbiased one, of n − 1.
    num_batches_tracked : Buffer of an integer, or None
        How many batches the running moments have seen.

    Raises
    ------
    ValueError
        If a setting is out of range, an input is not (batch, num_features, height, width), or has only one value per
        channel while training.
    TypeError
        If the dtype is not a floating-point one.

    Notes
    -----
    Ioffe and Szegedy, "Batch normalization", 2015; see `nn.functional.batch_norm`.

    Examples
    --------
    >>> import numpy as np, nn
    >>> norm = nn.BatchNorm2d(3)
    >>> norm(np.ones((2, 3, 4, 4), np.float32)).shape, norm.num_batches_tracked.item()
    ((2, 3, 4, 4), 1)
    """

    def check_shape(self, shape: tuple[int, ...]) -> None:
        """Refuse what is not (batch, channels, height, width)."""
        if len(shape) != 4 or shape[1] != self.num_features:
            self.refuse(
                shape,
                f"(batch, {self.num_features}, height, width). "
                + ("Vectors go through BatchNorm1d." if len(shape) == 2 else "Has the layer before other channels?"),
            )


class LayerNorm(Module):
    """Each sample with mean 0 and variance 1 over its last axes, times a learned weight, plus a learned bias.

    Parameters
    ----------
    normalized_shape : int or sequence of int
        Lengths of the axes to normalise over, the last ones.
    eps : float
        Added to the variance.
    elementwise_affine : bool
        Whether the weight is there.
    bias : bool
        Whether the bias is there, where the weight is.
    dtype : dtype
        Of the parameters, floating-point.

    Attributes
    ----------
    weight, bias : Parameter of shape normalized_shape or None
        Initially 1 and 0.

    Raises
    ------
    ValueError
        If a setting is out of range, or the last axes of an input are not normalized_shape.
    TypeError
        If the dtype is not a floating-point one.

    Notes
    -----
    Ba, Kiros and Hinton, "Layer normalization", 2016.

    Examples
    --------
    >>> import numpy as np, nn
    >>> nn.LayerNorm(2, dtype=float)(np.array([[1.0, 3.0], [10.0, 30.0]])).data.round(3)
    array([[-1.,  1.],
           [-1.,  1.]])
    """

    def __init__(
        self,
        normalized_shape: int | tuple[int, ...],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        *,
        dtype: npt.DTypeLike = np.float32,
    ) -> None:
        caller = f"LayerNorm({normalized_shape})"
        lengths = normalized_shape if isinstance(normalized_shape, tuple | list) else (normalized_shape,)
        self.normalized_shape = tuple(positive(n, "normalized_shape", caller) for n in lengths)
        if not lengths:
            raise ValueError(f"{caller}: normalized_shape is empty; needed is the length of at least one axis.")
        self.eps = not_negative(eps, "eps", caller)
        dtype = floating(dtype, caller)
        self.weight = Parameter(np.ones(self.normalized_shape, dtype)) if elementwise_affine else None
        self.bias = Parameter(np.zeros(self.normalized_shape, dtype)) if elementwise_affine and bias else None

    def forward(self, x: Any) -> Any:
        """Normalise x of shape (..., *normalized_shape) over its last axes."""
        x = operand(x)
        if x.shape[-len(self.normalized_shape) :] != self.normalized_shape:
            raise ValueError(
                f"LayerNorm({self.extra_repr()}): the input has shape {x.shape} and needs (..., "
                f"{joined(self.normalized_shape)}). Has the layer before another number of outputs?"
            )
        return functional.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The axes, and what is not as usual."""
        settings = [str(self.normalized_shape if len(self.normalized_shape) > 1 else self.normalized_shape[0])]
        settings += [f"eps={self.eps}"] if self.eps != 1e-5 else []
        if self.weight is None:
            settings.append("elementwise_affine=False")
        elif self.bias is None:
            settings.append("bias=False")
        return ", ".join(settings)
