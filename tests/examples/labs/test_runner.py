"""Runs are made once and kept; what cannot be trusted is set aside, and said."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from examples.labs import RunsFailedError, run_all
from examples.labs.configuration import Outcome
from examples.labs.runs import DamagedRunError, Run, alone, finished, read, write

for package, extra in (("safetensors", "train"),):
    pytest.importorskip(package, reason=f'{package} is absent; pip install "chalkgrad[{extra}]" brings it')


@dataclass(frozen=True)
class Counted:
    """A job that counts in a file how often it was run, and fails where it is told to."""

    folder: str
    name: str
    fails: bool = False

    def perform(self, seed: int, checkpoint: Path) -> Outcome:
        with open(Path(self.folder, f"{self.name}.count"), "a") as file:
            file.write("x")
        if checkpoint.exists() and checkpoint.read_bytes() != b"good":
            raise ValueError("this is no checkpoint of mine\nand this is a second line")
        if self.fails:
            raise ZeroDivisionError("on purpose")
        return Outcome({"number": seed + 0.1}, {"loss": [1.0, float("nan")]})


@pytest.fixture
def counted(tmp_path):
    """Makes runs, and tells how often each was performed."""

    def make(name="a", seed=0, experiment="e", setting="s", **settings):
        return Run(experiment, setting, seed, Counted(str(tmp_path), name, **settings))

    make.count = lambda name="a": len((tmp_path / f"{name}.count").read_text())
    return make


def test_records_come_in_the_order_and_under_the_names_of_those_who_ask(counted, tmp_path):
    asked = [counted("b", 1), counted("a", 0, "other", "name"), counted("b", 1, "third", "again"), counted("a", 3)]
    told = []
    records = run_all(asked, tmp_path / "runs", done=lambda run, record, kept: told.append((str(run), kept)))
    assert [(each.experiment, each.setting, each.seed) for each in records] == [
        ("e", "s", 1), ("other", "name", 0), ("third", "again", 1), ("e", "s", 3)
    ]  # fmt: skip
    assert [each.metrics["number"] for each in records] == [1.1, 0.1, 1.1, 3.1]
    assert counted.count("b") == 1, "what several ask for is run once"
    assert sorted(told) == [("e, s, seed 1", False), ("e, s, seed 3", False), ("other, name, seed 0", False),
                            ("third, again, seed 1", True)]  # fmt: skip


def test_what_is_finished_is_not_run_again(counted, tmp_path):
    first = run_all([counted()], tmp_path / "runs")
    second = run_all([counted()], tmp_path / "runs")
    assert str(first) == str(second)  # NaN is not equal to itself
    assert counted.count() == 1


def test_any_change_of_a_configuration_is_another_run(tiny, tmp_path):
    paths = {
        Run("e", "s", 0, job).path(tmp_path)
        for job in (tiny, replace(tiny, epochs=5), replace(tiny, watch=1), replace(tiny, loss="other"))
    }
    assert len(paths) == 4


@pytest.mark.parametrize("parallel", [False, True])
def test_a_run_that_fails_takes_no_other_with_it(counted, tmp_path, parallel):
    runs = [counted("a"), counted("b", fails=True), counted("c")]
    said = []
    with ThreadPoolExecutor(2) as executor, pytest.raises(RunsFailedError, match="ZeroDivisionError: on purpose") as e:
        run_all(runs, tmp_path / "runs", executor=executor if parallel else None, say=said.append)
    assert [run.job.name for run, _ in e.value.failed] == ["b"]
    assert len(said) == 1
    assert "failed" in said[0]
    assert len(list((tmp_path / "runs").glob("*.json"))) == 2
    assert counted.count("b") == 1


def flip(path):
    content = bytearray(path.read_bytes())
    content[content.index(b"0.1")] ^= 1
    path.write_bytes(content)


def truncate(path):
    path.write_bytes(path.read_bytes()[:-40])


def empty(path):
    path.write_bytes(b"")


def garble(path):
    path.write_bytes(bytes(range(256)))


def another_format(path):
    path.write_text(json.dumps({"format": "something else", "sha256": "", "run": {}}))


def of_another_run(path):
    record = read(path)
    write(path, replace(record, seed=record.seed + 1))


@pytest.mark.parametrize("damage", [flip, truncate, empty, garble, another_format, of_another_run])
def test_a_damaged_run_file_is_set_aside_with_its_name_and_run_again(counted, tmp_path, damage):
    folder = tmp_path / "runs"
    first = run_all([counted()], folder)
    path = counted().path(folder)
    damage(path)
    damaged, said = path.read_bytes(), []
    with pytest.raises(DamagedRunError):
        finished(counted(), folder)
    second = run_all([counted()], folder, say=said.append)
    aside = path.with_name(path.name + ".damaged-1")
    assert aside.read_bytes() == damaged
    assert len(said) == 1
    assert path.name in said[0]
    assert aside.name in said[0]
    assert second[0].metrics == first[0].metrics
    assert counted.count() == 2
    damage(path)
    run_all([counted()], folder, say=said.append)
    assert path.with_name(path.name + ".damaged-2").exists(), "the first one is kept too"


def test_a_damaged_checkpoint_is_set_aside_and_the_run_starts_again(tiny, tmp_path):
    run = Run("e", "s", 0, tiny)
    expected = run_all([run], tmp_path / "undisturbed")[0]
    checkpoint = run.path(tmp_path).with_suffix(".checkpoint")
    checkpoint.write_bytes(b"not a checkpoint")
    said = []
    found = run_all([run], tmp_path, say=said.append)[0]
    assert found.metrics == expected.metrics
    assert found.remarks == said
    assert checkpoint.name + ".damaged-1" in said[0]
    assert "starts again" in said[0]
    assert checkpoint.with_name(checkpoint.name + ".damaged-1").read_bytes() == b"not a checkpoint"
    assert not checkpoint.exists()


def test_a_checkpoint_of_another_training_does_not_block_either(tiny, tmp_path, monkeypatch):
    run, other = Run("e", "s", 0, tiny), Run("e", "s", 1, tiny)
    path = other.path(tmp_path).with_suffix(".checkpoint")
    other.job.perform(1, path)  # leaves its checkpoint
    path.rename(run.path(tmp_path).with_suffix(".checkpoint"))
    said = []
    run_all([run], tmp_path, say=said.append)
    assert "belongs to another training" in said[0]


def test_an_error_that_is_not_the_checkpoints_comes_again(counted, tmp_path):
    run = counted(fails=True)
    checkpoint = run.path(tmp_path).with_suffix(".checkpoint")
    checkpoint.write_bytes(b"good")
    with pytest.raises(RunsFailedError, match="on purpose"):
        run_all([run], tmp_path, say=lambda message: None)
    assert counted.count() == 2


def test_a_run_file_keeps_every_bit(tiny, tmp_path):
    run = Run("e", "s", 0, replace(tiny, watch=2, test_every=3))
    made = run_all([run], tmp_path)[0]
    kept = read(run.path(tmp_path))
    for name, values in made.evidence["weights"].items():
        assert kept.evidence["weights"][name].tobytes() == values.tobytes()
        assert kept.evidence["weights"][name].dtype == values.dtype
    assert str(kept) == str(made)
    assert set(kept.versions) == {"python", "numpy", "chalkgrad"}


def test_one_run_is_made_by_one_process_at_a_time(tmp_path):
    pytest.importorskip("fcntl", reason="Windows has no such locks")
    events = []

    def work(number):
        with alone(tmp_path / "run.json"):
            events.append(("in", number))
            events.append(("out", number))

    with ThreadPoolExecutor(8) as executor:
        list(executor.map(work, range(200)))
    assert len(events) == 400
    assert all(first == ("in", then[1]) for first, then in zip(events[::2], events[1::2]))
    assert list(tmp_path.iterdir()) == [], "nothing is left"


def test_a_training_that_diverges_says_so_and_keeps_the_weights_before(tiny, tmp_path):
    from examples.labs.configuration import Optimizer, Perceptron

    job = replace(tiny, optimizer=Optimizer("SGD", {"lr": 1e30}), network=Perceptron((2, 8, 1), "linear"),
                  loss="half squared error, sum")  # fmt: skip
    with pytest.warns(RuntimeWarning):
        record = run_all([Run("e", "s", 0, job)], tmp_path)[0]
    assert record.metrics["diverged"] == 1
    assert record.evidence["diverged"]["step"] < 20
    assert "learning rate is too high" in record.evidence["diverged"]["message"].replace("\n", " ")
