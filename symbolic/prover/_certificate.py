"""Writes down what a verdict rests on, as JSON that a program without any of this code can check.

Polynomials are lists of [coefficient, [[kernel, exponent], ...]]; fractions are [numerator, denominator]; numbers are
text, because JSON readers round large ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from symbolic.prover._field import Field, Frac, Kernel, Poly
from symbolic.prover._program import CHILDREN, Program
from symbolic.prover._refute import Search, Trial
from symbolic.prover._regions import Claim, Decision, Leaf
from symbolic.prover._verdict import Enclosure, Json

FORMAT = "backproof scalar certificate 1"


def of_proof(
    text: str,
    searches: Sequence[Search],
    decisions: Sequence[Decision],
    assumptions: Iterable[str],
    kinks: Iterable[str],
) -> Json:
    """The certificate of a proof: program, kernels, both sides as fractions in every region, a point of the domain."""
    program = searches[0].claim.program
    order = _all_nodes(program, [search.claim for search in searches])
    place = {node: n for n, node in enumerate(order)}
    return {
        "format": FORMAT,
        "status": "proved",
        "claim": text,
        "assumptions": list(assumptions),
        "kinks": list(kinks),
        "nodes": _nodes(program, order, place),
        "cases": [
            {
                **_claim(search.claim, place),
                "kernels": [_kernel(decision.ring, kernel) for kernel in decision.ring.kernels],
                "regions": [_leaf(decision.ring, leaf) for leaf in decision.leaves],
                "witness": None if search.witness is None else _trial(search.witness),
            }
            for search, decision in zip(searches, decisions, strict=True)
        ],
    }


def of_refutation(text: str, claim: Claim, trial: Trial, lhs: Enclosure, rhs: Enclosure) -> Json:
    """The certificate of a refutation: program, point, and two intervals without a common number."""
    order = _all_nodes(claim.program, [claim])
    place = {node: n for n, node in enumerate(order)}
    return {
        "format": FORMAT,
        "status": "refuted",
        "claim": text,
        "nodes": _nodes(claim.program, order, place),
        "cases": [{**_claim(claim, place), "witness": _trial(trial)}],
        "enclosures": [list(e.written()) for e in (lhs, rhs)],
    }


def _all_nodes(program: Program, claims: Sequence[Claim]) -> list[int]:
    roots = [i for c in claims for i in (c.lhs, c.rhs, *c.positive, *c.nonnegative, *c.nonzero)]
    return program.reach(*roots)


def _nodes(program: Program, order: Sequence[int], place: Mapping[int, int]) -> list[list[Any]]:
    written = []
    for i in order:
        node = program.nodes[i]
        places = CHILDREN.get(node[0], range(1, len(node)))
        written.append([place[x] if n in places else _plain(x) for n, x in enumerate(node)])
    return written


def _plain(x: Any) -> Any:
    return x if isinstance(x, str | int) else str(x)


def _claim(claim: Claim, place: Mapping[int, int]) -> Json:
    return {
        "lhs": place[claim.lhs],
        "rhs": place[claim.rhs],
        "positive": [place[i] for i in claim.positive],
        "nonnegative": [place[i] for i in claim.nonnegative],
        "nonzero": [place[i] for i in claim.nonzero],
        "integers": sorted(claim.integers),
    }


def _trial(trial: Trial) -> Json:
    return {
        "point": {name: str(x) for name, x in trial.point.items()},
        "functions": {name: [str(c) for c in coefficients] for name, coefficients in trial.functions.items()},
        "bits": trial.precision,
    }


def _leaf(ring: Field, leaf: Leaf) -> Json:
    written: Json = {
        "signs": [[_poly(ring, p), s] for p, s in leaf.signs.values()],
        "status": leaf.status,
    }
    if leaf.sides is not None and leaf.normal is not None:
        written["lhs"], written["rhs"] = (_frac(ring, side) for side in leaf.sides)
        written["left_out"] = [_poly(ring, p) for p in leaf.normal.kinks.values()]
    return written


def _poly(ring: Field, p: Poly) -> list[Any]:
    return [
        [str(c), [[ring.index_of(place), int(e)] for place, e in enumerate(exponents) if e]]
        for exponents, c in p.terms()
    ]


def _frac(ring: Field, a: Frac) -> list[Any]:
    return [_poly(ring, a.num), _poly(ring, a.den)]


def _kernel(ring: Field, kernel: Kernel) -> Json:
    args: list[Any] = []
    for x in kernel.args:
        if isinstance(x, Frac):
            args.append(_frac(ring, x))
        elif type(x).__name__ == "fmpz_mpoly":
            args.append(_poly(ring, x))
        else:
            args.append(_plain(x))
    return {"name": kernel.name, "kind": kernel.kind, "args": args, "order": kernel.power}
