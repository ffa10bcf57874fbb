"""Results have the names of the variables to which the source assigns them, in pictures and on pages alike."""
import re

import numpy as np
import pytest

import autodiff as ad
import nn
from autodiff.drawing.assignments import assigned_names
from autodiff.drawing.explain.names import Names, last_on_their_lines


def names_of(program, *args):
    """The names, in the order in which the operations ran; None for a result without one."""
    args = args or (ad.Tensor([0.5, 1.5], requires_grad=True), ad.Tensor([2.0, 3.0], requires_grad=True))
    with ad.record() as tape:
        program(*args)
    found = assigned_names(tape.nodes)
    assert {node for node in tape.nodes if id(node) in found} == last_on_their_lines(tape.nodes)
    names = Names(program, args, None)
    for node in tape.nodes:
        assert names.of_result(node, id(node) in found, False).strip("₀₁₂₃₄₅₆₇₈₉") == found.get(id(node), "v")
    return [found.get(id(node)) for node in tape.nodes]


class Holder:
    """Somewhere to put results."""


def tuples(x, w):
    a, b = x * w, ad.exp(x) + w
    (c, [d, _]) = -a, [b - x, 2.0]
    return c + d


def on_one_line(x, w):
    a = x * w; b = a + x; return ad.sum(b)  # noqa: E702


def over_lines(x, w):
    hidden = ad.tanh(
        x
        * w
    )
    total = (
        hidden
        .reshape(2, 1)
        .sum()
    )
    return total


def augmented(x, w):
    total = x * w
    total += ad.exp(x)
    total *= 2.0
    return total


def walrus(x, w):
    y = ad.exp((h := x * w) + 1.0)
    return (z := y * h)  # noqa: F841


def attributes(x, w):
    self = Holder()
    self.h = x * w
    kept = {}
    kept["y"] = self.h + 1.0
    kept["y"].shape[0]
    return kept["y"]


def comprehension(x, w):
    several = [x * factor for factor in (1.0, 2.0)]
    first = several[0] + w
    return first + several[1]


def loop(x, w):
    for _ in range(3):
        x = ad.tanh(x)
    for _ in range(2):
        x = ad.exp(x) * w
    return x


def chained_and_annotated(x, w):
    a = b = x * w
    c: ad.Tensor = a + b
    d = c * 2.0 if x.ndim else c * 3.0
    e = ad.log(d) / (lambda t: t * 3.0)(d)
    return e


def unpacked(x, w):
    a, b = ad.split(x * w, 2)
    return a + b


@pytest.mark.parametrize(
    ("program", "names"),
    [
        (tuples, ["a", None, "b", "c", "d", None]),
        (on_one_line, ["a", "b", None]),
        (over_lines, [None, "hidden", None, "total"]),
        (augmented, ["total", None, "total", "total"]),
        (walrus, ["h", None, "y", "z"]),
        (attributes, ["self.h", "kept['y']"]),
        (comprehension, [None, None, "first", None]),
        (loop, ["x", "x", "x", None, "x", None, "x"]),
        (chained_and_annotated, ["a", "c", "d", None, None, "e"]),
        (unpacked, [None, None, None, None]),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_result_has_the_name_of_the_variable_to_which_its_expression_is_assigned(program, names):
    assert names_of(program) == names


def test_of_what_a_module_computes_its_output_has_the_name_however_often_it_is_called():
    class Own(nn.Module):
        def forward(self, x):
            doubled = x * 2.0
            return ad.sin(doubled)

    model = nn.Sequential(nn.Linear(2, 2, rng=0), Own(), nn.Tanh())

    def program(x):
        for _ in range(2):
            h = model(x)
            x = model(h)
        y = model(x)
        for _ in range(2):
            y = model(y)
        return y

    one = [None, "doubled", None]
    names = names_of(program, np.ones((1, 2), "f4"))
    assert names == [n for last in ("h", "x", "h", "x", "y", "y", "y") for n in (*one, last)]


def test_a_derivative_has_the_name_to_which_it_is_assigned_and_its_steps_have_none():
    def function(x):
        wave = ad.sin(x)
        return wave * x

    def program(x):
        slope = ad.grad(function)(x)
        curvature = ad.gradients(slope, x)[0] if slope.ndim else slope * 2.0
        return curvature

    names = names_of(program, ad.Tensor(2.0, requires_grad=True))
    assert names.count("slope") == 1
    assert names.count("wave") == 1
    assert set(names) == {None, "wave", "slope", "curvature"}
    source = ad.draw(program, 2.0).source
    assert source.count("<B>slope</B>") == source.count("<B>wave</B>") == source.count("<B>curvature</B>") == 1


def test_gradients_of_several_inputs_are_not_called_by_the_tuple_s_name():
    def program(x, w):
        both = ad.gradients(ad.sum(x * x * w), [x, w], create_graph=True)
        return ad.sum(both[0]) + ad.sum(both[1])

    assert "both" not in names_of(program)


def test_source_that_cannot_be_read_names_nothing():
    namespace = {"ad": ad}
    exec("def program(x):\n    y = x * 2.0\n    return y", namespace)
    source = ad.draw(namespace["program"], 1.0).source
    assert re.findall(r"<B>(\w+)</B>", source) == ["x"]
