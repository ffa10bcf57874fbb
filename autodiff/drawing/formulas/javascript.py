"""Formulas as JavaScript, for pages that compute: elementwise primitives over g, out and the inputs, one number each.

Operators and `Math` do most of it; what they lack are functions of `chalk`, an object that `runtime` defines.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any

from ...ops.activations import _ERF_NEAR, _ERFC_FAR
from .expression import Call, Constant, Expression, Name, is_ours, number

_OPERATORS = {
    "add": "+", "sub": "-", "mul": "*", "div": "/", "equal": "===", "not_equal": "!==", "less": "<",
    "less_equal": "<=", "greater": ">", "greater_equal": ">=", "logical_and": "&&", "logical_or": "||",
}  # fmt: skip
_MATH = {
    "abs": "abs", "sqrt": "sqrt", "exp": "exp", "expm1": "expm1", "log": "log", "log1p": "log1p", "log2": "log2",
    "log10": "log10", "cbrt": "cbrt", "sin": "sin", "cos": "cos", "tan": "tan", "arcsin": "asin", "arccos": "acos",
    "arctan": "atan", "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "arcsinh": "asinh", "arccosh": "acosh",
    "arctanh": "atanh", "arctan2": "atan2", "hypot": "hypot", "maximum": "max", "minimum": "min", "pow": "pow",
    "sign": "sign",
}  # fmt: skip
_TEMPLATES: dict[str, str] = {
    "neg": "(-{0})", "square": "({0} * {0})", "reciprocal": "(1 / {0})", "exp2": "Math.pow(2, {0})",
    "deg2rad": f"({{0}} * {math.pi / 180.0!r})", "rad2deg": f"({{0}} * {180.0 / math.pi!r})",
    "where": "({0} ? {1} : {2})", "logical_not": "(!{0})", "relu": "Math.max({0}, 0)", "copy": "(+{0})",
    "astype": "(+{0})", "clip": "Math.min(Math.max({0}, {1}), {2})", "floor_divide": "Math.floor({0} / {1})",
}  # fmt: skip
_RUNTIME = {
    "mod", "sigmoid", "softplus", "silu", "logaddexp", "log_sigmoid", "erf", "gelu", "leaky_relu", "elu",
    "sigmoid_cross_entropy", "binary_cross_entropy",
}  # fmt: skip
#: Static settings that a function of the runtime takes after its arguments.
_SETTINGS = {"leaky_relu": "negative_slope", "elu": "alpha", "gelu": "approximate"}


def javascript(expression: Expression) -> str:
    """An expression as JavaScript.

    Raises
    ------
    ValueError
        If it calls what has no JavaScript here.

    Examples
    --------
    >>> import autodiff as ad
    >>> javascript(Call(ad.mul, (Name("g"), Call(ad.cos, (Name("x"),)))))
    '(g * Math.cos(x))'
    """
    if isinstance(expression, Name):
        return expression.name
    if isinstance(expression, Constant):
        value = number(expression)
        if value is None:
            raise ValueError("an array is no number, so this formula has no JavaScript.")
        return literal(value)
    assert isinstance(expression, Call)
    name, operands = expression.name, [javascript(operand) for operand in expression.operands]
    if not is_ours(expression):
        raise ValueError(f"{name} has no JavaScript: it was declared outside of autodiff.")
    if name in _OPERATORS:
        return f"({operands[0]} {_OPERATORS[name]} {operands[1]})"
    if name in _MATH:
        return f"Math.{_MATH[name]}({', '.join(operands)})"
    if name in _TEMPLATES:
        return _TEMPLATES[name].format(*operands)
    if name in _RUNTIME:
        setting = [literal(expression.static[_SETTINGS[name]])] if name in _SETTINGS else []
        return f"chalk.{name}({', '.join(operands + setting)})"
    raise ValueError(f"{name} has no JavaScript: only elementwise primitives have.")


def literal(value: Any) -> str:
    """A Python number, bool or string as a JavaScript literal.

    Examples
    --------
    >>> literal(0.5), literal(float("inf")), literal("tanh")
    ('0.5', 'Infinity', '"tanh"')
    """
    if isinstance(value, str) and value.isidentifier():
        return f'"{value}"'
    value = float(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "(-Infinity)"
    return repr(value) if value >= 0 and not math.copysign(1, value) < 0 else f"({value!r})"


def _polynomial(coefficients: tuple[float, ...]) -> str:
    """Horner's rule in x, highest power first."""
    text = repr(coefficients[0])
    for coefficient in coefficients[1:]:
        text = f"({text} * x + {coefficient!r})"
    return text


def _ratio(polynomials: tuple[tuple[float, ...], tuple[float, ...]]) -> str:
    return f"x => {_polynomial(polynomials[0])} / {_polynomial(polynomials[1])}"


#: The functions that `Math` lacks; the same formulas as the engine's forwards. Each may call those above it.
_FUNCTIONS = {
    "near": _ratio(_ERF_NEAR),
    "far": _ratio(_ERFC_FAR),
    "erf": """x => {
    const size = Math.min(Math.abs(x), 6);
    if (size <= 0.46875) return x * near(x * x);
    return Math.sign(x) * (1 - Math.exp(-size * size) * far(size));
  }""",
    "sigmoid": "x => 1 / (1 + Math.exp(-x))",
    "logaddexp": "(x, y) => x === y ? x + Math.LN2 : Math.max(x, y) + Math.log1p(Math.exp(-Math.abs(x - y)))",
    "softplus": "x => logaddexp(x, 0)",
    "bounded": "(x, value) => x > 3.7200759760208356e-44 ? value : -100",
    "log_sigmoid": "x => -softplus(-x)",
    "silu": "x => x * sigmoid(x)",
    "mod": "(x, y) => { const rest = x % y; return rest !== 0 && (rest < 0) !== (y < 0) ? rest + y : rest; }",
    "leaky_relu": "(x, slope) => x > 0 ? x : slope * x",
    "elu": "(x, alpha) => x > 0 ? x : alpha * Math.expm1(x)",
    "gelu": """(x, approximate) => approximate === "tanh"
    ? 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * x * (1 + 0.044715 * x * x)))
    : 0.5 * x * (1 + erf(x * Math.SQRT1_2))""",
    "sigmoid_cross_entropy": "(x, y) => Math.max(x, 0) - x * y + Math.log1p(Math.exp(-Math.abs(x)))",
    "binary_cross_entropy": "(x, y) => -y * bounded(x, Math.log(x)) - (1 - y) * (x < 1 ? Math.log1p(-x) : -100)",
}


def runtime(codes: Iterable[str]) -> str:
    """JavaScript that defines `chalk` with the functions that these formulas call, and nothing if they call none.

    Examples
    --------
    >>> print(runtime(["(g * chalk.sigmoid(x))"]))
    const chalk = (() => {
      const sigmoid = x => 1 / (1 + Math.exp(-x));
      return { sigmoid };
    })();
    >>> runtime(["(g * y)"])
    ''
    """
    called = set(re.findall(r"chalk\.(\w+)", " ".join(codes)))
    needed = set(called)
    for name in reversed(_FUNCTIONS):
        if name in needed:
            needed |= {other for other in _FUNCTIONS if re.search(rf"\b{other}\(", _FUNCTIONS[name])}
    lines = [f"  const {name} = {code};" for name, code in _FUNCTIONS.items() if name in needed]
    given = ", ".join(name for name in _FUNCTIONS if name in called)
    return "\n".join(["const chalk = (() => {", *lines, f"  return {{ {given} }};", "})();"]) if called else ""


#: JavaScript that defines `chalk` with all of its functions.
RUNTIME = runtime(f"chalk.{name}" for name in _RUNTIME) + "\n"
