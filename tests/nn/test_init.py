"""Initialisers have the distributions they promise, PyTorch's where it has them."""
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import autodiff as ad
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


def kolmogorov(values, distribution):
    """The probability that draws of a distribution are further from it than these."""
    return stats.kstest(values.ravel(), distribution.cdf).pvalue


FAN_IN, FAN_OUT = 150, 300
LIMITS = {
    "xavier_uniform": (6 / (FAN_IN + FAN_OUT)) ** 0.5,
    "glorot_uniform": (6 / (FAN_IN + FAN_OUT)) ** 0.5,
    "kaiming_uniform": (6 / FAN_IN) ** 0.5,
    "he_uniform": (6 / FAN_IN) ** 0.5,
}
DEVIATIONS = {"xavier_normal": (2 / (FAN_IN + FAN_OUT)) ** 0.5, "kaiming_normal": (2 / FAN_IN) ** 0.5}
TRUNCATED = {"glorot_normal": (2 / (FAN_IN + FAN_OUT)) ** 0.5, "he_normal": (2 / FAN_IN) ** 0.5}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", [*LIMITS, *DEVIATIONS, *TRUNCATED])
def test_the_distribution_is_the_formula_s(name, dtype):
    weight = nn.Parameter(np.zeros((FAN_OUT, FAN_IN), dtype))
    values = getattr(nn.init, name)(weight, rng=1).data
    assert values.dtype == dtype
    if name in LIMITS:
        expected = stats.uniform(-LIMITS[name], 2 * LIMITS[name])
    elif name in DEVIATIONS:
        expected = stats.norm(0, DEVIATIONS[name])
    else:
        expected = stats.truncnorm(-2, 2, 0, TRUNCATED[name] / nn.init.TRUNCATED_DEVIATION)
        assert expected.std() == pytest.approx(TRUNCATED[name], rel=1e-9)
    assert kolmogorov(values, expected) > 0.01


@pytest.mark.parametrize(
    ("fill", "expected"),
    [
        (lambda t: nn.init.uniform(t, rng=1), stats.uniform()),
        (lambda t: nn.init.uniform(t, -3.0, 5.0, rng=1), stats.uniform(-3, 8)),
        (lambda t: nn.init.normal(t, rng=1), stats.norm()),
        (lambda t: nn.init.normal(t, 2.0, 0.5, rng=1), stats.norm(2, 0.5)),
        (lambda t: nn.init.layer_default(t, 25, rng=1), stats.uniform(-0.2, 0.4)),
    ],
)
def test_given_numbers_are_the_distribution_s(fill, expected):
    tensor = ad.Tensor(np.zeros(20_000))
    assert fill(tensor) is tensor
    assert kolmogorov(tensor.data, expected) > 0.01


@pytest.mark.parametrize(
    ("mean", "std", "a", "b"),
    [
        (0, 1, -2, 2), (1, 0.5, 0, 3), (0, 1, -0.1, 0.05), (0, 1, 2, 2.5), (0, 1, 4, np.inf), (0, 1, -np.inf, -3),
        (5, 2, -3, 0), (0, 1, 30, 31), (0, 1, 0.7, np.inf), (0, 1, -np.inf, np.inf), (2, 3, -1e9, 2.5),
    ],
)  # fmt: skip
def test_a_truncated_normal_is_exact_wherever_it_is_cut(mean, std, a, b):
    values = nn.init.truncated_normal(nn.Parameter(np.zeros(5_000)), mean, std, a, b, rng=0).data
    assert a <= values.min() < values.max() <= b
    expected = stats.truncnorm((a - mean) / std, (b - mean) / std, mean, std)
    assert kolmogorov(values, expected) > 0.01


@given(st.integers(1, 6), st.lists(st.integers(1, 4), min_size=1, max_size=3), st.floats(0, 3), st.integers(0, 99))
def test_orthogonal_rows_or_columns_are_orthonormal(out, rest, gain, seed):
    for dtype, tolerance in ((np.float64, 1e-12), (np.float32, 1e-5)):
        weight = nn.Parameter(np.zeros((out, *rest), dtype))
        matrix = nn.init.orthogonal(weight, gain, rng=seed).data.reshape(out, -1)
        shorter = matrix @ matrix.T if out <= matrix.shape[1] else matrix.T @ matrix
        np.testing.assert_allclose(shorter, gain**2 * np.eye(len(shorter)), atol=tolerance * max(1, gain**2))


def test_orthogonal_matrices_are_uniformly_distributed():
    """Reflections as often as rotations, all angles alike, the square of an entry as on the sphere."""
    rng = np.random.default_rng(2)
    plane = np.array([nn.init.orthogonal(nn.Parameter(np.zeros((2, 2))), rng=rng).data for _ in range(2_000)])
    angles = np.arctan2(plane[:, 1, 0], plane[:, 0, 0])
    assert kolmogorov(angles, stats.uniform(-np.pi, 2 * np.pi)) > 0.01
    assert stats.binomtest(int((np.linalg.det(plane) > 0).sum()), 2_000).pvalue > 0.01
    space = np.array([nn.init.orthogonal(nn.Parameter(np.zeros((3, 5))), rng=rng).data for _ in range(1_000)])
    assert kolmogorov(space[:, 2, 4] ** 2, stats.beta(0.5, 2)) > 0.01
    assert abs(space.mean(0)).max() < 0.1


@pytest.mark.parametrize("shape", [(4, 4), (3, 7), (7, 3), (3, 2, 2, 2)])
def test_orthogonal_flattens_as_pytorch_does(shape, torch):
    theirs = torch.nn.init.orthogonal_(torch.empty(shape, dtype=torch.float64), gain=2.0).reshape(shape[0], -1).numpy()
    mine = drawn("orthogonal", shape, gain=2.0).reshape(shape[0], -1)
    for product in (lambda m: m @ m.T, lambda m: m.T @ m):
        np.testing.assert_allclose(np.linalg.eigvalsh(product(mine)), np.linalg.eigvalsh(product(theirs)), atol=1e-12)


def test_constants_are_everywhere():
    bias = nn.Linear(2, 3).bias
    assert nn.init.zeros(bias) is bias
    assert bias.data.tolist() == [0.0, 0.0, 0.0]
    assert nn.init.ones(bias).data.tolist() == [1.0, 1.0, 1.0]
    assert nn.init.constant(bias, np.float64(-0.5)).data.tolist() == [-0.5, -0.5, -0.5]
    assert nn.init.constant(ad.Tensor([1, 2]), 3).data.tolist() == [3, 3]


ALL = [name for name in nn.init.__all__ if name not in ("fans", "gain", "TRUNCATED_DEVIATION")]
ARGUMENTS = {"constant": (2.0,), "layer_default": (4,)}


@pytest.mark.parametrize("requires_grad", [True, False])
@pytest.mark.parametrize("name", ALL)
def test_every_initialiser_fills_in_place_draws_from_rng_and_gives_the_tensor_back(name, requires_grad):
    random = name not in ("zeros", "ones", "constant")
    tensor = ad.Tensor(np.full((4, 3), np.nan), requires_grad=requires_grad)
    memory = tensor.data
    fill = lambda **rng: getattr(nn.init, name)(tensor, *ARGUMENTS.get(name, ()), **rng)
    assert fill(**({"rng": np.random.default_rng(5)} if random else {})) is tensor
    assert tensor.data is memory
    assert np.isfinite(memory).all()
    assert (tensor.requires_grad, tensor.node) == (requires_grad, None)
    if random:
        first = tensor.numpy()
        np.testing.assert_array_equal(fill(rng=5).data, first)
        assert not np.array_equal(fill(rng=6).data, first)
        nn.manual_seed(5)
        np.testing.assert_array_equal(fill().data, first)


@pytest.mark.parametrize("name", ALL)
def test_a_weight_without_elements_stays_as_it_is(name):
    weight = nn.Parameter(np.zeros((0, 0)))
    assert getattr(nn.init, name)(weight, *ARGUMENTS.get(name, ())) is weight


def test_a_graph_notices_that_its_weight_was_filled_anew():
    weight = nn.Parameter(np.ones((2, 2)))
    out = (weight * weight).sum()
    nn.init.zeros(weight)
    with pytest.raises(RuntimeError, match="version"):
        out.backward()


def weight():
    return nn.Parameter(np.full((3, 2), 7.0))


def bias():
    return nn.Parameter(np.full(3, 7.0))


REFUSED = {
    "one axis, xavier": (bias, lambda t: nn.init.xavier_normal(t), ValueError, "fan_in"),
    "one axis, orthogonal": (bias, lambda t: nn.init.orthogonal(t), ValueError, r"\(3,\).*fan_in"),
    "mode": (weight, lambda t: nn.init.kaiming_normal(t, mode="in"), ValueError, "mode"),
    "nonlinearity": (weight, lambda t: nn.init.kaiming_normal(t, nonlinearity="rely"), ValueError, "rely"),
    "mode for the slope": (weight, lambda t: nn.init.kaiming_normal(t, "fan_out"), ValueError, "a is 'fan_out'"),
    "cut in words": (weight, lambda t: nn.init.truncated_normal(t, a="-2"), ValueError, "a is '-2'"),
    "rng": (weight, lambda t: nn.init.he_uniform(t, rng="3"), TypeError, "Generator"),
    "std": (weight, lambda t: nn.init.normal(t, 0.0, -1.0), ValueError, "std is -1.0"),
    "std of nothing": (weight, lambda t: nn.init.normal(t, 0.0, float("nan")), ValueError, "finite"),
    "mean": (weight, lambda t: nn.init.normal(t, "0"), ValueError, "nn.init.normal: mean is '0'"),
    "bounds": (weight, lambda t: nn.init.uniform(t, 1.0, 0.0), ValueError, "a is 1.0 and b is 0.0"),
    "infinite bounds": (weight, lambda t: nn.init.uniform(t, 0.0, np.inf), ValueError, "finite"),
    "cut": (weight, lambda t: nn.init.truncated_normal(t, a=2.0, b=2.0), ValueError, "larger"),
    "cut of nothing": (weight, lambda t: nn.init.truncated_normal(t, std=0.0), ValueError, "above 0"),
    "gain": (weight, lambda t: nn.init.orthogonal(t, -1.0), ValueError, "gain is -1.0"),
    "gain of xavier": (weight, lambda t: nn.init.xavier_uniform(t, -1.0), ValueError, "gain is -1.0"),
    "value": (weight, lambda t: nn.init.constant(t, None), ValueError, "value is None"),
    "integers": (lambda: ad.Tensor([[7, 7]]), lambda t: nn.init.normal(t), TypeError, "int64.*floats"),
    "half an integer": (lambda: ad.Tensor([7, 7]), lambda t: nn.init.constant(t, 0.5), ValueError, "cannot hold"),
    "an array": (lambda: np.full((3, 2), 7.0), lambda t: nn.init.zeros(t), TypeError, r"nn\.Parameter"),
    "an array for xavier": (lambda: np.full((3, 2), 7.0), lambda t: nn.init.xavier_normal(t), TypeError, "ndarray"),
}


@pytest.mark.parametrize("refused", REFUSED)
def test_what_does_not_fit_is_refused_before_anything_changes(refused):
    make, fill, error, message = REFUSED[refused]
    tensor = make()
    with pytest.raises(error, match=message):
        fill(tensor)
    assert (np.asarray(getattr(tensor, "data", tensor)) == 7).all()
