"""Module, what every layer, loss and network is made of, and what it is made of itself.

`module` computes, trains, saves and shows; `tree` finds the parts among the attributes, `parameter` has the two kinds
of Tensor that are parts, `hooks` what is called around `forward`; `loading` checks states, `summary` writes the repr,
and `stateless` calls a module as a function of its parameters.
"""

from .module import Module
from .parameter import Buffer, Parameter
from .stateless import functional_call

__all__ = ["Buffer", "Module", "Parameter", "functional_call"]
