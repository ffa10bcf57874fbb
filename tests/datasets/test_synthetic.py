"""The synthetic sets have the shapes, the distributions and the ceilings that their formulas promise."""
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import datasets

sizes = st.integers(1, 40)
class_counts = st.integers(1, 6)
sigmas = st.floats(0, 2)
seeds = st.integers(0, 2**32 - 1)
blobs_and_rings = pytest.mark.parametrize("make", [datasets.linear, datasets.polar])
by_class = pytest.mark.parametrize("make", [datasets.linear, datasets.polar, datasets.spirals])
in_halves = pytest.mark.parametrize("make", [datasets.moons, datasets.circles])
random_sets = pytest.mark.parametrize(
    "make",
    [
        datasets.linear,
        datasets.polar,
        datasets.diagonal,
        datasets.moons,
        datasets.circles,
        datasets.spirals,
        datasets.blobs,
    ],
)


@by_class
@given(points=sizes, classes=class_counts, sigma=sigmas, seed=seeds)
def test_every_class_has_its_points_in_order_and_the_types_are_kept(make, points, classes, sigma, seed):
    x, y = make(points, classes, sigma, rng=seed)
    assert x.shape == (points * classes, 2)
    assert x.dtype == np.float32
    assert y.dtype == np.int64
    np.testing.assert_array_equal(y, [label for label in range(classes) for _ in range(points)])
    assert np.isfinite(x).all()


@in_halves
@given(points=st.integers(2, 60), sigma=sigmas, seed=seeds)
def test_half_of_the_points_are_of_each_class_and_the_odd_one_is_of_class_1(make, points, sigma, seed):
    x, y = make(points, sigma, rng=seed)
    assert x.shape == (points, 2)
    assert x.dtype == np.float32
    assert y.dtype == np.int64
    assert y.tolist() == [0] * (points // 2) + [1] * (points - points // 2)


def test_25_moons_are_12_and_13():
    assert np.bincount(datasets.moons(25, 0.25, rng=0).y).tolist() == [12, 13]


@given(points=sizes, seed=seeds)
def test_diagonal_points_lie_in_the_unit_square_on_the_side_of_their_class(points, seed):
    x, y = datasets.diagonal(points, rng=seed)
    assert x.shape == (points, 2)
    assert x.dtype == np.float32
    assert y.dtype == np.int64
    assert ((x >= 0) & (x <= 1)).all()
    np.testing.assert_array_equal(y == 0, x[:, 0] > x[:, 1])


@random_sets
@given(seed=seeds)
def test_a_seed_determines_every_point(make, seed):
    first, again = make(rng=seed), make(rng=np.random.default_rng(seed))
    np.testing.assert_array_equal(first.x, again.x)
    np.testing.assert_array_equal(first.y, again.y)
    assert not np.array_equal(first.x, make(rng=seed + 1).x)


@random_sets
def test_a_generator_moves_on_and_no_seed_means_a_fresh_draw(make):
    rng = np.random.default_rng(3)
    assert not np.array_equal(make(rng=rng).x, make(rng=rng).x)
    assert not np.array_equal(make().x, make().x)


@random_sets
def test_the_global_generator_is_neither_read_nor_moved(make):
    np.random.seed(1)
    before = np.random.get_state()
    first = make(rng=7)
    for left, right in zip(before, np.random.get_state(), strict=True):
        np.testing.assert_array_equal(left, right)
    np.random.seed(2)
    np.testing.assert_array_equal(first.x, make(rng=7).x)


def test_linear_centres_spreads_and_correlation_follow_the_formula():
    points, classes, sigma = 40_000, 4, 0.4
    x, y = datasets.linear(points, classes, sigma, rng=0)
    five_errors = 5 * sigma / np.sqrt(points)
    for label in range(classes):
        cloud = x[y == label].astype(np.float64)
        np.testing.assert_allclose(cloud.mean(axis=0), (label + 1) / (classes + 1), atol=five_errors)
        np.testing.assert_allclose(np.cov(cloud.T), sigma**2 * np.eye(2), atol=1.5 * sigma * five_errors)


def test_polar_radii_follow_the_folded_normal_distribution():
    points, classes, sigma = 40_000, 3, 0.3
    x, y = datasets.polar(points, classes, sigma, rng=0)
    for label in range(classes):
        radius = np.hypot(*x[y == label].T.astype(np.float64))
        drawn = np.abs(np.random.default_rng(label).normal(label / classes, sigma, points))
        assert kolmogorov_distance(radius, drawn) < 2.0 * np.sqrt(2 / points)  # exceeded once in 1,000 pairs


def test_polar_angles_are_uniform_up_to_twice_3_14_and_independent_of_the_radius():
    points = 200_000
    x, _ = datasets.polar(points, 1, 1.0, rng=0)
    angle = np.arctan2(x[:, 1], x[:, 0]).astype(np.float64) % (2 * np.pi)
    assert 2 * 3.14 - 1e-3 < angle.max() < 2 * 3.14 + 1e-5 < 2 * np.pi - 3e-3
    assert kolmogorov_distance(angle, np.linspace(0, 2 * 3.14, points)) < 2.0 / np.sqrt(points)
    assert abs(np.corrcoef(angle, np.hypot(*x.T))[0, 1]) < 5 / np.sqrt(points)


@given(classes=class_counts, seed=seeds)
def test_without_noise_points_are_exactly_where_the_formulas_put_them(classes, seed):
    x, y = datasets.linear(3, classes, 0, rng=seed)
    np.testing.assert_allclose(x, np.stack([(y + 1) / (classes + 1)] * 2, axis=1), rtol=1e-6)
    x, y = datasets.polar(3, classes, 0, rng=seed)
    np.testing.assert_allclose(np.hypot(*x.T), y / classes, rtol=1e-6)


def test_moons_lie_around_two_half_circles_at_even_angles():
    points, sigma = 40_001, 0.25
    x, y = datasets.moons(points, sigma, rng=0)
    for label, size in enumerate([20_000, 20_001]):
        t = np.linspace(0, np.pi, size)
        curve = [(np.cos(t), np.sin(t)), (1 - np.cos(t), 0.5 - np.sin(t))][label]
        assert_normal(x[y == label] - np.stack(curve, axis=1), sigma)


def test_circles_are_one_inside_the_other_at_even_angles():
    points, sigma, factor = 40_001, 0.1, 0.3
    x, y = datasets.circles(points, sigma, factor, rng=0)
    for label, size in enumerate([20_000, 20_001]):
        t = np.arange(size) * 2 * np.pi / size
        assert_normal(x[y == label] - [1, factor][label] * np.stack([np.cos(t), np.sin(t)], axis=1), sigma)


def test_spirals_wind_as_often_as_asked_with_normal_angles():
    points, classes, sigma, turns = 20_000, 4, 0.2, -1.25
    x, y = datasets.spirals(points, classes, sigma, turns, rng=0)
    r = np.linspace(0, 1, points)
    for label in range(classes):
        arm = x[y == label].astype(np.float64)
        np.testing.assert_allclose(np.hypot(*arm.T), r, atol=1e-6)
        turned = np.exp(-2j * np.pi * (label / classes + turns * r)) * (arm[:, 0] + 1j * arm[:, 1])
        assert_normal(np.angle(turned[1:])[:, np.newaxis], sigma)


def test_blobs_lie_around_the_centres_given():
    points, sigma = 40_000, 0.5
    centres = np.array([[0, 0, 0], [1, -2, 3]])
    x, y = datasets.blobs(points, centres, sigma, rng=0)
    for label in range(2):
        assert_normal(x[y == label] - centres[label], sigma)


def test_centres_that_are_not_given_are_drawn_from_the_cube():
    x, y = datasets.blobs(1, 20_000, 0, features=3, rng=0)
    assert x.shape == (20_000, 3)
    assert y.tolist() == list(range(20_000))
    assert (np.abs(x) <= 10).all()
    assert kolmogorov_distance(x.ravel(), np.linspace(-10, 10, x.size)) < 2.0 / np.sqrt(x.size)


@given(centres=st.integers(1, 5), features=st.integers(1, 5), points=sizes, sigma=sigmas, seed=seeds)
def test_blobs_have_the_shape_asked_for(centres, features, points, sigma, seed):
    x, y = datasets.blobs(points, centres, sigma, features, rng=seed)
    assert x.shape == (centres * points, features)
    assert x.dtype == np.float32
    assert y.tolist() == [label for label in range(centres) for _ in range(points)]


def test_given_centres_are_kept_whatever_is_drawn():
    first, second = (datasets.blobs(3, [[1, 2], [3, 4]], 0, rng=seed).x for seed in (0, 1))
    np.testing.assert_array_equal(first, second)


def assert_normal(noise, sigma):
    """Mean, covariance and distribution of each column are those of N(0, sigma²), independently."""
    points, columns = noise.shape
    noise = noise.astype(np.float64)
    five_errors = 5 * sigma / np.sqrt(points)
    np.testing.assert_allclose(noise.mean(axis=0), 0, atol=five_errors)
    np.testing.assert_allclose(np.cov(noise.T), (sigma**2 * np.eye(columns)).squeeze(), atol=1.5 * sigma * five_errors)
    drawn = np.random.default_rng(1).normal(0, sigma, points)
    for column in noise.T:
        assert kolmogorov_distance(column, drawn) < 2.0 * np.sqrt(2 / points)  # exceeded once in 1,000 pairs


def test_the_best_classifier_of_moons_is_right_94_4_percent_of_the_time_and_a_line_86():
    x, y = datasets.moons(40_000, 0.25, rng=0)
    t = np.linspace(0, np.pi, 200)
    curves = np.stack([np.cos(t), np.sin(t)], axis=1), np.stack([1 - np.cos(t), 0.5 - np.sin(t)], axis=1)
    distances = [((x[:, np.newaxis] - curve.astype(np.float32)) ** 2).sum(axis=2) for curve in curves]
    likelihoods = [np.exp(-distance / (2 * 0.25**2)).sum(axis=1) for distance in distances]
    assert accuracy(likelihoods[1] > likelihoods[0], y) == pytest.approx(0.944, abs=0.005)
    line = np.column_stack([x, np.ones(len(x))])
    fitted = np.linalg.lstsq(line, 2.0 * y - 1, rcond=None)[0]
    assert accuracy(line @ fitted > 0, y) == pytest.approx(0.86, abs=0.01)


def test_the_best_classifier_of_linear_is_right_99_08_percent_of_the_time():
    x, y = datasets.linear(200_000, 2, 0.1, rng=0)
    assert accuracy(x.sum(axis=1) > 1, y) == pytest.approx(0.9908, abs=5e-4)


@pytest.mark.parametrize(("classes", "sigma", "ceiling"), [(2, 0.1, 0.9913), (5, 0.05, 0.960)])
def test_the_best_classifier_of_polar_reaches_the_published_ceiling(classes, sigma, ceiling):
    x, y = datasets.polar(200_000, classes, sigma, rng=0)
    radius = np.hypot(*x.T)[:, np.newaxis]
    means = np.arange(classes) / classes
    likelihood = sum(np.exp(-(((radius - mean) / sigma) ** 2) / 2) for mean in (means, -means))
    assert accuracy(likelihood.argmax(axis=1), y) == pytest.approx(ceiling, abs=1e-3)


def test_diagonal_classes_are_equally_likely():
    y = datasets.diagonal(40_000, rng=0).y
    assert y.mean() == pytest.approx(0.5, abs=5 * 0.5 / np.sqrt(len(y)))


def test_xor_is_two_crossing_lines_of_21_points():
    x, y = datasets.xor()
    assert x.dtype == np.float32
    assert y.dtype == np.int64
    rising, falling = x[y == 0], x[y == 1]
    np.testing.assert_allclose(rising, [(i / 10, i / 10) for i in range(11)], atol=1e-7)
    np.testing.assert_allclose(falling, [(i / 10, 1 - i / 10) for i in range(11) if i != 5], atol=1e-7)


def test_xor_cannot_be_changed_for_the_next_caller():
    datasets.xor().x[:] = 7
    assert datasets.xor().x.max() == 1


@pytest.mark.parametrize(
    ("arguments", "error", "wanted"),
    [
        ({"points_per_class": 0}, ValueError, "points_per_class must be a whole number of at least 1; got 0"),
        ({"points_per_class": 2.0}, TypeError, "points_per_class must be a whole number"),
        ({"points_per_class": True}, TypeError, "points_per_class must be a whole number"),
        ({"classes": -1}, ValueError, "classes must be a whole number of at least 1; got -1"),
        ({"classes": "two"}, TypeError, "classes must be a whole number"),
        ({"sigma": -0.1}, ValueError, "sigma must be a finite number of at least 0; got -0.1"),
        ({"sigma": np.nan}, ValueError, "sigma must be a finite number"),
        ({"sigma": np.inf}, ValueError, "sigma must be a finite number"),
        ({"sigma": "0.1"}, TypeError, "sigma must be a finite number of at least 0; got '0.1' of type str"),
        ({"rng": -1}, ValueError, "rng must be a numpy.random.Generator, a seed"),
        ({"rng": 1.5}, TypeError, "rng must be a numpy.random.Generator, a seed"),
        ({"rng": np.random.RandomState(0)}, TypeError, "rng must be a numpy.random.Generator, a seed"),
    ],
)
@by_class
def test_a_bad_argument_is_named_with_what_was_wanted(make, arguments, error, wanted):
    with pytest.raises(error, match=f"datasets.{make.__name__}: {wanted}"):
        make(**arguments)


@pytest.mark.parametrize(
    ("make", "arguments", "error", "wanted"),
    [
        (datasets.moons, {"points": 1}, ValueError, "points must be a whole number of at least 2; got 1"),
        (datasets.moons, {"points": 2.5}, TypeError, "points must be a whole number of at least 2"),
        (datasets.moons, {"sigma": -1}, ValueError, "sigma must be a finite number of at least 0"),
        (datasets.circles, {"points": 0}, ValueError, "points must be a whole number of at least 2"),
        (datasets.circles, {"factor": 1}, ValueError, "factor must be a number from 0 to less than 1; got 1"),
        (datasets.circles, {"factor": "half"}, TypeError, "factor must be a number"),
        (datasets.spirals, {"turns": np.inf}, ValueError, "turns must be a finite number"),
        (datasets.blobs, {"centres": 0}, ValueError, "centres must be a whole number of at least 1; got 0"),
        (datasets.blobs, {"centres": True}, TypeError, "centres must be a whole number of at least 1; got True"),
        (datasets.blobs, {"centres": [1, 2]}, ValueError, "centres must be .* row for each class"),
        (datasets.blobs, {"centres": [[1, 2], [3]]}, ValueError, "centres must be .* row for each class"),
        (datasets.blobs, {"centres": [[np.nan]]}, ValueError, "centres must be .* finite numbers"),
        (datasets.blobs, {"centres": np.empty((0, 2))}, ValueError, "centres must be .* row for each class"),
        (datasets.blobs, {"features": 0}, ValueError, "features must be a whole number of at least 1"),
        (datasets.diagonal, {"points": -1}, ValueError, "points must be a whole number of at least 1"),
    ],
)
def test_a_bad_argument_of_one_set_is_named_too(make, arguments, error, wanted):
    with pytest.raises(error, match=f"datasets.{make.__name__}: {wanted}"):
        make(**arguments)


def test_a_bad_argument_draws_nothing_from_the_generator():
    rng = np.random.default_rng(0)
    before = rng.bit_generator.state
    bad = [(datasets.linear, "sigma"), (datasets.polar, "classes"), (datasets.diagonal, "points")]
    bad += [(datasets.moons, "sigma"), (datasets.circles, "factor"), (datasets.spirals, "classes")]
    bad += [(datasets.blobs, "features"), (datasets.blobs, "points_per_class")]
    for make, argument in bad:
        with pytest.raises(ValueError, match=argument):
            make(**{argument: -1}, rng=rng)
    assert rng.bit_generator.state == before


@pytest.mark.parametrize("kind", [np.int64, np.uint8])
def test_numpy_numbers_are_numbers(kind):
    x, y = datasets.polar(kind(4), kind(2), np.float32(0.5), rng=kind(1))
    np.testing.assert_array_equal(x, datasets.polar(4, 2, 0.5, rng=1).x)
    assert y.tolist() == [0] * 4 + [1] * 4


def accuracy(predicted, y):
    return np.mean(predicted == y)


def kolmogorov_distance(one, other):
    """The largest gap between two empirical distribution functions."""
    points = np.concatenate([one, other])
    shares = [np.searchsorted(np.sort(sample), points, side="right") / len(sample) for sample in (one, other)]
    return np.abs(shares[0] - shares[1]).max()
