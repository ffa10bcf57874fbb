"""UPF: moons, weights, losses and momentum as report 003 has them; what the exercises must reach."""

from dataclasses import replace

import numpy as np
import pytest

from examples.labs.configuration import generator
from examples.labs.experiment import experiments
from examples.labs.experiments import question_momentum, upf, upf_1, upf_2, upf_3
from examples.labs.runs import Run, record

for package, extra in (("matplotlib", "plot"), ("safetensors", "train")):
    pytest.importorskip(package, reason=f'{package} is absent; pip install "chalkgrad[{extra}]" brings it')

IDENTIFIERS = ("upf-1", "upf-2", "upf-3", "question-momentum")


def records_of(experiment, tmp_path, **changes):
    """One short run of every setting."""
    runs = [
        Run(experiment.identifier, name, seed, replace(job, **changes))
        for name, job in experiment.settings.items()
        for seed in range(2)
    ]
    made = [record(run, run.job.perform(run.seed, run.path(tmp_path)), 0.0) for run in runs]
    return {name: [each for each in made if each.setting == name] for name in experiment.settings}


def test_the_moons_are_as_many_as_in_the_labs_files():
    train, test = upf.RAW.split(0)
    assert (train.x.shape, np.bincount(train.y).tolist()) == ((100, 2), [50, 50])
    assert (test.x.shape, np.bincount(test.y).tolist()) == ((25, 2), [12, 13])


def test_raw_points_are_half_circles_with_noise_of_a_quarter():
    x, y = upf.RAW.split(3).train
    t = np.linspace(0, np.pi, 50)
    for number, circle in enumerate(
        (np.stack([np.cos(t), np.sin(t)], 1), np.stack([1 - np.cos(t), 0.5 - np.sin(t)], 1))
    ):
        assert (x[y == number] - circle).std() == pytest.approx(0.25, abs=0.05)


@pytest.mark.parametrize("seed", range(3))
def test_both_parts_are_scaled_by_the_training_points(seed):
    raw, scaled = upf.RAW.split(seed), upf.SCALED.split(seed)
    assert scaled.train.x.mean(0) == pytest.approx([0, 0], abs=1e-6)
    assert scaled.train.x.std(0) == pytest.approx([1, 1], rel=1e-5)
    expected = (raw.test.x - raw.train.x.mean(0)) / raw.train.x.std(0)
    assert scaled.test.x == pytest.approx(expected, abs=1e-5)
    assert scaled.train.x.dtype == np.float32


def test_the_network_is_2_3_1_with_and_without_biases():
    sizes = {
        name: sum(p.size for p in upf_1.SETTINGS[name].network.build(generator(0, "weights")).parameters())
        for name in ("cross-entropy", "cross-entropy, no biases")
    }
    assert sizes == {"cross-entropy": 2 * 3 + 3 + 3 + 1, "cross-entropy, no biases": 2 * 3 + 3}


def test_xavier_is_the_normal_one_and_the_other_is_n_0_1():
    for initial, first, last in ((upf.XAVIER, (2 / 5) ** 0.5, (2 / 4) ** 0.5), (upf.PLAIN, 1, 1)):
        drawn = [
            [p.numpy().ravel() for p in upf.training(initial=initial, bias=False).network.build(
                generator(seed, "weights")).parameters()]
            for seed in range(200)
        ]  # fmt: skip
        assert np.concatenate([each[0] for each in drawn]).std() == pytest.approx(first, rel=0.08)
        assert np.concatenate([each[1] for each in drawn]).std() == pytest.approx(last, rel=0.1)


@pytest.mark.parametrize("loss", ["cross-entropy", "L2"])
def test_the_sum_at_rate_001_is_the_mean_at_rate_1(loss, tmp_path):
    both = [
        replace(upf_1.SETTINGS[name], epochs=50).perform(0, tmp_path / name).evidence["weights"]
        for name in (loss, f"{loss}, mean, rate 1")
    ]
    for name, weight in both[0].items():
        assert both[1][name] == pytest.approx(weight, abs=1e-4)


def test_step_losses_are_sums_and_the_history_has_means(tmp_path):
    outcome = replace(upf_1.SETTINGS["L2"], epochs=3).perform(0, tmp_path / "run")
    assert outcome.evidence["step losses"]["loss"] / 100 == pytest.approx(outcome.history["loss"], rel=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_cross_entropy_with_biases_learns_the_moons(seed, tmp_path):
    metrics = upf_1.SETTINGS["cross-entropy"].perform(seed, tmp_path / "run").metrics
    assert metrics["train accuracy"] >= 0.85
    assert metrics["test accuracy"] >= 0.80


def test_with_one_minus_beta_the_curves_of_all_beta_are_one_and_without_it_not(tmp_path):
    ends = {
        name: replace(upf_2.SETTINGS[name], epochs=150).perform(0, tmp_path / name).metrics["train loss"]
        for name in ("β = 0", "running mean, β = 0.9", "heavy ball, β = 0.9")
    }
    assert ends["running mean, β = 0.9"] == pytest.approx(ends["β = 0"], rel=0.05)
    assert ends["heavy ball, β = 0.9"] < 0.85 * ends["β = 0"]


@pytest.mark.parametrize("beta", question_momentum.BETAS)
def test_both_forms_are_the_same_at_matched_rates(beta, tmp_path):
    for jobs in (question_momentum.slow(beta), dict(list(question_momentum.fast(beta).items())[:2])):
        weights = [
            replace(job, epochs=150).perform(0, tmp_path / name.replace("/", " ")).evidence["weights"]
            for name, job in jobs.items()
        ]
        for name, weight in weights[0].items():
            assert weights[1][name] == pytest.approx(weight, abs=1e-3)


def test_three_widths_meet_three_rates_and_begin_as_pytorchs_do():
    assert set(upf_3.SETTINGS) == {f"{w} hidden, rate {r}" for w in (3, 6, 11) for r in (0.01, 0.005, 0.5)}
    model = upf_3.SETTINGS["11 hidden, rate 0.5"].network.build(generator(0, "weights"))
    for parameter, fan_in in zip(model.parameters(), (2, 2, 11, 11)):
        values = np.abs(parameter.numpy())
        assert 0 < values.max() <= fan_in**-0.5


@pytest.mark.parametrize("identifier", IDENTIFIERS)
def test_figures_findings_and_tables_are_made_of_records(identifier, tmp_path):
    from matplotlib.figure import Figure

    experiment = experiments()[identifier]
    records = records_of(experiment, tmp_path, epochs=4)
    assert all(compared.verdict != "not run" for compared in experiment.compared(records))
    assert all(experiment.found(records))
    for illustration in experiment.illustrations:
        assert isinstance(illustration.make(records), Figure)
