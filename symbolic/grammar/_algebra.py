"""Builds SymPy expressions, with or without SymPy's simplifications at construction.

The prover reads formulas *unevaluated*: x/x must keep its hole at 0, and 0·log(-1) must stay undefined.
Users get *evaluated* expressions, and a limit that is checked before any number is computed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy as sp

MAX_EXPONENT = 1_000  # a numeric exponent; notes have fewer than 10
MAX_BITS = 20_000  # of a number that a power would produce


class TooLarge(Exception):
    """A power whose value would be too large to write down; the message says which."""


@dataclass(frozen=True, slots=True)
class Algebra:
    """The operations of formulas.

    Parameters
    ----------
    evaluate : bool
        Whether SymPy may simplify while it builds.
    """

    evaluate: bool

    def add(self, *terms: sp.Expr) -> sp.Expr:
        return sp.Add(*terms, evaluate=self.evaluate)

    def mul(self, *factors: sp.Expr) -> sp.Expr:
        return sp.Mul(*factors, evaluate=self.evaluate)

    def neg(self, term: sp.Expr) -> sp.Expr:
        return -term if term.is_Rational else self.mul(sp.S.NegativeOne, term)

    def div(self, numerator: sp.Expr, denominator: sp.Expr) -> sp.Expr:
        if self.evaluate and denominator.is_zero:
            raise TooLarge("Division by zero: the formula has no value anywhere.")
        if denominator.is_Rational and denominator != 0 and numerator.is_Rational:
            return numerator / denominator
        return self.mul(numerator, sp.Pow(denominator, sp.S.NegativeOne, evaluate=self.evaluate))

    def pow(self, base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
        if not self.evaluate:
            return sp.Pow(base, exponent, evaluate=False)
        _check_power(base, exponent)
        if base is sp.E:
            return self.exp(exponent)
        return sp.Pow(base, exponent, evaluate=not _may_explode(exponent))

    def exp(self, exponent: sp.Expr) -> sp.Expr:
        return sp.exp(exponent, evaluate=self.evaluate and not _may_explode(exponent))

    def sqrt(self, radicand: sp.Expr) -> sp.Expr:
        return self.pow(radicand, sp.S.Half)

    def call(self, function: Callable[..., Any], *arguments: sp.Expr) -> sp.Expr:
        """Apply a SymPy function; comparisons of towers of constants stay unevaluated."""
        simple = all(a.free_symbols or a.is_Rational or a.is_Atom for a in arguments)
        return function(*arguments, evaluate=self.evaluate and simple)

    def piecewise(self, *branches: tuple[sp.Expr, Any]) -> sp.Expr:
        simple = all(c in (sp.true, sp.false) or c.free_symbols for _, c in branches)
        return sp.Piecewise(*branches, evaluate=self.evaluate and simple)


def _check_power(base: sp.Expr, exponent: sp.Expr) -> None:
    if not exponent.is_Rational:
        if base.is_Rational and not exponent.free_symbols and _numeric_tower(exponent):
            raise TooLarge("A tower of powers of numbers is not computed; write its value.")
        return
    size = max(abs(int(exponent)), abs(exponent.p) if not exponent.is_Integer else 0)
    if size > MAX_EXPONENT:
        raise TooLarge(f"The exponent is larger than {MAX_EXPONENT}.")
    bits = sum(_bits(number) for number in base.atoms(sp.Rational))
    inner = [abs(int(p.exp.p)) for p in base.atoms(sp.Pow) if p.exp.is_Rational]
    if (bits + sum(inner)) * size > MAX_BITS:
        raise TooLarge(f"The power would have more than {MAX_BITS} binary digits.")


def _bits(number: sp.Rational) -> int:
    return int(max(abs(int(number.p)).bit_length(), int(number.q).bit_length()))


def _numeric_tower(exponent: sp.Expr) -> bool:
    return any(p.base.is_Rational for p in exponent.atoms(sp.Pow) if p.exp.is_Rational and p.exp > 1)


def _may_explode(exponent: sp.Expr) -> bool:
    # SymPy turns exp(n*log(2)) into 2**n, whatever n is.
    return bool(exponent.has(sp.log)) and any(abs(n.p) > MAX_EXPONENT for n in exponent.atoms(sp.Rational))
