"""Schedules step as often as they want to, and their rates stand in the history."""
from types import SimpleNamespace

import numpy as np
import pytest

import nn

X = np.random.default_rng(0).standard_normal((40, 2))
Y = (X[:, 0] > X[:, 1]).astype(int)


def fitted(schedule_of, *, epochs=3, lr=0.1, **settings):
    model = nn.MLP([2, 2], rng=0)
    optimizer = nn.SGD(model.parameters(), lr=lr)
    settings = {"epochs": epochs, "batch_size": 10, "rng": 0, "progress": False} | settings
    return nn.fit(model, (X, Y), nn.CrossEntropyLoss(), optimizer, schedule=schedule_of(optimizer), **settings)


def test_a_schedule_by_epoch_steps_after_each_epoch_and_the_rate_is_a_column():
    history = fitted(lambda optimizer: nn.schedules.ExponentialLR(optimizer, 0.5))
    np.testing.assert_allclose(history["learning_rate"], [0.1, 0.05, 0.025])
    assert history.columns == ("loss", "accuracy", "learning_rate")


def test_a_schedule_by_step_steps_after_each_batch():
    history = fitted(lambda optimizer: nn.schedules.ExponentialLR(optimizer, 0.5, interval="step"))
    np.testing.assert_allclose(history["learning_rate"], 0.1 * 0.5 ** np.array([4.0, 8.0, 12.0]))


class Noting(nn.schedules.ReduceLROnPlateau):
    """A plateau that notes what it is told."""

    def __init__(self, optimizer, monitor=None, **settings):
        super().__init__(optimizer, **settings)
        self.told = []
        if monitor is not None:
            self.monitor = monitor

    def step(self, metric):
        self.told.append(metric)
        super().step(metric)


@pytest.mark.parametrize(
    ("settings", "given", "column"),
    [
        ({}, {"validation": (X, Y)}, "validation_loss"),
        ({}, {}, "loss"),
        ({"mode": "max"}, {"validation": (X, Y)}, "validation_accuracy"),
        ({"mode": "max"}, {}, "accuracy"),
        ({"monitor": "f1"}, {"metrics": {"f1": lambda outputs, targets: 0.5}}, "f1"),
    ],
)
def test_a_plateau_is_told_what_it_watches(settings, given, column):
    kept = []
    history = fitted(lambda optimizer: kept.append(Noting(optimizer, **settings)) or kept[0], **given)
    assert kept[0].told == history[column].tolist()


def test_a_plateau_by_step_is_told_the_loss_of_the_batch():
    kept = []
    history = fitted(lambda optimizer: kept.append(Noting(optimizer, interval="step")) or kept[0])
    assert kept[0].told == history.step_losses.tolist()


def test_a_plateau_that_watches_what_is_not_there_is_refused():
    with pytest.raises(ValueError, match=r"'f1'.*loss, accuracy.*`monitor`"):
        fitted(lambda optimizer: Noting(optimizer, "f1"))


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        (0.1, "has no interval, step"),
        (SimpleNamespace(interval="day", step=None, state_dict=None, load_state_dict=None), "interval 'day'"),
    ],
    ids=["number", "interval"],
)
def test_what_is_no_schedule_is_refused(schedule, message):
    with pytest.raises(TypeError, match=message):
        fitted(lambda optimizer: schedule)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"monitor": "val_loss"}, "watches 'val_loss', and the history has loss, accuracy"),
        ({"mode": "max", "interval": "step"}, "watches a high number, and batches have nothing but their loss"),
        ({"monitor": "accuracy", "interval": "step"}, "watches 'accuracy', and batches have nothing but their loss"),
    ],
)
def test_a_plateau_that_waits_for_what_there_will_not_be_is_refused_before_anything_is_learned(settings, message):
    model = nn.MLP([2, 2], rng=0)
    before = model.state_dict()
    optimizer = nn.SGD(model.parameters(), lr=0.1)
    schedule = nn.schedules.ReduceLROnPlateau(optimizer, **settings)
    with pytest.raises(ValueError, match=message):
        nn.fit(model, (X, Y), nn.CrossEntropyLoss(), optimizer, epochs=1, schedule=schedule, progress=False)
    for path, array in model.state_dict().items():
        np.testing.assert_array_equal(array, before[path])


def test_a_plateau_by_step_watches_the_loss_of_batches():
    kept = []
    history = fitted(lambda optimizer: kept.append(Noting(optimizer, interval="step", patience=0)) or kept[0])
    assert kept[0].told == history.step_losses.tolist()


def test_a_schedule_of_another_optimizer_is_refused():
    other = nn.SGD(nn.MLP([2, 2], rng=0).parameters(), lr=0.1)
    with pytest.raises(ValueError, match="StepLR changes the rates of another optimizer"):
        fitted(lambda optimizer: nn.schedules.StepLR(other, 1))
