"""Formulas and claims as nested tuples, for `stress.py`, and how they are handed to the prover."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

Tree = tuple[Any, ...]
Point = dict[str, Fraction]


# -- trees: ("n", q) ("v", name) ("+", a, b) ("*", a, b) ("/", a, b) ("^", a, n) ("r", a, p, q) ("e", a, b)
#    ("f", name, a) ("max", a, b) ("min", a, b) ("if", condition, a, b) ("g", order, a) ("d", a, name, order)
#    conditions: (relation, a, b) ("and", c, d) ("or", c, d) ("not", c)
def num(p: int | Fraction, q: int = 1) -> Tree:
    return ("n", Fraction(p, q) if q != 1 else Fraction(p))


def fun(name: str, a: Tree) -> Tree:
    return ("f", name, a)


def minus(a: Tree, b: Tree) -> Tree:
    return ("+", a, ("*", num(-1), b))


RELATIONS: dict[str, Callable[[int], bool]] = {
    "<": lambda s: s < 0, "<=": lambda s: s <= 0, ">": lambda s: s > 0, ">=": lambda s: s >= 0, "==": lambda s: s == 0, "!=": lambda s: s != 0,
}  # fmt: skip


# -- how trees are handed to the prover ------------------------------------------------------------------
def to_sympy(t: Tree, symbols: dict[str, Any]) -> Any:
    """The tree as SymPy builds it without simplifying."""
    import sympy as sp

    from symbolic.grammar._algebra import Algebra
    from symbolic.grammar._functions import FUNCTIONS as NAMED

    def go(t: Tree) -> Any:
        kind = t[0]
        if kind == "n":
            return sp.Rational(t[1].numerator, t[1].denominator)
        if kind == "v":
            return {"pi": sp.pi, "e": sp.E}.get(t[1]) or symbols.setdefault(t[1], sp.Symbol(t[1], real=True))
        if kind in ("+", "*"):
            return (sp.Add if kind == "+" else sp.Mul)(go(t[1]), go(t[2]), evaluate=False)
        if kind == "/":
            return sp.Mul(go(t[1]), sp.Pow(go(t[2]), -1, evaluate=False), evaluate=False)
        if kind == "^":
            return sp.Pow(go(t[1]), t[2], evaluate=False)
        if kind == "r":
            return sp.Pow(go(t[1]), sp.Rational(t[2], t[3]), evaluate=False)
        if kind == "e":
            return sp.Pow(go(t[1]), go(t[2]), evaluate=False)
        if kind == "f":
            return NAMED[t[1]][2](Algebra(False), go(t[2]))
        if kind in ("max", "min"):
            return (sp.Max if kind == "max" else sp.Min)(go(t[1]), go(t[2]), evaluate=False)
        if kind == "if":
            return sp.Piecewise((go(t[2]), condition(t[1])), (go(t[3]), True), evaluate=False)
        if kind == "g":
            x = sp.Dummy("x", real=True)
            inner = sp.Function("g", real=True)(x)
            return (
                sp.Subs(sp.Derivative(inner, (x, t[1])), x, go(t[2]))
                if t[1]
                else inner.xreplace({x: go(t[2])})
            )
        body, x = go(t[1]), go(("v", t[2]))
        return sp.Expr.__new__(sp.Derivative, body, sp.Tuple(x, sp.Integer(t[3])))

    def condition(c: Tree) -> Any:
        if c[0] in ("and", "or", "not"):
            return {"and": sp.And, "or": sp.Or, "not": sp.Not}[c[0]](*map(condition, c[1:]), evaluate=False)
        relation = {"<": sp.Lt, "<=": sp.Le, ">": sp.Gt, ">=": sp.Ge, "==": sp.Eq, "!=": sp.Ne}[c[0]]
        return relation(go(c[1]), go(c[2]), evaluate=False)

    return condition(t) if t[0] in (*RELATIONS, "and", "or", "not") else go(t)


# -- claims ----------------------------------------------------------------------------------------------
@dataclass
class Claim:
    """Two trees, hypotheses as conditions, assumptions of symbols, and points at which it may well fail."""

    family: str
    lhs: Tree
    rhs: Tree
    given: list[Tree] = field(default_factory=list)
    symbols: dict[str, dict[str, bool]] = field(default_factory=dict)
    points: list[Point] = field(default_factory=list)
    determine: dict[str, Tree] = field(
        default_factory=dict
    )  # variables that equations among the hypotheses fix


def names_in(*trees: Any) -> set[str]:
    found, stack = set(), list(trees)
    while stack:
        t = stack.pop()
        if isinstance(t, tuple):
            if t[0] == "v":
                found |= {t[1]} - {"pi", "e"}
            if t[0] == "d":
                found |= {t[2]}
            stack.extend(t[1:])
    return found


def numbers_in(*trees: Any) -> set[Fraction]:
    found, stack = set(), list(trees)
    while stack:
        t = stack.pop()
        if isinstance(t, tuple):
            found |= {t[1]} if t[0] == "n" else set()
            stack.extend(t[1:])
    return found
