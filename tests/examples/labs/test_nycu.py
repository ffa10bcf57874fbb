"""NYCU: points, networks and gradients as report 004 has them; what its parts must reach, and how they fail."""

from dataclasses import replace

import numpy as np
import pytest

import autodiff as ad
import nn
from examples.labs.configuration import generator
from examples.labs.experiment import experiments
from examples.labs.experiments import (
    nycu,
    nycu_activations,
    nycu_adam,
    nycu_conv,
    nycu_figures,
    nycu_linear,
    question_conv,
)
from examples.labs.runs import Run, read, record, write
from examples.labs.samples import Data

for package, extra in (("matplotlib", "plot"), ("safetensors", "train")):
    pytest.importorskip(package, reason=f'{package} is absent; pip install "chalkgrad[{extra}]" brings it')

PARTS = ("linear", "xor", "rates", "widths", "activations", "adam", "conv")
IDENTIFIERS = (*(f"nycu-{part}" for part in PARTS), "question-conv")


def built(job):
    return job.network.build(generator(0, "weights"))


def test_points_are_a_hundred_and_as_many_fresh_ones_told_apart_by_the_diagonal():
    train, test = nycu.LINEAR.split(0)
    for x, y in (train, test):
        assert x.shape == (100, 2)
        assert (x >= 0).all()
        assert (x < 1).all()
        assert np.array_equal(y, np.where(x[:, 0] > x[:, 1], 0, 1))
    assert not np.array_equal(train.x, test.x)


def test_xor_has_21_points_that_are_trained_and_tested_with():
    train, test = nycu.XOR.split(5)
    assert train.x.shape == (21, 2)
    assert np.bincount(train.y).tolist() == [11, 10]
    assert np.array_equal(train.x, test.x)


def test_the_network_is_2_4_4_1_of_sigmoids_with_weights_from_n_0_1_and_biases_0():
    model = built(nycu.training())
    assert [tuple(p.shape) for p in model.parameters()] == [(4, 2), (4,), (4, 4), (4,), (1, 4), (1,)]
    assert not any(p.numpy().any() for p in model.parameters() if p.ndim == 1)
    assert [type(layer).__name__ for layer in model] == ["Linear", "Sigmoid"] * 3


def test_the_engines_gradients_are_those_that_the_report_derives():
    """Every gradient of the 2-4-4-1 network, by the report's formulas, for a batch of 7."""
    model = nn.MLP((2, 4, 4, 1), activation="sigmoid", rng=0, dtype=np.float64)
    rng = np.random.default_rng(1)
    x, y = rng.random((7, 2)), rng.integers(0, 2, (7, 1)).astype(float)
    values = [p.numpy() for p in model.parameters()]
    activations = [x]
    for weight, bias in zip(values[::2], values[1::2]):
        activations.append(1 / (1 + np.exp(-(activations[-1] @ weight.T + bias))))
    outputs = ad.sigmoid(model(x))
    (0.5 * (outputs - y) ** 2).mean().backward()
    delta = (activations[3] - y) * activations[3] * (1 - activations[3])
    expected = []
    for layer in (2, 1, 0):
        expected = [delta.T @ activations[layer] / 7, delta.sum(0) / 7, *expected]
        delta = delta @ values[2 * layer] * activations[layer] * (1 - activations[layer])
    for parameter, gradient in zip(model.parameters(), expected):
        assert np.asarray(parameter.grad.data) == pytest.approx(gradient, rel=1e-9)


def test_point_by_point_15000_epochs_are_a_million_and_a_half_steps():
    job = nycu_linear.SETTINGS["per sample"]
    assert (job.epochs * 100 // job.batch_size, job.optimizer.settings["lr"]) == (1_500_000, 0.3)
    assert nycu.PRINTED[-1] == 14_000


def test_the_error_log_and_the_listing_look_like_the_reports(tmp_path):
    run = Run("nycu-linear", "full batch", 0, replace(nycu_linear.SETTINGS["full batch"], epochs=1001))
    made = record(run, run.job.perform(0, tmp_path / "run"), 0.0)
    lines = nycu_figures.log_lines(made, nycu.PRINTED)
    assert [line.split(",")[0] for line in lines[:-1]] == ["Epoch 0", "Epoch 1000"]
    assert made.metrics["error after 1,000 epochs"] == made.history["loss"][1000]
    assert lines[1] == f"Epoch 1000, Error: {made.history['loss'][1000]:.6f}"
    points = nycu_figures.point_lines(made, count=100)
    assert sum(line.endswith("✓") for line in points) == round(100 * made.metrics["test accuracy"])
    assert points[0].startswith("Input: [0.")


def test_point_by_point_the_linear_set_is_learned(tmp_path):
    metrics = replace(nycu_linear.SETTINGS["per sample"], epochs=60).perform(0, tmp_path / "run").metrics
    assert metrics["steps"] == 6000
    assert metrics["test accuracy"] >= 0.94


# Divergence and dead outputs.


@pytest.mark.parametrize("seed", range(3))
def test_without_an_activation_rate_03_diverges_into_a_record(seed, tmp_path):
    run = Run("nycu-activations", "none, rate 0.3", seed, nycu_activations.SETTINGS["none, rate 0.3"])
    made = record(run, run.job.perform(seed, tmp_path / "checkpoint"), 0.0)
    assert made.metrics["diverged"] == 1
    assert made.evidence["diverged"]["step"] < 100
    assert "learning rate is too high" in made.evidence["diverged"]["message"]
    write(tmp_path / "run.json", made)
    again = read(tmp_path / "run.json")
    assert again.evidence["diverged"] == made.evidence["diverged"]
    assert again.metrics["steps"] == made.metrics["steps"]


def test_without_an_activation_rate_001_learns(tmp_path):
    metrics = replace(nycu_activations.SETTINGS["none, rate 0.01"], epochs=60).perform(0, tmp_path / "run").metrics
    assert metrics["diverged"] == 0
    assert metrics["test accuracy"] >= 0.9


@pytest.mark.parametrize("seed", range(2))
def test_relu_at_rate_03_dies_and_is_right_about_the_share_of_class_0(seed, tmp_path):
    outcome = replace(nycu_activations.SETTINGS["ReLU, rate 0.3"], epochs=20).perform(seed, tmp_path / "run")
    assert outcome.metrics["constant"] == 1
    assert not outcome.evidence["test outputs"].any()
    assert outcome.metrics["test accuracy"] == outcome.metrics["share of class 0"]


def test_adam_learns_with_all_points_at_once(tmp_path):
    job = replace(nycu_adam.SETTINGS["full batch, rate 0.3"], epochs=800)
    assert job.perform(0, tmp_path / "run").metrics["test accuracy"] >= 0.93


# The convolution.


def test_the_convolution_has_four_kernels_of_1_by_2_and_the_hidden_layers_of_before():
    model = built(nycu_conv.SETTINGS["SGD"])
    assert [tuple(p.shape) for p in model.parameters()] == [
        (4, 1, 1, 2), (4,), (4, 4), (4,), (4, 4), (4,), (1, 4), (1,),
    ]  # fmt: skip
    assert model(np.zeros((7, 2), np.float32)).shape == (7, 1)


def test_a_kernel_as_wide_as_the_input_computes_what_a_dense_layer_does():
    model = built(nycu_conv.SETTINGS["SGD"])
    x = np.random.default_rng(0).random((5, 2), dtype=np.float32)
    convolution = model[1]
    dense = x @ convolution.weight.numpy().reshape(4, 2).T + convolution.bias.numpy()
    assert convolution(model[0](x)).numpy().reshape(5, 4) == pytest.approx(dense, rel=1e-5, abs=1e-6)


def test_the_convolution_reaches_95_percent_with_adam(tmp_path):
    job = replace(nycu_conv.SETTINGS["Adam"], epochs=1000)
    assert job.perform(0, tmp_path / "run").metrics["test accuracy"] >= 0.95


@pytest.mark.slow
def test_the_convolution_reaches_95_percent_with_plain_descent(tmp_path):
    job = replace(nycu_conv.SETTINGS["SGD"], epochs=200)
    assert job.perform(0, tmp_path / "run").metrics["test accuracy"] >= 0.95


def gradients(network):
    model = network.build(generator(0, "weights"))
    x, y = nycu.LINEAR.split(0).train
    optimizer = nn.SGD(model.parameters(), lr=0.1)
    optimizer.zero_grad()
    (0.5 * (model(x) - y.reshape(-1, 1).astype(np.float32)) ** 2).mean().backward()
    return {name: np.array(parameter.grad.data) for name, parameter in model.named_parameters()}


@pytest.mark.parametrize(
    ("mistake", "made"),
    [("sign", lambda g: -g), ("flipped", lambda g: g[..., ::-1]), ("not trained", np.zeros_like)],
)
def test_a_mistake_is_made_in_the_kernels_gradient_and_nowhere_else(mistake, made):
    right, wrong = gradients(nycu.Convolution()), gradients(nycu.Convolution(mistake=mistake))
    for name, gradient in right.items():
        assert np.array_equal(wrong[name], made(gradient) if name == "1.weight" else gradient)


def test_points_are_spoiled_for_training_only_and_as_their_names_say():
    train, test = nycu.LINEAR.split(0)
    for mistake in ("labels shuffled", "labels swapped", "reshaped"):
        spoiled = Data("diagonal", {"points": 100, "mistake": mistake}).split(0)
        assert np.array_equal(spoiled.test.x, test.x)
        assert np.array_equal(spoiled.test.y, test.y)
        assert sorted(spoiled.train.x.ravel()) == sorted(train.x.ravel())
        if mistake == "labels swapped":
            assert np.array_equal(spoiled.train.y, 1 - train.y)
        if mistake == "labels shuffled":
            assert np.bincount(spoiled.train.y).tolist() == np.bincount(train.y).tolist()
            assert not np.array_equal(spoiled.train.y, train.y)
        if mistake == "reshaped":
            assert np.array_equal(spoiled.train.x.ravel(), train.x.T.ravel())


def test_averaged_channels_do_not_tell_the_coordinates_apart():
    model = built(question_conv.SETTINGS["channels pooled"])
    x = np.random.default_rng(0).random((5, 2), dtype=np.float32)
    assert model(x).numpy() == pytest.approx(model(x[:, ::-1].copy()).numpy(), abs=1e-6)


def test_labels_swapped_are_learned_and_wrong(tmp_path):
    job = replace(question_conv.SETTINGS["labels swapped"], epochs=120)
    metrics = job.perform(0, tmp_path / "run").metrics
    assert metrics["train accuracy"] >= 0.9
    assert metrics["test accuracy"] <= 0.1


def test_one_class_in_a_hundred_has_at_most_38_points_for_one_set_in_a_hundred():
    assert question_conv.at_most(100) == 1
    assert question_conv.at_most(38) == pytest.approx(0.0105, abs=1e-4)


@pytest.mark.parametrize("identifier", IDENTIFIERS)
def test_figures_findings_and_tables_are_made_of_records(identifier, tmp_path):
    from matplotlib.figure import Figure

    experiment = experiments()[identifier]
    runs = [
        Run(identifier, name, 0, replace(job, epochs=3, batch_size=max(job.batch_size, 10)))
        for name, job in experiment.settings.items()
    ]
    records = {run.setting: [record(run, run.job.perform(0, run.path(tmp_path)), 0.0)] for run in runs}
    if identifier == "nycu-linear":
        for made in (each for found in records.values() for each in found):
            made.metrics.update({f"error after {epoch:,} epochs": 0.0 for epoch in nycu_linear.ERRORS})
    assert all(compared.verdict != "not run" for compared in experiment.compared(records))
    assert all(experiment.found(records))
    for illustration in experiment.illustrations:
        assert isinstance(illustration.make(records), Figure)
