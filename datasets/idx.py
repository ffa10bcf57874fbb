"""The idx files of MNIST and its kin: read whole, packed or not, and used only if their checksum is the published one.

An idx file is a big-endian header (two zero bytes, a type code, the number of axes, then each axis's length as four
bytes) and the bytes of the array. The checksum is that of the unpacked content, so any packing of it will do. Source
of the format: Y. LeCun, C. Cortes and C. Burges, The MNIST database of handwritten digits, 1998.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import math
import zlib
from pathlib import Path
from typing import IO, NamedTuple, cast

import numpy as np

from .samples import Array

CHUNK = 1 << 20
GZIP_MAGIC = b"\x1f\x8b"


class IdxFile(NamedTuple):
    """What one file of a collection must hold."""

    #: As its publishers call it, unpacked.
    name: str
    shape: tuple[int, ...]
    #: Of the unpacked content.
    sha256: str

    @property
    def header(self) -> int:
        """Bytes before the array's."""
        return 4 + 4 * len(self.shape)

    @property
    def size(self) -> int:
        """Bytes of the unpacked content."""
        return self.header + math.prod(self.shape)

    @property
    def spellings(self) -> tuple[str, ...]:
        """The file names in use, in the order in which they are looked for."""
        dotted = self.name.replace("-idx", ".idx")
        return f"{self.name}.gz", self.name, f"{dotted}.gz", dotted


class Content(NamedTuple):
    """What a file held when it was read."""

    #: As many bytes as were expected; worth something only if the checksum is right.
    data: Array
    size: int
    sha256: str
    packed: bool
    #: Why reading ended before the file did.
    damage: str | None

    def flaw(self, file: IdxFile) -> str | None:
        """What is wrong with it as the content of `file`, in words; None if nothing is."""
        if self.damage is None and self.sha256 == file.sha256:
            return None
        if self.damage is not None:
            cause = f"unpacking failed ({self.damage}): it is truncated or damaged"
        elif self.size < file.size:
            cause = "it is truncated, or another file"
        elif self.size > file.size:
            cause = "it is another file, or something was appended"
        else:
            cause = "the size is right, so it is damaged, or the same file of another collection"
        return (
            f"expected {file.size:,} bytes (unpacked) with sha256 {file.sha256}, "
            f"found {self.size:,} bytes with sha256 {self.sha256}; {cause}"
        )

    def array(self, file: IdxFile) -> Array:
        """The array of a content without a flaw."""
        return self.data[file.header :].reshape(file.shape)


def read(path: Path, file: IdxFile) -> Content:
    """Everything in the file at `path`, unpacked if it is packed, whatever its name says."""
    data = np.empty(file.size, np.uint8)
    digest = hashlib.sha256()
    size, damage = 0, None
    with path.open("rb") as raw:
        packed = raw.read(2) == GZIP_MAGIC
        raw.seek(0)
        stream = cast("IO[bytes]", gzip.GzipFile(fileobj=io.BufferedReader(raw, CHUNK))) if packed else raw
        try:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
                kept = chunk[: max(file.size - size, 0)]
                data[size : size + len(kept)] = np.frombuffer(kept, np.uint8)
                size += len(chunk)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            damage = str(error)
    return Content(data, size, digest.hexdigest(), packed, damage)
