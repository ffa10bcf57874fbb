"""Where the files of a collection lie: looked for in folders, else downloaded into one of them.

A file in a folder is never changed or removed: a bad one is named, and that is all. A download is written under a name
of its own, checked, and renamed, so that under the real name there is a good file or none, whoever else downloads.
"""

from __future__ import annotations

import os
import secrets
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from .idx import Content, IdxFile, read
from .samples import Array

#: Names a folder to look in, and to download into.
VARIABLE = "CHALKGRAD_DATA"
#: Seconds without a byte after which a mirror is given up.
TIMEOUT = 20
#: Seconds without a change after which half a download has lost its process.
ABANDONED = 24 * 3600

Download = Callable[[str, Path], None]


class Collection(NamedTuple):
    """Files that belong together, and where on the network they are found."""

    #: Of the function that loads it, and of the subfolder where its files lie.
    name: str
    files: tuple[IdxFile, ...]
    #: Addresses of folders, each with all files packed by gzip.
    mirrors: tuple[str, ...]
    #: Files of another collection under the same names: passed over where both may lie.
    namesakes: tuple[IdxFile, ...] = ()


def load(collection: Collection, *, root: Path | None, download: bool, progress: bool) -> list[Array]:
    """The array of every file of a collection, each found in a folder or downloaded.

    Raises
    ------
    ValueError
        If a file that was found is not what it should be.
    FileNotFoundError
        If a file was not found and `download` is False.
    PermissionError
        If there is no folder to download into.
    ConnectionError
        If no mirror gave a good file.
    ImportError
        If pooch or tqdm is needed and missing.
    """
    found = [find(file, collection, root) for file in collection.files]
    missing = [file.name for file, content in zip(collection.files, found) if content is None]
    if missing:
        if not download:
            raise FileNotFoundError(
                f"datasets.{collection.name}: {listed(missing)} not found in {listed(folders(root))}, nor in a "
                f"subfolder {collection.name!r}. download=True downloads them; or put them, packed (.gz) or not, into "
                f"one of these folders, or into another that root= or the environment variable {VARIABLE} names."
            )
        retrieve = downloader(collection, progress)
        target = writable(collection, root)
        pairs = zip(collection.files, found)
        found = [content or fetch(file, collection, target, retrieve) for file, content in pairs]
    return [content.array(file) for file, content in zip(collection.files, found) if content is not None]


def folders(root: Path | None) -> Iterator[Path]:
    """Where files are looked for, in this order; the last one costs the import of pooch."""
    if root is not None:
        yield root
    if os.environ.get(VARIABLE):
        yield Path(os.environ[VARIABLE]).expanduser()
    cache = cache_folder()
    if cache is not None:
        yield cache


def cache_folder() -> Path | None:
    """The operating system's place for what can be had again; None without pooch, which knows it."""
    try:
        import pooch
    except ModuleNotFoundError:
        return None
    return Path(pooch.os_cache("chalkgrad"))


def find(file: IdxFile, collection: Collection, root: Path | None) -> Content | None:
    """The content of the first file that has one of the right names; an error if it is not the right content."""
    namesakes = {namesake.sha256 for namesake in collection.namesakes}
    for folder in folders(root):
        for place in (folder / collection.name, folder):
            for path in filter(os.path.isfile, [place / spelling for spelling in file.spellings]):
                content = read(path, file)
                flaw = content.flaw(file)
                if flaw is None:
                    return content
                if place == folder and content.sha256 in namesakes:
                    continue
                raise ValueError(
                    f"datasets.{collection.name}: {path} is not the file that was published: {flaw}. Nothing was "
                    "loaded, and the file is as it was; remove it, and the next call looks elsewhere or downloads it."
                )
    return None


def writable(collection: Collection, root: Path | None) -> Path:
    """The folder to download into: below `root` if there is one, else below the first that can be written to."""
    refusals = []
    for folder in folders(root) if root is None else (root,):
        target = folder / collection.name
        try:
            target.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=target):
                return target
        except OSError as error:
            refusals.append(f"{target} ({error.strerror or error})")
    raise PermissionError(
        f"datasets.{collection.name}: the files are to be downloaded, and there is no folder to write them to; tried "
        f"{listed(refusals)}. Give one that can be written to, as root= or in the environment variable {VARIABLE}."
    )


def downloader(collection: Collection, progress: bool) -> Download:
    """A function that writes what is at an address into a file, and shows how far it is."""
    try:
        import pooch

        if progress:
            from tqdm import tqdm
    except ModuleNotFoundError as error:
        raise ImportError(
            f"datasets.{collection.name}: the files were not found, and downloading them needs {error.name}, which is "
            'not installed; pip install "chalkgrad[data]" installs it. Files that are already on this machine are '
            f"found by root= or the environment variable {VARIABLE}."
        ) from error

    def download(url: str, path: Path) -> None:
        options: dict[str, Any] = {"chunk_size": 1 << 16, "timeout": TIMEOUT}
        if not progress:
            pooch.HTTPDownloader(**options)(url, path, None)
            return
        # pooch replaces the total by what the mirror announces; a bar without one would not count as a bar.
        name = f"{collection.name}: {path.name.lstrip('.').partition('.')[0]}"
        with tqdm(total=1, desc=name, unit="B", unit_scale=True, dynamic_ncols=True) as bar:
            pooch.HTTPDownloader(progressbar=bar, **options)(url, path, None)

    return download


def fetch(file: IdxFile, collection: Collection, folder: Path, download: Download) -> Content:
    """A file from the first mirror that gives a good one, kept in `folder`."""
    remove_abandoned(file, folder)
    failures = []
    for mirror in collection.mirrors:
        url = f"{mirror}{file.name}.gz"
        partial = folder / f".{file.name}.{secrets.token_hex(8)}.partial"
        try:
            download(url, partial)
            content = read(partial, file)
            flaw = content.flaw(file)
            if flaw is None:
                with partial.open("rb+") as written:
                    os.fsync(written.fileno())
                partial.replace(folder / (f"{file.name}.gz" if content.packed else file.name))
                return content
            failures.append(f"{url}: {flaw}")
        except OSError as error:  # what requests raises, and a full disk
            failures.append(f"{url}: {type(error).__name__}: {error}")
        finally:
            partial.unlink(missing_ok=True)
    tried = "\n".join(f"  {failure}" for failure in failures)
    raise ConnectionError(
        f"datasets.{collection.name}: no mirror gave a good {file.name}.gz. Tried:\n{tried}\n"
        f"Where there is no network, copy {listed(file.name for file in collection.files)} from another machine, "
        f"packed (.gz) or not, into {folder}, or into a folder that root= or the environment variable {VARIABLE} names."
    )


def remove_abandoned(file: IdxFile, folder: Path) -> None:
    """Take away what downloads of this file left that were killed; a living one writes more often than once a day."""
    for partial in folder.glob(f".{file.name}.*.partial"):
        with suppress(OSError):  # another process may do the same
            if time.time() - partial.stat().st_mtime > ABANDONED:
                partial.unlink()


def listed(things: Iterable[object]) -> str:
    """Things as they stand in a sentence, none of them in words."""
    return ", ".join(str(thing) for thing in things) or "no folder at all"
