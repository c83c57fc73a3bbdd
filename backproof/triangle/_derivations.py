"""The derivation steps: each proved when it was built, and its certificate replayed by a program of its own."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from backproof.triangle._check import EmptyCheckError, Measured, Task

__all__ = ["derivation_task"]


def derivation_task(name: str, kind: str) -> Task:
    """Return the check of every step of a derivation."""
    return Task(name, "derivation", kind, partial(_steps_hold, name))


def _steps_hold(name: str) -> Measured:
    import symbolic

    try:
        derivation = symbolic.derive(name)
    except symbolic.WrongStep as error:
        return Measured(0.0, "steps", "fail", str(error))
    if not derivation.steps:
        raise EmptyCheckError(f"The derivation of {name!r} has no steps; nothing was proved.")
    for number, step in enumerate(derivation.steps, start=1):
        if step.verdict.status != "proved":
            told = f"step {number} of {name} ({step.rule}) is {step.verdict.status}: {step}"
            return Measured(float(number - 1), "steps", "fail", told)
        objection = _objection(step.verdict)
        if objection:
            told = f"step {number} of {name} ({step.rule}): its certificate does not replay: {objection}"
            return Measured(float(number - 1), "steps", "fail", told)
    return Measured(float(len(derivation.steps)), "steps")


def _objection(verdict: Any) -> str:
    """Replay a step's certificates, of a matrix step one an entry; return what the replay objects to.

    An entry that is the same expression on both sides was never a question, and has no certificate.
    """
    import symbolic

    for entry in _single(verdict):
        if entry.certificate is None:
            return "it carries no certificate"
        answer = symbolic.replay(entry.certificate)
        if answer.ok is not True:
            return str(answer.reason) or "no reason was given"
    return ""


def _single(verdict: Any) -> Iterator[Any]:
    """The verdicts on single claims that an outcome on a matrix rests on, however deep."""
    if not hasattr(verdict, "verdicts"):
        yield verdict
        return
    for part in verdict.verdicts:
        yield from _single(part)
