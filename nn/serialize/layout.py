"""What makes a safetensors file one of ours: the fields in its header, and how the checksum stands among them.

The fields are strings, as the format wants it: `checksum`, `format`, `format_version`, `content`, the versions of the
libraries that wrote the file, `metadata` and `order` (of the arrays) as JSON.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]

FORMAT = "chalkgrad"
FORMAT_VERSION = 1
#: What both NumPy and safetensors know.
DTYPES = ("bool", "complex64", *(f"float{bits}" for bits in (16, 32, 64)))
DTYPES += tuple(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))
HEADER_LIMIT = 100_000_000  # bytes; the safetensors library's
UNSIGNED = "0" * 64  # stands in the place of the checksum while it is computed


def checksum_field(checksum: str) -> bytes:
    """The checksum as it stands in the header, and nowhere else: within a JSON string the quotes are escaped."""
    return f'"checksum":"{checksum}"'.encode()


def safetensors_library(operation: str) -> ModuleType:
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
