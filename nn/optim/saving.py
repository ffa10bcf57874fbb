"""What optimizers remember, as a dict in PyTorch's form, and back: everything is checked before anything changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from .settings import plain

if TYPE_CHECKING:
    from .optimizer import Optimizer

#: What PyTorch's optimizers can be asked for and ours cannot: a state that relies on it would be continued differently.
FOREIGN = ("amsgrad", "maximize")


def state_of(optimizer: Optimizer) -> dict[str, Any]:
    """`Optimizer.state_dict`: a moment that the settings do not use is left out while it is zero."""
    state: dict[int, dict[str, Any]] = {}
    for number, (group, buffer, place) in enumerate(optimizer.places()):
        steps = buffer.count_steps()[place]
        if not steps:
            continue
        entry = state[number] = {"step": steps}
        used = optimizer.used_moments(group)
        for name, moment in zip(optimizer.moments, buffer.moments):
            part = buffer.part(moment, place)
            if name in used or part.any():
                entry[name] = part.copy()
    groups, first = [], 0
    for group in optimizer.param_groups:
        last = first + len(group["params"])
        settings = {name: plain(value) for name, value in group.items() if name != "params"}
        groups.append({**settings, "params": list(range(first, last))})
        first = last
    return {"state": state, "param_groups": groups}


def restore(optimizer: Optimizer, state: Mapping[str, Any]) -> None:
    """`Optimizer.load_state_dict`."""
    wrong = _misshapen(optimizer, state)
    groups: list[dict[str, Any]] = []
    entries: list[tuple[int, dict[str, Any]]] = []
    if not wrong:
        groups = _read_groups(optimizer, state["param_groups"], wrong)
        entries = _read_entries(optimizer, state, groups, wrong)
    if wrong:
        raise ValueError(
            f"{type(optimizer).__name__}.load_state_dict: the state does not fit, and nothing was changed:\n  "
            + "\n  ".join(wrong)
        )
    for group, settings in zip(optimizer.param_groups, groups):
        group.update(settings)
    for (group, buffer, place), (steps, arrays) in zip(optimizer.places(), entries):
        buffer.steps[place] = steps
        for name, moment, start in zip(optimizer.moments, buffer.moments, optimizer.start_of(group)):
            buffer.part(moment, place)[...] = arrays.get(name, start)


def _misshapen(optimizer: Optimizer, state: Any) -> list[str]:
    """Whether it is a state at all, with as many parameters in every group."""
    if not isinstance(state, Mapping):
        return [f"it is a {type(state).__name__}, needed is what state_dict() gives"]
    wrong = [f"it has no {name!r}" for name in ("state", "param_groups") if name not in state]
    if wrong:
        return wrong
    if not isinstance(state["state"], Mapping):
        wrong.append(f"'state' is a {type(state['state']).__name__}, needed is a dict")
    groups = state["param_groups"]
    if not isinstance(groups, list | tuple) or not all(
        isinstance(group, Mapping) and isinstance(group.get("params"), list | tuple) for group in groups
    ):
        return [*wrong, "'param_groups' is not a list of dicts with 'params'"]
    given = [len(group["params"]) for group in groups]
    needed = [len(group["params"]) for group in optimizer.param_groups]
    return wrong if given == needed else [*wrong, f"groups of {given} parameters, needed {needed}"]


def _read_groups(optimizer: Optimizer, saved: Any, wrong: list[str]) -> list[dict[str, Any]]:
    """The settings of each group; what is wrong with them is added to `wrong`."""
    groups = []
    for number, group in enumerate(saved):
        # A state of PyTorch's own says nothing of forms.
        given = {"form": "pytorch", **group} if "form" in optimizer.defaults else group
        absent = sorted(set(optimizer.defaults) - set(given))
        wrong += [f"group {number} has no {', '.join(absent)}"] if absent else []
        names = [name for name in (*optimizer.defaults, "initial_lr") if name in given]
        settings = {name: plain(given[name]) for name in names}
        problems = optimizer.wrong_settings({**optimizer.defaults, **settings})
        problems += [f"{name}={group[name]!r} is not supported" for name in FOREIGN if group.get(name)]
        decoupled = getattr(optimizer, "decoupled", None)
        if decoupled is not None and group.get("decoupled_weight_decay", decoupled) != decoupled:
            problems.append(f"decoupled_weight_decay is {not decoupled}, which is the other one of Adam and AdamW")
        wrong += [f"group {number}: {problem}" for problem in problems]
        groups.append(settings)
    return groups


def _read_entries(
    optimizer: Optimizer, state: Mapping[str, Any], groups: list[dict[str, Any]], wrong: list[str]
) -> list[tuple[int, dict[str, Any]]]:
    """For every parameter the count of its steps and its moments; what is wrong with them is added to `wrong`."""
    # Groups name parameters as they like, and the names are found again in `state`, as strings if it was JSON.
    names = [str(name) for group in state["param_groups"] for name in group["params"]]
    settings = [each for group, each in zip(state["param_groups"], groups) for _ in group["params"]]
    saved = {str(name): entry for name, entry in state["state"].items()}
    wrong += [f"state of parameter {name}, and there are {len(names)}" for name in saved if name not in names]
    entries: list[tuple[int, dict[str, Any]]] = []
    for name, own, (_, buffer, place) in zip(names, settings, optimizer.places()):
        entry = saved.get(name)
        if entry is None:
            entries.append((0, {}))
        elif not isinstance(entry, Mapping):
            wrong.append(f"state of parameter {name} is a {type(entry).__name__}, needed is a dict")
        else:
            used = optimizer.used_moments({**optimizer.defaults, **own})
            arrays = _read_arrays(optimizer, name, entry, used, buffer.parameters[place].shape, wrong)
            entries.append((_read_steps(optimizer, name, entry, arrays, wrong), arrays))
    return entries


def _read_arrays(
    optimizer: Optimizer,
    parameter: str,
    entry: Mapping[str, Any],
    used: tuple[str, ...],
    shape: tuple[int, ...],
    wrong: list[str],
) -> dict[str, Any]:
    arrays = {}
    for name in optimizer.moments:
        if entry.get(name) is None:
            wrong += [f"parameter {parameter} has no {name}"] if name in used else []
            continue
        try:
            array = np.asarray(entry[name])
        except (TypeError, ValueError) as error:
            wrong.append(f"{name} of parameter {parameter} is no array: {error}")
            continue
        if array.shape != shape:
            wrong.append(f"{name} of parameter {parameter} is {array.shape}, needed {shape}")
        elif array.dtype.kind not in "fiu":
            wrong.append(f"{name} of parameter {parameter} is {array.dtype}, needed are real numbers")
        arrays[name] = array
    return arrays


def _read_steps(
    optimizer: Optimizer, parameter: str, entry: Mapping[str, Any], arrays: dict[str, Any], wrong: list[str]
) -> int:
    """How often a parameter was updated. PyTorch's SGD does not count: where it has a velocity, there was a step."""
    if "step" not in entry and not optimizer.counts:
        return int(bool(arrays))
    steps = entry.get("step")
    try:
        number = int(steps)  # type: ignore[arg-type]  # whatever it is, it is asked whether it is a number
        if number == steps and number >= 0:
            return number
    except (TypeError, ValueError, OverflowError):
        pass
    what = "no step" if steps is None else f"a step of {steps!r}, needed is a whole number of at least 0"
    wrong.append(f"parameter {parameter} has {what}")
    return 0
