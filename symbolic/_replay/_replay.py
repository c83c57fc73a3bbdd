"""One door to the checks: of proofs, exact; of refutations, at their point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from symbolic._replay._point import NoValue, check_refutation, check_witness
from symbolic._replay._proof import check_proof
from symbolic._replay._ring import Wrong
from symbolic._replay._statement import statement

FORMAT = "backproof scalar certificate 2"
_ALWAYS = {"format", "status", "claim", "nodes", "sides", "given", "slopes"}
_FIELDS = {"proved": _ALWAYS | {"cases"}, "refuted": _ALWAYS | {"witness", "enclosures"}}
_GIVEN = {"positive", "nonnegative", "nonzero", "defined", "equal", "choices", "integers", "even", "odd"}
_CASE = {"set", "kernels", "polys", "factors", "regions", "left_out", "witness"}
_REGION = {"signs", "status", "values", "gaps", "turns", "domain", "empty"}


@dataclass(frozen=True)
class Replay:
    """Whether a certificate holds, and if not, what is wrong with it. True in a condition when it holds."""

    ok: bool
    reason: str

    def __bool__(self) -> bool:
        return self.ok


def replay(certificate: Mapping[str, Any] | None) -> Replay:
    """Check a certificate: `Verdict.certificate`, or the same read back from JSON.

    The answer has ``ok`` and ``reason``, and is true in a condition exactly when the certificate holds.

    Examples
    --------
    >>> from symbolic.prover import prove
    >>> certificate = prove("diff(tanh(z), z)", "1 - tanh(z)^2").certificate
    >>> replay(certificate).ok
    True
    >>> certificate["sides"][1] = 0
    >>> print(replay(certificate).reason)
    the claim is not what the certificate is about
    """
    try:
        if not isinstance(certificate, Mapping) or certificate.get("format") != FORMAT:
            return Replay(False, "this is no certificate of the scalar prover")
        _check(certificate)
    except Wrong as problem:
        return Replay(False, str(problem))
    except (NoValue, OverflowError):
        return Replay(False, "a side has no value at the point")
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as problem:
        return Replay(False, f"the certificate is damaged: {type(problem).__name__} {problem}")
    return Replay(True, "it holds")


def _check(certificate: Mapping[str, Any]) -> None:
    parts = [(certificate, _FIELDS[certificate["status"]]), (certificate["given"], _GIVEN)]
    for case in certificate.get("cases", ()):
        parts += [(case, _CASE), *((region, _REGION) for region in case["regions"])]
    for part, fields in parts:
        if set(part) != fields:
            raise Wrong(f"the certificate has the fields {sorted(part)}; expected {sorted(fields)}")
    for i, (_, *operands) in enumerate(certificate["nodes"]):
        if any(isinstance(j, bool) or not isinstance(j, int | str) for j in operands):
            raise Wrong(f"node {i} is not written properly")
    if certificate["claim"] != statement(certificate):
        raise Wrong("the claim is not what the certificate is about")
    if certificate["status"] == "proved":
        check_proof(certificate)
        check_witness(certificate)
    else:
        check_refutation(certificate)
