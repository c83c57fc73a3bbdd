r"""A side of an equality as it stands on the page: terms, factors and scripts, each with its place in the LaTeX.

What a formula means is read elsewhere; here it is cut only so finely that one thing in it can be changed and all else
stays as its author wrote it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Script:
    """A superscript, a subscript or a prime: its place, and what stands in it."""

    kind: str
    start: int
    end: int
    inside: Sequence | None

    @property
    def inner(self) -> tuple[int, int]:
        """The place of what stands in it, without braces."""
        return (self.inside.start, self.inside.end) if self.inside is not None else (self.start, self.end)


@dataclass(frozen=True, slots=True)
class Unit:
    """A base with its scripts; ``stop`` is where the base ends.

    ``kind`` is ``letter``, ``number``, ``command``, ``word``, ``frac``, ``sqrt``, ``group`` (brackets that show),
    ``braces`` (those that do not) or ``table``.
    """

    kind: str
    start: int
    stop: int
    end: int
    scripts: tuple[Script, ...]
    inside: tuple[Sequence, ...] = ()


@dataclass(frozen=True, slots=True)
class Factor:
    """Units that belong together, as a function and its argument do; ``op`` is the place of the operator before them."""

    op: tuple[int, int]
    units: tuple[Unit, ...]

    @property
    def start(self) -> int:
        return self.units[0].start

    @property
    def end(self) -> int:
        return self.units[-1].end


@dataclass(frozen=True, slots=True)
class Term:
    """A product; ``sign`` is the place of its sign, empty where none is written."""

    sign: tuple[int, int]
    factors: tuple[Factor, ...]

    @property
    def start(self) -> int:
        return self.factors[0].start

    @property
    def end(self) -> int:
        return self.factors[-1].end


@dataclass(frozen=True, slots=True)
class Sequence:
    """Signed terms between ``start`` and ``end``; without terms where they were not understood."""

    start: int
    end: int
    terms: tuple[Term, ...]


def sequences(top: Sequence) -> Iterator[Sequence]:
    """A sequence and all below it, the outer ones first."""
    pending = [top]
    while pending:
        here = pending.pop(0)
        yield here
        for unit in _units(here):
            pending.extend(unit.inside)
            pending.extend(s.inside for s in unit.scripts if s.inside is not None)


def _units(sequence: Sequence) -> Iterator[Unit]:
    for term in sequence.terms:
        for factor in term.factors:
            yield from factor.units


def factors(top: Sequence) -> Iterator[tuple[Term, Factor]]:
    """Every factor with the term it stands in."""
    for sequence in sequences(top):
        for term in sequence.terms:
            for factor in term.factors:
                yield term, factor


def values(top: Sequence) -> Iterator[Unit]:
    """Every unit that is a value: none inside scripts, where letters are indices, but for the exponents of e."""
    pending = [top]
    while pending:
        for unit in _units(pending.pop(0)):
            yield unit
            pending.extend(unit.inside)
            for script in unit.scripts:
                if script.kind == "^" and script.inside is not None and unit.stop - unit.start == 1:
                    pending.append(script.inside)
