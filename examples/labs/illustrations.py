"""The pictures of the page as files: an experiment's illustrations, and the graph of one of its training steps."""

from __future__ import annotations

import hashlib
import json
import re
import warnings
from collections.abc import Callable, Mapping
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable
from urllib.parse import quote

import autodiff as ad
import nn
from autodiff.drawing import DotNotFoundError
from nn.serialize.atomic import write_atomically

from .. import pictures
from .configuration import Job, key
from .experiment import Experiment, Illustration, Records
from .figures import NothingToDrawError

Say = Callable[[str], None]
#: An SVG of more bytes is shown as the PNG beside it.
LARGE = 600_000
#: Per inch of a PNG.
DOTS = 150
Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")


@runtime_checkable
class Steps(Protocol):
    """A job that can show one training step."""

    def step(self) -> tuple[nn.Module, Callable[[Any, Any], Any], Any, Any]:
        """The network, the loss as a function of inputs and targets, and a few of these."""


def illustrated(
    each: Experiment, records: Mapping[str, Records], out: Path, quick: bool, say: Say
) -> list[dict[str, Any]]:
    """Every illustration as the template takes it; of one that cannot be drawn, why.

    An illustration gets the records of its experiment by setting, and those of the experiments that it `needs` as
    "identifier: setting".
    """
    together = dict(records[each.identifier])
    for other in each.needs:
        together |= {f"{other}: {setting}": found for setting, found in records.get(other, {}).items()}
    folder = out / ("figures-quick" if quick else "figures")
    return [_picture(each, illustration, together, folder, say) for illustration in each.illustrations]


def _picture(each: Experiment, illustration: Illustration, records: Records, folder: Path, say: Say) -> dict[str, Any]:
    base = folder / f"{each.identifier}-{illustration.name}"
    svg, png = (base.with_name(f"{base.name}.{ending}") for ending in ("svg", "png"))
    found: dict[str, Any] = {"caption": illustration.caption, "path": None, "missing": ""}
    stamp = _stamp(illustration, records)
    if not (svg.exists() and _says(svg, stamp)):
        lacking = [name for name in each.settings if not records.get(name)]
        try:
            with warnings.catch_warnings():
                if lacking:
                    warnings.simplefilter("ignore")
                made = illustration.make(records)
        except NothingToDrawError as error:
            return found | {"missing": f"Not drawn: {error}."}
        except Exception as error:  # one picture that fails must not take the page with it; whoever made it is told
            if lacking:
                return found | {"missing": f"Not drawn: no run of {', '.join(lacking)} is there yet."}
            say(f"{each.identifier}: the figure {illustration.name!r} failed, {type(error).__name__}: {error}")
            return found | {"missing": f"Not drawn, {type(error).__name__}: {error}."}
        folder.mkdir(parents=True, exist_ok=True)
        _save(made, svg, png, stamp)
    width, height = _size(svg)
    shown = png if svg.stat().st_size > LARGE else svg
    return found | {
        "path": f"{quote(folder.name)}/{quote(shown.name)}", "large": f"{quote(folder.name)}/{quote(svg.name)}",
        "width": width, "height": height,
    }  # fmt: skip


def _save(made: Any, svg: Path, png: Path, stamp: str) -> None:
    """Each file at once, as a browser may be looking; the SVG last, which says what it was made of."""
    drawn = BytesIO()
    with pictures.styled():
        made.savefig(drawn, format="svg", metadata={"Date": None, "Description": stamp})
        if len(drawn.getvalue()) > LARGE:
            dots = BytesIO()
            made.savefig(dots, format="png", dpi=DOTS)
            write_atomically(png, [dots.getvalue()], "labs")
    write_atomically(svg, [drawn.getvalue()], "labs")


def _says(svg: Path, stamp: str) -> bool:
    """Whether the head of a picture has a text."""
    with svg.open("rb") as file:
        return stamp.encode() in file.read(4000)


def _size(svg: Path) -> tuple[int, int]:
    """Width and height in pixels of a screen, from the points that matplotlib writes first."""
    with svg.open(encoding="utf-8") as file:
        points = re.search(r'<svg [^>]*?width="([\d.]+)pt" height="([\d.]+)pt"', file.read(4000))
    if points is None:
        return 1296, 288
    width, height = (round(float(number) * 96 / 72) for number in points.groups())
    return width, height


def _stamp(illustration: Illustration, records: Records) -> str:
    """A text that changes with the runs that a picture is made of, and with this program."""
    made_of = [
        (setting, record.seed, record.finished, record.configuration)
        for setting, found in records.items()
        for record in found
    ]
    text = json.dumps([illustration.caption, made_of, _program()], sort_keys=True)
    return "made of " + hashlib.sha256(text.encode()).hexdigest()[:24]


@cache
def _program() -> str:
    """A checksum of everything that draws."""
    labs = Path(__file__).parent
    sources = [*labs.rglob("*.py"), labs.parent / "pictures.py", *Path(nn.__file__).parent.rglob("*.py")]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(sources))).hexdigest()


def graph(jobs: Mapping[str, Job], out: Path, say: Say) -> dict[str, Any] | None:
    """One training step of the first setting that can show one, drawn in light and dark; None if there is none."""
    setting, job = next(((name, job) for name, job in jobs.items() if isinstance(job, Steps)), ("", None))
    if job is None:
        return None
    folder = out / "graphs"
    found: dict[str, Any] = {"setting": setting, "light": None, "dark": None, "missing": ""}
    files = {theme: folder / f"{key(jobs[setting])}-{theme}.svg" for theme in THEMES}
    if not all(path.exists() and path.stat().st_mtime > _drawing_changed() for path in files.values()):
        try:
            pictured = _drawn(job)
        except DotNotFoundError as error:
            return found | {"missing": str(error)}
        except Exception as error:  # as with figures
            say(f"The graph of {setting!r} could not be drawn, {type(error).__name__}: {error}")
            return found | {"missing": f"Not drawn, {type(error).__name__}: {error}."}
        folder.mkdir(parents=True, exist_ok=True)
        for theme, picture in pictured.items():
            write_atomically(files[theme], [picture], "labs")
    return found | {theme: f"graphs/{quote(path.name)}" for theme, path in files.items()}


def _drawn(job: Steps) -> dict[Theme, bytes]:
    model, function, x, y = job.step()
    return {theme: ad.draw(function, x, y, params=model, theme=theme).pipe("svg") for theme in THEMES}


@cache
def _drawing_changed() -> float:
    return max(path.stat().st_mtime for path in Path(ad.__file__).parent.rglob("*.py"))
