"""functional_call: a module as a function of its parameters, so that `autodiff.grad` and its kin can differentiate it.

The given values stand in the module's attributes while `forward` runs, and the module's own come back after it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

import autodiff as ad

from .module import Buffer, Module, Parameter

#: Modules may share parts, so whoever puts values into attributes does it alone.
_turn = threading.RLock()


class _Slot(NamedTuple):
    """An attribute of a module that holds a parameter or a buffer."""

    owner: Module
    name: str
    kind: type[ad.Tensor]


class _Stand(NamedTuple):
    """A given value, the Tensor that stands for it, and the attributes where it does: several, if they are tied."""

    path: str
    value: Any
    tensor: ad.Tensor
    slots: list[_Slot]


def functional_call(module: Module, parameters: Mapping[str, Any], /, *inputs: Any, **settings: Any) -> Any:
    """Call a module with other parameters and buffers than its own: PyTorch's `torch.func.functional_call`.

    Parameters
    ----------
    module : Module
        What is called; afterwards its parameters and buffers are its own again, whatever happened.
    parameters : mapping of str to array_like or Tensor
        Values by path, as in `named_parameters` and `named_buffers`, of the shapes there. Tensors may be part of a
        graph: gradients flow into them. What is missing is taken from the module.
    *inputs, **settings
        What the module is called with, one by one, where PyTorch has a tuple of inputs and a dict. A tuple alone is
        refused for that reason; where it is meant as an input, it can be given by its keyword.

    Returns
    -------
    Any
        What the call returned.

    Raises
    ------
    ValueError
        If a path is not one of the module's, a value has another shape, or two different values are given for one
        parameter that has two paths; the error lists all of them.
    TypeError
        If a value is not made of real numbers, `parameters` is no mapping, or a tuple stands for all inputs.

    Notes
    -----
    A parameter with several paths is given under one of them, and stands in all places.

    A layer that changes its state, as batch normalisation does while training, changes the given buffer in place, and
    the caller's array with it; where it assigns a new Tensor, that is put into `parameters`, which must be a dict then.
    A buffer that is not given is the module's own, and changes as it does in an ordinary call.

    Threads take turns: one call at a time runs in a process. Ordinary calls of the same module from another thread
    meanwhile would see the given values; give such a thread a deepcopy.

    Examples
    --------
    >>> import numpy as np, autodiff as ad, nn
    >>> model = nn.Linear(2, 1, rng=0)
    >>> x = np.array([[1.0, 2.0]])
    >>> nn.functional_call(model, {"weight": np.array([[3.0, 4.0]]), "bias": np.zeros(1)}, x)
    Tensor([[11.]])
    >>> def loss(parameters):
    ...     return nn.functional_call(model, parameters, x).sum()
    >>> ad.grad(loss)({"weight": np.array([[3.0, 4.0]]), "bias": np.zeros(1)})
    {'weight': array([[1., 2.]]), 'bias': array([1.])}
    """
    if not isinstance(module, Module):
        raise TypeError(f"functional_call: the module is an object of type {type(module).__name__}.")
    if not isinstance(parameters, Mapping):
        raise TypeError(
            f"functional_call: the parameters are a {type(parameters).__name__}; needed is a dict of values by path, "
            "such as dict(module.named_parameters()). Of two dicts, {**parameters, **buffers} makes one."
        )
    if inputs and type(inputs[0]) is tuple and all(isinstance(other, dict) for other in inputs[1:]):
        raise TypeError(
            "functional_call: the input is a tuple, as in PyTorch; here inputs come one by one, as in the module's own "
            "call: functional_call(module, parameters, x). An input that is a tuple is given by its keyword."
        )
    with _turn:
        stands = _stands(module, parameters)
        with _placed(stands):
            output = module(*inputs, **settings)
            changed = {stand.path: value for stand in stands if (value := _changed(stand)) is not None}
    if changed and not isinstance(parameters, MutableMapping):
        raise TypeError(
            f"functional_call: the call gave {', '.join(changed)} a new value, and the {type(parameters).__name__} of "
            "parameters cannot take it. Pass a dict."
        )
    if isinstance(parameters, MutableMapping):
        parameters.update(changed)
    return output


def _stands(module: Module, parameters: Mapping[str, Any]) -> list[_Stand]:
    """What is to stand where; everything is checked before anything changes."""
    owned: dict[str, ad.Tensor] = {}
    slots: dict[int, list[_Slot]] = {}
    for path, owner in module.named_modules(remove_duplicate=False):
        for kind in (Parameter, Buffer):
            for name, tensor in owner._own(kind):
                owned[f"{path}.{name}" if path else name] = tensor
                slots.setdefault(id(tensor), []).append(_Slot(owner, name, kind))
    stands: dict[int, _Stand] = {}
    wrong = []
    for path, value in parameters.items():
        own = owned.get(path)
        if own is None:
            wrong.append(f"unexpected: {path}")
        elif (tensor := _tensor(path, value)).shape != own.shape:
            wrong.append(f"misshapen: {path} is {tensor.shape}, needed {own.shape}")
        elif id(own) not in stands:
            stands[id(own)] = _Stand(path, value, tensor, slots[id(own)])
        elif (other := stands[id(own)]).value is not value:
            wrong.append(f"tied: {path} is the same Tensor as {other.path}, and has another value; give one of them")
    if wrong:
        raise ValueError(
            f"functional_call: the parameters do not fit {type(module).__name__}:\n  " + "\n  ".join(wrong)
            + f"\n  It has: {', '.join(owned) or 'none'}."
        )  # fmt: skip
    return list(stands.values())


def _tensor(path: str, value: Any) -> ad.Tensor:
    """A value as a Tensor, sharing its memory."""
    if isinstance(value, ad.Tensor):
        return value
    try:
        return ad.Tensor(value, copy=False)
    except (TypeError, ValueError) as error:
        raise TypeError(f"functional_call: {path} is no array of real numbers: {error}") from error


@contextmanager
def _placed(stands: list[_Stand]) -> Iterator[None]:
    """Let the given Tensors stand in the attributes; the modules know of which kind they are."""
    before = {(id(slot.owner), slot.name): (slot, vars(slot.owner)[slot.name]) for s in stands for slot in s.slots}
    owners = {id(slot.owner): slot.owner for slot, _ in before.values()}
    given = {number: owner._given for number, owner in owners.items()}
    try:
        for stand in stands:
            for owner, name, kind in stand.slots:
                vars(owner)[name] = stand.tensor
                vars(owner)["_given"] = {**(owner._given or {}), name: kind}
        yield
    finally:
        for slot, tensor in before.values():
            vars(slot.owner)[slot.name] = tensor
        for number, owner in owners.items():
            vars(owner)["_given"] = given[number]


def _changed(stand: _Stand) -> Any:
    """What the caller's dict should hold instead of what it does: there was an assignment, not a change in place."""
    for owner, name, kind in stand.slots:
        now = vars(owner).get(name)
        if now is not stand.tensor and isinstance(now, ad.Tensor):
            return now if isinstance(stand.value, ad.Tensor) else now.data
        if kind is Buffer and not isinstance(stand.value, ad.Tensor | np.ndarray):
            return stand.tensor.data  # a number could not be changed in place
    return None
