"""What the page will tell: the engine's own numbers and order, a second opinion, and a program left as it was."""
import json
import linecache
import warnings

import numpy as np
import pytest

import autodiff as ad
import nn
from autodiff.drawing.explain.recording import MOST_OPERATIONS, tell
from autodiff.drawing.explain.story import shown


def leaf(value, name=None, dtype=np.float64):
    return ad.Tensor(np.array(value, dtype), requires_grad=True, name=name)


def fan_out(a):
    b = a + a
    c = b + b
    return c


def uneven_diamond(a):
    b = a * 2.0
    m = b * b
    return b + m


def mlp():
    nn.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 1))
    x, y = np.random.randn(8, 2).astype(np.float32), np.random.randn(8, 1).astype(np.float32)
    return model, lambda: nn.functional.mse_loss(model(x), y)


PROGRAMS = {
    "fan-out": (fan_out, lambda: [leaf(1.5)]),
    "uneven diamond": (uneven_diamond, lambda: [leaf(3.0)]),
    "broadcasting": (lambda w, x, b: ad.sum(ad.tanh(x @ w + b) ** 2),
                     lambda: [leaf([[0.5, -1.0], [2.0, 0.25]]), leaf([[1.0, 2.0], [-1.0, 0.5], [0.3, 0.1]]),
                              leaf([0.1, -0.2])]),
    "pieces": (lambda x: ad.sum(ad.logsumexp(ad.stack([x[0], x[1] * x[0]]))),
               lambda: [leaf([[1.0, 2.0], [3.0, -1.0]])]),
    "one array twice": (lambda x: ad.sum(x * x + ad.exp(x)), lambda: [leaf([0.5, -0.5], dtype=np.float32)]),
}  # fmt: skip


def by_name(story):
    return {quantity.name: quantity for quantity in story.quantities}


def numbers(shown):
    return np.array(shown.rows, float)


@pytest.mark.parametrize("name", PROGRAMS)
def test_gradients_are_those_of_backward_and_agree_with_finite_differences(name):
    step, leaves = PROGRAMS[name]
    told, reference = leaves(), leaves()
    story = tell(step, told, None, None)
    step(*reference).backward()
    inputs = [quantity for quantity in story.quantities if quantity.role == "input"]
    assert len(inputs) == len(reference)
    found = {tuple(map(tuple, quantity.value.rows)): quantity.gradient for quantity in inputs}
    for each in reference:
        value = tuple(map(tuple, shown(each.numpy()).rows))
        np.testing.assert_array_equal(numbers(found[value]).ravel(), numbers(shown(each.grad.numpy())).ravel())
    for quantity in story.quantities:
        if quantity.gradient is not None:
            tolerance = 1e-7 if quantity.gradient.dtype == "float64" else 1e-5
            np.testing.assert_allclose(quantity.difference, quantity.gradient.rows, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_step_adds_up_and_arrives_before_its_receiver_is_visited(name):
    step, leaves = PROGRAMS[name]
    story = tell(step, leaves(), None, None)
    waits = {quantity.id: quantity.expects for quantity in story.quantities}
    for each in story.steps:
        if each.kind == "message":
            sender = story.operations[each.operation].result
            assert waits[sender] == 0, "a node was visited before all its messages had arrived"
            waits[each.quantity] -= 1
            own = numbers(each.summed or each.message)
            before = 0 if each.before is None else numbers(each.before)
            np.testing.assert_allclose(numbers(each.total).ravel(), (before + own).ravel(), rtol=1e-6)
    assert set(waits.values()) == {0}


def test_the_naive_walk_gets_six_where_four_is_right():
    story = tell(fan_out, [leaf(1.0)], None, None)
    a = by_name(story)["a"]
    assert numbers(a.gradient) == 4
    assert [numbers(each.total).item() for each in story.naive if each.quantity == a.id][-1] == 6


def test_the_naive_walk_gets_the_uneven_diamond_wrong():
    story = tell(uneven_diamond, [leaf(3.0)], None, None)
    a = by_name(story)["a"]
    right = 2 * (1 + 2 * 6.0)
    assert numbers(a.gradient) == right
    assert [numbers(each.total).item() for each in story.naive if each.quantity == a.id][-1] != right


def test_the_naive_walk_is_cut_short_where_paths_are_many():
    def step(x):
        for _ in range(20):
            x = x + x
        return x

    story = tell(step, [leaf(1.0)], None, None)
    assert "cut short" in story.naive_note
    assert numbers(by_name(story)["x"].gradient) == 2**20


def test_the_update_is_the_optimizers_own_and_changes_nothing():
    model, step = mlp()
    optimizer = nn.Adam(model.parameters(), lr=0.1)
    step().backward()
    optimizer.step()
    before = {name: p.numpy().copy() for name, p in model.named_parameters()}
    grads = {name: p.grad.numpy().copy() for name, p in model.named_parameters()}
    state = json.dumps(optimizer.state_dict(), default=lambda array: np.asarray(array).tolist())
    versions = [p._version and p._version[0] for p in model.parameters()]
    story = tell(step, (), model, optimizer)
    for name, p in model.named_parameters():
        np.testing.assert_array_equal(p.numpy(), before[name])
        np.testing.assert_array_equal(p.grad.numpy(), grads[name])
    assert json.dumps(optimizer.state_dict(), default=lambda array: np.asarray(array).tolist()) == state
    assert [p._version and p._version[0] for p in model.parameters()] == versions
    optimizer.zero_grad()
    step().backward()
    optimizer.step()
    updates = {story.quantities[each.quantity].name: each for each in story.steps if each.kind == "update"}
    assert set(updates) == set(before)
    for name, p in model.named_parameters():
        np.testing.assert_array_equal(np.float32(updates[name].before.rows).ravel(), before[name].ravel())
        np.testing.assert_array_equal(np.float32(updates[name].total.rows).ravel(), p.numpy().ravel())


def test_broadcasting_undone_is_told_with_its_axes():
    step, leaves = PROGRAMS["broadcasting"]
    story = tell(step, leaves(), None, None)
    b = by_name(story)["b"]
    (message,) = [each for each in story.steps if each.kind == "message" and each.quantity == b.id]
    assert (message.message.shape, message.summed.shape, message.axes) == ([3, 2], [2], "axis 0")


def test_variables_assignments_and_parameters_give_the_names():
    def step(x):
        hidden = weight * x
        return ad.sum(hidden)

    weight = leaf([1.0, 2.0])
    assert [quantity.name for quantity in tell(step, [np.array([3.0, 4.0])], None, None).quantities] == [
        "weight", "x", "hidden", "loss",
    ]  # fmt: skip


def test_what_has_no_name_is_called_by_its_argument_or_its_value():
    story = tell(lambda: ad.sum(ad.dropout(leaf([1.0, 2.0]), np.array([0.1, 0.7]), p=0.25) * 3.0), (), None, None)
    assert [quantity.name for quantity in story.quantities if quantity.role != "result"] == ["x", "draws", "3", "loss"]


def test_a_hook_that_changes_a_gradient_is_told_and_runs_as_in_backward():
    def step(x):
        y = x * x
        y.register_hook(lambda g: g * 3)
        return ad.sum(y)

    x = leaf([1.0, 2.0])
    story = tell(step, [x], None, None)
    assert by_name(story)["x"].gradient.rows == [[6.0, 12.0]]
    assert "hook" in [each for each in story.steps if each.kind == "message"][1].note
    assert x.grad is None


def test_local_derivative_and_jacobian_are_those_of_the_rule():
    story = tell(lambda x: ad.sum(x * x), [leaf([1.0, 2.0])], None, None)
    first = story.operations[0].operands[0]
    assert first.local.rows == [[1.0, 2.0]]
    assert first.jacobian == [[1.0, 0.0], [0.0, 2.0]]


def test_large_arrays_are_shown_by_a_corner_with_a_note():
    story = tell(lambda x: ad.sum(x * x), [leaf(np.ones((30, 20)))], None, None)
    gradient = by_name(story)["x"].gradient
    assert len(gradient.rows) == len(gradient.rows[0]) == 8
    assert gradient.note == "the first 8 × 8 of 30 × 20"
    np.testing.assert_allclose(by_name(story)["x"].difference, np.full((8, 8), 2.0), rtol=1e-6)


def test_a_story_is_json_even_with_nan_and_infinity():
    story = tell(lambda x: ad.sum(x * np.array([np.nan, np.inf, 1.0])), [leaf([1.0, 2.0, 3.0])], None, None)
    assert json.loads(json.dumps(story.plain(), allow_nan=False))["quantities"][1]["value"]["rows"] == [["NaN", "∞", 1]]


@pytest.mark.parametrize(
    ("step", "error", "says"),
    [
        (lambda: 3.0, TypeError, "returned a float"),
        (lambda: leaf([1.0, 2.0]) * 2.0, ValueError, "shape \\(2,\\)"),
        (lambda: ad.Tensor(2.0), ValueError, "requires_grad=True"),
        (lambda: sum((leaf(1.0) for _ in range(MOST_OPERATIONS + 2)), leaf(0.0)), ValueError, "smaller example"),
    ],
)
def test_what_cannot_be_explained_is_refused_with_a_reason(step, error, says):
    with pytest.raises(error, match=f"explain: .*{says}"):
        tell(step, (), None, None)


def test_a_graph_from_before_the_step_is_refused():
    before = leaf(2.0) * 3.0
    with pytest.raises(ValueError, match="1 of the 2 operations behind the loss ran before"):
        tell(lambda: before * before, (), None, None)


def test_a_loss_whose_arrays_the_step_released_is_refused():
    def step(x, **settings):
        loss = ad.sum(x * x)
        loss.backward(**settings)
        return loss

    with pytest.raises(ValueError, match=r"explain: the step walked back .* before its backward"):
        tell(step, [leaf([1.0, 2.0])], None, None)
    told = tell(lambda x: step(x, retain_graph=True), [leaf([1.0, 2.0])], None, None)
    assert by_name(told)["x"].gradient.rows == [[2.0, 4.0]]


def test_an_optimizer_of_other_parameters_is_refused():
    with pytest.raises(ValueError, match="none of the parameters"):
        tell(fan_out, [leaf(1.0)], None, nn.SGD([nn.Parameter(1.0)], lr=0.1))


def test_parameters_that_are_none_are_refused_in_the_name_of_explain(tmp_path):
    with pytest.raises(TypeError, match=r"^explain: params gave a str"):
        ad.explain(lambda: ad.Tensor(1.0, requires_grad=True) * 2.0, params=["w"], path=tmp_path / "step.html")
    assert not list(tmp_path.iterdir())


def test_a_product_too_large_to_run_again_often_says_so_and_what_is_cheap_is_computed():
    x, w, b = np.ones((500, 2000)), leaf(np.full((2000, 100), 1e-3), "w"), leaf(np.zeros(100), "b")
    story = tell(lambda: ad.mean(ad.matmul(x, w) + b), (), None, None)
    found = {quantity.name: quantity for quantity in story.quantities}
    assert "too large" in found["w"].difference_note
    assert found["w"].difference is None
    np.testing.assert_allclose(found["b"].difference, found["b"].gradient.rows, rtol=1e-6)


def test_running_again_warns_of_nothing():
    def step(a):
        with np.errstate(all="ignore"):
            return ad.log(a) * 2.0

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tell(step, (leaf(-1.0),), None, None)


@pytest.mark.parametrize("file", ["/tmp/ipykernel_7/236945.py", "<ipython-input-3-2b9f>", "C:\\ipykernel_8\\1.py"])
def test_a_line_of_a_notebook_is_one_of_a_cell(file):
    text = "def step(a):\n    b = a + a\n    return b * b\n"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    namespace = {}
    exec(compile(text, file, "exec"), namespace)
    lines = tell(namespace["step"], (leaf(1.0),), None, None).lines
    assert [f"{line.file}:{line.number} {line.text}" for line in lines] == ["cell:2 b = a + a", "cell:3 return b * b"]
    source = ad.draw(namespace["step"], leaf(1.0)).source
    assert "cell:2" in source
    assert "ipy" not in source


def test_a_name_cannot_turn_round_what_is_written_beside_it():
    story = tell(lambda a, b: a * b, (leaf(2.0, "a\u202eevil"), leaf(3.0, "\u05d0\u05d1")), None, None)
    assert [quantity.name for quantity in story.quantities[:2]] == ["a\\u202eevil", "\u2068\u05d0\u05d1\u2069"]
