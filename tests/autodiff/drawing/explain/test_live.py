"""Values changed in the page: what it computes is what the engine gives, in a real browser without a network."""
import json
import re
from itertools import cycle, islice

import numpy as np
import pytest

import autodiff as ad
import nn
from autodiff.drawing.explain import recording
from autodiff.drawing.explain.live import add_live, script
from autodiff.drawing.explain.recording import tell
from tests.autodiff.drawing.formulas.calls import RULES, drawn

ELEMENTWISE = [name for name in RULES if ad.REGISTRY[name].elementwise]
HOSTILE = """</script><script>alert(1)</script>`${alert(2)}` "+alert(3)+" @script@ __g__ chalk.x \u2028"""


def leaf(value, name=None, dtype=np.float64):
    return ad.Tensor(np.array(value, dtype), requires_grad=True, name=name)


def story_of(page):
    """What the page shows, with all digits."""
    return json.loads(page.evaluate("JSON.stringify(chalkgrad.story)"))


def change(page, values):
    """Put numbers into the fields of quantities, by their names, with a single event at the end."""
    ids = {quantity["name"]: quantity["id"] for quantity in story_of(page)["quantities"]}
    texts = [[f"value-{ids[n]}-{i}", repr(float(x))] for n, v in values.items() for i, x in enumerate(np.ravel(v))]
    page.evaluate(
        "texts => { for (const [id, text] of texts) document.getElementById(id).value = text;"
        " document.getElementById(texts[0][0]).dispatchEvent(new Event('input', { bubbles: true })); }",
        texts,
    )


NUMBERS = {"NaN": np.nan, "∞": np.inf, "−∞": -np.inf}


def assert_same(found, expected, path="story"):
    """Whether two stories tell the same: numbers to 1e-12, finite differences to what rounding leaves of them."""
    if isinstance(expected, dict):
        for key in expected.keys() - {"live", "stale", "difference_note"}:
            assert_same(found[key], expected[key], f"{path}.{key}")
    elif isinstance(expected, list):
        assert len(found) == len(expected), path
        for i, (one, other) in enumerate(zip(found, expected)):
            assert_same(one, other, f"{path}[{i}]")
    elif any(part in path for part in (".rows", ".jacobian[", ".difference[")):
        one, other = (float(NUMBERS.get(value, value)) for value in (found, expected))
        tolerance = 1e-4 if ".difference" in path else 1e-12
        close = one == other or abs(one - other) <= tolerance * max(1, abs(other)) or (one != one and other != other)
        assert close, f"{path}: {one!r} in the page, {other!r} by the engine"
    else:
        assert found == expected, path


def assert_computes(page, step, leaves):
    """The page tells what the engine tells of the same program with the edited values."""
    with np.errstate(all="ignore"):
        expected = json.loads(json.dumps(tell(step, leaves, None, None).plain()))
    for part in ("quantities", "operations", "steps", "naive"):
        assert_same(story_of(page)[part], expected[part], part)


# Every elementwise primitive.


def groups():
    """Calls that differ in more than numbers: name, settings, fixed operands, and the points to try."""
    found = {}
    for name in ELEMENTWISE:
        for call in drawn(name, 6):
            operands = [np.asarray(x).astype(float) if np.asarray(x).dtype.kind == "f" else np.asarray(x)
                        for x in np.broadcast_arrays(*call.operands)]
            if not operands[0].size:
                continue
            point = [x.flat[0] for x in operands]
            static = {"dtype": np.dtype("f8")} if name == "astype" else call.static
            fixed = {i: x.item() for i, x in enumerate(point) if x.dtype.kind != "f"}
            points = found.setdefault((name, repr(static), repr(fixed)), (name, static, fixed, []))[3]
            points.append([float(x) for x in point])
    for (name, *_), (_, _, _, points) in found.items():
        points[6:] = []
        points.extend(extremes(len(points[0]), ad.REGISTRY[name].kinks))
    return list(found.values())


def extremes(count, kinks):
    """Zero, the neighbours of kinks, small and large numbers, and what lies outside of many domains."""
    alone = [0.0, -3.0, 1e-9, -1e-3, 0.46875, 1.0, 7.0, -40.0, 40.0, 300.0]
    alone += [float(kink) + gap for kink in kinks for gap in (-1e-9, 0.0, 1e-9)]
    pairs = [(0.0, 0.0), (0.0, 2.0), (2.0, 0.0), (2.0, 2.0), (-3.0, 2.0), (1e-9, 3.0), (40.0, -40.0), (3e5, 0.5)]
    pairs += [(x, x + gap) for x in (0.5, -1.0) for gap in (-1e-9, 1e-9)]
    triples = [(x, -1.0, 1.0) for x in (-1.0 - 1e-9, -1.0, 1.0, 1.0 + 1e-9, 0.0, 1e6)] + [(0.5, 1.0, -1.0)]
    return {1: [(x,) for x in alone], 2: pairs, 3: triples}[count]


def of_all(calls):
    """A program that calls everything once: the gradient that each call gets is 1.7."""

    def step(*leaves):
        given, total = iter(leaves), 0.0
        for name, static, fixed, points in calls:
            operands = [fixed[i] if i in fixed else next(given) for i in range(len(points[0]))]
            total = total + ad.REGISTRY[name](*operands, **static) * 1.7
        return total

    return step


def leaves_of(calls, number):
    """Leaves for the point number `number` of each call; calls with fewer points begin again."""
    return [
        leaf(x, f"{name} {i} {j}")
        for i, (name, _, fixed, points) in enumerate(calls)
        for j, x in enumerate(next(islice(cycle(points), number, None))) if j not in fixed
    ]  # fmt: skip


@pytest.mark.slow
def test_every_elementwise_primitive_computes_in_the_page_what_the_engine_computes(opened, monkeypatch):
    monkeypatch.setattr(recording, "add_differences", lambda *_: None)  # they are compared below, on programs
    every = groups()
    assert {name for name, *_ in every} == set(ELEMENTWISE)
    assert len(ELEMENTWISE) == 53
    for calls in (every[::2], every[1::2]):
        page = opened(of_all(calls), *leaves_of(calls, 0))
        assert page.locator("#fields input[type=number]").count() == len(leaves_of(calls, 0))
        for number in range(1, max(len(points) for *_, points in calls)):
            leaves = leaves_of(calls, number)
            change(page, {each.name: each.data for each in leaves})
            assert_computes(page, of_all(calls), leaves)


def test_no_elementwise_primitive_is_without_arithmetic_for_the_page(monkeypatch):
    monkeypatch.setattr(recording, "add_differences", lambda *_: None)
    without = {}
    for call in {name: group for group in groups() for name in group[:1]}.values():
        reason = tell(of_all([call]), leaves_of([call], 0), None, None).live.reason
        if reason:
            without[call[0]] = reason
    assert without == {}  # primitives that cannot be computed in the page would be listed here, with their reason


# Programs.


def fan_out(a):
    b = a + a
    c = b + b
    return c


def uneven_diamond(a):
    b = a
    m = b * b
    return b + m


def neuron(w, x, b):
    return ad.sigmoid(w * x + b)


def logistic(w, b, x, y):
    z = w * x + b
    return ad.softplus(z) - y * z


def broadcasting(x, w, b):
    h = ad.tanh(x * w + b)
    return (h * h).mean()


def rearranged(x, y):
    return ad.sum(ad.exp(x.T[1]) * y.reshape(2)) + ad.sum(ad.cumsum(x, axis=0) ** 3, axis=(0, 1))


PROGRAMS = {
    "fan-out": (fan_out, [1.0], [-2.5]),
    "uneven diamond": (uneven_diamond, [3.0], [0.1]),
    "neuron": (neuron, [0.5, 2.0, -1.0], [-0.7, 3.3, 1e-3]),
    "logistic loss": (logistic, [0.5, -1.0, 2.0, 1.0], [-50.0, 0.25, 20.0, 0.0]),
    "broadcasting": (broadcasting, [[[1.0, 2.0], [-1.0, 0.5], [0.3, 0.1]], [0.5, -1.0], [[0.2]]],
                     [[[0.0, -2.0], [3.0, 0.25], [-0.6, 9.0]], [1.5, 1e-3], [[-0.4]]]),
    "rearranged": (rearranged, [[[1.0, 2.0, -0.5], [0.3, 0.2, 0.1]], [[0.5, -1.0]]],
                   [[[0.1, -1.0, 2.5], [0.7, 0.0, -0.1]], [[2.0, 3.0]]]),
}  # fmt: skip


def parameters(step):
    return step.__code__.co_varnames[: step.__code__.co_argcount]


@pytest.mark.parametrize("name", PROGRAMS)
def test_an_edited_program_is_told_as_the_engine_tells_it(opened, name):
    step, before, after = PROGRAMS[name]
    page = opened(step, *map(leaf, before))
    change(page, dict(zip(parameters(step), map(np.array, after))))
    leaves = dict(zip(parameters(step), map(leaf, after)))
    assert_computes(page, step, list(leaves.values()))
    page.keyboard.press("End")
    step(*leaves.values()).sum().backward()
    found = shown_gradients(page)
    assert set(found) == set(leaves)
    for each, cells in found.items():
        np.testing.assert_allclose(cells, leaves[each].grad.numpy().ravel(), rtol=1e-5, atol=1e-12)


def shown_gradients(page, column="engine"):
    """The numbers that the table of results shows, by the names of the leaves."""
    found = page.locator(f"#results .{column}").evaluate_all(
        "boxes => boxes.map(box => [chalkgrad.story.quantities[box.dataset.quantity].name,"
        " [...box.querySelectorAll('td')].map(cell => Number(cell.textContent.replace('−', '-')))])"
    )
    return dict(found)


def visible(page):
    """All that can be read: on every step of both walks, with everything opened."""
    return page.evaluate("""() => {
        const [scrub, naive] = ["scrub", "naive"].map(id => document.getElementById(id)), texts = [];
        document.querySelectorAll("details").forEach(each => { each.open = true; });
        for (const is of [true, false]) {
            naive.checked = is;
            naive.dispatchEvent(new Event("change"));
            for (let i = 0; i <= Number(scrub.max); i++) {
                scrub.value = i;
                scrub.dispatchEvent(new Event("input"));
                texts.push(document.body.innerText);
            }
        }
        return texts;
    }""")


@pytest.mark.parametrize("name", ["uneven diamond", "broadcasting"])
def test_reset_gives_the_recorded_page_again(opened, name):
    step, before, after = PROGRAMS[name]
    leaves = list(map(leaf, before))
    page = opened(step, *leaves, optimizer=nn.SGD(leaves, lr=0.1))
    texts, story = visible(page), story_of(page)
    change(page, dict(zip(parameters(step), map(np.array, after))))
    edited = visible(page)
    assert all(one != other for one, other in zip(texts, edited))
    assert "You changed values" in edited[0]
    assert "As recorded, before you changed values" in edited[-1]
    page.click("#reset")
    assert page.evaluate("document.activeElement.id").startswith("value-")
    assert visible(page) == texts
    assert page.locator("#reset").is_disabled()
    fields = page.locator("#fields input[type=number]").evaluate_all("all => all.map(each => Number(each.value))")
    assert fields == [x for value in before for x in np.ravel(value)]
    for part in ("quantities", "operations", "naive"):
        assert story_of(page)[part] == story[part]


def test_typing_the_recorded_number_again_is_a_reset(opened):
    page = opened(fan_out, leaf(1.0))
    page.fill("#fields input[type=number]", "3")
    assert page.locator("#edited").is_visible()
    page.fill("#fields input[type=number]", "1")
    assert not page.locator("#edited").is_visible()
    assert page.locator("#reset").is_disabled()


def test_what_is_no_number_is_refused_in_words_and_changes_nothing(opened):
    page = opened(uneven_diamond, leaf(3.0))
    page.keyboard.press("End")
    field, error = page.locator("#fields input[type=number]"), page.locator("#fields .wrong")
    for text in ("", "-", "1e", "1e999"):
        field.fill("2")
        assert shown_gradients(page)["a"] == [5.0]
        assert field.get_attribute("aria-invalid") is None
        assert error.text_content() == ""
        field.press("Control+A")
        field.press("Delete")
        field.press_sequentially(text)
        while text == "1e999" and page.evaluate("document.activeElement.validity.badInput") is False:
            raise AssertionError("a number beyond the largest was taken")
        assert field.get_attribute("aria-invalid") == "true"
        assert field.get_attribute("aria-describedby") == error.get_attribute("id")
    assert error.text_content().startswith("✗ Not a finite number: a stays ")
    assert "Not a finite number" in page.locator("#changes").text_content()
    page.click("#reset")
    assert shown_gradients(page)["a"] == [7.0]
    assert error.text_content() == ""


def test_outside_of_a_domain_the_page_shows_what_the_engine_gives(opened):
    def step(x, y):
        return ad.log(x) / y + ad.sqrt(x)

    page = opened(step, leaf(2.0), leaf(4.0))
    for x, y in ((-1.0, 4.0), (0.0, 4.0), (2.0, 0.0), (0.0, 0.0), (1e308, 1e-308)):
        change(page, {"x": x, "y": y})
        story = story_of(page)
        with np.errstate(all="ignore"):
            expected = json.loads(json.dumps(tell(step, [leaf(x), leaf(y)], None, None).plain()))
        for part in ("steps", "naive"):
            assert_same(story[part], expected[part], part)
        page.keyboard.press("End")
        assert page.locator("#panel").is_visible()


def test_predictions_are_judged_by_the_edited_values(opened):
    page = opened(uneven_diamond, leaf(3.0))
    messages = [i for i, step in enumerate(story_of(page)["steps"]) if step["kind"] == "message"]
    page.check("#predict")
    page.fill("#fields input[type=number]", "5")
    page.locator("h1").click()
    for _ in range(messages[-1]):
        page.keyboard.press("ArrowRight")
    assert "11" not in page.locator("#panel").inner_text()
    page.fill("#answer", "7")
    page.click("#check")
    assert page.locator("#feedback").text_content().startswith("✗")
    page.fill("#answer", "11")
    page.click("#check")
    assert page.locator("#feedback").text_content() == "✓ Right."
    page.fill("#fields input[type=number]", "6")
    assert page.locator("#answer").is_visible()  # other numbers are another question


def test_the_naive_walk_goes_wrong_with_the_edited_values(opened):
    page = opened(fan_out, leaf(1.0))
    page.check("#naive")
    page.keyboard.press("End")
    page.fill("#fields input[type=number]", "10")
    assert shown_gradients(page, "naive")["a"] == [6.0]
    assert shown_gradients(page)["a"] == [4.0]
    assert "✗ wrong" in page.locator("#results").text_content()


def test_values_are_changed_by_the_keyboard_alone_and_read_out(opened):
    page = opened(neuron, leaf(0.5), np.array(2.0), leaf(-1.0))
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id"))
        if reached[-1].startswith("value-"):
            break
    page.keyboard.press("Control+A")
    page.keyboard.type("1.5")
    assert page.locator("#changes").text_content() == "w = 1.5: the loss is 0.880797, recorded was 0.5."
    assert page.locator("#changes").get_attribute("role") == "status"
    assert page.locator("#panel").get_attribute("aria-live") == "off"
    assert page.evaluate("document.activeElement.id") == reached[-1]
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.valueAsNumber") > 1.5
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.ariaLabel") == "w, slider"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.labels[0].textContent") == "x"
    for _ in range(4):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "reset"
    assert page.locator("#panel").get_attribute("aria-live") == "polite"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.valueAsNumber") == 0.5


def test_a_slider_and_its_field_say_the_same(opened):
    page = opened(uneven_diamond, leaf(1 / 3))
    page.keyboard.press("End")
    slider, field = page.locator("#fields input[type=range]"), page.locator("#fields input[type=number]")
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert field.evaluate("each => each.valueAsNumber") == pytest.approx(1 / 3 + 0.02, abs=1e-5)
    assert shown_gradients(page)["a"] == pytest.approx([1 + 2 * (1 / 3 + 0.02)], abs=1e-4)
    assert "was 0.333333" in page.locator("#fields").inner_text()
    page.keyboard.press("ArrowLeft")
    assert not page.locator("#edited").is_visible()  # its middle is what was recorded, to the last digit
    field.fill("1.5")
    assert slider.evaluate("each => each.valueAsNumber") == pytest.approx(1.5, abs=0.02)
    page.click("#reset")
    assert slider.evaluate("each => each.valueAsNumber") == pytest.approx(1 / 3)


def test_every_field_has_a_name_of_its_own(opened):
    page = opened(broadcasting, leaf(np.ones((3, 2))), leaf([1.0, 2.0]), leaf([[0.5]]))
    names = page.locator("#fields input[type=number]").evaluate_all(
        "all => all.map(each => each.getAttribute('aria-label') || each.labels[0].textContent)"
    )
    assert names[:7] == ["x[0, 0]", "x[0, 1]", "x[1, 0]", "x[1, 1]", "x[2, 0]", "x[2, 1]", "w[0]"]
    assert len(set(names)) == 9


# What cannot be changed, and why.


@pytest.mark.parametrize(
    ("step", "value", "says"),
    [
        (lambda x: ad.sum(x @ x), np.ones((2, 2)), "matmul is not elementwise"),
        (lambda x: ad.max(x * 2), np.ones(3), "max is not elementwise"),
        (lambda x: ad.sum(x * x), np.ones((9, 8)), r"x has the shape \(9, 8\), and the page can compute with"),
    ],
)
def test_a_program_that_the_page_cannot_compute_says_why(step, value, says):
    live = tell(step, [leaf(value)], None, None).live
    assert re.match(says, live.reason)
    assert live.editable == live.operations == live.functions == []


def test_the_reason_is_shown_instead_of_fields(opened):
    page = opened(lambda x: ad.sum(x @ x), leaf(np.ones((2, 2))))
    assert page.locator("#fields input[type=number]").count() == 0
    assert not page.locator("#reset").is_visible()
    assert page.locator("#values-note").text_content().startswith("Not for this program: matmul is not elementwise")


def test_a_hook_that_may_change_gradients_is_a_reason():
    a = leaf(1.0)
    a.register_hook(lambda gradient: gradient * 2)
    assert "a hook may change gradients" in tell(fan_out, [a], None, None).live.reason


def test_a_page_that_would_not_give_the_recorded_numbers_offers_no_fields(opened, monkeypatch):
    def another(story, *told):
        add_live(story, *told)
        story.live.functions[0] = "(x - y)"

    monkeypatch.setattr(recording, "add_live", another)
    page = opened(fan_out, leaf(1.0))
    assert "does not give the numbers that the engine recorded" in page.locator("#values-note").text_content()
    assert page.locator("#fields input[type=number]").count() == 0


def test_other_dtypes_and_what_stays_are_told():
    story = tell(lambda x: ad.sum(ad.where(x > 0, x, x * 0.1)), [leaf([1.0, -1.0], dtype=np.float32)], None, None)
    assert story.live.notes[1:] == [
        "This program ran in float32; the page computes in float64, more precisely.",
        "condition stays as it was, even if the program got that by comparing these values.",
    ]
    assert [story.quantities[i].name for i in story.live.editable] == ["x"]


def test_what_was_computed_without_a_gradient_is_named():
    stopped = tell(lambda a: a * (a * 2.0).detach(), [leaf(3.0)], None, None)
    assert "What was computed from a without a gradient (detach, no_grad) stays as it was." in stopped.live.notes
    assert len(tell(neuron, [leaf(0.5), np.array(2.0), leaf(-1.0)], None, None).live.notes) == 1


def test_a_kink_that_is_reached_by_an_edit_is_told(opened):
    page = opened(lambda x: ad.relu(x) * 3.0, leaf(1.0))
    page.keyboard.press("End")
    assert "kink" not in page.locator("#panel").inner_text()
    page.fill("#fields input[type=number]", "0")
    text = page.locator("#panel").inner_text()
    assert "✗ differs" in text
    assert "on its two sides its slope is 0 and 3. The rule gives 0, and the difference is the mean." in text
    page.fill("#fields input[type=number]", "-1")
    assert "✓ agrees" in page.locator("#panel").inner_text()


# Nothing of the user's becomes code.


def test_the_arithmetic_holds_nothing_of_the_users_texts(opened):
    def step(a, b):
        c = ad.sigmoid(a * b) + 0.0 * len("`${alert(4)}` </script>")
        return c

    benign = tell(step, [leaf(2.0, "a"), leaf(3.0, "b")], None, None)
    hostile = [leaf(2.0, HOSTILE), leaf(3.0, HOSTILE + "2")]
    story = tell(step, hostile, {HOSTILE: hostile[0]}, None)
    assert script(story.live) == script(benign.live)
    assert re.fullmatch(r"[\w\s.,()*+/=>\-\[\]{};]+", script(story.live))
    page = opened(step, *hostile, params={HOSTILE: hostile[0]})
    assert page.locator("#fields label").first.text_content() == HOSTILE.replace("\u2028", "\\u2028")
    page.locator("#fields input[type=number]").first.fill("4")
    assert "4: the loss c is" in page.locator("#changes").text_content()
    assert page.locator("#fields script, #fields img").count() == 0


def test_a_primitive_of_the_users_own_is_never_code(monkeypatch):
    monkeypatch.setitem(ad.REGISTRY, "sigmoid", ad.REGISTRY["sigmoid"])  # put back afterwards

    @ad.primitive(elementwise=True, symbol="alert(1)")
    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    sigmoid.vjp(lambda g, out: g * out * (1 - out))
    story = tell(lambda x: sigmoid(x), [leaf(1.0)], None, None)
    assert story.live.reason == "the arithmetic of sigmoid is not known to the page."
    assert "alert" not in script(story.live)
