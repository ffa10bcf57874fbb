"""What a run consists of, in frozen values that can be compared, pickled, written as JSON and read by people.

Two runs of equal configuration and seed are the same run, to the last bit, whichever experiment asked for them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

import nn

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What a run found.

    Attributes
    ----------
    metrics : dict of str to float
        The numbers that tables show; accuracies are shares of 1.
    history : dict of str to list of float
        A column per curve, such as "loss" and "validation accuracy", a row per epoch.
    evidence : dict
        What figures need besides: arrays, numbers, texts, lists and dicts of these.
    seconds : float, optional
        How long it took in all sessions together, if it was interrupted; without it, the last session is counted.
    """

    metrics: dict[str, float]
    history: dict[str, list[float]] = field(default_factory=dict)
    evidence: dict[str, Any] = field(default_factory=dict)
    seconds: float | None = None


class Job(Protocol):
    """What can be run: a frozen dataclass of plain values."""

    def perform(self, seed: int, checkpoint: Path) -> Outcome:
        """Run, from scratch or from the checkpoint that an interrupted run has left; KeyboardInterrupt if stopped."""


@dataclass(frozen=True)
class Initial:
    """How weight matrices begin: a function of `nn.init` and its settings. Biases begin at 0."""

    name: str
    settings: Settings = field(default_factory=dict)

    def fill(self, model: nn.Module, rng: np.random.Generator) -> None:
        """Draw the weights of every layer, in the order of the layers."""
        for parameter in model.parameters():
            if parameter.ndim > 1:
                getattr(nn.init, self.name)(parameter, **self.settings, rng=rng)
            else:
                nn.init.zeros(parameter)


#: Activations of outputs.
OUTPUTS: Mapping[str, type[nn.Module]] = {
    "softmax": nn.Softmax, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU,
}  # fmt: skip


@dataclass(frozen=True)
class Perceptron:
    """A multilayer perceptron: its widths from inputs to outputs, activation "linear" for none.

    Without `initial`, weights and biases begin as `nn.Linear` draws them, which is as PyTorch does.
    """

    widths: tuple[int, ...]
    activation: str = "relu"
    output: str | None = None
    initial: Initial | None = None
    bias: bool = True

    def build(self, rng: np.random.Generator) -> nn.Module:
        """The network, with weights drawn from `rng`."""
        activation: Any = nn.Identity if self.activation == "linear" else self.activation
        layers: list[nn.Module] = list(nn.MLP(self.widths, activation=activation, bias=self.bias, rng=rng))
        if self.output is not None:
            layers.append(OUTPUTS[self.output]())
        model = nn.Sequential(*layers)
        if self.initial is not None:
            self.initial.fill(model, rng)
        return model


@dataclass(frozen=True)
class Optimizer:
    """An optimizer of `nn` by its name, and its settings."""

    name: str
    settings: Settings = field(default_factory=dict)

    def build(self, model: nn.Module) -> Any:
        """The optimizer of the model's parameters."""
        return getattr(nn, self.name)(model.parameters(), **self.settings)


@dataclass(frozen=True)
class Schedule:
    """A schedule of `nn.schedules` by its name, and its settings."""

    name: str
    settings: Settings = field(default_factory=dict)

    def build(self, optimizer: Any) -> Any:
        """The schedule of the optimizer's rate."""
        return getattr(nn.schedules, self.name)(optimizer, **self.settings)


def plain(value: Any) -> Any:
    """A configuration as dicts, lists, texts and numbers.

    >>> plain(Optimizer("SGD", {"lr": 1.0}))
    {'kind': 'Optimizer', 'name': 'SGD', 'settings': {'lr': 1.0}}
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {"kind": type(value).__name__} | {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"labs: a configuration holds a {type(value).__name__}; only plain values can be written down.")


def key(job: Job) -> str:
    """A short name for a configuration: equal ones have the same, and any change makes it another."""
    return hashlib.sha256(json.dumps(plain(job), sort_keys=True).encode()).hexdigest()[:10]


def generator(seed: int, purpose: str) -> np.random.Generator:
    """Random numbers of one seed for one purpose, so that more draws for the data leave the weights as they are."""
    return np.random.default_rng([seed, *purpose.encode()])
