"""One door for certificates of both kinds: of scalar claims and of claims about tensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symbolic._replay import Replay
from symbolic._replay import replay as replay_scalar

__all__ = ["replay"]


def replay(certificate: Mapping[str, Any] | None) -> Replay:
    """Check a certificate with a program that shares no code with what made it.

    Of a refutation everything is checked again: the point, the hypotheses and both values.
    Of a scalar proof the polynomial identity and the cover by regions are checked exactly, and that each side equals its
    fraction by evaluation to 50 digits; of a tensor proof both sides are evaluated at random points to 40 digits.

    Parameters
    ----------
    certificate : mapping or None
        `Verdict.certificate`, or the same read back from JSON; it may have been tampered with.

    Returns
    -------
    Replay
        With `ok` and `reason`; true in a condition exactly when the certificate holds.  Nothing raises.

    Examples
    --------
    >>> import symbolic
    >>> from symbolic.tensor import axis, tensor
    >>> x = tensor("x", axis("n"))
    >>> claims = [("exp(a)*exp(b)", "exp(a + b)"), ("a/2", "a/3"), (x + x, 2 * x), (x + x, 3 * x)]
    >>> verdicts = [symbolic.prove(lhs, rhs) for lhs, rhs in claims]
    >>> [(v.status, symbolic.replay(v.certificate).ok) for v in verdicts]
    [('proved', True), ('refuted', True), ('proved', True), ('refuted', True)]
    """
    if isinstance(certificate, Mapping) and str(certificate.get("format", "")).startswith("backproof tensor"):
        from symbolic.tensor import replay_tensor

        answer = replay_tensor(certificate)
        return Replay(answer.ok, answer.reason)
    return replay_scalar(certificate)
