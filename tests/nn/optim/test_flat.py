"""Flat buffers keep what the design says of them: one test per sentence."""
import gc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff as ad
import nn
from nn.optim.flat import FlatBuffer
from tests.nn.optim.optimizers import equal, every_optimizer, loss_of, parameters, train, values


def owner(array):
    """The array that owns the memory."""
    while array.base is not None:
        array = array.base
    return array


@every_optimizer
def test_one_buffer_per_group_and_dtype_holds_values_gradients_and_moments(make):
    single, double = parameters((3,), (2, 2), dtype=np.float32), parameters((3,), ())
    other = parameters((5,))
    before = values([*single, *double, *other])
    optimizer = make([{"params": [single[0], double[0], single[1], double[1]]}, {"params": other}])
    equal(values([*single, *double, *other]), before)
    assert owner(single[0].data) is owner(single[1].data)
    assert owner(double[0].data) is owner(double[1].data)
    assert len({id(owner(p.data)) for p in (single[0], double[0], other[0])}) == 3
    assert owner(single[0].data).size == 7
    everyone = [*single, *double, *other]
    sum((p.sum().astype(np.float64) for p in everyone), 0.0).backward()
    assert owner(single[0].grad.data) is owner(single[1].grad.data)
    assert len({id(owner(p.grad.data)) for p in (single[0], double[0], other[0])}) == 3
    buffers = [buffer for _, buffer in optimizer._buffers]
    assert [[(m.size, m.dtype) for m in buffer.moments] for buffer in buffers] == [
        [(size, dtype)] * len(optimizer.moments) for size, dtype in ((7, np.float32), (4, np.float64), (5, np.float64))
    ]


@every_optimizer
def test_assigning_to_data_copies_into_the_view(make):
    (p,) = parameters((3,))
    optimizer = make([p])
    view = p.data
    p.data = [1.0, 2.0, 3.0]
    assert p.data is view
    train([p], optimizer)
    assert p.data is view
    assert not np.array_equal(p.data, [1.0, 2.0, 3.0])


@every_optimizer
def test_a_second_optimizer_takes_the_parameters_over_and_the_first_one_raises(make):
    params = parameters((3,), (2,))
    first = make(params)
    train(params, first)
    before = values(params)
    gradients = [p.grad.numpy() for p in params]
    second = make(params[1:])
    equal(values(params), before)
    equal([p.grad.data for p in params], gradients)
    moved = values(params)
    with pytest.raises(RuntimeError, match=r"p1 .*no longer lives in this optimizer's memory"):
        first.step()
    equal(values(params), moved)
    second.step()
    assert not np.array_equal(params[1].data, before[1])


@every_optimizer
def test_the_first_optimizer_raises_even_where_no_gradient_is_there(make):
    params = parameters((3,))
    first = make(params)
    make(params)
    with pytest.raises(RuntimeError, match="another optimizer"):
        first.step()


@every_optimizer
def test_an_optimizer_that_lost_one_parameter_updates_no_group(make):
    params = parameters((3,), (2,))
    first = make([{"params": [p]} for p in params])
    make(params[1:])
    loss_of(params).backward()
    before = values(params)
    with pytest.raises(RuntimeError, match="another optimizer"):
        first.step()
    equal(values(params), before)


@every_optimizer
def test_an_optimizer_raises_after_a_change_of_dtype(make):
    layer = nn.Linear(2, 2)
    optimizer = make(layer.parameters())
    layer.astype(np.float64)
    layer(np.ones((1, 2))).sum().backward()
    with pytest.raises(RuntimeError, match="dtype"):
        optimizer.step()


@every_optimizer
@given(patterns=st.lists(st.lists(st.booleans(), min_size=4, max_size=4), min_size=1, max_size=6))
def test_a_parameter_without_gradient_is_untouched_moments_and_count_included(make, patterns):
    """Whatever the pattern of gradients, the parameters go as if each had an optimizer of its own."""
    together, apart = parameters((2,), (3,), (), (2, 2)), parameters((2,), (3,), (), (2, 2))
    one = make(together)
    many = [make([p]) for p in apart]
    for pattern in patterns:
        for params in (together, apart):
            for p, present in zip(params, pattern, strict=True):
                p.grad = None
                if present:
                    loss_of([p]).backward()
        before = one.state_dict()["state"]
        one.step()
        for number, (p, q, present) in enumerate(zip(together, apart, pattern, strict=True)):
            many[number].step()
            np.testing.assert_array_equal(p.data, q.data)
            after = one.state_dict()["state"]
            if not present:
                np.testing.assert_equal(after.get(number), before.get(number))


def test_neighbours_with_gradients_are_updated_together():
    params = parameters((2,), (3,), (1,), (4,))
    buffer = FlatBuffer(params, [])
    for p in (params[0], params[1], params[3]):
        (p * 1.0).sum().backward()
    assert [(run.first, run.last, run.values.size) for run in buffer.runs()] == [(0, 2, 5), (3, 4, 4)]
    (params[2] * 1.0).sum().backward()
    assert [(run.first, run.last) for run in buffer.runs()] == [(0, 4)]
    assert buffer.runs()[0] is buffer.runs()[0], "an unchanged pattern is not split again"


@every_optimizer
def test_tied_weights_are_updated_once(make):
    first, second = nn.Linear(3, 3, dtype=np.float64), nn.Linear(3, 3, dtype=np.float64)
    second.weight, second.bias = first.weight, first.bias
    model = nn.Sequential(first, second)
    optimizer = make(model.parameters())
    assert len(optimizer.param_groups[0]["params"]) == 2
    before = first.weight.numpy()
    model(np.ones((1, 3))).sum().backward()
    gradient = first.weight.grad.numpy()
    optimizer.step()
    alone = nn.Parameter(before)
    alone.grad = ad.Tensor(gradient)
    make([alone]).step()
    np.testing.assert_array_equal(first.weight.data, alone.data)
    assert second.weight.data is first.weight.data


@every_optimizer
def test_grad_after_backward_is_the_view_of_the_buffer_until_the_next_walk(make):
    params = parameters((3,), (2,))
    optimizer = make(params)
    loss_of(params).backward()
    held = params[0].grad
    assert owner(params[0].grad.data) is owner(params[1].grad.data)
    first = held.numpy()
    optimizer.zero_grad()
    assert params[0].grad is None
    (params[0] * 7.0).sum().backward()
    assert params[0].grad is held
    np.testing.assert_array_equal(held.data, [7.0, 7.0, 7.0])
    assert not np.array_equal(first, held.data)


@every_optimizer
def test_two_walks_add_up_and_in_place_changes_of_the_gradient_count(make):
    (p,), (q,) = parameters((3,)), parameters((3,))
    one, other = make([p]), make([q])
    (p * 2.0).sum().backward()
    (p * 3.0).sum().backward()
    p.grad.data *= 0.5
    (q * 2.5).sum().backward()
    one.step()
    other.step()
    np.testing.assert_array_equal(p.data, q.data)


@every_optimizer
def test_a_gradient_that_the_user_assigns_is_honoured(make):
    params, others = parameters((3,), (2,)), parameters((3,), (2,))
    optimizer, other = make(params), make(others)
    for p in params:
        p.grad = ad.Tensor(np.full(p.shape, 0.25))
    assigned = params[0].grad
    (sum((q * 0.25).sum() for q in others)).backward()
    optimizer.step()
    other.step()
    equal(values(params), values(others))
    assert params[0].grad is assigned
    np.testing.assert_array_equal(assigned.data, 0.25)


@every_optimizer
def test_a_recorded_gradient_is_honoured(make):
    (p,), (q,) = parameters((3,)), parameters((3,))
    one, other = make([p]), make([q])
    loss_of([p]).backward(create_graph=True)
    loss_of([q]).backward()
    one.step()
    other.step()
    np.testing.assert_array_equal(p.data, q.data)


@every_optimizer
def test_a_step_raises_the_versions_of_exactly_the_parameters_it_changed(make):
    changed, still = parameters((3,), (2,))
    optimizer = make([changed, still])
    about_changed, about_still = ad.square(changed).sum(), ad.square(still).sum()
    loss_of([changed]).backward()
    optimizer.step()
    about_still.backward()
    with pytest.raises(RuntimeError, match=r"'p0'.*version"):
        about_changed.backward()


@every_optimizer
def test_parameters_that_are_frozen_stay(make):
    layer = nn.Linear(2, 2, dtype=np.float64)
    optimizer = make(layer.parameters())
    layer.weight.requires_grad = False
    before = layer.weight.numpy(), layer.bias.numpy()
    layer(np.ones((3, 2))).sum().backward()
    optimizer.step()
    np.testing.assert_array_equal(layer.weight.data, before[0])
    assert not np.array_equal(layer.bias.data, before[1])


@every_optimizer
def test_a_step_keeps_no_memory(make):
    """With the collector off, arrays of earlier steps are gone by reference counting alone."""
    model = nn.MLP([2, 8, 1])
    optimizer = make(model.parameters(), lr=1e-6)
    x = np.ones((4, 2), np.float32)

    def step():
        optimizer.zero_grad()
        model(x).sum().backward()
        optimizer.step()

    gc.collect()
    gc.disable()
    try:
        step()
        before = len(gc.get_objects())
        for _ in range(200):
            step()
        assert len(gc.get_objects()) - before < 20
    finally:
        gc.enable()


@every_optimizer
@pytest.mark.parametrize("groups", [1, 2])
def test_gradients_that_were_exchanged_between_parameters_are_followed_as_they_were_assigned(make, groups):
    """Each is a view of the buffer's part of the other, or of another buffer."""
    ours, theirs = (parameters((2,), (2,)) for _ in range(2))
    optimizer = make(ours if groups == 1 else [{"params": [p]} for p in ours])
    other = make(theirs)
    for _ in range(2):
        for p, q in (ours, theirs):
            p.grad = q.grad = None
            (p * p + q * q * q).sum().backward()
        ours[0].grad, ours[1].grad = ours[1].grad, ours[0].grad
        first, second = (p.grad.numpy().copy() for p in theirs)
        theirs[0].grad, theirs[1].grad = second, first
        optimizer.step()
        other.step()
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(p.data, q.data)
