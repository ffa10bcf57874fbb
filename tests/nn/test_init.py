"""Initialisers have the distributions they promise, PyTorch's where it has them."""
import numpy as np
import pytest

import nn

SHAPES = [(300, 200), (40, 20, 5, 5)]
NAMES = ["xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal"]
NAMES += ["glorot_uniform", "glorot_normal", "he_uniform", "he_normal"]


def drawn(name, shape, **settings):
    weight = nn.Parameter(np.zeros(shape))
    assert getattr(nn.init, name)(weight, **settings, rng=np.random.default_rng(0)) is weight
    return weight.data


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_mean_deviation_and_bounds(name, shape):
    values = drawn(name, shape)
    kernel = np.prod(shape[2:])
    fan_in, fan_out = shape[1] * kernel, shape[0] * kernel
    deviation = np.sqrt(2 / fan_in) if name.startswith(("kaiming", "he")) else np.sqrt(2 / (fan_in + fan_out))
    assert abs(values.mean()) < 4 * deviation / np.sqrt(values.size)
    assert values.std() == pytest.approx(deviation, rel=0.02)
    furthest = np.abs(values).max() / deviation
    if name.endswith("uniform"):
        assert furthest == pytest.approx(np.sqrt(3), rel=0.01)
    elif name in ("glorot_normal", "he_normal"):
        assert furthest == pytest.approx(2 / 0.8796256610342398, rel=0.02)
    else:
        assert furthest > 3.5


def test_the_truncated_deviation_is_that_of_the_truncated_normal():
    z = np.linspace(-2, 2, 200_001)
    density = np.exp(-z * z / 2)
    exact = np.sqrt(np.sum(z * z * density) / np.sum(density))
    assert exact == pytest.approx(nn.init.TRUNCATED_DEVIATION, rel=1e-5)


@pytest.mark.parametrize("name", ["xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_settings_are_pytorch_s(name, shape, torch):
    xavier = name.startswith("xavier")
    cases = [{"gain": 2.0}] if xavier else [{"a": 0.5}, {"mode": "fan_out"}, {"nonlinearity": "tanh"}]
    for settings in cases:
        theirs = torch.empty(shape, dtype=torch.float64)
        getattr(torch.nn.init, name + "_")(theirs, **settings)
        assert drawn(name, shape, **settings).std() == pytest.approx(theirs.std().item(), rel=0.02)


@pytest.mark.parametrize("name", ["linear", "sigmoid", "tanh", "relu", "leaky_relu"])
def test_gains_are_pytorch_s(name, torch):
    argument = (0.3,) if name == "leaky_relu" else ()
    assert nn.init.gain(name, *argument) == pytest.approx(torch.nn.init.calculate_gain(name, *argument))


def test_draws_depend_on_the_generator_alone():
    first, again = drawn("xavier_normal", (4, 3)), drawn("xavier_normal", (4, 3))
    np.testing.assert_array_equal(first, again)
    nn.manual_seed(3)
    one = nn.init.he_normal(nn.Parameter(np.zeros((4, 3)))).numpy()
    np.random.seed(0)
    nn.manual_seed(3)
    np.testing.assert_array_equal(nn.init.he_normal(nn.Parameter(np.zeros((4, 3)))).data, one)


def test_an_initialiser_writes_into_the_optimizer_s_memory_and_keeps_the_dtype():
    layer = nn.Linear(3, 2)
    nn.SGD(layer.parameters())
    view = layer.weight.data
    nn.init.xavier_uniform(layer.weight)
    assert layer.weight.data is view
    assert view.dtype == np.float32


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nn.init.xavier_normal(nn.Linear(2, 3).bias), ValueError, "fan_in"),
        (lambda: nn.init.kaiming_normal(nn.Linear(2, 3).weight, mode="in"), ValueError, "mode"),
        (lambda: nn.init.kaiming_normal(nn.Linear(2, 3).weight, nonlinearity="rely"), ValueError, "rely"),
        (lambda: nn.init.he_uniform(nn.Linear(2, 3).weight, rng="3"), TypeError, "Generator"),
    ],
)
def test_what_does_not_fit_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
