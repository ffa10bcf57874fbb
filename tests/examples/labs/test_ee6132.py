"""EE6132: the digits, features, networks and counts as report 002 has them; what a few thousand digits must give."""

from dataclasses import replace

import numpy as np
import pytest

import datasets
import nn
from examples.labs import digits, features
from examples.labs.configuration import Optimizer, generator, key
from examples.labs.estimators import Estimator
from examples.labs.experiment import experiments
from examples.labs.experiments import (
    ee6132,
    ee6132_confusion,
    ee6132_inactive,
    ee6132_table1,
    ee6132_table2,
    ee6132_table3,
    ee6132_table4,
    ee6132_table5,
)
from examples.labs.figures import NothingToDrawError
from examples.labs.runs import Run, record
from examples.labs.samples import Data
from examples.labs.training import Training

for package, extra in (("skimage", "labs"), ("sklearn", "labs"), ("matplotlib", "plot"), ("safetensors", "train")):
    pytest.importorskip(package, reason=f'{package} is absent; pip install "chalkgrad[{extra}]" brings it')

IDENTIFIERS = [name for name in experiments() if name.startswith("ee6132")]


@pytest.fixture(scope="module")
def mnist():
    """The digits where this machine has them."""
    try:
        return datasets.mnist(download=False)
    except FileNotFoundError:
        pytest.skip("MNIST is in no folder here: CHALKGRAD_DATA may name one")


@pytest.fixture
def few(monkeypatch):
    """In place of MNIST, digits of its shape that can be told apart: a bright bar at another place for each class."""
    rng = np.random.default_rng(0)

    def part(count):
        y = np.arange(count) % 10
        x = rng.integers(0, 60, (count, 28, 28))
        x[np.arange(count), 2 + 2 * y] += 180
        return datasets.Samples(x.astype(np.uint8), y)

    split = datasets.Split(part(400), part(200))
    monkeypatch.setattr(digits, "_published", lambda: split)
    return split


def by_definition(image):
    """Histograms of oriented gradients of one image, in plain loops, as the report's settings define them."""
    image = image.astype(np.float64) / 255
    gy, gx = np.zeros_like(image), np.zeros_like(image)
    gy[1:-1], gx[:, 1:-1] = image[2:] - image[:-2], image[:, 2:] - image[:, :-2]
    magnitude, angle = np.hypot(gx, gy), np.degrees(np.arctan2(gy, gx)) % 180
    cells = np.zeros((5, 5, 9))
    for row in range(25):
        for column in range(25):
            cells[row // 5, column // 5, int(angle[row, column] // 20) % 9] += magnitude[row, column] / 25
    blocks = []
    for row in range(4):
        for column in range(4):
            v = cells[row : row + 2, column : column + 2].ravel()
            v = np.minimum(v / np.sqrt((v**2).sum() + 1e-10), 0.2)
            blocks.append(v / np.sqrt((v**2).sum() + 1e-10))
    return np.concatenate(blocks)


def strokes(count=4):
    """Images with something like strokes on them."""
    rng, grid = np.random.default_rng(7), np.mgrid[:28, :28]
    found = []
    for _ in range(count):
        (cy, cx), (a, b) = rng.uniform(8, 20, 2), rng.normal(size=2)
        distance = abs(a * (grid[0] - cy) + b * (grid[1] - cx)) / np.hypot(a, b)
        found.append(255 * np.exp(-(distance**2) / 4))
    return np.array(found).astype(np.uint8)


# Features.


def test_features_are_576_numbers_by_the_definition_of_histograms_of_oriented_gradients():
    images = strokes()
    found = features.histograms(images)
    assert found.shape == (4, 576)
    assert found.dtype == np.float32
    for image, each in zip(images, found):
        assert abs(each - by_definition(image)).max() < 1e-6


def test_the_features_of_the_first_training_digit_are_what_they_always_were(mnist):
    (found,) = features.histograms(mnist.train.x[:1])
    assert mnist.train.y[0] == 5
    assert abs(found - by_definition(mnist.train.x[0])).max() < 1e-6
    numbers = found.astype(np.float64)
    sums = [numbers.sum(), (numbers**2).sum(), numbers @ np.arange(576)]
    assert sums == pytest.approx(CHECKSUM, rel=1e-6)


#: Sum, sum of squares, and sum of each times its place.
CHECKSUM = [52.9356, 16.0, 15137.62]


def test_kept_features_are_used_again_and_others_made_for_other_pictures(tmp_path, monkeypatch):
    monkeypatch.setattr(features, "MANY", 3)
    monkeypatch.setattr(features, "cache_folder", lambda: tmp_path)
    computed, compute = [], features._computed
    monkeypatch.setattr(features, "_computed", lambda images: computed.append(len(images)) or compute(images))
    images = strokes()
    first = features.histograms(images)
    assert np.array_equal(features.histograms(images), first)
    assert computed == [4]
    features.histograms(images[:2])
    assert computed == [4, 2]
    assert len(list((tmp_path / "features").iterdir())) == 1
    features.histograms(images[::-1])
    assert computed == [4, 2, 4]
    assert len(list((tmp_path / "features").iterdir())) == 2


def flipped(content):
    changed = bytearray(content)
    changed[len(changed) // 2] ^= 1
    return bytes(changed)


@pytest.mark.parametrize("damage", [lambda content: b"", lambda content: content[:-9], flipped])
def test_kept_features_that_were_damaged_are_made_anew(damage, tmp_path, monkeypatch):
    monkeypatch.setattr(features, "MANY", 3)
    monkeypatch.setattr(features, "cache_folder", lambda: tmp_path)
    images = strokes()
    whole = features.histograms(images)
    (path,) = (tmp_path / "features").iterdir()
    content = path.read_bytes()
    path.write_bytes(damage(content))
    assert np.array_equal(features.histograms(images), whole)
    assert path.read_bytes() == content


def test_features_are_computed_where_nothing_can_be_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(features, "MANY", 1)
    (tmp_path / "file").write_text("in the way")
    for folder in (None, tmp_path / "file"):
        monkeypatch.setattr(features, "cache_folder", lambda folder=folder: folder)
        assert features.histograms(strokes(1)).shape == (1, 576)


# Digits.


def test_digits_are_rows_of_pixels_between_0_and_1(few):
    split = digits.mnist(0)
    assert [part.x.shape for part in split] == [(400, 784), (200, 784)]
    assert split.train.x.dtype == np.float32
    assert np.array_equal(split.train.x, (few.train.x.reshape(400, 784) / 255).astype(np.float32))
    first = digits.mnist(3, train=5, test=2, features="hog")
    assert [part.x.shape for part in first] == [(5, 576), (2, 576)]
    assert first.train.y.tolist() == [0, 1, 2, 3, 4]


def test_noise_is_on_training_digits_only_unclipped_and_of_the_seed(few):
    clean, noisy, other = digits.mnist(0), digits.mnist(0, noise=0.5), digits.mnist(1, noise=0.5)
    noise = noisy.train.x - clean.train.x
    assert noisy.train.x.dtype == np.float32
    assert noise.mean() == pytest.approx(0, abs=0.005)
    assert noise.std() == pytest.approx(0.5, rel=0.01)
    assert noisy.train.x.min() < -1
    assert noisy.train.x.max() > 1.5
    assert np.array_equal(noisy.test.x, clean.test.x)
    assert np.array_equal(noisy.train.x, digits.mnist(0, noise=0.5).train.x)
    assert not np.array_equal(noisy.train.x, other.train.x)


@pytest.mark.parametrize("settings", [{"features": "sift"}, {"features": "hog", "noise": 0.1}])
def test_what_digits_cannot_be_described_by_is_refused(settings, few):
    with pytest.raises(ValueError, match="labs: mnist has the features pixels, hog, and noise in pixels only"):
        digits.mnist(0, **settings)


# Networks.


def test_the_baseline_has_543860_parameters_as_glorot_draws_them():
    model = ee6132.BASELINE.network.build(generator(0, "weights"))
    arrays = [parameter.numpy() for parameter in model.parameters()]
    assert sum(array.size for array in arrays) == 543_860
    assert [a.shape for a in arrays if a.ndim == 2] == [(500, 784), (250, 500), (100, 250), (10, 100)]
    for array in arrays:
        if array.ndim == 1:
            assert not array.any()
        else:
            limit = np.sqrt(6 / sum(array.shape))
            assert 0.98 * limit < abs(array).max() <= limit * (1 + 1e-6)
            assert array.std() == pytest.approx(limit / np.sqrt(3), rel=0.05)
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}


def test_the_networks_on_features_are_those_of_section_3_4():
    for name, hidden in (("MLP1", (300, 150)), ("MLP2", (400, 200, 100))):
        job = ee6132_table5.SETTINGS[name]
        assert job.network.widths == (576, *hidden, 10)
        assert (job.network.activation, job.epochs, job.batch_size) == ("relu", 8, 64)
        assert job.optimizer == Optimizer("SGD", {"lr": 0.1})


def test_the_tables_change_one_thing_each():
    base = ee6132.BASELINE
    assert (base.epochs, base.batch_size, base.loss) == (15, 64, "cross-entropy")
    assert base.optimizer == Optimizer("SGD", {"lr": 0.1})
    for name in ee6132_table1.RATES:
        optimizer = Optimizer("SGD", {"lr": float(name.split()[1])})
        assert ee6132_table1.SETTINGS[name] == replace(base, optimizer=optimizer)
        if f"{name}, shuffled" in ee6132_table1.SETTINGS:
            assert ee6132_table1.SETTINGS[f"{name}, shuffled"] == replace(base, optimizer=optimizer, shuffle=True)
    for name, job in ee6132_table2.SETTINGS.items():
        assert job == replace(base, network=replace(base.network, activation=name))
    for name, job in ee6132_table4.SETTINGS.items():
        if name != "baseline":
            assert replace(job, data=base.data, epochs=15) == base


def test_equal_runs_of_different_experiments_share_one_file(tmp_path):
    baselines = {
        Run(identifier, setting, 0, job).path(tmp_path)
        for identifier in IDENTIFIERS
        for setting, job in experiments()[identifier].settings.items()
        if setting in ("baseline", "sigmoid", "rate 0.1")
    }
    assert len(baselines) == 1
    every = [job for identifier in IDENTIFIERS for job in experiments()[identifier].settings.values()]
    assert (len(every), len({key(job) for job in every})) == (27, 19)


def test_digits_come_in_their_published_order_unless_they_are_to_be_shuffled(small, tmp_path, monkeypatch):
    asked, fit = [], nn.fit

    def watched(*given, **settings):
        asked.append(settings["shuffle"])
        return fit(*given, **settings)

    monkeypatch.setattr(nn, "fit", watched)
    found = [
        replace(small, shuffle=shuffle, epochs=1).perform(0, tmp_path / f"{shuffle}").evidence["step losses"]["loss"]
        for shuffle in (False, True)
    ]
    assert asked == [False, True]
    assert not np.array_equal(*found)


def test_the_penalty_shrinks_weights_and_leaves_biases_alone():
    model = nn.Linear(3, 2, dtype=np.float64)
    rng = np.random.default_rng(0)
    weight, bias = rng.normal(size=(2, 3)), rng.normal(size=2)
    model.load_state_dict({"weight": weight, "bias": bias})
    optimizer = ee6132_table3.SETTINGS["β = 0.001"].optimizer.build(model)
    x, eta, beta = rng.normal(size=(1, 3)), 0.1, 1e-3
    for _ in range(3):
        optimizer.zero_grad()
        model(x).sum().backward()
        optimizer.step()
        weight, bias = (1 - beta * eta) * weight - eta * x.repeat(2, axis=0), bias - eta
    assert np.allclose(model.weight.numpy(), weight, rtol=1e-12)
    assert np.allclose(model.bias.numpy(), bias, rtol=1e-12)


# What is counted.


def test_weighted_measures_are_those_of_scikit_learn_and_recall_is_accuracy():
    from sklearn.metrics import precision_recall_fscore_support

    rng = np.random.default_rng(3)
    true = rng.integers(0, 4, 300)
    told = np.where(rng.random(300) < 0.7, true, rng.integers(0, 4, 300))
    found = ee6132.weighted(nn.confusion_matrix(told, true))
    reference = precision_recall_fscore_support(true, told, average="weighted")
    assert [found[name] for name in ("precision", "recall", "F1")] == pytest.approx(reference[:3], rel=1e-12)
    assert found["recall"] == pytest.approx((true == told).mean(), rel=1e-12)


def test_the_most_frequent_mistakes_are_found():
    matrix = np.diag(np.full(10, 90))
    matrix[4, 9], matrix[9, 4], matrix[7, 2] = 7, 5, 9
    assert ee6132_confusion.confused(matrix, 3) == [(9, 7, 2), (7, 4, 9), (5, 9, 4)]


@pytest.fixture
def small(few):
    """The baseline with ReLU and fewer neurons, on the digits of `few`."""
    network = replace(ee6132.RELU.network, widths=(784, 32, 24, 16, 10))
    job = ee6132.shortened(ee6132.RELU, train=400, test=200, epochs=4, batch=8)
    return replace(job, network=network)


def test_a_record_has_what_the_report_counts(small, tmp_path):
    outcome = small.perform(0, tmp_path / "run")
    metrics, evidence = outcome.metrics, outcome.evidence
    assert metrics["test accuracy"] > 0.9
    assert metrics["recall"] == pytest.approx(metrics["test accuracy"], rel=1e-12)
    assert evidence["test curve"]["steps"].tolist() == [0, 100, 200]
    assert evidence["step losses"]["steps"].tolist() == list(range(200))
    assert metrics["test loss at 2000"] == evidence["test curve"]["loss"][-1]
    statistics = ee6132.watched(evidence)
    assert statistics.steps.tolist() == [0, 50, 100, 150]
    for layer in range(3):
        assert metrics[f"inactive h{layer + 1}"] == statistics["inactive"][:, layer].mean()
        assert metrics[f"inactive h{layer + 1}, signed"] == statistics["inactive_signed"][:, layer].mean()
        assert metrics[f"peak h{layer + 1}"] == statistics["inactive"][:, layer].max()
        assert metrics[f"peak h{layer + 1}, signed"] == statistics["inactive_signed"][:, layer].max()
    assert "inactive h4" not in metrics
    assert "clean train accuracy" not in metrics


def test_a_network_that_learned_from_noise_is_judged_by_clean_digits_too(small, tmp_path):
    job = replace(small, data=Data("mnist", {**small.data.settings, "noise": 1.0}))
    metrics = job.perform(0, tmp_path / "run").metrics
    assert metrics["clean train accuracy"] > metrics["train accuracy"] + 0.01
    assert metrics["clean train accuracy"] > 0.9


def test_an_interrupted_training_ends_as_one_that_was_not(small, tmp_path, monkeypatch):
    whole = small.perform(0, tmp_path / "whole")
    monkeypatch.setattr("examples.labs.training.CHECKPOINT_EVERY", 0.0)
    calls = []

    def interrupted(self, training):
        calls.append(training.step)
        if training.step == 123:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(nn.Statistics, "gradients_ready", interrupted)
        with pytest.raises(KeyboardInterrupt):
            small.perform(0, tmp_path / "run")
    resumed = small.perform(0, tmp_path / "run")
    for name, weight in whole.evidence["weights"].items():
        assert np.array_equal(weight, resumed.evidence["weights"][name])
    assert resumed.metrics["test loss"] == whole.metrics["test loss"]


def test_the_classifiers_are_scikit_learns(few, tmp_path):
    data = Data("mnist", {"features": "hog"})
    for job in (ee6132_table5.support_vectors(data), ee6132_table5.neighbours(data)):
        outcome = job.perform(0, tmp_path / "run")
        matrix = outcome.evidence["confusion"]
        assert matrix.sum() == 200
        assert outcome.metrics["test accuracy"] == np.trace(matrix) / 200
    nearest = Estimator(data, "KNeighborsClassifier", {"n_neighbors": 1}).perform(0, tmp_path / "run")
    assert nearest.metrics["train accuracy"] == 1


# Figures and tables.


def test_every_figure_and_finding_is_made_of_the_records_of_its_settings(small, tmp_path):
    outcome = small.perform(0, tmp_path / "run")
    noisy = {"clean train accuracy": 0.9}
    for identifier in IDENTIFIERS:
        each = experiments()[identifier]
        records = {}
        for setting, job in each.settings.items():
            made = record(Run(identifier, setting, 0, job), outcome, 1.0)
            records[setting] = [replace(made, metrics=made.metrics | noisy)]
        assert len(each.compared(records)) == len(each.rows)
        assert bool(each.found(records)) == (each.findings is not None)
        for illustration in each.illustrations:
            assert illustration.make(records).axes, illustration.name


def test_figures_14_to_22_stand_as_the_report_numbers_them(small, tmp_path):
    outcome = small.perform(0, tmp_path / "run")
    records = {name: [record(Run("ee6132-inactive", name, 0, job), outcome, 1.0)]
               for name, job in ee6132_inactive.SETTINGS.items()}  # fmt: skip
    picture = ee6132_inactive.figures(records)
    assert [axes.get_title("left") for axes in picture.axes] == [
        f"figure {14 + 3 * layer + column}: {name}, h{layer + 1}"
        for layer in range(3) for column, name in enumerate(("sigmoid", "tanh", "relu"))
    ]  # fmt: skip
    drawn = [line.get_label() for line in picture.axes[0].get_lines()]
    assert drawn == ["|∂L/∂z| < 1e-5, the assignment's", "signed ∂L/∂b < 1e-5, the report's"]


def test_without_runs_nothing_is_drawn_and_no_digits_are_asked_for(monkeypatch):
    monkeypatch.setattr(digits, "_published", lambda: pytest.fail("MNIST was loaded"))
    for identifier in IDENTIFIERS:
        each = experiments()[identifier]
        for illustration in each.illustrations:
            with pytest.raises(NothingToDrawError):
                illustration.make({})
        for job in each.settings.values():
            if isinstance(job, Training):
                _, loss, x, y = job.step()
                assert np.isfinite(loss(x, y).item())


def test_the_edges_of_a_stroke_run_along_it():
    rows, columns = np.mgrid[:28, :28]
    for image, along in ((columns, (0, 1)), (rows, (1, 0))):  # a dark left and a dark upper side
        (numbers,) = features.histograms((255 * (image[None] > 11)).astype(np.uint8))
        lines, strengths = ee6132_table5.edges(numbers.astype(np.float64))
        assert lines.shape == (225, 2, 2)
        strong = lines[strengths > 0.5]
        assert len(strong) == 5
        directions = (strong[:, 1] - strong[:, 0]) / np.linalg.norm(strong[:, 1] - strong[:, 0], axis=1, keepdims=True)
        assert abs(directions @ along).min() > np.cos(np.radians(11))


# A few thousand real digits.

LEAST = {
    ("ee6132-table1", "rate 1"): 0.72,
    ("ee6132-confusion", "baseline"): 0.68,
    ("ee6132-table2", "relu"): 0.86,
    ("ee6132-inactive", "relu"): 0.86,
    ("ee6132-table3", "β = 0.001"): 0.60,
    ("ee6132-table4", "σ = 0.1"): 0.67,
    ("ee6132-table5", "MLP1"): 0.88,
    ("ee6132-table5", "SVM"): 0.93,
    ("ee6132-table5", "5-NN, first 10,000"): 0.90,
}


def test_every_quick_run_has_a_bound():
    assert {(name, setting) for name in IDENTIFIERS for setting in experiments()[name].quick} == set(LEAST)


@pytest.mark.slow
@pytest.mark.parametrize(("identifier", "setting"), LEAST)
def test_quick_runs_learn_from_a_few_thousand_digits(mnist, identifier, setting, tmp_path):
    metrics = experiments()[identifier].quick[setting].perform(0, tmp_path / "run").metrics
    assert LEAST[identifier, setting] <= metrics["test accuracy"] <= 0.985
