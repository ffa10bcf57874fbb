"""The kept results: every number of RESULTS.md is that of results.json, and that is what the run files say."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

import examples.labs
from examples.__main__ import main
from examples.labs import run_all
from examples.labs.results import collected, markdown, stale, write_results
from examples.labs.runs import read

pytest.importorskip("safetensors", reason='safetensors is absent; pip install "chalkgrad[train]" brings it')
KEPT = Path(examples.labs.__file__).parent


@pytest.fixture
def complete(declared, tmp_path):
    """A folder with every run of two experiments."""
    run_all([run for each in declared.values() for run in each.runs()], tmp_path / "runs")
    return tmp_path / "runs"


def test_numbers_are_those_of_the_run_files(declared, complete, tmp_path):
    write_results(complete, tmp_path)
    results = json.loads((tmp_path / "results.json").read_text())
    records = [read(path) for path in complete.glob("*.json")]
    assert sum(
        len(setting["seeds"]) for each in results["experiments"].values() for setting in each["settings"].values()
    ) == len(records)
    for record in records:
        kept = results["experiments"][record.experiment]["settings"][record.setting]
        place = kept["seeds"].index(record.seed)
        assert {metric: values[place] for metric, values in kept["metrics"].items()} == record.metrics
    text = (tmp_path / "RESULTS.md").read_text()
    values = [100 * record.metrics["test accuracy"] for record in records if record.setting == "fast"]
    assert f"| fast | test accuracy | {sum(values) / 2:.2f} ± {abs(values[0] - values[1]) / 2**0.5:.2f} % | 2 |" in text
    assert "python -m examples labs run --all" in text
    assert re.search(r"- Machine: .*Python 3\.\d+\.\d+, NumPy \d", text)
    assert "It learns 40 steps." in text
    assert "Not complete" not in text


def test_markdown_is_computed_from_the_kept_numbers_alone(complete, tmp_path):
    write_results(complete, tmp_path)
    results = json.loads((tmp_path / "results.json").read_text())
    assert markdown(results) == (tmp_path / "RESULTS.md").read_text()
    results["experiments"]["upf-1"]["settings"]["fast"]["metrics"]["test accuracy"][0] += 0.01
    assert markdown(results) != (tmp_path / "RESULTS.md").read_text()


def test_results_of_other_configurations_or_too_few_seeds_are_noticed(declared, complete, tmp_path):
    results = collected(complete)
    assert stale(results) == []
    first = declared["upf-1"]
    fast = first.settings["fast"]
    declared["upf-1"] = replace(first, settings=first.settings | {"fast": replace(fast, epochs=9)}, seeds=2)
    assert stale(results) == ["upf-1, fast: its configuration has changed"]
    declared["upf-1"] = replace(first, seeds=3)
    assert stale(results) == ["upf-1, fast: 2 of 3 seeds", "upf-1, slow: 2 of 3 seeds"]
    declared["upf-1"] = replace(first, settings=first.settings | {"new": replace(fast, epochs=3)})
    assert stale(results) == ["upf-1, new: no run"]
    declared["upf-1"] = replace(first, settings={"fast": fast})
    assert stale(results) == ["upf-1, slow: not declared any more"]


def test_missing_runs_are_refused_unless_that_is_wanted(declared, complete, tmp_path, capsys):
    declared["upf-1"].runs()[0].path(complete).unlink()
    to = tmp_path / "kept"
    arguments = ["labs", "results", "--out", str(tmp_path), "--to", str(to)]
    assert main(arguments) == 1
    assert "upf-1, fast: 1 of 2 seeds" in capsys.readouterr().err
    assert not to.exists()
    assert main([*arguments, "--partial"]) == 0
    assert capsys.readouterr().out.split() == [str(to / "results.json"), str(to / "RESULTS.md")]
    assert "**Not complete:** upf-1, fast: 1 of 2 seeds." in (to / "RESULTS.md").read_text()


def test_the_results_in_the_repository_are_those_of_the_present_experiments():
    if not (KEPT / "results.json").exists():
        pytest.skip("the full run has not been made yet: python -m examples labs run --all, then labs results")
    results = json.loads((KEPT / "results.json").read_text())
    assert stale(results) == []
    assert (KEPT / "RESULTS.md").read_text() == markdown(results)
