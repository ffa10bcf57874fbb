"""The tables of calculus: every operation the engine knows, by the mathematics they belong to."""

# ruff: noqa: I001 (a table by subject, not a column)

from .activations import elu, erf, gelu, leaky_relu, log_sigmoid, logaddexp, relu, sigmoid, silu, softplus
from .contraction import dot, einsum, outer, tensordot
from .conv import conv2d
from .elementwise import (
    abs, add, arccos, arccosh, arcsin, arcsinh, arctan, arctan2, arctanh, astype, cbrt, clip, copy, cos, cosh,
    deg2rad, div, exp, exp2, expm1, hypot, log, log10, log1p, log2, maximum, minimum, mod, mul, neg, pow,
    rad2deg, reciprocal, sign, sin, sinh, sqrt, square, stop_gradient, sub, tan, tanh, where,
)  # fmt: skip
from .index import getitem, scatter_add, take, take_along_axis
from .joining import column_stack, concatenate, hstack, pad, repeat, split, stack, tile, vstack
from .linalg import (
    cholesky, det, diagonal, inv, linear, logabsdet, matmul, norm, slogdet, solve, trace, tril, triu,
)  # fmt: skip
from .normalization import moments, normalize, normalizer
from .pool import avg_pool2d, max_pool2d
from .random import dropout
from .reduce import cumsum, max, mean, mean_squared_error, min, prod, sort, std, sum, var
from .shape import (
    broadcast_to, expand_dims, flip, moveaxis, ravel, reshape, roll, squeeze, swapaxes, transpose,
)  # fmt: skip
from .softmax import (
    binary_cross_entropy, log_softmax, logsumexp, sigmoid_cross_entropy, soft_cross_entropy, softmax,
    softmax_cross_entropy,
)  # fmt: skip

__all__ = [
    "abs", "add", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "astype", "avg_pool2d",
    "binary_cross_entropy", "broadcast_to", "cbrt", "cholesky", "clip", "column_stack", "concatenate", "conv2d",
    "copy", "cos", "cosh", "cumsum", "deg2rad", "det", "diagonal", "div", "dot", "dropout", "einsum", "elu", "erf",
    "exp", "exp2", "expand_dims", "expm1", "flip", "gelu", "getitem", "hstack", "hypot", "inv", "leaky_relu",
    "linear", "log", "log1p", "log2", "log10", "log_sigmoid", "log_softmax", "logabsdet", "logaddexp", "logsumexp",
    "matmul", "max", "max_pool2d", "maximum", "mean", "mean_squared_error", "min", "minimum", "mod", "moments",
    "moveaxis", "mul", "neg", "norm", "normalize", "normalizer", "outer", "pad", "pow", "prod", "rad2deg", "ravel",
    "reciprocal", "relu", "repeat", "reshape", "roll", "scatter_add", "sigmoid", "sigmoid_cross_entropy", "sign",
    "silu", "sin", "sinh", "slogdet", "soft_cross_entropy", "softmax", "softmax_cross_entropy", "softplus",
    "solve", "sort", "split", "sqrt", "square", "squeeze", "stack", "std", "stop_gradient", "sub", "sum",
    "swapaxes", "take", "take_along_axis", "tan", "tanh", "tensordot", "tile", "trace", "transpose", "tril",
    "triu", "var", "vstack", "where",
]  # fmt: skip
