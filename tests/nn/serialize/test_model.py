"""A model's state goes to a file and back to the bit; what does not fit is refused and changes nothing."""
from types import SimpleNamespace

import numpy as np
import pytest

import autodiff as ad
import nn
from nn.serialize import read_tensors, write_tensors, writing


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


@pytest.fixture
def model():
    return nn.Sequential(nn.Linear(3, 5, rng=1), nn.ReLU(), nn.Linear(5, 2, rng=2))


@pytest.fixture
def twin():
    return nn.Sequential(nn.Linear(3, 5, rng=3), nn.ReLU(), nn.Linear(5, 2, rng=4))


def bits(model):
    return {name: (array.dtype, array.shape, array.tobytes()) for name, array in model.state_dict().items()}


def test_a_model_comes_back_to_the_bit_with_what_the_user_noted(path, model, twin):
    nn.save(path, model, {"epochs": 5, "accuracy": 0.1 + 0.2})
    assert nn.load(path, twin) == {"epochs": 5, "accuracy": 0.1 + 0.2}
    assert bits(twin) == bits(model)


def test_without_a_model_the_state_and_the_notes_come_back(path, model):
    nn.save(str(path), model)
    saved = nn.load(str(path))
    assert isinstance(saved, nn.SavedState)
    assert list(saved.state) == list(model.state_dict())
    assert all((saved.state[name] == array).all() for name, array in model.state_dict().items())
    assert saved.metadata == {}


def test_loading_keeps_the_parameters_where_they_are(path, model, twin):
    """An optimizer that holds them goes on with the loaded values."""
    optimizer = nn.SGD(twin.parameters(), lr=0.5)
    nn.save(path, model)
    nn.load(path, twin)
    twin(np.ones((4, 3), np.float32)).sum().backward()
    optimizer.step()
    expected = model[0].weight.data - 0.5 * twin[0].weight.grad.data
    assert (twin[0].weight.data == expected).all()


def test_a_state_dict_of_arrays_tensors_parameters_and_buffers_is_saved(path):
    state = {
        "array": np.arange(3),
        "scalar": np.float64(2.5),
        "tensor": ad.Tensor([1.0, 2.0]),
        "parameter": nn.Parameter([[3.0]]),
        "buffer": nn.Buffer([4.0]),
    }
    nn.save(path, state)
    found = nn.load(path).state
    assert {name: value.tolist() for name, value in found.items()} == {
        "array": [0, 1, 2], "scalar": 2.5, "tensor": [1, 2], "parameter": [[3]], "buffer": [4],
    }  # fmt: skip


def test_values_are_cast_to_the_dtype_of_the_model(path, model, twin):
    nn.save(path, model)
    nn.load(path, twin.astype(np.float64))
    assert twin[0].weight.dtype == np.float64
    assert (twin[0].weight.data == model[0].weight.data).all()


def test_tied_weights_stand_under_each_path_and_stay_tied(path):
    def tied(rng):
        model = nn.Sequential(nn.Linear(3, 3, rng=rng), nn.Linear(3, 3, rng=rng + 1))
        model[1].weight = model[0].weight
        return model

    model, twin = tied(1), tied(5)
    nn.save(path, model)
    assert list(nn.load(path).state) == ["0.weight", "0.bias", "1.weight", "1.bias"]
    nn.load(path, twin)
    assert bits(twin) == bits(model)
    assert twin[1].weight is twin[0].weight


class Counting(nn.Module):
    """A module with something that it keeps and does not learn."""

    def __init__(self, total):
        self.weight = nn.Parameter([1.0])
        self.total = nn.Buffer(total)


def test_buffers_are_saved_with_the_parameters(path):
    twin = Counting([0.0, 0.0])
    nn.save(path, Counting([5.0, 7.0]))
    nn.load(path, twin)
    assert twin.total.data.tolist() == [5, 7]


# What is refused.


def truncated(path):
    path.write_bytes(path.read_bytes()[:-5])


def flipped(path):
    content = bytearray(path.read_bytes())
    content[-3] ^= 16
    path.write_bytes(content)


def foreign(path):
    from safetensors.numpy import save_file

    save_file(nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 2)).state_dict(), path)


def pickled(path):
    path.write_bytes(b"\x80\x04\x95\x00")


def checkpoint(path):
    write_tensors(path, read_tensors(path)[0], content="checkpoint")


def misshapen(path):
    nn.save(path, nn.Sequential(nn.Linear(3, 6), nn.ReLU(), nn.Linear(6, 2)))


def renamed(path):
    nn.save(path, {name + "s": array for name, array in nn.load(path).state.items()})


def complex_numbers(path):
    nn.save(path, {name: array.astype(np.complex64) for name, array in nn.load(path).state.items()})


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (truncated, "it is truncated"),
        (flipped, "it is damaged: the checksum"),
        (foreign, "of another origin"),
        (pickled, "another kind of file"),
        (checkpoint, r"holds 'checkpoint'.*nn\.Checkpoint reads it"),
        (misshapen, r"holds the state of another model.*0\.weight.*0\.bias.*2\.weight"),
        (renamed, r"missing.*0\.weight.*unexpected.*0\.weights"),
        (complex_numbers, r"holds the state of another model.*0\.weight.*complex64"),
    ],
)
def test_a_refused_file_leaves_the_model_untouched(path, model, twin, spoil, words):
    nn.save(path, model)
    spoil(path)
    before, loss = bits(twin), twin(np.ones((4, 3), np.float32)).sum()
    with pytest.raises(ValueError, match=rf"(?s)^nn\.load: .*{words}"):
        nn.load(path, twin)
    assert bits(twin) == before
    loss.backward()  # would be refused if a parameter had been written to, with the same values even


def test_a_newer_file_leaves_the_model_untouched(path, model, twin, monkeypatch):
    monkeypatch.setattr(writing, "FORMAT_VERSION", 2)
    nn.save(path, model)
    before = bits(twin)
    with pytest.raises(ValueError, match=r"^nn.load: .*version 2, written by chalkgrad .*upgrade"):
        nn.load(path, twin)
    assert bits(twin) == before


def test_a_checkpoint_of_a_training_is_told_from_a_saved_model_and_back(path, model):
    x, y = np.ones((4, 3), np.float32), np.zeros(4, int)
    optimizer = nn.SGD(model.parameters(), lr=0.1)
    nn.fit(
        model, (x, y), nn.CrossEntropyLoss(), optimizer, epochs=1, progress=False, checkpoint=nn.Checkpoint(path)
    )
    with pytest.raises(ValueError, match=r"^nn.load: .*nn\.Checkpoint"):
        nn.load(path, model)
    nn.save(path, model)
    with pytest.raises(ValueError, match=r"nn\.load reads"):
        nn.Checkpoint(path).read()


def test_a_missing_file_leaves_the_model_untouched(path, twin):
    before = bits(twin)
    with pytest.raises(FileNotFoundError):
        nn.load(path, twin)
    assert bits(twin) == before


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (lambda model: nn.SGD(model.parameters(), lr=0.1), r"of type SGD; .*nn\.Checkpoint"),
        (lambda model: {"model": model.state_dict()}, r"'model' is of type dict; .*nn\.Checkpoint"),
        (lambda model: {**model.state_dict(), "lr": 0.1}, r"'lr' is of type float; .*`metadata`"),
        (lambda model: {"weight": [1.0, 2.0]}, r"'weight' is of type list"),
        (lambda model: {"weight": SimpleNamespace()}, r"'weight' is of type types.SimpleNamespace; .*\.numpy\(\)"),
        (lambda model: list(model.parameters()), "of type list; needed is a module or a state dict"),
    ],
)
def test_what_is_no_state_dict_is_refused_and_the_old_file_stays(path, model, state, words):
    nn.save(path, model)
    before = path.read_bytes()
    with pytest.raises(TypeError, match=f"^nn.save: .*{words}"):
        nn.save(path, state(model))
    assert path.read_bytes() == before


def test_exchanged_arguments_are_noticed(path, model):
    with pytest.raises(TypeError, match=r"the path is of type Sequential; the order is nn.save\(path, model\)"):
        nn.save(model, path)
    with pytest.raises(TypeError, match=r"the path is of type Sequential; the order is nn.load\(path, model\)"):
        nn.load(model, path)
    with pytest.raises(TypeError, match=r"nn.load: the model is of type dict; needed is an nn.Module"):
        nn.load(path, model.state_dict())
    assert not path.exists()
