"""Any program's story is the engine's: gradients, sums, the naive walk's mistakes, and JSON that is always the same."""
import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

import autodiff as ad
import nn
from autodiff.drawing.explain.naive import MOST
from autodiff.drawing.explain.page import page_of
from autodiff.drawing.explain.recording import tell

SHAPES = [(), (2,), (1, 2), (2, 1), (2, 2), (3, 2)]


def matmul(x, y):
    fits = x.ndim == y.ndim == 2 and x.shape[1] == y.shape[0]
    return x @ y if fits else x * y if compatible(x, y) else x


def compatible(x, y):
    try:
        np.broadcast_shapes(x.shape, y.shape)
    except ValueError:
        return False
    return True


def join(x, y):
    return ad.concatenate([x.reshape(-1), y.reshape(-1), x.reshape(-1)])[::2]


OPERATIONS = {
    "add": lambda x, y: x + y if compatible(x, y) else x + 1.0,
    "sub": lambda x, y: x - y if compatible(x, y) else -x,
    "mul": lambda x, y: x * y if compatible(x, y) else x * 0.5,
    "maximum": lambda x, y: ad.maximum(x, y) if compatible(x, y) else x,
    "where": lambda x, y: ad.where(x > y, x, y * 2.0) if compatible(x, y) else x,
    "matmul": matmul,
    "join": join,
    "twice": lambda x, y: x + x,
    "tanh": lambda x, y: ad.tanh(x),
    "relu": lambda x, y: ad.relu(x),
    "exp": lambda x, y: ad.exp(x * 0.5),
    "sum": lambda x, y: ad.sum(x, axis=0) if x.ndim else x,
    "mean": lambda x, y: ad.mean(x, axis=-1, keepdims=True) if x.ndim else x * 3.0,
    "transpose": lambda x, y: x.T,
    "first": lambda x, y: x[0] if x.ndim else x,
    "gather": lambda x, y: x[np.array([0, -1, 0])] if x.ndim else x,
    "detached": lambda x, y: x * ad.tanh(x).detach(),
}

numbers = st.integers(0, 9)
leaf = st.tuples(st.sampled_from(SHAPES), st.integers(0, 1000), st.sampled_from(["f8", "f8", "f4"]))
leaves = st.lists(leaf, min_size=1, max_size=3)
steps = st.lists(st.tuples(st.sampled_from(sorted(OPERATIONS)), numbers, numbers), min_size=1, max_size=7)


def made(given):
    return [
        ad.Tensor(np.random.default_rng(seed).normal(size=shape).astype(dtype), requires_grad=True)
        for shape, seed, dtype in given
    ]


def run(program, inputs):
    """The loss, and every Tensor on the way."""
    results = list(inputs)
    for name, i, j in program:
        results.append(OPERATIONS[name](results[i % len(results)], results[j % len(results)]))
    last = results[-1]
    results.append(ad.mean(ad.square(last)))
    return results[-1], results


def told(program, given):
    inputs = made(given)
    with np.errstate(all="ignore"):
        return tell(lambda *x: run(program, x)[0], inputs, None, None)


def below(loss):
    found, waiting = set(), [loss.node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ad.Node) and node not in found:
            found.add(node)
            waiting += node.parents
    return sorted(found, key=lambda node: node.order)


def values(shown):
    """The numbers on the page, to the last bit of their dtype, as float64."""
    return np.array(shown.rows, shown.dtype).reshape(-1).astype(np.float64)


def tolerance(*shown):
    single = any(each.dtype == "float32" for each in shown)
    return {"rtol": 1e-4, "atol": 1e-5} if single else {"rtol": 1e-11, "atol": 1e-12}


def check(program, given):
    story = told(program, given)
    inputs = made(given)
    loss, results = run(program, inputs)
    for each in results:
        each.retain_grad()
    loss.backward()
    nodes = below(loss)
    assert [operation.primitive for operation in story.operations] == [node.primitive.name for node in nodes]
    check_gradients(story, nodes, results, inputs)
    check_sums(story)
    check_naive_walk(story)
    text = json.dumps(story.plain(), allow_nan=False)
    assert json.loads(text)["title"] == "step"
    assert text == json.dumps(told(program, given).plain(), allow_nan=False)
    assert len(page_of(story)) < 1_000_000


def check_gradients(story, nodes, results, inputs):
    """Every gradient on the page is that of `backward`, of leaves and of what was computed."""
    numbers = {node: operation.result for node, operation in zip(nodes, story.operations)}
    for each in results:
        if each.node in numbers:
            shown = story.quantities[numbers[each.node]].gradient
            np.testing.assert_array_equal(values(shown), each.grad.numpy().reshape(-1))
    leaves = [quantity for quantity in story.quantities if quantity.role == "input"]
    used = [each for each in inputs if each.grad is not None]
    assert sorted(values(leaf.gradient).tolist() for leaf in leaves) == sorted(
        each.grad.numpy().astype(float).reshape(-1).tolist() for each in used
    )
    for q in story.quantities:
        if q.gradient is not None and q.gradient.dtype == "float64" and not q.difference_note:
            difference = np.ravel(q.difference)
            np.testing.assert_allclose(
                difference, values(q.gradient), rtol=0, atol=1e-4 * max(1.0, np.abs(difference).max(initial=0.0))
            )


def check_sums(story):
    """What arrives adds up to the total, step by step, and the last total is the gradient."""
    totals, arrived = {}, Counter()
    for step in story.steps:
        if step.kind == "message":
            own = values(step.summed or step.message)
            before = totals.get(step.quantity)
            assert (before is None) == (step.before is None)
            total = own if before is None else before + own
            np.testing.assert_allclose(values(step.total), total, **tolerance(step.total, step.message))
            totals[step.quantity] = values(step.total)
            arrived[step.quantity] += 1
    for number, total in totals.items():
        np.testing.assert_array_equal(total, values(story.quantities[number].gradient))
        assert arrived[number] == story.quantities[number].expects


def visits_of(story):
    """How often the naive walk comes by each operation, and how many messages it sends in all."""
    result_of = {operation.result: operation.id for operation in story.operations}
    visits = Counter({story.operations[-1].id: 1})
    messages = 0
    for operation in reversed(story.operations):
        for operand in operation.operands:
            if operand.rule:
                messages += visits[operation.id]
                if operand.quantity in result_of:
                    visits[result_of[operand.quantity]] += visits[operation.id]
    return visits, messages


def check_naive_walk(story):
    """Right exactly where no message that it passes on had arrived in several parts; cut short where it says so."""
    visits, messages = visits_of(story)
    cut = messages > MOST
    assert ("cut short" in story.naive_note) == cut
    assert len(story.naive) - 1 == min(messages, MOST)
    if cut:
        event("cut short")
        return
    last = {step.quantity: step.total for step in story.naive}
    if max(visits.values()) == 1:
        event("a tree")
        for number, total in last.items():
            gradient = story.quantities[number].gradient
            np.testing.assert_allclose(values(total), values(gradient), **tolerance(gradient))


@settings(max_examples=60)
@given(steps, leaves)
def test_any_program_is_told_as_the_engine_computes_it(program, given):
    check(program, given)


CHAINED = sorted({*OPERATIONS} - {"twice", "join", "detached"})  # these use their operand more than once


@given(st.lists(st.tuples(st.sampled_from(CHAINED), numbers), max_size=6), leaves)
def test_on_a_chain_with_leaves_beside_it_the_naive_walk_is_right(names, given):
    count = len(given)
    program = [(name, count + n - 1 if n else 0, j % count) for n, (name, j) in enumerate(names)]
    story = told(program, given)
    assert max(visits_of(story)[0].values()) == 1
    check_naive_walk(story)


@pytest.mark.slow
@settings(max_examples=400)
@given(steps, leaves)
def test_many_more_programs_are_told_as_the_engine_computes_them(program, given):
    check(program, given)


POSITIVE = {
    "add": lambda x, y: x + y, "mul": lambda x, y: x * y, "exp": lambda x, y: ad.exp(x * 0.1),
    "twice": lambda x, y: x + x, "square": lambda x, y: x * x, "copy": lambda x, y: x + 1.0,
}  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from(sorted(POSITIVE)), st.integers(0, 4), numbers), min_size=1, max_size=5))
def test_the_naive_walk_is_wrong_wherever_it_passed_on_what_had_not_all_arrived(program):
    def step(*x):
        results = list(x)
        for name, i, j in program:
            results.append(POSITIVE[name](results[-1 - i % len(results)], results[-1 - j % len(results)]))
        return results[-1] * 1.5

    positive = [ad.Tensor(0.5, requires_grad=True), ad.Tensor(0.75, requires_grad=True)]
    story = tell(step, positive, None, None)  # every message is positive, so that nothing cancels
    visits, messages = visits_of(story)
    if messages > MOST:
        return
    users = {}
    for operation in story.operations:
        for operand in operation.operands:
            users.setdefault(operand.quantity, []).append(operation)
    last = {each.quantity: values(each.total)[0] for each in story.naive}
    for number, total in last.items():
        gradient = values(story.quantities[number].gradient)[0]
        spoiled = any(visits[operation.id] > 1 for operation in users.get(number, []))
        event("spoiled" if spoiled else "right")
        if spoiled:
            assert total > gradient * (1 + 1e-9)
        else:
            assert total == pytest.approx(gradient, rel=1e-12)


def test_the_page_of_a_small_network_with_its_optimizer_is_below_a_megabyte():
    nn.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 1))
    x, y = np.ones((8, 2), np.float32), np.zeros((8, 1), np.float32)
    optimizer = nn.Adam(model.parameters(), lr=0.1)
    story = tell(lambda: nn.functional.mse_loss(model(x), y), (), model, optimizer)
    assert len(page_of(story).encode()) < 1_000_000
