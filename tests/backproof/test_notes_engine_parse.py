"""LaTeX to trees: chains, rows, scripts, noise; what is not understood is pointed at, never half-read."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backproof.notes import LatexError, LimitError
from backproof.notes.parse import Statement, statements


def shape(latex: str) -> list[int]:
    """How many sides each statement has."""
    return [len(s.parts) for s in statements(latex)]


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        ("a = b = c", [3]),
        (r"a = b \\ = c", [3]),
        (r"\begin{aligned} a &= b \\ &= c \end{aligned}", [3]),
        (r"a = b \\ c = d", [2, 2]),
        (r"a = b, \quad c = d", [2, 2]),
        (r"a = b \Rightarrow c = d", [2, 2]),
        (r"a = b \tag{3}", [2]),
        (r"\boxed{a = b}", [2]),
        (r"{\color{red} a = b}", [2]),
        (r"\begin{array}{rcl} a &=& b \\ c &=& d \end{array}", [2, 2]),
        (r"\left\{\begin{array}{l} a = b \\ c = d \end{array}\right.", [2, 2]),
        (r"a = \begin{cases} 1 & x>0 \\ 0 & \text{otherwise} \end{cases}", [2]),
        (r"a = 0 \text{ if } z<0; 1 \text{ if } z>0", [2]),
        (r"a = b \quad \leftarrow \text{because}", [2]),
        (r"\begin{bmatrix}1 \\\\ 2\end{bmatrix} == \begin{bmatrix}1 \\ 2\end{bmatrix}", [2]),
        (r"f(x, y) = \frac12 x^2", [2]),
    ],
)
def test_a_display_falls_into_its_statements(latex: str, expected: list[int]) -> None:
    assert shape(latex) == expected


def test_a_chain_that_starts_with_its_relation_continues_another() -> None:
    (found,) = statements("= a(1-a)")

    assert found.continues
    assert len(found.parts) == 1


@pytest.mark.parametrize(
    "latex", [r"a = \frac{1}{", r"a = b + ", r"x^ab^", r"a = \unknowncommand b", "a = (b]", "e^-x = 1"]
)
def test_what_is_not_understood_is_an_error_with_a_caret(latex: str) -> None:
    try:
        errors = [s.error for s in statements(latex) if s.error]
    except LatexError as error:
        errors = [str(error)]

    assert errors
    assert all(e.rstrip().endswith("^") for e in errors)


def test_one_bad_statement_leaves_the_others() -> None:
    good, bad = statements(r"a = b \\ c = (d]")

    assert len(good.parts) == 2
    assert bad.error


@pytest.mark.parametrize("latex", ["(" * 500 + "a" + ")" * 500, "a+" * 30_000 + "a"], ids=["deep", "long"])
def test_formulas_that_nobody_writes_meet_a_limit(latex: str) -> None:
    with pytest.raises(LimitError):
        statements(latex)


PIECES = [
    "a", "W", "^", "_", "{", "}", "(", ")", "[", "]", "=", r"\frac", r"\sum", r"\\", "&", "+", "-", r"\begin{cases}",
    r"\end{cases}", r"\text{if}", r"\partial", "2", "'", ",", r"\quad", "|", r"\left.", r"\hat", r"\log", "T", "한글", "dZ",
    r"\Rightarrow", r"\begin{bmatrix}", r"\end{bmatrix}", r"\over", r"\underbrace", "...", r"\sqrt", ";", ":", ".",
]  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(st.lists(st.sampled_from(PIECES), max_size=25).map(" ".join))
def test_any_soup_of_tokens_gives_statements_or_a_notes_error(latex: str) -> None:
    try:
        found = statements(latex)
    except (LatexError, LimitError):
        return

    assert all(isinstance(s, Statement) for s in found)
