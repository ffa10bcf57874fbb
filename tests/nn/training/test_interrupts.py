"""Ctrl-C returns what was learned so far; what other programs do with it is left to them."""
import signal
import threading

import numpy as np
import pytest

import nn

X = np.random.default_rng(0).standard_normal((40, 2))
Y = (X[:, 0] > X[:, 1]).astype(int)


class PressCtrlC(nn.Callback):
    """At a point of the training, as often as wanted."""

    def __init__(self, hook, step, times=1):
        def press(training):
            if training.step == step:
                for _ in range(times):
                    signal.raise_signal(signal.SIGINT)

        setattr(self, hook, press)


def fitted(*callbacks, **settings):
    model = nn.Sequential(nn.Linear(2, 4), nn.Dropout(0.1).eval(), nn.Linear(4, 2))
    optimizer = nn.SGD(model.parameters(), lr=0.1)
    settings = {"epochs": 3, "batch_size": 10, "validation": (X, Y), "rng": 0, "progress": False} | settings
    modes = [module.training for module in model.modules()]
    try:
        return nn.fit(model, (X, Y), nn.CrossEntropyLoss(), optimizer, callbacks=callbacks, **settings)
    finally:
        assert [module.training for module in model.modules()] == modes
        assert signal.getsignal(signal.SIGINT) in (signal.default_int_handler, theirs)


def theirs(number, frame):
    """Somebody's own handler."""
    raise KeyboardInterrupt


@pytest.mark.parametrize("hook", ["batch_started", "gradients_ready", "batch_ended"])
def test_the_running_batch_ends_and_the_history_says_so(hook):
    seen = []

    class Count(nn.Callback):
        def batch_ended(self, training):
            seen.append(training.step)

        def training_ended(self, training):
            seen.append("ended")

    step = 6 if hook == "batch_ended" else 5
    history = fitted(PressCtrlC(hook, step), Count())
    assert history.stopped == "Ctrl-C in epoch 2, after 6 steps"
    assert seen == [1, 2, 3, 4, 5, 6, "ended"]
    assert len(history) == 1
    assert len(history.step_losses) == 6


def test_after_the_last_batch_of_an_epoch_its_validation_is_left_out():
    history = fitted(PressCtrlC("batch_ended", 4))
    assert (len(history), history.stopped) == (0, "Ctrl-C in epoch 1, after 4 steps")


def test_during_the_validation_the_epoch_is_finished():
    history = fitted(PressCtrlC("epoch_ended", 4))
    assert (len(history), history.stopped) == (1, "Ctrl-C in epoch 1, after 4 steps")


def test_when_all_is_done_nothing_was_stopped():
    history = fitted(PressCtrlC("epoch_ended", 12))
    assert (len(history), history.stopped) == (3, None)


def test_a_second_one_interrupts_at_once():
    with pytest.raises(KeyboardInterrupt):
        fitted(PressCtrlC("gradients_ready", 2, times=2))


def test_the_checkpoint_has_what_was_learned_and_the_training_goes_on(tmp_path):
    path = tmp_path / "run.safetensors"
    whole = fitted(nn.Callback())
    nn.manual_seed(0)
    settings = {"checkpoint": path, "resume": True}

    class Once(nn.Callback):
        """Presses in the second run only."""

        pressing = True

        def batch_ended(self, training):
            if training.step == 6 and self.pressing:
                signal.raise_signal(signal.SIGINT)

    fitted(Once(), **settings)
    assert nn.Checkpoint(path).read()["running"]["step"] == 6
    Once.pressing = False
    assert len(fitted(Once(), **settings)) == len(whole)


def test_somebody_s_own_handler_stays_and_what_it_raises_ends_the_training_too(tmp_path):
    before = signal.signal(signal.SIGINT, theirs)
    try:
        history = fitted(PressCtrlC("gradients_ready", 6), checkpoint=nn.Checkpoint(tmp_path / "run", 5, "step"))
    finally:
        signal.signal(signal.SIGINT, before)
    assert history.stopped == "Ctrl-C in epoch 2, after 6 steps, in the middle of a step"
    assert nn.Checkpoint(tmp_path / "run").read()["running"]["step"] == 5


def test_threads_train_as_well():
    histories = []
    thread = threading.Thread(target=lambda: histories.append(fitted()))
    thread.start()
    thread.join()
    assert len(histories[0]) == 3
