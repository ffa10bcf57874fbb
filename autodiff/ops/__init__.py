"""The tables of calculus: every operation the engine knows, by the mathematics they belong to."""

from .elementwise import (
    abs, add, arccos, arcsin, arctan, astype, clip, copy, cos, cosh, div, elu, exp, expm1, leaky_relu, log, log1p,
    maximum, minimum, mul, neg, pow, reciprocal, relu, sigmoid, sign, silu, sin, sinh, softplus, sqrt, square,
    stop_gradient, sub, tan, tanh, where,
)  # fmt: skip
from .index import getitem, scatter_add, take, take_along_axis
from .linalg import linear, matmul
from .reduce import cumsum, max, mean, min, prod, sort, std, sum, var
from .shape import (
    broadcast_to, concatenate, expand_dims, flip, moveaxis, pad, repeat, reshape, split, squeeze, stack, swapaxes, tile,
    transpose,
)  # fmt: skip
from .softmax import log_softmax, logsumexp, softmax, softmax_cross_entropy

__all__ = [name for name in dir() if not name.startswith("_")]
