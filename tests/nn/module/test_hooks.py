"""Forward hooks see, and may replace, what goes into a module and what comes out: PyTorch's semantics."""
import copy
import pickle

import numpy as np
import pytest

import autodiff as ad
import nn


class Scaled(nn.Module):
    def __init__(self):
        self.factor = nn.Parameter(3.0)

    def forward(self, x, shift=0.0):
        return x * self.factor + shift


def add_one(module, inputs, output):
    return output + 1


def test_hooks_run_in_order_around_forward_and_get_the_module():
    module, seen = Scaled(), []
    module.register_forward_hook(lambda m, i, o: seen.append(("after", m is module, i, float(o))))
    module.register_forward_pre_hook(lambda m, i: seen.append(("before", m is module, i)))
    module.register_forward_pre_hook(lambda m, i: seen.append("first"), prepend=True)
    module.register_forward_hook(lambda m, i, o: seen.append("last"))
    assert float(module(2.0)) == 6.0
    assert seen == ["first", ("before", True, (2.0,)), ("after", True, (2.0,), 6.0), "last"]


def test_a_pre_hook_replaces_the_inputs_and_a_hook_the_output():
    module = Scaled()
    with module.register_forward_pre_hook(lambda m, i: i[0] + 1):
        assert float(module(2.0)) == 9.0
    with module.register_forward_pre_hook(lambda m, i: (5.0, 0.5)):
        assert float(module(2.0)) == 15.5
    with module.register_forward_hook(lambda m, i, o: o * 2), module.register_forward_hook(add_one):
        assert float(module(2.0)) == 13.0, "each gets what the one before gave"
    assert float(module(2.0)) == 6.0


def test_hooks_with_keyword_arguments_see_and_replace_them():
    module, seen = Scaled(), []
    module.register_forward_hook(lambda m, i, s, o: seen.append((i, s)), with_kwargs=True)
    with module.register_forward_pre_hook(lambda m, i, s: (i, {"shift": s["shift"] * 2}), with_kwargs=True):
        assert float(module(2.0, shift=1.0)) == 8.0
    with module.register_forward_pre_hook(lambda m, i, s: None, with_kwargs=True):
        assert float(module(2.0, shift=1.0)) == 7.0
    assert seen == [((2.0,), {"shift": 2.0}), ((2.0,), {"shift": 1.0})]
    module.register_forward_pre_hook(lambda m, i, s: 3.0, with_kwargs=True)
    with pytest.raises(TypeError, match="pair of the tuple of inputs and the dict"):
        module(1.0)


def test_hooks_do_what_pytorchs_do(torch):
    class Theirs(torch.nn.Module):
        def forward(self, x, shift=0.0):
            return x * 3 + shift

    class Ours(nn.Module):
        def forward(self, x, shift=0.0):
            return x * 3 + shift

    logs = []
    for module in (Ours(), Theirs()):
        log = []
        module.register_forward_pre_hook(lambda m, i, log=log: log.append(i))
        module.register_forward_pre_hook(lambda m, i: i[0] + 1)
        module.register_forward_pre_hook(lambda m, i, s: ((i[0] * 2,), {**s, "shift": 7}), with_kwargs=True)
        module.register_forward_pre_hook(lambda m, i: (i[0] - 3,), prepend=True)
        handle = module.register_forward_hook(lambda m, i, o: o + i[0])
        module.register_forward_hook(lambda m, i, s, o, log=log: log.append((i, s, o)), with_kwargs=True)
        log.append(module(10))
        handle.remove()
        log.append(module(10, shift=1))
        logs.append(log)
    assert logs[0] == logs[1]


def test_removing_takes_away_only_the_own_hook_and_may_be_repeated():
    module = Scaled()
    one, two = module.register_forward_hook(add_one), module.register_forward_hook(add_one)
    assert float(module(0.0)) == 2.0
    one.remove(), one.remove()
    assert float(module(0.0)) == 1.0
    two.remove()
    assert float(module(0.0)) == 0.0


def test_a_hook_may_remove_itself_while_it_runs():
    module, seen = Scaled(), []

    def once(m, i, o):
        handle.remove()
        seen.append("once")

    handle = module.register_forward_hook(once)
    module.register_forward_hook(lambda m, i, o: seen.append("always"))
    module(1.0), module(1.0)
    assert seen == ["once", "always", "always"]


def test_a_hook_on_a_module_that_was_called_before_is_called():
    model, shapes = nn.MLP([2, 3, 1]), []
    x = np.ones((5, 2), np.float32)
    model(x)
    handles = [layer.register_forward_hook(lambda m, i, o: shapes.append(o.shape)) for layer in model]
    model(x)
    assert shapes == [(5, 3), (5, 3), (5, 1)]
    for handle in handles:
        handle.remove()
    model(x)
    assert len(shapes) == 3


def test_hooks_run_inside_the_scope_and_what_they_compute_is_differentiated():
    module = Scaled()
    module.register_forward_hook(lambda m, i, o: o * m.factor)
    y = module(ad.Tensor(2.0))
    assert y.node.scope == "Scaled"
    y.backward()
    assert module.factor.grad.item() == 12.0


def test_the_scope_ends_when_a_hook_fails():
    module = Scaled()
    module.register_forward_hook(lambda m, i, o: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        module(1.0)
    assert (module.factor * 2).node.scope == ""


def test_what_is_no_function_is_refused():
    for register in (Scaled().register_forward_hook, Scaled().register_forward_pre_hook):
        with pytest.raises(TypeError, match="A hook is a function, and this is 3"):
            register(3)


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["deepcopy", "pickle"])
def test_copies_have_hooks_of_their_own(clone):
    module = Scaled()
    handle = module.register_forward_hook(add_one)
    twin = clone(module)
    handle.remove()
    assert (float(module(2.0)), float(twin(2.0))) == (6.0, 7.0)


def test_a_module_that_is_a_hook_does_not_become_a_part():
    model, probe = nn.Sequential(nn.ReLU()), nn.Linear(1, 1)
    probe.forward = lambda module, inputs, output: None
    model.register_forward_hook(probe)
    assert list(model.parameters()) == []
    assert len(model) == 1
