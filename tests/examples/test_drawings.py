"""The drawings and pages are made, an index shows them all, and a browser without a network opens each of them."""
import html
import re
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest

from autodiff.drawing import DotNotFoundError
from autodiff.drawing.render import program
from examples import drawings, index
from examples.__main__ import main

NAMES = ("fan-out", "uneven-diamond", "second-derivative", "perceptron", "lenet")
PAGES = ("fan-out", "uneven-diamond", "perceptron")
BEGINNINGS = {".svg": b"<?xml", ".png": b"\x89PNG", ".html": b"<!DOCTYPE html>"}
NASTY = """<script>alert("1")</script> & 'x' `<b>`"""


def dot_is_here():
    try:
        return bool(program("svg"))
    except DotNotFoundError:
        return False


needs_dot = pytest.mark.skipif(not dot_is_here(), reason='no dot; pip install "chalkgrad[draw]" brings one')


class Outline(HTMLParser):
    """The addresses of a page, the alternative texts of its pictures, and whether its elements are closed."""

    def __init__(self, path):
        super().__init__()
        self.addresses, self.alternatives, self.open, self.headings = [], [], [], []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.addresses += [attributes[name] for name in ("href", "src", "srcset") if name in attributes]
        if tag == "img":
            self.alternatives.append(attributes["alt"])
        if re.fullmatch(r"h\d", tag):
            self.headings.append(int(tag[1]))
        if tag not in ("meta", "img", "source", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    out = tmp_path_factory.mktemp("made") / "a folder & more"
    return drawings.run(out)


@pytest.fixture
def opened(browser):
    """Opens a page, and fails afterwards if the browser complained or asked for anything but files."""
    complaints, contexts = [], []

    def open_page(path, width=1280, scheme="light"):
        contexts.append(
            browser.new_context(offline=True, viewport={"width": width, "height": 800}, color_scheme=scheme)
        )
        page = contexts[-1].new_page()
        page.set_default_timeout(30_000)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: asked.url.startswith(("file:", "data:")) or complaints.append(asked.url))
        page.on("requestfailed", lambda asked: complaints.append(f"failed: {asked.url}"))
        page.goto(path.resolve().as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@needs_dot
def test_everything_that_is_made_is_linked_and_everything_linked_is_there(made):
    targets = {made.parent / unquote(address) for address in Outline(made).addresses}
    assert targets == set(made.parent.iterdir()) - {made}
    pictures = {f"{name}{ending}" for name in NAMES for ending in (".svg", "-dark.svg", ".png")}
    closer = {"lenet-layers.svg", "lenet-operations.svg"}
    assert {path.name for path in targets} == pictures | closer | {f"{name}.html" for name in PAGES}
    for path in targets:
        assert path.stat().st_size > 5000
        assert path.read_bytes().startswith(BEGINNINGS[path.suffix])


@needs_dot
def test_the_index_is_whole_and_says_what_each_picture_shows(made):
    outline = Outline(made)
    assert outline.open == []
    assert outline.headings == [1, 2, 3, 3, 3, 2, 3, 3]
    assert len(outline.alternatives) == len(NAMES) == len(set(outline.alternatives))
    assert all(len(text) > 40 for text in outline.alternatives)


@needs_dot
def test_every_link_has_a_name_of_its_own(made, opened):
    page = opened(made)
    links = page.locator("a")
    names = links.evaluate_all("links => links.map(link => link.ariaLabel || link.innerText)")
    assert len(set(names)) == len(names) == links.count() > 15


@needs_dot
def test_pictures_show_the_numbers_that_the_sentences_promise(made):
    def texts(name):
        svg = (made.parent / f"{name}.svg").read_text(encoding="utf-8")
        return [html.unescape(text) for text in re.findall(r">([^<>]+)</text>", svg)]

    assert {"a", "b", "c", "2 + 2 = 4", "1 + 1 = 2"} <= set(texts("fan-out"))
    assert {"7", "14"} <= set(texts("uneven-diamond"))
    assert {"80.34", "100.4"} <= set(texts("second-derivative"))
    assert {"points", "labels", "scores", "0.weight", "2.bias", "4.bias"} <= set(texts("perceptron"))
    for ending, shown in (("", "features"), ("-layers", "Conv2d"), ("-operations", "features.0.weight")):
        assert any(shown in text for text in texts(f"lenet{ending}")), ending


def test_pages_are_made_and_the_message_says_what_is_missing_where_no_graphviz_is(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("autodiff.drawing.render.system_dot", lambda: None)
    monkeypatch.setattr("autodiff.drawing.render.packaged_dot", lambda: None)
    assert main(["drawings", "--out", str(tmp_path)]) == 0
    expected = {f"{name}.dot" for name in NAMES} | {f"{name}.html" for name in PAGES} | {"index.html"}
    assert {path.name for path in tmp_path.iterdir()} == expected
    outline = Outline(tmp_path / "index.html")
    assert outline.alternatives == []
    assert {unquote(address) for address in outline.addresses} == expected - {"index.html"}
    printed = capsys.readouterr().out
    shown = html.unescape((tmp_path / "index.html").read_text(encoding="utf-8"))
    for text in (printed, shown):
        assert 'pip install "chalkgrad[draw]"' in text


def test_the_last_line_is_the_address_of_the_index(made, tmp_path, capsys):
    print(drawings.closing(made, ""))
    assert capsys.readouterr().out.splitlines()[-1].strip() == made.as_uri()


def test_texts_are_escaped_and_files_may_have_any_name(tmp_path):
    picture = tmp_path / "a&b 'c', #1 %.svg"
    picture.write_text('<svg width="20pt" height="10pt" xmlns="http://www.w3.org/2000/svg"></svg>')
    figure = index.Figure(NASTY, NASTY, NASTY, {index.LIGHT: picture, NASTY: picture}, NASTY, picture)
    page = index.write(tmp_path / "index.html", NASTY, [index.Section(NASTY, NASTY, [figure])], NASTY)
    outline = Outline(page)
    assert outline.open == []
    assert {unquote(address) for address in outline.addresses} == {picture.name}
    assert "<script" not in page.read_text(encoding="utf-8")
    assert outline.alternatives == [NASTY]


def test_a_failed_index_leaves_the_one_before_it(tmp_path):
    page = index.write(tmp_path / "index.html", "first", [])
    before = page.read_bytes()
    missing = index.Figure("title", "", "", {index.LIGHT: tmp_path / "missing.svg"})
    with pytest.raises(FileNotFoundError):
        index.write(page, "second", [index.Section("", "", [missing])])
    with pytest.raises(UnicodeEncodeError):
        index.write(page, "half a pair: \ud800", [])
    assert page.read_bytes() == before
    assert list(tmp_path.iterdir()) == [page]


@needs_dot
def test_the_same_seed_gives_the_same_drawings(made, tmp_path):
    again = drawings.run(tmp_path)
    for path in made.parent.glob("*.svg"):
        assert (again.parent / path.name).read_bytes() == path.read_bytes(), path.name


@needs_dot
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_a_browser_shows_every_picture_of_the_index_at_any_width(made, opened, width, scheme):
    page = opened(made, width, scheme)
    widths = page.locator("img").evaluate_all("pictures => pictures.map(picture => picture.naturalWidth)")
    assert len(widths) == len(NAMES)
    assert all(widths)
    sources = page.locator("img").evaluate_all("pictures => pictures.map(picture => picture.currentSrc)")
    assert all(source.endswith("-dark.svg") == (scheme == "dark") for source in sources)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@needs_dot
def test_the_index_works_by_keyboard_alone(made, opened):
    page = opened(made)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/fan-out.html")


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", PAGES)
def test_a_browser_opens_every_page_at_any_width(made, opened, name, width):
    page = opened(made.parent / f"{name}.html", width)
    assert page.locator("h1").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("name", "right", "wrong"), [("fan-out", "4", "6"), ("uneven-diamond", "14", "24")])
def test_a_walk_that_does_not_wait_gets_the_wrong_number(made, opened, name, right, wrong):
    page = opened(made.parent / f"{name}.html")
    page.check("#naive")
    page.click("#last")
    assert page.locator("#results .engine").text_content().strip() == right
    assert page.locator("#results .naive").text_content().strip() == wrong
