"""What flows through the layers while a network learns: a callback that looks at one step in a hundred.

It hooks itself into the watched modules for the sampled step alone; the other steps pay nothing, and what is learned is
the same to the last bit. `nn.plot` draws what it found.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..arguments import positive
from ..layers import Conv2d, Linear
from ..module import Module
from ..serialize.atomic import write_atomically
from .callbacks import Callback
from .watch import COLUMNS, Watch

Array = npt.NDArray[Any]
#: Which modules to watch: their paths, or a function of path and module that says yes or no.
Layers = Iterable[str] | Callable[[str, Module], bool] | None


class Statistics(Callback):
    """Numbers about activations, gradients and weights of each layer, sampled every so many steps.

    Parameters
    ----------
    every : int
        A step is sampled when the number of steps before it is a multiple of this: the first one always is.
    threshold : float
        A gradient of a smaller magnitude counts as inactive.
    layers : iterable of str, or callable, optional
        The paths of the modules to watch, as in `model.named_modules()`, or `function(path, module)` that says which.
        By default every Linear and Conv2d.

    Attributes
    ----------
    layers : tuple of str
        The paths of the watched modules, in the model's order; empty before the first sample.
    steps : ndarray of int64, shape (samples,)
        How many steps had been made before each sampled one.

    Raises
    ------
    ValueError
        If `every` is not a whole number of at least 1, or the threshold not a number above 0; while training, if no
        module fits, a path does not exist, or the model has other layers than the samples so far.
    TypeError
        While training, if a watched module's output is not one Tensor.

    Notes
    -----
    `statistics[column]` has a row per sample and a column per layer, in float64. With z the layer's output (of a Linear
    or Conv2d: before the activation), δ = ∂L/∂z and L the loss as it is (a mean over the batch makes δ that much
    smaller):

    - `activation_mean`, `activation_deviation`, `activation_norm`: of all entries of z; the norm is √Σz².
    - `zeros`: the share of entries of z that are exactly 0; of a ReLU, if one is watched, of its silent outputs.
    - `gradient_norm`: √Σδ².
    - `inactive`: the share of entries of δ, units × samples, with \\|δ\\| < threshold.
    - `inactive_signed`: the share of units whose δ, summed over samples (and places of an image), is < threshold with
      its sign: what is negative counts as inactive, so that about half of all healthy units do. The sum is ∂L/∂b of
      the bias. It is not a good measure, and is here because results exist that were measured by it.
    - `weight_norm`, `weight_gradient_norm`: of the parameter `weight`, before the step.
    - `update_ratio`: ‖Δw‖ / ‖w‖ of this step. About 1e-3 is healthy, by a rule of thumb of A. Karpathy's.

    What does not exist is NaN: the weight of a module without one, the gradient of an output that needs none. A module
    that is used several times in one step counts as one layer with the entries of all uses together; ∂L/∂b is the sum
    over them. Units are the entries along the last axis, of images (four axes) along the second one. Gradients are read
    when `gradients_ready` is called: callbacks that change them, by clipping for example, come before or after in the
    order in which `fit` was given them.

    Examples
    --------
    >>> import numpy as np, nn
    >>> from types import SimpleNamespace
    >>> model = nn.MLP([2, 4, 3], rng=0)
    >>> optimizer = nn.SGD(model.parameters(), lr=0.1)
    >>> statistics = nn.Statistics(every=2)
    >>> x, y = np.ones((5, 2), np.float32), np.array([0, 1, 2, 0, 1])
    >>> for step in range(5):  # fit(..., callbacks=[statistics]) does this
    ...     training = SimpleNamespace(model=model, step=step)
    ...     statistics.batch_started(training)
    ...     optimizer.zero_grad()
    ...     nn.CrossEntropyLoss()(model(x), y).backward()
    ...     statistics.gradients_ready(training)
    ...     optimizer.step()
    ...     statistics.batch_ended(training)
    >>> statistics.layers, statistics.steps, statistics["gradient_norm"].shape
    (('0', '2'), array([0, 2, 4]), (3, 2))
    """

    def __init__(self, every: int = 100, threshold: float = 1e-5, layers: Layers = None) -> None:
        self.every = positive(every, "every", "Statistics")
        number: Any = threshold
        if not isinstance(number, Real) or not 0 < float(number) < math.inf:
            raise ValueError(f"Statistics: threshold is {threshold!r}; needed is a number above 0.")
        self.threshold: float = float(threshold)
        if isinstance(layers, str):
            raise TypeError(f"Statistics: layers is the text {layers!r}; needed is a list of paths, [{layers!r}].")
        self._choice: Layers = layers if layers is None or callable(layers) else tuple(layers)
        self.layers: tuple[str, ...] = ()
        self._steps: list[int] = []
        self._rows: list[Array] = []
        self._step: int = 0
        self._watches: list[Watch] = []

    # What was found.

    @property
    def steps(self) -> Array:
        """How many steps had been made before each sampled one."""
        return np.array(self._steps, dtype=np.int64)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the numbers."""
        return COLUMNS

    def __getitem__(self, column: str) -> Array:
        if column not in COLUMNS:
            raise KeyError(f"the statistics have no column {column!r}; they have {', '.join(COLUMNS)}.")
        index = COLUMNS.index(column)
        return np.array([row[:, index] for row in self._rows]).reshape(len(self._rows), len(self.layers))

    def __contains__(self, column: str) -> bool:
        return column in COLUMNS

    def __len__(self) -> int:
        return len(self._rows)

    def __repr__(self) -> str:
        settings = f"Statistics(every={self.every}, threshold={self.threshold:g})"
        if not self._rows:
            return f"{settings}: no samples"
        first, last = self._steps[0], self._steps[-1]
        return f"{settings}: {len(self)} samples of {len(self.layers)} layers, steps {first} to {last}"

    def to_csv(self, path: str | Path) -> None:
        """Write a table with one row per sample and layer: step, layer, and every number in full precision.

        Parameters
        ----------
        path : path
            Replaced if it is there, as a whole: nobody ever finds half a table.

        Examples
        --------
        >>> import pathlib, tempfile, nn
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "statistics.csv")
        ...     nn.Statistics().to_csv(path)
        ...     path.read_text()[:32]
        'step,layer,activation_mean,activ'
        """
        import csv
        from io import StringIO

        text = StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(["step", "layer", *COLUMNS])
        for step, row in zip(self._steps, self._rows):
            table.writerows([step, layer, *numbers] for layer, numbers in zip(self.layers, row.tolist()))
        write_atomically(path, [text.getvalue().encode()], "Statistics.to_csv")

    # What a checkpoint keeps.

    def state_dict(self) -> dict[str, Any]:
        """All samples, with their columns, layers and steps, as copies."""
        shape = (len(self._rows), len(self.layers), len(COLUMNS))
        values = np.array(self._rows, dtype=np.float64).reshape(shape)
        return {"columns": list(COLUMNS), "layers": list(self.layers), "steps": self.steps, "values": values}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over the samples of a `state_dict`, in place of those that are here.

        Raises
        ------
        ValueError
            If the columns are others, or the shapes do not fit; nothing has been changed.
        """
        layers, steps = tuple(state["layers"]), np.asarray(state["steps"]).reshape(-1)
        values = np.asarray(state["values"], dtype=np.float64)
        shape = (len(steps), len(layers), len(COLUMNS))
        if tuple(state["columns"]) != COLUMNS or values.shape != shape:
            raise ValueError(
                f"Statistics.load_state_dict: the state has values of shape {values.shape} for {len(steps)} samples, "
                f"{len(layers)} layers and the columns {', '.join(state['columns'])}; needed are {shape} and "
                f"{', '.join(COLUMNS)}. Nothing was changed."
            )
        self.layers, self._steps = layers, [int(step) for step in steps]
        self._rows = [row.copy() for row in values]

    # What `fit` calls.

    def batch_started(self, training: Any) -> None:
        """Hook into the watched modules if this step is sampled."""
        if training.step % self.every:
            return
        self._let_go()
        watched = self._watched(training.model)
        layers = tuple(path for path, _ in watched)
        if self._rows and layers != self.layers:
            raise ValueError(
                f"Statistics: the model has the layers {', '.join(layers)}, and the {len(self)} samples so far are of "
                f"{', '.join(self.layers)}. Use another Statistics for another model."
            )
        self.layers, self._step = layers, int(training.step)
        self._watches = [Watch(path, module) for path, module in watched]

    def gradients_ready(self, training: Any) -> None:
        """Let the modules go, and remember the weights as they are before the step."""
        for watch in self._watches:
            watch.release()
            watch.remember_weight()

    def batch_ended(self, training: Any) -> None:
        """Add the numbers of a sampled step."""
        if self._watches:
            with np.errstate(all="ignore"):  # a training that diverges is watched to its end
                row = np.array([watch.numbers(self.threshold) for watch in self._watches])
            self._let_go()
            self._steps.append(self._step)
            self._rows.append(row)

    def training_ended(self, training: Any) -> None:
        """Forget a step that was interrupted."""
        self._let_go()

    def _let_go(self) -> None:
        for watch in self._watches:
            watch.release()
        self._watches = []

    def _watched(self, model: Module) -> list[tuple[str, Module]]:
        """The modules to watch, by path, in the model's order."""
        modules = dict(model.named_modules())
        choice = self._choice
        if choice is None:
            chosen = [path for path, module in modules.items() if isinstance(module, Linear | Conv2d)]
        elif callable(choice):
            chosen = [path for path, module in modules.items() if choice(path, module)]
        else:
            unknown = [path for path in choice if path not in modules]
            if unknown:
                raise ValueError(
                    f"Statistics: the model has no modules {unknown}; it has {[path for path in modules if path]}."
                )
            chosen = [path for path in modules if path in choice]
        if not chosen:
            raise ValueError(
                "Statistics: there is nothing to watch: by default that is every Linear and Conv2d of the model. "
                "Choose others by layers=[...], the paths of model.named_modules(), or layers=function(path, module)."
            )
        return [(path, modules[path]) for path in chosen]
