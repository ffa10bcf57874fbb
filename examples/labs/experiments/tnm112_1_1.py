"""TNM112, task 1.1: the batch size, on two clouds that a line separates."""

from __future__ import annotations

from ..comparison import Difference, Row, Within
from ..experiment import Experiment, Illustration
from ..figures import classifier, data_scatter, training_curves
from .tnm112 import CLOUDS, REPORT, training

SIZES = {f"batch {size}": training(CLOUDS, (), epochs=4, batch_size=size) for size in (512, 16)}
PER_CLASS = Difference(
    "the report's slip",
    "Both reports divide 512 points by the batch size; there are 512 in each class, so twice as many steps.",
    ("tnm112-1.1", "batch 16"),
)

EXPERIMENT = Experiment(
    identifier="tnm112-1.1",
    report=f"{REPORT}, task 1.1",
    title="Batch size on the linear set",
    question="Why does a network without hidden layers learn so much more in four epochs of batches of 16 than of 512?",
    settings=SIZES,
    quick={"batch 16": SIZES["batch 16"]},
    rows=(
        Row("batch 512", "test accuracy", "batch 512", "64.65 % (000), no number (001); others 64.6–75.7 %", "61–79 %",
            Within(0.55, 0.82)),
        Row("batch 512", "test loss", "batch 512, loss", "–; others 0.238", "≈ 0.21", unit="", digits=3),
        Row("batch 512", "steps", "batch 512, steps", "4 (both)", "8", Within(4, 4), PER_CLASS, "", 0),
        Row("batch 16", "test accuracy", "batch 16", "98.93 % (000), better (001); others 98.7–99.2 %", "98.4–99.4 %",
            Within(0.98, 0.998)),
        Row("batch 16", "test loss", "batch 16, loss", "–", "≈ 0.04", unit="", digits=3),
        Row("batch 16", "steps", "batch 16, steps", "128 (both)", "256", Within(128, 128), PER_CLASS, "", 0),
    ),
    seconds=0.3,
    seeds=10,
    illustrations=(
        Illustration("data", "The linear set: two normal clouds, 512 points each.", data_scatter(CLOUDS)),
        Illustration("curves", "Four epochs: 8 steps with batches of 512, 256 with batches of 16.", training_curves()),
        Illustration("boundaries", "What both have made of the plane. Misclassified test points are ringed.",
                     classifier(SIZES)),
    ),
    notes=(
        "Both reports count 512/16 = 32 steps an epoch. There are 512 points in each of the two classes, so batches of "
        "16 make 64 steps an epoch and 256 in all, batches of 512 make 2 and 8: the same data, 32 times as many steps. "
        "Their argument holds: every step moves the weights by about as much, and eight steps are too few.",
        "Report 001 says that without an activation, linear stays linear, so that a line must do. The softmax is no "
        "objection: it does not change which of two scores is larger.",
        "Its listing sets a layer width of 0 and the activation softmax; without hidden layers neither is used.",
        "Weights begin at N(0.1, 0.1²) and biases at 0: Keras applies the initialisation of a layer's kernel to its "
        "kernel only, where report 000 speaks of weights and biases.",
    ),
)  # fmt: skip
