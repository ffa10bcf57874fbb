"""What holds while code runs: grad mode, scope, recording, anomaly detection, strong zeros.

One context variable carries one immutable `Modes`, so every thread and every asyncio task has its own. A primitive
reads it once per call. `record` and `detect_anomaly` are observers: objects that are shown each call and each message.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar, Token
from itertools import count
from traceback import walk_stack
from typing import TYPE_CHECKING, Any, TypeVar, overload

if TYPE_CHECKING:
    from .observe import Observer

_Function = TypeVar("_Function", bound=Callable[..., Any])


#: One entry into a part of the scope's path: a number that no other has, the part's place in the path, and in how many
#: calls of functions it happened.
Entry = tuple[int, int, int]


class Modes:
    """One setting of all modes. Never changed after it is made; `replace` gives (and remembers) a variant."""

    __slots__ = ("calls", "grad", "observers", "scope", "strong_zeros", "_variants")

    def __init__(
        self, grad: bool = True, observers: tuple[Observer, ...] = (), scope: str = "", strong_zeros: bool = False,
        calls: tuple[Entry, ...] = (),
    ) -> None:  # fmt: skip
        self.calls = calls
        self.grad = grad
        self.observers = observers
        self.scope = scope
        self.strong_zeros = strong_zeros
        self._variants: dict[tuple[str, Any], Modes] = {}

    def replace(self, field: str, value: Any) -> Modes:
        """This setting with one field changed. Entering a module's scope at every step must cost next to nothing."""
        key = (field, value)
        variant = self._variants.get(key)
        if variant is None:
            if field == "observers" or len(self._variants) >= 256:
                self._variants.clear()  # a name made anew at each step must not fill the memory
            fields = {name: getattr(self, name) for name in ("calls", "grad", "observers", "scope", "strong_zeros")}
            variant = Modes(**{**fields, field: value})
            if field != "observers":
                self._variants[key] = variant
        return variant


current: ContextVar[Modes] = ContextVar("autodiff.modes", default=Modes())  # noqa: B039 (immutable after creation)


def depth_of(frame: Any) -> int:
    """The number of calls that a frame is inside of, itself included."""
    return sum(1 for _ in walk_stack(frame))


def leave(tokens: list[Token[Modes]]) -> None:
    """Undo the last entry of this thread or task: one object may be entered by several, and be left in any order."""
    for token in reversed(tokens):
        with suppress(ValueError):  # what `reset` raises for the token of another thread or task
            current.reset(token)
            tokens.remove(token)
            return
    raise RuntimeError("A mode is left in a thread or task that has not entered it.")


class ModeChange:
    """A change of one mode: a context manager, and a decorator for functions, generators and coroutines."""

    __slots__ = ("_field", "_value", "_tokens")

    def __init__(self, field: str, value: Any) -> None:
        self._field = field
        self._value = value
        self._tokens: list[Token[Modes]] = []

    def _changed(self, modes: Modes) -> Modes:
        return modes.replace(self._field, self._value)

    def __enter__(self) -> Any:
        self._tokens.append(current.set(self._changed(current.get())))
        return self

    def __exit__(self, *exception: object) -> None:
        leave(self._tokens)

    def _fresh(self) -> ModeChange:
        """Another change of the same kind: a decorated function may call itself, or run in several threads."""
        return ModeChange(self._field, self._value)

    def __call__(self, function: _Function) -> _Function:
        wrapper: Any
        if inspect.isasyncgenfunction(function):
            raise TypeError(
                f"{function.__qualname__} is an asynchronous generator: a mode cannot be held across its "
                "yields. Use `with autodiff.no_grad():` inside its body, around the parts without yield."
            )
        if inspect.isgeneratorfunction(function):

            @functools.wraps(function)
            def wrapper(*args: Any, **kwargs: Any) -> Any:
                return self._run_generator(function(*args, **kwargs))

        elif inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def wrapper(*args: Any, **kwargs: Any) -> Any:
                with self._fresh():
                    return await function(*args, **kwargs)

        else:

            @functools.wraps(function)
            def wrapper(*args: Any, **kwargs: Any) -> Any:
                with self._fresh():
                    return function(*args, **kwargs)

        return wrapper  # type: ignore[no-any-return]  # functools.wraps keeps the signature, which mypy cannot see

    def _run_generator(self, generator: Any) -> Any:
        """Hold the mode only while the generator's own body runs, never while its caller has control."""
        resume: Callable[[], Any] = functools.partial(next, generator)
        while True:
            try:
                with self._fresh():
                    item = resume()
            except StopIteration as stop:
                return stop.value
            try:
                sent = yield item
            except GeneratorExit:
                with self._fresh():
                    generator.close()
                raise
            except BaseException as error:
                resume = functools.partial(generator.throw, error)
            else:
                resume = functools.partial(generator.send, sent)


@overload
def no_grad(function: None = None) -> ModeChange: ...
@overload
def no_grad(function: _Function) -> _Function: ...
def no_grad(function: _Function | None = None) -> ModeChange | _Function:
    """Record no graph: for evaluation, and for updates of parameters.

    Use it as `with no_grad():`, as `@no_grad()` or as `@no_grad`. Threads and asyncio tasks each have their own mode;
    on a generator function it holds only while the generator's body runs.

    Examples
    --------
    >>> import autodiff as ad
    >>> w = ad.Tensor([1.0, 2.0], requires_grad=True)
    >>> with ad.no_grad():
    ...     y = w * 2
    >>> y.requires_grad
    False
    """
    change = ModeChange("grad", False)
    return change if function is None else change(function)


@overload
def enable_grad(function: None = None) -> ModeChange: ...
@overload
def enable_grad(function: _Function) -> _Function: ...
def enable_grad(function: _Function | None = None) -> ModeChange | _Function:
    """Record the graph again, inside a `no_grad` region.

    Examples
    --------
    >>> import autodiff as ad
    >>> w = ad.Tensor(3.0, requires_grad=True)
    >>> with ad.no_grad(), ad.enable_grad():
    ...     y = w * w
    >>> y.requires_grad
    True
    """
    change = ModeChange("grad", True)
    return change if function is None else change(function)


def is_grad_enabled() -> bool:
    """Whether operations on Tensors that require grad are recorded here and now.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.is_grad_enabled()
    True
    """
    return current.get().grad


def strong_zeros() -> ModeChange:
    """During a walk, let an exact zero win over inf and NaN in elementwise rules.

    `where(x > 0, sqrt(x), 0)` has a NaN gradient at 0 in every engine: the branch not taken receives the cotangent 0
    and multiplies it by sqrt's infinite slope. Under this mode an element of an elementwise primitive's message that
    is not finite although its cotangent is exactly 0 becomes 0. Wrap the call of `backward` or `grad` in it.

    Examples
    --------
    >>> import numpy as np, autodiff as ad
    >>> x = ad.Tensor([0.0, 4.0], requires_grad=True)
    >>> with ad.strong_zeros(), np.errstate(invalid="ignore"):
    ...     ad.where(x.data > 0, ad.sqrt(x), 0.0).sum().backward()
    >>> x.grad.numpy()
    array([0.  , 0.25])
    """
    return ModeChange("strong_zeros", True)


_NOWHERE = Modes()
_entries = count(1)


class scope(ModeChange):
    """Name the part of the program that runs inside: nodes made there carry the path in `node.scope`.

    Modules push their names; drawings group nodes by them.

    Parameters
    ----------
    name : str
        One part of the path. Nested scopes are joined with a slash.

    Examples
    --------
    >>> import autodiff as ad
    >>> w = ad.Tensor(2.0, requires_grad=True)
    >>> with ad.scope("encoder"), ad.scope("0"):
    ...     y = w * w
    >>> y.node.scope
    'encoder/0'
    """

    __slots__ = ("_last",)

    def __init__(self, name: str) -> None:
        super().__init__("scope", name)
        self._last: tuple[Modes, Modes] = (_NOWHERE, _NOWHERE)

    def _changed(self, modes: Modes) -> Modes:
        path = f"{modes.scope}/{self._value}" if modes.scope else self._value
        if not modes.observers:
            return modes.replace("scope", path)
        # Who looks on can tell one call of a module from the next by the number of its entry.
        entry = next(_entries), path.count("/"), depth_of(sys._getframe(2))
        return Modes(modes.grad, modes.observers, path, modes.strong_zeros, (*modes.calls, entry))

    def _fresh(self) -> ModeChange:
        return scope(self._value)

    def enter(self) -> Token[Modes]:
        """Begin, and return what `leave` takes: a with statement without its memory, so that threads can share a scope.

        Examples
        --------
        >>> import autodiff as ad
        >>> encoder = ad.scope("encoder")
        >>> token = encoder.enter()
        >>> try:
        ...     y = ad.exp(ad.Tensor(2.0, requires_grad=True))
        ... finally:
        ...     encoder.leave(token)
        >>> y.node.scope
        'encoder'
        """
        now = current.get()
        last = self._last
        if now is last[0]:
            return current.set(last[1])
        inside = self._changed(now)
        if not now.observers:  # a recording must not stay in memory because its modes are remembered here
            self._last = now, inside
        return current.set(inside)

    #: End what `enter` began.
    leave = staticmethod(current.reset)
