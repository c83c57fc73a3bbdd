"""Sums over indices: substitution, elimination of deltas, independent parts set apart, dummies made canonical.

A sum of a product splits into the parts that share no summed index. Each part becomes one atom, S, whose bound
indices are named canonically; so equal sums are the same atom, and a softmax cancels against its own denominator.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import comb

from flint import fmpq

from symbolic.tensor._algebra import STEPS, content, multiply, power_poly, product
from symbolic.tensor._dummies import canonical_order
from symbolic.tensor._errors import TensorLimitError
from symbolic.tensor._kernels import exp_poly, function_poly, log_poly, step_poly
from symbolic.tensor._terms import (
    BOUND_BASE,
    Atom,
    Exponent,
    Index,
    Mono,
    Poly,
    Work,
    add_to,
    bound_atom,
    const,
    delta_atom,
    entry,
    fresh_indices,
    height_of,
    is_nonnegative,
    is_positive,
    one,
    size_atom,
    start_of,
    whole,
    window_atom,
)

MAX_SUMMED_POWER = 20
Renaming = Mapping[Index, Index]


def substitute(work: Work, poly: Poly, renaming: Renaming) -> Poly:
    """Write other indices for free ones, and bring the result back to normal form."""
    result: Poly = {}
    for mono, value in poly.items():
        plain: dict[Atom, Exponent] = {}
        changed: list[Poly] = []
        for atom, power in mono:
            if atom.free.isdisjoint(renaming):
                plain[atom] = power
                continue
            image = substitute_atom(work, atom, renaming)
            if len(image) == 1:
                ((inner, number),) = image.items()
                if number == 1 and len(inner) == 1 and inner[0][1] == 1 and inner[0][0] not in plain:
                    plain[inner[0][0]] = power
                    continue
            changed.append(power_poly(work, image, power))
        term = product(work, plain, value)
        for factor in changed:
            term = multiply(work, term, factor)
        add_to(result, term)
    return result


def substitute_atom(work: Work, atom: Atom, renaming: Renaming) -> Poly:
    """Write other indices for free ones in one atom."""
    if atom.free.isdisjoint(renaming):
        return {((atom, 1),): fmpq(1)}
    key = (atom, tuple(sorted((index, renaming[index]) for index in atom.free if index in renaming)))
    found = work.substituted.get(key)
    if found is None:
        found = work.substituted[key] = _substitute_atom(work, atom, dict(key[1]))
    return found


def _substitute_atom(work: Work, atom: Atom, renaming: Renaming) -> Poly:
    kind, data = atom.kind, atom.data
    if kind == "T":
        name, indices = data
        return {((entry(work, name, tuple(renaming.get(i, i) for i in indices)), 1),): fmpq(1)}
    if kind == "D":
        first, second = (renaming.get(i, i) for i in data)
        return one() if first == second else {((delta_atom(first, second), 1),): fmpq(1)}
    if kind == "W":
        h, i, p, stride, padding = data
        new = window_atom(renaming.get(h, h), renaming.get(i, i), renaming.get(p, p), stride, padding)
        return {((new, 1),): fmpq(1)}
    if kind == "E":
        return exp_poly(work, substitute(work, {data: fmpq(1)}, renaming))
    if kind == "P":
        return substitute(work, data, renaming)
    if kind == "F":
        name, order, argument = data
        inner = substitute(work, argument, renaming)
        if name == "log":
            return log_poly(work, inner)
        if name in STEPS:
            return step_poly(work, inner, name)
        return function_poly(work, name, order, inner)
    bound, body = data
    opening = open_up(bound, (*atom.free, *renaming.values()))
    inner = substitute(work, substitute(work, body, opening), renaming)
    if kind == "S":
        return sum_over(work, inner, opening.values())
    return max_over(work, inner, list(opening.values()))


def open_up(bound: Iterable[Index], avoid: Iterable[Index]) -> dict[Index, Index]:
    """Choose free indices for bound ones, different from all that are in use."""
    names = list(bound)
    return dict(zip(names, fresh_indices((axis for axis, _ in names), avoid), strict=True))


def sum_over(work: Work, poly: Poly, indices: Iterable[Index]) -> Poly:
    """Sum a polynomial over indices."""
    chosen = frozenset(indices)
    result: Poly = {}
    for mono, value in poly.items():
        add_to(result, _sum_mono(work, mono, value, chosen))
    return result


def _sum_mono(work: Work, mono: Mono, value: fmpq, bound: frozenset[Index]) -> Poly:
    work.tick()
    opened = _opened(work, mono, value, bound)
    if opened is not None:
        poly, fresh = opened
        return sum_over(work, poly, bound | fresh)
    powers = dict(mono)
    for atom in powers:
        if atom.kind == "D":
            first, second = atom.data
            if first in bound or second in bound:
                gone, stays = (first, second) if first in bound else (second, first)
                rest: Mono = tuple(pair for pair in mono if pair[0] is not atom)
                return sum_over(work, substitute(work, {rest: value}, {gone: stays}), bound - {gone})
    closed: Poly = {(): value}
    loose = dict(mono)
    for index in sorted(bound):
        holders = [atom for atom in loose if index in atom.free]
        if not holders:
            closed = multiply(work, closed, {((size_atom(index[0]), 1),): fmpq(1)})
            bound -= {index}
        elif len(holders) == 1 and _is_number(holders[0], loose[holders[0]]):
            closed = multiply(
                work, closed, _sum_of_powers(work, holders[0], int(loose.pop(holders[0])), index)
            )
            bound -= {index}
        elif len(holders) == 1 and _sums_to_one(work, holders[0], loose[holders[0]], index):
            del loose[holders[0]]
            bound -= {index}
            return multiply(
                work,
                closed,
                sum_over(work, {tuple(pair for pair in mono if pair[0] in loose): fmpq(1)}, bound),
            )
    outside, parts = _connected(loose, bound)
    if outside:
        closed = multiply(work, closed, product(work, outside, fmpq(1)))
    for indices, factors in parts:
        closed = multiply(work, closed, _close(work, indices, factors))
    return closed


def _opened(
    work: Work, mono: Mono, value: fmpq, bound: frozenset[Index]
) -> tuple[Poly, frozenset[Index]] | None:
    """Open the sums that depend on an index now summed: sums of sums are one sum."""
    plain: dict[Atom, Exponent] = {}
    bodies: list[Poly] = []
    fresh: set[Index] = set()
    live = frozenset().union(bound, *(atom.free for atom, _ in mono))
    for atom, power in mono:
        if atom.kind != "S" or not isinstance(power, int) or power < 0 or atom.free.isdisjoint(bound):
            plain[atom] = power
            continue
        for _ in range(power):
            inside, body = atom.data
            opening = open_up(inside, live | fresh)
            fresh.update(opening.values())
            bodies.append(substitute(work, body, opening))
    if not bodies:
        return None
    result = product(work, plain, value)
    for body in bodies:
        result = multiply(work, result, body)
    return result, frozenset(fresh)


def _is_number(atom: Atom, power: Exponent) -> bool:
    """Whether this is a power of the number that an index is."""
    counted = isinstance(power, int) and 0 < power <= MAX_SUMMED_POWER
    return counted and atom.kind == "T" and start_of(atom.data[0]) is not None


def _sum_of_powers(work: Work, atom: Atom, power: int, index: Index) -> Poly:
    """Sum k^p over k = a, ..., a + n - 1, by what the sum of (k + 1)^(p + 1) - k^(p + 1) telescopes to."""
    start = start_of(atom.data[0])
    assert start is not None
    size: Poly = {((size_atom(index[0]), 1),): fmpq(1)}
    sums: list[Poly] = []
    for p in range(power + 1):
        total = power_poly(work, add_to(const(start), size), p + 1)
        add_to(total, const(start ** (p + 1)), -1)
        for lower, known in enumerate(sums):
            add_to(total, known, -comb(p + 1, lower))
        sums.append({mono: value / (p + 1) for mono, value in total.items()})
    return sums[power]


def _sums_to_one(work: Work, atom: Atom, power: Exponent, index: Index) -> bool:
    """Whether the sum of this factor alone over the index is 1, by hypothesis."""
    if atom.kind != "T" or power != 1 or atom.data[0] not in work.sums_to_one:
        return False
    name, indices = atom.data
    place = work.sums_to_one[name]
    if indices[place] != index or indices.count(index) != 1:
        return False
    work.used[f"the sum of {name} along {index[0]} is 1"] = None
    return True


def _connected(
    factors: Mapping[Atom, Exponent], bound: frozenset[Index]
) -> tuple[dict[Atom, Exponent], list[tuple[frozenset[Index], dict[Atom, Exponent]]]]:
    """Split a product into what has no bound index and the parts that share none."""
    outside = {atom: power for atom, power in factors.items() if atom.free.isdisjoint(bound)}
    parts: list[tuple[frozenset[Index], dict[Atom, Exponent]]] = []
    for atom, power in factors.items():
        if atom in outside:
            continue
        indices, members = atom.free & bound, {atom: power}
        apart = []
        for other_indices, other in parts:
            if other_indices.isdisjoint(indices):
                apart.append((other_indices, other))
            else:
                indices |= other_indices
                members |= other
        parts = [*apart, (indices, members)]
    return outside, parts


def _close(work: Work, bound: frozenset[Index], factors: dict[Atom, Exponent]) -> Poly:
    """Bind the indices of one connected product."""
    key = (bound, frozenset(factors.items()))
    found = work.closed.get(key)
    if found is None:
        found = work.closed[key] = _bind(work, bound, factors)
    return found


def _bind(work: Work, bound: frozenset[Index], factors: dict[Atom, Exponent]) -> Poly:
    folded = _folded(work, bound, factors)
    if folded is not None:
        poly, rest = folded
        return sum_over(work, poly, rest)
    order = canonical_order(work, bound, factors)
    height = 1 + max(atom.height for atom in factors)
    if len(order) > BOUND_BASE:
        raise TensorLimitError(
            f"a product sums over {len(order)} indices; the normal form stops at {BOUND_BASE}."
        )
    names = {index: (index[0], -(height * BOUND_BASE + rank + 1)) for rank, index in enumerate(order)}
    body = substitute(work, {tuple(sorted(factors.items(), key=lambda pair: pair[0].text)): fmpq(1)}, names)
    if len(body) != 1:
        raise TensorLimitError(
            "a sum has no canonical name for its index: its terms change sign with the name."
        )
    ((mono, value),) = body.items()
    positive = is_positive(mono) and value > 0
    atom = bound_atom("S", tuple(names[index] for index in order), {mono: fmpq(1)}, positive)
    assert is_nonnegative(mono) or not positive
    return {((atom, 1),): value}


def _check_heights(body: Poly, height: int) -> None:
    """Make sure that no sum inside could bind a name of the sum outside."""
    if height_of(body) >= height:
        raise TensorLimitError("a sum grew taller while its indices were named; it is left open.")


def _folded(
    work: Work, bound: frozenset[Index], factors: dict[Atom, Exponent]
) -> tuple[Poly, frozenset[Index]] | None:
    """Cancel a part that sums to a denominator: sum_k E[k, j] / S[j] is 1 where S[j] = sum_k E[k, j]."""
    below = {
        atom
        for atom, power in factors.items()
        if atom.kind == "S" and not (isinstance(power, int) and power > 0)
    }
    if not below or len(bound) < 2:
        return None
    for index in sorted(bound):
        part = {atom: power for atom, power in factors.items() if index in atom.free}
        if len(part) == len(factors) or not below - set(part):
            continue
        closed = _close(work, frozenset([index]), part)
        if len(closed) != 1:
            continue
        ((mono, value),) = closed.items()
        if len(mono) == 1 and mono[0][1] == 1 and mono[0][0] in below and value == 1:
            rest = {atom: power for atom, power in factors.items() if atom not in part}
            rest[mono[0][0]] = rest[mono[0][0]] + 1
            return product(work, rest, fmpq(1)), bound - {index}
    return None


def max_over(work: Work, poly: Poly, indices: list[Index]) -> Poly:
    """Take the largest value of a polynomial over indices: max (c x + y) is c max x + y, where c > 0 and y stays."""
    moves = {mono for mono in poly if any(not atom.free.isdisjoint(indices) for atom, _ in mono)}
    if not moves:
        return poly
    stays = {mono: value for mono, value in poly.items() if mono not in moves}
    scale, body = _scaled(work, {mono: poly[mono] for mono in moves}, frozenset(indices))
    inner = dict.fromkeys(atom for mono in body for atom, _ in mono if not atom.free.isdisjoint(indices))
    kept = frozenset(index for index in indices if any(index in atom.free for atom in inner))
    order = canonical_order(work, kept, dict.fromkeys(inner, 1))
    height = 1 + max(atom.height for mono in body for atom, _ in mono)
    names = {index: (index[0], -(height * BOUND_BASE + rank + 1)) for rank, index in enumerate(order)}
    body = substitute(work, body, names)
    _check_heights(body, height)
    largest = bound_atom("M", tuple(names[index] for index in order), body, False)
    return add_to(stays, multiply(work, scale, {((largest, 1),): fmpq(1)}))


def _scaled(work: Work, poly: Poly, bound: frozenset[Index]) -> tuple[Poly, Poly]:
    """Write a polynomial as a positive factor without the bound indices, and the rest."""
    fixed = {atom for mono in poly for atom, _ in mono if atom.positive and atom.free.isdisjoint(bound)}
    lowest = {atom: min(dict(mono).get(atom, 0) for mono in poly) for atom in fixed}
    common = {atom: power for atom, power in lowest.items() if power}
    number = content(poly)
    inverse = product(work, {atom: whole(-power) for atom, power in common.items()}, 1 / number)
    return product(work, common, number), multiply(work, poly, inverse)


__all__ = ["const", "max_over", "substitute", "sum_over"]
