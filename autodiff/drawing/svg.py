"""Makes the SVG that Graphviz writes right for every reader: whatever fonts the viewer has, and for a screen reader.

Graphviz measures texts as set in Helvetica. A viewer without it takes a wider font, and texts would leave their frames,
so every text is told the length that was reserved for it, and the viewer stretches or squeezes the letters to it.
"""

from __future__ import annotations

import html
import re
import unicodedata

from .escaping import printable

#: Fonts of the same widths as Helvetica, as Windows, macOS and Linux call them; none is fetched from anywhere.
FONTS = "Helvetica, Arial, 'Liberation Sans', Arimo, 'Nimbus Sans', 'TeX Gyre Heros', sans-serif"


def _widths(table: str) -> dict[str, int]:
    pairs = (entry.split(":", 1) for entry in table.split())
    return {sign: int(width) for width, signs in pairs for sign in signs}


#: Widths in thousandths of the font's size; "Adobe Font Metrics" of Helvetica and Helvetica-Bold.
_REGULAR = _widths(
    "191:' 222:ijl 260:| 278:!,./:;I[\\]ft 333:()-`r 334:{} 355:\" 389:* 469:^ 500:Jcksvxyz "
    "556:#$0123456789?L_abdeghnopqu 584:+<=>~ 611:FTZ 667:&ABEKPSVXY 722:CDHNRUw 778:GOQ 833:Mm 889:% 944:W 1015:@"
)
_BOLD = _widths(
    "238:' 278:,./I\\ijl 280:| 333:!()-:;[]`ft 389:*r{} 474:\" 500:z 556:$#0123456789J_aceksvxy 584:+<=>^~ "
    "611:?FLTZbdghnopqu 667:EPSVXY 722:&ABCDHKNRU 778:GOQw 833:M 889:%m 944:W 975:@"
)
#: Graphviz reserves a space for every byte of a sign outside of ASCII. Most need less, and get what a letter has.
_SPACE, _LETTER = 278, 560


def length(text: str, size: float, bold: bool = False) -> float:
    """The length of a text in Helvetica, never more than Graphviz reserves for it.

    >>> length("loss", 10), length("loss", 10, bold=True), length("∂", 10)
    (17.78, 20.01, 5.6)
    """
    widths = _BOLD if bold else _REGULAR
    return round(sum(widths.get(sign) or _other(sign) for sign in text) * size / 1000, 2)


def _other(sign: str) -> int:
    """The width of a sign that is not in the tables."""
    reserved = _SPACE * len(sign.encode("utf-8", "replace"))
    if unicodedata.combining(sign):
        return 0
    if sign.isspace():
        return _SPACE
    return reserved if unicodedata.east_asian_width(sign) in "WF" else min(reserved, _LETTER)


_TEXT = re.compile(r"<text ([^>]*)>([^<]*)</text>")
_SIZE = re.compile(r'font-size="([\d.]+)"')


def finished(picture: str, title: str, description: str) -> str:
    """The SVG with texts of their lengths that no line crosses, a list of fonts, and words that say what is drawn."""
    picture = _words_above(_TEXT.sub(_sized, picture))
    picture = re.sub(r'font-family="Helvetica[^"]*"', f'font-family="{FONTS}"', picture)
    said = f"<title>{_escaped(title)}</title>\n<desc>{_escaped(description)}</desc>\n"
    return re.sub(r"<svg\b([^>]*[^/>])>\n?", lambda found: f'<svg role="img"{found[1]}>\n{said}', picture, count=1)


def _sized(found: re.Match[str]) -> str:
    """A text with its length."""
    attributes, text = found[1], html.unescape(found[2])
    size = _SIZE.search(attributes)
    if size is None or len(text) < 2 or not text.strip():  # a sign alone leaves no frame: as its font has it
        return found[0]
    room = length(text, float(size[1]), 'font-weight="bold"' in attributes)
    return f'<text {attributes} textLength="{room:g}" lengthAdjust="spacingAndGlyphs">{found[2]}</text>'


_GROUP = re.compile(r'<g id="[^"]*" class="(cluster|edge)">')
_FRAME = re.compile(r'<(?:path|polygon) fill="(#\w+)"[^>]*/>')
_TOOLTIP = re.compile(r'<a xlink:title="[^"]*">')


def _words_above(picture: str) -> str:
    """The SVG with the names of modules, and lines that have labels, above all else.

    Graphviz draws frames first and lines over their names. Each text that is lifted has an edge in the colour of its
    ground, which interrupts the lines below it, as on maps.
    """
    below, lines, names = [], [], []
    rows = iter(picture.splitlines(keepends=True))
    ground = None
    for row in rows:
        kind = _GROUP.match(row)
        if kind is None:
            ground = ground or _FRAME.match(row)  # the first one is the whole picture's
            below.append(row)
            continue
        group, depth = row, 1
        while depth:
            row = next(rows)
            depth += row.count("<g ") - row.count("</g>")
            group += row
        frame, tooltip = _FRAME.search(group), _TOOLTIP.search(group)
        if kind[1] == "cluster" and frame is not None:
            shown = f"{tooltip[0]}{frame[0]}</a>" if tooltip is not None else frame[0]
            below.append(f'<g class="frame">{shown}</g>\n')
            group = group.replace(frame[0], frame[0].replace(f'fill="{frame[1]}"', 'fill="none"', 1), 1)
            names.append(_with_edges(group, frame[1]))
        elif kind[1] == "edge" and ground is not None and "<text " in group:
            lines.append(_with_edges(group, ground[1]))
        else:
            below.append(group)
    above = "".join(lines + names)
    end = len(below) - 1 - next((i for i, row in enumerate(reversed(below)) if row.startswith("</g>")), 0)
    return "".join([*below[:end], above, *below[end:]]) if above else picture


def _with_edges(group: str, colour: str) -> str:
    edge = f'paint-order="stroke" stroke="{colour}" stroke-width="2.5" stroke-linejoin="round"'
    return group.replace("<text ", f"<text {edge} ")


def _escaped(text: str) -> str:
    return html.escape(printable(text), quote=False)
