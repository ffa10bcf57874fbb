"""Layers against PyTorch's of the same parameters: outputs, gradients, second derivatives, running statistics."""
from __future__ import annotations

from typing import Any

import numpy as np

import autodiff as ad
import nn


def normal(*shape: int) -> Any:
    return np.random.default_rng(0).standard_normal(shape)


def arrays_of(theirs: Any) -> dict[str, Any]:
    """PyTorch's state dict as arrays."""
    return {path: value.detach().numpy() for path, value in theirs.state_dict().items()}


def close(mine: Any, other: Any, what: str = "") -> None:
    np.testing.assert_allclose(mine, other, rtol=1e-9, atol=1e-11, err_msg=what)


def same_state(ours: nn.Module, theirs: Any) -> None:
    """The same names, shapes and values, of parameters and buffers."""
    mine, other = ours.state_dict(), arrays_of(theirs)
    assert {path: value.shape for path, value in mine.items()} == {path: value.shape for path, value in other.items()}
    assert list(mine) == list(other)
    for path, value in mine.items():
        close(value, other[path], path)


def compared(ours: nn.Module, theirs: Any, x: Any, torch: Any, *, second: bool = False) -> None:
    """Load PyTorch's state, then compare outputs and the gradients of input and parameters."""
    theirs = theirs.double()
    if theirs.state_dict():
        ours.load_state_dict(arrays_of(theirs))
    same_outputs(ours, theirs, x, torch, second=second)


def same_outputs(ours: nn.Module, theirs: Any, x: Any, torch: Any, *, second: bool = False) -> None:
    """Compare outputs, gradients, and, where asked for, the gradients of the gradients' weighted squares."""
    ours.zero_grad()
    theirs.zero_grad()
    floats = x.dtype.kind == "f"
    a = ad.Tensor(x, requires_grad=True) if floats else x
    b = torch.tensor(x, requires_grad=floats)
    mine, other = ours(a), theirs(b)
    assert mine.shape == tuple(other.shape)
    assert mine.dtype == np.float64
    close(mine.data, other.detach().numpy(), "output")
    g = np.random.default_rng(3).standard_normal(mine.shape)
    mine.backward(g, retain_graph=True)
    other.backward(torch.tensor(g), retain_graph=True)
    if floats:
        close(a.grad.data, b.grad.numpy(), "gradient of the input")
    for (path, p), (other_path, q) in zip(ours.named_parameters(), theirs.named_parameters(), strict=True):
        assert path == other_path
        close(p.grad.data, q.grad.numpy(), f"gradient of {path}")
    same_state(ours, theirs)
    if second:
        same_second_derivatives(ours, theirs, (a, mine), (b, other), torch)


def same_second_derivatives(ours: nn.Module, theirs: Any, mine: Any, other: Any, torch: Any) -> None:
    """Compare the gradients of Σ w (∂ Σ out² / ∂ x)²."""
    (a, out), (b, their_out) = mine, other
    w = np.random.default_rng(4).standard_normal(a.shape)
    (first,) = ad.gradients((out * out).sum(), a, create_graph=True)
    (their_first,) = torch.autograd.grad((their_out * their_out).sum(), b, create_graph=True)
    close(first.data, their_first.detach().numpy(), "first derivative, recorded")
    leaves, their_leaves = [a, *ours.parameters()], [b, *theirs.parameters()]
    second = ad.gradients((first * first * w).sum(), leaves, allow_unused=True)
    their_second = torch.autograd.grad((their_first**2 * torch.tensor(w)).sum(), their_leaves, allow_unused=True)
    for mine_, other_ in zip(second, their_second, strict=True):
        if other_ is None:
            assert mine_ is None or not np.any(mine_.data)
        else:
            scale = 1 + float(other_.abs().max()) if other_.numel() else 1.0
            np.testing.assert_allclose(mine_.data / scale, other_.numpy() / scale, rtol=1e-7, atol=1e-9)
