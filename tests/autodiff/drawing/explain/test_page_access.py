"""The page for everybody: by keyboard, by mouse, by ear, large, narrow, in the dark and on paper."""
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import nn
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

CONTRAST = Path(__file__).with_name("contrast.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("look", ["light", "dark", "print"])
def test_every_text_and_every_line_stands_out_as_wcag_asks(opened, look):
    model, step = mlp()
    page = opened(step, params=model, optimizer=nn.SGD(model.parameters(), lr=0.1))
    scheme, media = {"light": ("light", "screen"), "dark": ("dark", "screen"), "print": ("light", "print")}[look]
    page.emulate_media(color_scheme=scheme, media=media)
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    page.locator('#graph .title[data-module="Sequential/3"]').dispatch_event("click")
    last = len(story_of(page)["steps"]) - 1
    for at in (0, 4, 6, 10, last):
        page.locator("#scrub").evaluate("(e, at) => { e.value = at; e.dispatchEvent(new Event('input')); }", at)
        measured = page.evaluate(CONTRAST)
        assert len(measured) > 100
        assert [each for each in measured if each["ratio"] < each["needs"] - 0.005] == []
    if look != "print":
        page.check("#naive")
        page.click("#last")
        assert [each for each in page.evaluate(CONTRAST) if each["ratio"] < each["needs"] - 0.005] == []


def test_contrast_is_measured_and_not_assumed(opened):
    page = opened(fan_out, leaf(1.0))
    page.evaluate("document.body.style.setProperty('--soft', '#c0c0c0')")
    page.evaluate("document.body.style.setProperty('--stroke', '#e0e0e0')")
    failed = {each["what"].split()[0] for each in page.evaluate(CONTRAST) if each["ratio"] < each["needs"]}
    assert failed == {"text", "line"}


@pytest.mark.parametrize(("viewport", "scale"), [((390, 800), 100), ((390, 800), 200), ((1280, 900), 200)])
def test_the_page_itself_never_scrolls_sideways(opened, viewport, scale):
    model, step = mlp()
    page = opened(step, params=model, viewport=viewport)
    page.evaluate("scale => { document.documentElement.style.fontSize = `${scale}%`; }", scale)
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    for key in ("Home", "End"):
        page.keyboard.press(key)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    cut = page.evaluate(
        "[...document.querySelectorAll('h1, h2, h3, p:not(.formula):not(.unseen), label, button')].filter(e =>"
        " e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.scroll, .canvas'))"
        ".map(e => e.outerHTML)"
    )
    assert cut == []


def test_the_slider_is_dragged_by_the_mouse(opened):
    page = opened(uneven_diamond, leaf(3.0))
    box, last = page.locator("#scrub").bounding_box(), len(story_of(page)["steps"]) - 1
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 8, middle)
    page.mouse.down()
    seen = []
    for part in np.linspace(0.1, 1, 10):
        page.mouse.move(box["x"] + 8 + part * (box["width"] - 10), middle)
        seen.append(step_number(page))
        step = story_of(page)["steps"][seen[-1]]
        assert page.locator("#count").text_content() == f"{seen[-1] + 1} of {last + 1} · {step['kind']}"
    page.mouse.up()
    assert seen == sorted(seen)
    assert seen[-1] == last
    assert len(set(seen)) > 4
    assert shown_gradients(page)["a"] == 26
    assert page.locator("#graph [aria-current=step] title").text_content() == "a"


def test_keyboard_alone_plays_steps_predicts_collapses_and_changes_the_theme(opened):
    model, step = mlp()
    page = opened(step, params=model)
    focused = "document.activeElement.id || document.activeElement.getAttribute('aria-label')"

    def tab_to(wanted):
        for _ in range(80):
            page.keyboard.press("Tab")
            if page.evaluate(focused) == wanted:
                return
        raise AssertionError(f"no way to {wanted} by the tab key")

    last = len(story_of(page)["steps"]) - 1
    tab_to("theme")
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.keyboard.press("Enter")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
    tab_to("play")
    page.keyboard.press("Space")
    assert page.locator("#play").text_content() == "⏸ Pause"
    page.keyboard.press("Space")
    page.keyboard.press("End")
    assert step_number(page) == last
    page.keyboard.press("Home")
    assert step_number(page) == 0
    tab_to("Module 2: Linear, 1 operation, 20 parameters")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.getAttribute('aria-expanded')") == "false"
    page.keyboard.press("Space")
    assert page.evaluate("document.activeElement.getAttribute('aria-expanded')") == "true"
    page.locator("#predict").focus()
    page.keyboard.press("Space")
    model_bias = [i for i, each in enumerate(story_of(page)["steps"]) if each["kind"] == "message"][2]
    page.keyboard.press("Home")
    for _ in range(model_bias):
        page.keyboard.press("ArrowRight")
    told = story_of(page)["steps"][model_bias]
    tab_to("answer")
    page.keyboard.type("17")
    page.keyboard.press("Enter")
    assert page.locator("#feedback").text_content().startswith("✗")
    page.keyboard.press("Control+A")
    page.keyboard.type(str(told["total"]["rows"]) if len(told["total"]["shape"]) > 1 else str(told["total"]["rows"][0]))
    page.keyboard.press("Enter")
    assert page.locator("#announcement").text_content() == "Right."
    assert page.evaluate("document.activeElement.id") == "panel", "the focus is not lost with the form"


def test_the_tab_key_goes_the_way_of_the_eye(opened):
    model, step = mlp()
    page = opened(step, params=model)
    page.locator("#collapse").focus()
    places = []
    while True:
        page.keyboard.press("Tab")
        box = page.evaluate(
            "(() => { const e = document.activeElement.closest('#graph [role=button]'); if (!e) return null;"
            " const m = e.getCTM(), n = document.getElementById('graph').getCTM();"
            " return [(m.e - n.e) / n.a, (m.f - n.f) / n.d]; })()"
        )
        if box is None:
            break
        places.append(box)
    assert len(places) == page.locator("#graph [role=button]").count() > 15
    assert all(a[0] <= b[0] + 15 for a, b in pairwise(places)), "from operands to results"
    assert page.evaluate("document.activeElement.localName") == "summary"


def test_a_skip_link_leads_past_the_graph(opened):
    page = opened(fan_out, leaf(1.0))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to this step"
    assert page.locator(".skip").first.is_visible()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "panel"


def test_what_has_the_focus_shows_it(opened):
    model, step = mlp()
    page = opened(step, params=model)
    for _ in range(30):
        page.keyboard.press("Tab")
        visible = page.evaluate(
            "(() => { const e = document.activeElement, s = getComputedStyle(e), r = e.querySelector('rect.box') || "
            "e.querySelector('rect'); return e.closest('svg') ? parseFloat(getComputedStyle(r).strokeWidth) >= 3 :"
            " s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2; })()"
        )
        assert visible, page.evaluate("document.activeElement.outerHTML")


def test_a_step_is_said_once_and_in_one_sentence(opened):
    page = opened(fan_out, leaf(1.0))
    live = page.locator("[aria-live]:not([aria-live=off]), [role=status]").evaluate_all("all => all.map(e => e.id)")
    assert "announcement" in live
    assert "panel" not in live
    page.evaluate(
        "window.said = []; new MutationObserver(() => said.push(document.getElementById('announcement').textContent))"
        ".observe(document.getElementById('announcement'), { childList: true })"
    )
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert page.evaluate("said") == [
        "Forward: compute c: 4", "Backward: begin at the loss: 1", "Backward: c sends a gradient to b: 1",
    ]  # fmt: skip
    page.check("#predict")
    page.keyboard.press("ArrowRight")
    assert page.locator("#announcement").text_content() == "Backward: c sends a gradient to b: what is the gradient?"


def test_tables_have_headers(opened):
    model, step = mlp()
    page = opened(step, params=model)
    page.click("#last")
    bare = page.evaluate(
        "[...document.querySelectorAll('table:not(.numbers)')].filter(t => !(t.tHead && [...t.tBodies[0].rows].every("
        "r => r.cells[0].scope === 'row') && [...t.tHead.rows[0].cells].every(c => c.scope === 'col'))).length"
    )
    assert bare == 0
    assert page.locator("table.numbers:not([aria-label])").count() == 0


def test_no_motion_where_none_is_wished_and_system_colours_where_they_are(opened):
    page = opened(fan_out, leaf(1.0))
    go_to(page, "message", 0)
    animation = "getComputedStyle(document.querySelector('.edge.flow')).animationName"
    assert page.evaluate(animation) == "none"
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate(animation) == "flow"
    page.emulate_media(forced_colors="active", color_scheme="dark")
    width = "e => getComputedStyle(e).strokeWidth"
    now = page.locator(".card.now rect.box").first.evaluate(width)
    other = page.locator(".card:not(.now) rect.box").first.evaluate(width)
    assert (now, other) == ("5px", "1.2px")
    ink, card = page.evaluate(
        "(() => { const s = getComputedStyle(document.querySelector('.card text.name')), b = getComputedStyle("
        "document.querySelector('.card rect.box')); return [s.fill, b.fill]; })()"
    )
    assert ink != card


def test_on_paper_is_everything_and_nothing_is_cut(opened):
    model, step = mlp()
    page = opened(step, params=model, optimizer=nn.SGD(model.parameters(), lr=0.1), viewport=(720, 1000))
    page.click("#last")
    page.emulate_media(media="print")
    assert page.locator("#all tbody tr").count() == len(story_of(page)["steps"])
    assert page.locator("#all table").is_visible()
    wide = page.evaluate("[...document.querySelectorAll('table, svg, p')].filter(e => e.checkVisibility() && "
                         "e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 200))")
    assert wide == []
    strips = page.locator("#strips svg").evaluate_all(
        "all => all.map(e => e.viewBox.baseVal).map(v => [v.y, v.height])"
    )
    height = page.evaluate("document.getElementById('graph').viewBox.baseVal.height")
    assert strips[0][0] == 0
    assert [a + b for a, b in strips] == pytest.approx([*(start for start, _ in strips[1:]), height])
    spans = page.evaluate("[...document.querySelectorAll('#graph .card')].map(e => { const b = e.getBBox(), "
                          "y = e.transform.baseVal[0].matrix.f; return [y + b.y, y + b.y + b.height]; })")
    for start, _ in strips[1:]:
        assert not [span for span in spans if span[0] + 1 < start < span[1] - 1], "no card is cut"
    page.emulate_media(media="screen")
    assert page.locator("#strips svg").count() == 0
    assert not page.locator("#all table").is_visible()
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf())) > 1
