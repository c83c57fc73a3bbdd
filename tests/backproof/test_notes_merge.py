r"""Two changes of a right side are put together, not read: what comes out must be what a reading of both would say."""

from __future__ import annotations

from fractions import Fraction

import pytest

from backproof.notes.correct._catalogue import catalogue
from backproof.notes.correct._merge import merged
from backproof.notes.correct._page import page_of
from backproof.notes.correct._reading import Reading
from backproof.notes.correct._search import _doubles
from backproof.notes.resolve import Add, Call, Mul, Number, Pow, Ref, Term, Transpose
from backproof.notes.resolve._lexicon import Lexicon

A, B, C, D = map(Ref, "abcd")


def _product(*factors: Term) -> Term:
    return Mul(tuple(("", f) for f in factors))


def _sum(*terms: Term) -> Term:
    return Add(tuple((1, t) for t in terms))


@pytest.mark.parametrize(
    "side",
    [
        r"\frac{3}{4} (p_i - y_i) x_i",
        r"2 (a - y) x + \lambda w",
        r"\sum_{k=1}^{n} v_k (z_k - t_k) + b",
        r"\frac{y}{a} + \frac{1-y}{1-a} x",
    ],
)
def test_two_changes_put_together_say_what_a_reading_of_both_says(side: str) -> None:
    page = page_of(side, "q", [], [], ["z = w x + b", "a_k = w_k x + c"], "claim")
    assert page is not None
    read = Reading(page, Lexicon(names={*"abcmpvwxyztlq"}), Ref("?"), lambda parts: parts).whole
    written = read(side)
    assert written is not None
    together = other = 0

    for edit in _doubles(sorted(catalogue(page), key=lambda e: e.cost))[:250]:
        one, two = (read(single.applied(side)) for single in edit.both)
        both = None if one is None or two is None else merged(written, one, two)
        if both is None:
            continue
        together += 1
        other += both != read(edit.applied(side))

    assert together > 40
    assert other == 0


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (_product(A, D, C), _product(D, B, C), _product(D, D, C)),
        (_product(B, C), _product(A, B, D), _product(B, D)),  # one factor gone, another one changed
        (_product(A, B, C, D), _product(D, B, C), _product(D, B, C, D)),
        (_product(A, B, C, D), _product(D, A, B, C), _product(D, A, B, C, D)),
        (_product(A, D, B, C), _product(A, C, B, C), None),  # two things put in at one place
        (Transpose(_product(A, B, C)), _product(A, B, D), Transpose(_product(A, B, D))),
        (
            _product(A, Pow(B, Number(Fraction(2))), C),
            _product(A, D, C),
            _product(A, Pow(D, Number(Fraction(2))), C),
        ),
        (_product(A, Pow(B, Number(Fraction(2))), C), _product(A, Add(((-1, B),)), C), None),
        (_product(A, D, C), _product(A, C, C), None),  # the same place
        (_product(A, Call(D, (B, B)), C), _product(A, D, C), None),  # which of the two?
        (_sum(A, B), _product(A, D, C), None),
    ],
)
def test_changes_in_different_places_are_both_made_and_those_in_one_place_neither(
    one: Term, other: Term, both: Term | None
) -> None:
    old = _product(A, B, C)

    assert merged(old, one, other) == both
    assert merged(old, other, one) == both
