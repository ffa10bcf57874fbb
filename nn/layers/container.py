"""Networks made of layers that follow one another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from ..module import Module
from ..random import Seed, generator
from .activation import ACTIVATIONS
from .linear import Linear


class Sequential(Module):
    """Modules applied one after another; their names are their numbers.

    Parameters
    ----------
    *modules : Module
        The first one receives the input.

    Raises
    ------
    TypeError
        If something else than modules is given.

    Examples
    --------
    >>> import numpy as np, nn
    >>> model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
    >>> model(np.zeros((5, 2), np.float32)).shape
    (5, 1)
    >>> model[0], len(model)
    (Linear(2, 4)   weight (4, 2), bias (4,)   12 parameters, 3)
    """

    _order: tuple[Module, ...] = ()

    def __init__(self, *modules: Module) -> None:
        for module in modules:
            self.append(module)

    def append(self, module: Module) -> Sequential:
        """Add a module at the end; give this one back."""
        self._place(str(len(self._order)), module)
        return self

    def _place(self, name: str, module: Module) -> None:
        if not isinstance(module, Module):
            raise TypeError(f"Sequential takes modules, and this is {module!r}. Give them as arguments, not as a list.")
        setattr(self, name, module)

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if isinstance(value, Module):
            self.__dict__["_order"] = tuple(child for child in self.__dict__.values() if isinstance(child, Module))

    def forward(self, x: Any) -> Any:
        """Give x to the first module, its output to the second, and so on."""
        for module in self._order:
            x = module(x)
        return x

    def __len__(self) -> int:
        return len(self._order)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._order)

    def __getitem__(self, index: int) -> Module:
        return self._order[index]

    def __setitem__(self, index: int, module: Module) -> None:
        name = [name for name, child in self.__dict__.items() if isinstance(child, Module)][index]
        self._place(name, module)


class MLP(Sequential):
    """A multilayer perceptron: linear layers with an activation between each two, none after the last.

    Parameters
    ----------
    sizes : sequence of int
        Numbers of inputs, of neurons in each hidden layer, and of outputs.
    activation : {"relu", "sigmoid", "tanh"} or a class of modules
        What stands between two linear layers.
    bias : bool
        Whether the linear layers have biases.
    dtype : dtype
        Of the parameters, floating-point.
    rng : numpy.random.Generator or int, optional
        Where the initial values are drawn from, or a seed; the default of `nn.manual_seed` without it.

    Raises
    ------
    ValueError
        If there are less than two sizes, one is not a whole number of at least 1, or the activation is not known.
    TypeError
        If the activation is a module, and not the class of one.

    Examples
    --------
    >>> import nn
    >>> nn.MLP([2, 50, 2], activation="relu")
    MLP                                                   252 parameters
    ├─ 0: Linear(2, 50)   weight (50, 2), bias (50,)      150
    ├─ 1: ReLU()
    └─ 2: Linear(50, 2)   weight (2, 50), bias (2,)       102
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activation: str | type[Module] = "relu",
        *,
        bias: bool = True,
        dtype: npt.DTypeLike = np.float32,
        rng: Seed = None,
    ) -> None:
        sizes = tuple(sizes)
        if len(sizes) < 2:
            raise ValueError(f"MLP: {sizes} are too few sizes; needed are at least those of input and output.")
        if isinstance(activation, str):
            if activation not in ACTIVATIONS:
                raise ValueError(f"MLP: no activation is called {activation!r}; there are {', '.join(ACTIVATIONS)}.")
            activation = ACTIVATIONS[activation]
        elif isinstance(activation, Module):
            raise TypeError(
                f"MLP: the activation is the module {activation!r}, and every place needs one of its own: give the "
                f"class, nn.{type(activation).__name__}."
            )
        super().__init__()
        rng = generator(rng)
        for number, (inputs, outputs) in enumerate(pairwise(sizes)):
            if number:
                self.append(activation())
            self.append(Linear(inputs, outputs, bias, dtype=dtype, rng=rng))
