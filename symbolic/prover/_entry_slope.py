"""Derivatives by a numbered entry, x[3], or by one at the end of a sum, x[m], of what holds sums with symbolic ends.

A sum over i depends on x[3] by its terms that read x[i + c], at i = 3 - c: for each such part of the summand the slope by
it, at that i, where the sum reaches so far. How far is asked of the lengths: what is claimed of x[3] is claimed where it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from symbolic.prover._errors import OutOfReach
from symbolic.prover._program import Program
from symbolic.prover._ranges import Linear, free, moved, plus, rebuilt, written
from symbolic.prover._slope import differentiate


def by_entry(p: Program, root: int, family: str, place: Linear) -> tuple[int, list[Linear]]:
    """The derivative by family[place], and what must be at least 0 for the sums to reach so far."""
    needs: list[Linear] = []
    parts = list(_slopes(p, root, family, place, needs))
    return p.both(p.add(*parts), root), needs


def _slopes(p: Program, i: int, family: str, place: Linear, needs: list[Linear]) -> Iterator[int]:
    """What each way adds on which a node depends on an entry."""
    for j in dict.fromkeys(_read(p, i, family)):
        (a,) = p.nodes[j][2:]
        if a == place:
            yield _slope(p, i, j)
        elif plus(a, place, -1)[1]:
            raise OutOfReach(
                f"a derivative by {family}[{written(place)}] beside an entry that may be the same one"
            )
    for s in dict.fromkeys(_sums(p, i)):
        _, f, index, low, high = p.nodes[s]
        outer = _slope(p, i, s)
        for j in dict.fromkeys(_read(p, f, family, index)):
            (a,) = p.nodes[j][2:]
            if a[1] != ((index, 1),):
                raise OutOfReach("a derivative by an entry whose index is no index and a number")
            at = plus(place, -a[0])
            reach = plus(at, low, -1), plus(high, at, -1)
            if any(not gap[1] and gap[0] < 0 for gap in reach):
                continue
            needs += [gap for gap in reach if gap[1]]
            yield p.mul(outer, moved(p, _slope(p, f, j), {index: at}))
        if any(True for _ in _inner(p, f, family, index)):
            raise OutOfReach("a derivative by an entry of a sum inside a sum")


def _read(p: Program, i: int, family: str, index: str = "") -> Iterator[int]:
    """Entries of a family outside of sums; with an index, those that it reads, in sums inside as well."""
    node = p.nodes[i]
    if node[0] == "entry" and node[1] == family:
        if len(node) != 3:
            raise OutOfReach(f"a derivative by an entry of {family}, which has several indices")
        if not index or index in free(p, i):
            yield i
    elif node[0] not in ("sum", "prod"):
        for child in p.children(i):
            yield from _read(p, child, family, index)


def _sums(p: Program, i: int) -> Iterator[int]:
    """The outermost sums."""
    if p.nodes[i][0] == "prod":
        raise OutOfReach("a derivative of a product of symbolic length")
    if p.nodes[i][0] == "sum":
        yield i
        return
    for child in p.children(i):
        yield from _sums(p, child)


def _inner(p: Program, f: int, family: str, index: str) -> Iterator[int]:
    """Entries of a family in a summand that its own index does not read, or that sums inside it hold."""
    for j in p.reach(f):
        if p.nodes[j][0] == "entry" and p.nodes[j][1] == family and index not in free(p, j):
            yield j
        if p.nodes[j][0] in ("sum", "prod") and family in {
            p.nodes[k][1] for k in p.reach(j) if p.nodes[k][0] == "entry"
        }:
            yield j


def _slope(p: Program, i: int, part: int) -> int:
    """The slope of a node by a part of it, as if that were a variable."""
    letter = p.node("sym", "\0part")
    slope = differentiate(p, _exchanged(p, i, {part: letter}), "\0part")
    p.slopes.pop(slope, None)  # a derivative by a letter is none that a certificate could speak of
    return _exchanged(p, slope, {letter: part})


def _exchanged(p: Program, i: int, images: dict[int, int]) -> int:
    if i not in images:
        images[i] = rebuilt(p, i, {child: _exchanged(p, child, images) for child in p.children(i)}, p)
    return images[i]
