"""Pictures of training: curves, regions in the plane, confusion, filters, and what happens in the layers.

Every function draws on the matplotlib Axes that it is given and returns it; without one it makes a figure by
`matplotlib.pyplot`, which notebooks show, and which `matplotlib.pyplot.close(ax.figure)` closes elsewhere. None changes
matplotlib's settings or opens a window. Loaded on first use; needs the extra `plot`.
"""

from .animation import Snapshots, animate
from .confusion import confusion_matrix
from .history import accuracy_curves, curves, loss_curves
from .images import filters
from .layers import (
    activation_norms,
    gradient_norms,
    inactive_neurons,
    layer_curves,
    update_ratio_histogram,
    update_ratios,
    weight_histogram,
)
from .plane import decision_boundary, probability_map

__all__ = [
    "Snapshots",
    "accuracy_curves",
    "activation_norms",
    "animate",
    "confusion_matrix",
    "curves",
    "decision_boundary",
    "filters",
    "gradient_norms",
    "inactive_neurons",
    "layer_curves",
    "loss_curves",
    "probability_map",
    "update_ratio_histogram",
    "update_ratios",
    "weight_histogram",
]
