"""Training: the loop, what it shows to callbacks, what it writes down, and what a killed run goes on from.

`loop` is where to begin reading; forward, backward and step stand next to each other there.
"""

from .callbacks import Callback, ClipGradients, EarlyStopping
from .checkpoint import Checkpoint
from .evaluation import evaluate, predict
from .history import History
from .loop import fit
from .state import NonFiniteLoss, Training
from .statistics import Statistics

__all__ = [
    "Callback",
    "Checkpoint",
    "ClipGradients",
    "EarlyStopping",
    "History",
    "NonFiniteLoss",
    "Statistics",
    "Training",
    "evaluate",
    "fit",
    "predict",
]
