"""How a classifier's regions came about: the model's states while it learned, and a GIF with a picture of each."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..arguments import positive
from ..module import Module
from ..serialize.atomic import write_atomically
from ..training.callbacks import Callback
from . import style
from .plane import decision_boundary, probability_map

Array = npt.NDArray[Any]
State = Mapping[str, npt.ArrayLike]


class Snapshots(Callback):
    """A callback that keeps the model's state before the first epoch and after every so many.

    Parameters
    ----------
    every : int
        Keep one after each epoch whose number is a multiple of this.

    Attributes
    ----------
    epochs : list of int
        After how many epochs each state was kept; the first is 0.
    states : list of dict
        What `model.state_dict()` gave then.

    Raises
    ------
    ValueError
        If `every` is not a whole number of at least 1.

    Examples
    --------
    >>> import nn, nn.plot
    >>> from types import SimpleNamespace
    >>> snapshots, model = nn.plot.Snapshots(every=2), nn.Linear(2, 2)
    >>> snapshots.training_started(SimpleNamespace(model=model, epoch=1))
    >>> for epoch in range(1, 6):  # fit(..., callbacks=[snapshots]) does this
    ...     snapshots.epoch_ended(SimpleNamespace(model=model, epoch=epoch))
    >>> snapshots.epochs
    [0, 2, 4]
    """

    def __init__(self, every: int = 1) -> None:
        self.every = positive(every, "every", "Snapshots")
        self.epochs: list[int] = []
        self.states: list[dict[str, Array]] = []

    def training_started(self, training: Any) -> None:
        """Keep the state before the first epoch, except where a training is continued."""
        if not self.epochs:
            self._keep(0, training.model)

    def epoch_ended(self, training: Any) -> None:
        """Keep the state after an epoch."""
        if training.epoch % self.every == 0:
            self._keep(training.epoch, training.model)

    def _keep(self, epoch: int, model: Module) -> None:
        self.epochs.append(int(epoch))
        self.states.append(model.state_dict())

    def __len__(self) -> int:
        return len(self.states)

    def state_dict(self) -> dict[str, Any]:
        """The epochs and states so far."""
        return {"epochs": list(self.epochs), "states": [dict(state) for state in self.states]}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave, in place of what is here."""
        self.epochs = [int(epoch) for epoch in state["epochs"]]
        self.states = [{name: np.array(value) for name, value in kept.items()} for kept in state["states"]]


def animate(
    model: Module,
    states: Snapshots | Iterable[State],
    samples: Any,
    path: str | os.PathLike[str],
    *,
    class_: int | None = None,
    frames_per_second: float = 8.0,
    hold: float = 1.5,
    width: float = 6.4,
    height: float = 4.8,
    dpi: float = 100.0,
    **settings: Any,
) -> Path:
    """Write a GIF: what a model makes of the plane, one picture for each of its states.

    Parameters
    ----------
    model : Module
        Of the same form as the states; a copy of it takes them over, and itself stays as it is.
    states : Snapshots, or iterable of mappings of str to array_like
        What `fit(..., callbacks=[snapshots])` collected, or results of `model.state_dict()`.
    samples : (x, y)
        Points and classes, as for `decision_boundary`.
    path : path
        Ends in .gif. Replaced if it is there, as a whole: nobody ever finds half a film.
    class_ : int, optional
        Draw `probability_map` of this class; by default `decision_boundary`.
    frames_per_second : float
        How fast it runs. It begins again at the end.
    hold : float
        How many seconds the last picture stays.
    width, height, dpi : float
        Inches, and pixels per inch.
    **settings
        For the function that draws: labels, resolution, padding, outputs, batch_size, size, legend.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ValueError
        If there are no states, one does not fit the model, or the path does not end in .gif. No file is written.
    ImportError
        If matplotlib is missing.

    Examples
    --------
    >>> import pathlib, tempfile, numpy as np, nn, nn.plot
    >>> model, (x, y) = nn.Linear(2, 2), (np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([0, 1]))
    >>> states = [model.state_dict(), model.state_dict()]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "learning.gif")
    ...     nn.plot.animate(model, states, (x, y), path, resolution=8, dpi=20) == path
    True
    """
    target = Path(path)
    if target.suffix.lower() != ".gif":
        raise ValueError(f"animate: the path is {str(path)!r}; needed is one that ends in .gif.")
    if not frames_per_second > 0 or not hold >= 0:
        raise ValueError(f"animate: frames_per_second is {frames_per_second} and hold {hold}; they must be above 0.")
    kept: list[State] = list(states.states if isinstance(states, Snapshots) else states)
    numbers = states.epochs if isinstance(states, Snapshots) else range(len(kept))
    if not kept:
        raise ValueError("animate: there are no states. Were the snapshots given to fit, callbacks=[snapshots]?")
    pictures = _pictures(copy.deepcopy(model), zip(numbers, kept), samples, class_, settings, (width, height), dpi)
    durations = [1000.0 / frames_per_second] * len(pictures)
    durations[-1] += 1000.0 * hold
    film = BytesIO()
    pictures[0].save(film, "GIF", save_all=True, append_images=pictures[1:], duration=durations, loop=0)
    write_atomically(target, [film.getbuffer()], "animate")
    return target


def _pictures(
    model: Module,
    states: Iterable[tuple[int, State]],
    samples: Any,
    class_: int | None,
    settings: dict[str, Any],
    size: tuple[float, float],
    dpi: float,
) -> list[Any]:
    """A Pillow image of each state, of 256 colours at most."""
    style.require_matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from PIL import Image

    figure = Figure(figsize=size, dpi=dpi, layout="constrained")
    canvas: Any = FigureCanvasAgg(figure)
    ax = figure.subplots()
    pictures: list[Any] = []
    for epoch, state in states:
        model.load_state_dict(state)
        ax.clear()
        if class_ is None:
            decision_boundary(model, samples, ax, **settings)
        else:
            probability_map(model, samples, ax, class_=class_, **{"colorbar": not pictures, **settings})
        ax.set_title(f"epoch {epoch}", loc="left")
        canvas.draw()
        figure.set_layout_engine("none")  # else the axes would jump from picture to picture
        image = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy())
        pictures.append(image.quantize(256, dither=Image.Dither.NONE))
    return pictures
