"""A primitive that changes its arguments: on plain arrays and under no_grad, noticed by graphs that kept them."""

from __future__ import annotations

import numpy as np
import pytest

import autodiff as ad


@pytest.fixture
def bump():
    @ad.primitive(mutates=("x",))
    def bump(x, y):
        np.add(x, y, out=x)
        return x

    yield bump
    del ad.REGISTRY["bump"]


def test_a_plain_array_is_changed_in_place(bump):
    x = np.ones(2)
    assert bump(x, 1.0) is x
    assert x.tolist() == [2.0, 2.0]


def test_a_graph_notices_that_its_array_was_changed(bump):
    x = ad.Tensor([1.0, 2.0], requires_grad=True, name="x")
    y = (x * x).sum()
    with ad.no_grad():
        changed = bump(x, 1.0)
    assert np.shares_memory(changed.data, x.data)
    with pytest.raises(RuntimeError, match=r"the tensor named 'x'.*version 0 .* version 1"):
        y.backward()


def test_a_tensor_that_requires_grad_is_refused_while_recording(bump):
    x = ad.Tensor([1.0], requires_grad=True)
    with pytest.raises(TypeError, match="no_grad"):
        bump(x, 1.0)
    assert x.data.tolist() == [1.0]
