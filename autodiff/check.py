"""Holding derivatives against differences: gradcheck and gradgradcheck, for any function of arrays.

Stands on `functional.vjp` and knows nothing of how derivatives are made. When the two disagree it looks for the reason:
a kink, too little precision, a missing factor or term, or a function that does not keep its promises.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from . import modes
from .function_call import leaves_of, rebuild
from .functional import vjp
from .primitive import Array
from .tensor import Tensor

#: An input with more elements is moved along random directions, which are halved to find the element.
_ELEMENTWISE = 200
#: With more outputs, random combinations stand for the rows of the Jacobian.
_ROWS = 24


class GradientCheckError(AssertionError):
    """A derivative and its numerical estimate disagree.

    Attributes
    ----------
    argument : str
        Which input, such as `input 0['weight']`.
    index : tuple of int
        Which element of it.
    analytical, numerical : float
        The derivative of a random combination of the outputs with respect to that element.
    cause : str
        What the likely cause is.

    Examples
    --------
    >>> import autodiff as ad
    >>> doubled = ad.primitive(lambda x: x * x, name="doubled").vjp(lambda g, x: g * 4.0 * x)
    >>> try:
    ...     ad.gradcheck(doubled, ad.Tensor(3.0))
    ... except ad.GradientCheckError as error:
    ...     print(round(error.analytical / error.numerical, 3))
    2.0
    """

    def __init__(
        self, message: str, argument: str = "", index: tuple[int, ...] = (), analytical: float = np.nan,
        numerical: float = np.nan, cause: str = "",
    ) -> None:  # fmt: skip
        super().__init__(message)
        self.argument, self.index, self.cause = argument, index, cause
        self.analytical, self.numerical = analytical, numerical


class _Probe(NamedTuple):
    """One comparison: input number `leaf` moved along `direction`, the outputs combined by number `row`."""

    leaf: int
    direction: Array
    row: int
    analytical: float
    numerical: float
    tolerance: float

    @property
    def excess(self) -> float:
        """The disagreement in units of what is tolerated; infinite for NaN."""
        difference = abs(self.analytical - self.numerical)
        return difference / self.tolerance if np.isfinite(difference) and np.isfinite(self.tolerance) else np.inf


class _Check:
    """A function, a point, and what is needed to compare there."""

    def __init__(
        self, caller: str, f: Callable[..., Any], inputs: Sequence[Any], names: Sequence[str] | None, eps: float | None,
        rtol: float | None, atol: float | None, rng: np.random.Generator | None,
    ) -> None:  # fmt: skip
        self.caller, self.f, self.inputs = caller, f, tuple(inputs)
        leaves = [(f"input {i}{path}", leaf) for i, tree in enumerate(inputs) for path, leaf in leaves_of(tree)]
        self.leaves = [leaf for _, leaf in leaves]
        found = [np.array(leaf._data if isinstance(leaf, Tensor) else leaf) for leaf in self.leaves]
        self.moving = [i for i, array in enumerate(found) if array.dtype.kind == "f"]
        if not self.moving:
            raise TypeError(f"{caller}: no input is an array of floats, so there is no derivative to check.")
        self.points = [found[i] for i in self.moving]
        self.names = list(names) if names is not None else [leaves[i][0] for i in self.moving]
        coarsest = max(float(np.finfo(point.dtype).eps) for point in self.points)
        self.exact = coarsest <= np.finfo(np.float64).eps
        self.eps = eps if eps is not None else float(np.finfo(np.float64).eps) ** (1 / 3)
        self.rtol = rtol if rtol is not None else max(1e-5, 5 * coarsest**0.5)
        self.atol = atol if atol is not None else self.rtol / 10
        self.rng = rng if rng is not None else np.random.default_rng(0)
        self.wide = [point.astype(np.float64) for point in self.points]

    def call(self, *points: Any) -> Any:
        """The function with these in the place of its floats; everything else is constant."""
        leaves = list(self.leaves)
        for i, point in zip(self.moving, points):
            leaves[i] = point
        return self.f(*rebuild(self.inputs, iter(leaves)))

    def evaluate(self, points: Sequence[Array]) -> Array:
        """All outputs as one vector."""
        with modes.no_grad():
            outputs = [leaf for _, leaf in leaves_of(self.call(*map(Tensor, points)))]
        return np.concatenate([np.ravel(o._data if isinstance(o, Tensor) else o) for o in outputs]).astype(np.float64)

    def analytical(self, points: Sequence[Array], rows: Sequence[Array]) -> list[list[Array]]:
        """For each row the gradients with respect to all inputs."""
        value, pullback = vjp(self.call, *map(Tensor, points))
        outputs = [leaf for _, leaf in leaves_of(value)]
        ends = np.cumsum([np.size(getattr(o, "_data", o)) for o in outputs])[:-1]
        pulled = []
        for row in rows:
            parts = (part.reshape(np.shape(getattr(o, "_data", o))) for part, o in zip(np.split(row, ends), outputs))
            try:
                gradients = pullback(rebuild(value, parts))
            except (TypeError, ValueError) as error:
                cause = "a rule returned a gradient of the wrong shape or type"
                raise GradientCheckError(f"{self.caller}: {cause}.\n  {error}", cause=cause) from error
            pulled.append([np.asarray(g._data, np.float64) for g in gradients])
        return pulled

    def difference(self, leaf: int, direction: Array, start: int = -1, stop: int = 1, scale: float = 1.0) -> Array:
        """The slope of all outputs between two ends of a small step along a direction."""
        step = self.step(leaf, direction) * scale
        moved = [self.wide[leaf] + end * step * direction for end in (start, stop)]
        before, after = (self.evaluate([*self.wide[:leaf], m, *self.wide[leaf + 1 :]]) for m in moved)
        slope: Array = (after - before) / ((stop - start) * step)
        return slope

    def step(self, leaf: int, direction: Array) -> float:
        return self.eps * max(1.0, float(np.max(np.abs(self.wide[leaf][direction != 0]))))

    def trust(self) -> Array:
        """The outputs, after seeing that the function gives the same twice and leaves its inputs alone."""
        tensors = [Tensor(point) for point in self.wide]
        with modes.no_grad():
            self.call(*tensors)
        for name, tensor, point in zip(self.names, tensors, self.wide):
            if not np.array_equal(tensor._data, point, equal_nan=True):
                cause = "the function changes this input in place: it must work on a copy"
                raise GradientCheckError(f"{self.caller}: {name}: {cause}.", name, cause=cause)
        first, second = self.evaluate(self.wide), self.evaluate(self.wide)
        if not np.array_equal(first, second, equal_nan=True):
            cause = "the function is not deterministic: it must use the same random draws at each call"
            raise GradientCheckError(f"{self.caller}: {cause}.", cause=cause)
        return first

    def rows(self, size: int) -> list[Array]:
        """Combinations of the outputs: each by itself, with a random weight, if they are few, and random ones."""
        signs = self.rng.choice([-1.0, 1.0], size=size) * self.rng.uniform(0.5, 2.0, size=size)
        single = list(np.diag(signs)) if 1 < size <= _ROWS else []
        return single + [self.rng.normal(size=size) + 0.1 for _ in range(1 if single or size == 1 else 3)]

    def probe(self, leaf: int, direction: Array, row: int, slope: Array | None = None) -> _Probe:
        u, slope = self.combinations[row], self.difference(leaf, direction) if slope is None else slope
        rounding = 4 * np.finfo(np.float64).eps * float(np.abs(u) @ np.abs(self.values)) / self.step(leaf, direction)
        tolerance = self.atol + rounding + self.rtol * float(np.abs(u) @ np.abs(slope))
        moves = direction != 0
        analytical = float(self.pulled[row][leaf][moves] @ direction[moves])
        return _Probe(leaf, direction, row, analytical, float(u @ slope), tolerance)

    def run(self) -> bool:
        self.values = self.trust()
        self.combinations = self.rows(self.values.size) if self.values.size else []
        self.pulled = self.analytical(self.points, self.combinations)
        for leaf, point in enumerate(self.points):
            probes = self.small(leaf, point) if point.size <= _ELEMENTWISE else self.large(leaf, point)
            wrong = [probe for probe in probes if not probe.excess <= 1]
            if wrong:
                raise self.error(wrong, probes)
        return True

    def small(self, leaf: int, point: Array) -> list[_Probe]:
        """Every element."""
        probes = []
        for element in range(point.size if self.combinations else 0):
            direction = (np.arange(point.size) == element).astype(float).reshape(point.shape)
            slope = self.difference(leaf, direction)
            probes += [self.probe(leaf, direction, row, slope) for row in range(len(self.combinations))]
        return probes

    def large(self, leaf: int, point: Array) -> list[_Probe]:
        """Random directions; one that disagrees is halved until one element is left."""
        for row in range(len(self.combinations)):
            probe = self.probe(leaf, self.rng.normal(size=point.shape), row)
            if probe.excess <= 1:
                continue
            while (count := np.count_nonzero(probe.direction)) > 1:
                rank = np.cumsum(probe.direction.ravel() != 0).reshape(point.shape)
                halves = (probe.direction * (rank <= count // 2), probe.direction * (rank > count // 2))
                probe = max((self.probe(leaf, half, row) for half in halves), key=lambda p: p.excess)
            return [
                self.probe(leaf, (probe.direction != 0).astype(float), row)._replace(tolerance=np.finfo(float).tiny)
            ]
        return []

    def error(self, wrong: list[_Probe], probes: list[_Probe]) -> GradientCheckError:
        worst = max(wrong, key=lambda probe: probe.excess)
        index = tuple(int(i) for i in np.argwhere(worst.direction)[0])
        name, point = self.names[worst.leaf], self.points[worst.leaf]
        cause = self.cause(worst, probes)
        elements = [{int(np.argmax(p.direction)) for p in found} for found in (probes, wrong)]
        return GradientCheckError(
            f"{self.caller}: {name} (shape {point.shape}, {point.dtype}), element {index}\n"
            f"  analytical {worst.analytical!r}\n"
            f"  numerical  {worst.numerical!r} (central difference, random upstream gradient)\n"
            f"  {len(elements[1])} of {len(elements[0])} element(s) compared disagree\n"
            f"  likely cause: {cause}",
            name, index, worst.analytical, worst.numerical, cause,
        )  # fmt: skip

    def cause(self, worst: _Probe, probes: list[_Probe]) -> str:
        """Why they disagree, as far as more calls of the function can tell."""
        leaf, direction, row, analytical, numerical, _ = worst
        u = self.combinations[row]
        if not np.isfinite(numerical):
            return "edge of the domain: the function is not finite next to this point"
        if not np.isfinite(analytical):
            return "a rule divides by zero, or multiplies zero by infinity, where the function itself is smooth"
        if not self.exact:
            wide = float(np.sum(self.analytical(self.wide, [u])[0][leaf] * direction))
            if abs(wide - numerical) <= 1e-5 * (abs(numerical) + 1):
                return f"precision: computed in float64, the gradient is {wide!r}, which agrees"
        for scale, what in ((1 / 16, "smaller"), (16.0, "larger")):
            other = float(u @ self.difference(leaf, direction, scale=scale))
            if abs(analytical - other) < abs(analytical - numerical) / 4:
                return f"precision: the disagreement shrinks with a {what} step; pass eps={self.eps * scale:.1e}"
        gaps = [
            abs(u @ (self.difference(leaf, direction, 0, 1, s) - self.difference(leaf, direction, -1, 0, s))).item()
            for s in (1.0, 1 / 16)
        ]
        if gaps[0] > 1e-3 * (abs(analytical) + abs(numerical)) and gaps[1] > gaps[0] / 2:
            return "kink: the slopes to the left and to the right differ, however small the step"
        return _missing(probes)


def _missing(probes: list[_Probe]) -> str:
    """What the pattern of all elements says about the rule."""
    a, n = (np.array(values) for values in zip(*((p.analytical, p.numerical) for p in probes)))
    if not a.any():
        return "no gradient arrives here: stop_gradient, detach or .data on the way, or a rule that returns zeros"
    large = np.abs(n) > 1e-3 * np.max(np.abs(n), initial=0.0)
    if not large.any():
        return "a term too many: the function does not depend on this input"
    ratios = a[large] / n[large]
    ratio = float(np.median(ratios))
    if np.allclose(ratios, ratio, rtol=1e-3) and np.allclose(a[~large], ratio * n[~large], atol=1e-3 * np.abs(a).max()):
        known = {-1.0: "the sign is wrong", 2.0: "counted twice", 0.5: "half is missing: is the input used twice?"}
        return f"factor {ratio:.4g}: {known.get(round(ratio, 3), 'a constant is missing, or one too many')}"
    if len(a) > 1 and np.allclose(np.sort(a), np.sort(n), rtol=1e-3, atol=1e-3 * np.abs(n).max()):
        return "the right numbers in the wrong places: a transpose, flip or permutation is not undone"
    return "missing term: a part of the derivative is left out, or computed from the wrong values"


def gradcheck(
    f: Callable[..., Any], *inputs: Any, eps: float | None = None, rtol: float | None = None,
    atol: float | None = None, rng: np.random.Generator | None = None,
) -> bool:  # fmt: skip
    """Compare a function's derivatives with central differences in float64, for a random upstream gradient.

    Parameters
    ----------
    f : callable
        Takes arrays, or nested lists, tuples and dicts of them, and returns one or a nesting of them. It is called
        with Tensors in the place of the floats.
    *inputs : array_like, or nestings of them
        Where to compare. Integers and booleans are constants.
    eps : float, optional
        The step of the differences, relative to elements larger than 1; the cube root of the machine's by default.
    rtol, atol : float, optional
        What disagreement is tolerated; by default 1e-5 and 1e-6 for float64 inputs, more for shorter ones.
    rng : np.random.Generator, optional
        Draws the upstream gradients; a fixed one by default.

    Returns
    -------
    bool
        True.

    Raises
    ------
    GradientCheckError
        Where they disagree: which input, which element, both values and the likely cause. Also if the function
        changes an input, or returns something else at a second call.
    TypeError
        If no input is an array of floats, or an output is not.

    Notes
    -----
    A few outputs are compared one by one (the whole Jacobian), many through random combinations; an input with many
    elements is moved along random directions.

    Examples
    --------
    >>> import numpy as np, autodiff as ad
    >>> ad.gradcheck(lambda x, y: np.sin(x) * y, np.array([0.5, 1.0]), 2.0)
    True
    >>> ad.gradcheck(lambda x: x * x.detach(), 3.0)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    autodiff.check.GradientCheckError: gradcheck: input 0 (shape (), float64), element ()
      analytical ...
      likely cause: factor 0.5: half is missing: is the input used twice?
    """
    return _Check("gradcheck", f, inputs, None, eps, rtol, atol, rng).run()


def gradgradcheck(
    f: Callable[..., Any], *inputs: Any, eps: float | None = None, rtol: float | None = None,
    atol: float | None = None, rng: np.random.Generator | None = None,
) -> bool:  # fmt: skip
    """Compare a function's second derivatives with central differences of its first ones.

    Parameters
    ----------
    f, *inputs, eps, rtol, atol, rng
        As for `gradcheck`, which runs on (inputs, upstream gradient) -> gradient.

    Returns
    -------
    bool
        True.

    Raises
    ------
    GradientCheckError, TypeError
        As for `gradcheck`.

    Examples
    --------
    >>> import numpy as np, autodiff as ad
    >>> ad.gradgradcheck(lambda x: np.exp(x) * x, np.array([0.5, 1.0]))
    True
    """
    rng = rng if rng is not None else np.random.default_rng(1)
    first = _Check("gradgradcheck", f, inputs, None, eps, rtol, atol, rng)
    with modes.no_grad():
        outputs = [leaf for _, leaf in leaves_of(first.call(*map(Tensor, first.points)))]
    arrays = [np.asarray(getattr(output, "_data", output)) for output in outputs]
    upstream = [rng.normal(size=array.shape).astype(array.dtype) for array in arrays]

    def gradient(*arguments: Any) -> Any:
        value, pullback = vjp(first.call, *arguments[: len(first.points)])
        return pullback(rebuild(value, iter(arguments[len(first.points) :])))

    names = [*first.names, *(f"upstream gradient {i}" for i in range(len(upstream)))]
    return _Check("gradgradcheck", gradient, (*first.points, *upstream), names, eps, rtol, atol, rng).run()
