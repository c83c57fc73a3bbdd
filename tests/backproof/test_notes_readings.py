"""A reading that is asked only whether it saves a claim is left early, and answers what it would have answered."""

from __future__ import annotations

from typing import Any

import pytest

from backproof.notes import check
from backproof.notes._errors import LimitError, NotesError
from backproof.notes.decide import _claim
from backproof.notes.decide._asked import Known
from backproof.notes.decide._habits import Reading
from backproof.notes.decide._outcome import Outcome
from backproof.notes.decide._question import Question

SOFTMAX = r"$s_i=\frac{e^{z_i}}{\sum_{k=1}^n e^{z_k}}$ for $i=1,\dots,n$, and $L=-\sum_{i=1}^n y_i\log s_i$."
MATRICES = (
    r"$X$ is $n\times m$ with one example per column, $W$ is $k\times n$, $Z=WX$, $A=g(Z)$, and "
    r"$J=\frac{1}{2m}\sum_{i=1}^m\|a^{(i)}-y^{(i)}\|^2$."
)
NUMBERS = r"$z=wx+b$, $a=\sigma(z)$, $L=-(y\log a+(1-y)\log(1-a))$."
STATES = r"$h_t=\tanh(w h_{t-1}+u x_t)$, and $L$ is a function of $h_T$."
# Some hold as another reading has it, some under none.
CLAIMS = [
    (SOFTMAX, r"\frac{\partial L}{\partial z_i}=s_i-y_i"),
    (SOFTMAX, r"\frac{\partial L}{\partial z_i}=2s_i-y_i"),
    (SOFTMAX, r"\frac{\partial L}{\partial z_i}=s_i-y_i=y_i-s_i"),
    (
        SOFTMAX,
        r"\frac{\partial L}{\partial z_i}=\sum_k\frac{\partial L}{\partial s_k}\frac{\partial s_k}{\partial z_i}=s_i-y_i",
    ),
    (MATRICES, r"dW=\frac{1}{m}dZX^T"),
    (MATRICES, r"dZ=(A-Y)*g'(Z)"),
    (MATRICES, r"dZ=(Y-A)*g'(Z)"),
    (NUMBERS, r"\frac{\partial L}{\partial z}=y-a"),
    (NUMBERS, r"\frac{\partial L}{\partial w}=a-y"),
    (NUMBERS, r"y(1-y)=0"),
    (STATES, r"\frac{\partial h_t}{\partial w}=(1+h_t^2)h_{t-1}"),
    (STATES, r"\frac{\partial L}{\partial w}=\frac{\partial L}{\partial h_t}h_{t-1}"),
]


def saves(outcome: Outcome) -> bool:
    return outcome.verdict == "proved" or outcome.agrees


def test_a_reading_left_early_saves_what_it_saves_when_read_to_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = Question.run
    asked: list[tuple[bool, bool]] = []

    def both(self: Question, *args: Any, saving: Any = None) -> Any:
        if saving is None:
            return run(self, *args)
        try:
            whole = run(self, *args).links
        except LimitError:
            raise
        except NotesError:
            whole = []
        links: list[Outcome] = []
        try:
            found = run(self, *args, saving=saving)
            links = found.links
        finally:
            asked.extend(
                (any(map(saves, links[k : k + 1])), any(map(saves, whole[k : k + 1]))) for k in saving
            )
        return found

    monkeypatch.setattr(Known, "find", lambda self, now: None)  # what is known is not run again
    monkeypatch.setattr(Question, "run", both)
    for preamble, claim in CLAIMS:
        check(f"{preamble}\n\n$${claim}$$", timeout=20)

    assert len(asked) > 60  # enough were asked to tell
    assert sum(whole for _, whole in asked) > 4
    assert [early for early, _ in asked] == [whole for _, whole in asked]


def test_most_readings_that_save_nothing_are_left_before_the_points_of_a_decision(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    decided: list[int] = []
    decide = _claim.decide_pairs

    def counted(*args: Any) -> Outcome:
        decided.append(1)
        return decide(*args)

    monkeypatch.setattr(_claim, "decide_pairs", counted)
    finding = check(f"{SOFTMAX}\n\n" + r"$$\frac{\partial L}{\partial z_i}=2s_i-y_i$$")[-1]

    assert finding.verdict == "refuted"
    assert len(decided) == 1  # the claim itself; no other reading of it


@pytest.mark.parametrize("claim", ["|x| = -x", r"\sqrt{x^2} = -x"])
def test_what_a_hypothesis_excludes_does_not_end_a_reading(
    claim: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions: list[Question] = []
    run = Question.run

    def heard(self: Question, *args: Any, **options: Any) -> Any:
        questions.append(self)
        return run(self, *args, **options)

    monkeypatch.setattr(Question, "run", heard)
    check(f"Let $x < 0$.\n\n$${claim}$$")  # at 1/2 the sides are apart, below zero they agree

    (link,) = run(questions[0], Reading(), saving=[0]).links
    assert link.verdict == "proved"
