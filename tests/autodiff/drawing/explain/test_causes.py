"""Where a gradient and the finite difference beside it differ, the page says why; where they agree, it does not."""
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff as ad
from autodiff.drawing.explain.recording import tell


def leaf(value, dtype=np.float64):
    return ad.Tensor(np.array(value, dtype), requires_grad=True)


def notes(step, *leaves):
    with np.errstate(all="ignore"):
        story = tell(step, leaves, None, None)
    return {q.name: q.difference_note for q in story.quantities if q.gradient is not None}


@pytest.fixture
def declared():
    """Primitives of the test's own, forgotten afterwards."""
    before = dict(ad.REGISTRY)
    yield lambda name, forward, *rules: ad.primitive(forward, name=name).vjp(*rules)
    ad.REGISTRY.clear()
    ad.REGISTRY.update(before)


def hooked(x):
    y = x * x
    y.register_hook(lambda g: g * 3.0)
    return ad.sum(y * 2.0)


def test_a_hook_that_changes_the_gradient_is_named():
    found = notes(hooked, leaf([1.0, 2.0]))
    assert found["x"] == found["y"]
    assert found["x"].startswith("A hook on y changed the gradient")
    assert found["loss"] == ""


def test_a_hook_on_a_leaf_is_named():
    x = leaf([1.0, 2.0])
    x.register_hook(lambda g: g * 2.0)
    assert notes(lambda x: ad.sum(x * x), x)["x"].startswith("A hook on x")


def test_a_hook_that_only_looks_is_no_cause():
    x = leaf([1.0, 2.0])
    x.register_hook(lambda g: None)
    assert set(notes(lambda x: ad.sum(x * x), x).values()) == {""}


@pytest.mark.parametrize(
    ("step", "value", "primitive", "sides", "gives"),
    [
        (ad.relu, 0.0, "relu", "0 and 3", "0"),
        (lambda x: ad.max(x), [1.0, 1.0, 1.0], "max", "0 and 3", "1"),
        (lambda x: ad.sum(ad.clip(x, -1.0, 1.0)), [1.0, 0.0], "clip", "3 and 0", "3"),
        (lambda x: ad.maximum(ad.relu(x), -1.0), 0.0, "relu", "0 and 3", "0"),
        (lambda x: ad.leaky_relu(x), 0.0, "leaky_relu", "0.03 and 3", "0.03"),
    ],
)
def test_a_kink_is_found_with_the_slopes_on_both_sides(step, value, primitive, sides, gives):
    note = notes(lambda x: step(x) * 3.0, leaf(value))["x"]
    assert note.startswith(f"{primitive} (in v₁) has a kink")
    assert f"the loss is {sides}." in note
    assert f"rule gives {gives}, and the difference is the mean" in note


@pytest.mark.parametrize(("step", "value"), [(ad.abs, 0.0), (lambda x: ad.max(x), [2.0, 2.0]), (ad.norm, [0.0, 0.0])])
def test_a_kink_whose_rule_gives_the_mean_needs_no_note(step, value):
    assert notes(lambda x: step(x) * 3.0, leaf(value))["x"] == ""


def test_a_jump_of_an_operation_with_whole_numbers_is_named():
    assert notes(lambda x: ad.mod(x, 2.0) * 1.0, leaf(4.0))["x"].startswith("mod (in v₁) jumps")


def test_the_edge_of_a_domain_is_named():
    assert notes(lambda x: ad.sqrt(x) * 1.0, leaf(0.0))["x"].startswith("sqrt (in v₁) has no value on one side")
    assert "infinitely steep" in notes(lambda x: ad.cbrt(x) * 1.0, leaf(0.0))["x"]
    assert notes(lambda x: ad.log(x) * 1.0, leaf(0.0))["x"].startswith("log (in v₁) is not finite")


def test_rounding_in_a_coarser_dtype_is_named_and_counts_as_agreement():
    found = notes(lambda x: ad.sum(x * x), leaf([1.0, 0.33], np.float16))
    assert found["x"] == "The step computes in float16, the difference in float64: they differ by rounding."
    found = notes(lambda x: ad.sum((x + 100.0) - 100.0) * 1.0 + ad.sum(ad.exp(x * 9.0)), leaf([0.7, 0.3], np.float32))
    assert found["x"] in ("", "The step computes in float32, the difference in float64: they differ by rounding.")


@pytest.mark.parametrize("how", ["detach", "no_grad", "both", "through another"])
def test_what_goes_on_without_a_gradient_is_said(how):
    def step(x):
        if how == "detach":
            fixed = ad.exp(x).detach()
        elif how == "through another":
            fixed = (x.detach() * 2.0).reshape(-1)
        else:
            with ad.no_grad():
                fixed = ad.exp(x)
            fixed = fixed.detach() if how == "both" else fixed
        return ad.sum(x * fixed)

    found = notes(step, leaf([1.0, 2.0]))
    assert found["x"].startswith("x also enters v₁ through what was computed without a gradient")
    assert "both numbers hold that fixed" in found["x"]
    assert found["loss"] == found["v₁"] == ""


def test_data_and_masks_that_no_tensor_gave_are_no_cause():
    mask, data = np.array([True, False]), np.array([2.0, 3.0])
    assert set(notes(lambda x: ad.sum(ad.where(mask, x * data, x)), leaf([1.0, 2.0])).values()) == {""}
    assert set(notes(lambda x: ad.sum(ad.where(x > 0, x * data, x)), leaf([1.0, -2.0])).values()) == {""}
    drawn = np.random.default_rng(0).random(2)
    assert set(notes(lambda x: ad.sum(ad.dropout(x, drawn, p=0.5)), leaf([1.0, -2.0])).values()) == {""}


def test_randomness_inside_of_an_operation_is_said_instead_of_a_difference(declared):
    rng = np.random.default_rng(0)
    noisy = declared("noisy_of_the_test", lambda x: x * rng.random(), lambda g, x: g * x)
    story = tell(lambda x: noisy(x) * 2.0, [leaf(4.0)], None, None)
    assert story.quantities[0].difference is None
    assert story.quantities[0].difference_note.startswith("noisy_of_the_test gives another result for the same")


def test_a_wrong_rule_is_told_from_the_gradients_that_it_spoils(declared):
    cube = declared("cube_of_the_test", lambda x: x**3, lambda g, x: g * x)

    def step(x):
        doubled = x * 2.0
        return cube(doubled) * 1.0

    found = notes(step, leaf(4.0))
    assert found["doubled"].startswith("The rule of cube_of_the_test gives another slope")
    assert found["x"] == "They differ because they differ at doubled."


def test_a_rule_that_is_wrong_in_one_element_only_is_found_there(declared):
    halved = declared("halved_of_the_test", lambda x: x * 0.5, lambda g: g * np.array([0.5, 0.7]))
    assert " at [1] than" in notes(lambda x: ad.sum(halved(x)), leaf([1.0, 2.0]))["x"]
    cube = leaf([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [0.0, 8.0]]])
    assert " at [1, 1, 0]:" in notes(lambda x: ad.sum(ad.relu(x)), cube)["x"]


def test_numbers_too_large_for_a_difference_are_said():
    assert notes(lambda x: ad.sum((x + 1e9) - 1e9), leaf([1.0, 2.0]))["x"].startswith("Numbers as large as 1e+09")


@given(st.lists(st.floats(0.2, 2.0), min_size=1, max_size=4), st.sampled_from(["tanh", "exp", "sqrt", "relu", "abs"]))
def test_smooth_programs_have_no_notes(values, name):
    def step(x):
        return ad.sum(ad.REGISTRY[name](x) * x) + ad.max(x * np.arange(1.0, 1.0 + len(values)))

    with_gap = np.sort(np.array(values)) * np.arange(1.0, 1.0 + len(values))
    if len(values) == 1 or np.diff(with_gap).min() > 1e-3:
        assert set(notes(step, leaf(np.sort(values))).values()) == {""}


def test_the_page_shows_the_note_beside_both_numbers(opened):
    page = opened(lambda x: ad.relu(x) * 3.0, leaf(0.0))
    page.keyboard.press("End")
    differs = page.locator(".difference").last
    assert "✗ differs" in differs.text_content()
    assert "relu (in v₁) has a kink" in differs.text_content()
