"""Sequential and ModuleList behave as lists, ModuleDict as a dict, and all name what they hold as PyTorch does."""
import copy
from collections import OrderedDict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn


class Number(nn.Module):
    """Adds its number: a chain of them tells who was called, and its state who stands where."""

    def __init__(self, number):
        self.number = nn.Buffer(float(number))

    def forward(self, x):
        return x * 10 + self.number


def numbers(modules):
    return [int(module.number.data) for module in modules]


positions = st.integers(-7, 7)
slices = st.slices(5)
operations = st.lists(
    st.one_of(
        st.tuples(st.just("append")),
        st.tuples(st.just("extend"), st.integers(0, 3)),
        st.tuples(st.just("insert"), positions),
        st.tuples(st.just("pop"), positions),
        st.tuples(st.just("delete"), positions | slices),
        st.tuples(st.just("set"), positions),
    ),
    max_size=8,
)


@given(st.sampled_from(["Sequential", "ModuleList"]), operations)
def test_numbered_containers_are_lists_with_pytorchs_names(torch, kind, steps):
    class TheirNumber(torch.nn.Module):
        def __init__(self, number):
            super().__init__()
            self.register_buffer("number", torch.tensor(float(number)))

        def forward(self, x):
            return x * 10 + self.number

    ours, theirs, plain, fresh = getattr(nn, kind)(), getattr(torch.nn, kind)(), [], iter(range(1, 100))
    for name, *arguments in steps:
        if name == "append":
            number = next(fresh)
            ours.append(Number(number)), theirs.append(TheirNumber(number)), plain.append(number)
        elif name == "extend":
            many = [next(fresh) for _ in range(arguments[0])]
            ours.extend(map(Number, many)), theirs.extend([TheirNumber(n) for n in many]), plain.extend(many)
        else:
            at = arguments[0]
            inside = isinstance(at, slice) or -len(plain) <= at < len(plain) or (name == "insert" and at == len(plain))
            if not inside:
                method = {"delete": "__delitem__", "set": "__setitem__"}.get(name, name)
                module = [Number(0)] if name in ("insert", "set") else []
                with pytest.raises(IndexError, match=f"holds {len(plain)} modules"):
                    getattr(ours, method)(at, *module)
                continue
            number = next(fresh)
            if name == "insert":
                # PyTorch's list inserts wrongly at negative positions, and its last one is len - 1 there.
                theirs.insert(range(len(plain))[at] if at < 0 else at, TheirNumber(number))
                ours.insert(at, Number(number)), plain.insert(at, number)
            elif name == "set":
                ours[at], theirs[at], plain[at] = Number(number), TheirNumber(number), number
            elif name == "pop":
                assert numbers([ours.pop(at)]) == [plain.pop(at)]
                theirs.pop(at)
            else:
                del ours[at], theirs[at], plain[at]
        assert numbers(ours) == plain
        assert list(ours.state_dict().items()) == [(p, t.numpy()) for p, t in theirs.state_dict().items()]
        assert len(ours) == len(plain)
        assert [int(ours[i].number.data) for i in range(-len(plain), len(plain))] == plain * 2
        if kind == "Sequential":
            assert float(np.asarray(ours(1.0))) == float(theirs(torch.tensor(1.0, dtype=torch.float64)))


@given(st.sampled_from(["Sequential", "ModuleList"]), st.slices(5))
def test_slices_hold_the_same_modules_under_pytorchs_names(torch, kind, part):
    ours = getattr(nn, kind)(*_form(kind, [Number(n) for n in range(5)]))
    theirs = getattr(torch.nn, kind)(*_form(kind, [torch.nn.Linear(1, 1) for _ in range(5)]))
    cut = ours[part]
    assert type(cut) is type(ours)
    assert all(a is b for a, b in zip(cut, list(ours)[part], strict=True))
    assert [name for name, _ in cut.named_children()] == [name for name, _ in theirs[part].named_children()]
    assert numbers(ours) == list(range(5)), "what was cut is as before"


def _form(kind, modules):
    return modules if kind == "Sequential" else [modules]


def test_modules_are_found_by_identity():
    model = nn.Sequential(nn.ReLU(), nn.Linear(2, 2))
    assert model[0] in model
    assert nn.ReLU() not in model
    assert 0 not in nn.ModuleList(model)


def test_a_sequential_from_a_dict_takes_its_names_and_keeps_them(torch):
    ours = nn.Sequential({"first": nn.Linear(2, 3), "act": nn.Tanh(), "last": nn.Linear(3, 1)})
    layers = {"first": torch.nn.Linear(2, 3), "act": torch.nn.Tanh(), "last": torch.nn.Linear(3, 1)}
    theirs = torch.nn.Sequential(OrderedDict(layers))
    ours.load_state_dict(theirs.state_dict())
    x = np.ones((1, 2), np.float32)
    np.testing.assert_allclose(ours(x).data, theirs(torch.from_numpy(x)).detach().numpy(), rtol=1e-6)
    assert ours(x).node.scope == "Sequential/last"
    assert ours.first is ours[0]
    ours.insert(1, nn.ReLU()).append(nn.ReLU())
    assert [name for name, _ in ours.named_children()] == ["first", "1", "act", "last", "4"]
    del ours[0]
    assert [name for name, _ in ours.named_children()] == ["0", "act", "last", "3"]


def test_what_is_appended_to_a_slice_replaces_nothing():
    tail = nn.Sequential(*[Number(n) for n in range(3)])[1:]
    assert list(tail.state_dict()) == ["1.number", "2.number"]
    assert numbers(tail.append(Number(7))) == [1, 2, 7]
    assert list(tail.state_dict()) == ["0.number", "1.number", "2.number"]


def test_a_container_may_hold_a_module_twice():
    layer = nn.Linear(2, 2)
    model = nn.Sequential(layer, nn.ReLU(), layer)
    assert len(model) == 3
    assert [path for path, _ in model.named_parameters()] == ["0.weight", "0.bias"]
    del model[0]
    assert list(model.state_dict()) == ["1.weight", "1.bias"]
    model.extend(model)
    assert len(model) == 4


def test_attributes_that_are_modules_join_a_sequential_and_leave_it():
    model = nn.Sequential(nn.ReLU())
    model.last = nn.Tanh()
    assert len(model) == 2
    np.testing.assert_array_equal(model(np.ones(1)), np.tanh(np.ones(1)))
    del model.last
    assert len(model) == 1
    model.note = [1, 2]
    np.testing.assert_array_equal(model(np.ones(1)), np.ones(1))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: nn.Sequential([nn.ReLU()]), TypeError, r"nn.Sequential\(\*modules\)"),
        (lambda: nn.Sequential(nn.ReLU), TypeError, r"This is a class: make a module of it, ReLU\(\.\.\.\)"),
        (lambda: nn.Sequential(np.tanh), TypeError, "with this as its forward"),
        (lambda: nn.Sequential(nn.ReLU(), 3), TypeError, "this is 3"),
        (lambda: nn.Sequential({"a.b": nn.ReLU()}), ValueError, "without a dot"),
        (lambda: nn.Sequential({"": nn.ReLU()}), ValueError, "not empty"),
        (lambda: nn.Sequential({3: nn.ReLU()}), ValueError, "needed is a string"),
        (lambda: nn.Sequential({"forward": nn.ReLU()}), ValueError, "attribute or a method"),
        (lambda: nn.Sequential(nn.ReLU())["0"], TypeError, "whole numbers and slices"),
        (lambda: nn.Sequential(nn.ReLU())[1], IndexError, "holds 1 modules, and none is number 1"),
        (lambda: nn.ModuleList(nn.ReLU()), TypeError, "takes a list of modules"),
        (lambda: nn.ModuleList(3), TypeError, "takes a list of modules"),
        (lambda: nn.ModuleList([nn.ReLU()])(1.0), TypeError, "ModuleList only holds modules"),
        (lambda: nn.ModuleDict({"a": nn.ReLU()})(1.0), TypeError, "ModuleDict only holds modules"),
        (lambda: nn.ModuleDict({"a": nn.ReLU()})["b"], KeyError, "no module 'b'; there are: a"),
        (lambda: nn.ModuleDict()["b"], KeyError, "there are: none"),
        (lambda: nn.ModuleDict([nn.ReLU()]), TypeError, "pairs of both"),
        (lambda: nn.ModuleDict({"keys": nn.ReLU()}), ValueError, "attribute or a method"),
        (lambda: nn.ModuleDict({"a": 3}), TypeError, "this is 3"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize("change", [
    lambda c: c.append(3), lambda c: c.extend([nn.ReLU(), 3]), lambda c: c.insert(0, 3), lambda c: c.__setitem__(0, 3),
    lambda c: c.append(c), lambda c: c.insert(0, nn.Sequential(c)),
])  # fmt: skip
def test_a_refused_change_leaves_the_container_as_it_was(change):
    container = nn.Sequential(nn.ReLU(), nn.Linear(2, 2))
    before = list(container)
    with pytest.raises((TypeError, ValueError), match=r"this is 3|put into itself"):
        change(container)
    assert list(container) == before
    assert list(container.state_dict()) == ["1.weight", "1.bias"]


keys = st.sampled_from(["a", "b", "c"])


@given(st.lists(st.tuples(st.sampled_from(["set", "pop", "del", "update", "clear"]), keys), max_size=8))
def test_a_module_dict_is_a_dict_with_pytorchs_names(torch, steps):
    ours, theirs, plain = nn.ModuleDict(), torch.nn.ModuleDict(), {}
    for step, key in steps:
        if step == "set":
            ours[key] = plain[key] = nn.Linear(1, 1)
            theirs[key] = torch.nn.Linear(1, 1)
        elif step == "update":
            plain.update(two := {"b": nn.ReLU(), key: nn.Linear(1, 1)})
            ours.update(two.items())
            theirs.update({"b": torch.nn.ReLU(), key: torch.nn.Linear(1, 1)})
        elif step == "clear":
            ours.clear(), theirs.clear(), plain.clear()
        elif key not in plain:
            with pytest.raises(KeyError):
                ours.pop(key)
        elif step == "pop":
            assert ours.pop(key) is plain.pop(key)
            theirs.pop(key)
        else:
            del ours[key], theirs[key], plain[key]
        assert list(ours) == list(ours.keys()) == list(plain)
        assert list(ours.values()) == list(plain.values())
        assert list(ours.items()) == list(plain.items())
        assert len(ours) == len(plain)
        assert [key in ours for key in "abc"] == [key in plain for key in "abc"]
        assert list(ours.state_dict()) == list(theirs.state_dict())
    assert dict(nn.ModuleDict(ours).items()) == plain


def test_what_lists_and_dicts_hold_carries_their_name_as_scope():
    class Net(nn.Module):
        def __init__(self):
            self.layers = nn.ModuleList([nn.Linear(2, 2)])
            self.heads = nn.ModuleDict()
            self.heads["mean"] = nn.ModuleList([nn.Linear(2, 1)])
            self.layers.append(nn.Linear(2, 2))

        def forward(self, x):
            outputs = [layer(x) for layer in self.layers]
            return [*outputs, self.heads["mean"][0](x)]

    net = Net()
    scopes = [y.node.scope for y in net(np.ones((1, 2), np.float32))]
    assert scopes == ["Net/layers/0", "Net/layers/1", "Net/heads/mean/0"]
    twin = copy.deepcopy(net)
    assert [y.node.scope for y in twin(np.ones((1, 2), np.float32))] == scopes


def test_a_part_of_an_mlp_is_a_sequential():
    model = nn.MLP([2, 3, 1], "tanh")
    features = model[:-1]
    assert type(features) is nn.Sequential
    x = np.ones((1, 2), np.float32)
    np.testing.assert_array_equal(model(x).data, model[-1](features(x)).data)


def test_an_mlp_knows_every_activation_by_name_class_or_maker():
    from nn.layers.activation import ACTIVATIONS

    for name, kind in ACTIVATIONS.items():
        model = nn.MLP([2, 3, 3, 1], name)
        assert [type(module) for module in model] == [nn.Linear, kind, nn.Linear, kind, nn.Linear]
        assert model[1] is not model[3]
        assert model(np.ones((5, 2), np.float32)).shape == (5, 1)
    assert type(nn.MLP([1, 1, 1], nn.Tanh)[1]) is nn.Tanh
    assert len(nn.MLP([1, 1, 1], lambda: nn.Sequential(nn.Tanh(), nn.ReLU()))[1]) == 2
    with pytest.raises(ValueError, match=r"there are .*relu"):
        nn.MLP([1, 1, 1], "step")
    with pytest.raises(TypeError, match="needs one of its own"):
        nn.MLP([1, 1, 1], nn.ReLU())
    with pytest.raises(ValueError, match="too few sizes"):
        nn.MLP([1])


def test_identity_gives_back_what_it_gets_and_takes_no_arguments():
    x = np.ones(3)
    assert nn.Identity()(x) is x
    with pytest.raises(TypeError, match="no arguments"):
        nn.Identity(54)
