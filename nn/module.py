"""Module and Parameter: what every layer, loss and network is made of.

A module finds its parameters and submodules among its own attributes, in the order of their definition; nothing has to
be registered by hand, and no constructor of a base class has to be called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self, TypeVar

import numpy as np
import numpy.typing as npt

import autodiff as ad

_Module = TypeVar("_Module", bound="Module")


class Parameter(ad.Tensor):
    """A Tensor that a module learns: a leaf that requires grad, found by `Module.parameters`.

    Parameters
    ----------
    data : array_like of floats
        Copied.
    requires_grad : bool
        False for a parameter that stays as it is.
    name : str, optional
        Shown in errors and drawings; by default the attribute's path in the module.

    Examples
    --------
    >>> import nn
    >>> nn.Parameter([1.0, 2.0])
    Tensor([1., 2.], requires_grad=True)
    """

    __slots__ = ()

    def __init__(self, data: Any, requires_grad: bool = True, name: str | None = None, *, copy: bool = True) -> None:
        super().__init__(data, requires_grad, name, copy=copy)


class Buffer(ad.Tensor):
    """A Tensor that a module keeps and does not learn: running statistics, say. Saved with the parameters.

    Parameters
    ----------
    data : array_like of numbers
        Copied.
    name : str, optional
        Shown in errors and drawings; by default the attribute's path in the module.

    Examples
    --------
    >>> import nn
    >>> nn.Buffer([0.0, 1.0])
    Tensor([0., 1.])
    """

    __slots__ = ()

    def __init__(self, data: Any, name: str | None = None, *, copy: bool = True) -> None:
        super().__init__(data, False, name, copy=copy)


class Module:
    """A part of a network: attributes that are Parameters or Modules are its own; `forward` says what it computes.

    Calling a module runs `forward` inside the `autodiff.scope` of its name: the attribute under which its parent knows
    it, or its class's name. By that, drawings group what it computed.

    Attributes
    ----------
    training : bool
        Whether layers that behave differently while training do so; set by `train` and `eval`.

    Examples
    --------
    >>> import numpy as np, nn
    >>> class Scale(nn.Module):
    ...     def __init__(self):
    ...         self.factor = nn.Parameter(2.0)
    ...     def forward(self, x):
    ...         return x * self.factor
    >>> scale = Scale()
    >>> scale(np.array([1.0, 2.0]))
    Tensor([2., 4.], made_by=mul)
    >>> dict(scale.named_parameters())
    {'factor': Tensor(2., name='factor', requires_grad=True)}
    """

    training: bool = True
    _name: str | None = None
    _scope: ad.scope | None = None

    def forward(self, *inputs: Any, **settings: Any) -> Any:
        """Compute the output; every subclass has its own."""
        raise TypeError(f"{type(self).__name__} has no forward: define `def forward(self, x): ...` in the class.")

    def __call__(self, *inputs: Any, **settings: Any) -> Any:
        scope = self._scope
        if scope is None:
            scope = self._scope = ad.scope(self._name or type(self).__name__)
        token = scope.enter()
        try:
            return self.forward(*inputs, **settings)
        finally:
            scope.leave(token)

    # Attributes.

    def __setattr__(self, name: str, value: Any) -> None:
        before = self.__dict__.get(name)
        if isinstance(before, Parameter) and not (value is None or isinstance(value, Parameter)):
            raise TypeError(
                f"{type(self).__name__}.{name} is a Parameter of shape {before.shape} and was about to be replaced by "
                f"an object of type {type(value).__name__}, which would not be trained. Assign to {name}.data, or "
                "a new nn.Parameter to the attribute."
            )
        if isinstance(value, Module):
            value.__dict__["_name"] = name
            value.__dict__.pop("_scope", None)
        elif isinstance(value, Parameter) and value.name is None:
            value.name = name
        object.__setattr__(self, name, value)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_scope"}

    # What is inside.

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules that are attributes of this one, by name; each once."""
        seen: set[int] = set()
        for name, value in self.__dict__.items():
            if isinstance(value, Module) and id(value) not in seen:
                seen.add(id(value))
                yield name, value

    def children(self) -> Iterator[Module]:
        """The modules that are attributes of this one."""
        return (child for _, child in self.named_children())

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module and all below it by path (this one's is `prefix`), parents first; each once."""
        seen: set[int] = set()
        for path, module in self._walk(prefix):
            if id(module) not in seen:
                seen.add(id(module))
                yield path, module

    def modules(self) -> Iterator[Module]:
        """This module and all below it; each once."""
        return (module for _, module in self.named_modules())

    def _walk(self, prefix: str) -> Iterator[tuple[str, Module]]:
        """Every path to every module: one that is used in two places comes twice."""
        yield prefix, self
        for name, value in self.__dict__.items():
            if isinstance(value, Module):
                yield from value._walk(f"{prefix}.{name}" if prefix else name)

    def named_parameters(self, prefix: str = "", *, remove_duplicate: bool = True) -> Iterator[tuple[str, Parameter]]:
        """All parameters by path, for example `0.weight`.

        A parameter that nobody named takes its path for a name, so that errors and drawings can say which it is.

        Parameters
        ----------
        prefix : str
            Put before every path.
        remove_duplicate : bool
            Whether a parameter that is used in several places comes once, under the first path.

        Examples
        --------
        >>> import nn
        >>> [(path, p.shape) for path, p in nn.MLP([2, 3, 1]).named_parameters()]
        [('0.weight', (3, 2)), ('0.bias', (3,)), ('2.weight', (1, 3)), ('2.bias', (1,))]
        """
        seen: set[int] = set()
        for module_path, module in self._walk(prefix):
            for name, value in module.__dict__.items():
                if not isinstance(value, Parameter) or (remove_duplicate and id(value) in seen):
                    continue
                seen.add(id(value))
                path = f"{module_path}.{name}" if module_path else name
                if value.name is None or path.endswith("." + value.name):
                    value.name = path
                yield path, value

    def parameters(self) -> Iterator[Parameter]:
        """All parameters, each once: what an optimizer takes."""
        return (parameter for _, parameter in self.named_parameters())

    # What is done to all of it.

    def apply(self, function: Callable[[Module], Any]) -> Self:
        """Call a function with every module, children before parents; give this module back.

        Examples
        --------
        >>> import nn
        >>> def initialise(module):
        ...     if isinstance(module, nn.Linear):
        ...         nn.init.xavier_normal(module.weight)
        >>> model = nn.MLP([2, 3, 1]).apply(initialise)
        """
        for module in reversed(list(self.modules())):
            function(module)
        return self

    def train(self, mode: bool = True) -> Self:
        """Let layers that behave differently while training do so, in this module and all below it."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Let all layers behave as in use rather than as in training."""
        return self.train(False)

    def zero_grad(self) -> None:
        """Forget all gradients: every `.grad` is None again."""
        for parameter in self.parameters():
            parameter.zero_grad()

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Let all parameters be learned, or stay as they are.

        Examples
        --------
        >>> import nn
        >>> frozen = nn.Linear(2, 3).requires_grad_(False)
        >>> frozen.weight.requires_grad
        False
        """
        for parameter in self.parameters():
            parameter.requires_grad = requires_grad
        return self

    def astype(self, dtype: npt.DTypeLike) -> Self:
        """Give all parameters another floating-point dtype, in place; an optimizer must be made after that.

        Raises
        ------
        TypeError
            If the dtype is not a floating-point one.

        Examples
        --------
        >>> import numpy as np, nn
        >>> nn.Linear(2, 3).astype(np.float64).weight.dtype
        dtype('float64')
        """
        target = floating(dtype, f"{type(self).__name__}.astype")
        for parameter in self.parameters():
            if parameter.dtype != target:
                parameter.rehome(np.empty(parameter.shape, target))
        return self

    # Saving and restoring.

    def state_dict(self) -> dict[str, npt.NDArray[Any]]:
        """Copies of all parameters by path: what `load_state_dict` takes. The names are PyTorch's.

        Examples
        --------
        >>> import nn
        >>> {path: array.shape for path, array in nn.Linear(2, 3).state_dict().items()}
        {'weight': (3, 2), 'bias': (3,)}
        """
        return {path: parameter.numpy() for path, parameter in self.named_parameters(remove_duplicate=False)}

    def load_state_dict(self, state: Mapping[str, npt.ArrayLike]) -> None:
        """Take over the values of a `state_dict`, of this library or, as arrays, of PyTorch.

        Parameters
        ----------
        state : mapping of str to array_like
            One real array per path, of the parameter's shape.

        Raises
        ------
        ValueError
            If paths are missing or unexpected, or arrays have another shape or cannot be cast; the error lists all of
            them, and nothing has been changed.

        Examples
        --------
        >>> import nn
        >>> model, copy = nn.Linear(2, 3), nn.Linear(2, 3)
        >>> copy.load_state_dict(model.state_dict())
        >>> bool((copy.weight.data == model.weight.data).all())
        True
        """
        parameters = dict(self.named_parameters(remove_duplicate=False))
        values = {path: np.asarray(value) for path, value in state.items()}
        wrong = [f"missing: {path} {parameter.shape}" for path, parameter in parameters.items() if path not in values]
        wrong += [f"unexpected: {path} {value.shape}" for path, value in values.items() if path not in parameters]
        for path, parameter in parameters.items():
            value = values.get(path)
            if value is not None and value.shape != parameter.shape:
                wrong.append(f"misshapen: {path} is {value.shape}, needed {parameter.shape}")
            elif value is not None and value.dtype.kind not in "fiub":
                wrong.append(f"not real numbers: {path} is {value.dtype}, needed {parameter.dtype}")
        if wrong:
            raise ValueError(
                f"{type(self).__name__}.load_state_dict: the state does not fit, and nothing was changed:\n  "
                + "\n  ".join(wrong)
            )
        for path, parameter in parameters.items():
            parameter.data = values[path].astype(parameter.dtype, copy=False)

    # Showing.

    def extra_repr(self) -> str:
        """What the repr shows in parentheses after the class's name."""
        return ""

    def __repr__(self) -> str:
        from .summary import tree

        return tree(self)


def positive(value: Any, name: str, caller: str) -> int:
    """A whole number of at least 1, or an error that says whose it is."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ValueError(f"{caller}: {name} is {value!r}; needed is a whole number of at least 1.")
    return int(value)


def floating(dtype: npt.DTypeLike, caller: str) -> np.dtype[Any]:
    """A floating-point dtype, or an error that says why no other will do."""
    target = np.dtype(dtype)
    if target.kind != "f":
        raise TypeError(
            f"{caller}: parameters need a floating-point dtype to have gradients, and this is {target}. "
            "Use numpy.float32 or numpy.float64."
        )
    return target
