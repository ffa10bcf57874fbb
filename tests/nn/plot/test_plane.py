"""Regions, probabilities and rings are those of the model, whatever its outputs and targets look like."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

import autodiff as ad
import nn
from nn.plot import scores, style


def blobs(count=3, samples=60, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(count, size=samples)
    angle = 2 * np.pi * y / count
    return np.stack([np.cos(angle), np.sin(angle)], 1) + rng.normal(0, 0.6, (samples, 2)), y


def rings(ax):
    return ax.collections[-1].get_offsets()


def wrong_points(model, x, y):
    return x[nn.predict(model, x).argmax(1) != y]


@settings(max_examples=10)
@given(classes=st.integers(2, 5), seed=st.integers(0, 99))
def test_rings_are_exactly_the_misclassified_points(classes, seed):
    model, (x, y) = nn.MLP([2, 5, classes], rng=seed), blobs(classes, seed=seed)
    for draw in (nn.plot.decision_boundary, nn.plot.probability_map):
        ax = draw(model, (x, y), Figure().subplots(), resolution=5)
        np.testing.assert_allclose(rings(ax), wrong_points(model, x, y))


def test_points_of_each_class_have_their_own_colour_and_marker(ax):
    model, (x, y) = nn.MLP([2, 5, 3], rng=0), blobs()
    nn.plot.decision_boundary(model, (x, y), ax, labels=["a", "b", "c"], resolution=9)
    points = [c for c in ax.collections if c.get_label() in "abc"]
    for number, drawn in enumerate(points):
        np.testing.assert_allclose(drawn.get_offsets(), x[y == number])
        np.testing.assert_allclose(drawn.get_facecolor()[0, :3], style.class_colour(number))
    assert len({len(c.get_paths()[0].vertices) for c in points}) == 3
    texts = [text.get_text() for text in ax.get_legend().get_texts()]
    assert texts == ["a", "b", "c", f"misclassified,\n{len(wrong_points(model, x, y))} of 60"]


def test_the_grid_reaches_beyond_the_samples_and_shows_the_model_s_classes(ax):
    model, (x, y) = nn.MLP([2, 5, 3], rng=1), blobs(seed=1)
    nn.plot.decision_boundary(model, (x, y), ax, resolution=16, padding=0.5)
    (left, bottom), (right, top) = x.min(0) - 0.5, x.max(0) + 0.5
    image = ax.images[0]
    np.testing.assert_allclose(image.get_extent(), (left, right, bottom, top))
    np.testing.assert_allclose([*ax.get_xlim(), *ax.get_ylim()], (left, right, bottom, top))
    assert image.origin == "lower"
    drawn = image.get_array()
    assert drawn.shape == (16, 16, 4)
    for row, column in [(0, 0), (3, 12), (15, 8)]:
        place = [left + (column + 0.5) * (right - left) / 16, bottom + (row + 0.5) * (top - bottom) / 16]
        winner = nn.predict(model, np.array([place])).argmax()
        np.testing.assert_allclose(drawn[row, column, :3], style.class_colour(winner), atol=1e-6)


def test_the_probability_map_holds_the_softmax_of_the_logits(ax):
    model, (x, y) = nn.MLP([2, 5, 3], rng=1, dtype=float), blobs(seed=1)
    nn.plot.probability_map(model, (x, y), ax, class_=2, resolution=8, labels=["a", "b", "c"])
    left, right, bottom, top = ax.images[0].get_extent()
    place = [[left + 2.5 * (right - left) / 8, bottom + 6.5 * (top - bottom) / 8]]
    expected = ad.softmax(nn.predict(model, np.array(place)), axis=1)[0, 2]
    np.testing.assert_allclose(ax.images[0].get_array()[6, 2], expected)
    assert ax.images[0].get_clim() == (0, 1)
    assert ax.figure.axes[1].get_xlabel() == "probability of c"


def test_a_scale_and_a_legend_can_be_left_out(ax):
    nn.plot.probability_map(nn.MLP([2, 5, 3]), blobs(), ax, resolution=5, legend=False, colorbar=False)
    assert ax.figure.axes == [ax]
    assert ax.get_legend() is None


def linear_model(*end, outputs=1):
    """x₁ decides: the logit of class 1 is x₁, or that of both classes ∓x₁."""
    layer = nn.Linear(2, outputs, dtype=float)
    layer.weight.data = np.array([[1.0, 0.0]] if outputs == 1 else [[-1.0, 0.0], [1.0, 0.0]])
    layer.bias.data = np.zeros(outputs)
    return nn.Sequential(layer, *end)


class Squeezed(nn.Module):
    """One output per sample without an axis of its own."""

    def __init__(self, inner):
        self.inner = inner

    def forward(self, x):
        return self.inner(x).reshape(-1)


X = np.array([[-2.0, 0.0], [-0.3, 1.0], [0.4, 0.0], [3.0, 2.0]])
LOGISTIC = 1 / (1 + np.exp(-X[:, 0]))
MODELS = {
    "one logit": (linear_model(), LOGISTIC),
    "one probability": (linear_model(nn.Sigmoid()), LOGISTIC),
    "one probability, squeezed": (Squeezed(linear_model(nn.Sigmoid())), LOGISTIC),
    "one logit, squeezed": (Squeezed(linear_model()), LOGISTIC),
    "a frozen model": (linear_model(nn.Sigmoid()).requires_grad_(False), LOGISTIC),
    "logits": (linear_model(outputs=2), 1 / (1 + np.exp(-2 * X[:, 0]))),
    "softmax": (linear_model(nn.Softmax(axis=-1), outputs=2), 1 / (1 + np.exp(-2 * X[:, 0]))),
    "a function of probabilities": (lambda x: np.stack([x[:, 0] < 0, x[:, 0] >= 0], 1) * 1.0, X[:, 0] >= 0),
    "a function of logits": (lambda x: np.stack([-x[:, 0], x[:, 0]], 1), 1 / (1 + np.exp(-2 * X[:, 0]))),
    "a function of tensors": (lambda x: ad.Tensor(np.stack([-x[:, 0], x[:, 0]], 1)), 1 / (1 + np.exp(-2 * X[:, 0]))),
}


@pytest.mark.parametrize("name", MODELS)
def test_probabilities_are_found_whatever_a_model_ends_in(name, ax):
    model, expected = MODELS[name]
    found = scores.probabilities(model, X, None, 3, "test")
    np.testing.assert_allclose(found, np.stack([1 - expected, expected], 1), rtol=1e-12)
    nn.plot.decision_boundary(model, (X, [0, 1, 1, 1]), ax, resolution=8)
    np.testing.assert_allclose(rings(ax), X[1:2])


def test_outputs_can_be_said_to_be_logits_or_probabilities():
    model = lambda x: x[:, 0]
    for outputs, expected in (("logits", LOGISTIC), ("probabilities", X[:, 0])):
        np.testing.assert_allclose(scores.probabilities(model, X, outputs, 99, "test")[:, 1], expected)
    with pytest.raises(ValueError, match='Say outputs="logits" or outputs="probabilities"'):
        scores.probabilities(model, X, None, 99, "test")
    with pytest.raises(ValueError, match="outputs is 'odds'"):
        scores.probabilities(model, X, "odds", 99, "test")
    forced = scores.probabilities(linear_model(nn.Sigmoid()), X, "logits", 99, "test")
    np.testing.assert_allclose(forced[:, 1], 1 / (1 + np.exp(-LOGISTIC)))


def test_logits_of_any_size_give_probabilities_without_overflow():
    found = scores.probabilities(lambda x: np.array([[1e4, -1e4], [0, 1e30]]), X[:2], None, 9, "test")
    np.testing.assert_array_equal(found, [[1, 0], [0, 1]])
    found = scores.probabilities(lambda x: np.array([1e4, -1e4]), X[:2], "logits", 9, "test")
    np.testing.assert_array_equal(found, [[0, 1], [1, 0]])


def test_asking_a_model_changes_nothing_of_it():
    model = nn.Sequential(nn.Linear(2, 4, rng=0), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 2, rng=1))
    model[1].eval()
    before, modes = model.state_dict(), [module.training for module in model.modules()]
    nn.plot.decision_boundary(model, blobs(2), Figure().subplots(), resolution=5)
    assert [module.training for module in model.modules()] == modes
    for path, value in model.state_dict().items():
        np.testing.assert_array_equal(value, before[path])
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize(
    "targets",
    [[0, 1, 0, 1], [[0], [1], [0], [1]], [[1, 0], [0, 1], [1, 0], [0, 1]], [0.0, 1.0, 0.0, 1.0], [-1, 1, -1, 1],
     [[-1.0], [1.0], [-1.0], [1.0]], [False, True, False, True], ad.Tensor([0.0, 1.0, 0.0, 1.0])],
)  # fmt: skip
def test_targets_come_as_indices_columns_one_hot_rows_or_signs(targets):
    np.testing.assert_array_equal(scores.classes(targets, 2, "test"), [0, 1, 0, 1])


@pytest.mark.parametrize("targets", [[0, 2], [0.5, 1.0], [[0, 1, 0], [1, 0, 0]], ["a", "b"], [-1, 0]])
def test_targets_that_are_no_classes_are_refused(targets):
    with pytest.raises(ValueError, match="needed are class indices from 0 to 1"):
        scores.classes(targets, 2, "test")


def test_what_is_no_picture_of_the_plane_is_refused():
    model, (x, y) = nn.MLP([2, 3, 3]), blobs()
    draw = lambda *given, **settings: nn.plot.decision_boundary(*given, Figure().subplots(), **settings)
    with pytest.raises(ValueError, match="only points of the plane"):
        draw(model, (np.zeros((5, 3)), np.zeros(5, int)))
    with pytest.raises(ValueError, match="as many targets"):
        draw(model, (x, y[:-1]))
    for place in (np.nan, np.inf):
        with pytest.raises(ValueError, match="decision_boundary: the inputs are float64 and hold NaN or infinity"):
            draw(model, (np.array([[0.0, place]]), [0]))
    with pytest.raises(ValueError, match=r"the samples are a ndarray; needed is a pair \(x, y\)"):
        draw(model, np.zeros((2, 2)))
    with pytest.raises(ValueError, match="resolution is"):
        draw(model, (x, y), resolution=0)
    with pytest.raises(ValueError, match="resolution is 1"):
        draw(model, (x, y), resolution=1)
    with pytest.raises(ValueError, match="2 labels for 3 classes"):
        draw(model, (x, y), labels=["a", "b"])
    with pytest.raises(ValueError, match="the outputs have shape"):
        draw(lambda x: np.zeros((len(x), 2, 2)), (x, y))
    for class_ in (3, -1, 0.5):
        with pytest.raises(ValueError, match="the model tells 3 classes apart"):
            nn.plot.probability_map(model, (x, y), Figure().subplots(), class_=class_)


def test_a_model_that_diverged_and_classes_without_samples_can_be_drawn(ax):
    model, (x, y) = nn.MLP([2, 3, 4], rng=0), blobs(3)
    model[0].weight.data = np.full((3, 2), np.nan, np.float32)
    nn.plot.decision_boundary(model, (x, y), ax, resolution=5)
    nn.plot.probability_map(model, (x, y), ax, resolution=5)
    ax.figure.canvas.draw()
    np.testing.assert_allclose(rings(ax), x[y != 0])


def test_integer_points_can_be_drawn(ax):
    nn.plot.decision_boundary(linear_model(), (np.array([[0, 0], [4, 4]]), [0, 1]), ax, resolution=5)
    assert ax.get_xlim() == pytest.approx((-0.1, 4.1))


def test_points_are_smaller_in_small_axes_and_in_crowds():
    def size(inches, samples, **settings):
        ax, model = Figure(figsize=(inches, inches)).subplots(), nn.MLP([2, 3, 3])
        nn.plot.decision_boundary(model, blobs(3, samples), ax, resolution=5, **settings)
        return next(c for c in ax.collections if c.get_label() == "class 0").get_sizes()[0]

    assert size(2, 60) < size(6, 60)
    assert size(6, 3000) < size(6, 60)
    assert size(6, 60, size=77) == 77


def test_twenty_classes_are_told_apart():
    looks = [(style.class_colour(n), style.class_marker(n)) for n in range(20)]
    assert len(set(looks)) == 20
    assert len({colour for colour, _ in looks[:18]}) == 18
    assert to_rgb(style.RED) not in {colour for colour, _ in looks}
