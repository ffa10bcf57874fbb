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
random_sets = pytest.mark.parametrize("make", [datasets.linear, datasets.polar, datasets.diagonal])


@blobs_and_rings
@given(points=sizes, classes=class_counts, sigma=sigmas, seed=seeds)
def test_every_class_has_its_points_in_order_and_the_types_are_kept(make, points, classes, sigma, seed):
    x, y = make(points, classes, sigma, rng=seed)
    assert x.shape == (points * classes, 2)
    assert x.dtype == np.float32
    assert y.dtype == np.int64
    np.testing.assert_array_equal(y, [label for label in range(classes) for _ in range(points)])
    assert np.isfinite(x).all()


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
@blobs_and_rings
def test_a_bad_argument_is_named_with_what_was_wanted(make, arguments, error, wanted):
    with pytest.raises(error, match=f"datasets.{make.__name__}: {wanted}"):
        make(**arguments)


def test_a_bad_argument_draws_nothing_from_the_generator():
    rng = np.random.default_rng(0)
    before = rng.bit_generator.state
    bad = [(datasets.linear, "sigma"), (datasets.polar, "classes"), (datasets.diagonal, "points")]
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
