"""States come back from their encoding as they were, to the type of each key and the bits of each array."""
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import nn
from nn.training.encoding import decode, encode

ARRAYS = hnp.arrays(
    st.sampled_from([np.float32, np.float64, np.int64, np.uint8, np.bool_]), hnp.array_shapes(min_dims=0, min_side=0)
)
SCALARS = st.sampled_from([np.float32(0.1), np.int64(3), np.bool_(True)])
LEAVES = st.none() | st.booleans() | st.integers(-(2**130), 2**130) | st.floats() | st.text() | ARRAYS | SCALARS
KEYS = st.text(max_size=3) | st.integers(0, 3) | st.tuples(st.integers(0, 2))
STATES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(KEYS, inner),
    max_leaves=12,
)


def same(found, expected):
    """Equal in type and bits, all the way down."""
    if type(found) is not type(expected):
        return False
    if isinstance(expected, np.ndarray | np.generic):
        return (found.dtype, found.shape, found.tobytes()) == (expected.dtype, expected.shape, expected.tobytes())
    if isinstance(expected, dict):
        return list(found) == list(expected) and all(same(found[key], expected[key]) for key in expected)
    if isinstance(expected, list | tuple):
        return len(found) == len(expected) and all(map(same, found, expected))
    return repr(found) == repr(expected)  # tells -0.0 from 0.0, and knows NaN


@given(STATES)
def test_a_state_comes_back_through_json_as_it_was(state):
    arrays = {}
    skeleton = json.loads(json.dumps(encode(state, arrays, "state"), allow_nan=False))
    assert same(decode(skeleton, arrays), state)


def test_arrays_are_copies_named_after_where_they_stood():
    array, arrays = np.zeros(3), {}
    encode({"model": {"0.weight": array}, "state": {0: {"m": array}, "0": {"m": array}}}, arrays)
    assert list(arrays) == ["model/0.weight", "state/0/m", "state/0/m'"]
    assert not any(np.shares_memory(array, copy) for copy in arrays.values())


def test_what_no_file_can_keep_is_refused_by_its_place():
    with pytest.raises(TypeError, match=r"callbacks/0/when, which is .*; a state_dict can hold"):
        encode({"callbacks": [{"when": nn}]}, {})
