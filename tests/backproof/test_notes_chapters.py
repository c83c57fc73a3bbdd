"""Bars inside brackets, labels that are 1 or -1, shares, moments in words: what is read, and what proves nothing."""

from __future__ import annotations

import pytest

from backproof.notes import check
from backproof.notes.parse import GIVEN, statements, tokenize


def names(latex: str) -> list[str]:
    """The names of a formula that hold a bar."""
    return [t.text for t in tokenize(latex) if GIVEN in t.text]


def verdict(note: str) -> str:
    return check(note, timeout=20.0)[-1].verdict


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"p(x | z)", [f"p{GIVEN}x|z"]),
        (r"p_\theta(x_i \mid z_i)", [f"p{GIVEN}x|z"]),
        (r"\mathrm{KL}(p \,\|\, q)", [f"KL{GIVEN}p‖q"]),
        (r"p(x | \mu, \Sigma) + q(\mathbf z | x)", [f"p{GIVEN}x|mu,Sigma", f"q{GIVEN}z|x"]),
        (r"f(|x|) + |y|", []),
        (r"(|a| + |b|)", []),
        (r"E(x | y)", []),
    ],
)
def test_a_bar_in_the_brackets_of_a_function_separates_what_it_takes(latex: str, expected: list[str]) -> None:
    assert names(latex) == expected


@pytest.mark.parametrize("latex", ["p(x |) = 1", "p(| x) = 1", "3(x | y) = 1", "p(y = 1 | x) = 1"])
def test_a_bar_that_separates_nothing_is_not_read(latex: str) -> None:
    assert any(statement.error for statement in statements(latex))


def test_the_probability_of_the_one_given_the_other_is_not_that_of_the_other_given_the_one() -> None:
    note = "The model is $p(u|v)=e^{-uv}$ with $v>0$.\n\n$$p(v|u) = "

    assert verdict(note + "e^{-uv}$$") not in ("proved", "refuted")
    assert verdict(note + "2e^{-uv}$$") not in ("proved", "refuted")


def test_a_double_sign_proves_nothing_unless_it_tells_what_labels_are() -> None:
    square = "\n\n$$t^2 s = s$$\n"

    assert verdict(r"The labels $t=\pm1$ and a number $s$." + square) == "proved"
    assert verdict(r"A label $t\in\{-1,1\}$ and a number $s$." + square) == "proved"
    assert verdict(r"A zero is found at $t=\pm1$; $s$ is a number." + square) == "unknown"
    assert verdict(r"Numbers $t$ and $s$." + square) == "refuted"


def test_a_variance_that_nobody_calls_biased_is_not_read() -> None:
    note = r"$m$ is the mean and $v$ the {}variance of $u_1,\dots,u_n$." + "\n\n"
    claim = r"$$\sum_{i=1}^n(u_i-m)^2 = {}\,v$$"

    assert verdict(note.replace("{}", "biased ") + claim.replace("{}", "n")) == "proved"
    assert verdict(note.replace("{}", "biased ") + claim.replace("{}", "(n-1)")) == "refuted"
    assert verdict(note.replace("{}", "") + claim.replace("{}", "(n-1)")) == "unknown"


def test_columns_of_d_entries_are_not_tried_with_one_entry_alone() -> None:
    note = r"Let $u_i,c\in\mathbb R^D$ and $E=\frac12\sum_{i=1}^N\|u_i-c\|^2$." + "\n\n"

    found = check(note + r"$$\frac{\partial E}{\partial c} = \sum_{i=1}^N(c-u_i)$$", timeout=20.0)[-1]

    assert found.verdict == "proved"
    assert "matrices at sizes 1, 3, 5" in found.context


def test_a_matrix_beside_examples_of_which_nothing_is_said_refutes_nothing() -> None:
    note = r"$E=\frac12\sum_{i=1}^N(w^Tu_i-t_i)^2$ with columns $w$." + "\n\n"

    found = check(note + r"$$\nabla_w E = U(U^Tw+t)$$", timeout=20.0)[-1]

    assert found.verdict == "unknown"
    assert found.reason == "the document does not say how U holds the u of the examples"
