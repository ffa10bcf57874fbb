"""Hooks: functions that see, and may replace, the summed cotangent of a Tensor during a walk.

They live on the node, or on the leaf, never on a computed Tensor, so that they outlive it and keep nothing alive.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .graph import Node
    from .tensor import Tensor


class HookHandle:
    """What `register_hook` returns: `remove()` takes the hook away; in a with statement it goes at the end."""

    __slots__ = ("_hooks", "_hook")

    def __init__(self, hooks: list[Any], hook: Any) -> None:
        self._hooks, self._hook = hooks, hook

    def remove(self) -> None:
        """Take the hook away. Doing so twice does nothing."""
        hooks, self._hooks = self._hooks, []  # the same function may be registered a second time
        if self._hook in hooks:
            hooks.remove(self._hook)

    def __enter__(self) -> HookHandle:
        return self

    def __exit__(self, *exception: object) -> None:
        self.remove()


class RetainGrad:
    """The hook of `retain_grad`: adds the cotangent to the Tensor's `.grad`. It must not keep the Tensor alive."""

    __slots__ = ("_tensor",)

    def __init__(self, tensor: Tensor) -> None:
        self._tensor = weakref.ref(tensor)

    def __call__(self, grad: Tensor) -> None:
        tensor = self._tensor()
        if tensor is not None:
            kept = grad.copy()
            tensor._grad = kept if tensor._grad is None else tensor._grad + kept


def run_hooks(hooks: list[Any], g: Any, place: Node | Tensor, recorded: bool, retaining: bool) -> Any:
    """Show the summed cotangent to each hook as a Tensor; a hook may return another one of the same shape."""
    from .tensor import Tensor

    for hook in list(hooks):
        if not retaining and isinstance(hook, RetainGrad):
            continue  # a walk to targets touches nobody's .grad
        given = g if isinstance(g, Tensor) else Tensor._of(g.copy(), None)  # the hook may keep it
        result = hook(given)
        if result is None:
            continue
        data = result._data if isinstance(result, Tensor) else np.asarray(result)
        if data.shape != given.shape:
            raise ValueError(
                f"A hook on {place!r} returned a gradient of shape {data.shape} for one of shape {given.shape}. "
                "Return None, or a gradient of the same shape."
            )
        if recorded:
            g = result if isinstance(result, Tensor) else Tensor(data)
        else:
            g = np.array(data, dtype=given.dtype)
    return g
