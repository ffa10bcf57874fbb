"""What is not whole is refused with its reason: cut short, flipped in any bit, foreign, newer, or not there."""
import contextlib
import gzip
import hashlib
import io
import json
import os
import pickle
import re
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn.serialize import layout, read_tensors, recognition, write_tensors, writing

STATE = {"layer.weight": np.arange(6, dtype=np.float32).reshape(2, 3), "step": np.array(4), "empty": np.zeros((0, 2))}
NOTES = {"seed": 2**100, "loss": [0.5, float("nan")], "name": "é \" \\"}


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("files") / "state.safetensors"


@pytest.fixture(scope="module")
def whole(path):
    write_tensors(path, STATE, NOTES)
    return path.read_bytes()


def refusal(path, content):
    """Why a file of these bytes is not read."""
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"^read_tensors: {re.escape(str(path))} was not read: ") as caught:
        read_tensors(path)
    return str(caught.value).partition("was not read: ")[2]


def test_the_whole_file_is_read(path, whole):
    path.write_bytes(whole)
    found, notes = read_tensors(path)
    assert {name: array.tolist() for name, array in found.items()} == {k: v.tolist() for k, v in STATE.items()}
    assert repr(notes) == repr(NOTES)


def test_a_file_cut_anywhere_is_refused_and_both_lengths_are_said(path, whole):
    header = 8 + int.from_bytes(whole[:8], "little")
    for length in range(1, len(whole)):
        reason = refusal(path, whole[:length])
        assert reason.startswith("it is truncated"), length
        assert f"{length:,} bytes" in reason
        assert length < 9 or f"{header if length < header else len(whole):,}" in reason


def test_a_flipped_bit_in_any_byte_is_noticed(path, whole):
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << (5 * place % 8)
        assert refusal(path, damaged), place


def test_every_flipped_bit_of_a_small_file_is_noticed(path):
    write_tensors(path, {"w": np.ones(2, np.float32)})
    small = path.read_bytes()
    for place in range(len(small)):
        for bit in range(8):
            damaged = bytearray(small)
            damaged[place] ^= 1 << bit
            assert refusal(path, damaged), (place, bit)


@given(data=st.data())
def test_files_of_any_content_damaged_in_any_way_are_refused(path, data):
    shape = data.draw(st.tuples(st.integers(0, 40), st.integers(0, 40)))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    state = {"x": rng.random(shape), "y": rng.integers(0, 255, shape[0]).astype(np.uint8)}
    write_tensors(path, state, {"note": data.draw(st.text())})
    good = path.read_bytes()
    bad = bytearray(good)
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, len(bad) - 1))
        kind = data.draw(st.sampled_from(["flip", "set", "cut", "insert", "zero"]))
        if kind == "flip":
            bad[place] ^= 1 << data.draw(st.integers(0, 7))
        elif kind == "set":
            bad[place] = data.draw(st.integers(0, 255))
        elif kind == "cut":
            del bad[place : place + data.draw(st.integers(1, 16))]
        elif kind == "insert":
            bad[place:place] = data.draw(st.binary(min_size=1, max_size=16))
        else:
            bad[place : place + 512] = bytes(len(bad[place : place + 512]))
        if not bad:
            break
    if bad != good:
        refusal(path, bad)


def test_bytes_after_the_end_are_refused(path, whole):
    reason = refusal(path, whole + b"\0")
    assert re.match(rf"it is damaged, with bytes after its end.*instead of {len(whole):,}", reason)


def test_a_wrong_checksum_shows_both(path, whole):
    reason = refusal(path, whole[:-1] + bytes([whole[-1] ^ 1]))
    assert re.search(r"damaged: the checksum .*found [0-9a-f]{12}…, recorded [0-9a-f]{12}…", reason)


def test_a_file_without_its_checksum_is_refused(path, whole):
    assert "recorded None" in refusal(path, whole.replace(b'"checksum"', b'"checksUm"'))


@pytest.mark.parametrize(
    "header",
    ['{"a":1}', '{"a":{"data_offsets":["x","y"]}}', '{"a":{"data_offsets":[0]}}', '{"a"', "{" * 100_000, '{"é":'],
    ids=range(6),
)
def test_a_header_that_makes_no_sense_is_refused(path, header):
    content = header.encode("latin-1")
    assert refusal(path, len(content).to_bytes(8, "little") + content).startswith("it is damaged: its header")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 300) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(data=st.data())
def test_a_header_forged_with_a_checksum_that_fits_is_read_or_refused_in_words(path, whole, data):
    size = 8 + int.from_bytes(whole[:8], "little")
    header = json.loads(whole[8:size])
    place = header
    for name in data.draw(st.sampled_from([[], ["__metadata__"], *([name] for name in STATE)])):
        place = place[name]
    key = data.draw(st.sampled_from(sorted(place)))
    value = data.draw(json_values)
    place[key] = json.dumps(value) if data.draw(st.booleans()) else value
    if isinstance(header["__metadata__"], dict):
        header["__metadata__"]["checksum"] = layout.UNSIGNED
    text = json.dumps(header, separators=(",", ":")).encode()
    start = len(text).to_bytes(8, "little") + text
    digest = hashlib.sha256(start + whole[size:]).hexdigest()
    signed = start.replace(layout.checksum_field(layout.UNSIGNED), layout.checksum_field(digest))
    path.write_bytes(signed + whole[size:])
    with contextlib.suppress(ValueError):  # and no other error
        found, notes = read_tensors(path)
        assert isinstance(notes, dict)
        assert found.keys() <= STATE.keys()


def test_a_header_longer_than_any_is_refused(path, whole):
    assert "header's length would be 18,4" in refusal(path, b"\xff" * 8 + whole[8:])


# Foreign files.


def bytes_of(write, *arguments):
    """What a function writes into an open file."""
    file = io.BytesIO()
    write(file, *arguments)
    return file.getvalue()


def archive(file):
    with zipfile.ZipFile(file, "w") as zipped:
        zipped.writestr("readme.txt", "hello")


FOREIGN = {
    "npz": (bytes_of(np.savez, np.ones(3)), "an .npz file"),
    "npy": (bytes_of(np.save, np.ones(3)), "an .npy file; numpy.load"),
    "zip": (bytes_of(archive), "it is a zip archive"),
    "gzip": (gzip.compress(b"x" * 99), "gzip"),
    "pickle": (pickle.dumps({"a": [1, 2, 3]}), "a pickle, .* never loaded here"),
    "json": (json.dumps({"weight": [1, 2]}).encode(), "it is JSON, beginning with '{\"weight"),
    "csv": (b"epoch,loss\n1,0.5\n", "it is text, beginning with 'epoch,loss 1,0.5'"),
    "text": ("größer als ".encode() * 999, "it is text, beginning with 'größer als"),
    "html": (b"<!DOCTYPE html><html>", "it is a web page"),
    "lfs": (b"version https://git-lfs.github.com/spec/v1\noid", "git lfs pull"),
    "hdf5": (b"\x89HDF\r\n\x1a\n" + bytes(99), "HDF5"),
    "zeros": (bytes(4096), "nothing but zeros"),
    "noise": (bytes(range(7, 200)), "no safetensors file, or its beginning is damaged"),
    "empty": (b"", "it is empty"),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_other_kinds_of_files_are_told_by_their_beginnings(path, kind):
    content, words = FOREIGN[kind]
    assert re.search(words, refusal(path, content))


@pytest.mark.parametrize("new", [True, False], ids=["zip", "legacy"])
def test_a_file_of_torch_save_is_recognised(path, torch, new):
    torch.save({"weight": torch.ones(3)}, path, _use_new_zipfile_serialization=new)
    assert re.search(r"a PyTorch file .*pickled.*safetensors\.torch\.save_file", refusal(path, path.read_bytes()))


def test_every_known_beginning_is_told():
    for beginning, kind in recognition._BEGINNINGS:
        assert recognition.likely_kind(beginning + b"\x00\x01") == kind
    for part, kind in recognition._IN_ZIP:
        assert recognition.likely_kind(b"PK\x03\x04\x00" + part) == kind


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}])
def test_a_safetensors_file_of_another_origin_is_told_how_it_can_be_read(path, metadata):
    from safetensors.numpy import save

    reason = refusal(path, save({"fc.weight": np.ones((2, 3))}, metadata))
    assert "of another origin" in reason
    assert "model.load_state_dict(safetensors.numpy.load_file(path))" in reason
    assert "fc.weight" in reason


@pytest.mark.parametrize("version", [2, 10, 10**30])
def test_a_newer_format_is_refused_with_both_versions(path, monkeypatch, version):
    monkeypatch.setattr(writing, "FORMAT_VERSION", version)
    write_tensors(path, STATE)
    assert re.search(rf"version {version}, .*reads version 1; upgrade", refusal(path, path.read_bytes()))


@pytest.mark.parametrize("version", [0, "1a", "-1", ""])
def test_a_version_that_never_existed_is_refused(path, monkeypatch, version):
    monkeypatch.setattr(writing, "FORMAT_VERSION", version)
    write_tensors(path, STATE)
    assert f"version '{version}', which never existed" in refusal(path, path.read_bytes())


def test_other_content_than_wanted_is_refused_and_its_reader_named(path):
    write_tensors(path, STATE, content="checkpoint")
    assert list(read_tensors(path, content="checkpoint")[0]) == list(STATE)
    with pytest.raises(ValueError, match=r"holds 'checkpoint', and needed is 'tensors'; nn\.Checkpoint reads it"):
        read_tensors(path, content="tensors")


def test_a_library_that_cannot_read_a_whole_file_is_blamed(path, whole, monkeypatch):
    import safetensors.numpy

    def load(raw):
        raise KeyError("C64")

    monkeypatch.setattr(safetensors.numpy, "load", load)
    assert "libraries installed here cannot read it (KeyError('C64'))" in refusal(path, whole)


def test_a_missing_file_is_a_file_not_found_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_tensors(tmp_path / "missing")


def test_a_folder_and_a_pipe_are_refused(tmp_path):
    with pytest.raises(ValueError, match="it is a folder"):
        read_tensors(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(ValueError, match="a device or a pipe"):
            read_tensors(tmp_path / "pipe")
