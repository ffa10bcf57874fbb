"""Schedules follow PyTorch's formulas, and Keras's, from any point at which they were saved."""
import copy
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from nn import schedules

RATES = (0.1, 0.03)


def optimizer_with(*rates):
    return nn.SGD([{"params": [nn.Parameter([1.0])], "lr": rate} for rate in rates or RATES])


def rates_of(optimizer):
    return [group["lr"] for group in optimizer.param_groups]


def metrics(count, seed=0):
    """Falls, with noise and long plateaus."""
    rng = np.random.default_rng(seed)
    falling = np.repeat(np.exp(-np.arange(count // 20 + 1) / 3), 20)[:count]
    return (falling + 0.02 * rng.standard_normal(count)).tolist()


def follow(schedule, count, numbers=None):
    """The rates of all groups at every step, those before the first one included."""
    found = [rates_of(schedule.optimizer)]
    for step in range(count):
        if isinstance(schedule, schedules.ReduceLROnPlateau):
            schedule.step(numbers[step])
        else:
            schedule.step()
        found.append(rates_of(schedule.optimizer))
    return found


# The same arguments for ours and PyTorch's.
SETTINGS = [
    ("ExponentialLR", {"gamma": 0.98}),
    ("ExponentialLR", {"gamma": 1.02}),
    ("StepLR", {"step_size": 30}),
    ("StepLR", {"step_size": 1, "gamma": 0.97}),
    ("MultiStepLR", {"milestones": [20, 90, 91, 150], "gamma": 0.3}),
    ("MultiStepLR", {"milestones": [60, 20, 20], "gamma": 0.5}),
    ("MultiStepLR", {"milestones": []}),
    ("CosineAnnealingLR", {"T_max": 200}),
    ("CosineAnnealingLR", {"T_max": 60, "eta_min": 0.002}),
    ("LinearLR", {}),
    ("LinearLR", {"start_factor": 0.01, "total_iters": 150}),
    ("LinearLR", {"start_factor": 1.0, "end_factor": 0.1, "total_iters": 80}),
    ("LambdaLR", {"lr_lambda": lambda count: 0.95**count / (1 + count)}),
    ("ReduceLROnPlateau", {}),
    ("ReduceLROnPlateau", {"factor": 0.5, "patience": 3, "cooldown": 4, "min_lr": 1e-3}),
    ("ReduceLROnPlateau", {"factor": 0.3, "patience": 0, "threshold": 0.05, "threshold_mode": "abs"}),
    ("ReduceLROnPlateau", {"mode": "max", "factor": 0.7, "patience": 2, "min_lr": [1e-2, 1e-4]}),
    ("ReduceLROnPlateau", {"mode": "max", "threshold_mode": "abs", "patience": 1, "eps": 1e-3}),
]
every_schedule = pytest.mark.parametrize(
    ("name", "settings"), SETTINGS, ids=[f"{n}-{'-'.join(s)}" for n, s in SETTINGS]
)


@every_schedule
def test_two_hundred_steps_are_those_of_pytorch(name, settings, torch):
    found = follow(getattr(schedules, name)(optimizer_with(), **settings), 200, metrics(200))
    groups = [{"params": [torch.zeros(1, requires_grad=True)], "lr": rate} for rate in RATES]
    other = torch.optim.SGD(groups, lr=0.1)
    twin = getattr(torch.optim.lr_scheduler, name)(other, **settings)
    expected = [rates_of(other)]
    for number in metrics(200):
        other.step()
        twin.step(number) if name == "ReduceLROnPlateau" else twin.step()
        expected.append(rates_of(other))
    # PyTorch multiplies the last rate, which rounds at every step; near a cosine's zero that is all there is.
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-15)


def test_a_warm_up_before_another_schedule_is_that_of_pytorch(torch):
    def build(package, optimizer):
        parts = [
            package.LinearLR(optimizer, 0.1, total_iters=10),
            package.CosineAnnealingLR(optimizer, 100, 0.001),
            package.StepLR(optimizer, 20, 0.5),
        ]
        return package.SequentialLR(optimizer, parts, [10, 110])

    found = follow(build(schedules, optimizer_with()), 200)
    groups = [{"params": [torch.zeros(1, requires_grad=True)], "lr": rate} for rate in RATES]
    other = torch.optim.SGD(groups, lr=0.1)
    twin = build(torch.optim.lr_scheduler, other)
    expected = [rates_of(other)]
    for _ in range(200):
        other.step()
        twin.step()
        expected.append(rates_of(other))
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("staircase", [False, True])
@pytest.mark.parametrize(("steps", "rate"), [(5000, 0.96), (400, 0.85), (7, 0.5), (2.5, 1.1)])
def test_exponential_decay_is_keras_s_formula(steps, rate, staircase):
    """lr0 * rate^(step / steps), where step counts the batches from 0; the exponent rounded down for a staircase."""
    schedule = schedules.ExponentialDecay(optimizer_with(), steps, rate, staircase)
    assert schedule.interval == "step"
    for step, found in enumerate(follow(schedule, 200)):
        exponent = step / steps
        expected = [lr0 * rate ** (math.floor(exponent) if staircase else exponent) for lr0 in RATES]
        np.testing.assert_allclose(found, expected, rtol=1e-13)


def test_exponential_decay_agrees_with_the_labs_settings():
    """0.1 falls by 0.96 every 5,000 batches: after 32,000 (100 epochs of 320) it is 0.1 * 0.96^6.4."""
    schedule = schedules.ExponentialDecay(optimizer_with(0.1), 5000, 0.96)
    follow(schedule, 32_000)
    assert schedule.get_last_lr()[0] == pytest.approx(0.1 * 0.96**6.4, rel=1e-12)


# Saving and restoring.

RESTORED = [*SETTINGS, ("ExponentialDecay", {"decay_steps": 7, "decay_rate": 0.9, "staircase": True})]


@pytest.mark.parametrize(("name", "settings"), RESTORED, ids=[f"{n}-{'-'.join(s)}" for n, s in RESTORED])
@given(before=st.integers(0, 60), after=st.integers(1, 60))
def test_a_restored_schedule_continues_equally_from_any_step(name, settings, before, after):
    """Also where the new one was made with other settings, over an optimizer with other rates; by way of JSON."""
    numbers = metrics(before + after)
    schedule = getattr(schedules, name)(optimizer_with(), **settings)
    follow(schedule, before, numbers)
    others = {"gamma": 0.5, "step_size": 3, "decay_rate": 0.1, "T_max": 9, "factor": 0.9, "total_iters": 3}
    changed = {key: others.get(key, value) for key, value in settings.items()}
    fresh = getattr(schedules, name)(optimizer_with(0.5, 0.7), **changed)
    follow(fresh, 3, [0.1, 0.2, 0.3])
    fresh.load_state_dict(json.loads(json.dumps(schedule.state_dict(), allow_nan=False)))
    assert repr(fresh) == repr(schedule)
    assert follow(fresh, after, numbers[before:]) == follow(schedule, after, numbers[before:])
    assert fresh.state_dict() == schedule.state_dict()


@given(before=st.integers(0, 25), after=st.integers(1, 20))
def test_a_restored_sequence_continues_equally_from_any_step(before, after):
    def build(gamma, *rates):
        optimizer = optimizer_with(*rates)
        parts = [schedules.LinearLR(optimizer, 0.1, total_iters=8), schedules.ExponentialLR(optimizer, gamma)]
        return schedules.SequentialLR(optimizer, parts, [8])

    schedule, fresh = build(0.9), build(0.5, 1.0, 2.0)
    follow(schedule, before)
    fresh.load_state_dict(json.loads(json.dumps(schedule.state_dict())))
    assert repr(fresh) == repr(schedule)
    assert follow(fresh, after) == follow(schedule, after)


def test_a_schedule_made_after_the_optimizer_was_restored_begins_where_the_first_one_began():
    optimizer = optimizer_with()
    schedule = schedules.StepLR(optimizer, 2, 0.5)
    follow(schedule, 5)
    restored = optimizer_with(1.0, 1.0)
    restored.load_state_dict(optimizer.state_dict())
    assert rates_of(restored) == rates_of(optimizer)
    again = schedules.StepLR(restored, 2, 0.5)
    again.load_state_dict(schedule.state_dict())
    assert follow(again, 10) == follow(schedule, 10)
    assert [group["initial_lr"] for group in restored.param_groups] == list(RATES)


def test_the_order_in_which_schedule_and_optimizer_are_restored_does_not_matter():
    optimizer = optimizer_with()
    schedule = schedules.ReduceLROnPlateau(optimizer, patience=0)
    follow(schedule, 30, metrics(30))
    found = []
    for order in (0, 1):
        other = optimizer_with(0.7, 0.9)
        twin = schedules.ReduceLROnPlateau(other)
        for restore in [lambda o=other: o.load_state_dict(optimizer.state_dict()),
                        lambda t=twin: t.load_state_dict(schedule.state_dict())][:: 1 - 2 * order]:  # fmt: skip
            restore()
        found.append(follow(twin, 30, metrics(30, seed=1)))
    assert found[0] == found[1] == follow(schedule, 30, metrics(30, seed=1))


def changed(**changes):
    return lambda state: {**state, **changes}


def without(name):
    return lambda state: {key: value for key, value in state.items() if key != name}


WRONG_STATES = {
    "no dict": (lambda state: None, "it is a NoneType"),
    "nothing": (lambda state: {}, "it has no 'patience'\n"),
    "a key less": (without("best"), "it has no 'best'"),
    "a negative count": (changed(last_epoch=-1), "last_epoch is -1"),
    "another interval": (changed(interval="day"), "interval is 'day'"),
    "a factor of 2": (changed(factor=2.0), "factor is 2.0"),
    "a NaN best": (changed(best=float("nan")), "best is nan"),
    "a best in words": (changed(best="good"), "best is 'good'"),
    "half a bad epoch": (changed(num_bad_epochs=0.5), "num_bad_epochs is 0.5"),
    "one group": (changed(lr=[0.1]), r"lr is \[0.1\]; needed are 2 numbers"),
    "a NaN rate": (changed(lr=[0.1, float("nan")]), "lr is "),
}


@pytest.mark.parametrize("kind", WRONG_STATES)
def test_a_state_that_does_not_fit_is_refused_and_changes_nothing(kind):
    make, reason = WRONG_STATES[kind]
    schedule = schedules.ReduceLROnPlateau(optimizer_with())
    follow(schedule, 20, metrics(20))
    before = schedule.state_dict()
    with pytest.raises(ValueError, match="nothing was changed") as refused:
        schedule.load_state_dict(make(copy.deepcopy(before)))
    assert reason.replace("\\", "") in str(refused.value)
    assert schedule.state_dict() == before


def test_every_reason_against_a_state_is_listed():
    schedule = schedules.StepLR(optimizer_with(), 3)
    with pytest.raises(ValueError, match="nothing was changed") as refused:
        schedule.load_state_dict(
            {"interval": 1, "step_size": 0, "gamma": -1, "last_epoch": "x", "initial_lr": 3, "lr": [0.1, -1]}
        )
    for reason in ("interval is 1", "step_size is 0", "gamma is -1", "last_epoch is 'x'", "initial_lr is 3", "lr is ["):
        assert reason in str(refused.value)


def test_a_state_of_a_sequence_is_checked_down_to_its_parts():
    def build(count):
        optimizer = optimizer_with()
        parts = [schedules.ExponentialLR(optimizer, 0.9) for _ in range(count)]
        return schedules.SequentialLR(optimizer, parts, list(range(1, count)))

    two, three = build(2), build(3)
    with pytest.raises(ValueError, match="milestones is"):
        two.load_state_dict(three.state_dict())
    state = two.state_dict()
    with pytest.raises(ValueError, match="needed are the states of 2 schedules"):
        two.load_state_dict({**state, "schedulers": []})
    with pytest.raises(ValueError, match=r"schedulers\[1\]: gamma is -1"):
        two.load_state_dict({**state, "schedulers": [state["schedulers"][0], {**state["schedulers"][1], "gamma": -1}]})


# What they promise beside the formula.


def test_rates_follow_from_the_first_one_of_each_group():
    optimizer = optimizer_with()
    schedule = schedules.ExponentialLR(optimizer, 0.5)
    assert [group["initial_lr"] for group in optimizer.param_groups] == list(RATES)
    optimizer.param_groups[0]["lr"] = 123.0  # by hand: until the next step
    schedule.step()
    assert schedule.get_last_lr() == rates_of(optimizer) == [0.05, 0.015]


def test_a_group_that_is_added_later_begins_at_its_own_rate():
    optimizer = optimizer_with(0.1)
    schedules_made = schedules.ExponentialLR(optimizer, 0.5), schedules.ReduceLROnPlateau(optimizer, min_lr=[0.01])
    schedules_made[0].step()
    optimizer.add_param_group({"params": nn.Parameter([2.0]), "lr": 0.8})
    schedules_made[0].step()
    assert rates_of(optimizer) == [0.025, 0.2]
    for _ in range(40):
        schedules_made[1].step(1.0)
    assert rates_of(optimizer)[0] == 0.01
    assert rates_of(optimizer)[1] < 0.01


def test_the_optimizer_learns_with_the_rate_that_is_set():
    p, optimizer = nn.Parameter([1.0]), None
    optimizer = nn.SGD([p], lr=1.0)
    schedule = schedules.StepLR(optimizer, 1, 0.5)
    for expected in (0.0, -0.5, -0.75):
        optimizer.zero_grad()
        p.sum().backward()
        optimizer.step()
        schedule.step()
        assert p.item() == expected


def test_any_object_with_groups_of_rates_will_do():
    class Own:
        param_groups = [{"lr": 1.0}]  # noqa: RUF012 (as short as can be)

    schedule = schedules.ExponentialLR(Own(), 0.5)
    schedule.step()
    assert schedule.get_last_lr() == [0.5]


@pytest.mark.parametrize("interval", ["epoch", "step"])
def test_the_interval_is_what_was_asked_for(interval):
    for name, settings in SETTINGS:
        schedule = getattr(schedules, name)(optimizer_with(), **settings, interval=interval)
        assert schedule.interval == interval
    optimizer = optimizer_with()
    sequence = schedules.SequentialLR(optimizer, [schedules.StepLR(optimizer, 1, interval=interval)], [])
    assert sequence.interval == interval


def test_settings_become_plain_numbers():
    schedule = schedules.MultiStepLR(optimizer_with(), (np.int64(3), 5), np.float64(0.5))
    schedule.step()
    assert [type(value) for value in (*schedule.milestones, schedule.gamma, *rates_of(schedule.optimizer))] == [
        int, int, float, float, float,
    ]  # fmt: skip


def test_repr_shows_settings_and_state():
    optimizer = optimizer_with(0.1)
    warm_up = schedules.LinearLR(optimizer, 0.5, total_iters=2, interval="step")
    schedule = schedules.SequentialLR(optimizer, [warm_up, schedules.StepLR(optimizer, 3, interval="step")], [2])
    follow(schedule, 6)
    assert repr(schedule) == (
        "SequentialLR(milestones=[2], interval='step'): after 6 steps, lr 0.01\n"
        "  LinearLR(start_factor=0.5, end_factor=1.0, total_iters=2, interval='step')\n"
        "  StepLR(step_size=3, gamma=0.1, interval='step')"
    )
    plateau = schedules.ReduceLROnPlateau(optimizer_with(0.1), patience=2)
    plateau.step(1.0)
    assert "patience=2" in repr(plateau)
    assert repr(plateau).endswith("after 1 epoch, lr 0.1")


@pytest.mark.parametrize("first", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("mode", ["min", "max"])
def test_a_plateau_takes_numbers_that_are_not_finite_as_pytorch_does(first, mode, torch):
    numbers = [first, 1.0, math.nan, 1.0, math.inf, 0.5, -math.inf, 2.0, math.nan]
    schedule = schedules.ReduceLROnPlateau(optimizer_with(0.1), mode, patience=1, factor=0.5)
    other = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    twin = torch.optim.lr_scheduler.ReduceLROnPlateau(other, mode, patience=1, factor=0.5)
    for number in numbers:
        schedule.step(number)
        twin.step(number)
        assert rates_of(schedule.optimizer) == rates_of(other)


def test_a_plateau_takes_tensors_and_numpy_numbers():
    schedule = schedules.ReduceLROnPlateau(optimizer_with(), patience=0)
    for number in (np.float32(1.0), np.array(0.5), nn.Parameter(0.25), 1):
        schedule.step(number)
    assert schedule.best == 0.25
    assert type(schedule.best) is float
    assert schedule.get_last_lr() == pytest.approx([0.01, 0.003])


# What is refused.

REFUSED = {
    "a negative gamma": (lambda o: schedules.ExponentialLR(o, -0.1), ValueError, "gamma is -0.1"),
    "a gamma in words": (lambda o: schedules.ExponentialLR(o, "0.9"), ValueError, "gamma is '0.9'"),
    "a NaN gamma": (lambda o: schedules.StepLR(o, 1, math.nan), ValueError, "gamma is nan"),
    "a true gamma": (lambda o: schedules.StepLR(o, 1, True), ValueError, "gamma is True"),
    "steps of 0": (lambda o: schedules.StepLR(o, 0), ValueError, "step_size is 0; it must be a whole number of at"),
    "half a step": (lambda o: schedules.StepLR(o, 1.5), ValueError, "step_size is 1.5"),
    "decay over no steps": (lambda o: schedules.ExponentialDecay(o, 0, 0.9), ValueError, "decay_steps is 0;.* greater"),
    "a negative rate": (lambda o: schedules.ExponentialDecay(o, 10, -1), ValueError, "decay_rate is -1"),
    "stairs in words": (lambda o: schedules.ExponentialDecay(o, 10, 1, "no"), ValueError, "staircase is 'no'"),
    "one milestone": (lambda o: schedules.MultiStepLR(o, 3), ValueError, "milestones is 3"),
    "negative milestones": (lambda o: schedules.MultiStepLR(o, [3, -1]), ValueError, "milestones is"),
    "no cosine": (lambda o: schedules.CosineAnnealingLR(o, 0), ValueError, "T_max is 0"),
    "a negative minimum": (lambda o: schedules.CosineAnnealingLR(o, 5, -1), ValueError, "eta_min is -1"),
    "a start of 0": (lambda o: schedules.LinearLR(o, 0.0), ValueError, "start_factor is 0.0;.* greater than 0"),
    "a start above 1": (lambda o: schedules.LinearLR(o, 1.5), ValueError, "start_factor is 1.5;.* at most 1"),
    "an end above 1": (lambda o: schedules.LinearLR(o, 0.5, 2), ValueError, "end_factor is 2;.* at most 1"),
    "a line of 0": (lambda o: schedules.LinearLR(o, total_iters=0), ValueError, "total_iters is 0"),
    "no function": (lambda o: schedules.LambdaLR(o, 0.5), TypeError, "lr_lambda is 0.5"),
    "another mode": (lambda o: schedules.ReduceLROnPlateau(o, "mean"), ValueError, "mode is 'mean'"),
    "a factor of 1": (lambda o: schedules.ReduceLROnPlateau(o, factor=1), ValueError, "factor is 1"),
    "no patience": (lambda o: schedules.ReduceLROnPlateau(o, patience=-1), ValueError, "patience is -1"),
    "a threshold mode": (lambda o: schedules.ReduceLROnPlateau(o, threshold_mode="x"), ValueError, "threshold_mode is"),
    "three minima": (lambda o: schedules.ReduceLROnPlateau(o, min_lr=[0, 0, 0]), ValueError, "or 2, one per group"),
    "no name to monitor": (lambda o: schedules.ReduceLROnPlateau(o, monitor=3), ValueError, "monitor is 3"),
    "two at once": (lambda o: schedules.StepLR(o, 0, -1), ValueError, "step_size is 0.*; gamma is -1"),
    "another interval": (lambda o: schedules.StepLR(o, 1, interval="day"), ValueError, "interval is 'day'"),
    "no optimizer": (lambda o: schedules.StepLR(0.1, 1), TypeError, "optimizer is a float"),
    "no schedules": (lambda o: schedules.SequentialLR(o, [], []), ValueError, "the intervals"),
    "a plateau in a row": (
        lambda o: schedules.SequentialLR(o, [schedules.ReduceLROnPlateau(o)], []), ValueError, r"\[0\] is a ReduceLR"
    ),
    "two optimizers": (
        lambda o: schedules.SequentialLR(o, [schedules.StepLR(optimizer_with(), 1)], []), ValueError, "another optim"
    ),
    "two intervals": (
        lambda o: schedules.SequentialLR(
            o, [schedules.StepLR(o, 1), schedules.StepLR(o, 1, interval="step")], [1]
        ), ValueError, r"\['epoch', 'step'\]",
    ),
    "no milestones": (
        lambda o: schedules.SequentialLR(o, [schedules.StepLR(o, 1)] * 2, []), ValueError, "needed are 1 rising"
    ),
    "falling milestones": (
        lambda o: schedules.SequentialLR(o, [schedules.StepLR(o, 1)] * 3, [5, 5]), ValueError, "needed are 2 rising"
    ),
}  # fmt: skip


@pytest.mark.parametrize("refused", REFUSED)
def test_settings_out_of_range_are_refused_with_the_reason(refused):
    make, error, message = REFUSED[refused]
    optimizer = optimizer_with()
    with pytest.raises(error, match=message):
        make(optimizer)
    assert rates_of(optimizer) == list(RATES)


@pytest.mark.parametrize("metric", [None, "0.5", [0.5], np.array([0.5])])
def test_a_plateau_wants_a_number(metric):
    schedule = schedules.ReduceLROnPlateau(optimizer_with())
    with pytest.raises(TypeError, match="needed is the number that is watched"):
        schedule.step(metric)
    assert schedule.last_epoch == 0


def test_fit_hands_over_the_column_that_a_plateau_monitors():
    x, y = np.zeros((8, 2), np.float32), np.zeros(8, int)
    model = nn.Linear(2, 2)
    optimizer = nn.SGD(model.parameters(), lr=0.0)
    schedule = schedules.ReduceLROnPlateau(optimizer, "max", monitor="accuracy")
    history = nn.fit(
        model, (x, y), nn.CrossEntropyLoss(), optimizer, epochs=2, schedule=schedule, progress=False
    )  # fmt: skip
    assert schedule.last_epoch == 2
    assert schedule.best == history["accuracy"][0]


def test_a_formula_without_a_rate_says_so():
    class Idle(schedules.Formula):
        pass

    with pytest.raises(TypeError, match="Idle has no rate"):
        Idle(optimizer_with())


@pytest.mark.parametrize("rate", [-1.0, np.nan, np.inf, "a", None])
def test_a_rate_that_is_none_is_refused_and_changes_nothing(rate):
    optimizer = nn.SGD([{"params": [nn.Parameter([1.0])]}, {"params": [nn.Parameter([1.0])], "lr": 0.2}], lr=0.1)
    schedule = nn.schedules.LambdaLR(optimizer, lambda count: 0.5 if count < 1 else rate)
    with pytest.raises(ValueError, match="LambdaLR: the learning rate after 1 steps would be"):
        schedule.step()
    assert rates_of(optimizer) == [0.05, 0.1]
    assert schedule.last_epoch == 0
