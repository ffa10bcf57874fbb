"""`draw(function, ...)`: it runs and is walked back, its arguments have names, and everything is as it was before."""
import re

import numpy as np
import pytest

import autodiff as ad
import nn
from autodiff.drawing.boxes import symbol_text
from autodiff.drawing.formulas import derivative
from tests.autodiff.drawing.programs import lines_of


def box_of(source, name):
    return next(line for line in lines_of(source, "t") if f">{name}<" in line)


def test_a_function_s_arguments_are_named_and_everything_is_shown():
    source = ad.draw(lambda x, w: ad.tanh(x * w).sum(), np.array([1.0, 2.0]), 0.5).source
    assert ">[1, 2]<" in box_of(source, "x")
    slope = np.sum(np.array([1.0, 2.0]) * (1 - np.tanh([0.5, 1.0]) ** 2))
    assert f">{slope:.4g}<" in box_of(source, "w")
    assert "not kept" not in source


def test_numbered_arguments_are_named_too():
    source = ad.draw(lambda first, *rest: first * rest[0] + rest[1], 1.0, 2.0, 3.0).source
    assert all(box_of(source, name) for name in ("first", "rest[0]", "rest[1]"))


def test_with_params_arguments_are_data():
    model = nn.Linear(2, 1, rng=0)
    source = ad.draw(lambda points: model(points).sum(), np.ones((3, 2), "f4"), params=model).source
    assert "constant" in box_of(source, "points")
    assert "parameter" in box_of(source, "weight")


def test_a_module_is_a_function_and_names_its_parameters():
    source = ad.draw(nn.MLP([2, 3, 1], rng=0), np.ones((4, 2), "f4")).source
    assert box_of(source, "0.weight")
    assert "dir=back" not in source  # four outputs: nothing to walk back from


def state(tensors):
    return [
        (
            t.data.tobytes(), id(t.data), id(t.grad), t.grad is not None and t.grad.data.tobytes(),
            t._version[0] if t._version else 0, t.grad is not None and t.grad._version and t.grad._version[0],
        )
        for t in tensors
    ]  # fmt: skip


@pytest.mark.parametrize("walked", [False, True])
def test_what_a_function_changes_is_put_back(walked):
    model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.BatchNorm1d(3), nn.Linear(3, 1, rng=0))
    optimizer = nn.SGD(model.parameters(), lr=0.1, momentum=0.9)
    x = ad.Tensor(np.arange(8.0, dtype="f4").reshape(4, 2), requires_grad=True, name="x")
    closed_over = ad.Tensor(np.float32(2.0), requires_grad=True)
    if walked:
        (model(x).sum() * closed_over).backward()
    tensors = [x, closed_over, *model.parameters(), *model.buffers()]

    def step(x):
        loss = (model(x) * closed_over).sum()
        loss.backward()
        optimizer.step()
        x.data += 1.0
        return loss

    before = state(tensors)
    source = ad.draw(step, x, params=model).source
    assert state(tensors) == before
    assert "dir=back" in source
    assert ad.draw(step, x, params=model).source == source


def test_a_function_that_only_returns_its_loss_is_walked_back_without_any_grad():
    w = ad.Tensor([1.0, 2.0], requires_grad=True, name="w")
    with ad.no_grad():
        source = ad.draw(lambda: (w * w).sum()).source
    assert ">[2, 4]<" in box_of(source, "w")
    assert w.grad is None


def test_a_function_that_fails_leaves_everything_as_it_was():
    w = ad.Tensor([1.0, 2.0], requires_grad=True, name="w")

    def fails(w):
        (w * w).sum().backward()
        raise ArithmeticError("no")

    with pytest.raises(ArithmeticError, match="no"):
        ad.draw(fails, w)
    assert w.grad is None


def test_a_second_derivative_is_drawn_by_the_same_call():
    source = ad.draw(lambda x: ad.gradients(x * x * x, x, create_graph=True)[0], 2.0).source
    assert ">12<" in box_of(source, "x")


@pytest.mark.parametrize(
    ("function", "args", "error", "said"),
    [
        (lambda x: 3.0, (1.0,), TypeError, "returned a float"),
        (lambda x: x * x, (3,), TypeError, r"returned a int.*None of its arguments is a Tensor.*2\.0, not 2"),
        (lambda x: x * x, (np.ones(2, dtype=complex),), TypeError, "returned a ndarray.*complex numbers"),
        (lambda xs: xs[0] * 2, ([np.ones(2)],), TypeError, "within lists and dicts are not"),
        (lambda x: 3.0, (1.0,), TypeError, r"usually a loss\.$"),
        (nn.Linear, (), TypeError, "Linear cannot be called"),
        (lambda x: x * 2, (ad.Tensor(1.0),), RuntimeError, "requires grad"),
        (lambda x: x, (1.0, 2.0), TypeError, "cannot be called with the 2 given"),
    ],
)
def test_functions_that_cannot_be_drawn_are_refused(function, args, error, said):
    with pytest.raises(error, match=said):
        ad.draw(function, *args)


def test_results_have_the_names_that_the_source_gives_them():
    def program(x, w):
        hidden = ad.tanh(x * w + 1.0)
        hidden = hidden * 2.0
        return ad.sum(hidden)

    source = ad.draw(program, np.array([1.0, 2.0]), 0.5).source
    assert source.count("<B>hidden</B>") == 2
    assert source.count("<B>") == 4 + source.count("<B>+</B>")
    with ad.record():
        named = ad.Tensor(2.0, requires_grad=True) * 3.0
        named.name = "its own"
    assert "<B>named</B>" not in ad.draw(named).source


# Gradients on their way.


def flows(source):
    return re.findall(r"^  ([tos]\d+) -> ([tos]\d+) \[dir=back.*?style=(\w+).*?penwidth=([\d.]+)(.*)\];$", source, re.M)


def test_every_message_is_an_edge_and_meets_the_others_in_a_sum():
    def program(a):
        b = a + a
        return b + b

    source = ad.draw(program, 3.0).source
    assert len(re.findall(r"^ *s\d+ \[shape=circle", source, re.M)) == 2
    assert ">2 + 2 = 4<" in source
    assert ">1 + 1 = 2<" in source
    assert len(flows(source)) == 2 + 2 + 2 + 2  # messages, what leaves the sums, what enters the operations
    assert ">4<" in box_of(source, "a")
    without = ad.draw(program, 3.0, gradients=False).source
    assert "dir=back" not in without
    assert "shape=circle, style=filled, fillcolor=\"#ffffff\"" not in without


def test_a_broadcast_that_is_undone_has_a_badge():
    source = ad.draw(lambda x, b: (x + b).sum(), np.ones((4, 3)), np.ones(3)).source
    assert ">Σ axis 0: (4, 3) → (3,)<" in source
    assert "broadcasting undone" in source
    assert ">[4, 4, 4]<" in box_of(source, "b")


def test_dead_paths_and_trouble_are_told_by_line_and_by_word():
    with np.errstate(all="ignore"):
        source = ad.draw(lambda x: ad.relu(x).sum(), np.array([-1.0, -2.0])).source
        assert any(style == "dotted" and "[0, 0]" in rest for *_, style, _, rest in flows(source))
        assert "dead path" in source
        assert "NaN or inf" not in source
        source = ad.draw(lambda x: ad.sqrt(x).sum(), np.array([0.0, 4.0])).source
        assert any(style == "solid" and "[inf, 0.25]" in rest for *_, style, _, rest in flows(source))
        assert "NaN or inf" in source


def test_lines_are_wider_where_the_norm_is_larger():
    widths = [
        max(float(width) for *_, width, _ in flows(ad.draw(lambda x, f=factor: x * f, 1.0).source))
        for factor in (1.0, 10.0, 1000.0)
    ]
    assert widths == sorted(set(widths))


def test_gradients_are_those_of_the_output_and_not_of_another_walk():
    x = ad.Tensor(3.0, requires_grad=True, name="x")
    with ad.record():
        shared = x * 2.0
        first, second = shared * 5.0, shared * 7.0
        first.backward(retain_graph=True)
        second.backward()
    assert float(x.grad.data) == 24.0
    assert ">10<" in box_of(ad.draw(first).source, "x")
    assert ">14<" in box_of(ad.draw(second).source, "x")
    assert ">.grad  <" not in ad.draw(second).source


def test_a_stored_gradient_is_called_what_it_is():
    x = ad.Tensor(3.0, requires_grad=True, name="x")
    (x * x).backward()
    source = ad.draw(x * 5.0).source
    assert ">.grad  <" in box_of(source, "x")
    assert "what the Tensor holds" in source
    assert "gradient of the output" not in source


def test_edges_say_the_local_derivative_in_the_operands_names():
    source = ad.draw(lambda x, w: ad.exp(x * w), 2.0, 3.0).source
    labels = [rest for *_, rest in flows(source)]
    assert any(">∂ = w<" in label and ">1210<" in label for label in labels)
    assert any(">∂ = x<" in label for label in labels)
    assert any(">∂ = out<" in label for label in labels)
    assert "local derivative" in source


def test_unnamed_operands_are_numbers_or_are_told_apart_on_the_arrows():
    scalars = ad.draw(lambda x: (x * 2.0) * (x * 5.0), 1.0).source
    assert "∂ = 5<" in scalars
    arrays = ad.draw(lambda x: ((x * 2.0) * (x * 5.0)).sum(), np.ones(2)).source
    assert 'label="   y"' in arrays
    assert ">∂ = y<" in arrays


def test_names_in_formulas_are_escaped():
    x, w = ad.Tensor(2.0, requires_grad=True, name="<b>&\\N"), ad.Tensor(3.0, requires_grad=True, name="w")
    source = ad.draw(lambda: x * w).source
    assert ">∂ = &lt;b&gt;&amp;&#92;&#92;N<" in source


def test_every_primitive_has_a_formula_whose_signs_are_in_the_fonts_of_a_png():
    looked_at = set("²·¹Σπσᵀḡ…⁻−√≤≥∂")
    texts = {
        symbol_text(derivative(primitive, i, {}).local().text())
        for primitive in ad.REGISTRY.values()
        for i, rule in enumerate(primitive.rules)
        if rule is not None
    }
    signs = {sign for text in texts for sign in text if not sign.isascii()}
    assert signs <= looked_at, "draw them to a PNG, look, and add them here"


def test_arrays_that_are_kept_for_the_backward_pass_say_their_bytes():
    x = ad.Tensor(np.ones(10), requires_grad=True, name="x")
    hidden = ad.tanh(x)
    hidden.name = "hidden"
    out = ad.sum(hidden)
    source = ad.draw(out, params={"hidden": hidden}).source
    assert ">kept 80 B<" in box_of(source, "hidden")
    assert ">kept" not in box_of(source, "x")
    assert "held for the backward pass" in source
    out.backward()
    assert ">kept" not in ad.draw(out).source  # released


def test_larger_arrays_have_a_strip_of_cells_from_low_to_high():
    source = ad.draw(lambda x: ad.sum(x * 2.0), np.arange(24.0)).source
    cells = re.findall(r'BGCOLOR="(#\w{6})" WIDTH="10"', box_of(source, "x"))
    assert len(cells) == 12
    assert cells == sorted(cells, reverse=True)
    assert "light to dark" in source
    without = ad.draw(lambda x: ad.sum(x * 2.0), np.arange(24.0), values=False).source
    assert 'WIDTH="10"' not in without
    assert "low to high" not in without


def test_a_long_formula_is_wrapped_and_all_of_it_is_in_the_tooltip():
    source = ad.draw(lambda x: ad.gelu(x).sum(), np.array([1.0, 2.0])).source
    (edge,) = (line for line in source.splitlines() if "erf" in line)
    whole = "∂ = 0.5 · (1 + erf(x · 1/√2)) + x · exp(−0.5 · x²) · 1/√(2π)"
    assert f'tooltip="{whole}   ' in edge
    first, second = re.findall(r'<TD><FONT POINT-SIZE="9" COLOR="#\w+">([^<]*)</FONT></TD></TR>', edge)[:2]
    assert f"{first} {second}".removesuffix(" …") in whole
    assert max(len(first), len(second)) <= 36


@pytest.mark.parametrize("as_given", [np.asarray, lambda x: ad.Tensor(x, name="x")])
def test_data_that_is_used_three_times_is_one_box(as_given):
    w = ad.Tensor(np.eye(3), requires_grad=True)

    def program(x):
        h = x @ w
        return ad.sum((h + x) * (h - x))

    source = ad.draw(program, as_given(np.arange(6.0).reshape(2, 3)), params={"w": w}).source
    assert source.count("<B>x</B>") == 1
    assert len(re.findall(r"^ *t0 -> o\d", source, re.MULTILINE)) == 3


def test_data_that_has_changed_between_its_uses_is_a_box_for_each_value():
    w, x = ad.Tensor(2.0, requires_grad=True), ad.Tensor(3.0, name="x")

    def program():
        first = w + x
        x.data = np.array(4.0)
        return first + x

    assert ad.draw(program, params={"w": w}).source.count("<B>x</B>") == 2
