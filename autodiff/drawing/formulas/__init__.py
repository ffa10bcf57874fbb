"""The formula of every rule, got by running the rule on symbols: what is drawn is what is computed.

`symbols` runs a rule and notes an `expression`; `examples` finds operands to run it on; `writing` turns expressions
into `text` and `mathml`, `javascript` into code; `formula` is the way in. Reads primitives, changes nothing.
"""

from .formula import Formula, derivative, forward_formula
from .javascript import RUNTIME, runtime

__all__ = ["RUNTIME", "Formula", "derivative", "forward_formula", "runtime"]
