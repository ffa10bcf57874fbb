"""An SVG is right in every font and for every reader: texts keep to their frames, and words say what is drawn."""
import itertools
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import autodiff as ad
import nn
from autodiff.drawing import render
from autodiff.drawing.svg import FONTS, finished, length

SVG = "{http://www.w3.org/2000/svg}"

needs_dot = pytest.mark.skipif(
    render.system_dot() is None and render.packaged_dot() is None, reason="neither dot nor graphviz-pure is here"
)


def mlp():
    model = nn.MLP([2, 4, 4, 1], activation="tanh", rng=0)
    x, y = np.random.default_rng(0).normal(size=(2, 8, 2)).astype("f4")
    return ad.draw(lambda x, y: nn.MSELoss()(model(x), y[:, :1]), x, y, params=model)


def convolutional():
    layers = [
        nn.Conv2d(1, 6, 5, rng=0), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5, rng=0), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(256, 120, rng=0), nn.ReLU(), nn.Linear(120, 10, rng=0),
    ]  # fmt: skip
    model, loss = nn.Sequential(*layers), nn.CrossEntropyLoss()
    x = np.random.default_rng(0).normal(size=(4, 1, 28, 28)).astype("f4")
    return ad.draw(lambda x, y: loss(model(x), y), x, np.array([1, 2, 3, 4]), params=model)


def second_derivative():
    return ad.draw(lambda x: ad.gradients(ad.sin(x) * x, x, create_graph=True)[0], 2.0)


def trouble():
    with np.errstate(all="ignore"):
        return ad.draw(lambda x, b: (ad.sqrt(x) + b + ad.relu(-x)).sum(), np.zeros((2, 3)), np.ones(3), direction="LR")


def stack():
    blocks = [nn.Sequential(nn.Linear(4, 4, rng=0), nn.Tanh()) for _ in range(12)]
    model = nn.Sequential(*blocks, nn.Linear(4, 1, rng=0))
    return ad.draw(lambda x: (model(x) ** 2).mean(), np.ones((5, 4), "f4"), params=model, depth=1)


PICTURES = {each.__name__: each for each in (mlp, convolutional, second_derivative, trouble, stack)}


@needs_dot
def test_the_picture_is_one_image_with_a_title_and_a_description():
    root = ElementTree.fromstring(ad.draw(lambda x, w: ad.tanh(x * w) + x, 2.0, 3.0).pipe())
    assert root.get("role") == "img"
    title, description = root[0], root[1]
    assert (title.tag, description.tag) == (SVG + "title", SVG + "desc")
    assert title.text.startswith("Computation graph of")
    for said in ("Inputs: x, w.", "3 operations: ", "tanh", "gradients back from the output", "top to bottom"):
        assert said in description.text


@needs_dot
def test_the_description_names_parameters_and_collapsed_modules():
    model = nn.Sequential(*(nn.Sequential(nn.Linear(2, 2, rng=0), nn.Tanh()) for _ in range(3)))
    svg = ad.draw(lambda x: model(x).sum(), np.ones((1, 2), "f4"), params=model, depth=1).pipe().decode()
    assert "Collapsed module 0 … 2, 3 times: Sequential, 6 parameters." in svg
    loss = ad.Tensor(2.0, requires_grad=True, name="<w> & \x00") * 3.0
    loss.name = "</title><script>"
    root = ElementTree.fromstring(ad.draw(loss).pipe())
    assert root[0].text == "Computation graph of </title><script>"
    assert "<w> & \\x00" in root[1].text


@needs_dot
@pytest.mark.parametrize("name", PICTURES)
def test_nothing_comes_from_elsewhere_and_every_text_has_its_length(name):
    svg = PICTURES[name]().pipe().decode()
    assert not re.search(r"url\(|href|@font-face|<script|/home/|/root/|file:", svg)
    texts = ElementTree.fromstring(svg).iter(SVG + "text")
    for text in texts:
        assert text.get("font-family") == FONTS
        assert text.get("textLength") or len(text.text) < 2 or not text.text.strip()


def test_lengths_are_those_of_the_letters():
    assert length("iiii", 10) < length("nnnn", 10) < length("WWWW", 10)
    assert length("name", 10, bold=True) > length("name", 10)
    assert length("a" * 7, 20) == pytest.approx(7 * length("a", 20))
    assert length("日本", 10) == pytest.approx(16.68)  # three bytes each, a space's width for every byte


@needs_dot
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_line_crosses_the_name_of_a_module(theme):
    linear = nn.Linear(2, 2, rng=0)
    model = nn.Sequential(linear, nn.ReLU(), linear)  # lines to the second call pass all names
    drawing = ad.draw(lambda x: model(x).sum(), np.ones((2, 2), "f4"), params=model, direction="TB", theme=theme)
    groups = list(ElementTree.fromstring(drawing.pipe())[-1])
    kinds = [group.get("class") for group in groups]
    names = [group for group in groups if group.get("class") == "cluster"]
    assert kinds[-len(names):] == ["cluster"] * len(names) == ["cluster"] * kinds.count("frame") != []
    for name, frame in zip(names, [group for group in groups if group.get("class") == "frame"]):
        (hollow,), (filled,) = name.iter(SVG + "path"), frame.iter(SVG + "path")
        assert (hollow.get("fill"), hollow.get("d")) == ("none", filled.get("d"))
        for text in name.iter(SVG + "text"):
            assert (text.get("paint-order"), text.get("stroke")) == ("stroke", filled.get("fill"))
    assert kinds.count("edge") == drawing.source.count(" -> ")
    labelled = [group.find(f".//{SVG}text") is not None for group in groups if group.get("class") == "edge"]
    assert labelled == sorted(labelled)  # those with labels are above the others
    assert len({group.get("id") for group in groups if group.get("id")}) == len([g for g in groups if g.get("id")])


def test_what_is_no_svg_is_left_as_it_is():
    assert finished("<svg/>", "title", "description") == "<svg/>"


@needs_dot
def test_a_sum_of_gradients_is_the_sign_itself_where_the_viewer_has_fonts_and_drawn_in_a_png(monkeypatch):
    drawing = ad.draw(lambda a: a + a, 3.0)
    texts = [text.text for text in ElementTree.fromstring(drawing.pipe()).iter(SVG + "text")]
    assert texts.count("⊕") == 1
    assert "⊕: gradients meet and are added" in texts
    assert '⊕ gradients added: 1 + 1 = 2' in drawing.source
    rendered = []
    monkeypatch.setattr(ad.drawing.picture, "render", lambda source, format: rendered.append(source))
    drawing.pipe("png")
    assert ">⊕" not in rendered[0]
    assert "penwidth=1.5" in re.search(r"^ *s0 \[.*", rendered[0], re.M)[0]
    assert "+ in a circle: gradients meet" in rendered[0]


MEASURE = """() => {
    const at = e => { const b = e.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom] }
    return [...document.querySelectorAll('g.node, g.cluster, g.edge, g[id^=a_graph]')].map(group => ({
        frame: group.classList.contains('edge') ? null : at(group.querySelector('path, polygon, ellipse')),
        texts: [...group.querySelectorAll('text')].filter(t => t.textContent.trim())
            .map(t => [t.textContent, ...at(t)]),
    }))
}"""


@needs_dot
@pytest.mark.slow
@pytest.mark.parametrize("font", ["", "DejaVu Sans", "DejaVu Sans Mono", "Liberation Sans"])
def test_no_text_leaves_its_frame_and_no_two_texts_overlap_in_any_font(browser, font):
    page = browser.new_page()
    for name, draw in PICTURES.items():
        svg = draw().pipe().decode()
        svg = svg[svg.index("<svg"):].replace(FONTS, font or FONTS)
        page.set_content(f"<body style='margin:0'>{svg}")
        groups = page.evaluate(MEASURE)
        for group in groups:
            for text, left, _, right, _ in group["texts"] if group["frame"] else ():
                assert group["frame"][0] - 1 <= left, (name, text)
                assert right <= group["frame"][2] + 1, (name, text)
        texts = [text for group in groups for text in group["texts"]]
        for (one, *box), (other, *near) in itertools.combinations(texts, 2):
            across = min(box[2], near[2]) - max(box[0], near[0])
            down = min(box[3], near[3]) - max(box[1], near[1])
            # The lines of a paragraph touch in every font: their heights are those of letters that few of them have.
            assert across < 1.5 or down < 0.5 * min(box[3] - box[1], near[3] - near[1]), (name, one, other)
    page.close()
