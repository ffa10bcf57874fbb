"""The tables of calculus: every operation the engine knows, by the mathematics they belong to."""

# ruff: noqa: I001 (a table by subject, not a column)

from .contraction import dot, einsum, outer, tensordot
from .conv import conv2d
from .elementwise import (
    abs, add, arccos, arcsin, arctan, astype, clip, copy, cos, cosh, div, elu, exp, expm1, leaky_relu, log, log1p,
    maximum, minimum, mul, neg, pow, reciprocal, relu, sigmoid, sign, silu, sin, sinh, softplus, sqrt, square,
    stop_gradient, sub, tan, tanh, where,
)  # fmt: skip
from .index import getitem, scatter_add, take, take_along_axis
from .linalg import (
    cholesky, det, diagonal, inv, linear, logabsdet, matmul, norm, slogdet, solve, trace, tril, triu,
)  # fmt: skip
from .pool import avg_pool2d, max_pool2d
from .reduce import cumsum, max, mean, min, prod, sort, std, sum, var
from .shape import (
    broadcast_to, concatenate, expand_dims, flip, moveaxis, pad, repeat, reshape, split, squeeze, stack, swapaxes, tile,
    transpose,
)  # fmt: skip
from .softmax import log_softmax, logsumexp, softmax, softmax_cross_entropy

__all__ = [
    "abs", "add", "arccos", "arcsin", "arctan", "astype", "avg_pool2d", "broadcast_to", "cholesky",
    "clip", "concatenate", "conv2d", "copy", "cos", "cosh", "cumsum", "det", "diagonal", "div", "dot",
    "einsum", "elu", "exp", "expand_dims", "expm1", "flip", "getitem", "inv", "leaky_relu", "linear",
    "log", "log1p", "log_softmax", "logabsdet", "logsumexp", "matmul", "max", "max_pool2d", "maximum",
    "mean", "min", "minimum", "moveaxis", "mul", "neg", "norm", "outer", "pad", "pow", "prod",
    "reciprocal", "relu", "repeat", "reshape", "scatter_add", "sigmoid", "sign", "silu", "sin", "sinh",
    "slogdet", "softmax", "softmax_cross_entropy", "softplus", "solve", "sort", "split", "sqrt", "square",
    "squeeze", "stack", "std", "stop_gradient", "sub", "sum", "swapaxes", "take", "take_along_axis",
    "tan", "tanh", "tensordot", "tile", "trace", "transpose", "tril", "triu", "var", "where",
]  # fmt: skip
