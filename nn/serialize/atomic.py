"""A file is either the old one or the new one, whole, whatever happens while it is written.

The bytes go to a temporary file in the same folder, are synced to the disk, and take the place of the old file in one
step. Every writer has a temporary file of its own, so writers do not meet, and what a killed one leaves is in no way.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterable
from typing import Any


def write_atomically(
    path: str | os.PathLike[str], chunks: Iterable[bytes | memoryview], operation: str = "write_atomically"
) -> None:
    """Write a file so that at no moment anybody finds half of it.

    A symbolic link stays, and what it points to is replaced; another hard link to the old file keeps the old content.
    An existing file's permissions are kept (owner and group too, where the process may set them); a new one gets the
    usual ones. A writer that was killed leaves its temporary file, `.<name>.<random>.tmp`, which may be deleted.

    Parameters
    ----------
    path : str or path-like
        In a folder that exists.
    chunks : iterable of bytes
        Written one after the other.
    operation : str
        Whom an error names.

    Raises
    ------
    OSError
        If the file cannot be written: the folder is missing or may not be written to, the disk is full. What was there
        before is unchanged, and the temporary file is gone.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "table.csv")
    ...     write_atomically(path, [b"epoch,loss\\n", b"1,0.5\\n"])
    ...     path.read_text()
    'epoch,loss\\n1,0.5\\n'
    """
    target = os.path.realpath(os.fsdecode(path))
    folder, name = os.path.split(target)
    # Cut short: a file system allows 255 bytes, and the name may have as many.
    temporary = os.path.join(folder, f".{name[:40]}.{os.urandom(8).hex()}.tmp")
    try:
        before = _replaceable(target)
        _write(temporary, chunks, before)
        os.replace(temporary, target)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        if isinstance(error, OSError):
            raise _explained(error, path, folder, operation) from error
        raise
    _sync_folder(folder)


def _replaceable(target: str) -> os.stat_result | None:
    """What is known of the file that will be replaced; None if there is none."""
    try:
        before = os.stat(target)
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(before.st_mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    if not stat.S_ISREG(before.st_mode):
        raise OSError(errno.EINVAL, "it is a device or a pipe, no file")
    if not os.access(target, os.W_OK):  # the rename would not mind
        raise PermissionError(errno.EACCES, "the file that is there is read-only")
    return before


def _write(temporary: str, chunks: Iterable[bytes | memoryview], before: os.stat_result | None) -> None:
    """Write and sync the temporary file; it never shows more to others than the file that it will replace."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    with open(os.open(temporary, flags, 0o666 if before is None else 0o600), "wb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        if before is not None:
            if hasattr(os, "chown"):
                with contextlib.suppress(OSError):  # only an administrator may give files away
                    os.chown(temporary, before.st_uid, before.st_gid)
            os.chmod(temporary, stat.S_IMODE(before.st_mode))
        os.fsync(file.fileno())


def _sync_folder(folder: str) -> None:
    """Let the new name survive a loss of power, where the platform can: Windows cannot, nor every network drive."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _explained(error: OSError, path: Any, folder: str, operation: str) -> OSError:
    """The same kind of error, with what it means for the user's files."""
    reason = error.strerror or str(error)
    if error.errno == errno.ENOENT and not os.path.isdir(folder):
        reason = f"there is no folder {folder}; make it first, say with pathlib.Path.mkdir"
    message = f"{operation}: nothing was written, and what was there before is unchanged ({reason})"
    return OSError(error.errno, message, os.fsdecode(path))
