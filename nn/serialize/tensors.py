"""The lower level of files: named arrays and JSON-able metadata, in one safetensors file that is whole or refused.

The header carries the format's name and version, the versions of the libraries that wrote it, and a SHA-256 checksum
over every bit of the file; whatever reads safetensors can read the arrays.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

import autodiff as ad

from .atomic import write_atomically
from .recognition import likely_kind

Array = npt.NDArray[Any]

FORMAT = "chalkgrad"
FORMAT_VERSION = 1
#: What both NumPy and safetensors know.
DTYPES = ("bool", "complex64", *(f"float{n}" for n in (16, 32, 64)))
DTYPES += tuple(f"{sign}int{n}" for sign in ("", "u") for n in (8, 16, 32, 64))
_HEADER_LIMIT = 100_000_000  # of the safetensors library, bytes
_UNSIGNED = "0" * 64  # stands in the place of the checksum while it is computed


def write_tensors(
    path: str | os.PathLike[str],
    arrays: Mapping[str, Array],
    metadata: Mapping[str, Any] | None = None,
    *,
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

    library = _safetensors(operation)
    contents = {_name(name, operation): _contiguous(name, value, operation) for name, value in arrays.items()}
    fields = {
        "checksum": _UNSIGNED,
        "format": FORMAT,
        "format_version": str(FORMAT_VERSION),
        "chalkgrad": ad.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "metadata": _json(metadata, operation),
        "order": json.dumps(list(contents)),
    }
    raw = memoryview(library.save(contents))
    size = int.from_bytes(raw[:8], "little")
    # The library would write its fields in an order that changes from call to call.
    layout = {"__metadata__": fields, **json.loads(bytes(raw[8 : 8 + size]))}
    header = json.dumps(layout, separators=(",", ":"), ensure_ascii=False).encode()
    header += b" " * (-len(header) % 8)
    if len(header) > _HEADER_LIMIT:
        raise ValueError(
            f"{operation}: the header would have {len(header):,} bytes, and safetensors allows {_HEADER_LIMIT:,}; the "
            f"metadata take {len(fields['metadata']):,} of them. Long lists of numbers belong into `arrays`."
        )
    start, data = len(header).to_bytes(8, "little") + header, raw[8 + size :]
    digest = hashlib.sha256(start)
    digest.update(data)
    write_atomically(path, [start.replace(_field(_UNSIGNED), _field(digest.hexdigest()), 1), data], operation)


def read_tensors(
    path: str | os.PathLike[str], *, operation: str = "read_tensors"
) -> tuple[dict[str, Array], dict[str, Any]]:
    """Read what `write_tensors` wrote, or say why not.

    Parameters
    ----------
    path : str or path-like
        The file.
    operation : str
        Whom an error names.

    Returns
    -------
    arrays : dict of str to ndarray
        Writable, in the order in which they were written.
    metadata : dict
        As they were given.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is truncated, damaged in any bit, of a newer format version, a safetensors file of another origin,
        or another kind of file altogether; the error says which.
    ImportError
        If safetensors is not installed; the extra `train` brings it.

    Examples
    --------
    >>> import pathlib, tempfile, numpy as np
    >>> from nn.serialize import read_tensors, write_tensors
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "state.safetensors")
    ...     write_tensors(path, {"x": np.arange(3.0)})
    ...     length = path.write_bytes(path.read_bytes()[:-1])
    ...     read_tensors(path)
    Traceback (most recent call last):
    ValueError: read_tensors: ...state.safetensors was not read: it is truncated, ... bytes long instead of ...
    """
    import json

    library = _safetensors(operation)
    raw = _content(path, operation)
    size, header = _header(raw, path, operation)
    fields = _own_fields(header, path, operation)
    _verify(raw, size, fields, path, operation)
    try:
        arrays = library.load(raw)
        return {name: arrays[name] for name in json.loads(fields["order"])}, json.loads(fields["metadata"])
    except Exception as error:  # the bytes are those that were written; this library is another
        _refuse(path, operation, f"the installed safetensors library cannot read it ({error!r})")


# Writing.


def _safetensors(operation: str) -> ModuleType:
    """The library, imported late: it is optional."""
    try:
        import safetensors.numpy
    except ModuleNotFoundError as error:
        raise ImportError(
            f"{operation}: files need the safetensors library, which is not installed; "
            'pip install "chalkgrad[train]" installs it.'
        ) from error
    module: ModuleType = safetensors.numpy
    return module


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
        "int, float, bool and None; arrays belong into `arrays`."
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
        yield f"{place} is of type {type(value).__name__}"


def _field(checksum: str) -> bytes:
    """The checksum as it stands in the header, and nowhere else: within a JSON string the quotes are escaped."""
    return f'"checksum":"{checksum}"'.encode()


# Reading.


def _refuse(path: Any, operation: str, reason: str) -> NoReturn:
    raise ValueError(f"{operation}: {os.fsdecode(path)} was not read: {reason}.")


def _content(path: str | os.PathLike[str], operation: str) -> bytes:
    """The whole file: what is verified is what is used, even if somebody replaces the file meanwhile."""
    mode = os.stat(path).st_mode
    if stat.S_ISDIR(mode):
        _refuse(path, operation, "it is a folder")
    if not stat.S_ISREG(mode):
        _refuse(path, operation, "it is a device or a pipe, no file")
    with open(path, "rb") as file:
        return file.read()


def _header(raw: bytes, path: Any, operation: str) -> tuple[int, dict[str, Any]]:
    """The length of the header and what it says, of a file that is as long as it says."""
    import json

    if not raw:
        _refuse(path, operation, "it is empty")
    if len(raw) < 9:
        _refuse(path, operation, f"it is truncated or another kind of file, with {len(raw)} bytes only")
    size = int.from_bytes(raw[:8], "little")
    if raw[8:9] != b"{" or size > _HEADER_LIMIT:
        kind = likely_kind(raw[:4096])
        if kind is None and raw[8:9] == b"{":
            kind = f"damaged: the header's length would be {size:,} bytes, more than safetensors allows"
        _refuse(path, operation, f"it is {kind}" if kind else "it is no safetensors file, or its beginning is damaged")
    if len(raw) < 8 + size:
        least = f"{len(raw):,} bytes long, and its header alone should reach to byte {8 + size:,}"
        _refuse(path, operation, f"it is truncated, {least}")
    try:
        header = json.loads(raw[8 : 8 + size].decode())
        ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
        length = 8 + size + max(ends, default=0)
    except (ValueError, RecursionError, AttributeError, TypeError, LookupError):
        _refuse(path, operation, "it is damaged: its header is not what a safetensors file begins with")
    if len(raw) != length:
        state = "truncated" if len(raw) < length else "damaged, with bytes after its end"
        _refuse(path, operation, f"it is {state}, {len(raw):,} bytes long instead of {length:,}")
    return size, header


def _own_fields(header: dict[str, Any], path: Any, operation: str) -> dict[str, Any]:
    """The fields that `write_tensors` put into the header, of a version that is known here."""
    fields = header.get("__metadata__")
    if not isinstance(fields, dict) or fields.get("format") != FORMAT:
        _refuse(
            path,
            operation,
            "it is a safetensors file of another origin, without chalkgrad's checksum. If it holds a state_dict, "
            "model.load_state_dict(safetensors.numpy.load_file(path)) reads it, with the keys renamed where they "
            f"differ from the model's; its keys begin with {[name for name in header if name != '__metadata__'][:3]}",
        )
    version = fields.get("format_version")
    if version == str(FORMAT_VERSION):
        return fields
    if isinstance(version, str) and version.isdecimal() and int(version) > FORMAT_VERSION:
        _refuse(
            path,
            operation,
            f"its format has version {version}, written by chalkgrad {fields.get('chalkgrad')}, and this chalkgrad "
            f"{ad.__version__} reads version {FORMAT_VERSION}; upgrade chalkgrad, or write the file with an older one",
        )
    _refuse(path, operation, f"it is damaged: its format has version {version!r}, which never existed")


def _verify(raw: bytes, size: int, fields: dict[str, Any], path: Any, operation: str) -> None:
    """Compare the checksum with the content."""
    import hashlib

    recorded, view = str(fields.get("checksum")), memoryview(raw)
    digest = hashlib.sha256(raw[: 8 + size].replace(_field(recorded), _field(_UNSIGNED), 1))
    digest.update(view[8 + size :])
    if digest.hexdigest() != recorded:
        _refuse(
            path,
            operation,
            "it is damaged: the checksum over its content is not the one in its header (found "
            f"{digest.hexdigest()[:12]}…, recorded {recorded[:12]}…). Take another copy of the file",
        )
