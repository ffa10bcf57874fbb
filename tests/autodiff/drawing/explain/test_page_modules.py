"""Modules in the page's graph: frames that fold into one card and open again, laid out anew each time."""
import itertools
import json
import re
from importlib.resources import files

import numpy as np
import pytest

import autodiff as ad
import nn
from autodiff.drawing.explain import page as pages
from tests.autodiff.drawing.explain.pages import fan_out, go_to, leaf, mlp, story_of

WEB = files(pages.__package__).joinpath("web")

#: The boxes of cards and frames, and the points of the lines, as they stand on the screen.
BOXES = """() => {
  const box = (e) => { const r = e.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; };
  const all = (s) => [...document.querySelectorAll(s)].map(box);
  return { cards: all('#graph .card > rect.box:not(.behind)'), frames: all('#graph .frame'),
           symbols: all('#graph .card circle, #graph .card .pill'), canvas: box(document.getElementById('graph')) };
}"""


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(3, 3), nn.Linear(3, 3)

    def forward(self, x):
        return x + self.second(ad.tanh(self.first(x)))


def residual(blocks):
    nn.manual_seed(0)
    model = nn.Sequential(*(Residual() for _ in range(blocks)), nn.Linear(3, 1))
    x = np.random.default_rng(0).standard_normal((4, 3))
    return model, lambda: (model(x) ** 2).mean()


def convolutional():
    nn.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(2, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(3, 2)
    )
    x = np.random.default_rng(0).standard_normal((2, 1, 8, 8)).astype(np.float32)
    return model, lambda: nn.functional.cross_entropy(model(x), np.array([0, 1]))


def title(page, path):
    return page.locator(f'#graph .title[data-module="{path}"]')


def overlap(a, b, by=0.5):
    return min(a[2], b[2]) - max(a[0], b[0]) > by and min(a[3], b[3]) - max(a[1], b[1]) > by


def contains(outer, inner, by=0.5):
    return (
        outer[0] - by <= inner[0] and outer[1] - by <= inner[1] and outer[2] + by >= inner[2]
        and outer[3] + by >= inner[3]
    )  # fmt: skip


def assert_nothing_overlaps(page):
    found = page.evaluate(BOXES)
    for one, other in itertools.combinations(found["cards"], 2):
        assert not overlap(one, other)
    for one, other in itertools.combinations(found["frames"], 2):
        assert not overlap(one, other) or contains(one, other) or contains(other, one)
    for frame, card in itertools.product(found["frames"], found["cards"]):
        assert not overlap(frame, card) or contains(frame, card)
    for box in [*found["cards"], *found["frames"], *found["symbols"]]:
        assert contains(found["canvas"], box)


def test_a_module_is_a_frame_with_its_name_class_and_parameters(opened):
    model, step = mlp()
    page = opened(step, params=model)
    assert page.locator("#graph .frame").count() == 6
    found = title(page, "Sequential/2")
    assert "2: Linear · 20 params" in found.locator("text").text_content()
    assert found.get_attribute("aria-expanded") == "true"
    assert found.get_attribute("aria-label") == "Module 2: Linear, 1 operation, 20 parameters"


def test_a_module_collapses_into_a_card_and_back(opened):
    model, step = mlp()
    page = opened(step, params=model)
    before = page.locator("#graph .card").count(), page.locator("#graph").inner_html()
    title(page, "Sequential/2").click()
    assert title(page, "Sequential/2").get_attribute("aria-expanded") == "false"
    block = page.locator("#graph .card.block")
    words = block.locator("text:not(.here)").all_text_contents()
    assert words[:3] == ["1 operation", "20 parameters", "(8, 4) → (8, 4)"]
    assert page.locator("#graph .card").count() == before[0] - 2  # two parameters and a result for one block
    assert_nothing_overlaps(page)
    title(page, "Sequential").click()
    assert page.locator("#graph .frame").count() == 0
    assert page.locator("#graph .card.block text:not(.here)").all_text_contents()[:3] == [
        "5 operations", "37 parameters", "(8, 2) → (8, 1)",
    ]  # fmt: skip
    title(page, "Sequential").click()
    assert title(page, "Sequential/2").get_attribute("aria-expanded") == "false", "inner modules stay as they were"
    title(page, "Sequential/2").click()
    page.locator("h1").click()
    assert page.locator("#graph").inner_html() == before[1], "the same graph stands at the same places"


def test_steps_inside_of_a_collapsed_module_mark_its_card_and_fill_the_panel(opened):
    model, step = mlp()
    page = opened(step, params=model)
    page.click("#collapse")
    quantities = {quantity["id"]: quantity for quantity in story_of(page)["quantities"]}
    for i, told in enumerate(story_of(page)["steps"]):
        inside = quantities[told["quantity"]]["name"] not in ("x", "y", "loss")
        block = page.locator("#graph .card.block")
        assert (block.get_attribute("aria-current") == "step") == inside, i
        assert page.locator("#graph [aria-current=step]").count() == 1
        assert block.locator(".here").count() == inside, "marked by a sign, not by colour alone"
        panel = page.locator("#panel h2").text_content()
        assert told["kind"] == "seed" or quantities[told["quantity"]]["name"] in panel
        page.keyboard.press("ArrowRight")
    assert "ḡ 5/5" in page.locator("#graph .card.block").text_content()


def test_lines_lead_to_the_block_and_carry_its_messages(opened):
    model, step = mlp()
    page = opened(step, params=model)
    page.click("#collapse")
    assert page.locator("#graph .edge").count() == 3  # x → Sequential → loss ← y
    go_to(page, "message", 0)
    assert page.locator("#graph .edge.flow").count() == 1
    page.click("#expand")
    assert page.locator("#graph .edge.flow").count() == 1


@pytest.mark.parametrize("program", [mlp, convolutional, lambda: residual(3)], ids=["mlp", "convolutional", "residual"])
@pytest.mark.parametrize("viewport", [(1280, 900), (390, 800)], ids=["right", "down"])
def test_nothing_overlaps_whichever_modules_are_open(opened, program, viewport):
    model, step = program()
    page = opened(step, params=model, viewport=viewport)
    page.click("#expand")
    assert_nothing_overlaps(page)
    paths = sorted(set(page.locator("#graph .title").evaluate_all("all => all.map(e => e.dataset.module)")))
    for path in paths[1::2]:
        if title(page, path).count():
            title(page, path).first.dispatch_event("click")
            assert_nothing_overlaps(page)
    page.click("#collapse")
    assert_nothing_overlaps(page)


def test_a_long_program_opens_at_the_level_that_fits(opened):
    model, step = residual(12)
    page = opened(step, params=model)
    assert 3 < page.locator("#graph .card").count() <= 40
    assert page.locator("#graph .card.block").count() == 13
    page.click("#expand")
    assert page.locator("#graph .card.block").count() == 0


def test_a_module_that_is_called_again_later_stands_there_twice(opened):
    shared, between = nn.Linear(2, 2), leaf([[0.5, 1.0]], "w")
    model = nn.Sequential(shared)

    def step():
        return ad.sum(model(ad.tanh(model(between)) * 2.0))

    page = opened(step, params=model)
    page.click("#collapse")
    assert page.locator("#graph .card.block").count() == 2
    assert "call 2" in page.locator("#graph .title").last.text_content()
    assert_nothing_overlaps(page)
    page.click("#expand")
    assert_nothing_overlaps(page)


def test_a_program_without_modules_has_no_buttons_for_them(opened):
    page = opened(fan_out, leaf(1.0))
    assert not page.locator("#expand").is_visible()
    assert not page.locator("#collapse").is_visible()


def test_a_card_jumps_to_its_next_step_and_so_does_a_block(opened):
    model, step = mlp()
    page = opened(step, params=model)
    title(page, "Sequential/0").click()
    page.locator("#graph .card.loss").click()
    assert page.locator("#panel h2").text_content() == "Forward: compute loss"
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.locator("#graph .card.block").click()
    assert page.locator("#panel h2").text_content()== "Backward: v₂ sends a gradient to v₁"


LAYOUTS = """([graphs, down]) => graphs.map(({cards, lines}) => {
  const found = layOut(cards, lines, new Map(), down), again = layOut(cards, lines, new Map(), down);
  return { cards: [...found.cards], frames: found.frames, routes: found.routes, size: [found.along, found.across],
           same: JSON.stringify([...found.cards, found.routes]) === JSON.stringify([...again.cards, again.routes]) };
})"""


def random_graph(rng):
    """Results in the order of a program, each in a module whose calls are runs, with leaves of their own."""
    cards, lines, scope, made = [], [], [], 0
    for i in range(int(rng.integers(1, 25))):
        if rng.random() < 0.3 and scope:
            scope = scope[: rng.integers(0, len(scope))]
        if rng.random() < 0.4 and len(scope) < 3:
            made += 1
            scope = [*scope, f"f{made}"]
        earlier = [card["id"] for card in cards]
        operands = [earlier[j] for j in rng.integers(0, len(earlier), rng.integers(1, 3))] if earlier else []
        for j in range(int(rng.integers(0, 3)) if operands else 1):
            cards.append({"id": f"l{i}-{j}", "along": 100, "across": 60, "within": list(scope)})
            operands.append(f"l{i}-{j}")
        cards.append({"id": f"r{i}", "along": 120, "across": 80, "within": list(scope)})
        lines += [{"from": operand, "to": f"r{i}", "aim": 9 * j} for j, operand in enumerate(operands)]
    used = {line["from"] for line in lines}
    home = {card["id"]: card["within"] for card in cards}
    for card in cards:  # what is used from outside of its frame may only be a result
        users = [home[line["to"]] for line in lines if line["from"] == card["id"]]
        if card["id"].startswith("l"):
            levels = itertools.takewhile(lambda level: len(set(level)) == 1, zip(*users))
            card["within"] = [level[0] for level in levels]
    return {"cards": [card for card in cards if card["id"] in used or card["id"].startswith("r")], "lines": lines}


@pytest.mark.parametrize("down", [False, True], ids=["right", "down"])
def test_any_graph_of_modules_is_laid_out_without_overlaps(browser, down):
    rng = np.random.default_rng(4)
    graphs = [random_graph(rng) for _ in range(150)]
    page = browser.new_page()
    page.add_script_tag(content=WEB.joinpath("layout.js").read_text(encoding="utf-8"))
    for graph, found in zip(graphs, page.evaluate(LAYOUTS, [graphs, down])):
        cards, at = {card["id"]: card for card in graph["cards"]}, dict(found["cards"])
        assert set(at) == set(cards)
        assert found["same"], "the same graph stands at the same places"
        boxes = {i: [*at[i], at[i][0] + card["along"], at[i][1] + card["across"]] for i, card in cards.items()}
        frames = {f["id"]: [*f["at"], f["at"][0] + f["along"], f["at"][1] + f["across"]] for f in found["frames"]}
        for one, other in itertools.combinations(boxes.values(), 2):
            assert not overlap(one, other)
        for (name, frame), (i, box) in itertools.product(frames.items(), boxes.items()):
            assert contains(frame, box) if name in cards[i]["within"] else not overlap(frame, box)
        for one, other in itertools.combinations(frames.values(), 2):
            assert not overlap(one, other) or contains(one, other) or contains(other, one)
        for line, points in zip(graph["lines"], found["routes"]):
            start, end = boxes[line["from"]], boxes[line["to"]]
            assert points[0][0] == pytest.approx(start[2])
            assert points[-1][0] == pytest.approx(end[0])
            assert start[1] <= points[0][1] <= start[3]
            assert end[1] <= points[-1][1] <= end[3]
            assert all(b[0] >= a[0] - 1e-6 for a, b in itertools.pairwise(points)), "lines never turn back"
            assert all(0 <= x <= size + 1e-6 for point in points for x, size in zip(point, found["size"]))
    page.close()


def test_no_two_parts_of_the_script_use_one_name():
    declared = [
        name for part in pages.SCRIPTS
        for name in re.findall(r"^(?:function|const|let) (\w+)", WEB.joinpath(part).read_text(encoding="utf-8"), re.M)
    ]  # fmt: skip
    assert sorted(declared) == sorted(set(declared))


def test_classes_of_modules_are_told_by_their_scopes(opened):
    model, step = mlp()
    page = opened(step, params=model)
    kinds = json.loads(page.locator("#story").text_content())["kinds"]
    assert kinds["Sequential/1"] == "Tanh"
    assert kinds["Sequential"] == "Sequential"
