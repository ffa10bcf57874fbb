"""The page in a real browser without a network: numbers, verdicts in words, figures, and nothing that overflows."""

import csv
import shutil

import pytest

from examples.labs import run_all
from examples.labs.page import make_page
from examples.labs.runs import Run, read

for package, extra in (("jinja2", "labs"), ("matplotlib", "plot"), ("safetensors", "train")):
    pytest.importorskip(package, reason=f'{package} is absent; pip install "chalkgrad[{extra}]" brings it')


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """Where the page is made once for all tests."""
    return tmp_path_factory.mktemp("once")


@pytest.fixture
def made(declared, once, tmp_path):
    """A page of two experiments, one of which was run, with its folder: a copy of its own for each test."""
    if not (once / "index.html").exists():
        run_all(declared["upf-1"].runs(), once / "runs")
        said = []
        make_page(once, say=said.append)
        assert said == []
    shutil.copytree(once, tmp_path, dirs_exist_ok=True)
    return tmp_path / "index.html"


@pytest.fixture
def opened(browser, made):
    """Opens the page, and fails afterwards if the browser complained or asked for anything outside."""
    complaints, contexts = [], []

    def open_page(**settings):
        contexts.append(browser.new_context(offline=True, **settings))
        page = contexts[-1].new_page()
        page.set_default_timeout(30_000)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: asked.url.startswith(("file:", "data:")) or complaints.append(asked.url))
        page.on("requestfailed", lambda asked: complaints.append(f"{asked.url} failed"))
        page.goto(made.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def test_a_reader_finds_question_numbers_verdicts_causes_and_command(opened):
    page = opened(viewport={"width": 1280, "height": 900})
    article = page.locator("article").first
    rows = article.locator(".numbers tbody tr")
    assert [row.locator(".verdict").inner_text() for row in rows.all()] == ["✓ agrees", "≠ differs", "· no bound"]
    assert "97–99 %" in rows.nth(0).inner_text()
    assert "2 seeds" in rows.nth(0).inner_text()
    assert rows.nth(0).locator("circle").count() == 2
    assert "to 100 % agrees" in rows.nth(0).locator("svg").get_attribute("aria-label")
    text = article.inner_text()
    for said in ("Does it learn?", "It learns 40 steps.", "It says <b>1e-6</b> & means 0.5.", "the report's slip",
                 "python -m examples labs run upf-1", "A note with <angle brackets>.", "Small <networks>"):  # fmt: skip
        assert said in text
    assert "not run yet" in page.locator("article").nth(1).inner_text()
    assert " ".join(page.locator(".totals").inner_text().split()) == "agrees 1 differs 1 no bound 1 not run yet 1"


def test_what_shows_a_difference_is_one_click_away(opened):
    page = opened()
    link = page.locator(".differences a").first
    target = link.get_attribute("href")
    assert target == "#upf-1--fast"
    row = page.locator(f'[id="{target[1:]}"]')
    assert row.locator("a").count() == 2, "a link to each run"
    link.click()
    assert page.evaluate("location.hash") == target
    assert row.evaluate("row => row.closest('details').open"), "the list of runs opens"


def test_every_link_and_picture_leads_somewhere(opened, made):
    page = opened()
    links = page.locator("a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    assert len(links) > 15
    for link in links:
        if link.startswith("#"):
            assert page.locator(f'[id="{link[1:]}"]').count() == 1, link
        else:
            assert (made.parent / link).is_file(), link
    page.locator("details").evaluate_all("all => all.forEach(each => each.open = true)")
    for image in page.locator("img").all():
        image.scroll_into_view_if_needed()
        image.evaluate("image => image.decode()")
        assert image.evaluate("image => image.naturalWidth > 100")
        assert image.get_attribute("alt")
    assert page.locator("figure img").count() == 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 768, 1280])
def test_nothing_is_wider_than_the_window(opened, width, scheme):
    page = opened(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.locator("details").evaluate_all("all => all.forEach(each => each.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    verdict = page.locator(".verdict").first.bounding_box()
    assert verdict["x"] + verdict["width"] <= width, "seen without scrolling"


def contrast(page, selector):
    """Of a text against what is behind it, by the formula of WCAG 2."""
    return page.locator(selector).first.evaluate("""element => {
        const numbers = text => text.match(/[\\d.]+/g).map(Number);
        const behind = each => {
            const colour = numbers(getComputedStyle(each).backgroundColor);
            return colour.length === 4 && colour[3] === 0 ? behind(each.parentElement) : colour;
        };
        const light = ([red, green, blue]) => [red, green, blue].map(value => value / 255)
            .map(value => value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
            .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
        const both = [light(numbers(getComputedStyle(element).color)), light(behind(element))].sort((a, b) => b - a);
        return (both[0] + 0.05) / (both[1] + 0.05);
    }""")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_stand_out_from_what_is_behind_them(opened, scheme):
    page = opened(color_scheme=scheme)
    for selector in (".lead", ".verdict.agrees", ".verdict.differs", ".verdict.no-bound", ".unit", "nav a", ".note",
                     "figcaption", ".make code"):  # fmt: skip
        assert contrast(page, selector) >= 4.5, selector


def test_a_print_is_light_and_holds_everything(opened):
    page = opened(color_scheme="dark")
    page.emulate_media(media="print")
    assert page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator(".numbers").first.is_visible()


def test_the_keyboard_reaches_the_experiments_first(opened):
    page = opened()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the experiments"
    assert page.locator("h1").count() == 1
    assert page.locator("html").get_attribute("lang") == "en"


def test_tables_are_files_with_every_digit_too(made, tmp_path):
    rows = list(csv.DictReader((tmp_path / "tables" / "upf-1.csv").read_text().splitlines()))
    records = {(record.setting, record.seed): record for record in map(read, (tmp_path / "runs").glob("*.json"))}
    assert {(row["setting"], int(row["seed"])) for row in rows} == set(records)
    for row in rows:
        assert float(row["value"]) == records[row["setting"], int(row["seed"])].metrics[row["metric"]]
    markdown = (tmp_path / "tables" / "upf-1.md").read_text()
    assert "| slow | test accuracy |" in markdown
    assert "≠ differs" in markdown


def test_a_figure_that_fails_is_told_and_takes_nothing_with_it(declared, made, tmp_path):
    from dataclasses import replace

    from examples.labs.experiment import Illustration

    def make(records):
        raise ZeroDivisionError("nothing to divide by")

    declared["upf-1"] = replace(declared["upf-1"], illustrations=(Illustration("bad", "Bad.", make),))
    said = []
    text = make_page(tmp_path, say=said.append).read_text()
    assert said == ["upf-1: the figure 'bad' failed, ZeroDivisionError: nothing to divide by"]
    assert "Not drawn, ZeroDivisionError: nothing to divide by." in text


def test_pictures_are_drawn_anew_only_where_their_runs_are_new(declared, made, tmp_path):
    curves, regions = (tmp_path / "figures" / f"upf-1-{name}.svg" for name in ("curves", "regions"))
    before = curves.stat().st_mtime_ns, regions.stat().st_mtime_ns
    make_page(tmp_path)
    assert (curves.stat().st_mtime_ns, regions.stat().st_mtime_ns) == before
    run_all([Run("upf-1", "fast", 7, declared["upf-1"].settings["fast"])], tmp_path / "runs")
    make_page(tmp_path)
    assert curves.stat().st_mtime_ns > before[0]


def test_a_difference_without_a_cause_is_not_passed_over(declared, made, tmp_path):
    from dataclasses import replace

    first = declared["upf-1"]
    rows = tuple(replace(row, difference=None) if row.setting == "slow" else row for row in first.rows)
    declared["upf-1"] = replace(first, rows=rows, illustrations=())
    assert "<strong>slow</strong>: the cause has not been found." in make_page(tmp_path).read_text()


def test_a_proof_that_is_not_on_a_quick_page_is_no_dead_link(declared, made, tmp_path):
    from dataclasses import replace

    first = declared["upf-1"]
    shown = replace(first.rows[1].difference, shown_by=("question-rate", "other"))
    rows = (replace(first.rows[0], agrees=first.rows[1].agrees, difference=shown),)
    declared["upf-1"] = replace(first, rows=rows, illustrations=())
    text = make_page(tmp_path, quick=True).read_text()
    assert 'href="#question-rate' not in text
    assert "question-rate, other, which is not part of this page" in text
    assert 'href="#question-rate--other"' in make_page(tmp_path).read_text()


def test_a_damaged_run_is_told_and_left_out(declared, made, tmp_path):
    path = declared["upf-1"].runs()[0].path(tmp_path / "runs")
    path.write_text("{}")
    said = []
    text = make_page(tmp_path, say=said.append).read_text()
    assert path.name in said[0]
    assert "3 of 4" in text
