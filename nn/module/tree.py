"""The tree of modules: which attributes are parts, under which paths they are found, and what may be assigned to them.

`Module` is built on it. Parts are found where they are, among an object's attributes and in the order of their
definition, so nothing has to be registered by hand, and no constructor of a base class has to be called.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeGuard

import autodiff as ad

from .parameter import Buffer, Parameter

if TYPE_CHECKING:
    from .module import Module

#: Attributes that belong to the machinery, and are no place where a part could be lost.
_INTERNAL = frozenset({"_given", "_order", "_forward_hooks", "_forward_pre_hooks"})


#: Where parts would be lost. As tuples, because a union would be made anew at every look.
_COLLECTIONS = (list, tuple, dict, set, frozenset)


class Tree:
    """An object whose attributes are its parts: Parameters, Buffers, and other Trees."""

    _name: str | None = None
    #: Whether other modules know it by other names: each call then asks who is calling.
    _renamed: bool = False
    #: Whether it has a scope of its own. What a list of modules holds is known by those who have the list.
    _called: bool = True
    _scope: ad.scope | None = None
    #: During `functional_call`: which attributes hold Tensors that stand for Parameters and Buffers.
    _given: Mapping[str, type[ad.Tensor]] | None = None

    def __init_subclass__(cls, **settings: Any) -> None:
        """Refuse parts of a class: all its modules would share them, and none would find, train or save them."""
        super().__init_subclass__(**settings)
        for name, value in vars(cls).items():
            learns = _is_module(value) and next(value._named((Parameter, Buffer), "", True, True), None) is not None
            if learns or isinstance(value, Parameter | Buffer):
                raise TypeError(
                    f"{cls.__name__}.{name}: this {type(value).__name__} belongs to the class, where it would be "
                    "neither trained nor saved, because parts are found among a module's own attributes. Assign it in "
                    f"__init__: self.{name} = ..."
                )

    # Attributes.

    def __setattr__(self, name: str, value: Any) -> None:
        kind = self._kind(name)
        if kind is not None or isinstance(value, (Tree, Parameter, Buffer)):
            value = self._admitted(name, kind, value)
        elif isinstance(value, _COLLECTIONS):
            self._refuse_hidden(name, value)
        object.__setattr__(self, name, value)

    def _kind(self, name: str) -> type | None:
        """Which kind of part an attribute is, if it is one."""
        if self._given is not None and name in self._given:
            return self._given[name]
        return _kind_of(self.__dict__.get(name))

    def _admitted(self, name: str, kind: type | None, value: Any) -> Any:
        """What becomes of a value for an attribute that is a part, or will be one."""
        if kind is Buffer and isinstance(value, ad.Tensor) and not isinstance(value, Parameter | Buffer):
            return value if self._given is not None and name in self._given else self._buffer(name, value)
        new = _kind_of(value)
        if value is not None and kind is not None and not (new is kind or (kind is Buffer and new is Parameter)):
            raise TypeError(self._replacement(name, kind, value))
        if new is None:
            return value
        if "." in name:
            raise ValueError(f"{type(self).__name__}: {name!r} cannot name a part: dots separate those of a path.")
        if _is_module(value):
            if any(module is self for module in value.modules()):
                raise ValueError(
                    f"{type(self).__name__}.{name} = {type(value).__name__}: the module would contain itself, and its "
                    "parameters would have no end of paths. Keep a module's parent in a weakref.ref(parent)."
                )
            value._rename(self._label(name))
        elif value.name is None:
            value.name = name
        if new is not kind:
            self.__dict__.pop(name, None)  # parts stand in the order in which they became parts
        return value

    def _buffer(self, name: str, value: ad.Tensor) -> Buffer:
        """A Tensor assigned over a Buffer, as one."""
        if value.requires_grad:
            raise TypeError(
                f"{type(self).__name__}.{name} is a Buffer and was about to be replaced by a Tensor that requires "
                "grad, whose history would grow with every call. Assign its .detach()."
            )
        return Buffer(value.data, self.__dict__[name].name)

    def _replacement(self, name: str, kind: type, value: Any) -> str:
        """Why a part cannot be replaced by something else."""
        here = f"{type(self).__name__}.{name} is a"
        new = f"was about to be replaced by an object of type {type(value).__name__}"
        if kind is Tree:
            return f"{here} module and {new}, which would not be found. Assign a module; None takes it away."
        loss = "trained" if kind is Parameter else "saved"
        return (
            f"{here} {kind.__name__} of shape {self.__dict__[name].shape} and {new}, which would not be {loss}. "
            f"Assign to {name}.data, or a new nn.{kind.__name__} to the attribute."
        )

    def _refuse_hidden(self, name: str, value: Any) -> None:
        """Refuse a list of parts: nobody would find them, so they would be neither trained nor saved."""
        if next(_parts_inside(value), None) is None:
            return
        found: set[int] = set()
        waiting: list[Any] = [self]
        while waiting:  # not by `modules`, which comes here when a list was filled later
            module = waiting.pop()
            if id(module) not in found:
                found.add(id(module))
                waiting += [part for part in module.__dict__.values() if _is_module(part)]
        for part in _parts_inside(value):
            if id(part) in found:
                continue  # only another way to reach what is found anyway
            kind, remedy = type(part).__name__, "an attribute of its own: setattr(self, f'weight_{i}', parameter)"
            if _is_module(part):
                remedy = "a place in " + ("nn.ModuleDict({...})" if isinstance(value, dict) else "nn.ModuleList([...])")
            raise TypeError(
                f"{type(self).__name__}.{name}: this {type(value).__name__} holds a {kind}, which would be neither "
                f"trained nor saved, because parts are found among attributes only. Give it {remedy}."
            )

    def _label(self, name: str) -> str:
        """What a module is called that is the attribute `name`."""
        return name

    def _rename(self, name: str, before: str | None = None) -> None:
        """Take the name under which a parent knows this module, and had `before`: what it computes will carry it."""
        if self._name not in (None, name, before):
            self.__dict__["_renamed"] = True
        self.__dict__["_name"] = name
        self.__dict__.pop("_scope", None)

    def _name_for(self, caller: Any) -> str | None:
        """The first name by which a module knows this one as a part; None for all else."""
        if isinstance(caller, Tree):
            for name, part in caller._named_parts():
                if part is self:
                    return caller._label(name)
                below = None if part._called else self._name_for(part)
                if below is not None:
                    return below
        return None

    # What is inside.

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules that are attributes of this one, by name; each once."""
        seen: set[int] = set()
        for name, value in self._named_parts():
            if id(value) not in seen:
                seen.add(id(value))
                yield name, value

    def children(self) -> Iterator[Module]:
        """The modules that are attributes of this one; each once."""
        return (child for _, child in self.named_children())

    def named_modules(self, prefix: str = "", *, remove_duplicate: bool = True) -> Iterator[tuple[str, Module]]:
        """This module and all below it by path (this one's is `prefix`), parents first.

        Parameters
        ----------
        prefix : str
            Put before every path.
        remove_duplicate : bool
            Whether a module that is used in several places comes once, under the first path.
        """
        seen: set[int] = set()
        waiting: list[tuple[str, Any]] = [(prefix, self)]
        while waiting:
            path, module = waiting.pop()
            if remove_duplicate:
                if id(module) in seen:
                    continue
                seen.add(id(module))
            yield path, module
            waiting += [(_joined(path, name), child) for name, child in reversed(module._named_parts())]

    def modules(self) -> Iterator[Module]:
        """This module and all below it; each once."""
        return (module for _, module in self.named_modules())

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, *, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """All parameters by path, for example `0.weight`.

        A parameter that nobody named takes its path for a name, so that errors and drawings can say which it is.

        Parameters
        ----------
        prefix : str
            Put before every path.
        recurse : bool
            Whether those of the modules below come too.
        remove_duplicate : bool
            Whether a parameter that is used in several places comes once, under the first path.

        Examples
        --------
        >>> import nn
        >>> [(path, p.shape) for path, p in nn.MLP([2, 3, 1]).named_parameters()]
        [('0.weight', (3, 2)), ('0.bias', (3,)), ('2.weight', (1, 3)), ('2.bias', (1,))]
        """
        return self._named((Parameter,), prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """All parameters, each once: what an optimizer takes."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, *, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Buffer]]:
        """All buffers by path, for example `0.running_mean`; the arguments are those of `named_parameters`.

        Examples
        --------
        >>> import nn
        >>> class Counter(nn.Module):
        ...     def __init__(self):
        ...         self.calls = nn.Buffer(0)
        >>> list(Counter().named_buffers())
        [('calls', Tensor(0, name='calls'))]
        """
        return self._named((Buffer,), prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Buffer]:
        """All buffers, each once."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def _named_parts(self) -> list[tuple[str, Module]]:
        """The modules that are attributes of this one, each as often as it is one."""
        found = []
        for name, value in self.__dict__.items():
            if _is_module(value):
                found.append((name, value))
            elif isinstance(value, _COLLECTIONS) and name not in _INTERNAL and value:
                self._refuse_hidden(name, value)  # it may have been empty when it was assigned
        return found

    def _own(self, kind: type[ad.Tensor]) -> list[tuple[str, Any]]:
        """The Parameters, or Buffers, that are attributes of this module."""
        own, given = self.__dict__.items(), self._given
        if not given:
            return [(name, value) for name, value in own if isinstance(value, kind)]
        return [(name, value) for name, value in own if isinstance(value, kind) or given.get(name) is kind]

    def _named(
        self, kinds: tuple[type[ad.Tensor], ...], prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        modules = self.named_modules(prefix, remove_duplicate=remove_duplicate)
        for module_path, module in modules if recurse else islice(modules, 1):
            for name, value in [each for kind in kinds for each in module._own(kind)]:
                if remove_duplicate and id(value) in seen:
                    continue
                seen.add(id(value))
                path = _joined(module_path, name)
                if isinstance(value, kinds) and (value.name is None or path.endswith("." + value.name)):
                    value.name = path
                yield path, value

    # By path.

    def get_submodule(self, path: str) -> Module:
        """The module under a path, such as `encoder.0`; this one under the empty path.

        Raises
        ------
        AttributeError
            If there is none; the error says where the path ends and what there is instead.

        Examples
        --------
        >>> import nn
        >>> nn.MLP([2, 3, 1]).get_submodule("2")
        Linear(3, 1)   weight (1, 3), bias (1,)   4 parameters
        """
        module: Module = self._reach(path.split(".") if path else [], path)
        return module

    def get_parameter(self, path: str) -> Parameter:
        """The parameter under a path, such as `encoder.0.weight`; an AttributeError if there is none.

        Examples
        --------
        >>> import nn
        >>> nn.MLP([2, 3, 1]).get_parameter("2.weight").shape
        (1, 3)
        """
        *names, last = path.split(".")
        parameter: Parameter = self._reach(names, path)._part(last, Parameter, "parameter", path)
        return parameter

    def get_buffer(self, path: str) -> Buffer:
        """The buffer under a path, such as `encoder.1.running_mean`; an AttributeError if there is none."""
        *names, last = path.split(".")
        buffer: Buffer = self._reach(names, path)._part(last, Buffer, "buffer", path)
        return buffer

    def _reach(self, names: list[str], path: str) -> Any:
        module = self
        for name in names:
            module = module._part(name, Tree, "module", path)
        return module

    def _part(self, name: str, kind: type, word: str, path: str) -> Any:
        if name not in self.__dict__ or self._kind(name) is not kind:
            there = ", ".join(n for n in self.__dict__ if self._kind(n) is kind) or "none"
            raise AttributeError(f"{path!r}: {type(self).__name__} has no {word} {name!r}; those it has: {there}.")
        return self.__dict__[name]


def _kind_of(value: Any) -> type | None:
    for kind in (Tree, Parameter, Buffer):
        if isinstance(value, kind):
            return kind
    return None


def _is_module(value: Any) -> TypeGuard[Module]:
    return isinstance(value, Tree)


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _parts_inside(value: Any, depth: int = 3) -> Iterator[Any]:
    """The parts in a list, or in lists in it. A long one is not read to its end: those of parts are short, or alike."""
    if _kind_of(value) is not None:
        yield value
    elif depth and isinstance(value, _COLLECTIONS):
        for element in islice(value.values() if isinstance(value, dict) else value, 64):
            yield from _parts_inside(element, depth - 1)
