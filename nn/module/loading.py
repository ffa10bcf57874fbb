"""Loading a state dict: everything is checked before anything changes, and one error lists all that does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

import autodiff as ad

Array = npt.NDArray[Any]


class LoadResult(NamedTuple):
    """What `Module.load_state_dict` found: the names are PyTorch's. With `strict=True` both lists are empty."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not any(self):
            return "<all keys matched>"
        return f"LoadResult(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


def load(owner: str, tensors: Mapping[str, ad.Tensor], state: Mapping[str, Any], strict: bool) -> LoadResult:
    """Give Tensors, known by path, the values of a state."""
    if not isinstance(state, Mapping):
        raise TypeError(
            f"{owner}.load_state_dict takes a mapping of paths to arrays, and this is a {type(state).__name__}. "
            "Is it the name of a file, or a module whose .state_dict() was meant?"
        )
    wrong: list[str] = []
    given = {path: _array(path, value, wrong) for path, value in state.items()}
    missing = [path for path in tensors if path not in given]
    unexpected = [path for path in given if path not in tensors]
    if strict:
        wrong += [f"missing: {path} {tensors[path].shape}" for path in missing]
        wrong += [f"unexpected: {path} {getattr(given[path], 'shape', '')}".rstrip() for path in unexpected]
    values = {}
    for path, tensor in tensors.items():
        value = given.get(path)
        cast = None if value is None else _cast(path, value, tensor, wrong)
        if cast is not None:
            values[path] = cast
    _check_ties(tensors, values, wrong)
    if wrong:
        raise ValueError(
            f"{owner}.load_state_dict: the state does not fit, and nothing was changed:\n  " + "\n  ".join(wrong)
        )
    for path, value in values.items():
        tensors[path].data = value
    return LoadResult(missing, unexpected)


def _array(path: str, value: Any, wrong: list[str]) -> Array | None:
    """The value as an array; None, and a line in `wrong`, where it has none."""
    try:
        return value.data if isinstance(value, ad.Tensor) else np.asarray(value)
    except Exception as error:  # whatever a foreign object raises when it is asked for its array
        wrong.append(f"not an array: {path} is a {type(value).__name__}: {error}")
        return None


def _cast(path: str, value: Array, tensor: ad.Tensor, wrong: list[str]) -> Array | None:
    """A copy in the Tensor's dtype: the value may be a view of memory that is about to change. None if it is wrong."""
    dtype = tensor.dtype
    if value.dtype.kind not in "fiub":
        wrong.append(f"not real numbers: {path} is {value.dtype}, needed {dtype}")
    elif value.shape != tensor.shape:
        wrong.append(f"misshapen: {path} is {value.shape}, needed {tensor.shape}")
    elif not np.can_cast(value.dtype, dtype, "same_kind"):
        wrong.append(f"another kind of number: {path} is {value.dtype}, needed {dtype}")
    else:
        with np.errstate(all="ignore"):
            cast = value.astype(dtype)
            lost = np.isfinite(value) & ~np.isfinite(cast) if dtype.kind == "f" else cast != value
        if lost.any():
            wrong.append(f"out of range: {path} holds {value[lost][0]}, which is no {dtype}")
        else:
            return cast
    return None


def _check_ties(tensors: Mapping[str, ad.Tensor], values: Mapping[str, Array], wrong: list[str]) -> None:
    """One Tensor under several paths can have one value only."""
    first: dict[int, str] = {}
    for path, value in values.items():
        other = first.setdefault(id(tensors[path]), path)
        if other != path and not np.array_equal(value, values[other], equal_nan=True):
            wrong.append(f"tied: {path} is the same Tensor as {other}, and their values differ")
