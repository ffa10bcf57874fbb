"""The quickstart trains both networks, says so, and leaves the pictures that it names."""
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest

from autodiff.drawing import DotNotFoundError
from autodiff.drawing.render import program
from examples import quickstart
from examples.__main__ import main

ROOT = Path(__file__).parent.parent.parent
PLOTS = {f"{name}.{ending}" for name in ("curves", "boundary", "hardest") for ending in ("svg", "png")}
PICTURES = PLOTS | {"graph.svg", "graph-dark.svg"}
INDEX = {"index.html", "drawings"}

for package, extra in (("matplotlib", "plot"), ("sklearn", "data"), ("tqdm", "train")):
    pytest.importorskip(package, reason=f'{package} is absent; pip install "chalkgrad[{extra}]" brings it')


def dot_is_here():
    try:
        return bool(program("svg"))
    except DotNotFoundError:
        return False


@pytest.fixture(scope="module")
def short(tmp_path_factory):
    out = tmp_path_factory.mktemp("quickstart") / "made" / "anew"
    return out, quickstart.run(out, seed=1, polar_epochs=3, digits_epochs=1)


def test_a_short_run_computes_accuracies_and_keeps_every_epoch(short):
    _, (polar, digits) = short
    assert [len(result.history) for result in (polar, digits)] == [3, 1]
    for result, chance in ((polar, 1 / 2), (digits, 1 / 10)):
        assert chance < result.accuracy <= 1
        assert result.accuracy == pytest.approx(result.history["validation_accuracy"][-1])


@pytest.mark.skipif(not dot_is_here(), reason='no dot; pip install "chalkgrad[draw]" brings one')
def test_a_short_run_leaves_the_pictures_and_nothing_else(short):
    out, _ = short
    assert {path.name for path in out.iterdir()} == PICTURES | INDEX
    for path in (out / name for name in PICTURES):
        data = path.read_bytes()
        assert data.startswith(b"\x89PNG" if path.suffix == ".png" else b"<?xml")
        assert len(data) > 5000
    graph = (out / "graph.svg").read_text()
    for shown in ("linear", "relu", "softmax", "mean", "0.weight", "2.bias", "points", "MLP", "CrossEntropyLoss"):
        assert shown in graph


@pytest.mark.skipif(not dot_is_here(), reason='no dot; pip install "chalkgrad[draw]" brings one')
def test_the_index_links_every_picture_and_page(short):
    out, _ = short
    addresses = re.findall(r'(?:href|src|srcset)="([^"]+)"', (out / "index.html").read_text(encoding="utf-8"))
    linked = {out / unquote(address) for address in addresses}
    assert linked == {path for path in out.rglob("*") if path.is_file()} - {out / "index.html"}
    assert {path.stem for path in linked if path.suffix == ".html"} == {"fan-out", "uneven-diamond", "perceptron"}


def test_the_same_seed_gives_the_same_networks_and_another_seed_others(short):
    _, (polar, _) = short
    again, other = (quickstart.learn_polar(np.random.default_rng(seed), epochs=3) for seed in (1, 2))
    assert again.history.rows == polar.history.rows
    assert other.history.rows != polar.history.rows


def test_without_dot_the_graph_is_left_as_dot_text(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("autodiff.drawing.render.system_dot", lambda: None)
    monkeypatch.setattr("autodiff.drawing.render.packaged_dot", lambda: None)
    polar = quickstart.learn_polar(np.random.default_rng(0), epochs=1)
    quickstart.draw_step(polar.model, polar.test, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["graph.dot"]
    assert (tmp_path / "graph.dot").read_text().startswith("digraph")
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "graph.dot" in line]
    assert "no Graphviz" in line


def test_a_missing_library_is_named_with_its_extra_and_nothing_is_trained(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert main(["--out", str(tmp_path / "out")]) == 1
    assert 'pip install "chalkgrad[plot]"' in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_help_and_mistakes_on_the_command_line(capsys):
    with pytest.raises(SystemExit) as left:
        main(["--help"])
    assert left.value.code == 0
    assert "quickstart" in capsys.readouterr().out
    for arguments in (["quick"], ["--seed", "-1"], ["--seed", "x"]):
        with pytest.raises(SystemExit) as left:
            main(arguments)
        assert left.value.code == 2
        assert "error: argument" in capsys.readouterr().err


@pytest.mark.slow
def test_the_command_reaches_97_percent_on_both_problems_within_a_minute(tmp_path):
    command = [sys.executable, "-m", "examples", "--out", str(tmp_path)]
    run = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True, env={**os.environ, "MPLBACKEND": ""}
    )
    accuracies = [float(number) for number in re.findall(r"test accuracy ([\d.]+)%", run.stdout)]
    assert len(accuracies) == 2
    assert min(accuracies) >= 97
    expected = PICTURES if dot_is_here() else PLOTS | {"graph.dot"}
    assert {path.name for path in tmp_path.iterdir()} == expected | INDEX
    assert run.stdout.splitlines()[-1].strip() == (tmp_path / "index.html").as_uri()
