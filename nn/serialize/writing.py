"""Writing: named arrays and JSON-able metadata become one safetensors file with a checksum over every bit of it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

import autodiff as ad

from .atomic import write_atomically
from .layout import DTYPES, FORMAT, FORMAT_VERSION, HEADER_LIMIT, UNSIGNED, Array, checksum_field, safetensors_library


def write_tensors(
    path: str | os.PathLike[str],
    arrays: Mapping[str, Array],
    metadata: Mapping[str, Any] | None = None,
    *,
    content: str = "tensors",
    operation: str = "write_tensors",
) -> None:
    """Write named arrays and metadata as one file, atomically; the same content gives the same bytes.

    Parameters
    ----------
    path : str or path-like
        In a folder that exists. A file that is there is replaced in one step; a symbolic link stays, and what it
        points to is replaced.
    arrays : mapping of str to ndarray
        Any shape (0-d and empty ones too), any memory layout, and a dtype of bool, int8 to int64, uint8 to uint64,
        float16 to float64, complex64. The order is kept.
    metadata : mapping, optional
        What JSON can hold: dicts with str keys, lists, str, int of any size, float (exact; nan and inf too), bool,
        None. Tuples come back as lists.
    content : str
        What the arrays are together, "checkpoint" say: `read_tensors` refuses a file that holds something else.
    operation : str
        Whom an error names.

    Raises
    ------
    ImportError
        If safetensors is not installed; the extra `train` brings it.
    TypeError
        If an array or the metadata cannot be kept in such a file; the error says which one.
    ValueError
        If a name or the metadata has no place in the header.
    OSError
        If the file cannot be written. What was there before is unchanged.

    Examples
    --------
    >>> import pathlib, tempfile, numpy as np
    >>> from nn.serialize import read_tensors, write_tensors
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "state.safetensors")
    ...     write_tensors(path, {"momentum": np.zeros(3, np.float32)}, {"step": 2**70})
    ...     read_tensors(path)
    ({'momentum': array([0., 0., 0.], dtype=float32)}, {'step': 1180591620717411303424})
    """
    import hashlib
    import json
    import platform

    library = safetensors_library(operation)
    contents = {_name(name, operation): _contiguous(name, value, operation) for name, value in arrays.items()}
    fields = {
        "checksum": UNSIGNED,
        "format": FORMAT,
        "format_version": str(FORMAT_VERSION),
        "content": content,
        "chalkgrad": ad.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "metadata": _json(metadata, operation),
        "order": json.dumps(list(contents)),
    }
    try:
        raw = memoryview(library.save(contents))
    except Exception as error:  # an older library knows fewer dtypes
        raise TypeError(f"{operation}: the installed safetensors library refuses the arrays ({error!r}).") from error
    size = int.from_bytes(raw[:8], "little")
    # The library would write its fields in an order that changes from call to call.
    layout = {"__metadata__": fields, **json.loads(bytes(raw[8 : 8 + size]))}
    header = json.dumps(layout, separators=(",", ":"), ensure_ascii=False).encode()
    header += b" " * (-len(header) % 8)
    if len(header) > HEADER_LIMIT:
        raise ValueError(
            f"{operation}: the header would have {len(header):,} bytes, and safetensors allows {HEADER_LIMIT:,}; the "
            f"metadata take {len(fields['metadata']):,} of them. Long lists of numbers belong into `arrays`."
        )
    start, data = len(header).to_bytes(8, "little") + header, raw[8 + size :]
    digest = hashlib.sha256(start)
    digest.update(data)
    write_atomically(
        path, [start.replace(checksum_field(UNSIGNED), checksum_field(digest.hexdigest()), 1), data], operation
    )


def _name(name: Any, operation: str) -> str:
    """A name that can stand in the header."""
    if not isinstance(name, str):
        raise TypeError(f"{operation}: the name {name!r} of an array is of type {type(name).__name__}, no str.")
    if name == "__metadata__":
        raise ValueError(f"{operation}: safetensors keeps the name '__metadata__' for itself; rename that array.")
    if not name.isascii() and any("\ud800" <= character <= "\udfff" for character in name):
        raise ValueError(f"{operation}: the name {name!r} has half a surrogate pair, which no UTF-8 text can hold.")
    return name


def _contiguous(name: str, value: Any, operation: str) -> Array:
    """The array as safetensors wants it: C order, little-endian."""
    if not isinstance(value, np.ndarray | np.generic) or isinstance(value, np.ma.MaskedArray):
        advice = "use .numpy()" if isinstance(value, ad.Tensor) else "settings and nested values belong to the metadata"
        if isinstance(value, np.ma.MaskedArray):
            advice = "its mask would be lost, use .filled()"
        raise TypeError(f"{operation}: {name!r} is of type {type(value).__name__}; needed is an ndarray ({advice}).")
    if value.dtype.name not in DTYPES:
        raise TypeError(
            f"{operation}: {name!r} has dtype {value.dtype}, which has no place in a safetensors file; cast it with "
            f".astype() to one of {', '.join(DTYPES)}."
        )
    return np.asarray(value, value.dtype.newbyteorder("<"), order="C")


def _json(metadata: Mapping[str, Any] | None, operation: str) -> str:
    """The metadata as text that gives the same metadata back."""
    import json

    if not (metadata is None or isinstance(metadata, Mapping)):
        raise TypeError(f"{operation}: the metadata are of type {type(metadata).__name__}; needed is a dict.")
    content = dict(metadata or {})
    try:
        unfit = next(_unfit(content, "metadata"), None)
        if unfit is None:
            return json.dumps(content)
    except RecursionError:
        unfit = "they are nested too deeply, or contain themselves"
    except ValueError as error:
        unfit = str(error)
    raise TypeError(
        f"{operation}: the metadata cannot be kept as JSON: {unfit}. Possible are dicts with str keys, lists, str, "
        "int, float, bool and None; NumPy's numbers become such by .item(), and arrays belong into `arrays`."
    )


def _unfit(value: Any, place: str) -> Iterator[str]:
    """What JSON cannot hold or would give back as something else, and where it is."""
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                yield f"{place} has the key {key!r}, of type {type(key).__name__}"
            yield from _unfit(item, f"{place}[{key!r}]")
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _unfit(item, f"{place}[{index}]")
    elif not (value is None or isinstance(value, str | int | float)):
        yield f"{place} is of type {type_name(value)}"


def type_name(value: Any) -> str:
    """The name of a type, with its library's where it is not Python's own: NumPy has a bool too."""
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
