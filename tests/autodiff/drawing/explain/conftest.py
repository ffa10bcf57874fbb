"""A real browser without a network, launched once for each module of tests of pages."""
import shutil

import pytest

from autodiff.drawing.explain.page import explain

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


# While it is there, a loop of asyncio runs in this process: no other tests may come in between.
@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("no chromium is here: apt-get install chromium")
    sync_api = pytest.importorskip("playwright.sync_api", reason='playwright is absent; "chalkgrad[test]" brings it')
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def opened(browser, tmp_path):
    """Opens the page of a step, and fails afterwards if the browser complained or asked for anything."""
    complaints, contexts = [], []

    def open_page(step, *args, viewport=(1280, 900), **settings):
        path = explain(step, *args, path=tmp_path / "step.html", **settings)
        size = dict(zip(("width", "height"), viewport))
        contexts.append(browser.new_context(offline=True, reduced_motion="reduce", viewport=size))
        page = contexts[-1].new_page()
        page.set_default_timeout(30_000)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda asked: asked.url.startswith(("file:", "data:")) or complaints.append(asked.url))
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
