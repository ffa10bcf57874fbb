"""What a classifier makes of the plane: the regions of its classes, or the probability of one, with samples on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..arguments import positive
from . import style
from .scores import Kind, Model, classes, probabilities

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = npt.NDArray[Any]


class Plane:
    """The samples, a grid around them, and the probability of each class at both.

    Attributes
    ----------
    x, y : ndarray of shapes (samples, 2) and (samples,)
        The samples and the numbers of their classes.
    guesses : ndarray of shape (samples,)
        The most probable class of each sample; of equal ones the first.
    extent : (left, right, bottom, top)
        The edges of the grid; its points are the middles of its cells.
    shares : ndarray of shape (resolution, resolution, classes)
        The probability of each class at each point of the grid, the lowest row first.
    """

    def __init__(
        self, model: Model, samples: Any, resolution: int, padding: float, outputs: Kind | None, batch_size: int,
        caller: str,
    ) -> None:  # fmt: skip
        if not isinstance(samples, tuple | list) or len(samples) != 2:
            raise ValueError(
                f"{caller}: the samples are a {type(samples).__name__}; needed is a pair (x, y) of points and classes."
            )
        x, y = samples
        self.x: Array = np.asarray(x)
        if self.x.ndim != 2 or self.x.shape[1] != 2 or not len(self.x) or len(self.x) != len(y):
            raise ValueError(
                f"{caller}: the inputs have shape {self.x.shape} and there are {len(y)} targets; needed are (samples, "
                "2) and as many targets: only points of the plane can be drawn."
            )
        if self.x.dtype.kind not in "fiub" or not np.isfinite(self.x).all():
            raise ValueError(f"{caller}: the inputs are {self.x.dtype} and hold NaN or infinity, which are no places.")
        if positive(resolution, "resolution", caller) < 2:
            raise ValueError(f"{caller}: resolution is 1; a grid has at least 2 points in each direction.")
        (left, bottom), (right, top) = self.x.min(0) - padding, self.x.max(0) + padding
        self.extent = (float(left), float(right), float(bottom), float(top))
        self.columns, self.rows = _middles(left, right, resolution), _middles(bottom, top, resolution)
        grid = np.stack(np.meshgrid(self.columns, self.rows), axis=-1).reshape(-1, 2)
        kind = self.x.dtype if self.x.dtype.kind == "f" else np.dtype(np.float64)
        both = np.concatenate([self.x.astype(kind), grid.astype(kind)])
        found = probabilities(model, both, outputs, batch_size, caller)
        self.shares = found[len(self.x) :].reshape(resolution, resolution, -1)
        self.guesses = found[: len(self.x)].argmax(1)
        self.y = classes(y, found.shape[1], caller)

    def draw_points(self, ax: Axes, labels: Sequence[str] | None, size: float | None) -> None:
        """The samples in the colours and shapes of their classes, and rings around those that are misclassified."""
        size = size if size is not None else _point_size(ax, len(self.x))
        count = self.shares.shape[2]
        if labels is not None and len(labels) != count:
            raise ValueError(f"there are {len(labels)} labels for {count} classes; needed is one for each.")
        for number in range(count):
            across, up = self.x[self.y == number].T
            label = labels[number] if labels is not None else f"class {number}"
            colour, edge = style.class_colour(number), style.class_colour(number, dark=True)
            look: dict[str, Any] = {"color": [colour], "edgecolors": [edge], "marker": style.class_marker(number)}
            if len(across):
                ax.scatter(across, up, s=size, label=label, linewidths=0.5, zorder=2, **look)
        wrong = self.guesses != self.y
        across, up = self.x[wrong].T
        label = f"misclassified,\n{wrong.sum()} of {len(wrong):,}"
        look = {"facecolors": "none", "edgecolors": style.RED}
        width = 1.2 if len(across) <= 200 else 0.7  # many rings would hide what they ring
        ax.scatter(across, up, s=4 * size + 8, label=label, linewidths=width, zorder=3, **look)

    def finish(self, ax: Axes, legend: bool, entries: int) -> None:
        """Limits, names and the legend."""
        left, right, bottom, top = self.extent
        ax.set(xlim=(left, right), ylim=(bottom, top), xlabel="x₁", ylabel="x₂")
        if legend:
            style.legend_beside(ax, entries)


def decision_boundary(
    model: Model,
    samples: Any,
    ax: Axes | None = None,
    *,
    labels: Sequence[str] | None = None,
    resolution: int = 256,
    padding: float = 0.1,
    outputs: Kind | None = None,
    batch_size: int = 4096,
    size: float | None = None,
    legend: bool = True,
) -> Axes:
    """The plane in the colours of the classes that a model sees there, with samples, the misclassified ones ringed.

    Parameters
    ----------
    model : Module, or callable
        Two inputs; an output per class, or one for two classes. A module is asked by `nn.predict`: in evaluation mode
        and without a graph. A callable gets arrays of shape (samples, 2) and gives arrays.
    samples : (x, y)
        Points of shape (samples, 2), and class indices, a column of them, or one-hot rows; of two classes also −1
        and 1.
    ax : matplotlib Axes, optional
        Where to draw; by default on a new figure.
    labels : sequence of str, optional
        The names of the classes.
    resolution : int
        The grid has this many points in each direction.
    padding : float
        How far the grid reaches beyond the outermost samples, in their units.
    outputs : {"logits", "probabilities"}, optional
        What the model's outputs are. By default this is found out, see Notes.
    batch_size : int
        How many points the model gets at a time.
    size : float, optional
        The area of a point in points², as for `scatter`; by default less the more samples there are.
    legend : bool
        Whether to put one beside the data. Give the figure `layout="constrained"` so that it has room.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If samples are no points of the plane, targets no classes, the outputs do not fit, or it cannot be found out
        what they are.
    ImportError
        If matplotlib is missing.

    Notes
    -----
    If the last operation of a module that computes anything is a sigmoid or softmax, its outputs are taken for
    probabilities, else for logits: of one output the logistic function is the probability of class 1, of several the
    softmax. A callable's rows that lie in 0 to 1 and add up to 1 are probabilities, others logits; with a single output
    it must be said which. Where several classes are equally probable, the first counts. Along the lines two classes are
    equally probable, and no other more so.

    Examples
    --------
    >>> import numpy as np, nn, nn.plot
    >>> from matplotlib.figure import Figure
    >>> x, y = np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([0, 1])
    >>> ax = nn.plot.decision_boundary(nn.MLP([2, 4, 2]), (x, y), Figure().subplots())
    >>> tuple(round(float(edge), 2) for edge in ax.get_xlim())
    (-0.1, 1.1)
    """
    plane = Plane(model, samples, resolution, padding, outputs, batch_size, "decision_boundary")
    ax = style.axes(ax)
    count = plane.shares.shape[2]
    winners = plane.shares.argmax(2)
    palette = np.array([style.class_colour(number) for number in range(count)])
    # Transparent, so that the regions suit a dark background as well as a light one.
    image = np.concatenate([palette[winners], np.full((*winners.shape, 1), 0.3)], axis=2)
    ax.imshow(image, extent=plane.extent, origin="lower", aspect="auto", interpolation="nearest", zorder=0)
    for number in range(count if count > 2 else 1):
        lead = plane.shares[:, :, number] - np.delete(plane.shares, number, axis=2).max(2)
        if lead.min() < 0 < lead.max():
            ax.contour(plane.columns, plane.rows, lead, levels=[0.0], colors=style.GREY, linewidths=1.2, zorder=1)
    plane.draw_points(ax, labels, size)
    plane.finish(ax, legend, count + 1)
    return ax


def probability_map(
    model: Model,
    samples: Any,
    ax: Axes | None = None,
    *,
    class_: int = 1,
    labels: Sequence[str] | None = None,
    resolution: int = 256,
    padding: float = 0.1,
    outputs: Kind | None = None,
    batch_size: int = 4096,
    size: float | None = None,
    legend: bool = True,
    colorbar: bool = True,
) -> Axes:
    """The probability that a model gives one class at every point of the plane, with samples.

    Parameters
    ----------
    model, samples, ax, labels, resolution, padding, outputs, batch_size, size, legend
        As for `decision_boundary`.
    class_ : int
        Which class; of two classes, the other's colour is where this one's probability is low.
    colorbar : bool
        Whether the figure gets a scale of the colours.

    Returns
    -------
    Axes
        With a line where the probability is ½.

    Raises
    ------
    ValueError
        As `decision_boundary`, or if there is no such class.
    ImportError
        If matplotlib is missing.

    Examples
    --------
    >>> import numpy as np, nn, nn.plot
    >>> from matplotlib.figure import Figure
    >>> x, y = np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([0, 1])
    >>> model = nn.Sequential(nn.Linear(2, 1), nn.Sigmoid())
    >>> ax = nn.plot.probability_map(model, (x, y), Figure().subplots())
    >>> ax.figure.axes[1].get_xlabel()
    'probability of class 1'
    """
    plane = Plane(model, samples, resolution, padding, outputs, batch_size, "probability_map")
    count = plane.shares.shape[2]
    if class_ not in range(count):
        raise ValueError(f"probability_map: class_ is {class_!r}; the model tells {count} classes apart, from 0.")
    ax = style.axes(ax)
    share = plane.shares[:, :, class_]
    # Linear between the points of the grid: at its edges, over the half cell that is left, as at the outermost point.
    image = ax.imshow(
        share, extent=plane.extent, origin="lower", aspect="auto", interpolation="bilinear", vmin=0.0, vmax=1.0,
        cmap=_colours(class_, count), zorder=0,
    )  # fmt: skip
    if share.min() < 0.5 < share.max():
        ax.contour(plane.columns, plane.rows, share, levels=[0.5], colors=style.GREY, linewidths=1.5, zorder=1)
    plane.draw_points(ax, labels, size)
    plane.finish(ax, legend, count + 1)
    if colorbar:
        bar = ax.figure.colorbar(image, ax=ax, location="bottom", shrink=0.8, aspect=30)
        bar.set_label(f"probability of {labels[class_] if labels is not None else f'class {class_}'}")
    return ax


def _point_size(ax: Axes, samples: int) -> float:
    """The less the more samples there are, and in smaller Axes."""
    box = ax.get_window_extent()
    inches = min(box.width, box.height) / ax.figure.dpi
    return float(np.clip(20_000 / samples, 9, 30) * np.clip((inches / 3.5) ** 2, 0.1, 1.0))


def _middles(low: float, high: float, count: int) -> Array:
    """The middles of so many equal cells between two edges."""
    edges = np.linspace(low, high, count + 1, dtype=np.float64)
    return np.asarray((edges[:-1] + edges[1:]) / 2)


def _colours(class_: int, count: int) -> Any:
    """From white to the tint of a class; of two classes, from the other's over white."""
    from matplotlib.colors import LinearSegmentedColormap

    def tint(number: int) -> Array:
        return 0.5 + 0.5 * np.array(style.class_colour(number))

    first = tint(1 - class_) if count == 2 else np.ones(3)
    middle = np.ones(3) if count == 2 else (1.0 + tint(class_)) / 2
    return LinearSegmentedColormap.from_list(f"class {class_}", np.array([first, middle, tint(class_)]))
