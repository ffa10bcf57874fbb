"""A module that is called in several places, or several times, is drawn once for each call; its parameters once."""
import re
import xml.etree.ElementTree as ElementTree

import numpy as np

import autodiff as ad
import nn
from tests.autodiff.drawing.programs import lines_of

X = np.ones((2, 4), "f4")
SVG = "{http://www.w3.org/2000/svg}"


def clusters(drawing):
    """The path of every cluster, and the names in its heading, from the picture itself."""
    found = {}
    for group in ElementTree.fromstring(drawing.pipe("svg")).iter(f"{SVG}g"):
        if group.get("class") == "cluster":
            texts = [(each.text or "").replace("\xa0", " ") for each in group.iter(f"{SVG}text")]
            path = next(value for each in group.iter() for key, value in each.items() if key.endswith("title"))
            found[path] = "".join(texts)
    return found


def inside(source, path):
    """What is declared in a cluster, and in those within it."""
    (start,) = [match.start() for match in re.finditer(re.escape(f'tooltip="{path}";'), source)]
    depth, lines = 1, []
    for line in source[start:].splitlines()[1:]:
        depth += line.count("subgraph") - (line.strip() == "}")
        if not depth:
            break
        lines.append(line)
    return "\n".join(lines)


def drawn(model):
    return ad.draw(lambda x: model(x).mean(), X, params=model)


def test_a_layer_twice_in_a_sequential_is_drawn_in_both_places_and_its_weights_once_outside():
    shared = nn.Linear(4, 4, rng=0)
    drawing = drawn(nn.Sequential(shared, nn.Tanh(), shared))
    found = clusters(drawing)
    assert list(found) == ["Sequential", "Sequential/0", "Sequential/1", "Sequential/2"]
    assert "Linear" in found["Sequential/0"]
    assert "Linear" in found["Sequential/2"]
    assert "20 parameters" in found["Sequential"]
    source = drawing.source
    for place in ("Sequential/0", "Sequential/2"):
        assert ">linear<" in inside(source, place)
        assert "weight" not in inside(source, place)
    weights = [line for line in lines_of(source, "t") if "<B>0.weight</B>" in line]
    assert len(weights) == 1
    name = weights[0].split()[0]
    assert len(re.findall(rf"^  {name} -> o\d+(?! .dir=back)", source, re.MULTILINE)) == 2


class Recurrent(nn.Module):
    def __init__(self):
        self.cell = nn.Sequential(nn.Linear(4, 4, rng=0), nn.Tanh())

    def forward(self, x):
        for _ in range(3):
            x = self.cell(x)
        return x


def test_a_cell_in_a_loop_is_drawn_once_for_each_call():
    drawing = drawn(Recurrent())
    found = clusters(drawing)
    calls = [f"Recurrent/cell · call {i}" for i in (1, 2, 3)]
    assert [path for path in found if path.count("/") == 1] == calls
    assert all("Sequential" in found[path] for path in calls)
    for path in calls:
        assert inside(drawing.source, path).count(">tanh<") == 1
    assert drawing.source.count("<B>cell.0.weight</B>") == 1
    assert drawing.source == drawn(Recurrent()).source


def test_a_model_called_twice_is_drawn_twice_and_once_without_a_recording():
    model = nn.Linear(4, 1, rng=0)
    found = clusters(ad.draw(lambda x, y: (model(x) - model(y)).sum(), X, X + 1.0, params=model))
    assert list(found) == ["Linear · call 1", "Linear · call 2"]
    assert list(clusters(ad.draw((model(X) - model(X)).sum()))) == ["Linear"]


def test_scopes_entered_before_the_recording_have_no_number():
    x = ad.Tensor(2.0, requires_grad=True)
    with ad.scope("outer"), ad.record():
        with ad.scope("a/b"):
            y = ad.exp(x)
        with ad.scope("a/b"):
            z = ad.exp(y)
    assert list(clusters(ad.draw(z))) == ["outer", "outer/a", "outer/a/b · call 1", "outer/a/b · call 2"]


def test_collapsed_calls_are_blocks_of_their_class():
    source = ad.draw(lambda x: Recurrent()(x).mean(), X, params=Recurrent(), depth=1).source
    assert len(re.findall(r"shape=folder", source)) == 3
    assert source.count(">Sequential<") == 3
