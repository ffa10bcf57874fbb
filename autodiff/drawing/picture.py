"""`autodiff.draw`, and the Drawing that it returns: the way in for users.

A drawing is finished text from the start. It holds no array and no node, so training may go on, and looking at it later
shows what was there when it was drawn.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from numbers import Integral
from pathlib import Path
from typing import Any, Literal

from ..tensor import Tensor
from .boxes import signs_drawn
from .collapse import collapsed, suitable_depth
from .description import description_of, title_of
from .dot import dot_text
from .effort import MOST_EFFORT, MOST_LABELLED, advice, drawn_parts, effort
from .extract import extract, too_large
from .naming import module_kinds, named_tensors
from .options import Direction, Options
from .parts import Picture
from .recording import recorded
from .render import FORMATS, render
from .svg import finished
from .theme import THEMES

#: Largest number of operations, and of collapsed modules, whose DOT text is written unless the caller insists on more.
MOST_PARTS = 5000


class Drawing:
    """A graph as a picture. Notebooks show it by itself; `save` writes it to a file.

    Attributes
    ----------
    source : str
        The picture in DOT, the language of Graphviz. Equal programs give equal text, byte for byte.

    Examples
    --------
    >>> import autodiff as ad
    >>> x = ad.Tensor(3.0, requires_grad=True, name="x")
    >>> drawing = ad.draw(x * x)
    >>> drawing
    <Drawing of 2 tensors and 1 operation: .save("graph.svg") or .source>
    >>> drawing.pipe("dot") == drawing.source.encode()
    True
    """

    def __init__(self, picture: Picture, options: Options, insisted: bool = False) -> None:
        options = options._replace(labels=effort(picture, options.gradients, labels=True) <= MOST_LABELLED)
        self.source = dot_text(picture, options)
        self._theme = options.theme
        self._said = title_of(picture), description_of(picture, options)
        self._too_slow = None if insisted else _too_slow(picture, options)
        self._tensors = len(picture.boxes)
        self._operations = len(picture.circles)

    def pipe(self, format: str = "svg") -> bytes:
        """The picture as bytes.

        Parameters
        ----------
        format : {"svg", "png", "pdf", "dot"}
            "dot" needs no Graphviz; "pdf" needs the system's. A "png" has twice the pixels of a plain screen, but no
            more than 28,800 each way: what is larger is scaled down, and better seen as "svg".

        Raises
        ------
        ValueError
            For another format, and for a picture whose layout would take more than about 10 s, unless `max_nodes` was
            given; the error says what to collapse. "dot" is always to be had.
        DotNotFoundError
            If no program on this machine makes the format; the error says how to get one.
        RuntimeError
            If the program fails.
        """
        if format in ("dot", "gv"):
            return self.source.encode()
        if format not in FORMATS:
            raise ValueError(f"Drawing: the format is {format!r}, and can be one of {', '.join(FORMATS)} and dot.")
        if self._too_slow is not None:
            raise ValueError(self._too_slow)
        if format == "png":
            return render(signs_drawn(self.source, self._theme), format)
        picture = render(self.source, format)
        return finished(picture.decode(), *self._said).encode() if format == "svg" else picture

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture to a file, whose ending says the format; all of it or, if something fails, nothing.

        Parameters
        ----------
        path : str or path
            Ends in .svg, .png, .pdf or .dot.

        Returns
        -------
        pathlib.Path
            Where the picture is.

        Raises
        ------
        ValueError
            For another ending, and for a picture that is too large, as `pipe`.
        FileNotFoundError
            If the folder does not exist.
        DotNotFoundError, RuntimeError
            As `pipe`.
        """
        target = Path(path)
        if not target.parent.is_dir():
            raise FileNotFoundError(f"Drawing.save: there is no folder {target.parent}/; make it before {target.name}.")
        picture = self.pipe(target.suffix.lower().removeprefix("."))
        unfinished = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        try:
            unfinished.write_bytes(picture)
            unfinished.replace(target)
        finally:
            unfinished.unlink(missing_ok=True)
        return target

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows: the SVG, or a text that says why there is none."""
        try:
            return {"image/svg+xml": self.pipe("svg").decode(), "text/plain": repr(self)}
        except Exception as error:  # a notebook shows whatever is there, and never a traceback for it
            return {"text/plain": f"{self!r}\n{error}"}

    def __repr__(self) -> str:
        tensors = f"{self._tensors} tensor{'s' * (self._tensors != 1)}"
        operations = f"{self._operations} operation{'s' * (self._operations != 1)}"
        return f'<Drawing of {tensors} and {operations}: .save("graph.svg") or .source>'


def draw(
    drawn: Tensor | Callable[..., Any],
    *args: Any,
    direction: Direction = "TB",
    values: bool = True,
    gradients: bool = True,
    shapes: bool = True,
    depth: int | None = None,
    theme: Literal["light", "dark", "print"] = "light",
    params: Any = None,
    max_nodes: int | None = None,
) -> Drawing:
    """Draw how a Tensor is computed: tensors as boxes, operations as circles, modules as clusters.

    A function is run under `record()`, and back if it returns one number: all values, all gradients and the messages
    between them are shown. Of a Tensor, a graph keeps only what its rules ask for, so some values are unknown (dashed
    borders) unless it was computed under `record()`. Drawing changes nothing: what running the function does to
    Tensors, modules, optimizers, random generators and variables is undone, see the notes.

    Parameters
    ----------
    drawn : Tensor or callable
        The output, usually a loss, before or after its `backward()`; or a function or module that returns it.
    *args : Tensors, arrays or anything else
        The function's arguments, shown by their names in its signature. Floating-point arrays and numbers become
        inputs that want a gradient; data without one where `params` is given.
    direction : {"TB", "LR"}
        Whether the program runs from top to bottom, with room for labels beside its lines, or from left to right, which
        suits short ones.
    values, gradients, shapes : bool
        What is shown in the boxes. Arrays of up to six elements are shown in full, larger ones by their minimum, mean
        and maximum.
    depth : int, optional
        How many levels of modules are open; each module below is one block with its class, its number of parameters
        and the shapes that go in and come out, and three or more equal ones in a row are one block with their number.
        By default everything is open in graphs of up to 120 operations, and larger ones open to the first level at
        which equal modules fold, such as `Block ×12`, or else as far as there is room. Open modules are never folded:
        each shows its own values.
    theme : {"light", "dark", "print"}
        The colours. All are made for colour-blind eyes too.
    params : module, mapping or pairs of a name and a Tensor, optional
        Names for the parameters, and classes for the modules, such as `model`, `model.named_parameters()` or
        `{"w": w}`; without them the Tensors' own names are used. A computed Tensor can be named too, and its value is
        known then.
    max_nodes : int, optional
        The largest number of operations, and of collapsed modules, that is drawn. By default 5,000 are written as DOT,
        and a picture is made of them if its layout takes less than about 10 s: the error says which modules to collapse
        otherwise. With a number here as much as that is drawn, however long it takes.

    Returns
    -------
    Drawing
        With `source`, `save`, `pipe`; shows itself in notebooks.

    Raises
    ------
    TypeError
        If `drawn` is no Tensor and no function that returns one, or does not take the arguments, or `params` holds
        something else than names and Tensors.
    RuntimeError
        If nothing that the function computed requires grad.
    ValueError
        For another direction, theme, depth or number, or a graph of more than `max_nodes` operations.

    Notes
    -----
    Put back, also after an error, is all that the function reaches: by its arguments and `params`, its variables from
    outside and the globals that its code names, their attributes, items, methods and hooks, and the Tensors that it
    computes with. Of Tensors that is the values, `.grad`, versions, flags and graphs; of generators the state, also of
    NumPy's and Python's global ones. Not put back are output, files and the clock; iterators that it advances;
    attributes of classes; how many children a generator has spawned; what installed libraries keep for themselves, in
    variables or objects of theirs; and plain arrays of more than 256 MB.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.draw(lambda x, y: x * y + x, 2.0, 3.0)
    <Drawing of 4 tensors and 2 operations: .save("graph.svg") or .source>
    >>> x = ad.Tensor([1.0, 2.0], requires_grad=True, name="x")
    >>> with ad.record():
    ...     loss = ad.sum(x * x)
    ...     loss.backward()
    >>> source = ad.draw(loss).source
    >>> "[2, 4]" in source  # the gradient of x
    True
    """
    if direction not in ("LR", "TB"):
        raise ValueError(f'draw: the direction is {direction!r}: give "LR" (left to right) or "TB" (top to bottom).')
    if theme not in tuple(THEMES):  # a tuple takes what has no hash, too
        raise ValueError(f"draw: the theme is {theme!r}: give light, dark or print.")
    options = Options(direction, bool(values), bool(gradients), bool(shapes), THEMES[theme])
    _whole("depth", depth, 0, "the number of levels of modules that are open")
    _whole("max_nodes", max_nodes, 1, "the largest number of operations and collapsed modules that is drawn")
    insisted, most = max_nodes is not None, MOST_PARTS if max_nodes is None else max_nodes
    limit = most if depth is None else float("inf")
    if isinstance(drawn, Tensor) and not args:
        picture = extract(drawn, named_tensors(params), limit)
    elif isinstance(drawn, Tensor) or not callable(drawn):
        given = f" and {len(args)} argument(s)" if args else ""
        raise TypeError(
            f"draw: got a {type(drawn).__name__}{given}, and needs a Tensor: the output of what is to be drawn; or a "
            "function that returns one, followed by its arguments."
        )
    else:
        is_module = hasattr(drawn, "named_parameters") and not isinstance(drawn, type)
        params = drawn if params is None and is_module else params
        names = named_tensors(params)
        with recorded(drawn, args, params, names) as (output, arguments):
            picture = _opened(extract(output, names, limit, arguments), params, depth, most)
            return Drawing(picture, options, insisted)
    picture = _opened(picture, params, depth, most)
    return Drawing(picture, options, insisted)


def _whole(option: str, given: Any, least: int, what: str) -> None:
    """Refuse what is no whole number, or too small a one."""
    if given is not None and (not isinstance(given, Integral) or given < least):
        raise ValueError(f"draw: {option} is {given!r}: give {what}, a whole number, {least} or more.")


def _opened(picture: Picture, params: Any, depth: int | None, max_nodes: int) -> Picture:
    """The picture with its modules open as far as is wished, or as there is room."""
    kinds = picture.every_call(module_kinds(params))
    depth = suitable_depth(picture, kinds) if depth is None else depth
    if depth is not None:
        picture = collapsed(picture, depth, kinds)
    picture.kinds = kinds
    if len(picture.circles) + len(picture.blocks) > max_nodes:
        raise too_large(max_nodes)
    return picture


def _too_slow(picture: Picture, options: Options) -> str | None:
    """Why the layout is not begun, and what to do; None if it is quick enough."""
    needed = effort(picture, options.gradients, options.labels)
    if needed <= MOST_EFFORT:
        return None
    parts = drawn_parts(picture)
    return (
        f"draw: the layout of these {parts:,} operations and collapsed modules would take longer than 10 s (their "
        f"parts, lines, and ranks that lines pass count {needed:,}, and {MOST_EFFORT:,} can be had). {advice(picture)} "
        f"gradients=False makes the picture smaller, max_nodes={parts} insists on it, and "
        'drawing.save("graph.dot") writes it for other programs.'
    )
