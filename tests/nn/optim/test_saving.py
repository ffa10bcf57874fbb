"""What an optimizer remembers is saved and restored exactly, exchanged with PyTorch, and checked before it is taken."""
import copy
import json
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff as ad
import nn
from tests.nn.optim.optimizers import OPTIMIZERS, equal, every_optimizer, loss_of, parameters, train, values

ways = pytest.mark.parametrize(
    "way",
    [
        lambda state: state,
        lambda state: pickle.loads(pickle.dumps(state)),
        lambda state: json.loads(json.dumps(state, default=np.ndarray.tolist)),
    ],
    ids=["as it is", "pickle", "json"],
)


@every_optimizer
@ways
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("before", "after"), [(0, 2), (1, 3), (61, 5)])
def test_a_restored_state_continues_bit_by_bit(make, way, dtype, before, after):
    """Over the steps at which denormals are looked for, too."""
    params = parameters((3, 2), (4,), dtype=dtype)
    optimizer = make(params)
    train(params, optimizer, before)
    fresh = parameters((3, 2), (4,), seed=1, dtype=dtype)
    other = make(fresh, lr=0.05, weight_decay=0.5)
    train(fresh, other, 2)  # what it remembers of that must go
    for p, q in zip(params, fresh, strict=True):
        q.data = p.data
    other.load_state_dict(way(optimizer.state_dict()))
    assert repr(other) == repr(optimizer)
    train(params, optimizer, after)
    train(fresh, other, after)
    equal(values(params), values(fresh))
    np.testing.assert_equal(other.state_dict(), optimizer.state_dict())


def test_a_state_is_a_copy_in_pytorch_s_form():
    params = parameters((2,), (3,))
    optimizer = nn.Adam([{"params": params[:1]}, {"params": params[1:], "lr": 0.5}])
    (params[0] ** 2).sum().backward()
    optimizer.step()
    state = optimizer.state_dict()
    assert list(state["state"]) == [0], "only what was updated has a state"
    assert list(state["state"][0]) == ["step", "exp_avg", "exp_avg_sq"]
    assert [group["params"] for group in state["param_groups"]] == [[0], [1]]
    assert [group["lr"] for group in state["param_groups"]] == [1e-3, 0.5]
    state["state"][0]["exp_avg"][:] = 99
    assert optimizer.state_dict()["state"][0]["exp_avg"].max() < 99


def test_moments_that_the_settings_do_not_use_are_left_out_while_they_are_zero():
    params = parameters((2,))
    optimizer = nn.RMSprop(params)
    train(params, optimizer)
    assert list(optimizer.state_dict()["state"][0]) == ["step", "square_avg"]
    optimizer.param_groups[0]["momentum"] = 0.9
    train(params, optimizer)
    optimizer.param_groups[0]["momentum"] = 0.0
    assert list(optimizer.state_dict()["state"][0]) == ["step", "square_avg", "momentum_buffer"]


def test_the_rate_that_a_schedule_began_with_is_kept():
    params = parameters((2,))
    optimizer = nn.SGD(params, lr=0.1)
    optimizer.param_groups[0].update(lr=np.float64(0.01), initial_lr=0.1)
    other = nn.SGD(parameters((2,)), lr=0.5)
    other.load_state_dict(json.loads(json.dumps(optimizer.state_dict())))
    assert other.param_groups[0]["initial_lr"] == 0.1
    assert other.param_groups[0]["lr"] == 0.01


# PyTorch's states.

EXCHANGED = [
    ("SGD", {"lr": 0.05}),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "dampening": 0.2}),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "nesterov": True}),
    ("Adam", {"lr": 0.05, "weight_decay": 0.1}),
    ("AdamW", {"lr": 0.05}),
    ("RMSprop", {"lr": 0.01}),
    ("RMSprop", {"lr": 0.01, "momentum": 0.8, "centered": True, "alpha": 0.9, "eps": 1e-2}),
    ("Adagrad", {"lr": 0.05, "lr_decay": 0.1, "initial_accumulator_value": 0.1}),
]
exchanged = pytest.mark.parametrize(("name", "settings"), EXCHANGED, ids=[f"{n}-{'-'.join(s)}" for n, s in EXCHANGED])


def twins(name, settings, torch):
    """Equal parameters under our optimizer and PyTorch's."""
    ours = parameters((3,), (2, 2))
    theirs = [torch.tensor(p.data, requires_grad=True) for p in ours]
    return ours, getattr(nn, name)(ours, **settings), theirs, getattr(torch.optim, name)(theirs, **settings)


def train_theirs(params, optimizer, steps):
    for _ in range(steps):
        optimizer.zero_grad()
        sum(((p - 0.3) ** 4).sum() for p in params).backward()
        optimizer.step()


@exchanged
def test_pytorch_continues_from_our_state(name, settings, torch):
    ours, mine, theirs, other = twins(name, settings, torch)
    train(ours, mine, 5)
    with torch.no_grad():
        for p, q in zip(ours, theirs, strict=True):
            q.copy_(torch.from_numpy(p.numpy()))
    state, form = mine.state_dict(), other.state_dict()
    form["state"] = {
        number: {k: torch.tensor(float(v)) if k == "step" else torch.from_numpy(v) for k, v in entry.items()}
        for number, entry in state["state"].items()
    }
    other.load_state_dict(form)
    train(ours, mine, 50)
    train_theirs(theirs, other, 50)
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(p.data, q.detach().numpy(), rtol=1e-11)


@exchanged
def test_we_continue_from_pytorch_s_state_as_it_is(name, settings, torch):
    ours, mine, theirs, other = twins(name, settings, torch)
    train_theirs(theirs, other, 5)
    for p, q in zip(ours, theirs, strict=True):
        p.data = q.detach().numpy()
    mine.load_state_dict(other.state_dict())
    train(ours, mine, 50)
    train_theirs(theirs, other, 50)
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(p.data, q.detach().numpy(), rtol=1e-11)


def test_what_pytorch_can_and_we_cannot_is_refused(torch):
    p = [torch.ones(2, requires_grad=True)]
    adam = nn.Adam(parameters((2,)))
    with pytest.raises(ValueError, match="amsgrad=True is not supported"):
        adam.load_state_dict(torch.optim.Adam(p, amsgrad=True).state_dict())
    with pytest.raises(ValueError, match="decoupled_weight_decay is True, which is the other one of Adam and AdamW"):
        adam.load_state_dict(torch.optim.AdamW(p).state_dict())
    with pytest.raises(ValueError, match="maximize=True is not supported"):
        nn.SGD(parameters((2,))).load_state_dict(torch.optim.SGD(p, maximize=True).state_dict())


# What does not fit.


def trained():
    params = parameters((2,), (3,))
    optimizer = nn.Adam(params)
    train(params, optimizer)
    return optimizer


def test_a_state_that_does_not_fit_is_refused_with_every_reason_and_changes_nothing():
    optimizer = trained()
    before = optimizer.state_dict()
    wrong = copy.deepcopy(before)
    wrong["state"][0]["exp_avg"] = np.zeros(5)
    wrong["state"][0]["step"] = -1
    del wrong["state"][1]["exp_avg_sq"]
    wrong["state"][1]["exp_avg"] = np.array(["a", "b", "c"])
    wrong["state"][7] = {}
    wrong["param_groups"][0]["lr"] = -1.0
    wrong["param_groups"][0]["betas"] = [0.9, 2.0]
    del wrong["param_groups"][0]["eps"]
    with pytest.raises(ValueError, match="nothing was changed") as refused:
        optimizer.load_state_dict(wrong)
    for reason in (
        "group 0 has no eps",
        "lr is -1.0; it must be",
        "betas is (0.9, 2.0)",
        "exp_avg of parameter 0 is (5,), needed (2,)",
        "parameter 0 has a step of -1",
        "parameter 1 has no exp_avg_sq",
        "exp_avg of parameter 1 is <U1",
        "state of parameter 7, and there are 2",
    ):
        assert reason in str(refused.value)
    np.testing.assert_equal(optimizer.state_dict(), before)


def with_entry(**changes):
    def change(state):
        state["state"][0].update(changes)
        return state

    return change


MALFORMED = {
    "nothing": (lambda state: {}, "it has no 'state'\n  it has no 'param_groups'"),
    "no dict": (lambda state: [1], "it is a list"),
    "groups alone": (lambda state: {"param_groups": state["param_groups"]}, "it has no 'state'"),
    "a list of states": (lambda state: {**state, "state": []}, "'state' is a list"),
    "groups that are none": (lambda state: {**state, "param_groups": [1]}, "'param_groups' is not a list of dicts"),
    "no list of groups": (lambda state: {**state, "param_groups": 3}, "'param_groups' is not a list of dicts"),
    "groups without params": (lambda state: {**state, "param_groups": [{}]}, "with 'params'"),
    "other sizes": (lambda state: {**state, "param_groups": [{"params": [0]}]}, r"groups of \[1\] parameters, needed"),
    "an entry that is none": (lambda state: {**state, "state": {0: 3}}, "state of parameter 0 is a int"),
    "no step": (with_entry(step=None), "parameter 0 has no step"),
    "half a step": (with_entry(step=1.5), "a step of 1.5"),
    "an infinite step": (with_entry(step=float("inf")), "a step of inf"),
    "a step in words": (with_entry(step="x"), "a step of 'x'"),
    "a ragged moment": (with_entry(exp_avg=[[1], [1, 2]]), "exp_avg of parameter 0 is no array"),
}


@pytest.mark.parametrize("kind", MALFORMED)
def test_what_is_no_state_is_refused_in_words(kind):
    make, reason = MALFORMED[kind]
    optimizer = trained()
    before = optimizer.state_dict()
    with pytest.raises(ValueError, match=reason):
        optimizer.load_state_dict(make(copy.deepcopy(before)))
    np.testing.assert_equal(optimizer.state_dict(), before)


# Copies.


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["deepcopy", "pickle"])
@every_optimizer
def test_a_model_and_its_optimizer_are_copied_together(make, clone):
    model = nn.MLP([2, 4, 1], dtype=np.float64)
    optimizer = make(model.parameters())
    x = np.random.default_rng(0).standard_normal((8, 2))

    def advance(model, optimizer):
        optimizer.zero_grad()
        ad.square(model(x)).mean().backward()
        optimizer.step()

    advance(model, optimizer)
    twin, other = clone((model, optimizer))
    assert [id(p) for p in twin.parameters()] == [id(p) for p in other.param_groups[0]["params"]]
    start = values(model.parameters())
    advance(twin, other)
    equal(values(model.parameters()), start)
    advance(model, optimizer)
    equal(values(model.parameters()), values(twin.parameters()))


@given(patterns=st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=1, max_size=5))
def test_parameters_that_were_updated_unequally_often_are_restored_each_with_its_count(patterns):
    params = parameters((2,), (1,), (3,))
    optimizer = OPTIMIZERS["adam"](params)
    for pattern in patterns:
        for p, present in zip(params, pattern, strict=True):
            p.grad = None
            if present:
                loss_of([p]).backward()
        optimizer.step()
    other = OPTIMIZERS["adam"](parameters((2,), (1,), (3,)))
    other.load_state_dict(optimizer.state_dict())
    counts = np.sum(patterns, axis=0)
    restored = other.state_dict()
    assert {n: entry["step"] for n, entry in restored["state"].items()} == {n: c for n, c in enumerate(counts) if c}
    np.testing.assert_equal(restored, optimizer.state_dict())
