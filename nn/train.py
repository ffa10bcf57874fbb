"""The loop that trains: batches in a new order each epoch, one step for each, and a table of what happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np
import numpy.typing as npt

import autodiff as ad

from .history import History
from .metrics import accuracy
from .module import Module
from .optim.optimizer import Optimizer
from .random import Seed, generator

Array = npt.NDArray[Any]
#: Inputs and targets, one row per sample.
Data = tuple[npt.ArrayLike, npt.ArrayLike]
Metrics = Mapping[str, Callable[[Array, Array], float]]


def fit(
    model: Module,
    data: Data,
    loss: Callable[..., Any],
    optimizer: Optimizer,
    *,
    epochs: int,
    batch_size: int = 32,
    validation: Data | None = None,
    metrics: Metrics | None = None,
    rng: Seed = None,
    progress: bool = True,
) -> History:
    """Train a model: in every epoch each sample once, in batches drawn anew.

    Parameters
    ----------
    model : Module
        Changed in place. It is in training mode while it learns, and afterwards in the mode it was in.
    data : (x, y)
        Inputs and targets, one row per sample. Floats are cast to the dtype of the model's parameters.
    loss : callable
        `loss(model(x), y)` gives one number to lower.
    optimizer : Optimizer
        Over the model's parameters.
    epochs, batch_size : int
        At least 1. The last batch of an epoch is smaller if the samples do not divide.
    validation : (x, y), optional
        Samples to judge the model by after each epoch.
    metrics : mapping of str to callable, optional
        `metric(outputs, targets)` gives a number per batch, averaged over samples. By default the accuracy if the
        targets are class indices, else none.
    rng : numpy.random.Generator or int, optional
        Where the order of the samples is drawn from, or a seed; the default of `nn.manual_seed` without it.
    progress : bool
        Whether a bar shows how far it is (tqdm, extra `train`).

    Returns
    -------
    History
        Per epoch, the loss and the metrics while it learned, and those of the validation samples after it.

    Raises
    ------
    TypeError
        If the data is no pair.
    ValueError
        If there are no samples, not as many targets as inputs, or a number is out of range.
    ImportError
        If a bar is asked for and tqdm is missing.

    Examples
    --------
    >>> import numpy as np, nn
    >>> rng = np.random.default_rng(0)
    >>> x = rng.standard_normal((200, 2))
    >>> y = (x[:, 0] > x[:, 1]).astype(int)
    >>> model = nn.MLP([2, 8, 2], rng=rng)
    >>> optimizer = nn.Adam(model.parameters(), lr=0.05)
    >>> history = nn.fit(model, (x, y), nn.CrossEntropyLoss(), optimizer, epochs=10, rng=rng, progress=False)
    >>> bool(history["accuracy"][-1] > 0.9)
    True
    """
    x, y = _checked(data, model, "fit")
    held_out = None if validation is None else _checked(validation, model, "fit: validation")
    _check_count(epochs, "epochs")
    _check_count(batch_size, "batch_size")
    metrics = default_metrics(y) if metrics is None else metrics
    draw = generator(rng)
    batches = -(-len(x) // batch_size)
    history = History()
    bar: Any = _bar(epochs * batches) if progress else nullcontext()
    with bar, _mode(model, training=True):
        for epoch in range(1, epochs + 1):
            totals = _Totals()
            if progress:
                bar.set_description(f"epoch {epoch}/{epochs}")
            order = draw.permutation(len(x))
            for start in range(0, len(x), batch_size):
                rows = order[start : start + batch_size]
                outputs, value = _learn(model, x[rows], y[rows], loss, optimizer)
                totals.add(len(rows), value, outputs, y[rows], metrics)
                if progress:
                    bar.update()
            results = totals.means()
            if held_out is not None:
                judged = _judge(model, held_out, loss, metrics, batch_size)
                results |= {f"validation_{name}": number for name, number in judged.items()}
            history.append(results)
            if progress:
                bar.set_postfix_str(", ".join(f"{_spoken(name)} {number:.3g}" for name, number in results.items()))
    return history


def evaluate(
    model: Module, data: Data, loss: Callable[..., Any], *, metrics: Metrics | None = None, batch_size: int = 256
) -> dict[str, float]:
    """Loss and metrics of a model on samples, in batches, without a graph and in evaluation mode.

    Parameters
    ----------
    model, data, loss, metrics
        As for `fit`.
    batch_size : int
        How many samples at a time.

    Returns
    -------
    dict
        `loss`, and each metric by its name, averaged over samples.

    Raises
    ------
    TypeError
        If the data is no pair.
    ValueError
        If there are no samples, or not as many targets as inputs.

    Examples
    --------
    >>> import numpy as np, nn
    >>> model = nn.Linear(2, 2)
    >>> results = nn.evaluate(model, (np.zeros((5, 2)), np.zeros(5, int)), nn.CrossEntropyLoss())
    >>> sorted(results)
    ['accuracy', 'loss']
    """
    x, y = _checked(data, model, "evaluate")
    _check_count(batch_size, "batch_size")
    return _judge(model, (x, y), loss, default_metrics(y) if metrics is None else metrics, batch_size)


def predict(model: Module, x: npt.ArrayLike, *, batch_size: int = 256) -> Array:
    """The outputs of a model for many inputs, in batches, without a graph and in evaluation mode.

    Parameters
    ----------
    model : Module
    x : array_like of shape (samples, ...)
        Floats are cast to the dtype of the model's parameters.
    batch_size : int
        How many samples at a time.

    Returns
    -------
    ndarray
        One row per sample.

    Raises
    ------
    ValueError
        If there are no samples.

    Examples
    --------
    >>> import numpy as np, nn
    >>> nn.predict(nn.Linear(2, 3), np.zeros((1000, 2))).shape
    (1000, 3)
    """
    inputs = _cast(x, model)
    _check_count(batch_size, "batch_size")
    if inputs.ndim == 0 or not len(inputs):
        raise ValueError(f"predict: the inputs have shape {inputs.shape}; needed is at least one row.")
    with _mode(model, training=False), ad.no_grad():
        rows = [_plain(model(inputs[start : start + batch_size])) for start in range(0, len(inputs), batch_size)]
    return np.concatenate(rows)


def default_metrics(targets: Array) -> Metrics:
    """Accuracy for class indices, nothing for other targets."""
    return {"accuracy": accuracy} if targets.dtype.kind in "iu" and targets.ndim == 1 else {}


class _Totals:
    """Sums over the samples of batches."""

    def __init__(self) -> None:
        self.samples = 0
        self.sums: dict[str, float] = {}

    def add(self, samples: int, loss: float, outputs: Array, targets: Array, metrics: Metrics) -> None:
        self.samples += samples
        for name, number in {"loss": loss, **{n: metric(outputs, targets) for n, metric in metrics.items()}}.items():
            self.sums[name] = self.sums.get(name, 0.0) + samples * number

    def means(self) -> dict[str, float]:
        return {name: total / self.samples for name, total in self.sums.items()}


def _learn(model: Module, x: Array, y: Array, loss: Callable[..., Any], optimizer: Optimizer) -> tuple[Array, float]:
    """One step of training; the outputs and the loss before it."""
    optimizer.zero_grad()
    outputs = model(x)
    value = loss(outputs, y)
    value.backward()
    optimizer.step()
    return _plain(outputs), float(value.data)


def _judge(
    model: Module, data: tuple[Array, Array], loss: Callable[..., Any], metrics: Metrics, batch_size: int
) -> dict[str, float]:
    x, y = data
    totals = _Totals()
    with _mode(model, training=False), ad.no_grad():
        for start in range(0, len(x), batch_size):
            targets = y[start : start + batch_size]
            outputs = model(x[start : start + batch_size])
            totals.add(len(targets), float(_plain(loss(outputs, targets))), _plain(outputs), targets, metrics)
    return totals.means()


@contextmanager
def _mode(model: Module, *, training: bool) -> Iterator[None]:
    """Training or evaluation mode for a while; every module is left in the one it was in."""
    before = [(module, module.training) for module in model.modules()]
    model.train(training)
    try:
        yield
    finally:
        for module, was in before:
            module.training = was


def _checked(data: Data, model: Module, caller: str) -> tuple[Array, Array]:
    """Inputs and targets as arrays, as many of one as of the other."""
    pair: Any = data
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise TypeError(f"{caller}: data is a {type(pair).__name__}; needed is a pair of inputs and targets, (x, y).")
    x, y = pair
    inputs, targets = _cast(x, model), np.asarray(y)
    if inputs.ndim == 0 or targets.ndim == 0 or len(inputs) != len(targets) or not len(inputs):
        raise ValueError(
            f"{caller}: the inputs have shape {inputs.shape} and the targets {targets.shape}; needed is one row of "
            "each per sample, and at least one sample."
        )
    if targets.dtype.kind == "f":
        targets = _cast(targets, model)
    return inputs, targets


def _cast(values: npt.ArrayLike, model: Module) -> Array:
    """Floats in the dtype of the model's parameters: float64 inputs would make a float32 model compute in float64."""
    array = np.asarray(values)
    parameter = next(model.parameters(), None)
    return array if parameter is None or array.dtype.kind != "f" else array.astype(parameter.dtype, copy=False)


def _check_count(value: Any, name: str) -> None:
    if not isinstance(value, int | np.integer) or value < 1:
        raise ValueError(f"{name} is {value!r}; it must be a whole number of at least 1.")


def _plain(outputs: Any) -> Array:
    return outputs.data if isinstance(outputs, ad.Tensor) else np.asarray(outputs)


def _spoken(column: str) -> str:
    """`validation_loss` as it stands in a progress bar."""
    return column.replace("validation_", "val. ")


def _bar(steps: int) -> Any:
    try:
        from tqdm import tqdm
    except ModuleNotFoundError as error:
        raise ImportError(
            'fit: the progress bar needs tqdm, which is not installed; pip install "chalkgrad[train]" installs it, and '
            "progress=False does without."
        ) from error
    return tqdm(total=steps, unit="batch", dynamic_ncols=True)
