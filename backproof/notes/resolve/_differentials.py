"""Fractions of differentials: ``\\frac{dL}{dz}``, ``\\frac{d}{dz}``, ``dL/dz`` in a line, mixed second derivatives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .._errors import NotUnderstoodError
from ..parse import (
    Expr,
    Frac,
    Group,
    Letters,
    Name,
    Product,
    Scripted,
    Sum,
)
from ._lexicon import WORDS
from ._terms import (
    Derivative,
    Div,
    Gradient,
    Number,
    Pow,
    Ref,
    Term,
    walk,
)

if TYPE_CHECKING:
    from ._structure import Structure


# What a gradient called ∂Z may be divided by.
_COUNTS = {"m", "n", "N", "M", "B"}


def read_fraction(structure: Structure, num: Expr, den: Expr) -> Term:
    """A derivative where both parts start with a differential, otherwise a quotient."""
    by = variables_of(structure, den)
    inner = num.args[0] if isinstance(num, Group) and num.bracket == "{" and len(num.args) == 1 else num
    if by is not None and isinstance(inner, Sum) and len(inner.terms) > 1 and inner.terms[0][0] == "+":
        lone = factors_of(structure, inner.terms[0][1])
        head = head_of(structure, lone)
        if head is not None and not head[0]:  # \\partial -\\log p over \\partial v
            return Derivative(structure.term(Sum(inner.terms[1:], inner.at)), by, head[1])
    top = factors_of(structure, num)
    if by is not None and top and (head := head_of(structure, top)) is not None:
        rest, total = head
        if rest:
            if len(by) == 1 and isinstance(by[0], Gradient):
                raise NotUnderstoodError("a derivative by a gradient")
            return Derivative(structure.product(rest), by, total)
    if by is None and top and (parted := _with_factor(structure, top, den)) is not None:
        return parted
    below = structure.term(den)
    upper = head_of(structure, top) if by is None and top else None
    partial = upper is not None and bool(upper[0]) and not upper[1]
    if partial and any(isinstance(n, Ref) and n.name not in _COUNTS for n in walk(below)):
        raise NotUnderstoodError("a derivative whose denominator has no ∂")
    return Div(structure.term(num), below)


def _with_factor(structure: Structure, top: list[tuple[str, Expr]], den: Expr) -> Term | None:
    r"""``\frac{\partial l}{T \cdot \partial o}``: a derivative divided by what stands before the ∂ of its denominator."""
    head, items = head_of(structure, top), factors_of(structure, den)
    at = next((k for k in range(1, len(items)) if head_of(structure, items[k:]) is not None), 0)
    if head is None or not head[0] or head[1] or not at or any(op == "/" for op, _ in items):
        return None
    by = variables_of(structure, Product((("", items[at][1]), *items[at + 1 :]), den.at))
    if by is None or any(isinstance(b, Gradient) for b in by):
        return None
    return Div(Derivative(structure.product(head[0]), by, False), structure.product(items[:at]))


def read_operator(structure: Structure, fraction: Frac) -> tuple[tuple[Term, ...], bool] | None:
    """``\\frac{d}{dz}``: what it differentiates by, and whether d was written."""
    by = variables_of(structure, fraction.den)
    top = factors_of(structure, fraction.num)
    if by is None or not top:
        return None
    head = head_of(structure, top)
    return (by, head[1]) if head is not None and not head[0] else None


def factors_of(structure: Structure, expr: Expr) -> list[tuple[str, Expr]]:
    while isinstance(expr, Group) and expr.bracket == "{" and len(expr.args) == 1:
        expr = expr.args[0]
    if isinstance(expr, Product):
        flat = []
        for op, item in expr.items:
            while isinstance(item, Group) and item.bracket == "{" and len(item.args) == 1:
                item = item.args[0]
            inner = (
                factors_of(structure, item)
                if isinstance(item, Product)
                else cut_differential(structure, item)
            )
            flat.extend([(op, inner[0][1]), *inner[1:]])
        return flat
    return cut_differential(structure, expr)


def cut_differential(structure: Structure, expr: Expr) -> list[tuple[str, Expr]]:
    """Cut a differential off a run of letters: ``dL`` to ``d`` and ``L``."""
    base = expr.base if isinstance(expr, Scripted) else expr
    if isinstance(base, Letters) and base.run[0] == "d" and len(base.run) > 1 and base.run not in WORDS:
        rest: Expr = Letters(base.run[1:], expr.at)
        if isinstance(expr, Scripted):
            rest = Scripted(rest, expr.scripts, expr.at)
        return [("", Letters("d", expr.at)), *structure.flatten(rest)]
    return structure.flatten(expr)


def head_of(
    structure: Structure, items: Sequence[tuple[str, Expr]]
) -> tuple[list[tuple[str, Expr]], bool] | None:
    """The rest of a numerator after its d or ∂, and whether it was a d."""
    first = items[0][1]
    base = first.base if isinstance(first, Scripted) else first
    name = base.run if isinstance(base, Letters) else base.text if isinstance(base, Name) else ""
    if name not in ("d", "partial", "nabla") and not (name == "delta" and structure.lexicon.delta_is_partial):
        return None
    if name == "nabla" or (isinstance(first, Scripted) and any(s.kind != "sup" for s in first.scripts)):
        return None
    return list(items[1:]), name == "d"


def variables_of(structure: Structure, den: Expr) -> tuple[Term, ...] | None:
    """The variables of a denominator ``∂x ∂y`` or ``dx^2``; None where it is no differential."""
    items = factors_of(structure, den)
    head = head_of(structure, items) if items else None
    if head is None or not head[0] or isinstance(items[0][1], Scripted):
        return None
    variables: list[Term] = []
    rest = head[0]
    while rest:
        end, term = structure.factor(rest, 0)
        if isinstance(term, Pow) and isinstance(term.exponent, Number) and term.exponent.digits < 0:
            variables.extend([term.base] * int(term.exponent.value))
        else:
            variables.append(term)
        rest = [("", x) if i == 0 else (o, x) for i, (o, x) in enumerate(rest[end:])]
        if rest:
            again = head_of(structure, rest)
            if again is None:
                raise NotUnderstoodError("the denominator of a derivative")
            rest = again[0]
    if len(variables) > 2:
        raise NotUnderstoodError("a derivative of third order")
    return tuple(variables)


def is_slashed(structure: Structure, items: Sequence[tuple[str, Expr]], k: int) -> bool:
    """``dL/dz`` in a line: both sides of the slash are differentials of one quantity."""
    if items[k + 1][0] != "/":
        return False
    a, b = cut_differential(structure, items[k][1]), cut_differential(structure, items[k + 1][1])
    return (
        len(a) == 2
        and len(b) == 2
        and head_of(structure, a) is not None
        and head_of(structure, b) is not None
    )


def spaced_slash(structure: Structure, items: Sequence[tuple[str, Expr]], k: int) -> tuple[int, Term] | None:
    """``\\partial C/\\partial z``: the differentials stand apart from what they belong to."""
    if head_of(structure, [items[k]]) != ([], False) or k + 3 >= len(items):
        return None
    slash = next((j for j in range(k + 1, min(k + 4, len(items))) if items[j][0] == "/"), None)
    if slash is None or head_of(structure, [("", items[slash][1])]) != ([], False) or slash + 1 >= len(items):
        return None
    if items[slash + 1][0] != "":
        return None
    of = structure.product([("", items[k + 1][1]), *items[k + 2 : slash]])
    end, by = structure.factor(items, slash + 1)
    return end, Derivative(of, (by,), False)


def slash_derivative(structure: Structure, items: Sequence[tuple[str, Expr]], k: int) -> tuple[int, Term]:
    of, by = cut_differential(structure, items[k][1])[1:], cut_differential(structure, items[k + 1][1])[1:]
    return k + 2, Derivative(structure.product(of), (structure.product(by),), True)
