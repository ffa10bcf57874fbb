"""Embedding looks rows up as PyTorch's does, and names the index that has none."""
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff as ad
import nn
from nn import functional
from tests.nn.layers.twins import compared


@given(
    shape=st.lists(st.integers(0, 3), max_size=3),
    rows=st.integers(1, 5),
    padded=st.booleans(),
    from_the_end=st.booleans(),
    seed=st.integers(0, 99),
)
def test_embedding_is_pytorch_s(torch, shape, rows, padded, from_the_end, seed):
    rng = np.random.default_rng(seed)
    padding = int(rng.integers(rows)) - rows * from_the_end if padded else None
    ours, theirs = nn.Embedding(rows, 3, padding, dtype=float), torch.nn.Embedding(rows, 3, padding)
    compared(ours, theirs, rng.integers(0, rows, shape), torch)
    assert ours.padding_idx == theirs.padding_idx


def test_the_row_for_padding_begins_at_0_and_is_not_learned_but_still_looked_up():
    layer = nn.Embedding(4, 2, padding_idx=-1)
    assert not layer.weight.data[3].any()
    layer.weight.data += 1.0
    out = layer([3, 0])
    np.testing.assert_array_equal(out.data[0], [1.0, 1.0])
    out.sum().backward()
    np.testing.assert_array_equal(layer.weight.grad.data, [[1, 1], [0, 0], [0, 0], [0, 0]])


def test_second_derivatives_pass_through():
    weight = ad.Tensor(np.arange(6.0).reshape(3, 2))
    for padding in (None, 1):
        assert ad.gradgradcheck(lambda w, p=padding: ad.square(functional.embedding([1, 0, 1, 2], w, p)), weight)


def test_rows_are_normal_float32_and_repeatable():
    table = nn.Embedding(200, 50, rng=1).weight.data
    assert table.dtype == np.float32
    assert abs(table.mean()) < 0.05
    assert abs(table.std() - 1) < 0.05
    np.testing.assert_array_equal(table, nn.Embedding(200, 50, rng=1).weight.data)
    nn.manual_seed(1)
    np.testing.assert_array_equal(table, nn.Embedding(200, 50).weight.data)
    assert nn.Embedding(2, 2, dtype=np.float64)([0]).dtype == np.float64


def test_indices_may_be_tensors_lists_and_unsigned():
    layer = nn.Embedding(4, 2)
    expected = layer.weight.data[[[1, 3]]]
    for indices in ([[1, 3]], np.array([[1, 3]], np.uint8), ad.Tensor(np.array([[1, 3]]))):
        np.testing.assert_array_equal(layer(indices).data, expected)
    assert layer([]).shape == (0, 2)


REFUSED = {
    "too large": (IndexError, lambda: nn.Embedding(4, 2)([[0], [4]]), r"Embedding\(4, 2\): .*at \(1, 0\) is 4.*0 to 3"),
    "negative": (IndexError, lambda: nn.Embedding(4, 2, 1)([0, -1, 9]), r"padding_idx=1\): the index at \(1,\) is -1"),
    "floats": (TypeError, lambda: nn.Embedding(4, 2)([0.0]), r"Embedding\(4, 2\): .*float64.*astype\(int\)"),
    "booleans": (TypeError, lambda: nn.Embedding(4, 2)([True]), "bool"),
    "the function's": (IndexError, lambda: functional.embedding(5, np.ones((4, 2))), r"embedding: .*at \(\) is 5"),
    "a flat weight": (ValueError, lambda: functional.embedding([0], np.ones(4)), r"\(4,\) and needs two axes"),
    "no rows": (ValueError, lambda: nn.Embedding(0, 2), "num_embeddings is 0"),
    "no length": (ValueError, lambda: nn.Embedding(2, 1.5), "embedding_dim is 1.5"),
    "padding": (ValueError, lambda: nn.Embedding(4, 2, 4), "padding_idx is 4.*from -4 to 3"),
    "padding below": (ValueError, lambda: nn.Embedding(4, 2, -5), "padding_idx is -5"),
    "padding that is true": (ValueError, lambda: nn.Embedding(4, 2, True), "padding_idx is True"),
    "the function's padding": (
        ValueError, lambda: functional.embedding([0], np.ones((4, 2)), 4), "embedding: padding_idx is 4.*from -4 to 3"
    ),
    "dtype": (TypeError, lambda: nn.Embedding(4, 2, dtype=int), "floating-point"),
}  # fmt: skip


@pytest.mark.parametrize("refused", REFUSED)
def test_what_does_not_fit_is_refused_in_words(refused):
    kind, make, message = REFUSED[refused]
    with pytest.raises(kind, match=message):
        make()


def test_it_shows_its_size():
    assert repr(nn.Embedding(4, 2)).startswith("Embedding(4, 2)  ")
    assert repr(nn.Embedding(4, 2, -1)).startswith("Embedding(4, 2, padding_idx=3)  ")
