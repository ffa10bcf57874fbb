"""A primitive: one pure NumPy forward and one rule per differentiable argument, a row in a table of calculus.

A rule is the vector-Jacobian product of one argument, written with primitives. The names of its parameters say what it
needs, and only that is kept for the backward pass. Everything else (the tables in `ops`, the walk in `backward`) stands
on this module; the straight-line code that a call runs is written by `calling`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Sequence
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from .documenting import document

Array = npt.NDArray[Any]
Rule = Callable[..., Any]
Pull = Callable[..., Any]

#: Every primitive by its name: the tests, the documentation's table and the drawings read it.
REGISTRY: dict[str, Primitive] = {}

_RESERVED = {"g", "out", "index"}
_RESERVED_ENDINGS = ("_shape", "_dtype", "_data", "_parent")
#: What the generated call (see `calling`) uses itself.
_RESERVED |= {
    "Node", "Tensor", "asarray", "cell", "cells", "data", "dtype_of", "error", "float32", "float64", "forward",
    "get_modes", "is_float", "keep", "ndarray", "new_node", "new_tensor", "next_order", "no_static", "now", "observer",
    "operand", "out_dtype", "out_node", "out_tensor", "parents", "primitive", "refusal", "refuse_tracked", "shape_of",
    "usual",
}  # fmt: skip


class _SignatureOfCall:
    """What editors and `inspect.signature` show of a primitive: the arguments of its call."""

    def __get__(self, primitive: Primitive | None, owner: type) -> inspect.Signature:
        if primitive is None:
            raise AttributeError("__signature__")  # the class has the one of its constructor
        return inspect.signature(primitive.call)


class Primitive:
    """An operation whose derivative is known. Made by `primitive`; call it like a function.

    Arrays in, array out; any Tensor in, Tensor out. Positional parameters are arrays (ndarrays, Tensors or Python
    scalars), keyword-only parameters of the forward are static settings.

    Attributes
    ----------
    name : str
        The name in the registry, in errors and in drawings.
    inputs : tuple of str
        The names of the array arguments. A variadic primitive has one, which stands for all its operands.
    static : dict of str to default
        The static settings and their defaults (`inspect.Parameter.empty` where there is none).
    rules : tuple of callables or None
        One rule per input; None where an input is not differentiable (labels, masks, indices).
    call : callable
        The specialised function that runs; its source is `source`.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.mul
    <primitive mul(x, y)>
    >>> ad.mul.symbol, list(ad.mul.kept)
    ('×', ['y', 'x'])
    """

    __signature__ = _SignatureOfCall()

    def __init__(
        self,
        forward: Callable[..., Any],
        *,
        name: str,
        inputs: tuple[str, ...],
        static: dict[str, Any],
        variadic: bool,
        broadcasts: bool,
        elementwise: bool,
        view: bool,
        auxiliary: tuple[str, ...],
        mutates: tuple[str, ...],
        symbol: str,
        domain: tuple[float, float] | tuple[tuple[float, float], ...],
        kinks: tuple[float, ...],
        summary: str,
    ) -> None:
        self.forward = forward
        self.name = name
        self.inputs = inputs
        self.static = static
        self.variadic = variadic
        self.broadcasts = broadcasts or elementwise
        self.elementwise = elementwise
        self.view = view
        self.auxiliary = auxiliary
        self.mutates = mutates
        self.symbol = symbol
        self.domain = domain
        self.kinks = kinks
        self.rules: tuple[Rule | None, ...] = ()
        self.needs: tuple[tuple[str, ...], ...] = ()
        self.kept: dict[str, tuple[int, ...]] = {}
        self._text = summary
        self.__doc__ = summary
        self.__name__ = self.__qualname__ = name
        self.__module__ = getattr(forward, "__module__", None) or __name__

    def vjp(self, *rules: Rule | None) -> Primitive:
        """Declare the derivative: one rule per array argument, in their order; None for one without a derivative.

        Parameters
        ----------
        *rules : callable or None
            `rule(g, ...)` gives the cotangent of its argument, where `g` is the cotangent of the output. The other
            parameters name what the rule needs: an input, `out`, an auxiliary output, `x_shape` or `x_dtype` of an
            input `x`, a static setting, and, for a variadic primitive, `index`.

        Raises
        ------
        TypeError
            Where the number of rules is not the number of inputs, or a name cannot be resolved.

        Examples
        --------
        >>> import numpy as np, autodiff as ad
        >>> cube = ad.primitive(lambda x: x ** 3, name="cube").vjp(lambda g, x: 3 * g * x * x)
        >>> float(ad.grad(ad.grad(cube))(2.0))
        12.0
        """
        if len(rules) != len(self.inputs):
            raise TypeError(
                f"{self.name} has {len(self.inputs)} array argument(s) {self.inputs} but {len(rules)} rule(s) were "
                "given. Give one rule per argument, None for an argument without a derivative."
            )
        needs = tuple(() if rule is None else self._needs(rule) for rule in rules)
        self.rules, self.needs = rules, needs
        names = dict.fromkeys(name for needed in needs for name in needed)
        self.kept = {
            name: tuple(i for i, needed in enumerate(needs) if name in needed)
            for name in names
            if name not in self.static and name != "index"
        }
        self.__doc__ = document(self, self._text)
        for stale in ("_specialised", "call", "pulls"):
            self.__dict__.pop(stale, None)
        _indexed_pulls.cache_clear()
        return self

    def _needs(self, rule: Rule) -> tuple[str, ...]:
        """What a rule asks for beside `g`: fails here, where it is declared, if a name means nothing."""
        # The code of a lambda answers ten times as fast as its signature, and there are hundreds.
        if inspect.isfunction(rule) and not vars(rule) and not rule.__code__.co_flags & inspect.CO_VARARGS:
            first, *names = rule.__code__.co_varnames[: rule.__code__.co_argcount] or ("nothing",)
        else:
            first, *names = inspect.signature(rule).parameters or ("nothing",)
        known = {"out", *self.inputs, *self.auxiliary, *self.static}
        known |= {f"{name}_{what}" for name in self.inputs for what in ("shape", "dtype")}
        known |= {"index"} if self.variadic else set()
        unknown = [name for name in names if name not in known]
        if first != "g" or unknown:
            wrong = f"its first parameter is {first!r}, not 'g'" if first != "g" else f"it asks for {unknown}"
            raise TypeError(f"A rule of {self.name} cannot be resolved: {wrong}. It may ask for {sorted(known)}.")
        return tuple(names)

    @cached_property
    def _specialised(self) -> tuple[str, Callable[..., Any]]:
        from .calling import specialise

        return specialise(self)

    @cached_property
    def call(self) -> Callable[..., Any]:
        """The straight-line function that a call runs, made at its first use."""
        return self._specialised[1]

    @property
    def source(self) -> str:
        """The source of `call`, for reading."""
        return self._specialised[0]

    def __call__(self, *arrays: Any, **static: Any) -> Any:
        return self.call(*arrays, **static)

    @cached_property
    def pulls(self) -> tuple[Pull | None, ...]:
        """For each input, `pull(g, kept, static)`: its rule with what it asked for filled in."""
        return tuple(None if rule is None else self._pull(rule, needs) for rule, needs in zip(self.rules, self.needs))

    def pulls_for(self, operands: int) -> tuple[Pull | None, ...]:
        """The pulls of a variadic primitive that was called with so many operands: its one rule with `index` set."""
        return _indexed_pulls(self, operands)

    def _pull(self, rule: Rule, needs: tuple[str, ...], index: int = 0) -> Pull:
        """Write the rule's call out as source: fetching by position is what makes the walk fast."""
        position = {name: i for i, name in enumerate(self.kept)}
        fetched = [
            str(index) if name == "index" else f"static[{name!r}]" if name in self.static else f"kept[{position[name]}]"
            for name in needs
        ]
        source = f"lambda g, kept, static: rule({', '.join(['g', *fetched])})"
        # The name of the file is what `observe` passes over when it looks for the user's line.
        pull: Pull = eval(compile(source, f"<call of primitive {self.name}>", "eval"), {"rule": rule})
        return pull

    def __repr__(self) -> str:
        static = [n if d is inspect.Parameter.empty else f"{n}={d!r}" for n, d in self.static.items()]
        inputs = ["*" + self.inputs[0]] if self.variadic else list(self.inputs)
        return f"<primitive {self.name}({', '.join(inputs + static)})>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _by_name, (self.name,)

    def __deepcopy__(self, memo: dict[int, Any]) -> Primitive:
        return self


def _by_name(name: str) -> Primitive:
    try:
        return REGISTRY[name]
    except KeyError:
        raise LookupError(f"No primitive is called {name!r} here: import the module that declares it.") from None


@lru_cache(maxsize=1024)
def _indexed_pulls(primitive: Primitive, operands: int) -> tuple[Pull | None, ...]:
    (rule,), (needs,) = primitive.rules, primitive.needs
    return tuple(None if rule is None else primitive._pull(rule, needs, i) for i in range(operands))


Domain = tuple[float, float] | tuple[tuple[float, float], ...]


def primitive(
    forward: Callable[..., Any] | None = None,
    /,
    *,
    names: str | Sequence[str] | None = None,
    name: str | None = None,
    broadcasts: bool = False,
    elementwise: bool = False,
    view: bool = False,
    auxiliary: Sequence[str] = (),
    mutates: Sequence[str] = (),
    symbol: str | None = None,
    domain: Domain = (-np.inf, np.inf),
    kinks: Sequence[float] = (),
    summary: str | None = None,
) -> Primitive:  # or, without a forward, the decorator that makes one
    """Declare an operation from its NumPy forward; give its derivative with `.vjp` afterwards.

    Parameters
    ----------
    forward : callable
        A pure function from arrays to one array (followed by its auxiliary outputs, if any). Its positional
        parameters are the array arguments; `*arrays` makes it variadic; keyword-only parameters are static settings.
    names : str or sequence of str, optional
        Names of the array arguments, where the forward does not say them (ufuncs): `"x y"`.
    name : str, optional
        The primitive's name; the forward's own by default.
    broadcasts : bool
        The arguments broadcast against each other: the engine sums each message down to its argument's shape.
    elementwise : bool
        Each output element depends on one element of each argument; implies `broadcasts`.
    view : bool
        The output may share the first argument's memory (and then shares its version).
    auxiliary : sequence of str
        Names of further boolean or integer outputs of the forward, which rules may ask for and callers do not see.
    mutates : sequence of str
        Arguments that the forward changes in place: a change of state, without rules.
    symbol : str, optional
        What drawings show; the name by default.
    domain : pair of float, or one pair per argument
        Where the function is defined and smooth: the tests draw from it.
    kinks : sequence of float
        Values of the argument (of the difference of both, for a binary primitive) where the derivative jumps.
    summary : str, optional
        One line for the documentation; the forward's docstring by default.

    Returns
    -------
    Primitive
        Callable like the forward, on arrays and on Tensors.

    Raises
    ------
    TypeError
        Where the forward's signature does not say what its arguments are.

    Examples
    --------
    >>> import numpy as np, autodiff as ad
    >>> @ad.primitive
    ... def scaled(x, *, factor=2.0):
    ...     return np.multiply(x, factor)
    >>> _ = scaled.vjp(lambda g, factor: g * factor)
    >>> float(ad.grad(lambda x: scaled(x, factor=5.0))(1.0))
    5.0
    """
    if forward is None:
        return lambda function: primitive(  # type: ignore[return-value]  # it is called like a Primitive
            function, names=names, name=name, broadcasts=broadcasts, elementwise=elementwise, view=view,
            auxiliary=auxiliary, mutates=mutates, symbol=symbol, domain=domain, kinks=kinks, summary=summary,
        )  # fmt: skip
    name = str(name or getattr(forward, "__name__", ""))
    if not name.isidentifier():
        raise TypeError(f"A primitive needs a name, and {forward!r} has none: give name='...'.")
    inputs, static, variadic = _arguments(forward, names, name)
    unknown = [n for n in mutates if n not in inputs] + [n for n in auxiliary if n in inputs or n in static]
    if unknown or (variadic and (view or mutates)):
        raise TypeError(
            f"{name}: mutates={tuple(mutates)} names array arguments, auxiliary={tuple(auxiliary)} names further "
            f"outputs, and the arguments are {inputs} and {tuple(static)}. A variadic primitive is neither a view nor "
            "changes its arguments."
        )
    made = Primitive(
        forward, name=name, inputs=inputs, static=static, variadic=variadic, broadcasts=broadcasts,
        elementwise=elementwise, view=view, auxiliary=tuple(auxiliary), mutates=tuple(mutates),
        symbol=symbol or name, domain=domain, kinks=tuple(kinks), summary=summary or inspect.getdoc(forward) or name,
    )  # fmt: skip
    REGISTRY[name] = made
    return made


def _arguments(
    forward: Callable[..., Any], names: str | Sequence[str] | None, name: str
) -> tuple[tuple[str, ...], dict[str, Any], bool]:
    """Array arguments, static settings with their defaults, and whether there are any number of arrays."""
    if isinstance(forward, np.ufunc):
        if names is None:
            raise TypeError(f"{name} is a ufunc, which does not name its arguments: give names='x' or names='x y'.")
        return tuple(names.split() if isinstance(names, str) else names), {}, False
    parameters = inspect.signature(forward).parameters.values()
    arrays = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.VAR_POSITIONAL)]
    variadic = any(p.kind is p.VAR_POSITIONAL for p in arrays)
    inputs = tuple(names.split() if isinstance(names, str) else names or [p.name for p in arrays])
    static: dict[str, Hashable] = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
    clash = [n for n in (*inputs, *static) if n in _RESERVED or n.endswith(_RESERVED_ENDINGS)]
    if clash or not inputs or (variadic and len(inputs) != 1) or len(inputs) != len(arrays):
        raise TypeError(
            f"The forward of {name} has the array arguments {inputs} and the settings {tuple(static)}. It needs one or "
            "more positional array arguments, or exactly one `*arrays`; settings are keyword-only; some names are "
            f"reserved, such as g, out, index, data, keep, *_shape and *_dtype{f' (rename {clash})' if clash else ''}."
        )
    return inputs, static, variadic
