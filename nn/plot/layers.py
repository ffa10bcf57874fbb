"""What `nn.Statistics` found, one curve for each layer over the steps; and how the weights are distributed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..module import Module
from . import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = npt.NDArray[Any]

#: A healthy step changes weights by about a thousandth of their size: A. Karpathy's rule of thumb.
HEALTHY_RATIO = 1e-3


def layer_curves(
    statistics: Any,
    column: str,
    ax: Axes | None = None,
    *,
    ylabel: str | None = None,
    log: bool = False,
    percent: bool = False,
) -> Axes:
    """One column of the statistics, a curve for each layer over the steps.

    Parameters
    ----------
    statistics : Statistics
    column : str
        For example "activation_mean".
    ax : matplotlib Axes, optional
        Where to draw; by default on a new figure.
    ylabel : str, optional
        What the numbers are; by default the column's name.
    log : bool
        Whether the scale is logarithmic, if any number is above 0; what is not is left out then.
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

    Examples
    --------
    >>> import nn, nn.plot
    >>> from matplotlib.figure import Figure
    >>> ax = nn.plot.layer_curves(nn.Statistics(), "activation_mean", Figure().subplots())
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('step', 'activation mean')
    """
    numbers = np.where(np.isfinite(statistics[column]), statistics[column], np.nan) * (100.0 if percent else 1.0)
    ax = style.axes(ax, 7.4, 4.2)
    log = log and bool(np.any(numbers > 0))
    if log:
        numbers = np.where(numbers > 0, numbers, np.nan)
        ax.set_yscale("log")
    steps = np.asarray(statistics.steps)
    for number, (layer, look) in enumerate(zip(statistics.layers, style.layer_styles(len(statistics.layers)))):
        marker = style.class_marker(number) if len(steps) <= 30 else None
        ax.plot(steps, numbers[:, number], label=layer or "model", linewidth=1.6, marker=marker, markersize=3.5, **look)
    ax.set(xlabel="step", ylabel=column.replace("_", " ") if ylabel is None else ylabel)
    ax.locator_params(axis="x", integer=True, min_n_ticks=1)
    if statistics.layers:
        style.legend_beside(ax, len(statistics.layers), title="layer")
    return ax


def activation_norms(statistics: Any, ax: Axes | None = None) -> Axes:
    """The norm of each layer's output over the steps.

    Parameters
    ----------
    statistics : Statistics
    ax : matplotlib Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    Axes
        Logarithmic.

    Raises
    ------
    ImportError
        If matplotlib is missing.

    Examples
    --------
    >>> import nn, nn.plot
    >>> from matplotlib.figure import Figure
    >>> nn.plot.activation_norms(nn.Statistics(), Figure().subplots()).get_ylabel()
    'norm of the output, ‖z‖'
    """
    return layer_curves(statistics, "activation_norm", ax, ylabel="norm of the output, ‖z‖", log=True)


def gradient_norms(statistics: Any, ax: Axes | None = None) -> Axes:
    """The norm of the loss's gradient with respect to each layer's output, over the steps.

    Parameters
    ----------
    statistics : Statistics
    ax : matplotlib Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    Axes
        Logarithmic.

    Raises
    ------
    ImportError
        If matplotlib is missing.

    Examples
    --------
    >>> import nn, nn.plot
    >>> from matplotlib.figure import Figure
    >>> nn.plot.gradient_norms(nn.Statistics(), Figure().subplots()).get_ylabel()
    'norm of the gradient, ‖∂L/∂z‖'
    """
    return layer_curves(statistics, "gradient_norm", ax, ylabel="norm of the gradient, ‖∂L/∂z‖", log=True)


def inactive_neurons(statistics: Any, ax: Axes | None = None, *, signed: bool = False) -> Axes:
    """The share of inactive neurons of each layer over the steps, in percent.

    Parameters
    ----------
    statistics : Statistics
    ax : matplotlib Axes, optional
        Where to draw; by default on a new figure.
    signed : bool
        Count units whose gradient, summed over the batch, is below the threshold with its sign (`inactive_signed`),
        instead of neurons with a small one for a sample (`inactive`).

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
    >>> nn.plot.inactive_neurons(nn.Statistics(), Figure().subplots()).get_ylabel()
    'inactive neurons (%), |∂L/∂z| < 1e-05'
    """
    column, what = ("inactive_signed", "∂L/∂b") if signed else ("inactive", "|∂L/∂z|")
    ylabel = f"inactive neurons (%), {what} < {statistics.threshold:g}"
    ax = layer_curves(statistics, column, ax, ylabel=ylabel, percent=True)
    ax.set_ylim(-3, 103)
    return ax


def update_ratios(statistics: Any, ax: Axes | None = None) -> Axes:
    """How large each step was beside the weights that it changed, ‖Δw‖ / ‖w‖, for each layer over the steps.

    Parameters
    ----------
    statistics : Statistics
    ax : matplotlib Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    Axes
        Logarithmic, with a line at 1e-3: far above it training is jumpy, far below it slow (A. Karpathy's rule of
        thumb).

    Raises
    ------
    ImportError
        If matplotlib is missing.

    Examples
    --------
    >>> import nn, nn.plot
    >>> from matplotlib.figure import Figure
    >>> nn.plot.update_ratios(nn.Statistics(), Figure().subplots()).get_ylabel()
    'update ratio, ‖Δw‖ / ‖w‖'
    """
    ax = layer_curves(statistics, "update_ratio", ax, ylabel="update ratio, ‖Δw‖ / ‖w‖", log=True)
    ax.axhline(HEALTHY_RATIO, color=style.GREY, linewidth=1, linestyle=(0, (2, 2)), zorder=1)
    return ax


def update_ratio_histogram(statistics: Any, ax: Axes | None = None, *, bins: int = 30) -> Axes:
    """How often steps had which size beside the weights, log₁₀ ‖Δw‖ / ‖w‖, for each layer.

    Parameters
    ----------
    statistics : Statistics
    ax : matplotlib Axes, optional
        Where to draw; by default on a new figure.
    bins : int
        Into how many parts the range is divided.

    Returns
    -------
    Axes
        With a line at -3, see `update_ratios`. Steps that changed nothing are left out.

    Raises
    ------
    ImportError
        If matplotlib is missing.

    Examples
    --------
    >>> import nn, nn.plot
    >>> from matplotlib.figure import Figure
    >>> nn.plot.update_ratio_histogram(nn.Statistics(), Figure().subplots()).get_ylabel()
    'sampled steps'
    """
    ratios = statistics["update_ratio"]
    logarithms = np.log10(ratios, out=np.full(ratios.shape, np.nan), where=ratios > 0)
    ax = style.axes(ax, 7.4, 4.2)
    named = {layer or "model": logarithms[:, number] for number, layer in enumerate(statistics.layers)}
    _histograms(ax, named, bins, density=False)
    ax.axvline(np.log10(HEALTHY_RATIO), color=style.GREY, linewidth=1, linestyle=(0, (2, 2)), zorder=1)
    ax.set(xlabel="update ratio, log₁₀ ‖Δw‖ / ‖w‖", ylabel="sampled steps")
    return ax


def weight_histogram(model: Module, ax: Axes | None = None, *, bins: int = 50, biases: bool = False) -> Axes:
    """How the weights of each layer are distributed.

    Parameters
    ----------
    model : Module
    ax : matplotlib Axes, optional
        Where to draw; by default on a new figure.
    bins : int
        Into how many parts the range of all weights is divided.
    biases : bool
        Whether to show parameters with less than two axes too.

    Returns
    -------
    Axes
        The area under each curve is 1. What is not finite is left out, and the legend says how much that is.

    Raises
    ------
    ValueError
        If the model has no such parameters.
    ImportError
        If matplotlib is missing.

    Examples
    --------
    >>> import nn, nn.plot
    >>> from matplotlib.figure import Figure
    >>> ax = nn.plot.weight_histogram(nn.MLP([2, 4, 2]), Figure().subplots())
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['0.weight', '2.weight']
    """
    named = {path: p.data.reshape(-1) for path, p in model.named_parameters() if biases or p.ndim > 1}
    if not named:
        raise ValueError(
            f"weight_histogram: {type(model).__name__} has no parameters"
            + ("." if biases else " with two axes or more; biases=True shows the others.")
        )
    ax = style.axes(ax, 7.4, 4.2)
    _histograms(ax, named, bins, density=True)
    ax.set(xlabel="weight", ylabel="density")
    return ax


def _histograms(ax: Axes, named: dict[str, Array], bins: int, *, density: bool) -> None:
    """Outlines over common bins; filled ones would hide one another."""
    finite = {name: numbers[np.isfinite(numbers)].astype(np.float64) for name, numbers in named.items()}
    edges = np.histogram_bin_edges(np.concatenate([np.zeros(0), *finite.values()]), bins)
    for (name, numbers), look in zip(finite.items(), style.layer_styles(len(finite))):
        lost = len(named[name]) - len(numbers)
        heights = np.histogram(numbers, edges, density=density and len(numbers) > 0)[0]
        label = name + (f" ({lost:,} of {len(named[name]):,} not finite)" if lost and density else "")
        ax.stairs(heights, edges, label=label, linewidth=1.5, **look)
    if finite:
        style.legend_beside(ax, len(finite), title="layer")
