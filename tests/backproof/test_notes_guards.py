"""What keeps a verdict from standing, each shown by a note that is judged wrongly without it."""

from __future__ import annotations

import pytest

from backproof.notes import _check, check
from backproof.notes.correct import _misfits
from backproof.notes.decide import _item, _objections, _slopes, _standing
from backproof.notes.resolve import _calls
from backproof.notes.resolve.prose import _roles

SOFTMAX = "$p_i=\\frac{e^{z_i}}{\\sum_{k=1}^Ke^{z_k}}$ for $i=1,\\dots,K$.\n\n"
SLOPE = "\\frac{\\partial p_i}{\\partial z_j}=-p_ip_j"


@pytest.mark.parametrize(
    ("module", "guard", "off", "text", "at", "wrong"),
    [
        (_objections, "_is_constraint", False, "Let $s=pa+qb$, where $p^2+q^2=a^2$.", 1, "refuted"),
        (
            _standing,
            "lost_definition",
            0,
            "$f(x)=x^2$.\n\n$$f(x)=\\int_0^xe^{-t^2}dt$$\n\n$$f'(x)=2x$$",
            -1,
            "proved",
        ),
        (
            _item,
            "_beyond_cases",
            None,
            f"{SOFTMAX}Let $i\\ne j$. Then\n\n$${SLOPE}$$\n\nThe matrix has the entries\n\n$${SLOPE}$$",
            -1,
            "proved",
        ),
    ],
)
def test_a_guard_is_all_that_keeps_a_wrong_verdict_away(
    monkeypatch, module, guard, off, text, at, wrong
) -> None:
    assert check(text)[at].verdict not in ("proved", "refuted")

    monkeypatch.setattr(module, guard, (lambda question, merged: merged) if off is None else lambda *_: off)

    assert check(text)[at].verdict == wrong


SUMMED = (
    "$X$ is $d\\times m$, one example per column, $Z=WX+b$ with a column $b$. $J=\\frac12\\|Z-Y\\|^2$. "
    "Then $\\frac{\\partial J}{\\partial b}=Z-Y$, summed over the examples."
)


@pytest.mark.parametrize(
    ("module", "guard", "off", "text"),
    [
        (_calls, "is_taken_at", False, "$P(1)=p$, $P(0)=1-p$."),
        (
            _item,
            "unless_in_passing",
            (),
            "If the prediction is perfect, $p=y$. $L=-y\\log p$.\n\n$$\\frac{\\partial L}{\\partial y}=-\\log p$$",
        ),
        (
            _item,
            "unless_in_passing",
            (),
            "The model is useless when $u=v$. $K=-v\\log u$.\n\n$$\\frac{\\partial K}{\\partial v}=-\\log u$$",
        ),
        (
            _objections,
            "_is_of_a_count",
            True,
            "As $q$ is constant in $t$, we have $x>\\frac{d}{dt}q$. $f(x)=|x|$.\n\n$$f(x)=x$$",
        ),
        (_standing, "_stands_apart", True, SUMMED),
    ],
)
def test_a_guard_is_all_that_keeps_a_true_claim_from_being_refuted(
    monkeypatch, module, guard, off, text
) -> None:
    assert "refuted" not in [found.verdict for found in check(text)]

    monkeypatch.setattr(module, guard, lambda *_: off)

    assert "refuted" in [found.verdict for found in check(text)]


@pytest.mark.parametrize(
    ("claim", "fails"),
    [
        (
            r"\frac{\partial C}{\partial W}=\left(\frac{\partial C}{\partial z}\right)^Tx^T",
            False,
        ),  # a row, and W's shape
        (
            r"\frac{\partial C}{\partial W}=x\left(\frac{\partial C}{\partial z}\right)^T",
            False,
        ),  # a column, turned W
        (r"\frac{\partial C}{\partial x}=\frac{\partial C}{\partial z}W", False),
        (r"\frac{\partial C}{\partial x}=W\frac{\partial C}{\partial z}", True),
        (r"\frac{\partial C}{\partial W}=x^T\frac{\partial C}{\partial z}", True),
    ],
)
def test_an_equality_fails_in_all_layouts_only_if_it_does_in_mixed_ones(monkeypatch, claim, fails) -> None:
    asked = []
    decide = _check.decide_item
    monkeypatch.setattr(_check, "decide_item", lambda *given: asked.append(given) or decide(*given))

    check(f"$z=Wx$ with columns $x$ and $z$, and $C$ is a function of $z$.\n\n$${claim}$$")

    item, gathered, usage, *_ = asked[-1]
    assert _misfits._fails_in_all_layouts(item, 0, gathered, usage, 5.0) is fails


def test_a_letter_that_counts_in_a_label_refutes_nothing(monkeypatch) -> None:
    note = (
        "$E=-\\sum_kt_{nk}\\log y_{nk}$.\n\n$$\\frac{\\partial E}{\\partial y_{nk}}=-\\frac{t_{nk}}{y_{nk}}$$"
    )
    assert check(note)[-1].verdict == "unknown"

    monkeypatch.setattr(_objections, "_indices_in_a_label", lambda *_: "")

    assert check(note)[-1].verdict == "refuted"


def test_another_way_than_the_given_slopes_may_be_open(monkeypatch) -> None:
    note = (
        r"$\frac{\partial f}{\partial u}=7$ and $\frac{\partial u}{\partial w}=2$; $w$ stands in $f$ besides, "
        "with the slope $10$.\n\n$$\\frac{\\partial f}{\\partial w} = 7\\cdot2+10=24$$"
    )
    assert check(note)[-1].verdict == "unknown"

    monkeypatch.setattr(_slopes, "_is_told", lambda *_: True)

    assert check(note)[-1].verdict == "refuted"


def test_which_index_is_the_vectors_is_as_the_text_says(monkeypatch) -> None:
    note = (
        "$J=\\frac12\\sum_i(w^Tx_i-y_i)^2$, where $x_{ji}$ is entry $j$ of $x_i$.\n\n"
        "$$\\frac{\\partial J}{\\partial w_j}=\\sum_i(w^Tx_i-y_i)x_{ij}$$"
    )
    assert check(note)[-1].verdict == "refuted"

    monkeypatch.setattr(_roles, "_order_of", lambda *_: False)

    assert check(note)[-1].verdict == "proved"
