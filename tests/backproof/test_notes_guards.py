"""What keeps a verdict from standing, each shown by a note that is judged wrongly without it."""

from __future__ import annotations

import pytest

from backproof.notes import check
from backproof.notes.decide import _item, _objections, _standing

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
