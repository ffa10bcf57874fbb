"""Samples cut up: into batches, in a new order each time, and into parts that have no sample in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from numbers import Real
from typing import Any, Generic, TypeVar

import numpy as np

from .samples import Array, Samples, Seed, checked, count, generator, switch

D = TypeVar("D", Samples, tuple[Array, ...], Array)


class Batches(Generic[D]):
    """What `batches` returns: each iteration goes through all samples once.

    Attributes
    ----------
    data : Samples, tuple of ndarray or ndarray
        What the batches are taken from.
    batch_size : int
    rng : numpy.random.Generator
    shuffle, drop_last : bool
    """

    def __init__(
        self, data: D, batch_size: int, *, rng: np.random.Generator, shuffle: bool, drop_last: bool, rows: int
    ) -> None:
        self.data: D = data
        self.batch_size = batch_size
        self.rng = rng
        self.shuffle = shuffle
        self.drop_last = drop_last
        self._rows = rows

    def __len__(self) -> int:
        """Batches in one iteration."""
        whole, rest = divmod(self._rows, self.batch_size)
        return whole + bool(rest and not self.drop_last)

    def __iter__(self) -> Iterator[D]:
        order = self.rng.permutation(self._rows) if self.shuffle else np.arange(self._rows)
        starts = range(0, len(self) * self.batch_size, self.batch_size)
        return (taken(self.data, order[start : start + self.batch_size]) for start in starts)

    def __repr__(self) -> str:
        return f"Batches({len(self)} of {self.batch_size} out of {self._rows} samples, shuffle={self.shuffle})"


def batches(
    samples: D, batch_size: int, *, rng: Seed = None, shuffle: bool = True, drop_last: bool = False
) -> Batches[D]:
    """Samples a few at a time; each iteration goes through all of them, in a new order.

    Parameters
    ----------
    samples : Samples, tuple of ndarray or ndarray
        Arrays with one row per sample, as many in each.
    batch_size : int
        Samples in a batch.
    rng : numpy.random.Generator, int or None
        Where the orders are drawn from, one at each iteration; an int is a seed, None draws anew. A Generator is used,
        not copied.
    shuffle : bool
        False keeps the order and draws nothing.
    drop_last : bool
        Whether a last batch of fewer samples is left out.

    Returns
    -------
    Batches
        Can be iterated over any number of times; `len()` is the number of batches. Each batch is of the kind of
        `samples` and shares no memory with it.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the kind or range above.

    Examples
    --------
    >>> import datasets
    >>> epoch = datasets.batches(datasets.xor(), 8, rng=0)
    >>> len(epoch), [len(batch.y) for batch in epoch]
    (3, [8, 8, 5])
    >>> for x, y in datasets.batches(datasets.xor(), 8, shuffle=False, drop_last=True):
    ...     print(y)
    [0 1 0 1 0 1 0 1]
    [0 1 0 0 1 0 1 0]
    """
    rows = row_count(samples, "batches")
    batch_size = count(batch_size, "batches", "batch_size")
    shuffle = switch(shuffle, "batches", "shuffle")
    drop_last = switch(drop_last, "batches", "drop_last")
    source = generator(rng, "batches")
    return Batches(samples, int(batch_size), rng=source, shuffle=shuffle, drop_last=drop_last, rows=rows)


def split(
    samples: Samples | tuple[Array, Array],
    fractions: float | Sequence[float],
    *,
    stratified: bool = False,
    rng: Seed = None,
) -> tuple[Samples, ...]:
    """Cut samples at random into parts: to train on, to validate, to test.

    Parameters
    ----------
    samples : Samples or pair of ndarray
        Inputs and targets, a row of each per sample.
    fractions : float or sequence of float
        The share of each part, all of them together 1. A single share f is that of the second of two parts, as
        (1 − f, f).
    stratified : bool
        Whether every part is given its share of each class; targets are class indices then.
    rng : numpy.random.Generator, int or None
        Which samples go where; an int is a seed, None splits anew at each call.

    Returns
    -------
    tuple of Samples
        The parts. Each has at least one sample, or, stratified, one of each class; the first has what rounding leaves.
        All keep the order of `samples`, and share no memory with it.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the kind or range above, or there are fewer samples, or, stratified, fewer of some
        class, than parts.

    Examples
    --------
    >>> import datasets
    >>> train, test = datasets.split(datasets.xor(), 0.2, rng=0)
    >>> len(train.y), len(test.y)
    (17, 4)
    >>> parts = datasets.split(datasets.polar(50), (0.7, 0.2, 0.1), stratified=True, rng=0)
    >>> [(int(sum(y == 0)), int(sum(y == 1))) for x, y in parts]
    [(35, 35), (10, 10), (5, 5)]
    """
    rows = row_count(samples, "split")
    x, y = checked_pair(samples)
    shares = checked_shares(fractions)
    groups = [np.arange(rows)]
    if switch(stratified, "split", "stratified"):
        if y.ndim != 1 or y.dtype.kind not in "iu":
            raise TypeError(
                "datasets.split: y must be class indices for stratified=True, one whole number per sample; got "
                f"{y.dtype} of shape {y.shape}."
            )
        groups = [np.flatnonzero(y == label) for label in np.unique(y)]
    for group in groups:
        if len(group) < len(shares):
            whose = f"class {y[group[0]]} has" if stratified else "there are"
            raise ValueError(f"datasets.split: {whose} {len(group)} samples, fewer than the {len(shares)} parts.")
    part = parts(groups, rows, shares, generator(rng, "split"))
    return tuple(Samples(x[part == number], y[part == number]) for number in range(len(shares)))


def parts(groups: list[Array], rows: int, shares: list[float], rng: np.random.Generator) -> Array:
    """The number of the part that each row goes to; every part is given its share of each group."""
    part = np.zeros(rows, np.intp)
    for group in groups:
        sizes = [max(1, round(share * len(group))) for share in shares[1:]]
        while sum(sizes) >= len(group):
            sizes[int(np.argmax(sizes))] -= 1
        rest = group
        for number, size in enumerate(sizes, 1):
            part[rng.choice(rest, size, replace=False)] = number
            rest = group[part[group] == 0]
    return part


def checked_pair(samples: Any) -> tuple[Array, Array]:
    """Inputs and targets."""
    if not isinstance(samples, tuple) or len(samples) != 2:
        got = f"{len(samples)} arrays" if isinstance(samples, tuple) else type(samples).__name__
        raise TypeError(f"datasets.split: samples must be a pair of arrays, (x, y); got {got}.")
    x, y = samples
    return x, y


def checked_shares(fractions: Any) -> list[float]:
    """One share per part."""
    wanted = "a share between 0 and 1, both excluded, or one for each part, 1 in all"
    if not isinstance(fractions, Sequence | np.ndarray) or isinstance(fractions, str):
        given: Any = fractions
        share = float(checked(given, Real, lambda share: 0 < share < 1, "split", "fractions", wanted))
        return [1 - share, share]
    message = f"datasets.split: fractions must be {wanted}; got {fractions!r}."
    if not all(isinstance(share, Real) and not isinstance(share, bool) for share in fractions):
        raise TypeError(message)
    shares = [float(share) for share in fractions]
    if not shares or not all(share > 0 for share in shares) or abs(sum(shares) - 1) > 1e-6:
        raise ValueError(message)
    return shares


def row_count(data: Any, function: str) -> int:
    """How many samples there are, the same number in every array."""
    arrays = data if isinstance(data, tuple) else (data,)
    if not arrays or not all(isinstance(array, np.ndarray) for array in arrays):
        kinds = ", ".join(type(array).__name__ for array in arrays) or "nothing"
        raise TypeError(f"datasets.{function}: samples must be Samples, a tuple of NumPy arrays or one; got {kinds}.")
    shapes = [array.shape for array in arrays]
    rows = {shape[:1] for shape in shapes}
    if len(rows) > 1 or () in rows or (0,) in rows:
        raise ValueError(
            f"datasets.{function}: samples must be arrays with one row per sample, as many in each, and at least one; "
            f"got the shapes {', '.join(map(str, shapes))}."
        )
    return len(arrays[0])


def taken(data: D, rows: Array) -> D:
    """Some rows of every array, in the tuple that they came in."""
    if isinstance(data, Samples):
        return Samples(data.x[rows], data.y[rows])
    if isinstance(data, tuple):
        return tuple(array[rows] for array in data)
    return data[rows]
