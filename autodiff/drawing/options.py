"""What is shown in a picture, and how."""

from __future__ import annotations

from typing import Literal, NamedTuple

from .theme import LIGHT, Theme

Direction = Literal["LR", "TB"]


class Options(NamedTuple):
    """What is shown, which way the program runs, and in which colours. `labels` are those of lines."""

    direction: Direction
    values: bool
    gradients: bool
    shapes: bool
    theme: Theme = LIGHT
    labels: bool = True
