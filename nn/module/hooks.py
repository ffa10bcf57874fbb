"""Forward hooks: functions that a module calls before or after its `forward`, and that may replace what goes in or out.

`Module.register_forward_pre_hook` and `Module.register_forward_hook` make them; a module without hooks never comes
here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import autodiff as ad

if TYPE_CHECKING:
    from .module import Module


class Hook:
    """A function, and whether it wants the keyword arguments of the call too."""

    __slots__ = ("function", "with_kwargs")

    def __init__(self, function: Callable[..., Any], with_kwargs: bool) -> None:
        self.function = function
        self.with_kwargs = with_kwargs


class HookHandle:
    """What registering a hook gives back: `remove()` takes the hook away; in a with statement it goes at the end.

    Examples
    --------
    >>> import numpy as np, nn
    >>> layer = nn.ReLU()
    >>> with layer.register_forward_hook(lambda module, inputs, output: print("called")):
    ...     y = layer(np.ones(2))
    called
    >>> y = layer(np.ones(2))
    """

    __slots__ = ("_hook", "_hooks")

    def __init__(self, hooks: list[Hook], hook: Hook) -> None:
        self._hooks, self._hook = hooks, hook

    def remove(self) -> None:
        """Take the hook away. Doing so twice does nothing."""
        self._hooks[:] = [hook for hook in self._hooks if hook is not self._hook]

    def __enter__(self) -> HookHandle:
        return self

    def __exit__(self, *exception: object) -> None:
        self.remove()


def registered(hooks: list[Hook], function: Callable[..., Any], prepend: bool, with_kwargs: bool) -> HookHandle:
    """Put a function into a list of hooks, first or last."""
    if not callable(function):
        raise TypeError(f"A hook is a function, and this is {function!r}, which cannot be called.")
    hook = Hook(function, with_kwargs)
    hooks.insert(0 if prepend else len(hooks), hook)
    return HookHandle(hooks, hook)


def call_with_hooks(
    module: Module,
    scope: ad.scope,
    before: Iterable[Hook],
    after: Iterable[Hook],
    inputs: tuple[Any, ...],
    settings: dict[str, Any],
) -> Any:
    """Run `forward` inside the module's scope, with the hooks around it."""
    token = scope.enter()
    try:
        for hook in tuple(before):  # a hook may remove itself
            inputs, settings = _replaced(module, hook, inputs, settings)
        output = module.forward(*inputs, **settings)
        for hook in tuple(after):
            arguments = (inputs, settings) if hook.with_kwargs else (inputs,)
            result = hook.function(module, *arguments, output)
            output = output if result is None else result
        return output
    except Exception as error:
        note_place(error, module)
        raise
    finally:
        scope.leave(token)


#: How the note begins that modules leave on an error that passes through their calls.
_PLACE = "Raised in the module "


def note_place(error: Exception, module: Module) -> None:
    """Note in which module of a network an error was raised: on its way out, each one puts its name before the path."""
    name = module._name or type(module).__name__
    notes = getattr(error, "__notes__", [])
    if notes and notes[-1].startswith(_PLACE):
        notes[-1] = f"{_PLACE}{name}/{notes[-1].removeprefix(_PLACE)}"
    else:
        error.add_note(f"{_PLACE}{name}")


def _replaced(
    module: Module, hook: Hook, inputs: tuple[Any, ...], settings: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What goes into `forward` after a hook has seen it."""
    if not hook.with_kwargs:
        result = hook.function(module, inputs)
        if result is None:
            return inputs, settings
        return (result if isinstance(result, tuple) else (result,)), settings
    result = hook.function(module, inputs, settings)
    if result is None:
        return inputs, settings
    match result:
        case (tuple() as inputs, dict() as settings):
            return inputs, settings
    raise TypeError(
        f"A forward pre-hook with keyword arguments on {type(module).__name__} returned a {type(result).__name__}; "
        "needed is None, or a pair of the tuple of inputs and the dict of keyword arguments."
    )
