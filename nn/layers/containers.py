"""Modules that hold modules under numbers or names: what all of them share, ModuleList and ModuleDict.

Only `Sequential` (in `sequential`) says how its modules follow one another; these two leave that to whoever holds them.
"""

from __future__ import annotations

import operator
from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from typing import Any, Self, overload

from ..module import Module


class Container(Module):
    """What holds modules: they are its attributes, under names that are checked."""

    def _checked(self, module: Any) -> Module:
        """A module, or an error that says what else it is."""
        if isinstance(module, Module):
            if any(part is self for part in module.modules()):
                raise ValueError(f"{type(self).__name__}: {type(module).__name__} would be put into itself.")
            return module
        hint = "Is it to be a module of its own, with this as its forward?" if callable(module) else ""
        if isinstance(module, type) and issubclass(module, Module):
            hint = f"This is a class: make a module of it, {module.__name__}(...)."
        raise TypeError(f"{type(self).__name__} takes modules, and this is {module!r}. {hint}".rstrip())

    def _checked_name(self, name: Any) -> str:
        """A name that can be an attribute and a part of a path."""
        if not isinstance(name, str) or not name or "." in name:
            raise ValueError(
                f"{type(self).__name__}: {name!r} cannot name a module; needed is a string, not empty, without a dot."
            )
        if not isinstance(self.__dict__.get(name), Module) and hasattr(self, name):
            raise ValueError(
                f"{type(self).__name__}: {name!r} cannot name a module, because it has an attribute or a method of "
                "that name."
            )
        return name


class Uncalled(Container):
    """A container without a `forward`: its modules carry its name, since its own scope is never entered."""

    _called = False

    def _label(self, name: str) -> str:
        return f"{self._name}/{name}" if self._name else name

    def _rename(self, name: str, before: str | None = None) -> None:
        labels = [self._label(child) for child, _ in self._named_parts()]
        super()._rename(name, before)
        for (child, module), label in zip(self._named_parts(), labels):
            module._rename(self._label(child), label)

    def forward(self, *inputs: Any, **settings: Any) -> Any:
        """Refuse: nobody has said in which order the modules are used."""
        raise TypeError(
            f"{type(self).__name__} only holds modules and cannot be called: use them in the forward of the module "
            "that it belongs to, or an nn.Sequential, whose modules follow one another."
        )


class Numbered(Container):
    """A container that is indexed as a list is. A name that is a number is the module's position."""

    _order: tuple[Module, ...] | None = None

    def _modules(self) -> tuple[Module, ...]:
        """The modules in order, remembered until an attribute changes."""
        order = self._order
        if order is None:
            order = self.__dict__["_order"] = tuple([module for _, module in self._named_parts()])
        return order

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        self._forget()

    def __delattr__(self, name: str) -> None:
        super().__delattr__(name)
        self._forget()

    def _forget(self) -> None:
        """Look for the modules anew: one came, went or moved."""
        self.__dict__.pop("_order", None)
        self.__dict__.pop("_steps", None)

    def _arrange(self, parts: Iterable[tuple[str, Module]]) -> None:
        """Hold these from now on, and number anew those whose names are numbers."""
        parts = [(str(i) if name.isdigit() else name, module) for i, (name, module) in enumerate(parts)]
        for name, module in self._named_parts():
            del self.__dict__[name]
            if module._name == self._label(name):
                del module.__dict__["_name"]  # it gets its new one as if it were new here, and not another's too
        for name, module in parts:
            setattr(self, name, module)
        self._forget()

    def _position(self, index: Any) -> int:
        try:
            return range(len(self))[operator.index(index)]
        except TypeError:
            raise TypeError(
                f"{type(self).__name__} is indexed by whole numbers and slices, and this is {index!r}. Under its name "
                "a module is an attribute."
            ) from None
        except IndexError:
            raise IndexError(f"{type(self).__name__} holds {len(self)} modules, and none is number {index}.") from None

    def append(self, module: Module) -> Self:
        """Add a module at the end; give this one back."""
        return self.extend([module])

    def extend(self, modules: Iterable[Module]) -> Self:
        """Add modules at the end, none if one of them is wrong; give this one back."""
        if not isinstance(modules, Iterable):
            raise TypeError(f"{type(self).__name__} takes a list of modules here, and this is {modules!r}.")
        added = [self._checked(module) for module in modules]
        number = len(self)
        if all(str(number + i) not in self.__dict__ for i in range(len(added))):
            for i, module in enumerate(added):
                setattr(self, str(number + i), module)
        else:
            self._arrange([*self._named_parts(), *[("0", module) for module in added]])
        return self

    def insert(self, index: int, module: Module) -> Self:
        """Put a module before the one at `index`; give this one back.

        Raises
        ------
        IndexError
            If the index is not one of a module here, nor the number of modules.
        """
        position = len(self) if index == len(self) else self._position(index)
        parts = self._named_parts()
        parts.insert(position, ("0", self._checked(module)))
        self._arrange(parts)
        return self

    def pop(self, index: int = -1) -> Module:
        """Take a module away, and give it back."""
        module = self._modules()[self._position(index)]
        del self[index]
        return module

    def __len__(self) -> int:
        return len(self._modules())

    def __iter__(self) -> Iterator[Module]:
        return iter(self._modules())

    def __contains__(self, module: object) -> bool:
        return any(module is each for each in self._modules())

    def __setitem__(self, index: int, module: Module) -> None:
        name, _ = self._named_parts()[self._position(index)]
        setattr(self, name, self._checked(module))

    def __delitem__(self, index: int | slice) -> None:
        parts = self._named_parts()
        del parts[index if isinstance(index, slice) else self._position(index)]
        self._arrange(parts)


class ModuleList(Numbered, Uncalled):
    """A list of modules, which are found, trained and saved under their numbers; a plain list would hide them.

    It has `append`, `extend`, `insert`, `pop`, `del`, negative indices, slices (which are ModuleLists), and `in`.

    Parameters
    ----------
    modules : iterable of Module
        What it holds at first.

    Raises
    ------
    TypeError
        If something is no module, or the list is called.
    IndexError
        If no module has the index.

    Examples
    --------
    >>> import numpy as np, nn
    >>> class Residual(nn.Module):
    ...     def __init__(self, depth):
    ...         self.layers = nn.ModuleList(nn.Linear(2, 2) for _ in range(depth))
    ...     def forward(self, x):
    ...         for layer in self.layers:
    ...             x = x + layer(x)
    ...         return x
    >>> model = Residual(3)
    >>> model(np.ones((5, 2), np.float32)).shape
    (5, 2)
    >>> [path for path, _ in model.named_parameters()][:2]
    ['layers.0.weight', 'layers.0.bias']
    """

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        self.extend(modules)

    @overload
    def __getitem__(self, index: int) -> Module: ...
    @overload
    def __getitem__(self, index: slice) -> ModuleList: ...
    def __getitem__(self, index: int | slice) -> Module:
        if isinstance(index, slice):
            return ModuleList(self._modules()[index])
        return self._modules()[self._position(index)]


class ModuleDict(Uncalled):
    """Modules by name, which are found, trained and saved under their names; a plain dict would hide them.

    It has a dict's methods, and keeps the order of insertion.

    Parameters
    ----------
    modules : mapping of str to Module, or iterable of (str, Module)
        What it holds at first.

    Raises
    ------
    TypeError
        If something is no module, or the dict is called.
    ValueError
        If a name is not a string, is empty, has a dot, or is that of a method.
    KeyError
        If no module has the name.

    Examples
    --------
    >>> import nn
    >>> heads = nn.ModuleDict({"mean": nn.Linear(4, 1), "scale": nn.Linear(4, 1)})
    >>> heads["mean"]
    Linear(4, 1)   weight (1, 4), bias (1,)   5 parameters
    >>> list(heads.state_dict())
    ['mean.weight', 'mean.bias', 'scale.weight', 'scale.bias']
    """

    def __init__(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] = ()) -> None:
        self.update(modules)

    def update(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] | ModuleDict) -> None:
        """Add modules by name, none if one of them is wrong; a name that is there already gets the new one."""
        try:
            pairs = dict(modules.items() if isinstance(modules, Mapping | ModuleDict) else modules)
        except (TypeError, ValueError):
            raise TypeError(
                f"ModuleDict takes a dict of names to modules, or pairs of both, and this is {modules!r}."
            ) from None
        checked = {self._checked_name(name): self._checked(module) for name, module in pairs.items()}
        for name, module in checked.items():
            setattr(self, name, module)

    def keys(self) -> KeysView[str]:
        """The names."""
        return dict(self._named_parts()).keys()

    def values(self) -> ValuesView[Module]:
        """The modules."""
        return dict(self._named_parts()).values()

    def items(self) -> ItemsView[str, Module]:
        """Pairs of name and module."""
        return dict(self._named_parts()).items()

    def pop(self, name: str) -> Module:
        """Take a module away, and give it back."""
        module = self[name]
        delattr(self, name)
        return module

    def clear(self) -> None:
        """Take all modules away."""
        for name in self.keys():
            delattr(self, name)

    def __getitem__(self, name: str) -> Module:
        module = self.__dict__.get(name)
        if not isinstance(module, Module):
            raise KeyError(f"ModuleDict holds no module {name!r}; there are: {', '.join(self.keys()) or 'none'}.")
        return module

    def __setitem__(self, name: str, module: Module) -> None:
        self.update({name: module})

    def __delitem__(self, name: str) -> None:
        self.pop(name)

    def __contains__(self, name: object) -> bool:
        return name in self.keys()

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self._named_parts())
