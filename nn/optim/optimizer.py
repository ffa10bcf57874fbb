"""What all optimizers share: groups of parameters with their settings, checks, flat buffers, and the step.

The optimizers themselves stand in modules of their own; `saving` holds what they remember.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

import autodiff as ad

from ..module import Module
from . import saving
from .flat import FlatBuffer, Run
from .settings import is_number, plain

Group = dict[str, Any]
Parameters = Iterable[ad.Tensor] | Iterable[Mapping[str, Any]]


class Optimizer:
    """Groups of parameters with their settings, in flat buffers; a subclass says how they follow their gradients.

    A subclass gives its settings and their defaults to the constructor, names in `moments` what it remembers of every
    element, and defines `update`.

    Parameters
    ----------
    params : iterable of Tensor, or list of groups
        What to train; a group is a dict of `params` and settings that differ, for example `lr`.
    defaults : mapping of str to setting
        The settings of groups that have none of their own. Numbers become Python floats.

    Attributes
    ----------
    param_groups : list of dict
        Each has its `params` and the settings that hold for them, for example `lr`, which can be changed at any time.

    Raises
    ------
    TypeError
        If something else than Tensors is given.
    ValueError
        If there are no parameters, one is passed twice or is not a leaf, or settings are out of range.

    Examples
    --------
    >>> import numpy as np, nn
    >>> class SignDescent(nn.optim.Optimizer):
    ...     def __init__(self, params, lr=0.1):
    ...         super().__init__(params, {"lr": lr})
    ...     def update(self, group, run):
    ...         run.values.data -= group["lr"] * np.sign(run.gradients.data)
    >>> w = nn.Parameter([1.0, -2.0])
    >>> optimizer = SignDescent([w], lr=0.5)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    Tensor([ 0.5, -1.5], requires_grad=True)
    """

    #: What is remembered per element, by PyTorch's names.
    moments: tuple[str, ...] = ()
    #: Settings that are numbers of at least 0, and what each must be less than.
    numbers: ClassVar[Mapping[str, float]] = {"lr": math.inf, "weight_decay": math.inf}
    #: Settings that are one of several words.
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    #: Settings that are True or False.
    flags: tuple[str, ...] = ()
    #: Whether a state without a count of steps is not one of ours or of PyTorch's.
    counts: bool = True

    def __init__(self, params: Parameters, defaults: Mapping[str, Any]) -> None:
        self.defaults = {name: plain(value) for name, value in defaults.items()}
        self.param_groups: list[Group] = []
        #: The settings of each group as they were at first; what a schedule or a user changed since does not show.
        self.made_with: list[dict[str, Any]] = []
        self._buffers: list[tuple[Group, FlatBuffer]] = []
        self._add(self._groups(params))

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        """Train further parameters from now on, with settings of their own.

        Parameters
        ----------
        group : mapping
            `params`, and the settings that differ from the defaults.

        Raises
        ------
        TypeError, ValueError
            As in the constructor; nothing has been changed then.

        Examples
        --------
        >>> import nn
        >>> body, head = nn.Linear(4, 3), nn.Linear(3, 2)
        >>> optimizer = nn.SGD(head.parameters(), lr=0.1)
        >>> optimizer.add_param_group({"params": body.parameters(), "lr": 0.01})
        >>> [group["lr"] for group in optimizer.param_groups]
        [0.1, 0.01]
        """
        self._add(self._groups([group]))

    def _add(self, groups: list[Group]) -> None:
        seen = {id(parameter) for group in self.param_groups for parameter in group["params"]}
        for group in groups:
            self._check(group, seen)
        self.param_groups += groups
        self.made_with += [{name: value for name, value in group.items() if name != "params"} for group in groups]
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
            own = {setting: plain(value) for setting, value in item.items() if setting != "params"}
            unknown = sorted(set(own) - {"initial_lr", *self.defaults})
            if unknown:
                raise TypeError(f"{name}: a group has the settings {unknown}; it can have {sorted(self.defaults)}.")
            members = item["params"]
            members = [members] if isinstance(members, ad.Tensor) else list(members)
            groups.append({"params": members, **self.defaults, **own})
        return groups

    def _check(self, group: Group, seen: set[int]) -> None:
        """Refuse what cannot be trained, before any parameter has moved."""
        name = type(self).__name__
        for parameter in group["params"]:
            if not isinstance(parameter, ad.Tensor):
                hint = ": pass model.parameters(), without the names" if isinstance(parameter, tuple) else ""
                what = type(parameter).__name__
                raise TypeError(f"{name}: a parameter must be a Tensor, and this is a {what}{hint}.")
            if not parameter.is_leaf or parameter.dtype.kind != "f":
                raise ValueError(
                    f"{name}: {parameter!r} cannot be trained: only leaves of a floating-point dtype can. Pass the "
                    "Tensor that it was computed from."
                )
            if id(parameter) in seen:
                raise ValueError(
                    f"{name}: the parameter {parameter.name or 'without a name'} of shape {parameter.shape} is passed "
                    "twice, and would be updated twice in each step. Tied weights come once in model.parameters()."
                )
            seen.add(id(parameter))
        wrong = self.wrong_settings(group)
        if wrong:
            raise ValueError(f"{name}: {'; '.join(wrong)}.")

    def wrong_settings(self, group: Mapping[str, Any]) -> list[str]:
        """What is out of range in the settings of a group, or does not go together, in words."""
        wrong = []
        for name, below in {**self.numbers, "initial_lr": math.inf}.items():
            if name in group and not is_number(group[name], below):
                limit = "" if below == math.inf else f" and less than {below:g}"
                wrong.append(f"{name} is {group[name]!r}; it must be a finite number of at least 0{limit}")
        for name, words in self.choices.items():
            if group[name] not in words:
                wrong.append(f"{name} is {group[name]!r}; it can be {' or '.join(map(repr, words))}")
        for name in self.flags:
            if not isinstance(group[name], bool):
                wrong.append(f"{name} is {group[name]!r}; it must be True or False")
        return wrong

    def start_of(self, group: Mapping[str, Any]) -> Sequence[float]:
        """What each moment is before the first step."""
        return [0.0] * len(self.moments)

    def used_moments(self, group: Mapping[str, Any]) -> tuple[str, ...]:
        """The moments that the settings of a group make use of."""
        return self.moments

    def _move_in(self, group: Group) -> None:
        dtypes = dict.fromkeys(parameter.dtype for parameter in group["params"])
        for dtype in dtypes:
            members = [parameter for parameter in group["params"] if parameter.dtype == dtype]
            self._buffers.append((group, FlatBuffer(members, self.start_of(group))))

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters: every `.grad` is None again.

        Examples
        --------
        >>> import nn
        >>> w = nn.Parameter([1.0])
        >>> optimizer = nn.SGD([w])
        >>> w.sum().backward()
        >>> optimizer.zero_grad()
        >>> w.grad is None
        True
        """
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

        Examples
        --------
        >>> import nn
        >>> w, unused = nn.Parameter([1.0]), nn.Parameter([1.0])
        >>> optimizer = nn.Adam([w, unused], lr=0.5)
        >>> w.sum().backward()
        >>> optimizer.step()
        >>> w.numpy().round(6), unused.numpy()
        (array([0.5]), array([1.]))
        """
        for group, buffer, runs in [(group, buffer, buffer.runs()) for group, buffer in self._buffers]:
            buffer.take_in()
            for run in runs:
                run.steps += 1
                self.update(group, run)
                ad.mark_changed(run.parameters)

    def update(self, group: Group, run: Run) -> None:
        """Update the parameters of a run with the settings of their group."""
        raise TypeError(f"{type(self).__name__} has no update: define `def update(self, group, run): ...`.")

    # Saving and restoring.

    def places(self) -> Iterator[tuple[Group, FlatBuffer, int]]:
        """For each parameter, in the order of the groups, its group, its buffer and its number there."""
        places = {id(p): (buffer, n) for _, buffer in self._buffers for n, p in enumerate(buffer.parameters)}
        return ((group, *places[id(parameter)]) for group in self.param_groups for parameter in group["params"])

    def state_dict(self) -> dict[str, Any]:
        """All that the optimizer remembers, as copies, in PyTorch's form.

        Returns
        -------
        dict
            `state`: for the number of every parameter that was updated, its `step` and moments, arrays of its shape;
            `param_groups`: the settings of each group (numbers, strings and lists of these), and the numbers of its
            parameters.

        Examples
        --------
        >>> import nn
        >>> w = nn.Parameter([1.0, 2.0])
        >>> optimizer = nn.SGD([w], lr=0.1, momentum=0.9)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> optimizer.state_dict()["state"]
        {0: {'step': 1, 'momentum_buffer': array([2., 4.])}}
        """
        return saving.state_of(self)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what another optimizer of this kind remembers, and its settings.

        Parameters
        ----------
        state : mapping
            What `state_dict` gave, of this library or of PyTorch; arrays may be lists, and the numbers of parameters
            strings, as JSON makes them.

        Raises
        ------
        ValueError
            If groups, parameters, shapes or settings do not fit; the error lists all that does not, and nothing has
            been changed.

        Examples
        --------
        >>> import nn
        >>> optimizer = nn.Adam(nn.Linear(2, 3).parameters(), lr=0.01)
        >>> other = nn.Adam(nn.Linear(2, 3).parameters())
        >>> other.load_state_dict(optimizer.state_dict())
        >>> other.param_groups[0]["lr"]
        0.01
        """
        for _, buffer in self._buffers:
            buffer.forget_runs()
        saving.restore(self, state)

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
