"""Every plot takes an Axes and returns it, makes a figure without one, and matplotlib is loaded on first use only."""

import subprocess
import sys

import numpy as np
import pytest

import nn

X = np.random.default_rng(0).standard_normal((20, 2))
SAMPLES = (X, (X[:, 0] > 0).astype(int))
MODEL = nn.MLP([2, 4, 2], rng=0)


def statistics():
    found, model = nn.Statistics(every=2), nn.MLP([2, 3, 2], rng=0)
    optimizer, settings = nn.SGD(model.parameters(), lr=0.1), {"progress": False, "callbacks": [found]}
    nn.fit(model, SAMPLES, nn.CrossEntropyLoss(), optimizer, epochs=3, batch_size=10, **settings)
    return found


DRAWN = {
    "accuracy_curves": lambda ax: nn.plot.accuracy_curves({"accuracy": [0.5, 0.9]}, ax),
    "activation_norms": lambda ax: nn.plot.activation_norms(statistics(), ax),
    "confusion_matrix": lambda ax: nn.plot.confusion_matrix([[3, 1], [0, 2]], ax),
    "curves": lambda ax: nn.plot.curves({"f1": [0.5, 0.9]}, "f1", ax),
    "decision_boundary": lambda ax: nn.plot.decision_boundary(MODEL, SAMPLES, ax, resolution=9),
    "filters": lambda ax: nn.plot.filters(nn.Linear(16, 4), ax),
    "gradient_norms": lambda ax: nn.plot.gradient_norms(statistics(), ax),
    "inactive_neurons": lambda ax: nn.plot.inactive_neurons(statistics(), ax),
    "layer_curves": lambda ax: nn.plot.layer_curves(statistics(), "zeros", ax),
    "loss_curves": lambda ax: nn.plot.loss_curves({"loss": [0.5, 0.2]}, ax),
    "probability_map": lambda ax: nn.plot.probability_map(MODEL, SAMPLES, ax, resolution=9),
    "update_ratio_histogram": lambda ax: nn.plot.update_ratio_histogram(statistics(), ax),
    "update_ratios": lambda ax: nn.plot.update_ratios(statistics(), ax),
    "weight_histogram": lambda ax: nn.plot.weight_histogram(MODEL, ax),
}


def test_nothing_that_draws_is_left_out_here():
    assert set(DRAWN) == set(nn.plot.__all__) - {"Snapshots", "animate"}


@pytest.mark.parametrize("name", DRAWN)
def test_a_plot_returns_the_axes_that_it_was_given_and_opens_no_figure(name, ax, pyplot):
    before = pyplot.get_fignums()
    assert DRAWN[name](ax) is ax
    assert pyplot.get_fignums() == before
    assert ax.get_title() == ""
    ax.figure.canvas.draw()


@pytest.mark.parametrize("name", DRAWN)
def test_a_figure_in_place_of_axes_is_refused(name, ax):
    with pytest.raises(TypeError, match=r"ax is of type Figure; needed is one matplotlib Axes"):
        DRAWN[name](ax.figure)


@pytest.mark.parametrize("name", DRAWN)
def test_without_axes_a_plot_makes_one_figure(name, pyplot):
    ax = DRAWN[name](None)
    assert pyplot.get_fignums() == [ax.figure.number]
    assert ax in ax.figure.axes


@pytest.mark.parametrize("name", sorted(set(DRAWN) - {"filters"}))
def test_axes_say_what_they_show(name, ax):
    DRAWN[name](ax)
    assert ax.get_xlabel()
    assert ax.get_ylabel()


@pytest.mark.parametrize("name", sorted(set(DRAWN) - {"accuracy_curves", "curves", "loss_curves"}))
def test_a_legend_stands_beside_the_data(name, ax):
    DRAWN[name](ax)
    ax.figure.canvas.draw()
    legend = ax.get_legend()
    if legend is not None:
        assert legend.get_window_extent().x0 >= ax.get_window_extent().x1


def test_nn_loads_matplotlib_on_first_use_of_a_plot():
    program = (
        "import sys, nn; assert 'nn.plot' not in sys.modules; nn.plot.Snapshots(); "
        "assert 'matplotlib' not in sys.modules; import nn.plot as plot; assert plot is nn.plot; "
        "ax = nn.plot.loss_curves({'loss': [1.0]}); assert 'matplotlib' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    with pytest.raises(AttributeError, match="no attribute 'plots'"):
        nn.plots  # noqa: B018


@pytest.mark.parametrize("name", [*DRAWN, "animate"])
def test_without_matplotlib_the_error_names_the_extra(name, monkeypatch, tmp_path):
    for module in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    film = lambda ax: nn.plot.animate(MODEL, [MODEL.state_dict()], SAMPLES, tmp_path / "film.gif")
    with pytest.raises(ImportError, match=r'pip install "chalkgrad\[plot\]"'):
        DRAWN.get(name, film)(None)
