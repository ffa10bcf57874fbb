"""Every cell of a confusion matrix shows its number, readably."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

import nn


def written(ax):
    return [text.get_text() for text in ax.texts]


@settings(max_examples=10)
@given(st.integers(1, 6).flatmap(lambda n: arrays(int, (n, n), elements=st.integers(0, 10**6))))
def test_counts_stand_in_the_cells_row_by_row(counts):
    ax = nn.plot.confusion_matrix(counts, Figure().subplots())
    assert written(ax) == [str(count) for count in counts.ravel()]
    assert [text.get_position() for text in ax.texts] == [(c, r) for r, c in np.ndindex(counts.shape)]
    assert [tick.get_text() for tick in ax.get_xticklabels()] == [str(n) for n in range(len(counts))]
    np.testing.assert_array_equal(ax.images[0].get_array(), counts)


@pytest.mark.parametrize(
    ("normalize", "expected"),
    [
        ("true", ["80", "20", "25", "75"]),
        ("pred", ["88.9", "40", "11.1", "60"]),
        ("all", ["57.1", "14.3", "7.1", "21.4"]),
    ],
)
def test_shares_of_rows_columns_or_all_are_percent(normalize, expected, ax):
    nn.plot.confusion_matrix([[8, 2], [1, 3]], ax, normalize=normalize)
    assert written(ax) == expected
    assert "%" in ax.get_xlabel()


def test_a_share_of_no_samples_is_a_dash(ax):
    nn.plot.confusion_matrix([[0, 0], [1, 3]], ax, normalize="true")
    assert written(ax) == ["–", "–", "25", "75"]
    ax.figure.canvas.draw()
    assert written(nn.plot.confusion_matrix(np.zeros((2, 2)))) == ["0"] * 4
    assert written(nn.plot.confusion_matrix(np.zeros((2, 2)), normalize="all")) == ["–"] * 4


def test_rows_are_true_and_columns_predicted_classes(ax):
    nn.plot.confusion_matrix([[8, 2], [1, 3]], ax, labels=["cat", "dog"])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted class", "true class")
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["cat", "dog"]


def test_numbers_stand_out_from_their_cells(ax):
    counts = np.arange(49).reshape(7, 7) ** 2
    nn.plot.confusion_matrix(counts, ax)
    image = ax.images[0]
    light = lambda colour: np.dot(colour[:3], (0.299, 0.587, 0.114))
    for text, count in zip(ax.texts, counts.ravel()):
        assert abs(light(to_rgb(text.get_color())) - light(image.to_rgba(count))) > 0.4


@pytest.mark.parametrize("inches", [1.5, 3.0, 8.0])
def test_numbers_fit_their_cells(inches):
    ax = nn.plot.confusion_matrix(np.full((10, 10), 1234), Figure(figsize=(inches, inches)).subplots())
    ax.figure.canvas.draw()
    cell = min(ax.get_window_extent().width, ax.get_window_extent().height) / 10
    assert max(text.get_window_extent().width for text in ax.texts) <= cell + 1


def test_long_names_are_turned(ax):
    nn.plot.confusion_matrix(np.eye(2), ax, labels=["Pullover", "Ankle boot"])
    ax.figure.canvas.draw()
    assert {tick.get_rotation() for tick in ax.get_xticklabels()} == {45.0}


def test_fractions_are_short(ax):
    nn.plot.confusion_matrix([[0.5, 1 / 3], [2, 0]], ax)
    assert written(ax) == ["0.5", "0.333", "2", "0"]


@pytest.mark.parametrize("matrix", [[1, 2], [[1, 2]], [[1, -1], [0, 1]], [[np.nan]], np.zeros((0, 0)), [["a"]]])
def test_what_is_no_confusion_matrix_is_refused(matrix):
    with pytest.raises(ValueError, match="needed are counts"):
        nn.plot.confusion_matrix(matrix)


def test_labels_and_normalisation_that_do_not_fit_are_refused(pyplot):
    with pytest.raises(ValueError, match="3 labels for 2 classes"):
        nn.plot.confusion_matrix(np.eye(2), labels="abc")
    with pytest.raises(ValueError, match="normalize is 'rows'"):
        nn.plot.confusion_matrix(np.eye(2), normalize="rows")
    assert not pyplot.get_fignums()
