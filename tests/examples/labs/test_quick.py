"""`labs run --all --quick`, from the command to the page: every experiment that has a quick subset ends as declared."""

import csv
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import datasets
from examples.labs.experiment import experiments

for package, extra in (
    ("jinja2", "labs"), ("matplotlib", "plot"), ("safetensors", "train"), ("skimage", "labs"), ("sklearn", "labs"),
    ("tqdm", "train"),
):  # fmt: skip
    pytest.importorskip(package, reason=f'{package} is absent; pip install "chalkgrad[{extra}]" brings it')
ROOT = Path(__file__).parents[3]


#: The experiments on MNIST.
ON_DIGITS = ("ee6132", "beyond")


@pytest.fixture(scope="module")
def names():
    """Which experiments are run: those on digits only where they need not be downloaded."""
    try:
        datasets.mnist(download=False)
    except FileNotFoundError:
        print(f"MNIST is in no folder here (CHALKGRAD_DATA may name one): without {' and '.join(ON_DIGITS)}")
        return [name for name in experiments() if not name.startswith(ON_DIGITS)]
    return list(experiments())


@pytest.fixture(scope="module")
def quick(tmp_path_factory, names):
    """The folder of a quick run of these experiments, and how it ended."""
    out = tmp_path_factory.mktemp("quick")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    start = time.perf_counter()
    command = [sys.executable, "-m", "examples", "labs", "run", *names, "--quick", "--jobs", "2", "--out", str(out)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=1500)
    assert done.returncode == 0, done.stderr
    print(f"took {time.perf_counter() - start:.0f} s", file=sys.stderr)
    return out, done


@pytest.mark.slow
def test_every_quick_run_ends_and_is_on_the_page(quick, names):
    out, done = quick
    text = (out / "index.html").read_text()
    for name in names:
        each = experiments()[name]
        if each.quick:
            assert f'id="{name}"' in text
            rows = list(csv.DictReader((out / "tables" / f"{name}.csv").read_text().splitlines()))
            assert {row["setting"] for row in rows} == set(each.quick)
    assert "Not drawn, " not in text, "a figure or graph failed"
    assert "failed" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_numbers_of_quick_runs_lie_where_the_experiments_say(quick, names):
    out, _ = quick
    judged = 0
    for name in names:
        each = experiments()[name]
        for row in each.rows:
            if each.quick.get(row.setting) != each.settings[row.setting] or row.agrees is None:
                continue
            (value,) = (
                float(line["value"])
                for line in csv.DictReader((out / "tables" / f"{name}.csv").read_text().splitlines())
                if (line["setting"], line["metric"]) == (row.setting, row.metric)
            )
            judged += 1
            assert row.agrees.holds([value]) or row.difference is not None, (name, row.label, value)
    assert judged > 5
