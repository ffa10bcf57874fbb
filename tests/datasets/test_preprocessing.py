"""Scalers learn from what is fitted and from nothing else, and one-hot vectors are what they say."""
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import datasets
from datasets import preprocessing

scalers = pytest.mark.parametrize("make", [datasets.StandardScaler, datasets.MinMaxScaler])
tables = hnp.arrays(
    st.sampled_from([np.float64, np.float32]),
    hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=8),
    elements=st.floats(-1e4, 1e4, width=32),
)


@given(x=tables)
def test_z_scores_have_mean_0_and_deviation_1_but_in_constant_columns(x):
    scores = datasets.StandardScaler().fit_transform(x).astype(np.float64)
    spread = np.ptp(x.astype(np.float64), axis=0)
    wide = spread > 1e-3 * np.abs(x).max(axis=0)
    np.testing.assert_allclose(scores.mean(axis=0)[wide], 0, atol=1e-3)
    np.testing.assert_allclose(scores.std(axis=0)[wide], 1, rtol=1e-3)
    assert (scores[:, spread == 0] == 0).all()


@given(x=tables, low=st.floats(-5, 0), width=st.floats(0.5, 5))
def test_the_range_of_every_column_becomes_low_to_high(x, low, width):
    scaled = datasets.MinMaxScaler(low, low + width).fit_transform(x)
    constant = x.min(axis=0) == x.max(axis=0)
    np.testing.assert_allclose(scaled.min(axis=0), low, atol=1e-5)
    np.testing.assert_allclose(scaled.max(axis=0)[~constant], low + width, atol=1e-5)
    np.testing.assert_allclose(scaled[:, constant], low, atol=1e-5)


@scalers
@given(x=tables, other=st.floats(-100, 100, width=32))
def test_the_inverse_undoes_it_for_samples_never_seen(make, x, other):
    scaler = make().fit(x)
    new = (x + np.asarray(other, x.dtype)).astype(x.dtype)
    back = scaler.inverse_transform(scaler.transform(new))
    largest = max(np.abs(new).max(), np.abs(x).max(), 1)
    np.testing.assert_allclose(back, new, atol=1e-6 * largest if x.dtype == np.float32 else 1e-12 * largest)
    assert back.dtype == x.dtype


@scalers
def test_the_statistics_are_those_of_the_training_samples(make):
    train, test = np.array([[0.0, 10.0], [4.0, 30.0]]), np.array([[2.0, 20.0], [100.0, 100.0]])
    scaler = make()
    assert scaler.fit(train) is scaler
    first = scaler.transform(test)
    np.testing.assert_array_equal(scaler.transform(test[:1]), first[:1])
    again = scaler.fit(test).fit(train).transform(test)
    np.testing.assert_array_equal(again, first)


def test_scores_agree_with_scikit_learns():
    reference = pytest.importorskip("sklearn.preprocessing", reason='pip install "chalkgrad[data]"')
    rng = np.random.default_rng(0)
    x, new = rng.normal(3, 2, (50, 4)), rng.normal(3, 2, (20, 4))
    x[:, 2] = 0.1
    for ours, theirs in [
        (datasets.StandardScaler(), reference.StandardScaler()),
        (datasets.MinMaxScaler(-1, 2), reference.MinMaxScaler((-1, 2))),
    ]:
        np.testing.assert_allclose(ours.fit_transform(x), theirs.fit_transform(x), atol=1e-12)
        np.testing.assert_allclose(ours.transform(new), theirs.transform(new), atol=1e-12)


@scalers
@pytest.mark.parametrize("constant", [0.1, 1e6, -3.7])
def test_a_constant_column_becomes_exactly_the_same_number(make, constant):
    x = np.full((1000, 1), constant, np.float32)
    assert (make().fit_transform(x) == 0).all()
    np.testing.assert_array_equal(make().fit(x).inverse_transform(np.zeros_like(x)), x)


@scalers
@pytest.mark.parametrize(
    ("given_dtype", "dtype"),
    [("f4", "f4"), ("f8", "f8"), ("f2", "f2"), ("u1", "f4"), ("i2", "f4"), ("i8", "f8"), ("?", "f4")],
)
def test_floats_keep_their_dtype_and_whole_numbers_become_floats(make, given_dtype, dtype):
    x = np.array([[0, 1], [1, 0], [1, 1]], given_dtype)
    scaler = make().fit(x)
    for result in (scaler.transform(x), scaler.inverse_transform(x)):
        assert result.dtype == dtype
        assert not np.shares_memory(result, x)


@scalers
def test_statistics_can_be_taken_over_any_axes(make):
    x = np.random.default_rng(0).normal(size=(20, 3, 4, 5)) * np.array([1, 10, 100])[:, None, None]
    per_channel = make(axis=(0, 2, 3)).fit_transform(x)
    for channel in range(3):
        alone = make(axis=None).fit_transform(x[:, channel])
        np.testing.assert_allclose(per_channel[:, channel], alone, atol=1e-12)
    per_pixel = make().fit_transform(x)
    np.testing.assert_allclose(per_pixel.reshape(20, -1), make().fit_transform(x.reshape(20, -1)), atol=1e-12)


def test_images_are_scored_per_channel_whatever_their_number():
    scaler = datasets.StandardScaler(axis=(0, 2, 3)).fit(np.random.default_rng(0).normal(size=(20, 3, 4, 5)))
    assert scaler.transform(np.zeros((1, 3, 9, 9))).shape == (1, 3, 9, 9)
    assert scaler.mean.shape == scaler.deviation.shape == (1, 3, 1, 1)


@scalers
@pytest.mark.parametrize("axis", [0, 1, None])
def test_many_rows_are_scaled_as_few(make, axis, monkeypatch):
    x = np.random.default_rng(0).normal(size=(50, 7)).astype(np.float32)
    whole = make(axis=axis).fit_transform(x)
    monkeypatch.setattr(preprocessing, "CHUNK", 20)
    np.testing.assert_array_equal(make(axis=axis).fit_transform(x), whole)


def test_numbers_too_small_for_float32_to_halve_are_scaled_too():
    x = np.array([[0], [1e-45]], np.float32)
    np.testing.assert_array_equal(datasets.StandardScaler().fit_transform(x), [[-1], [1]])


@scalers
def test_what_cannot_be_scaled_is_refused_and_what_was_learned_stays(make):
    name = f"datasets.{make.__name__}"
    scaler = make()
    for method in (scaler.transform, scaler.inverse_transform):
        with pytest.raises(RuntimeError, match=f"{name}.*nothing is learned yet; fit the training samples first"):
            method(np.zeros((2, 2)))
    scaler.fit([[0.0, 1.0], [2.0, 5.0]])
    before = scaler.transform([[1.0, 1.0]])
    for bad, error, wanted in [
        (np.array([["a"]]), TypeError, "fit: x must be an array of numbers; got <U1"),
        (np.array([[1j]]), TypeError, "fit: x must be an array of numbers; got complex128"),
        (np.array([[np.nan, 1.0]]), ValueError, "fit: x holds NaN or infinity"),
        (np.array([[np.inf, 1.0]]), ValueError, "fit: x holds NaN or infinity"),
        (np.empty((0, 2)), ValueError, r"fit: x has shape \(0, 2\); needed are finite numbers"),
        (np.float64(1), ValueError, r"fit: x has shape \(\) and no axis 0"),
    ]:
        with pytest.raises(error, match=f"{name}.{wanted}"):
            scaler.fit(bad)
        np.testing.assert_array_equal(scaler.transform([[1.0, 1.0]]), before)
    for shape in [(2, 3), (2,), (2, 1), (2, 2, 2)]:
        with pytest.raises(ValueError, match=rf"{name}.transform: x has shape .*, the statistics \(1, 2\)"):
            scaler.transform(np.zeros(shape))
    with pytest.raises(TypeError, match=f"{name}.transform: x must be an array of numbers"):
        scaler.transform([["a", "b"]])
    with pytest.raises(ValueError, match="no axis 5"):
        make(axis=5).fit(np.zeros((2, 2)))
    for axis in ("0", 1.5, True, (0, "1")):
        with pytest.raises(TypeError, match=f"{name}: axis must be a whole number, a tuple of them or None"):
            make(axis=axis)


def test_a_range_must_be_one():
    with pytest.raises(ValueError, match="low must be less than high; got 1 and 1"):
        datasets.MinMaxScaler(1, 1)
    with pytest.raises(ValueError, match="high must be a finite number; got inf"):
        datasets.MinMaxScaler(0, np.inf)
    with pytest.raises(TypeError, match="low must be a finite number"):
        datasets.MinMaxScaler("0", 1)


@given(
    labels=hnp.arrays(st.sampled_from([np.int64, np.uint8]), hnp.array_shapes(max_dims=3), elements=st.integers(0, 9)),
    more=st.integers(0, 3),
)
def test_one_hot_vectors_have_a_single_1_at_the_label(labels, more):
    classes = int(labels.max()) + 1 + more
    vectors = datasets.one_hot(labels, classes if more else None)
    assert vectors.shape == (*labels.shape, classes)
    assert vectors.dtype == np.float32
    np.testing.assert_array_equal(vectors.argmax(axis=-1), labels)
    np.testing.assert_array_equal(vectors.sum(axis=-1), 1)
    assert set(np.unique(vectors)) <= {0, 1}


def test_no_labels_have_no_vectors_of_the_classes_given():
    assert datasets.one_hot([], 3).shape == (0, 3)


@pytest.mark.parametrize(
    ("labels", "classes", "error", "wanted"),
    [
        ([0, 3], 3, ValueError, "labels must be from 0 to 2, below classes; got 0 to 3"),
        ([-1], None, ValueError, "labels must be at least 0; got -1 to -1"),
        ([-1, 0], None, ValueError, "labels must be from 0 to 0, below classes; got -1 to 0"),
        ([0.0, 1.0], None, TypeError, "labels must be whole numbers, class indices from 0; got float64"),
        ([True], None, TypeError, "labels must be whole numbers"),
        ([], None, ValueError, "there are no labels; classes must say how many"),
        ([0], 0, ValueError, "classes must be a whole number of at least 1"),
        ([0], 2.0, TypeError, "classes must be a whole number of at least 1"),
    ],
)
def test_labels_that_are_no_classes_are_refused(labels, classes, error, wanted):
    with pytest.raises(error, match=f"datasets.one_hot: {wanted}"):
        datasets.one_hot(labels, classes)


def test_scalers_say_what_they_are():
    assert repr(datasets.StandardScaler(axis=None)) == "StandardScaler(axis=None): not fitted"
    assert repr(datasets.MinMaxScaler(-1, 1).fit([[1.0, 2.0]])) == "MinMaxScaler(-1, 1, axis=0): fitted to (1, 2)"


@pytest.mark.parametrize("axis", [None, 0, 1, -1, (0, 2), (1, 2), (-3,)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_many_samples_have_the_deviation_of_all_of_them_and_need_little_memory(axis, dtype):
    x = (np.random.default_rng(0).random((3000, 20, 10)) * 200).astype(dtype)
    scaler = datasets.StandardScaler(axis=axis)
    tracemalloc.start()
    scaler.fit(x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_allclose(scaler.deviation, x.std(axis=axis, keepdims=True, dtype=np.float64), rtol=1e-12)
    assert peak < 8 * x.size / 2, "all of it in float64 takes eight bytes a number"
