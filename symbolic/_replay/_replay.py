"""One door to the checks: of proofs, exact; of refutations, at their point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from symbolic._replay._interval import NoValue
from symbolic._replay._open_sums import check_sums
from symbolic._replay._point import check_refutation, check_witness
from symbolic._replay._program import check_program
from symbolic._replay._proof import check_proof
from symbolic._replay._ring import Wrong
from symbolic._replay._statement import statement, sums_statement
from symbolic._replay._tensor import check_tensor_proof
from symbolic._replay._tensor_point import check_tensor_refutation, check_tensor_witness
from symbolic._replay._tensor_program import KNOWN, check_tensor_program, tensor_statement

FORMAT = "backproof scalar certificate 2"
SUMS_FORMAT = "backproof sums certificate 1"
TENSOR_FORMAT = "backproof tensor certificate 2"
_ALWAYS = {"format", "status", "claim", "nodes", "sides", "given", "slopes"}
_FIELDS = {"proved": _ALWAYS | {"cases"}, "refuted": _ALWAYS | {"witness", "enclosures"}}
_TENSOR = {"format", "status", "method", "claim", "nodes", "sides", "hypotheses"}
_TENSOR_FIELDS = {
    ("proved", "canonical form"): _TENSOR | {"point"},
    ("refuted", "exact evaluation"): _TENSOR | {"point", "entry", "enclosures"},
    ("refuted", "axes"): _TENSOR,
}
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
    """Check a certificate with a program that shares no code with what made it.

    Nothing that is edited passes, unless it still proves what it says: ``claim`` is read off the program of the claim,
    and everything else is derived anew. A proof about scalars is checked exactly: the value of every node in every
    region, every sign, every derivative, that the regions leave nothing out. A proof about tensors is checked for all
    sizes at once, by normal forms found anew. A refutation is checked at its point, in interval arithmetic.

    Parameters
    ----------
    certificate : mapping or None
        `Verdict.certificate`, or the same read back from JSON; it may have been tampered with.

    Returns
    -------
    Replay
        With ``ok`` and ``reason``; true in a condition exactly when the certificate holds. Nothing raises.

    Notes
    -----
    A certificate takes about as long to check as the verdict took to find. It is unlike a signature: it says nothing of
    who made it, and who finds another proof of the same claim may write another certificate.

    Examples
    --------
    >>> from symbolic.prover import prove
    >>> certificate = prove("diff(tanh(z), z)", "1 - tanh(z)^2").certificate
    >>> replay(certificate).ok
    True
    >>> certificate["sides"][1] = 0
    >>> print(replay(certificate).reason)
    the claim is not what the certificate is about
    >>> from symbolic.tensor import axis, prove_tensor, tensor
    >>> x = tensor("x", axis("n"))
    >>> [replay(prove_tensor(x + x, rhs).certificate).ok for rhs in (2 * x, 3 * x)]
    [True, True]
    """
    try:
        checks = {FORMAT: _check, SUMS_FORMAT: _check_sums, TENSOR_FORMAT: _check_tensor}
        if not isinstance(certificate, Mapping) or certificate.get("format") not in checks:
            return Replay(False, "this is no certificate of the prover")
        checks[certificate["format"]](certificate)
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
    check_program(certificate)
    if certificate["claim"] != statement(certificate):
        raise Wrong("the claim is not what the certificate is about")
    if certificate["status"] == "proved":
        check_proof(certificate)
        check_witness(certificate)
    else:
        check_refutation(certificate)


def _check_sums(certificate: Mapping[str, Any]) -> None:
    check_sums(certificate, _check)
    if certificate["claim"] != sums_statement(certificate):
        raise Wrong("the claim is not what the certificate is about")


def _check_tensor(certificate: Mapping[str, Any]) -> None:
    method, nodes = certificate["method"], certificate["nodes"]
    if set(certificate) != _TENSOR_FIELDS[certificate["status"], method]:
        raise Wrong(f"the certificate has the fields {sorted(certificate)}")
    check_tensor_program(nodes, certificate["hypotheses"])
    if len(certificate["sides"]) != 2 or not all(
        type(i) is int and 0 <= i < len(nodes) for i in certificate["sides"]
    ):
        raise Wrong("a side is no node")
    left, right = (nodes[i]["axes"] for i in certificate["sides"])
    if certificate["claim"] != tensor_statement(certificate):
        raise Wrong("the claim is not what the certificate is about")
    if method == "axes":
        if [x for x in left if x != "1"] == [x for x in right if x != "1"]:
            raise Wrong("the two sides have the same axes")
        return
    if left != right:
        raise Wrong("the two sides have different axes")
    unknown = {node["function"] for node in nodes if node["op"] == "Map"} - set(KNOWN)
    if (
        set(certificate["point"]) != {"sizes", "entries", "functions"}
        or set(certificate["point"]["functions"]) != unknown
    ):
        raise Wrong("the point is not written properly")
    if certificate["status"] == "refuted":
        check_tensor_refutation(certificate)
    else:
        check_tensor_proof(certificate)
        check_tensor_witness(certificate)
