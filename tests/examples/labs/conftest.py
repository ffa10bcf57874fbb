"""An experiment small enough to be run in a test, and a program that runs it in processes of its own."""

import os
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path

import pytest

from examples.labs import commands, experiment, page, results
from examples.labs.comparison import Difference, Row, Within
from examples.labs.configuration import Optimizer, Perceptron
from examples.labs.experiment import Experiment, Illustration
from examples.labs.figures import classifier, training_curves
from examples.labs.samples import Data
from examples.labs.training import Training

ROOT = Path(__file__).parents[3]

TINY = Training(
    Data("polar", {"points_per_class": 40, "classes": 2, "sigma": 0.1}), Perceptron((2, 8, 2), "relu"),
    "cross-entropy", Optimizer("Adam", {"lr": 0.05}), epochs=8, batch_size=16,
)  # fmt: skip

#: Top-level statements run in worker processes too: checkpoints are frequent in all of them.
PROGRAM = """
import sys
from examples.__main__ import main
from examples.labs import commands, experiment, page, results, training
from examples.labs.configuration import Optimizer, Perceptron
from examples.labs.experiment import Experiment
from examples.labs.samples import Data
from examples.labs.training import Training

training.CHECKPOINT_EVERY = 0.02
LONG = Training(
    Data("polar", {"points_per_class": 256, "classes": 2, "sigma": 0.1}), Perceptron((2, 16, 16, 2), "tanh"),
    "cross-entropy", Optimizer("Adam", {"lr": 0.003}), epochs=EPOCHS, batch_size=8, watch=50, test_every=50,
)
made = Experiment("long", "a test", "Long", "How long?", {"one": LONG, "two": Training(
    LONG.data, LONG.network, LONG.loss, Optimizer("SGD", {"lr": 0.1}), LONG.epochs, 8)}, seconds=10, seeds=1)
for module in (commands, experiment, page, results):
    module.experiments = lambda: {"long": made}
if __name__ == "__main__":
    sys.exit(main(["labs", *sys.argv[1:]]))
"""


@pytest.fixture
def tiny():
    """Two trainings of a fraction of a second, with rows of every verdict."""
    return TINY


@pytest.fixture
def declared(monkeypatch):
    """In place of all experiments: two small ones."""
    slow = replace(TINY, optimizer=Optimizer("SGD", {"lr": 1e-6}))
    jobs = {"fast": TINY, "slow": slow}
    shown = Difference("the report's slip", "It says <b>1e-6</b> & means 0.5.", ("upf-1", "fast"))
    first = Experiment(
        identifier="upf-1", report="A report, task 1", title="Small <networks>", question="Does it learn?",
        settings=jobs, seconds=0.2, seeds=2, quick={"fast": TINY, "slow": replace(slow, epochs=1)},
        rows=(
            Row("fast", "test accuracy", "fast", "98 %", "97–99 %", Within(0.6, 1.0)),
            Row("slow", "test accuracy", "slow", "99 %", "98 %", Within(0.999, 1.0), shown),
            Row("slow", "steps", "steps", unit="", digits=0),
        ),
        illustrations=(
            Illustration("curves", "Loss and accuracy.", training_curves()),
            Illustration("regions", "What became of the plane.", classifier(jobs)),
        ),
        notes=("A note with <angle brackets>.",),
        findings=lambda records: [f"It learns {records['fast'][0].metrics['steps']:.0f} steps."],
    )  # fmt: skip
    second = replace(first, identifier="question-rate", title="Never run", illustrations=first.illustrations[:1],
                     settings={"other": replace(TINY, epochs=9)}, rows=(Row("other", "test accuracy", "other"),),
                     quick={}, findings=None, notes=())  # fmt: skip
    both = {each.identifier: each for each in (first, second)}
    for module in (commands, experiment, page, results):
        monkeypatch.setattr(module, "experiments", lambda: both)
    return both


@pytest.fixture
def program(tmp_path):
    """Starts `labs` on a training of some seconds, in a process of its own; what is left at the end is killed."""
    started = []

    def start(*arguments, epochs=24):
        path = tmp_path / "program.py"
        path.write_text(textwrap.dedent(PROGRAM).replace("EPOCHS", str(epochs)))
        environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        process = subprocess.Popen(
            [sys.executable, str(path), *map(str, arguments)], cwd=tmp_path, env=environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def eventually():
    """Waits until something is true, patiently: the machine may be busy."""

    def wait(condition, seconds=120.0):
        end = time.monotonic() + seconds
        while not (found := condition()):
            assert time.monotonic() < end, "it did not happen"
            time.sleep(0.02)
        return found

    return wait
