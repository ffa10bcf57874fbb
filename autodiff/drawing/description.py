"""A picture in words: its title and what is in it, for those who do not see it."""

from __future__ import annotations

from collections import Counter

from .boxes import counted, symbol_text
from .options import Options
from .parts import Picture

#: So many names of one kind are said; the rest is counted.
SAID = 6


def title_of(picture: Picture) -> str:
    """What the picture is called.

    >>> title_of(Picture())
    'Computation graph of an unnamed result'
    """
    names = [box.name for box in picture.boxes if box.role == "output" and box.name]
    return f"Computation graph of {names[0] if names else 'an unnamed result'}"


def description_of(picture: Picture, options: Options) -> str:
    """What is in the picture: leaves by their names, operations by their symbols, and what the arrows are."""
    sentences = []
    boxes, circles = picture.boxes, picture.circles
    for one, several, role in (("Input", "Inputs", "input"), ("Parameter", "Parameters", "parameter")):
        names = [box.name or "without a name" for box in boxes if box.role == role]
        if names:
            sentences.append(f"{several if len(names) > 1 else one}: {_listed(names)}.")
    if circles:
        symbols = Counter(symbol_text(circle.symbol) for circle in circles)
        told = [symbol if times == 1 else f"{symbol} {times} times" for symbol, times in symbols.most_common()]
        sentences.append(f"{len(circles):,} operation{'s' * (len(circles) != 1)}: {_listed(told)}.")
    for block in picture.blocks[:SAID]:
        times = f", {block.times} times" if block.times > 1 else ""
        told = [block.kind or "", counted(block.parameters)]
        sentences.append(f"Collapsed module {block.name}{times}: {', '.join(filter(None, told)) or 'no parameters'}.")
    if len(picture.blocks) > SAID:
        sentences.append(f"{len(picture.blocks) - SAID} more collapsed modules.")
    if picture.flows and options.gradients:
        sentences.append("Dashed arrows carry the gradients back from the output.")
    way = "left to right" if options.direction == "LR" else "top to bottom"
    return " ".join([*sentences, f"The program runs from {way}."])


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:SAID])
    return shown if len(names) <= SAID else f"{shown} and {len(names) - SAID} more"
