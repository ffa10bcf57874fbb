"""Every primitive keeps every promise, on drawn calls; a primitive of which the registry knows nothing fails."""
from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff as ad
from tests.autodiff.registry import ENTRIES, EXPLICIT, PRIMITIVES, samples
from tests.autodiff.registry.elementwise import SETTINGS
from tests.autodiff.registry.properties import PROPERTIES, STATE_PROPERTIES


def test_every_primitive_has_an_entry_and_every_entry_a_primitive():
    assert sorted(PRIMITIVES) == sorted(ENTRIES)
    assert set(EXPLICIT) | set(SETTINGS) <= set(PRIMITIVES), "an entry without a primitive"


PROMISES = [
    pytest.param(name, promise, id=f"{promise.__name__}-{name}")
    for name in ENTRIES
    for promise in (STATE_PROPERTIES if PRIMITIVES[name].mutates else PROPERTIES)
]


@pytest.mark.parametrize(("name", "promise"), PROMISES)
def test_primitive(name, promise):
    primitive, entry = PRIMITIVES[name], ENTRIES[name]

    @given(samples(primitive, entry))
    def check(sample):
        promise(sample, entry)

    check()


@pytest.mark.parametrize("name", ENTRIES)
def test_settings_may_follow_the_arrays_by_position(name):
    primitive, entry = PRIMITIVES[name], ENTRIES[name]
    if primitive.variadic or primitive.mutates or not primitive.static:
        return

    @given(samples(primitive, entry))
    def check(sample):
        by_name = primitive(*sample.raw(), **sample.static)
        by_place = primitive(*sample.raw(), *[sample.static[name] for name in primitive.static])
        np.testing.assert_array_equal(by_place, by_name)

    check()


elementwise = [p for p in PRIMITIVES.values() if p.elementwise]


@pytest.mark.parametrize("scalar", [2, 0.5, True], ids=repr)
@pytest.mark.parametrize("primitive", [p for p in elementwise if len(p.inputs) == 2], ids=lambda p: p.name)
def test_python_scalars_never_change_a_dtype(primitive, scalar):
    for dtype in ("f2", "f4", "f8"):
        x = ad.Tensor(np.array([0.5, 2.0], dtype), requires_grad=True)
        for out in (primitive(x, scalar), primitive(scalar, x)):
            assert out.dtype == dtype
            out.sum().backward()
        assert x.grad.dtype == dtype


@pytest.mark.parametrize("dtype", ["i1", "u1", "i4", "i8", "?"])
@pytest.mark.parametrize("primitive", [p for p in elementwise if p.name != "astype"], ids=lambda p: p.name)
def test_integers_give_what_numpy_gives(primitive, dtype):
    """Shape, dtype and values; whatever NumPy refuses is refused with the same kind of error."""
    reference: Any = ENTRIES[primitive.name].reference
    static = {name: values[0] for name, values in SETTINGS.get(primitive.name, {}).items()}
    domains = np.broadcast_to(primitive.domain, (len(primitive.inputs), 2))
    inside = [[n for n in range(2 if dtype == "?" else 4) if low <= n <= high] for low, high in domains]
    if not all(inside):
        return  # no such number is in the domain
    operands = [np.array(numbers[:1] + numbers[-1:], dtype) for numbers in inside]
    try:
        expected = np.asarray(reference(*operands, **static))
    except TypeError:
        with pytest.raises(TypeError, match=primitive.name):
            primitive(*[ad.Tensor(x) for x in operands], **static)
        return
    out = primitive(*[ad.Tensor(x) for x in operands], **static)
    np.testing.assert_allclose(out.data, expected, rtol=2e-3 if out.dtype.itemsize < 4 else 1e-6)
    assert out.dtype == expected.dtype or primitive.forward.__class__ is not np.ufunc
    assert not out.requires_grad


@given(st.data())
def test_operands_of_different_dtypes_promote_as_in_numpy(data):
    binary = [p for p in elementwise if len(p.inputs) == 2]
    primitive = binary[data.draw(st.integers(0, len(binary) - 1))]
    sample = data.draw(samples(primitive, ENTRIES[primitive.name]))
    call = sample.cast(*(data.draw(st.sampled_from(["f2", "f4", "f8"])) for _ in range(2)))
    expected = np.asarray(ENTRIES[primitive.name].reference(*call.raw()))
    out = primitive(*call.given())
    assert (out.dtype, out.shape) == (expected.dtype, expected.shape)
