"""Claims that hold sums of symbolic length, under their hypotheses: as tensors, or else as sums with symbolic ends."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import sympy as sp

from symbolic.prover._deadline import Deadline
from symbolic.prover._errors import Exhausted, OutOfReach
from symbolic.prover._families import as_tensors, prove_families
from symbolic.prover._lower import Lowering
from symbolic.prover._open_sums import OpenSums
from symbolic.prover._prove import Question, Text, lowered
from symbolic.prover._put_in import put_in, shortest
from symbolic.prover._verdict import Verdict


def of_sums(text: Text, sides: tuple[Any, Any], conditions: list[Any], timeout: float) -> Verdict:
    """Decide a claim that holds sums of symbolic length, with what its hypotheses determine put in."""
    sides, conditions, told = put_in(sides, conditions)
    try:
        verdict = _given(text, sides, conditions, timeout)
    except OutOfReach as problem:
        read = [c for c in conditions if _is_read(sides, c)]
        if not all(c in read or isinstance(c, _ASIDE) for c in conditions) or read == conditions:
            raise
        verdict = _given(text, sides, read, timeout)
        if verdict.status != "proved" or not _holds_once(text, sides, conditions):
            return Verdict("unknown", "", text, reason=f"{problem} is out of reach", elapsed=verdict.elapsed)
    if verdict.status == "proved":
        verdict = dataclasses.replace(verdict, assumptions=(*told, *verdict.assumptions))
    return verdict


# Hypotheses that may be left aside: they do not make a name whole, which would give meaning to more powers.
_ASIDE = (sp.StrictGreaterThan, sp.GreaterThan, sp.StrictLessThan, sp.LessThan, sp.Ne)


def _is_read(sides: tuple[Any, Any], condition: Any) -> bool:
    try:
        as_tensors(*sides, [condition])
    except OutOfReach:
        return False
    return True


def _holds_once(text: Text, sides: tuple[Any, Any], conditions: list[Any]) -> bool:
    """Whether the shortest instance is proved under all hypotheses: so they can hold, and both sides have values."""
    parts = shortest([*sides, *conditions])
    if parts is None:
        return False
    try:
        question = lowered(text, (parts[0], parts[1]), parts[2:], Deadline(1.0))
        return not question.premises.unused and question.answer().status == "proved"
    except (OutOfReach, Exhausted):
        return False


def _given(text: Text, sides: tuple[Any, Any], conditions: list[Any], timeout: float) -> Verdict:
    """Decide such a claim: as tensors, or else as sums with symbolic ends."""

    def decide(
        low: Lowering, lhs: int, rhs: int, positive: list[str], given: list[Any], deadline: Deadline
    ) -> Verdict:
        question = Question(text, low, (lhs, rhs), given, deadline)
        question.premises.positive += [(low.program.node("sym", name), f"{name} > 0") for name in positive]
        return question.answer()

    def as_open_sums() -> Verdict | None:
        """Under hypotheses it is refuted, or what needs none of them is proved."""
        try:
            verdict = OpenSums(sides, decide, Deadline(timeout), conditions).verdict()
        except OutOfReach:
            return None
        if not conditions or verdict is None or verdict.status != "proved":
            return verdict
        aside = all(isinstance(c, _ASIDE) for c in conditions)
        return verdict if aside and _holds_once(text, sides, conditions) else None

    try:
        verdict, moved = prove_families(*sides, conditions, timeout)
    except OutOfReach:
        other = as_open_sums()
        if other is None:
            raise
        return other
    if verdict.status == "proved":
        return dataclasses.replace(verdict, evidence=lambda: _evidence(verdict, moved, as_open_sums))
    if verdict.method != "limit" and (moved or verdict.status == "unknown"):
        other = as_open_sums()
        # A certificate that shows how the indices were moved is to be had; another verdict is not.
        if other is not None and verdict.status in ("unknown", other.status):
            return other
    return verdict


def _evidence(verdict: Verdict, moved: bool, as_open_sums: Callable[[], Verdict | None]) -> Any:
    """The certificate of a proof: where indices were moved, one that shows that they rightly were, if there is one."""
    other = as_open_sums() if moved else None
    return verdict.certificate if other is None or other.status != "proved" else other.certificate
