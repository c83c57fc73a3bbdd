"""Claims in many habits, true and false, each under a preamble of its own: decided where we promise, never wrongly.

``notes_engine/cases.jsonl`` holds one claim a line, ``conventions.jsonl`` those that turn on where 1/m stands,
``habits.jsonl`` those that turn on how the authors of notes define, number and abbreviate, ``words.jsonl`` those on what
words say, ``sentences.jsonl`` those on definitions, steps and numbers in sentences, ``misfits.jsonl`` those on shapes
that do not fit, ``connected.jsonl`` and
``conditions.jsonl`` those on what a reader connects and on conditions, ``whole.jsonl`` those on letters that mean something
else elsewhere and on printed results, ``plain.jsonl`` those on
letters that are functions and numbers that are said in passing, ``written.jsonl`` those on braces,
words and remarks in formulas and on one example beside all, ``meant.jsonl`` those on what is said nearly, of any
function, for matrices or in cells, ``recurrent.jsonl`` those on recursions, cells and gates, ``limits.jsonl`` those on
difference quotients and the softmax as a matrix, ``classes.jsonl`` those on labels that number a class,
``course.jsonl`` those of courses: layers, examples in rows and columns, sums that stop at a size, other names,
``chapters.jsonl`` those of other chapters: likelihoods and divergences, normalisation, gates, embeddings, margins,
``code.jsonl`` those on NumPy in formulas,
``updates.jsonl`` those on steps, running averages, penalties and products of Jacobians,
``lectures.jsonl`` those on lectures: what a loss depends on, other names, rows of single letters, numbers put in,
``classics.jsonl`` those of the classics: linear regression, units with letters for layers, gradients told in words,
``named_layers.jsonl`` those on layers called by letters and words, Jacobians told in words, and names that words define,
``habits2.jsonl`` those on two names for one thing, numbers given in another form, branches and their words,
``carried.jsonl`` those on facts that other sections state, ``sound.jsonl`` those that were once decided wrongly,
``said.jsonl`` those inside sentences: ``after`` stands behind
the claim.
``decided`` is false for what is beyond the checker today: a shape that fits nowhere refutes nothing by itself, a layout is a
choice of the author.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from backproof.notes import check

HERE = Path(__file__).parent / "notes_engine"
CASES: list[dict[str, Any]] = [
    json.loads(line)
    for path in sorted(HERE.glob("*.jsonl"))
    for line in path.read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize("case", CASES, ids=[f"{k}" for k in range(len(CASES))])
def test_a_claim_is_decided_rightly_or_not_at_all(case: dict[str, Any]) -> None:
    right, wrong = ("proved", "refuted") if case["holds"] else ("refuted", "proved")

    shown = f" ${case['claim']}${case['after']}" if "after" in case else f"\n\n$$\n{case['claim']}\n$$\n"

    found = check(case["preamble"] + shown, timeout=20.0)

    verdict = [f.verdict for f in found if f.latex.strip() == case["claim"].strip()][-1]

    assert verdict != wrong
    assert verdict == right or not case["decided"]
