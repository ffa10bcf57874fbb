"""What the nodes of a graph keep is shown, all of it and every byte once."""
import re

import numpy as np
from hypothesis import given

import autodiff as ad
import nn
from autodiff.drawing.extract import extract
from tests.autodiff.drawing.programs import nodes_of, programs


def arrays_in(value):
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from arrays_in(each)


def addresses(array):
    """The addresses of an array's elements, found without the code under test."""
    first = array.__array_interface__["data"][0]
    offsets = np.zeros(array.shape, np.int64)
    for axis, (side, stride) in enumerate(zip(array.shape, array.strides, strict=True)):
        offsets += (np.arange(side) * stride).reshape((-1,) + (1,) * (array.ndim - axis - 1))
    return {(int(place), array.itemsize) for place in (first + offsets).ravel()}


def held(tensor):
    """The bytes that the nodes below a Tensor keep: of each element's address once."""
    found = set()
    for node in nodes_of(tensor):
        for array in arrays_in(node.kept if isinstance(node.kept, tuple) else ()):
            found |= addresses(array)
    return sum(size for _, size in found)


def shown(picture):
    return sum(part.kept for part in (*picture.boxes, *picture.circles))


def picture_of(out):
    return extract(out, [], float("inf"))


@given(programs)
def test_a_picture_tells_as_many_bytes_as_its_nodes_keep(program):
    out, _ = program.run()
    assert shown(picture_of(out)) == held(out)


def test_auxiliary_results_and_the_operands_of_variadic_primitives_are_told():
    x = ad.Tensor(np.arange(16.0).reshape(1, 1, 4, 4), requires_grad=True)
    w = ad.Tensor(np.ones((4, 3)), requires_grad=True)
    labels = np.array([0, 2, 1, 1])
    pooled = nn.functional.max_pool2d(x, 2)
    dropped = nn.functional.dropout(x.reshape(4, 4), 0.5, rng=0)
    product = np.einsum("ij,jk->ik", dropped, w)
    loss = nn.functional.cross_entropy(product, labels) + ad.sum(pooled) + ad.sum(x.reshape(-1)[np.array([0, 3, 3])])
    picture = picture_of(loss + ad.sum(ad.sort(x.reshape(-1))))
    assert shown(picture) == held(loss) + 16 * 8  # the order of what was sorted
    keeps = {circle.name: circle.keeps for circle in picture.circles if circle.keeps}
    assert {name: [each for each, _ in kept] for name, kept in keeps.items()} == {
        "max_pool2d": ["places"], "gather": ["places"], "sort": ["order"],
    }  # fmt: skip
    (product,) = (circle for circle in picture.circles if circle.name == "einsum")
    tails = [arrow.tail for arrow in picture.arrows if arrow.head == product.id]
    assert all(box.held for box in picture.boxes if box.id in tails)


def test_views_of_one_memory_count_once_and_say_so():
    x = ad.Tensor(np.ones((4, 3)), requires_grad=True, name="x")
    out = ad.sum(ad.square(x) + ad.square(x.T).T)
    picture = picture_of(out)
    assert [(box.kept, box.held) for box in picture.boxes if box.held] == [(96, True), (0, True)]
    source = ad.draw(out).source
    assert ">kept 96 B<" in source
    assert ">kept: memory of another<" in source
    assert "96 B in all" in source
    assert "kept" not in ad.draw(out, shapes=False).source.replace("not kept", "").replace("value not kept", "")


def test_the_circle_and_the_block_of_a_collapsed_module_say_what_they_keep():
    pool = nn.Sequential(nn.MaxPool2d(2), nn.Tanh())
    x = np.arange(16.0, dtype="f4").reshape(1, 1, 4, 4)
    source = ad.draw(lambda x: ad.sum(pool(x)), x).source
    assert ">keeps places<" in source
    whole = re.search(r", (\d+) B in all", source)
    block = re.search(r">keeps (\d+) B<", ad.draw(lambda x: ad.sum(pool(x)), x, depth=0).source)
    assert block is not None
    assert block[1] == whole[1]


def test_after_the_backward_pass_nothing_is_kept():
    x = ad.Tensor(np.ones(4), requires_grad=True)
    out = ad.sum(ad.tanh(x))
    assert shown(picture_of(out)) == 32
    out.backward()
    assert shown(picture_of(out)) == 0
