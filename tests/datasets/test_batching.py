"""Batches hold every sample once, parts have none in common, and both follow the generator they are given."""
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import datasets

counts = st.integers(1, 50)
seeds = st.integers(0, 2**32 - 1)


def numbered(rows):
    """Samples that know where they stood: x[i] is (i, −i), y[i] is i."""
    index = np.arange(rows)
    return datasets.Samples(np.stack([index, -index], axis=1).astype(np.float32), index)


@given(rows=counts, size=counts, seed=seeds, shuffle=st.booleans())
def test_an_iteration_has_every_sample_once_and_pairs_stay_together(rows, size, seed, shuffle):
    epoch = datasets.batches(numbered(rows), size, rng=seed, shuffle=shuffle)
    parts = list(epoch)
    assert len(parts) == len(epoch) == -(-rows // size)
    assert [len(part.y) for part in parts[:-1]] == [size] * (len(parts) - 1)
    y = np.concatenate([part.y for part in parts])
    assert sorted(y) == list(range(rows))
    np.testing.assert_array_equal(np.concatenate([part.x for part in parts]), np.stack([y, -y], axis=1))


@given(rows=counts, size=counts, seed=seeds)
def test_without_the_last_every_batch_is_full(rows, size, seed):
    epoch = datasets.batches(numbered(rows), size, rng=seed, drop_last=True)
    parts = list(epoch)
    assert len(parts) == len(epoch) == rows // size
    assert all(len(part.y) == size for part in parts)
    assert len(set(np.concatenate([[], *(part.y for part in parts)]))) == size * len(parts)


@given(rows=counts, size=counts)
def test_without_shuffling_the_order_is_kept_and_nothing_is_drawn(rows, size):
    rng = np.random.default_rng(0)
    before = rng.bit_generator.state
    parts = list(datasets.batches(numbered(rows), size, rng=rng, shuffle=False))
    np.testing.assert_array_equal(np.concatenate([part.y for part in parts]), np.arange(rows))
    assert rng.bit_generator.state == before


def order(epoch):
    return np.concatenate([part.y for part in epoch]).tolist()


def test_each_iteration_draws_a_new_order_from_the_generator():
    epoch = datasets.batches(numbered(40), 7, rng=0)
    first, second = order(epoch), order(epoch)
    assert first != second
    again = datasets.batches(numbered(40), 7, rng=np.random.default_rng(0))
    assert [order(again), order(again)] == [first, second]
    assert order(datasets.batches(numbered(40), 7)) != order(datasets.batches(numbered(40), 7))


def test_every_order_is_equally_likely():
    epoch = datasets.batches(numbered(3), 3, rng=0)
    orders, times = np.unique([order(epoch) for _ in range(6000)], axis=0, return_counts=True)
    assert len(orders) == 6
    assert np.abs(times - 1000).max() < 5 * np.sqrt(1000)


def test_batches_are_of_the_kind_that_came_in_and_share_no_memory():
    x, y = numbered(10)
    for shuffle in (True, False):
        samples, pair, triple, alone = (
            next(iter(datasets.batches(data, 4, rng=0, shuffle=shuffle)))
            for data in (datasets.Samples(x, y), (x, y), (x, y, y), x)
        )
        assert isinstance(samples, datasets.Samples)
        assert type(pair) is tuple
        assert len(triple) == 3
        assert alone.shape == (4, 2)
        assert not any(np.shares_memory(batch, x) for batch in (samples.x, pair[0], triple[0], alone))


def test_a_representation_says_how_many():
    assert repr(datasets.batches(numbered(10), 4)) == "Batches(3 of 4 out of 10 samples, shuffle=True)"


BAD_SAMPLES = [
    ([np.zeros(3)], TypeError, "samples must be Samples, a tuple of NumPy arrays or one; got list"),
    ((np.zeros(3), [0, 1, 2]), TypeError, "samples must be Samples, .* got ndarray, list"),
    ((), TypeError, "samples must be Samples, .* got nothing"),
    ((np.zeros((3, 2)), np.zeros(4)), ValueError, r"one row per sample, .* got the shapes \(3, 2\), \(4,\)"),
    ((np.zeros((0, 2)), np.zeros(0)), ValueError, r"at least one; got the shapes \(0, 2\), \(0,\)"),
    ((np.zeros(()), np.zeros(())), ValueError, "one row per sample"),
]


@pytest.mark.parametrize(("samples", "error", "wanted"), BAD_SAMPLES)
def test_bad_samples_are_named_with_what_was_wanted(samples, error, wanted):
    with pytest.raises(error, match=f"datasets.batches:.* {wanted}"):
        datasets.batches(samples, 2)
    with pytest.raises(error, match=f"datasets.split:.* {wanted}"):
        datasets.split(samples, 0.5)


@pytest.mark.parametrize(
    ("arguments", "error", "wanted"),
    [
        ({"batch_size": 0}, ValueError, "batch_size must be a whole number of at least 1; got 0"),
        ({"batch_size": 2.0}, TypeError, "batch_size must be a whole number"),
        ({"shuffle": "yes"}, TypeError, "shuffle must be True or False"),
        ({"drop_last": 1}, TypeError, "drop_last must be True or False"),
        ({"rng": "0"}, TypeError, "rng must be a numpy.random.Generator"),
    ],
)
def test_a_bad_argument_of_batches_is_named(arguments, error, wanted):
    with pytest.raises(error, match=f"datasets.batches: {wanted}"):
        datasets.batches(**{"samples": numbered(3), "batch_size": 2, **arguments})


# ------------------------------------------------------------------------------------------------------------- split

shares = st.lists(st.floats(0.05, 1), min_size=2, max_size=4).map(lambda parts: [part / sum(parts) for part in parts])


@given(rows=st.integers(4, 200), fractions=shares, seed=seeds)
def test_every_sample_is_in_exactly_one_part_of_the_right_size_and_order(rows, fractions, seed):
    parts = datasets.split(numbered(rows), fractions, rng=seed)
    assert len(parts) == len(fractions)
    assert sorted(np.concatenate([part.y for part in parts])) == list(range(rows))
    for part, share in zip(parts, fractions):
        assert isinstance(part, datasets.Samples)
        assert len(part.y) >= 1
        assert abs(len(part.y) - share * rows) <= len(parts)
        assert sorted(part.y) == part.y.tolist()
        np.testing.assert_array_equal(part.x, np.stack([part.y, -part.y], axis=1))


@given(sizes=st.lists(st.integers(4, 60), min_size=1, max_size=4), fractions=shares, seed=seeds)
def test_stratified_parts_have_their_share_of_every_class(sizes, fractions, seed):
    y = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    parts = datasets.split((np.arange(len(y)), y), fractions, stratified=True, rng=seed)
    assert sorted(np.concatenate([part.x for part in parts])) == list(range(len(y)))
    for part, share in zip(parts, fractions):
        found = np.bincount(part.y, minlength=len(sizes))
        assert found.min() >= 1
        assert (np.abs(found - share * np.array(sizes)) <= len(parts)).all()
        np.testing.assert_array_equal(part.y, y[part.x])


@given(rows=st.integers(2, 100), share=st.floats(0.01, 0.99), seed=seeds)
def test_one_share_is_that_of_the_second_part(rows, share, seed):
    one = datasets.split(numbered(rows), share, rng=seed)
    two = datasets.split(numbered(rows), (1 - share, share), rng=seed)
    assert abs(len(one[1].y) - share * rows) <= 1
    for left, right in zip(one, two, strict=True):
        np.testing.assert_array_equal(left.y, right.y)


def test_the_seed_decides_and_every_sample_is_equally_likely():
    first, second = (datasets.split(numbered(30), 0.5, rng=7)[1].y for _ in range(2))
    np.testing.assert_array_equal(first, second)
    rng = np.random.default_rng(0)
    held_out = np.concatenate([datasets.split(numbered(10), 0.3, rng=rng)[1].y for _ in range(2000)])
    assert np.abs(np.bincount(held_out) - 600).max() < 5 * np.sqrt(600)


def test_parts_share_no_memory_with_the_samples():
    samples = numbered(10)
    assert not any(np.shares_memory(part.x, samples.x) for part in datasets.split(samples, 0.5))


def test_targets_need_be_no_classes_unless_stratified():
    x = np.zeros((6, 2))
    assert len(datasets.split((x, np.linspace(0, 1, 6)), 0.5)[0].y) == 3


@pytest.mark.parametrize(
    ("arguments", "error", "wanted"),
    [
        ({"fractions": 0}, ValueError, "fractions must be a share between 0 and 1, both excluded"),
        ({"fractions": 1.0}, ValueError, "fractions must be a share"),
        ({"fractions": "half"}, TypeError, "fractions must be a share"),
        ({"fractions": None}, TypeError, "fractions must be a share"),
        ({"fractions": (0.5, "half")}, TypeError, "fractions must be .* one for each part, 1 in all"),
        ({"fractions": (0.5, 0.6)}, ValueError, r"fractions must be .* 1 in all; got \(0.5, 0.6\)"),
        ({"fractions": (1.5, -0.5)}, ValueError, "fractions must be .* 1 in all"),
        ({"fractions": ()}, ValueError, "fractions must be .* 1 in all"),
        ({"fractions": (0.25,) * 4}, ValueError, "there are 3 samples, fewer than the 4 parts"),
        ({"samples": np.zeros(3)}, TypeError, r"samples must be a pair of arrays, \(x, y\); got ndarray"),
        ({"samples": (np.zeros(3),) * 3}, TypeError, "samples must be a pair of arrays, .* got 3 arrays"),
        ({"stratified": 1}, TypeError, "stratified must be True or False"),
        ({"stratified": True}, ValueError, "class 0 has 1 samples, fewer than the 2 parts"),
        ({"stratified": True, "samples": (np.zeros(3),) * 2}, TypeError, "y must be class indices .* got float64"),
        ({"rng": 0.5}, TypeError, "rng must be a numpy.random.Generator"),
    ],
)
def test_a_bad_argument_of_split_is_named(arguments, error, wanted):
    with pytest.raises(error, match=f"datasets.split: {wanted}"):
        datasets.split(**{"samples": numbered(3), "fractions": 0.5, **arguments})
