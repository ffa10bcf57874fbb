"""Filters are the weights themselves, tiled in order."""

import numpy as np
import pytest

import autodiff as ad
import nn


def shown(ax):
    return np.ma.filled(ax.images[0].get_array(), np.nan)


def test_the_rows_of_a_linear_weight_are_square_images_side_by_side(ax):
    layer = nn.Linear(9, 6, rng=0)
    nn.plot.filters(layer, ax, columns=3)
    picture, weight = shown(ax), layer.weight.data.reshape(6, 3, 3)
    assert picture.shape == (7, 11)
    for unit in range(6):
        top, left = unit // 3 * 4, unit % 3 * 4
        np.testing.assert_array_equal(picture[top : top + 3, left : left + 3], weight[unit])
    assert np.isnan(picture[3]).all()
    assert np.isnan(picture[:, 3]).all()


def test_zero_is_in_the_middle_of_the_colours(ax):
    nn.plot.filters(np.array([[0.5, -2.0, 0.0, 1.0]]), ax)
    assert ax.images[0].get_clim() == (-2, 2)
    assert ax.figure.axes[1].get_ylabel() == "weight"


def test_the_first_layer_of_a_model_is_meant(ax):
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 2), nn.ReLU(), nn.Linear(2, 2))
    nn.plot.filters(model, ax, columns=1)
    np.testing.assert_array_equal(shown(ax)[:2], model[1].weight.data[0].reshape(2, 2))


def test_kernels_of_one_channel_are_tiles_and_others_rows_of_tiles(ax):
    weight = np.arange(2 * 4 * 3 * 3, dtype=float).reshape(2, 4, 3, 3) + 1
    nn.plot.filters(ad.Tensor(weight), ax, columns=1)
    picture = shown(ax)
    assert picture.shape == (7, 15)
    np.testing.assert_array_equal(picture[4:7, 8:11], weight[1, 2])
    assert nn.plot.filters(nn.Conv2d(1, 4, 3)).images[0].get_array().shape == (7, 7)


def test_three_channels_are_colours(ax):
    layer = nn.Conv2d(3, 4, 5, rng=0)
    nn.plot.filters(layer, ax, columns=2)
    picture, weight = shown(ax), layer.weight.data.astype(float)
    assert picture.shape == (11, 11, 3)
    np.testing.assert_allclose(picture[6:, 6:], 0.5 + 0.5 * weight[3].transpose(1, 2, 0) / np.abs(weight).max())
    assert ax.figure.axes == [ax]


def test_shapes_can_be_given(ax):
    assert nn.plot.filters(np.ones((1, 6)), ax, shape=(2, 3)).images[0].get_array().shape == (2, 3)
    assert nn.plot.filters(np.ones((1, 12)), shape=(3, 2, 2)).images[0].get_array().shape == (2, 2, 3)


def test_what_is_left_out_is_said(ax):
    nn.plot.filters(nn.Linear(4, 500), ax)
    assert ax.get_xlabel() == "the first 100 of 500 filters"
    assert nn.plot.filters(nn.Linear(4, 500), limit=None, colorbar=False).get_xlabel() == ""
    assert nn.plot.filters(nn.Linear(4, 3), limit=1).images[0].get_array().shape == (2, 2)


def test_weights_that_are_zero_or_not_finite_can_be_drawn(ax):
    nn.plot.filters(np.zeros((2, 4)), ax)
    nn.plot.filters(np.array([[np.nan, np.inf, 1.0, -1.0]]), ax)
    assert ax.images[-1].get_clim() == (-1, 1)
    ax.figure.canvas.draw()


def test_what_has_no_filters_is_refused(pyplot):
    for given, message in [
        (nn.ReLU(), "neither a Linear nor a Conv2d"),
        (np.ones(3), "the weight is float64\\[3\\]"),
        (np.ones((2, 3)), "3 inputs, no square"),
    ]:
        with pytest.raises(ValueError, match=message):
            nn.plot.filters(given)
    with pytest.raises(ValueError, match="not the pixels of \\(2, 3\\)"):
        nn.plot.filters(np.ones((2, 4)), shape=(2, 3))
    with pytest.raises(ValueError, match="leave it out"):
        nn.plot.filters(nn.Conv2d(1, 2, 3), shape=(5, 5))
    for setting in ("columns", "limit"):
        with pytest.raises(ValueError, match=f"{setting} is 0"):
            nn.plot.filters(np.ones((2, 4)), **{setting: 0})
    assert not pyplot.get_fignums()
