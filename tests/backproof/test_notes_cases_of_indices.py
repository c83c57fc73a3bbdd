"""``i = j`` and ``i ≠ j``: what a note says of one case is not what it says of the other."""

from __future__ import annotations

import pytest

from backproof.notes import check

SOFTMAX = "$p_i=\\frac{e^{a_i}}{\\sum_{k=1}^Ne^{a_k}}$ for $i=1,\\dots,N$.\n\n"
SLOPE = "\\frac{\\partial p_i}{\\partial a_j}"
SAME, OTHER = f"{SLOPE}=p_i(1-p_i)", f"{SLOPE}=-p_ip_j"


def verdicts(text: str) -> list[str]:
    return [f.verdict for f in check(SOFTMAX + text) if f.verdict != "none"]


@pytest.mark.parametrize(
    "text",
    [
        f"When $i=j$:\n\n$${SAME}$$\n\nWhen $i\\neq j$:\n\n$${OTHER}$$",
        f"When $i\\neq j$:\n\n$${OTHER}$$\n\nWhen $i=j$:\n\n$${SAME}$$",
        f"If $i=j$, ${SAME}$; if $i\\neq j$, ${OTHER}$.",
        f"$$\\text{{If }} i=j:\\quad {SAME}$$\n\n$$i\\neq j:\\quad {OTHER}$$",
        f"$${SAME}, \\quad i=j$$\n\n$${OTHER}, \\quad i\\ne j$$",
        f"$${SAME}$$\n\nfor $i=j$, and\n\n$${OTHER}$$\n\nfor $i\\ne j$.",
        f"Here $i=j$, and $p_i$ is as above.\n\n$${SAME}$$\n\n$${SLOPE}=p_j(1-p_i)$$",
        f"$i=j$일 때\n\n$${SAME}$$\n\n$i\\ne j$일 때\n\n$${OTHER}$$",
    ],
)
def test_each_claim_is_read_in_the_case_that_stands_at_it(text: str) -> None:
    assert verdicts(text) == ["proved", "proved"]


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (f"Here $i=j$.\n\n$${SLOPE}=p_ip_j$$", "refuted"),
        (f"Let $i=j$.\n\n$${OTHER}$$", "refuted"),
        (f"Let $i\\ne j$.\n\n$${SAME}$$", "refuted"),
        (f"Let $i\\ne j$.\n\n$${SLOPE}=p_ip_j$$", "refuted"),
        (f"$${OTHER}$$", "refuted"),
    ],
)
def test_a_claim_that_fails_in_its_own_case_is_refuted(text: str, verdict: str) -> None:
    assert verdicts(text) == [verdict]


@pytest.mark.parametrize(
    "text",
    [
        f"For all $i$, $i = j$ excluded,\n\n$${OTHER}$$",
        f"The off-diagonal entries are\n\n$${OTHER}$$",
        f"For different indices\n\n$${OTHER}$$",
        f"When $j$ equals $i$,\n\n$${SAME}$$",
        f"$i=j$일 때\n\n$${SAME}$$\n\n그렇지 않으면\n\n$${OTHER}$$",
        f"When $i=j$:\n\n$${SAME}$$\n\nOtherwise:\n\n$${OTHER}$$",
        f"If $i=j$\n\n$${SAME}$$\n\nand with another index\n\n$${OTHER}$$",
    ],
)
def test_a_case_that_stands_in_words_alone_keeps_a_true_claim_from_being_refuted(text: str) -> None:
    assert "refuted" not in verdicts(text)


def test_the_case_is_part_of_the_context() -> None:
    found = check(f"{SOFTMAX}Let $i\\ne j$.\n\n$${OTHER}$$")[-1]

    assert "for i ≠ j" in found.context
