"""Files are found wherever they may lie; a download ends with a good file or none; a bad file is named, not touched."""
import gzip
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets import storage
from datasets.idx import read
from tests.datasets.published import Published, answer

ROOT = Path(__file__).parent.parent.parent
needs_pooch = pytest.mark.usefixtures("pooch")
SPELLINGS = ["{}.gz", "{}", "dotted.gz", "dotted"]
IMAGES = "train-images-idx3-ubyte"

# Loads a collection in a process of its own, and says what it has loaded.
PROGRAM = """
import json, sys
from pathlib import Path
from datasets.idx import IdxFile
from datasets.storage import Collection, load
root, files, mirrors = json.loads(sys.argv[1])
files = tuple(IdxFile(name, tuple(shape), sha256) for name, shape, sha256 in files)
arrays = load(Collection("tiny", files, tuple(mirrors)), root=Path(root), download=True, progress=False)
print([int(array.sum()) for array in arrays])
"""


@pytest.fixture
def pooch():
    return pytest.importorskip("pooch", reason='downloading needs pooch: pip install "chalkgrad[data]"')


def load(collection, *, root=None, download=True, progress=False):
    return storage.load(collection, root=root, download=download, progress=progress)


def assert_loaded(arrays, published):
    assert len(arrays) == 4
    for array, original in zip(arrays, published.arrays):
        assert array.dtype == np.uint8
        np.testing.assert_array_equal(array, original)


def files_in(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def all_packed(folder="tiny"):
    return sorted(
        f"{folder}/{part}-{kind}-ubyte.gz" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")
    )


# ---------------------------------------------------------------------------------------------------------- folders


@pytest.mark.parametrize("place", ["root", "variable", "cache"])
@pytest.mark.parametrize("subfolder", ["", "tiny"])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_files_are_found_in_every_folder_directly_or_below_under_every_name(
    place, subfolder, spelling, published, collection, cache, tmp_path, monkeypatch
):
    folder = {"root": tmp_path / "root", "variable": tmp_path / "variable", "cache": cache}[place]
    put(published, folder / subfolder, spelling)
    if place == "variable":
        monkeypatch.setenv(storage.VARIABLE, str(folder))
    root = folder if place == "root" else None
    assert_loaded(load(collection(), root=root, download=False), published)


def put(published, folder, spelling):
    if "dotted" not in spelling:
        return published.put(folder, spelling)
    published.put(folder, spelling.replace("dotted", "{}"))
    for path in list(folder.iterdir()):
        path.rename(path.with_name(path.name.replace("-idx", ".idx")))


def test_root_comes_before_the_variable_and_the_variable_before_the_cache(
    published, collection, cache, tmp_path, monkeypatch
):
    """The folder looked at first is the one whose bad file is complained of."""
    monkeypatch.setenv(storage.VARIABLE, str(tmp_path / "variable"))
    order = [cache, tmp_path / "variable", tmp_path / "root"]
    for folder in order:
        published.put(folder / "tiny")
        (folder / "tiny" / f"{IMAGES}.gz").write_bytes(b"bad")
        with pytest.raises(ValueError, match=str(folder)):
            load(collection(), root=tmp_path / "root")


def test_a_packed_file_is_told_by_its_content_not_its_name(published, collection, cache):
    for name, content in published.contents.items():
        (cache / "tiny").mkdir(parents=True, exist_ok=True)
        (cache / "tiny" / name).write_bytes(gzip.compress(content))
    assert_loaded(load(collection(), download=False), published)


def test_arrays_can_be_changed_without_changing_the_files(published, collection, cache):
    published.put(cache)
    load(collection())[0][:] = 0
    assert_loaded(load(collection()), published)


def test_what_is_missing_is_named_with_the_folders_and_the_ways_out(published, collection, cache, tmp_path):
    published.put(tmp_path / "root")
    (tmp_path / "root" / f"{IMAGES}.gz").unlink()
    with pytest.raises(FileNotFoundError) as error:
        load(collection(), root=tmp_path / "root", download=False)
    for word in [IMAGES, str(tmp_path / "root"), str(cache), "'tiny'", "download=True", "root=", storage.VARIABLE]:
        assert word in str(error.value)
    assert "t10k" not in str(error.value)


def test_an_empty_variable_names_no_folder(published, collection, cache, monkeypatch):
    published.put(cache)
    monkeypatch.setenv(storage.VARIABLE, "")
    assert_loaded(load(collection(), download=False), published)


def test_the_cache_folder_is_the_operating_systems(pooch):
    assert "chalkgrad" in storage.cache_folder().parts


# -------------------------------------------------------------------------------------------------------- bad files

DAMAGES = {
    "truncated": lambda content: content[: len(content) // 2],
    "empty": lambda content: b"",
    "longer": lambda content: content + b"\0",
    "one bit flipped": lambda content: content[:100] + bytes([content[100] ^ 1]) + content[101:],
    "another format": lambda content: b"<html>Not here</html>",
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_bad_file_is_named_with_both_checksums_and_left_as_it_was(
    damage, packed, published, collection, cache, mirror
):
    server = mirror()
    bad = DAMAGES[damage](published.contents[IMAGES])
    path = cache / "tiny" / (f"{IMAGES}.gz" if packed else IMAGES)
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress(bad) if packed else bad)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="is not the file that was published") as error:
        load(collection(server))
    expected = published.files[0]
    found = read(path, expected)
    for word in [str(path), expected.sha256, f"{expected.size:,}", found.sha256, f"{len(bad):,}", "remove it"]:
        assert word in str(error.value)
    assert path.read_bytes() == before
    assert not server.requests


@pytest.mark.parametrize("keep", [0.0, 0.5, 0.99])
def test_a_packed_file_cut_short_is_named_with_what_could_be_unpacked(keep, published, collection, cache):
    published.put(cache)
    path = cache / f"{IMAGES}.gz"
    path.write_bytes(path.read_bytes()[: int(keep * path.stat().st_size)])
    with pytest.raises(ValueError, match=f"{published.files[0].sha256}, found .* truncated"):
        load(collection())


@given(data=st.data())
def test_whatever_byte_of_a_packed_file_is_changed_the_content_is_refused_or_still_right(data, tmp_path_factory):
    published = Published(seed=0)
    file = published.files[1]
    packed = bytearray(gzip.compress(published.contents[file.name], mtime=0))
    position = data.draw(st.integers(0, len(packed) - 1))
    packed[position] ^= data.draw(st.integers(1, 255))
    path = tmp_path_factory.getbasetemp() / "changed.gz"
    path.write_bytes(packed)
    content = read(path, file)
    if content.flaw(file) is None:
        np.testing.assert_array_equal(content.array(file), published.arrays[1])
        assert position < 10, "only gzip's own header may differ: its date, say"
    else:
        assert file.sha256 in content.flaw(file)


@given(data=st.data())
def test_a_file_cut_anywhere_is_refused(data, tmp_path_factory):
    published = Published(seed=0)
    file = published.files[3]
    content = published.contents[file.name]
    whole = data.draw(st.sampled_from([content, gzip.compress(content)]))
    path = tmp_path_factory.getbasetemp() / "cut"
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    assert read(path, file).flaw(file)


@needs_pooch
def test_files_of_another_collection_are_passed_over_where_both_may_lie(published, collection, cache, mirror):
    other = Published(seed=1)
    other.put(cache)
    server = mirror()
    both = collection(server)._replace(namesakes=other.files)
    assert_loaded(load(both), published)
    assert len(server.requests) == 4
    assert_loaded(load(both), published)
    assert len(server.requests) == 4


def test_files_of_another_collection_are_refused_in_a_folder_of_its_own(published, collection, cache):
    other = Published(seed=1)
    other.put(cache / "tiny")
    with pytest.raises(ValueError, match="the same file of another collection"):
        load(collection()._replace(namesakes=other.files))


# -------------------------------------------------------------------------------------------------------- downloads


@needs_pooch
def test_a_download_is_kept_and_not_repeated(published, collection, cache, mirror):
    server = mirror()
    assert_loaded(load(collection(server)), published)
    assert files_in(cache) == all_packed()
    assert_loaded(load(collection(server)), published)
    assert sorted(server.requests) == sorted(f"/some/folder/{name}.gz" for name in published.contents)


@needs_pooch
def test_only_what_is_missing_is_downloaded(published, collection, cache, mirror):
    published.put(cache)
    (cache / f"{IMAGES}.gz").unlink()
    server = mirror()
    assert_loaded(load(collection(server)), published)
    assert server.requests == [f"/some/folder/{IMAGES}.gz"]


@needs_pooch
def test_root_is_downloaded_into_and_made_where_it_is_missing(published, collection, cache, mirror, tmp_path):
    load(collection(mirror()), root=tmp_path / "new" / "folder")
    assert files_in(tmp_path / "new" / "folder") == all_packed()
    assert not files_in(cache)


@needs_pooch
def test_the_folder_of_the_variable_is_downloaded_into_before_the_cache(
    collection, cache, mirror, tmp_path, monkeypatch
):
    monkeypatch.setenv(storage.VARIABLE, str(tmp_path / "variable"))
    load(collection(mirror()))
    assert files_in(tmp_path / "variable") == all_packed()
    assert not files_in(cache)


@needs_pooch
def test_progress_is_shown_on_stderr_and_only_on_request(collection, mirror, cache, tmp_path, capsys):
    pytest.importorskip("tqdm", reason='the bar needs tqdm: pip install "chalkgrad[data]"')
    load(collection(mirror()), root=tmp_path / "quiet")
    assert capsys.readouterr() == ("", "")
    load(collection(mirror()), root=tmp_path / "shown", progress=True)
    out, err = capsys.readouterr()
    assert not out
    assert f"tiny: {IMAGES}: 100%" in err


def half_and_gone(handler, body):
    answer(handler, body[: len(body) // 2], length=len(body))


BAD_ANSWERS = {
    "a body cut short": lambda handler, body: answer(handler, body[: len(body) // 2]),
    "a connection lost midway": half_and_gone,
    "a connection lost at once": lambda handler, body: handler.connection.close(),
    "other bytes": lambda handler, body: answer(handler, gzip.compress(b"other bytes")),
    "a page instead": lambda handler, body: answer(handler, b"<html>Please log in</html>"),
    "nothing": lambda handler, body: answer(handler, b""),
    "not found": lambda handler, body: handler.send_error(404),
    "a server error": lambda handler, body: handler.send_error(503),
}


@needs_pooch
@pytest.mark.parametrize("bad", BAD_ANSWERS)
def test_after_a_bad_mirror_the_next_is_asked(bad, published, collection, cache, mirror):
    first, second = mirror(BAD_ANSWERS[bad]), mirror()
    assert_loaded(load(collection(first, second)), published)
    assert first.requests == second.requests
    assert files_in(cache) == all_packed()


@needs_pooch
@pytest.mark.parametrize("bad", BAD_ANSWERS)
def test_without_a_good_mirror_all_are_named_and_nothing_is_left(bad, published, collection, cache, mirror):
    first, second = mirror(BAD_ANSWERS[bad]), mirror(BAD_ANSWERS[bad])
    with pytest.raises(ConnectionError, match="no mirror gave a good") as error:
        load(collection(first, second))
    message = str(error.value)
    for word in [f"{first.url}{IMAGES}.gz", f"{second.url}{IMAGES}.gz", str(cache / "tiny"), "root=", storage.VARIABLE]:
        assert word in message
    if bad in ("a body cut short", "other bytes", "a page instead", "nothing"):
        assert f"sha256 {published.files[0].sha256}, found" in message
    assert not files_in(cache)


@needs_pooch
def test_a_mirror_that_is_not_there_is_named(collection, cache, mirror):
    gone = mirror()
    url = gone.url
    gone.server.server_close()
    with pytest.raises(ConnectionError, match=url):
        load(collection(gone))


@needs_pooch
def test_a_mirror_that_says_nothing_is_given_up(published, collection, cache, mirror, monkeypatch):
    monkeypatch.setattr(storage, "TIMEOUT", 0.2)
    done = threading.Event()
    silent, second = mirror(lambda handler, body: done.wait(10)), mirror()
    assert_loaded(load(collection(silent, second)), published)
    done.set()


@needs_pooch
def test_a_mirror_may_unpack_on_the_way(published, collection, cache, mirror):
    server = mirror(lambda handler, body: answer(handler, body, Content_Encoding="gzip"))
    assert_loaded(load(collection(server)), published)
    assert files_in(cache) == sorted(f"tiny/{name}" for name in published.contents)
    assert_loaded(load(collection(), download=False), published)


@needs_pooch
def test_an_interrupted_download_leaves_nothing(published, collection, cache, mirror):
    done = threading.Event()

    def interrupt(handler, body):
        half_and_gone(handler, body)
        os.kill(os.getpid(), signal.SIGINT)
        done.wait(10)

    server = mirror(interrupt)
    with pytest.raises(KeyboardInterrupt):
        load(collection(server))
    done.set()
    assert not files_in(cache)
    server.serve = answer
    assert_loaded(load(collection(server)), published)


@needs_pooch
def test_a_process_killed_midway_leaves_no_file_under_a_real_name_and_blocks_nobody(
    published, collection, cache, mirror
):
    half, done = threading.Event(), threading.Event()

    def stall(handler, body):
        half_and_gone(handler, body)
        half.set()
        done.wait(30)

    server = mirror(stall)
    process = start(collection(server), cache)
    assert half.wait(30)
    process.kill()
    process.communicate()
    done.set()
    assert process.returncode == -signal.SIGKILL
    assert not set(files_in(cache)) & set(all_packed())
    server.serve = answer
    assert_loaded(load(collection(server)), published)


@needs_pooch
def test_what_a_killed_download_left_is_taken_away_a_day_later(collection, cache, mirror):
    old, recent = (cache / "tiny" / f".{IMAGES}.{name}.partial" for name in ("old", "recent"))
    for path in (old, recent):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
    os.utime(old, (0, time.time() - 25 * 3600))
    load(collection(mirror()))
    assert recent.exists()
    assert not old.exists()


@needs_pooch
def test_two_processes_at_once_both_end_with_good_files(published, collection, cache, mirror):
    both = threading.Barrier(2, timeout=30)

    def together(handler, body):
        both.wait()  # neither is done before the other has asked for the same file
        answer(handler, body)

    server = mirror(together)
    processes = [start(collection(server), cache) for _ in range(2)]
    results = [process.communicate(timeout=60)[0] for process in processes]
    assert results == [f"{[int(array.sum()) for array in published.arrays]}\n"] * 2
    assert files_in(cache) == all_packed()
    assert len(server.requests) == 8
    assert_loaded(load(collection()), published)


def start(collection, root):
    """A process that loads the collection."""
    argument = json.dumps([str(root), collection.files, collection.mirrors])
    command = [sys.executable, "-c", PROGRAM, argument]
    environment = {**os.environ, "NO_PROXY": "127.0.0.1"}
    environment.pop(storage.VARIABLE, None)
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


# ------------------------------------------------------------------------------------------------- read-only folders


@contextmanager
def without_privileges():
    """The superuser may write anywhere, whatever a folder's permissions: for a while, be somebody else."""
    if os.geteuid() != 0:
        yield
        return
    try:
        os.seteuid(65534)
    except OSError as error:
        pytest.skip(f"this superuser may not become somebody else: {error}")
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_path(tmp_path_factory):
    """A folder that somebody else may enter, which pytest's are not."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        path.chmod(0o755)
        yield path


@pytest.fixture
def read_only(open_path):
    folder = open_path / "read-only"
    folder.mkdir()
    folder.chmod(0o555)
    return folder


@pytest.fixture
def warm(pooch, collection, cache, mirror, tmp_path):
    """What a download imports is imported: somebody else might not reach it."""
    load(collection(mirror()), root=tmp_path / "warm")


@pytest.mark.skipif(os.name != "posix", reason="permissions are tested where folders have POSIX ones")
@pytest.mark.parametrize("which", ["root", "cache"])
def test_a_read_only_folder_is_named_with_the_ways_out(which, collection, warm, mirror, read_only, monkeypatch):
    server = mirror()
    if which == "cache":
        monkeypatch.setattr(storage, "cache_folder", lambda: read_only)
    with without_privileges(), pytest.raises(PermissionError) as error:
        load(collection(server), root=read_only if which == "root" else None)
    for word in [str(read_only / "tiny"), "Permission denied", "root=", storage.VARIABLE]:
        assert word in str(error.value)
    assert not server.requests
    assert not files_in(read_only)


@pytest.mark.skipif(os.name != "posix", reason="permissions are tested where folders have POSIX ones")
def test_behind_a_read_only_folder_of_the_variable_the_cache_is_downloaded_into(
    published, collection, warm, mirror, read_only, open_path, monkeypatch
):
    writable = open_path / "cache"
    writable.mkdir()
    writable.chmod(0o777)
    monkeypatch.setenv(storage.VARIABLE, str(read_only))
    monkeypatch.setattr(storage, "cache_folder", lambda: writable)
    with without_privileges():
        assert_loaded(load(collection(mirror())), published)
    assert files_in(writable) == all_packed()


@pytest.mark.skipif(os.name != "posix", reason="permissions are tested where folders have POSIX ones")
def test_files_in_a_read_only_folder_are_loaded(published, collection, cache, open_path):
    folder = open_path / "shared"
    published.put(folder)
    folder.chmod(0o555)
    with without_privileges():
        assert_loaded(load(collection(), root=folder), published)


def test_a_file_where_the_folder_should_be_is_named(collection, cache, mirror, pooch):
    cache.write_bytes(b"")
    with pytest.raises(PermissionError, match=str(cache)):
        load(collection(mirror()))


# ----------------------------------------------------------------------------------------------- optional libraries


def test_without_pooch_files_are_found_and_a_download_names_the_extra(
    published, collection, tmp_path, monkeypatch
):
    monkeypatch.delenv(storage.VARIABLE, raising=False)
    monkeypatch.setitem(sys.modules, "pooch", None)
    published.put(tmp_path)
    assert_loaded(load(collection(), root=tmp_path), published)
    with pytest.raises(ImportError, match=r'needs pooch, .*pip install "chalkgrad\[data\]"'):
        load(collection(), root=tmp_path / "elsewhere")
    with pytest.raises(FileNotFoundError, match="not found in no folder at all"):
        load(collection(), download=False)


@needs_pooch
def test_without_tqdm_only_the_bar_is_missing(published, collection, cache, mirror, monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    with pytest.raises(ImportError, match=r'needs tqdm, .*pip install "chalkgrad\[data\]"'):
        load(collection(mirror()), progress=True)
    assert_loaded(load(collection(mirror())), published)
