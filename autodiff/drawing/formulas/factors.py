"""Looks at products: their factors, their sign, and what is left of them without a factor.

What writing a formula needs to know of its tree beside precedence.
"""

from __future__ import annotations

import numpy as np

from .expression import Call, Constant, Expression, Name, is_ours, names, number

#: What changes only the layout in memory: inside a formula the operand itself says enough.
BOOKKEEPING = {"reshape", "expand_dims", "squeeze", "broadcast_to", "copy", "astype"}


def factors(expression: Expression) -> list[Expression]:
    """The factors of a product: multiplication is associative, so products in products need no parentheses.

    Examples
    --------
    >>> import autodiff as ad
    >>> factors(Call(ad.mul, (Name("g"), Call(ad.mul, (Name("x"), Name("y"))))))
    [Name(name='g'), Name(name='x'), Name(name='y')]
    """
    if isinstance(expression, Call) and expression.name == "mul" and expression.primitive is not None:
        return [factor for operand in expression.operands for factor in factors(operand)]
    if isinstance(expression, Call) and expression.name in BOOKKEEPING:
        return factors(expression.operands[0])
    return [expression]


def product_without(expression: Expression, name: str) -> Expression | None:
    """The expression without a factor that is this name; None where the name is no factor of it.

    Examples
    --------
    >>> import autodiff as ad
    >>> product_without(Call(ad.mul, (Name("g"), Name("y"))), "g").operands
    (Constant(value=1.0), Name(name='y'))
    """
    if isinstance(expression, Name):
        return Constant(1.0) if expression.name == name else None
    if not isinstance(expression, Call) or expression.name not in ("mul", "div", "neg", *BOOKKEEPING):
        return None
    first, *others = expression.operands
    left = product_without(first, name)
    if left is not None and not any(name in names(other) for other in others):
        return left if expression.name in BOOKKEEPING else Call(expression.function, (left, *others))
    if expression.name == "mul" and name not in names(first):
        right = product_without(others[0], name)
        return None if right is None else Call(expression.function, (first, right))
    return None


def opposite(expression: Expression) -> Expression | None:
    """x where the expression is -x, or a product with such a factor; None where it has no minus to take out.

    Examples
    --------
    >>> opposite(Constant(-2.0)), opposite(Constant(2.0))
    (Constant(value=2.0), None)
    """
    if isinstance(expression, Call) and expression.name == "neg":
        return expression.operands[0]
    if isinstance(expression, Call) and expression.name in ("mul", "div") and is_ours(expression):
        for i, operand in enumerate(expression.operands):
            positive = opposite(operand)
            if positive is not None:
                operands = (*expression.operands[:i], positive, *expression.operands[i + 1 :])
                return Call(expression.function, operands, expression.static)
        return None
    value = number(expression)
    return Constant(-value) if value is not None and (value < 0 or (value == 0 and np.signbit(value))) else None


def guards(condition: Expression) -> bool:
    """Whether a condition singles out zeros.

    Examples
    --------
    >>> import numpy as np
    >>> guards(Call(np.equal, (Name("out"), Constant(0)))), guards(Call(np.greater, (Name("x"), Constant(0))))
    (True, False)
    """
    if not isinstance(condition, Call):
        return False
    if condition.name == "logical_and":
        return guards(condition.operands[0])
    return condition.name == "equal" and number(condition.operands[1]) == 0
