"""What must be the same for a training to be continued: settings, layers and data, in words that can be compared."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..module import Module
from .plan import Plan
from .samples import Array
from .state import Training

#: So many bytes are hashed at a time: no second copy of the data is made.
BLOCK = 1 << 22


def fingerprint(training: Training, plan: Plan) -> dict[str, str]:
    """A line about each thing that a result depends on; the number of epochs is free to change."""
    lines = {
        "batch_size": str(plan.batch_size),
        "drop_last": str(plan.drop_last),
        "shuffle": str(plan.shuffle),
        "nonfinite": plan.nonfinite,
        "transform": named(plan.transform),
        "metrics": ", ".join(plan.metrics),
        "schedule": schedule_line(training.schedule),
        "callbacks": ", ".join(type(callback).__name__ for callback in training.callbacks),
        "optimizer": optimizer_line(training.optimizer),
    }
    lines |= dict(module_lines("model", training.model))
    loss = training.loss
    lines |= dict(module_lines("loss", loss)) if isinstance(loss, Module) else {"loss": named(loss)}
    held_out = (None, None) if plan.validation is None else plan.validation
    names = ("inputs", "targets", "validation inputs", "validation targets")
    return lines | {name: array_line(array) for name, array in zip(names, (plan.x, plan.y, *held_out))}


def differences(now: Mapping[str, str], then: Mapping[str, str]) -> list[str]:
    """A line about each thing that is not the same."""
    names = dict.fromkeys([*now, *then])
    return [
        f"{name}: {now.get(name, 'none')}; in the checkpoint {then.get(name, 'none')}"
        for name in names
        if now.get(name) != then.get(name)
    ]


def module_lines(name: str, module: Module) -> Iterator[tuple[str, str]]:
    """Class, settings and arrays of a module and of all below it."""
    for path, each in module.named_modules(name):
        yield path, without_address(f"{type(each).__name__}({each.extra_repr()})")
    for path, array in module.state_dict().items():
        yield f"{name}.{path}", f"{array.dtype} {array.shape}"


def optimizer_line(optimizer: Any) -> str:
    """Its kind and the settings that its groups were made with: those of now may be a schedule's doing."""
    groups = [
        f"({', '.join(f'{name}={value!r}' for name, value in made.items())}) of {len(group['params'])} parameters"
        for made, group in zip(optimizer.made_with, optimizer.param_groups)
    ]
    return type(optimizer).__name__ + ", ".join(groups)


def schedule_line(schedule: Any) -> str:
    """Its kind and its settings, if it names them as those of `nn.schedules` do, and those of its parts."""
    names = ("interval", *getattr(schedule, "settings", ()))
    settings = [f"{name}={getattr(schedule, name)!r}" for name in names if hasattr(schedule, name)]
    settings += [schedule_line(part) for part in getattr(schedule, "schedulers", ())]
    if hasattr(schedule, "lr_lambda"):
        settings.append(named(schedule.lr_lambda))
    return "none" if schedule is None else f"{type(schedule).__name__}({', '.join(settings)})"


def named(function: Callable[..., Any] | None) -> str:
    """A function's name; an object's class."""
    return "none" if function is None else getattr(function, "__qualname__", type(function).__name__)


def array_line(array: Array | None) -> str:
    """Dtype, shape and checksum."""
    if array is None:
        return "none"
    from hashlib import sha256

    checksum, rows = sha256(), max(1, BLOCK * len(array) // max(1, array.nbytes))
    for start in range(0, len(array), rows):
        checksum.update(array[start : start + rows].tobytes())
    return f"{array.dtype} {array.shape}, sha256 {checksum.hexdigest()[:16]}"


def without_address(text: str) -> str:
    """A repr without the place in memory, which is another in every process."""
    return re.sub(r" at 0x[0-9a-fA-F]+", "", text)
