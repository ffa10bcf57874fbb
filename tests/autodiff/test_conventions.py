"""What holds at the edges, one test for each row of docs/conventions.md, in both precisions.

`test_every_row_has_its_test_and_every_test_its_row` holds the table and this module against each other.
"""
from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autodiff as ad
import nn

TABLE = Path(__file__).parents[2] / "docs" / "conventions.md"


@pytest.fixture(params=["f4", "f8"])
def dtype(request: pytest.FixtureRequest) -> np.dtype[Any]:
    return np.dtype(request.param)


def tensor(data: Any, dtype: np.dtype[Any]) -> ad.Tensor:
    return ad.Tensor(np.array(data, dtype), requires_grad=True)


def gradients_of(function: Any, dtype: np.dtype[Any], *data: Any) -> list[list[float]]:
    """The gradients of a function's sum, as lists; their dtype is checked on the way."""
    leaves = [tensor(x, dtype) for x in data]
    out = function(*leaves)
    assert out.dtype == dtype
    out.sum().backward()
    for leaf in leaves:
        assert leaf.grad is not None
        assert leaf.grad.dtype == dtype
        assert leaf.grad.shape == leaf.shape
    return [leaf.grad.tolist() for leaf in leaves]


# Types and arrays.


def test_python_scalars_are_weak(dtype):
    x = tensor([1.0, 2.0], dtype)
    for out in (x * 2, 2.5 * x, x + True, x**2, ad.maximum(x, 0), ad.where(x > 1, x, 0.0), 1 / x):
        assert out.dtype == dtype
    assert (x * np.float64(2)).dtype == np.float64  # a NumPy scalar is an array
    assert ad.Tensor(1.0).dtype == np.float64


def test_single_precision_stays_single(dtype):
    x = tensor([[0.5, 0.25], [1.0, 2.0]], dtype)
    for name in ("exp", "sigmoid", "softmax", "mean", "var", "std", "prod", "cumsum", "gelu", "norm", "inv", "relu"):
        out = getattr(ad, name)(x)
        assert out.dtype == dtype, name
        x.zero_grad()
        out.sum().backward()
        assert x.grad.dtype == dtype, name


def test_data_is_always_an_array(dtype):
    x = tensor(2.0, dtype)
    y = x * x
    y.backward()
    for t in (x, y, x.grad, y.sum(), tensor([1.0], dtype)[0], ad.Tensor(3)):
        assert type(t.data) is np.ndarray
    two = tensor([1.0, 2.0], dtype)
    (two * x).sum().backward()
    assert type(x.grad.data) is np.ndarray


def test_predicates_are_plain(dtype):
    x = tensor([1.0, -2.0], dtype)
    plain = [
        x > 0, x == x.data, x.argmax(), x.argsort(), np.isfinite(x), np.floor(x), np.round(x), np.sign(x),
        np.logical_and(x, x), np.argmax(x), ad.sign(x), x.any(), np.signbit(x),
    ]  # fmt: skip
    for value in plain:
        assert isinstance(value, (np.ndarray, np.generic, bool, int))
    assert x.shape == np.shape(x) == (2,)


def test_a_tensor_that_requires_grad_is_no_array(dtype):
    x = tensor([1.0, 2.0], dtype)
    for conversion in (np.asarray, np.array, lambda t: np.array([t, t]), lambda t: np.mean([t, t])):
        with pytest.raises(TypeError, match=r"(?s)\.detach\(\).*np\.stack"):
            conversion(x)
    np.testing.assert_array_equal(np.asarray(x.detach()), x.data)


def test_a_numpy_function_without_a_rule_is_refused(dtype):
    x = tensor([1.0, 2.0], dtype)
    for function in (np.fft.fft, np.histogram, np.nextafter):
        arguments = [x, x] if function is np.nextafter else [x]
        with pytest.raises(TypeError, match=function.__name__):
            function(*arguments)


def test_out_is_refused(dtype):
    x = tensor([1.0, 2.0], dtype)
    with pytest.raises(TypeError, match="out"):
        np.exp(x, out=np.zeros(2, dtype))
    with pytest.raises(TypeError, match="out"):
        np.add(np.ones(2), 1.0, out=x)
    assert x.data.tolist() == [1.0, 2.0]


def test_complex_numbers_are_refused(dtype):
    with pytest.raises(TypeError, match="complex"):
        ad.Tensor(np.array([1 + 2j]))
    with pytest.raises(TypeError, match="complex"):
        tensor([1.0], dtype) * 1j
    with pytest.raises(TypeError, match="complex"):
        ad.Tensor([1.0]) * np.array([1j])


def test_integers_cannot_require_grad(dtype):
    with pytest.raises(TypeError, match=r"int64.*astype"):
        ad.Tensor(np.array([1, 2]), requires_grad=True)
    t = ad.Tensor(np.array([1, 2]))
    with pytest.raises(TypeError, match="int64"):
        t.requires_grad = True
    assert not t.requires_grad


def test_integers_stop_the_gradient(dtype):
    out = tensor([1.5, 2.5], dtype).astype(int)
    assert not out.requires_grad
    assert out.is_leaf


def test_a_tensor_copies_its_array(dtype):
    array = np.ones(2, dtype)
    copied, shared = ad.Tensor(array), ad.Tensor(array, copy=False)
    array[0] = 5
    assert copied.tolist() == [1.0, 1.0]
    assert shared.tolist() == [5.0, 1.0]


# Kinks, ties and zeros.


def test_ties_of_maximum_and_minimum_split_evenly(dtype):
    for function, larger in ((ad.maximum, 1.0), (ad.minimum, 0.0)):
        x, y = gradients_of(function, dtype, [1.0, 3.0], [1.0, 2.0])
        assert x == [0.5, larger]
        assert y == [0.5, 1.0 - larger]


def test_ties_of_max_and_min_split_evenly(dtype):
    data = [[2.0, 2.0, 1.0], [0.0, 2.0, 0.0]]
    (grad,) = gradients_of(ad.max, dtype, data)
    np.testing.assert_allclose(grad, np.array([[1, 1, 0], [0, 1, 0]]) / 3, rtol=1e-7)
    assert gradients_of(lambda x: ad.min(x, 1), dtype, data) == [[[0.0, 0.0, 1.0], [0.5, 0.0, 0.5]]]


def test_max_pool_takes_the_first_maximum(dtype):
    (grad,) = gradients_of(lambda x: ad.max_pool2d(x, 2), dtype, [[[[1.0, 3.0], [3.0, 3.0]]]])
    assert grad == [[[[0.0, 1.0], [0.0, 0.0]]]]


def test_abs_at_zero(dtype):
    assert gradients_of(ad.abs, dtype, [0.0, -0.0, -2.0, 3.0]) == [[0.0, 0.0, -1.0, 1.0]]


def test_norm_at_zero(dtype):
    assert gradients_of(ad.norm, dtype, [0.0, 0.0]) == [[0.0, 0.0]]
    assert gradients_of(lambda x: ad.norm(x, 3), dtype, [0.0, 0.0]) == [[0.0, 0.0]]


def test_std_of_a_constant(dtype):
    assert gradients_of(ad.std, dtype, [2.0, 2.0, 2.0]) == [[0.0, 0.0, 0.0]]


def test_power_zero(dtype):
    assert gradients_of(lambda x: x**0, dtype, [0.0, 2.0, -1.0]) == [[0.0, 0.0, 0.0]]
    assert gradients_of(lambda x: x**0.0, dtype, [0.0, 2.0, -1.0]) == [[0.0, 0.0, 0.0]]


def test_powers_of_zero_are_exact(dtype):
    assert gradients_of(lambda x: x**2, dtype, [0.0, -3.0]) == [[0.0, -6.0]]
    assert gradients_of(lambda x: x**1, dtype, [0.0]) == [[1.0]]
    base, exponent = gradients_of(ad.pow, dtype, [0.0], [2.0])
    assert (base, exponent) == ([0.0], [0.0])


def test_products_with_zeros_are_exact(dtype):
    assert gradients_of(ad.prod, dtype, [2.0, 0.0, 3.0]) == [[0.0, 6.0, 0.0]]
    assert gradients_of(ad.prod, dtype, [2.0, 0.0, 0.0]) == [[0.0, 0.0, 0.0]]
    x = tensor([2.0, 0.0, 3.0], dtype)
    (first,) = ad.gradients(ad.prod(x), [x], create_graph=True)
    (second,) = ad.gradients(first[0], [x])
    assert second.tolist() == [0.0, 3.0, 0.0]


def test_square_root_at_zero(dtype):
    with np.errstate(divide="ignore"):
        assert gradients_of(ad.sqrt, dtype, [0.0, 4.0]) == [[np.inf, 0.25]]


def test_relu_at_zero(dtype):
    assert gradients_of(ad.relu, dtype, [-1.0, 0.0, 2.0]) == [[0.0, 0.0, 1.0]]


def test_leaky_relu_and_elu_at_zero(dtype):
    assert gradients_of(lambda x: ad.leaky_relu(x, negative_slope=0.25), dtype, [0.0, 2.0]) == [[0.25, 1.0]]
    assert gradients_of(lambda x: ad.elu(x, alpha=0.5), dtype, [0.0, 2.0]) == [[0.5, 1.0]]


def test_clip_at_its_bounds(dtype):
    assert gradients_of(lambda x: ad.clip(x, -1, 1), dtype, [-2.0, -1.0, 0.5, 1.0, 2.0]) == [[0.0, 1.0, 1.0, 1.0, 0.0]]


def test_a_repeated_index_accumulates(dtype):
    assert gradients_of(lambda x: x[[0, 0, 1]], dtype, [1.0, 2.0, 3.0]) == [[2.0, 1.0, 0.0]]
    assert gradients_of(lambda x: ad.take(x, [2, 2]), dtype, [1.0, 2.0, 3.0]) == [[0.0, 0.0, 2.0]]
    assert ad.scatter_add(np.zeros(2, dtype), [1, 1], tensor([1.0, 2.0], dtype)).tolist() == [0.0, 3.0]


def test_where_leaks_nan_from_the_branch_not_taken(dtype):
    with np.errstate(all="ignore"):
        x = tensor([0.0, 4.0], dtype)
        ad.where(x > 0, ad.sqrt(x), 0.0).sum().backward()
    assert np.isnan(x.grad.data[0])
    assert x.grad.data[1] == 0.25


def test_strong_zeros_cure_the_leak(dtype):
    x = tensor([0.0, 4.0], dtype)
    with np.errstate(all="ignore"), ad.strong_zeros():
        ad.where(x > 0, ad.sqrt(x), 0.0).sum().backward()
    assert x.grad.tolist() == [0.0, 0.25]


def test_a_symmetric_part_is_what_cholesky_sees(dtype):
    x = tensor([[4.0, 3.0], [1.0, 3.0]], dtype)
    out = ad.cholesky(x)
    np.testing.assert_allclose(out.data @ out.data.T, [[4.0, 2.0], [2.0, 3.0]], rtol=1e-6)
    out.sum().backward()
    np.testing.assert_array_equal(x.grad.data, x.grad.data.T)


# Large logits.

LOGITS = [[1e4, -1e4, 0.0]]


def exact(function: Any, dtype: np.dtype[Any], data: Any, value: Any, gradient: Any) -> None:
    """The value and the gradient of a sum, without any floating-point warning."""
    x = tensor(data, dtype)
    with np.errstate(over="raise", invalid="raise", divide="raise"), warnings.catch_warnings():
        warnings.simplefilter("error")
        out = function(x)
        out.sum().backward()
    np.testing.assert_allclose(out.data, value, rtol=1e-6)
    np.testing.assert_allclose(x.grad.data, gradient, rtol=1e-6, atol=1e-7)


def test_the_softmax_family_is_exact_for_large_logits(dtype):
    exact(ad.softmax, dtype, LOGITS, [[1.0, 0.0, 0.0]], [[0.0, 0.0, 0.0]])
    exact(ad.log_softmax, dtype, LOGITS, [[0.0, -2e4, -1e4]], [[-2.0, 1.0, 1.0]])
    exact(ad.logsumexp, dtype, LOGITS, 1e4, [[1.0, 0.0, 0.0]])
    exact(ad.logsumexp, dtype, [[-1e4, -1e4]], -1e4 + np.log(2), [[0.5, 0.5]])


def test_sigmoid_and_softplus_are_exact_for_large_inputs(dtype):
    exact(ad.sigmoid, dtype, [-1e4, 0.0, 1e4], [0.0, 0.5, 1.0], [0.0, 0.25, 0.0])
    exact(ad.softplus, dtype, [-1e4, 0.0, 1e4], [0.0, np.log(2), 1e4], [0.0, 0.5, 1.0])
    exact(ad.log_sigmoid, dtype, [-1e4, 0.0, 1e4], [-1e4, -np.log(2), 0.0], [1.0, 0.5, 0.0])


def test_cross_entropies_are_exact_for_large_logits(dtype):
    exact(lambda x: ad.softmax_cross_entropy(x, [1]), dtype, LOGITS, [2e4], [[1.0, -1.0, 0.0]])
    exact(lambda x: nn.CrossEntropyLoss()(x, np.array([1])), dtype, LOGITS, 2e4, [[1.0, -1.0, 0.0]])


# Graph and gradients.


def test_gradients_accumulate(dtype):
    x = tensor([1.0, 2.0], dtype)
    for _ in range(2):
        (x * x).sum().backward()
    assert x.grad.tolist() == [4.0, 8.0]
    x.zero_grad()
    assert x.grad is None


def test_a_leaf_that_takes_no_part_has_no_gradient(dtype):
    x, y = tensor([1.0], dtype), tensor([1.0], dtype)
    (x * 2).sum().backward()
    assert y.grad is None


def test_a_second_walk_over_released_arrays_is_refused(dtype):
    x = tensor([1.0, 2.0], dtype)
    out = (x * x).sum()
    out.backward()
    with pytest.raises(RuntimeError, match="retain_graph=True"):
        out.backward()
    assert x.grad.tolist() == [2.0, 4.0]


def test_an_array_that_a_graph_needs_cannot_change_silently(dtype):
    x = ad.Tensor(np.array([1.0, 2.0], dtype), requires_grad=True, name="weights")
    out = (x * x).sum()
    x.data -= 1
    with pytest.raises(RuntimeError, match=r"weights.*version 0.*version 1"):
        out.backward()
    assert x.grad is None


def test_augmented_assignment_rebinds(dtype):
    x = tensor([1.0, 2.0], dtype)
    y = x
    y += 1
    y *= 2
    assert x.tolist() == [1.0, 2.0]
    y.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_writing_into_a_computed_tensor_is_refused(dtype):
    x = tensor([1.0, 2.0], dtype)
    y = x * 2
    for t in (x, y):
        with pytest.raises(RuntimeError, match="in place"):
            t[0] = 5.0
    with ad.no_grad():
        x[0] = 5.0
    assert (x.tolist(), y.tolist()) == ([5.0, 2.0], [2.0, 4.0])


# Bad input is refused before anything changes.


def test_shapes_that_do_not_fit_are_refused(dtype):
    x, y = tensor(np.ones((2, 3)), dtype), tensor(np.ones((2, 2)), dtype)
    for name, call in (
        ("add", lambda: x + y), ("matmul", lambda: x @ x), ("reshape", lambda: x.reshape(4)),
        ("concatenate", lambda: ad.concatenate([x, y.reshape(4)])),
        ("softmax_cross_entropy", lambda: ad.softmax_cross_entropy(x, [0])),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=rf"(?s){name}.*2"):
            call()


def test_backward_of_many_elements_needs_a_gradient(dtype):
    x = tensor([1.0, 2.0], dtype)
    y = x * 2
    with pytest.raises(RuntimeError, match=r"shape \(2,\).*\.sum\(\)"):
        y.backward()
    assert x.grad is None
    y.backward(np.array([1.0, 10.0]))
    assert x.grad.tolist() == [2.0, 20.0]


def test_a_gradient_of_another_shape_is_refused(dtype):
    x = tensor([1.0, 2.0], dtype)
    y = x * 2
    for wrong in (1.0, [1.0], [[1.0, 1.0]], np.ones(2, complex)):
        with pytest.raises(ValueError, match=r"shape \(2,\)"):
            y.backward(wrong)
    with pytest.raises(ValueError, match=r"shape"):
        x.grad = np.ones(3)
    y.register_hook(lambda g: g.data[:1])
    with pytest.raises(ValueError, match="hook"):
        y.backward([1.0, 1.0])
    assert x.grad is None


def test_backward_without_a_graph_is_refused(dtype):
    with pytest.raises(RuntimeError, match="requires_grad=True"):
        ad.Tensor(np.ones((), dtype)).backward()
    with ad.no_grad():
        out = tensor(1.0, dtype) * 2
    with pytest.raises(RuntimeError, match="no_grad"):
        out.backward()


def test_class_indices_out_of_range_are_refused(dtype):
    x = tensor(np.zeros((2, 3)), dtype)
    for labels, first in (([0, 3], "3"), ([-1, 0], "-1")):
        with pytest.raises(IndexError, match=rf"{first}.*3 classes"):
            ad.softmax_cross_entropy(x, labels)
    with pytest.raises(TypeError, match="integers"):
        ad.softmax_cross_entropy(x, [0.0, 1.0])


def test_assigned_data_must_fit(dtype):
    x = tensor([1.0, 2.0], dtype)
    for wrong in (np.ones(3), np.ones((1, 2)), np.array([1j, 2j]), 1.0):
        with pytest.raises(ValueError, match=r"t\.data"):
            x.data = wrong
    assert x.data.tolist() == [1.0, 2.0]


def test_an_argument_without_a_derivative_cannot_require_grad(dtype):
    x = tensor([1.0, 0.0], dtype)
    with pytest.raises(TypeError, match=r"(?s)where.*condition.*\.detach\(\)"):
        ad.where(x, 1.0, 0.0)


def test_parameters_passed_twice_are_refused(dtype):
    w = nn.Parameter(np.ones(2, dtype))
    with pytest.raises(ValueError, match=r"twice|once|more than"):
        nn.SGD([w, w], lr=0.1)
    assert w.data.tolist() == [1.0, 1.0]


def test_every_row_has_its_test_and_every_test_its_row(request):
    rows = re.findall(r"\| `(test_\w+)` \|$", TABLE.read_text(), re.MULTILINE)
    tests = [name for name in globals() if name.startswith("test_") and name != request.node.originalname]
    assert rows == tests, "docs/conventions.md lists the tests of this module, in its order"
