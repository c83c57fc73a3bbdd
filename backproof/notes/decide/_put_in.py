"""Numbers that a chain puts in for the quantities of a formula: ``Z = [0 1] [0.5 -0.5] + [0.1]`` beside Z = XW + b.

Where the document gives X, W and b nowhere else, the chain itself gives them: that equality claims nothing.
"""

from __future__ import annotations

from fractions import Fraction

from ..resolve import Add, Call, Context, Div, Gradient, Mul, Number, Pow, Ref, Table, Term, Transpose, refs


def puts_in(left: Term, right: Term, context: Context) -> str:
    """The quantities for which numbers are put in, as text; empty where a side is no formula with numbers put in."""
    head = Ref("d" + left.of.name, left.of.layer) if isinstance(left, Gradient) else left
    known = context.defined(head) if isinstance(head, Ref) and not refs(right) else None
    if known is None or known.params is not None or not refs(known.body):
        return ""
    given: dict[Ref, Term] = {}
    if not _matches(known.body, right, given) or not given:
        return ""
    if any(context.defined(r) is not None or r.name in context.scalars for r in given):
        return ""
    return ", ".join(str(r) for r in given)


def _matches(formula: Term, numbers: Term, given: dict[Ref, Term]) -> bool:
    """Whether numbers stand in the places of a formula's quantities, the same for the same quantity."""
    match formula, numbers:
        case Ref(), _:
            return _is_literal(numbers) and given.setdefault(formula, numbers) == numbers
        case Number(value), Number(other):
            return value == other
        case Transpose(of), Transpose(other):
            return _matches(of, other, given)
        case Add(terms), Add(others):
            return len(terms) == len(others) and all(
                a[0] == b[0] and _matches(a[1], b[1], given) for a, b in zip(terms, others, strict=True)
            )
        case Mul(items), Mul(others):
            return len(items) == len(others) and all(
                _matches(a[1], b[1], given) for a, b in zip(items, others, strict=True)
            )
        case Div(num, den), Div(other, below):
            return _matches(num, other, given) and _matches(den, below, given)
        case Div(num, Number(value)), Mul():  # (P - Y)/4 as 1/4 (…)
            share = Div(Number(Fraction(1)), Number(value))
            return _matches(Mul((("", share), ("", num))), numbers, given)
        case Pow(base, exponent), Pow(other, power):
            return _matches(base, other, given) and _matches(exponent, power, given)
        case Call(function, args), Call(other, others):
            return (
                function == other
                and len(args) == len(others)
                and all(map(lambda a, b: _matches(a, b, given), args, others))
            )
    return False


def _is_literal(term: Term) -> bool:
    """Whether a term is a matrix of numbers."""
    return isinstance(term, Table) and not refs(term)
