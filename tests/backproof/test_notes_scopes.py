"""Sections: the latest statement rules within its headings, and a definition in another section is no mistake."""

from __future__ import annotations

import pytest

from backproof.notes import Finding, check


def claims(note: str, name: str = "note.md") -> list[tuple[int, str]]:
    """Line and verdict of every display."""
    return [(f.line, f.verdict) for f in displays(note, name)]


def displays(note: str, name: str = "note.md") -> list[Finding]:
    return [f for f in check(note, name=name, timeout=10.0) if f.kind != "prose" and f.column == 3]


TWO_ACTIVATIONS = r"""# Logistic

$$a = \frac{1}{1+e^{-z}}$$

$$\frac{da}{dz} = a(1-a)$$

# Hyperbolic tangent

$$a = \tanh(z)$$

$$\frac{da}{dz} = 1-a^2$$

$$\frac{da}{dz} = 3a$$
"""


def test_a_name_defined_again_under_another_heading_is_a_definition_with_a_lint() -> None:
    found = {f.line: f for f in displays(TWO_ACTIVATIONS)}

    assert (found[9].verdict, found[9].kind) == ("none", "definition")
    assert found[9].lints == ("a is defined differently in line 3",)


def test_each_section_is_decided_by_its_own_definition() -> None:
    assert claims(TWO_ACTIVATIONS) == [
        (3, "none"), (5, "proved"), (9, "none"), (11, "proved"), (13, "refuted"),
    ]  # fmt: skip


def test_what_holds_by_the_definition_of_another_section_is_not_refuted_where_no_word_tells_which_is_meant() -> (
    None
):
    note = TWO_ACTIVATIONS + "\n$$\\frac{da}{dz} = a(1-a)$$\n"

    found = displays(note)[-1]

    assert found.verdict == "mixed"
    assert "the definition of a in line 3" in found.reason


def test_a_word_that_introduces_a_definition_settles_which_is_meant() -> None:
    note = TWO_ACTIVATIONS.replace("$$a = \\tanh", "From here on let\n\n$$a = \\tanh")

    assert displays(note + "\n$$\\frac{da}{dz} = a(1-a)$$\n")[-1].verdict == "refuted"


def test_the_same_equation_in_one_section_is_a_claim() -> None:
    note = "# One\n\n$$a = \\frac{1}{1+e^{-z}}$$\n\n$$a = \\tanh(z)$$\n"

    assert claims(note) == [(3, "none"), (5, "refuted")]


def test_what_follows_from_the_definition_of_another_section_is_proved_and_changes_nothing() -> None:
    note = (
        "# One\n\n$z = wx$ and\n\n$$a = \\frac{1}{1+e^{-z}}$$\n\n# Two\n\n$$a = \\frac{e^z}{1+e^z}$$\n\n"
        "$$\\frac{da}{dw} = a(1-a)x$$\n"
    )

    assert claims(note) == [(5, "none"), (9, "proved"), (11, "proved")]


def test_a_definition_in_a_subsection_ends_with_it() -> None:
    note = r"""# Notes

$$g(z) = \frac{1}{1+e^{-z}}$$

## Another function

$$g(z) = \tanh(z)$$

$$g'(z) = 1-g(z)^2$$

## Back

$$g'(z) = g(z)(1-g(z))$$

$$g'(z) = 1-g(z)^2$$
"""

    assert claims(note) == [(3, "none"), (7, "none"), (9, "proved"), (13, "proved"), (15, "refuted")]


def test_where_no_section_encloses_the_formula_the_latest_definition_proves_and_both_must_refute() -> None:
    note = (
        TWO_ACTIVATIONS
        + "\n# Later\n\n$$\\frac{da}{dz} = 1-a^2$$\n\n$$\\frac{da}{dz} = a(1-a)$$\n\n$$\\frac{da}{dz} = 7$$\n"
    )

    assert [v for _, v in claims(note)[-3:]] == ["proved", "mixed", "refuted"]


def test_a_number_for_what_a_formula_defines_is_still_checked_in_another_section() -> None:
    note = (
        "# Net\n\n$$z = wx + b$$\n\n# Example\n\nLet $w = 2$, $x = 3$, $b = 1$.\n\n$$z = 7$$\n\n$$z = 8$$\n"
    )

    assert claims(note) == [(3, "none"), (9, "proved"), (11, "refuted")]


def test_numbers_given_anew_in_another_section_are_not_refuted() -> None:
    note = (
        "# Net\n\n$$z = wx + b$$\n\n# Example\n\nLet $w = 2$, $x = 3$, $b = 1$.\n\n$$z = 7$$\n\n"
        "# Another\n\nLet $w = 1$, $x = 1$, $b = 1$.\n\n$$z = 2$$\n"
    )

    assert "refuted" not in [f.verdict for f in check(note)]
    assert claims(note)[-1] == (15, "proved")


ROWS = r"""# Rows

One example per row; $X$ is $m\times n$, $W$ is $n \times k$.

$$Z = XW$$

$L$ is a function of $Z$.

$$\frac{\partial L}{\partial W} = X^T \frac{\partial L}{\partial Z}$$
"""
COLUMNS = r"""# Columns

One example per column; $X$ is $n\times m$, $W$ is $k \times n$.

$$Z = WX$$

$L$ is a function of $Z$.

$$\frac{\partial L}{\partial W} = \frac{\partial L}{\partial Z} X^T$$
"""


@pytest.mark.parametrize(
    "note", [ROWS + "\n" + COLUMNS, COLUMNS + "\n" + ROWS], ids=["rows first", "columns first"]
)
def test_the_shapes_of_one_section_do_not_rule_another_that_says_otherwise(note: str) -> None:
    assert [v for _, v in claims(note)] == ["none", "proved", "none", "proved"]


def test_each_verdict_prints_the_words_that_it_was_decided_under() -> None:
    rows, columns = (f.context for f in displays(ROWS + "\n" + COLUMNS) if f.verdict == "proved")

    assert "rows are examples (prose)" in rows
    assert 'columns are examples (prose) (in "Columns")' in rows
    assert "columns are examples (prose)" in columns
    assert 'rows are examples (prose) (in "Rows")' in columns


def test_one_section_of_numbers_does_not_make_the_matrices_of_another_numbers() -> None:
    note = r"""# Numbers

Here everything is a number.

$$z = wx + b$$

$$\frac{\partial z}{\partial w} = x$$

# Vectors

$W$ is $k\times n$, $x$ is $n\times 1$, $b$ is $k\times 1$; $L$ is a function of $z$.

$$z = Wx + b$$

$$\frac{\partial L}{\partial x} = W^T\frac{\partial L}{\partial z}$$

$$\frac{\partial L}{\partial x} = W\frac{\partial L}{\partial z}$$
"""

    assert claims(note) == [(5, "none"), (7, "proved"), (13, "none"), (15, "proved"), (17, "refuted")]


def test_a_sign_means_what_the_section_says() -> None:
    note = """# A

$*$ is the elementwise product; $A$ and $B$ are $n\\times n$.

$$A * B = B * A$$

# B

$*$ is the matrix product.

$$A * B = B * A$$

# C

$$A * B = B * A$$
"""

    assert claims(note) == [(5, "proved"), (11, "refuted"), (15, "mixed")]


def test_a_hypothesis_of_one_section_is_none_of_another_that_assumes_otherwise() -> None:
    note = "# A\n\nAssume $x > 0$.\n\n$$|x| = x$$\n\n# B\n\nAssume $x < 0$.\n\n$$|x| = x$$\n\n$$|x| = -x$$\n"

    verdicts = [v for _, v in claims(note)]

    assert verdicts[0] != "refuted"
    assert verdicts[1] == "refuted"
    assert verdicts[2] != "refuted"


def test_sections_of_latex_are_sections() -> None:
    note = "\\section{One}\n\\[ p = \\frac{e^s}{1+e^s} \\]\n\\section{Two}\n\\[ p = s^2 \\]\n\\[ \\frac{dp}{ds} = 2s \\]\n"

    assert [f.verdict for f in check(note, name="note.tex")] == ["none", "none", "proved"]


def test_words_under_a_title_hold_in_all_its_sections() -> None:
    note = """# Notes

$X$ has one example per column, $X$ is $n\\times m$, $W$ is $k\\times n$; $L$ is a function of $Z$.

$$Z = WX$$

## Gradients

$$\\frac{\\partial L}{\\partial W} = \\frac{\\partial L}{\\partial Z} X^T$$
"""

    assert claims(note) == [(5, "none"), (9, "proved")]


def test_many_sections_that_contradict_each_other_are_read_in_time() -> None:
    import time

    part = "# {0}\n\n$x_{0}$ is a {1}. $y$ is a {1}. $$f_{{{0}}} = x_{0}$$\n\n"
    note = "".join(part.format(k, "number" if k % 2 else "column") for k in range(300))

    start = time.process_time()
    found = check(note)
    elapsed = time.process_time() - start

    assert len(found) == 900
    assert elapsed < 20.0, f"{elapsed:.1f} s of the processor's time for 300 sections; about 2 s are expected"
