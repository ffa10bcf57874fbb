"""Optimizers follow PyTorch's formulas, or Keras's and the running mean's where they are asked to."""
import numpy as np
import pytest

import autodiff as ad
import nn
from nn.optim import updates
from nn.optim.updates import BLOCK
from tests.nn.optim.optimizers import OPTIMIZERS, equal, every_optimizer, loss_of, parameters, train, values

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
    ("AdamW", {"lr": 0.02}),
    ("AdamW", {"lr": 0.05, "betas": (0.5, 0.9), "eps": 1e-2, "weight_decay": 0.3}),
    ("AdamW", {"lr": 0.02, "weight_decay": 0.0}),
    ("RMSprop", {"lr": 0.02}),
    ("RMSprop", {"lr": 0.02, "alpha": 0.8, "eps": 1e-3, "weight_decay": 0.1}),
    ("RMSprop", {"lr": 0.005, "momentum": 0.8}),
    # eps well above rounding: at the first steps s - m² cancels to nothing, and what is left is divided by it
    ("RMSprop", {"lr": 0.02, "centered": True, "alpha": 0.9, "eps": 1e-2}),
    ("RMSprop", {"lr": 0.005, "centered": True, "alpha": 0.9, "momentum": 0.7, "eps": 1e-2, "weight_decay": 0.1}),
    ("Adagrad", {"lr": 0.1}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1, "eps": 1e-2}),
    ("Adagrad", {"lr": 0.1, "initial_accumulator_value": 0.5}),
]


@pytest.mark.parametrize(("name", "settings"), SETTINGS, ids=[f"{n}-{'-'.join(s)}" for n, s in SETTINGS])
def test_fifty_steps_are_those_of_pytorch(name, settings, torch):
    """While the rate changes, too."""
    ours = parameters((3, 2), (4,), ())
    theirs = [torch.tensor(p.data, requires_grad=True) for p in ours]
    mine, other = getattr(nn, name)(ours, **settings), getattr(torch.optim, name)(theirs, **settings)
    rng = np.random.default_rng(1)
    for step in range(50):
        shift = rng.standard_normal()
        for params, optimizer in ((ours, mine), (theirs, other)):
            optimizer.param_groups[0]["lr"] = settings["lr"] * 0.97**step
            optimizer.zero_grad()
            sum((((p - shift) ** 2) * (p + 1) ** 2).sum() for p in params).backward()
            optimizer.step()
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(p.data, q.detach().numpy(), rtol=1e-11, atol=1e-13)


# Keras's forms and the running mean's, written out for one number at a time.


def gradient(x, step):
    return 4 * (x - 0.3) ** 3 + np.sin(7.0 * step)


def follow(make, rule, rates, weight_decay=0.0):
    """Ours against a rule `rule(x, g, lr, t)` that gives the new value, with another rate at every step."""
    (p,) = parameters((3,))
    optimizer = make([p])
    x = p.numpy()
    for t, lr in enumerate(rates, start=1):
        p.grad = ad.Tensor(gradient(p.data, t))
        optimizer.param_groups[0]["lr"] = lr
        optimizer.step()
        x = rule(x, gradient(x, t) + weight_decay * x, lr, t)
        np.testing.assert_allclose(p.data, x, rtol=1e-12, atol=1e-14)
    return p.numpy()


CONSTANT = [0.01] * 50
FALLING = [0.01 * 0.9**t for t in range(50)]
changing = pytest.mark.parametrize("rates", [CONSTANT, FALLING], ids=["constant", "falling"])


@changing
@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
def test_keras_s_velocity_takes_the_rate_in(rates, nesterov, weight_decay):
    m, v = 0.8, np.zeros(3)

    def rule(x, g, lr, t):
        nonlocal v
        v = m * v - lr * g
        return x + m * v - lr * g if nesterov else x + v

    settings = {"momentum": m, "nesterov": nesterov, "weight_decay": weight_decay, "form": "keras"}
    follow(lambda params: nn.SGD(params, **settings), rule, rates, weight_decay)


@changing
@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
def test_the_running_mean_s_velocity_takes_the_rate_and_its_share_in(rates, weight_decay):
    m, v = 0.8, np.zeros(3)

    def rule(x, g, lr, t):
        nonlocal v
        v = m * v + (1 - m) * lr * g
        return x - v

    settings = {"momentum": m, "weight_decay": weight_decay, "form": "ema"}
    follow(lambda params: nn.SGD(params, **settings), rule, rates, weight_decay)


@changing
@pytest.mark.parametrize("nesterov", [False, True])
def test_pytorch_s_velocity_leaves_the_rate_out(rates, nesterov):
    m, v = 0.8, np.zeros(3)

    def rule(x, g, lr, t):
        nonlocal v
        v = m * v + g
        return x - lr * (g + m * v if nesterov else v)

    follow(lambda params: nn.SGD(params, momentum=m, nesterov=nesterov), rule, rates)


def paths(forms, rates, momentum=0.8, **settings):
    found = []
    for form in forms:
        (p,) = parameters((3,))
        optimizer = nn.SGD([p], momentum=momentum, form=form, **settings)
        for t, lr in enumerate(rates, start=1):
            p.grad = ad.Tensor(gradient(p.data, t))
            optimizer.param_groups[0]["lr"] = lr
            optimizer.step()
        found.append(p.numpy())
    return found


@pytest.mark.parametrize("nesterov", [False, True])
def test_pytorch_s_and_keras_s_velocity_differ_exactly_when_the_rate_changes(nesterov):
    one, other = paths(("pytorch", "keras"), CONSTANT, nesterov=nesterov)
    np.testing.assert_allclose(one, other, rtol=1e-12)
    one, other = paths(("pytorch", "keras"), FALLING, nesterov=nesterov)
    assert np.abs(one - other).min() > 1e-3


def test_after_the_rate_drops_to_zero_keras_s_form_moves_on_and_pytorch_s_stops():
    rates = [0.01] * 5
    stopped, rolling, mean = (
        np.abs(after - before)
        for before, after in zip(
            paths(("pytorch", "keras", "ema"), rates), paths(("pytorch", "keras", "ema"), [*rates, 0.0]), strict=True
        )
    )
    assert not stopped.any()
    assert (rolling > 1e-3).all()
    np.testing.assert_array_less(mean, rolling)


def test_the_running_mean_with_a_rate_is_keras_s_form_with_a_smaller_one():
    """(1 - momentum) enters like the rate: ten times the rate makes up for a momentum of 0.9."""
    (mean,) = paths(("ema",), [10 * lr for lr in FALLING], momentum=0.9)
    (keras,) = paths(("keras",), FALLING, momentum=0.9)
    np.testing.assert_allclose(mean, keras, rtol=1e-11)


def test_without_a_momentum_all_forms_are_plain_descent():
    plain, keras, mean = paths(("pytorch", "keras", "ema"), FALLING, momentum=0.0)
    np.testing.assert_array_equal(plain, keras)
    np.testing.assert_array_equal(plain, mean)


@changing
@pytest.mark.parametrize("eps", [1e-7, 1e-2])
@pytest.mark.parametrize(("name", "weight_decay"), [("Adam", 0.0), ("Adam", 0.1), ("AdamW", 0.1)])
def test_keras_s_adam_adds_eps_before_the_bias_is_corrected(rates, eps, name, weight_decay):
    b1, b2, m, v = 0.8, 0.9, np.zeros(3), np.zeros(3)

    def rule(x, g, lr, t):
        nonlocal m, v
        if name == "AdamW":
            x = x - lr * weight_decay * x
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
        return x - lr * np.sqrt(1 - b2**t) / (1 - b1**t) * m / (np.sqrt(v) + eps)

    settings = {"betas": (b1, b2), "eps": eps, "weight_decay": weight_decay, "form": "keras"}
    follow(
        lambda params: getattr(nn, name)(params, **settings), rule, rates, weight_decay if name == "Adam" else 0.0
    )


def test_the_two_forms_of_adam_differ_by_the_weight_of_eps():
    found = []
    for form in ("pytorch", "keras"):
        p = nn.Parameter([0.0])
        p.grad = ad.Tensor([1.0])
        nn.Adam([p], lr=1.0, eps=1.0, form=form).step()
        found.append(-p.item())
    root = np.sqrt(1 - 0.999)  # of c₂ after one step
    np.testing.assert_allclose(found, [1 / (1 + 1), 1 * root / (root + 1)])


def test_adamw_decays_beside_the_step_and_adam_in_the_gradient():
    beside, inside = nn.Parameter([2.0]), nn.Parameter([2.0])
    for p, optimizer in ((beside, nn.AdamW), (inside, nn.Adam)):
        p.grad = ad.Tensor([0.0])
        optimizer([p], lr=0.1, weight_decay=0.3).step()
    np.testing.assert_allclose(beside.data, 2.0 * (1 - 0.1 * 0.3))
    np.testing.assert_allclose(inside.data, 2.0 - 0.1)  # the decay is all there is, and is scaled to the rate


def test_a_weight_decay_of_beta_is_the_gradient_of_half_beta_times_the_sum_of_squares():
    (p,), (q,) = parameters((4,)), parameters((4,))
    one, other = nn.SGD([p], lr=0.1, weight_decay=0.3), nn.SGD([q], lr=0.1)
    for _ in range(10):
        one.zero_grad()
        other.zero_grad()
        loss_of([p]).backward()
        (loss_of([q]) + 0.3 / 2 * (q * q).sum()).backward()
        one.step()
        other.step()
    np.testing.assert_allclose(p.data, q.data, rtol=1e-13)


def test_a_constant_gradient_makes_no_negative_variance():
    """s - m² is 0 up to rounding, on either side; a root of less than 0 would be NaN."""
    p = nn.Parameter(np.zeros(64))
    optimizer = nn.RMSprop([p], lr=1e-3, alpha=0.5, centered=True, eps=1e-3)
    g = ad.Tensor(np.random.default_rng(0).uniform(0.1, 1.0, 64))
    for _ in range(100):
        p.grad = g
        optimizer.step()
    assert np.isfinite(p.data).all()


# Over the buffers.


@every_optimizer
def test_buffers_longer_than_a_block_are_updated_like_short_ones(make):
    rng = np.random.default_rng(0)
    long = nn.Parameter(rng.standard_normal(2 * BLOCK + 7))
    pieces = [nn.Parameter(piece) for piece in np.array_split(long.data, 5)]
    groups = [{"params": [piece]} for piece in pieces]
    train([long], make([long], weight_decay=0.1), 3)
    train(pieces, make(groups, weight_decay=0.1), 3)
    np.testing.assert_array_equal(long.data, np.concatenate(values(pieces)))


@pytest.mark.parametrize(
    ("name", "changed"),
    {
        "sgd_update": ("values",),
        "momentum_update": ("values", "velocity"),
        "adam_update": ("values", "mean", "square"),
        "rmsprop_update": ("values", "square", "mean", "velocity"),
        "adagrad_update": ("values", "total"),
        "clip_by_norm": ("gradient",),
        "clip_by_value": ("gradient",),
    }.items(),
)
def test_updates_are_primitives_without_rules_that_say_what_they_change(name, changed):
    update = getattr(updates, name)
    assert update.mutates == changed
    assert update.rules == ()


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


@every_optimizer
def test_nothing_but_the_primitive_changes_what_is_remembered(make):
    """Denormals too are set to zero inside of it, by the count of the steps that it is given."""
    name = {nn.Adagrad: "adagrad", nn.RMSprop: "rmsprop", nn.SGD: "sgd"}.get(type(make(parameters((1,)))), "adam")
    module = __import__(f"nn.optim.{name}", fromlist=[name])
    params = parameters((3,))
    optimizer = make(params)
    train(params, optimizer, 63)
    before = values(params), optimizer.state_dict()
    with pytest.MonkeyPatch.context() as patch:
        for update in ("sgd_update", "momentum_update", "adam_update", "rmsprop_update", "adagrad_update"):
            if hasattr(module, update):
                patch.setattr(module, update, lambda *_, **__: None)
        optimizer.step()
    equal(values(params), before[0])
    for name in optimizer.used_moments(optimizer.param_groups[0]):
        np.testing.assert_array_equal(optimizer.state_dict()["state"][0][name], before[1]["state"][0][name])


@every_optimizer
@pytest.mark.parametrize("number", [np.float64, np.float32])
def test_the_type_of_a_setting_does_not_reach_the_arithmetic(make, number):
    """A np.float64 as rate would make a float32 update compute in float64: its last bits would differ."""
    one, other = parameters((40,), dtype=np.float32), parameters((40,), dtype=np.float32)
    rate, decay = float(np.float32(0.003)), float(np.float32(0.1))
    mine = make(one, lr=rate, weight_decay=decay)
    typed = make(other, lr=number(rate), weight_decay=number(decay))
    for step in range(5):
        if step == 3:  # changed by hand, as a schedule may
            for group in typed.param_groups:
                group.update({k: number(v) for k, v in group.items() if isinstance(v, float) and k != "betas"})
            for group in mine.param_groups:
                group.update({k: float(number(v)) for k, v in group.items() if isinstance(v, float)})
        train(one, mine)
        train(other, typed)
    equal(values(one), values(other))
    assert one[0].dtype == other[0].dtype == np.float32


def test_every_class_of_optimizer_is_among_those_tested_here():
    made = {type(make(parameters((1,)))) for make in OPTIMIZERS.values()}
    public = {getattr(nn.optim, name) for name in nn.optim.__all__}
    optimizers = {value for value in public if isinstance(value, type) and issubclass(value, nn.optim.Optimizer)}
    assert made == optimizers - {nn.optim.Optimizer}
