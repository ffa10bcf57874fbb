"""Dropout leaves out what it says, keeps the mean, can be repeated, and does nothing in use."""
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff as ad
import nn
from nn import functional


@given(p=st.floats(0, 1), seed=st.integers(0, 99), dtype=st.sampled_from([np.float32, np.float64]))
def test_elements_are_left_out_or_scaled_and_gradients_alike(p, seed, dtype):
    x = ad.Tensor(np.full((40, 50), 3.0, dtype), requires_grad=True)
    out = nn.Dropout(p, rng=seed)(x)
    kept = out.data != 0
    assert abs(kept.mean() - (1 - p)) < 5 * np.sqrt(p * (1 - p) / 2000) + 1e-9
    if kept.any():
        np.testing.assert_allclose(out.data[kept], 3.0 / (1 - p), rtol=1e-6)
    out.backward(np.full(x.shape, 2.0, dtype))
    np.testing.assert_allclose(x.grad.data, out.data * (2 / 3), rtol=1e-6)
    assert out.dtype == x.grad.dtype == dtype


def test_in_use_and_with_p_0_the_input_comes_back_itself_and_nothing_is_drawn():
    x, rng = np.ones(5), np.random.default_rng(0)
    before = rng.bit_generator.state
    assert nn.Dropout(0.5, rng=rng).eval()(x) is x
    assert nn.Dropout(0.0, rng=rng)(x) is x
    assert functional.dropout(x, 0.5, training=False, rng=rng) is x
    assert rng.bit_generator.state == before


def test_p_1_leaves_nothing_and_no_nan():
    x = ad.Tensor(np.ones(5), requires_grad=True)
    out = nn.Dropout(1.0)(x)
    out.sum().backward()
    assert not out.data.any()
    assert not x.grad.data.any()


def test_draws_differ_from_call_to_call_and_repeat_with_the_seed():
    x = np.ones(100)
    one, other = nn.Dropout(rng=3), nn.Dropout(rng=np.random.default_rng(3))
    first, second = one(x), one(x)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(first, other(x))
    np.testing.assert_array_equal(second, other(x))
    nn.manual_seed(7)
    default = nn.Dropout()(x)
    nn.manual_seed(7)
    np.testing.assert_array_equal(default, functional.dropout(x))


def test_draws_are_an_operand_of_the_graph():
    x = ad.Tensor(np.ones(4), requires_grad=True)
    with ad.record():
        out = nn.Dropout(0.5, rng=0)(x)
    assert (out.node.primitive.name, out.node.static) == ("dropout", {"p": 0.5})
    _, draws = out.node.trace.inputs
    np.testing.assert_array_equal(np.asarray(draws), np.random.default_rng(0).random(4))
    np.testing.assert_array_equal(ad.dropout(x.data, np.asarray(draws), p=0.5), out.data)


def test_it_is_linear_so_its_second_derivative_is_0():
    draws = np.random.default_rng(0).random(5)
    assert ad.gradgradcheck(lambda x: ad.dropout(x, draws, p=0.3), ad.Tensor(np.arange(5.0)))
    first = ad.grad(lambda x: ad.dropout(x, draws, p=0.3).sum())
    np.testing.assert_array_equal(ad.grad(lambda x: (first(x) * x).sum())(np.ones(5)), first(np.ones(5)))


@pytest.mark.parametrize("p", [-0.1, 1.5, np.nan, "0.5", None, True])
def test_what_is_no_probability_is_refused(p):
    with pytest.raises(ValueError, match=r"Dropout: p is .*between 0 and 1"):
        nn.Dropout(p)
    with pytest.raises(ValueError, match="dropout: p is"):
        functional.dropout(np.ones(3), p)


def test_draws_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"(?s)\(3,\).*\(2,\).*one draw for each"):
        ad.dropout(np.ones(3), np.ones(2), p=0.5)


def test_lists_are_taken_for_arrays_and_wrong_generators_are_not():
    assert nn.Dropout(rng=0)([1.0, 1.0, 1.0]).shape == (3,)
    with pytest.raises(TypeError, match="Generator"):
        nn.Dropout(rng="0")


def test_it_shows_its_probability():
    assert repr(nn.Dropout(0.25)) == "Dropout(0.25)"
