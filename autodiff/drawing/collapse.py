"""Collapses the modules of a picture below a level into one block each, and equal blocks in a row into one.

Plain parts in, plain parts out: what is inside of a block is left away, what crosses its border stays and says its
shapes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from .parts import Arrow, Block, Box, Circle, Flow, Part, Picture, Scope

#: Pictures with more operations open collapsed, unless the caller says how deep they are to be open.
LARGE = 120
#: So many equal blocks in a row are drawn as one.
FOLDED = 3


def suitable_depth(picture: Picture, kinds: Mapping[Scope, str] | None = None) -> int | None:
    """How far a large picture opens by itself; None for a small picture, and without modules.

    That is the first level at which blocks fold, as what follows within one of them is the same in all: `Block ×12`.
    Where none do, it is the deepest level at which the picture is small, else 0.
    """
    scopes = [circle.scope for circle in picture.circles]
    if len(scopes) <= LARGE or not any(scopes):
        return None
    small = [depth for depth in range(max(map(len, scopes))) if _parts_at(picture, depth, kinds or {})[0] <= LARGE]
    return next((depth for depth in small if _parts_at(picture, depth, kinds or {})[1]), max(small, default=0))


def _parts_at(picture: Picture, depth: int, kinds: Mapping[Scope, str]) -> tuple[int, bool]:
    """The number of circles and blocks at a level, and whether some of the blocks are folded."""
    seen = collapsed(picture, depth, kinds)
    return len(seen.circles) + len(seen.blocks), any(block.times > 1 for block in seen.blocks)


def collapsed(picture: Picture, depth: int, kinds: Mapping[Scope, str]) -> Picture:
    """The picture with `depth` levels of modules open and the rest as blocks; `kinds` has the classes of modules."""
    blocks: dict[Scope, Block] = {}
    at: dict[str, Block] = {}
    parts: list[Part] = []
    inside: dict[str, list[str]] = {}
    for part in picture.parts:
        key = part.scope[: depth + 1]
        if len(part.scope) <= depth:
            parts.append(part)
        elif isinstance(part, Box) and part.role == "output":
            parts.append(replace(part, scope=key[:-1]))
        else:
            if key not in blocks:
                blocks[key] = Block(f"m{len(blocks)}", key[-1], kinds.get(key), key[:-1])
                parts.append(blocks[key])
            block = at[part.id] = blocks[key]
            block.kept += part.kept if isinstance(part, (Box, Circle)) else 0
            if isinstance(part, Circle):
                inside.setdefault(block.id, []).append(part.name)
                block.operations += 1
            elif isinstance(part, Box) and part.role == "parameter":
                block.parameters += part.size
    boxes = {box.id: box for box in picture.boxes}
    for arrow in picture.arrows:
        tail, head = at.get(arrow.tail), at.get(arrow.head)
        shape = boxes[arrow.tail].shape if arrow.tail in boxes else boxes[arrow.head].shape
        if tail is not head and shape is not None:
            if head is not None and shape not in head.inputs:
                head.inputs.append(shape)
            if tail is not None and shape not in tail.outputs:
                tail.outputs.append(shape)
    return _folded(Picture(parts, *_crossing(picture, {name: block.id for name, block in at.items()})), inside)


def _crossing(picture: Picture, moved: Mapping[str, str]) -> tuple[list[Arrow], list[Flow]]:
    """The arrows and flows that do not stay within one block, each once."""
    arrows: dict[tuple[str, str, str | None], Arrow] = {}
    for arrow in picture.arrows:
        tail, head = moved.get(arrow.tail, arrow.tail), moved.get(arrow.head, arrow.head)
        label = arrow.label if head == arrow.head else None
        if tail != head:
            key = (tail, head, label if (tail, head) != (arrow.tail, arrow.head) else f"{len(arrows)}")
            arrows.setdefault(key, Arrow(tail, head, label))
    flows = []
    for flow in picture.flows:
        tail, head = moved.get(flow.tail, flow.tail), moved.get(flow.head, flow.head)
        if tail != head:
            flows.append(replace(flow, tail=tail, head=head, local=flow.local if head == flow.head else None))
    return list(arrows.values()), flows


def _folded(picture: Picture, inside: Mapping[str, list[str]]) -> Picture:
    """Blocks that follow each other, and nothing else, and are alike, as one block with their number.

    Constants, such as a mask, may enter each of them too; those that enter no other are shown for the first.
    """
    blocks = {part.id: part for part in picture.parts if isinstance(part, Block)}
    constants = {box.id: box for box in picture.boxes if box.role == "constant" and box.name is None}
    before: dict[str, set[str]] = {}
    after: dict[str, set[str]] = {}
    for arrow in picture.arrows:
        before.setdefault(arrow.head, set()).add(arrow.tail)
        after.setdefault(arrow.tail, set()).add(arrow.head)

    def alike(one: Block, other: Block) -> bool:
        return (
            before.get(other.id, set()) - constants.keys() == {one.id} and after.get(one.id) == {other.id}
            and (one.kind, one.scope, one.parameters, one.inputs, one.outputs, inside.get(one.id))
            == (other.kind, other.scope, other.parameters, other.inputs, other.outputs, inside.get(other.id))
        )  # fmt: skip

    rows: list[list[Block]] = []
    for block in blocks.values():
        row = next((row for row in rows if alike(row[-1], block)), None)
        if row is None:
            rows.append([block])
        else:
            row.append(block)
    moved: dict[str, str] = {}
    for row in rows:
        if len(row) >= FOLDED:
            first = row[0]
            first.name, first.times = f"{first.name} … {row[-1].name}", len(row)
            first.kept = sum(block.kept for block in row)
            moved |= {block.id: first.id for block in row[1:]}
            own = {constant for block in row[1:] for constant in before.get(block.id, set()) & constants.keys()}
            for constant in sorted(own):
                if after[constant] <= {block.id for block in row[1:]}:
                    first.kept += constants[constant].kept
                    moved[constant] = first.id
    parts = [part for part in picture.parts if part.id not in moved]
    return Picture(parts, *_crossing(picture, moved))
