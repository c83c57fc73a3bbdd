"""The derivation steps: each proved when it was built, and its certificate replayed by a program of its own."""

from __future__ import annotations

from typing import Any

from backproof.triangle._check import EmptyCheckError, Measured, Task

__all__ = ["derivation_task"]

SCALAR = "backproof scalar certificate"


def derivation_task(name: str, kind: str) -> Task:
    """Return the check of every step of a derivation."""
    return Task(name, "derivation", kind, lambda: _steps_hold(name))


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
    """Replay a step's certificate where the replay reads its kind; return what the replay objects to.

    Certificates of tensor claims hold canonical forms, which `symbolic.replay` does not read; those claims are run
    and measured instead (`_layers.py`).
    """
    import symbolic

    certificate = getattr(verdict, "certificate", None)
    if certificate is None or not str(certificate.get("format", "")).startswith(SCALAR):
        return ""
    answer = symbolic.replay(certificate)
    return "" if answer.ok is True else str(answer.reason) or "no reason was given"
