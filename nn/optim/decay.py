"""Weight decay for weights only: the two groups that leave biases and the parameters of norms out of it."""

from __future__ import annotations

from typing import Any

from ..module import Module, Parameter
from .settings import is_number


def decay_groups(model: Module, weight_decay: float) -> list[dict[str, Any]]:
    """Groups of a model's parameters for an optimizer: weights that decay, and the others, which do not.

    Parameters
    ----------
    model : Module
        Its parameters of two or more axes decay, unless they are called `bias` or belong to a norm (BatchNorm,
        LayerNorm).
    weight_decay : float
        At least 0. With `SGD`, β here trains on loss + β/2 ‖W‖², whose gradient adds βW to every weight: the L2
        regularisation of text books. With `AdamW` weights shrink by lr β in each step.

    Returns
    -------
    list of dict
        Two groups, `params` and `weight_decay`; one that would be empty is left out. Other settings are the
        optimizer's defaults.

    Raises
    ------
    TypeError
        If the model is no Module.
    ValueError
        If the decay is out of range or there are no parameters.

    Examples
    --------
    >>> import nn
    >>> model = nn.MLP([2, 50, 2])
    >>> nn.SGD(nn.optim.decay_groups(model, 1e-3), lr=0.1)  # doctest: +ELLIPSIS
    SGD(lr=0.1, ..., weight_decay=0.001, ...): 2 tensors, 200 parameters
    SGD(lr=0.1, ..., weight_decay=0.0, ...): 2 tensors, 52 parameters
    """
    if not isinstance(model, Module):
        raise TypeError(f"decay_groups: model is a {type(model).__name__}; needed is a Module, not its parameters.")
    if not is_number(weight_decay):
        raise ValueError(f"decay_groups: weight_decay is {weight_decay!r}; it must be a finite number of at least 0.")
    norms = {id(parameter) for module in model.modules() if _is_norm(module) for parameter in module.parameters()}
    weights: list[Parameter] = []
    others: list[Parameter] = []
    for path, parameter in model.named_parameters():
        is_weight = parameter.ndim >= 2 and path.rpartition(".")[2] != "bias" and id(parameter) not in norms
        (weights if is_weight else others).append(parameter)
    if not weights and not others:
        raise ValueError(f"decay_groups: {type(model).__name__} has no parameters.")
    groups = [{"params": weights, "weight_decay": float(weight_decay)}, {"params": others, "weight_decay": 0.0}]
    return [group for group in groups if group["params"]]


def _is_norm(module: Module) -> bool:
    """By its name, so that norms that users write are known as well; a layer's norm may have weights of many axes."""
    return any("Norm" in kind.__name__ for kind in type(module).__mro__)
