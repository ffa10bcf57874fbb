"""What a training leaves behind for tables and figures, and the figures that are made of it."""

from dataclasses import replace

import numpy as np
import pytest

import nn
from examples.labs import figures, run_all
from examples.labs.figures import NothingToDrawError
from examples.labs.runs import Run
from examples.labs.samples import Data
from examples.labs.training import MOST_STEPS, thinned

for package, extra in (("matplotlib", "plot"), ("safetensors", "train")):
    pytest.importorskip(package, reason=f'{package} is absent; pip install "chalkgrad[{extra}]" brings it')


@pytest.fixture
def jobs(tiny):
    """Two trainings that were watched."""
    watched = replace(tiny, watch=4, test_every=10)
    return {"first": watched, "second": replace(watched, epochs=3)}


@pytest.fixture
def records(jobs, tmp_path):
    """Of two seeds."""
    runs = [Run("e", name, seed, job) for name, job in jobs.items() for seed in (0, 1)]
    made = run_all(runs, tmp_path)
    return {name: [record for record in made if record.setting == name] for name in jobs}


def test_evidence_is_what_the_docstring_promises(jobs, records):
    record = records["first"][0]
    split = jobs["first"].data.split(0)
    model = jobs["first"].trained(0, record.evidence)
    outputs = nn.predict(model, split.test.x)
    assert (record.evidence["test outputs"] == outputs).all()
    accuracy = (outputs.argmax(1) == split.test.y).mean()
    assert record.metrics["test accuracy"] == pytest.approx(accuracy)
    matrix = record.evidence["confusion"]
    assert matrix.shape == (2, 2)
    assert matrix.sum(1).tolist() == [40, 40]
    assert np.trace(matrix) == round(80 * accuracy)
    assert record.metrics["steps"] == 8 * 5 == len(record.evidence["step losses"]["loss"])
    assert record.metrics["diverged"] == 0
    curve = record.evidence["test curve"]
    assert curve["steps"].tolist() == [0, 10, 20, 30, 40]
    assert curve["loss"][-1] == pytest.approx(record.metrics["test loss"])
    statistics = nn.Statistics()
    statistics.load_state_dict(record.evidence["statistics"])
    assert statistics.steps.tolist() == list(range(0, 40, 4))
    assert set(record.history) == {"loss", "accuracy", "validation_loss", "validation_accuracy"}
    assert len(record.history["loss"]) == 8


def test_watching_changes_nothing(tiny, records, tmp_path):
    plain = run_all([Run("e", "plain", 0, tiny)], tmp_path / "plain")[0]
    for name, values in plain.evidence["weights"].items():
        assert values.tobytes() == records["first"][0].evidence["weights"][name].tobytes()


def test_a_long_curve_is_thinned_and_keeps_its_first_step():
    found = thinned(np.arange(3.5 * MOST_STEPS))
    assert len(found["steps"]) <= MOST_STEPS
    assert found["steps"][:3].tolist() == [0, 4, 8]
    assert (found["loss"] == found["steps"]).all()


def test_a_training_step_can_be_drawn(tiny):
    model, function, x, y = tiny.step()
    assert x.shape == (4, 2)
    loss = function(x, y)
    loss.backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


FIGURES = {
    "training_curves": lambda jobs: figures.training_curves("first", "second", log=True),
    "curves_together": lambda jobs: figures.curves_together(column="validation_accuracy", percent=True, seed=None),
    "training loss": lambda jobs: figures.loss_over_iterations("first"),
    "test loss": lambda jobs: figures.loss_over_iterations(part="test"),
    "inactive_neurons": lambda jobs: figures.inactive_neurons("second"),
    "gradient_norms": lambda jobs: figures.gradient_norms(),
    "data_scatter": lambda jobs: figures.data_scatter(jobs["first"].data, labels=("blob", "ring")),
    "classifier": lambda jobs: figures.classifier(jobs, labels=("blob", "ring")),
    "probability": lambda jobs: figures.classifier(jobs, probability=True, part="train"),
    "truth_and_prediction": lambda jobs: figures.truth_and_prediction(jobs),
    "confusion_matrix": lambda jobs: figures.confusion_matrix("second", labels=("blob", "ring")),
    "spread_over_seeds": lambda jobs: figures.spread_over_seeds(),
}
PANELS = {"training_curves": 4, "training loss": 1, "inactive_neurons": 2, "truth_and_prediction": 4,
          "confusion_matrix": 1, "curves_together": 1, "spread_over_seeds": 1}  # fmt: skip


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_drawn_of_records(jobs, records, name):
    figure = FIGURES[name](jobs)(records)
    panels = [axes for axes in figure.axes if axes.get_title(loc="left") or axes.lines or axes.collections]
    if name != "probability":  # which has scales of colours besides
        assert len(panels) == PANELS.get(name, 2)
    figure.savefig("/dev/null", format="png")


def test_misclassified_points_are_ringed(jobs, records):
    axes = figures.classifier({"first": jobs["first"]})(records).axes[0]
    wrong = int(records["first"][0].evidence["confusion"].sum() - np.trace(records["first"][0].evidence["confusion"]))
    rings = axes.collections[-1]
    assert len(rings.get_offsets()) == wrong
    assert f"{wrong} of 80" in rings.get_label()


@pytest.mark.parametrize("name", sorted(set(FIGURES) - {"data_scatter"}))
def test_without_records_a_figure_says_so(jobs, name):
    with pytest.raises(NothingToDrawError, match="no run of"):
        FIGURES[name](jobs)({})


def test_data_are_drawn_without_records(tiny):
    figure = figures.data_scatter(Data("polar", {"points_per_class": 5, "classes": 3, "sigma": 0.1}))({})
    assert [len(axes.collections) for axes in figure.axes] == [3, 3]
