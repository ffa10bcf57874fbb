"""Runs Graphviz: the system's `dot` where there is one, else the executable that the extra `draw` installs.

Nothing of the `graphviz` package's state is changed; a program that has pointed it to another `dot` is followed.
"""

from __future__ import annotations

import importlib.metadata
import os
import shutil
from pathlib import Path

FORMATS = ("svg", "png", "pdf")

#: Dots to an inch of a PNG: twice the usual, for screens of today. SVG has no use for it.
DOTS = 144
#: A PNG is at most so many inches wide and high, and scaled down to that: few programs open more than 32,767 dots, and
#: 1,000 operations after each other took 45 s and 229,129 dots.
LONGEST_PNG = 200

_HOW_TO_GET_ONE = (
    'Install one of them: pip install "chalkgrad[draw]", or the system\'s Graphviz (apt install graphviz, '
    "brew install graphviz, or https://graphviz.org/download). The text of the picture, drawing.source, needs neither, "
    'and drawing.save("graph.dot") writes it.'
)


class DotNotFoundError(FileNotFoundError):
    """There is no program on this machine that lays out a picture in the format that was asked for."""


def system_dot() -> str | None:
    """The `dot` of the system, or the one that the `graphviz` package was pointed to."""
    from graphviz.backend import dot_command

    name: str = os.fspath(dot_command.DOT_BINARY)
    return shutil.which(name)


def packaged_dot() -> str | None:
    """The executable of the package graphviz-pure, wherever pip put it."""
    try:
        files = importlib.metadata.files("graphviz-pure") or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    places = [Path(str(file.locate())) for file in files if file.stem == "graphviz-pure"]
    return next((str(place.resolve()) for place in places if place.is_file()), shutil.which("graphviz-pure"))


def program(format: str) -> str:
    """The program that makes pictures of a format.

    Raises
    ------
    DotNotFoundError
        If there is none; the error says how to get one.
    """
    found = system_dot()
    if found is not None:
        return found
    found = packaged_dot()
    if found is None:
        raise DotNotFoundError(
            f"draw: making {format.upper()} needs Graphviz, and neither the program `dot` nor the package "
            f"graphviz-pure was found. {_HOW_TO_GET_ONE}"
        )
    if format == "pdf":
        raise DotNotFoundError(
            "draw: PDF needs the system's Graphviz, whose program `dot` was not found; graphviz-pure, which was, makes "
            "SVG and PNG only. Save an SVG or a PNG, or install Graphviz (apt install graphviz, brew install graphviz)."
        )
    return found


def render(source: str, format: str) -> bytes:
    """The picture that a DOT text describes.

    Raises
    ------
    DotNotFoundError
        If no program makes this format.
    RuntimeError
        If the program fails; the error repeats what it said.
    """
    from graphviz.backend import CalledProcessError, dot_command, execute

    executable = program(format)
    command = [executable, *dot_command.command("dot", format)[1:]]
    if format == "png":
        command += [f"-Gdpi={DOTS}", f"-Gsize={LONGEST_PNG},{LONGEST_PNG}"]
    try:
        done = execute.run_check(command, input=source.encode(), capture_output=True, quiet=True)
    except CalledProcessError as error:
        said = (error.stderr or b"").decode(errors="replace").strip()
        raise RuntimeError(f"draw: {executable} could not make the {format.upper()} and said:\n{said}") from error
    picture: bytes = done.stdout
    return picture
