"""What a drawing shows, that any graph and any name can be drawn, and that drawing changes nothing."""
import gc
import re
import weakref
from collections import OrderedDict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff as ad
from autodiff.drawing import picture, render
from autodiff.drawing.boxes import symbol_text
from autodiff.drawing.dot import dot_text
from autodiff.drawing.effort import effort
from autodiff.drawing.escaping import LONGEST_NAME, printable
from autodiff.drawing.extract import extract
from autodiff.drawing.options import Options
from autodiff.drawing.parts import Box, Circle, Picture
from tests.autodiff.drawing.programs import lines_of, names, nodes_of, programs, texts_of

needs_dot = pytest.mark.skipif(
    render.system_dot() is None and render.packaged_dot() is None, reason="neither dot nor graphviz-pure is here"
)


def leaf(value, name=None):
    return ad.Tensor(value, requires_grad=True, name=name)


def box_of(source, text):
    """The one box whose label holds a text."""
    found = [line for line in lines_of(source, "t") if f">{text}<" in line]
    assert len(found) == 1, (text, found)
    return found[0]


# Any graph.


@given(programs)
def test_any_graph_draws_every_node_and_every_edge_once(program):
    out, leaves = program.run()
    nodes = nodes_of(out)
    source = ad.draw(out, params=leaves).source
    assert len(lines_of(source, "o")) == len(nodes)
    edges = re.findall(r"^  [to]\d+ -> [to]\d+\b(?! .dir=back).*;$", source, re.MULTILINE)
    assert len(edges) == sum(len(node.parents) + 1 for node in nodes)
    assert len(set(re.findall(r"^ *([to]\d+) \[", source, re.MULTILINE))) == len(nodes) + len(lines_of(source, "t"))


@needs_dot
@given(programs, st.sampled_from(["LR", "TB"]), st.booleans(), st.booleans(), st.booleans())
def test_any_graph_is_valid_dot_and_shows_the_parameters_names(program, direction, values, gradients, shapes):
    out, leaves = program.run()
    drawing = ad.draw(
        out, params=leaves, direction=direction, values=values, gradients=gradients, shapes=shapes
    )
    texts = texts_of(drawing.pipe("svg"))
    reached = {id(p) for node in nodes_of(out) for p in node.parents} | {id(out)}
    for name, tensor in leaves.items():
        if id(tensor) in reached:
            assert printable(name) in texts


@given(programs)
def test_drawing_twice_and_running_twice_give_the_same_text(program):
    (out, leaves), (again, others) = program.run(), program.run()
    source = ad.draw(out, params=leaves).source
    assert ad.draw(out, params=leaves).source == source
    assert re.sub(r"test_draw.py:\d+", "", ad.draw(again, params=others).source) == source


@given(programs)
def test_drawing_changes_nothing(program):
    out, leaves = program.run()

    def state():
        nodes = [
            (
                node.parents, node.static, node.scope, id(node.kept), [id(each) for each in node.kept or ()],
                [(id(cell), cell[0], then) for cell, then, _ in node.versions], list(node.hooks or ()),
                node.trace and [id(message) for message in node.trace.messages],
            )
            for node in nodes_of(out)
        ]  # fmt: skip
        tensors = [
            (t.data.tobytes(), id(t.grad), t.grad is not None and t.grad.data.tobytes(), t._version, t._hooks, t.name)
            for t in [out, *leaves.values()]
        ]
        return nodes, tensors

    before = state()
    ad.draw(out, params=leaves)
    assert repr(state()) == repr(before)


def test_a_drawing_does_not_keep_the_graph_alive():
    x = leaf([1.0, 2.0])
    y = ad.tanh(x)
    node = weakref.ref(y.node)
    gc.disable()
    try:
        drawing = ad.draw(y)
        del y
        assert node() is None
    finally:
        gc.enable()
    assert "tanh" in drawing.source


# Names.


@needs_dot
@given(st.lists(st.one_of(names, st.text(max_size=2 * LONGEST_NAME)), min_size=1, max_size=4, unique=True))
def test_any_name_comes_out_as_it_is(given_names):
    leaves = {name: leaf(1.0) for name in given_names}
    total = np.stack(list(leaves.values())).sum()
    texts = texts_of(ad.draw(total, params=leaves).pipe("svg"))
    for name in map(printable, given_names):
        if len(name) <= LONGEST_NAME:
            assert not name or name in texts
        else:
            assert any(each.startswith(name[:20]) and "…" in each for each in texts)


@needs_dot
@given(st.lists(names.map(lambda name: name.replace("/", "")[:9]).filter(bool), min_size=1, max_size=3))
def test_any_scope_is_a_cluster_within_its_parent(parts):
    x = leaf(1.0)
    with ad.scope("/".join(parts)):
        y = x * x
    drawing = ad.draw(y)
    texts = texts_of(drawing.pipe("svg"))
    assert drawing.source.count("subgraph cluster_") == len(parts)
    assert all(printable(part) in texts for part in parts)


@needs_dot
def test_every_primitive_s_symbol_comes_out():
    primitives = list(ad.REGISTRY.values())
    circles = [Circle(f"o{i}", p.name, p.symbol, (), ()) for i, p in enumerate(primitives)]
    source = dot_text(Picture(list(circles)), Options("LR", True, True, True))
    texts = texts_of(render.render(source, "svg"))
    for primitive in primitives:
        assert set(symbol_text(primitive.symbol).split()) <= set(texts)


def test_every_primitive_s_symbol_is_in_the_fonts_of_a_png():
    looked_at = set("−×÷²³¹⁻·√εμσΣΠᵀ‖…")
    signs = {sign for primitive in ad.REGISTRY.values() for sign in symbol_text(primitive.symbol) if not sign.isascii()}
    assert signs <= looked_at, "draw them to a PNG, look, and add them here or to symbol_text"


def test_names_come_from_a_module_a_mapping_pairs_or_the_tensor():
    class Scale:
        def __init__(self):
            self.factor = leaf(2.0)

        def named_parameters(self):
            yield "factor", self.factor

    module = Scale()
    for params in (module, module.named_parameters(), {"factor": module.factor}, [("factor", module.factor)]):
        source = ad.draw(module.factor * leaf(3.0, "x"), params=params).source
        assert 'peripheries=2' in box_of(source, "factor")
        assert 'peripheries=1' in box_of(source, "x")


def test_a_computed_tensor_that_is_named_is_shown_with_its_value():
    x = leaf(3.0, "x")
    hidden = x + 4.0
    out = hidden + 1.0
    assert ">7<" not in ad.draw(out).source
    assert ">7<" in box_of(ad.draw(out, params={"hidden": hidden}).source, "hidden")


@pytest.mark.parametrize("params", [[leaf(1.0)], {"w": np.ones(2)}, {1: leaf(1.0)}, 5, ["w"], [("w", leaf(1.0), 3)]])
def test_names_that_are_no_names_are_refused(params):
    with pytest.raises(TypeError, match="named_parameters"):
        ad.draw(leaf(1.0) * 2.0, params=params)


# Contents.


def test_a_scalar_expression_shows_names_values_and_gradients():
    x, w = leaf(2.0, "x"), leaf(-3.0, "w")
    with ad.record():
        loss = ad.square(x * w + 1.0)
        loss.backward()
    source = ad.draw(loss, params={"w": w}).source
    assert all(f">{text}<" in box_of(source, "w") for text in ("-3", "-20", "scalar float64"))
    assert all(f">{text}<" in box_of(source, "x") for text in ("2", "30"))
    assert ">-10<" in box_of(source, "-6")  # the intermediate product, and its cotangent
    assert ">1<" in box_of(source, "25")
    assert [re.search(r">([^<>]+)</FONT>>\];", line)[1] for line in lines_of(source, "o")] == ["×", "+", "x²"]


def test_roles_are_told_apart_by_border_and_corner():
    x, w = leaf([1.0, 2.0], "x"), leaf([3.0, 4.0], "w")
    with ad.record():
        out = ad.sum(x * w * 2.0)
    boxes = lines_of(ad.draw(out, params={"w": w}).source, "t")
    looks = [re.search(r"style=\"(.*?)\".*(penwidth=\S+ peripheries=\d)", line).groups() for line in boxes]
    assert len(boxes) == 6
    assert len(set(looks)) == 5  # both intermediate results look alike


def test_larger_arrays_are_summarised_and_trouble_is_named():
    x = leaf(np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, np.nan, np.inf, -np.inf]), "x")
    box = box_of(ad.draw(ad.sum(x)).source, "x")
    assert all(f">{text}<" in box for text in ("min", "mean", "max", "  1", "  3.5", "  6", "1 NaN, 2 inf"))


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (np.zeros((0, 3)), "empty"),
        (np.array(np.nan), "nan"),
        (np.array([[1.5, 2.0], [3.0, np.inf]]), " [3, inf]]"),
        (np.full(7, np.nan), "7 NaN"),
        (np.array([1e300, -1e300]), "[1e+300, -1e+300]"),
        (np.full(9, np.finfo("f8").max), "  1.8e+308"),
        (np.full(9, 6e4, "f2"), "  6e+04"),
        (np.array([1, 2], "g"), "[1, 2]"),
    ],
)
def test_unusual_values_are_written(array, text):
    assert f">{text}<" in box_of(ad.draw(ad.neg(leaf(array, "x"))).source, "x")


@pytest.mark.parametrize("constant", [3, 2.5, True, np.int8(3), np.arange(3), np.array([True, False, True]), np.eye(3)])
def test_constants_of_any_dtype_are_drawn_when_recorded(constant):
    with ad.record():
        out = ad.where(constant, leaf(1.0), 2.0)
    source = ad.draw(out).source
    assert ">not kept<" not in source
    if np.size(constant) == 3:
        assert f">{np.asarray(constant).dtype}<" in source.replace("(3,) ", "")


def test_what_the_graph_did_not_keep_is_marked():
    x = leaf([1.0, 2.0], "x")
    out = ad.tanh(x + np.array([5.0, 6.0])) + 1.0
    source = ad.draw(out).source
    assert source.count(">not kept<") == 2  # the operands of both additions
    assert sum("dashed" in line for line in lines_of(source, "t")) == 3  # and their sum; tanh keeps its result
    assert "dashed: value not kept" in source
    with ad.record():
        out = ad.tanh(x + np.array([5.0, 6.0])) + 1.0
    source = ad.draw(out).source
    assert "dashed" not in source.replace("ROUNDED,DASHED", "")
    assert ">[5, 6]<" in source


def test_a_constant_that_is_kept_twice_is_drawn_once():
    x, c = leaf([1.0, 2.0]), ad.Tensor([3.0, 4.0])
    assert len(lines_of(ad.draw(x * c * c).source, "t")) == 4


def test_a_leaf_that_was_changed_since_says_so_unless_its_value_was_recorded():
    def drawn(context):
        w = leaf([1.0, 2.0], "w")
        with context:
            out = ad.sum(w * w)
        with ad.no_grad():
            w.data -= 1.0
        return box_of(ad.draw(out).source, "w")

    changed = drawn(ad.enable_grad())
    assert ">[0, 1]<" in changed
    assert "changed since" in changed
    recorded = drawn(ad.record())
    assert ">[1, 2]<" in recorded
    assert "changed since" not in recorded


def test_an_intermediate_value_that_was_changed_since_is_not_shown():
    hidden = leaf(3.0, "x") * 2.0
    out = ad.square(hidden)
    assert "dashed" not in ad.draw(out).source
    hidden.data -= 1.0
    assert sum("dashed" in line for line in lines_of(ad.draw(out).source, "t")) == 1


def test_retained_gradients_of_computed_tensors_are_shown():
    x = leaf(3.0, "x")
    hidden = x * x
    hidden.name = "hidden"
    hidden.retain_grad()
    out = hidden * 5.0
    out.backward()
    assert ">5<" in box_of(ad.draw(out).source, "hidden")


def test_the_gradient_of_the_last_recorded_walk_is_shown():
    with ad.record():
        x = leaf(3.0, "x")
        hidden = x * x
        out = hidden * 5.0
        out.backward(2.0, retain_graph=True)
        out.backward(-1.0)
    assert ">-5<" in box_of(ad.draw(out).source, "9")


def test_values_gradients_and_shapes_can_be_left_out():
    x = leaf([1.0, 2.0], "x")
    out = ad.sum(x * x)
    out.backward()
    everything = {"values": ">[1, 2]<", "gradients": ">[2, 4]<", "shapes": "(2,) float64</FONT>"}
    for option, text in everything.items():
        assert text in ad.draw(out).source
        source = ad.draw(out, **{option: False}).source
        assert text not in source
        assert all(other in source for other in everything.values() if other != text)


def test_settings_that_are_no_defaults_and_arguments_of_different_parts_are_named():
    x = leaf(np.ones((2, 3)), "x")
    source = ad.draw(ad.sum(x, axis=1)).source
    assert ">axis=1<" in source
    assert "keepdims" not in source
    assert 'label="y"' in ad.draw(x - 1.0, direction="LR").source
    assert 'label="   y"' in ad.draw(x - 1.0).source
    assert not re.search(r'label=" *y"', ad.draw(x + 1.0).source)


def test_recorded_operations_say_where_they_were_called():
    with ad.record():
        out = ad.tanh(leaf(1.0))
    tooltip = re.search(r'tooltip="(tanh.*?)", label', ad.draw(out).source)[1]
    assert "test_draw.py:" in tooltip
    assert "out = ad.tanh(leaf(1.0))" in tooltip
    assert "/" not in tooltip


def test_scopes_are_nested_clusters_that_hold_their_parameters():
    x, w, shared = leaf([1.0]), leaf([2.0], "w"), leaf([3.0], "shared")
    with ad.scope("net"):
        with ad.scope("0"):
            h = x * w + shared
        with ad.scope("1"):
            h = ad.tanh(h) * shared
    lines = ad.draw(ad.sum(h), params=OrderedDict(w=w, shared=shared)).source.splitlines()

    def clusters(text):
        """The labels of the clusters around the line that holds a text."""
        stack = []
        for line in lines:
            if "subgraph" in line:
                stack.append("")
            elif line.strip().startswith("label=<<FONT") and stack and not stack[-1]:
                stack[-1] = re.search(r">([^<>]+)</FONT>", line)[1]
            elif re.search(r"^ *t\d+ \[", line) and f"<B>{text}</B>" in line:
                return stack
            elif line.strip() == "}" and stack:
                stack.pop()
        return None

    assert clusters("w") == ["net", "0"]
    assert clusters("shared") == ["net"]


@needs_dot
def test_a_second_derivative_s_graph_is_drawn():
    x = leaf(2.0, "x")
    y = x * x * x
    y.backward(create_graph=True)
    drawing = ad.draw(x.grad)
    assert ">12<" in box_of(drawing.source, "x")
    assert len(lines_of(drawing.source, "o")) == len(nodes_of(x.grad))
    assert "12" in texts_of(drawing.pipe("svg"))


@pytest.mark.parametrize("tensor", [leaf([1.0, 2.0], "x"), ad.Tensor([1.0, 2.0], name="x"), ad.Tensor(3, name="x")])
def test_a_leaf_alone_is_one_box(tensor):
    source = ad.draw(tensor).source
    assert len(lines_of(source, "t")) == 1
    assert not lines_of(source, "o")
    assert ">x<" in source


def test_the_legend_explains_what_is_there_and_nothing_else():
    x = leaf(2.0, "x")
    source = ad.draw(x * x).source
    assert "input: a leaf" in source
    assert "output" in source
    assert not any(word in source for word in ("parameter", "no gradient", "intermediate", "not kept", "grad:"))


# Limits and mistakes.


def chain(operations):
    y = leaf(np.ones(10))
    for _ in range(operations):
        y = y * 1.0001
    return y


def test_five_thousand_operations_are_written_and_their_lines_have_no_labels():
    source = ad.draw(chain(5000)).source
    assert len(lines_of(source, "o")) == 5000
    assert "lines have no labels" in source
    with pytest.raises(ValueError, match="more than 5000 operations"):
        ad.draw(chain(5001))


@pytest.fixture
def no_layout(monkeypatch):
    """Fails the test if Graphviz is started."""

    def started(source, format):
        raise AssertionError("a layout was begun")

    monkeypatch.setattr(picture, "render", started)


@pytest.mark.parametrize("format", ["svg", "png", "pdf"])
def test_a_layout_that_would_take_too_long_is_not_begun_and_the_text_is_still_there(no_layout, tmp_path, format):
    drawing = ad.draw(recurrent(1000))
    with pytest.raises(ValueError, match=r"\d,\d+ operations.*no modules.*autodiff\.scope.*max_nodes=\d+ insists.*dot"):
        drawing.save(tmp_path / f"graph.{format}")
    assert not list(tmp_path.iterdir())
    assert drawing.pipe("dot").decode() == drawing.source
    assert "longer than 10 s" in drawing._repr_mimebundle_()["text/plain"]


def recurrent(operations):
    """Weights that every step uses: their lines pass all other steps."""
    w, h = leaf(np.eye(2), "w"), leaf(np.ones((1, 2)))
    for _ in range(operations // 2):
        h = ad.tanh(h @ w)
    return h


def test_who_insists_gets_a_layout_however_long_it_takes(no_layout):
    with pytest.raises(AssertionError, match="begun"):
        ad.draw(recurrent(1000), max_nodes=1000).pipe("svg")


def test_the_modules_to_collapse_are_named(no_layout):
    y = leaf(np.ones(2))
    weight = leaf(2.0)
    for block in ("encoder", "decoder"):
        with ad.scope(block):
            for _ in range(600):
                y = ad.tanh(y * weight)
    with pytest.raises(ValueError, match=r"depth=0 leaves 0 levels open.*encoder \(1,200\), decoder \(1,200\)"):
        ad.draw(y, depth=1).pipe("svg")
    with pytest.raises(AssertionError, match="begun"):
        ad.draw(y, depth=0).pipe("svg")


def test_what_takes_long_is_told_from_lines_that_pass_others():
    short, long = (effort(extract(program(300), [], np.inf), True, labels=False) for program in (chain, recurrent))
    assert long > 5 * short


def test_five_thousand_recorded_operations_after_each_other_are_laid_out(no_layout):
    def program(x):
        for _ in range(5000):
            x = ad.sin(x)
        return x

    with pytest.raises(AssertionError, match="begun"):
        ad.draw(program, 1.0).pipe("svg")


def test_seventy_sums_of_one_input_are_not_laid_out(no_layout):
    """Their lines pass so many ranks that Graphviz needs more than 10 s."""
    x = y = leaf(1.0)
    for _ in range(70):
        y = y + x
    with pytest.raises(ValueError, match="longer than 10 s"):
        ad.draw(y).pipe("svg")


def test_too_large_a_graph_says_what_to_do():
    y = leaf(1.0)
    for _ in range(30):
        y = y + 1.0
    with pytest.raises(ValueError, match=r"more than 29 operations.*depth=0.*smaller example.*max_nodes"):
        ad.draw(y, max_nodes=29)
    assert ad.draw(y, max_nodes=30)


def test_mistakes_are_refused():
    with pytest.raises(TypeError, match="needs a Tensor"):
        ad.draw(np.ones(2))
    with pytest.raises(TypeError, match=r"got a Tensor and 1 argument"):
        ad.draw(leaf(1.0), 2.0)
    with pytest.raises(ValueError, match="left to right"):
        ad.draw(leaf(1.0), direction="RL")
    with pytest.raises(ValueError, match="light, dark or print"):
        ad.draw(leaf(1.0), theme=["dark"])


def test_the_parts_of_a_picture_can_be_asked_for():
    picture = Picture([Box("t0", "input"), Circle("o0", "add", "+", (), ())])
    assert [part.id for part in picture.boxes + picture.circles] == ["t0", "o0"]
