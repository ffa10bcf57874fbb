"""Statistics report what a calculation by hand gives, of the sampled steps only, and change nothing that is learned."""

import copy
import csv
import json
from types import SimpleNamespace

import numpy as np
import pytest

import nn


def step(model, optimizer, x, y, statistics, number, loss=None):
    """What `fit` does with one batch."""
    training = SimpleNamespace(model=model, step=number, loss=loss, optimizer=optimizer, epoch=1)
    statistics.batch_started(training)
    optimizer.zero_grad()
    value = (loss or nn.CrossEntropyLoss())(model(x), y)
    value.backward()
    statistics.gradients_ready(training)
    optimizer.step()
    training.step += 1
    statistics.batch_ended(training)


def trained(model, statistics, steps=7, lr=0.1, seed=0):
    rng = np.random.default_rng(seed)
    optimizer = nn.SGD(model.parameters(), lr=lr)
    for number in range(steps):
        x = rng.standard_normal((6, 2)).astype(next(model.parameters()).dtype)
        step(model, optimizer, x, rng.integers(3, size=6), statistics, number)
    return model


def mlp(**settings):
    return nn.MLP([2, 4, 3], rng=0, **settings)


def small():
    """x → 2-2 → ReLU → 2-1 with numbers that can be reckoned by hand, and the squared error's mean as loss."""
    model = nn.MLP([2, 2, 1], dtype=float)
    model[0].weight.data = np.array([[1.0, -1.0], [2.0, 0.0]])
    model[0].bias.data = np.array([0.0, -2.0])
    model[2].weight.data = np.array([[3.0, 4.0]])
    model[2].bias.data = np.array([1.0])
    return model


def test_the_numbers_of_a_small_network_are_those_reckoned_by_hand():
    """For x = (1, 0) and (1, 2): z1 = (1, 0) and (-1, 0), h = (1, 0) and (0, 0), z2 = 4 and 1; targets 0 and 1."""
    model, statistics = small(), nn.Statistics(every=1, threshold=0.5)
    x, y = np.array([[1.0, 0.0], [1.0, 2.0]]), np.array([[0.0], [1.0]])
    step(model, nn.SGD(model.parameters(), lr=0.25), x, y, statistics, 0, nn.MSELoss())
    # L = ((4 − 0)² + (1 − 1)²) / 2, so δ2 = (4, 0); δ1 = δ2 W2 where z1 > 0: (12, 0) and (0, 0).
    expected = {
        "activation_mean": (0.0, 2.5),
        "activation_deviation": (np.sqrt(0.5), 1.5),
        "activation_norm": (np.sqrt(2), np.sqrt(17)),
        "zeros": (0.5, 0.0),
        "gradient_norm": (12.0, 4.0),
        "inactive": (0.75, 0.5),
        "inactive_signed": (0.5, 0.0),
        "weight_norm": (np.sqrt(6), 5.0),
        # ∂L/∂W1 = δ1ᵀ x = [[12, 0], [0, 0]]; ∂L/∂W2 = δ2ᵀ h = [4, 0].
        "weight_gradient_norm": (12.0, 4.0),
        "update_ratio": (3.0 / np.sqrt(6), 1.0 / 5.0),
    }
    assert set(expected) == set(statistics.columns)
    assert statistics.layers == ("0", "2")
    for column, numbers in expected.items():
        assert column in statistics
        np.testing.assert_allclose(statistics[column], [numbers], rtol=1e-14, err_msg=column)


def test_signed_inactivity_counts_units_whose_bias_gradient_is_negative_or_small():
    model, statistics = nn.Sequential(nn.Linear(1, 4, dtype=float, rng=0)), nn.Statistics(every=1, threshold=0.1)
    model[0].weight.data, model[0].bias.data = np.zeros((4, 1)), np.zeros(4)
    targets = np.array([[1.0, -1.0, -2.0, 0.01], [1.0, -1.0, 2.0, 0.01]])
    loss = lambda outputs, y: (outputs * -y).sum()
    step(model, nn.SGD(model.parameters(), lr=0.1), np.zeros((2, 1)), targets, statistics, 0, loss)
    # ∂L/∂b = −Σ targets = (−2, 2, 0, −0.02): all but the second are below 0.1, with their sign.
    assert statistics["inactive_signed"].item() == 0.75
    assert statistics["inactive"].item() == 0.25


def test_units_of_images_are_channels():
    model, statistics = nn.Conv2d(1, 2, 1, dtype=float, rng=0), nn.Statistics(every=1)
    weights = np.array([1.0, -1.0]).reshape(1, 2, 1, 1)
    loss = lambda outputs, y: (outputs * weights).sum()
    step(model, nn.SGD(model.parameters(), lr=0.1), np.ones((3, 1, 4, 5)), None, statistics, 0, loss)
    assert statistics.layers == ("",)
    assert statistics["inactive_signed"].item() == 0.5
    np.testing.assert_allclose(statistics["gradient_norm"], np.sqrt(3 * 2 * 4 * 5))


def test_only_every_so_manieth_step_is_sampled_from_the_first_on():
    statistics = nn.Statistics(every=3)
    assert repr(statistics) == "Statistics(every=3, threshold=1e-05): no samples"
    assert statistics["inactive"].shape == (0, 0)
    trained(mlp(), statistics, steps=8)
    np.testing.assert_array_equal(statistics.steps, [0, 3, 6])
    assert len(statistics) == 3
    assert all(statistics[column].shape == (3, 2) for column in statistics.columns)
    assert all(statistics[column].dtype == np.float64 for column in statistics.columns)
    assert repr(statistics).endswith(": 3 samples of 2 layers, steps 0 to 6")


def hooks_of(model):
    """How many forward hooks are registered in a model."""
    found = [value for module in model.modules() for name, value in vars(module).items() if "hook" in name]
    return sum(len(hooks) for hooks in found if hooks)


def test_a_module_has_a_hook_during_the_sampled_step_only():
    model, statistics = mlp(), nn.Statistics(every=2)
    seen = []

    class Spy(nn.Module):
        def forward(self, x):
            seen.append(hooks_of(model))
            return x

    model.append(Spy())
    trained(model, statistics, steps=4)
    assert seen == [2, 0, 2, 0]
    assert hooks_of(model) == 0


@pytest.mark.parametrize("every", [1, 2])
def test_what_is_learned_is_the_same_to_the_last_bit(every):
    build = lambda: nn.Sequential(
        nn.Linear(2, 16, rng=1), nn.Tanh(), nn.Linear(16, 16, rng=2), nn.ReLU(), nn.Linear(16, 3, rng=3)
    )
    watched = trained(build(), nn.Statistics(every=every, layers=lambda path, module: path != ""), steps=30)
    alone = trained(build(), nn.Callback(), steps=30)
    for (path, left), right in zip(watched.named_parameters(), alone.parameters()):
        np.testing.assert_array_equal(left.data, right.data, err_msg=path)


def fitted(callbacks, **settings):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((50, 2)), rng.integers(3, size=50)
    model = mlp()
    optimizer = nn.Adam(model.parameters(), lr=0.01)
    given = {"epochs": 3, "batch_size": 16, "rng": 0, "progress": False, "callbacks": callbacks, **settings}
    nn.fit(model, (x, y), nn.CrossEntropyLoss(), optimizer, validation=(x, y), **given)
    return model


def test_fit_samples_steps_across_epochs_and_learns_the_same():
    statistics = nn.Statistics(every=5)
    watched, alone = fitted([statistics]), fitted([])
    np.testing.assert_array_equal(statistics.steps, [0, 5, 10])
    assert np.isfinite(statistics.state_dict()["values"]).all()
    assert (statistics["update_ratio"] > 0).all()
    assert hooks_of(watched) == 0
    for left, right in zip(watched.parameters(), alone.parameters()):
        np.testing.assert_array_equal(left.data, right.data)


def test_a_training_that_fails_within_a_sampled_step_leaves_no_hooks():
    class Fails(nn.Callback):
        def gradients_ready(self, training):
            raise RuntimeError("no")

    model, statistics = mlp(), nn.Statistics(every=1)
    data, loss, optimizer = (
        (np.zeros((4, 2)), np.zeros(4, int)),
        nn.CrossEntropyLoss(),
        nn.SGD(model.parameters(), lr=0.1),
    )
    for callbacks in ([Fails(), statistics], [statistics, Fails()]):
        with pytest.raises(RuntimeError, match="no"):
            nn.fit(model, data, loss, optimizer, epochs=1, progress=False, callbacks=callbacks)
        assert hooks_of(model) == 0
        assert len(statistics) == 0


def test_layers_are_chosen_by_path_or_by_a_predicate():
    by_default, by_path = nn.Statistics(), nn.Statistics(layers=["2", "1"])
    predicate = nn.Statistics(layers=lambda path, module: isinstance(module, nn.ReLU))
    for statistics, layers in ((by_default, ("0", "2")), (by_path, ("1", "2")), (predicate, ("1",))):
        trained(mlp(), statistics, steps=1)
        assert statistics.layers == layers
    hidden = np.maximum(mlp()[0](np.random.default_rng(0).standard_normal((6, 2)).astype(np.float32)).data, 0)
    np.testing.assert_allclose(predicate["zeros"], [[np.mean(hidden == 0)]])
    assert np.isnan(predicate["weight_norm"]).all()
    assert np.isnan(predicate["update_ratio"]).all()


def test_what_cannot_be_watched_is_refused_in_words():
    with pytest.raises(ValueError, match="no modules \\['7'\\]; it has \\['0', '1', '2'\\]"):
        trained(mlp(), nn.Statistics(layers=["7"]))
    with pytest.raises(ValueError, match="nothing to watch"):
        trained(mlp(), nn.Statistics(layers=lambda path, module: False))
    with pytest.raises(TypeError, match="a list of paths, \\['0'\\]"):
        nn.Statistics(layers="0")
    for every in (0, -1, 1.5, True):
        with pytest.raises(ValueError, match="every is"):
            nn.Statistics(every=every)
    for threshold in (0, -1e-5, float("nan"), float("inf"), "1"):
        with pytest.raises(ValueError, match="threshold is"):
            nn.Statistics(threshold=threshold)
    with pytest.raises(KeyError, match=r"no column 'loss'; they have activation_mean"):
        nn.Statistics()["loss"]
    assert "loss" not in nn.Statistics()


def test_a_module_with_several_outputs_is_refused():
    class Twins(nn.Module):
        def forward(self, x):
            return x, x

    class Model(nn.Module):
        def __init__(self):
            self.inner, self.twins = nn.Linear(2, 3), Twins()

        def forward(self, x):
            return self.twins(self.inner(x))[0]

    with pytest.raises(TypeError, match="the output of twins is a tuple"):
        trained(Model(), nn.Statistics(layers=["twins"]))


class Twice(nn.Module):
    """Uses the same layers twice, and a ReLU between layers of other widths."""

    def __init__(self):
        self.inner, self.outer, self.relu = (
            nn.Linear(2, 2, dtype=float, rng=0),
            nn.Linear(2, 3, dtype=float, rng=1),
            nn.ReLU(),
        )

    def forward(self, x):
        return self.relu(self.outer(self.relu(self.inner(self.inner(x)))))


def test_a_module_that_is_used_twice_counts_as_one_layer_with_the_entries_of_both():
    model, statistics = Twice(), nn.Statistics(every=1, layers=["inner", "relu"])
    x = np.random.default_rng(0).standard_normal((5, 2))
    first = model.inner(x)
    second = model.inner(first)
    middle = model.relu(second)
    last = model.relu(model.outer(middle))
    for tensor in (first, second, middle, last):
        tensor.retain_grad()
    nn.CrossEntropyLoss()(last, np.zeros(5, int)).backward()
    step(model, nn.SGD(model.parameters(), lr=0.1), x, np.zeros(5, int), statistics, 0)
    inner = np.concatenate([first.data.ravel(), second.data.ravel()])
    deltas = np.concatenate([first.grad.data.ravel(), second.grad.data.ravel()])
    np.testing.assert_allclose(statistics["activation_deviation"][0, 0], inner.std())
    np.testing.assert_allclose(statistics["gradient_norm"][0, 0], np.linalg.norm(deltas))
    bias = (first.grad.data + second.grad.data).sum(0)
    assert statistics["inactive_signed"][0, 0] == np.mean(bias < 1e-5)
    relus = np.concatenate([middle.grad.data.sum(0), last.grad.data.sum(0)])
    assert statistics["inactive_signed"][0, 1] == np.mean(relus < 1e-5)


def test_what_does_not_exist_is_nan():
    class Parts(nn.Module):
        def __init__(self):
            self.used, self.unused, self.stray = nn.Linear(2, 3, rng=0), nn.Linear(2, 3, rng=1), nn.Linear(2, 3, rng=2)

        def forward(self, x):
            self.stray(x)
            return self.used(x)

    model, statistics = Parts(), nn.Statistics(every=1)
    trained(model, statistics, steps=1)
    assert statistics.layers == ("used", "unused", "stray")
    missing = {c: np.isnan(statistics[c][0]).tolist() for c in statistics.columns}
    for column in ("activation_mean", "activation_norm", "zeros"):
        assert missing[column] == [False, True, False]
    for column in ("gradient_norm", "inactive", "inactive_signed", "weight_gradient_norm"):
        assert missing[column] == [False, True, True]
    for column in ("weight_norm", "update_ratio"):
        assert missing[column] == [False] * 3
    np.testing.assert_array_equal(statistics["update_ratio"][0, 1:], 0.0)


def test_a_frozen_layer_at_the_beginning_has_outputs_and_no_gradients():
    model, statistics = mlp(), nn.Statistics(every=1)
    model[0].requires_grad_(False)
    trained(model, statistics, steps=1)
    assert np.isnan(statistics["gradient_norm"]).tolist() == [[True, False]]
    assert not np.isnan(statistics["activation_norm"]).any()
    assert statistics["update_ratio"][0, 0] == 0


def test_a_training_that_diverges_is_watched_to_its_end():
    statistics = nn.Statistics(every=1)
    with np.errstate(all="ignore"):
        model = mlp()
        model[0].weight.data = np.full((4, 2), 1e38, np.float32)
        trained(model, statistics, steps=4, lr=1e38)
    assert not np.isfinite(statistics["weight_norm"][-1]).all()
    assert len(statistics) == 4


def test_the_state_survives_a_round_trip_exactly():
    statistics = nn.Statistics(every=2, layers=lambda path, module: path in ("0", "1"))
    trained(mlp(), statistics)
    state = copy.deepcopy(statistics.state_dict())
    other = nn.Statistics(every=2)
    other.load_state_dict(state)
    assert other.layers == statistics.layers
    np.testing.assert_array_equal(other.steps, statistics.steps)
    for column in statistics.columns:
        np.testing.assert_array_equal(other[column], statistics[column], err_msg=column)
    state["values"][:] = 0
    assert other["weight_norm"][0, 0] > 0
    plain = {
        name: value.tolist() if isinstance(value, np.ndarray) else value
        for name, value in statistics.state_dict().items()
    }
    other.load_state_dict(json.loads(json.dumps(plain)))
    np.testing.assert_array_equal(other["gradient_norm"], statistics["gradient_norm"])


def test_a_restored_training_goes_on_where_it_was():
    straight, parts = nn.Statistics(every=2), nn.Statistics(every=2)
    trained(mlp(), straight, steps=6)
    empty = nn.Statistics(every=2)
    empty.load_state_dict(nn.Statistics().state_dict())
    assert len(empty) == 0
    rng, model = np.random.default_rng(0), mlp()
    optimizer = nn.SGD(model.parameters(), lr=0.1)
    for number in range(6):
        if number == 3:
            state, parts = parts.state_dict(), nn.Statistics(every=2)
            parts.load_state_dict(state)
        x = rng.standard_normal((6, 2)).astype(np.float32)
        step(model, optimizer, x, rng.integers(3, size=6), parts, number)
    np.testing.assert_array_equal(parts.state_dict()["values"], straight.state_dict()["values"])


def test_a_state_that_does_not_fit_is_refused_and_changes_nothing():
    statistics = nn.Statistics(every=2)
    trained(mlp(), statistics)
    state = statistics.state_dict()
    for wrong in ({"columns": ["a"]}, {"layers": ["0"]}, {"steps": [0, 2]}):
        with pytest.raises(ValueError, match="Nothing was changed"):
            statistics.load_state_dict({**state, **wrong})
    np.testing.assert_array_equal(statistics.state_dict()["values"], state["values"])


def test_samples_of_another_model_are_not_mixed_in():
    statistics = nn.Statistics(every=1)
    trained(mlp(), statistics, steps=1)
    with pytest.raises(ValueError, match="has the layers 0, 2, 4, and the 1 samples so far are of 0, 2"):
        trained(nn.MLP([2, 3, 3, 3]), statistics)


def test_an_interrupted_step_leaves_no_hooks_and_no_row():
    model, statistics = mlp(), nn.Statistics(every=1)
    training = SimpleNamespace(model=model, step=0)
    statistics.batch_started(training)
    model(np.zeros((1, 2), np.float32))
    statistics.training_ended(training)
    assert hooks_of(model) == 0
    assert len(statistics) == 0
    statistics.batch_started(training)
    statistics.batch_started(training)
    assert hooks_of(model) == 2


def test_a_table_has_every_number_in_full(tmp_path):
    statistics = nn.Statistics(every=3)
    trained(mlp(), statistics)
    path = tmp_path / "statistics.csv"
    path.write_text("old")
    statistics.to_csv(path)
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(int(row["step"]), row["layer"]) for row in rows] == [(s, n) for s in (0, 3, 6) for n in ("0", "2")]
    for column in statistics.columns:
        np.testing.assert_array_equal([float(row[column]) for row in rows], statistics[column].ravel())
    assert [p.name for p in tmp_path.iterdir()] == ["statistics.csv"]
    with pytest.raises(FileNotFoundError):
        statistics.to_csv(tmp_path / "missing" / "statistics.csv")
