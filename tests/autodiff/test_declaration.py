"""A user's own primitive: its rules may give constants, and what is no gradient is refused in every walk."""

import numpy as np
import pytest

import autodiff as ad


@pytest.fixture(autouse=True)
def registry_as_before():
    before = dict(ad.REGISTRY)
    yield
    ad.REGISTRY.clear()
    ad.REGISTRY.update(before)


@pytest.mark.parametrize("shape", [(), (2,)])
def test_a_rule_may_give_a_constant_also_where_the_walk_is_recorded(shape):
    step = ad.primitive(np.sign, names="x", name="probe").vjp(lambda g, x_shape: np.zeros(x_shape)[()])
    x = ad.Tensor(np.ones(shape), requires_grad=True)
    step(x).sum().backward(create_graph=True)
    assert type(x.grad) is ad.Tensor
    assert type(x.grad.data) is np.ndarray
    hessian = ad.hessian(lambda x: (step(x) * x * x).sum())(np.full(shape, 3.0))
    np.testing.assert_array_equal(hessian, 2.0 * np.eye(int(np.prod(shape))).reshape(shape * 2))


def test_a_rule_that_gives_nothing_is_named_also_where_the_walk_is_recorded():
    wrong = ad.primitive(np.sign, names="x", name="probe").vjp(lambda g: None)
    with pytest.raises(TypeError, match="A rule of probe returned a NoneType"):
        wrong(ad.Tensor(1.0, requires_grad=True)).backward(create_graph=True)
