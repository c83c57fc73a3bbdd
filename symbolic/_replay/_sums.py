"""Sums over indices of symbolic range, for the program that checks proofs about tensors."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from symbolic._replay._indexed import Algebra
from symbolic._replay._picks import in_function, in_product
from symbolic._replay._ring import Wrong
from symbolic._replay._terms import (
    Atom,
    Index,
    Mono,
    Poly,
    add,
    atoms,
    bound,
    delta,
    entry,
    fresh,
    is_whole,
    look_mono,
    number,
    one,
    single,
    size,
    whole,
    window,
    write,
    write_mono,
)

ROUNDS = 400
MAX_SUMMED_POWER = 20


class Sums(Algebra):
    """The algebra with sums and maxima over indices: every sum is split into sums of products that hang together."""

    def move(self, p: Poly, names: Mapping[Index, Index]) -> Poly:
        total: Poly = {}
        for m, c in p.items():
            term = number(c)
            plain: dict[Atom, Any] = {}
            for a, e in m:
                if a.free.isdisjoint(names):
                    plain[a] = e
                else:
                    term = self.times(term, self.power(self._moved(a, names), e))
            total = add(total, self.times(self.product(plain), term))
        return total

    def _moved(self, a: Atom, names: Mapping[Index, Index]) -> Poly:
        key = a, tuple(sorted((i, names[i]) for i in a.free if i in names))
        if key not in self.moved:
            self.moved[key] = self._move_atom(a, dict(key[1]))
        return self.moved[key]

    def _move_atom(self, a: Atom, names: Mapping[Index, Index]) -> Poly:
        data = a.data
        if a.kind == "T":
            return single(entry(data[0], tuple(names.get(i, i) for i in data[1]), a.positive))
        if a.kind == "D":
            return delta(*(names.get(i, i) for i in data))
        if a.kind == "W":
            return window(*(names.get(i, i) for i in data[:3]), *data[3:])
        if a.kind == "E":
            return self.exp(self.move({data: 1}, names))
        if a.kind == "P":
            return self.move(data, names)
        if a.kind == "F":
            inner = self.move(data[2], names)
            return self.step(inner, data[0]) if data[0] == "zero°" else self.apply(data[0], data[1], inner)
        inside, body = data
        opening = self.opened(inside, {*a.free, *names.values()})
        inner = self.move(self.move(body, opening), names)
        return self.total(inner, opening.values()) if a.kind == "S" else self.largest(inner, opening.values())

    def opened(self, names: Iterable[Index], avoid: Iterable[Index]) -> dict[Index, Index]:
        names = list(names)
        return dict(zip(names, fresh((axis for axis, _, _ in names), avoid), strict=True))

    def picked(self, powers: Mapping[Atom, Any]) -> Poly | None:
        return in_product(self, powers) if self.hot and any(a.kind == "S" for a in powers) else None

    def picked_in(self, z: Poly, name: str, order: int) -> Poly | None:
        return in_function(self, z, lambda r: self.apply(name, order, r), name != "log") if self.hot else None

    def total(self, p: Poly, indices: Iterable[Index]) -> Poly:
        """The sum over indices."""
        result: Poly = {}
        for m, c in p.items():
            summed = self._total(dict(m), frozenset(indices))
            result = add(result, {n: whole(Fraction(d) * c) for n, d in summed.items()})
        return result

    def _total(self, powers: dict[Atom, Any], indices: frozenset[Index]) -> Poly:
        self.tick()
        nested = [
            a for a, e in powers.items() if a.kind == "S" and is_whole(e) and e > 0 and a.free & indices
        ]
        if nested:  # sums of sums are one sum
            avoid = indices.union(*(a.free for a in powers))
            product = self.product({a: e for a, e in powers.items() if a not in nested})
            for outer in nested:
                for _ in range(powers[outer]):
                    opening = self.opened(outer.data[0], avoid)
                    avoid |= set(opening.values())
                    indices |= set(opening.values())
                    product = self.times(product, self.move(outer.data[1], opening))
            return self.total(product, indices)
        for a in powers:
            if a.kind == "D" and a.free & indices:
                gone, stays = a.data if a.data[0] in indices else a.data[::-1]
                others = self.product({b: e for b, e in powers.items() if b != a})
                return self.total(self.move(others, {gone: stays}), indices - {gone})
        result = one()
        for i in sorted(indices):
            holders = [a for a in powers if i in a.free]
            if not holders:
                result, indices = self.times(result, single(size(i[0]))), indices - {i}
            elif len(holders) == 1 and self._is_counted(holders[0], powers[holders[0]]):
                summed = self._sum_of_powers(holders[0], powers[holders[0]], i)
                rest = {a: e for a, e in powers.items() if a != holders[0]}
                return self.times(self.times(result, summed), self._total(rest, indices - {i}))
            elif len(holders) == 1 and self._adds_up_to_one(holders[0], powers[holders[0]], i):
                rest = {a: e for a, e in powers.items() if a != holders[0]}
                return self.times(result, self._total(rest, indices - {i}))
        result = self.times(result, self.product({a: e for a, e in powers.items() if not a.free & indices}))
        open_ = {a: e for a, e in powers.items() if a.free & indices}
        while open_:  # the parts that share no summed index are sums of their own
            part = {next(iter(open_))}
            while more := {
                a for a in open_ if a not in part and any(a.free & b.free & indices for b in part)
            }:
                part |= more
            own = indices.intersection(frozenset().union(*(a.free for a in part)))
            result = self.times(result, self._close({a: open_.pop(a) for a in list(open_) if a in part}, own))
        return result

    def _is_counted(self, a: Atom, e: Any) -> bool:
        counts = a.kind == "T" and a.data[0].startswith("index from ") and len(a.data[1]) == 1
        return counts and bool(is_whole(e) and 0 < e <= MAX_SUMMED_POWER)

    def _sum_of_powers(self, a: Atom, e: int, i: Index) -> Poly:
        """The sum of k**e over k = s, ..., s + n - 1, by what the sum of (k + 1)**(p + 1) - k**(p + 1) telescopes to."""
        start, sums = int(a.data[0].split()[2]), list[Poly]()
        for p in range(e + 1):
            rise = add(
                self.power(add(number(start), single(size(i[0]))), p + 1), number(start ** (p + 1)), -1
            )
            for lower, known in enumerate(sums):
                rise = add(rise, known, -math.comb(p + 1, lower))
            sums.append({m: whole(Fraction(c) / (p + 1)) for m, c in rise.items()})
        return sums[e]

    def _adds_up_to_one(self, a: Atom, e: Any, i: Index) -> bool:
        if a.kind != "T" or e != 1 or a.data[0] not in self.sums:
            return False
        name, indices = a.data
        return bool(indices[self.sums[name]] == i and indices.count(i) == 1)

    def _close(self, powers: dict[Atom, Any], indices: frozenset[Index]) -> Poly:
        folded = self._folded(powers, indices)
        if folded is not None:
            return folded
        order = self.order(indices, powers)
        height = 1 + max(a.height for a in powers)
        names = {i: (i[0], height, rank) for rank, i in enumerate(order)}
        body = self.move(self.product(powers), names)
        if len(body) != 1 or max(a.height for a in atoms(body)) >= height:
            raise Wrong("a sum has no canonical name for its index")
        ((m, c),) = body.items()
        return {((bound("S", names.values(), {m: 1}, all(a.positive for a, _ in m)), 1),): c}

    def _folded(self, powers: dict[Atom, Any], indices: frozenset[Index]) -> Poly | None:
        """A part that adds up to a denominator: sum_k E[k, j] / S[j] is 1 where S[j] = sum_k E[k, j]."""
        below = {a for a, e in powers.items() if a.kind == "S" and not (is_whole(e) and e > 0)}
        for i in sorted(indices) if below and len(indices) > 1 else ():
            part = {a: e for a, e in powers.items() if i in a.free}
            if len(part) == len(powers) or not below - set(part):
                continue
            closed = self._close(part, frozenset([i]))
            ((m, c), *others) = closed.items()
            if not others and c == 1 and len(m) == 1 and m[0][1] == 1 and m[0][0] in below:
                rest = {a: e for a, e in powers.items() if a not in part}
                rest[m[0][0]] += 1
                return self.total(self.product(rest), indices - {i})
        return None

    def largest(self, p: Poly, indices: Iterable[Index]) -> Poly:
        """max (c x + y) is c max x + y, where c > 0 and neither has an index of the maximum."""
        within = frozenset(indices)
        moves = {m: c for m, c in p.items() if any(a.free & within for a, _ in m)}
        if not moves:
            return p
        stays = {m: c for m, c in p.items() if m not in moves}
        factor = {
            a: min(dict(m).get(a, 0) for m in moves)
            for a in atoms(moves)
            if a.positive and not a.free & within
        }
        scale = Fraction(
            math.gcd(*(Fraction(c).numerator for c in moves.values())),
            math.lcm(*(Fraction(c).denominator for c in moves.values())),
        )
        moves = self.times(moves, self.product({a: whole(-e) for a, e in factor.items()}, 1 / scale))
        inner = {a: 1 for a in atoms(moves) if a.free & within}
        kept = frozenset(i for i in within if any(i in a.free for a in inner))
        height = 1 + max(a.height for a in atoms(moves))
        names = {i: (i[0], height, rank) for rank, i in enumerate(self.order(kept, inner))}
        body = self.move(moves, names)
        if max(a.height for a in atoms(body)) >= height:
            raise Wrong("a maximum has no canonical name for its index")
        return add(
            stays, self.times(self.product(factor, scale), single(bound("M", names.values(), body, False)))
        )

    # -- canonical order of the indices of a product ------------------------------------------------
    def order(self, indices: Iterable[Index], powers: Mapping[Atom, Any]) -> list[Index]:
        """Refine by where indices occur; where that does not tell them apart, try each, and take the least text."""
        names = sorted(indices)
        return names if len(names) == 1 else min(self._orders(names, powers, dict.fromkeys(names, 0)))[1]

    def _orders(
        self, names: list[Index], powers: Mapping[Atom, Any], colour: dict[Index, int]
    ) -> list[tuple[str, list[Index]]]:
        while True:
            pictures = {i: (i[0], colour[i], self._drawn(powers, {**colour, i: -1}, i)) for i in names}
            ranks = {picture: n for n, picture in enumerate(sorted(set(pictures.values())))}
            finer = {i: ranks[pictures[i]] for i in names}
            if len(ranks) == len(set(colour.values())) or len(ranks) == len(names):
                break
            colour = finer
        ties = sorted(n for n in set(finer.values()) if list(finer.values()).count(n) > 1)
        if not ties:
            found = sorted(names, key=lambda i: finer[i])
            return [(self._drawn(powers, {i: n for n, i in enumerate(found)}), found)]
        found_all: list[tuple[str, list[Index]]] = []
        for chosen in (i for i in names if finer[i] == ties[0]):
            found_all += self._orders(names, powers, {i: 2 * finer[i] + (i == chosen) for i in names})
        return found_all

    def _drawn(
        self, powers: Mapping[Atom, Any], colour: Mapping[Index, int], only: Index | None = None
    ) -> str:
        """The factors that hold an index, with colours for names."""
        drawn = []
        for a, e in powers.items():
            if (only is None or only in a.free) and a.free & colour.keys():
                self.tick()
                names = {i: (i[0], 0, 10**9 + colour[i]) for i in a.free if i in colour}
                drawn.append(f"{write(self._moved(a, names))}^{e}")
        return "&".join(sorted(drawn))

    # -- whether a polynomial is zero ---------------------------------------------------------------
    def vanishes(self, p: Poly) -> bool:
        rest = self.reduced(p)
        if not rest:
            return True
        above = self.factored(rest)[2]
        return not above or not self.reduced(above)

    def reduced(self, p: Poly) -> Poly:
        """Use B * B^(e-1) = B^e wherever the largest term of B stands beside a power of it; inside sums too."""
        for _ in range(ROUNDS):
            result, changed = Poly(), False
            for m, c in p.items():
                simpler = self._simpler(m)
                changed |= simpler is not None
                result = add(result, {m: 1} if simpler is None else simpler, c)
            if not changed:
                break
            p = result
        return {m: whole(Fraction(c)) for m, c in p.items()}

    def _simpler(self, m: Mono) -> Poly | None:
        self.tick()
        powers = dict(m)
        for a, e in m:
            if a.kind == "P" and len(a.data) > 1 and not (is_whole(e) and e > 0):
                lead = max(
                    a.data, key=lambda n: (sum(abs(Fraction(f)) for _, f in n), look_mono(n), write_mono(n))
                )
                if lead and all(powers.get(b, 0) * need >= need * need for b, need in lead):
                    return self._divided(powers, a, lead)
                for b, f in m:  # the one term of the base that lacks an exponential below
                    if b.kind == "E" and is_whole(f) and f < 0:
                        without = [n for n in a.data if b not in dict(n)]
                        if len(without) == 1 and all(dict(n).get(b, 1) > 0 for n in a.data):
                            return self._divided(powers, a, without[0])
            if a.kind == "S" and is_whole(e) and e > 0:
                (inner,) = a.data[1]
                if self._simpler(inner) is not None:
                    opening = self.opened(a.data[0], a.free)
                    opened = self.reduced(self.move(a.data[1], opening))
                    return self.times(
                        self.product({**powers, a: e - 1}), self.total(opened, opening.values())
                    )
        return None

    def _divided(self, powers: Mapping[Atom, Any], a: Atom, pivot: Mono) -> Poly:
        """Pivot * B^e = (B^(e+1) - rest * B^e) / its number."""
        c = Fraction(a.data[pivot])
        quotient = {**powers, **{b: whole(powers.get(b, 0) - f) for b, f in pivot}}
        higher = self.product({**quotient, a: whole(quotient[a] + 1)}, 1 / c)
        rest = {m: d for m, d in a.data.items() if m != pivot}
        return add(higher, self.times(self.product(quotient), rest), -1 / c)
