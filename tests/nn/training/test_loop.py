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


def test_history_is_a_table():
    history = nn.History()
    assert repr(history) == "History of no epochs"
    for number in range(20):
        history.append({"loss": 1 / (number + 1)} | ({"rate": 0.5} if number else {}))
    assert len(history) == 20
    assert history.columns == ("loss", "rate")
    assert "rate" in history
    assert np.isnan(history["rate"][0])
    assert history.epochs[-1] == 20
    lines = repr(history).splitlines()
    assert len(lines) == 12
    assert lines[0].split() == ["epoch", "loss", "rate"]
    assert lines[-1].split() == ["20", "0.05", "0.5"]
    with pytest.raises(KeyError, match=r"accuracy.*loss, rate"):
        history["accuracy"]


@pytest.mark.parametrize("labels", [np.eye(2), np.array([0, 1, 0]), np.array([0.0, 1.0])], ids=["hot", "3", "float"])
def test_accuracy_refuses_labels_that_are_not_class_indices(labels):
    with pytest.raises(ValueError, match="whole numbers"):
        nn.accuracy(np.eye(2), labels)


def test_accuracy_takes_tensors_and_further_axes():
    outputs = np.eye(3)[[[0, 1], [2, 2]]]
    assert nn.accuracy(ad.Tensor(outputs), np.array([[0, 1], [2, 0]])) == 0.75
    assert np.isnan(nn.accuracy(np.zeros((0, 2)), np.zeros(0, int)))
