"""Chains of steps: ``start = link = link = …``, each link with its rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from symbolic._derivation import Step

__all__ = ["chain"]


def chain(
    start: Any,
    *links: tuple[Any, str] | tuple[Any, str, str],
    where: Mapping[Any, Any] | None = None,
    assuming: Sequence[Any] = (),
) -> tuple[Step, ...]:
    """Build, and so prove, the steps of ``start = link = link = …``.

    Parameters
    ----------
    start : object
        The left side of the first step.
    *links : (rhs, rule) or (rhs, rule, note)
        What it equals next, and why.
    where : mapping, optional
        Abbreviations and hypotheses, as in `Step`.
    assuming : sequence, optional
        Hypotheses for the prover.

    Returns
    -------
    tuple of Step

    Raises
    ------
    WrongStep
        At the first step that is not proved.
    """
    steps = []
    left = start
    for right, rule, *note in links:
        steps.append(
            Step(left, right, rule, where=where or {}, assuming=assuming, note=note[0] if note else "")
        )
        left = right
    return tuple(steps)
