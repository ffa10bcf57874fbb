"""checkpoint: the same values and gradients as without it, bit for bit, in less memory."""

import gc
import tracemalloc
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff as ad


def block(x, w):
    return ad.tanh(ad.matmul(x, w)) * 1.5 + ad.sin(x)


def both_ways(f, *arrays, walk):
    """What a walk gives without and with a checkpoint."""
    found = []
    for run in (lambda g, *a: g(*a), ad.checkpoint):
        tensors = [ad.Tensor(a, requires_grad=True) for a in arrays]
        found.append(walk(run(f, *tensors), tensors))
    return found


def assert_identical(first, second):
    for a, b in zip(first, second, strict=True):
        assert np.array_equal(ad.Tensor.numpy(a), ad.Tensor.numpy(b))


def simple_walk(out, tensors):
    (out * out).sum().backward()
    return [out, *(t.grad for t in tensors)]


@given(
    rows=st.integers(1, 4), width=st.integers(1, 4), depth=st.integers(1, 4), seed=st.integers(0, 99),
    dtype=st.sampled_from([np.float32, np.float64]),
)  # fmt: skip
def test_values_and_gradients_are_identical_bit_for_bit(rows, width, depth, seed, dtype):
    rng = np.random.default_rng(seed)
    x, w = rng.normal(size=(rows, width)).astype(dtype), rng.normal(size=(width, width)).astype(dtype)

    def f(x, w):
        for _ in range(depth):
            x = block(x, w)
        return x

    assert_identical(*both_ways(f, x, w, walk=simple_walk))


def every_kind(x, w, plain, mask):
    """Views, index arrays, auxiliary outputs, variadic primitives, constants, plain operands of odd layouts."""
    h = ad.concatenate([x, ad.stack([w[0], w[1]], axis=0)], axis=0)
    h = ad.sort(h, axis=0)[[0, 0, -1]] + plain.T @ ad.exp(h)[: len(plain)]
    h = ad.where(h.data > 0, h, h * ad.stop_gradient(h))
    h = ad.maximum(h, 0.1) * mask + ad.einsum("ij,kj->ik", h, w.T).sum()
    return ad.softmax(h.T.reshape(-1)) ** 2 / ad.square(h).mean()


def test_every_kind_of_primitive_can_be_run_again():
    rng = np.random.default_rng(1)
    x, w = rng.normal(size=(2, 3)), rng.normal(size=(3, 3))
    plain, mask = rng.normal(size=(3, 6))[:, ::2], rng.random((3, 3)) > 0.3
    assert_identical(*both_ways(lambda x, w: every_kind(x, w, plain, mask), x, w, walk=simple_walk))


def test_draws_inside_are_kept_and_not_drawn_again():
    rng = np.random.default_rng(0)
    draws = []

    def dropout(x):
        draws.append(rng.random(x.shape) < 0.5)
        return ad.exp(x) * draws[-1]

    x = ad.Tensor(np.ones(100), requires_grad=True)
    y = ad.checkpoint(dropout, x)
    y.sum().backward()
    assert len(draws) == 1
    assert np.array_equal(x.grad.numpy(), np.e * draws[0])
    assert 0 < draws[0].sum() < 100


def test_the_function_s_own_code_runs_once():
    calls = []

    def f(x):
        calls.append(1)
        return ad.exp(ad.exp(x))

    x = ad.Tensor(0.5, requires_grad=True)
    ad.checkpoint(f, x).backward()
    assert calls == [1]


def test_a_plain_array_that_is_reused_by_the_caller_does_not_matter():
    buffer = np.array([2.0, 3.0])
    x = ad.Tensor([1.0, 1.0], requires_grad=True)
    y = ad.checkpoint(lambda x: ad.exp(x + buffer) * buffer, x)
    buffer[:] = 0.0
    y.sum().backward()
    assert np.array_equal(x.grad.numpy(), np.exp([3.0, 4.0]) * [2.0, 3.0])


def test_a_tensor_from_outside_that_was_changed_is_noticed():
    w = ad.Tensor([1.0, 2.0], requires_grad=True)
    x = ad.Tensor([1.0, 1.0], requires_grad=True)
    y = ad.checkpoint(lambda x: ad.exp(x + w), x)  # no rule reads w, but running again does
    w.data = [5.0, 5.0]
    with pytest.raises(RuntimeError, match=r"checkpoint: .*version 0 and is now at version 1"):
        y.sum().backward()


def test_a_constant_from_outside_that_was_changed_is_noticed():
    w = ad.Tensor([1.0, 2.0])
    x = ad.Tensor([1.0, 1.0], requires_grad=True)
    y = ad.checkpoint(lambda x: ad.exp(x + w), x)
    w[0] = 7.0
    with pytest.raises(RuntimeError, match="checkpoint"):
        y.sum().backward()


def test_an_inner_value_assigned_before_its_use_is_the_one_used():
    def f(x):
        h = x * 2.0
        h.data = [5.0, 5.0]
        return ad.exp(h)

    assert_identical(*both_ways(f, np.ones(2), walk=simple_walk))


def test_a_graph_retained_can_be_walked_twice():
    def walk(out, tensors):
        loss = (out * out).sum()
        loss.backward(retain_graph=True)
        loss.backward()
        return [t.grad for t in tensors]

    rng = np.random.default_rng(0)
    assert_identical(*both_ways(block, rng.normal(size=(2, 3)), rng.normal(size=(3, 3)), walk=walk))


def test_a_second_walk_without_retaining_says_so():
    x = ad.Tensor([1.0], requires_grad=True)
    y = ad.checkpoint(lambda x: ad.exp(ad.exp(x)), x).sum()
    y.backward()
    with pytest.raises(RuntimeError, match="retain_graph"):
        y.backward()


def test_derivatives_of_second_order_are_identical():
    def walk(out, tensors):
        (out * out).sum().backward(create_graph=True)
        first = [t.grad for t in tensors]
        for t in tensors:
            t.zero_grad()
        sum((g * g).sum() for g in first).backward()
        return [*first, *(t.grad for t in tensors)]

    rng = np.random.default_rng(0)
    assert_identical(*both_ways(block, rng.normal(size=(2, 3)), rng.normal(size=(3, 3)), walk=walk))


def test_functional_derivatives_of_any_order_pass_through():
    def f(x):
        return ad.checkpoint(lambda x: ad.exp(ad.sin(x)), x)

    g, h = f, lambda x: ad.exp(ad.sin(x))
    for _ in range(4):
        g, h = ad.grad(g), ad.grad(h)
        assert g(0.7) == h(0.7)


def test_a_gradient_taken_inside_the_region_works():
    def f(x):
        return ad.grad(lambda y: (ad.exp(y) * x).sum())(ad.sin(x)) * x

    assert_identical(*both_ways(f, np.array([0.3, 0.4]), walk=simple_walk))


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_regions_within_regions_give_identical_gradients(depth):
    def nested(x, w, level):
        if level == 0:
            return block(x, w)
        first = ad.checkpoint(nested, x, w, level - 1)
        middle = ad.exp(first * 0.1) + x
        second = ad.checkpoint(lambda m: nested(m, w, level - 1) * first, middle)
        return second + middle

    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, 3)), rng.normal(size=(3, 3))

    def plainly(x, w, level):
        if level == 0:
            return block(x, w)
        first = plainly(x, w, level - 1)
        middle = ad.exp(first * 0.1) + x
        return plainly(middle, w, level - 1) * first + middle

    found = []
    for f in (plainly, nested):
        tensors = [ad.Tensor(a, requires_grad=True) for a in (x, w)]
        out = f(*tensors, depth)
        loss = (out * out).sum()
        loss.backward(retain_graph=True)
        loss.backward()
        found.append([out, *(t.grad for t in tensors)])
    assert_identical(*found)


def peak_of(f):
    gc.collect()
    tracemalloc.start()
    f()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def test_the_peak_of_memory_is_lower():
    size, segments, steps = 20_000, 6, 12
    array = size * 8

    def segment(x):
        for _ in range(steps):
            x = ad.sin(x)
        return x

    def run(step):
        x = ad.Tensor(np.linspace(0.0, 1.0, size), requires_grad=True)
        h = x
        for _ in range(segments):
            h = step(h)
        h.sum().backward()

    run(segment)  # what the first call allocates for good
    plain, saved = peak_of(lambda: run(segment)), peak_of(lambda: run(lambda h: ad.checkpoint(segment, h)))
    assert plain > segments * steps * array  # every step's input is kept
    assert saved < (segments + 2 * steps + 4) * array  # the segments' ends, and one segment
    assert saved < plain / 2


def test_regions_within_regions_save_more():
    size, steps = 20_000, 64

    def deep(x, count, split):
        if count <= 4 or not split:
            for _ in range(count):
                x = ad.sin(x)
            return x
        half = count // 2
        x = ad.checkpoint(deep, x, half, split)
        return ad.checkpoint(deep, x, half, split)

    def run(split):
        x = ad.Tensor(np.linspace(0.0, 1.0, size), requires_grad=True)
        ad.checkpoint(deep, x, steps, split).sum().backward()

    run(True)
    assert peak_of(lambda: run(True)) < peak_of(lambda: run(False)) / 2


def test_a_region_leaves_no_reference_cycles():
    gc.collect()
    gc.disable()
    try:
        x = ad.Tensor(np.ones(3), requires_grad=True)
        y = ad.checkpoint(lambda x: ad.checkpoint(ad.exp, ad.sin(x)) * x, x)
        node = weakref.ref(y.node)
        del y
        assert node() is None
        with pytest.raises(ZeroDivisionError):
            ad.checkpoint(lambda x: ad.exp(x) * (1 / 0), x)
        y = ad.checkpoint(lambda x: ad.exp(ad.exp(x)), x)
        node = weakref.ref(y.node)
        y.sum().backward()
        del y
        assert node() is None
    finally:
        gc.enable()


def test_without_anything_to_record_it_is_only_a_call():
    assert ad.checkpoint(np.exp, np.zeros(2)).tolist() == [1.0, 1.0]
    with ad.no_grad():
        x = ad.Tensor(1.0, requires_grad=True)
        assert ad.checkpoint(lambda x, *, k: [x * k, None], x, k=3.0)[0].item() == 3.0


def test_record_and_detect_anomaly_see_through_a_region():
    x = ad.Tensor(0.5, requires_grad=True)
    with ad.record() as tape, ad.detect_anomaly():
        ad.checkpoint(lambda x: ad.exp(ad.sin(x)), x).backward()
    assert [(node.primitive.name, len(node.trace.messages)) for node in tape] == [("sin", 1), ("exp", 1)]


def test_warnings_of_the_first_run_are_not_repeated():
    x = ad.Tensor([-1.0, 1.0], requires_grad=True)
    with np.errstate(invalid="ignore"):
        y = ad.checkpoint(lambda x: ad.exp(ad.log(x)), x)
        y[1].backward()
    assert x.grad.numpy()[1] == 1.0
