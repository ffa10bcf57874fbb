"""Flatten and Unflatten join and split axes as PyTorch's do, and undo each other."""
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff as ad
import nn
from nn import functional
from tests.nn.layers.twins import compared, normal

lengths = st.lists(st.integers(0, 3), min_size=1, max_size=4)


@given(shape=lengths, ends=st.tuples(st.integers(0, 9), st.integers(0, 9)), negative=st.booleans())
def test_flatten_is_pytorch_s(torch, shape, ends, negative):
    first, last = sorted(end % len(shape) for end in ends)
    axes = (first - len(shape), last - len(shape)) if negative else (first, last)
    compared(nn.Flatten(*axes), torch.nn.Flatten(*axes), normal(*shape), torch)
    np.testing.assert_array_equal(functional.flatten(normal(*shape), *axes), nn.Flatten(*axes)(normal(*shape)))


@given(before=lengths, split=st.lists(st.integers(1, 3), min_size=1, max_size=3), after=lengths, negative=st.booleans())
def test_unflatten_is_pytorch_s_and_undoes_flatten(torch, before, split, after, negative):
    x = normal(*before, math.prod(split), *after)
    axis = -len(after) - 1 if negative else len(before)
    ours = nn.Unflatten(axis, split)
    compared(ours, torch.nn.Unflatten(axis, split), x, torch)
    joined = nn.Flatten(len(before), len(before) + len(split) - 1)(ours(x))
    np.testing.assert_array_equal(joined, x)


def test_an_empty_batch_keeps_its_features():
    assert nn.Flatten()(normal(0, 2, 3, 4)).shape == (0, 24)


def test_lists_are_taken_for_arrays():
    assert nn.Flatten()([[[1.0], [2.0]]]).shape == (1, 2)
    assert nn.Unflatten(0, (2, 1))([1.0, 2.0]).shape == (2, 1)
    assert nn.Flatten()(ad.Tensor(normal(2, 3, 4))).shape == (2, 12)


IMAGES = normal(2, 3, 8, 8)
REFUSED = {
    "axes": (lambda: nn.Flatten(1, 7)(IMAGES), r"Flatten\(1, 7\): the input has shape \(2, 3, 8, 8\), which lacks"),
    "one axis": (lambda: nn.Flatten()([1.0, 2.0]), r"Flatten\(\): the input has shape \(2,\), which lacks"),
    "axes swapped": (lambda: nn.Flatten(2, 1)(IMAGES), r"Flatten\(2, 1\): .*comes later"),
    "half an axis": (lambda: nn.Flatten(0.5), "start_axis is 0.5"),
    "the function's axes": (lambda: functional.flatten(IMAGES, 5), r"flatten\(5, -1\): "),
    "another length": (lambda: nn.Unflatten(1, (2, 2))(IMAGES), r"Unflatten\(1, \(2, 2\)\): .*\(2, 3, 8, 8\).*of 4"),
    "no such axis": (lambda: nn.Unflatten(4, (2, 2))(IMAGES), "along axis 4"),
    "no such axis before": (lambda: nn.Unflatten(-5, (2, 2))(IMAGES), "along axis -5"),
    "a length": (lambda: nn.Unflatten(1, 4), "unflattened_size is 4"),
    "no lengths": (lambda: nn.Unflatten(1, ()), r"unflattened_size is \(\)"),
    "a length below 1": (lambda: nn.Unflatten(1, (0, 2)), "unflattened_size is 0"),
}


@pytest.mark.parametrize("refused", REFUSED)
def test_what_does_not_fit_is_refused_in_words(refused):
    make, message = REFUSED[refused]
    with pytest.raises(ValueError, match=message):
        make()


def test_they_show_their_axes():
    assert (repr(nn.Flatten()), repr(nn.Flatten(0))) == ("Flatten()", "Flatten(0, -1)")
    assert repr(nn.Unflatten(1, [2, 3])) == "Unflatten(1, (2, 3))"
