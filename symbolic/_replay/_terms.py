"""The words of index expressions with symbolic sizes, for the program that checks proofs about tensors.

A polynomial maps monomials to rationals; a monomial is a product of powers of atoms; an atom is one of
    T an entry, N a size, D Kronecker's delta, W an entry of a window, C a positive constant,
    E exp of one monomial, F a function of a polynomial, P a polynomial under a power, S a sum and M a maximum over indices.
An atom is known by its text, in which bound indices have canonical names: i~h.r is the r-th of a sum that nests h deep.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction
from typing import Any, TypeAlias

from symbolic._replay._ring import Wrong

Index: TypeAlias = tuple[
    str, int, int
]  # axis; 0 and a number where free, the height of its sum and its rank where bound
Mono: TypeAlias = tuple[tuple["Atom", Any], ...]
Poly: TypeAlias = dict[Mono, Any]


class Atom:
    """An indivisible factor."""

    __slots__ = ("data", "form", "free", "height", "kind", "positive", "text")

    def __init__(
        self,
        kind: str,
        data: Any,
        text: str,
        inside: Iterable[Atom] = (),
        positive: bool = False,
        free: Iterable[Index] = (),
    ) -> None:
        inside = list(inside)
        self.height: int = max((a.height for a in inside), default=0)
        self.kind, self.data, self.text, self.positive = kind, data, text, positive
        self.free: frozenset[Index] = frozenset(free).union(*(a.free for a in inside))
        self.form = re.sub(r"\.\d+|~\d+\.\d+", "", text)  # how it looks without the names of its indices
        if len(text) > 100_000:
            raise Wrong("the normal form grows too large")

    def __hash__(self) -> int:
        return hash(self.text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Atom) and self.text == other.text


def written(i: Index) -> str:
    return f"{i[0]!r}.{i[2]}" if not i[1] else f"{i[0]!r}~{i[1]}.{i[2]}"


def write(p: Poly) -> str:
    return " + ".join(sorted(f"{c}*{write_mono(m)}" for m, c in p.items())) or "0"


def write_mono(m: Mono) -> str:
    return "*".join(f"{a.text}^{e}" for a, e in m) or "1"


def look(p: Poly) -> str:
    """A polynomial without the names of its indices."""
    return "+".join(sorted(f"{c}*{look_mono(m)}" for m, c in p.items()))


def look_mono(m: Mono) -> str:
    return "*".join(sorted(f"{a.form}^{e}" for a, e in m))


def atoms(p: Poly) -> list[Atom]:
    return [a for m in p for a, _ in m]


def whole(e: Any) -> Any:
    return e.numerator if isinstance(e, Fraction) and e.denominator == 1 else e


def is_whole(e: Any) -> bool:
    return isinstance(e, int)


def add(p: Poly, q: Poly, c: Any = 1) -> Poly:
    total = dict(p)
    for m, d in q.items():
        total[m] = total.get(m, 0) + c * d
        if not total[m]:
            del total[m]
    return total


def one() -> Poly:
    return {(): 1}


def number(c: Any) -> Poly:
    return {(): whole(Fraction(c))} if c else {}


def single(a: Atom, e: Any = 1) -> Poly:
    return {((a, e),): 1}


def entry(name: str, indices: tuple[Index, ...], positive: bool) -> Atom:
    return Atom("T", (name, indices), f"T{name!r}[{','.join(map(written, indices))}]", (), positive, indices)


def size(axis: str) -> Atom:
    return Atom("N", axis, f"|{axis!r}|", (), True)


def delta(i: Index, j: Index) -> Poly:
    i, j = sorted((i, j))
    return one() if i == j else single(Atom("D", (i, j), f"D[{written(i)},{written(j)}]", (), False, (i, j)))


def window(h: Index, i: Index, p: Index, stride: int, padding: int) -> Poly:
    i, p = sorted((i, p)) if stride == 1 else (i, p)  # h = i + p - padding looks alike from both
    text = f"W{stride},{padding}[{written(h)},{written(i)},{written(p)}]"
    return single(Atom("W", (h, i, p, stride, padding), text, (), False, (h, i, p)))


def function(name: str, order: int, z: Poly) -> Poly:
    return single(Atom("F", (name, order, z), f"F{name!r}{order}({write(z)})", atoms(z)))


def base(p: Poly) -> Atom:
    return Atom("P", p, f"P({write(p)})", atoms(p), is_positive(p))


def is_positive(p: Poly) -> bool:
    """No negative part, and one part that is never 0."""
    weak = all(c > 0 and all(a.positive or (is_whole(e) and e % 2 == 0) for a, e in m) for m, c in p.items())
    return weak and any(all(a.positive for a, _ in m) for m in p)


def bound(kind: str, names: Iterable[Index], body: Poly, positive: bool) -> Atom:
    names = tuple(names)
    atom = Atom(
        kind, (names, body), f"{kind}[{','.join(map(written, names))}]({write(body)})", atoms(body), positive
    )
    atom.free, atom.height = atom.free - set(names), atom.height + 1
    return atom


def fresh(axes: Iterable[str], avoid: Iterable[Index]) -> list[Index]:
    start = 1 + max((n for _, height, n in avoid if not height), default=0)
    return [(axis, 0, start + k) for k, axis in enumerate(axes)]
