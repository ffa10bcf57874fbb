"""What the labs could have had: moved digits, warm-up, new layers; honest times, and settings chosen without tests."""

from dataclasses import fields, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import datasets
import nn
from examples.labs import augmented, digits
from examples.labs.augmented import Augmentation, AugmentedTraining, Clock, WarmedUp, misread
from examples.labs.configuration import generator
from examples.labs.experiments import beyond
from examples.labs.figures import NothingToDrawError
from examples.labs.networks import ConvolutionalNetwork, RegularizedPerceptron
from examples.labs.runs import Run, record
from examples.labs.samples import Data

for package, extra in (("matplotlib", "plot"), ("safetensors", "train")):
    pytest.importorskip(package, reason=f'{package} is absent; pip install "chalkgrad[{extra}]" brings it')

OWN = {name: job for name, job in beyond.SETTINGS.items() if isinstance(job, AugmentedTraining)}


@pytest.fixture
def few(monkeypatch):
    """In place of MNIST, squares whose size is their class, so that they may be moved."""
    rng = np.random.default_rng(0)

    def part(count):
        y = np.arange(count) % 10
        x = rng.integers(0, 40, (count, 28, 28))
        for image, size in zip(x, 2 * y + 2):
            image[14 - size // 2 : 14 + size // 2, 14 - size // 2 : 14 + size // 2] += 200
        return datasets.Samples(x.astype(np.uint8), y)

    split = datasets.Split(part(400), part(100))
    monkeypatch.setattr(digits, "_published", lambda: split)
    return split


@pytest.fixture
def small():
    """Both kinds of network, of a size for tests, with every ingredient."""
    data = Data("mnist", {"train": 300, "held_out": 100})
    mlp = replace(
        beyond.perceptron(4, data, 300), network=RegularizedPerceptron((784, 24, 10), True, 0.1), batch_size=16,
        schedule=beyond.annealed(4, 16, 300),
    )  # fmt: skip
    conv = replace(
        beyond.convolutional(2, data, 300), network=ConvolutionalNetwork((4, 6), hidden=16, dropout=0.2), batch_size=16,
        schedule=beyond.annealed(2, 16, 300),
    )  # fmt: skip
    return {"MLP": mlp, "conv": conv}


# Digits that are moved.


def test_each_digit_is_moved_by_its_own_draw_within_the_shift_and_nothing_else_changes():
    dots = np.zeros((200, 28, 28), np.float32)
    dots[:, 10, 17] = 1
    moved = Augmentation(shift=2)(dots.reshape(200, 784), np.random.default_rng(0))
    assert (moved.shape, moved.dtype) == ((200, 784), np.float32)
    rows, columns = np.divmod(moved.argmax(1), 28)
    assert set(rows) == {8, 9, 10, 11, 12}
    assert set(columns) == {15, 16, 17, 18, 19}
    assert (np.sort(moved, axis=1) == np.sort(dots.reshape(200, 784), axis=1)).all()


def test_noise_and_angles_have_the_size_that_is_asked_for():
    rng = np.random.default_rng(1)
    x = np.zeros((50, 784), np.float32)
    assert Augmentation(noise=0.3)(x, rng).std() == pytest.approx(0.3, rel=0.02)
    pytest.importorskip("scipy", reason='SciPy is absent; pip install "chalkgrad[data]" brings it')
    line = np.zeros((1, 28, 28), np.float32)
    line[:, 13:15] = 1
    tilted = Augmentation(degrees=10)(np.repeat(line, 50, 0).reshape(50, 784), rng).reshape(50, 28, 28)
    heights = np.arange(28.0)
    left, right = ((tilted[:, :, c] @ heights) / tilted[:, :, c].sum(1) for c in (4, 23))
    angles = np.degrees(np.arctan((right - left) / 19))
    assert 5 < abs(angles).max() < 10.5
    assert angles.min() < -2
    assert angles.max() > 2


def test_a_training_without_augmentation_has_no_transform():
    assert replace(OWN["MLP"], augmentation=Augmentation()).transform() is None
    assert OWN["MLP"].transform() == Augmentation(shift=2)


def test_held_out_digits_are_the_last_ones_and_are_not_learned_from(few):
    split = digits.mnist(0, held_out=100)
    pixels = (few.train.x.reshape(400, 784) / 255).astype(np.float32)
    assert np.array_equal(split.train.x, pixels[:300])
    assert np.array_equal(split.test.x, pixels[300:])
    assert np.array_equal(np.concatenate([split.train.y, split.test.y]), few.train.y)
    assert [len(part.y) for part in digits.mnist(0, held_out=100, train=20, test=10)] == [20, 10]


# Rates.


def test_the_rate_warms_up_and_then_falls_to_nothing():
    optimizer = nn.SGD([nn.Parameter([1.0])], lr=0.5)
    schedule = WarmedUp("CosineAnnealingLR", {"T_max": 40, "interval": "step"}, 10).build(optimizer)
    assert schedule.interval == "step"
    rates = []
    for _ in range(51):
        rates += schedule.get_last_lr()
        schedule.step()
    assert rates[0] == pytest.approx(0.05)
    assert rates[:11] == pytest.approx(np.linspace(0.05, 0.5, 11).tolist())
    expected = 0.25 * (1 + np.cos(np.pi * np.arange(41) / 40))
    assert rates[10:] == pytest.approx(expected.tolist())


@pytest.mark.parametrize("name", [name for name, job in (beyond.SETTINGS | beyond.QUICK).items()
                                  if getattr(job, "schedule", None)])  # fmt: skip
def test_schedules_end_when_the_trainings_do(name):
    for job in (beyond.SETTINGS.get(name), beyond.QUICK.get(name)):
        if job is None:
            continue
        settings = job.data.settings
        samples = settings.get("train", 60_000 - settings.get("held_out", 0))
        steps = job.epochs * -(-samples // job.batch_size)
        assert job.schedule.warm_up + job.schedule.settings["T_max"] == steps


# Networks.


def test_the_perceptron_is_the_reports_but_for_normalization_and_dropout():
    model = OWN["MLP"].network.build(generator(0, "weights"))
    kinds = [type(layer).__name__ for layer in model.children()]
    assert kinds == ["Linear", "BatchNorm1d", "ReLU", "Dropout"] * 3 + ["Linear"]
    shapes = [parameter.shape for parameter in model.parameters() if parameter.ndim == 2]
    assert shapes == [(500, 784), (250, 500), (100, 250), (10, 100)]
    # Two numbers more for each hidden neuron.
    assert sum(parameter.size for parameter in model.parameters()) == 543_860 + 2 * 850
    bare = RegularizedPerceptron((784, 5, 10), normalized=False).build(generator(0, "weights"))
    assert [type(layer).__name__ for layer in bare.children()] == ["Linear", "ReLU", "Linear"]


def test_pooling_before_normalization_and_relu_gives_numbers_of_the_same_shape_for_rows_of_pixels():
    network = OWN["conv"].network
    model = network.build(generator(0, "weights")).eval()
    x = np.random.default_rng(0).random((3, 784), dtype=np.float32)
    out = nn.predict(model, x)
    assert out.shape == (3, 10)
    layers = list(model.children())
    kinds = [type(layer).__name__ for layer in layers]
    assert kinds[:5] == ["Unflatten", "Conv2d", "MaxPool2d", "BatchNorm2d", "ReLU"]
    assert kinds[-5:] == ["Flatten", "Linear", "ReLU", "Dropout", "Linear"]
    image = layers[0](x)
    convolved = layers[1](image)
    other_order = layers[2](layers[4](convolved))
    assert np.array_equal(other_order.numpy(), layers[4](layers[2](convolved)).numpy())


def test_weights_are_those_of_the_seed(small):
    for job in small.values():
        first, again, other = (job.network.build(generator(seed, "weights")).state_dict() for seed in (0, 0, 1))
        assert all(np.array_equal(first[name], again[name]) for name in first)
        assert not all(np.array_equal(first[name], other[name]) for name in first)


# What is compared.


def test_only_the_two_final_networks_and_the_reports_are_judged_by_test_digits():
    for name, job in beyond.SETTINGS.items():
        assert bool(job.data.settings.get("held_out")) == (name not in ("report", "MLP", "conv"))
    for name, job in beyond.INGREDIENTS.items():
        assert job.data.settings["held_out"] == (20_000 if name.startswith("conv") else 5000)


def changed(first, second):
    return {field.name for field in fields(first) if getattr(first, field.name) != getattr(second, field.name)}


def test_each_setting_has_one_ingredient_more():
    chain = [job for name, job in beyond.INGREDIENTS.items() if name.startswith("10")]
    assert [changed(*pair) for pair in pairwise(chain)] == [
        {"network", "optimizer", "batch_size"},
        {"schedule"},
        {"network", "optimizer"},
        {"augmentation"},
        {"network"},
    ]
    final = OWN["MLP"]
    assert changed(chain[-1], final) == {"data", "epochs", "schedule"}
    whole, still, raw = (job for name, job in beyond.INGREDIENTS.items() if name.startswith("conv"))
    assert changed(whole, still) == {"augmentation"}
    assert changed(whole, raw) == {"network"}
    assert changed(whole, OWN["conv"]) == {"data", "epochs", "schedule"}


# Records.


@pytest.mark.parametrize("kind", ["MLP", "conv"])
def test_a_record_has_times_and_what_is_misread_and_gives_the_network_back(kind, small, few, tmp_path):
    job = small[kind]
    outcome = job.perform(0, tmp_path / "run")
    metrics, evidence = outcome.metrics, outcome.evidence
    assert metrics["test accuracy"] > 0.4
    assert metrics["processor seconds"] > 0
    assert 0 < metrics["training seconds"] <= outcome.seconds + 0.1
    model, test = job.trained(0, evidence), job.data.split(0).test
    told = nn.predict(model, test.x).argmax(1)  # with running means and variances, which are no parameters
    assert (told == test.y).mean() == metrics["test accuracy"]
    found = evidence["misread"]
    assert len(found["places"]) == 100 - np.trace(evidence["confusion"])
    assert (told[found["places"]] == found["read as"]).all()
    assert (test.y[found["places"]] != found["read as"]).all()
    assert (np.diff(found["probability"]) <= 0).all()
    assert metrics["parameters"] == sum(parameter.size for parameter in model.parameters())


def test_what_is_misread_stands_in_the_order_of_the_probabilities():
    logits = np.log(np.array([[0.9, 0.1], [0.7, 0.3], [0.2, 0.8], [0.4, 0.6]])) + 300
    found = misread(logits, np.array([1, 0, 0, 0]))
    assert found["places"].tolist() == [0, 2, 3]
    assert found["read as"].tolist() == [0, 1, 1]
    assert found["probability"] == pytest.approx([0.9, 0.8, 0.6])


@pytest.mark.parametrize("kind", ["MLP", "conv"])
def test_an_interrupted_training_ends_as_one_that_was_not(kind, small, few, tmp_path, monkeypatch):
    job = small[kind]
    whole = job.perform(0, tmp_path / "whole")
    monkeypatch.setattr("examples.labs.training.CHECKPOINT_EVERY", 0.0)

    def interrupted(self, training):
        if training.step == 25:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Clock, "gradients_ready", interrupted)
        with pytest.raises(KeyboardInterrupt):
            job.perform(0, tmp_path / "run")
    resumed = job.perform(0, tmp_path / "run")
    for name, weight in whole.evidence["weights"].items():
        assert np.array_equal(weight, resumed.evidence["weights"][name]), name
    assert resumed.metrics["test loss"] == whole.metrics["test loss"]


def test_the_clock_counts_learning_and_not_judging(monkeypatch):
    times = iter([0.0, 10.0, 12.0, 15.0, 100.0, 104.0])
    monkeypatch.setattr(Clock, "_now", staticmethod(lambda: np.array([1.0, 0.5]) * next(times)))
    clock = Clock()
    clock.training_started(None)  # at 10
    clock.batch_ended(None)  # 2 later
    clock.batch_ended(None)  # 3 later
    clock.epoch_ended(None)  # judged until 100
    clock.batch_ended(None)  # 4 later
    assert clock.metrics() == {"training seconds": 9.0, "processor seconds": 4.5}
    monkeypatch.undo()
    resumed = Clock()
    resumed.load_state_dict(clock.state_dict())
    assert resumed.metrics() == clock.metrics()


# Figures and words.


@pytest.fixture
def records(small, few, tmp_path):
    """Of every setting, those of a small network."""
    made = {kind: job.perform(0, tmp_path / kind) for kind, job in small.items()}
    found = {}
    for setting in beyond.SETTINGS:
        kind = "conv" if setting.startswith("conv") else "MLP"
        run = Run("beyond", setting, 0, small[kind])
        found[setting] = [record(run, made[kind], 1.0)]
    return found


def test_every_figure_row_and_finding_is_made_of_the_records(records):
    each = beyond.EXPERIMENT
    assert {row.row.setting for row in each.compared(records)} == set(beyond.SETTINGS)
    for illustration in each.illustrations:
        assert illustration.make(records).axes, illustration.name
    answer = each.found(records)
    assert len(answer) == 3
    wrong = len(records["conv"][0].evidence["misread"]["places"])
    assert f"the convolutions {100 * wrong:.0f}." in answer[0]  # of 10,000, when 100 were judged
    assert "nan" not in " ".join(answer)


def test_the_pictures_of_misread_digits_say_what_they_are(records, few):
    found = records["MLP"][0].evidence["misread"]
    picture = beyond.misread("MLP", count=3)(records)
    for number, axes in enumerate(picture.axes):
        place, told = found["places"][number], found["read as"][number]
        assert axes.get_title().startswith(f"{few.train.y[300 + place]}, read as {told}\n")
        assert np.allclose(axes.images[0].get_array(), few.train.x[300 + place] / 255, atol=1e-6)


def test_without_runs_nothing_is_drawn_and_no_digits_are_asked_for(monkeypatch):
    monkeypatch.setattr(digits, "_published", lambda: pytest.fail("MNIST was loaded"))
    for illustration in beyond.EXPERIMENT.illustrations:
        with pytest.raises(NothingToDrawError):
            illustration.make({})
    for job in OWN.values():
        _, loss, x, y = job.step()
        assert np.isfinite(loss(x, y).item())


def test_the_bounds_are_those_that_were_asked_for():
    bounds = {row.setting: row.agrees.least for row in beyond.EXPERIMENT.rows if row.agrees is not None}
    assert bounds == {"MLP": 0.988, "conv": 0.994}


def test_the_shared_module_needs_nothing_but_the_library():
    text = Path(augmented.__file__).read_text(encoding="utf-8")
    assert "experiments" not in text


LEAST = {"MLP": 0.91, "conv": 0.91}


@pytest.mark.slow
@pytest.mark.parametrize("setting", LEAST)
def test_quick_runs_learn_from_a_few_thousand_digits(setting, tmp_path):
    try:
        datasets.mnist(download=False)
    except FileNotFoundError:
        pytest.skip("MNIST is in no folder here: CHALKGRAD_DATA may name one")
    assert set(LEAST) == set(beyond.QUICK)
    metrics = beyond.QUICK[setting].perform(0, tmp_path / "run").metrics
    assert LEAST[setting] <= metrics["test accuracy"] <= 0.985
