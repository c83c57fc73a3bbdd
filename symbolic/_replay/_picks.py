"""What a one-hot column picks, for the program that checks proofs about tensors: sum_k Y[k, j] r[k] is one of the r[k].

So h of it is sum_k Y[k, j] h(r[k]), where every h(r[k]) has a value: h is a whole power, or defined everywhere, or all
r[k] are positive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from symbolic._replay._terms import Atom, Index, Poly, add, atoms, entry, is_positive, is_whole, single

if TYPE_CHECKING:
    from symbolic._replay._sums import Sums


def pick(algebra: Sums, a: Atom, avoid: Iterable[Index]) -> tuple[Any, Poly, Index, Poly] | None:
    """A sum as the column of Y, Y[k, j], k, and r[k]."""
    if a.kind != "S" or not algebra.hot:
        return None
    bound, body = a.data
    ((m, _),) = body.items()
    for b, e in m:
        if b.kind != "T" or b.data[0] not in algebra.hot or e != 1:
            continue
        name, indices = b.data
        place = algebra.hot[name]
        column = indices[:place] + indices[place + 1 :]
        if indices[place] in bound and not set(column) & set(bound):
            names = algebra.opened(bound, {*avoid, *a.free})
            k = names[indices[place]]
            rest = algebra.move(algebra.product({c: f for c, f in m if c != b}), names)
            own = entry(name, (*indices[:place], k, *indices[place + 1 :]), b.positive)
            return (name, column), single(own), k, algebra.total(rest, set(names.values()) - {k})
    return None


def in_product(algebra: Sums, powers: Mapping[Atom, Any]) -> Poly | None:
    """One pick in a product: by an entry of the same column, by a second sum over it, or of a power."""
    avoid = frozenset().union(*(a.free for a in powers))
    found = {a: picked for a in powers if (picked := pick(algebra, a, avoid)) is not None}
    for a in sorted(found, key=lambda a: a.text):
        column, own, k, r = found[a]
        rest, e = {b: f for b, f in powers.items() if b != a}, powers[a]
        here = [b.data[1][algebra.hot[column[0]]] for b in powers if _is_entry(algebra, b, column)]
        if here:
            r = algebra.move(r, {k: here[0]})
        if not is_positive(r) and not (is_whole(e) and e > 0):
            continue
        r = algebra.power(r, e)
        if not here:
            others = [b for b in found if b != a and found[b][0] == column and powers[b] == 1]
            if e == 1 and not others:
                continue
            if e == 1:
                other = min(others, key=lambda b: b.text)
                r = algebra.times(r, algebra.move(found[other][3], {found[other][2]: k}))
                del rest[other]
            r = algebra.total(algebra.times(own, r), [k])
        return algebra.times(algebra.product(rest), r)
    return None


def _is_entry(algebra: Sums, b: Atom, column: Any) -> bool:
    if b.kind != "T" or b.data[0] != column[0]:
        return False
    place, indices = algebra.hot[b.data[0]], b.data[1]
    return bool(indices[:place] + indices[place + 1 :] == column[1])


def in_function(algebra: Sums, z: Poly, apply: Callable[[Poly], Poly], everywhere: bool) -> Poly | None:
    """A function of what is picked."""
    for a in sorted({a for a in atoms(z) if a.kind == "S"}, key=lambda a: a.text):
        found = pick(algebra, a, frozenset().union(*(b.free for b in atoms(z))))
        if found is None:
            continue
        powers = [e for m in z if (e := dict(m).get(a, 0))]
        if not all(is_whole(e) and e > 0 for e in powers) and not is_positive(found[3]):
            continue
        inner: Poly = {}
        for m, c in z.items():
            rest = algebra.product({b: e for b, e in m if b != a}, c)
            inner = add(inner, algebra.times(rest, algebra.power(found[3], dict(m).get(a, 0))))
        if everywhere or is_positive(inner):
            return algebra.total(algebra.times(found[1], apply(inner)), [found[2]])
    return None
