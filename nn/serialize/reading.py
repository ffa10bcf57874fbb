"""Reading: a file that `write_tensors` wrote, whole, or a refusal that says what is wrong with it."""

from __future__ import annotations

import os
import stat
from typing import Any

import autodiff as ad

from .layout import FORMAT, FORMAT_VERSION, HEADER_LIMIT, UNSIGNED, Array, checksum_field, safetensors_library
from .recognition import likely_kind

#: Who reads what is named as a file's content.
READERS = {"checkpoint": "nn.Checkpoint", "state_dict": "nn.load"}


def read_tensors(
    path: str | os.PathLike[str], *, content: str | None = None, operation: str = "read_tensors"
) -> tuple[dict[str, Array], dict[str, Any]]:
    """Read what `write_tensors` wrote, or say why not.

    Parameters
    ----------
    path : str or path-like
        The file.
    content : str, optional
        What the file must hold, as it was given to `write_tensors`.
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
        another kind of file altogether, or holds something else than `content`; the error says which.
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

    library, path = safetensors_library(operation), os.fsdecode(path)
    try:
        raw = _content(path)
        size, header = _header(raw)
        fields = _own_fields(header)
        _verify(raw, size, fields)
        if content is not None and fields.get("content") != content:
            raise ValueError(_other_content(fields.get("content"), content))
        try:
            arrays = library.load(raw)
            return {name: arrays[name] for name in json.loads(fields["order"])}, dict(json.loads(fields["metadata"]))
        except Exception as error:  # the bytes are those that were written; the libraries here are others
            raise ValueError(f"the libraries installed here cannot read it ({error!r})") from error
    except ValueError as reason:
        raise ValueError(f"{operation}: {path} was not read: {reason}.") from reason.__cause__


def _content(path: str) -> bytes:
    """The whole file: what is verified is what is used, even if somebody replaces the file meanwhile."""
    mode = os.stat(path).st_mode
    if stat.S_ISDIR(mode):
        raise ValueError("it is a folder")
    if not stat.S_ISREG(mode):
        raise ValueError("it is a device or a pipe, no file")
    with open(path, "rb") as file:
        return file.read()


def _header(raw: bytes) -> tuple[int, dict[str, Any]]:
    """The length of the header and what it says, of a file that is as long as it says."""
    import json

    if not raw:
        raise ValueError("it is empty")
    if len(raw) < 9:
        raise ValueError(f"it is truncated or another kind of file, with {len(raw)} bytes only")
    size = int.from_bytes(raw[:8], "little")
    if raw[8:9] != b"{" or size > HEADER_LIMIT:
        kind = likely_kind(raw[:4096])
        if kind is None and raw[8:9] == b"{":
            kind = f"damaged: the header's length would be {size:,} bytes, more than safetensors allows"
        raise ValueError(f"it is {kind}" if kind else "it is no safetensors file, or its beginning is damaged")
    if len(raw) < 8 + size:
        least = f"{len(raw):,} bytes long, and its header alone should reach to byte {8 + size:,}"
        raise ValueError(f"it is truncated, {least}")
    try:
        header = json.loads(raw[8 : 8 + size].decode())
        ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
        length = 8 + size + max(ends, default=0)
    except (ValueError, RecursionError, AttributeError, TypeError, LookupError) as error:
        raise ValueError("it is damaged: its header is not what a safetensors file begins with") from error
    if len(raw) != length:
        state = "truncated" if len(raw) < length else "damaged, with bytes after its end"
        raise ValueError(f"it is {state}, {len(raw):,} bytes long instead of {length:,}")
    return size, header


def _other_content(found: Any, wanted: str) -> str:
    """Why a file that is whole is not the one that was meant."""
    reader = READERS.get(found, "nn.serialize.read_tensors")
    return f"it holds {found!r}, and needed is {wanted!r}; {reader} reads it"


def _own_fields(header: dict[str, Any]) -> dict[str, Any]:
    """The fields that `write_tensors` put into the header, of a version that is known here."""
    fields = header.get("__metadata__")
    if not isinstance(fields, dict) or fields.get("format") != FORMAT:
        raise ValueError(
            "it is a safetensors file of another origin, without chalkgrad's checksum. If it holds a state_dict, "
            "model.load_state_dict(safetensors.numpy.load_file(path)) reads it, with the keys renamed where they "
            f"differ from the model's; its keys begin with {[name for name in header if name != '__metadata__'][:3]}"
        )
    if not all(isinstance(value, str) for value in fields.values()):
        raise ValueError("it is damaged: the fields of its header are not all strings")
    version = fields.get("format_version")
    if version == str(FORMAT_VERSION):
        return fields
    if version is not None and version.isdecimal() and int(version[:9]) > FORMAT_VERSION:
        raise ValueError(
            f"its format has version {version}, written by chalkgrad {fields.get('chalkgrad')}, and this chalkgrad "
            f"{ad.__version__} reads version {FORMAT_VERSION}; upgrade chalkgrad, or write the file with an older one"
        )
    raise ValueError(f"it is damaged: its format has version {version!r}, which never existed")


def _verify(raw: bytes, size: int, fields: dict[str, Any]) -> None:
    """Compare the checksum with the content."""
    import hashlib

    recorded, view = str(fields.get("checksum")), memoryview(raw)
    digest = hashlib.sha256(raw[: 8 + size].replace(checksum_field(recorded), checksum_field(UNSIGNED), 1))
    digest.update(view[8 + size :])
    if digest.hexdigest() != recorded:
        raise ValueError(
            "it is damaged: the checksum over its content is not the one in its header (found "
            f"{digest.hexdigest()[:12]}…, recorded {recorded[:12]}…). Take another copy of the file"
        )
