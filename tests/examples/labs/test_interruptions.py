"""Killed, interrupted or run twice at once, with real processes: nothing is lost, and the weights are the same bits."""

import os
import shutil
import signal
import subprocess

import numpy as np
import pytest

import nn
from examples.labs.runs import read

for package, extra in (("jinja2", "labs"), ("matplotlib", "plot"), ("safetensors", "train"), ("tqdm", "train")):
    pytest.importorskip(package, reason=f'{package} is absent; pip install "chalkgrad[{extra}]" brings it')
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("pgrep") is None, reason="no pgrep is here to find the processes of a program"),
]


def records(out):
    return {read(path).setting: read(path) for path in (out / "runs").glob("*.json")}


def steps(path):
    """How far the training of a checkpoint is; 0 as long as there is none."""
    try:
        return nn.Checkpoint(path).read()["running"]["step"]
    except FileNotFoundError:
        return 0


def progress(out, count):
    """The steps of all checkpoints, once there are so many."""
    paths = sorted((out / "runs").glob("*.checkpoint"))
    return [steps(path) for path in paths] if len(paths) == count else []


def end(process):
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return out, err


def workers_of(process):
    """The numbers of the processes that it has started for its runs."""
    command = ["pgrep", "-P", str(process.pid), "-f", "spawn_main"]
    return subprocess.run(command, capture_output=True, text=True).stdout.split()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The records of runs that nothing disturbed, made once."""
    return {"folder": tmp_path_factory.mktemp("undisturbed")}


@pytest.fixture
def expected(undisturbed, program):
    out = undisturbed["folder"]
    if not records(out):
        end(program("run", "long", "--out", out))
    return records(out)


def same_bits(found, expected):
    for setting, record in expected.items():
        other = found[setting]
        for name, values in record.evidence["weights"].items():
            assert values.tobytes() == other.evidence["weights"][name].tobytes(), (setting, name)
        assert other.history == record.history
        assert other.metrics == record.metrics
        assert (other.evidence["step losses"]["loss"] == record.evidence["step losses"]["loss"]).all()
    curve = found["one"].evidence["test curve"]
    assert (curve["loss"] == expected["one"].evidence["test curve"]["loss"]).all()
    watched = found["one"].evidence["statistics"]["values"]
    assert np.array_equal(watched, expected["one"].evidence["statistics"]["values"], equal_nan=True)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_training_that_was_killed_goes_on_to_the_same_bits(program, eventually, expected, tmp_path, jobs):
    out = tmp_path / "out"
    first = program("run", "long", "--out", out, "--jobs", jobs)
    total = int(expected["one"].metrics["steps"])
    eventually(lambda: (found := progress(out, jobs)) and min(found) > total // 2)
    first.kill()
    first.wait()
    assert not records(out), "it was killed in the middle"
    saved = [nn.Checkpoint(path).read()["history"]["seconds"].sum() for path in (out / "runs").glob("*.checkpoint")]
    _, said = end(program("run", "long", "--out", out, "--jobs", jobs))
    assert "set aside" not in said
    found = records(out)
    same_bits(found, expected)
    assert found["one"].seconds > max(saved) > 0, "the killed session counts"
    assert {path.suffix for path in (out / "runs").iterdir()} == {".json"}


def test_processes_of_a_killed_program_do_not_live_on(program, eventually, tmp_path):
    out = tmp_path / "out"
    first = program("run", "long", "--out", out, "--jobs", 2, epochs=4000)
    eventually(lambda: min(progress(out, 2), default=0) > 0)
    children = workers_of(first)
    assert len(children) == 2
    first.kill()
    first.wait()
    eventually(lambda: not any(os.path.exists(f"/proc/{child}") for child in children), 60)


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_stops_soon_and_saves(program, eventually, expected, tmp_path, jobs):
    out = tmp_path / "out"
    first = program("run", "long", "--out", out, "--jobs", jobs)
    eventually(lambda: min(progress(out, jobs), default=0) > 10)
    first.send_signal(signal.SIGINT)
    _, said = first.communicate(timeout=60)
    assert first.returncode == 130
    assert "the same command goes on" in said
    assert "Traceback" not in said
    assert min(progress(out, jobs)) > 10
    end(program("run", "long", "--out", out, "--jobs", jobs))
    same_bits(records(out), expected)


def test_a_worker_that_is_killed_is_replaced(program, eventually, expected, tmp_path):
    out = tmp_path / "out"
    first = program("run", "long", "--out", out, "--jobs", 2)
    eventually(lambda: min(progress(out, 2), default=0) > 10)
    os.kill(int(workers_of(first)[0]), signal.SIGKILL)
    _, said = end(first)
    assert "ended abruptly" in said
    same_bits(records(out), expected)


def test_two_programs_at_once_do_not_harm_each_other(program, expected, tmp_path):
    out = tmp_path / "out"
    both = [program("run", "long", "--out", out, "--jobs", jobs) for jobs in (1, 2)]
    for process in both:
        end(process)
    same_bits(records(out), expected)
    assert {path.suffix for path in (out / "runs").iterdir()} == {".json"}


@pytest.mark.filterwarnings("default")
def test_a_dask_cluster_of_two_processes_runs_them(tmp_path):
    distributed = pytest.importorskip(
        "distributed", reason='distributed is absent; pip install "chalkgrad[cluster]" brings it'
    )
    from examples.labs import chosen, run_all

    runs = chosen(["tnm112-1.1"])[0].runs(seeds=2)
    here = run_all(runs, tmp_path / "here")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, local_directory=str(tmp_path)
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        workers = {worker["pid"] for worker in client.run(lambda: {"pid": os.getpid()}).values()}
        assert len(workers) == 2
        assert os.getpid() not in workers
        there = run_all(runs, tmp_path / "there", executor=client.get_executor())
    for first, second in zip(here, there):
        assert first.metrics == second.metrics
        assert first.evidence["weights"]["0.weight"].tobytes() == second.evidence["weights"]["0.weight"].tobytes()
    assert len(list((tmp_path / "there").glob("*.json"))) == len(runs)
