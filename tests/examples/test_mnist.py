"""The MNIST example: a short run on made-up digits ends with its table, and an interrupted one continues."""
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import datasets
from examples import mnist
from examples.__main__ import main

ROOT = Path(__file__).parent.parent.parent
NEEDED = (("matplotlib", "plot"), ("pooch", "data"), ("safetensors", "train"), ("tqdm", "train"))

for package, extra in NEEDED:
    pytest.importorskip(package, reason=f'{package} is absent; pip install "chalkgrad[{extra}]" brings it')


@pytest.fixture
def bright_corners(monkeypatch):
    """In place of MNIST: ten classes of images, each with a bright square of its own."""

    def images(count, rng):
        y = np.arange(count) % 10
        x = rng.random((count, 28, 28), dtype=np.float32) / 2
        for image, label in zip(x, y):
            image[5 * (label // 2) : 5 * (label // 2) + 5, 14 * (label % 2) : 14 * (label % 2) + 5] = 1
        return datasets.Samples(x, y)

    def load(**_):
        rng = np.random.default_rng(0)
        return datasets.Split(images(320, rng), images(50, rng))

    monkeypatch.setattr(datasets, "mnist", load)


def test_a_short_run_learns_and_ends_with_a_table(bright_corners, tmp_path, capsys):
    assert main(["mnist", "--only", "conv", "mlp", "--out", str(tmp_path), "--seed", "3"]) == 0
    printed = capsys.readouterr()
    heads, conv, mlp = printed.out.split("\n\n")[-2].splitlines()
    assert heads.split() == ["network", "optimizer", "parameters", "epochs", "test", "accuracy", "expected", "training"]
    for row, parameters, epochs in ((conv, "206,922", "6"), (mlp, "543,860", "15")):
        assert parameters in row
        assert epochs in row.split()
        assert float(re.search(r"([\d.]+)%", row)[1]) > 60
    assert "100%" in printed.err, "progress is shown"
    names = {f"{name}-{what}.{ending}" for name in ("mlp", "conv") for what in ("curves", "confusion")
             for ending in ("svg", "png")}  # fmt: skip
    assert {path.name for path in tmp_path.iterdir()} == names | {"mlp-seed3.safetensors", "conv-seed3.safetensors"}


def test_a_finished_run_is_not_trained_again(bright_corners, tmp_path):
    first = mnist.run(tmp_path, only=["conv"], samples=64)
    second = mnist.run(tmp_path, only=["conv"], samples=64)
    assert second[0].history.rows == first[0].history.rows
    assert second[0].seconds == first[0].seconds > 0
    assert second[0].accuracy == first[0].accuracy


def test_absent_digits_are_refused_in_words(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.delenv("CHALKGRAD_DATA", raising=False)
    monkeypatch.setattr("pooch.os_cache", lambda _: tmp_path / "cache")
    assert main(["mnist", "--root", str(tmp_path), "--out", str(tmp_path)]) == 1
    message = capsys.readouterr().err.splitlines()[-1]
    assert "mnist" in message
    assert "root=" in message


def refuse(*_):
    raise OSError("no network in this test")


@pytest.mark.slow
@pytest.mark.skipif("CHALKGRAD_DATA" not in os.environ, reason="CHALKGRAD_DATA names no folder with MNIST")
def test_the_convolutional_network_reads_real_digits(tmp_path):
    """A tenth of the training digits; the whole run takes minutes and is not a test."""
    command = [sys.executable, "-m", "examples", "mnist", "--only", "conv", "--samples", "6000", "--out", str(tmp_path)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=True)
    assert float(re.search(r"([\d.]+)%", run.stdout)[1]) >= 96
