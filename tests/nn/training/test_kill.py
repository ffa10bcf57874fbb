"""A training that is killed, with real processes, loses nothing but the time since its last checkpoint."""
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import nn

SCRIPT = Path(__file__).with_name("killable.py")
ROOT = Path(__file__).parents[3]
KILLS = 20


def start(checkpoint, result, seconds=0.0):
    """A process that has begun to train."""
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, SCRIPT, checkpoint, result, str(seconds)], cwd=ROOT, text=True, stdout=subprocess.PIPE,
        env={**os.environ, **threads, "PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE,
    )  # fmt: skip
    said = process.stdout.readline()
    assert said.startswith("training from step"), said + process.communicate()[1]
    return process, int(said.split()[-1])


def finish(process):
    output, errors = process.communicate(timeout=120)
    return process.returncode, output, errors


def whole_run(folder):
    """What comes out where nothing interrupts."""
    process, _ = start("none", folder / "whole.npz")
    code, _, errors = finish(process)
    assert code == 0, errors
    return dict(np.load(folder / "whole.npz"))


def assert_equal_bits(found, expected):
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        assert array.dtype == found[name].dtype
        assert array.tobytes() == found[name].tobytes(), name


def wait_for_a_write(folder, seconds=1.0):
    """Until there is a temporary file that was not there."""
    before, until = set(os.listdir(folder)), time.monotonic() + seconds
    while set(os.listdir(folder)) <= before and time.monotonic() < until:
        pass


@pytest.mark.slow
def test_a_training_killed_twenty_times_ends_with_the_same_bits_and_always_has_a_checkpoint(tmp_path):
    """The checkpoint is written at every step, and read by this process while the other one writes."""
    dice, expected, steps = random.Random(0), whole_run(tmp_path), []
    (tmp_path / "killed").mkdir()
    path, end = tmp_path / "killed" / "run.safetensors", tmp_path / "end.npz"
    reads = 0
    for number in range(KILLS):
        process, step = start(path, end, seconds=0.005)  # so that a fast machine is not done too early
        steps.append(step)
        until = time.monotonic() + dice.uniform(0, 0.25)
        while time.monotonic() < until:
            nn.Checkpoint(path).read()
            reads += 1
            time.sleep(0.01)  # the other one wants the disk too
        if number % 2:
            wait_for_a_write(path.parent)
        assert process.poll() is None, f"the run is too short: it ended after {len(steps) - 1} kills\n{finish(process)}"
        process.kill()
        assert finish(process)[0] == -signal.SIGKILL
        nn.Checkpoint(path).read()
    process, step = start(path, end)
    code, output, errors = finish(process)
    assert code == 0, errors
    assert output == "stopped: None\n"
    assert_equal_bits(dict(np.load(end)), expected)
    assert reads > KILLS
    assert steps == sorted(steps)
    assert len({*steps, step}) > KILLS // 2, "hardly any kill came after a step"
    interrupted = len(list((tmp_path / "killed").iterdir())) - 1
    assert interrupted >= 3, "hardly any kill came inside a write"
    print(f"{KILLS} kills at steps {[*steps[1:], step]}, {interrupted} inside a write; {reads} reads while writing")


@pytest.mark.slow
def test_ctrl_c_saves_what_was_learned_and_the_training_goes_on_from_there(tmp_path):
    expected = whole_run(tmp_path)
    path, end = tmp_path / "run.safetensors", tmp_path / "end.npz"
    for number in range(3):
        process, _ = start(path, end)
        time.sleep(0.05 * number)
        process.send_signal(signal.SIGINT)
        code, output, errors = finish(process)
        assert code == 0, errors
        assert output.startswith("stopped: Ctrl-C in epoch"), output
        assert not end.exists()
    process, step = start(path, end)
    assert step > 0
    assert finish(process)[0] == 0
    assert_equal_bits(dict(np.load(end)), expected)


def test_a_second_ctrl_c_interrupts_at_once(tmp_path):
    path = tmp_path / "run.safetensors"
    process, _ = start(path, tmp_path / "end.npz", seconds=60)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    time.sleep(0.2)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    code, _, errors = finish(process)
    assert code != 0
    assert errors.strip().endswith("KeyboardInterrupt")
    assert nn.Checkpoint(path).read()["running"]["step"] == 0
