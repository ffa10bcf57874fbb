"""The picture at the top of the README: one training step of a small network, drawn by the engine.

`python -m examples.readme_picture` writes it anew.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import autodiff as ad
import datasets
import nn


def draw() -> ad.drawing.Drawing:
    """Record a training step on eight points, and draw it."""
    rng = np.random.default_rng(0)
    x, y = datasets.polar(4, sigma=0.1, rng=rng)
    model = nn.MLP([2, 3, 2], activation="tanh", rng=rng)
    with ad.record():
        loss = nn.CrossEntropyLoss()(model(ad.Tensor(x, name="points")), ad.Tensor(y, name="classes"))
        loss.name = "loss"
        loss.backward()
    return ad.draw(loss, params=model, direction="LR")


if __name__ == "__main__":
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/training-step.svg")
    draw().save(path)
    print(f"written to {path}")
