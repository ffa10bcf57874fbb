"""The layer that turns indices into vectors."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .. import functional
from ..arguments import floating, positive
from ..functional.layers import row
from ..module import Module, Parameter
from ..random import Seed, generator


class Embedding(Module):
    """A table of learned vectors: for each index its row.

    Parameters
    ----------
    num_embeddings, embedding_dim : int
        Rows of the table, and their length.
    padding_idx : int, optional
        The row that stands for padding: initially 0, and never learned. A negative one counts from the end.
    dtype : dtype
        Of the table, floating-point.
    rng : numpy.random.Generator or int, optional
        Where the initial values are drawn from, or a seed; the default of `nn.manual_seed` without it.

    Attributes
    ----------
    weight : Parameter of shape (num_embeddings, embedding_dim)
        Initially normal, with mean 0 and standard deviation 1, PyTorch's default.

    Raises
    ------
    ValueError
        If a setting is out of range.
    TypeError
        If the dtype is not a floating-point one, or indices are not integers.
    IndexError
        If an index is out of range: which one, and where.

    Examples
    --------
    >>> import numpy as np, nn
    >>> nn.Embedding(10, 3)(np.array([[1, 2], [2, 9]])).shape
    (2, 2, 3)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        *,
        dtype: npt.DTypeLike = np.float32,
        rng: Seed = None,
    ) -> None:
        caller = f"Embedding({num_embeddings}, {embedding_dim})"
        self.num_embeddings = positive(num_embeddings, "num_embeddings", caller)
        self.embedding_dim = positive(embedding_dim, "embedding_dim", caller)
        self.padding_idx = None if padding_idx is None else row(padding_idx, self.num_embeddings, caller)
        dtype, rng = floating(dtype, caller), generator(rng)
        table = rng.standard_normal((num_embeddings, embedding_dim)).astype(dtype)
        if self.padding_idx is not None:
            table[self.padding_idx] = 0
        self.weight = Parameter(table)

    def forward(self, indices: Any) -> Any:
        """Map integers of any shape to vectors: (..., embedding_dim)."""
        try:
            return functional.embedding(indices, self.weight, self.padding_idx)
        except (IndexError, TypeError) as error:
            raise type(error)(f"Embedding({self.extra_repr()}): {str(error).removeprefix('embedding: ')}") from error

    def extra_repr(self) -> str:
        """The size of the table, and the row for padding."""
        size = f"{self.num_embeddings}, {self.embedding_dim}"
        return size if self.padding_idx is None else f"{size}, padding_idx={self.padding_idx}"
