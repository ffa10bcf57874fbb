"""The palette holds for every eye: colours stay apart under simulated colour blindness, and texts have contrast."""
import itertools
import re

import numpy as np
import pytest

import autodiff as ad
from autodiff.drawing import theme

STYLES = {name: {**each.boxes, "operation": each.operation} for name, each in theme.THEMES.items()}
every_theme = pytest.mark.parametrize("name", theme.THEMES)

# Machado, Oliveira and Fernandes, "A physiologically-based model for simulation of color vision deficiency", 2009:
# severity 1.0, for linear RGB.
VISION = {
    "trichromacy": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900],
    ],
    "achromatopsia": [[0.2126, 0.7152, 0.0722]] * 3,
}  # fmt: skip


def linear(colour):
    """sRGB as `#rrggbb` to linear light."""
    encoded = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def lab(light):
    """Linear sRGB to CIE L*a*b* (D65)."""
    to_xyz = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
    ratio = (np.array(to_xyz) @ light) / [0.95047, 1.0, 1.08883]
    f = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def distance(one, other, vision):
    """CIE76 between two colours as these eyes see them; about 2.3 is just noticeable."""
    seen = [lab(np.clip(np.array(VISION[vision]) @ linear(colour), 0, 1)) for colour in (one, other)]
    return float(np.linalg.norm(seen[0] - seen[1]))


def contrast(one, other):
    """The contrast ratio of WCAG 2."""
    light, dark = sorted((float(np.dot([0.2126, 0.7152, 0.0722], linear(c))) for c in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_simulation_confuses_what_colour_blind_eyes_confuse():
    assert distance("#cc3333", "#707000", "trichromacy") > 60
    assert distance("#cc3333", "#707000", "deuteranopia") < 0.5 * distance("#cc3333", "#707000", "trichromacy")
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@every_theme
@pytest.mark.parametrize("vision", [name for name in VISION if name != "achromatopsia"])
@pytest.mark.parametrize(("part", "least"), [("fill", 10), ("border", 20)])
def test_roles_differ_in_colour_for_every_eye(name, vision, part, least):
    pairs = itertools.combinations(STYLES[name].items(), 2)
    near = {
        (a, b): distance(getattr(one, part), getattr(other, part), vision) for (a, one), (b, other) in pairs
    }
    assert min(near.values()) >= least, sorted(near.items(), key=lambda item: item[1])[:3]


@every_theme
def test_roles_differ_without_any_colour(name):
    looks = [(style.width, style.peripheries, style.rounded) for style in theme.THEMES[name].boxes.values()]
    assert len(set(looks)) == len(looks)


@every_theme
@pytest.mark.parametrize("role", STYLES["light"])
def test_text_has_contrast_and_borders_are_seen(name, role):
    style = STYLES[name][role]
    for text in (style.text, style.muted, style.gradient):
        assert contrast(text, style.fill) >= 4.5
    for ground in (theme.THEMES[name].background, theme.THEMES[name].cluster):
        assert contrast(style.border, ground) >= 3


@every_theme
@pytest.mark.parametrize("ink", ["ink", "muted", "gradient", "dead", "trouble"])
def test_text_outside_of_boxes_has_contrast(name, ink):
    colours = theme.THEMES[name]
    assert min(contrast(getattr(colours, ink), ground) for ground in (colours.background, colours.cluster)) >= 4.5


@every_theme
def test_the_gradient_is_told_from_the_value_by_a_word_and_by_colour(name):
    for style in theme.THEMES[name].boxes.values():
        assert min(distance(style.text, style.gradient, vision) for vision in VISION) > 10


def test_a_theme_colours_the_whole_picture():
    x = ad.Tensor(2.0, requires_grad=True, name="x")
    sources = {name: ad.draw(lambda: ad.relu(x * -1.0) + x, theme=name).source for name in theme.THEMES}
    for name, source in sources.items():
        used = set(re.findall("#[0-9a-f]{6}", source))
        colours = theme.THEMES[name]
        styles = [*colours.boxes.values(), colours.operation]
        own = {value for each in (colours, *styles) for value in vars(each).values() if isinstance(value, str)}
        assert used <= own
    with pytest.raises(ValueError, match="light, dark or print"):
        ad.draw(x, theme="sepia")
