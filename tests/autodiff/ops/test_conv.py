"""Convolution and pooling: blocks do not show, layouts do not show, and what cannot be is refused in words."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import autodiff as ad

conv = sys.modules["autodiff.ops.conv"]
SETTINGS = [
    {}, {"stride": (2, 1), "padding": 1}, {"dilation": 2, "padding": (2, 0)}, {"groups": 2},
    {"groups": 4, "padding": "same"}, {"stride": 3},
]  # fmt: skip


def everything(x, w, **settings):
    """Output and both gradients of a convolution."""
    leaves = [ad.Tensor(v, requires_grad=True) for v in (x, w)]
    y = ad.conv2d(*leaves, **settings)
    y.backward(np.cos(np.arange(y.size)).reshape(y.shape))
    return y.data, leaves[0].grad.data, leaves[1].grad.data


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("block", [1, 700, 3000])
def test_the_size_of_a_block_changes_nothing(monkeypatch, settings, block):
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(3, 4, 9, 8)), rng.normal(size=(4, 4 // settings.get("groups", 1), 3, 2))
    whole = everything(x, w, **settings)
    monkeypatch.setattr(conv, "_BLOCK", block)
    for blocked, expected in zip(everything(x, w, **settings), whole):
        np.testing.assert_allclose(blocked, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("f", [lambda x: ad.max_pool2d(x, 3, 2, 1), lambda x: ad.avg_pool2d(x, 2, 1, 1)])
def test_the_layout_of_the_images_changes_nothing(f):
    x = np.random.default_rng(0).normal(size=(2, 3, 6, 5))
    turned = np.ascontiguousarray(x.transpose(1, 2, 3, 0)).transpose(3, 0, 1, 2)
    np.testing.assert_array_equal(f(x), f(turned))
    gradients = []
    for images in (x, turned):
        leaf = ad.Tensor(images, requires_grad=True)
        (f(leaf) ** 2).sum().backward()
        gradients.append(leaf.grad.data)
    np.testing.assert_array_equal(*gradients)


def images(*shape):
    return np.ones(shape)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ad.conv2d(images(1, 5, 5), images(1, 1, 3, 3)), r"\(1, 5, 5\).*x\[None\]"),
        (lambda: ad.conv2d(images(1, 2, 5, 5), images(1, 1, 3, 3)), r"\(1, 2, 5, 5\).*1 × groups channels"),
        (lambda: ad.conv2d(images(1, 4, 5, 5), images(3, 2, 3, 3), groups=2), "divide by groups"),
        (lambda: ad.conv2d(images(1, 1, 2, 5), images(1, 1, 3, 3)), r"measure \(2, 5\)"),
        (lambda: ad.conv2d(images(1, 1, 5, 5), images(1, 1, 3, 3), stride=-1), "stride=-1"),
        (lambda: ad.conv2d(images(1, 1, 5, 5), images(1, 1, 3, 3), padding="full"), "'valid' and 'same'"),
        (lambda: ad.conv2d(images(1, 1, 5, 5), images(1, 1, 3, 3), stride=2, padding="same"), "stride 1"),
        (lambda: ad.conv2d(images(1, 1, 5, 5), images(1, 1, 3, 3), images(2)), r"bias of shape \(2,\)"),
        (lambda: ad.max_pool2d(images(5, 5), 2), r"\(5, 5\).*x\[None\]"),
        (lambda: ad.max_pool2d(images(1, 1, 5, 5), 6), "6 × 6"),
        (lambda: ad.max_pool2d(images(1, 1, 5, 5), 2, padding=2), "more than half"),
        (lambda: ad.avg_pool2d(images(1, 1, 5, 5), 2.5), "kernel=2.5"),
    ],
)
def test_what_cannot_be_is_refused_in_words(call, words):
    with pytest.raises(ValueError, match=f"(?s){words}"):
        call()
