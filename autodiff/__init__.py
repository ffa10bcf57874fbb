"""A reverse-mode automatic differentiation engine on NumPy, small enough to read in an evening."""

from .graph import Node
from .modes import enable_grad, is_grad_enabled, no_grad, scope, strong_zeros
from .observe import AnomalyError, detect_anomaly, record
from .ops import *  # noqa: F403
from .ops import __all__ as _operations
from .primitive import REGISTRY, Primitive, primitive
from .tensor import Tensor

__version__ = "0.1.0"
