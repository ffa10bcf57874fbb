"""No reference cycles: with the collector off, memory stays flat, and a graph goes as soon as its last Tensor does."""
from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import autodiff as ad
import nn


@pytest.fixture(autouse=True)
def without_the_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def training_step() -> Callable[[], None]:
    """An MLP on random data: forward, backward, an update; a hook and a retained gradient at work."""
    rng = np.random.default_rng(0)
    x, labels = rng.normal(size=(8, 4)), rng.integers(0, 3, 8)
    weights = [ad.Tensor(rng.normal(size=shape), requires_grad=True) for shape in ((4, 5), (5, 3))]
    seen: list[float] = []

    def step() -> None:
        hidden = ad.relu(x @ weights[0])
        hidden.retain_grad()
        handle = hidden.register_hook(lambda g: seen.append(float(g.data.sum())))
        ad.softmax_cross_entropy(hidden @ weights[1], labels).mean().backward()
        seen.clear()
        handle.remove()
        for w in weights:
            w.data -= 0.1 * w.grad.data
            w.zero_grad()

    return step


def second_order_step() -> Callable[[], None]:
    """A gradient penalty: the gradient is differentiated, and everything is dropped."""
    rng = np.random.default_rng(0)
    w = ad.Tensor(rng.normal(size=(4, 3)), requires_grad=True)
    x = ad.Tensor(rng.normal(size=(5, 4)), requires_grad=True)

    def step() -> None:
        (g,) = ad.gradients(ad.tanh(x @ w).sum(), [x], create_graph=True)
        (g * g).sum().backward()
        w.zero_grad()
        x.zero_grad()

    return step


def module_step() -> Callable[[], None]:
    """A module with Adam over flat buffers."""
    nn.manual_seed(0)
    model = nn.MLP([4, 6, 3], activation="relu")
    optimizer = nn.Adam(model.parameters(), lr=1e-3)
    rng = np.random.default_rng(0)
    x, labels = rng.normal(size=(8, 4)).astype(np.float32), rng.integers(0, 3, 8)
    loss_of = nn.CrossEntropyLoss()

    def step() -> None:
        optimizer.zero_grad()
        loss_of(model(ad.Tensor(x)), labels).backward()
        optimizer.step()

    return step


def leaking_step() -> Callable[[], None]:
    """What must be noticed: one small array is kept per step."""
    kept: list[Any] = []
    return lambda: kept.append(np.ones(1))


def test_a_leak_is_noticed():
    with pytest.raises(AssertionError, match="rounds"):
        test_memory_is_flat_over_a_thousand_training_steps(leaking_step)


@pytest.mark.parametrize("make", [training_step, second_order_step, module_step])
def test_memory_is_flat_over_a_thousand_training_steps(make):
    step = make()
    grown = []
    for _ in range(3):
        blocks, objects = sys.getallocatedblocks(), len(gc.get_objects())
        for _ in range(1000):
            step()
        grown.append((sys.getallocatedblocks() - blocks, len(gc.get_objects()) - objects))
    # Python keeps up to 2,000 tuples of each length for reuse, so the first rounds may grow. One array kept per step
    # would be a thousand blocks in every round.
    assert min(count for count, _ in grown) < 100, f"blocks and objects more in rounds of 1,000 steps: {grown}"
    assert min(count for _, count in grown) < 10, f"blocks and objects more in rounds of 1,000 steps: {grown}"


def graph() -> tuple[ad.Tensor, list[weakref.ref[Any]]]:
    """A Tensor above a small graph, and weak references to everything below that can have them."""
    x = ad.Tensor([1.0, 2.0], requires_grad=True)
    y = ad.exp(x)
    z = ad.concatenate([y * y, ad.sort(x)])
    out = (z[[0, 0, 3]] * 2.0).sum()
    assert out.node is not None
    nodes = [out.node]
    for node in nodes:
        nodes.extend(p for p in node.parents if p is not None and not isinstance(p, ad.Tensor) and p not in nodes)
    kept = [value for node in nodes for value in node.kept if isinstance(value, np.ndarray)]
    return out, [weakref.ref(thing) for thing in (x, *nodes, *kept)]


def test_a_graph_is_freed_with_its_last_tensor():
    out, parts = graph()
    assert all(part() is not None for part in parts)
    del out
    assert [part() for part in parts if part() is not None] == []


def test_a_graph_is_freed_after_backward():
    out, parts = graph()
    out.backward()
    del out
    assert [part() for part in parts if part() is not None] == []


def test_backward_releases_arrays_but_not_structure():
    x = ad.Tensor(np.ones(3), requires_grad=True)
    y = ad.exp(x)
    kept = weakref.ref(y.node.kept[0])
    out = y.sum()
    node = y.node
    del y
    out.backward()
    assert kept() is None
    assert node.parents == (x,)


def test_a_recorded_gradient_holds_no_cycle():
    x = ad.Tensor([1.0, 2.0], requires_grad=True)
    out = (x * x * x).sum()
    (first,) = ad.gradients(out, [x], create_graph=True)
    (second,) = ad.gradients(first.sum(), [x], create_graph=True)
    parts = [weakref.ref(thing) for thing in (out.node, first.node, second.node, first, second)]
    del out, first, second
    assert [part() for part in parts if part() is not None] == []


@pytest.mark.parametrize("watch", ["hook", "retain_grad"])
def test_hooks_and_retained_gradients_hold_no_cycle(watch):
    x = ad.Tensor([1.0, 2.0], requires_grad=True)
    y = x * x
    if watch == "hook":
        handle = y.register_hook(lambda g: g * 2.0)
    else:
        handle = y.retain_grad()
    out = y.sum()
    out.backward()
    parts = [weakref.ref(y), weakref.ref(y.node), weakref.ref(out.node)]
    assert x.grad.data.tolist() == ([4.0, 8.0] if watch == "hook" else [2.0, 4.0])
    del out, y, handle
    assert [part() for part in parts if part() is not None] == []


def test_no_grad_keeps_nothing():
    x = ad.Tensor(np.ones(3), requires_grad=True)
    with ad.no_grad():
        y = ad.exp(x)
        gone = weakref.ref(y)
        z = y * y
    del y
    assert gone() is None
    assert z.node is None


def test_an_error_in_the_middle_of_a_call_leaves_nothing_behind():
    x = ad.Tensor(np.ones((2, 3)), requires_grad=True)
    alive = weakref.ref(x)
    with pytest.raises(ValueError, match="matmul"):
        x @ x
    del x
    assert alive() is None
