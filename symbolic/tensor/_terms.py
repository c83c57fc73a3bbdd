"""The words of the normal form: indices, atoms, monomials, polynomials.

A polynomial maps monomials to rational coefficients. A monomial is a product of powers of atoms. An atom is one of

    T  an entry of a tensor, W[i, j]                N  the size of an axis
    D  Kronecker's delta of two indices             W  the 0/1 entry of a convolution window
    E  exp of one monomial without its number       F  a function of a polynomial that nothing is known of, log, step
    P  a polynomial under a power                   S  a sum over indices that fill one connected product
    M  a largest entry over indices                 C  a named positive constant

Every atom carries a text that is canonical: equal texts are equal atoms, and equal atoms have equal texts as far as
the normal form goes. An index is (axis, number). A positive number is free or still being worked on; a negative one
is bound, and its number holds the height of its sum, so that a nested sum can never capture the index of an outer one.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from flint import fmpq

from symbolic.tensor._errors import TensorLimitError

TEXT_LIMIT = 100_000  # functions of sums of functions double with each level: stop before memory does

Index = tuple[str, int]
Exponent = int | Fraction
BOUND_BASE = (
    256  # bound number = -(height * 256 + rank + 1); more than 256 indices in one product is past the limit
)


class Atom:
    """An indivisible factor of the normal form, known by its canonical text."""

    __slots__ = ("_hash", "data", "free", "height", "kind", "logistic", "positive", "skeleton", "text")

    def __init__(
        self,
        kind: str,
        data: Any,
        text: str,
        free: frozenset[Index],
        height: int = 0,
        positive: bool = False,
        skeleton: str = "",
    ) -> None:
        if len(text) > TEXT_LIMIT:
            raise TensorLimitError(
                f"a part of the normal form takes more than {TEXT_LIMIT} characters to write."
            )
        self.kind = kind
        self.data = data
        self.text = text
        self.free = free
        self.height = height
        self.positive = positive
        self.skeleton = skeleton or kind
        self.logistic: Mono | None = None  # E, for the base c + E of a logistic denominator
        self._hash = hash(text)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Atom) and self.text == other.text

    def __repr__(self) -> str:
        return self.text


Mono = tuple[tuple[Atom, Exponent], ...]
Poly = dict[Mono, fmpq]

ONE_MONO: Mono = ()
# What a tensor is called of which the entries are 1, 2, 3 or as many from another start: no user can call one so.
POSITION = "index from"


def one() -> Poly:
    """Make the polynomial 1."""
    return {ONE_MONO: fmpq(1)}


def const(value: Fraction | int) -> Poly:
    """Make a constant polynomial."""
    value = Fraction(value)
    return {ONE_MONO: fmpq(value.numerator, value.denominator)} if value else {}


def whole(exponent: Exponent) -> Exponent:
    """Write a whole exponent as an int, so that equal exponents print alike."""
    return exponent.numerator if isinstance(exponent, Fraction) and exponent.denominator == 1 else exponent


@dataclass
class Work:
    """What one question may use and has used: its limits, its hypotheses, fresh indices, the kinks it met."""

    deadline: float = float("inf")
    term_limit: int = 200_000
    positive: frozenset[str] = frozenset()
    binary: frozenset[str] = frozenset()
    sums_to_one: dict[str, int] = field(default_factory=dict)  # tensor -> place of the axis that sums to one
    one_hot: dict[str, int] = field(default_factory=dict)
    kinks: dict[str, None] = field(default_factory=dict)
    used: dict[str, None] = field(default_factory=dict)
    alone: dict[object, int] = field(
        default_factory=dict
    )  # nodes that are tensors of their own, as far as this goes
    negated: dict[str, tuple[Atom, bool]] = field(
        default_factory=dict
    )  # of a base -p, and whether p leads with minus
    spent: int = 0
    substituted: dict[Any, Poly] = field(default_factory=dict)
    closed: dict[Any, Poly] = field(default_factory=dict)

    def tick(self, amount: int = 1) -> None:
        """Count work, and stop it at the limit."""
        self.spent += amount
        if self.spent > self.term_limit:
            raise TensorLimitError(
                f"the normal form took more than {self.term_limit} terms; try a smaller expression."
            )
        if time.perf_counter() > self.deadline:
            raise TensorLimitError("the normal form took more than the time allowed; raise the timeout.")


def fresh_indices(axes: Iterable[str], avoid: Iterable[Index]) -> list[Index]:
    """Make indices that differ from each other and from those to avoid.

    Always the smallest free numbers: the same product opened twice gets the same indices, and what was computed
    for the first is found for the second.
    """
    start = 1 + max((number for _, number in avoid), default=0)
    return [(axis, max(start, 1) + place) for place, axis in enumerate(axes)]


def quoted(name: str) -> str:
    """Write a name so that no other text reads the same: `W` as it is, `exp(x)`, a name, as `⟨exp(x)⟩`."""
    return name if name.isidentifier() else f"⟨{name}⟩"


def show_index(index: Index) -> str:
    """Write an index: `m.3`, and `m~1.0` when bound."""
    axis, number = index
    if number > 0:
        return f"{quoted(axis)}.{number}"
    height, rank = divmod(-number - 1, BOUND_BASE)
    return f"{quoted(axis)}~{height}.{rank}"


def show_mono(mono: Mono) -> str:
    """Write a monomial canonically."""
    return "*".join(atom.text if power == 1 else f"{atom.text}^{power}" for atom, power in mono) or "1"


def mono_skeleton(mono: Mono) -> str:
    """Write a monomial with its indices left out."""
    return "*".join(sorted(f"{atom.skeleton}^{power}" for atom, power in mono))


def show_poly(poly: Poly) -> str:
    """Write a polynomial canonically."""
    return " + ".join(sorted(f"{value}*{show_mono(mono)}" for mono, value in poly.items())) or "0"


def free_of(poly: Poly) -> frozenset[Index]:
    """Collect the indices a polynomial depends on."""
    found: frozenset[Index] = frozenset()
    for mono in poly:
        for atom, _ in mono:
            found |= atom.free
    return found


def height_of(poly: Iterable[Mono]) -> int:
    """Give the height of the tallest sum in monomials."""
    return max((atom.height for mono in poly for atom, _ in mono), default=0)


def is_positive(mono: Mono) -> bool:
    """Whether a monomial is positive wherever it is defined."""
    return all(atom.positive for atom, _ in mono)


def is_nonnegative(mono: Mono) -> bool:
    """Whether a monomial is at least zero wherever it is defined."""
    return all(atom.positive or (isinstance(power, int) and power % 2 == 0) for atom, power in mono)


def poly_positive(poly: Poly) -> bool:
    """Whether a polynomial is certainly positive: no negative part, and one part that is never zero."""
    return all(value > 0 and is_nonnegative(mono) for mono, value in poly.items()) and any(
        is_positive(mono) for mono in poly
    )


def add_to(total: Poly, more: Poly, factor: fmpq | int = 1) -> Poly:
    """Add a multiple of a polynomial to another, in place."""
    for mono, value in more.items():
        new = total.get(mono, 0) + value * factor
        if new == 0:
            total.pop(mono, None)
        else:
            total[mono] = new
    return total


def entry(work: Work, name: str, indices: tuple[Index, ...]) -> Atom:
    """Make the atom of a tensor's entry."""
    text = f"{quoted(name)}[{','.join(map(show_index, indices))}]" if indices else quoted(name)
    skeleton = f"{quoted(name)}[{','.join(axis for axis, _ in indices)}]"
    return Atom(
        "T", (name, indices), text, frozenset(indices), positive=name in work.positive, skeleton=skeleton
    )


def start_of(name: str) -> int | None:
    """The number at which an index starts, of the tensor of the numbers that it runs through."""
    return int(name.removeprefix(POSITION).split()[0]) if name.startswith(POSITION) else None


def size_atom(axis: str) -> Atom:
    """Make the atom of an axis size."""
    text = f"|{quoted(axis)}|"
    return Atom("N", axis, text, frozenset(), positive=True, skeleton=text)


def constant_atom(name: str) -> Atom:
    """Make the atom of a named positive constant."""
    return Atom("C", name, f"<{name}>", frozenset(), positive=True, skeleton=f"<{name}>")


def delta_atom(first: Index, second: Index) -> Atom:
    """Make Kronecker's delta of two different indices."""
    a, b = sorted((first, second))
    return Atom("D", (a, b), f"δ({show_index(a)},{show_index(b)})", frozenset((a, b)), skeleton=f"δ{a[0]}")


def window_atom(h: Index, i: Index, p: Index, stride: int, padding: int) -> Atom:
    """Make the 0/1 entry that asks for h = stride * i + p - padding."""
    parts = (show_index(h), show_index(i), show_index(p))
    if stride == 1 and p < i:  # i and p enter alike
        parts, i, p = (parts[0], parts[2], parts[1]), p, i
    text = f"window({','.join(parts)};{stride},{padding})"
    return Atom(
        "W", (h, i, p, stride, padding), text, frozenset((h, i, p)), skeleton=f"window{stride},{padding}"
    )


def function_atom(name: str, order: int, argument: Poly) -> Atom:
    """Make the atom of a function of a polynomial."""
    text = f"{quoted(name)}{chr(39) * order}({show_poly(argument)})"
    skeleton = f"{name}{order}({_poly_skeleton(argument)})"
    return Atom("F", (name, order, argument), text, free_of(argument), height_of(argument), skeleton=skeleton)


def exp_atom(exponent: Mono) -> Atom:
    """Make the atom exp(monomial)."""
    poly = {exponent: fmpq(1)}
    skeleton = f"exp({mono_skeleton(exponent)})"
    return Atom("E", exponent, f"exp({show_mono(exponent)})", free_of(poly), height_of(poly), True, skeleton)


def base_atom(base: Poly) -> Atom:
    """Make the atom of a polynomial that stands under a power."""
    skeleton = f"({_poly_skeleton(base)})"
    atom = Atom(
        "P", base, f"({show_poly(base)})", free_of(base), height_of(base), poly_positive(base), skeleton
    )
    if len(base) == 2 and ONE_MONO in base:
        (other,) = (mono for mono in base if mono)
        if all(inner.kind == "E" for inner, _ in other):
            atom.logistic = other
    return atom


def bound_atom(kind: str, bound: tuple[Index, ...], body: Poly, positive: bool) -> Atom:
    """Make the atom of a sum (S) or a largest entry (M) over canonical bound indices."""
    word = "Σ" if kind == "S" else "max"
    text = f"{word}[{','.join(map(show_index, bound))}]({show_poly(body)})"
    skeleton = f"{word}{','.join(axis for axis, _ in bound)}({_poly_skeleton(body)})"
    free = free_of(body) - frozenset(bound)
    return Atom(kind, (bound, body), text, free, 1 + height_of(body), positive, skeleton)


def _poly_skeleton(poly: Poly) -> str:
    return "+".join(sorted(f"{value}*{mono_skeleton(mono)}" for mono, value in poly.items()))
