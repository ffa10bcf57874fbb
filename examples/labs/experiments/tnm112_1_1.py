"""TNM112, task 1.1: the batch size, on two clouds that a line separates."""

from __future__ import annotations

from ..comparison import Row, Within
from ..experiment import Experiment
from .tnm112 import CLOUDS, REPORT, training

EXPERIMENT = Experiment(
    identifier="tnm112-1.1",
    report=f"{REPORT}, task 1.1",
    title="Batch size on the linear set",
    question="Why does a network without hidden layers learn so much more in four epochs of batches of 16 than of 512?",
    settings={
        "batch 512": training(CLOUDS, (), epochs=4, batch_size=512),
        "batch 16": training(CLOUDS, (), epochs=4, batch_size=16),
    },
    quick={"batch 16": training(CLOUDS, (), epochs=4, batch_size=16)},
    rows=(
        Row("batch 512", "test accuracy", "batch 512", "64.65 %", "61–79 %", Within(0.55, 0.82)),
        Row("batch 16", "test accuracy", "batch 16", "98.93 %", "98.4–99.4 %", Within(0.98, 0.998)),
    ),
    seconds=0.3,
    seeds=10,
    notes=(
        "Both reports count 32 steps an epoch. There are 512 points in each of the two classes, so batches of 16 make "
        "64 steps an epoch and 256 in all, batches of 512 make 2 and 8: the same data, 32 times as many steps.",
    ),
)
