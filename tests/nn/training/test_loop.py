"""The loop that trains visits every sample once an epoch, judges without side effects, and shows how far it is."""
import sys

import numpy as np
import pytest

import autodiff as ad
import nn


def problem(samples=50, seed=0):
    x = np.random.default_rng(seed).standard_normal((samples, 2))
    return x, (x[:, 0] > x[:, 1]).astype(int)


class Spy(nn.Module):
    """Remembers what it was shown, and in which mode."""

    def __init__(self):
        self.inner = nn.Linear(2, 2, rng=np.random.default_rng(0))
        self.seen = []

    def forward(self, x):
        self.seen.append((x.copy(), self.training, ad.is_grad_enabled()))
        return self.inner(x)


def fitted(model, data, *, epochs=2, lr=0.05, seed=0, **settings):
    optimizer = nn.Adam(model.parameters(), lr=lr)
    rng = np.random.default_rng(seed)
    return nn.fit(model, data, nn.CrossEntropyLoss(), optimizer, epochs=epochs, rng=rng, progress=False, **settings)


def test_every_epoch_shows_each_sample_once_in_a_new_order_and_keeps_the_last_batch():
    spy, (x, y) = Spy(), problem(50)
    fitted(spy, (x, y), batch_size=16)
    assert [len(batch) for batch, *_ in spy.seen] == [16, 16, 16, 2] * 2
    epochs = [np.concatenate([batch for batch, *_ in spy.seen[i : i + 4]]) for i in (0, 4)]
    for epoch in epochs:
        np.testing.assert_array_equal(np.sort(epoch[:, 0]), np.sort(x[:, 0].astype(np.float32)))
    assert not np.array_equal(*epochs)


def test_training_depends_on_the_generator_alone():
    results = [fitted(nn.MLP([2, 4, 2], rng=np.random.default_rng(1)), problem(), seed=s) for s in (0, 0, 1)]
    np.testing.assert_array_equal(results[0]["loss"], results[1]["loss"])
    assert not np.array_equal(results[0]["loss"], results[2]["loss"])


def test_history_averages_over_samples_while_learning_and_judges_after():
    """At a learning rate of 0 both are the plain loss and accuracy of all samples."""
    model, (x, y), held_out = nn.MLP([2, 4, 2], dtype=float), problem(50), problem(31, seed=1)
    history = fitted(model, (x, y), lr=0.0, batch_size=16, validation=held_out)
    assert history.columns == ("loss", "accuracy", "validation_loss", "validation_accuracy")
    for prefix, (inputs, labels) in (("", (x, y)), ("validation_", held_out)):
        outputs = model(inputs)
        loss = nn.CrossEntropyLoss()(outputs, labels).item()
        np.testing.assert_allclose(history[prefix + "loss"], [loss, loss])
        np.testing.assert_allclose(history[prefix + "accuracy"], np.mean(outputs.data.argmax(1) == labels))
    results = nn.evaluate(model, held_out, nn.CrossEntropyLoss(), batch_size=7)
    assert results == pytest.approx({name: history[f"validation_{name}"][-1] for name in ("loss", "accuracy")})


def test_it_learns():
    history = fitted(nn.MLP([2, 16, 2]), problem(400), epochs=15, validation=problem(200, seed=1))
    assert history["validation_accuracy"][-1] > 0.95
    assert history["loss"][-1] < 0.3 * history["loss"][0]


def test_validation_runs_in_evaluation_mode_without_graph_and_every_module_keeps_its_mode():
    spy = Spy()
    spy.inner.eval()
    fitted(spy, problem(20), epochs=1, batch_size=20, validation=problem(20))
    assert [(training, grad) for _, training, grad in spy.seen] == [(True, True), (False, False)]
    assert (spy.training, spy.inner.training) == (True, False)
    spy.eval()
    fitted(spy, problem(20), epochs=1, batch_size=20)
    assert spy.seen[-1][1] is True
    assert (spy.training, spy.inner.training) == (False, False)


def test_modes_come_back_even_when_the_model_fails():
    class Broken(Spy):
        def forward(self, x):
            raise RuntimeError("broken")

    model = Broken().eval()
    with pytest.raises(RuntimeError, match="broken"):
        fitted(model, problem())
    assert not model.training
    assert ad.is_grad_enabled()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floats_are_cast_to_the_model_s_dtype_and_integers_are_not(dtype):
    spy = Spy().astype(dtype)
    fitted(spy, problem(), epochs=1)
    assert spy.seen[0][0].dtype == dtype
    assert nn.predict(spy, problem()[0]).dtype == dtype
    nn.predict(spy, np.ones((3, 2), np.uint8))
    assert spy.seen[-1][0].dtype == np.uint8


def test_predict_gives_what_one_batch_would():
    model, (x, _) = nn.MLP([2, 4, 2], dtype=float), problem(50)
    np.testing.assert_allclose(nn.predict(model, x, batch_size=7), model(x).data)
    with pytest.raises(ValueError, match="at least one row"):
        nn.predict(model, x[:0])


def test_regression_has_no_accuracy_and_metrics_can_be_given():
    x = np.linspace(-1, 1, 40)[:, None]
    model = nn.MLP([1, 8, 1], activation="tanh")
    optimizer = nn.Adam(model.parameters(), lr=0.05)
    metrics = {"worst": lambda outputs, targets: float(np.abs(outputs - targets).max())}
    settings = {"epochs": 2, "progress": False}
    assert nn.fit(model, (x, x * x), nn.MSELoss(), optimizer, **settings).columns == ("loss",)
    history = nn.fit(model, (x, x * x), nn.MSELoss(), optimizer, metrics=metrics, **settings)
    assert history.columns == ("loss", "worst")


def test_the_bar_counts_batches_and_shows_results(capsys):
    optimizer = nn.SGD((model := nn.MLP([2, 2])).parameters())
    nn.fit(model, problem(50), nn.CrossEntropyLoss(), optimizer, epochs=2, batch_size=16, validation=problem(10))
    shown = capsys.readouterr().err
    assert "epoch 2/2" in shown
    assert "8/8" in shown
    assert "val. accuracy" in shown


def test_a_missing_tqdm_names_the_extra_before_anything_is_trained(monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    model = nn.MLP([2, 2])
    before = model.state_dict()
    with pytest.raises(ImportError, match=r"chalkgrad\[train\].*progress=False"):
        nn.fit(model, problem(), nn.CrossEntropyLoss(), nn.SGD(model.parameters()), epochs=1)
    np.testing.assert_equal(model.state_dict(), before)


X, Y = problem(10)
REFUSED = {
    "no samples": ({"data": (X[:0], Y[:0])}, r"\(0, 2\)"),
    "unequal": ({"data": (X, Y[:9])}, r"\(10, 2\).*\(9,\)"),
    "unequal validation": ({"data": (X, Y), "validation": (X, Y[:9])}, "validation"),
    "epochs": ({"data": (X, Y), "epochs": 0}, "epochs"),
    "batch_size": ({"data": (X, Y), "batch_size": 2.5}, "batch_size"),
    "no whole batch": ({"data": (X, Y), "batch_size": 11, "drop_last": True}, "10 samples make no batch of 11"),
    "nonfinite": ({"data": (X, Y), "nonfinite": "ignore"}, "'raise' or 'continue'"),
    "statistics": ({"data": (X, Y), "statistics": 0}, "every"),
}


@pytest.mark.parametrize("refused", REFUSED)
def test_what_cannot_be_trained_on_is_refused(refused):
    settings, message = REFUSED[refused]
    with pytest.raises(ValueError, match=message):
        fitted(nn.MLP([2, 2]), **settings)


@pytest.mark.parametrize("data", [X, (X,), (X, Y, Y), None], ids=["inputs", "one", "three", "none"])
def test_data_is_a_pair(data):
    with pytest.raises(TypeError, match=r"a pair of inputs and targets, \(x, y\)"):
        fitted(nn.MLP([2, 2]), data=data)


@pytest.mark.parametrize("labels", [np.eye(2), np.array([0, 1, 0]), np.array([0.0, 1.0])], ids=["hot", "3", "float"])
def test_accuracy_refuses_labels_that_are_not_class_indices(labels):
    with pytest.raises(ValueError, match="whole numbers"):
        nn.accuracy(np.eye(2), labels)


def test_accuracy_takes_tensors_and_further_axes():
    outputs = np.eye(3)[[[0, 1], [2, 2]]]
    assert nn.accuracy(ad.Tensor(outputs), np.array([[0, 1], [2, 0]])) == 0.75
    assert np.isnan(nn.accuracy(np.zeros((0, 2)), np.zeros(0, int)))


def test_an_optimizer_of_another_model_is_refused():
    model, other = nn.MLP([2, 2]), nn.MLP([2, 2])
    with pytest.raises(ValueError, match="trains no parameter of this model"):
        nn.fit(model, problem(), nn.CrossEntropyLoss(), nn.SGD(other.parameters()), epochs=1, progress=False)


@pytest.mark.parametrize("drop_last", [False, True])
def test_drop_last_leaves_out_the_smaller_batch(drop_last):
    spy = Spy()
    fitted(spy, problem(50), epochs=1, batch_size=16, drop_last=drop_last)
    assert [len(batch) for batch, *_ in spy.seen] == [16, 16, 16] + ([] if drop_last else [2])


def test_without_shuffling_the_order_is_that_of_the_data_and_nothing_is_drawn():
    spy, (x, y), rng = Spy(), problem(20), np.random.default_rng(0)
    optimizer = nn.SGD(spy.parameters())
    nn.fit(spy, (x, y), nn.CrossEntropyLoss(), optimizer, epochs=2, shuffle=False, rng=rng, progress=False)
    for batch, *_ in spy.seen:
        np.testing.assert_array_equal(batch, x.astype(np.float32))
    assert rng.bit_generator.state == np.random.default_rng(0).bit_generator.state


def test_a_transform_changes_copies_of_training_batches_only():
    def shift(x, rng):
        x += 100 + rng.uniform()
        return x.astype(np.float64)

    spy, (x, y) = Spy(), problem(20)
    before = x.copy()
    x = x.astype(np.float32)
    fitted(spy, (x, y), epochs=1, batch_size=10, validation=(x, y), transform=shift, shuffle=False)
    np.testing.assert_array_equal(x, before.astype(np.float32))
    assert [(seen.min() > 90, training) for seen, training, _ in spy.seen] == [(True, True)] * 2 + [(False, False)]
    assert {seen.dtype for seen, *_ in spy.seen} == {np.dtype(np.float32)}
    assert len({round(float(seen[0, 0] - x[row, 0]), 4) for (seen, *_), row in zip(spy.seen, [0, 10])}) == 2


def test_a_transform_that_returns_something_else_is_refused():
    with pytest.raises(ValueError, match=r"shape \(\).*Does it return"):
        fitted(nn.MLP([2, 2]), problem(20), transform=lambda x, rng: None)


@pytest.mark.parametrize("batch_size", [7, 50])
def test_a_loss_that_sums_is_reported_per_sample_and_its_steps_as_they_are(batch_size):
    results = {}
    for reduction in ("mean", "sum"):
        model = nn.MLP([2, 4, 2], dtype=float, rng=0)
        optimizer = nn.SGD(model.parameters(), lr=0.0)
        loss = nn.CrossEntropyLoss(reduction=reduction)
        settings = {"epochs": 1, "batch_size": batch_size, "rng": 0, "progress": False}
        history = nn.fit(model, problem(50), loss, optimizer, validation=problem(9, 1), **settings)
        results[reduction] = history
        assert nn.evaluate(model, problem(9, 1), loss)["loss"] == pytest.approx(history["validation_loss"][0])
    for column in ("loss", "validation_loss"):
        np.testing.assert_allclose(results["sum"][column], results["mean"][column])
    sizes = [batch_size] * (50 // batch_size) + [50 % batch_size] * (50 % batch_size > 0)
    np.testing.assert_allclose(results["sum"].step_losses, results["mean"].step_losses * sizes)


def test_a_loss_of_many_numbers_is_refused_before_anything_changed():
    model, rng = nn.MLP([2, 2], rng=0), np.random.default_rng(0)
    before, optimizer = model.state_dict(), nn.Adam(model.parameters())
    with pytest.raises(ValueError, match=r"shape \(32,\).*'mean' or 'sum'"):
        nn.fit(
            model, problem(), nn.CrossEntropyLoss(reduction="none"), optimizer, epochs=1, progress=False, rng=rng
        )
    np.testing.assert_equal(model.state_dict(), before)
    assert rng.bit_generator.state == np.random.default_rng(0).bit_generator.state


def share_of_ones(outputs, targets):
    """Precision of class 1: an average over what was predicted, not over samples."""
    predicted = outputs.argmax(1) == 1
    return float(targets[predicted].mean()) if predicted.any() else 0.0


def test_a_metric_that_is_no_average_is_exact_for_validation_samples():
    model, held_out = nn.MLP([2, 4, 2], rng=3), problem(600, seed=1)
    metrics = {"precision": share_of_ones}
    history = fitted(model, problem(50), epochs=1, validation=held_out, metrics=metrics)
    expected = share_of_ones(nn.predict(model, held_out[0]), held_out[1])
    assert history["validation_precision"][0] == expected
    for size in (1, 7, 600):
        results = nn.evaluate(model, held_out, nn.CrossEntropyLoss(), metrics=metrics, batch_size=size)
        assert results["precision"] == expected


@pytest.mark.parametrize("which", ["training", "validation"])
def test_labels_without_an_output_are_refused_before_anything_changed_wherever_they_stand(which):
    """The one bad label would come in some batch, after others were learned."""
    model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.BatchNorm1d(3), nn.Dropout(0.5), nn.Linear(3, 2, rng=1))
    (x, y), rng = problem(50), np.random.default_rng(0)
    wrong = y.copy()
    wrong[-1] = 2
    data = ((x, wrong), (x, y)) if which == "training" else ((x, y), (x, wrong))
    before, optimizer = model.state_dict(), nn.Adam(model.parameters(), lr=0.05)
    remembered, draws = optimizer.state_dict(), nn.random.generator(None).bit_generator.state
    with pytest.raises((IndexError, ValueError), match=rf"2 outputs, and the {which} targets have the labels 0, 1, 2"):
        nn.fit(
            model, data[0], nn.CrossEntropyLoss(), optimizer, epochs=1, validation=data[1], batch_size=8, rng=rng,
            shuffle=False, progress=False,
        )  # fmt: skip
    np.testing.assert_equal(model.state_dict(), before)
    np.testing.assert_equal(optimizer.state_dict(), remembered)
    assert nn.random.generator(None).bit_generator.state == draws
    assert rng.bit_generator.state == np.random.default_rng(0).bit_generator.state
    assert all(parameter.grad is None for parameter in model.parameters())


def test_many_wrong_labels_are_shown_by_their_ends():
    x, y = np.zeros((64, 2)), np.concatenate([np.zeros(32, int), np.arange(32)])
    with pytest.raises((IndexError, ValueError), match="labels 0, 1, 2, …, 29, 30, 31"):
        fitted(nn.MLP([2, 2]), (x, y), shuffle=False)


def test_labels_that_the_loss_ignores_are_no_reason():
    x, y = problem(50)
    y[-3:] = -100
    model = nn.MLP([2, 2])
    optimizer = nn.SGD(model.parameters())
    settings = {"epochs": 1, "shuffle": False, "progress": False, "metrics": {}}
    assert len(nn.fit(model, (x, y), nn.CrossEntropyLoss(), optimizer, **settings)) == 1


def test_a_loss_of_somebody_s_own_is_asked_about_nothing_but_batches():
    sizes = []

    def loss(outputs, labels):
        sizes.append(len(labels))
        return nn.CrossEntropyLoss()(outputs, labels)

    model = nn.MLP([2, 2])
    nn.fit(model, problem(50), loss, nn.SGD(model.parameters()), epochs=1, progress=False)
    assert sizes == [32, 18]


def diverging():
    x = np.linspace(-1, 1, 40)[:, None]
    x[25] = np.nan
    return x, x * x


def test_a_loss_that_is_not_finite_stops_before_the_weights_follow_it():
    class Remember(nn.Callback):
        def batch_ended(self, training):
            self.weights = training.model.state_dict()

    remember, model = Remember(), nn.MLP([1, 4, 1], activation="tanh", rng=0)
    optimizer = nn.SGD(model.parameters(), lr=0.01)
    with pytest.raises(FloatingPointError, match=r"learning rate.*nonfinite") as caught:
        nn.fit(
            model, diverging(), nn.MSELoss(), optimizer, epochs=3, batch_size=10, shuffle=False, progress=False,
            callbacks=[remember],
        )  # fmt: skip
    error = caught.value
    assert isinstance(error, nn.NonFiniteLoss)
    assert (error.epoch, error.step) == (1, 2)
    assert "in epoch 1, after 2 steps" in str(error)
    assert np.isfinite(error.history.step_losses).tolist() == [True, True, False]
    assert error.history.stopped == "the loss was nan in epoch 1, after 2 steps"
    np.testing.assert_equal(model.state_dict(), remember.weights)


def test_a_loss_that_is_not_finite_is_passed_over_on_request():
    model = nn.MLP([1, 4, 1], activation="tanh", rng=0)
    optimizer = nn.SGD(model.parameters(), lr=0.01)
    settings = {"epochs": 2, "batch_size": 10, "shuffle": False, "progress": False}
    history = nn.fit(model, diverging(), nn.MSELoss(), optimizer, nonfinite="continue", **settings)
    assert np.isfinite(history.step_losses).tolist() == [True] * 2 + [False] * 6
    assert np.isnan(history["loss"]).all()


def test_the_loss_of_every_step_is_kept():
    losses = []

    class Note(nn.Callback):
        def batch_ended(self, training):
            losses.append(training.loss_value)

    history = fitted(nn.MLP([2, 2]), problem(50), epochs=2, batch_size=16, callbacks=[Note()])
    assert history.step_losses.tolist() == losses
    assert len(losses) == 8
    np.testing.assert_allclose(history["loss"], np.reshape(losses, (2, 4)) @ [0.32, 0.32, 0.32, 0.04])
    assert len(history.seconds) == 2
    assert all(seconds > 0 for seconds in history.seconds)


def test_statistics_are_kept_with_the_history():
    history = fitted(nn.MLP([2, 4, 2]), problem(50), batch_size=10, statistics=2)
    assert history.statistics.steps.tolist() == [0, 2, 4, 6, 8]
    statistics = nn.Statistics(every=5)
    for callbacks in ([], [statistics]):
        history = fitted(nn.MLP([2, 4, 2]), problem(50), batch_size=10, statistics=statistics, callbacks=callbacks)
        assert history.statistics is statistics
    assert statistics.steps.tolist() == [0, 5, 0, 5]
    assert fitted(nn.MLP([2, 2]), problem()).statistics is None


# What is refused before anything is learned.


class Reshaping(nn.Module):
    """Takes any number of columns."""

    def __init__(self):
        self.inner = nn.Linear(1, 2, rng=0)

    def forward(self, x):
        return self.inner(x.mean(1, keepdims=True))


@pytest.mark.parametrize(
    ("validation", "error"),
    [
        ((np.zeros((5, 3)), np.zeros(5, int)), ValueError),
        ((np.zeros((5, 2)), np.zeros(5)), TypeError),
        ((np.zeros((5, 2)), np.zeros((5, 3))), TypeError),
    ],
)
def test_validation_samples_that_do_not_fit_show_before_an_epoch_was_spent(validation, error):
    model = nn.MLP([2, 4, 2], rng=0)
    before = model.state_dict()
    with pytest.raises(error) as caught:
        fitted(model, problem(), validation=validation)
    assert "this came of the validation samples" in caught.value.__notes__[-1]
    for path, array in model.state_dict().items():
        np.testing.assert_array_equal(array, before[path])


def test_validation_samples_of_another_shape_that_fit_are_taken():
    history = fitted(Reshaping(), problem(), validation=(np.zeros((5, 7)), np.zeros(5, int)))
    assert "validation_loss" in history


@pytest.mark.parametrize(
    ("metrics", "error", "message"),
    [
        (["accuracy"], TypeError, r"needed is a dict of functions"),
        (nn.metrics.accuracy, TypeError, r"needed is a dict of functions"),
        ({"half": 0.5}, TypeError, r"needed is a dict of functions"),
        ({"loss": nn.metrics.accuracy}, ValueError, "metrics has the name 'loss'"),
        ({"epoch": nn.metrics.accuracy}, ValueError, "metrics has the name 'epoch'"),
        ({"validation_loss": nn.metrics.accuracy}, ValueError, "metrics has the name 'validation_loss'"),
        ({"all": lambda outputs, targets: outputs}, TypeError, r"metric 'all' gave a ndarray of shape \(32, 2\)"),
    ],
)
def test_metrics_that_are_none_are_refused_in_words(metrics, error, message):
    with pytest.raises(error, match=message):
        fitted(nn.MLP([2, 2], rng=0), problem(), metrics=metrics)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"model": lambda x: x}, "model is a function; needed is a Module"),
        ({"loss": nn.CrossEntropyLoss}, "loss is the class CrossEntropyLoss"),
        ({"optimizer": nn.SGD}, "optimizer is the class SGD"),
        ({"shuffle": "no"}, "shuffle is 'no'; it must be True or False"),
        ({"drop_last": 1}, "drop_last is 1"),
        ({"resume": "no"}, "resume is 'no'"),
        ({"progress": "no"}, "progress is 'no'"),
    ],
)
def test_what_is_none_of_what_fit_needs_is_refused_in_words(changed, message):
    model = nn.MLP([2, 2], rng=0)
    settings = {"model": model, "loss": nn.CrossEntropyLoss(), "optimizer": nn.SGD(model.parameters())}
    with pytest.raises(TypeError, match=message):
        nn.fit(**{**settings, "data": problem(), "epochs": 1, "progress": False, **changed})


def test_judging_needs_a_model_and_a_loss_too():
    with pytest.raises(TypeError, match="predict: model is a function"):
        nn.predict(lambda x: x, np.zeros((3, 2)))
    with pytest.raises(TypeError, match="evaluate: loss is the class MSELoss"):
        nn.evaluate(nn.Linear(2, 1), (np.zeros((3, 2)), np.zeros((3, 1))), nn.MSELoss)


def test_looking_for_labels_without_an_output_needs_no_memory_for_all_pairs_of_labels():
    """Twenty thousand classes would have taken 1.6 GB."""
    import tracemalloc

    classes = 20_000
    model = nn.Linear(1, classes, rng=0)
    y = np.arange(classes)
    tracemalloc.start()
    fitted(model, (np.zeros((classes, 1)), y), epochs=1, batch_size=8, metrics={}, lr=0.0, callbacks=[Once()])
    assert tracemalloc.get_traced_memory()[1] < 100e6
    tracemalloc.stop()


class Once(nn.Callback):
    """Ends a training by Ctrl-C after its first batch."""

    def batch_ended(self, training):
        raise KeyboardInterrupt


class Pair(nn.Module):
    """Gives two things."""

    def __init__(self):
        self.inner = nn.Linear(2, 2, rng=0)

    def forward(self, x):
        return self.inner(x), x


class Severed(Pair):
    """Gives an array, which remembers nothing."""

    def forward(self, x):
        return self.inner(x).numpy()


@pytest.mark.parametrize(
    ("model", "loss", "message"),
    [
        (Pair, lambda outputs, y: outputs[0].sum(), "the model gave a tuple"),
        (Severed, lambda outputs, y: np.sum(outputs), "the loss gave a float32, which knows nothing of the model"),
        (nn.MLP, lambda outputs, y: outputs.sum().item(), "the loss gave a float, which knows"),
        (nn.MLP, lambda outputs, y: None, "the loss gave a NoneType"),
    ],
)
def test_outputs_and_losses_that_cannot_be_learned_from_are_refused_in_words(model, loss, message):
    made = nn.MLP([2, 2], rng=0) if model is nn.MLP else model()
    optimizer = nn.SGD(made.parameters())
    with pytest.raises(TypeError, match=message):
        nn.fit(made, problem(), loss, optimizer, epochs=1, metrics={}, progress=False)


def test_a_batch_that_is_not_finite_leaves_running_statistics_as_they_were():
    model = nn.Sequential(nn.Linear(2, 4, rng=0), nn.BatchNorm1d(4), nn.Linear(4, 2, rng=0))
    kept = []

    class Keep(nn.Callback):
        def batch_ended(self, training):
            kept.append(training.model.state_dict())

    x, y = problem(48)
    x[40] = np.nan
    with pytest.raises(nn.NonFiniteLoss, match="the model is as before this step"):
        fitted(model, (x, y), shuffle=False, batch_size=16, callbacks=[Keep()])
    assert len(kept) == 2
    for path, array in model.state_dict().items():
        np.testing.assert_array_equal(array, kept[-1][path])
        assert np.isfinite(array).all()
