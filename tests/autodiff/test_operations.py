"""Public functions that are composed of primitives keep the primitives' promises, and the documents list every one."""
from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

import autodiff as ad
from tests.autodiff.registry import PRIMITIVES, samples, table
from tests.autodiff.registry.composed import FUNCTIONS, Composed
from tests.autodiff.registry.properties import PROPERTIES


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("promise", PROPERTIES, ids=lambda promise: promise.__name__)
def test_function(name, promise):
    function, entry = FUNCTIONS[name]

    @given(samples(Composed(name, function), entry))
    def check(sample):
        promise(sample, entry)

    check()


def test_every_public_operation_is_a_primitive_or_tested_here():
    """A function with the name of a primitive only checks its arguments and calls it."""
    without_derivative = {"sign", "stop_gradient"}
    assert set(ad.ops.__all__) - without_derivative <= set(FUNCTIONS) | set(PRIMITIVES)


def test_what_has_no_derivative_is_a_constant():
    x = ad.Tensor([-2.0, 0.0, 3.0], requires_grad=True)
    assert not ad.stop_gradient(x).requires_grad
    assert ad.stop_gradient(x).tolist() == x.tolist()
    (x * ad.stop_gradient(x) + ad.sign(x)).sum().backward()
    assert x.grad.tolist() == [-2.0, 0.0, 3.0]
    assert ad.stop_gradient(2.0) == 2.0


def test_the_table_of_operations_is_up_to_date():
    remedy = "run python -m tests.autodiff.registry.table"
    written, generated = table.PATH.read_text().splitlines(), table.table().splitlines()
    assert set(written) ^ set(generated) == set(), remedy
    assert written == generated, remedy


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: ad.split(x, 2), "equal parts"),
        (lambda x: ad.pad(x, -1), "negative"),
        (lambda x: ad.pad(x, 1, "linear_ramp"), "linear_ramp"),
        (lambda x: ad.take_along_axis(x, [0], 1), "axes"),
        (lambda x: ad.matmul(x, 2.0), "scalar"),
        (lambda x: ad.dot(x, np.ones(5)), "shapes"),
        (lambda x: ad.einsum("ij,jk", x), "operand"),
        (lambda x: ad.einsum("i", x), "axes"),
        (lambda x: ad.tensordot(x, np.ones(4), 1), "length"),
        (lambda x: ad.norm(x, "nuc"), "nuc"),
        (lambda x: ad.gelu(x, "fast"), "fast"),
        (lambda x: ad.reshape(x, (4, 2)), "reshape"),
        (lambda x: ad.conv2d(x, np.ones((1, 1, 2, 2))), "batch"),
        (lambda x: ad.max_pool2d(x[None, None], 5), "kernel"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(call, message):
    x = ad.Tensor(np.arange(9.0).reshape(3, 3), requires_grad=True)
    with pytest.raises(ValueError, match=message):
        call(x)


@pytest.mark.parametrize("function", [ad.sum, ad.max, ad.flip, ad.softmax, ad.cumsum, ad.sort])
def test_an_axis_that_does_not_exist_raises_numpys_error(function):
    with pytest.raises(np.exceptions.AxisError, match=rf"(?s){function.__name__}.*axis 3.*float64\[2, 2\]"):
        function(ad.Tensor(np.ones((2, 2))), axis=3)


def test_the_gradient_of_a_long_product_with_a_zero_needs_no_table():
    x = np.linspace(0.99, 1.01, 20_001)
    x[7] = 0.0
    expected = np.zeros_like(x)
    expected[7] = np.prod(np.delete(x, 7))
    np.testing.assert_allclose(ad.grad(ad.prod)(x), expected, rtol=1e-9)
