"""Entries of products of matrices, Einstein sums and `numpy.linalg`."""
from __future__ import annotations

import math
from itertools import product
from typing import Any

import numpy as np

from .sample import Draw, Entry

Array = Any


def drawn_matmul(d: Draw) -> tuple[Any, ...]:
    left, right = d.stretched(d.shape(0, 1), 2)
    n, k, m = (d.one_of(1, 2, 3, 0) for _ in range(3))
    return [d.values((*left, n, k)), d.values((*right, k, m))], {}


def drawn_linear(d: Draw) -> tuple[Any, ...]:
    lead = d.shape(0, 2)
    inputs, outputs = d.integer(1, 3), d.integer(1, 3)
    return [d.values((*lead, inputs)), d.values((outputs, inputs)), d.values((outputs,))], {}


def affine(x: Array, weight: Array, bias: Array) -> Array:
    return np.einsum("...i,oi->...o", x, weight) + bias


def drawn_einsum(d: Draw) -> tuple[Any, ...]:
    """Up to three operands over up to four letters: repeated ones (diagonals), stretched ones, any output."""
    lengths = {letter: d.one_of(2, 3, 1, 2, 0) for letter in "abcd"[: d.integer(1, 4)]}
    labels, arrays = [], []
    for _ in range(d.integer(1, 3)):
        label = "".join(d.one_of(*lengths) for _ in range(d.integer(0, 3)))
        shape = [
            1 if label.count(letter) == 1 and d.rng.random() < 0.2 else lengths[letter] for letter in label
        ]
        labels.append(label)
        arrays.append(d.values(tuple(shape)))
    used = sorted(set("".join(labels)))
    output = "".join(str(letter) for letter in d.rng.permutation(used)[: d.integer(0, len(used))]) if used else ""
    return arrays, {"subscripts": ",".join(labels) + "->" + output}


def einstein_sum(*arrays: Array, subscripts: str) -> Array:
    """The definition: for every value of every letter, the product of the elements it names."""
    terms, output = subscripts.split("->")
    labels = terms.split(",")
    lengths: dict[str, int] = {}
    for label, x in zip(labels, arrays, strict=True):
        for letter, n in zip(label, x.shape, strict=True):
            lengths[letter] = n if lengths.get(letter, 1) == 1 else lengths[letter]
    out = np.zeros([lengths[letter] for letter in output])
    for values in product(*(range(n) for n in lengths.values())):
        at = dict(zip(lengths, values, strict=True))
        term = 1.0
        for label, x in zip(labels, arrays, strict=True):
            term *= float(x[tuple(at[a] if n > 1 else 0 for a, n in zip(label, x.shape, strict=True))])
        out[tuple(at[letter] for letter in output)] += term
    return out.astype(np.result_type(*arrays))


def square(d: Draw, *, singular: bool = False, lead: tuple[int, ...] | None = None) -> Array:
    """Stacks of well-conditioned square matrices; sometimes, where asked for, of lower rank."""
    n = d.one_of(2, 3, 1, 0)
    lead = d.shape(0, 1) if lead is None else lead
    x = d.values((*lead, n, n), -1, 1) + 2 * np.eye(n) * d.rng.choice([-1, 1], n)
    lost = d.integer(0, 2) if singular else 0
    if lost and n:
        x[..., : min(lost, n), :] = x[..., -1:, :] * 0.5 * (n > 1)
    return x


def drawn_solve(d: Draw) -> tuple[Any, ...]:
    left, right = d.stretched(d.shape(0, 1), 2)
    x = square(d, lead=left)
    return [x, d.values((*right, x.shape[-1], d.one_of(1, 2, 0)))], {}


def drawn_cholesky(d: Draw) -> tuple[Any, ...]:
    """Positive definite, and an antisymmetric part that must not matter."""
    x = square(d)
    turned = np.swapaxes(x, -1, -2)
    return [x @ turned + np.eye(x.shape[-1]) + d.one_of(0.0, 0.3) * (x - turned)], {}


def cholesky(x: Array) -> Array:
    """Row by row, from the definition x = L Lᵀ, for the symmetric part of x."""
    out = np.zeros(x.shape)
    for stack in np.ndindex(x.shape[:-2]):
        a, lower = (x[stack].astype("f8") + x[stack].T) / 2, out[stack]
        for i, j in np.ndindex(a.shape):
            if j < i:
                lower[i, j] = (a[i, j] - lower[i, :j] @ lower[j, :j]) / lower[j, j]
            elif j == i:
                lower[i, i] = math.sqrt(a[i, i] - lower[i, :i] @ lower[i, :i])
    return out.astype(x.dtype)


def drawn_norm(d: Draw) -> tuple[Any, ...]:
    shape = d.shape(empty=False)
    axis = tuple(int(a) for a in d.rng.permutation(len(shape))[: d.integer(0, len(shape))])
    static = {"ord": d.one_of(2, 2, 3.0, 1.5, 0.5), "axis": axis, "keepdims": d.boolean()}
    return [d.values(shape, kinks=(0.0,))], static


def norm(x: Array, ord: float, axis: tuple[int, ...], keepdims: bool) -> Array:
    powers = np.abs(x.astype("f8")) ** ord
    return (powers.sum(axis=axis, keepdims=keepdims) ** (1 / ord)).astype(x.dtype)


MATRICES = ("f8", "f4")  # numpy.linalg has no half precision

ENTRIES = {
    "matmul": Entry(drawn_matmul, np.matmul),
    "linear": Entry(drawn_linear, affine),
    "einsum": Entry(drawn_einsum, einstein_sum),
    "inv": Entry(lambda d: ([square(d)], {}), np.linalg.inv, MATRICES),
    "det": Entry(lambda d: ([square(d, singular=True)], {}), np.linalg.det, MATRICES),
    "logabsdet": Entry(lambda d: ([square(d)], {}), lambda x: np.log(np.abs(np.linalg.det(x))), MATRICES),
    "solve": Entry(drawn_solve, np.linalg.solve, MATRICES),
    "cholesky": Entry(drawn_cholesky, cholesky, MATRICES),
    "norm": Entry(drawn_norm, norm),
}
