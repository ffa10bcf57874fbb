"""Files go both ways between this library, safetensors itself and PyTorch."""
import numpy as np
import pytest

import nn

MODELS = {
    "mlp": (
        lambda: nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3)),
        lambda t: t.nn.Sequential(t.nn.Linear(4, 8), t.nn.Tanh(), t.nn.Linear(8, 3)),
        (5, 4),
    ),
    "convolutional": (
        lambda: nn.Sequential(nn.Conv2d(2, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 3)),
        lambda t: t.nn.Sequential(
            t.nn.Conv2d(2, 4, 3), t.nn.ReLU(), t.nn.MaxPool2d(2), t.nn.Flatten(), t.nn.Linear(36, 3)
        ),
        (5, 2, 8, 8),
    ),
    "normalised": (
        lambda: nn.Sequential(nn.Conv2d(2, 4, 3, bias=False), nn.BatchNorm2d(4), nn.Flatten(), nn.LayerNorm(144)),
        lambda t: t.nn.Sequential(
            t.nn.Conv2d(2, 4, 3, bias=False), t.nn.BatchNorm2d(4), t.nn.Flatten(), t.nn.LayerNorm(144)
        ),
        (5, 2, 8, 8),
    ),
}


@pytest.fixture(params=MODELS)
def twins(request, torch):
    """A model, its PyTorch twin with other values, and an input, in float64; each has seen batches of its own."""
    ours, theirs, shape = MODELS[request.param]
    ours, theirs, rng = ours().astype(np.float64), theirs(torch).double(), np.random.default_rng(0)
    for _ in range(3):
        ours(rng.normal(1, 2, shape))
        theirs(torch.tensor(rng.normal(-1, 3, shape)))
    return ours.eval(), theirs.eval(), rng.normal(size=shape)


def test_our_file_is_read_by_safetensors_itself(tmp_path):
    from safetensors.numpy import load_file

    model = nn.MLP([4, 8, 3])
    nn.save(tmp_path / "model", model, {"epochs": 3})
    found = load_file(tmp_path / "model")
    assert found.keys() == model.state_dict().keys()
    assert all((found[name] == array).all() for name, array in model.state_dict().items())


def test_our_file_gives_the_pytorch_twin_our_outputs(tmp_path, torch, twins):
    from safetensors.torch import load_file

    ours, theirs, x = twins
    nn.save(tmp_path / "model", ours)
    theirs.load_state_dict(load_file(tmp_path / "model"))
    np.testing.assert_allclose(theirs(torch.tensor(x)).detach().numpy(), ours(x).data, rtol=1e-12, atol=1e-12)


def test_a_file_of_pytorch_gives_us_its_outputs_in_the_documented_way(tmp_path, torch, twins):
    import safetensors.numpy
    from safetensors.torch import save_file

    ours, theirs, x = twins
    path = tmp_path / "model"
    save_file(theirs.state_dict(), path)
    with pytest.raises(ValueError, match=r"model\.load_state_dict\(safetensors\.numpy\.load_file\(path\)\)"):
        nn.load(path, ours)
    ours.load_state_dict(safetensors.numpy.load_file(path))
    np.testing.assert_allclose(ours(x).data, theirs(torch.tensor(x)).detach().numpy(), rtol=1e-12, atol=1e-12)


def test_every_dtype_is_read_by_pytorch(tmp_path, torch):
    from safetensors.torch import load_file

    from nn.serialize import layout, write_tensors

    state = {dtype: np.array([[0, 1], [1, 1]], dtype) for dtype in layout.DTYPES}
    write_tensors(tmp_path / "state", {**state, "scalar": np.array(2.5), "empty": np.zeros((0, 3))})
    found = load_file(tmp_path / "state")
    assert all(found[dtype].dtype == getattr(torch, dtype) for dtype in state)
    assert all(found[dtype].tolist() == array.tolist() for dtype, array in state.items())
    assert found["scalar"].shape == ()
    assert found["empty"].shape == (0, 3)
