"""Training: the loop, what it shows to callbacks, the judging of a model, and what all of them do with samples.

`loop` is where to begin reading; forward, backward and step stand next to each other there.
"""

from .evaluation import evaluate, predict
from .loop import fit
from .state import NonFiniteLoss, Training

__all__ = ["NonFiniteLoss", "Training", "evaluate", "fit", "predict"]
