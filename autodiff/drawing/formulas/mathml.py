"""Formulas as presentation MathML, which every current browser shows without a script or a font from elsewhere."""

from __future__ import annotations

from html import escape


class MathML:
    """The writer of MathML: everything that comes from names is escaped."""

    stacked = True

    def identifier(self, name: str) -> str:
        return f"<mi>{escape(name)}</mi>"

    def number(self, digits: str) -> str:
        return f"<mn>{escape(digits)}</mn>"

    def operator(self, sign: str, spaced: bool = True) -> str:
        if not sign.strip():
            return "<mo>&#x2062;</mo>"  # an invisible times
        return f"<mo>{escape(sign.strip())}</mo>"

    def words(self, words: str) -> str:
        return f"<mtext>{escape(words).replace(' ', '&#xA0;')}</mtext>"

    def row(self, *parts: str) -> str:
        return f"<mrow>{''.join(parts)}</mrow>"

    def fraction(self, above: str, below: str) -> str:
        return f"<mfrac>{above}{below}</mfrac>"

    def power(self, base: str, exponent: str) -> str:
        return f"<msup>{base}{exponent}</msup>"

    def root(self, radicand: str, degree: int) -> str:
        return f"<msqrt>{radicand}</msqrt>" if degree == 2 else f"<mroot>{radicand}<mn>3</mn></mroot>"
