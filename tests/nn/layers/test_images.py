"""Convolutions and pools compute what PyTorch's do, at every setting, to the second derivative."""
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff as ad
import nn
from nn import functional
from tests.nn.layers.twins import close, compared, normal

few = st.tuples(st.integers(1, 3), st.integers(1, 3))
IMAGES = normal(2, 3, 8, 8)


@given(
    batch=st.integers(0, 2),
    groups=st.integers(1, 2),
    channels=st.tuples(st.integers(1, 2), st.integers(1, 2)),
    kernel=few,
    stride=few,
    padding=st.tuples(st.integers(0, 2), st.integers(0, 2)) | st.just("valid"),
    dilation=st.tuples(st.integers(1, 2), st.integers(1, 2)),
    bias=st.booleans(),
)
def test_conv2d_is_pytorch_s(torch, batch, groups, channels, kernel, stride, padding, dilation, bias):
    settings = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups, "bias": bias}
    arguments = (channels[0] * groups, channels[1] * groups, kernel)
    ours, theirs = nn.Conv2d(*arguments, **settings, dtype=float), torch.nn.Conv2d(*arguments, **settings)
    compared(ours, theirs, normal(batch, arguments[0], 7, 6), torch, second=batch > 0)


@pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning")  # that PyTorch's is slow for even kernels
@given(
    kernel=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    dilation=st.tuples(st.integers(1, 2), st.integers(1, 2)),
    groups=st.integers(1, 2),
)
def test_same_padding_keeps_the_size_as_pytorch_s(torch, kernel, dilation, groups):
    settings = {"padding": "same", "dilation": dilation, "groups": groups}
    ours, theirs = nn.Conv2d(2, 4, kernel, **settings, dtype=float), torch.nn.Conv2d(2, 4, kernel, **settings)
    compared(ours, theirs, normal(2, 2, 5, 6), torch)
    assert ours(normal(1, 2, 3, 1)).shape == (1, 4, 3, 1)


@given(sides=st.tuples(*[st.tuples(st.integers(0, 2), st.integers(0, 2))] * 2), stride=few)
def test_padding_may_differ_per_side(sides, stride):
    layer = nn.Conv2d(3, 2, 3, stride, sides, dtype=float)
    padded = np.pad(IMAGES, ((0, 0), (0, 0), *sides))
    plain = functional.conv2d(padded, layer.weight, layer.bias, stride)
    close(layer(IMAGES).data, plain.data)


@given(
    kernel=few,
    stride=st.none() | few,
    padded=st.booleans(),
    dilation=st.tuples(st.integers(1, 2), st.integers(1, 2)),
)
def test_max_pool2d_is_pytorch_s_ties_included(torch, kernel, stride, padded, dilation):
    padding = tuple(k // 2 for k in kernel) if padded else 0
    x = np.random.default_rng(0).integers(0, 3, (2, 3, 7, 6)).astype(float)
    arguments = (kernel, stride, padding, dilation)
    compared(nn.MaxPool2d(*arguments), torch.nn.MaxPool2d(*arguments), x, torch, second=True)


@given(kernel=few, stride=st.none() | few, padded=st.booleans(), counted=st.booleans())
def test_avg_pool2d_is_pytorch_s(torch, kernel, stride, padded, counted):
    padding = tuple(k // 2 for k in kernel) if padded else 0
    ours = nn.AvgPool2d(kernel, stride, padding, count_include_pad=counted)
    theirs = torch.nn.AvgPool2d(kernel, stride, padding, count_include_pad=counted)
    compared(ours, theirs, normal(2, 3, 7, 6), torch, second=True)


@given(shape=st.tuples(st.integers(0, 2), st.integers(1, 3), st.integers(1, 4), st.integers(1, 4)))
def test_global_average_pooling_is_pytorch_s_adaptive_one(torch, shape):
    adaptive = torch.nn.AdaptiveAvgPool2d(1)
    compared(nn.GlobalAvgPool2d(keepdims=True), adaptive, normal(*shape), torch, second=shape[0] > 0)
    compared(nn.GlobalAvgPool2d(), torch.nn.Sequential(adaptive, torch.nn.Flatten()), normal(*shape), torch)


@pytest.mark.parametrize("settings", [{"stride": 2}, {"padding": 1, "bias": False}, {}], ids=str)
def test_integers_and_pairs_mean_the_same(settings):
    pairs = {name: (value, value) if name != "bias" else value for name, value in settings.items()}
    a, b = nn.Conv2d(1, 2, 3, **settings), nn.Conv2d(1, 2, (3, 3), **pairs)
    b.load_state_dict(a.state_dict())
    x = normal(1, 1, 6, 6).astype(np.float32)
    np.testing.assert_array_equal(a(x).data, b(x).data)


LAYERS = {
    "conv": lambda **more: nn.Conv2d(3, 2, 3, padding="same", **more),
    "max": lambda **more: nn.MaxPool2d(2),
    "average": lambda **more: nn.AvgPool2d(3, padding=1, count_include_pad=False),
    "global": lambda **more: nn.GlobalAvgPool2d(),
}


@pytest.mark.parametrize("name", LAYERS)
def test_dtypes_stay_and_lists_are_taken(name):
    for dtype in (np.float32, np.float64):
        layer = LAYERS[name](dtype=dtype)
        x = ad.Tensor(IMAGES.astype(dtype), requires_grad=True)
        out = layer(x)
        (out * out).sum().backward()
        assert {out.dtype, x.grad.dtype, *(p.grad.dtype for p in layer.parameters())} == {np.dtype(dtype)}
    given_list, given_array = (ad.stop_gradient(layer(x)) for x in (IMAGES.tolist(), IMAGES))
    np.testing.assert_array_equal(given_list, given_array)


REFUSED = {
    "channels": (lambda: nn.Conv2d(1, 8, 3)(IMAGES), r"\(2, 3, 8, 8\) and needs \(batch, 1, height, width\)"),
    "no channel axis": (lambda: nn.Conv2d(1, 8, 3)(IMAGES[:, 0]), r"x\[:, None\]"),
    "one gray image or many": (lambda: nn.Conv2d(1, 8, 3)(IMAGES[0]), r"x\[:, None\].*x\[None\]"),
    "a single image": (lambda: nn.Conv2d(3, 8, 3)(IMAGES[0]), r"\(3, 8, 8\) and needs.*batch by x\[None\]"),
    "channels last": (lambda: nn.Conv2d(3, 8, 3)(IMAGES.transpose(0, 2, 3, 1)), r"x.transpose\(0, 3, 1, 2\)"),
    "other channels": (lambda: nn.Conv2d(4, 8, 3)(IMAGES), "Has the layer before other channels"),
    "a kernel that is a truth": (lambda: nn.Conv2d(3, 8, True), "kernel_size is True"),
    "small images": (lambda: nn.Conv2d(3, 8, 9)(IMAGES), r"Conv2d\(3, 8, 9\): .*\(2, 3, 8, 8\).*smaller kernel"),
    "groups": (lambda: nn.Conv2d(3, 8, 3, groups=2), "multiples of groups"),
    "kernel": (lambda: nn.Conv2d(3, 8, 0), "kernel_size"),
    "channels that are a float": (lambda: nn.Conv2d(1.0, 8, 3), "in_channels is 1.0"),
    "groups that are a float": (lambda: nn.Conv2d(4, 8, 3, groups=2.0), "groups is 2.0"),
    "a kernel that is a float": (lambda: nn.Conv2d(1, 8, 3.0), "kernel_size is 3.0"),
    "three strides": (lambda: nn.Conv2d(3, 8, 3, stride=(1, 1, 1)), "stride"),
    "same with steps": (lambda: nn.Conv2d(3, 8, 3, 2, "same"), r"Conv2d\(3, 8, 3\): .*stride 1, and this is 2"),
    "padding's name": (lambda: nn.Conv2d(3, 8, 3, padding="full"), "'full'.*'same' or 'valid'"),
    "padding's sides": (lambda: nn.Conv2d(3, 8, 3, padding=((1, 1), (1,))), r"padding is \(1,\)"),
    "padding's number": (lambda: nn.Conv2d(3, 8, 3, padding=((1, 1),)), "padding is"),
    "padding below 0": (lambda: nn.Conv2d(3, 8, 3, padding=((1, 1), (0, -1))), "at least 0"),
    "window": (lambda: nn.MaxPool2d(9)(IMAGES), r"MaxPool2d\(9\): .*\(2, 3, 8, 8\).*not smaller than a window"),
    "pool's axes": (lambda: nn.AvgPool2d(2)(IMAGES[0]), r"AvgPool2d\(2\): .*\(3, 8, 8\) and needs \(batch"),
    "pool's padding": (lambda: nn.MaxPool2d(2, padding=2), "half"),
    "pool's dilation": (lambda: nn.MaxPool2d(2, dilation=0), "dilation is 0"),
    "global pool's axes": (lambda: nn.GlobalAvgPool2d()(IMAGES[0]), r"GlobalAvgPool2d\(\): .*\(3, 8, 8\).*x\[None\]"),
    "no pixels": (lambda: nn.GlobalAvgPool2d(True)(IMAGES[:, :, :0]), r"\(keepdims=True\): .*at least one pixel"),
}


@pytest.mark.parametrize("refused", REFUSED)
def test_what_does_not_fit_is_refused_in_words(refused):
    make, message = REFUSED[refused]
    with pytest.raises(ValueError, match=message):
        make()


def test_layers_of_images_show_their_settings_where_they_are_not_as_usual():
    assert repr(nn.MaxPool2d(2)) == "MaxPool2d(2)"
    assert repr(nn.MaxPool2d((2, 3), stride=2, padding=1)) == "MaxPool2d((2, 3), stride=2, padding=1)"
    assert repr(nn.MaxPool2d(2, dilation=2)) == "MaxPool2d(2, dilation=2)"
    assert repr(nn.AvgPool2d(2, count_include_pad=False)) == "AvgPool2d(2, count_include_pad=False)"
    assert (repr(nn.GlobalAvgPool2d()), repr(nn.GlobalAvgPool2d(True))) == (
        "GlobalAvgPool2d()", "GlobalAvgPool2d(keepdims=True)",
    )  # fmt: skip
    shown = "Conv2d(2, 4, 3, stride=2, groups=2, bias=False)"
    assert repr(nn.Conv2d(2, 4, 3, stride=2, groups=2, bias=False)).startswith(shown)
    assert repr(nn.Conv2d(2, 4, 3, padding="same")).startswith("Conv2d(2, 4, 3, padding='same')")
    assert repr(nn.Conv2d(2, 4, 3, padding="valid")).startswith("Conv2d(2, 4, 3)  ")
    sided = nn.Conv2d(2, 4, 3, padding=((1, 0), (0, 1)))
    assert repr(sided).startswith("Conv2d(2, 4, 3, padding=((1, 0), (0, 1)))")
