"""Networks made of layers that follow one another: Sequential and MLP."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from ..module import Module
from ..random import Seed, generator
from .activation import ACTIVATIONS
from .containers import Numbered
from .linear import Linear


class Sequential(Numbered):
    """Modules applied one after another; their names are their numbers, or those of a dict.

    It has `append`, `extend`, `insert`, `pop`, `del`, negative indices, and `in`. A slice is a Sequential of the same
    modules under the same names, as in PyTorch; where modules are added or taken away, names that are numbers become
    positions again.

    Parameters
    ----------
    *modules : Module
        The first one receives the input. A mapping of names to modules, given alone, names them.

    Raises
    ------
    TypeError
        If something else than modules is given.
    ValueError
        If a name is not a string, is empty, has a dot, or is that of a method.
    IndexError
        If no module has the index.

    Examples
    --------
    >>> import numpy as np, nn
    >>> model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
    >>> model(np.zeros((5, 2), np.float32)).shape
    (5, 1)
    >>> model[0], len(model)
    (Linear(2, 4)   weight (4, 2), bias (4,)   12 parameters, 3)
    >>> model[:-1]
    Sequential                                          12 parameters
    ├─ 0: Linear(2, 4)   weight (4, 2), bias (4,)       12
    └─ 1: Tanh()
    >>> list(nn.Sequential({"hidden": nn.Linear(2, 4), "act": nn.ReLU()}).state_dict())
    ['hidden.weight', 'hidden.bias']
    """

    @overload
    def __init__(self, *modules: Module) -> None: ...
    @overload
    def __init__(self, modules: Mapping[str, Module], /) -> None: ...
    def __init__(self, *modules: Any) -> None:
        if len(modules) == 1 and isinstance(modules[0], Mapping):
            named = {self._checked_name(name): self._checked(module) for name, module in modules[0].items()}
            for name, module in named.items():
                setattr(self, name, module)
            return
        if len(modules) == 1 and isinstance(modules[0], list | tuple):
            raise TypeError(
                "Sequential takes modules as arguments, not as a list: put a star before it, nn.Sequential(*modules)."
            )
        self.extend(modules)

    _steps: tuple[Callable[[Any], Any], ...] | None = None

    def forward(self, x: Any) -> Any:
        """Give x to the first module, its output to the second, and so on."""
        for step in self._steps or self._to_call():
            x = step(x)
        return x

    def _to_call(self) -> tuple[Callable[[Any], Any], ...]:
        """The modules, remembered; one that is here more than once is called by the name of its place."""
        places = Counter(map(id, self._modules()))
        self.__dict__["_steps"] = tuple(
            module if places[id(module)] == 1 else partial(module._call_as, self._label(name))
            for name, module in self._named_parts()
        )
        steps: tuple[Callable[[Any], Any], ...] = self.__dict__["_steps"]
        return steps

    @overload
    def __getitem__(self, index: int) -> Module: ...
    @overload
    def __getitem__(self, index: slice) -> Sequential: ...
    def __getitem__(self, index: int | slice) -> Module:
        if isinstance(index, slice):
            return Sequential(dict(self._named_parts()[index]))
        return self._modules()[self._position(index)]


class MLP(Sequential):
    """A multilayer perceptron: linear layers with an activation between each two, none after the last.

    Parameters
    ----------
    sizes : sequence of int
        Numbers of inputs, of neurons in each hidden layer, and of outputs.
    activation : str, or callable that makes a module
        What stands between two linear layers: a name such as "relu", "tanh" or "sigmoid" (a wrong one is answered with
        all there are), a class of modules, or a function without arguments that makes one.
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
        If the activation is a module, and not what makes one.

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
        activation: str | Callable[[], Module] = "relu",
        *,
        bias: bool = True,
        dtype: npt.DTypeLike = np.float32,
        rng: Seed = None,
    ) -> None:
        given: Any = sizes
        sizes = tuple(given) if isinstance(given, Iterable) else ()
        if len(sizes) < 2:
            raise ValueError(
                f"MLP: {given!r} are too few sizes; needed is a list of at least those of input and output, such as "
                "nn.MLP([2, 50, 2])."
            )
        if isinstance(activation, str):
            if activation not in ACTIVATIONS:
                raise ValueError(f"MLP: no activation is called {activation!r}; there are {', '.join(ACTIVATIONS)}.")
            activation = ACTIVATIONS[activation]
        elif isinstance(activation, Module):
            raise TypeError(
                f"MLP: the activation is the module {activation!r}, and every place needs one of its own: give the "
                f"class, nn.{type(activation).__name__}, or a function that makes one."
            )
        super().__init__()
        rng = generator(rng)
        for number, (inputs, outputs) in enumerate(pairwise(sizes)):
            if number:
                self.append(activation())
            self.append(Linear(inputs, outputs, bias, dtype=dtype, rng=rng))
