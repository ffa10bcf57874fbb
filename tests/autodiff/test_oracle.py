"""PyTorch in float64 as a second opinion: values, gradients and second derivatives of every operation with a twin.

One row per case: a name, our function, PyTorch's, and the shapes (or arrays) of the operands. Needs the extra `oracle`;
without it every test here is skipped and says so.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import autodiff as ad

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'chalkgrad[oracle]'")
functional = torch.nn.functional

Case = tuple[str, Callable[..., Any], Callable[..., Any], Sequence[Any]]


def positive(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).uniform(0.2, 2.0, shape)


def within(*shape: int) -> np.ndarray:
    return np.random.default_rng(2).uniform(-0.9, 0.9, shape)


def definite(n: int, *lead: int) -> np.ndarray:
    x = np.random.default_rng(3).normal(size=(*lead, n, n))
    return x @ np.swapaxes(x, -1, -2) + np.eye(n)


ZEROS = np.array([[2.0, 0.0, 3.0], [0.0, 0.0, 1.5], [1.0, -2.0, 0.5]])
LOGITS = np.array([[1e4, -1e4, 0.0], [0.0, 1.0, 2.0], [-1e4, -1e4, -1e4]])
EXTREME = np.array([-1e4, -30.0, -1.0, 0.0, 1.0, 30.0, 1e4])
MASK = np.array([[True, False, True], [False, False, True]])
LABELS = np.array([2, 0])


UNARY: list[Case] = [
    (name, getattr(ad, name), getattr(torch, name), [operand])
    for name, operand in [
        ("exp", within(3, 2)), ("expm1", within(3, 2)), ("log", positive(4)), ("log1p", within(4)),
        ("sqrt", positive(4)), ("square", within(3)), ("reciprocal", positive(3)), ("sin", within(3)),
        ("cos", within(3)), ("tan", within(3)), ("arcsin", within(3)), ("arccos", within(3)),
        ("arctan", within(3)), ("sinh", within(3)), ("cosh", within(3)), ("tanh", EXTREME),
        ("sigmoid", EXTREME), ("relu", EXTREME), ("abs", EXTREME), ("neg", within(3)),
        ("erf", within(4) * 4), ("log2", positive(3)), ("log10", positive(3)), ("exp2", within(3)),
        ("arctanh", within(3)), ("arcsinh", within(3)), ("arccosh", positive(3) + 1),
    ]
]  # fmt: skip

ACTIVATIONS: list[Case] = [
    ("silu", ad.silu, functional.silu, [EXTREME]),
    ("softplus", ad.softplus, functional.softplus, [within(3, 2) * 5]),
    ("softplus of large numbers", ad.softplus, lambda x: torch.logaddexp(x, torch.zeros_like(x)), [EXTREME]),
    ("elu", ad.elu, functional.elu, [EXTREME]),
    ("elu with alpha", lambda x: ad.elu(x, alpha=0.3), lambda x: functional.elu(x, 0.3), [within(5)]),
    ("leaky_relu", ad.leaky_relu, functional.leaky_relu, [EXTREME]),
    ("leaky_relu with slope", lambda x: ad.leaky_relu(x, 0.2), lambda x: functional.leaky_relu(x, 0.2), [(5,)]),
    ("gelu", ad.gelu, functional.gelu, [within(6) * 5]),
    ("gelu by tanh", lambda x: ad.gelu(x, "tanh"), lambda x: functional.gelu(x, approximate="tanh"), [within(6) * 5]),
    ("log_sigmoid", ad.log_sigmoid, functional.logsigmoid, [EXTREME]),
]

BINARY: list[Case] = [
    ("add", ad.add, torch.add, [(3, 1), (2,)]),
    ("sub", ad.sub, torch.sub, [(3, 1), (2,)]),
    ("mul", ad.mul, torch.mul, [(), (2, 3)]),
    ("div", ad.div, torch.div, [(2, 3), positive(3)]),
    ("pow", ad.pow, torch.pow, [positive(2, 3), (3,)]),
    ("pow of zero", lambda x: ad.pow(x, 2.0), lambda x: torch.pow(x, 2.0), [np.array([0.0, -1.0, 2.0])]),
    ("pow to zero", lambda x: ad.pow(x, 0.0), lambda x: torch.pow(x, 0.0), [np.array([0.0, -1.0, 2.0])]),
    ("maximum with ties", ad.maximum, torch.maximum, [np.array([1.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0])]),
    ("minimum with ties", ad.minimum, torch.minimum, [np.array([1.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0])]),
    ("where", lambda x, y: ad.where(MASK, x, y), lambda x, y: torch.where(torch.tensor(MASK), x, y), [(2, 3), (3,)]),
    ("clip", lambda x: ad.clip(x, -0.5, 1.0), lambda x: torch.clip(x, -0.5, 1.0),
     [np.array([-2.0, -0.5, 0.3, 1.0, 4.0])]),
]  # fmt: skip

REDUCTIONS: list[Case] = [
    ("sum", lambda x: ad.sum(x, 1), lambda x: x.sum(1), [(2, 3, 2)]),
    ("mean", lambda x: ad.mean(x, (0, 2), True), lambda x: x.mean((0, 2), True), [(2, 3, 2)]),
    ("var", lambda x: ad.var(x, 1, 1), lambda x: x.var(1, correction=1), [(2, 3)]),
    ("std", lambda x: ad.std(x, None), lambda x: x.std(correction=0), [(2, 3)]),
    ("prod", lambda x: ad.prod(x, 1), lambda x: x.prod(1), [(2, 3)]),
    ("prod with zeros", lambda x: ad.prod(x, 1), lambda x: x.prod(1), [ZEROS]),
    ("max over all with ties", ad.max, torch.amax, [np.array([[1.0, 3.0], [3.0, 2.0]])]),
    ("min with ties", lambda x: ad.min(x, 1), lambda x: torch.amin(x, 1), [np.array([[1.0, 1.0], [3.0, 2.0]])]),
    ("norm", ad.norm, torch.linalg.norm, [(2, 3)]),
    ("norm of zero", lambda x: ad.norm(x, axis=1), lambda x: torch.linalg.norm(x, dim=1), [np.eye(3)[:2] * 0]),
    ("norm over an axis", lambda x: ad.norm(x, 3, 1), lambda x: torch.linalg.vector_norm(x, 3, 1), [(2, 3)]),
    ("norm 1", lambda x: ad.norm(x, 1, 0), lambda x: torch.linalg.vector_norm(x, 1, 0), [(2, 3)]),
    ("norm inf", lambda x: ad.norm(x, np.inf, 0), lambda x: torch.linalg.vector_norm(x, torch.inf, 0), [(2, 3)]),
    ("cumsum", lambda x: ad.cumsum(x, 1), lambda x: x.cumsum(1), [(2, 3)]),
    ("sort", lambda x: ad.sort(x, 0), lambda x: x.sort(0).values, [(4, 2)]),
]

SOFTMAX: list[Case] = [
    ("softmax", lambda x: ad.softmax(x, 0), lambda x: x.softmax(0), [(3, 4)]),
    ("softmax of ±1e4", lambda x: ad.softmax(x, 1), lambda x: x.softmax(1), [LOGITS]),
    ("log_softmax of ±1e4", lambda x: ad.log_softmax(x, 1), lambda x: x.log_softmax(1), [LOGITS]),
    ("logsumexp of ±1e4", lambda x: ad.logsumexp(x, 1), lambda x: x.logsumexp(1), [LOGITS]),
    ("logsumexp over two axes", lambda x: ad.logsumexp(x, (0, 1)), lambda x: x.logsumexp((0, 1)), [(3, 4)]),
    ("cross-entropy", lambda x: ad.softmax_cross_entropy(x, LABELS),
     lambda x: functional.cross_entropy(x, torch.tensor(LABELS), reduction="none"), [(2, 3)]),
    ("cross-entropy of ±1e4", lambda x: ad.softmax_cross_entropy(x, LABELS),
     lambda x: functional.cross_entropy(x, torch.tensor(LABELS), reduction="none"), [LOGITS[:2]]),
]  # fmt: skip

LINEAR: list[Case] = [
    *[
        (f"matmul {left} {right}", ad.matmul, torch.matmul, [left, right])
        for left, right in [
            ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((2, 2, 3), (3, 2)), ((2, 3), (2, 3, 2)),
            ((2, 1, 2, 3), (3, 3, 2)), ((2, 2, 3), (3,)), ((3,), (2, 3, 2)), ((0, 3), (3, 2)),
        ]
    ],
    ("linear", ad.linear, functional.linear, [(2, 3), (4, 3), (4,)]),
    ("outer", ad.outer, torch.outer, [(2,), (3,)]),
    ("dot", ad.dot, torch.dot, [(3,), (3,)]),
    ("tensordot", lambda x, y: ad.tensordot(x, y, 1), lambda x, y: torch.tensordot(x, y, 1), [(2, 3), (3, 2)]),
    ("einsum", lambda *a: ad.einsum("bij,jk,bk->ib", *a), lambda *a: torch.einsum("bij,jk,bk->ib", *a),
     [(2, 3, 2), (2, 2), (2, 2)]),
    ("einsum of a diagonal", lambda x: ad.einsum("ii->i", x), lambda x: torch.einsum("ii->i", x), [(3, 3)]),
    ("trace", ad.trace, torch.trace, [(3, 3)]),
    ("inv", ad.inv, torch.linalg.inv, [definite(3, 2)]),
    ("solve", ad.solve, torch.linalg.solve, [definite(3, 2), (2, 3, 2)]),
    ("det", ad.det, torch.linalg.det, [definite(3, 2)]),
    ("det of a singular matrix", ad.det, torch.linalg.det, [np.outer([1.0, 2.0], [3.0, -1.0])]),
    ("slogdet", lambda x: ad.slogdet(x)[1], lambda x: torch.linalg.slogdet(x)[1], [definite(3)]),
    ("cholesky", ad.cholesky, torch.linalg.cholesky, [definite(3, 2)]),
    ("tril", lambda x: ad.tril(x, 1), lambda x: torch.tril(x, 1), [(3, 4)]),
    ("triu", lambda x: ad.triu(x, -1), lambda x: torch.triu(x, -1), [(3, 4)]),
]  # fmt: skip

INDEX = (np.array([0, 0, 2]), slice(None, None, 2))
PLACES = np.array([[1, 0, 1], [0, 0, 0]])

MOVING: list[Case] = [
    ("reshape", lambda x: ad.reshape(x, (-1, 2)), lambda x: x.reshape(-1, 2), [(2, 3)]),
    ("transpose", lambda x: ad.transpose(x, (2, 0, 1)), lambda x: x.permute(2, 0, 1), [(2, 3, 4)]),
    ("swapaxes", lambda x: ad.swapaxes(x, 0, 2), lambda x: x.swapaxes(0, 2), [(2, 3, 4)]),
    ("moveaxis", lambda x: ad.moveaxis(x, 0, -1), lambda x: x.moveaxis(0, -1), [(2, 3, 4)]),
    ("flip", lambda x: ad.flip(x, 1), lambda x: x.flip(1), [(2, 3)]),
    ("tile", lambda x: ad.tile(x, (2, 2)), lambda x: x.tile(2, 2), [(2, 3)]),
    ("repeat", lambda x: ad.repeat(x, 3, 1), lambda x: x.repeat_interleave(3, 1), [(2, 3)]),
    ("concatenate", lambda *a: ad.concatenate(a, 1), lambda *a: torch.cat(a, 1), [(2, 3), (2, 1)]),
    ("stack", lambda *a: ad.stack(a, 1), lambda *a: torch.stack(a, 1), [(2, 3), (2, 3)]),
    ("pad", lambda x: ad.pad(x, ((1, 0), (2, 1))), lambda x: functional.pad(x, (2, 1, 1, 0)), [(2, 3)]),
    ("pad by reflection", lambda x: ad.pad(x, ((0, 0), (0, 0), (2, 1)), "reflect"),
     lambda x: functional.pad(x, (2, 1), "reflect"), [(1, 2, 3)]),
    ("getitem", lambda x: x[INDEX], lambda x: x[torch.tensor(INDEX[0]), ::2], [(3, 3)]),
    ("getitem by a mask", lambda x: x[MASK], lambda x: x[torch.tensor(MASK)], [(2, 3)]),
    ("take_along_axis", lambda x: ad.take_along_axis(x, PLACES, 0),
     lambda x: torch.take_along_dim(x, torch.tensor(PLACES), 0), [(2, 3)]),
    ("scatter_add", lambda x, v: ad.scatter_add(x, [1, 1, 0], v),
     lambda x, v: x.index_add(0, torch.tensor([1, 1, 0]), v), [(2, 2), (3, 2)]),
]  # fmt: skip

CONVOLUTIONS: list[Case] = [
    (f"conv2d {settings}",
     lambda *a, settings=settings: ad.conv2d(*a, **settings),
     lambda *a, settings=settings: functional.conv2d(*a, **settings),
     [(2, 4, 5, 6), (6, 4 // settings.get("groups", 1), 3, 2), (6,)])
    for settings in (
        {}, {"stride": 2}, {"stride": (2, 1), "padding": (1, 2)}, {"dilation": (1, 2), "padding": 1}, {"groups": 2},
        {"stride": (1, 2), "padding": 2, "dilation": 2, "groups": 2}, {"padding": "same"}, {"padding": "valid"},
    )
]  # fmt: skip

TIES = np.array([1.0, 1.0, 2.0, 2.0, 0.0, 2.0, 2.0, 1.0] * 3).reshape(1, 1, 4, 6)

POOLS: list[Case] = [
    *[
        (f"max_pool2d {settings}",
         lambda x, settings=settings: ad.max_pool2d(x, *settings),
         lambda x, settings=settings: functional.max_pool2d(x, *settings), [operand])
        for settings in ((2,), (3, 2, 1), ((2, 3), (1, 2), (1, 1)), (2, 1, 1, 2)) for operand in ((2, 2, 4, 6), TIES)
    ],
    *[
        (f"avg_pool2d {settings} {counted}",
         lambda x, settings=settings, counted=counted: ad.avg_pool2d(x, *settings, count_include_pad=counted),
         lambda x, settings=settings, counted=counted: functional.avg_pool2d(
             x, *settings, count_include_pad=counted),
         [(2, 2, 4, 6)])
        for settings in ((2,), (3, 2, 1), ((2, 3), (1, 2), (1, 1))) for counted in (True, False)
    ],
]  # fmt: skip

CASES = [*UNARY, *ACTIVATIONS, *BINARY, *REDUCTIONS, *SOFTMAX, *LINEAR, *MOVING, *CONVOLUTIONS, *POOLS]

#: Where PyTorch's second derivative is another, with the reason.
FIRST_ORDER_ONLY = {
    "norm of zero": "PyTorch's is NaN, ours is 0",
    "silu": "PyTorch's is NaN at -1e4, ours is 0",
    "softplus of large numbers": "PyTorch's is NaN at -1e4, ours is 0",
    "elu": "it jumps at 0: PyTorch takes the right one, we take the left one",
}


def operands(case: Case) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [np.array(x) if isinstance(x, np.ndarray) else rng.normal(size=x) for x in case[3]]


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_value_gradient_and_second_derivative_equal_those_of_pytorch(case):
    name, ours, theirs, _ = case
    arrays = operands(case)
    rng = np.random.default_rng(4)
    mine = [ad.Tensor(x, requires_grad=True) for x in arrays]
    other = [torch.tensor(x, requires_grad=True) for x in arrays]

    out, expected = ours(*mine), theirs(*other)
    assert out.shape == tuple(expected.shape)
    np.testing.assert_allclose(out.data, expected.detach().numpy(), rtol=1e-10, atol=1e-12)

    g = rng.normal(size=out.shape)
    first = ad.gradients(out, mine, g, create_graph=True, allow_unused=True)
    their_first = torch.autograd.grad(expected, other, torch.tensor(g), create_graph=True, allow_unused=True)
    for p, q, x in zip(first, their_first, arrays, strict=True):
        np.testing.assert_allclose(plain(p, x), plain(q, x), rtol=1e-9, atol=1e-10)

    if name in FIRST_ORDER_ONLY:
        return
    v = [rng.normal(size=x.shape) for x in arrays]
    total = sum((p * w).sum() for p, w in zip(first, v, strict=True) if p is not None)
    their_total = sum((q * torch.tensor(w)).sum() for q, w in zip(their_first, v, strict=True) if q is not None)
    none = [None] * len(arrays)  # where the gradient is a constant, one engine may know and the other not
    second = ad.gradients(total, mine, allow_unused=True) if total.requires_grad else none
    tracked = their_total.requires_grad
    their_second = torch.autograd.grad(their_total, other, allow_unused=True) if tracked else none
    for p, q, x in zip(second, their_second, arrays, strict=True):
        np.testing.assert_allclose(plain(p, x), plain(q, x), rtol=1e-8, atol=1e-9)


def plain(gradient: Any, like: np.ndarray) -> np.ndarray:
    """An array: zeros for None, which both engines return where nothing flows."""
    if gradient is None:
        return np.zeros_like(like)
    return gradient.data if isinstance(gradient, ad.Tensor) else gradient.numpy(force=True)
