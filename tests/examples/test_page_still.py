"""The README's still of a page can be taken anew, shows what its words say, and is small enough for a README."""
import shutil
import struct
import sys

import pytest

from examples import page_still
from examples.drawings import about_fan_out

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium is here: apt-get install chromium")
def test_a_still_is_a_png_of_moderate_size(tmp_path):
    pytest.importorskip("playwright", reason='playwright is absent; "chalkgrad[test]" brings it')
    taken = page_still.take(tmp_path / "still.png").read_bytes()
    assert taken.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", taken[16:24])
    assert (width, height) == (1680, 990)
    assert 50_000 < len(taken) < 200_000


def test_without_a_browser_or_playwright_the_error_says_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    if "playwright" in sys.modules or CHROMIUM is None:
        pytest.importorskip("playwright", reason='playwright is absent; "chalkgrad[test]" brings it')
    with pytest.raises(FileNotFoundError, match="needs a browser"):
        page_still.take(tmp_path / "still.png")
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    with pytest.raises(ImportError, match=r"chalkgrad\[test\]"):
        page_still.take(tmp_path / "still.png")
    assert list(tmp_path.iterdir()) == []


def test_the_last_step_of_the_page_adds_two_and_two(tmp_path):
    page = about_fan_out().explain(tmp_path / "page.html").read_text(encoding="utf-8")
    assert "fan_out" in page
    assert "b = a + a" in page
