"""Arithmetic of the normal form: products, powers, exponentials, logarithms, steps.

Each rule is an identity of real numbers that holds wherever both of its sides are defined.
Where a rule needs a sign, it asks for atoms that are positive by construction: exponentials, sizes, their sums, and
what a hypothesis calls positive.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

from flint import fmpq, fmpz

from symbolic.tensor._errors import TensorUndefinedError
from symbolic.tensor._terms import (
    ONE_MONO,
    Atom,
    Exponent,
    Index,
    Mono,
    Poly,
    Work,
    add_to,
    base_atom,
    delta_atom,
    mono_skeleton,
    one,
    show_mono,
    whole,
)

IS_ZERO = "is_zero°"  # no name from outside has a °, so none can be taken for it
STEPS = ("step", IS_ZERO)


def _text(pair: tuple[Atom, Exponent]) -> str:
    return pair[0].text


def sorted_mono(powers: Mapping[Atom, Exponent]) -> Mono:
    """Put powers of atoms in canonical order."""
    return tuple(sorted(((atom, power) for atom, power in powers.items() if power), key=_text))


def product(work: Work, powers: Mapping[Atom, Exponent], value: fmpq) -> Poly:
    """Put powers of atoms together as one polynomial in normal form."""
    work.tick()
    kept: dict[Atom, Exponent] = {}
    opened: list[Poly] = []
    deltas: list[tuple[Index, Index]] = []
    special = summed = False
    for atom, power in powers.items():
        if power == 0:
            continue
        kind = atom.kind
        if kind == "P":
            base: Poly = atom.data
            if isinstance(power, int) and power > 0:
                opened.append(power_poly(work, base, power))
                continue
            if len(base) == 1 and ONE_MONO in base:  # a root of a number: keep its exponent in (0, 1)
                floor = power.numerator // power.denominator
                value *= base[ONE_MONO] ** floor
                power = whole(power - floor)
                if power == 0:
                    continue
        elif kind == "D":
            deltas.append(atom.data)
            power, special = 1, True
        elif kind == "W" or (kind == "F" and atom.data[0] in STEPS):
            if power > 0:
                power = 1  # 0 and 1 are their own powers
        elif kind == "T":
            name = atom.data[0]
            if name in work.binary and power > 0 and power != 1:
                work.used[f"{name} has entries 0 and 1"] = None
                power = 1
            special = special or name in work.one_hot
        summed = summed or kind == "S"
        kept[atom] = power
    if any(atom.kind == "P" for atom in kept):
        value *= _signs_settled(work, kept)
    if summed and work.one_hot:
        from symbolic.tensor._picks import in_product

        simpler = in_product(work, kept, value)
        if simpler is not None:
            for factor in opened:
                simpler = multiply(work, simpler, factor)
            return simpler
    if special:
        return _with_deltas(work, kept, opened, value, deltas)
    for atom, power in kept.items():
        if atom.kind == "P" and atom.logistic is not None and isinstance(power, int):
            simpler = _partial_fraction(work, kept, atom, value)
            if simpler is not None:
                for factor in opened:
                    simpler = multiply(work, simpler, factor)
                return simpler
    result: Poly = {sorted_mono(kept): value}
    for factor in opened:
        result = multiply(work, result, factor)
    return result


def _signs_settled(work: Work, kept: dict[Atom, Exponent]) -> int:
    """Write p for -p where a root of p stands beside it, and else the one that leads with plus; what remains is 1 or -1."""
    sign = 1
    roots = {atom.text for atom, power in kept.items() if atom.kind == "P" and not isinstance(power, int)}
    for atom, power in list(kept.items()):
        if atom.kind != "P" or not isinstance(power, int) or len(atom.data) < 2:
            continue
        if atom.text not in work.negated:
            minus = base_atom({mono: -number for mono, number in atom.data.items()})
            work.negated[atom.text] = minus, atom.data[leading(atom.data)] < 0
        other, leads_with_minus = work.negated[atom.text]
        if other.text in roots or leads_with_minus:
            sign *= -1 if kept.pop(atom) % 2 else 1
            kept[other] = whole(kept.get(other, 0) + power)
            if not isinstance(kept[other], int):
                continue
            if kept[other] == 0:
                del kept[other]
    return sign


def _partial_fraction(work: Work, powers: dict[Atom, Exponent], atom: Atom, value: fmpq) -> Poly | None:
    """Part E/(c + E) = 1 - c/(c + E) and 1/(E (c + E)) = (1/E - 1/(c + E))/c, for E a product of exponentials."""
    exponential, base = atom.logistic, atom.data
    assert exponential is not None
    below = fmpq(base[ONE_MONO])
    above = base[exponential]
    if all(_reaches(powers.get(inner, 0), need) for inner, need in exponential):
        rest = dict(powers)
        for inner, need in exponential:
            rest[inner] = whole(rest[inner] - need)
        higher = {**rest, atom: whole(rest[atom] + 1)}
        return add_to(product(work, higher, value / above), product(work, rest, value * below / above), -1)
    if all(_reaches(powers.get(inner, 0), -need) for inner, need in exponential):
        higher = {**powers, atom: whole(powers[atom] + 1)}
        rest = dict(powers)
        for inner, need in exponential:
            rest[inner] = whole(rest[inner] + need)
        return add_to(product(work, higher, value / below), product(work, rest, value * above / below), -1)
    return None


def _reaches(have: Exponent, need: Exponent) -> bool:
    return bool(have >= need if need > 0 else have <= need)


def _with_deltas(
    work: Work, kept: dict[Atom, Exponent], opened: list[Poly], value: fmpq, deltas: list[tuple[Index, Index]]
) -> Poly:
    """Use each delta to write one index for the other, and one-hot entries of one column to make deltas."""
    from symbolic.tensor._sums import substitute

    pair = _one_hot_pair(work, kept)
    if pair is not None:
        atom, first, second = pair
        del kept[atom]
        kept[delta_atom(first, second)] = 1
        return _continue(work, kept, opened, value)
    for small, large in deltas:
        others = {
            atom: power for atom, power in kept.items() if atom.kind != "D" or atom.data != (small, large)
        }
        if any(large in atom.free for atom in others):
            rest = substitute(work, {sorted_mono(others): value}, {large: small})
            result = multiply(work, rest, {((delta_atom(small, large), 1),): fmpq(1)})
            for factor in opened:
                result = multiply(work, result, substitute(work, factor, {large: small}))
            return result
    result = {sorted_mono(kept): value}
    for factor in opened:
        result = multiply(work, result, factor)
    return result


def _continue(work: Work, kept: dict[Atom, Exponent], opened: list[Poly], value: fmpq) -> Poly:
    result = product(work, kept, value)
    for factor in opened:
        result = multiply(work, result, factor)
    return result


def _one_hot_pair(work: Work, kept: Mapping[Atom, Exponent]) -> tuple[Atom, Index, Index] | None:
    """Find Y[i, j] Y[k, j] with one-hot columns: it equals Y[i, j] delta(i, k)."""
    seen: dict[tuple[str, tuple[Index, ...]], Index] = {}
    for atom, power in sorted(kept.items(), key=_text):
        if atom.kind != "T" or atom.data[0] not in work.one_hot or power != 1:
            continue
        name, indices = atom.data
        place = work.one_hot[name]
        key = (name, indices[:place] + indices[place + 1 :])
        if key in seen:
            work.used[f"{name} is one-hot"] = None
            return atom, seen[key], indices[place]
        seen[key] = indices[place]
    return None


def multiply(work: Work, left: Poly, right: Poly) -> Poly:
    """Multiply two polynomials."""
    result: Poly = {}
    for a, x in left.items():
        for b, y in right.items():
            if not a or not b:
                work.tick()
                add_to(result, {a or b: x * y})
                continue
            powers = dict(a)
            for atom, power in b:
                powers[atom] = whole(powers.get(atom, 0) + power)
            add_to(result, product(work, powers, x * y))
    return result


def power_poly(work: Work, base: Poly, exponent: Exponent) -> Poly:
    """Raise a polynomial to a rational power."""
    exponent = whole(exponent)
    if exponent == 0:
        return one()
    if not base:
        if exponent > 0:
            return {}
        raise TensorUndefinedError("the expression divides by something that is identically zero.")
    if exponent == 1:
        return base
    if len(base) == 1:
        ((mono, value),) = base.items()
        return _power_mono(work, mono, value, exponent)
    if isinstance(exponent, int) and exponent > 0:
        result = one()
        for _ in range(exponent):
            result = multiply(work, result, base)
        return result
    value, outside, inside = factored(work, base, only_positive=not isinstance(exponent, int))
    if len(inside) == 1:
        front = _power_mono(work, outside, fmpq(1), exponent)
        ((mono, number),) = inside.items()
        return multiply(work, front, _power_mono(work, mono, value * number, exponent))
    if isinstance(exponent, int) and inside[leading(inside)] < 0:
        inside, value = {mono: -number for mono, number in inside.items()}, -value
    front = multiply(
        work, _power_mono(work, outside, fmpq(1), exponent), _power_mono(work, ONE_MONO, value, exponent)
    )
    return multiply(work, front, {((base_atom(inside), exponent),): fmpq(1)})


def leading(poly: Poly) -> Mono:
    """Choose the monomial that decides the sign of a base: by its form first, its indices last."""
    return max(poly, key=lambda mono: (mono_skeleton(mono), show_mono(mono)))


def _power_mono(work: Work, mono: Mono, value: fmpq, exponent: Exponent) -> Poly:
    if isinstance(exponent, int):
        powers = {atom: whole(power * exponent) for atom, power in mono}
        return product(work, powers, value**exponent)
    result = one()
    rest: dict[Atom, Exponent] = {}
    for atom, power in mono:
        image = whole(power * exponent)
        if atom.positive:
            result = multiply(work, result, {((atom, image),): fmpq(1)})
        elif isinstance(power, int) and power % 2 == 0 and isinstance(image, int):
            result = multiply(work, result, _power_of_size(work, atom, image))  # (x^2)^(1/2) = |x|
        else:
            rest[atom] = power
    odd = len(rest) == 1 and all(isinstance(power, int) and power % 2 for power in rest.values())
    if value > 0:
        result = multiply(work, result, _root(work, value, Fraction(exponent)))
        value = fmpq(1)
        if odd:  # x^3 and x ask for the same x >= 0
            ((atom, power),) = rest.items()
            return multiply(work, result, product(work, {atom: whole(power * exponent)}, fmpq(1)))
    if rest or value != 1:
        base = base_atom({sorted_mono(rest): value})
        result = multiply(work, result, {((base, exponent),): fmpq(1)})
    return result


def _power_of_size(work: Work, atom: Atom, power: int) -> Poly:
    """Take a whole power of |x|: an even one is that of x, an odd one changes sign with x."""
    from symbolic.tensor._kernels import step_poly

    plain = product(work, {atom: power}, fmpq(1))
    if power % 2 == 0:
        return plain
    sign = add_to({ONE_MONO: fmpq(-1)}, step_poly(work, {((atom, 1),): fmpq(1)}), 2)
    return multiply(work, plain, sign)


def _root(work: Work, value: fmpq, exponent: Fraction) -> Poly:
    """Take a power of a positive rational, prime by prime."""
    result = one()
    for whole_number, sign in ((value.p, 1), (value.q, -1)):
        if abs(whole_number) > 10**12:  # factoring must not take longer than the proof
            base = base_atom({ONE_MONO: fmpq(whole_number)})
            result = multiply(work, result, product(work, {base: exponent * sign}, fmpq(1)))
            continue
        for prime, power in fmpz(whole_number).factor():
            base = base_atom({ONE_MONO: fmpq(prime)})
            result = multiply(
                work, result, product(work, {base: whole(exponent * sign * int(power))}, fmpq(1))
            )
    return result


def factored(work: Work, poly: Poly, only_positive: bool = False) -> tuple[fmpq, Mono, Poly]:
    """Write a polynomial as number * monomial * primitive polynomial, over one denominator."""
    outside: dict[Atom, Exponent] = {}
    for _ in range(4):  # opening a denominator can show another; four rounds cover what layers nest
        lowest: dict[Atom, Exponent] = {}
        for mono in poly:
            for atom, _power in mono:
                lowest[atom] = 0
        for atom in list(lowest):
            lowest[atom] = min(dict(mono).get(atom, 0) for mono in poly)
        common = {
            atom: power
            for atom, power in lowest.items()
            if power and (atom.positive or not only_positive) and not is_idempotent(work, atom)
        }
        if not common:
            break
        inverse = {atom: whole(-power) for atom, power in common.items()}
        divided: Poly = {}
        for mono, value in poly.items():
            powers = dict(mono)
            for atom, power in inverse.items():
                powers[atom] = whole(powers.get(atom, 0) + power)
            add_to(divided, product(work, powers, value))
        for atom, power in common.items():
            outside[atom] = whole(outside.get(atom, 0) + power)
        poly = divided
        if len(poly) <= 1:
            break
    if not poly:
        return fmpq(0), ONE_MONO, {}
    poly = _on_unit(work, poly, outside)
    number = content(poly)
    primitive = {mono: value / number for mono, value in poly.items()}
    return number, sorted_mono(outside), primitive


def _on_unit(work: Work, poly: Poly, outside: dict[Atom, Exponent]) -> Poly:
    """Give a sum with an exponential term the term 1 instead: E + F = F (1 + E/F), so that logistic sums look alike."""
    if len(poly) < 2 or ONE_MONO in poly:
        return poly
    units = [mono for mono in poly if all(atom.kind == "E" for atom, _ in mono)]
    if not units:
        return poly
    pivot = min(units, key=lambda mono: (mono_skeleton(mono), show_mono(mono)))
    inverse: Poly = {tuple((atom, whole(-power)) for atom, power in pivot): fmpq(1)}
    for atom, power in pivot:
        outside[atom] = whole(outside.get(atom, 0) + power)
    return multiply(work, poly, inverse)


def is_idempotent(work: Work, atom: Atom) -> bool:
    return (
        atom.kind in "DW"
        or (atom.kind == "F" and atom.data[0] in STEPS)
        or (atom.kind == "T" and (atom.data[0] in work.binary or atom.data[0] in work.one_hot))
    )


def content(poly: Poly) -> fmpq:
    """Find the positive rational that leaves whole coefficients without a common divisor."""
    top = math.gcd(*(int(value.p) for value in poly.values()))
    return fmpq(top, math.lcm(*(int(value.q) for value in poly.values())))
