"""Flat buffers: the parameters of one group and dtype side by side in one array, their gradients in another.

An optimizer updates such a buffer in a few calls of NumPy, however many parameters live in it. Here is where parameters
move in, where it is noticed that they moved out, and where those without a gradient are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt

import autodiff as ad

Array = npt.NDArray[Any]


class Run:
    """Parameters that lie side by side, all have a gradient, and have been updated equally often.

    Attributes
    ----------
    first, last : int
        The parameters' numbers in the buffer, `last` excluded.
    parameters : list of Tensor
    steps : int
        How often they were updated.
    values, gradients : Tensor
        Their part of the buffers, as Tensors so that whoever observes the engine sees the update.
    moments : tuple of Tensor
        Their part of what the optimizer remembers.
    """

    __slots__ = ("first", "gradients", "last", "moments", "parameters", "steps", "values")

    def __init__(self, buffer: FlatBuffer, first: int, last: int, steps: int) -> None:
        start, stop = buffer.edges[first], buffer.edges[last]
        self.first, self.last, self.steps = first, last, steps
        self.parameters = buffer.parameters[first:last]
        self.values, self.gradients, *moments = (
            ad.Tensor(array[start:stop], copy=False) for array in (buffer.values, buffer.gradients, *buffer.moments)
        )
        self.moments = tuple(moments)


class FlatBuffer:
    """The memory of some parameters of one dtype: values, gradients and as many moments as the optimizer needs.

    Making one moves the parameters in: each keeps its values and its gradient, but its `.data` becomes a view of
    `values`, and `.grad`, after a walk, the view of `gradients` in `homes`. A moment begins at the number given for it.
    """

    def __init__(self, parameters: Sequence[ad.Tensor], moments: Sequence[float]) -> None:
        self.parameters = list(parameters)
        sizes = [parameter.size for parameter in self.parameters]
        self.edges = [0, *np.cumsum(sizes).tolist()]
        dtype = self.parameters[0].dtype
        self.values, self.gradients = (np.zeros(self.edges[-1], dtype) for _ in range(2))
        # Zeros that nobody writes to cost no memory: an optimizer may have moments that its settings do not use.
        self.moments = tuple(
            np.full(self.edges[-1], start, dtype) if start else np.zeros(self.edges[-1], dtype) for start in moments
        )
        self.views: list[Array] = []
        self.homes: list[ad.Tensor] = []
        for number, parameter in enumerate(self.parameters):
            self.views.append(self.part(self.values, number))
            home = parameter.rehome(self.views[-1], self.part(self.gradients, number))
            assert home is not None
            self.homes.append(home)
        self.steps = [0] * len(self.parameters)
        self._pairs = list(zip(self.parameters, self.homes))
        self._everyone = [True] * len(self._pairs)
        self._present: list[bool] = []
        self._assigned: list[tuple[Array, Array]] = []
        self._runs: list[Run] = []

    def part(self, array: Array, number: int) -> Array:
        """The view of one of the buffers that belongs to a parameter, in its shape."""
        return array[self.edges[number] : self.edges[number + 1]].reshape(self.parameters[number].shape)

    def runs(self) -> list[Run]:
        """The parameters that have a gradient, in as few runs as possible.

        Gradients are in the buffer, but for those that the user assigned, which `take_in` brings there.

        Raises
        ------
        RuntimeError
            If a parameter no longer lives here.
        """
        for parameter, home in self._pairs:
            if parameter.grad is not home:
                present = self._gathered()
                break
        else:
            present = self._everyone
        if present is not self._present and present != self._present:
            self.forget_runs()
            self._present = present
            self._runs = self._split(present)
        return self._runs

    def _gathered(self) -> list[bool]:
        """Which parameters have a gradient; those that the user assigned are noted."""
        self._assigned.clear()
        for number, (parameter, view) in enumerate(zip(self.parameters, self.views)):
            if parameter.data is not view:
                raise RuntimeError(
                    f"step: the parameter {parameter.name or number} of shape {view.shape} no longer lives in this "
                    "optimizer's memory: another optimizer was made for it later, or its dtype was changed. Use only "
                    "the newest optimizer, and make it after the last change of dtype."
                )
        for parameter, home in self._pairs:
            grad = parameter.grad
            if grad is not None and grad is not home:
                # A view may be one of a buffer, another parameter's gradient, which is perhaps about to be overwritten.
                self._assigned.append((home.data, grad.data if grad.data.base is None else grad.data.copy()))
        return [parameter.grad is not None for parameter in self.parameters]

    def take_in(self) -> None:
        """Copy into the buffer the gradients that the user assigned, after those of all buffers were noted."""
        for home, assigned in self._assigned:
            np.copyto(home, assigned)
        self._assigned.clear()

    def _split(self, present: list[bool]) -> list[Run]:
        """Neighbours that are present and equally old make one run."""
        members = groupby(range(len(present)), key=lambda number: (present[number], self.steps[number]))
        runs = []
        for (is_present, steps), group in members:
            numbers = list(group)
            if is_present:
                runs.append(Run(self, numbers[0], numbers[-1] + 1, steps))
        return runs

    def count_steps(self) -> list[int]:
        """How often each parameter was updated."""
        for run in self._runs:
            self.steps[run.first : run.last] = [run.steps] * (run.last - run.first)
        return self.steps

    def forget_runs(self) -> None:
        """Split anew at the next step."""
        self.count_steps()
        self._present, self._runs = [], []
