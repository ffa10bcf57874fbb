"""The loop that trains: batches in a new order each epoch; forward, backward and step for each; a table of it all."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

import autodiff as ad

from ..module import Module
from ..optim.optimizer import Optimizer
from ..random import Seed, generator
from .callbacks import Callback
from .checkpoint import Checkpoint
from .evaluation import judge, loss_number, loss_weight, mode
from .history import History
from .interrupts import Interrupts
from .participants import check_loss, check_model, check_optimizer, check_trains, checked_callbacks, watched
from .plan import OnNonFinite, Plan, Transform, check_labels
from .progress import ProgressBar
from .samples import Array, Data, Metrics, check_count, check_flag, metric_number, plain
from .saving import Saver
from .scheduling import advance, checked_schedule, learning_rate
from .state import NonFiniteLoss, Training

if TYPE_CHECKING:
    from .statistics import Statistics


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
    schedule: Any = None,
    callbacks: Iterable[Callback] = (),
    statistics: Statistics | int | None = None,
    checkpoint: Checkpoint | str | os.PathLike[str] | None = None,
    resume: bool = False,
    transform: Transform | None = None,
    drop_last: bool = False,
    shuffle: bool = True,
    nonfinite: OnNonFinite = "raise",
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
        `metric(outputs, targets)` gives a number. By default the accuracy if the targets are class indices, else none.
    schedule : optional
        Of `nn.schedules`; its `interval` says whether it steps after every batch or every epoch. One that waits for a
        plateau watches the validation loss, or the loss without validation samples, or accuracies if its mode is "max",
        or the column that it has as its `monitor`; batches have nothing but the loss.
    callbacks : iterable of Callback
        Called at fixed points in this order, see `Callback`; for example `EarlyStopping` and `ClipGradients`.
    statistics : Statistics or int, optional
        Numbers of each layer's activations and gradients, an int every so many steps; then in `history.statistics`.
    checkpoint : Checkpoint or path, optional
        Where the training is saved, a path after every epoch. A file that is there is refused without `resume`.
    resume : bool
        Whether to go on from the checkpoint if there is one; settings and data must be the same, but for `epochs`.
        Learning rates are those of the checkpoint, also where they were changed by hand before.
    transform : callable, optional
        `transform(x, rng)` changes the inputs of each training batch, a copy, by noise for example; with `fit`'s `rng`.
    drop_last : bool
        Whether a smaller last batch is left out.
    shuffle : bool
        Whether the samples come in a new order each epoch.
    nonfinite : {"raise", "continue"}
        What happens where the loss is NaN or infinite.
    rng : numpy.random.Generator or int, optional
        Where the order of the samples is drawn from, or a seed; the default of `nn.manual_seed` without it.
    progress : bool
        Whether a bar shows how far it is (tqdm, extra `train`).

    Returns
    -------
    History
        Per epoch, the loss and the metrics while it learned, those of the validation samples after it, and the
        `learning_rate` of the epoch's end (of the first group) if there is a schedule; and the loss of every step.

    Raises
    ------
    TypeError
        If the data is no pair, or model, loss, optimizer, metrics, a callback or the schedule is none.
    ValueError, IndexError
        If there are no samples, not as many targets as inputs, a number is out of range, the optimizer trains nothing
        of the model, the schedule belongs to another optimizer or watches a column that there will not be, labels have
        no output, or the checkpoint belongs to another training. Where nothing was learned yet, nothing was changed.
    FileExistsError
        If there is a checkpoint, and it is not to be resumed.
    NonFiniteLoss
        A FloatingPointError: if the loss is NaN or infinite. The model is what it was before that step.
    ImportError
        If a bar is asked for and tqdm is missing.

    Notes
    -----
    Numbers of an epoch's batches are averaged over samples; a loss that sums is divided by the number of samples, so
    that it depends neither on the batch size nor on how many samples there are (`history.step_losses` has the sums). A
    metric that is no average, such as F1, is exact for validation samples, which it gets all at once; while learning it
    is the average of the batches'.

    Ctrl-C ends the training after the running batch or validation, saves it if there is a checkpoint, and returns the
    history; `history.stopped` says so. The epoch that was cut short has no row. A second Ctrl-C interrupts at once.

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
    check_model(model, "fit")
    check_loss(loss, "fit")
    check_optimizer(optimizer)
    check_count(epochs, "epochs")
    check_flag(resume, "resume")
    check_flag(progress, "progress")
    plan = Plan.of(
        model, data, validation, metrics, batch_size,
        drop_last=drop_last, shuffle=shuffle, transform=transform, nonfinite=nonfinite,
    )  # fmt: skip
    table = watched(statistics)
    training = Training(
        model, loss, optimizer, schedule=checked_schedule(schedule, optimizer, plan.columns), transform=transform,
        rng=generator(rng), callbacks=checked_callbacks(callbacks, table), epochs=int(epochs),
        display=ProgressBar(plan.batches_per_epoch) if progress else None,
    )  # fmt: skip
    check_trains(optimizer, training)
    saver = Saver(checkpoint, resume)
    saver.begin(training, plan)
    with mode(model, training=True), Interrupts() as interrupts:
        try:
            training.call("training_started")
            with unchanged_unless_learned(training):
                try_validation(training, plan)
                run(training, plan, saver, interrupts)
        except KeyboardInterrupt:
            if interrupts.requested:
                raise
            training.history.stopped = f"Ctrl-C {place(training)}, in the middle of a step"
        finally:
            training.history.statistics = table
            training.call("training_ended")
    return training.history


def run(training: Training, plan: Plan, saver: Saver, interrupts: Interrupts) -> None:
    """Epoch after epoch, batch after batch, from wherever the training is."""
    while training.wants_more and not interrupts.requested:
        if training.order is None:
            training.begin_epoch(plan.order(training.rng))
        while training.position < plan.samples_per_epoch and not interrupts.requested:
            learn_batch(training, plan)
            saver.batch_ended(training)
        if training.position >= plan.samples_per_epoch and not interrupts.requested:
            finish_epoch(training, plan)
            saver.epoch_ended(training)
    saver.ended(training)
    training.history.stopped = f"Ctrl-C {place(training)}" if training.wants_more else training.stop_reason


def learn_batch(training: Training, plan: Plan) -> None:
    """One step: forward, backward, and the optimizer follows the gradient."""
    start, stop = training.position, min(training.position + plan.batch_size, plan.samples_per_epoch)
    assert training.order is not None
    training.x, training.y = plan.batch(training.order[start:stop], training.rng)
    training.call("batch_started")
    training.optimizer.zero_grad()
    if plan.nonfinite == "raise":
        training.keep_buffers()
    outputs = training.model(training.x)
    loss = training.loss(outputs, training.y)
    examine(training, plan, plain(outputs), loss_number(loss))
    if not isinstance(loss, ad.Tensor):
        raise TypeError(
            f"fit: the loss gave a {type(loss).__name__}, which knows nothing of the model; needed is a Tensor "
            "that was computed from the model's outputs, without .numpy(), .data or .item() on the way."
        )
    loss.backward()
    training.call("gradients_ready")
    training.optimizer.step()
    training.count_batch(stop - start)
    if training.schedule is not None and training.schedule.interval == "step":
        advance(training)
    training.call("batch_ended")


def examine(training: Training, plan: Plan, outputs: Array, loss: float) -> None:
    """Keep what the forward pass gave, before anything follows it; stop if that would ruin the weights."""
    training.outputs, training.loss_value = outputs, loss
    if training.step == 0:
        check_labels(training.loss, outputs, plan)
    training.history.add_step(loss)
    if not math.isfinite(loss) and plan.nonfinite == "raise":
        training.put_back_buffers()
        training.history.stopped = f"the loss was {loss} {place(training)}"
        raise NonFiniteLoss(
            f"fit: the loss is {loss} {place(training)}; the model is as before this step. Usually the learning "
            f"rate is too high ({learning_rate(training):g} here): lower it, or limit the gradients with "
            "nn.ClipGradients. Otherwise look for inputs that are not finite or not scaled, and for log, sqrt or / of "
            'numbers near 0 (autodiff.detect_anomaly finds the operation). nonfinite="continue" goes on regardless.',
            training.history, training.epoch, training.step,
        )  # fmt: skip
    training.totals.add("loss", loss * loss_weight(training.loss, len(training.y)))
    for name, metric in plan.metrics.items():
        training.totals.add(name, metric_number(name, metric(outputs, training.y)) * len(training.y))


def finish_epoch(training: Training, plan: Plan) -> None:
    """Judge the model, give the epoch its row, and let the schedule and the callbacks follow."""
    row = training.totals.means()
    if plan.validation is not None:
        size = max(plan.batch_size, 256)
        judged = judge(training.model, plan.validation, training.loss, plan.metrics, size)
        row |= {f"validation_{name}": number for name, number in judged.items()}
    if training.schedule is not None:
        row["learning_rate"] = learning_rate(training)
    training.end_epoch(row)
    if training.schedule is not None and training.schedule.interval == "epoch":
        advance(training)
    training.call("epoch_ended")


def try_validation(training: Training, plan: Plan) -> None:
    """Judge two validation samples of other shapes before anything is learned: an error later would cost an epoch."""
    if plan.validation is None or training.step:
        return
    x, y = plan.validation
    if (x.shape[1:], y.shape[1:], y.dtype.kind) == (plan.x.shape[1:], plan.y.shape[1:], plan.y.dtype.kind):
        return
    try:
        with np.errstate(all="ignore"):
            judge(training.model, (x[:2], y[:2]), training.loss, {}, 2)
    except Exception as error:
        error.add_note(
            f"fit: this came of the validation samples, inputs {x.dtype}{list(x.shape)} and targets "
            f"{y.dtype}{list(y.shape)}, where one learns from {plan.x.dtype}{list(plan.x.shape)} and "
            f"{plan.y.dtype}{list(plan.y.shape)}. Nothing was learned yet."
        )
        raise


@contextmanager
def unchanged_unless_learned(training: Training) -> Iterator[None]:
    """Bad data and settings show in the first step: an error there leaves everything as it was before."""
    training.untouched = training.state_dict()
    try:
        yield
    except Exception:
        if training.untouched is not None:
            training.optimizer.zero_grad()
            training.load_state_dict(training.untouched)
        raise


def place(training: Training) -> str:
    """Where a training is, in words."""
    return f"in epoch {training.epoch}, after {training.step} steps"
