"""Derivatives of functions: what they return for what, how they nest, and what they leave alone."""

from collections import namedtuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff as ad

Pair = namedtuple("Pair", "w b")


def smooth(x):
    return ad.exp(ad.sin(x)) * x


def random(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


shapes = st.sampled_from([(), (1,), (3,), (2, 3), (0, 2)])
seeds = st.integers(0, 999)


# What comes back.


@given(shape=shapes, dtype=st.sampled_from([np.float32, np.float64]), tensor=st.booleans())
def test_a_gradient_has_the_kind_shape_and_dtype_of_its_argument(shape, dtype, tensor):
    x = np.ones(shape, dtype)
    g = ad.grad(lambda x: (x * x).sum())(ad.Tensor(x) if tensor else x)
    assert type(g) is (ad.Tensor if tensor else np.ndarray)
    assert (g.shape, g.dtype) == (shape, dtype)
    assert not tensor or not g.requires_grad


@pytest.mark.parametrize("number", [3.0, np.float64(3.0), np.float32(3.0)])
def test_a_number_gets_a_numpy_number_which_is_a_float64_for_a_float(number):
    g = ad.grad(lambda x: x * x)(number)
    assert g == 6.0
    assert g.dtype == np.asarray(number).dtype
    assert isinstance(g, np.floating)


def test_nested_arguments_get_gradients_nested_alike():
    p = {"layers": [Pair(np.ones(2), 1.0), (ad.Tensor([2.0, 2.0]),)], "scale": np.float32(2.0)}

    def f(p):
        first, (second,) = p["layers"]
        assert isinstance(first, Pair)
        return ((first.w * 3.0 + first.b) * second).sum() * p["scale"]

    g = ad.grad(f)(p)
    assert isinstance(g["layers"][0], Pair)
    assert isinstance(g["layers"][1], tuple)
    assert np.array_equal(g["layers"][0].w, [12.0, 12.0])
    assert g["layers"][0].b == 8.0
    assert np.array_equal(g["layers"][1][0].numpy(), [8.0, 8.0])
    assert g["scale"] == 16.0
    assert g["scale"].dtype == np.float32


def test_argnums_chooses_arguments_and_the_others_pass_unchanged():
    def f(x, y, n, *, power):
        assert isinstance(y, float) and n == [1, 2]  # noqa: PT018
        return (x**power).sum() * y

    assert np.array_equal(ad.grad(f)(np.ones(2), 3.0, [1, 2], power=2), [6.0, 6.0])
    f = lambda x, y: (x * x * y).sum()
    assert ad.grad(f, 1)(np.ones(2), 3.0) == 2.0
    assert ad.grad(f, -1)(np.ones(2), 3.0) == 2.0
    gx, gy = ad.grad(f, (0, 1))(np.ones(2), 3.0)
    assert np.array_equal(gx, [6.0, 6.0])
    assert gy == 2.0
    assert len(ad.grad(f, [1])(np.ones(2), 3.0)) == 1


@pytest.mark.parametrize("argnums", [2, -3, (0, 0), (0, -2), 7])
def test_argnums_that_name_nothing_or_one_thing_twice_are_refused(argnums):
    with pytest.raises(ValueError, match="argnums"):
        ad.grad(lambda x, y: x * y, argnums)(1.0, 2.0)


def test_value_and_grad_and_auxiliary_data():
    f = lambda x: ((x * x).sum(), {"twice": 2.0 * x, "name": "data"})
    (value, aux), g = ad.value_and_grad(f, has_aux=True)(np.array([1.0, 2.0]))
    assert value == 5.0
    assert type(value) is np.float64
    assert type(aux["twice"]) is np.ndarray
    assert aux["name"] == "data"
    assert np.array_equal(g, [2.0, 4.0])
    g, aux = ad.grad(f, has_aux=True)(ad.Tensor([1.0, 2.0]))
    assert isinstance(aux["twice"], ad.Tensor)
    assert not aux["twice"].requires_grad
    with pytest.raises(TypeError, match="pair"):
        ad.grad(lambda x: x, has_aux=True)(1.0)


@given(seed=seeds)
def test_unused_arguments_have_gradient_zero_of_their_shape(seed):
    x, y = random(seed, 2, 3), random(seed, 4).astype(np.float32)
    gx, gy = ad.grad(lambda x, y: (x * x).sum(), (0, 1))(x, y)
    assert np.array_equal(gx, 2 * x)
    assert np.array_equal(gy, np.zeros(4, np.float32))
    assert gy.dtype == np.float32
    assert ad.grad(lambda x: 3.0)(2.0) == 0.0
    assert np.array_equal(ad.hessian(lambda x: (3.0 * x).sum())(x[0]), np.zeros((3, 3)))


def test_a_result_aliases_nothing():
    x = np.ones(3)
    value, pullback = ad.vjp(lambda x: x, x)
    cotangent = np.ones(3)
    (g,) = pullback(cotangent)
    for array in (value, g):
        assert not any(np.shares_memory(array, other) for other in (x, cotangent))
    x[:] = 7.0
    assert np.array_equal(pullback(cotangent)[0], np.ones(3))
    square, pullback = ad.vjp(lambda x: ad.exp(x), np.zeros(2))
    square[:] = 5.0
    assert np.array_equal(pullback(np.ones(2))[0], np.ones(2))


# What is refused.


@pytest.mark.parametrize("bad", [3, np.array([1, 2]), True, ad.Tensor([1, 2]), np.array([1j]), "text", None])
@pytest.mark.parametrize("derivative", [ad.grad, ad.jacobian, ad.value_and_grad, ad.hessian])
def test_arguments_that_are_not_real_floats_are_refused_by_name(derivative, bad):
    with pytest.raises(TypeError, match=r"argument 1\['k'\]\[0\] has dtype"):
        derivative(lambda x, y: x, 1)(1.0, {"k": [bad]})


def test_an_output_that_is_no_scalar_is_refused_with_its_shape():
    with pytest.raises(ValueError, match=r"grad: .*shape \(2, 3\).*jacobian"):
        ad.grad(lambda x: x * 2.0)(np.ones((2, 3)))
    with pytest.raises(ValueError, match="one number"):
        ad.grad(lambda x: (x, x))(1.0)


def test_an_output_without_derivative_is_refused():
    for f in (lambda x: (x > 0).sum(), lambda x: np.argmax(x), lambda x: None):
        with pytest.raises(TypeError, match="output"):
            ad.grad(f)(np.ones(3))


def test_cotangents_and_tangents_that_do_not_fit_are_refused():
    _, pullback = ad.vjp(lambda x: {"a": x}, np.ones(2))
    with pytest.raises(ValueError, match=r"nested.*\['a'\]"):
        pullback(np.ones(2))
    with pytest.raises(ValueError, match=r"\['a'\] have shape \(3,\).*shape \(2,\)"):
        pullback({"a": np.ones(3)})
    with pytest.raises(ValueError, match="tangents"):
        ad.jvp(lambda x: x, (np.ones(2),), (np.ones(3),))
    with pytest.raises(ValueError, match="tangents"):
        ad.hvp(lambda x: (x * x).sum(), (np.ones(2),), ())


# Nesting.


@given(x=st.floats(-2.0, 2.0), order=st.integers(1, 5))
def test_it_nests_to_any_depth(x, order):
    f = lambda x: ad.sin(x) * ad.exp(x)  # its n-th derivative is 2^(n/2) e^x sin(x + nπ/4)
    for _ in range(order):
        f = ad.grad(f)
    assert f(x) == pytest.approx(2 ** (order / 2) * np.exp(x) * np.sin(x + order * np.pi / 4), abs=1e-9)


def test_perturbations_are_not_confused():
    assert ad.grad(lambda x: x * ad.grad(lambda y: x + y)(1.0))(1.0) == 1.0
    assert ad.grad(lambda x: x * ad.grad(lambda y: x * y)(2.0))(3.0) == 6.0
    assert ad.grad(lambda x: ad.grad(lambda y: x * y)(x))(5.0) == 1.0
    assert ad.grad(lambda x: ad.grad(lambda x: x * x)(x) * x)(3.0) == 12.0
    assert ad.grad(lambda x: ad.grad(lambda y: ad.grad(lambda z: x * y * z)(y) * y)(x))(2.0) == 8.0
    # The inner tangent is taken of a function that closes over the outer variable.
    assert ad.grad(lambda x: ad.jvp(lambda y: x * y * y, (2.0,), (1.0,))[1])(3.0) == 4.0


def test_what_is_closed_over_is_constant_inside_and_differentiable_outside():
    def outer(w):
        return (ad.grad(lambda x: (w * x**3).sum())(np.array([1.0, 2.0])) ** 2).sum()

    w = np.array([1.0, 1.0])
    assert np.allclose(ad.grad(outer)(w), 2 * w * np.array([9.0, 144.0]))


def test_a_gradient_that_depends_on_a_tensor_from_outside_stays_differentiable():
    w = ad.Tensor([2.0, 3.0], requires_grad=True)
    slope = ad.grad(lambda x: (w * x * x).sum())(np.array([1.0, 5.0]))
    assert slope.requires_grad
    slope.sum().backward()
    assert np.array_equal(w.grad.numpy(), [2.0, 10.0])
    with ad.no_grad():
        assert type(ad.grad(lambda x: (w * x * x).sum())(np.array([1.0, 5.0]))) is np.ndarray


def test_it_records_even_under_no_grad():
    with ad.no_grad():
        assert ad.grad(ad.grad(lambda x: x**3))(2.0) == 12.0
        assert np.array_equal(ad.hessian(lambda x: (x**2).sum())(np.ones(2)), 2 * np.eye(2))
        assert ad.hvp(lambda x: x**3, (2.0,), (1.0,)) == (12.0,)
        assert ad.jvp(lambda x: x**2, (3.0,), (1.0,)) == (9.0, 6.0)
        assert not ad.is_grad_enabled()


def test_a_gradient_taken_under_no_grad_is_a_constant_for_what_is_outside():
    def f(x):
        with ad.no_grad():
            slope = ad.grad(lambda y: y * y)(x)
        return slope * x

    assert ad.grad(f)(3.0) == 6.0


def test_a_derivative_inside_a_derivative_of_a_pair_of_structures():
    f = lambda p: (p["a"] ** 2 * p["b"]).sum()
    norm = lambda p: sum((g * g).sum() for g in ad.grad(f)(p).values())
    p = {"a": np.array([1.0, 2.0]), "b": np.array([3.0, 4.0])}
    assert ad.gradcheck(norm, p)


# What is left alone.


def test_nobody_s_grad_is_touched():
    x = ad.Tensor([1.0, 2.0], requires_grad=True)
    w = ad.Tensor([3.0, 4.0], requires_grad=True)
    h = x * w
    h.retain_grad()
    kept = []

    def f(x):
        inner = x * w
        inner.retain_grad()
        kept.append(inner)
        return (inner * h).sum()

    ad.grad(f)(x)
    ad.grad(f)(x.numpy())
    ad.jacobian(lambda x: f(x))(x)
    ad.hvp(f, (x,), (np.ones(2),))
    ad.gradients((h * h).sum(), [x, w, h], retain_graph=True)
    assert all(t.grad is None for t in (x, w, h, *kept))
    h.sum().backward()
    assert np.array_equal(h.grad.numpy(), [1.0, 1.0])


def test_a_tensor_that_requires_grad_may_be_the_argument():
    x = ad.Tensor(3.0, requires_grad=True)
    slope = ad.grad(lambda x: x**3)(x)
    slope.backward()
    assert slope.item() == 27.0
    assert x.grad.item() == 18.0


def test_a_change_of_the_argument_before_the_pullback_is_noticed():
    x = ad.Tensor([1.0, 2.0])
    _, pullback = ad.vjp(lambda x: x * x, x)
    x[0] = 5.0
    with pytest.raises(RuntimeError, match="version"):
        pullback(np.ones(2))


def test_graphs_outside_can_still_be_walked_afterwards():
    x = ad.Tensor([1.0, 2.0], requires_grad=True)
    y = ad.exp(x)
    ad.grad(lambda z: (z * y).sum())(np.ones(2))
    ad.grad(lambda y: (y * y).sum())(y)
    y.sum().backward()
    assert np.array_equal(x.grad.numpy(), np.exp([1.0, 2.0]))


def test_history_before_the_call_is_not_searched():
    """A gradient inside a long computation costs what its own function costs."""
    h = ad.Tensor(0.5, requires_grad=True)
    for _ in range(3000):
        h = ad.sin(h) + 1e-3
    with ad.record() as tape:
        g = ad.grad(lambda x: x * x)(h)
    assert len(tape.nodes) < 20
    assert g.item() == pytest.approx(2 * h.item())


# Products with the Jacobian.


@given(seed=seeds, rows=st.integers(1, 3), columns=st.integers(1, 3))
def test_vjp_jvp_and_jacobian_agree(seed, rows, columns):
    a, x = random(seed, rows, columns), random(seed + 1, columns)
    f = lambda x: ad.tanh(ad.matmul(a, x)) * ad.sin(x).sum()
    j = ad.jacobian(f)(x)
    assert j.shape == (rows, columns)
    t, g = random(seed + 2, columns), random(seed + 3, rows)
    value, pullback = ad.vjp(f, x)
    again, moved = ad.jvp(f, (x,), (t,))
    assert np.array_equal(value, again)
    assert np.allclose(pullback(g)[0], g @ j)
    assert np.allclose(moved, j @ t)
    eps = 1e-6
    assert np.allclose(moved, (f(x + eps * t) - f(x - eps * t)) / (2 * eps), atol=1e-7)


@given(shape=shapes, out=shapes)
def test_a_jacobian_has_the_shapes_of_output_and_argument(shape, out):
    j = ad.jacobian(lambda x: np.ones(out) * x.sum())(np.ones(shape))
    assert j.shape == out + shape
    assert np.array_equal(j, np.ones(out + shape))


def test_structures_go_through_every_derivative():
    f = lambda p, s: {"y": p["w"] * s, "z": (p["w"].sum(), s * s)}
    p, s = {"w": np.array([1.0, 2.0])}, 3.0
    j = ad.jacobian(f, (0, 1))(p, s)
    assert np.array_equal(j["y"][0]["w"], 3.0 * np.eye(2))
    assert np.array_equal(j["y"][1], [1.0, 2.0])
    assert j["z"][1][1] == 6.0
    _, moved = ad.jvp(f, (p, s), ({"w": np.array([1.0, 0.0])}, 1.0))
    assert np.array_equal(moved["y"], [4.0, 2.0])
    assert moved["z"] == (1.0, 6.0)
    _, pullback = ad.vjp(f, p, s)
    gp, gs = pullback({"y": np.ones(2), "z": (1.0, 1.0)})
    assert np.array_equal(gp["w"], [4.0, 4.0])
    assert gs == 9.0


@given(seed=seeds, n=st.integers(1, 4))
def test_a_hessian_is_symmetric_and_its_product_is_hvp(seed, n):
    x, v = random(seed, n), random(seed + 1, n)
    f = lambda x: (ad.exp(ad.sin(x)) * ad.cumsum(x)).sum()
    h = ad.hessian(f)(x)
    assert np.allclose(h, h.T)
    (product,) = ad.hvp(f, (x,), (v,))
    assert np.allclose(product, h @ v)
    moved = ad.jvp(ad.grad(f), (x,), (v,))[1]
    assert np.allclose(moved, h @ v)


def test_hessians_of_several_arguments_are_blocks():
    h = ad.hessian(lambda x, y: (x * x).sum() * y, (0, 1))(np.array([1.0, 2.0]), 3.0)
    assert np.array_equal(h[0][0], 6.0 * np.eye(2))
    assert np.array_equal(h[0][1], [2.0, 4.0])
    assert np.array_equal(h[1][0], [2.0, 4.0])
    assert h[1][1] == 0.0


def test_a_pullback_can_be_called_often_and_differentiated():
    _, pullback = ad.vjp(lambda x: x**3, 2.0)
    assert [pullback(g)[0] for g in (1.0, 2.0)] == [12.0, 24.0]
    assert ad.grad(lambda g: pullback(g)[0])(1.0) == 12.0
    assert ad.grad(lambda t: ad.jvp(lambda x: x**3, (2.0,), (t,))[1])(5.0) == 12.0
    assert ad.grad(lambda x: ad.vjp(lambda x: x**3, x)[1](1.0)[0])(2.0) == 12.0
    assert ad.grad(lambda x: ad.jvp(lambda x: x**3, (x,), (1.0,))[1])(2.0) == 12.0


def test_outputs_that_do_not_depend_on_the_inputs_have_tangent_zero():
    assert ad.jvp(lambda x: (2.0, x * 0.0 + 1.0), (1.0,), (1.0,)) == ((2.0, 1.0), (0.0, 0.0))


def test_what_tensors_go_in_tensors_come_out():
    x, v = ad.Tensor([1.0, 2.0]), np.ones(2)
    f = lambda x: x * x
    for result in (
        ad.vjp(f, x)[0], ad.vjp(f, x)[1](v)[0], *ad.jvp(f, (x,), (v,)), ad.jacobian(f)(x),
        ad.value_and_grad(lambda x: f(x).sum())(x)[0], ad.hvp(lambda x: f(x).sum(), (x,), (v,))[0],
    ):  # fmt: skip
        assert isinstance(result, ad.Tensor)
        assert not result.requires_grad


# gradients, PyTorch's way.


def graph():
    x = ad.Tensor([1.0, 2.0], requires_grad=True)
    y = ad.Tensor([3.0, 4.0], requires_grad=True)
    h = x * y
    return x, y, h, (h * h).sum()


def test_gradients_of_leaves_and_of_computed_tensors():
    x, y, h, out = graph()
    gx, gh, gout = ad.gradients(out, [x, h, out])
    assert np.array_equal(gx.numpy(), 2 * x.data * y.data**2)
    assert np.array_equal(gh.numpy(), 2 * h.data)
    assert gout.item() == 1.0
    assert isinstance(gx, ad.Tensor)


def test_several_outputs_add_up_with_their_upstream_gradients():
    x, y, h, out = graph()
    (gx,) = ad.gradients([out, h], x, [None, np.array([1.0, 10.0])])
    assert np.array_equal(gx.numpy(), 2 * x.data * y.data**2 + [3.0, 40.0])
    x, _, h, _ = graph()
    (gx,) = ad.gradients(h, x, np.ones(2))
    assert np.array_equal(gx.numpy(), [3.0, 4.0])


def test_gradients_can_be_differentiated():
    x, y, _, out = graph()
    (gx,) = ad.gradients(out, x, create_graph=True)
    (gxy,) = ad.gradients(gx.sum(), y)
    assert np.array_equal(gxy.numpy(), 4 * x.data * y.data)


def test_the_graph_is_released_unless_retained():
    x, _, _, out = graph()
    ad.gradients(out, x, retain_graph=True)
    ad.gradients(out, x)
    with pytest.raises(RuntimeError, match="released"):
        ad.gradients(out, x)
    x, _, _, out = graph()
    ad.gradients(out, x, create_graph=True)
    ad.gradients(out, x)


def test_what_lies_behind_an_input_is_neither_needed_nor_released():
    x, _, h, out = graph()
    ad.gradients(out, h)
    h.sum().backward()
    assert np.array_equal(x.grad.numpy(), [3.0, 4.0])
    x, _, h, _ = graph()
    h.sum().backward()
    (gh,) = ad.gradients((h * 3.0).sum(), h)
    assert np.array_equal(gh.numpy(), [3.0, 3.0])


def test_an_input_that_is_not_used_is_an_error_or_none():
    _, _, _, out = graph()
    z = ad.Tensor([1.0], requires_grad=True)
    with pytest.raises(RuntimeError, match=r"input 0 \(shape \(1,\)\).*allow_unused"):
        ad.gradients(out, z, retain_graph=True)
    assert ad.gradients(out, [z], allow_unused=True) == (None,)


def test_bad_calls_of_gradients_are_refused():
    x, _, h, out = graph()
    with pytest.raises(RuntimeError, match=r"input 0 .* does not require grad"):
        ad.gradients(out, x.detach())
    with pytest.raises(RuntimeError, match=r"output 0 .* does not require grad"):
        ad.gradients(out.detach(), x)
    with pytest.raises(RuntimeError, match=r"shape \(2,\)"):
        ad.gradients(h, x)
    with pytest.raises(ValueError, match=r"shape \(3,\)"):
        ad.gradients(h, x, np.ones(3))
    with pytest.raises(ValueError, match="1 output"):
        ad.gradients([out], x, [None, None])


def test_hooks_see_the_gradient_once_and_may_replace_it():
    x, _, h, out = graph()
    seen = []
    h.register_hook(lambda g: seen.append(g.numpy()) or g * 2.0)
    x.register_hook(lambda g: g + 1.0)
    gx, gh = ad.gradients(out, [x, h])
    assert len(seen) == 1
    assert np.array_equal(gh.numpy(), 2 * seen[0])
    assert np.array_equal(gx.numpy(), gh.numpy() * [3.0, 4.0] + 1.0)


def test_results_of_gradients_alias_neither_each_other_nor_what_was_given():
    x = ad.Tensor([1.0, 2.0], requires_grad=True)
    y = ad.Tensor([1.0, 2.0], requires_grad=True)
    upstream = np.ones(2)
    h = x + y
    found = [g.data for g in ad.gradients(h, [x, y, h], upstream)]
    for i, g in enumerate(found):
        assert not any(np.shares_memory(g, other) for other in [upstream, *found[:i]])


def test_what_a_function_within_closes_over_is_no_tensor_from_outside():
    closed = [
        (lambda a: ad.grad(lambda y: a * a * y * y)(3.0), 24.0),
        (lambda a: ad.jvp(lambda y: a * y * y, (3.0,), (1.0,))[1], 6.0),
        (lambda a: ad.hvp(lambda y: (a * y * y * y).sum(), (np.ones(2),), (np.ones(2),))[0].sum(), 12.0),
        (lambda a: ad.vjp(lambda y: a * y * y, 3.0)[1](1.0)[0], 6.0),
    ]
    for f, expected in closed:
        gradient = ad.grad(f)(2.0)
        assert type(gradient) is np.float64
        assert gradient == expected


def test_an_output_given_twice_counts_twice_as_an_array():
    s = ad.Tensor(2.0, requires_grad=True)
    (gradient,) = ad.gradients([s, s], s)
    assert type(gradient.data) is np.ndarray
    assert gradient.item() == 2.0


def test_an_output_that_is_no_tensor_is_refused_in_words():
    with pytest.raises(RuntimeError, match=r"output 0 .* does not require grad"):
        ad.gradients([np.ones(())], ad.Tensor(1.0, requires_grad=True))
