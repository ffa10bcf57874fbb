"""Under its name there is the old file or the new one, whole, whatever happens while it is written."""
import os
import stat
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from nn.serialize import atomic, read_tensors, write_tensors
from nn.serialize.atomic import write_atomically

ROOT = Path(__file__).parents[3]
posix = pytest.mark.skipif(os.name != "posix", reason="permissions, links and limits as POSIX knows them")


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "state.bin"
    path.write_bytes(b"old")
    return path


def names(path):
    return sorted(each.name for each in path.parent.iterdir())


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


@pytest.fixture
def umask():
    before = os.umask(0o027)
    yield
    os.umask(before)


def test_the_new_file_takes_the_place_of_the_old(path):
    write_atomically(path, [b"ne", memoryview(b"w")])
    assert path.read_bytes() == b"new"
    assert names(path) == ["state.bin"]


def test_a_path_may_be_text_relative_and_new(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_atomically("new.bin", [b"new"])
    assert (tmp_path / "new.bin").read_bytes() == b"new"


def test_readers_see_the_old_file_until_the_new_one_is_whole(path):
    def chunks():
        yield b"n" * 100_000
        assert path.read_bytes() == b"old"
        yield b"ew"

    write_atomically(path, chunks())
    assert path.read_bytes() == b"n" * 100_000 + b"ew"


def test_the_file_is_synced_before_it_is_renamed_and_its_folder_after(path, monkeypatch):
    events = []
    fsync, replace = os.fsync, os.replace

    def recorded_fsync(descriptor):
        events.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    def recorded_replace(a, b):
        assert Path(a).read_bytes() == b"new"  # nothing waits in a buffer
        events.append("rename")
        replace(a, b)

    monkeypatch.setattr(os, "fsync", recorded_fsync)
    monkeypatch.setattr(os, "replace", recorded_replace)
    write_atomically(path, [b"new"])
    assert events == ["file", "rename", "folder"] if os.name == "posix" else events[:2] == ["file", "rename"]


def test_a_folder_that_cannot_be_synced_does_no_harm(path, monkeypatch):
    opened = os.open

    def refusing(name, flags, *mode):
        if os.path.isdir(name):
            raise PermissionError(13, "as on Windows")
        return opened(name, flags, *mode)

    monkeypatch.setattr(os, "open", refusing)
    write_atomically(path, [b"new"])
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, MemoryError])
def test_an_error_while_writing_leaves_the_old_file_and_nothing_else(path, error):
    def chunks():
        yield b"half"
        raise error

    with pytest.raises(error):
        write_atomically(path, chunks())
    assert path.read_bytes() == b"old"
    assert names(path) == ["state.bin"]


@pytest.mark.parametrize("step", ["fsync", "replace", "chmod"])
def test_an_error_of_the_disk_leaves_the_old_file_and_says_why(path, monkeypatch, step):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, full)
    with pytest.raises(OSError, match=r"save: nothing was written.*unchanged \(No space left on device\)") as caught:
        write_atomically(path, [b"new"], "save")
    assert caught.value.errno == 28
    assert caught.value.filename == str(path)
    assert path.read_bytes() == b"old"
    assert names(path) == ["state.bin"]


def test_an_error_without_an_errno_is_told_too(path):
    def chunks():
        raise OSError("the array lies on a drive that is gone")
        yield b""

    with pytest.raises(OSError, match=r"nothing was written.*a drive that is gone"):
        write_atomically(path, chunks())


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*missing; make it first"):
        write_atomically(tmp_path / "missing" / "x", [b"new"])
    assert not list(tmp_path.iterdir())


def test_a_folder_is_not_replaced(tmp_path):
    with pytest.raises(IsADirectoryError, match="it is a folder"):
        write_atomically(tmp_path, [b"new"])


@posix
def test_a_pipe_is_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="a device or a pipe"):
        write_atomically(tmp_path / "pipe", [b"new"])
    assert stat.S_ISFIFO(os.stat(tmp_path / "pipe").st_mode)


@pytest.mark.parametrize("name", ["n" * 255, "ü" * 127], ids=["ascii", "umlauts"])
def test_the_longest_names_can_be_written(tmp_path, name):
    write_atomically(tmp_path / name, [b"new"])
    assert (tmp_path / name).read_bytes() == b"new"


# Permissions and links.


@posix
def test_a_new_file_has_the_usual_permissions(tmp_path, umask):
    write_atomically(tmp_path / "new", [b"new"])
    assert mode(tmp_path / "new") == 0o640


@posix
@pytest.mark.parametrize("permissions", [0o600, 0o644, 0o666, 0o640, 0o755])
def test_an_existing_file_keeps_its_permissions_and_never_shows_more(path, umask, permissions):
    path.chmod(permissions)
    seen = []

    def chunks():
        seen.extend(mode(each) for each in path.parent.iterdir() if each != path)
        yield b"new"

    write_atomically(path, chunks())
    assert mode(path) == permissions
    assert seen == [0o600]


@posix
def test_a_file_keeps_its_owner_where_the_process_may_set_it(path):
    if os.getuid():
        pytest.skip("only root gives files away")
    os.chown(path, 12345, 54321)
    write_atomically(path, [b"new"])
    assert (path.stat().st_uid, path.stat().st_gid) == (12345, 54321)


@posix
def test_without_owners_the_permissions_are_kept_all_the_same(path, monkeypatch):
    monkeypatch.delattr(os, "chown")
    path.chmod(0o604)
    write_atomically(path, [b"new"])
    assert mode(path) == 0o604


@posix
def test_a_symbolic_link_stays_and_its_target_is_replaced(path, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    link, dangling = tmp_path / "elsewhere" / "link", tmp_path / "dangling"
    link.symlink_to("../state.bin")
    dangling.symlink_to("elsewhere/new.bin")
    write_atomically(link, [b"new"])
    write_atomically(dangling, [b"newer"])
    assert link.is_symlink()
    assert dangling.is_symlink()
    assert path.read_bytes() == b"new"
    assert (tmp_path / "elsewhere" / "new.bin").read_bytes() == b"newer"
    assert names(link) == ["link", "new.bin"]


@posix
def test_links_in_a_circle_are_refused(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match="nothing was written"):
        write_atomically(tmp_path / "a", [b"new"])
    assert sorted(os.listdir(tmp_path)) == ["a", "b"]


@posix
def test_another_hard_link_keeps_the_old_content(path, tmp_path):
    os.link(path, tmp_path / "other")
    write_atomically(path, [b"new"])
    assert (tmp_path / "other").read_bytes() == b"old"


# Other writers, and processes that end in the middle.


def test_what_a_killed_writer_left_is_in_no_way(path):
    (path.parent / ".state.bin.0123456789abcdef.tmp").write_bytes(b"half")
    write_atomically(path, [b"new"])
    assert path.read_bytes() == b"new"


def test_threads_writing_one_file_leave_one_of_theirs(path):
    contents = [bytes([k]) * 300_000 for k in range(6)]
    threads = [threading.Thread(target=write_atomically, args=(path, [content])) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes() in contents
    assert names(path) == ["state.bin"]


def run(program, *arguments, **settings):
    """Start a Python process that has imported what writing needs."""
    head = "import os, sys, numpy as np, safetensors.numpy, hashlib, json, platform\nfrom nn.serialize import *\n"
    command = [sys.executable, "-c", head + program, *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **settings)


FOREVER = """
path, first, last = sys.argv[1], *map(int, sys.argv[2:])
for count in range(first, last):
    write_tensors(path, {"x": np.full(500_000, count, np.int32), "y": np.full((3, 3), count)}, {"count": count})
    print(count, flush=True)
"""


def whole(path):
    """The count that a file of FOREVER was written with; reading verifies the checksum."""
    arrays, notes = read_tensors(path)
    assert (arrays["x"] == notes["count"]).all()
    assert (arrays["y"] == notes["count"]).all()
    return notes["count"]


def test_two_processes_writing_one_file_leave_one_of_theirs(tmp_path):
    path = tmp_path / "x"
    writers = [run(FOREVER, path, first, first + 15) for first in (100, 200)]
    while any(writer.poll() is None for writer in writers):
        if path.exists():
            whole(path)
    for writer in writers:
        output, errors = writer.communicate()
        assert not errors
        assert len(output.split()) == 15
    assert whole(path) in (114, 214)
    assert names(path) == ["x"]


def kill_writers(path, times, seed):
    """Kill writers at random moments; the file is loadable always, and never older than what was reported written."""
    rng = np.random.default_rng(seed)
    latest = 0
    for _ in range(times):
        writer = run(FOREVER, path, latest + 1, 1_000_000)
        assert writer.stdout.readline().strip(), writer.stderr.read()
        deadline = time.monotonic() + rng.uniform(0, 0.15)
        while time.monotonic() < deadline:
            whole(path)
        writer.kill()
        reported = [int(line) for line in writer.communicate()[0].split()]
        count = whole(path)
        assert count >= max([latest + 1, *reported])
        latest = count
    return [name for name in names(path) if name.endswith(".tmp")]


def test_a_writer_killed_at_a_random_moment_leaves_a_whole_file(tmp_path):
    kill_writers(tmp_path / "x", 2, seed=1)


@pytest.mark.slow
def test_writers_killed_twenty_times_leave_a_whole_file_always(tmp_path):
    left = kill_writers(tmp_path / "x", 20, seed=2)
    assert left, "no kill hit a writer while it was writing"


ONCE = """
try:
    write_tensors(sys.argv[1], {"x": np.ones(100_000)})
except OSError as error:
    print(type(error).__name__, error)
"""


#: What is imported at the first use is imported while the libraries can still be read: another user may not.
WARM = """
import tempfile
with tempfile.TemporaryDirectory() as elsewhere:
    write_tensors(os.path.join(elsewhere, "x"), {"x": np.ones(3)})
"""


@posix
def test_a_disk_without_room_leaves_the_old_file_and_says_why(tmp_path):
    path = tmp_path / "x"
    write_tensors(path, {"x": np.zeros(3)})
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))\n" + ONCE
    output, errors = run(limited, path).communicate()
    assert not errors
    assert output.startswith("OSError [Errno 27] write_tensors: nothing was written")
    assert "(File too large)" in output
    assert read_tensors(path)[0]["x"].tolist() == [0, 0, 0]
    assert names(path) == ["x"]


@posix
@pytest.mark.parametrize(
    ("folder_mode", "file_mode", "words"),
    [(0o555, 0o666, "Permission denied"), (0o777, 0o444, "the file that is there is read-only")],
    ids=["folder", "file"],
)
def test_a_folder_or_file_that_may_not_be_written_stays_as_it_is(folder_mode, file_mode, words):
    with tempfile.TemporaryDirectory() as folder:  # pytest's own folders are closed to other users
        path = Path(folder, "x")
        write_tensors(path, {"x": np.zeros(3)})
        before = path.read_bytes()
        path.chmod(file_mode)
        os.chmod(folder, folder_mode)
        unprivileged = WARM + "os.getuid() or os.setuid(65534)\n" + ONCE  # root may write anywhere
        output, errors = run(unprivileged, path).communicate()
        os.chmod(folder, 0o755)
        assert not errors
        assert output.startswith("PermissionError [Errno 13] write_tensors: nothing was written")
        assert words in output
        assert path.read_bytes() == before
        assert names(path) == ["x"]


def test_whose_error_it_is_can_be_said(tmp_path):
    with pytest.raises(OSError, match=r"history\.save: nothing was written"):
        atomic.write_atomically(tmp_path, [b""], "history.save")
