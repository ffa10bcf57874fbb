"""Operations at zeros, ties and infinities, beyond the table of conventions, which `test_conventions` holds."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autodiff as ad


def gradient(f, *values, dtype=np.float64):
    """The gradients of the sum of f, as plain arrays."""
    leaves = [ad.Tensor(np.asarray(v, dtype), requires_grad=True) for v in values]
    f(*leaves).sum().backward()
    found = [leaf.grad.data for leaf in leaves]
    return found[0] if len(found) == 1 else found


def second(f, values, weights):
    """The gradient of ⟨f', weights⟩."""
    x = ad.Tensor(np.asarray(values, np.float64), requires_grad=True)
    f(x).sum().backward(create_graph=True)
    first = x.grad
    x.zero_grad()
    (first * weights).sum().backward()
    return x.grad.data


@pytest.mark.parametrize("order", [None, 1, 2, 3, 1.5, np.inf])
def test_a_norm_at_zero_has_gradient_zero(order):
    assert gradient(lambda x: ad.norm(x, order), [0.0, 0.0]).tolist() == [0.0, 0.0]


def test_clip_keeps_integers():
    assert ad.clip(np.array([1, 5]), None, 3).tolist() == [1, 3]
    assert ad.clip(np.array([1, 5]), None, 3).dtype.kind == "i"


def test_powers_are_exact_at_zero():
    assert gradient(lambda x: x**0, [0.0, -2.0]).tolist() == [0.0, 0.0]
    base, exponent = gradient(ad.pow, [0.0, 0.0, 0.0], [0.0, 1.0, 2.0])
    assert base.tolist() == [0.0, 1.0, 0.0]
    assert exponent.tolist() == [0.0, 0.0, 0.0]
    assert second(lambda x: x**2, [0.0, 1.0], [1.0, 1.0]).tolist() == [2.0, 2.0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("exponent", [0, 1, 2, 3.0, -1, 0.5])
def test_a_python_exponent_does_not_widen_a_rule(exponent, dtype):
    with ad.record() as tape:
        x = ad.Tensor(np.array([0.5, 2.0], dtype), requires_grad=True)
        (x**exponent).backward(np.ones(2, dtype))
    assert [m.value.dtype for node in tape.nodes for m in node.trace.messages] == [np.dtype(dtype)]


@pytest.mark.parametrize(
    ("values", "first", "mixed"),
    [([0.0, 2.0, 3.0], [6, 0, 0], [5, 3, 2]), ([0.0, 0.0, 3.0], [0, 0, 0], [3, 3, 0]), ([0.0] * 3, [0] * 3, [0] * 3)],
)
def test_prod_is_exact_where_elements_are_zero(values, first, mixed):
    assert gradient(ad.prod, values).tolist() == first
    assert second(ad.prod, values, np.ones(3)).tolist() == mixed


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "f",
    [
        ad.softmax, ad.log_softmax, ad.sigmoid, ad.log_sigmoid, ad.softplus, ad.silu, ad.gelu, ad.tanh,
        lambda x: ad.logsumexp(x, -1), lambda x: ad.gelu(x, "tanh"), lambda x: ad.logaddexp(x, -x),
        lambda x: ad.softmax_cross_entropy(x, [0, 1, 1]),
        lambda x: ad.soft_cross_entropy(x, np.full((3, 3), 0.25, x.dtype)),
        lambda x: ad.sigmoid_cross_entropy(x, np.full((3, 3), 0.25, x.dtype)),
    ],
)  # fmt: skip
def test_huge_logits_give_finite_values_and_gradients(f, dtype):
    x = np.array([[1e4, -1e4, 0], [-1e4, -1e4, -1e4], [1e4, 1e4, -1e4]], dtype)
    leaf = ad.Tensor(x, requires_grad=True)
    y = f(leaf)
    y.backward(np.ones(y.shape, dtype))
    assert y.dtype == leaf.grad.dtype == dtype
    assert np.isfinite(y.data).all()
    assert np.isfinite(leaf.grad.data).all()


def test_the_cross_entropy_of_huge_logits_is_their_distance():
    x = np.array([[1e4, -1e4]])
    assert ad.softmax_cross_entropy(x, [1]).tolist() == [2e4]
    assert gradient(lambda x: ad.softmax_cross_entropy(x, [1]), x).tolist() == [[1.0, -1.0]]


def test_a_class_without_a_share_of_the_target_counts_nothing_whatever_its_logit():
    x = np.array([[0.0, -np.inf, 0.0]])
    assert ad.soft_cross_entropy(x, [[0.5, 0.0, 0.5]]).tolist() == [np.log(2)]
    assert gradient(lambda x: ad.soft_cross_entropy(x, np.array([[1.0, 0.0, 0.0]])), x).tolist() == [[-0.5, 0.0, 0.5]]


def test_soft_targets_of_another_shape_are_refused():
    for targets in ([0.5, 0.5], [[1.0]], 1.0):
        with pytest.raises(ValueError, match=r"soft_cross_entropy.*\(1, 2\).*softmax_cross_entropy"):
            ad.soft_cross_entropy(ad.Tensor([[0.0, 0.0]]), targets)


def test_a_binary_cross_entropy_is_bounded_at_certainty():
    p, y = np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.0, 1.0, 0.0, 1.0])
    assert ad.binary_cross_entropy(p, y).tolist() == [0.0, 100.0, 100.0, 0.0]
    by_p, by_y = gradient(ad.binary_cross_entropy, p, y)
    assert by_p.tolist() == [0.0, -1e12, 1e12, 0.0]
    assert by_y.tolist() == [100.0, 100.0, -100.0, -100.0]


@pytest.mark.parametrize("f", [ad.exp, ad.sigmoid, ad.gelu, ad.softplus, ad.softmax, ad.erf, ad.elu, ad.log_sigmoid])
def test_unsigned_integers_are_taken_for_their_value(f):
    small = np.array([1, 2, 3], np.uint8)
    np.testing.assert_allclose(f(small), f(small.astype(float)), rtol=1e-2)  # NumPy makes halves of 8-bit integers


@pytest.mark.parametrize("f", [ad.softmax, ad.log_softmax, ad.logsumexp, ad.std, ad.gelu, ad.sort, ad.cumsum])
@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0)])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # the deviation of nothing is NaN
def test_empty_arrays_have_empty_gradients(f, shape):
    x = ad.Tensor(np.ones(shape), requires_grad=True)
    y = f(x)
    y.backward(np.ones(y.shape))
    assert x.grad.shape == shape


def test_erf_agrees_with_the_standard_library():
    x = np.concatenate([np.linspace(-7, 7, 20_001), np.logspace(-300, 0, 301), [0.46875, np.inf, -np.inf]])
    np.testing.assert_allclose(ad.erf(x), [math.erf(v) for v in x], rtol=1e-15, atol=0)


def test_an_infinite_cotangent_of_a_pool_stays_in_its_place():
    x = ad.Tensor(np.arange(4.0).reshape(1, 1, 2, 2), requires_grad=True)
    ad.max_pool2d(x, 2).backward(np.full((1, 1, 1, 1), np.inf))
    assert x.grad.data.ravel().tolist() == [0.0, 0.0, 0.0, np.inf]
