"""Whether a normal form is zero, once what is left of its denominators is used.

The normal form keeps sigma = E / (1 + E) as a product of units, so that logarithms and quotients fall apart.
Here the relation (1 + E) * 1/(1 + E) = 1 is finally used, in partial fractions, also under sums; and where a
denominator stands outside all sums, everything is brought over it.
"""

from __future__ import annotations

from flint import fmpq

from symbolic.tensor._algebra import factored, multiply, product
from symbolic.tensor._sums import open_up, substitute, sum_over
from symbolic.tensor._terms import (
    Atom,
    Exponent,
    Mono,
    Poly,
    Work,
    add_to,
    mono_skeleton,
    show_mono,
    whole,
)

ROUNDS = 400  # rewriting stops here and the question stays open; layers need fewer than ten


def vanishes(work: Work, poly: Poly) -> bool:
    """Whether a polynomial in normal form is zero; False when that was not shown."""
    if not poly:
        return True
    rest = reduced(work, poly)
    if not rest:
        return True
    _, _, above = factored(work, rest)
    return not above or not reduced(work, above)


def reduced(work: Work, poly: Poly) -> Poly:
    """Write a polynomial in partial fractions, inside sums as well."""
    for _ in range(ROUNDS):
        changed = False
        result: Poly = {}
        for mono, value in poly.items():
            simpler = _rewrite(work, mono)
            if simpler is None:
                add_to(result, {mono: value})
            else:
                changed = True
                add_to(result, simpler, value)
        poly = result
        if not changed:
            return poly
    return poly


def _rewrite(work: Work, mono: Mono) -> Poly | None:
    """Use one relation in one monomial, or None where there is none to use."""
    work.tick()
    powers = dict(mono)
    for atom, power in mono:
        if atom.kind == "P" and len(atom.data) > 1 and not (isinstance(power, int) and power > 0):
            simpler = _divide_out(work, powers, atom)
            if simpler is not None:
                return simpler
        if atom.kind == "S" and isinstance(power, int) and power > 0:
            inner = _rewrite_sum(work, atom)
            if inner is not None:
                powers[atom] = power - 1
                return multiply(work, product(work, powers, fmpq(1)), inner)
    return None


def _rewrite_sum(work: Work, atom: Atom) -> Poly | None:
    bound, body = atom.data
    ((mono, value),) = body.items()
    if _rewrite(work, mono) is None:
        return None
    opening = open_up(bound, atom.free)
    opened = substitute(work, {mono: value}, opening)
    return sum_over(work, reduced(work, opened), opening.values())


def _divide_out(work: Work, powers: dict[Atom, Exponent], atom: Atom) -> Poly | None:
    """Use base * base^(e-1) = base^e: on the largest term of the base, or on its constant below an exponential."""
    base: Poly = atom.data
    lead = max(base, key=_weight)
    if lead and all(_at_least(powers.get(inner), need) for inner, need in lead):
        return _use(work, powers, atom, lead)
    bottom = _bottom(base, powers)
    return None if bottom is None else _use(work, powers, atom, bottom)


def _weight(mono: Mono) -> tuple[float, str, str]:
    return (sum(abs(float(power)) for _, power in mono), mono_skeleton(mono), show_mono(mono))


def _at_least(have: Exponent | None, need: Exponent) -> bool:
    if have is None:
        return False
    return bool(have >= need if need > 0 else have <= need)


def _bottom(base: Poly, powers: dict[Atom, Exponent]) -> Mono | None:
    """Find the one term of the base without some exponential that stands below in the monomial."""
    for atom, power in powers.items():
        if atom.kind != "E" or not isinstance(power, int) or power >= 0:
            continue
        without = [mono for mono in base if atom not in dict(mono)]
        if len(without) == 1 and all(bool(dict(mono).get(atom, 1) > 0) for mono in base):
            return without[0]
    return None


def _use(work: Work, powers: dict[Atom, Exponent], atom: Atom, pivot: Mono) -> Poly:
    """Write pivot * base^e as (base^(e+1) - rest * base^e) / number."""
    base: Poly = atom.data
    number = base[pivot]
    quotient = dict(powers)
    for inner, power in pivot:
        quotient[inner] = whole(quotient.get(inner, 0) - power)
    higher = dict(quotient)
    higher[atom] = whole(higher[atom] + 1)
    result = product(work, higher, 1 / number)
    below = product(work, quotient, fmpq(1))
    for mono, value in base.items():
        if mono != pivot:
            add_to(result, multiply(work, below, {mono: value}), -1 / number)
    return result
