"""The functions compute what PyTorch's of the same name do, and what the modules do."""
import numpy as np
import pytest

import autodiff as ad
import nn
from nn import functional
from tests.nn.layers.twins import close, normal

IMAGES, ROWS = normal(2, 4, 7, 6), normal(5, 4)
KERNELS, WEIGHT, BIAS = normal(6, 2, 3, 3), normal(3, 4), normal(3)
#: The modules whose functions have tests of their own.
LOSSES = ("nn.functional.classification", "nn.functional.elementwise")
FUNCTIONS = {name for name in functional.__all__ if getattr(functional, name).__module__ not in LOSSES}
AXIS = {"axis": "dim"}

#: name, arguments, settings; the settings in PyTorch's words where they differ, and the name in PyTorch.
CALLS = {
    "linear": [((ROWS, WEIGHT, BIAS), {}), ((ROWS, WEIGHT), {})],
    "conv2d": [
        ((IMAGES, KERNELS, normal(6)), {"padding": "same", "groups": 2}),
        ((IMAGES, KERNELS), {"stride": 2, "padding": (1, 0), "dilation": 2, "groups": 2}),
    ],
    "max_pool2d": [((IMAGES, 3), {"stride": 2, "padding": 1, "dilation": 1}), ((IMAGES,), {"kernel_size": (2, 3)})],
    "avg_pool2d": [((IMAGES, 3), {"stride": 2, "padding": 1, "count_include_pad": False}), ((IMAGES, 2), {})],
    "batch_norm": [
        ((IMAGES, normal(4), normal(4) ** 2, normal(4), normal(4)), {"eps": 0.1}),
        ((IMAGES, normal(4), normal(4) ** 2), {"training": True, "momentum": 0.3}),
        ((IMAGES, None, None, normal(4), normal(4), True), {}),
    ],
    "layer_norm": [((ROWS, (4,)), {}), ((IMAGES, (7, 6), normal(7, 6), normal(7, 6)), {"eps": 0.1})],
    "embedding": [((np.array([[0, 2], [1, 1]]), WEIGHT), {}), ((np.array([0, 1]), WEIGHT), {"padding_idx": 1})],
    "relu": [((ROWS,), {})],
    "leaky_relu": [((ROWS, 0.2), {}), ((ROWS,), {"negative_slope": 0.3})],
    "elu": [((ROWS,), {"alpha": 0.3})],
    "gelu": [((ROWS,), {}), ((ROWS,), {"approximate": "tanh"})],
    "silu": [((ROWS,), {})],
    "sigmoid": [((ROWS,), {})],
    "log_sigmoid": [((ROWS,), {})],
    "tanh": [((ROWS,), {})],
    "softplus": [((ROWS,), {})],
    "softmax": [((ROWS,), {"axis": 0}), ((ROWS, -1), {})],
    "log_softmax": [((ROWS,), {"axis": 0})],
}
#: What PyTorch has under no such name, and where it is tested.
ELSEWHERE = {"dropout", "flatten", "global_avg_pool2d"}


def test_linear_takes_lists():
    for bias in (None, BIAS):
        lists = [None if a is None else a.tolist() for a in (ROWS, WEIGHT, bias)]
        np.testing.assert_array_equal(functional.linear(*lists), functional.linear(ROWS, WEIGHT, bias))


def test_every_function_is_tested():
    assert set(CALLS) | ELSEWHERE == FUNCTIONS


@pytest.mark.parametrize(
    ("name", "arguments", "settings"), [(name, *call) for name, calls in CALLS.items() for call in calls]
)
def test_functions_are_pytorch_s(name, arguments, settings, torch):
    theirs = getattr(torch.nn.functional, {"log_sigmoid": "logsigmoid"}.get(name, name))
    tensors = [torch.tensor(a) if isinstance(a, np.ndarray) else a for a in arguments]
    expected = theirs(*tensors, **{AXIS.get(key, key): value for key, value in settings.items()})
    given = [np.array(a) if isinstance(a, np.ndarray) else a for a in arguments]
    out = getattr(functional, name)(*given, **settings)
    assert isinstance(out, np.ndarray)
    close(out, expected.numpy())
    for array, tensor in zip(given, tensors, strict=True):  # running statistics change, all else stays
        if isinstance(array, np.ndarray):
            close(array, tensor.numpy())
    wrapped = [ad.Tensor(a, requires_grad=a.dtype.kind == "f") if isinstance(a, np.ndarray) else a for a in arguments]
    if name != "batch_norm":
        out = getattr(functional, name)(*wrapped, **settings)
        assert out.requires_grad
        close(out.data, expected.numpy())


def test_lists_are_taken_for_arrays():
    np.testing.assert_array_equal(functional.linear([[1.0, 2.0]], [[3.0, 4.0]]), [[11.0]])
    np.testing.assert_array_equal(functional.linear([[1.0, 2.0]], np.array([[3.0, 4.0]]), np.array([1.0])), [[12.0]])
    close(functional.global_avg_pool2d(IMAGES.tolist()), IMAGES.mean((2, 3)))
    assert functional.max_pool2d(IMAGES.tolist(), 2).shape == functional.avg_pool2d(IMAGES.tolist(), 2).shape


def test_modules_give_what_functions_give():
    layer = nn.Conv2d(4, 6, 3, padding="same", groups=2, dtype=float)
    close(layer(IMAGES).data, functional.conv2d(IMAGES, layer.weight, layer.bias, padding="same", groups=2).data)
    linear = nn.Linear(4, 3, dtype=float)
    close(linear(ROWS).data, functional.linear(ROWS, linear.weight, linear.bias).data)
