"""The figures that experiments share. Each function here gives an `Illustration`'s `make`: records in, a figure out.

Curves, regions and matrices are those of `nn.plot`, in the manner of `examples.pictures`. Settings without records are
left out; where there is none at all, `NothingToDrawError` is raised, and the page says what is missing.
"""

from .over_time import curves_together, gradient_norms, inactive_neurons, loss_over_iterations, training_curves
from .panels import Make, NothingToDrawError
from .plane import classifier, data_scatter, regions, truth_and_prediction
from .seeds import confusion_matrix, over_numbers, spread_over_seeds

__all__ = [
    "Make",
    "NothingToDrawError",
    "classifier",
    "confusion_matrix",
    "curves_together",
    "data_scatter",
    "gradient_norms",
    "inactive_neurons",
    "loss_over_iterations",
    "over_numbers",
    "regions",
    "spread_over_seeds",
    "training_curves",
    "truth_and_prediction",
]
