"""Noise has its deviation, shifts and turns move images as a whole, and each draws from the generator alone."""
import functools
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import datasets
from datasets.augmentation import rotated

dtypes = pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float16, np.float32, np.float64])
layouts = pytest.mark.parametrize("shape", [(6, 9, 8), (6, 3, 9, 8)])
transforms = pytest.mark.parametrize(
    "transform",
    [
        functools.partial(datasets.add_noise, sigma=0.5),
        functools.partial(datasets.shift_images, pixels=2),
        functools.partial(datasets.rotate_images, degrees=20),
    ],
    ids=["add_noise", "shift_images", "rotate_images"],
)
image_transforms = pytest.mark.parametrize(
    ("transform", "setting"), [(datasets.shift_images, "pixels"), (datasets.rotate_images, "degrees")]
)
images = hnp.arrays(
    st.sampled_from([np.uint8, np.float32]),
    hnp.array_shapes(min_dims=3, max_dims=4, max_side=6),
    elements=st.integers(0, 255),
)


@pytest.fixture(autouse=True)
def _scipy():
    pytest.importorskip("scipy", reason='turning images needs SciPy: pip install "chalkgrad[data]"')


def batch(shape, dtype=np.float32):
    return np.random.default_rng(0).integers(0, 200, shape).astype(dtype)


@transforms
@layouts
@dtypes
def test_a_transform_of_batch_and_generator_changes_only_a_copy(transform, shape, dtype):
    x = batch(shape, dtype)
    before = x.copy()
    result = transform(x, np.random.default_rng(0))
    assert result.shape == shape
    assert result.flags.writeable
    assert not np.shares_memory(result, x)
    np.testing.assert_array_equal(x, before)
    assert not np.array_equal(result, x)


@transforms
def test_the_generator_decides_and_moves_on(transform):
    x = batch((6, 9, 8))
    rng = np.random.default_rng(3)
    first, second = transform(x, rng), transform(x, rng)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(transform(x, 3), first)
    np.testing.assert_array_equal(transform(x, rng=3), first)
    assert not np.array_equal(transform(x), transform(x))


@transforms
def test_no_samples_stay_none(transform):
    assert transform(np.zeros((0, 9, 8), np.float32), 0).shape == (0, 9, 8)


# ------------------------------------------------------------------------------------------------------------- noise


@pytest.mark.parametrize("sigma", [0.1, 0.5])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_noise_has_mean_0_and_the_deviation_asked_for(sigma, dtype):
    x = batch((200_000,), dtype)
    noise = (datasets.add_noise(x, 0, sigma=sigma) - x).astype(np.float64)
    assert abs(noise.mean()) < 5 * sigma / np.sqrt(len(x))
    assert noise.std() == pytest.approx(sigma, rel=5 / np.sqrt(2 * len(x)))
    assert (noise**4).mean() == pytest.approx(3 * sigma**4, rel=0.05)


@pytest.mark.parametrize(
    ("given_dtype", "dtype"), [("f2", "f2"), ("f4", "f4"), ("f8", "f8"), ("u1", "f4"), ("i4", "f8"), ("i8", "f8")]
)
def test_noisy_floats_keep_their_dtype_and_whole_numbers_become_floats(given_dtype, dtype):
    assert datasets.add_noise(np.ones((3, 2), given_dtype), 0, sigma=0.5).dtype == dtype


def test_no_noise_changes_nothing():
    x = batch((5, 5))
    np.testing.assert_array_equal(datasets.add_noise(x, sigma=0), x)


# ------------------------------------------------------------------------------------------------------------ shifts


@given(x=images, pixels=st.integers(0, 7), seed=st.integers(0, 1000))
def test_every_image_is_moved_by_whole_pixels_within_reach(x, pixels, seed):
    moved = datasets.shift_images(x, seed, pixels=pixels, fill=7)
    assert moved.dtype == x.dtype
    height, width = x.shape[-2:]
    for before, after in zip(x, moved):
        possible = [
            shifted(before, down, right, 7)
            for down in range(-min(pixels, height), min(pixels, height) + 1)
            for right in range(-min(pixels, width), min(pixels, width) + 1)
        ]
        assert any(np.array_equal(after, each) for each in possible)


def shifted(image, down, right, fill):
    """An image moved pixel by pixel."""
    moved = np.full_like(image, fill)
    height, width = image.shape[-2:]
    for row in range(height):
        for column in range(width):
            if 0 <= row - down < height and 0 <= column - right < width:
                moved[..., row, column] = image[..., row - down, column - right]
    return moved


def test_every_shift_is_equally_likely():
    dot = np.zeros((9000, 5, 5), np.uint8)
    dot[:, 2, 2] = 1
    places = datasets.shift_images(dot, 0, pixels=1).sum(axis=0)
    assert places.sum() == 9000
    assert np.abs(places[1:4, 1:4] - 1000.0).max() < 5 * np.sqrt(1000)


# ------------------------------------------------------------------------------------------------------------- turns


@layouts
@dtypes
def test_turns_by_right_angles_are_exact(shape, dtype):
    x = batch((*shape[:-2], 7, 7), dtype)
    for quarter in range(-2, 3):
        turned = rotated(x, np.full(len(x), 90.0 * quarter))
        assert turned.dtype == dtype
        np.testing.assert_allclose(turned.astype(float), np.rot90(x, quarter, axes=(-2, -1)).astype(float), atol=1e-3)


@pytest.mark.parametrize("degrees", [-33, 17])
def test_a_smooth_image_is_turned_up_to_the_error_of_linear_interpolation(degrees):
    def blob(x, y):
        row, column = np.mgrid[-14:14, -14:14] + 0.5
        return np.exp(-((column - x) ** 2 + (-row - y) ** 2) / (2 * 3**2))[np.newaxis]

    angle = np.deg2rad(degrees)
    x, y = 6, 2
    turned = blob(x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle))
    bound = 2 * (1 / 3**2) / 8  # (|f_xx| + |f_yy|) / 8 at its largest, on the top of the blob
    assert np.abs(rotated(blob(x, y), np.array([float(degrees)])) - turned).max() < bound
    assert np.abs(blob(x, y) - turned).max() > 10 * bound


def test_angles_are_uniform_up_to_the_limit():
    """The angle is read off from where a blob right of the centre goes."""
    row, column = np.mgrid[-14:14, -14:14] + 0.5
    blob = np.exp(-(row**2 + (column - 8) ** 2) / 8)
    turned = datasets.rotate_images(np.repeat(blob[np.newaxis], 2000, axis=0), 0, degrees=30)
    angle = np.degrees(np.arctan2(-(turned * row).sum(axis=(1, 2)), (turned * column).sum(axis=(1, 2))))
    assert np.abs(angle).max() < 30.1
    evenly = np.linspace(-30, 30, len(angle))
    assert np.abs(np.sort(angle) - evenly).max() < 60 * 2.0 / np.sqrt(len(angle))


def test_corners_are_filled_with_the_background():
    ones = np.ones((1, 9, 9), np.float32)
    turned = rotated(ones, np.array([45.0]), fill=-1)
    assert turned[0, 0, 0] == -1
    assert turned[0, 4, 4] == 1


def test_no_turn_changes_nothing():
    x = batch((3, 8, 9))
    np.testing.assert_array_equal(datasets.rotate_images(x, 0, degrees=0), x)


def test_whole_numbers_are_rounded():
    x = np.full((1, 9, 9), 201, np.uint8)
    assert rotated(x, np.array([30.0]))[0, 4, 4] == 201


def test_without_scipy_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.ndimage", None)
    with pytest.raises(ImportError, match=r'pip install "chalkgrad\[data\]"'):
        datasets.rotate_images(batch((1, 3, 3)), degrees=5)


# ----------------------------------------------------------------------------------------------------- bad arguments


@image_transforms
@pytest.mark.parametrize(
    ("x", "error", "wanted"),
    [
        (np.zeros((28, 28)), ValueError, r"x must be images of shape .*; got \(28, 28\)"),
        (np.zeros((1, 1, 1, 1, 1)), ValueError, "x must be images of shape"),
        (np.zeros((2, 0, 3)), ValueError, "x must be images of shape"),
        (np.zeros((1, 2, 2), complex), TypeError, "x must be an array of numbers; got complex128"),
        (np.zeros((1, 2, 2), bool), TypeError, "x must be an array of numbers; got bool"),
    ],
)
def test_what_are_no_images_is_refused(transform, setting, x, error, wanted):
    with pytest.raises(error, match=f"datasets.{transform.__name__}: {wanted}"):
        transform(x, **{setting: 1})


@image_transforms
@pytest.mark.parametrize(
    ("value", "error"), [(-1, ValueError), ("1", TypeError), (True, TypeError), (np.nan, (TypeError, ValueError))]
)
def test_a_reach_must_be_one(transform, setting, value, error):
    with pytest.raises(error, match=f"datasets.{transform.__name__}: {setting} must be"):
        transform(batch((2, 3, 3)), **{setting: value})


@image_transforms
@pytest.mark.parametrize("fill", [300, -1, 0.5, np.nan])
def test_a_fill_that_a_pixel_cannot_hold_is_refused(transform, setting, fill):
    with pytest.raises(ValueError, match=f"datasets.{transform.__name__}: fill must be a value of dtype uint8"):
        transform(batch((2, 3, 3), np.uint8), **{setting: 1}, fill=fill)


@image_transforms
def test_a_scaled_background_is_a_fill(transform, setting):
    assert transform(batch((2, 3, 3)), 0, **{setting: 1}, fill=-0.4242).dtype == np.float32


def test_noise_needs_numbers_and_a_deviation():
    with pytest.raises(TypeError, match=r"datasets.add_noise: x must be an array of numbers; got <U1"):
        datasets.add_noise(["a"], sigma=1)
    with pytest.raises(ValueError, match=r"datasets.add_noise: sigma must be a finite number of at least 0; got -1"):
        datasets.add_noise([1.0], sigma=-1)
