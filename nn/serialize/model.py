"""`save` and `load`: a model's state dict as a file, and back into a model that it fits."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple, overload

import numpy as np

import autodiff as ad

from ..module import Module
from .layout import Array
from .reading import read_tensors
from .writing import type_name, write_tensors


class SavedState(NamedTuple):
    """What a file of `save` holds.

    Attributes
    ----------
    state : dict of str to ndarray
        The arrays by path, writable, in the order of the `state_dict`.
    metadata : dict
        What `save` was given.

    Examples
    --------
    >>> import pathlib, tempfile, nn
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "model.safetensors")
    ...     nn.save(path, nn.Linear(2, 3), {"epochs": 5})
    ...     state, metadata = nn.load(path)
    >>> list(state), metadata
    (['weight', 'bias'], {'epochs': 5})
    """

    state: dict[str, Array]
    metadata: dict[str, Any]


def save(
    path: str | os.PathLike[str],
    model: Module | Mapping[str, Array | ad.Tensor],
    metadata: Mapping[str, Any] | None = None,
) -> None:
    """Write what a model has learned to a safetensors file, atomically.

    Parameters
    ----------
    path : str or path-like
        In a folder that exists. Until the new file is whole and on the disk, the old one stays.
    model : Module or state dict
        A module, of which the `state_dict` is taken: parameters and buffers, tied ones under each of their paths. Or
        Tensors and arrays by name.
    metadata : mapping, optional
        What JSON can hold: dicts with str keys, lists, str, int, float, bool, None.

    Raises
    ------
    ImportError
        If safetensors is not installed; the extra `train` brings it.
    TypeError
        If something is neither a Tensor nor an array (an optimizer's state, say), has a dtype that the format does not
        know, or if JSON cannot hold the metadata.
    OSError
        If the file cannot be written. What was there before is unchanged.

    Examples
    --------
    >>> import pathlib, tempfile, nn
    >>> model, twin = nn.MLP([2, 8, 1]), nn.MLP([2, 8, 1])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "model.safetensors")
    ...     nn.save(path, model, metadata={"test_accuracy": 0.98})
    ...     nn.load(path, twin)
    {'test_accuracy': 0.98}
    >>> bool((twin[0].weight.data == model[0].weight.data).all())
    True
    """
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"nn.save: the path is of type {type(path).__name__}; the order is nn.save(path, model).")
    write_tensors(path, _state(model), metadata, content="state_dict", operation="nn.save")


@overload
def load(path: str | os.PathLike[str], model: None = None) -> SavedState: ...


@overload
def load(path: str | os.PathLike[str], model: Module) -> dict[str, Any]: ...


def load(path: str | os.PathLike[str], model: Module | None = None) -> SavedState | dict[str, Any]:
    """Read a file of `save`, into a model if there is one.

    Parameters
    ----------
    path : str or path-like
        The file.
    model : Module, optional
        Takes over the values, by `load_state_dict`: each is cast to the dtype that its parameter has.

    Returns
    -------
    SavedState or dict
        Without a model, the state and the metadata; with a model, the metadata that `save` was given.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not whole or not one of `save`, or if the state does not fit the model; the error says why, for
        all keys. The model is unchanged.
    ImportError
        If safetensors is not installed; the extra `train` brings it.

    Examples
    --------
    >>> import pathlib, tempfile, nn
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "model.safetensors")
    ...     nn.save(path, nn.Linear(2, 3))
    ...     nn.load(path).state["weight"].shape
    (3, 2)
    """
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"nn.load: the path is of type {type(path).__name__}; the order is nn.load(path, model).")
    if not (model is None or isinstance(model, Module)):
        raise TypeError(f"nn.load: the model is of type {type(model).__name__}; needed is an nn.Module.")
    state, metadata = read_tensors(path, content="state_dict", operation="nn.load")
    if model is None:
        return SavedState(state, metadata)
    try:
        model.load_state_dict(state)
    except ValueError as error:
        raise ValueError(
            f"nn.load: {os.fsdecode(path)} is whole, but holds the state of another model.\n{error}"
        ) from error
    return metadata


def _state(model: Any) -> Mapping[str, Array]:
    """The arrays by path, of a module or of something like its state dict."""
    if isinstance(model, Module):
        return model.state_dict()
    if not isinstance(model, Mapping):
        raise TypeError(
            f"nn.save: it is of type {type(model).__name__}; needed is a module or a state dict. An optimizer and what "
            "else belongs to a training are kept by nn.Checkpoint."
        )
    for name, value in model.items():
        if not isinstance(value, ad.Tensor | np.ndarray | np.generic):
            raise TypeError(
                f"nn.save: {name!r} is of type {type_name(value)}; a state dict has one array per name. Numbers "
                "and settings belong to `metadata`; an optimizer's state is kept, with the model's, by nn.Checkpoint. "
                "Tensors of another library become arrays by its own means, such as .numpy()."
            )
    return {name: value.data if isinstance(value, ad.Tensor) else value for name, value in model.items()}
