"""The registry of the tests: one entry for every primitive, from which all property tests are made.

An elementwise primitive of one or two arguments needs no entry of its own, it is derived from its declaration; every
other primitive has one in `elementwise`, `arrays`, `linear`, `images`, `norms` or `state`.
"""
from __future__ import annotations

import autodiff as ad
import nn  # noqa: F401 (declares primitives of its own)

from . import arrays, elementwise, images, linear, norms, state
from .sample import Entry, Sample, samples

__all__ = ["ENTRIES", "EXPLICIT", "PRIMITIVES", "Entry", "Sample", "entry_of", "samples"]

#: As declared by the packages. Doctests declare more while they run, which are none of ours.
PRIMITIVES: dict[str, ad.Primitive] = dict(sorted(ad.REGISTRY.items()))

EXPLICIT: dict[str, Entry] = {
    **elementwise.ENTRIES, **arrays.ENTRIES, **linear.ENTRIES, **images.ENTRIES, **norms.ENTRIES,
    **state.ENTRIES,
}  # fmt: skip


def entry_of(primitive: ad.Primitive) -> Entry | None:
    """The entry of a primitive, derived where it can be; None where somebody has to write it."""
    if primitive.name in EXPLICIT:
        return EXPLICIT[primitive.name]
    free = set(primitive.static) <= set(elementwise.SETTINGS.get(primitive.name, {}))
    if not (primitive.elementwise and free and len(primitive.inputs) <= 2 and not primitive.variadic):
        return None
    try:
        return elementwise.derived(primitive)
    except AttributeError:  # NumPy has no function of this name
        return None


ENTRIES: dict[str, Entry] = {
    name: entry for name, primitive in PRIMITIVES.items() if (entry := entry_of(primitive)) is not None
}
