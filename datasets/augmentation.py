"""Samples changed a little at random, so that a network learns what does not matter.

Each function takes a batch and a generator first and its settings by name, so that `functools.partial` of it is a
transform of `(x, rng)`.
"""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral, Real
from typing import Any

import numpy as np
import numpy.typing as npt

from .preprocessing import floating
from .samples import Array, Seed, checked, deviation, generator


def add_noise(x: npt.ArrayLike, rng: Seed = None, *, sigma: float) -> Array:
    """Add noise from N(0, sigma²) to every number.

    Parameters
    ----------
    x : array_like
        Of any shape.
    rng : numpy.random.Generator, int or None
        Where the noise is drawn from; an int is a seed, None draws anew at each call.
    sigma : float
        Standard deviation of the noise, in the unit of `x`.

    Returns
    -------
    ndarray
        In a new array of the shape of `x`: floats in their dtype, whole numbers as float32, or float64 for those of
        32 and 64 bits. Nothing is clipped.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the kind or range above.

    Examples
    --------
    >>> import datasets
    >>> import functools
    >>> noisy = functools.partial(datasets.add_noise, sigma=0.5)
    >>> x, y = datasets.xor()
    >>> noisy(x, 0).dtype, bool((noisy(x, 0) == noisy(x, 0)).all())
    (dtype('float32'), True)
    """
    values = np.asarray(x)
    if values.dtype.kind not in "biuf":
        raise TypeError(f"datasets.add_noise: x must be an array of numbers; got {values.dtype}.")
    sigma = deviation(sigma, "add_noise")
    source = generator(rng, "add_noise")
    dtype = floating(values.dtype)
    # Generators draw in these two precisions.
    noise = source.standard_normal(values.shape, np.float32 if dtype.itemsize <= 4 else np.float64)
    noise *= sigma
    return np.asarray(values + noise, dtype=dtype)


def shift_images(x: npt.ArrayLike, rng: Seed = None, *, pixels: int, fill: float = 0) -> Array:
    """Move every image by whole pixels, each by its own draw.

    Parameters
    ----------
    x : array_like of shape (samples, height, width) or (samples, channels, height, width)
        The channels of an image move together.
    rng : numpy.random.Generator, int or None
        Where the shifts are drawn from; an int is a seed, None draws anew at each call.
    pixels : int
        The largest shift; both of an image's, down and right, are uniform on −pixels … pixels.
    fill : float
        What moves in at the borders, in the unit of `x`: the background.

    Returns
    -------
    ndarray
        In a new array of the shape and dtype of `x`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the kind or range above.

    Examples
    --------
    >>> import datasets
    >>> import numpy as np
    >>> dot = np.zeros((1, 3, 3), np.uint8)
    >>> dot[0, 1, 1] = 9
    >>> datasets.shift_images(dot, 0, pixels=1)  # down by 1, right by 0
    array([[[0, 0, 0],
            [0, 0, 0],
            [0, 9, 0]]], dtype=uint8)
    """
    images = checked_images(x, "shift_images")
    reach = checked(pixels, Integral, lambda p: p >= 0, "shift_images", "pixels", "a whole number of at least 0")
    check_fill(fill, images.dtype, "shift_images")
    down, right = generator(rng, "shift_images").integers(0, 2 * reach + 1, (2, len(images)))
    border = [(0, 0)] * (images.ndim - 2) + [(reach, reach)] * 2
    padded = np.pad(images, border, constant_values=fill)
    windows = np.lib.stride_tricks.sliding_window_view(padded, images.shape[-2:], axis=(-2, -1))
    # What moves down by d shows the window that starts d further up.
    shifted: Array = windows[np.arange(len(images)), ..., 2 * reach - down, 2 * reach - right, :, :]
    return shifted


def rotate_images(x: npt.ArrayLike, rng: Seed = None, *, degrees: float, fill: float = 0) -> Array:
    """Turn every image about its centre, each by its own draw.

    Parameters
    ----------
    x : array_like of shape (samples, height, width) or (samples, channels, height, width)
        The channels of an image turn together.
    rng : numpy.random.Generator, int or None
        Where the angles are drawn from; an int is a seed, None draws anew at each call.
    degrees : float
        The largest angle; each is uniform on −degrees … degrees.
    fill : float
        What moves in at the corners, in the unit of `x`: the background.

    Returns
    -------
    ndarray
        In a new array of the shape and dtype of `x`, interpolated between the four nearest pixels; whole numbers are
        rounded.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the kind or range above.
    ImportError
        If SciPy is missing.

    Examples
    --------
    >>> import datasets
    >>> import numpy as np
    >>> images = np.ones((2, 1, 8, 8), np.float32)
    >>> turned = datasets.rotate_images(images, 0, degrees=15)
    >>> turned.shape, bool(turned[0, 0, 4, 4] == 1), bool(turned[0, 0, 0, 0] < 1)
    ((2, 1, 8, 8), True, True)
    """
    images = checked_images(x, "rotate_images")
    wanted = "a number from 0 to 180"
    limit = float(checked(degrees, Real, lambda d: 0 <= d <= 180, "rotate_images", "degrees", wanted))
    check_fill(fill, images.dtype, "rotate_images")
    return rotated(images, generator(rng, "rotate_images").uniform(-limit, limit, len(images)), fill)


def rotated(images: Array, degrees: Array, fill: float = 0) -> Array:
    """Each image turned counter-clockwise by its angle."""
    try:
        from scipy.ndimage import affine_transform
    except ModuleNotFoundError as error:
        raise ImportError(
            'datasets.rotate_images: turning images needs SciPy, which is not installed; pip install "chalkgrad[data]" '
            "installs it."
        ) from error
    height, width = images.shape[-2:]
    centre = np.array([height - 1, width - 1]) / 2
    planes = images.reshape(len(images), *images.shape[1:-2] or (1,), height, width)
    whole = images.dtype.kind != "f"
    source = planes.astype(np.float32) if whole or images.dtype.itemsize < 4 else planes
    result = np.empty_like(source)
    # One call for each image is faster than map_coordinates on all of them.
    for image, into, angle in zip(source, result, np.deg2rad(degrees)):
        cosine, sine = np.cos(angle), np.sin(angle)
        turn = np.array([[cosine, sine], [-sine, cosine]])
        for plane, out in zip(image, into):
            affine_transform(plane, turn, centre - turn @ centre, output=out, order=1, mode="grid-constant", cval=fill)
    return (np.rint(result) if whole else result).astype(images.dtype, copy=False).reshape(images.shape)


def checked_images(x: npt.ArrayLike, function: str) -> Array:
    """Images of one channel or several."""
    images = np.asarray(x)
    if images.dtype.kind not in "iuf":
        raise TypeError(f"datasets.{function}: x must be an array of numbers; got {images.dtype}.")
    if images.ndim not in (3, 4) or 0 in images.shape[-2:]:
        raise ValueError(
            f"datasets.{function}: x must be images of shape (samples, height, width) or (samples, channels, height, "
            f"width); got {images.shape}."
        )
    return images


def check_fill(fill: float, dtype: np.dtype[Any], function: str) -> None:
    """A pixel must be able to have this value."""
    limits = np.finfo(dtype) if dtype.kind == "f" else np.iinfo(dtype)
    valid: Callable[[float], bool] = lambda f: limits.min <= f <= limits.max and (dtype.kind == "f" or f == int(f))
    checked(fill, Real, valid, function, "fill", f"a value of dtype {dtype}")
