"""Modules below a level are one block that says what is in it; equal ones in a row are one block with their number."""
import re

import numpy as np
import pytest

import autodiff as ad
import nn
from autodiff.drawing.collapse import LARGE
from tests.autodiff.drawing.programs import lines_of


def deep(blocks, rng=0):
    inner = [nn.Sequential(nn.Linear(8, 8, rng=rng), nn.Tanh()) for _ in range(blocks)]
    return nn.Sequential(nn.Linear(4, 8, rng=rng), *inner, nn.Linear(8, 1, rng=rng))


def drawn(model, **options):
    return ad.draw(lambda x: model(x).mean(), np.ones((5, 4), "f4"), params=model, **options).source


def blocks_of(source):
    return re.findall(r"^ *m\d+ \[shape=folder.*$", source, re.MULTILINE)


def test_a_collapsed_module_says_its_class_parameters_shapes_and_operations():
    (whole,) = blocks_of(drawn(deep(2), depth=0))
    for text in ("Sequential", "193 parameters", "(5, 4) → (5, 1)", "6 operations"):
        assert f">{text}<" in whole.replace("<B>", "").replace("</B>", "")
    first, *_, last = blocks_of(drawn(deep(2), depth=1))
    assert ">40 parameters<" in first
    assert ">(5, 8) → (5, 1)<" in last


def test_every_depth_keeps_what_is_outside_and_ends_with_the_whole_picture():
    model = deep(2)
    assert drawn(model, depth=3) == drawn(model)
    counts = [len(lines_of(drawn(model, depth=depth), "o")) for depth in range(4)]
    assert counts == sorted(counts)
    assert counts[0] == 1  # the mean
    for depth in range(4):
        source = drawn(model, depth=depth)
        declared = set(re.findall(r"^ *([tosm]\d+) \[", source, re.MULTILINE))
        ends = {end for edge in re.findall(r"^  (\w+) -> (\w+)", source, re.MULTILINE) for end in edge}
        assert ends <= declared
        assert "output" in source


def test_equal_blocks_in_a_row_are_one_with_their_number():
    folded = blocks_of(drawn(deep(12), depth=1))
    assert len(folded) == 3
    assert "<B>Sequential ×12</B>" in folded[1]
    assert ">1 … 12<" in folded[1]
    assert ">72 parameters each<" in folded[1]
    assert "913 parameters" in drawn(deep(12), depth=1)
    assert len(blocks_of(drawn(deep(2), depth=1))) == 4


def test_blocks_that_differ_are_not_folded():
    layers = [nn.Sequential(nn.Linear(4, 4, rng=0), nn.Tanh() if i % 2 else nn.ReLU()) for i in range(6)]
    assert len(blocks_of(drawn(nn.Sequential(*layers), depth=1))) == 6


def test_gradients_that_cross_a_border_are_drawn():
    source = drawn(deep(2), depth=1)
    assert len(re.findall(r"^  m\d+ -> m\d+ \[dir=back", source, re.MULTILINE)) == 3
    assert "dir=back" not in drawn(deep(2), depth=1, gradients=False)


class Residual(nn.Module):
    """A block whose input goes around its inside, as those of a Transformer do."""

    def __init__(self):
        super().__init__()
        self.inside = nn.Sequential(*(nn.Sequential(nn.Linear(8, 8, rng=0), nn.Tanh()) for _ in range(6)))

    def forward(self, x):
        return x + self.inside(x)


def test_a_stack_of_twelve_equal_blocks_opens_as_one_block_times_twelve_between_what_differs():
    model = nn.Sequential(nn.Linear(4, 8, rng=0), *(Residual() for _ in range(12)), nn.Linear(8, 1, rng=0))
    source = drawn(model)
    assert source == drawn(model, depth=1)
    _, stack, _ = blocks_of(source)
    assert "<B>Residual ×12</B>" in stack
    assert ">1 … 12<" in stack
    assert ">(5, 8) → (5, 8)<" in stack
    opened = drawn(model, depth=2)
    assert not any("×" in block for block in blocks_of(opened))  # open blocks show what is in each
    assert opened.count("· Residual") == 12


class Masked(Residual):
    """A residual block with a constant of its own, as a Transformer's has its mask."""

    def forward(self, x):
        return super().forward(x) * np.tri(5, 8, dtype="f4")


def test_blocks_with_equal_constants_fold_and_the_constant_is_drawn_once():
    model = nn.Sequential(nn.Linear(4, 8, rng=0), *(Masked() for _ in range(12)), nn.Linear(8, 1, rng=0))
    source = drawn(model)
    assert "<B>Masked ×12</B>" in source
    assert source.count(">(5, 8) float32<") == 1
    declared = set(re.findall(r"^ *([tosm]\d+) \[", source, re.MULTILINE))
    assert {end for edge in re.findall(r"^  (\w+) -> (\w+)", source, re.MULTILINE) for end in edge} <= declared


def test_large_graphs_open_collapsed_and_say_so():
    source = drawn(deep(LARGE))
    assert len(lines_of(source, "o")) < LARGE
    assert blocks_of(source)
    assert "collapsed module (depth=… opens it)" in source
    assert not blocks_of(drawn(deep(LARGE), depth=9))


def test_five_thousand_operations_in_modules_are_laid_out_as_three_blocks():
    source = drawn(deep(2500), depth=1)
    assert "×2500" in source
    assert len(blocks_of(source)) == 3


def test_clusters_say_how_many_parameters_and_of_which_class():
    source = drawn(deep(1))
    labels = re.findall(r"label=<(.*)>;", source)
    assert any("Sequential" in label and "· 121 parameters" in label for label in labels)
    assert any("· Linear" in label and "· 40 parameters" in label for label in labels)


@pytest.mark.parametrize("depth", [-1, 1.5, "1"])
def test_a_depth_that_is_none_is_refused(depth):
    with pytest.raises(ValueError, match=r"depth is .*0 or more"):
        ad.draw(ad.Tensor(1.0), depth=depth)


@pytest.mark.parametrize("number", [-1, 0, 2.5, "9"])
def test_a_number_of_operations_that_is_none_is_refused(number):
    with pytest.raises(ValueError, match=r"max_nodes is .*1 or more"):
        ad.draw(ad.Tensor(1.0), max_nodes=number)
