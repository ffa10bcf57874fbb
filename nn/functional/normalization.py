"""Batch and layer normalisation as functions, and the changes of state that keep running statistics.

Both are the engine's `moments`, `normalizer` and `normalize`, which are differentiable to any order.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autodiff as ad

from ..arguments import finite
from .operands import joined, operand, shape_of


@ad.primitive(mutates=("count",), symbol="+1")
def count_batch(count: Any) -> Any:
    """count ← count + 1, in place."""
    np.add(count, 1, out=count)
    return count


@ad.primitive(mutates=("running_mean", "running_var"), symbol="running μ, σ²")
def running_update(running_mean: Any, running_var: Any, moments: Any, momentum: Any, size: Any) -> Any:
    """running ← (1 − momentum) running + momentum batch, in place; the variance is that of size − 1.

    `moments` are those of a batch: all means and then all variances, in any shape.
    """
    means, variances = np.reshape(moments, (2, running_mean.size))
    for running, batch in ((running_mean, means), (running_var, variances * (size / (size - 1)))):
        running *= 1.0 - momentum
        running += momentum * batch
    return running_mean


def batch_norm(
    x: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: Any = 0.1,
    eps: float = 1e-5,
) -> Any:
    """Each channel with mean 0 and variance 1 over the batch, times a weight, plus a bias.

    Parameters
    ----------
    x : array_like of floats, of shape (batch, channels, ...)
    running_mean, running_var : Buffer or ndarray of shape (channels,), optional
        Changed in place while training; what is used in place of the batch's own moments otherwise.
    weight, bias : array_like of shape (channels,), optional
    training : bool
        Whether the batch's own moments are used, as they also are where there are no running ones.
    momentum : float
        The share of the batch in the running moments.
    eps : float
        Added to the variance.

    Returns
    -------
    Tensor or ndarray of the shape of x

    Raises
    ------
    TypeError
        If running moments that are to be changed are no arrays of floats.
    ValueError
        If x has less than two axes, an argument is not of shape (channels,), only one running moment is given, or
        there are less than two values per channel to take moments of, or the momentum is no finite number.

    Notes
    -----
    (x − mean) / √(variance + eps) · weight + bias (Ioffe and Szegedy, "Batch normalization", 2015). The batch is
    normalised by the variance of n; the running one is that of n − 1, as in PyTorch.

    Examples
    --------
    >>> import numpy as np, nn
    >>> x = np.array([[1.0, 10.0], [3.0, 30.0]])
    >>> nn.functional.batch_norm(x, training=True).round(3)
    array([[-1., -1.],
           [ 1.,  1.]])
    """
    x = operand(x)
    shape = x.shape
    if len(shape) < 2:
        raise ValueError(f"batch_norm: the input has shape {shape} and needs at least (batch, channels).")
    channels = shape[1]
    given = {"running_mean": running_mean, "running_var": running_var, "weight": weight, "bias": bias}
    for name, value in given.items():
        if value is not None and shape_of(value) != (channels,):
            raise ValueError(
                f"batch_norm: {name} has shape {shape_of(value)} for an input of shape {shape}; needed is "
                f"({channels},), one number per channel."
            )
    if (running_mean is None) != (running_var is None):
        raise ValueError("batch_norm: running_mean and running_var come together, and one of them is missing.")
    if x.dtype == np.float16:
        wide = ad.astype(x, dtype=np.float32)
        out = batch_norm(wide, running_mean, running_var, weight, bias, training, momentum, eps)
        return _narrowed(out, *given.values())
    along = (1, channels) + (1,) * (len(shape) - 2)
    if training or running_mean is None:
        size = math.prod(shape) // channels if channels else 0
        if size < 2:
            raise ValueError(
                f"batch_norm: expected more than one value per channel in training, and the input has shape {shape}. "
                "Is the last batch of one sample? Drop it, or call model.eval() where nothing is learned."
            )
        moments = ad.moments(x, axis=(0, *range(2, len(shape))))
        if running_mean is not None:
            momentum = _changeable(running_mean, running_var, momentum)
            running_update(running_mean, running_var, ad.stop_gradient(moments), momentum, float(size))
    else:
        moments = ad.stack([running_mean, running_var]).reshape((2, *along))
    weight, bias = 1.0 if weight is None else operand(weight), 0.0 if bias is None else operand(bias)
    if len(shape) > 2:
        weight, bias = (each if isinstance(each, float) else each.reshape(along) for each in (weight, bias))
    return ad.normalize(x, ad.normalizer(moments, weight, bias, eps=eps))


def _changeable(running_mean: Any, running_var: Any, momentum: Any) -> Any:
    """The momentum, if it is one and the running moments can be changed in place by it."""
    for name, running in (("running_mean", running_mean), ("running_var", running_var)):
        if not isinstance(running, ad.Tensor | np.ndarray) or running.dtype.kind != "f":
            kind = getattr(running, "dtype", type(running).__name__)
            raise TypeError(
                f"batch_norm: {name} is {kind}; needed while training, when it is changed in place, is a Buffer or an "
                "array of floats."
            )
    return momentum if isinstance(momentum, ad.Tensor) else finite(momentum, "momentum", "batch_norm")


def layer_norm(
    x: Any, normalized_shape: int | tuple[int, ...], weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Any:
    """Each sample with mean 0 and variance 1 over its last axes, times a weight, plus a bias.

    Parameters
    ----------
    x : array_like of floats, of shape (..., *normalized_shape)
    normalized_shape : int or tuple of int
        Lengths of the axes to normalise over, the last ones.
    weight, bias : array_like of shape normalized_shape, optional
    eps : float
        Added to the variance.

    Returns
    -------
    Tensor or ndarray of the shape of x

    Raises
    ------
    ValueError
        If the last axes of x, the weight or the bias are not of normalized_shape.

    Notes
    -----
    Ba, Kiros and Hinton, "Layer normalization", 2016.

    Examples
    --------
    >>> import numpy as np, nn
    >>> nn.functional.layer_norm(np.array([[1.0, 3.0], [10.0, 30.0]]), 2).round(3)
    array([[-1.,  1.],
           [-1.,  1.]])
    """
    x = operand(x)
    lengths = tuple(normalized_shape) if isinstance(normalized_shape, tuple | list) else (normalized_shape,)
    if not lengths or x.shape[-len(lengths) :] != lengths:
        raise ValueError(
            f"layer_norm: the input has shape {x.shape} and needs (..., {joined(lengths)}), which are the axes to "
            "normalise over."
        )
    for name, value in {"weight": weight, "bias": bias}.items():
        if value is not None and shape_of(value) != lengths:
            raise ValueError(f"layer_norm: {name} has shape {shape_of(value)}; needed is {lengths}, as these axes.")
    if x.dtype == np.float16:
        return _narrowed(layer_norm(ad.astype(x, dtype=np.float32), lengths, weight, bias, eps), weight, bias)
    moments = ad.moments(x, axis=tuple(range(x.ndim - len(lengths), x.ndim)))
    out = ad.normalize(x, ad.normalizer(moments, 1.0, 0.0, eps=eps))
    if weight is not None:
        out = out * weight
    return out if bias is None else out + bias


def _narrowed(out: Any, *parameters: Any) -> Any:
    """What was computed in float32 from halves, whose variance would overflow, in the dtype that halves would give."""
    dtypes = [operand(parameter).dtype for parameter in parameters if parameter is not None]
    return ad.astype(out, dtype=np.result_type(np.float16, *dtypes))
