r"""Indices that count from zero: ``\frac1n \sum_{k=0}^{n-1} C_k`` reads as the sum over the first to the n-th.

Where a sum of the document starts at zero, what it indexes counts from zero everywhere: other limits and numbers that
stand as its index move along.
A mean whose sum runs from 0 to m has one term too many and is left as it is: that is a slip, not a habit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from ._terms import (
    Add,
    Big,
    Branches,
    Condition,
    Div,
    Index,
    Mul,
    Number,
    Ref,
    Term,
    Transpose,
    rebuilt,
    refs,
    walk,
)

ONE = Number(Fraction(1))


# What counts from zero: the entries of a name, or its examples.
Slot = tuple[str, str]


def counted_from_zero(terms: Iterable[Term], chains: Iterable[tuple[Term, ...]] = ()) -> set[Slot]:
    """What counts from zero, and what such give entry by entry: ``p_j = e^{s_j} / …``."""
    found: set[Slot] = set()
    for term in terms:
        slips = {id(_slip(n)) for n in walk(term)}
        for node in walk(term):
            if isinstance(node, Big) and node.low == Number(Fraction(0)) and id(node) not in slips:
                found |= {
                    (r.name, kind) for r in refs(node.body) for x, kind in _letters(r) if x == node.index
                }
    heads = [
        (
            (parts[0].name, "entry"),
            {(r.name, "entry") for p in parts[1:] for r in refs(p) if _letters(r) == _letters(parts[0])},
        )
        for parts in (chains if found else ())
        if parts and isinstance(parts[0], Ref) and len(parts[0].subs) == 1 and _letters(parts[0])
    ]
    for _ in heads:
        found |= {head for head, entries in heads if entries & found}
    return found


def counted_both_ways(terms: Iterable[Term]) -> set[str]:
    """The names that one sum counts from zero, and another from one, or that stand as vectors: the bias may be absorbed.

    With x_0 = 1 the product θᵀx is the sum from j = 0, and without it the sum from j = 1.
    """
    nodes = [n for term in terms for n in walk(term)]
    sums = [n for n in nodes if isinstance(n, Big) and isinstance(n.low, Number)]

    def summed(low: int) -> set[str]:
        found = (n for n in sums if n.low == Number(Fraction(low)))
        return {r.name for n in found for r in refs(n.body) if n.index in {s.name for s in r.subs}}

    factors = [t for n in nodes if isinstance(n, Mul) for _, t in n.items]
    factors += [n.of for n in nodes if isinstance(n, Transpose)]
    vectors = {t.name for t in factors if isinstance(t, Ref) and not t.subs}
    return summed(0) & (summed(1) | vectors)


def _slip(term: Term) -> Big | None:
    """The sum of ``\\frac1m \\sum_{i=0}^m``."""
    match term:
        case Mul(items):
            dens = [t.den for _, t in items if isinstance(t, Div)]
            sums = [t for _, t in items if isinstance(t, Big)]
        case Div(Big() as total, den):
            dens, sums = [den], [total]
        case _:
            return None
    divisors = {r.name for d in dens for r in refs(d)}
    return next((s for s in sums if isinstance(s.high, Ref) and s.high.name in divisors), None)


def _letters(ref: Ref) -> set[tuple[str, str]]:
    """The index letters, each with what it counts."""
    found = [("entry", i) for i in ref.subs] + ([("example", ref.example)] if ref.example is not None else [])
    return {(name, kind) for kind, i in found if i.name for name in (i.name, *i.also)}


def from_one(term: Term, slots: set[Slot], parts: Iterable[Term] = ()) -> Term:
    """Let these count from one; ``j = 0`` too, where j counts them in one of the ``parts``."""
    letters = {
        x for p in (*parts, term) for r in refs(p) for x, kind in _letters(r) if (r.name, kind) in slots
    }

    def change(inner: Term) -> Term:
        match inner:
            case Branches(branches):
                return Branches(tuple((t, tuple(_moved_test(c, letters) for c in cs)) for t, cs in branches))
            case Ref("delta", subs=(one, other)) if {one.name, other.name} & letters and "" in (
                one.name,
                other.name,
            ):
                return replace(inner, subs=(_moved(one), _moved(other)))
            case Ref(name, example=example, subs=subs):
                if (name, "entry") in slots:
                    subs = tuple(map(_moved, subs))
                if (name, "example") in slots and example is not None:
                    example = _moved(example)
                return replace(inner, subs=subs, example=example)
            case Big(_, index, low, high, body) if any(
                (r.name, kind) in slots for r in refs(body) for x, kind in _letters(r) if x == index
            ):
                return replace(inner, low=_plus_one(low), high=_plus_one(high))
        return inner

    return rebuilt(term, change)


def beside_sums(terms: Iterable[Term]) -> set[str]:
    """The names with an entry 0 beside sums that run from 1: ``w_0 + \\sum_{j=1}^n w_j x_j``; w_0 is none of the w_j.

    Examples
    --------
    >>> w, x = Ref("w", subs=(Index("j"),)), Ref("x", subs=(Index("j"),))
    >>> total = Big("sum", "j", ONE, Ref("n"), Mul((("", w), ("", x))))
    >>> sorted(beside_sums([Add(((1, Ref("w", subs=(Index("", 0),))), (1, total)))]))
    ['w']
    """
    found = list(terms)
    nodes = [n for t in found for n in walk(t)]
    zero = {n.name for n in nodes if isinstance(n, Ref) and n.subs == (Index("", 0),)}
    from_one_ = {
        r.name
        for n in nodes
        if isinstance(n, Big) and n.low == ONE
        for r in refs(n.body)
        if n.index in {i.name for i in r.subs}
    }
    return zero & from_one_


def apart(term: Term, names: set[str]) -> Term:
    """The term with ``w_0`` as a quantity of its own."""

    def change(inner: Term) -> Term:
        if isinstance(inner, Ref) and inner.name in names and inner.subs == (Index("", 0),):
            return replace(inner, name=f"{inner.name}_0", subs=())
        return inner

    return rebuilt(term, change)


def _moved(index: Index) -> Index:
    if index.moves:
        return replace(index, zero=True)
    return index if index.name or index.label else replace(index, offset=index.offset + 1)


def _moved_test(test: Condition, letters: set[str]) -> Condition:
    """``j = 0`` as ``j = 1``."""
    match test:
        case Condition(Ref(name, subs=()), _, Number(value)) if name in letters:
            return replace(test, right=Number(value + 1))
    return test


def _plus_one(limit: Term | None) -> Term | None:
    match limit:
        case None:
            return None
        case Number(value, digits):
            return Number(value + 1, digits)
        case Add(((1, inner), (-1, Number(value)))) if value == 1:
            return inner
        case _:
            return Add(((1, limit), (1, ONE)))
