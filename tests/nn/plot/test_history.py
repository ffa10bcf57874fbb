"""Curves hold the history's numbers, and stay readable with one epoch or numbers that are not finite."""

import numpy as np
import pytest

import nn


def history(**columns):
    table = nn.History()
    for row in zip(*columns.values()):
        table.append(dict(zip(columns, row)))
    return table


def texts(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_a_curve_for_training_and_one_for_validation(ax):
    nn.plot.loss_curves(history(loss=[3.0, 2.0, 1.0], validation_loss=[4.0, 3.0, 2.5]), ax)
    training, validation = ax.lines
    np.testing.assert_array_equal(training.get_xdata(), [1, 2, 3])
    np.testing.assert_array_equal(training.get_ydata(), [3, 2, 1])
    np.testing.assert_array_equal(validation.get_ydata(), [4, 3, 2.5])
    assert texts(ax) == ["training, 1 at the end", "validation, 2.5 at the end"]
    assert training.get_linestyle() != validation.get_linestyle()
    assert training.get_color() != validation.get_color()
    assert training.get_marker() != validation.get_marker()
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "loss")


def test_a_loss_is_seen_from_zero_up_and_every_number_is_inside(ax):
    nn.plot.loss_curves({"loss": [3.0, 2.0], "validation_loss": [5.0, 2.5]}, ax)
    assert ax.get_ylim()[0] == 0
    assert ax.get_ylim()[1] > 5
    low, high = ax.get_xlim()
    assert low < 1
    assert high > 2


def test_a_logarithmic_scale_can_be_set_later(ax):
    nn.plot.loss_curves({"loss": [1.0, 0.1, 0.01]}, ax).set_yscale("log")
    ax.figure.canvas.draw()
    assert 0.001 < ax.get_ylim()[0] < 0.01
    assert 1 < ax.get_ylim()[1] < 10


def test_negative_losses_are_not_cut_off(ax):
    nn.plot.loss_curves({"loss": [3.0, -2.0]}, ax)
    assert ax.get_ylim()[0] < -2


def test_an_accuracy_is_shown_in_percent(ax):
    nn.plot.accuracy_curves({"accuracy": [0.5, 0.925]}, ax)
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [50, 92.5])
    assert ax.get_ylabel() == "accuracy (%)"
    assert texts(ax) == ["training, 92.5 % at the end"]


def test_names_can_be_given(ax):
    nn.plot.curves({"top_3": [1], "validation_top_3": [2]}, "top_3", ax, ylabel="hits", labels=("seen", "unseen"))
    assert ax.get_ylabel() == "hits"
    assert texts(ax) == ["seen, 1 at the end", "unseen, 2 at the end"]
    assert nn.plot.curves({"top_3": [1]}, "top_3").get_ylabel() == "top 3"
    assert nn.plot.accuracy_curves({"accuracy": [1]}, percent=False).get_ylabel() == "accuracy"


def test_numbers_that_are_not_finite_are_left_out_and_counted(ax):
    nn.plot.loss_curves({"loss": [1.0, np.nan, 0.5, np.inf], "validation_loss": [np.nan] * 4}, ax)
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), [1, np.nan, 0.5, np.nan])
    assert texts(ax) == ["training (2 of 4 not finite)", "validation (4 of 4 not finite)"]
    assert ax.get_xlim()[1] > 4
    ax.figure.canvas.draw()


@pytest.mark.parametrize("numbers", [[0.5], [np.nan], []])
def test_one_epoch_or_none_can_be_drawn(numbers, ax):
    nn.plot.loss_curves({"loss": numbers}, ax)
    ax.figure.canvas.draw()
    shown = [tick for tick in ax.get_xticks() if ax.get_xlim()[0] <= tick <= ax.get_xlim()[1]]
    assert shown == [1.0]


def test_many_epochs_have_no_markers(ax):
    nn.plot.loss_curves({"loss": np.linspace(1, 0, 1000)}, ax)
    assert ax.lines[0].get_marker() == "None"


def test_a_column_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(KeyError, match="no column 'accuracy'; it has loss"):
        nn.plot.accuracy_curves(history(loss=[1.0]))
    with pytest.raises(KeyError, match="it has none"):
        nn.plot.loss_curves({})


def test_a_column_of_the_validation_alone_is_drawn(ax):
    nn.plot.curves({"validation_f1": [0.5]}, "f1", ax)
    assert texts(ax) == ["validation, 0.5 at the end"]


def test_a_history_plots_itself(ax):
    assert history(loss=[1.0, 0.5]).plot(ax) is ax
    assert len(ax.lines) == 1
