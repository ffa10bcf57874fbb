"""A training that goes on from a checkpoint ends as if nothing had happened, and goes on from its own one only."""
import functools
import os
import shutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from nn.random import generator


class Crash(Exception):
    """What ends a training in the middle."""


class Crasher(nn.Callback):
    """Ends a training after some steps, once; counts what a checkpoint must keep of it."""

    def __init__(self, step=None):
        self.step, self.seen = step, 0

    def batch_started(self, training):
        if training.step == self.step:
            raise Crash
        self.seen += 1

    def state_dict(self):
        return {"seen": self.seen}

    def load_state_dict(self, state):
        self.seen = state["seen"]


def noise(x, rng):
    return x + 0.1 * rng.standard_normal(x.shape)


def schedule_of(kind, optimizer):
    match kind:
        case "epoch":
            return nn.schedules.StepLR(optimizer, 1, 0.5)
        case "step":
            return nn.schedules.ExponentialLR(optimizer, 0.9, interval="step")
        case "plateau":
            return nn.schedules.ReduceLROnPlateau(optimizer, patience=0)


class Run:
    """One training of a given kind, made anew: model, optimizer and all."""

    def __init__(self, path=None, crash=None, *, optimizer="adam", schedule=None, rng="own", samples=10, **settings):
        self.draw = np.random.default_rng(3)
        nn.manual_seed(4)
        dropout = {"own": np.random.default_rng(5), "default": None, "shared": self.draw}[rng]
        self.model = nn.Sequential(
            nn.Linear(3, 4, rng=0), nn.BatchNorm1d(4), nn.Tanh(), nn.Dropout(0.3, rng=dropout), nn.Linear(4, 2, rng=1)
        )
        parameters = list(self.model.parameters())
        self.optimizer = {
            "adam": lambda: nn.Adam(parameters, lr=0.05),
            "groups": lambda: nn.SGD([{"params": parameters[:2], "lr": 0.1}, {"params": parameters[2:]}], momentum=0.9),
        }[optimizer]()
        self.schedule, self.crasher = schedule_of(schedule, self.optimizer), Crasher(crash)
        x = np.random.default_rng(6).standard_normal((samples + 7, 3)).astype(np.float32)
        y = (x[:, 0] > x[:, 1]).astype(int)
        self.data, self.validation = (x[:samples], y[:samples]), (x[samples:], y[samples:])
        self.path = path
        self.settings = {"epochs": 3, "batch_size": 4, "validation": self.validation} | settings
        self.stopping = nn.EarlyStopping("loss", patience=2, restore_best_weights=True)

    def fit(self, *, resume=True, unit="step", every=1, **changed):
        checkpoint = None if self.path is None else nn.Checkpoint(self.path, every, unit)
        settings = {"callbacks": [self.crasher, self.stopping], "schedule": self.schedule, "rng": self.draw}
        settings |= self.settings | {"checkpoint": checkpoint, "resume": resume and self.path is not None} | changed
        data, loss = settings.pop("data", self.data), settings.pop("loss", nn.CrossEntropyLoss())
        self.history = nn.fit(self.model, data, loss, self.optimizer, progress=False, **settings)
        return self.history

    def state(self):
        """All that must be the same in the end."""
        history = {name: value for name, value in self.history.state_dict().items() if name != "seconds"}
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule and self.schedule.state_dict(),
            "callbacks": [self.crasher.seen, self.stopping.state_dict()],
            "generators": [each.bit_generator.state for each in (self.draw, generator(None))],
            "dropout": self.model[3].rng and self.model[3].rng.bit_generator.state,
            "history": history,
            "statistics": self.history.statistics and self.history.statistics.state_dict(),
        }


CONFIGURATIONS = st.fixed_dictionaries(
    {
        "optimizer": st.sampled_from(["adam", "groups"]),
        "schedule": st.sampled_from([None, "epoch", "step", "plateau"]),
        "rng": st.sampled_from(["own", "default", "shared"]),
        "samples": st.integers(4, 12),
        "batch_size": st.integers(2, 4),
        "drop_last": st.booleans(),
        "shuffle": st.booleans(),
        "transform": st.sampled_from([None, noise]),
        "statistics": st.sampled_from([None, 2]),
    }
).filter(lambda settings: settings["samples"] % settings["batch_size"] != 1 or settings["drop_last"])  # batch norm


@given(CONFIGURATIONS, st.integers(0, 30), st.sampled_from([("step", 1), ("step", 3), ("epoch", 1), ("seconds", 0)]))
def test_a_training_that_is_continued_ends_as_one_that_was_never_interrupted(tmp_path_factory, settings, step, when):
    path, (unit, every) = tmp_path_factory.mktemp("checkpoint") / "run.safetensors", when
    whole = Run(**settings)
    whole.fit()
    broken = Run(path, step, **settings)
    try:
        broken.fit(unit=unit, every=every)
    except Crash:
        assert nn.Checkpoint(path).read()["running"]["step"] >= (step - step % every if unit == "step" else 0)
    going_on = Run(path, **settings)
    going_on.fit(unit=unit, every=every)
    np.testing.assert_equal(going_on.state(), whole.state())


@pytest.mark.parametrize("schedule", [None, "epoch", "step"])
def test_more_epochs_continue_a_training_that_ended(tmp_path, schedule):
    whole = Run(schedule=schedule, epochs=5)
    whole.fit()
    for epochs in (2, 4, 5):
        part = Run(tmp_path / "run.safetensors", schedule=schedule, epochs=epochs)
        part.fit(unit="epoch", every=3)
    np.testing.assert_equal(part.state(), whole.state())


def test_the_objects_of_an_ended_training_can_go_on_too(tmp_path):
    """As in a notebook: the same model, optimizer and generator are given to fit again."""
    whole = Run(epochs=4, schedule="step")
    whole.fit()
    part = Run(tmp_path / "run.safetensors", schedule="step")
    part.fit(epochs=1)
    part.fit(epochs=4)
    np.testing.assert_equal(part.state(), whole.state())


def test_a_training_that_ended_gives_its_result_at_once(tmp_path):
    path = tmp_path / "run.safetensors"
    whole = Run(path)
    whole.fit()
    before = path.read_bytes()
    again = Run(path, crash=whole.optimizer.state_dict()["state"][0]["step"])
    again.fit()
    np.testing.assert_equal(again.state(), whole.state())
    assert path.read_bytes() == before
    assert len(Run(path).fit(epochs=2)) == 3


def test_a_training_that_stopped_early_stays_stopped_unless_more_epochs_are_wanted(tmp_path):
    class Stop(nn.Callback):
        def epoch_ended(self, training):
            if training.epoch == 2:
                training.stop("two are enough")

    path = tmp_path / "run.safetensors"
    for _ in range(2):
        history = Run(path).fit(callbacks=[Stop()])
        assert (len(history), history.stopped) == (2, "two are enough")
    history = Run(path).fit(callbacks=[Stop()], epochs=4)
    assert (len(history), history.stopped) == (4, None)


def test_the_checkpoint_holds_the_running_weights_and_the_best_ones_apart(tmp_path):
    path = tmp_path / "run.safetensors"
    run, stopping = Run(path, epochs=6), nn.EarlyStopping(patience=2, restore_best_weights=True)
    run.fit(callbacks=[stopping])
    state = nn.Checkpoint(path).read()
    best = state["callbacks"][0]["weights"]
    np.testing.assert_equal(run.model.state_dict(), best)
    assert len(run.history) > stopping.best_epoch
    assert not np.array_equal(state["model"]["0.weight"], best["0.weight"])


def test_frozen_parameters_stay_frozen(tmp_path):
    class Freeze(nn.Callback):
        def epoch_ended(self, training):
            if training.epoch == 1:
                training.model[0].requires_grad_(False)

    path, broken, whole = tmp_path / "run.safetensors", Run(tmp_path / "run.safetensors", 5), Run()
    whole.fit(callbacks=[Freeze(), whole.crasher])
    with pytest.raises(Crash):
        broken.fit(callbacks=[Freeze(), broken.crasher])
    going_on = Run(path)
    going_on.fit(callbacks=[Freeze(), going_on.crasher])
    np.testing.assert_equal(going_on.model.state_dict(), whole.model.state_dict())
    assert not going_on.model[0].weight.requires_grad


def test_a_loss_with_parameters_and_generators_is_part_of_it(tmp_path):
    class Scaled(nn.Module):
        """A loss that learns its scale, and draws."""

        def __init__(self):
            self.scale, self.rng = nn.Parameter(np.float32(2.0)), np.random.default_rng(0)

        def forward(self, outputs, labels):
            factor = np.float32(1 + self.rng.uniform())
            return nn.CrossEntropyLoss()(outputs * self.scale, labels) * factor

    def trained(path=None, crash=None):
        run, loss = Run(path, crash), Scaled()
        run.optimizer = nn.Adam([*run.model.parameters(), *loss.parameters()], lr=0.05)
        run.loss = loss
        run.fit(loss=loss)
        return run

    path, whole = tmp_path / "run.safetensors", trained()
    with pytest.raises(Crash):
        trained(path, 4)
    going_on = trained(path)
    np.testing.assert_equal(going_on.state(), whole.state())
    assert going_on.loss.scale.item() == whole.loss.scale.item() != 2.0


def test_it_is_written_when_it_is_due(tmp_path, monkeypatch):
    class Watch(nn.Callback):
        """What the file said at each step."""

        def __init__(self):
            self.found = []

        def batch_started(self, training):
            self.found.append(nn.Checkpoint(path).read()["running"]["step"])

    def found(unit, every):
        watch = Watch()
        Run(path, samples=12).fit(unit=unit, every=every, callbacks=[watch])
        path.unlink()
        return watch.found

    path = tmp_path / "run.safetensors"
    assert found("step", 1) == [0, 1, 2, 3, 4, 5, 6, 7, 8]
    assert found("step", 4) == [0, 0, 0, 0, 4, 4, 4, 4, 8]
    assert found("epoch", 1) == [0, 0, 0, 3, 3, 3, 6, 6, 6]
    assert found("epoch", 2) == [0, 0, 0, 0, 0, 0, 6, 6, 6]
    assert found("seconds", 1000) == [0] * 9
    clock = iter(range(10_000))
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    assert 0 < len(set(found("seconds", 10))) < 9


def test_a_path_is_a_checkpoint_after_every_epoch(tmp_path):
    path = tmp_path / "run.safetensors"
    with pytest.raises(Crash):
        Run(path, 4).fit(checkpoint=str(path))
    assert nn.Checkpoint(path).read()["running"]["epoch"] == 1
    assert repr(nn.Checkpoint("run")) == f"Checkpoint({os.path.abspath('run')!r}, every=1, unit='epoch')"


def test_an_existing_file_is_not_replaced_without_resume(tmp_path):
    path = tmp_path / "run.safetensors"
    Run(path).fit()
    before, run = path.read_bytes(), Run(path)
    weights = run.model.state_dict()
    with pytest.raises(FileExistsError, match="resume=True"):
        run.fit(resume=False)
    assert path.read_bytes() == before
    np.testing.assert_equal(run.model.state_dict(), weights)


def test_resume_needs_a_checkpoint():
    model = nn.MLP([3, 2])
    with pytest.raises(ValueError, match="checkpoint=path"):
        nn.fit(model, (X, Y), nn.CrossEntropyLoss(), nn.SGD(model.parameters()), epochs=1, resume=True)


X, Y = np.zeros((10, 3), np.float32), np.zeros(10, int)
OTHERS = {
    "batch size": ({}, {"batch_size": 5}, "batch_size: 5; in the checkpoint 4"),
    "drop_last": ({}, {"drop_last": True}, "drop_last: True"),
    "shuffle": ({}, {"shuffle": False}, "shuffle: False"),
    "transform": ({}, {"transform": noise}, "transform: noise; in the checkpoint none"),
    "data": ({}, {"data": (X, Y)}, r"inputs: float32 \(10, 3\), sha256 .*; in the checkpoint float32"),
    "fewer samples": ({"samples": 9}, {}, r"\(9, 3\)"),
    "no validation": ({}, {"validation": None}, "validation inputs: none"),
    "metrics": ({}, {"metrics": {}}, "metrics: "),
    "optimizer": ({"optimizer": "groups"}, {}, r"optimizer: SGD\(.*; in the checkpoint Adam\("),
    "schedule": ({"schedule": "epoch"}, {}, r"schedule: StepLR\(.*step_size=1.*; in the checkpoint none"),
    "callbacks": ({}, {"callbacks": []}, "callbacks: ; in the checkpoint Crasher, EarlyStopping"),
    "statistics": ({}, {"statistics": 3}, "Crasher, EarlyStopping, Statistics"),
    "loss": ({}, {"loss": nn.CrossEntropyLoss(reduction="sum")}, r"loss: CrossEntropyLoss\(.*sum.*\)"),
    "loss that is a function": ({}, {"loss": lambda outputs, y: nn.CrossEntropyLoss()(outputs, y)}, "lambda"),
    "generators": ({"rng": "shared"}, {}, "held otherwise"),
    "kind of generator": ({}, {"rng": np.random.Generator(np.random.MT19937(0))}, "MT19937"),
}


@pytest.mark.parametrize("other", OTHERS)
def test_another_training_is_refused_with_the_reason_before_anything_changes(tmp_path, other):
    path, (made, given, message) = tmp_path / "run.safetensors", OTHERS[other]
    with pytest.raises(Crash):
        Run(path, 4).fit()
    before, run = path.read_bytes(), Run(path, **made)
    run.history = nn.History()
    state = run.state()
    with pytest.raises(ValueError, match=message):
        run.fit(**given)
    np.testing.assert_equal(run.state(), state)
    assert path.read_bytes() == before
    run.model.load_state_dict(nn.Checkpoint(path).read()["model"])  # as the error says


def test_another_model_is_refused_by_its_layers(tmp_path):
    path = tmp_path / "run.safetensors"
    Run(path).fit()
    run = Run(path)
    run.model[3].p = 0.5
    with pytest.raises(ValueError, match=r"model\.3: Dropout\(0\.5\); in the checkpoint Dropout\(0\.3\)"):
        run.fit()


def test_a_state_that_does_not_fit_is_put_back(tmp_path):
    """What the fingerprint cannot see: here a callback that refuses its own state, after all others took theirs."""

    class Refusing(Crasher):
        def load_state_dict(self, state):
            if state["seen"] == 5:
                raise ValueError("never five")
            super().load_state_dict(state)

    path, broken = tmp_path / "run.safetensors", Run(tmp_path / "run.safetensors")
    broken.crasher = Refusing(5)
    with pytest.raises(Crash):
        broken.fit()
    run = Run(path)
    run.crasher, run.history = Refusing(), nn.History()
    state = run.state()
    with pytest.raises(ValueError, match=r"cannot be continued, nothing was changed: never five"):
        run.fit()
    np.testing.assert_equal(run.state(), state)


def test_files_that_are_no_checkpoints_are_refused(tmp_path):
    path = tmp_path / "run.safetensors"
    Run(path).fit()
    whole = path.read_bytes()
    model = Run(path)
    weights = model.model.state_dict()

    def refused(message):
        with pytest.raises(ValueError, match=message):
            model.fit()
        np.testing.assert_equal(model.model.state_dict(), weights)

    path.write_bytes(whole[: len(whole) // 2])
    refused("run.safetensors")
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    refused("run.safetensors")
    nn.save(path, Run().model)
    refused("it holds 'state_dict', and needed is 'checkpoint'; nn.load reads it")
    arrays, metadata = nn.serialize.read_tensors(_rewritten(path, whole))
    nn.serialize.write_tensors(path, arrays, metadata | {"layout": 2}, content="checkpoint")
    refused("layout 2")
    with pytest.raises(FileNotFoundError):
        nn.Checkpoint(tmp_path / "absent").read()


def _rewritten(path, content):
    path.write_bytes(content)
    return path


def test_parameters_that_no_file_would_hold_are_refused(tmp_path):
    run = Run(tmp_path / "run.safetensors")
    stray = nn.Parameter(np.zeros(3, np.float32), name="stray")
    run.optimizer = nn.SGD([*run.model.parameters(), stray])
    with pytest.raises(ValueError, match=r"stray \(3,\).*attributes of the model"):
        run.fit()
    assert not os.listdir(tmp_path)


def test_a_folder_that_is_missing_is_noticed_before_anything_is_learned(tmp_path):
    run = Run(tmp_path / "absent" / "run.safetensors")
    weights = run.model.state_dict()
    with pytest.raises(OSError, match="no folder"):
        run.fit()
    np.testing.assert_equal(run.model.state_dict(), weights)


@pytest.mark.parametrize(
    "settings", [{"every": 0}, {"every": 1.5}, {"every": -1, "unit": "seconds"}, {"unit": "hour"}, {"every": "often"}]
)
def test_settings_that_mean_nothing_are_refused(settings):
    with pytest.raises(ValueError, match=r"Checkpoint: (every|unit)"):
        nn.Checkpoint("run", **settings)


def test_the_bar_begins_where_the_training_was(tmp_path, capsys):
    path = tmp_path / "run.safetensors"
    with pytest.raises(Crash):
        Run(path, 5).fit()
    run = Run(path)
    history = nn.fit(
        run.model, run.data, nn.CrossEntropyLoss(), run.optimizer, callbacks=[run.crasher, run.stopping], rng=run.draw,
        checkpoint=path, resume=True, **run.settings,
    )  # fmt: skip
    shown = capsys.readouterr().err
    assert "5/9" in shown
    assert "9/9" in shown
    assert "0/9" not in shown
    assert len(history) == 3


def test_a_copy_of_a_checkpoint_is_one(tmp_path):
    path = tmp_path / "run.safetensors"
    with pytest.raises(Crash):
        Run(path, 4).fit()
    shutil.copy(path, tmp_path / "copy.safetensors")
    whole, copy = Run(), Run(tmp_path / "copy.safetensors")
    whole.fit()
    copy.fit()
    np.testing.assert_equal(copy.state(), whole.state())


def sequence(optimizer, gamma):
    schedules = nn.schedules
    parts = [schedules.LambdaLR(optimizer, one_half), schedules.ExponentialLR(optimizer, gamma)]
    return schedules.SequentialLR(optimizer, parts, [1])


def one_half(count):
    return 0.5


def one_third(count):
    return 1 / 3


@pytest.mark.parametrize(
    ("then", "now", "message"),
    [
        (lambda o: sequence(o, 0.5), lambda o: sequence(o, 0.9), r"gamma=0\.9\)\); in the checkpoint .*gamma=0\.5"),
        (
            lambda o: nn.schedules.LambdaLR(o, one_half),
            lambda o: nn.schedules.LambdaLR(o, one_third),
            "one_third.*; in the checkpoint .*one_half",
        ),
    ],
)
def test_a_schedule_of_other_parts_is_refused(tmp_path, then, now, message):
    path = tmp_path / "run.safetensors"
    first, second = Run(path), Run(path)
    first.schedule, second.schedule = then(first.optimizer), now(second.optimizer)
    first.fit()
    with pytest.raises(ValueError, match=message):
        second.fit()


def test_a_group_that_was_made_with_other_settings_is_refused(tmp_path):
    path = tmp_path / "run.safetensors"
    first, second = Run(path, optimizer="groups"), Run(path, optimizer="groups")
    parameters = list(second.model.parameters())
    groups = [{"params": parameters[:2], "lr": 0.2}, {"params": parameters[2:]}]
    second.optimizer = nn.SGD(groups, momentum=0.9)
    first.fit()
    first.optimizer.param_groups[0]["lr"] = 0.5  # what changes while training is no other training
    first.fit(epochs=4)
    with pytest.raises(ValueError, match=r"optimizer: SGD\(lr=0\.2.*; in the checkpoint SGD\(lr=0\.1"):
        second.fit()


@pytest.mark.parametrize("path", [3, True, None, ""])
def test_a_path_that_is_none_is_refused_in_words(path):
    with pytest.raises(TypeError, match="Checkpoint: path is"):
        nn.Checkpoint(path)


class Jittered(nn.Linear):
    """Draws from generators in a list and in a dict."""

    def __init__(self):
        super().__init__(3, 2, rng=0)
        self.sources = [np.random.default_rng(1), {"second": np.random.default_rng(2)}]

    def forward(self, x):
        first, second = self.sources[0], self.sources[1]["second"]
        return super().forward(x * np.float32(first.random() + second.random()) if self.training else x)


class Shaker:
    """A transform with a generator of its own, as a method."""

    def __init__(self):
        self.draw = np.random.default_rng(7)

    def shake(self, x, rng):
        return x + self.draw.standard_normal(x.shape)


def in_a_closure():
    draw = np.random.default_rng(8)
    return lambda x, rng: x + draw.standard_normal(x.shape)


def in_a_partial():
    def added(x, rng, *, draw):
        return x + draw.standard_normal(x.shape)

    return functools.partial(added, draw=np.random.default_rng(9))


@pytest.mark.parametrize("transform", [lambda: Shaker().shake, in_a_closure, in_a_partial])
def test_generators_are_found_wherever_they_are_held(tmp_path, transform):
    path = tmp_path / "run.safetensors"

    def run(crash=None, path=path):
        made = Run(path, crash)
        made.model = Jittered()
        made.optimizer = nn.Adam(made.model.parameters(), lr=0.05)
        return made, transform()

    whole, shake = run(path=None)
    whole.fit(transform=shake)
    broken, shake = run(4)
    with pytest.raises(Crash):
        broken.fit(transform=shake)
    resumed, shake = run()
    resumed.fit(transform=shake)
    np.testing.assert_equal(resumed.model.state_dict(), whole.model.state_dict())


def test_the_file_stays_where_it_was_when_the_working_folder_changes(tmp_path, monkeypatch):
    class Wanderer(nn.Callback):
        def epoch_ended(self, training):
            os.chdir(tmp_path / "elsewhere")

    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    run = Run("run.safetensors")
    run.fit(callbacks=[Wanderer()])
    assert os.listdir(tmp_path / "elsewhere") == []
    assert nn.Checkpoint(tmp_path / "run.safetensors").read()["running"]["epoch"] == 3
