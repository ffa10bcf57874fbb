"""Entries of products of matrices, `numpy.linalg`, convolution and pooling."""
from __future__ import annotations

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


ENTRIES = {
    "matmul": Entry(drawn_matmul, np.matmul),
    "linear": Entry(drawn_linear, affine),
}
