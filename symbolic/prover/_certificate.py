"""Writes down what a verdict rests on, as JSON that a program without any of this code can check.

A certificate holds the program of the claim as it was read. Of a proof it holds for every case of the hypotheses the
kernels, and for every region the value of each node as a fraction. Polynomials are written once, as lists of
[coefficient, [[kernel, exponent], ...]], and named by their place; numbers are text, because JSON readers round large ones.
What a certificate says in words is read off it by the program that checks it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flint import fmpq

from symbolic._replay import statement
from symbolic.prover._deadline import Deadline
from symbolic.prover._errors import Undefined
from symbolic.prover._field import Field, Frac, Kernel, Poly
from symbolic.prover._lower import Lowering
from symbolic.prover._normal import Normal
from symbolic.prover._powers import Refine
from symbolic.prover._premises import Premises
from symbolic.prover._program import CHILDREN, Program
from symbolic.prover._refute import Search, Trial
from symbolic.prover._regions import Decision, Leaf
from symbolic.prover._signs import NeedSign
from symbolic.prover._verdict import Enclosure, Json

PATIENCE = 60.0  # seconds
FORMAT = "backproof scalar certificate 2"


class Document:
    """The part of a certificate that says what is claimed: the program, its sides, the hypotheses.

    Parameters
    ----------
    low : Lowering
        That has read the sides and the hypotheses.
    sides : tuple of int
    premises : Premises
    """

    def __init__(self, low: Lowering, sides: tuple[int, int], premises: Premises) -> None:
        self.program: Program = low.program
        self.sides, self.premises = sides, premises
        self.equal = {name: low(value) for name, value in premises.equal.items()}
        signs = {
            name: [i for i, _ in getattr(premises, name)] for name in ("positive", "nonnegative", "nonzero")
        }
        roots = (
            *sides,
            *self.equal.values(),
            *premises.defined,
            *(i for nodes in signs.values() for i in nodes),
        )
        self.order = self.program.reach(*roots)
        self.place = {node: n for n, node in enumerate(self.order)}
        fixed = {*premises.equal, *premises.choices}
        slopes = [
            (i, *slope)
            for i, slope in self.program.slopes.items()
            if i in self.place and slope[1] not in fixed
        ]
        self.written: Json = {
            "format": FORMAT,
            "nodes": [self._node(i) for i in self.order],
            "sides": [self.place[i] for i in sides],
            "slopes": [[self.place[i], self.place[j], x] for i, j, x in slopes],
            "given": {
                **{name: [self.place[i] for i in nodes] for name, nodes in signs.items()},
                "defined": [self.place[i] for i in premises.defined],
                "equal": {name: self.place[i] for name, i in self.equal.items()},
                "choices": {name: [str(v) for v in values] for name, values in premises.choices.items()},
                **{name: sorted(getattr(premises, name)) for name in ("integers", "even", "odd")},
            },
        }

    def _node(self, i: int) -> list[Any]:
        node = self.program.nodes[i]
        places = CHILDREN.get(node[0], range(1, len(node)))
        return [
            self.place[x] if n in places else x if isinstance(x, str | int) else str(x)
            for n, x in enumerate(node)
        ]

    def proof(
        self, searches: Sequence[Search], decisions: Sequence[Decision], cases: Iterable[Mapping[str, fmpq]]
    ) -> Json:
        written = {**self.written, "status": "proved"}
        written["cases"] = [
            _Case(self, decision, search.claim.images).written(
                {name: str(value) for name, value in values.items()},
                None if search.witness is None else self._trial(search.witness, values),
            )
            for search, decision, values in zip(searches, decisions, cases, strict=True)
        ]
        return written | {"claim": statement(written)}

    def refutation(self, trial: Trial, values: Mapping[str, fmpq], lhs: Enclosure, rhs: Enclosure) -> Json:
        written = {**self.written, "status": "refuted", "witness": self._trial(trial, values)}
        written["enclosures"] = [list(side.written()) for side in (lhs, rhs)]
        return written | {"claim": statement(written)}

    def _trial(self, trial: Trial, values: Mapping[str, fmpq]) -> Json:
        free = {x for x in self.program.symbols(*self.order) if x not in self.equal}
        # A variable of which only an equation speaks may have any value.
        point = {x: fmpq(1) for x in free} | {x: v for x, v in {**values, **trial.point}.items() if x in free}
        return {
            "point": {x: str(point[x]) for x in sorted(point)},
            "functions": {
                name: [str(c) for c in coefficients] for name, coefficients in trial.functions.items()
            },
            "bits": trial.precision,
        }


class _Case:
    """One case of a proof: its kernels, and what holds in each region."""

    def __init__(self, document: Document, decision: Decision, images: Mapping[int, int]) -> None:
        self.document, self.decision, self.images = document, decision, images
        self.ring: Field = decision.ring
        self.ring.deadline = Deadline(
            PATIENCE
        )  # that of the proof may be over: it is written when somebody asks for it
        self.polys: list[list[Any]] = []
        self.places: dict[str, int] = {}

    def written(self, values: Mapping[str, str], witness: Json | None) -> Json:
        ring, regions = self.ring, [self._region(leaf) for leaf in self.decision.leaves]
        left_out = {
            key: p
            for leaf in self.decision.leaves
            for key, p in (leaf.normal.kinks.items() if leaf.normal is not None else ())
        } | self.decision.left_out
        return {
            "set": dict(values),
            "regions": regions,
            "left_out": [self._poly(p) for p in left_out.values()],
            "kernels": [self._kernel(kernel) for kernel in ring.kernels],
            "factors": [
                [self._poly(p), str(c), [[self._poly(q), e] for q, e in parts]]
                for p, c, parts in ring.factored.values()
                if len(p) > 1
            ],
            "polys": self.polys,
            "witness": witness,
        }

    def _poly(self, p: Poly) -> int:
        key = str(p)
        if key not in self.places:
            self.places[key] = len(self.polys)
            self.polys.append([])
            self.polys[self.places[key]] = [
                [str(c), [[self.ring.index_of(place), int(e)] for place, e in enumerate(exponents) if e]]
                for exponents, c in p.terms()
            ]
        return self.places[key]

    def _frac(self, f: Frac) -> list[int]:
        return [self._poly(f.num), self._poly(f.den)]

    def _kernel(self, kernel: Kernel) -> list[Any]:
        data: list[Any] = []
        polys: list[int] = []
        for x in kernel.args:
            if isinstance(x, Frac):
                self.ring.factor(x.den)  # its factors say that it is 0 nowhere
                polys += self._frac(x)
            elif type(x).__name__ == "fmpz_mpoly":
                polys.append(self._poly(x))
            else:
                data.append(x if isinstance(x, int) and kernel.kind == "g" else str(x))
        return [kernel.kind, data, polys]

    def _region(self, leaf: Leaf) -> Json:
        normal = leaf.normal
        domain = [] if normal is None else [normal.signs.known[key] for key in normal.signs.leaning]
        values: dict[int, Frac] = {} if normal is None else self._values(normal)
        return {
            "status": leaf.status,
            "signs": [[self._poly(p), s] for p, s in leaf.signs.values()],
            "domain": [[self._poly(p), s] for p, s in domain],
            "values": [[self.document.place[i], *self._frac(f)] for i, f in values.items()],
            "gaps": [] if normal is None else self._gaps(values),
            "turns": [] if normal is None else self._turns(normal, values),
            "empty": []
            if leaf.emptiness is None
            else [
                [[[self._poly(p), s] for p, s in factors], str(times)]
                for factors, times in leaf.emptiness.combination
            ],
        }

    def _values(self, normal: Normal) -> dict[int, Frac]:
        """The value of every node of the claim that counts in a region, in the order in which the checker asks for them."""
        program, premises, values = self.document.program, self.document.premises, dict[int, Frac]()

        def visit(i: int) -> None:
            if i in values:
                return
            op, *rest = program.nodes[i]
            if op in ("gt", "ge", "eq", "not", "and", "or"):
                for child in rest:
                    visit(child)
                return
            if op in ("true", "false"):
                return
            if op == "sym" and rest[0] in self.document.equal:
                visit(self.document.equal[rest[0]])
            if op == "if":
                visit(rest[0])
                visit(rest[1] if normal.condition(self.images.get(rest[0], rest[0])) else rest[2])
            else:
                children = program.children(i)
                for child in reversed(children) if op == "both" else children:
                    visit(child)
            values[i] = value = normal(self.images.get(i, i))
            if op in ("exp", "root", "pow"):
                self._factor(value, normal.made(self.images.get(i, i)))
            elif len(value.den) > 1:
                self.ring.factor(value.den)

        stated = [*premises.positive, *premises.nonnegative, *premises.nonzero]
        try:
            for i in (*(i for i, _ in stated), *premises.defined, *self.document.sides):
                visit(i)
        except (Undefined, NeedSign, Refine):
            pass  # here, or before, the checker sees that the domain or the hypotheses leave nothing of the region
        return values

    def _factor(self, value: Frac, made: Sequence[tuple[Poly, int]]) -> None:
        """Factors of a power: where relations of roots hide them, (x + R)**2 = x**2 + y + 2 x R, those it was made of."""
        ring, powers = self.ring, dict[str, tuple[Poly, int]]()
        for p, n in made:
            powers[str(p)] = p, powers.get(str(p), (p, 0))[1] + n
        for whole, side in ((value.num, 1), (value.den, -1)):
            if len(whole) == 1:
                continue
            parts = [(p, n * side) for p, n in powers.values() if n * side > 0 and not p.is_constant()]
            product = ring.one_poly
            for p, n in parts if ring.rooted else ():
                product = ring.reduce(ring.times(product, ring.reduce(ring.poly_pow(p, n))))
            scale = fmpq(whole.leading_coefficient(), product.leading_coefficient())
            if product * scale.p == whole * scale.q:
                ring.factored[str(whole)] = whole, scale, parts
            else:
                ring.factor(whole)

    def _gaps(self, values: Mapping[int, Frac]) -> list[Any]:
        """The differences of which the sign decides a maximum or minimum."""
        extrema = [(i, self.document.program.nodes[i]) for i in values]
        gaps = [
            (i, self.ring.sub(values[node[1]], values[node[2]]))
            for i, node in extrema
            if node[0] in ("max", "min")
        ]
        return [[self.document.place[i], *self._frac(gap)] for i, gap in gaps]

    def _turns(self, normal: Normal, values: Mapping[int, Frac]) -> list[Any]:
        found = []
        for i in values:
            node = self.document.program.nodes[i]
            if node[0] == "fun" and node[1] in ("sin", "cos"):
                made = normal.circular.made[str(values[node[2]])]
                turns = [[k, str(n), *([] if turn is None else map(self._frac, turn))] for k, n, turn in made]
                found.append([self.document.place[i], turns])
        return found
