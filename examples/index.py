"""A page that shows pictures and links pages, with a few words about each: one static file, for a browser without a
network, in light and in dark.

Here are the words and their places; `index.css` beside it is the style, which the page holds inside.
"""

from __future__ import annotations

import html
import os
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

#: The names of the two pictures that are shown; all others are linked only.
LIGHT, DARK = "SVG", "SVG, dark"
#: Pictures from its own folder, its own style, and nothing else.
POLICY = "default-src 'none'; img-src 'self' file:; style-src 'unsafe-inline'"


@dataclass(frozen=True)
class Figure:
    """What is said and shown about one thing. In texts, `backticks` mark code."""

    title: str
    sentence: str
    #: What the picture shows, for whoever cannot see it.
    shown: str
    #: Files by their names; `LIGHT` is shown, and `DARK` in its place in a dark page.
    pictures: Mapping[str, Path] = field(default_factory=dict)
    code: str = ""
    #: A page to step through.
    page: Path | None = None


@dataclass(frozen=True)
class Section:
    """Figures that belong together."""

    title: str
    sentence: str
    figures: Sequence[Figure]


def write(path: Path, title: str, sections: Sequence[Section], warning: str = "") -> Path:
    """Write a page about files in its folder or below it: all of it or, if something fails, nothing.

    Parameters
    ----------
    path : path
        The file to write.
    title : str
        Of the page.
    sections : sequence of Section
        Their files exist.
    warning : str
        What its readers should know first, such as what is missing.

    Returns
    -------
    path
        The same path.
    """
    text = html_of(title, sections, warning, path.parent)
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def html_of(title: str, sections: Sequence[Section], warning: str, folder: Path) -> str:
    """The page as text; `folder` is where its links start."""
    style = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")
    steps = [figure for section in sections for figure in section.figures if figure.page]
    cards = "".join(f"<li>{card(figure, folder)}</li>" for figure in steps)
    pages = f'<nav aria-label="Pages to step through"><ul class="cards">{cards}</ul></nav>' if steps else ""
    note = f'<p class="warning" role="note"><strong>No Graphviz.</strong> {words(warning)}</p>' if warning else ""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>{html.escape(title)}</title>
<style>
{style}</style>
</head>
<body>
<header>
<h1>{html.escape(title)}</h1>
<p>Every shape, value and gradient on these pages was computed by the engine. Step through a program, forward and back,
or look at its whole graph at once.</p>
{note}{pages}
</header>
<main>
{"".join(section_of(section, number, folder) for number, section in enumerate(sections, 1))}</main>
</body>
</html>
"""


def card(figure: Figure, folder: Path) -> str:
    """A large link to a page."""
    assert figure.page is not None
    return (
        f'<a class="card" href="{link(figure.page, folder)}"><span class="play" aria-hidden="true">▶</span>'
        f"<span>Step through<br><strong>{words(figure.title)}</strong></span></a>"
    )


def section_of(section: Section, number: int, folder: Path) -> str:
    """A section with its heading."""
    figures = "".join(figure_of(figure, folder) for figure in section.figures)
    return (
        f'<section aria-labelledby="section-{number}">\n<h2 id="section-{number}">{words(section.title)}</h2>\n'
        f"<p>{words(section.sentence)}</p>\n{figures}</section>\n"
    )


def figure_of(figure: Figure, folder: Path) -> str:
    """A figure: heading, words, picture, links and the call that makes it."""
    links, title = [], html.escape(figure.title)
    if figure.page:
        address, label = link(figure.page, folder), f"Step through it: {title}"
        links.append(f'<a class="step" href="{address}" aria-label="{label}">▶ Step through it</a>')
    for name, path in figure.pictures.items():
        address, name = link(path, folder), html.escape(name)
        links.append(f'<a href="{address}" aria-label="{name}: {title}">{name}</a>')
    sentence = f"<p>{words(figure.sentence)}</p>\n" if figure.sentence else ""
    code = f'<pre tabindex="0"><code>{html.escape(figure.code)}</code></pre>\n' if figure.code else ""
    return (
        f"<article>\n<h3>{words(figure.title)}</h3>\n{sentence}{picture_of(figure, folder)}"
        f'<p class="links">{" ".join(links)}</p>\n{code}</article>\n'
    )


def picture_of(figure: Figure, folder: Path) -> str:
    """The picture, or nothing if there is none. It shrinks to a pixel a point at least; then its frame scrolls."""
    if LIGHT not in figure.pictures:
        return ""
    light = figure.pictures[LIGHT]
    dark = figure.pictures.get(DARK)
    width, height = size(light)
    paper = "" if dark else 'class="paper" '
    source = f'<source media="(prefers-color-scheme: dark)" srcset="{link(dark, folder)}">' if dark else ""
    return (
        f'<div class="frame" role="region" tabindex="0" aria-label="Picture: {html.escape(figure.title)}"><picture>'
        f'{source}<img {paper}src="{link(light, folder)}" width="{width * 4 // 3}" height="{height * 4 // 3}" '
        f'style="--least: {width}px" alt="{html.escape(figure.shown)}"></picture></div>\n'
    )


def size(picture: Path) -> tuple[int, int]:
    """Width and height of an SVG, in points.

    Raises
    ------
    ValueError
        If the file does not begin as an SVG with a size.
    """
    with picture.open(encoding="utf-8") as file:
        found = re.search(r'<svg[^>]*?width="([\d.]+)pt"[^>]*?height="([\d.]+)pt"', file.read(4000))
    if found is None:
        raise ValueError(f"index: {picture} does not begin as an SVG whose width and height are in points.")
    return round(float(found[1])), round(float(found[2]))


def link(path: Path, folder: Path) -> str:
    """A relative address, safe inside of quotes."""
    return html.escape(quote(Path(os.path.relpath(path, folder)).as_posix()))


def words(text: str) -> str:
    """Text with `code` in it, escaped.

    >>> words("`a < b` & c")
    '<code>a &lt; b</code> &amp; c'
    """
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))
