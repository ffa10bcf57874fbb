"""What a history holds, as curves over the epochs: while learning, and on the samples held out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Up to so many epochs each one gets a marker.
FEW = 40


def loss_curves(history: Any, ax: Axes | None = None, **settings: Any) -> Axes:
    """The loss over the epochs: `curves` of the column "loss".

    Parameters
    ----------
    history : History, or mapping of str to array_like
    ax : matplotlib Axes, optional
        Where to draw; by default on a new figure.
    **settings
        As for `curves`.

    Returns
    -------
    Axes

    Raises
    ------
    ImportError
        If matplotlib is missing.

    Examples
    --------
    >>> import nn, nn.plot
    >>> from matplotlib.figure import Figure
    >>> history = {"loss": [0.9, 0.4, 0.2], "validation_loss": [0.8, 0.5, 0.4]}
    >>> ax = nn.plot.loss_curves(history, Figure().subplots())
    >>> ax.get_xlabel(), ax.get_ylabel(), len(ax.lines)
    ('epoch', 'loss', 2)
    """
    return curves(history, "loss", ax, **settings)


def accuracy_curves(history: Any, ax: Axes | None = None, **settings: Any) -> Axes:
    """The accuracy over the epochs in percent: `curves` of the column "accuracy".

    Parameters
    ----------
    history : History, or mapping of str to array_like
    ax : matplotlib Axes, optional
        Where to draw; by default on a new figure.
    **settings
        As for `curves`.

    Returns
    -------
    Axes

    Raises
    ------
    ImportError
        If matplotlib is missing.

    Examples
    --------
    >>> import nn, nn.plot
    >>> from matplotlib.figure import Figure
    >>> nn.plot.accuracy_curves({"accuracy": [0.5, 0.9]}, Figure().subplots()).get_ylabel()
    'accuracy (%)'
    """
    return curves(history, "accuracy", ax, **{"percent": True, **settings})


def curves(
    history: Any,
    column: str,
    ax: Axes | None = None,
    *,
    ylabel: str | None = None,
    labels: tuple[str, str] = ("training", "validation"),
    percent: bool = False,
) -> Axes:
    """One column of a history over the epochs, and beside it that of the validation if there is one.

    Parameters
    ----------
    history : History, or mapping of str to array_like
        What `nn.fit` gives, or columns of numbers, one per epoch.
    column : str
        The name of a loss or metric; that of the validation is "validation_" and this.
    ax : matplotlib Axes, optional
        Where to draw; by default on a new figure.
    ylabel : str, optional
        What the numbers are; by default the column's name.
    labels : (str, str)
        What the legend calls the two curves. It adds the last number of each.
    percent : bool
        Whether to show a share of 1 as 100 %.

    Returns
    -------
    Axes

    Raises
    ------
    KeyError
        If there is no such column.
    ImportError
        If matplotlib is missing.

    Notes
    -----
    A number that is NaN or infinite is left out, and the legend says in how many epochs that was so.

    Examples
    --------
    >>> import nn, nn.plot
    >>> from matplotlib.figure import Figure
    >>> history = {"f1": [0.5, 0.8], "validation_f1": [0.4, 0.7]}
    >>> ax = nn.plot.curves(history, "f1", Figure().subplots(), labels=("training", "test"))
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['training, 0.8 at the end', 'test, 0.7 at the end']
    """
    names = (column, f"validation_{column}")
    found = [(name, label) for name, label in zip(names, labels) if name in history]
    if column not in history and not found:
        there = ", ".join(getattr(history, "columns", None) or history) or "none"
        raise KeyError(f"curves: the history has no column {column!r}; it has {there}.")
    ax = style.axes(ax)
    for name, label in found:
        _curve(ax, np.asarray(history[name], dtype=np.float64), label, name == column, percent)
    unit = " (%)" if percent else ""
    ax.set(xlabel="epoch", ylabel=f"{column.replace('_', ' ')}{unit}" if ylabel is None else ylabel)
    ax.locator_params(axis="x", integer=True, min_n_ticks=1)
    _fit_limits(ax, from_zero="loss" in column)
    ax.legend(loc="best", framealpha=0.6)
    return ax


def _fit_limits(ax: Axes, *, from_zero: bool) -> None:
    """Room for every epoch, those without a number too, and for the highest marker; a loss is seen from 0 up."""
    epochs, numbers = (np.concatenate([np.asarray(line.get_data()[i], float) for line in ax.lines]) for i in (0, 1))
    room = max(0.5, 0.02 * epochs.max(initial=1.0))
    ax.set_xlim(1.0 - room, epochs.max(initial=1.0) + room)
    if from_zero and np.any(numbers > 0) and not np.any(numbers < 0):
        # As if there were a number 0, rather than a limit: a logarithmic scale, set later, finds limits of its own.
        ax.update_datalim([(1.0, 0.0)])
        ax.lines[0].sticky_edges.y.append(0.0)
        ax.autoscale_view()


def _curve(ax: Axes, numbers: Any, label: str, training: bool, percent: bool) -> None:
    finite = np.isfinite(numbers)
    shown = np.where(finite, numbers, np.nan) * (100.0 if percent else 1.0)
    if len(numbers) and finite[-1]:
        label += f", {shown[-1]:.3g}{' %' if percent else ''} at the end"
    if not finite.all():
        label += f" ({np.sum(~finite)} of {len(numbers)} not finite)"
    ax.plot(
        np.arange(1, len(numbers) + 1),
        shown,
        label=label,
        color=style.BLUE if training else style.RED,
        linestyle="-" if training else "--",
        linewidth=1.8,
        marker=("o" if training else "s") if len(numbers) <= FEW else None,
        markersize=4,
    )
