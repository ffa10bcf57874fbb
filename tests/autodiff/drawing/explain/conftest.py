"""Pages of steps, opened in a real browser without a network."""

import pytest

from autodiff.drawing.explain.page import explain


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
