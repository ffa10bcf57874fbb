"""Gradients are clipped as PyTorch does it, wherever they live, and so that whoever watches the engine sees it."""
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff as ad
import nn
from nn.optim import clip_grad_norm, clip_grad_value
from tests.nn.optim.optimizers import every_optimizer, loss_of, parameters, values

SHAPES = ((3, 2), (4,), (), (2, 1, 3))


def with_gradients(seed, scale=1.0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    params = parameters(*SHAPES, dtype=dtype)
    for p in params:
        p.grad = ad.Tensor(np.asarray(scale * rng.standard_normal(p.shape), dtype))
    return params


def gradients(params):
    return [p.grad.numpy() for p in params]


norms = pytest.mark.parametrize("norm_type", [2.0, 1.0, 3.0, 0.5, math.inf])


@norms
@given(seed=st.integers(0, 1000), scale=st.floats(1e-3, 1e3), max_norm=st.sampled_from([0.0, 0.1, 1.0, 50.0, math.inf]))
def test_clipping_by_norm_is_pytorch_s(torch, norm_type, seed, scale, max_norm):
    ours = with_gradients(seed, scale)
    theirs = [torch.zeros(p.shape, dtype=torch.float64) for p in ours]
    for p, q in zip(ours, theirs, strict=True):
        q.grad = torch.tensor(p.grad.data)
    expected = torch.nn.utils.clip_grad_norm_(theirs, max_norm, norm_type)
    total = clip_grad_norm(ours, max_norm, norm_type)
    assert total.shape == ()
    np.testing.assert_allclose(total.data, expected.item(), rtol=1e-13)
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(p.grad.data, q.grad.numpy(), rtol=1e-12)


@given(seed=st.integers(0, 1000), limit=st.floats(0, 3))
def test_clipping_by_value_is_pytorch_s(torch, seed, limit):
    ours = with_gradients(seed)
    theirs = [torch.zeros(p.shape, dtype=torch.float64) for p in ours]
    for p, q in zip(ours, theirs, strict=True):
        q.grad = torch.tensor(p.grad.data)
    torch.nn.utils.clip_grad_value_(theirs, limit)
    clip_grad_value(ours, limit)
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(p.grad.data, q.grad.numpy())


@norms
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_afterwards_the_norm_is_at_most_what_was_allowed_and_the_direction_is_kept(norm_type, dtype):
    params = with_gradients(0, 100.0, dtype)
    before = gradients(params)
    clip_grad_norm(params, 1.0, norm_type)
    left = clip_grad_norm(params, math.inf, norm_type).item()
    assert 0.99 < left < 1.0 + 1e-5
    factors = np.concatenate([(p.grad.data / g).ravel() for p, g in zip(params, before, strict=True)])
    np.testing.assert_allclose(factors, factors[0], rtol=1e-5 if dtype == np.float32 else 1e-12)
    assert [p.grad.dtype for p in params] == [dtype] * len(params)


def test_short_gradients_stay_as_they_are():
    params = with_gradients(0, 1e-3)
    before = gradients(params)
    total = clip_grad_norm(params, 10.0)
    for p, g in zip(params, before, strict=True):
        np.testing.assert_array_equal(p.grad.data, g)
    assert total.item() == pytest.approx(math.sqrt(sum((g**2).sum() for g in before)), rel=1e-13)


def test_exploded_gradients_of_float32_are_shortened_although_their_squares_overflow():
    p = nn.Parameter(np.zeros(2, np.float32))
    p.grad = ad.Tensor(np.array([3e30, 4e30], np.float32))
    assert clip_grad_norm([p], 1.0).item() == pytest.approx(5e30, rel=1e-6)
    np.testing.assert_allclose(p.grad.data, [0.6, 0.8], rtol=1e-6)


# Where gradients live, and who sees it.


@every_optimizer
def test_gradients_in_an_optimizer_s_buffer_are_clipped_in_place(make):
    params, others = parameters(*SHAPES), parameters(*SHAPES)
    optimizer, other = make(params), make(others)
    for _ in range(3):
        for group, one in ((params, optimizer), (others, other)):
            one.zero_grad()
            (100 * loss_of(group)).backward()
        homes = [p.grad for p in params]
        memory = [home.data for home in homes]
        total = clip_grad_norm(params, 0.5)
        clip_grad_value(params, 0.2)
        assert all(p.grad is home and home.data is m for p, home, m in zip(params, homes, memory, strict=True))
        for p in others:  # the same by hand, given as a new gradient
            p.grad = np.clip(p.grad.data * (0.5 / (total.item() + 1e-6)), -0.2, 0.2)
        optimizer.step()
        other.step()
    for a, b in zip(values(params), values(others), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13)


class Watcher(ad.record):
    """Notes which primitives ran."""

    def __init__(self):
        super().__init__()
        self.names = []

    def called(self, primitive, *arguments):
        self.names.append(primitive.name)


def test_whoever_watches_the_engine_sees_all_of_it():
    params = with_gradients(0)
    with Watcher() as by_norm:
        clip_grad_norm(params, 1.0)
    assert by_norm.names == ["gradient_norm"] + ["clip_by_norm"] * len(params)
    with Watcher() as by_value:
        clip_grad_value(params, 1.0)
    assert by_value.names == ["clip_by_value"] * len(params)


@pytest.mark.parametrize("clip", [lambda p: clip_grad_norm(p, 0.1), lambda p: clip_grad_value(p, 0.1)])
def test_a_graph_that_a_clipped_gradient_belongs_to_is_not_walked_any_more(clip):
    x = ad.Tensor([2.0, 3.0], requires_grad=True)
    (x**3).sum().backward(create_graph=True)
    penalty = ad.square(x.grad).sum()
    clip([x])
    with pytest.raises(RuntimeError, match="version"):
        penalty.backward()


def test_one_parameter_and_generators_will_do():
    layer = nn.Linear(2, 2)
    (100 * layer(np.ones((1, 2)))).sum().backward()
    clip_grad_norm(layer.weight, 0.1)
    assert np.linalg.norm(layer.weight.grad.data) == pytest.approx(0.1, rel=1e-5)
    clip_grad_value(layer.parameters(), 0.01)
    assert max(abs(p.grad.data).max() for p in layer.parameters()) == pytest.approx(0.01)


def test_tied_parameters_count_once():
    p = nn.Parameter([3.0, 4.0])
    p.grad = ad.Tensor([3.0, 4.0])
    assert clip_grad_norm([p, p], 1.0).item() == 5.0
    np.testing.assert_allclose(p.grad.data, [0.6, 0.8], rtol=1e-6)


def test_a_gradient_that_two_parameters_share_is_shortened_once():
    p, q = nn.Parameter([0.0, 0.0]), nn.Parameter([0.0, 0.0])
    p.grad = q.grad = ad.Tensor([3.0, 4.0])
    assert clip_grad_norm([p, q], 1.0).item() == pytest.approx(math.sqrt(50))
    np.testing.assert_allclose(p.grad.data, np.array([3.0, 4.0]) / math.sqrt(50), rtol=1e-6)


def test_parameters_without_a_gradient_are_passed_over():
    p, q = nn.Parameter([1.0]), nn.Parameter([2.0])
    p.grad = ad.Tensor([5.0])
    assert clip_grad_norm([q, p], 1.0).item() == 5.0
    clip_grad_value([q, p], 0.5)
    assert q.grad is None
    assert p.grad.item() == 0.5
    assert clip_grad_norm([q], 1.0).item() == 0.0
    assert clip_grad_norm([], 1.0).item() == 0.0


def test_a_norm_of_infinity_only_measures():
    params = with_gradients(0)
    params[0].grad.data[0, 0] = math.inf
    before = gradients(params)
    assert clip_grad_norm(params, math.inf).item() == math.inf
    for p, g in zip(params, before, strict=True):
        np.testing.assert_array_equal(p.grad.data, g)


# Gradients that are not finite.


@norms
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_goes_on_as_in_pytorch(bad, norm_type, torch):
    ours = with_gradients(0)
    ours[1].grad.data[2] = bad
    theirs = [torch.zeros(p.shape, dtype=torch.float64) for p in ours]
    for p, q in zip(ours, theirs, strict=True):
        q.grad = torch.tensor(p.grad.data)
    expected = torch.nn.utils.clip_grad_norm_(theirs, 1.0, norm_type)
    np.testing.assert_array_equal(clip_grad_norm(ours, 1.0, norm_type).data, expected.item())
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(p.grad.data, q.grad.numpy())


@norms
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_an_error_on_request_names_the_parameter_and_changes_nothing(bad, norm_type):
    params = with_gradients(0)
    params[1].grad.data[2] = bad
    before = gradients(params)
    with pytest.raises(RuntimeError, match=r"because of p1 of shape \(4,\)\. Nothing was changed"):
        clip_grad_norm(params, 1.0, norm_type, error_if_nonfinite=True)
    for p, g in zip(params, before, strict=True):
        np.testing.assert_array_equal(p.grad.data, g)


def test_clipping_by_value_keeps_nan_and_bounds_infinity():
    p = nn.Parameter(np.zeros(3))
    p.grad = ad.Tensor([math.nan, math.inf, -math.inf])
    clip_grad_value([p], 2.0)
    np.testing.assert_array_equal(p.grad.data, [math.nan, 2.0, -2.0])


# What is refused.


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda p: clip_grad_norm(p, -1.0), ValueError, "max_norm is -1.0; it must be a number of at least 0"),
        (lambda p: clip_grad_norm(p, math.nan), ValueError, "max_norm is nan"),
        (lambda p: clip_grad_norm(p, "1"), ValueError, "max_norm is '1'"),
        (lambda p: clip_grad_norm(p, 1.0, 0), ValueError, "norm_type is 0; it must be a number of more than 0"),
        (lambda p: clip_grad_norm(p, 1.0, -math.inf), ValueError, "norm_type is -inf"),
        (lambda p: clip_grad_norm([*p, np.zeros(2)], 1.0), TypeError, "a parameter is a ndarray"),
        (lambda p: clip_grad_value(p, -1.0), ValueError, "clip_value is -1.0"),
        (lambda p: clip_grad_value(["w"], 1.0), TypeError, "a parameter is a str"),
    ],
)
def test_bad_input_is_refused_before_anything_changes(call, error, message):
    params = with_gradients(0)
    before = gradients(params)
    with pytest.raises(error, match=message):
        call(params)
    for p, g in zip(params, before, strict=True):
        np.testing.assert_array_equal(p.grad.data, g)
