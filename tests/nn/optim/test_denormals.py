"""Denormal numbers do not slow training: what is remembered of dead units becomes exactly zero before."""
import time

import numpy as np
import pytest

import autodiff as ad
import nn
from nn.optim import updates
from nn.optim.denormals import flush_denormals, flush_period
from tests.nn.optim.optimizers import OPTIMIZERS, equal, every_optimizer, parameters, values

DECAYING = [name for name in OPTIMIZERS if name not in ("sgd", "adagrad")]
TINY = float(np.finfo(np.float32).tiny)


def denormals(optimizer):
    """How many of the numbers it remembers are denormal."""
    moments = [moment for _, buffer in optimizer._buffers for moment in buffer.moments]
    return sum(int(((m != 0) & (np.abs(m) < np.finfo(m.dtype).tiny)).sum()) for m in moments)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("decay", [0.1, 0.5, 0.9, 0.99, 0.999])
def test_a_moment_left_alone_becomes_zero_and_never_denormal(decay, dtype):
    tiny = float(np.finfo(dtype).tiny)
    start = 1e9 * tiny
    moment = np.array([start, -start / 7, start / 100], dtype)
    for step in range(1, 2 + int(np.log(1e-9) / np.log(decay))):
        moment *= decay
        if step % flush_period(decay) == 0:
            flush_denormals(moment, decay)
        assert not ((moment != 0) & (np.abs(moment) < tiny)).any(), f"denormal after {step} steps"
    assert not moment.any()


@every_optimizer
def test_what_is_remembered_of_dead_units_is_never_denormal(make):
    p = nn.Parameter(np.ones(64, np.float32))
    optimizer = make([p], weight_decay=0.0)
    if "betas" in optimizer.defaults:
        optimizer.param_groups[0]["betas"] = (0.9, 0.95)  # so that the mean square gets there, too
    if "alpha" in optimizer.defaults:
        optimizer.param_groups[0]["alpha"] = 0.9
    alive = np.arange(64) < 32
    for step in range(2500):
        p.grad = ad.Tensor(np.where(alive | (step < 3), 1e-3, 0.0).astype(np.float32))
        optimizer.step()
        if step % 16 == 15:
            assert not denormals(optimizer), f"after step {step}"
    state = optimizer.state_dict()["state"][0]
    for name in () if isinstance(optimizer, nn.Adagrad) else optimizer.used_moments(optimizer.param_groups[0]):
        assert (state[name][~alive] == 0).all(), name
        assert (state[name][alive] != 0).all(), name


def test_a_mean_square_is_kept_while_its_mean_is_not_zero():
    """It is what the mean is divided by: without it a tiny eps would make the step huge."""
    p = nn.Parameter(np.ones(2, np.float32))
    optimizer = nn.Adam([p], eps=1e-25)
    state = optimizer.state_dict()
    mean, square = np.array([1e-18, 0], np.float32), np.full(2, 1.02 * TINY, np.float32)
    state["state"][0] = {"step": 63, "exp_avg": mean, "exp_avg_sq": square}
    optimizer.load_state_dict(state)
    p.grad = ad.Tensor(np.zeros(2, np.float32))
    optimizer.step()
    kept = optimizer.state_dict()["state"][0]["exp_avg_sq"]
    assert kept[0] > 0
    assert kept[1] == 0


def test_mean_and_mean_square_of_rmsprop_go_together_where_the_gradient_is_zero():
    """A mean alone would make the variance negative; a mean square alone is what the next gradient is divided by."""
    p = nn.Parameter(np.ones(2, np.float32))
    optimizer = nn.RMSprop([p], centered=True, eps=1e-25)
    state = optimizer.state_dict()
    square, mean = np.full(2, 1.02 * TINY, np.float32), np.full(2, 1e-20, np.float32)
    state["state"][0] = {"step": 63, "square_avg": square, "grad_avg": mean}
    optimizer.load_state_dict(state)
    p.grad = ad.Tensor(np.array([1e-19, 0.0], np.float32))
    optimizer.step()
    kept = optimizer.state_dict()["state"][0]
    assert (kept["square_avg"] > 0).tolist() == [True, False]
    assert (kept["grad_avg"] > 0).tolist() == [True, False]
    p.grad = ad.Tensor(np.zeros(2, np.float32))
    optimizer.step()
    assert np.isfinite(p.data).all()


@pytest.mark.parametrize("betas", [(0.0, 0.999), (0.9, 0.0), (0.0, 0.0)])
def test_a_decay_of_zero_has_nothing_to_flush(betas):
    """With a constant gradient every step of Adam is the learning rate, whatever is remembered."""
    p = nn.Parameter(np.zeros(2))
    optimizer = nn.Adam([p], lr=0.01, betas=betas, eps=0.0)
    for _ in range(150):
        p.grad = ad.Tensor([1e-3, -2.0])
        optimizer.step()
    np.testing.assert_allclose(p.data, [-1.5, 1.5])


@pytest.mark.parametrize("name", DECAYING)
def test_flushing_does_not_change_what_is_learned(name, monkeypatch):
    """The same training with and without, to the last bit: what is set to zero moves nothing."""

    def learn():
        p = nn.Parameter(np.ones(8, np.float32))
        optimizer = OPTIMIZERS[name]([p])
        for step in range(1200):
            p.grad = ad.Tensor(np.where(step % 600 < 2, 1.0, 0.0) * np.ones(8, np.float32))
            optimizer.step()
        return p.numpy()

    flushed = learn()
    monkeypatch.setattr(updates, "flush_denormals", lambda *_, **__: None)
    monkeypatch.setattr(updates, "will_be_denormal", lambda moment, *_, **__: np.zeros(moment.shape, bool))
    np.testing.assert_array_equal(flushed, learn())


@pytest.mark.parametrize("name", DECAYING)
def test_flushes_depend_on_the_count_of_steps_alone(name):
    """Not on when the optimizer was made, nor on whom a parameter is updated with."""
    together, apart = parameters((3,), (2,), dtype=np.float32), parameters((3,), (2,), dtype=np.float32)
    one, many = OPTIMIZERS[name](together), [OPTIMIZERS[name]([p]) for p in apart]
    for step in range(400):
        for params in (together, apart):
            for number, p in enumerate(params):
                g = np.full(p.shape, 1e-3 if step < 2 + number else 0.0, np.float32)
                p.grad = ad.Tensor(g) if (step + number) % 7 else None
        one.step()
        for optimizer in many:
            optimizer.step()
        if step == 200:
            state = one.state_dict()
            one = OPTIMIZERS[name](together)
            one.load_state_dict(state)
    equal(values(together), values(apart))
    states = [optimizer.state_dict()["state"][0] for optimizer in many]
    np.testing.assert_equal(list(one.state_dict()["state"].values()), states)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["momentum", "adam", "rmsprop-full", "adagrad"])
def test_training_with_dead_units_does_not_slow_down(name):
    p = nn.Parameter(np.ones(30_000, np.float32))
    optimizer = OPTIMIZERS[name]([p])

    def steps(count):
        start = time.process_time()
        for _ in range(count):
            p.grad = zero
            optimizer.step()
        return time.process_time() - start

    zero = ad.Tensor(np.zeros(30_000, np.float32))
    p.grad = ad.Tensor(np.full(30_000, 1e-3, np.float32))
    optimizer.step()
    early = min(steps(50) for _ in range(4))
    steps(1200)
    late = min(steps(50) for _ in range(4))
    assert late < 1.5 * early
