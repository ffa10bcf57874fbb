"""Clipping: gradients that became too long are shortened in place, before the optimizer's step.

Both functions are composed of primitives, the last of which change gradients and are declared to, so that whoever
observes the engine sees them as a part of the training step.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import autodiff as ad

from .settings import is_number
from .updates import clip_by_norm, clip_by_value, gradient_norm

Tensors = ad.Tensor | Iterable[ad.Tensor]


def clip_grad_norm(
    parameters: Tensors, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> ad.Tensor:
    """Shorten all gradients by one factor, so that their norm, taken together, is at most `max_norm`.

    Parameters
    ----------
    parameters : Tensor or iterable of Tensor
        Those whose `.grad` is None are passed over; one that comes twice counts once.
    max_norm : float
        At least 0; infinity only measures.
    norm_type : float
        The p of the p-norm, greater than 0; infinity for the largest element.
    error_if_nonfinite : bool
        Whether a norm that is NaN or infinite is an error. Otherwise NaN makes all gradients NaN, and infinity makes
        the finite ones 0.

    Returns
    -------
    Tensor of shape (), float64
        The norm before clipping; 0 where there are no gradients.

    Raises
    ------
    TypeError
        If a parameter is no Tensor.
    ValueError
        If `max_norm` or `norm_type` is out of range.
    RuntimeError
        If the norm is not finite and that is an error; the gradients have not been changed then.

    Notes
    -----
    PyTorch's `clip_grad_norm_`: the factor is min(1, max_norm / (norm + 1e-6)) (Pascanu, Mikolov and Bengio, "On the
    difficulty of training recurrent neural networks", 2013). The norm is computed in float64, where squares of large
    float32 gradients do not overflow.

    Examples
    --------
    >>> import nn
    >>> w = nn.Parameter([3.0, 4.0])
    >>> (w * w).sum().backward()
    >>> nn.optim.clip_grad_norm([w], max_norm=1.0)
    Tensor(10.)
    >>> w.grad.numpy().round(4)
    array([0.6, 0.8])
    """
    owners = _with_gradients(parameters, "clip_grad_norm")
    _check(is_number(max_norm) or max_norm == math.inf, "clip_grad_norm: max_norm", max_norm, "at least 0")
    _check(
        is_number(norm_type, above=0) or norm_type == math.inf, "clip_grad_norm: norm_type", norm_type, "more than 0"
    )
    gradients: list[Any] = [parameter.grad for parameter in owners]
    if not gradients:
        return ad.Tensor(0.0)
    with ad.no_grad():
        total: ad.Tensor = gradient_norm(*gradients, order=float(norm_type))
        if error_if_nonfinite and not math.isfinite(total.item()):
            names = [
                f"{parameter.name or number} of shape {parameter.shape}"
                for number, parameter in enumerate(owners)
                if not math.isfinite(gradient_norm(parameter.grad, order=float(norm_type)).item())
            ]
            raise RuntimeError(
                f"clip_grad_norm: the norm of the gradients is {total.item()}, because of {', '.join(names)}. Nothing "
                "was changed. autodiff.detect_anomaly() finds the operation that they come from."
            )
        if max_norm < math.inf:
            for gradient in _distinct(gradients):
                clip_by_norm(gradient, total, float(max_norm))
    return total


def clip_grad_value(parameters: Tensors, clip_value: float) -> None:
    """Move every element of every gradient into [−clip_value, clip_value].

    Parameters
    ----------
    parameters : Tensor or iterable of Tensor
        Those whose `.grad` is None are passed over.
    clip_value : float
        At least 0. NaN stays NaN.

    Raises
    ------
    TypeError
        If a parameter is no Tensor.
    ValueError
        If `clip_value` is out of range.

    Examples
    --------
    >>> import nn
    >>> w = nn.Parameter([3.0, -0.2])
    >>> (w * w).sum().backward()
    >>> nn.optim.clip_grad_value([w], 1.0)
    >>> w.grad
    Tensor([ 1. , -0.4])
    """
    owners = _with_gradients(parameters, "clip_grad_value")
    _check(is_number(clip_value) or clip_value == math.inf, "clip_grad_value: clip_value", clip_value, "at least 0")
    with ad.no_grad():
        for gradient in _distinct([parameter.grad for parameter in owners]):
            clip_by_value(gradient, float(clip_value))


def _with_gradients(parameters: Tensors, caller: str) -> list[ad.Tensor]:
    """Those that have a gradient, each once."""
    given = [parameters] if isinstance(parameters, ad.Tensor) else list(parameters)
    for parameter in given:
        if not isinstance(parameter, ad.Tensor):
            raise TypeError(
                f"{caller}: a parameter is a {type(parameter).__name__}; needed are Tensors, model.parameters()."
            )
    return [parameter for parameter in {id(p): p for p in given}.values() if parameter.grad is not None]


def _distinct(gradients: list[Any]) -> list[Any]:
    """Each Tensor once: two parameters may have been given the same gradient."""
    return list({id(gradient): gradient for gradient in gradients}.values())


def _check(right: bool, what: str, value: Any, needed: str) -> None:
    if not right:
        raise ValueError(f"{what} is {value!r}; it must be a number of {needed}.")
