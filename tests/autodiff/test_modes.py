"""Modes: what holds where, in blocks, functions, generators and coroutines."""

import asyncio
import threading
import weakref

import numpy as np
import pytest

import autodiff as ad
from autodiff.modes import current


@pytest.fixture
def x():
    return ad.Tensor([1.0, 2.0], requires_grad=True)


def test_no_grad_records_nothing_and_enable_grad_records_again(x):
    with ad.no_grad():
        y = x * 2
        assert not ad.is_grad_enabled()
        with ad.enable_grad():
            assert (x * 2).requires_grad
            with ad.no_grad():
                assert not (x * 2).requires_grad
        assert not ad.is_grad_enabled()
    assert ad.is_grad_enabled()
    assert not y.requires_grad
    assert y.is_leaf


def test_an_error_ends_a_mode(x):
    with pytest.raises(ZeroDivisionError), ad.no_grad(), ad.scope("a"), ad.strong_zeros():
        _ = 1 / 0
    assert ad.is_grad_enabled()
    assert (x * 2).node.scope == ""


def test_one_object_can_be_entered_within_itself():
    mode = ad.no_grad()
    with mode:
        with mode:
            assert not ad.is_grad_enabled()
        assert not ad.is_grad_enabled()
    assert ad.is_grad_enabled()


@pytest.mark.parametrize("decorate", [ad.no_grad, ad.no_grad()])
def test_a_function_runs_in_its_mode_also_when_it_calls_itself(decorate):
    seen = []

    @decorate
    def f(depth):
        """What f does."""
        seen.append(ad.is_grad_enabled())
        return depth if depth == 0 else f(depth - 1)

    assert f(3) == 0
    assert seen == [False] * 4
    assert ad.is_grad_enabled()
    assert (f.__name__, f.__doc__) == ("f", "What f does.")


def test_a_generator_is_in_its_mode_only_while_its_body_runs():
    log = []

    @ad.no_grad
    def steps(n):
        try:
            for i in range(n):
                log.append(ad.is_grad_enabled())
                got = yield i
                log.append((got, ad.is_grad_enabled()))
        except KeyError:
            log.append(("caught", ad.is_grad_enabled()))
            yield "after"
        finally:
            log.append(("closed", ad.is_grad_enabled()))
        return "result"

    generator = steps(2)
    assert next(generator) == 0
    assert ad.is_grad_enabled()
    assert generator.send("sent") == 1
    assert ad.is_grad_enabled()
    assert generator.throw(KeyError()) == "after"
    assert ad.is_grad_enabled()
    generator.close()
    assert log == [False, ("sent", False), False, ("caught", False), ("closed", False)]

    def delegate():
        return (yield from steps(1))

    outer = delegate()
    next(outer)
    with pytest.raises(StopIteration) as stop:
        next(outer)
    assert stop.value.value == "result"
    generator = steps(1)
    next(generator)
    with pytest.raises(ValueError, match="not caught"):
        generator.throw(ValueError("not caught"))
    assert ad.is_grad_enabled()


def test_a_coroutine_is_in_its_mode_across_its_awaits():
    @ad.no_grad
    async def f():
        before = ad.is_grad_enabled()
        await asyncio.sleep(0)
        return before, ad.is_grad_enabled()

    async def main():
        task = asyncio.create_task(f())
        await asyncio.sleep(0)
        return ad.is_grad_enabled(), await task

    assert asyncio.run(main()) == (True, (False, False))


def test_an_asynchronous_generator_is_refused():
    async def f():
        yield 1

    with pytest.raises(TypeError, match="asynchronous generator"):
        ad.no_grad(f)


def test_scopes_join_to_a_path(x):
    outer = ad.scope("net")
    with outer, ad.scope("0"):
        assert (x * 2).node.scope == "net/0"
        with ad.scope("linear"):
            assert (x * 2).node.scope == "net/0/linear"
    with outer:
        assert (x * 2).node.scope == "net"
    assert (x * 2).node.scope == ""

    @ad.scope("f")
    def f():
        return (x * 2).node.scope

    with outer:
        assert f() == "net/f"
        g = ad.scope("g")
        token = g.enter()
        assert (x * 2).node.scope == "net/g"
        g.leave(token)
        assert (x * 2).node.scope == "net"
    assert f() == "f"


def test_an_entered_scope_remembers_nothing_of_where_it_was_entered(x):
    """The same object serves different outer scopes, modes and recordings, one inside the other too."""
    scope = ad.scope("s")

    def inside():
        token = scope.enter()
        try:
            return (x * 2).node.scope if ad.is_grad_enabled() else (x * 2).requires_grad
        finally:
            scope.leave(token)

    assert inside() == inside() == "s"
    with ad.no_grad():
        assert inside() is False
    with ad.scope("net"), scope:
        assert inside() == "net/s/s"
    with ad.record() as tape:
        inside()
    assert [node.scope for node in tape.nodes] == ["s"]
    forgotten = weakref.ref(tape)
    del tape
    assert forgotten() is None, "a scope must not keep a recording alive"
    assert inside() == "s"
    assert (x * 2).node.scope == ""


def test_many_names_do_not_fill_the_memory(x):
    for i in range(1000):
        with ad.scope(str(i)):
            assert (x * 2).node.scope == str(i)


def masked_root(x):
    return ad.where(x.data > 0, ad.sqrt(x), 0.0).sum()


def test_strong_zeros_cure_the_branch_not_taken():
    x = ad.Tensor([0.0, 4.0], requires_grad=True)
    with np.errstate(all="ignore"):
        masked_root(x).backward()
        assert np.isnan(x.grad.data[0])
        x.zero_grad()
        with ad.strong_zeros():
            masked_root(x).backward()
            assert x.grad.tolist() == [0.0, 0.25]
            assert ad.grad(masked_root)(np.array([0.0, 4.0])).tolist() == [0.0, 0.25]
            second = ad.grad(lambda x: ad.grad(masked_root)(x).sum())(np.array([0.0, 4.0]))
        assert second.tolist() == [0.0, -1 / 32]


def test_strong_zeros_leave_everything_else_alone():
    with np.errstate(all="ignore"), ad.strong_zeros():
        x = ad.Tensor([0.0, 4.0], requires_grad=True)
        ad.sqrt(x).sum().backward()
        assert x.grad.tolist() == [np.inf, 0.25]
        x.zero_grad()
        (ad.log(x) * np.array([np.nan, 1.0])).sum().backward()
        assert np.isnan(x.grad.data[0])


@pytest.mark.parametrize("make", [ad.no_grad, ad.record, ad.detect_anomaly, lambda: ad.scope("part")])
def test_one_object_may_be_shared_by_tasks_that_leave_it_in_any_order(make):
    shared = make()

    async def task(entered, left):
        before = current.get()
        with shared:
            entered.set()
            await left.wait()
        return current.get() is before

    async def both():
        first, second, end = asyncio.Event(), asyncio.Event(), asyncio.Event()
        tasks = [asyncio.create_task(task(first, second)), asyncio.create_task(task(second, end))]
        await tasks[0]
        end.set()
        return await asyncio.gather(*tasks)

    assert asyncio.run(both()) == [True, True]


def test_one_object_may_be_shared_by_threads_that_leave_it_in_any_order():
    shared, entered, left, modes = ad.no_grad(), threading.Event(), threading.Event(), []

    def first():
        with shared:
            entered.wait()
        modes.append(ad.is_grad_enabled())
        left.set()

    def second():
        with shared:
            entered.set()
            left.wait()
        modes.append(ad.is_grad_enabled())

    threads = [threading.Thread(target=target) for target in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert modes == [True, True]
