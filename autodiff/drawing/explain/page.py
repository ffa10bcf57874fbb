"""`autodiff.explain`: the way in for users, and the one file that it writes.

The page is a template, in the folder `web`, with its style, its scripts and the story put in. It loads nothing: a
content security policy in the page itself forbids it.
"""

from __future__ import annotations

import html
import json
import os
import re
import secrets
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

from ..escaping import printable
from .live import Live
from .live import script as arithmetic
from .recording import tell
from .story import Story

#: The page's script, in the order in which its parts build on each other; they share one scope.
SCRIPTS = (
    "story.js", "elements.js", "modules.js", "layout.js", "cards.js", "graph.js", "panel.js", "prediction.js",
    "overview.js", "live.js", "timeline.js",
)  # fmt: skip


def explain(
    step: Callable[..., Any],
    *args: Any,
    params: Any = None,
    optimizer: Any = None,
    path: str | os.PathLike[str] = "step.html",
) -> Path:
    """Write a page that steps through one training step: forward, backward in the engine's own order, update.

    The page is one file that opens offline, in any browser. It shows the graph, the source line, each rule with the
    numbers put in, how messages add up, and beside every gradient a finite difference; readers can predict a gradient
    before it is shown, see what a naive walk gets wrong, and change the values of small elementwise programs.

    Parameters
    ----------
    step : callable
        `step(*args)` computes the loss, a Tensor of one element, from Tensors that require grad; it does not call
        `backward`. It runs once, and what that changes is put back, just as `draw` does and with the same exceptions:
        parameters, running statistics, random generators and the optimizer stay as they are.
    *args
        What `step` is called with. Arrays and Tensors among them are shown by the names of their parameters.
    params : module, mapping or pairs of a name and a Tensor, optional
        Names for the parameters, as for `draw`.
    optimizer : optimizer, optional
        Has `step()` and `zero_grad()` and holds some of the parameters; its update ends the page.
    path : str or path
        The file to write; all of it or, if something fails, nothing.

    Returns
    -------
    pathlib.Path
        Where the page is.

    Raises
    ------
    TypeError
        If `step` is no function or returns no Tensor, or `params` holds something else than names and Tensors,
        or if `optimizer` is none.
    ValueError
        If the loss is not a single number, does not depend on anything that requires grad or on operations from before
        the step, if there are more than 300 operations, or if the optimizer holds none of the parameters.
    FileNotFoundError
        If the folder does not exist.
    IsADirectoryError
        If `path` is a folder.

    Notes
    -----
    Gradients on the page are those of this step alone, whatever `.grad` held before. Arrays of more than 64 elements
    are shown by their first 8 rows and columns. The finite difference of an element x is (L(x + h) − L(x − h)) / 2h
    with h = 10⁻⁶ max(1, |x|), from the recorded primitives run again in float64; where it is not the gradient, a note
    says why: a hook, a kink or a jump, the edge of a domain, rounding, a way without gradient, or a rule that is wrong.

    Values can be changed where autodiff's elementwise primitives, and operations that only add up or rearrange, such
    as `sum`, `mean` and `reshape`, do everything, on arrays of 1 to 64 elements. The page then computes all of it
    again in float64, with arithmetic generated from the rules; it says so where a program is not of that kind.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import autodiff as ad
    >>> a = ad.Tensor(1.0, requires_grad=True)
    >>> def step(a):
    ...     b = a + a
    ...     c = b + b
    ...     return c
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = ad.explain(step, a, path=pathlib.Path(folder, "step.html"))
    ...     print(page.read_text(encoding="utf-8")[:15])
    <!DOCTYPE html>
    """
    target = Path(path)
    if target.is_dir():
        raise IsADirectoryError(f"explain: {target}/ is a folder; path is the file to write, such as step.html in it.")
    if not target.parent.is_dir():
        raise FileNotFoundError(f"explain: there is no folder {target.parent}/; make it before {target.name}.")
    page = page_of(tell(step, args, params, optimizer))
    unfinished = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        unfinished.write_text(page, encoding="utf-8")
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return target


def page_of(story: Story) -> str:
    """The page of a story. What comes from the user is escaped: in the title as HTML, elsewhere inside of JSON."""
    room = {
        "title": html.escape(printable(story.title)),
        "style": _part("page.css"),
        "script": "\n".join([arithmetic(story.live or Live()), *map(_part, SCRIPTS)]),
        "story": _escaped(json.dumps(story.plain(), allow_nan=False, separators=(",", ":"))),
    }
    # In one pass, so that a marker within the user's own texts stays what it is.
    return re.sub(r"@(title|style|script|story)@", lambda found: room[found[1]], _part("page.html"))


def _part(name: str) -> str:
    return files(__package__).joinpath("web", name).read_text(encoding="utf-8")


def _escaped(text: str) -> str:
    """JSON that cannot end the script element that it stands in; json.dumps has escaped what is not ASCII.

    >>> _escaped('"</script>"')
    '"\\\\u003c/script\\\\u003e"'
    """
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
