"""Five university lab reports on multilayer perceptrons: every experiment run again, on this project's own engine.

`experiments/` has one short file for each experiment: data, model, training, question, and what the report said. What
they share stands here once: `configuration` and `training` (what a run is, and running it), `runs` (its file),
`runner` and `workers` (many of them, in parallel), `comparison` (ours beside the report's), `figures`, `tables`, `page`
and `results` (what one reads), `commands` (what one types).
"""

from .experiment import Experiment, chosen
from .runner import RunsFailedError, run_all
from .runs import Record, Run

__all__ = ["Experiment", "Record", "Run", "RunsFailedError", "chosen", "run_all"]
