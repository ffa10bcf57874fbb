"""The Tensor: what it takes, what it shows, how it may change, and how gradients come to it."""

import copy
import gc
import math
import pickle
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autodiff as ad

floats = hnp.arrays(np.float64, hnp.array_shapes(min_dims=0, max_dims=3, max_side=3), elements=st.floats(-3, 3))


@pytest.fixture
def x():
    return ad.Tensor([1.0, 2.0, 3.0], requires_grad=True, name="x")


# Making one.


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (1.5, np.float64), (2, np.int64), (True, np.bool_), ([1, 2.0], np.float64), (np.float32(1), np.float32),
        (np.ones(2, np.float16), np.float16), ([[1], [2]], np.int64), (np.ones(2, np.uint8), np.uint8),
        ([], np.float64),
    ],
)  # fmt: skip
def test_it_keeps_numpy_s_dtype(data, dtype):
    t = ad.Tensor(data)
    assert t.dtype == dtype
    assert type(t.data) is np.ndarray
    assert t.shape == np.shape(data)
    assert (t.ndim, t.size) == (np.ndim(data), np.size(data))
    assert t.is_leaf
    assert not t.requires_grad
    assert t.grad is t.node is t.name is None


def test_it_copies_unless_told_to_share():
    array = np.ones(2)
    copied, shared = ad.Tensor(array), ad.Tensor(array, copy=False)
    array[0] = 5.0
    assert copied.data[0] == 1.0
    assert shared.data[0] == 5.0


@pytest.mark.parametrize("data", [1j, np.array([1 + 2j]), "text", ["a"], None, [object()], np.array([1, None])])
def test_data_that_are_not_real_numbers_are_refused(data):
    with pytest.raises(TypeError, match="only real numbers"):
        ad.Tensor(data)


@pytest.mark.parametrize("data", [1, [1, 2], True, np.ones(2, np.uint8)])
def test_integers_cannot_require_grad(data):
    with pytest.raises(TypeError, match="floating-point dtype"):
        ad.Tensor(data, requires_grad=True)
    t = ad.Tensor(data)
    with pytest.raises(TypeError, match="floating-point dtype"):
        t.requires_grad = True
    assert not t.requires_grad


def test_a_tensor_of_tensors_is_refused_with_the_way_out(x):
    with pytest.raises(TypeError, match=r"detach.*copy"):
        ad.Tensor(x)
    with pytest.raises(TypeError, match=r"np\.stack"):
        ad.Tensor([x, x])


def test_a_computed_tensor_cannot_be_told_to_require_grad_or_not(x):
    with pytest.raises(RuntimeError, match=r"leaves only.*detach"):
        (x * 2).requires_grad = False
    x.requires_grad = False
    assert (x * 2).is_leaf


# Showing it.


@pytest.mark.parametrize(
    ("tensor", "text"),
    [
        (ad.Tensor([1.0, 2.0]), "Tensor([1., 2.])"),
        (ad.Tensor(1.5), "Tensor(1.5)"),
        (ad.Tensor([1, 2]), "Tensor([1, 2])"),
        (ad.Tensor(np.ones(1, np.float32)), "Tensor([1.], dtype=float32)"),
        (ad.Tensor([1.0], True, "w"), "Tensor([1.], name='w', requires_grad=True)"),
        (ad.Tensor([1.0], True) * 2.0, "Tensor([2.], made_by=mul)"),
        (ad.Tensor(np.zeros((0, 2))), "Tensor([], shape=(0, 2))"),
    ],
)
def test_its_repr_shows_value_dtype_and_what_made_it(tensor, text):
    assert repr(tensor) == text


def test_a_long_one_is_abbreviated():
    assert len(repr(ad.Tensor(np.zeros(100_000)))) < 200


def test_numbers_come_out_where_python_asks_for_them(x):
    t = ad.Tensor(2.5, requires_grad=True)
    assert (float(t), int(t), t.item(), bool(t)) == (2.5, 2, 2.5, True)
    assert f"{t:.3f} {x}" == f"2.500 {x!r}"
    assert [10, 20, 30][ad.Tensor(1)] == 20
    assert x.tolist() == [1.0, 2.0, 3.0]
    assert 2.0 in x
    assert ad.Tensor(5.0) not in x
    assert len(x) == 3
    assert [v.item() for v in x] == [1.0, 2.0, 3.0]
    assert math.floor(t) == 2
    with pytest.raises(ValueError, match="ambiguous"):
        bool(x)
    with pytest.raises(TypeError):
        len(t)
    with pytest.raises(TypeError, match=r"item\(\)"):
        iter(t)
    with pytest.raises(TypeError):
        range(t)


def test_it_is_hashed_by_identity_and_compared_by_value(x):
    assert x in {x: 1}
    assert ad.Tensor([1.0, 2.0, 3.0]) not in {x: 1}
    assert type(x == x) is np.ndarray
    for result, expected in ((x < 2, [1, 0, 0]), (2 <= x, [0, 1, 1]), (x != ad.Tensor(2.0), [1, 0, 1])):  # noqa: SIM300
        assert result.tolist() == [bool(e) for e in expected]


# Copies.


@given(array=floats, requires_grad=st.booleans())
def test_deepcopy_and_pickle_give_an_equal_leaf_that_shares_nothing(array, requires_grad):
    t = ad.Tensor(array, requires_grad, name="t")
    if requires_grad:
        (t * t).sum().backward()
    for twin in (copy.deepcopy(t), pickle.loads(pickle.dumps(t))):
        assert np.array_equal(twin.data, t.data)
        assert (twin.dtype, twin.name, twin.requires_grad, twin.is_leaf) == (t.dtype, "t", requires_grad, True)
        assert not np.shares_memory(twin.data, t.data)
        assert (twin.grad is None) == (t.grad is None)
        if requires_grad:
            assert np.array_equal(twin.grad.data, t.grad.data)
            assert not np.shares_memory(twin.grad.data, t.grad.data)


def test_deepcopy_keeps_shared_tensors_shared_and_subclasses_what_they_are():
    class Weight(ad.Tensor):
        def __init__(self, size):
            super().__init__(np.ones(size), requires_grad=True)

    w = Weight(2)
    first, second = copy.deepcopy([w, w])
    assert first is second
    assert type(first) is Weight


def test_what_was_computed_cannot_be_copied_with_its_history(x):
    y = x * 2
    for attempt in (copy.deepcopy, pickle.dumps, copy.copy):
        with pytest.raises(TypeError, match=r"history.*detach"):
            attempt(y)
        with pytest.raises(TypeError, match="graph"):
            attempt(y.node)


def test_copy_keeps_the_history_and_detach_the_memory(x):
    c, d = x.copy(), x.detach()
    assert c.requires_grad
    assert not np.shares_memory(c.data, x.data)
    assert not d.requires_grad
    assert d.data is x.data
    assert d.name is None
    n = x.numpy()
    n[0] = 9.0
    assert x.data[0] == 1.0


# Changing it.


def test_item_assignment_to_what_a_graph_depends_on_is_refused(x):
    y = x * 2
    with pytest.raises(RuntimeError, match=r"requires grad.*no_grad"):
        x[0] = 1.0
    with ad.no_grad(), pytest.raises(RuntimeError, match="computed by"):
        y[0] = 1.0
    assert x.tolist() == [1.0, 2.0, 3.0]
    with ad.no_grad():
        x[[0, 1]] = ad.Tensor([5.0, 6.0])
    assert x.tolist() == [5.0, 6.0, 3.0]
    t = ad.Tensor([1.0, 2.0])
    t[ad.Tensor([True, False])] = 7.0
    assert t.tolist() == [7.0, 2.0]


CHANGES = {
    "t.data = …": lambda t: setattr(t, "data", [7.0, 8.0, 9.0]),
    "t.data -= …": lambda t: setattr(t, "data", t.data.__isub__(1.0)),
    "t[...] = …": lambda t: ad.no_grad()(t.__setitem__)(0, 5.0),
    "through detach": lambda t: t.detach().__setitem__(0, 5.0),
    "through a view": lambda t: t.detach().reshape(3, 1)[1:].__setitem__(0, 5.0),
    "mark_changed": lambda t: (t.data.__setitem__(0, 5.0), ad.mark_changed([t])),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
@pytest.mark.parametrize(
    "f",
    [
        ad.square,
        lambda t: t * t,
        lambda t: t.reshape(3, 1)[1:] ** 2,
        lambda t: ad.einsum("i,i,i->", t, t, t),
        lambda t: ad.softmax_cross_entropy(t, 1),
    ],
)
def test_a_change_of_what_a_rule_kept_is_noticed(x, f, change):
    y = f(x)
    change(x)
    with pytest.raises(RuntimeError, match=r"version \d+ and is now at version \d+.*changed in between"):
        y.sum().backward()
    assert x.grad is None


def test_the_error_names_the_tensor(x):
    y = x * x
    x.data = [0.0, 0.0, 0.0]
    with pytest.raises(RuntimeError, match="the tensor named 'x'"):
        y.sum().backward()


def test_a_change_of_the_output_that_a_rule_kept_is_noticed(x):
    y = ad.exp(x)
    y.data = [0.0, 0.0, 0.0]
    with pytest.raises(RuntimeError, match="its output"):
        y.sum().backward()


def test_a_change_that_no_rule_minds_is_none(x):
    y = x + 1.0
    x.data = [0.0, 0.0, 0.0]
    y.sum().backward()
    assert x.grad.tolist() == [1.0, 1.0, 1.0]


def test_a_change_after_the_walk_and_before_a_new_call_is_fine(x):
    for _ in range(3):
        x.zero_grad()
        (x * x).sum().backward()
        x.data = x.data - 0.1 * x.grad.data
    assert np.allclose(x.data, np.array([1.0, 2.0, 3.0]) * 0.8**3)


def test_augmented_assignment_rebinds(x):
    t = x
    t += 1.0
    t *= 2.0
    assert t is not x
    assert x.tolist() == [1.0, 2.0, 3.0]
    t.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0, 2.0]


@pytest.mark.parametrize("value", [[1.0], np.ones((3, 1)), 1.0, np.array([1j, 1j, 1j])])
def test_data_of_another_shape_or_kind_are_refused_before_anything_changes(x, value):
    y = x * x
    with pytest.raises(ValueError, match=r"t\.data = value.*shape \(3,\)"):
        x.data = value
    y.sum().backward()
    assert x.data.tolist() == [1.0, 2.0, 3.0]


def test_integers_do_not_silently_swallow_floats():
    t = ad.Tensor([1, 2])
    with pytest.raises(ValueError, match="same kind"):
        t.data = [1.5, 2.5]
    assert t.tolist() == [1, 2]


def test_a_raw_array_that_a_rule_kept_may_be_reused(x):
    batch = np.array([1.0, 2.0, 3.0])
    y = x * batch
    batch[:] = 0.0
    y.sum().backward()
    assert x.grad.tolist() == [1.0, 2.0, 3.0]


# Gradients.


def test_grad_can_be_set_to_what_fits(x):
    x.grad = np.ones(3, np.float32)
    assert x.grad.dtype == np.float64
    x.grad = None
    assert x.grad is None
    with pytest.raises(ValueError, match=r"t\.grad = value: .*\(2,\).*\(3,\)"):
        x.grad = np.ones(2)


def test_backward_adds_up_and_zero_grad_forgets(x):
    for _ in range(2):
        (x * x).sum().backward()
    assert x.grad.tolist() == [4.0, 8.0, 12.0]
    x.zero_grad()
    assert x.grad is None


@given(array=floats, dtype=st.sampled_from([np.float32, np.float64]))
def test_a_gradient_is_writable_has_its_leaf_s_shape_and_dtype_and_aliases_nothing(array, dtype):
    x, y = (ad.Tensor(array.astype(dtype), requires_grad=True) for _ in range(2))
    upstream = np.ones(x.shape, dtype)
    z = x + y
    z.backward(upstream)
    for leaf in (x, y):
        assert isinstance(leaf.grad, ad.Tensor)
        assert (leaf.grad.shape, leaf.grad.dtype) == (x.shape, dtype)
        assert leaf.grad.data.flags.writeable
    arrays = [upstream, x.data, y.data, z.data, x.grad.data, y.grad.data]
    assert not any(np.shares_memory(a, b) for i, a in enumerate(arrays) for b in arrays[:i])


def test_gradients_of_a_recorded_walk_alias_nothing_either():
    x, y = (ad.Tensor([1.0, 2.0], requires_grad=True) for _ in range(2))
    h = x + y
    h.retain_grad()
    h.backward(np.ones(2), create_graph=True)
    x.grad.data[0] = 5.0
    assert y.grad.tolist() == h.grad.tolist() == [1.0, 1.0]


def test_what_a_hook_keeps_or_returns_is_not_the_gradient_itself(x):
    kept, fixed = [], np.ones(3)
    x.register_hook(lambda g: kept.append(g))
    for _ in range(2):
        (x * 2).sum().backward()
    assert kept[0].tolist() == [2.0, 2.0, 2.0]
    y = ad.Tensor([1.0, 2.0, 3.0], requires_grad=True)
    y.register_hook(lambda g: fixed)
    for _ in range(2):
        (y * 2).sum().backward()
    assert fixed.tolist() == [1.0, 1.0, 1.0]
    assert y.grad.tolist() == [2.0, 2.0, 2.0]


def test_backward_of_a_leaf_gives_the_upstream_gradient():
    x = ad.Tensor(3.0, requires_grad=True)
    x.backward()
    assert x.grad.item() == 1.0
    x.backward(5)
    assert x.grad.item() == 6.0
    assert x.grad.dtype == np.float64


def test_backward_without_anything_to_differentiate_says_so():
    with pytest.raises(RuntimeError, match=r"does not require grad.*requires_grad=True"):
        ad.Tensor(1.0).backward()
    x = ad.Tensor(1.0, requires_grad=True)
    with ad.no_grad():
        y = x * 2
    with pytest.raises(RuntimeError, match="does not require grad"):
        y.backward()


def test_backward_of_an_array_needs_an_upstream_gradient(x):
    with pytest.raises(RuntimeError, match=r"shape \(3,\), and only a scalar.*\.sum\(\)"):
        (x * 2).backward()
    y = ad.Tensor([[2.0]], requires_grad=True)
    (y * y).backward()  # one element
    assert y.grad.tolist() == [[4.0]]


@pytest.mark.parametrize("grad", [np.ones(2), 1.0, np.ones((3, 1)), np.array([1j, 1j, 1j]), ["a", "b", "c"]])
def test_an_upstream_gradient_that_does_not_fit_is_refused(x, grad):
    with pytest.raises(ValueError, match=r"upstream gradient has shape .*needs one real number per element"):
        (x * 2).backward(grad)
    assert x.grad is None


@pytest.mark.parametrize("grad", [[1, 2, 3], np.array([1.0, 2.0, 3.0], np.float32), ad.Tensor([1.0, 2.0, 3.0])])
def test_an_upstream_gradient_may_be_anything_that_fits(x, grad):
    (x * 2).backward(grad)
    assert x.grad.tolist() == [2.0, 4.0, 6.0]


def test_a_released_graph_says_what_to_do(x):
    y = (x * x).sum()
    y.backward()
    with pytest.raises(RuntimeError, match=r"released.*retain_graph=True.*create_graph=True"):
        y.backward()
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()


def test_create_graph_gives_gradients_that_can_be_differentiated_even_under_no_grad():
    for mode in (ad.enable_grad(), ad.no_grad()):
        x = ad.Tensor(2.0, requires_grad=True)
        y = x**3
        with mode:
            y.backward(create_graph=True)
            y.backward(create_graph=True)
        first = x.grad
        assert first.item() == 24.0
        x.zero_grad()
        first.backward()
        assert x.grad.item() == 24.0


# Hooks.


def test_a_hook_runs_once_on_the_summed_gradient_and_may_replace_it(x):
    h = x * 1.0
    seen = []
    h.register_hook(lambda g: seen.append(g.tolist()))
    h.register_hook(lambda g: g * 10.0)
    x.register_hook(lambda g: np.asarray(g.data, np.float32) + 1.0)
    (h * h + 3.0 * h).sum().backward()
    assert seen == [[5.0, 7.0, 9.0]]
    assert x.grad.tolist() == [51.0, 71.0, 91.0]
    assert x.grad.dtype == np.float64


def test_a_hook_can_be_taken_away(x):
    handle = x.register_hook(lambda g: g * 10.0)
    handle.remove()
    handle.remove()
    with x.register_hook(lambda g: g * 3.0):
        x.sum().backward()
    x.sum().backward()
    assert x.grad.tolist() == [4.0, 4.0, 4.0]


def test_a_hook_that_returns_another_shape_is_refused(x):
    h = x * 1.0
    h.register_hook(lambda g: g.sum())
    with pytest.raises(ValueError, match=r"hook.*mul.*shape \(\) for one of shape \(3,\)"):
        h.sum().backward()


def test_a_hook_needs_a_gradient_that_can_come():
    with pytest.raises(RuntimeError, match="does not require grad"):
        ad.Tensor(1.0).register_hook(print)
    with pytest.raises(RuntimeError, match="does not require grad"):
        ad.Tensor(1.0).retain_grad()


def test_hooks_take_part_in_second_derivatives():
    x = ad.Tensor(2.0, requires_grad=True)
    x.register_hook(lambda g: g * g)
    (x**2).backward(create_graph=True)
    assert x.grad.item() == 16.0
    slope = x.grad
    x.zero_grad()
    ad.gradients(slope, x, allow_unused=False)
    assert x.grad is None


def test_retain_grad_keeps_the_gradient_of_what_was_computed(x):
    h = x * 2.0
    h.retain_grad()
    x.retain_grad()  # leaves do so anyway
    (h * h).sum().backward(retain_graph=True)
    assert h.grad.tolist() == [4.0, 8.0, 12.0]
    (h * h).sum().backward()
    assert h.grad.tolist() == [8.0, 16.0, 24.0]
    assert x.grad.tolist() == [16.0, 32.0, 48.0]


def test_retain_grad_does_not_keep_the_tensor_alive(x):
    gc.disable()
    try:
        h = x * 2.0
        h.retain_grad()
        y = (h * h).sum()
        del h
        y.backward()
        assert x.grad.tolist() == [8.0, 16.0, 24.0]
    finally:
        gc.enable()


# Moving.


def test_a_leaf_can_move_into_other_memory(x):
    (x * x).sum().backward()
    values, slopes = np.zeros(5), np.zeros(5)
    home = x.rehome(values[1:4], slopes[1:4])
    assert values.tolist() == [0.0, 1.0, 2.0, 3.0, 0.0]
    assert slopes.tolist() == [0.0, 2.0, 4.0, 6.0, 0.0]
    assert x.grad is home
    x.zero_grad()
    (x * 3.0).sum().backward()
    assert slopes.tolist() == [0.0, 3.0, 3.0, 3.0, 0.0]
    assert x.rehome(np.zeros(3, np.float32)) is None
    assert (x.dtype, x.grad.dtype) == (np.float32, np.float32)
    for data, grad in ((np.zeros(2), None), (np.zeros(3), np.zeros(3, np.float32)), (np.zeros(3, int), None)):
        with pytest.raises(ValueError, match="rehome"):
            x.rehome(data, grad)
    with pytest.raises(ValueError, match="made by"):
        (x * 2).rehome(np.zeros(3))


# Operators.


@given(array=floats, number=st.floats(0.5, 3.0))
def test_operators_work_in_both_orders_with_arrays_numbers_and_tensors(array, number):
    t = ad.Tensor(array, requires_grad=True)
    for other in (number, np.full(array.shape, number), ad.Tensor(np.full(array.shape, number))):
        plain = other.data if isinstance(other, ad.Tensor) else other
        for operate in (
            lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: (a * a + 1.0) / (b + 5.0),
            lambda a, b: (a * a + 1.0) ** b,
        ):  # fmt: skip
            for left, right, expected in (
                (t, other, operate(array, plain)), (other, t, operate(plain, array)),
            ):  # fmt: skip
                result = operate(left, right)
                assert isinstance(result, ad.Tensor)
                assert result.requires_grad
                np.testing.assert_allclose(result.data, expected, rtol=1e-14)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_python_numbers_are_weak(dtype):
    t = ad.Tensor(np.ones(2, dtype), requires_grad=True)
    for result in (t + 1, 2.0 * t, t**2, 1 / t, t - True, -t, abs(t), +t):
        assert result.dtype == dtype
    assert (t * np.float64(2.0)).dtype == np.result_type(dtype, np.float64)


# What a careless user tries.


def test_retaining_twice_keeps_the_gradient_once(x):
    y = x * 2.0
    y.retain_grad()
    y.retain_grad()
    y.sum().backward()
    assert y.grad.tolist() == [1.0, 1.0, 1.0]


def test_a_handle_takes_away_its_own_hook_only(x):
    seen = []
    first, second = x.register_hook(seen.append), x.register_hook(seen.append)
    first.remove()
    first.remove()
    x.sum().backward()
    assert len(seen) == 1
    second.remove()
    x.sum().backward()
    assert len(seen) == 1


def test_a_value_that_requires_grad_is_not_written_into_an_array_in_silence(x):
    buffer = ad.Tensor(np.zeros(3))
    with pytest.raises(TypeError, match="lose its derivative"):
        buffer[0] = x[0] * 2.0
    assert buffer.tolist() == [0.0, 0.0, 0.0]
    buffer[0] = x[0].detach()
    with ad.no_grad():
        buffer[1] = x[1]
    assert buffer.tolist() == [1.0, 2.0, 0.0]


class Tagged(ad.Tensor):
    """A subclass with attributes of its own."""


def test_copies_of_a_subclass_keep_its_attributes():
    tagged = Tagged([1.0], requires_grad=True)
    tagged.partner = partner = ad.Tensor([2.0])
    both = copy.deepcopy([tagged, partner])
    assert both[0].partner is both[1] is not partner
    assert pickle.loads(pickle.dumps(tagged)).partner.tolist() == [2.0]


@pytest.mark.parametrize("other", [2, 1.5, np.float32(2.0), [2.0, 1.5, 0.7], np.array([2.0, 1.5, 0.7])], ids=repr)
def test_remainder_and_divmod_are_operators_in_both_orders(x, other):
    plain = x.data if not isinstance(other, list) else np.asarray(x.data)
    constant = np.asarray(other) if isinstance(other, list) else other
    for result, expected in (
        (x % other, plain % constant), (other % x, constant % plain), *zip(divmod(x, other), divmod(plain, constant)),
        *zip(divmod(other, x), divmod(constant, plain)),
    ):  # fmt: skip
        np.testing.assert_array_equal(getattr(result, "data", result), expected)
    assert divmod(x, other)[1].node.primitive is divmod(other, x)[1].node.primitive is ad.mod
    assert type(divmod(other, x)[0]) is np.ndarray


@pytest.mark.parametrize(
    "call",
    [
        lambda m, a: ad.repeat(m, 2, axis=a), lambda m, a: ad.take(m, [0], axis=a), lambda m, a: ad.norm(m, axis=a),
        lambda m, a: ad.tensordot(m, m, axes=([a], [a])), lambda m, a: ad.split(m, 1, axis=a),
        lambda m, a: ad.take_along_axis(m, np.zeros((1, 1), int), a),
    ],
)  # fmt: skip
@pytest.mark.parametrize("axis", [2, 5, -3])
def test_an_axis_that_does_not_exist_is_never_wrapped_around(call, axis):
    with pytest.raises(np.exceptions.AxisError, match=f"axis {axis} is out of bounds"):
        call(ad.Tensor(np.ones((2, 3))), axis)


@pytest.mark.parametrize("order", [None, 1, 3, np.inf])
def test_the_norm_of_small_integers_does_not_overflow(order):
    pixels = np.array([200, 255], np.uint8)
    np.testing.assert_allclose(ad.norm(ad.Tensor(pixels), order).data, np.linalg.norm(pixels, order))


def test_the_mixed_second_derivative_of_a_power_is_right_where_the_exponent_is_zero():
    hessian = ad.hessian(lambda a: a[0] ** a[1])(np.array([2.0, 0.0]))
    np.testing.assert_allclose(hessian, [[0.0, 0.5], [0.5, np.log(2.0) ** 2]])
    for base in (0.0, 1e-320, np.inf, np.nan):
        assert ad.grad(lambda x: x ** np.array(0.0))(base) == 0.0


@pytest.mark.parametrize("kind", [FloatingPointError, RuntimeWarning])
def test_an_arithmetic_error_that_was_asked_for_keeps_its_kind(kind):
    with np.errstate(divide="raise" if kind is FloatingPointError else "warn"), warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(kind, match="log: divide by zero"):
            ad.log(ad.Tensor(0.0))


def test_a_maximum_that_is_nan_raises_no_warning_in_the_walk():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ad.grad(ad.max)(np.array([1.0, np.nan])).tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("argmax", {"axis": 1, "keepdims": True}),
        ("argmin", {"axis": 0}),
        ("any", {"axis": 0, "keepdims": True}),
        ("all", {}),
        ("round", {"decimals": 1}),
        ("nonzero", {}),
    ],
)
def test_methods_without_a_derivative_give_what_the_arrays_do(name, settings):
    array = np.array([[0.0, 1.26], [-3.14, 2.0]])
    expected = getattr(array, name)(**settings)
    found = getattr(ad.Tensor(array, requires_grad=True), name)(**settings)
    assert type(found) is type(expected)
    np.testing.assert_array_equal(found, expected)
