"""One call of a loss beside PyTorch's: values, gradients of every operand that has one, and second derivatives."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import autodiff as ad

REDUCTIONS = ("mean", "sum", "none")


def agree(
    torch: Any,
    mine: Callable[..., Any],
    theirs: Callable[..., Any],
    operands: Sequence[np.ndarray],
    rng: np.random.Generator,
    *,
    second: bool = True,
    tolerance: float = 1e-10,
) -> None:
    """Both functions of the same operands, all of which are differentiated."""
    a = [ad.Tensor(x, requires_grad=True) for x in operands]
    b = [torch.tensor(x, requires_grad=True) for x in operands]
    out, twin = mine(*a), theirs(*b)
    assert out.shape == tuple(twin.shape)
    close(out.data, twin, tolerance)
    g = rng.standard_normal(out.shape)
    grads = ad.gradients(out, a, ad.Tensor(g), create_graph=second)
    twins = torch.autograd.grad(twin, b, torch.tensor(g), create_graph=second)
    for grad, expected in zip(grads, twins, strict=True):
        close(grad.data, expected, tolerance)
    if not second:
        return
    v = [rng.standard_normal(x.shape) for x in operands]
    total = sum(((grad * w).sum() for grad, w in zip(grads, v, strict=True)), ad.Tensor(0.0))
    twin_total = sum((grad * torch.tensor(w)).sum() for grad, w in zip(twins, v, strict=True))
    seconds = ad.gradients(total, a, allow_unused=True) if total.requires_grad else [None] * len(a)
    expecteds = torch.autograd.grad(twin_total, b, allow_unused=True) if twin_total.requires_grad else [None] * len(b)
    for x, grad, expected in zip(operands, seconds, expecteds, strict=True):
        found = np.zeros(x.shape) if grad is None else grad.data
        close(found, np.zeros(x.shape) if expected is None else expected, 10 * tolerance)


def close(actual: Any, expected: Any, tolerance: float) -> None:
    expected = expected.numpy(force=True) if hasattr(expected, "detach") else expected
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance)
