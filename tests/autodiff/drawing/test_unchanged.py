"""Drawing and explaining leave what they show as it was: values, gradients, versions, modules, optimizers, generators.

Each program is run once by itself before and once after a picture or page was made of it: both runs must be alike.
"""
import functools
import gc
import random
import sys
import weakref
from collections import OrderedDict, defaultdict, deque

import graphviz
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff as ad
import nn
from autodiff.drawing import restoring
from autodiff.drawing.explain.recording import tell
from autodiff.drawing.restoring import LARGEST, as_before


def draw(function, *args, params=None, optimizer=None):
    return ad.draw(function, *args, params=params)


def explain(function, *args, params=None, optimizer=None):
    return tell(function, args, params, optimizer)


LOOKING = pytest.mark.parametrize("look", [draw, explain])


def leaf(value, dtype=np.float64):
    return ad.Tensor(np.array(value, dtype), requires_grad=True)


class Program:
    """A step, what it is given, and everything that must stay as it is."""

    def __init__(self, step, *args, model=None, optimizer=None, tensors=(), generators=(), lists=()):
        self.step, self.args, self.model, self.optimizer = step, args, model, optimizer
        self.tensors, self.generators, self.lists = list(tensors), list(generators), list(lists)
        if model is not None:
            self.tensors += [*model.parameters(), *model.buffers()]

    def state(self):
        """All of it, to the bit; identities too."""
        states = [[(id(each), each) for each in listed] for listed in self.lists]
        for t in self.tensors:
            version, grad = t._version, t.grad
            states.append((
                id(t._data), t._data.tobytes(), t.requires_grad, t.name, t._grad_home is None or id(t._grad_home),
                None if version is None else (id(version), version[0]), id(grad),
                grad is not None and (id(grad._data), grad._data.tobytes(), list(grad._version or ())),
                None if t._hooks is None else [id(hook) for hook in t._hooks],
            ))  # fmt: skip
            states += [self.of_node(node) for node in nodes_below(t)]
        states += [repr(generator.bit_generator.state) for generator in self.generators]
        states += [repr(np.random.get_state()), repr(random.getstate())]
        if self.model is not None:
            states += [(id(m), m.training, [(n, id(v)) for n, v in vars(m).items()]) for m in self.model.modules()]
        if self.optimizer is not None:
            states.append(repr(self.optimizer.state_dict()))
        return states

    @staticmethod
    def of_node(node):
        trace, hooks = node.trace, node.hooks
        return (
            id(node.kept), [(id(cell), cell[0], version) for cell, version, _ in node.versions],
            None if hooks is None else [id(hook) for hook in hooks], id(trace), trace and [*map(id, trace.messages)],
        )  # fmt: skip


def nodes_below(tensor):
    found, waiting = [], [tensor.node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ad.Node) and node not in found:
            found.append(node)
            waiting += node.parents
    return found


def scalars():
    a, b = leaf(1.5), leaf(-2.0)
    a.grad = 7.0
    return Program(lambda a: a * b + ad.sin(a), a, tensors=[a, b])


def network(seed=0, rng=None):
    nn.manual_seed(seed)
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Dropout(0.5, rng=rng), nn.Linear(4, 1))
    x, y = np.ones((6, 3), np.float32) * np.arange(6, dtype=np.float32)[:, None], np.ones((6, 1), np.float32)
    return model, lambda: nn.functional.mse_loss(model(x), y)


def dropout_and_batch_norm():
    rng = np.random.default_rng(3)
    model, step = network(rng=rng)
    return Program(step, model=model, generators=[rng])


def default_generator():
    model, step = network()
    return Program(step, model=model, generators=[nn.manual_seed(5)])


def training_flag():
    model, loss = network()

    def step():
        model.eval()
        model[0].weight.requires_grad = False
        return loss()

    return Program(step, model=model)


def calls_backward():
    model, loss = network()

    def step():
        loss().backward()
        return loss()

    return Program(step, model=model)


def steps_an_optimizer():
    model, loss = network()
    optimizer = nn.Adam(model.parameters(), lr=0.1)
    for _ in range(2):
        loss().backward()
        optimizer.step()

    def step():
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
        return loss()

    return Program(step, model=model, optimizer=optimizer)


def a_step_and_its_schedule():
    model, loss = network()
    optimizer = nn.SGD(model.parameters(), lr=0.1, momentum=0.9)
    schedule = nn.schedules.StepLR(optimizer, step_size=1)

    def step():
        loss().backward()
        optimizer.step()
        schedule.step()
        return loss()

    program = Program(step, model=model, optimizer=optimizer)
    program.lists = [vars(schedule).values(), optimizer.param_groups[0].values()]
    return program


def makes_an_optimizer():
    model, loss = network()

    def step():
        nn.SGD(model.parameters(), lr=0.1)
        return loss()

    return Program(step, model=model)


def hooks():
    x, seen = leaf([1.0, 2.0]), []
    x.register_hook(seen.append)

    def step(x):
        y = x * x
        y.register_hook(lambda g: seen.append(g) or g * 3.0)
        x.register_hook(lambda g: g * 2.0)
        return ad.sum(y)

    return Program(step, x, tensors=[x], lists=[seen])


def second_derivative():
    x = leaf([0.5, 2.0])

    def step(x):
        (slope,) = ad.gradients(ad.sum(x**3), [x], create_graph=True)
        return ad.sum(slope * slope)

    return Program(step, x, tensors=[x])


def in_place():
    model, loss = network()
    counter = ad.Tensor(np.zeros(2))

    def step():
        with ad.no_grad():
            for each in model.parameters():
                each.data -= 0.1
            counter[0] = counter[0] + 1.0
            counter.data = counter.data + 1.0
        return loss()

    return Program(step, model=model, tensors=[counter])


def retained():
    x = leaf([1.0, 2.0])
    y = ad.exp(x)
    y.retain_grad()
    ad.sum(y).backward(retain_graph=True)

    def step(x):
        ad.sum(y).backward()  # releases what was kept, and adds to y.grad
        return ad.sum(x * x)

    return Program(step, x, tensors=[x, y])


def variables_and_containers():
    count, log, table, rows = 0, [1.0], {"a": 1}, np.arange(6)

    def step(x):
        nonlocal count
        count += 1
        log.append(x)
        table["b"] = log
        rows[count] = -1
        np.random.standard_normal()
        random.random()
        return ad.sum(x * rows.sum())

    program = Program(step, leaf([1.0, 2.0]))
    program.state = lambda: [count, list(log), dict(table), rows.tolist(), *Program.state(program)]
    return program


def raises_in_the_middle():
    model, loss = network()
    optimizer = nn.RMSprop(model.parameters(), lr=0.1)
    loss().backward()
    model.eval()

    def step():
        model.train()
        loss().backward()
        optimizer.step()
        raise ZeroDivisionError("in the middle")

    return Program(step, model=model, optimizer=optimizer)


PROGRAMS = {
    each.__name__: each
    for each in (
        scalars, dropout_and_batch_norm, default_generator, training_flag, calls_backward, steps_an_optimizer,
        a_step_and_its_schedule, makes_an_optimizer, hooks, second_derivative, in_place, retained,
        variables_and_containers, raises_in_the_middle,
    )
}  # fmt: skip


@LOOKING
@pytest.mark.parametrize("name", PROGRAMS)
def test_everything_is_as_it_was_before(name, look):
    program = PROGRAMS[name]()
    before = program.state()
    try:
        look(program.step, *program.args, params=program.model)
    except ZeroDivisionError:
        assert name == "raises_in_the_middle"
    after = program.state()
    for was, now in zip(before, after, strict=True):
        assert now == was


@LOOKING
@pytest.mark.parametrize("name", sorted(set(PROGRAMS) - {"raises_in_the_middle"}))
def test_the_program_does_afterwards_what_it_would_have_done(name, look):
    looked_at, untouched = PROGRAMS[name](), PROGRAMS[name]()
    for _ in range(2):
        look(looked_at.step, *looked_at.args, params=looked_at.model)
    for generator, other in zip(looked_at.generators, untouched.generators):
        other.bit_generator.state = generator.bit_generator.state
    results = []
    for program in (looked_at, untouched):
        nn.manual_seed(11)
        times = 1 if name == "retained" else 2  # its graph can be walked once
        results.append([program.step(*program.args)._data.tobytes() for _ in range(times)])
    assert results[0] == results[1]


@LOOKING
def test_looking_twice_shows_the_same(look):
    program = steps_an_optimizer()
    model = program.model
    first, second = (look(program.step, params=model, optimizer=program.optimizer) for _ in range(2))
    assert getattr(first, "source", first) == getattr(second, "source", second)


def test_the_optimizer_given_to_explain_keeps_its_moments_and_counters():
    program = steps_an_optimizer()
    _, loss = program.model, program.step
    before = program.state()
    explain(loss, params=program.model, optimizer=program.optimizer)
    assert program.state() == before


@pytest.mark.parametrize("walked", [False, True, "retain_graph"])
@pytest.mark.parametrize("recorded", [False, True])
def test_drawing_a_tensor_leaves_its_graph_alone(walked, recorded):
    x = leaf([1.0, 2.0])
    with ad.record() if recorded else ad.enable_grad():
        y = ad.exp(x)
        y.retain_grad()
        loss = ad.sum(y * y)
        if walked:
            loss.backward(retain_graph=walked == "retain_graph")
    program = Program(None, tensors=[x, y, loss])
    before = program.state()
    ad.draw(loss, params={"x": x, "y": y}).pipe("svg")
    assert program.state() == before
    if walked is not True:
        loss.backward()


def test_an_earlier_graph_and_an_earlier_recording_get_no_message_from_the_picture():
    x = leaf([1.0, 2.0])
    with ad.record() as tape:
        y = ad.exp(x)
        ad.sum(y).backward(retain_graph=True)
        nodes, messages = list(tape.nodes), [len(node.trace.messages) for node in tape.nodes]
        ad.draw(lambda: ad.sum(y * 2.0))
        assert tape.nodes == nodes
    assert [len(node.trace.messages) for node in tape.nodes] == messages


class Made:
    """Attributes of classes are not put back, so this one can tell."""

    ever = ()


@LOOKING
@pytest.mark.parametrize("name", sorted(set(PROGRAMS) - {"raises_in_the_middle"}))
def test_no_array_and_no_node_outlives_the_making_of_a_picture(name, look):
    program = PROGRAMS[name]()
    Made.ever = ()

    @functools.wraps(program.step)
    def watched(*args):
        out = program.step(*args)
        Made.ever += tuple(weakref.ref(each) for each in (out, out._data, *nodes_below(out)))
        return out

    gc.collect()
    gc.disable()
    try:
        looked = look(watched, *program.args, params=program.model)
        gc.collect()
        kept = {id(node) for tensor in program.tensors for node in nodes_below(tensor)}
        assert Made.ever
        assert [each() for each in Made.ever if each() is not None and id(each()) not in kept] == []
    finally:
        gc.enable()
    assert looked is not None


@LOOKING
def test_memory_is_as_it_was_after_many_pictures(look):
    program = dropout_and_batch_norm()

    def alive():
        gc.collect()
        return sum(issubclass(type(each), (np.ndarray, ad.Tensor, ad.Node)) for each in gc.get_objects())

    look(program.step, params=program.model)
    before = alive()
    blocks = sys.getallocatedblocks()
    for _ in range(3):
        look(program.step, params=program.model)
    assert alive() == before
    assert sys.getallocatedblocks() - blocks < 3000


DEEDS = ["data", "item", "grad", "backward", "rng", "append", "hook", "flag", "rebind"]


@given(
    st.lists(st.sampled_from(DEEDS), max_size=6),
    st.booleans(),
    st.sampled_from([draw, explain]),
)
def test_whatever_a_step_does_is_undone(deeds, fails, look):
    x, rng, log, settings = leaf([1.0, 2.0, 3.0]), np.random.default_rng(0), [], {"t": leaf(1.0)}
    numbers = np.arange(3.0)

    def step(x):
        nonlocal numbers
        for deed in deeds:
            if deed == "data":
                settings["t"].data += 1.0
            elif deed == "item":
                numbers[1] += 1.0
            elif deed == "grad":
                x.grad = np.ones(3)
            elif deed == "backward":
                ad.sum(x * settings["t"]).backward()
            elif deed == "rng":
                rng.random(3)
            elif deed == "append":
                log.append(x * 2.0)
            elif deed == "hook":
                x.register_hook(lambda g: g * 2.0)
            elif deed == "flag":
                settings["t"].requires_grad = not settings["t"].requires_grad
            else:
                numbers = numbers + 1.0
        if fails:
            raise ZeroDivisionError
        return ad.sum(x * x * numbers)

    program = Program(step, x, tensors=[x, settings["t"]], generators=[rng], lists=[log])
    before, array, content = program.state(), numbers, numbers.copy()
    try:
        look(step, x)
    except ZeroDivisionError:
        assert fails
    assert program.state() == before
    assert numbers is array
    np.testing.assert_array_equal(numbers, content)


class Counter:
    """An object of the user's, with slots and a method that reads a global."""

    __slots__ = ("count", "late")

    def __init__(self):
        self.count = 0

    def loss(self, x):
        self.count += 1
        self.late = x
        SEEN.append(self.count)
        return ad.sum(x * x)


SEEN = []


@LOOKING
def test_slots_methods_partial_functions_and_globals_are_found(look):
    counter = Counter()
    look(functools.partial(counter.loss), leaf([1.0]))
    assert (counter.count, hasattr(counter, "late"), SEEN) == (0, False, [])


def test_what_is_put_back_is_put_back_though_one_thing_fails():
    class Stubborn(list):
        def clear(self):
            raise RuntimeError("no")

    stubborn, log = Stubborn(), []

    def step():
        stubborn.append(1)
        log.append(1)

    with pytest.raises(RuntimeError, match="no"), as_before(step):
        step()
    assert log == []


def test_plain_arrays_beyond_a_size_are_left_alone_as_documented(monkeypatch):
    monkeypatch.setattr("autodiff.drawing.restoring.LARGEST", 8)
    large, small = np.zeros(2), np.zeros(1)
    with as_before([large, small]):
        large[0] = small[0] = 1.0
    assert (large[0], small[0]) == (1.0, 0.0)
    assert LARGEST == 2**28


def test_what_installed_libraries_keep_is_left_alone_as_documented():
    chart = graphviz.Digraph()
    with as_before(lambda: (chart, graphviz.set_default_engine)):
        chart.node("a")
    assert len(chart.body) == 1


def test_a_step_that_names_large_libraries_is_looked_at_quickly():
    with as_before(lambda: (np.linalg.norm, pytest.raises, graphviz.render, sys.path, nn.fit, ad.sum)) as memory:
        assert len(memory._seen) < 2000


def test_the_methods_of_a_class_are_looked_at_once_and_not_for_every_instance(monkeypatch):
    looked, methods = [], restoring._methods
    monkeypatch.setattr(restoring, "_methods", lambda kind: looked.append(kind) or methods(kind))
    with restoring.as_before([nn.Linear(2, 2, rng=0) for _ in range(20)]):
        pass
    assert looked.count(nn.Linear) == 1


def test_containers_of_every_kind_get_their_items_back_in_order():
    ordered = OrderedDict(a=1, b=2)
    ordered.move_to_end("a")
    many = [ordered, defaultdict(list, x=[1]), deque([1, 2, 3], maxlen=3), {1, 2}, bytearray(b"ab"), [[1], (2, [3])]]
    before = [repr(each) for each in many]
    with as_before(many):
        ordered["c"] = ordered.pop("b")
        many[1]["y"].append(1)
        many[1]["x"].append(2)
        many[2].append(4)
        many[3].add(5)
        many[4] += b"c"
        many[5][1][1].append(4)
        del many[5][0]
    assert [repr(each) for each in many] == before
    assert list(ordered) == ["b", "a"]


def test_objects_that_answer_to_every_name_are_looked_at_without_asking():
    class Proxy:
        def __getattr__(self, name):
            return Proxy()

        def __call__(self):
            return 1

    proxy, count = Proxy(), [0]

    def step():
        count[0] += proxy()

    with as_before(step, functools.lru_cache(step)):
        step()
    assert count == [0]


@LOOKING
@pytest.mark.parametrize("seeded", [False, True])
def test_the_default_generator_is_the_same_one_even_if_the_step_sets_or_makes_it(look, seeded, monkeypatch):
    module = sys.modules["nn.random"]
    monkeypatch.setattr(module, "_default", np.random.default_rng(3) if seeded else None)
    generator, x = module._default, leaf([[1.0, 2.0, 3.0, 4.0]], np.float32)
    state = seeded and repr(generator.bit_generator.state)

    def sets():
        nn.manual_seed(7)
        return ad.sum(nn.functional.dropout(x, 0.5))

    def makes_a_model():
        return ad.sum(nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5))(x))

    for step in (sets, makes_a_model):
        look(step)
        assert module._default is generator
        assert (seeded and repr(generator.bit_generator.state)) == state
