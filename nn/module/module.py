"""Module: what every layer, loss and network is made of. It computes, trains, saves and shows its tree of parts.

How parts are found is in `tree`, what loading checks in `loading`, what is called around `forward` in `hooks`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from traceback import walk_stack
from typing import Any, Self

import numpy as np
import numpy.typing as npt

import autodiff as ad

from ..arguments import floating
from .hooks import Hook, HookHandle, call_with_hooks, note_place, registered
from .loading import LoadResult, load
from .parameter import Buffer, Parameter
from .tree import Tree

__all__ = ["Buffer", "Module", "Parameter"]

#: What is remembered to be faster, and is no part of a copy.
_TRANSIENT = ("_scope", "_order", "_steps", "_turn")


class Module(Tree):
    """A part of a network: attributes that are Parameters, Buffers or Modules are its own; `forward` computes.

    Calling a module runs `forward` inside the `autodiff.scope` of its name: the attribute under which its parent knows
    it, or its class's name. By that, drawings group what it computed, and errors note where they were raised.

    Attributes
    ----------
    training : bool
        Whether layers that behave differently while training do so; set by `train` and `eval`.

    Raises
    ------
    TypeError
        When a list, tuple, set or dict of modules or parameters is assigned to an attribute (they would not be found:
        `nn.ModuleList` and `nn.ModuleDict` hold modules), when a parameter, buffer or module is replaced by something
        that is none, and when a class is defined that has one as an attribute of its own.
    ValueError
        When a module is put into itself.

    Notes
    -----
    A module that is assigned twice is shared: its parameters are learned once, and saved under each path, as PyTorch
    does. A module that is used here but no part of this one, such as a teacher to imitate, can be kept in a
    `types.SimpleNamespace`. `copy.deepcopy` and `pickle` keep ties and hooks; `pickle` refuses a hook that is a lambda,
    as it does any lambda.

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
    _forward_pre_hooks: list[Hook] | None = None
    _forward_hooks: list[Hook] | None = None

    # Computing.

    def forward(self, *inputs: Any, **settings: Any) -> Any:
        """Compute the output; every subclass has its own."""
        raise TypeError(f"{type(self).__name__} has no forward: define `def forward(self, x): ...` in the class.")

    def __call__(self, *inputs: Any, **settings: Any) -> Any:
        scope = self._scope
        if scope is None:
            return self._call_slowly(inputs, settings)
        token = scope.enter()
        try:
            return self.forward(*inputs, **settings)
        except Exception as error:
            note_place(error, self)
            raise
        finally:
            scope.leave(token)

    def _call_slowly(self, inputs: tuple[Any, ...], settings: dict[str, Any]) -> Any:
        """The first call, and every one with hooks or several names: else the scope is remembered for the next."""
        name = self._name or type(self).__name__
        if self._renamed:
            return self._call_as(self._name_of_caller() or name, *inputs, **settings)
        if not self._forward_pre_hooks and not self._forward_hooks:
            self.__dict__["_scope"] = ad.scope(name)
        return self._call_as(name, *inputs, **settings)

    def _call_as(self, name: str, /, *inputs: Any, **settings: Any) -> Any:
        """A call in the scope of this name: a module that is used in several places has one for each."""
        before, after = self._forward_pre_hooks or (), self._forward_hooks or ()
        return call_with_hooks(self, ad.scope(name), before, after, inputs, settings)

    def _name_of_caller(self) -> str | None:
        """The name by which the module whose method is calling knows this one."""
        for frame, _ in walk_stack(sys._getframe(3)):  # past the slow call, and the call
            if frame.f_code.co_varnames[:1] == ("self",):
                name = self._name_for(frame.f_locals.get("self"))
                if name is not None:
                    return name
        return None

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> HookHandle:
        """Call `hook(module, inputs)` before every `forward`; it may return other inputs.

        Parameters
        ----------
        hook : callable
            Gets the module and the tuple of positional arguments. None leaves them; a tuple replaces them; anything
            else replaces them as the only one.
        prepend : bool
            Call it before the hooks that are there already, not after them.
        with_kwargs : bool
            The hook is called as `hook(module, inputs, settings)`, with the dict of keyword arguments; it returns None,
            or a pair of the tuple and the dict.

        Returns
        -------
        HookHandle
            `handle.remove()` takes the hook away; in a with statement it goes at the end.

        Examples
        --------
        >>> import numpy as np, nn
        >>> layer = nn.ReLU()
        >>> with layer.register_forward_pre_hook(lambda module, inputs: inputs[0] + 1):
        ...     layer(np.array([-2.0, 2.0]))
        array([0., 3.])
        """
        hooks = self.__dict__.setdefault("_forward_pre_hooks", [])
        self.__dict__.pop("_scope", None)
        return registered(hooks, hook, prepend, with_kwargs)

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> HookHandle:
        """Call `hook(module, inputs, output)` after every `forward`; what it returns, if not None, is the new output.

        Parameters
        ----------
        hook : callable
            Gets the module, the tuple of positional arguments (as the pre-hooks left them), and the output.
        prepend : bool
            Call it before the hooks that are there already, not after them.
        with_kwargs : bool
            The hook is called as `hook(module, inputs, settings, output)`, with the dict of keyword arguments.

        Returns
        -------
        HookHandle
            `handle.remove()` takes the hook away; in a with statement it goes at the end.

        Examples
        --------
        >>> import numpy as np, nn
        >>> model, shapes = nn.MLP([2, 3, 1]), []
        >>> handle = model[0].register_forward_hook(lambda module, inputs, output: shapes.append(output.shape))
        >>> y = model(np.zeros((5, 2), np.float32))
        >>> shapes
        [(5, 3)]
        >>> handle.remove()
        """
        hooks = self.__dict__.setdefault("_forward_hooks", [])
        self.__dict__.pop("_scope", None)
        return registered(hooks, hook, prepend, with_kwargs)

    # What is done to all of it.

    def apply(self, function: Callable[[Module], Any]) -> Self:
        """Call a function with every module once, children in order and before their parents; give this module back.

        Examples
        --------
        >>> import nn
        >>> def initialise(module):
        ...     if isinstance(module, nn.Linear):
        ...         nn.init.xavier_normal(module.weight)
        >>> model = nn.MLP([2, 3, 1]).apply(initialise)
        """
        seen: set[int] = set()
        order: list[Module] = []
        waiting: list[tuple[Module, bool]] = [(self, False)]
        while waiting:
            module, ready = waiting.pop()
            if ready:
                order.append(module)
            elif id(module) not in seen:
                seen.add(id(module))
                waiting.append((module, True))
                waiting += [(child, False) for _, child in reversed(module._named_parts())]
        for module in order:
            function(module)
        return self

    def train(self, mode: bool = True) -> Self:
        """Let layers that behave differently while training do so, in this module and all below it."""
        if not isinstance(mode, bool | np.bool_):
            raise TypeError(f"{type(self).__name__}.train: the mode is {mode!r}; needed is True or False.")
        for module in self.modules():
            module.training = bool(mode)
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
        if not isinstance(requires_grad, bool | np.bool_):
            raise TypeError(
                f"{type(self).__name__}.requires_grad_: requires_grad is {requires_grad!r}; needed is True or False."
            )
        for parameter in self.parameters():
            parameter.requires_grad = bool(requires_grad)
        return self

    def astype(self, dtype: npt.DTypeLike) -> Self:
        """Give all parameters and buffers of floating-point numbers another such dtype, in place.

        Integer ones stay as they are. An optimizer must be made after that.

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
        for tensor in (*self.parameters(), *self.buffers()):
            if tensor.dtype != target and tensor.dtype.kind == "f":
                tensor.rehome(np.empty(tensor.shape, target))
        return self

    # Saving and restoring.

    def state_dict(self) -> dict[str, npt.NDArray[Any]]:
        """Copies of all parameters and buffers by path: what `load_state_dict` takes. Names and order are PyTorch's.

        A module's own parameters come first, then its own buffers, then what is below it. What is used in several
        places comes under each path.

        Examples
        --------
        >>> import nn
        >>> {path: array.shape for path, array in nn.Linear(2, 3).state_dict().items()}
        {'weight': (3, 2), 'bias': (3,)}
        """
        return {path: tensor.numpy() for path, tensor in self._named((Parameter, Buffer), "", True, False)}

    def load_state_dict(self, state: Mapping[str, npt.ArrayLike], strict: bool = True) -> LoadResult:
        """Take over the values of a `state_dict`, of this library or, as arrays, of PyTorch.

        Parameters
        ----------
        state : mapping of str to array_like
            One real array per path, of the shape there and cast to the dtype there.
        strict : bool
            False lets paths be missing, whose Tensors stay as they are, or unexpected, which are passed over.

        Returns
        -------
        LoadResult
            `missing_keys` and `unexpected_keys`, lists of paths.

        Raises
        ------
        ValueError
            If paths are missing or unexpected, and, strict or not, if arrays have another shape, cannot be cast without
            changing their kind or leaving the dtype's range, or differ where one Tensor has several paths. The error
            lists all of them, and nothing has been changed.

        Examples
        --------
        >>> import nn
        >>> model, copy = nn.Linear(2, 3), nn.Linear(2, 3)
        >>> copy.load_state_dict(model.state_dict())
        <all keys matched>
        >>> bool((copy.weight.data == model.weight.data).all())
        True
        >>> copy.load_state_dict({"weight": model.weight, "scale": 1.0}, strict=False)
        LoadResult(missing_keys=['bias'], unexpected_keys=['scale'])
        """
        return load(type(self).__name__, dict(self._named((Parameter, Buffer), "", True, False)), state, strict)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name not in _TRANSIENT}

    # Showing.

    def extra_repr(self) -> str:
        """What the repr shows in parentheses after the class's name."""
        return ""

    def __repr__(self) -> str:
        from .summary import described

        return described(self)
