"""Puts back what a function changes while it runs for its picture or its page: `as_before`, which both of them use.

It looks at what the function can reach before it runs: from its arguments, its variables from outside, the globals that
its code names, on through attributes, containers, methods and hooks. Only what has changed is written to afterwards.
"""

from __future__ import annotations

import os
import random
import site
import sys
import sysconfig
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache, partial
from types import BuiltinMethodType, CellType, CodeType, FunctionType, MemberDescriptorType, MethodType, ModuleType
from typing import Any

import numpy as np

from .. import modes
from ..graph import Node
from ..primitive import Array, Primitive
from ..tensor import Tensor

#: Plain arrays of more bytes are not copied, and so not put back; Tensors of any size are.
LARGEST = 2**28

_OWN = __name__.partition(".")[0]
_INSTALLED = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), *site.getsitepackages()}
_OWN_FOLDER = os.path.join(os.path.dirname(modes.__file__), "")
_PLAIN = (type(None), bool, int, float, complex, str, bytes, np.dtype, np.generic)
_MISSING: Any = object()


@contextmanager
def as_before(*roots: Any) -> Iterator[Memory]:
    """On leaving, whatever can be reached from `roots` is what it was; so are NumPy's and Python's global generators.

    Examples
    --------
    >>> rng, losses = np.random.default_rng(0), []
    >>> def step():
    ...     losses.append(rng.random())
    >>> state = rng.bit_generator.state
    >>> with as_before(step):
    ...     step()
    >>> losses, rng.bit_generator.state == state
    ([], True)
    """
    with ExitStack() as stack:
        stack.callback(np.random.set_state, np.random.get_state(legacy=False))  # noqa: NPY002 (who uses it, needs it)
        stack.callback(random.setstate, random.getstate())
        memory = Memory(stack)
        memory.remember(*roots, *modes.current.get().observers)
        yield memory


class Memory:
    """What things were like when they were first seen. The stack, when it ends, makes them so again, the last first."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._seen: dict[int, Any] = {}  # holds them, so that no other thing gets one of these ids

    def remember(self, *things: Any) -> None:
        """Remember these, and what can be reached from them, if they are not remembered yet."""
        waiting = list(things)
        while waiting:
            thing = waiting.pop()
            if not isinstance(thing, _PLAIN) and id(thing) not in self._seen:
                self._seen[id(thing)] = thing
                waiting += self._look_at(thing)

    def _look_at(self, thing: Any) -> Iterable[Any]:
        """Note how to put a thing back; return what can be reached from it."""
        if _is_installed(type(thing).__module__):  # before anything of it is asked: it may be a proxy
            return ()
        match thing:
            case Tensor():
                return self._tensor(thing)
            case Node():
                return self._node(thing)
            case np.ndarray():
                self._array(thing, LARGEST)
                return thing.flat if thing.dtype.hasobject else ()
            case np.random.Generator():
                return (thing.bit_generator,)
            case np.random.BitGenerator():
                self._stack.callback(setattr, thing, "state", thing.state)
                return ()
            case np.random.RandomState():
                self._stack.callback(thing.set_state, thing.get_state(legacy=False))
                return ()
            case random.Random():
                self._stack.callback(thing.setstate, thing.getstate())
                return ()
            case list() | dict() | set() | deque() | bytearray():
                return (*self._container(thing), *self._instance(thing))
            case tuple() | frozenset():
                return thing
            case type():
                return _methods(thing)
            case _ if callable(thing):
                return (*self._callable(thing), *self._instance(thing))
        return () if isinstance(thing, ModuleType) else self._instance(thing)

    def _tensor(self, tensor: Tensor) -> Iterable[Any]:
        slots = {name: getattr(tensor, name) for name in Tensor.__slots__ if name != "__weakref__"}
        for name, value in slots.items():
            self._stack.callback(setattr, tensor, name, value)
        if tensor._version is not None:
            self._stack.callback(tensor._version.__setitem__, 0, tensor._version[0])
        self._array(tensor._data, None)
        return (*(v for name, v in slots.items() if name not in ("_data", "_version")), *self._instance(tensor))

    def _node(self, node: Node) -> Iterable[Any]:
        """A walk may release a node's arrays, run its hooks, and send messages to one that was recorded before."""
        for name in ("kept", "versions", "hooks", "trace"):
            self._stack.callback(setattr, node, name, getattr(node, name))
        for cell, _, _ in node.versions:
            self._stack.callback(cell.__setitem__, 0, cell[0])
        return (*node.parents, node.hooks, None if node.trace is None else node.trace.messages)

    def _array(self, array: Array, limit: int | None) -> None:
        if array.flags.writeable and (limit is None or array.nbytes <= limit):
            self._stack.callback(_write, array, array.copy())

    def _container(self, thing: Any) -> Iterable[Any]:
        before = list(thing.items() if isinstance(thing, dict) else thing)
        self._stack.callback(_refill, thing, before)
        return before

    def _callable(self, thing: Any) -> Iterable[Any]:
        """What a function reads, a method belongs to, or a partial function or a wrapper was made of."""
        if isinstance(thing, FunctionType):
            for cell in thing.__closure__ or ():
                self._stack.callback(_refill_cell, cell, _content(cell))
            ours = thing.__code__.co_filename.startswith(_OWN_FOLDER)  # it names very much, and nothing of the user's
            outside = () if ours or _is_foreign(thing.__module__) else self._globals(thing)
            cells = (_content(cell) for cell in thing.__closure__ or ())
            return (*cells, *outside, thing.__defaults__, thing.__kwdefaults__)
        if isinstance(thing, MethodType):
            return thing.__self__, thing.__func__
        if isinstance(thing, partial):
            return thing.func, thing.args, thing.keywords
        if isinstance(thing, Primitive):
            return thing.forward, thing.rules
        if isinstance(thing, weakref.ref):
            return (thing(),)
        if isinstance(thing, BuiltinMethodType):
            return () if isinstance(thing.__self__, ModuleType) else (thing.__self__,)
        attributes = getattr(thing, "__dict__", None)
        return (attributes.get("__wrapped__"),) if isinstance(attributes, dict) else ()

    def _globals(self, function: FunctionType) -> Iterable[Any]:
        """The global variables that a function's code names, and the attributes of modules that it names."""
        space, names = function.__globals__, set(_names_in(function.__code__))
        for name in names:
            value = space.get(name, _MISSING)
            self._stack.callback(_rebind, space, name, value)
            yield from _of_module(value, names) if isinstance(value, ModuleType) else (value,)

    def _instance(self, thing: Any) -> Iterable[Any]:
        """An object's attributes, and the methods of its class, which may read globals."""
        kind = type(thing)
        if isinstance(thing, Primitive) or (_is_foreign(kind.__module__) and kind is not FunctionType):
            return
        for descriptor in _slots(kind):
            value = _get(descriptor, thing)
            self._stack.callback(_reassign, descriptor, thing, value)
            yield value
        attributes = getattr(thing, "__dict__", None)
        if isinstance(attributes, dict):
            self._stack.callback(_refill, attributes, list(attributes.items()))
            yield from attributes.values()
        if id(kind) not in self._seen:  # a network has many instances of few classes
            self._seen[id(kind)] = kind
            yield from _methods(kind)


def _is_foreign(module: str | None) -> bool:
    """Whether it is a module of Python, NumPy or an installed library."""
    package = (module or "").partition(".")[0]
    return package in sys.stdlib_module_names or package == "numpy" or _is_installed(package)


@lru_cache(maxsize=4096)
def _is_installed(module: str) -> bool:
    """Whether it is a module of an installed library, but not of one that builds on this package.

    A library's variables are its own affair: to put back some of them and not others could break it.
    """
    package = module.partition(".")[0]
    found = sys.modules.get(package)
    if package in (_OWN, "numpy") or getattr(found, "__autodiff_plumbing__", False):
        return False
    path = getattr(found, "__file__", None) or ""
    return any(path.startswith(os.path.join(folder, "")) for folder in _INSTALLED)


def _methods(kind: type) -> Iterator[Any]:
    """The functions that a class and its bases are made of."""
    for each in kind.__mro__:
        if not _is_foreign(each.__module__):
            for value in list(vars(each).values()):
                value = getattr(value, "fget", None) or getattr(value, "__func__", value)
                if isinstance(value, FunctionType):
                    yield value


def _names_in(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_in(constant)


def _of_module(module: ModuleType, names: set[str]) -> Iterator[Any]:
    """What code may mean by `module.name`, or by `module.module.name`."""
    waiting, seen = [module], {module}
    while waiting:
        each = waiting.pop()
        if _is_foreign(each.__name__) or each.__name__.partition(".")[0] == _OWN:
            continue
        for value in (vars(each)[name] for name in names if name in vars(each)):
            if not isinstance(value, ModuleType):
                yield value
            elif value not in seen:
                seen.add(value)
                waiting.append(value)


def _slots(kind: type) -> Iterator[MemberDescriptorType]:
    for each in kind.__mro__:
        if "__slots__" in vars(each) and each is not Tensor:
            yield from (value for value in vars(each).values() if isinstance(value, MemberDescriptorType))


def _get(descriptor: MemberDescriptorType, thing: Any) -> Any:
    try:
        return descriptor.__get__(thing)
    except AttributeError:
        return _MISSING


def _reassign(descriptor: MemberDescriptorType, thing: Any, value: Any) -> None:
    if _get(descriptor, thing) is not value:
        _set: Callable[..., None] = descriptor.__delete__ if value is _MISSING else descriptor.__set__
        _set(thing) if value is _MISSING else _set(thing, value)


def _rebind(space: dict[str, Any], name: str, value: Any) -> None:
    if space.get(name, _MISSING) is not value:
        if value is _MISSING:
            del space[name]
        else:
            space[name] = value


def _content(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # a variable that has no value yet
        return _MISSING


def _refill_cell(cell: CellType, value: Any) -> None:
    if _content(cell) is not value:
        if value is _MISSING:
            del cell.cell_contents
        else:
            cell.cell_contents = value


def _refill(thing: Any, before: list[Any]) -> None:
    """Give a container the very items that it had, in their order."""
    if isinstance(thing, dict):
        same = [(id(k), id(v)) for k, v in thing.items()] == [(id(k), id(v)) for k, v in before]
    elif isinstance(thing, bytearray):
        same = list(thing) == before
    else:
        same = [*map(id, thing)] == [*map(id, before)]
    if not same:
        thing.clear()
        thing.update(before) if isinstance(thing, (dict, set)) else thing.extend(before)


def _write(array: Array, before: Array) -> None:
    if array.dtype.hasobject or not np.array_equal(_bytes(array), _bytes(before)):
        array.flags.writeable = True
        array[...] = before


def _bytes(array: Array) -> Array:
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8)
