"""TNM112: data, networks and Keras's details as the lab has them; what the tasks must reach; and the lab's own MLP."""

import dataclasses
import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import datasets
import nn
from examples.labs.configuration import Initial, generator
from examples.labs.experiment import experiments
from examples.labs.experiments import tnm112, tnm112_1_1, tnm112_1_2, tnm112_1_3, tnm112_1_4, tnm112_2, tnm112_3
from examples.labs.mlp import MLP, Handed, activation, own, performance, plane
from examples.labs.runs import Run, record

EXPERIMENTS = [experiments()[f"tnm112-{task}"] for task in ("1.1", "1.2", "1.3", "1.4", "2", "3")]


def test_a_set_has_512_points_of_each_class_in_training_and_test_samples_that_differ():
    for data, classes in ((tnm112.CLOUDS, 2), (tnm112.RING, 2), (tnm112.RINGS, 5)):
        split = data.split(0)
        for samples in split:
            assert samples.x.shape == (512 * classes, 2)
            assert np.bincount(samples.y).tolist() == [512] * classes
        assert not np.array_equal(split.train.x, split.test.x)


def test_the_clouds_lie_at_thirds_of_the_diagonal_and_the_rings_at_fifths():
    x, y = tnm112.CLOUDS.split(0).train
    for number in (0, 1):
        assert x[y == number].mean(0) == pytest.approx([(number + 1) / 3] * 2, abs=0.02)
        assert x[y == number].std(0) == pytest.approx([0.1] * 2, abs=0.012)
    x, y = tnm112.RINGS.split(0).train
    radius = np.hypot(*x.T)
    for number in range(1, 5):
        assert radius[y == number].mean() == pytest.approx(number / 5, abs=0.01)
        assert radius[y == number].std() == pytest.approx(0.05, abs=0.006)


def test_the_notebooks_initialisation_is_of_kernels_only():
    model = tnm112.deep().network.build(generator(0, "weights"))
    kernels = np.concatenate([p.numpy().ravel() for p in model.parameters() if p.ndim == 2])
    assert kernels.mean() == pytest.approx(0.1, abs=0.003)
    assert kernels.std() == pytest.approx(0.1, abs=0.003)
    assert not any(p.numpy().any() for p in model.parameters() if p.ndim == 1)


def test_glorot_normal_is_kerass_truncated_at_two_deviations_of_a_widened_normal():
    model = tnm112.deep(initial=Initial("glorot_normal")).network.build(generator(0, "weights"))
    for weight in (p.numpy() for p in model.parameters() if p.shape == (50, 50)):
        deviation = math.sqrt(2 / 100)
        assert weight.std() == pytest.approx(deviation, rel=0.06)
        assert abs(weight).max() <= 2 * deviation / 0.87962566 + 1e-6


def test_momentum_and_decay_are_kerass():
    layer = nn.Linear(1, 1, bias=False, dtype=np.float64)
    parameter = nn.init.ones(layer.weight)
    optimizer = tnm112.DECAYING.optimizer.build(layer)
    schedule = tnm112.DECAYING.schedule.build(optimizer)
    weight, velocity = 1.0, 0.0
    for step in range(5):
        rate = 0.1 * 0.96 ** (step / 5000)
        velocity = 0.8 * velocity - rate * weight
        weight += velocity
        optimizer.zero_grad()
        (0.5 * parameter**2).sum().backward()
        optimizer.step()
        schedule.step()
        assert parameter.numpy().item() == pytest.approx(weight, rel=1e-12)


def test_adam_is_kerass():
    settings = tnm112_1_4.ADAM.settings
    assert (settings["lr"], tuple(settings["betas"]), settings["eps"], settings["form"]) == (
        0.001, (0.9, 0.999), 1e-7, "keras",
    )  # fmt: skip


def test_batches_of_16_make_256_steps_in_four_epochs_and_batches_of_512_make_8(tmp_path):
    steps = {name: job.perform(0, tmp_path / name).metrics["steps"] for name, job in tnm112_1_1.SIZES.items()}
    assert steps == {"batch 512": 8, "batch 16": 256}


@pytest.mark.parametrize("seed", range(3))
def test_batches_of_16_reach_98_percent_and_batches_of_512_do_not(seed, tmp_path):
    found = {name: job.perform(seed, tmp_path / name).metrics for name, job in tnm112_1_1.SIZES.items()}
    assert found["batch 16"]["test accuracy"] >= 0.98
    assert 0.55 <= found["batch 512"]["test accuracy"] <= 0.82


@pytest.mark.parametrize("name", ["linear", "sigmoid", "relu"])
def test_only_relu_finds_the_ring_in_twenty_epochs(name, tmp_path):
    accuracy = tnm112_1_2.ACTIVATIONS[name].perform(0, tmp_path / "run").metrics["test accuracy"]
    assert accuracy >= 0.98 if name == "relu" else accuracy <= 0.70


@pytest.mark.parametrize("seed", range(3))
def test_the_base_configuration_of_ten_layers_is_right_about_exactly_a_fifth(seed, tmp_path):
    job = dataclasses.replace(tnm112_1_3.EXPERIMENT.settings["base"], epochs=1, watch=None)
    metrics = job.perform(seed, tmp_path / "run").metrics
    assert metrics["test accuracy"] == metrics["train accuracy"] == 0.2
    assert min(abs(metrics["test loss"] - 0.16), abs(metrics["test loss"] - 0.32)) < 1e-3


def test_the_notebooks_weights_multiply_signals_by_five_and_000s_by_a_tenth(tmp_path):
    pytest.importorskip("matplotlib")
    records = {}
    for name, factor in (("base", 5.0), ("000: N(0, 0.02²)", 0.1)):
        job = dataclasses.replace(tnm112_1_3.SETTINGS[name], epochs=1, batch_size=512)
        run = Run("tnm112-1.3", name, 0, job)
        records[name] = [record(run, job.perform(0, run.path(tmp_path)), 0.0)]
        statistics = nn.Statistics()
        statistics.load_state_dict(records[name][0].evidence["statistics"])
        norms = statistics["activation_norm"][0, 1:10]
        assert np.exp(np.diff(np.log(norms)).mean()) == pytest.approx(factor, rel=0.1)
    assert len(tnm112_1_3.first_step(records).axes) == 2


@pytest.mark.slow
def test_report_001s_settings_learn_the_rings(tmp_path):
    for job in (tnm112.CONSTANT, tnm112.DECAYING):
        best = max(job.perform(0, tmp_path / "run").history["validation_accuracy"])
        assert best >= 0.94
        (tmp_path / "run").unlink()


@pytest.mark.slow
def test_glorot_normal_and_adam_learn_the_rings(tmp_path):
    assert tnm112_1_4.GLOROT.perform(0, tmp_path / "run").metrics["test accuracy"] >= 0.90


# Task 2: the lab's own MLP.


@pytest.mark.parametrize(("classes", "count"), [(2, 23202), (5, 23355)])
def test_ten_layers_of_fifty_have_as_many_parameters_as_the_lab_says(classes, count):
    job = tnm112.training(tnm112.RINGS, (50,) * 10, classes=classes, epochs=1, batch_size=16)
    model = job.network.build(generator(0, "weights"))
    assert own(model, "relu").weights_total == count == sum(p.size for p in model.parameters())


@pytest.mark.parametrize("name", ["linear", "sigmoid", "relu"])
def test_the_own_feedforward_says_what_the_trained_network_says(name, tmp_path):
    job = Handed(dataclasses.replace(tnm112_1_2.ACTIVATIONS[name], epochs=2))
    metrics = job.perform(0, tmp_path / "run").metrics
    assert metrics["rows that differ"] == 0
    assert metrics["largest difference"] < 1e-6
    assert f"{metrics['own test loss']:.4f}" == f"{metrics['test loss']:.4f}"
    assert metrics["own test accuracy"] == metrics["test accuracy"]
    assert metrics["own train accuracy"] == metrics["train accuracy"]


@settings(deadline=None, max_examples=30)
@given(
    st.integers(0, 2**32 - 1), st.sampled_from(["linear", "sigmoid", "relu"]), st.lists(st.integers(1, 8), max_size=3)
)
def test_points_one_by_one_and_all_at_once_are_the_same(seed, name, hidden):
    rng = np.random.default_rng(seed)
    widths = [2, *hidden, 3]
    W = [rng.normal(size=(outputs, inputs)) for inputs, outputs in pairwise(widths)]
    b = [rng.normal(size=(outputs, 1)) for outputs in widths[1:]]
    x = rng.normal(size=(7, 2))
    model = MLP(W, b, name)
    assert model.feedforward(x) == pytest.approx(model.feedforward_rows(x), rel=1e-12)
    assert model.feedforward(x).sum(1) == pytest.approx(np.ones(7))
    assert model.hidden_layers == len(hidden)


def test_softmax_is_of_each_row_and_large_scores_do_not_overflow():
    found = activation(np.array([[0.0, 0.0], [1e4, 0.0], [-1e4, 1e4]]), "softmax")
    assert found.tolist() == [[0.5, 0.5], [1.0, 0.0], [0.0, 1.0]]


def test_weights_and_biases_that_do_not_fit_are_refused_with_their_shapes():
    with pytest.raises(ValueError, match=r"\(2, 3\).*\(2,\).*column"):
        MLP([np.zeros((2, 3))], [np.zeros(2)], "relu")
    with pytest.raises(ValueError, match="no activation is called 'ReLU'"):
        MLP([np.zeros((2, 2))] * 2, [np.zeros((2, 1))] * 2, "ReLU").feedforward(np.zeros((1, 2)))


def test_evaluate_prints_losses_with_four_digits_and_shares_with_two():
    assert performance({"test loss": 0.01527, "test accuracy": 0.9508}) == (
        "Model performance:\n\tTest loss: 0.0153\n\tTest accuracy: 0.95"
    )


# Task 3: a boundary by hand.


@pytest.mark.parametrize("seed", range(3))
def test_the_boundary_by_hand_costs_what_report_001_says(seed, tmp_path):
    wrong, right = (
        tnm112_3.SETTINGS[name].perform(seed, tmp_path / "none").metrics
        for name in ("001, wrong labels", "001, rows swapped")
    )
    assert wrong["test loss"] == pytest.approx(0.3406, abs=0.01)
    assert right["test loss"] == pytest.approx(0.1754, abs=0.01)
    assert wrong["test accuracy"] == pytest.approx(1 - right["test accuracy"])
    assert right["test accuracy"] >= 0.98


@settings(deadline=None)
@given(st.floats(0.01, 100), st.booleans())
def test_the_loss_depends_on_c_and_the_boundary_does_not(c, negative):
    c = -c if negative else c
    model = tnm112_3.scaled(c).network()
    t = np.linspace(-1, 2, 13)
    on_the_line = np.stack([t, 1 - t], 1)
    assert model.feedforward(on_the_line) == pytest.approx(np.full((13, 2), 0.5), abs=1e-12)
    beyond = model.feedforward(on_the_line + 0.1).argmax(1)
    assert (beyond == (0 if c > 0 else 1)).all()


def test_000s_changed_signs_and_001s_swapped_rows_are_the_same_network():
    x = plane(tnm112.CLOUDS.split(0).test)
    signs, swapped = (tnm112_3.SETTINGS[name].network().feedforward_rows(x) for name in ("c = -1", "001, rows swapped"))
    assert signs == pytest.approx(swapped, abs=1e-12)


def test_the_loss_is_least_where_the_scores_are_the_true_log_odds():
    x, y = datasets.linear(points_per_class=100_000, classes=2, sigma=0.1, rng=0)
    losses = {
        c: np.mean((tnm112_3.scaled(-c).network().feedforward_rows(x) - np.eye(2)[y]) ** 2)
        for c in (10.0, 22.0, 33.0, 50.0, 100.0)
    }
    assert min(losses, key=losses.__getitem__) == 33.0


def test_pictures_show_the_network_of_the_same_weights():
    job = tnm112_3.SETTINGS["001, rows swapped"]
    model, loss, x, y = job.step()
    assert nn.predict(model, x) == pytest.approx(job.network().feedforward(x), abs=1e-6)
    assert loss(x, y).data == pytest.approx(np.mean((job.network().feedforward(x) - y) ** 2), abs=1e-6)
    model, loss, x, y = tnm112_2.SETTINGS["two classes"].step()
    assert loss(x, y).shape == ()


# What is declared.


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda each: each.identifier)
def test_rows_name_settings_and_differences_name_experiments_that_there_are(experiment):
    for row in experiment.rows:
        assert row.setting in experiment.settings
        if row.difference is not None:
            name, setting = row.difference.shown_by
            assert setting in experiments()[name].settings


@pytest.mark.parametrize("task", ["1.1", "1.2", "3"])
def test_figures_and_tables_are_made_of_records(task, tmp_path):
    matplotlib_figure = pytest.importorskip("matplotlib.figure")
    experiment = experiments()[f"tnm112-{task}"]
    runs = [Run(experiment.identifier, name, 0, job) for name, job in experiment.settings.items()]
    made = [record(run, run.job.perform(0, run.path(tmp_path)), 0.0) for run in runs]
    records = {each.setting: [each] for each in made}
    assert {compared.verdict for compared in experiment.compared(records)} <= {"agrees", "differs", "no bound"}
    for illustration in experiment.illustrations:
        assert isinstance(illustration.make(records), matplotlib_figure.Figure)


def test_task_2s_figure_shows_both_networks(tmp_path):
    pytest.importorskip("matplotlib")
    job = Handed(dataclasses.replace(tnm112_1_4.GLOROT, epochs=1, batch_size=512))
    run = Run("tnm112-2", "five classes", 0, job)
    made = record(run, job.perform(0, tmp_path / "run"), 0.0)
    assert made.metrics["rows that differ"] == 0
    assert made.metrics["parameters"] == 23355
    (illustration,) = tnm112_2.EXPERIMENT.illustrations
    titles = [axes.get_title(loc="left") for axes in illustration.make({"five classes": [made]}).axes]
    assert len(titles) == 2
    assert titles[0].split(":")[1] == titles[1].split(":")[1]
