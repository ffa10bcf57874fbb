"""Callbacks are called at the points that they were promised, and those that come with the library do what they say."""
import numpy as np
import pytest

import nn


def problem(samples=50, seed=0):
    x = np.random.default_rng(seed).standard_normal((samples, 2))
    return x, (x[:, 0] > x[:, 1]).astype(int)


def fitted(model, data, *, epochs=2, lr=0.05, **settings):
    optimizer = nn.Adam(model.parameters(), lr=lr)
    return nn.fit(model, data, nn.CrossEntropyLoss(), optimizer, epochs=epochs, rng=0, progress=False, **settings)


class Diary(nn.Callback):
    """Notes every call, and looks whether what is promised is there."""

    def __init__(self, name="", book=None):
        self.name, self.book = name, [] if book is None else book

    def write(self, hook, training):
        self.book.append((self.name + hook, training.epoch, training.step, len(training.history)))

    def training_started(self, training):
        self.write("training_started", training)

    def batch_started(self, training):
        self.write("batch_started", training)
        assert len(training.x) == len(training.y)

    def gradients_ready(self, training):
        self.write("gradients_ready", training)
        assert all(parameter.grad is not None for parameter in training.model.parameters())
        self.before = training.model.state_dict()
        np.testing.assert_array_equal(training.outputs, training.model(training.x).data)
        assert training.loss_value == training.loss(training.outputs, training.y).item()
        assert training.loss_value == training.history.step_losses[-1]

    def batch_ended(self, training):
        self.write("batch_ended", training)
        assert any(np.any(array != self.before[path]) for path, array in training.model.state_dict().items())

    def epoch_ended(self, training):
        self.write("epoch_ended", training)
        assert "validation_loss" in training.history.rows[-1]

    def training_ended(self, training):
        self.write("training_ended", training)


def test_every_method_is_called_at_its_point():
    diary = Diary()
    fitted(nn.MLP([2, 4, 2]), problem(20), batch_size=10, validation=problem(10), callbacks=[diary])
    batch = ["batch_started", "gradients_ready", "batch_ended"]
    assert [entry[0] for entry in diary.book] == [
        "training_started", *(2 * batch), "epoch_ended", *(2 * batch), "epoch_ended", "training_ended"
    ]  # fmt: skip
    counts = [entry[1:] for entry in diary.book]
    assert counts[:4] == [(0, 0, 0), (1, 0, 0), (1, 0, 0), (1, 1, 0)]
    assert counts[7:9] == [(1, 2, 1), (2, 2, 1)]
    assert counts[-2:] == [(2, 4, 2), (2, 4, 2)]


def test_callbacks_are_called_in_their_order():
    book = []
    diaries = [Diary("a ", book), Diary("b ", book)]
    fitted(nn.MLP([2, 2]), problem(8), epochs=1, validation=problem(8), callbacks=diaries)
    assert [entry[0][0] for entry in book] == ["a", "b"] * (len(book) // 2)


def test_training_ends_for_callbacks_whatever_ended_it():
    class Broken(Diary):
        def epoch_ended(self, training):
            raise RuntimeError("broken")

    broken = Broken()
    with pytest.raises(RuntimeError, match="broken"):
        fitted(nn.MLP([2, 2]), problem(), callbacks=[broken])
    assert broken.book[-1][0] == "training_ended"


def test_stop_lets_the_epoch_and_its_validation_end():
    class Enough(nn.Callback):
        def batch_ended(self, training):
            if training.step >= 3:
                training.stop(f"enough at {training.step}")

    history = fitted(nn.MLP([2, 2]), problem(40), epochs=9, batch_size=20, validation=problem(8), callbacks=[Enough()])
    assert len(history) == 2
    assert "validation_loss" in history.rows[-1]
    assert history.stopped == "enough at 3"


@pytest.mark.parametrize(
    ("callbacks", "message"),
    [(Diary(), r"\[callback\]"), ([Diary], "make one of that class"), ([print], r"no nn\.Callback")],
    ids=["alone", "class", "function"],
)
def test_what_is_no_list_of_callbacks_is_refused(callbacks, message):
    with pytest.raises(TypeError, match=message):
        fitted(nn.MLP([2, 2]), problem(), callbacks=callbacks)


class Script(nn.Callback):
    """Gives every epoch the number of a list, as the column "score"; the weight becomes the epoch's number."""

    def __init__(self, scores):
        self.scores = scores

    def epoch_ended(self, training):
        training.history.rows[-1]["score"] = self.scores[training.epoch - 1]
        for parameter in training.model.parameters():
            parameter.data = np.full(parameter.shape, training.epoch, np.float32)


def stopped(scores, **settings):
    """The epochs that a training with these scores has, the stopping, and the epoch whose weights it ends with."""
    stopping = nn.EarlyStopping("score", **settings)
    model = nn.MLP([2, 2])
    history = fitted(model, problem(8), epochs=len(scores), callbacks=[Script(scores), stopping])
    return history, stopping, int(model[0].weight.data[0, 0])


NAN = float("nan")
STOPPING = {
    "patience": ([1, 2, 3, 3, 3, 9], {"patience": 2}, 5, 3),
    "patience of one": ([1, 2, 2, 9], {}, 3, 2),
    "lower": ([3, 2, 2, 1], {"mode": "min"}, 3, 2),
    "min_delta": ([1, 1.05, 1.1, 9], {"min_delta": 0.2, "patience": 2}, 3, 1),
    "slow gains add up": ([1, 1.1, 1.25, 1.3, 1.5], {"min_delta": 0.2, "patience": 2}, 5, 5),
    "nan first": ([NAN, 1, 2, 3], {"patience": 2}, 4, 4),
    "nan always": ([NAN, NAN, NAN, NAN], {"patience": 2}, 2, 0),
    "nan later": ([1, NAN, NAN, 5], {"patience": 2}, 3, 1),
    "to the end": ([1, 2, 3], {}, 3, 3),
}


@pytest.mark.parametrize("case", STOPPING)
def test_early_stopping_waits_for_its_patience_and_restores_the_best(case):
    scores, settings, epochs, best = STOPPING[case]
    history, stopping, weights = stopped(scores, restore_best_weights=True, **settings)
    assert (len(history), stopping.best_epoch) == (epochs, best)
    assert weights == (best or epochs)
    assert (history.stopped is None) == (case in ("to the end", "slow gains add up", "nan first"))
    assert stopped(scores, **settings)[2] == epochs


def test_early_stopping_says_why():
    assert stopped([1, 1, 1], patience=2)[0].stopped == "score has not become better than 1 of epoch 1 for 2 epochs"
    assert stopped([NAN, 1])[0].stopped == "score has not become a number for 1 epoch"


def test_early_stopping_begins_anew_with_a_new_training():
    stopping = nn.EarlyStopping("loss", patience=1)
    stopping.load_state_dict({"best": -1.0, "best_epoch": 3, "weights": None})
    assert len(fitted(nn.MLP([2, 4, 2], rng=0), problem(), epochs=3, callbacks=[stopping])) == 3


@pytest.mark.parametrize(
    "settings", [{"patience": 0}, {"min_delta": -1}, {"min_delta": NAN}, {"mode": "best"}], ids=str
)
def test_early_stopping_refuses_settings_out_of_range(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        nn.EarlyStopping(**settings)


def test_early_stopping_refuses_a_column_that_is_not_there():
    with pytest.raises(ValueError, match=r"'validation_loss'.*loss, accuracy.*validation samples"):
        fitted(nn.MLP([2, 2]), problem(), callbacks=[nn.EarlyStopping()])


def largest(settings):
    """The norm and the largest element of the gradients that the optimizer got, per step."""

    class Look(nn.Callback):
        def __init__(self):
            self.found = []

        def gradients_ready(self, training):
            flat = np.concatenate([parameter.grad.data.ravel() for parameter in training.model.parameters()])
            self.found.append((np.linalg.norm(flat), np.abs(flat).max()))

    before, after = Look(), Look()
    fitted(nn.MLP([2, 8, 2], rng=0), problem(64), callbacks=[before, nn.ClipGradients(**settings), after])
    return np.array(before.found), np.array(after.found)


def test_gradients_are_clipped_before_the_step():
    before, after = largest({"max_norm": 0.05})
    assert (before[:, 0] > 0.05).all()
    np.testing.assert_allclose(after[:, 0], 0.05, rtol=1e-3)
    before, after = largest({"max_value": 0.01})
    assert (before[:, 1] > 0.01).all()
    np.testing.assert_allclose(after[:, 1], 0.01, rtol=1e-6)
    after = largest({"max_norm": 0.05, "max_value": 0.01})[1]
    assert (after <= 0.050001).all()
    assert (after[:, 1] <= 0.010001).all()


@pytest.mark.parametrize("settings", [{}, {"max_norm": 0}, {"max_value": -1.0}, {"max_norm": NAN}], ids=str)
def test_clipping_refuses_limits_that_are_none(settings):
    with pytest.raises(ValueError, match="ClipGradients"):
        nn.ClipGradients(**settings)


def test_a_callback_without_a_state_keeps_nothing():
    callback = nn.Callback()
    callback.load_state_dict({})
    assert callback.state_dict() == {}


def test_best_weights_of_an_earlier_training_do_not_come_back_where_the_next_one_fails_at_its_start():
    class Failing(nn.Callback):
        def training_started(self, training):
            raise RuntimeError("not today")

    stopping = nn.EarlyStopping("loss", restore_best_weights=True)
    fitted(nn.MLP([2, 2], rng=0), problem(), callbacks=[stopping])
    model = nn.MLP([2, 2], rng=1)
    before = model.state_dict()
    with pytest.raises(RuntimeError, match="not today"):
        fitted(model, problem(), callbacks=[Failing(), stopping])
    for path, array in model.state_dict().items():
        np.testing.assert_array_equal(array, before[path])


def test_callbacks_say_what_they_are_set_to():
    stopping = nn.EarlyStopping("loss", patience=3)
    assert repr(stopping).startswith("EarlyStopping('loss', patience=3, min_delta=0, mode='min'")
    fitted(nn.MLP([2, 2], rng=0), problem(), callbacks=[stopping])
    assert "in epoch 2" in repr(stopping)
    assert repr(nn.ClipGradients(max_norm=1.0)) == "ClipGradients(max_norm=1.0, max_value=None)"


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: nn.EarlyStopping(3), TypeError, "monitor is 3"),
        (lambda: nn.EarlyStopping(min_delta="a"), ValueError, "min_delta is 'a'"),
        (lambda: nn.ClipGradients("1"), ValueError, "max_norm is '1'"),
        (lambda: nn.ClipGradients(max_value=np.inf), ValueError, "max_value is inf"),
    ],
)
def test_settings_of_another_kind_are_refused_in_words(make, error, message):
    with pytest.raises(error, match=message):
        make()
