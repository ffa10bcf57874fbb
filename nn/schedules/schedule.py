"""What all schedules share: the optimizer whose rates they set, their settings, and a state that can be saved.

A `Schedule` is told how often it was stepped; a `Formula` computes each rate from the one that the group began with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from ..optim.settings import is_number

Interval = Literal["epoch", "step"]


class Schedule:
    """Changes the learning rates of an optimizer's groups; `nn.fit` calls `step` after each epoch or batch.

    A subclass names its settings, checks them in `wrong_settings`, and defines `step`.

    Parameters
    ----------
    optimizer : object with `param_groups`
        Each group has an `lr`.
    interval : {"epoch", "step"}
        How often `nn.fit` steps the schedule: after each epoch, or after each batch.
    **settings
        Attributes of that name.

    Attributes
    ----------
    last_epoch : int
        How often the schedule was stepped, whatever the interval; the name is PyTorch's.

    Raises
    ------
    TypeError
        If the optimizer has no groups.
    ValueError
        If settings are out of range.

    Examples
    --------
    >>> import nn
    >>> class Halving(nn.schedules.Schedule):
    ...     def __init__(self, optimizer):
    ...         super().__init__(optimizer)
    ...     def step(self):
    ...         self.last_epoch += 1
    ...         for group in self.optimizer.param_groups:
    ...             group["lr"] /= 2
    >>> optimizer = nn.SGD([nn.Parameter([1.0])], lr=0.1)
    >>> schedule = Halving(optimizer)
    >>> schedule.step()
    >>> optimizer.param_groups[0]["lr"]
    0.05
    """

    #: The names of its settings.
    settings: tuple[str, ...] = ()
    #: What it remembers beside them, by the names of its attributes.
    remembered: tuple[str, ...] = ("last_epoch",)
    #: What it sets in every group.
    rates: tuple[str, ...] = ("lr",)

    interval: str
    last_epoch: int

    def __init__(self, optimizer: Any, interval: str = "epoch", **settings: Any) -> None:
        groups = getattr(optimizer, "param_groups", None)
        if not isinstance(groups, list) or not groups or not all(isinstance(g, dict) and "lr" in g for g in groups):
            raise TypeError(
                f"{type(self).__name__}: optimizer is a {type(optimizer).__name__}; needed is an optimizer, which has "
                "param_groups with an 'lr' in each."
            )
        given = {name: _listed(value) for name, value in {"interval": interval, **settings}.items()}
        self.optimizer = optimizer
        wrong = _wrong_interval(interval) + self.wrong_settings(given)
        if wrong:
            raise ValueError(f"{type(self).__name__}: {'; '.join(wrong)}.")
        self.__dict__.update(given, last_epoch=0)

    def wrong_settings(self, settings: Mapping[str, Any]) -> list[str]:
        """What is out of range, in words."""
        return []

    def get_last_lr(self) -> list[float]:
        """The learning rate of each group now.

        Examples
        --------
        >>> import nn
        >>> optimizer = nn.SGD([nn.Parameter([1.0])], lr=0.1)
        >>> nn.schedules.StepLR(optimizer, step_size=10).get_last_lr()
        [0.1]
        """
        return [float(group["lr"]) for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """All that the schedule remembers, its settings and the rates it set: numbers, strings and lists of these.

        Examples
        --------
        >>> import nn
        >>> optimizer = nn.SGD([nn.Parameter([1.0])], lr=0.1)
        >>> nn.schedules.ExponentialLR(optimizer, gamma=0.9).state_dict()
        {'interval': 'epoch', 'gamma': 0.9, 'last_epoch': 0, 'initial_lr': [0.1], 'lr': [0.1]}
        """
        state = {name: _listed(getattr(self, name)) for name in ("interval", *self.settings, *self.remembered)}
        for name in self.rates:
            state[name] = [float(group.get(name, group["lr"])) for group in self.optimizer.param_groups]
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what another schedule of this kind remembers, its settings, and its rates into the groups.

        Parameters
        ----------
        state : mapping
            What `state_dict` gave.

        Raises
        ------
        ValueError
            If something is missing or out of range, or there are not as many groups; the error lists all that does not
            fit, and nothing has been changed.

        Examples
        --------
        >>> import nn
        >>> schedules = [nn.schedules.StepLR(nn.SGD([nn.Parameter([1.0])], lr=0.1), step_size=1) for _ in range(2)]
        >>> schedules[0].step()
        >>> schedules[1].load_state_dict(schedules[0].state_dict())
        >>> schedules[1].get_last_lr()
        [0.010000000000000002]
        """
        wrong = self.wrong_state(state)
        if wrong:
            raise ValueError(
                f"{type(self).__name__}.load_state_dict: the state does not fit, and nothing was changed:\n  "
                + "\n  ".join(wrong)
            )
        self.take(state)
        for name in self.rates:
            for group, rate in zip(self.optimizer.param_groups, state[name]):
                group[name] = float(rate)

    def wrong_state(self, state: Any) -> list[str]:
        """Why a state cannot be taken over, in words."""
        if not isinstance(state, Mapping):
            return [f"it is a {type(state).__name__}, needed is what state_dict() gives"]
        needed = ("interval", *self.settings, *self.remembered, *self.rates)
        wrong = [f"it has no {name!r}" for name in needed if name not in state]
        if wrong:
            return wrong
        wrong = _wrong_interval(state["interval"]) + self.wrong_settings(state)
        wrong += wrong_counts(state, "last_epoch")
        groups = len(self.optimizer.param_groups)
        for name in self.rates:
            rates = state[name]
            if not isinstance(rates, list | tuple) or len(rates) != groups or not all(map(is_number, rates)):
                wrong.append(f"{name} is {rates!r}; needed are {groups} numbers, one per group of the optimizer")
        return wrong

    def take(self, state: Mapping[str, Any]) -> None:
        """Take over settings and what is remembered, after they were checked."""
        names = ("interval", *self.settings, *self.remembered)
        self.__dict__.update({name: _listed(state[name]) for name in names})

    def __repr__(self) -> str:
        settings = "".join(f"{name}={getattr(self, name)!r}, " for name in self.settings)
        state = f"{self.last_epoch} {self.interval}{'s' * (self.last_epoch != 1)}"
        rates = ", ".join(f"{rate:.6g}" for rate in self.get_last_lr())
        return f"{type(self).__name__}({settings}interval={self.interval!r}): after {state}, lr {rates}"


class Formula(Schedule):
    """A schedule that computes every rate anew from the one that the group began with, and from how often it was
    stepped; so nothing is rounded twice, and a rate that was set by hand holds until the next step only.

    The rate that a group began with is its `initial_lr`, as in PyTorch: the first schedule notes it down, and later
    ones, or one made after the optimizer's state was loaded, go on from it. A subclass defines `rate`.

    Examples
    --------
    >>> import nn
    >>> class InverseRoot(nn.schedules.Formula):
    ...     def rate(self, initial, count):
    ...         return initial / (1 + count) ** 0.5
    >>> optimizer = nn.SGD([nn.Parameter([1.0])], lr=0.1)
    >>> schedule = InverseRoot(optimizer, interval="step")
    >>> for _ in range(3):
    ...     schedule.step()
    >>> schedule
    InverseRoot(interval='step'): after 3 steps, lr 0.05
    """

    rates = ("initial_lr", "lr")

    def __init__(self, optimizer: Any, interval: str = "epoch", **settings: Any) -> None:
        super().__init__(optimizer, interval, **settings)
        self._set_rates(0)

    def rate(self, initial: float, count: int) -> float:
        """The rate after so many steps of a group that began with `initial`."""
        raise TypeError(f"{type(self).__name__} has no rate: define `def rate(self, initial, count): ...`.")

    def step(self) -> None:
        """Set the rates for the next epoch or batch.

        Examples
        --------
        >>> import nn
        >>> optimizer = nn.SGD([nn.Parameter([1.0])], lr=0.1)
        >>> schedule = nn.schedules.ExponentialLR(optimizer, gamma=0.5)
        >>> schedule.step()
        >>> optimizer.param_groups[0]["lr"]
        0.05
        """
        self._set_rates(self.last_epoch + 1)

    def _set_rates(self, count: int) -> None:
        groups = self.optimizer.param_groups
        initial = [float(group.get("initial_lr", group["lr"])) for group in groups]
        rates = [self._checked(self.rate(rate, count), count) for rate in initial]
        self.last_epoch = count
        for group, first, rate in zip(groups, initial, rates):
            group["initial_lr"], group["lr"] = first, rate

    def _checked(self, rate: Any, count: int) -> float:
        if not is_number(rate):
            raise ValueError(
                f"{type(self).__name__}: the learning rate after {count} steps would be {rate!r}; it must be a finite "
                "number of at least 0."
            )
        return float(rate)


def wrong_numbers(settings: Mapping[str, Any], *names: str, above: float | None = None) -> list[str]:
    """Those of the settings that are not finite numbers of at least 0, or greater than `above`."""
    least = "of at least 0" if above is None else f"greater than {above:g}"
    return [
        f"{name} is {settings[name]!r}; it must be a finite number {least}"
        for name in names
        if not is_number(settings[name], above=above)
    ]


def wrong_counts(settings: Mapping[str, Any], *names: str, least: int = 0) -> list[str]:
    """Those of the settings that are not whole numbers of at least `least`."""
    return [
        f"{name} is {settings[name]!r}; it must be a whole number of at least {least}"
        for name in names
        if not is_count(settings[name], least)
    ]


def is_count(value: Any, least: int = 0) -> bool:
    """Whether it is a whole number of at least `least`."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and int(value) >= least


def _wrong_interval(interval: Any) -> list[str]:
    return [] if interval in ("epoch", "step") else [f"interval is {interval!r}; it can be 'epoch' or 'step'"]


def _listed(setting: Any) -> Any:
    """A setting as JSON has it: Python's own numbers, and lists of them."""
    if isinstance(setting, np.generic):
        return setting.item()
    if isinstance(setting, Sequence) and not isinstance(setting, str):
        return [_listed(item) for item in setting]
    return setting
