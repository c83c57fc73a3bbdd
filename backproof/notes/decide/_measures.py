"""Numbers in other measures than the formula shows: logarithms to another base, units, degrees, remainders, round numbers.

``H = -2 · 1/2 log 1/2 = 1`` is right in bits, ``7 · 10^9 · 2 = 14`` in gigabytes, ``2^{10} ≈ 10^3`` in magnitude.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from ..resolve import Add, Call, Context, Div, Mul, Number, Pow, Ref, Term, refs, walk
from ..resolve._cases import lead_of
from ..resolve._item import Item
from ..resolve._terms import rebuilt
from ._doubts import reached
from ._outcome import Outcome

_OTHER = re.compile(
    r"\b(?:modulo|mod|degrees?|integer (?:division|arithmetic)|remainders?|floor(?:ed)?|floating"
    r"|(?:single|double|half|machine) precision|float\d+|binary (?:numbers?|digits?|arithmetic)|hexadecimal|octal"
    r"|overflow\w*|underflow\w*)\b|정수 나눗셈|나머지|부동",
    re.I,
)
_UNIT = re.compile(
    r"\s*(?:[kKMGTP]i?B|[kMGTP]?Hz|[kKMGT]?(?:bytes?|bits?|FLOPs?|FLOPS|params?|parameters)|dB|[mµn]?s|ms|%|percent|per cent"
    r"|hundred|thousand|million|billion|trillion|seconds?|minutes?|hours?|days?|weeks?|years?|nats?|times)\b"
)
_LOG = Ref("log")


def logarithms(parts: Sequence[Term], context: Context) -> Iterator[tuple[str, tuple[Term, ...], Context]]:
    """The sides of a claim and their context with logarithms to the bases that notes use besides e."""
    if not has_logarithms(parts, context):
        return
    for base in (2, 10):

        def change(term: Term, base: int = base) -> Term:
            if isinstance(term, Call) and term.function == _LOG and not term.primes:
                return Div(term, Call(_LOG, (Number(Fraction(base)),)))
            return term

        definitions = [replace(d, body=rebuilt(d.body, change)) for d in context.definitions]
        changed = replace(context, definitions=definitions)
        yield f"with logarithms to base {base}", tuple(rebuilt(p, change) for p in parts), changed


def has_logarithms(parts: Sequence[Term], context: Context) -> bool:
    """Whether logarithms stand in a claim, or in what it rests on."""
    return _has(("log",), parts, context)


def has_angles(parts: Sequence[Term], context: Context) -> bool:
    """Whether functions of angles stand in a claim, or in what it rests on."""
    return _has(("sin", "cos", "tan"), parts, context)


def _has(functions: Sequence[str], parts: Sequence[Term], context: Context) -> bool:
    names = reached(parts, context)
    bodies = [*parts, *(d.body for d in context.definitions if d.head.name in names)]
    return any(isinstance(n, Call) and n.function.name in functions for b in bodies for n in walk(b))


def in_other_measures(item: Item, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Numbers without a verdict where the words, or the way they are written, tell of another measure."""
    if item.kind != "numeric":
        return list(outcomes)
    found = list(outcomes)
    said = _OTHER.search(f"{lead_of(item.words)} {item.after}")
    unit = _UNIT.match(item.after)
    goes_on = not item.formula.display and item.formula.latex.lstrip().startswith(
        ("=", "\\approx", "≈", "\\simeq")
    )
    for k, outcome in enumerate(outcomes):
        reason = ""
        if said is not None and outcome.verdict in ("proved", "refuted"):
            reason = f"the text says {said[0]!r} of it"
        elif outcome.verdict == "proved" and _are_sizes(item.parts[k : k + 2]):
            reason = "these may be sizes"
        elif outcome.verdict == "refuted":
            if unit is not None:
                reason = f"the unit of the number is {unit[0].strip()!r}"
            elif goes_on and k == 0:
                reason = "it may go on from something else"
            elif _are_sizes(item.parts[k : k + 2]):
                reason = "these may be sizes"
            elif item.relations[k] == "≈" and _is_near(item.parts[k : k + 2], outcome):
                reason = "a round number may say the magnitude alone"
        if reason:
            found[k] = Outcome("unknown", reason)
    return found


def _are_sizes(sides: Sequence[Term]) -> bool:
    """``(3 × 4)(4 × 5) = (3 × 5)`` multiplies shapes."""
    return all(_shapes(s) for s in sides)


def _shapes(term: Term) -> bool:
    items = [t for _, t in term.items] if isinstance(term, Mul) else []
    if len(items) == 2 and all(isinstance(t, Number) and t.digits < 0 for t in items):
        return isinstance(term, Mul) and term.items[1][0] == "×"
    return bool(items) and all(_shapes(t) for t in items)


def _is_near(sides: Sequence[Term], outcome: Outcome) -> bool:
    """Whether a power of ten has the magnitude of the other side, or a round number its first digits."""
    numbers = [Fraction(v) for v in (outcome.counterexample or {}).values() if _DECIMAL.fullmatch(v)]
    if len(numbers) != 2 or not all(numbers):
        return False
    gap, ratio = abs(numbers[0] - numbers[1]), numbers[0] / numbers[1]
    for side in sides:
        if _is_power(side) and Fraction(1, 10) < ratio < 10:
            return True
        if gap < _last_place(side):
            return True
    return False


_DECIMAL = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d{1,3})?")


def _is_power(side: Term) -> bool:
    return isinstance(side, Pow) and side.base == Number(Fraction(10)) and not refs(side.exponent)


def _last_place(side: Term) -> Fraction:
    """What the last digit but noughts of a round number counts: 10 for 30; 10^9 for ``4 · 10^9``."""
    match side:
        case Add(((_, inner),)):
            return _last_place(inner)
        case Number(value) if value and value.denominator == 1:
            digits = str(abs(value.numerator))
            return Fraction(10 ** (len(digits) - len(digits.rstrip("0"))))
        case Mul(((_, Number(value)), (_, Pow(Number(ten), Number(power))))) if (
            ten == 10 and abs(power) < 400
        ):
            return _last_place(Number(value)) * Fraction(10 ** abs(int(power))) ** (1 if power > 0 else -1)
    return Fraction(0)
