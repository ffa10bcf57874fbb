"""Parameter and Buffer: the two kinds of Tensor that a module owns. One is learned, the other only kept and saved."""

from __future__ import annotations

from typing import Any

import autodiff as ad


class Parameter(ad.Tensor):
    """A Tensor that a module learns: a leaf that requires grad, found by `Module.parameters`.

    Parameters
    ----------
    data : array_like of floats
        Copied.
    requires_grad : bool
        False for a parameter that stays as it is.
    name : str, optional
        Shown in errors and drawings; by default the attribute's path in the module.

    Examples
    --------
    >>> import nn
    >>> nn.Parameter([1.0, 2.0])
    Tensor([1., 2.], requires_grad=True)
    """

    __slots__ = ()

    def __init__(self, data: Any, requires_grad: bool = True, name: str | None = None, *, copy: bool = True) -> None:
        super().__init__(data, requires_grad, name, copy=copy)


class Buffer(ad.Tensor):
    """A Tensor that a module keeps and does not learn: running statistics, say. Saved with the parameters.

    Parameters
    ----------
    data : array_like of numbers
        Copied.
    name : str, optional
        Shown in errors and drawings; by default the attribute's path in the module.

    Notes
    -----
    A module whose attribute is a Buffer takes a plain Tensor for it, as in PyTorch: `self.count = self.count + 1` makes
    that Tensor's values a new Buffer of the same name. What was computed with the former one stays valid. To change
    the values in place, assign to `.data`.

    Examples
    --------
    >>> import nn
    >>> nn.Buffer([0.0, 1.0])
    Tensor([0., 1.])
    """

    __slots__ = ()

    def __init__(self, data: Any, name: str | None = None, *, copy: bool = True) -> None:
        super().__init__(data, False, name, copy=copy)
