"""What is written comes back: every dtype, shape and layout, and every metadata that JSON can hold, to the last bit."""
import json
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autodiff as ad
from nn.serialize import layout, read_tensors, write_tensors, writing

arrays = hnp.arrays(
    st.sampled_from(layout.DTYPES).map(np.dtype), hnp.array_shapes(min_dims=0, min_side=0, max_dims=4, max_side=4)
)
names = st.text(st.characters(codec="utf-8"), max_size=20).filter(lambda name: name != "__metadata__")
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**200), 2**200) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)
metadata = st.dictionaries(st.text(), json_values, max_size=4)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("files") / "state.safetensors"


def same(a, b):
    """Whether two arrays are alike to the bit, NaN's payloads included."""
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


@given(st.dictionaries(names, arrays, max_size=5), metadata)
def test_everything_comes_back_to_the_bit_and_in_its_order(path, state, notes):
    write_tensors(path, state, notes)
    found, found_notes = read_tensors(path)
    assert list(found) == list(state)
    assert all(same(found[name], state[name]) for name in state)
    assert all(array.flags.writeable for array in found.values())
    assert repr(found_notes) == repr(notes)  # nan equals itself, -0.0 is not 0.0


@pytest.mark.parametrize("dtype", layout.DTYPES)
@pytest.mark.parametrize(
    "arrange",
    [
        np.asfortranarray,
        lambda x: x.T,
        lambda x: x[::-1, ::2],
        lambda x: np.broadcast_to(x[:1], x.shape),
        lambda x: x.astype(x.dtype.newbyteorder(">")),
        lambda x: x[0, 0],  # a scalar of NumPy's
        lambda x: x[:0],
    ],
    ids=["fortran", "transposed", "strided", "broadcast", "big-endian", "scalar", "empty"],
)
def test_the_layout_in_memory_does_not_matter(path, dtype, arrange):
    array = arrange(np.arange(24).reshape(4, 6).astype(dtype))
    write_tensors(path, {"x": array})
    found = read_tensors(path)[0]["x"]
    assert found.dtype == np.dtype(dtype)
    assert found.shape == array.shape
    assert (found == array).all()


def test_a_generator_continues_where_it_was(path):
    rng = np.random.default_rng(3)
    rng.random(5)
    write_tensors(path, {}, {"rng": rng.bit_generator.state})
    expected = rng.random(8)
    rng.bit_generator.state = read_tensors(path)[1]["rng"]
    assert (rng.random(8) == expected).all()


def test_tuples_come_back_as_lists(path):
    write_tensors(path, {}, {"betas": (0.9, 0.999)})
    assert read_tensors(path)[1] == {"betas": [0.9, 0.999]}


def test_the_same_content_gives_the_same_bytes(path):
    written = set()
    for _ in range(5):
        write_tensors(path, {"b": np.ones(3), "a": np.zeros((2, 2), np.int8)}, {"x": [1, 2.5]})
        written.add(path.read_bytes())
    assert len(written) == 1


def test_the_header_names_the_format_and_the_libraries(path):
    import safetensors

    write_tensors(path, {"x": np.ones(2)}, {"step": 7}, content="checkpoint")
    with safetensors.safe_open(path, "np") as file:
        fields = file.metadata()
    assert fields["format"] == "chalkgrad"
    assert fields["format_version"] == "1"
    assert fields["content"] == "checkpoint"
    assert fields["chalkgrad"] == ad.__version__
    assert fields["numpy"] == np.__version__
    assert fields["python"] == ".".join(map(str, sys.version_info[:3]))
    assert json.loads(fields["metadata"]) == {"step": 7}
    assert len(bytes.fromhex(fields["checksum"])) == 32


def test_a_text_that_looks_like_the_checksum_is_a_text(path):
    forged = layout.checksum_field(layout.UNSIGNED).decode()
    write_tensors(path, {"checksum": np.ones(1), forged: np.zeros(2)}, {"checksum": forged})
    found, notes = read_tensors(path)
    assert list(found) == ["checksum", forged]
    assert notes == {"checksum": forged}


@pytest.mark.parametrize(
    ("name", "value", "error", "words"),
    [
        ("x", np.array([None]), TypeError, "'x' has dtype object.*astype.*float32"),
        ("x", np.array(["a"]), TypeError, "dtype <U1"),
        ("x", np.ones(2, np.complex128), TypeError, "dtype complex128"),
        ("x", np.ones(2, "M8[s]"), TypeError, "dtype datetime64"),
        ("x", np.ones(2, [("a", "f4")]), TypeError, "dtype"),
        ("x", [1.0, 2.0], TypeError, "'x' is of type list.*metadata"),
        ("x", ad.Tensor([1.0]), TypeError, r"of type Tensor.*\.numpy\(\)"),
        ("x", np.ma.masked_array([1.0], [True]), TypeError, r"its mask would be lost, use \.filled\(\)"),
        ("__metadata__", np.ones(1), ValueError, "keeps the name '__metadata__'"),
        ("a\ud800", np.ones(1), ValueError, "surrogate"),
        (3, np.ones(1), TypeError, "name 3 .* of type int"),
    ],
)
def test_an_array_that_has_no_place_is_named_and_the_old_file_stays(path, name, value, error, words):
    write_tensors(path, {"x": np.ones(1)})
    before = path.read_bytes()
    with pytest.raises(error, match=rf"(?s)write_tensors: .*{words}"):
        write_tensors(path, {"good": np.zeros(2), name: value})
    assert path.read_bytes() == before


circular: list = []
circular.append(circular)
deep: list = []
for _ in range(100_000):
    deep = [deep]


@pytest.mark.parametrize(
    ("notes", "words"),
    [
        ({"a": {"loss": [1.0, np.float32(2)]}}, r"metadata\['a'\]\['loss'\]\[1\] is of type numpy.float32.*\.item\(\)"),
        ({"a": np.bool_(True)}, r"metadata\['a'\] is of type numpy.bool"),
        ({"a": np.ones(2)}, r"metadata\['a'\] is of type numpy.ndarray.*arrays belong into `arrays`"),
        ({"milestones": {3: 1}}, r"metadata\['milestones'\] has the key 3, of type int"),
        ({"a": {1, 2}}, "of type set"),
        ({"a": b"x"}, "of type bytes"),
        ({"a": circular}, "contain themselves"),
        ({"a": deep}, "nested too deeply"),
        ({"a": 10**5000}, "4300 digits"),
        ([1], "metadata are of type list"),
    ],
    ids=range(10),
)
def test_metadata_that_would_not_come_back_are_refused_and_the_old_file_stays(path, notes, words):
    write_tensors(path, {"x": np.ones(1)})
    before = path.read_bytes()
    with pytest.raises(TypeError, match=rf"(?s)write_tensors: .*{words}"):
        write_tensors(path, {"x": np.zeros(1)}, notes)
    assert path.read_bytes() == before


def test_metadata_may_be_any_mapping(path):
    from types import MappingProxyType

    write_tensors(path, {}, MappingProxyType({"a": 1}))
    assert read_tensors(path)[1] == {"a": 1}


def test_a_header_that_nobody_could_read_is_not_written(path, monkeypatch):
    monkeypatch.setattr(writing, "HEADER_LIMIT", 1000)
    path.unlink(missing_ok=True)
    with pytest.raises(ValueError, match=r"header would have 1,\d+ bytes.*metadata take 1,0\d\d of them"):
        write_tensors(path, {}, {"a": "x" * 1000})
    assert not path.exists()


def test_a_library_that_knows_fewer_dtypes_is_blamed(path, monkeypatch):
    import safetensors.numpy

    def save(arrays):
        raise safetensors.SafetensorError("dtype complex64 is not covered")

    monkeypatch.setattr(safetensors.numpy, "save", save)
    with pytest.raises(TypeError, match=r"write_tensors: the installed safetensors library refuses.*complex64"):
        write_tensors(path, {"x": np.ones(1, np.complex64)})


@pytest.mark.parametrize("call", [lambda path: write_tensors(path, {}), read_tensors], ids=["write", "read"])
def test_without_safetensors_the_error_names_the_extra(path, monkeypatch, call):
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    with pytest.raises(ImportError, match=r'safetensors.*pip install "chalkgrad\[train\]"'):
        call(path)
