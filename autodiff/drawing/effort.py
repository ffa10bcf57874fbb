"""How long Graphviz would take to lay a picture out, told from its structure, and what to do where that is too long."""

from __future__ import annotations

from collections import Counter

from .collapse import suitable_depth
from .parts import Block, Circle, Junction, Picture, Scope

#: Pictures of more effort have no labels on their lines. Graphviz gives each label a rank of its own, which doubles the
#: ranks; with them 1,000 recorded operations of a chain took 5 times as long.
MOST_LABELLED = 6500
#: Pictures of more effort are not laid out unless the caller insists. Measured with graphviz-pure 0.2.2, seconds of one
#: core for operations and effort, without labels. Recorded: a chain 3.8 (5,000, 30,001), 60 sums of a shared input 7.8
#: (119, 56,000), 16 steps of a recurrent network 1.1 (48, 23,500). Not recorded: a chain 3.0 (5,000, 20,001), 70 sums
#: of a shared input more than 10 (139, 39,000).
MOST_EFFORT = 32000

#: Lines that pass other ranks cost this much more than lines between neighbours, for each rank: with labels, which cost
#: something everywhere, and without.
_PASSING_LABELLED, _PASSING = 4, 8


def effort(picture: Picture, gradients: bool, labels: bool) -> int:
    """What a layout in ranks has to do: parts, lines, and above all the ranks that lines pass on their way.

    Such a layout (Gansner, Koutsofios, North and Vo, "A Technique for Drawing Directed Graphs", 1993) puts every part
    into a rank below all that it depends on, breaks the lines that pass other ranks into pieces, and orders the pieces
    of each rank so that few cross.
    """
    ranks = _ranks(picture)
    ends = [(arrow.tail, arrow.head) for arrow in picture.arrows]
    if gradients:
        ends += [(flow.tail, flow.head) for flow in picture.flows]
    passed = sum(max(abs(ranks.get(head, 0) - ranks.get(tail, 0)) - 1, 0) for tail, head in ends)
    return len(picture.parts) + len(ends) + (_PASSING_LABELLED if labels else _PASSING) * passed


def _ranks(picture: Picture) -> dict[str, int]:
    """A rank for every part: one more than the latest before it; leaves directly before the first that uses them."""
    before: dict[str, list[str]] = {}
    after: dict[str, list[str]] = {}
    for arrow in picture.arrows:
        before.setdefault(arrow.head, []).append(arrow.tail)
        after.setdefault(arrow.tail, []).append(arrow.head)
    ranks: dict[str, int] = {}
    for part in picture.parts:  # in the order of the program
        ranks[part.id] = 1 + max((ranks.get(tail, 0) for tail in before.get(part.id, ())), default=-1)
    for part in reversed(picture.parts):
        heads = [ranks[head] for head in after.get(part.id, ()) if head in ranks]
        if heads:
            ranks[part.id] = max(ranks[part.id], min(heads) - 1)
    junctions = {part.id for part in picture.parts if isinstance(part, Junction)}
    for flow in picture.flows:
        if flow.head in junctions:
            ranks[flow.head] = ranks.get(flow.tail, 0) + 1
    return ranks


def drawn_parts(picture: Picture) -> int:
    """The number of operations and of collapsed modules."""
    return sum(isinstance(part, (Circle, Block)) for part in picture.parts)


def advice(picture: Picture) -> str:
    """What makes a picture smaller: the modules to collapse, or what else there is."""
    depth = suitable_depth(picture)
    largest: Counter[Scope] = Counter(circle.scope[: (depth or 0) + 1] for circle in picture.circles if circle.scope)
    if depth is not None and largest:
        named = ", ".join(f"{'/'.join(scope)} ({count:,})" for scope, count in largest.most_common(3))
        return (
            f"Collapse modules: depth={depth} leaves {depth} level{'s' * (depth != 1)} open; most operations are in "
            f"{named}."
        )
    return (
        "There are no modules to collapse: compute parts of it within `with autodiff.scope(\"name\"):`, and they are "
        "collapsed as modules are; or draw a smaller example of the same program (fewer layers or steps), or an "
        "intermediate Tensor instead of the last one."
    )
