"""Texts as DOT takes them: nothing that a user wrote can end a string or a label, or be read as markup.

Every text of a picture that comes from names, source lines or values goes through `markup`, `short_name` or `quoted`.
"""

from __future__ import annotations

#: Longer names are shortened in the middle; the tooltip has all of it.
LONGEST_NAME = 60


def printable(text: str) -> str:
    r"""Text with what cannot be shown (newlines, controls, lone surrogates) written as Python writes it.

    >>> print(printable("a\nb\x00\ud800"))
    a\nb\x00\ud800
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def markup(text: str) -> str:
    r"""Text for an HTML-like label. Graphviz reads `\N` there as the node's name, so backslashes are doubled.

    >>> print(markup("a < b & \\N"))
    a &lt; b &amp; &#92;&#92;N
    """
    escapes = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\\": "&#92;&#92;"}
    return "".join(escapes.get(c, c) for c in printable(text))


def quoted(text: str) -> str:
    r"""Text as a quoted attribute, such as a tooltip.

    >>> print(quoted('a "b" \\N &lt;'))
    "a \"b\" \\N &amp;lt;"
    """
    escaped = printable(text).replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
    return f'"{escaped}"'


def font(text: str, size: int, colour: str) -> str:
    """Markup in a size and a colour."""
    return f'<FONT POINT-SIZE="{size}" COLOR="{colour}">{text}</FONT>'


def short_name(name: str) -> str:
    """A name as markup, shortened in the middle if it is long."""
    shown = printable(name)
    if len(shown) > LONGEST_NAME:
        half = LONGEST_NAME // 2
        shown = f"{shown[:half]}…{shown[-half:]}"
    return markup(shown)
