"""What a one-hot column picks: sum_k Y[k, j] r[k] is one of the r[k], whichever.

So Y[i, j] times the sum is Y[i, j] r[i], a power of the sum is the sum of Y[k, j] times the powers, and so with every
function: log(sum_k Y[k] a[k]) is sum_k Y[k] log a[k]. Where a function is not defined everywhere, all r[k] must be
positive, or those that are not picked would have to be in its domain, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from flint import fmpq

from symbolic.tensor._algebra import multiply, power_poly, product
from symbolic.tensor._sums import open_up, substitute, sum_over
from symbolic.tensor._terms import Atom, Exponent, Index, Poly, Work, entry, free_of, poly_positive


class Pick(NamedTuple):
    """A sum as sum_k Y[k, j] r[k]."""

    name: str
    column: tuple[Index, ...]
    entry: Poly  # Y[k, j]
    at: Index  # k
    picked: Poly  # r[k]


def in_product(work: Work, kept: Mapping[Atom, Exponent], value: fmpq) -> Poly | None:
    """Use one pick in a product of powers of atoms, or None where there is none to use."""
    live = frozenset().union(*(atom.free for atom in kept))
    picks = {atom: pick for atom in kept if (pick := find(work, atom, live)) is not None}
    for atom in sorted(picks, key=lambda one: one.text):
        pick, power = picks[atom], kept[atom]
        rest = {other: e for other, e in kept.items() if other is not atom}
        here = _index_in(work, kept, pick)
        inner = pick.picked if here is None else substitute(work, pick.picked, {pick.at: here})
        counted = isinstance(power, int) and power > 0
        if not counted and not poly_positive(inner):
            continue
        inner = power_poly(work, inner, power)
        if here is None and power == 1:
            same = [
                one for one, p in picks.items() if one is not atom and p[:2] == pick[:2] and kept[one] == 1
            ]
            if not same:
                continue
            other = min(same, key=lambda one: one.text)
            del rest[other]
            moved = substitute(work, picks[other].picked, {picks[other].at: pick.at})
            inner = multiply(work, inner, moved)
        work.used[f"{pick.name} is one-hot"] = None
        if here is None:
            inner = sum_over(work, multiply(work, pick.entry, inner), [pick.at])
        return multiply(work, product(work, rest, value), inner)
    return None


def in_function(work: Work, z: Poly, apply: Callable[[Poly], Poly], everywhere: bool) -> Poly | None:
    """Apply a function to what is picked in an argument, or None where nothing is."""
    atoms = sorted({atom for mono in z for atom, _ in mono if atom.kind == "S"}, key=lambda one: one.text)
    for atom in atoms:
        pick = find(work, atom, free_of(z))
        if pick is None:
            continue
        powers = [power for mono in z if (power := dict(mono).get(atom, 0))]
        if not all(isinstance(e, int) and e > 0 for e in powers) and not poly_positive(pick.picked):
            continue  # of what is not picked 1/r[k] need not have a value
        inner: Poly = {}
        for mono, value in z.items():
            power = dict(mono).get(atom, 0)
            rest = product(work, {other: e for other, e in mono if other is not atom}, value)
            for term, number in multiply(work, rest, power_poly(work, pick.picked, power)).items():
                inner[term] = inner.get(term, fmpq(0)) + number
        inner = {term: number for term, number in inner.items() if number != 0}
        if everywhere or poly_positive(inner):
            work.used[f"{pick.name} is one-hot"] = None
            return sum_over(work, multiply(work, pick.entry, apply(inner)), [pick.at])
    return None


def find(work: Work, atom: Atom, avoid: Iterable[Index]) -> Pick | None:
    """Read a sum as a pick by a one-hot column, if it is one."""
    if atom.kind != "S":
        return None
    bound, body = atom.data
    ((mono, _),) = body.items()
    for inner, power in mono:
        if inner.kind != "T" or inner.data[0] not in work.one_hot or power != 1:
            continue
        name, indices = inner.data
        place = work.one_hot[name]
        column = indices[:place] + indices[place + 1 :]
        if indices[place] not in bound or not set(column).isdisjoint(bound):
            continue
        opening = open_up(bound, {*avoid, *atom.free})
        key = opening[indices[place]]
        rest = substitute(work, {tuple(pair for pair in mono if pair[0] is not inner): fmpq(1)}, opening)
        picked = sum_over(work, rest, [index for index in opening.values() if index != key])
        own = entry(work, name, (*indices[:place], key, *indices[place + 1 :]))
        return Pick(name, column, {((own, 1),): fmpq(1)}, key, picked)
    return None


def _index_in(work: Work, kept: Mapping[Atom, Exponent], pick: Pick) -> Index | None:
    """The i of an entry Y[i, j] of the same column in a product."""
    place = work.one_hot[pick.name]
    for atom, power in kept.items():
        if atom.kind == "T" and atom.data[0] == pick.name and power == 1:
            indices: tuple[Index, ...] = atom.data[1]
            if indices[:place] + indices[place + 1 :] == pick.column:
                return indices[place]
    return None
