"""The benchmarks run and report: what they measure decides no test, but a table that cannot be made helps nobody."""
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import reference

ROOT = Path(__file__).parent.parent.parent


def run(*arguments, baselines=None):
    environment = {name: value for name, value in os.environ.items() if name != reference.VARIABLE}
    if baselines is not None:
        environment[reference.VARIABLE] = str(baselines)
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)


def test_without_the_reference_the_table_says_what_is_left_out(tmp_path):
    done = run("W2", "W3", "W7", "--rounds", "2", "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert f"left out: {reference.VARIABLE} is not set" in done.stdout
    results = json.loads((tmp_path / "table.json").read_text(encoding="utf-8"))
    assert [row["name"] for row in results["rows"]] == ["W2", "W3", "W7"]
    assert all(row["ours"] > 0 and row["hand"] is None for row in results["rows"])
    assert (tmp_path / "table.md").read_text(encoding="utf-8") in done.stdout


def test_with_the_reference_both_reach_the_same_losses_and_are_compared(tmp_path):
    named = os.environ.get(reference.VARIABLE)
    if not named:
        pytest.skip(f"{reference.VARIABLE} names no folder with the reference steps")
    done = run("W2", "W3", "W7", "--rounds", "2", "--out", str(tmp_path), baselines=named)
    assert done.returncode == 0, done.stderr
    rows = json.loads((tmp_path / "table.json").read_text(encoding="utf-8"))["rows"]
    assert all(row["hand"] > 0 and len(row["ratios"]) == 2 for row in rows)


def test_a_workload_that_is_not_there_is_named(tmp_path):
    done = run("W99", "--out", str(tmp_path))
    assert done.returncode == 2
    assert "unknown workload 'W99'" in done.stderr


def test_a_reference_folder_without_the_reference_is_refused(tmp_path):
    done = run("W2", "--rounds", "2", "--out", str(tmp_path), baselines=tmp_path)
    assert done.returncode == 2
    assert "has no common.py and fw_numpy.py" in done.stderr


def test_no_rounds_are_refused(tmp_path):
    done = run("W7", "--rounds", "0", "--out", str(tmp_path))
    assert done.returncode == 2
    assert "--rounds: must be at least 1, and is 0" in done.stderr
