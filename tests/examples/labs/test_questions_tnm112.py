"""The answers to TNM112's open questions: what the statistics say of made-up runs, and of short real ones."""

import dataclasses
import math

import numpy as np
import pytest

from examples.labs.experiments import question_rate, question_sigmoid
from examples.labs.runs import Run, record


@pytest.fixture
def runs_of():
    """Records of question-rate with made-up accuracies and losses."""

    def make(**settings):
        made = {}
        for name, (accuracies, losses) in settings.items():
            setting = {"constant": "constant 0.06", "decay": "decay from 0.1"}[name]
            made[setting] = [
                _Record({"test accuracy": a, "test loss": loss}, {"validation_accuracy": [a] * 30})
                for a, loss in zip(accuracies, losses)
            ]
        return made

    return make


@dataclasses.dataclass
class _Record:
    metrics: dict
    history: dict


def drawn(mean, deviation, seed, count=30):
    return np.random.default_rng(seed).normal(mean, deviation, count)


def test_the_likelihood_is_students_density_and_integrates_to_one():
    values = drawn(0.93, 0.01, 0)
    grid = np.linspace(0.5, 1.4, 20_001)
    densities = [question_rate.likelihood(value, values) for value in grid]
    assert np.trapezoid(densities, grid) == pytest.approx(1, abs=1e-6)
    t_at_0 = math.gamma(15) / (math.gamma(14.5) * math.sqrt(29 * math.pi))
    assert max(densities) == pytest.approx(t_at_0 / (values.std(ddof=1) * math.sqrt(31 / 30)), rel=1e-4)


def test_the_same_distribution_cannot_be_told_apart(runs_of):
    records = runs_of(
        constant=(drawn(0.94, 0.01, 1), drawn(0.018, 0.003, 2)), decay=(drawn(0.94, 0.01, 3), drawn(0.018, 0.003, 4))
    )
    first, second, third = question_rate.EXPERIMENT.found(records)
    assert first.startswith("It cannot be told")
    assert "random divisions" in second
    assert "95.08 % or more is reached by" in third


def test_distributions_far_apart_are_told_apart_whichever_is_which(runs_of):
    near = (drawn(0.95, 0.003, 1), drawn(0.0152, 0.001, 2))
    far = (drawn(0.90, 0.003, 3), drawn(0.03, 0.001, 4))
    assert question_rate.findings(runs_of(constant=near, decay=far))[0].startswith(
        "In all likelihood the constant 0.06"
    )
    assert question_rate.findings(runs_of(constant=far, decay=near))[0].startswith(
        "In all likelihood the decay from 0.1"
    )


def test_one_of_two_numbers_is_not_enough_to_tell(runs_of):
    losses = drawn(0.018, 0.003, 2)
    records = runs_of(constant=(drawn(0.95, 0.003, 1), losses), decay=(drawn(0.90, 0.003, 3), losses))
    assert question_rate.findings(records)[0].startswith("It cannot be told")


def test_the_interval_of_a_ratio_holds_it():
    first, second = drawn(0.94, 0.01, 1), drawn(0.93, 0.01, 2)
    middle, low, high = question_rate.ratio(0.9508, first, second)
    assert low < middle < high
    assert middle == question_rate.likelihood(0.9508, first) / question_rate.likelihood(0.9508, second)


def test_the_permutation_test_is_exact_for_equal_and_for_separate_runs():
    same = drawn(0.94, 0.01, 1)
    assert question_rate.permutation(same, same) == 1.0
    assert question_rate.permutation(drawn(0.95, 0.001, 1), drawn(0.90, 0.001, 2)) == pytest.approx(1 / 20_001)


def test_the_two_settings_differ_in_rate_and_schedule_alone():
    constant, decaying = question_rate.SETTINGS.values()
    assert dataclasses.replace(decaying, optimizer=constant.optimizer, schedule=None) == constant
    assert question_rate.REPORTED["test accuracy"] == pytest.approx(0.9508, abs=5e-5)


def test_the_histogram_shows_both_settings_and_the_reports_number(runs_of):
    pytest.importorskip("matplotlib")
    records = runs_of(
        constant=(drawn(0.94, 0.01, 1), drawn(0.018, 0.003, 2)), decay=(drawn(0.93, 0.01, 3), drawn(0.018, 0.003, 4))
    )
    picture = question_rate.histogram(records)
    assert len(picture.axes) == 2
    for axes in picture.axes:
        assert sum(bar.get_height() for bar in axes.patches) == 30
        assert axes.lines[0].get_xdata()[0] == pytest.approx(95.08, abs=0.01)


def test_the_sigmoid_sticks_with_the_labs_weights_and_is_free_with_large_ones(tmp_path):
    for name, least, most in (("as in the lab", 0.0, 0.7), ("N(0, 2²)", 0.95, 1.0)):
        accuracy = question_sigmoid.SETTINGS[name].perform(0, tmp_path / name).metrics["test accuracy"]
        assert least <= accuracy <= most


@pytest.mark.slow
def test_the_sigmoid_leaves_the_plateau_if_it_is_left_alone(tmp_path):
    history = question_sigmoid.SETTINGS["300 epochs"].perform(0, tmp_path / "run").history["validation_loss"]
    assert min(history[:20]) > 0.24
    assert history[-1] < 0.05


def test_every_setting_but_the_labs_changes_one_thing_or_says_two():
    lab = question_sigmoid.SETTINGS["as in the lab"]
    for name, job in question_sigmoid.SETTINGS.items():
        changed = [each.name for each in dataclasses.fields(job) if getattr(job, each.name) != getattr(lab, each.name)]
        about = {"watch", "network" if name.startswith("cross") else ""}  # scores instead of probabilities
        assert len(set(changed) - about) == (0 if name == "as in the lab" else 1), name


def test_the_answer_about_the_sigmoid_is_computed_from_the_records(tmp_path):
    pytest.importorskip("matplotlib")
    made = {}
    for name, job in question_sigmoid.SETTINGS.items():
        short = dataclasses.replace(job, epochs=1, watch=16, batch_size=256)
        run = Run("question-sigmoid", name, 0, short)
        made[name] = [record(run, short.perform(0, run.path(tmp_path)), 0.0)]
    answer = question_sigmoid.EXPERIMENT.found(made)
    assert len(answer) == 4
    assert "none" in answer[3]  # after one epoch, nothing is free yet
    deviation = question_sigmoid.watched(made, "as in the lab", "activation_deviation", 0, slice(0, 1))
    assert f"{deviation:.3f}" in answer[1]
    assert question_sigmoid.EXPERIMENT.found({"as in the lab": made["as in the lab"]}) == ()
    for illustration in question_sigmoid.EXPERIMENT.illustrations:
        illustration.make(made)


def test_a_sigmoid_is_straight_near_0():
    assert question_sigmoid.straightness(0.1) == pytest.approx(0.1**3 / 48, rel=0.01)
