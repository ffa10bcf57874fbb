"""What all optimizers share: groups of parameters with their settings, checks, flat buffers, saving and restoring.

The optimizers themselves stand in modules of their own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from numbers import Real
from typing import Any

import numpy as np

import autodiff as ad

from ..module import Module
from .flat import FlatBuffer, Run

Group = dict[str, Any]
Parameters = Iterable[ad.Tensor] | Iterable[Mapping[str, Any]]


class Optimizer:
    """Groups of parameters with their settings, in flat buffers; a subclass says how they follow their gradients.

    Attributes
    ----------
    param_groups : list of dict
        Each has its `params` and the settings that hold for them, for example `lr`, which can be changed at any time.
    """

    #: What is remembered per element, by PyTorch's names.
    moments: tuple[str, ...] = ()

    def __init__(self, params: Parameters, defaults: Mapping[str, Any]) -> None:
        self.defaults = dict(defaults)
        self.param_groups: list[Group] = []
        self._buffers: list[tuple[Group, FlatBuffer]] = []
        groups = self._groups(params)
        seen: dict[int, ad.Tensor] = {}
        for group in groups:
            self._check(group, seen)
        self.param_groups = groups
        for group in groups:
            self._move_in(group)

    def _groups(self, params: Parameters) -> list[Group]:
        name = type(self).__name__
        if isinstance(params, ad.Tensor | Module | Mapping) or not isinstance(params, Iterable):
            raise TypeError(
                f"{name}: params is a {type(params).__name__}; needed is an iterable of parameters, such as "
                "model.parameters(), or a list of groups, [{'params': ..., 'lr': ...}, ...]."
            )
        given = list(params)
        if not given:
            raise ValueError(f"{name}: there are no parameters. Was an iterator used up before?")
        if not any(isinstance(item, Mapping) for item in given):
            given = [{"params": given}]
        groups = []
        for item in given:
            if not isinstance(item, Mapping) or "params" not in item:
                raise TypeError(f"{name}: a group is a dict with 'params', and this is {item!r}.")
            unknown = sorted(set(item) - {"params", *self.defaults})
            if unknown:
                raise TypeError(f"{name}: a group has the settings {unknown}; it can have {sorted(self.defaults)}.")
            members = item["params"]
            members = [members] if isinstance(members, ad.Tensor) else list(members)
            groups.append({"params": members, **self.defaults, **{k: v for k, v in item.items() if k != "params"}})
        return groups

    def _check(self, group: Group, seen: dict[int, ad.Tensor]) -> None:
        """Refuse what cannot be trained, before any parameter has moved."""
        name = type(self).__name__
        for parameter in group["params"]:
            if not isinstance(parameter, ad.Tensor):
                raise TypeError(f"{name}: a parameter must be a Tensor, and this is a {type(parameter).__name__}.")
            if not parameter.is_leaf or parameter.dtype.kind != "f":
                raise ValueError(
                    f"{name}: {parameter!r} cannot be trained: only leaves of a floating-point dtype can. Pass the "
                    "Tensor that it was computed from."
                )
            if id(parameter) in seen:
                raise ValueError(
                    f"{name}: the parameter {parameter.name or parameter!r} of shape {parameter.shape} is passed "
                    "twice, and would be updated twice in each step. Tied weights come once in model.parameters()."
                )
            seen[id(parameter)] = parameter
        self.check_settings(group)

    def check_settings(self, group: Group) -> None:
        """Refuse settings that are out of range."""
        for setting in ("lr", "weight_decay"):
            self.check_number(group, setting)

    def check_number(self, group: Group, setting: str, below: float = math.inf) -> None:
        """Refuse a setting that is not a number of at least 0, or reaches a limit."""
        value = group[setting]
        if not isinstance(value, Real) or not 0 <= float(value) < below:
            limit = "" if below == math.inf else f" and less than {below:g}"
            raise ValueError(
                f"{type(self).__name__}: {setting} is {value!r}; it must be a finite number of at least 0{limit}."
            )

    def _move_in(self, group: Group) -> None:
        dtypes = dict.fromkeys(parameter.dtype for parameter in group["params"])
        for dtype in dtypes:
            members = [parameter for parameter in group["params"] if parameter.dtype == dtype]
            self._buffers.append((group, FlatBuffer(members, len(self.moments))))

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters: every `.grad` is None again."""
        for _, buffer in self._buffers:
            for parameter in buffer.parameters:
                parameter.grad = None

    def step(self) -> None:
        """Update every parameter that has a gradient; the others, and what is remembered of them, stay as they are.

        Raises
        ------
        RuntimeError
            If a parameter has moved: a later optimizer was made for it, or its dtype was changed. No other parameter
            has been updated then.
        """
        for group, runs in [(group, buffer.runs()) for group, buffer in self._buffers]:
            for run in runs:
                run.steps += 1
                self.update(group, run)
                ad.mark_changed(run.parameters)

    def update(self, group: Group, run: Run) -> None:
        """Update the parameters of a run with the settings of their group."""
        raise TypeError(f"{type(self).__name__} has no update: define `def update(self, group, run): ...`.")

    # Saving and restoring.

    def _places(self) -> Iterator[tuple[FlatBuffer, int]]:
        """For each parameter, in the order of the groups, its buffer and its number there."""
        places = {id(p): (buffer, n) for _, buffer in self._buffers for n, p in enumerate(buffer.parameters)}
        return (places[id(parameter)] for group in self.param_groups for parameter in group["params"])

    def state_dict(self) -> dict[str, Any]:
        """All that the optimizer remembers, as copies, in PyTorch's form.

        Returns
        -------
        dict
            `state`: for the number of every parameter that was updated, its `step` and moments; `param_groups`: the
            settings of each group, and the numbers of its parameters.
        """
        state: dict[int, dict[str, Any]] = {}
        for number, (buffer, place) in enumerate(self._places()):
            steps = buffer.count_steps()[place]
            if steps:
                parts = {name: buffer.part(m, place).copy() for name, m in zip(self.moments, buffer.moments)}
                state[number] = {"step": steps, **parts}
        groups, first = [], 0
        for group in self.param_groups:
            last = first + len(group["params"])
            groups.append({**group, "params": list(range(first, last))})
            first = last
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what another optimizer of this kind remembers, and its settings.

        Raises
        ------
        ValueError
            If groups, parameters or shapes do not fit; the error lists all that does not, and nothing has been changed.
        """
        places = list(self._places())
        sizes = [len(group["params"]) for group in self.param_groups]
        given = [len(group["params"]) for group in state["param_groups"]]
        wrong = [] if sizes == given else [f"groups of {given} parameters, needed {sizes}"]
        for number, entry in state["state"].items():
            if number not in range(len(places)):
                wrong.append(f"state of parameter {number}, and there are {len(places)}")
                continue
            shape = places[number][0].parameters[places[number][1]].shape
            for name in ("step", *self.moments):
                if name not in entry:
                    wrong.append(f"parameter {number} has no {name}")
                elif name != "step" and np.shape(entry[name]) != shape:
                    wrong.append(f"{name} of parameter {number} is {np.shape(entry[name])}, needed {shape}")
        for number, group in enumerate(state["param_groups"]):
            absent = sorted(set(self.defaults) - set(group))
            wrong += [f"group {number} has no {', '.join(absent)}"] if absent else []
        if wrong:
            raise ValueError(
                f"{type(self).__name__}.load_state_dict: the state does not fit, and nothing was changed:\n  "
                + "\n  ".join(wrong)
            )
        for group, saved in zip(self.param_groups, state["param_groups"]):
            group.update({name: saved[name] for name in self.defaults})
        for _, buffer in self._buffers:
            buffer.forget_runs()
        for number, (buffer, place) in enumerate(places):
            entry = state["state"].get(number, {})
            buffer.steps[place] = int(entry.get("step", 0))
            for name, moment in zip(self.moments, buffer.moments):
                buffer.part(moment, place)[...] = entry.get(name, 0.0)

    def __getstate__(self) -> dict[str, Any]:
        own = {name: value for name, value in self.__dict__.items() if name != "_buffers"}
        return {**own, "remembered": self.state_dict()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        remembered = state.pop("remembered")
        self.__dict__.update(state, _buffers=[])
        for group in self.param_groups:
            self._move_in(group)
        self.load_state_dict(remembered)

    def __repr__(self) -> str:
        lines = []
        for group in self.param_groups:
            count = sum(parameter.size for parameter in group["params"])
            settings = ", ".join(f"{name}={group[name]!r}" for name in self.defaults)
            lines.append(f"{type(self).__name__}({settings}): {len(group['params'])} tensors, {count:,} parameters")
        return "\n".join(lines)
