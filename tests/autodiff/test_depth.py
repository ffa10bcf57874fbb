"""Depth and width without recursion: long chains forward, backward and on deallocation; wide fan-out."""
from __future__ import annotations

import gc
import sys
import threading
import weakref

import numpy as np
import pytest

import autodiff as ad

LENGTHS = [50_000, pytest.param(1_000_000, marks=pytest.mark.slow)]


@pytest.mark.parametrize("length", LENGTHS)
def test_a_long_chain_runs_forward_and_backward(length):
    x = ad.Tensor(1.0, requires_grad=True)
    y = x
    for _ in range(length):
        y = y + 1.0
    y.backward()
    assert y.item() == length + 1
    assert x.grad.item() == 1.0


@pytest.mark.parametrize("length", LENGTHS)
def test_a_long_chain_that_keeps_arrays_gives_the_right_gradient(length):
    """The product of factors that are one but for rounding: each node keeps its inputs until the walk."""
    x = ad.Tensor(2.0, requires_grad=True)
    y = x
    for k in range(length):
        y = y * (2.0 if k % 2 else 0.5)
    y.backward()
    assert x.grad.item() == (1.0 if length % 2 == 0 else 0.5)


@pytest.mark.parametrize("walked", [False, True])
@pytest.mark.parametrize("length", LENGTHS)
def test_a_long_chain_is_freed_without_recursion(length, walked):
    """In a thread with a small stack, where a destructor per node on the stack would end the process."""
    alive = []

    def run() -> None:
        x = ad.Tensor(1.0, requires_grad=True)
        y = x * 1.0
        alive.append(weakref.ref(y.node))
        for _ in range(length):
            y = y * 1.0
        if walked:
            y.backward()
        del y

    size = threading.stack_size(256 * 1024)
    try:
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(size)
    assert alive[0]() is None


def test_a_long_chain_is_differentiated_twice():
    x = ad.Tensor(1.1, requires_grad=True)
    y = x * x
    for _ in range(5_000):
        y = y + 0.0
    (first,) = ad.gradients(y, [x], create_graph=True)
    (second,) = ad.gradients(first, [x])
    assert second.item() == 2.0


def test_the_recursion_limit_has_no_influence():
    limit = sys.getrecursionlimit()
    x = ad.Tensor(1.0, requires_grad=True)
    try:
        sys.setrecursionlimit(200)
        y = x
        for _ in range(2_000):
            y = ad.sin(y) + x
        y.backward()
    finally:
        sys.setrecursionlimit(limit)
    assert np.isfinite(x.grad.item())


def test_wide_fan_out_adds_up_every_message():
    x = ad.Tensor(np.arange(3.0), requires_grad=True)
    parts = [x * float(k) for k in range(2_000)]
    ad.stack(parts).sum().backward()
    np.testing.assert_allclose(x.grad.data, np.full(3, 1999 * 1000.0))


def test_a_node_with_many_children_is_visited_once():
    x = ad.Tensor(2.0, requires_grad=True)
    y = x * x
    calls = []
    y.register_hook(lambda g: calls.append(g.item()))
    total = y
    for _ in range(500):
        total = total + y
    total.backward()
    assert calls == [501.0]
    assert x.grad.item() == 501 * 4.0


def test_doubling_paths_cost_no_doubling_time():
    """2**60 paths lead from the end to x; each node is walked once."""
    x = ad.Tensor(1.0, requires_grad=True)
    y = x
    for _ in range(60):
        y = y + y
    y.backward()
    assert x.grad.item() == 2.0**60


def test_chains_need_no_collector():
    gc.collect()
    gc.disable()
    try:
        x = ad.Tensor(1.0, requires_grad=True)
        y = x
        for _ in range(10_000):
            y = ad.sin(y)
        y.backward()
        del y
        assert gc.collect() < 100
    finally:
        gc.enable()
