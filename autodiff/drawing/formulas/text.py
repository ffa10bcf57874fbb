"""Formulas as plain Unicode: one line, no markup, for the edges of pictures and for titles."""

from __future__ import annotations

_RAISED = str.maketrans("0123456789−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


class PlainText:
    """The writer of plain text: fractions are slashes, exponents are raised digits where there are such."""

    stacked = False

    def identifier(self, name: str) -> str:
        return name

    def number(self, digits: str) -> str:
        return digits

    def operator(self, sign: str, spaced: bool = True) -> str:
        return f" {sign} " if spaced else sign

    def words(self, words: str) -> str:
        return words

    def row(self, *parts: str) -> str:
        return "".join(parts)

    def fraction(self, above: str, below: str) -> str:
        return f"{above} / {below}"

    def power(self, base: str, exponent: str) -> str:
        raised = exponent.translate(_RAISED)
        return base + raised if set(exponent) <= set("0123456789−") else f"{base}^{exponent}"

    def root(self, radicand: str, degree: int) -> str:
        return ("√" if degree == 2 else "∛") + radicand
