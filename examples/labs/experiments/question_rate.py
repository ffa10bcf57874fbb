"""Question: which of the two learning-rate settings that report 001 lists gave its 95.08 %?"""

from __future__ import annotations

from ..experiment import Experiment
from .tnm112 import CONSTANT, DECAYING, REPORT

EXPERIMENT = Experiment(
    identifier="question-rate",
    report=f"{REPORT}: a question of report 001, task 1.3",
    title="Which rate gave 95.08 %?",
    question="Report 001 lists a constant rate of 0.06 and an exponential decay from 0.1: which gave its result?",
    settings={"constant 0.06": CONSTANT, "decay from 0.1": DECAYING},
    seconds=20,
    seeds=30,
)
