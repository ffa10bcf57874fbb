"""Shows the page of `ad.explain` inside of a notebook. In a program, call `ad.explain` itself, and open its file."""

from __future__ import annotations

import html
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import autodiff as ad


class StepPage:
    """A page to step through; a notebook shows it in a frame of its own."""

    def __init__(self, page: str, height: int) -> None:
        self.page = page
        self.height = height

    def _repr_html_(self) -> str:
        return (
            f'<iframe title="A step to go through" sandbox="allow-scripts" srcdoc="{html.escape(self.page)}" '
            f'style="width: 100%; height: {self.height}px; border: 1px solid #999; border-radius: 6px"></iframe>'
        )

    def __repr__(self) -> str:
        return f"<a page of {len(self.page):,} characters, for a notebook that shows HTML>"


def step_through(step: Callable[..., Any], *args: Any, height: int = 640, **settings: Any) -> StepPage:
    """The page of a step, for the last line of a cell; `height` is in pixels, the rest is as for `ad.explain`.

    Examples
    --------
    >>> step_through(lambda a: a + a, ad.Tensor(3.0, requires_grad=True))
    <a page of ... characters, for a notebook that shows HTML>
    """
    with tempfile.TemporaryDirectory() as folder:
        path = ad.explain(step, *args, path=Path(folder, "step.html"), **settings)
        return StepPage(path.read_text(encoding="utf-8"), height)
