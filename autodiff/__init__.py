"""A reverse-mode automatic differentiation engine on NumPy, small enough to read in an evening.

Begin with `tensor`, then `primitive` (an operation and its rules), `backward` (the walk) and `ops` (the tables of
calculus). Everything public is here.
"""

from typing import TYPE_CHECKING, Any

from . import ops
from .check import GradientCheckError, gradcheck, gradgradcheck
from .checkpoint import checkpoint
from .functional import grad, gradients, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from .graph import Node
from .modes import enable_grad, is_grad_enabled, no_grad, scope, strong_zeros
from .observe import AnomalyError, detect_anomaly, record
from .ops import *  # noqa: F403
from .primitive import REGISTRY, Primitive, primitive
from .tensor import Tensor, mark_changed

if TYPE_CHECKING:
    from .drawing import draw
    from .drawing.explain import explain

__version__ = "0.1.0"

__all__ = [
    "REGISTRY",
    "AnomalyError",
    "GradientCheckError",
    "Node",
    "Primitive",
    "Tensor",
    "__version__",
    "checkpoint",
    "detect_anomaly",
    "draw",
    "enable_grad",
    "explain",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "gradients",
    "hessian",
    "hvp",
    "is_grad_enabled",
    "jacobian",
    "jvp",
    "mark_changed",
    "no_grad",
    "primitive",
    "record",
    "scope",
    "strong_zeros",
    "value_and_grad",
    "vjp",
]
__all__ += ops.__all__


def __getattr__(name: str) -> Any:
    """What most programs do without is loaded on first use."""
    if name == "draw":
        from .drawing import draw

        return draw
    if name == "explain":
        from .drawing.explain import explain

        return explain
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), "draw", "explain"]
