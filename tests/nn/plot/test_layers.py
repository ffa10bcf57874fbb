"""Curves of layers and histograms hold what the statistics and the model hold."""

import numpy as np
import pytest

import nn
from nn.training.watch import COLUMNS


def statistics(layers=3, samples=4, **numbers):
    """Statistics of given columns; the others count up."""
    found = nn.Statistics(threshold=1e-3)
    table = np.arange(1.0, samples * layers * len(COLUMNS) + 1).reshape(samples, layers, -1)
    for column, given in numbers.items():
        table[:, :, COLUMNS.index(column)] = given
    state = {"columns": COLUMNS, "layers": [f"l{n}" for n in range(layers)], "steps": 100 * np.arange(samples)}
    found.load_state_dict({**state, "values": table})
    return found


def texts(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


@pytest.mark.parametrize(
    ("draw", "column"),
    [("activation_norms", "activation_norm"), ("gradient_norms", "gradient_norm"), ("update_ratios", "update_ratio")],
)
def test_a_curve_for_each_layer_over_the_steps(draw, column, ax):
    found = statistics()
    getattr(nn.plot, draw)(found, ax)
    assert texts(ax) == ["l0", "l1", "l2"]
    for number in range(3):
        np.testing.assert_array_equal(ax.lines[number].get_xdata(), [0, 100, 200, 300])
        np.testing.assert_array_equal(ax.lines[number].get_ydata(), found[column][:, number])
    assert ax.get_yscale() == "log"
    assert ax.get_xlabel() == "step"


def test_the_guide_of_update_ratios_is_at_a_thousandth(ax):
    nn.plot.update_ratios(statistics(), ax)
    np.testing.assert_array_equal(ax.lines[-1].get_ydata(), [1e-3, 1e-3])
    histogram = nn.plot.update_ratio_histogram(statistics())
    np.testing.assert_allclose(histogram.lines[0].get_xdata(), [-3, -3])


def test_inactive_neurons_are_percent_between_0_and_100(ax):
    found = statistics(inactive=0.25, inactive_signed=0.5)
    nn.plot.inactive_neurons(found, ax)
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), [25] * 4)
    assert ax.get_ylim()[0] < 0
    assert ax.get_ylim()[1] > 100
    assert ax.get_ylabel() == "inactive neurons (%), |∂L/∂z| < 0.001"
    signed = nn.plot.inactive_neurons(found, signed=True)
    np.testing.assert_array_equal(signed.lines[0].get_ydata(), [50] * 4)
    assert signed.get_ylabel() == "inactive neurons (%), ∂L/∂b < 0.001"


def test_what_cannot_be_shown_is_left_out(ax):
    found = statistics(gradient_norm=[[0.0, 1, np.nan], [np.inf, 2, 3], [1, 2, 3], [1, 2, 3]])
    nn.plot.gradient_norms(found, ax)
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), [np.nan, np.nan, 1, 1])
    np.testing.assert_array_equal(ax.lines[2].get_ydata(), [np.nan, 3, 3, 3])
    zeros = nn.plot.gradient_norms(statistics(gradient_norm=0.0))
    assert zeros.get_yscale() == "linear"
    for axes in (ax, zeros):
        axes.figure.canvas.draw()


@pytest.mark.parametrize("layers", [1, 4, 7, 30])
def test_many_layers_are_told_apart(layers, ax):
    nn.plot.activation_norms(statistics(layers=layers), ax)
    looks = {(tuple(np.ravel(line.get_color())), str(line.get_linestyle()), line.get_marker()) for line in ax.lines}
    assert len(looks) == layers
    assert len(texts(ax)) == layers


def test_a_column_that_is_not_there_is_refused(pyplot):
    with pytest.raises(KeyError, match="no column 'loss'"):
        nn.plot.layer_curves(statistics(), "loss")
    assert not pyplot.get_fignums()


def test_the_whole_model_has_a_name_and_many_samples_no_markers(ax):
    found = statistics(layers=1, samples=50)
    found.layers = ("",)
    nn.plot.layer_curves(found, "zeros", ax, percent=True)
    assert texts(ax) == ["model"]
    assert ax.lines[0].get_marker() == "None"
    assert texts(nn.plot.update_ratio_histogram(found)) == ["model"]


def test_the_histogram_of_update_ratios_counts_every_sampled_step_that_changed_something(ax):
    found = statistics(update_ratio=[[1e-3, 1e-2, 0], [1e-3, np.nan, 0], [1e-4, 1e-2, 0], [1e-5, np.inf, 0]])
    nn.plot.update_ratio_histogram(found, ax, bins=4)
    counts = [patch.get_data().values for patch in ax.patches]
    assert [count.sum() for count in counts] == [4, 2, 0]
    edges = ax.patches[0].get_data().edges
    np.testing.assert_allclose(edges[[0, -1]], [-5, -2])


def test_weights_are_distributed_as_in_the_model(ax):
    model = nn.MLP([2, 40, 3], rng=0)
    nn.plot.weight_histogram(model, ax, bins=20)
    assert texts(ax) == ["0.weight", "2.weight"]
    edges = ax.patches[0].get_data().edges
    for patch, layer in zip(ax.patches, (model[0], model[2])):
        expected = np.histogram(layer.weight.data, edges, density=True)[0]
        np.testing.assert_allclose(patch.get_data().values, expected)
        np.testing.assert_allclose(np.sum(patch.get_data().values * np.diff(edges)), 1.0)
    assert texts(nn.plot.weight_histogram(model, biases=True))[1] == "0.bias"


def test_weights_that_are_constant_or_not_finite_can_be_drawn(ax):
    model = nn.MLP([2, 3, 2], rng=0)
    model[0].weight.data = np.full((3, 2), np.nan, np.float32)
    model[2].weight.data = np.zeros((2, 3), np.float32)
    nn.plot.weight_histogram(model, ax)
    assert texts(ax) == ["0.weight (6 of 6 not finite)", "2.weight"]
    ax.figure.canvas.draw()


def test_a_model_without_weights_is_refused():
    with pytest.raises(ValueError, match=r"ReLU has no parameters with two axes or more; biases=True"):
        nn.plot.weight_histogram(nn.ReLU())
    with pytest.raises(ValueError, match=r"ReLU has no parameters\."):
        nn.plot.weight_histogram(nn.ReLU(), biases=True)
