"""Grad mode, scope and observers belong to the thread and to the asyncio task: different ones live side by side."""
from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import autodiff as ad


def test_threads_have_grad_modes_of_their_own():
    """Half of the threads switch recording off, all meet between every two operations."""
    count = 8
    barrier = threading.Barrier(count)

    def run(number: int) -> list[bool]:
        x = ad.Tensor(np.ones(3), requires_grad=True)
        seen = []
        for _ in range(20):
            barrier.wait()
            if number % 2:
                with ad.no_grad():
                    barrier.wait()
                    seen.append((x * 2.0).requires_grad)
            else:
                barrier.wait()
                seen.append((x * 2.0).requires_grad)
        return seen

    with ThreadPoolExecutor(count) as pool:
        results = list(pool.map(run, range(count)))
    for number, seen in enumerate(results):
        assert seen == [number % 2 == 0] * 20


def test_a_new_thread_starts_with_grad_mode_on():
    seen = []
    with ad.no_grad():
        thread = threading.Thread(target=lambda: seen.append(ad.is_grad_enabled()))
        thread.start()
        thread.join()
        assert not ad.is_grad_enabled()
    assert seen == [True]


def test_tasks_have_grad_modes_of_their_own():
    async def without() -> list[bool]:
        seen = []
        with ad.no_grad():
            for _ in range(10):
                await asyncio.sleep(0)
                seen.append(ad.is_grad_enabled())
        return seen

    async def recording() -> list[bool]:
        seen = []
        for _ in range(10):
            await asyncio.sleep(0)
            seen.append(ad.is_grad_enabled())
        return seen

    @ad.no_grad()
    async def decorated() -> list[bool]:
        return [not value for value in await recording()]

    async def main() -> list[list[bool]]:
        return await asyncio.gather(without(), recording(), decorated(), recording())

    off, on, inverted, again = asyncio.run(main())
    assert off == [False] * 10
    assert on == again == [True] * 10
    assert inverted == [True] * 10


def test_a_generator_holds_its_mode_only_while_its_body_runs():
    @ad.no_grad()
    def values():
        while True:
            yield ad.is_grad_enabled()

    generator = values()
    for _ in range(3):
        assert next(generator) is False
        assert ad.is_grad_enabled()


def test_threads_have_scopes_and_observers_of_their_own():
    barrier = threading.Barrier(4)

    def run(number: int) -> tuple[list[str], set[str]]:
        x = ad.Tensor(np.ones(3), requires_grad=True)
        with ad.scope(f"thread{number}"), ad.record() as tape:
            for _ in range(10):
                barrier.wait()
                ad.exp(x)
        return [node.primitive.name for node in tape.nodes], {node.scope for node in tape.nodes}

    with ThreadPoolExecutor(4) as pool:
        for number, (names, scopes) in enumerate(pool.map(run, range(4))):
            assert names == ["exp"] * 10
            assert scopes == {f"thread{number}"}


def test_graphs_with_leaves_of_their_own_are_walked_at_the_same_time():
    def run(seed: int) -> float:
        rng = np.random.default_rng(seed)
        w = ad.Tensor(rng.normal(size=(20, 20)), requires_grad=True)
        for _ in range(30):
            ad.tanh(w @ w).sum().backward()
        return float(w.grad.data.sum())

    alone = [run(seed) for seed in range(6)]
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(run, range(6))) == alone


def test_one_graph_is_built_from_shared_leaves_by_many_threads():
    """Building is safe; only two walks into the same leaves at once are not supported."""
    w = ad.Tensor(np.arange(4.0), requires_grad=True)
    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(lambda k: w * float(k), range(100)))
    ad.stack(parts).sum().backward()
    np.testing.assert_allclose(w.grad.data, np.full(4, 4950.0))


def test_an_exception_leaves_the_mode_as_it_was():
    with pytest.raises(ZeroDivisionError), ad.no_grad():
        raise ZeroDivisionError
    assert ad.is_grad_enabled()


@pytest.mark.parametrize("inner", [True, False])
def test_modes_nest(inner):
    with ad.no_grad():
        with ad.enable_grad() if inner else ad.no_grad():
            assert ad.is_grad_enabled() is inner
        assert not ad.is_grad_enabled()
    assert ad.is_grad_enabled()
