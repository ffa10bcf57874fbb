"""A training that everything random and stateful takes part in: `python killable.py checkpoint|none result [seconds]`.

The tests of this folder run it, kill it, and run it again. It says when it begins, and how it ended.
"""
import sys
import time

import numpy as np

import nn


class Announce(nn.Callback):
    """Says that training began; and, on request, takes its time in each step."""

    def __init__(self, seconds):
        self.seconds = seconds

    def training_started(self, training):
        print("training from step", training.step, flush=True)

    def gradients_ready(self, training):
        if self.seconds:
            time.sleep(self.seconds)


def noise(x, rng):
    return x + 0.1 * rng.standard_normal(x.shape)


def train(path, *, epochs=40, seconds=0.0, resume=True, unit="step"):
    rng = np.random.default_rng(0)
    nn.manual_seed(1)
    x = rng.standard_normal((120, 4)).astype(np.float32)
    y = (x[:, 0] * x[:, 1] > 0).astype(int)
    model = nn.Sequential(
        nn.Linear(4, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 8), nn.ReLU(),
        nn.Dropout(0.1, rng=np.random.default_rng(2)), nn.Linear(8, 2),
    )  # fmt: skip
    optimizer = nn.Adam(model.parameters(), lr=0.02)
    history = nn.fit(
        model, (x[:100], y[:100]), nn.CrossEntropyLoss(), optimizer, epochs=epochs, batch_size=8,
        validation=(x[100:], y[100:]), transform=noise,
        schedule=nn.schedules.ExponentialLR(optimizer, 0.999, interval="step"),
        callbacks=[nn.EarlyStopping(patience=1000, restore_best_weights=True), Announce(seconds)], statistics=7,
        checkpoint=None if path is None else nn.Checkpoint(path, unit=unit), resume=resume, rng=rng, progress=False,
    )  # fmt: skip
    return model, optimizer, history


def result(model, history):
    """All that must be the same, bit for bit."""
    found = {f"model.{path}": array for path, array in model.state_dict().items()}
    found |= {f"history.{name}": history[name] for name in history.columns}
    statistics = history.statistics.state_dict()
    found |= {f"statistics.{name}": statistics[name] for name in ("layers", "steps", "values")}
    return found | {"step_losses": history.step_losses}


if __name__ == "__main__":
    where, end, *seconds = sys.argv[1:]
    path = None if where == "none" else where
    model, _, history = train(path, resume=path is not None, seconds=float(seconds[0]) if seconds else 0.0)
    print("stopped:", history.stopped, flush=True)
    if history.stopped is None:
        np.savez(end, **result(model, history))
