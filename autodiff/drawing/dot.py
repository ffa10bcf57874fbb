"""Writes a picture down in DOT, the language of Graphviz, with HTML-like labels.

Here is the order of its lines; what is in them is written by `boxes`, `flows`, `legend` and `escaping`. Equal pictures
give equal text, byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from .boxes import block_line, box_line, circle_line, counted, details, junction_line
from .escaping import font, quoted, short_name
from .flows import flow_line
from .legend import legend
from .options import Options
from .parts import Arrow, Block, Box, Circle, Junction, Part, Picture, Scope
from .theme import FONT


def dot_text(picture: Picture, options: Options) -> str:
    """The whole picture as DOT."""
    return "\n".join(_lines(picture, options)) + "\n"


def _lines(picture: Picture, options: Options) -> Iterator[str]:
    theme = options.theme
    yield "digraph autodiff {"
    yield f"  rankdir={options.direction}; bgcolor={quoted(theme.background)}; pad=0.15; nodesep=0.22; ranksep=0.28;"
    yield f"  fontname={quoted(FONT)}; fontsize=11; labelloc=b; labeljust=c; tooltip=\" \";"
    yield f"  label=<{legend(picture, options)}>;"
    yield f"  node [fontname={quoted(FONT)}, fontsize=11];"
    yield (
        f"  edge [fontname={quoted(FONT)}, fontsize=8, fontcolor={quoted(theme.muted)}, "
        f"color={quoted(theme.ink)}, arrowsize=0.6, penwidth=0.9, tooltip=\" \"];"
    )
    yield from _clusters(picture, options)
    names = {box.id: box.name or "" for box in picture.boxes}
    for arrow in picture.arrows:
        label = _arrow(arrow, names.get(arrow.tail, ""), options) if options.labels else ""
        yield f"  {arrow.tail} -> {arrow.head}{label};"
    if options.gradients:
        for flow in picture.flows:
            yield "  " + flow_line(flow if options.labels else replace(flow, said=""), options)
    yield "}"


def _arrow(arrow: Arrow, name: str, options: Options) -> str:
    """The argument's name, unless the tensor's own says it already: `layers.0.weight` for `weight`."""
    said = arrow.label is None or name.rpartition(".")[2] == arrow.label
    gap = "   " if options.direction == "TB" else ""
    return "" if said else f" [label={quoted(f'{gap}{arrow.label}')}]"


def _clusters(picture: Picture, options: Options) -> Iterator[str]:
    """Every node inside the clusters of its scope. A scope opens where its first part comes."""
    theme = options.theme
    contents: dict[Scope, list[Part | Scope]] = {(): []}
    for part in picture.parts:
        if isinstance(part, Junction) and not options.gradients:
            continue
        for depth in range(1, len(part.scope) + 1):
            path = part.scope[:depth]
            if path not in contents:
                contents[path] = []
                contents[path[:-1]].append(path)
        contents[part.scope].append(part)
    number = 0
    sizes = _sizes(picture)
    open_clusters = [iter(contents[()])]
    while open_clusters:
        indent = "  " * len(open_clusters)
        entry = next(open_clusters[-1], None)
        if entry is None:
            open_clusters.pop()
            if open_clusters:
                yield f"{indent[2:]}}}"
        elif isinstance(entry, tuple):
            yield f"{indent}subgraph cluster_{number} {{"
            told = [text for text in (picture.kinds.get(entry), counted(sizes[entry])) if text and text != entry[-1]]
            # Lines come from above, in the middle of narrow clusters: a short name goes below, and one of blocks aside.
            below = options.direction == "TB" and not told
            yield f"{indent}  label=<{font(short_name(entry[-1]), 10, theme.muted)}{details(told, theme)}>;"
            aside = options.direction == "TB" and any(isinstance(part, Block) for part in contents[entry])
            yield f"{indent}  labeljust={'r' if aside else 'l'}; labelloc={'b' if below else 't'};"
            yield f"{indent}  style=\"rounded,filled\"; margin=10; penwidth=0.8;"
            yield f"{indent}  color={quoted(theme.cluster_border)}; fillcolor={quoted(theme.cluster)};"
            yield f"{indent}  tooltip={quoted('/'.join(entry))};"
            number += 1
            open_clusters.append(iter(contents[entry]))
        else:
            yield indent + _part(entry, options)


def _part(part: Part, options: Options) -> str:
    if isinstance(part, Box):
        return box_line(part, options)
    if isinstance(part, Circle):
        return circle_line(part, options.theme)
    return junction_line(part, options.theme) if isinstance(part, Junction) else block_line(part, options)


def _sizes(picture: Picture) -> dict[Scope, int]:
    """The number of parameters in every scope, those of the scopes within it included."""
    sizes: dict[Scope, int] = {}
    for part in picture.parts:
        count = part.parameters * part.times if isinstance(part, Block) else 0
        count = part.size if isinstance(part, Box) and part.role == "parameter" else count
        for depth in range(1, len(part.scope) + 1):
            path = part.scope[:depth]
            sizes[path] = sizes.get(path, 0) + count
    return sizes
