"""Optimizers follow PyTorch's formulas, and refuse what cannot be trained before anything moves."""
import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff as ad
import nn
from nn.optim.updates import BLOCK, adam_update, momentum_update, sgd_update

OPTIMIZERS = {
    "sgd": lambda params, **more: nn.SGD(params, **{"lr": 0.1, **more}),
    "momentum": lambda params, **more: nn.SGD(params, **{"lr": 0.1, "momentum": 0.9, **more}),
    "adam": lambda params, **more: nn.Adam(params, **{"lr": 0.01, **more}),
}
every_optimizer = pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)


def parameters(*shapes, dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    return [nn.Parameter(rng.standard_normal(shape).astype(dtype), name=f"p{i}") for i, shape in enumerate(shapes)]


def loss_of(params, power=4):
    return sum((((p - 0.3) ** power).sum() for p in params), 0.0)


def train(params, optimizer, steps=1):
    for _ in range(steps):
        optimizer.zero_grad()
        loss_of(params).backward()
        optimizer.step()


def values(params):
    return [p.numpy() for p in params]


def equal(left, right):
    for a, b in zip(left, right, strict=True):
        np.testing.assert_array_equal(a, b)


# The formulas.

SETTINGS = [
    ("SGD", {"lr": 0.02}),
    ("SGD", {"lr": 0.02, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.02, "momentum": 0.9}),
    ("SGD", {"lr": 0.02, "momentum": 0.8, "dampening": 0.4, "weight_decay": 0.05}),
    ("SGD", {"lr": 0.02, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"lr": 0.02, "momentum": 0.7, "nesterov": True, "weight_decay": 0.02}),
    ("Adam", {"lr": 0.02}),
    ("Adam", {"lr": 0.05, "betas": (0.5, 0.9), "eps": 1e-2, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.02, "betas": (0.0, 0.99)}),
]


@pytest.mark.parametrize(("name", "settings"), SETTINGS, ids=[f"{n}-{'-'.join(s)}" for n, s in SETTINGS])
def test_fifty_steps_are_those_of_pytorch(name, settings, torch):
    ours = parameters((3, 2), (4,), ())
    theirs = [torch.tensor(p.data, requires_grad=True) for p in ours]
    mine, other = getattr(nn, name)(ours, **settings), getattr(torch.optim, name)(theirs, **settings)
    rng = np.random.default_rng(1)
    for _ in range(50):
        shift = rng.standard_normal()
        for params, optimizer in ((ours, mine), (theirs, other)):
            optimizer.zero_grad()
            sum((((p - shift) ** 2) * (p + 1) ** 2).sum() for p in params).backward()
            optimizer.step()
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(p.data, q.detach().numpy(), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_states_are_exchanged_with_pytorch(name, torch):
    settings = {"lr": 0.05, "momentum": 0.9} if name == "SGD" else {"lr": 0.05}
    ours = parameters((3,), (2, 2))
    mine = getattr(nn, name)(ours, **settings)
    train(ours, mine, 5)
    theirs = [torch.tensor(p.data, requires_grad=True) for p in ours]
    other = getattr(torch.optim, name)(theirs, **settings)
    state, form = mine.state_dict(), other.state_dict()
    form["state"] = {
        number: {k: torch.tensor(float(v)) if k == "step" else torch.from_numpy(v) for k, v in entry.items()}
        for number, entry in state["state"].items()
    }
    other.load_state_dict(form)
    train(ours, mine, 5)
    for _ in range(5):
        other.zero_grad()
        sum(((p - 0.3) ** 4).sum() for p in theirs).backward()
        other.step()
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(p.data, q.detach().numpy(), rtol=1e-11)
    fresh = getattr(nn, name)(parameters((3,), (2, 2)), **settings)
    saved = other.state_dict()
    saved["state"] = {
        n: {"step": 10, **{k: v.numpy() for k, v in entry.items() if k in fresh.moments}}
        for n, entry in saved["state"].items()
    }
    fresh.load_state_dict(saved)
    for number, entry in mine.state_dict()["state"].items():
        for moment in fresh.moments:
            np.testing.assert_allclose(fresh.state_dict()["state"][number][moment], entry[moment], rtol=1e-11)


def test_adam_s_formula_written_out_for_one_number():
    (p,) = parameters(())
    optimizer = nn.Adam([p], lr=0.1, betas=(0.8, 0.9), eps=1e-3)
    x, m, v = p.item(), 0.0, 0.0
    for t in range(1, 6):
        g = 4 * (x - 0.3) ** 3
        m, v = 0.8 * m + 0.2 * g, 0.9 * v + 0.1 * g * g
        x -= 0.1 * (m / (1 - 0.8**t)) / ((v / (1 - 0.9**t)) ** 0.5 + 1e-3)
        train([p], optimizer)
        assert p.item() == pytest.approx(x, rel=1e-12)


@every_optimizer
def test_buffers_longer_than_a_block_are_updated_like_short_ones(make):
    rng = np.random.default_rng(0)
    long = nn.Parameter(rng.standard_normal(2 * BLOCK + 7))
    pieces = [nn.Parameter(piece) for piece in np.array_split(long.data, 5)]
    groups = [{"params": [piece]} for piece in pieces]
    train([long], make([long], weight_decay=0.1), 3)
    train(pieces, make(groups, weight_decay=0.1), 3)
    np.testing.assert_array_equal(long.data, np.concatenate(values(pieces)))


def test_updates_are_primitives_without_rules_that_say_what_they_change():
    assert sgd_update.mutates == ("values",)
    assert momentum_update.mutates == ("values", "velocity")
    assert adam_update.mutates == ("values", "mean", "square")
    assert [update.rules for update in (sgd_update, momentum_update, adam_update)] == [(), (), ()]


@every_optimizer
def test_whoever_watches_the_engine_sees_the_update(make):
    called = []

    class Watcher(ad.record):
        def called(self, primitive, *arguments):
            called.append(primitive.name)

    params = parameters((2,), (3,))
    optimizer = make(params)
    loss_of(params).backward()
    with Watcher():
        optimizer.step()
    assert len(called) == 1
    assert called[0].endswith("_update")


# Settings and groups.


@every_optimizer
def test_each_group_follows_its_own_settings_and_they_can_change(make):
    fast, slow, alone = parameters((3,), (3,), (3,))
    slow.data = alone.data = fast.data
    optimizer = make([{"params": [fast]}, {"params": slow, "lr": 0.001}])
    single = make([alone], lr=0.001)
    train([fast, slow], optimizer)
    train([alone], single)
    equal([slow.data], [alone.data])
    assert not np.array_equal(fast.data, slow.data)
    before = fast.numpy()
    optimizer.param_groups[0]["lr"] = 0.0
    train([fast, slow], optimizer)
    equal([fast.data], [before])


@every_optimizer
def test_dtypes_are_kept_apart_and_kept(make):
    params = [*parameters((2,), dtype=np.float32), *parameters((2,)), *parameters((2,), dtype=np.float32)]
    train(params, make(params), 2)
    assert [p.dtype for p in params] == [np.float32, np.float64, np.float32]
    assert [p.grad.dtype for p in params] == [np.float32, np.float64, np.float32]


W = nn.Parameter([1.0])
REFUSED = {
    "none": (lambda: nn.SGD([]), ValueError, "no parameters"),
    "a tensor": (lambda: nn.SGD(W), TypeError, "iterable"),
    "a module": (lambda: nn.Adam(nn.ReLU()), TypeError, "model.parameters"),
    "an array": (lambda: nn.SGD([np.zeros(2)]), TypeError, "must be a Tensor"),
    "integers": (lambda: nn.SGD([ad.Tensor([1, 2])]), ValueError, "floating-point"),
    "computed": (lambda: nn.SGD([W * 2]), ValueError, "only leaves"),
    "twice": (lambda: nn.SGD([W, W]), ValueError, "passed twice"),
    "in two groups": (lambda: nn.Adam([{"params": [W]}, {"params": [W]}]), ValueError, "passed twice"),
    "an unknown setting": (lambda: nn.SGD([{"params": [W], "rate": 1}]), TypeError, "rate"),
    "a group without params": (lambda: nn.SGD([{"lr": 1}]), TypeError, "'params'"),
    "a negative rate": (lambda: nn.SGD([W], lr=-1), ValueError, "lr is -1"),
    "a NaN rate": (lambda: nn.SGD([W], lr=float("nan")), ValueError, "lr is nan"),
    "a rate in words": (lambda: nn.SGD([W], lr="0.1"), ValueError, "lr is '0.1'"),
    "no rate": (lambda: nn.Adam([W], lr=None), ValueError, "lr is None"),
    "an infinite rate": (lambda: nn.Adam([W], lr=float("inf")), ValueError, "lr is inf.*finite"),
    "one beta": (lambda: nn.Adam([W], betas=0.9), ValueError, "betas is 0.9; needed are two"),
    "betas in words": (lambda: nn.Adam([W], betas=("a", "b")), ValueError, "betas is 'a'"),
    "a negative decay": (lambda: nn.Adam([{"params": [W], "weight_decay": -1}]), ValueError, "weight_decay"),
    "a momentum of 1": (lambda: nn.SGD([W], momentum=1), ValueError, "momentum"),
    "nesterov alone": (lambda: nn.SGD([W], nesterov=True), ValueError, "nesterov"),
    "nesterov, damped": (lambda: nn.SGD([W], momentum=0.9, dampening=0.1, nesterov=True), ValueError, "nesterov"),
    "a beta of 1": (lambda: nn.Adam([W], betas=(0.9, 1.0)), ValueError, "betas"),
    "a negative eps": (lambda: nn.Adam([W], eps=-1.0), ValueError, "eps"),
}


@pytest.mark.parametrize("refused", REFUSED)
def test_what_cannot_be_trained_is_refused_before_anything_moves(refused):
    make, error, message = REFUSED[refused]
    memory = W.data
    with pytest.raises(error, match=message):
        make()
    assert W.data is memory


# Saving and restoring.


@every_optimizer
@given(before=st.integers(0, 4), after=st.integers(1, 4))
def test_a_restored_state_continues_bit_by_bit(make, before, after):
    params = parameters((3, 2), (4,))
    optimizer = make(params)
    train(params, optimizer, before)
    fresh = parameters((3, 2), (4,), seed=1)
    other = make(fresh, lr=0.5)
    train(fresh, other, 2)  # what it remembers of that must go
    for p, q in zip(params, fresh, strict=True):
        q.data = p.data
    other.load_state_dict(pickle.loads(pickle.dumps(optimizer.state_dict())))
    train(params, optimizer, after)
    train(fresh, other, after)
    equal(values(params), values(fresh))


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


def test_a_state_that_does_not_fit_is_refused_with_every_reason_and_changes_nothing():
    params = parameters((2,), (3,))
    optimizer = nn.Adam(params)
    train(params, optimizer)
    before = optimizer.state_dict()
    wrong = copy.deepcopy(before)
    wrong["state"][0]["exp_avg"] = np.zeros(5)
    del wrong["state"][1]["exp_avg_sq"]
    wrong["state"][7] = {}
    wrong["param_groups"][0]["params"] = [0]
    del wrong["param_groups"][0]["eps"]
    with pytest.raises(ValueError, match="nothing was changed") as refused:
        optimizer.load_state_dict(wrong)
    for reason in ("groups of", "exp_avg of parameter 0 is (5,)", "1 has no exp_avg_sq", "parameter 7", "has no eps"):
        assert reason in str(refused.value)
    np.testing.assert_equal(optimizer.state_dict(), before)


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["deepcopy", "pickle"])
@every_optimizer
def test_a_model_and_its_optimizer_are_copied_together(make, clone):
    model = nn.MLP([2, 4, 1], dtype=np.float64)
    optimizer = make(model.parameters())
    x = np.random.default_rng(0).standard_normal((8, 2))

    def advance(model, optimizer):
        optimizer.zero_grad()
        ad.square(model(x)).sum().backward()
        optimizer.step()

    advance(model, optimizer)
    twin, other = clone((model, optimizer))
    assert [id(p) for p in twin.parameters()] == [id(p) for p in other.param_groups[0]["params"]]
    start = values(model.parameters())
    advance(twin, other)
    equal(values(model.parameters()), start)
    advance(model, optimizer)
    equal(values(model.parameters()), values(twin.parameters()))


def test_repr_shows_settings_and_counts():
    assert repr(nn.SGD(parameters((3, 2), (4,)), lr=0.5)) == (
        "SGD(lr=0.5, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False): 2 tensors, 10 parameters"
    )
