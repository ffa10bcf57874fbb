"""The page in a real browser without a network: every number is the engine's, for mouse and for keys."""

import numpy as np
import pytest

import autodiff as ad
import nn
from autodiff.drawing.explain.page import _escaped, explain
from tests.autodiff.drawing.explain.pages import (
    fan_out,
    go_to,
    leaf,
    mlp,
    shown_gradients,
    step_number,
    story_of,
    uneven_diamond,
)

NASTY = """</script><script>alert("1")</script> & 'x' <b> --> @story@ \u2028"""


def test_playing_to_the_end_shows_the_gradients_of_backward(opened):
    model, step = mlp()
    page = opened(step, params=model, optimizer=nn.SGD(model.parameters(), lr=0.1))
    last = len(story_of(page)["steps"]) - 1
    page.clock.install(time=0)
    page.clock.pause_at(60_000)
    page.select_option("#speed", "400")
    page.click("#play")
    assert page.locator("#play").text_content() == "⏸ Pause"
    for i in range(1, last + 1):
        page.clock.run_for(400)
        assert step_number(page) == i
    assert page.locator("#play").text_content() == "▶ Play"
    step().backward()
    found = shown_gradients(page)
    assert set(found) == {name for name, _ in model.named_parameters()}
    for name, parameter in model.named_parameters():
        np.testing.assert_allclose(found[name].ravel(), parameter.grad.numpy().ravel(), rtol=1e-5, atol=1e-9)
    assert page.locator("#panel h2").text_content().startswith("Update: SGD changes")


def test_every_total_of_the_walk_is_shown_and_agrees_with_its_finite_difference(opened):
    w, x = leaf([[0.5, -1.0], [2.0, 0.25]], "w"), leaf([[1.0, 2.0], [-1.0, 0.5], [0.3, 0.1]], "x")
    b = leaf([0.1, -0.2], "b")
    page = opened(lambda: ad.sum(ad.tanh(x @ w + b) ** 2))
    for i, step in enumerate(story_of(page)["steps"]):
        assert step_number(page) == i
        if step["kind"] == "message":
            cells = page.locator("#panel .total td").all_text_contents()
            found = [float(text.replace("−", "-")) for text in cells]
            np.testing.assert_allclose(found, np.ravel(step["total"]["rows"]), rtol=1e-5)
            assert "✓ agrees" in page.locator("#panel .difference").text_content()
        page.keyboard.press("ArrowRight")
    ad.sum(ad.tanh(x @ w + b) ** 2).backward()
    for name, found in shown_gradients(page).items():
        np.testing.assert_allclose(found.ravel(), {"w": w, "x": x, "b": b}[name].grad.numpy().ravel(), rtol=1e-5)


def test_every_gradient_displayed_while_it_plays_is_the_one_of_backward(opened):
    kept = {}

    def step(w, b):
        h = x @ w + b
        a = ad.tanh(h)
        squares = a * a
        both = squares + a
        loss = ad.mean(both)
        kept.update(h=h, a=a, squares=squares, both=both, loss=loss, w=w, b=b)
        return loss

    w, b, x = leaf([[0.5, -1.0], [2.0, 0.25]]), leaf([0.1, -0.2]), np.array([[1.0, 2.0], [-1.0, 0.5], [0.3, 0.1]])
    page = opened(step, w, b)
    page.clock.install(time=0)
    page.clock.pause_at(60_000)
    page.select_option("#speed", "400")
    page.click("#play")
    story, complete = story_of(page), {}
    for i, moment in enumerate(story["steps"]):
        panel, quantity = page.locator("#panel"), story["quantities"][moment["quantity"]]
        if moment["kind"] == "seed":
            complete[quantity["name"]] = [float(panel.locator(".result").text_content().split("= ")[1])]
        if moment["kind"] == "message" and "more message" not in panel.text_content():
            texts = panel.locator(".total td").all_text_contents()
            complete[quantity["name"]] = [float(text.replace("−", "-")) for text in texts]
        assert step_number(page) == i
        page.clock.run_for(400)
    step(w, b)
    for tensor in kept.values():
        tensor.retain_grad()
    kept["loss"].backward()
    (product,) = set(complete) - set(kept)  # x @ w has no name of its own
    assert set(complete) == {product, *kept}
    for name, tensor in kept.items():
        np.testing.assert_allclose(complete[name], tensor.grad.numpy().ravel(), rtol=1e-5, err_msg=name)
    np.testing.assert_allclose(complete[product], complete["h"])


def test_a_scalar_step_shows_what_is_added_up(opened):
    page = opened(uneven_diamond, leaf(3.0))
    go_to(page, "message", 3)
    assert page.locator("#panel .formula.result").text_content().endswith("+ 7 = 13")
    assert page.locator("#program [aria-current]").text_content().endswith("m = b * b")


@pytest.mark.parametrize("width", [1280, 360])
def test_no_result_of_a_rule_is_out_of_sight(opened, width):
    name = "temperature_of_the_water_in_the_early_morning"
    page = opened(lambda a: a * 3.0 + a * a, leaf(-1.23456, name), viewport=(width, 900))
    page.click("#last")
    assert page.locator("#panel .formula.result").count() == 1
    assert page.evaluate("[...document.querySelectorAll('#panel .formula')].every(e => e.scrollWidth <= e.clientWidth)")


def test_the_naive_walk_shows_six_where_four_is_right(opened):
    page = opened(fan_out, leaf(1.0))
    page.check("#naive")
    page.click("#last")
    assert page.locator("#warning").is_visible()
    assert shown_gradients(page, "naive")["a"] == 6
    assert shown_gradients(page)["a"] == 4
    assert "✗ differs" in page.locator("#panel").text_content()
    page.uncheck("#naive")
    page.click("#last")
    assert "✓ agrees" in page.locator("#panel").text_content()


def test_the_uneven_diamond_goes_wrong_naively(opened):
    page = opened(uneven_diamond, leaf(3.0))
    page.check("#naive")
    page.click("#last")
    assert shown_gradients(page)["a"] == 26
    assert shown_gradients(page, "naive")["a"] != 26
    assert "✗ wrong" in page.locator("#results").text_content()


def test_waiting_counts_say_why_a_result_has_to_wait(opened):
    page = opened(uneven_diamond, leaf(3.0))
    go_to(page, "message", 0)
    row = page.locator("#order tbody tr", has_text="b")
    assert row.locator("td").all_text_contents() == ["1 of 3", "waits for 2"]
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert row.locator("td").all_text_contents() == ["3 of 3", "complete, next in line"]


@pytest.mark.parametrize(
    ("number", "answer", "says"),
    [
        (3, "6", "forgot to accumulate"),
        (3, "-13", "sign"),
        (3, "[13, 13]", "Wrong shape"),
        (3, "pear", "not a number"),
        (3, "[13", "not a number"),
        (3, "[[1, 2], [3]]", "not a number"),
        (3, "13,0", "decimals with a point"),
        (3, "NaN", "Not this"),
        (3, "1000", "Not this"),
        (4, "2", "forgot the upstream gradient"),
        (4, "13", "forgot the local derivative"),
    ],
)
def test_a_wrong_prediction_is_told_what_is_off(opened, number, answer, says):
    page = opened(uneven_diamond, leaf(3.0))
    page.check("#predict")
    go_to(page, "message", number)
    assert page.locator("#panel .formula.result").count() == 0
    page.fill("#answer", answer)
    page.keyboard.press("Enter")
    assert says in page.locator("#feedback").text_content()
    assert page.locator("#panel .formula.result").count() == 0


def test_a_right_prediction_reveals_the_step(opened):
    page = opened(uneven_diamond, leaf(3.0))
    page.check("#predict")
    go_to(page, "message", 3)
    assert "ḡ ?" in page.locator("#graph").text_content()
    page.fill("#answer", "13")
    page.click("#check")
    assert page.locator("#feedback").text_content() == "✓ Right."
    assert page.locator("#panel .formula.result").text_content().endswith("= 13")


def test_a_prediction_that_did_not_undo_broadcasting_is_told_so(opened):
    page = opened(lambda x, b: ad.sum(x + b), leaf(np.ones((3, 2))), leaf([1.0, 2.0]))
    page.check("#predict")
    go_to(page, "message", 2)
    page.fill("#answer", "[[1, 1], [1, 1], [1, 1]]")
    page.click("#check")
    assert "sum over axis 0" in page.locator("#feedback").text_content()
    page.fill("#answer", "3, 3")
    page.click("#check")
    assert page.locator("#feedback").text_content() == "✓ Right."


@pytest.mark.parametrize("answer", ["[[1, 2], [3, -4]]", "[[1. 2.]\n [3. −4.]]", "[[1e0,+2],[3,-4.0]]"])
def test_arrays_are_answered_as_python_or_numpy_writes_them(opened, answer):
    page = opened(lambda w: ad.sum(w * ad.Tensor([[1.0, 2.0], [3.0, -4.0]])), leaf([[5.0, 6.0], [7.0, 8.0]], "w"))
    page.check("#predict")
    go_to(page, "message", 1)
    page.fill("#answer", answer)
    page.click("#check")
    assert page.locator("#feedback").text_content() == "✓ Right."


def test_what_is_not_finite_can_be_predicted_and_what_is_empty_is_not_asked(opened):
    def overflow(a):
        with np.errstate(all="ignore"):
            return ad.exp(a)

    page = opened(overflow, leaf(800.0, "a"))
    page.check("#predict")
    go_to(page, "message")
    page.fill("#answer", "NaN")
    page.click("#check")
    assert "Not this" in page.locator("#feedback").text_content()
    page.fill("#answer", "inf")
    page.click("#check")
    assert page.locator("#feedback").text_content() == "✓ Right."
    page = opened(lambda a: ad.sum(a * 2.0), leaf(np.zeros((0, 3)), "a"))
    page.check("#predict")
    go_to(page, "message")
    assert page.locator("#answer").count() == 0


def test_wide_gradients_stand_beside_what_they_are_compared_with(opened):
    page = opened(lambda w: ad.sum(w**3.0) / 7.0, leaf(np.linspace(-1.0, 2.0, 54).reshape(3, 18), "w"))
    page.click("#last")
    assert page.evaluate("(box => box.scrollWidth <= box.clientWidth)(document.querySelector('#results > .scroll'))")


def test_the_results_say_why_a_difference_is_another_number(opened):
    page = opened(lambda a: a * a.detach(), leaf(3.0, "a"))
    page.click("#last")
    assert "what was computed without a gradient" in page.locator("#results").text_content()


def test_a_step_repaints_little_and_lays_the_page_out_once(opened):
    model, step = mlp()
    page = opened(step, params=model, optimizer=nn.Adam(model.parameters()))
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")

    def layouts():
        return next(x["value"] for x in session.send("Performance.getMetrics")["metrics"] if x["name"] == "LayoutCount")

    page.evaluate(
        "window.painted = new Set();"
        "new MutationObserver(all => all.forEach(each => painted.add(each.target.closest?.('.card'))))"
        ".observe(document.getElementById('graph'), {subtree: true, childList: true})"
    )
    cards = page.locator(".card").count()
    for _ in story_of(page)["steps"][1:]:
        before = layouts()
        page.evaluate("painted.clear()")
        page.keyboard.press("ArrowRight")
        page.evaluate("new Promise(requestAnimationFrame)")
        assert layouts() - before <= 2
        assert page.evaluate("painted.size") <= 5 < cards / 2


def test_the_table_of_all_steps_does_not_give_predictions_away(opened):
    page = opened(fan_out, leaf(1.0))
    page.check("#predict")
    rows = page.locator("#all tbody tr").filter(has_text="?")
    assert rows.count() == 4
    go_to(page, "message")
    page.fill("#answer", "1")
    page.click("#check")
    assert rows.count() == 3
    page.uncheck("#predict")
    assert rows.count() == 0


def test_the_page_can_be_used_by_the_keyboard_alone(opened):
    page = opened(fan_out, leaf(1.0))
    page.keyboard.press("End")
    assert step_number(page) == len(story_of(page)["steps"]) - 1
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    assert step_number(page) == 0
    page.keyboard.press("Space")
    assert page.locator("#play").text_content() == "⏸ Pause"
    page.keyboard.press("Space")
    order = []
    for _ in range(20):
        page.keyboard.press("Tab")
        order.append(page.evaluate("document.activeElement.id || document.activeElement.getAttribute('aria-label')"))
    assert order[1:4] == ["predict", "naive", "theme"]
    assert order.index("play") < order.index("scrub") < order.index("speed")
    (card,) = [label for label in order if label and label.startswith("c, loss")]
    page.locator(f'[aria-label="{card}"]').focus()
    page.keyboard.press("Enter")
    assert story_of(page)["steps"][step_number(page)]["quantity"] == 2


def test_everything_that_can_be_used_has_a_name_for_screen_readers(opened):
    page = opened(uneven_diamond, leaf(3.0))
    page.check("#predict")
    go_to(page, "message")
    nameless = page.evaluate(
        "[...document.querySelectorAll('button, input, select, [role=button], svg, section')].filter(e => !("
        "e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || e.labels?.length || e.textContent.trim()"
        ")).map(e => e.outerHTML)"
    )
    assert nameless == []


def test_names_and_source_lines_of_users_stay_text(opened):
    a = leaf(2.0, NASTY)
    page = opened(lambda: a * a + 0.0 * len("</script><img src=x onerror=alert(2)> & \"quoted\""), params={NASTY: a})
    page.click("#last")
    assert page.locator("#graph title", has_text="alert").first.text_content() == NASTY.replace("\u2028", "\\u2028")
    assert page.locator("#panel img, #program img, #graph script").count() == 0
    assert "</script><img src=x" in page.locator("#program").text_content()


def test_light_dark_and_print(opened):
    page = opened(fan_out, leaf(1.0))
    paper = "getComputedStyle(document.body).backgroundColor"
    page.emulate_media(color_scheme="light")
    light = page.evaluate(paper)
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(paper) != light
    page.click("#theme")
    assert page.evaluate(paper) == light
    page.emulate_media(media="print")
    assert not page.locator(".timeline").is_visible()
    assert page.pdf().startswith(b"%PDF")
    assert page.locator("#all table").is_visible()


def test_large_arrays_say_that_they_are_sampled(opened):
    page = opened(lambda x: ad.sum(x * x), leaf(np.ones((30, 20)), "x"))
    page.click("#last")
    assert "the first 8 × 8 of 30 × 20" in page.locator("#panel").text_content()


def test_the_page_of_a_small_network_is_small(tmp_path):
    model, step = mlp()
    path = explain(step, params=model, optimizer=nn.Adam(model.parameters()), path=tmp_path / "page.html")
    assert path.stat().st_size < 1_000_000


def test_a_page_holds_nothing_from_elsewhere_and_no_markup_of_users(tmp_path):
    a = leaf(2.0, NASTY)
    text = explain(lambda: a * a, path=tmp_path / "page.html").read_text(encoding="utf-8")
    assert "alert(" not in text.replace('alert(\\"1\\")\\u003c', "")
    assert not [word for word in ("src=", "@import", "url(http", "href=\"http") if word in text.split('id="story"')[0]]
    assert "default-src 'none'" in text
    assert _escaped("</script>") == "\\u003c/script\\u003e"


def test_a_failing_step_leaves_the_old_page_and_nothing_half_done(tmp_path):
    path = explain(fan_out, leaf(1.0), path=tmp_path / "page.html")
    before = path.read_bytes()
    with pytest.raises(TypeError, match="returned a float"):
        explain(lambda: 1.0, path=path)
    with pytest.raises(TypeError, match=r"returned None.*`return` is missing"):
        explain(lambda: None, path=path)
    with pytest.raises(TypeError, match="got a Tensor where a function was needed"):
        explain(leaf(1.0) * 2.0, path=path)
    with pytest.raises(TypeError, match="optimizer is a float, without step"):
        explain(fan_out, leaf(1.0), optimizer=0.1, path=path)
    with pytest.raises(IsADirectoryError, match="is a folder"):
        explain(fan_out, leaf(1.0), path=tmp_path)
    with pytest.raises(FileNotFoundError, match="no folder"):
        explain(fan_out, leaf(1.0), path=tmp_path / "absent" / "page.html")
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["page.html"]
