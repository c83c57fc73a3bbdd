"""What keeps a verdict from standing, each shown by a note that is judged wrongly without it."""

from __future__ import annotations

import pytest

from backproof.notes import check
from backproof.notes.decide import _item, _objections, _standing
from backproof.notes.resolve import _calls

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
