"""The still of a page in the README: a browser opens the page of the fan-out and stops where two gradients are added.

`python -m examples.page_still` takes it anew; that needs Playwright, of the extra `test`, and a Chromium.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from .drawings import about_fan_out


def take(path: Path) -> Path:
    """Write a PNG of the page at the step after which dc/da is complete.

    Raises
    ------
    ImportError
        If Playwright is missing.
    FileNotFoundError
        If there is no Chromium.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError as error:
        raise ImportError('a still needs Playwright; pip install "chalkgrad[test]" installs it.') from error
    browser = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    if browser is None:
        raise FileNotFoundError("a still needs a browser, and neither chromium nor google-chrome was found.")
    explain = about_fan_out().explain
    assert explain is not None
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page_path = explain(Path(folder, "fan-out.html"))
        with playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"]) as launched:
            page = launched.new_page(
                viewport={"width": 1120, "height": 660}, device_scale_factor=1.5, reduced_motion="reduce", offline=True
            )
            page.goto(page_path.as_uri())
            page.keyboard.press("End")
            path.write_bytes(page.screenshot(animations="disabled"))
    return path


if __name__ == "__main__":
    written = take(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/step-page.png"))
    print(f"written to {written}")
