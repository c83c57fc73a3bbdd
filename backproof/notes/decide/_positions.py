"""How often a window fits: claims about whole numbers, ``n = ⌊(m + 2p - f)/s⌋ + 1`` against what the words define.

Refuted where whole numbers that fit the words give another number; proved where what stands in the floor is the same but
for whole steps, which the other side adds or takes away.
"""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Mapping
from fractions import Fraction

from ..resolve import Add, Call, Context, Div, Listing, Mul, Number, Ref, Term, refs, walk
from ..resolve._item import Item
from ._outcome import Outcome

_RELATIONS = {
    "=": operator.eq, "<": operator.lt, ">": operator.gt, "≤": operator.le, "≥": operator.ge, "≠": operator.ne,
}  # fmt: skip
Sizes = Mapping[Ref, int]
# A linear form: a coefficient for each letter, and for None the number.
Linear = dict[Ref | None, Fraction]


def decide_positions(item: Item, context: Context) -> Outcome | None:
    """The verdict on a display that says how many positions a window has; None for any other."""
    if len(item.parts) != 2 or item.relations != ("=",) or not isinstance(item.parts[0], Ref):
        return None
    told = context.positions.get(item.parts[0])
    if told is None:
        return None
    size, side, stride, beside = told
    body, known = item.parts[1], {r for r in told if r is not None}
    if not set(refs(body)) - {Ref("floor"), Ref("ceil")} <= known:
        return Outcome("unknown", "a size of which the words say nothing")
    given = (context.defined(r) for r in known)
    if any(d is not None and d.head != item.parts[0] for d in given):
        return Outcome("unknown", "a size of the window has a value somewhere")
    limits = [h for h in context.hypotheses if {r for side in (h[0], h[2]) for r in refs(side)} & known]
    if item.inside or not any(isinstance(n, Call) for n in walk(body)):
        return Outcome("unknown", "the window may fit exactly")
    room: Linear = {size: Fraction(1), side: Fraction(-1)}
    if beside is not None:
        room[beside] = Fraction(2)
    if _is_same(body, room, stride):
        return Outcome("proved", "the same number of whole steps")
    for n, f, s, p in itertools.product(range(1, 10), range(1, 6), range(1, 5), range(4) if beside else (0,)):
        if f > n + 2 * p or (beside is not None and p >= f > 1):
            continue
        sizes = {size: n, side: f, stride: s} | ({beside: p} if beside is not None else {})
        try:
            if not all(_holds(limit, sizes) for limit in limits):
                continue
            value = _value(body, sizes)
        except (ValueError, ZeroDivisionError):
            return Outcome("unknown", "not understood: how many positions this is")
        right = (n + 2 * p - f) // s + 1
        if value != right:
            shown = {str(r): str(k) for r, k in sizes.items()} | {str(item.parts[0]): str(right)}
            return Outcome("refuted", f"the window has {right} positions there, and not {value}", shown)
    return Outcome("unknown", "it holds for small numbers, which proves nothing")


def _holds(limit: tuple[Term, str, Term], sizes: Sizes) -> bool:
    """Whether numbers are among those that the text allows."""
    left, relation, right = limit
    if isinstance(left, Listing):
        return all(_holds((one, relation, right), sizes) for one in left.items if one is not None)
    if relation not in _RELATIONS:
        raise ValueError(relation)
    return bool(_RELATIONS[relation](_value(left, sizes), _value(right, sizes)))


def _value(term: Term, sizes: Sizes) -> Fraction:
    match term:
        case Number(value):
            return value
        case Ref() if term in sizes:
            return Fraction(sizes[term])
        case Add(terms):
            return sum((sign * _value(t, sizes) for sign, t in terms), Fraction(0))
        case Mul(items) if all(op in ("", "·", "×", "*") for op, _ in items):
            return math.prod((_value(t, sizes) for _, t in items), start=Fraction(1))
        case Div(num, den):
            return _value(num, sizes) / _value(den, sizes)
        case Call(Ref("floor"), (inner,), 0):
            return Fraction(math.floor(_value(inner, sizes)))
        case Call(Ref("ceil"), (inner,), 0):
            return Fraction(math.ceil(_value(inner, sizes)))
    raise ValueError(term)


def _linear(term: Term) -> Linear | None:
    """A sum of letters with numbers before them."""
    match term:
        case Number(value):
            return {None: value}
        case Ref():
            return {term: Fraction(1)}
        case Add(terms):
            total: Linear = {}
            for sign, part in terms:
                inner = _linear(part)
                if inner is None:
                    return None
                for key, value in inner.items():
                    total[key] = total.get(key, Fraction(0)) + sign * value
            return {k: v for k, v in total.items() if v}
        case Mul(((_, Number(value)), (op, other))) if op in ("", "·", "×", "*"):
            inner = _linear(other)
            return None if inner is None else {k: value * v for k, v in inner.items()}
    return None


def _is_same(body: Term, room: Linear, stride: Ref) -> bool:
    """Whether a side is ``⌊(room + k s)/s⌋ + 1 - k`` for a whole number k."""
    terms = body.terms if isinstance(body, Add) else ((1, body),)
    floors = [(sign, t) for sign, t in terms if isinstance(t, Call)]
    rest = _linear(Add(tuple((s, t) for s, t in terms if not isinstance(t, Call))))
    if len(floors) != 1 or floors[0][0] != 1 or rest is None or set(rest) - {None}:
        return False
    call = floors[0][1]
    assert isinstance(call, Call)
    if call.function != Ref("floor") or len(call.args) != 1:
        return False
    above: Linear = {}
    inner = call.args[0]
    for sign, part in inner.terms if isinstance(inner, Add) else ((1, inner),):
        over = isinstance(part, Div) and part.den == stride
        one = _linear(part.num if over and isinstance(part, Div) else part)
        if one is None or (not over and set(one) - {None}):
            return False
        for key, value in one.items() if over else ((stride, one.get(None, Fraction(0))),):
            above[key] = above.get(key, Fraction(0)) + sign * value
    steps = above.pop(stride, Fraction(0))
    above = {k: v for k, v in above.items() if v}
    return above == room and steps.denominator == 1 and steps + rest.get(None, Fraction(0)) == 1
