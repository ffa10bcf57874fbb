"""The promises every primitive keeps, each a function of one drawn call that raises where the promise is broken.

They know nothing of any particular operation and, but for `Tensor.backward` and `jvp`, nothing of the engine:
differences are formed here. `test_primitives` runs them on drawn calls, `test_mutation` on calls with a damaged rule.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations, product
from typing import Any

import numpy as np

import autodiff as ad

from .sample import Entry, Sample, is_float

Array = Any
STEP = 1e-3
#: f'(0) from f at these multiples of the step, exact for polynomials of degree 4.
STENCIL = ((-2, 1 / 12), (-1, -8 / 12), (1, 8 / 12), (2, -1 / 12))


def slope(function: Callable[[float], Any]) -> Any:
    """The derivative of a function of one number at 0, by central differences of fourth order."""
    return sum(weight * function(k * STEP) for k, weight in STENCIL) / STEP


def forward(sample: Sample) -> Array:
    """The primitive on plain arrays."""
    return np.asarray(sample.primitive(*sample.raw(), **sample.static))


def pulled(sample: Sample, g: Array) -> list[Array]:
    """The gradients of the leaves for an upstream gradient, as arrays."""
    given = sample.given()
    out = sample.primitive(*given, **sample.static)
    out.backward(g)
    return [gradient(given[i]).data for i in sample.leaves]


def gradient(leaf: ad.Tensor) -> ad.Tensor:
    """What arrived at a leaf; zeros where nothing depends on it."""
    return ad.Tensor(np.zeros(leaf.shape, leaf.dtype)) if leaf.grad is None else leaf.grad


def upstream(sample: Sample) -> Array:
    """A random cotangent of the output's shape, at times transposed, strided or, as from a sum, stretched."""
    out = forward(sample)
    layout = sample.rng.integers(6)
    if layout == 0:
        return np.broadcast_to(sample.rng.normal(size=(1,) * out.ndim).astype(out.dtype), out.shape)
    g = sample.rng.normal(size=(*out.shape, 2)).astype(out.dtype)[..., 0]
    return np.asarray(g, order=("C", "F", "K")[layout % 3])


def moved(sample: Sample, number: int, change: Array) -> Sample:
    """The call with one operand changed."""
    operands = list(sample.operands)
    operands[number] = operands[number] + change
    return sample.again(operands=operands)


def close(actual: Array, expected: Array, tolerance: float, what: str) -> None:
    actual, expected = np.asarray(actual), np.asarray(expected)
    scale = 1.0 + float(np.max(np.abs(expected), initial=0.0))
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance * scale, err_msg=what)


def forward_equals_numpy(sample: Sample, entry: Entry) -> None:
    """Value, shape and dtype in every float dtype, with and without Tensors."""
    for dtype in entry.dtypes:
        call = sample.cast(dtype)
        raw = [np.array(x) if isinstance(x, np.ndarray) else x for x in call.raw()]
        expected = np.asarray(entry.reference(*raw, **call.static))
        plain = call.primitive(*[np.array(x) if isinstance(x, np.ndarray) else x for x in call.raw()], **call.static)
        assert not isinstance(plain, ad.Tensor)
        on_tensors = call.primitive(*call.given(), **call.static)
        for name, out in (("on arrays", np.asarray(plain)), ("on Tensors", on_tensors)):
            if isinstance(out, ad.Tensor):
                assert isinstance(out.data, np.ndarray)
                assert out.requires_grad == (bool(call.leaves) and out.dtype.kind == "f")
                out = out.data
            assert out.shape == expected.shape, f"{name}: shape {out.shape}, NumPy's is {expected.shape}"
            assert out.dtype == expected.dtype, f"{name}: dtype {out.dtype}, NumPy's is {expected.dtype}"
            precision = 1e-12 if dtype == "f8" else 20 * float(np.finfo(dtype).eps)
            close(out, expected, precision, name)


def rules_equal_differences(sample: Sample, entry: Entry) -> None:
    """Each element of each gradient against central differences in float64."""
    if not sample.leaves:
        return
    g = upstream(sample)
    for number, actual in zip(sample.leaves, pulled(sample, g), strict=True):
        expected = np.zeros(sample.operands[number].shape)
        for index in np.ndindex(expected.shape):
            unit = np.zeros(expected.shape)
            unit[index] = 1.0
            difference = slope(lambda t: forward(moved(sample, number, t * unit)))  # noqa: B023 (called at once)
            expected[index] = np.sum(g * difference)
        close(actual, expected, sample.tolerance, f"gradient for operand {number}")


def second_derivatives_equal_differences(sample: Sample, entry: Entry) -> None:
    """<v, gradient> differentiated again, by operands and upstream gradient, along random directions."""
    if not sample.leaves:
        return
    g = upstream(sample)
    given = sample.given()
    leaves = [given[i] for i in sample.leaves]
    cotangent = ad.Tensor(g, requires_grad=True)
    sample.primitive(*given, **sample.static).backward(cotangent, create_graph=True)
    first = [gradient(leaf) for leaf in leaves]
    v = [sample.rng.normal(size=leaf.shape) for leaf in leaves]
    total = sum(((f * w).sum() for f, w in zip(first, v, strict=True)), ad.Tensor(0.0))
    for leaf in (*leaves, cotangent):
        leaf.grad = None
    if total.requires_grad:
        total.backward()
    seconds = [gradient(leaf).data for leaf in (*leaves, cotangent)]
    for _ in range(2):
        u = [sample.rng.normal(size=leaf.shape) for leaf in (*leaves, cotangent)]

        def along(t: float, u: Sequence[Array] = u) -> float:
            call = sample
            for number, direction in zip(sample.leaves, u, strict=False):
                call = moved(call, number, t * direction)
            return float(sum(np.sum(p * w) for p, w in zip(pulled(call, g + t * u[-1]), v, strict=True)))

        # Directions are of length one, so that no step crosses a kink.
        u[:] = [direction / max(1.0, float(np.max(np.abs(direction), initial=0.0))) for direction in u]
        expected = slope(along)
        close(sum(np.sum(s * d) for s, d in zip(seconds, u, strict=True)), expected, 10 * sample.tolerance, "second")


def jvp_equals_directional_difference(sample: Sample, entry: Entry) -> None:
    """`jvp`, the rules' transpose, against the change of the output along a direction."""
    if not sample.leaves:
        return
    u = [sample.rng.uniform(-1, 1, sample.operands[i].shape) for i in sample.leaves]

    def function(*leaves: ad.Tensor) -> Any:
        given = sample.given()
        for number, leaf in zip(sample.leaves, leaves, strict=True):
            given[number] = leaf
        return sample.primitive(*given, **sample.static)

    def along(t: float) -> Array:
        call = sample
        for number, direction in zip(sample.leaves, u, strict=True):
            call = moved(call, number, t * direction)
        return forward(call)

    value, tangent = ad.jvp(function, [sample.operands[i] for i in sample.leaves], u)
    close(value, forward(sample), 1e-12, "value")
    close(tangent, slope(along), sample.tolerance, "jvp")


def rules_are_linear_in_g(sample: Sample, entry: Entry) -> None:
    if not sample.leaves:
        return
    a, b = sample.rng.normal(size=2)
    g, h = upstream(sample), upstream(sample)
    both = pulled(sample, (a * g + b * h).astype(g.dtype))
    for left, p, q in zip(both, pulled(sample, g), pulled(sample, h), strict=True):
        close(left, a * p + b * q, 1e-6 if g.dtype == np.float32 else 1e-10, "rule(a g + b h) = a rule(g) + b rule(h)")


def gradients_have_their_inputs_shape_and_dtype(sample: Sample, entry: Entry) -> None:
    """Each operand in its own dtype, drawn apart."""
    if not sample.leaves:
        return
    dtypes = sample.rng.choice(entry.dtypes, len(sample.operands))
    call = sample.cast(*dtypes)
    given = call.given()
    out = call.primitive(*given, **call.static)
    g = upstream(call)
    out.backward(g)
    grads = [given[number].grad.data for number in call.leaves if given[number].grad is not None]
    assert not any(np.shares_memory(p, q) for p, q in combinations([g, *grads], 2))
    for number in call.leaves:
        leaf, grad = given[number], given[number].grad
        assert grad is not None, f"no gradient reached operand {number}"
        assert grad.shape == leaf.shape == call.operands[number].shape
        assert grad.dtype == leaf.dtype == call.operands[number].dtype
        assert isinstance(grad.data, np.ndarray)
        assert grad.data.flags.writeable
        assert not np.shares_memory(grad.data, leaf.data)
        assert not np.shares_memory(grad.data, out.data)


def single_precision_agrees_with_double(sample: Sample, entry: Entry) -> None:
    single = sample.cast("f4")
    exact = single.cast("f8")
    close(forward(single), forward(exact), entry.single, "value in float32")
    if not sample.leaves:
        return
    g = upstream(single)
    double_g = g.astype(forward(exact).dtype)
    for number, p, q in zip(sample.leaves, pulled(single, g), pulled(exact, double_g), strict=True):
        close(p, q, 10 * entry.single, f"gradient for operand {number} in float32")


def nothing_given_is_changed(sample: Sample, entry: Entry) -> None:
    """Operands and upstream gradient keep their bytes, forward, backward and in a recorded backward."""
    before = [np.array(x) for x in sample.operands]
    given = sample.given()
    out = sample.primitive(*given, **sample.static)
    if sample.leaves:
        g = upstream(sample)
        kept = g.copy()
        out.backward(g, retain_graph=True)
        out.backward(ad.Tensor(g, copy=False), create_graph=True)
        np.testing.assert_array_equal(g, kept)
    for x, then, passed in zip(sample.operands, before, given, strict=True):
        np.testing.assert_array_equal(x, then)
        assert not isinstance(passed, ad.Tensor) or passed._version in (None, [0])


def who_else_requires_grad_makes_no_difference(sample: Sample, entry: Entry) -> None:
    """Every mask of operands that require grad gives each of them the same gradient."""
    if not sample.leaves:
        return
    rules = sample.primitive.rules * (len(sample.operands) if sample.primitive.variadic else 1)
    able = [i for i, (x, rule) in enumerate(zip(sample.operands, rules, strict=False)) if rule and is_float(x)][:3]
    plain = tuple("array" if kind == "leaf" else kind for kind in sample.kinds)
    g = upstream(sample)

    def masked(mask: Sequence[bool]) -> dict[int, Array]:
        chosen = dict(zip(able, mask, strict=True))
        call = sample.again(kinds=tuple("leaf" if chosen.get(i) else kind for i, kind in enumerate(plain)))
        out = call.primitive(*call.raw(), **call.static)  # the dtype follows weak scalars
        return dict(zip(call.leaves, pulled(call, g.astype(np.asarray(out).dtype)), strict=True))

    expected = masked([True] * len(able))
    for mask in product([False, True], repeat=len(able)):
        if any(mask):
            for number, grad in masked(mask).items():
                close(grad, expected[number], 1e-6, f"operand {number} of mask {mask}")


def one_tensor_in_two_places_gets_the_sum(sample: Sample, entry: Entry) -> None:
    """x * x, matmul(x, x): what arrives through both operands is added up."""
    shapes = {i: sample.operands[i].shape for i in sample.leaves}
    pairs = [(i, j) for i, j in combinations(shapes, 2) if shapes[i] == shapes[j]]
    if not pairs:
        return
    i, j = pairs[0]
    operands = list(sample.operands)
    operands[j] = operands[i]
    call = sample.again(operands=operands)
    g = upstream(call)
    apart = dict(zip(call.leaves, pulled(call, g), strict=True))
    given = call.given()
    given[j] = given[i]
    call.primitive(*given, **call.static).backward(g)
    close(given[i].grad.data, apart[i] + apart[j], 1e-10, f"operands {i} and {j} are one Tensor")


PROPERTIES: tuple[Callable[[Sample, Entry], None], ...] = (
    forward_equals_numpy,
    rules_equal_differences,
    second_derivatives_equal_differences,
    jvp_equals_directional_difference,
    rules_are_linear_in_g,
    gradients_have_their_inputs_shape_and_dtype,
    single_precision_agrees_with_double,
    nothing_given_is_changed,
    who_else_requires_grad_makes_no_difference,
    one_tensor_in_two_places_gets_the_sum,
)


def only_what_is_declared_changes(sample: Sample, entry: Entry) -> None:
    """A state primitive leaves in its arguments what the formula says, and every other operand alone."""
    for dtype in entry.dtypes[:2]:
        operands = [np.array(x) for x in sample.cast(dtype).raw()]
        given = [x.copy() if x.ndim else float(x) for x in operands]
        expected = dict(zip(sample.primitive.mutates, entry.reference(*sample.raw(), **sample.static), strict=True))
        sample.primitive(*given, **sample.static)
        for name, after, before in zip(sample.primitive.inputs, given, operands, strict=True):
            if name in expected:
                assert after.dtype == dtype
                close(after, expected[name], 1e-12 if dtype == "f8" else 1e-5, name)
            else:
                np.testing.assert_array_equal(after, before)


#: What a primitive that changes its arguments keeps instead: it has no rules.
STATE_PROPERTIES = (only_what_is_declared_changes,)
