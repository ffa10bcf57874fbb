"""The digits are the real scans, split once, evenly over the classes, and never mixed."""
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import datasets

pytest.importorskip("sklearn", reason='the digits ship with scikit-learn: pip install "chalkgrad[data]"')


@pytest.fixture(scope="module")
def collection():
    from sklearn.datasets import load_digits

    return load_digits()


@given(fraction=st.floats(1e-6, 1 - 1e-6), seed=st.integers(0, 2**32 - 1))
def test_every_scan_is_in_exactly_one_part(collection, fraction, seed):
    train, test = datasets.digits(test_fraction=fraction, rng=seed)
    original = labelled_bytes(collection.images.astype(np.uint8), collection.target)
    assert sorted(labelled_bytes(*train) + labelled_bytes(*test)) == sorted(original)


@given(fraction=st.floats(1e-6, 1 - 1e-6), seed=st.integers(0, 2**32 - 1))
def test_every_digit_gives_its_share_to_the_test_part_and_keeps_at_least_one(collection, fraction, seed):
    train, test = datasets.digits(test_fraction=fraction, rng=seed)
    total = np.bincount(collection.target)
    shares = np.bincount(test.y, minlength=10)
    assert (np.abs(shares - fraction * total) <= 1).all()
    assert shares.min() >= 1
    assert np.bincount(train.y, minlength=10).min() >= 1


def test_pixels_are_whole_numbers_up_to_16_or_scaled_to_one_on_request():
    raw, scaled = datasets.digits(), datasets.digits(scale=True)
    for before, after in zip(raw, scaled, strict=True):
        assert before.x.dtype == np.uint8
        assert after.x.dtype == np.float32
        assert before.y.dtype == after.y.dtype == np.int64
        assert before.x.shape[1:] == after.x.shape[1:] == (8, 8)
        assert (before.x.min(), before.x.max()) == (0, 16)
        np.testing.assert_array_equal(after.x * 16, before.x)
        np.testing.assert_array_equal(after.y, before.y)


def test_the_split_is_fixed_by_default_and_seeded_on_request():
    np.random.seed(1)
    first = datasets.digits()
    np.random.seed(2)
    np.testing.assert_array_equal(first.test.x, datasets.digits(rng=0).test.x)
    assert not np.array_equal(first.test.x, datasets.digits(rng=1).test.x)
    assert not np.array_equal(datasets.digits(rng=None).test.x, datasets.digits(rng=None).test.x)


def test_the_nearest_training_scan_names_most_test_scans():
    """Labels belong to their images: a wrong pairing would leave one digit in ten right."""
    train, test = datasets.digits(scale=True)
    one, other = test.x.reshape(len(test.x), -1), train.x.reshape(len(train.x), -1)
    distance = (one**2).sum(axis=1)[:, np.newaxis] - 2 * one @ other.T + (other**2).sum(axis=1)
    assert np.mean(train.y[distance.argmin(axis=1)] == test.y) > 0.97


@pytest.mark.parametrize(
    ("arguments", "error", "wanted"),
    [
        ({"test_fraction": 0}, ValueError, "test_fraction must be a share between 0 and 1, both excluded"),
        ({"test_fraction": 1.0}, ValueError, "test_fraction must be a share"),
        ({"test_fraction": np.nan}, ValueError, "test_fraction must be a share"),
        ({"test_fraction": "a fifth"}, TypeError, "test_fraction must be a share"),
        ({"rng": "0"}, TypeError, "rng must be a numpy.random.Generator, a seed"),
    ],
)
def test_a_bad_argument_is_named_with_what_was_wanted(arguments, error, wanted):
    with pytest.raises(error, match=f"datasets.digits: {wanted}"):
        datasets.digits(**arguments)


def test_without_scikit_learn_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ImportError, match=r'pip install "chalkgrad\[data\]"'):
        datasets.digits()


def labelled_bytes(images, labels):
    return [(label, image.tobytes()) for image, label in zip(images, labels, strict=True)]
