"""Decides claims about sums whose ends are symbols: at lengths that are numbers, and for all lengths."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import sympy as sp

from symbolic.prover._deadline import Deadline
from symbolic.prover._errors import Exhausted, OutOfReach, Symbolic
from symbolic.prover._lower import Lowering
from symbolic.prover._program import Program
from symbolic.prover._ranges import Ranges, expanded, least, plus, runs_forwards
from symbolic.prover._shifts import at_numbers
from symbolic.prover._telescope import Prover
from symbolic.prover._verdict import Json, Verdict

FORMAT = "backproof sums certificate 1"
LENGTHS = (3, 5, 8, 12)  # no length is another one's successor, sum or double
FAR = (1000, 2000)  # indices that no sum reaches
MAX_CHOICES = 12  # of numbers for indices that no sum binds
MAX_CONDITIONS = 300
Decide = Callable[[Lowering, int, int, list[str], list[Any], Deadline], Verdict]


class OpenSums:
    """One claim about sums with symbolic ends.

    Parameters
    ----------
    sides : pair of sympy.Expr
    decide : callable
        Decides a claim without sums: its reader, both sides, the names of variables that are positive, hypotheses, the
        deadline.
    deadline : Deadline
    conditions : sequence
        Hypotheses. They are used at lengths that are numbers; for all lengths only what needs none of them is proved.

    Raises
    ------
    OutOfReach
        It cannot be read so.
    """

    def __init__(
        self, sides: Sequence[Any], decide: Decide, deadline: Deadline, conditions: Sequence[Any] = ()
    ) -> None:
        _check_names(sides)
        self.low, self.decide, self.deadline = Ranges(), decide, deadline
        self.conditions = conditions
        self.program: Program = self.low.program
        self.sides = self.low(sides[0]), self.low(sides[1])
        if any(name in self.low.whole for _, name in self.low.differentiated):
            raise OutOfReach("a derivative by a length")
        families = {node[1] for node in self.program.nodes if node[0] == "entry"}
        if families & self.low.symbols.keys():
            raise OutOfReach("a family that is called like a variable")
        self.program.integers |= self.low.whole
        self.bounds = self._bounds()
        self.bases = {str(base): base for side in sides for base in side.atoms(sp.IndexedBase)}

    def _bounds(self) -> dict[str, int]:
        """From where on every sum has a term."""
        bounds: dict[str, int] = {}
        gaps = list(self.low.reach)
        for i in self.program.reach(*self.sides):
            op, *rest = self.program.nodes[i]
            if op not in ("sum", "prod"):
                continue
            for name, _ in (pair for a in rest[2:] for pair in a[1]):
                if not name.startswith("#"):
                    bounds.setdefault(name, 1)
            gaps.append(plus(rest[3], rest[2], -1))
        for constant, names in gaps:
            if len(names) == 1 and not names[0][0].startswith("#"):
                ((name, c),) = names
                if c < 0:
                    raise OutOfReach("a sum that ends before it starts")
                bounds[name] = max(bounds.get(name, 1), -(constant // c))
        if any(least(gap, bounds) is None or (least(gap, bounds) or 0) < 0 for gap in self.low.reach):
            raise OutOfReach("a derivative by an entry that a sum may not reach")
        if not bounds:
            raise OutOfReach("a sum that another sum bounds alone")
        return bounds

    def verdict(self) -> Verdict | None:
        """A counterexample or a proof; None where neither was found."""
        found = self.refuted()
        return self.proved() if found is None else found

    def refuted(self) -> Verdict | None:
        """A counterexample at lengths that are numbers."""
        for numbers in self._choices():
            for indices in self._indices(numbers):
                at = {**numbers, **indices}
                verdict = self._instance(at, self.conditions)
                if verdict is not None and verdict.status == "refuted":
                    return self._refuted(verdict, at)
        return None

    def _indices(self, numbers: Mapping[str, int]) -> list[dict[str, int]]:
        """Numbers for the indices that no sum binds: with them every entry is one that a sum reads, too, if any does."""
        open_ = sorted(self.low.whole - self.bounds.keys())
        if not open_:
            return [{}]
        read = set.intersection(*(self._read({**numbers, **dict.fromkeys(open_, far)}) for far in FAR))
        summed = {name.partition("[")[0] for name in read}
        choices = [
            dict(zip(open_, values, strict=True))
            for values in itertools.islice(itertools.product((2, 1, 3), repeat=len(open_)), MAX_CHOICES)
        ]
        return [
            choice
            for choice in choices
            if all(x in read or x.partition("[")[0] not in summed for x in self._read({**numbers, **choice}))
        ]

    def _read(self, numbers: Mapping[str, int]) -> set[str]:
        """The entries that both sides hold at numbers."""
        try:
            low, left, right = self._expanded(numbers)
        except OutOfReach:
            return set()
        return {name for name in low.program.symbols(left, right) if name.endswith("]")}

    def _choices(self) -> list[dict[str, int]]:
        names = sorted(self.bounds)
        if len(names) > len(LENGTHS):
            return []
        # An odd and an even length: (-1)^m is -1 at the first.
        orders = (
            itertools.permutations(LENGTHS[: len(names)]) if len(names) > 1 else [LENGTHS[:1], LENGTHS[2:3]]
        )
        found = [
            {name: n + self.bounds[name] - 1 for name, n in zip(names, order, strict=True)}
            for order in itertools.islice(orders, 2 if len(names) < 3 else 6)
        ]
        return [numbers for numbers in found if self._allowed(numbers) and self._filled(numbers)]

    def _allowed(self, numbers: Mapping[str, int]) -> bool:
        """Whether lengths are as SymPy's assumptions say."""
        return all(
            getattr(sp.Integer(number), f"is_{what}") == held
            for name, number in numbers.items()
            for symbol in self.low.symbols.get(name, ())
            for what, held in symbol.assumptions0.items()
        )

    def _filled(self, numbers: Mapping[str, int]) -> bool:
        """Whether every sum that no other one bounds has a term: what a sum without terms means is not ours to say."""
        for i in self.program.reach(*self.sides):
            op, *rest = self.program.nodes[i]
            if op in ("sum", "prod"):
                gap = plus(rest[3], rest[2], -1)
                known = all(name in numbers for name, _ in gap[1])
                if known and gap[0] + sum(c * numbers[name] for name, c in gap[1]) < 0:
                    return False
        return True

    def _expanded(self, numbers: Mapping[str, int]) -> tuple[Lowering, int, int]:
        low, count = Lowering(), [0]
        left, right = (expanded(self.program, side, numbers, low.program, count) for side in self.sides)
        return low, left, right

    def _instance(self, numbers: Mapping[str, int], conditions: Sequence[Any] = ()) -> Verdict | None:
        try:
            low, left, right = self._expanded(numbers)
            low.symbols = {name: of for name, of in self.low.symbols.items() if name not in numbers}
            names = low.program.symbols(left, right)
            low.symbols |= self._entries(names)
            given = [x for c in conditions for x in self._at_entries(c, numbers, names)]
            return self.decide(low, left, right, [], given, Deadline(self._rest() / 2))
        except (OutOfReach, Exhausted, Symbolic):
            return None

    def _at_entries(self, condition: Any, numbers: Mapping[str, int], names: Sequence[str]) -> list[Any]:
        """What a hypothesis says of the entries that are read."""
        lengths = {x: sp.Integer(numbers[x.name]) for x in condition.free_symbols if x.name in numbers}
        entries = condition.atoms(sp.Indexed)
        bound = {limit[0] for node in condition.atoms(sp.Sum, sp.Product) for limit in node.limits}
        indices = sorted(
            {x for e in entries for i in e.indices for x in i.free_symbols} - bound - lengths.keys(), key=str
        )
        values = sorted(
            {int(n) for name in names if name[-1] == "]" for n in name[name.index("[") + 1 : -1].split(",")}
        )
        if len(values) ** len(indices) > MAX_CONDITIONS:
            raise Exhausted(f"the limit of {MAX_CONDITIONS} hypotheses")
        return [
            at_numbers(condition, {**lengths, **dict(zip(indices, map(sp.Integer, chosen), strict=True))})
            for chosen in itertools.product(values, repeat=len(indices))
        ]

    def _entries(self, names: Sequence[str]) -> dict[str, list[Any]]:
        """The entries among some names, as SymPy knows them: with what is assumed of their family."""
        found: dict[str, list[Any]] = {}
        for name in names:
            family, _, indices = name.rpartition("[")
            if name not in self.low.symbols and family in self.bases:
                found[name] = [self.bases[family][tuple(map(sp.Integer, indices.rstrip("]").split(", ")))]]
        return found

    def _rest(self) -> float:
        return max(self.deadline.end - self.deadline.start - self.deadline.elapsed, 1e-3)

    def proved(self) -> Verdict | None:
        """A proof for all lengths."""
        if any(symbol.is_positive is False for name in self.bounds for symbol in self.low.symbols[name]):
            return None
        numbers = dict.fromkeys(self.low.whole, 2)
        numbers |= next(iter(self._choices()), {})
        instance = self._instance(numbers)
        if instance is None or instance.status != "proved" or not self.bounds.keys() <= numbers.keys():
            return None  # no point is known at which both sides have values

        def decide(program: Program, lhs: int, rhs: int, positive: list[str]) -> Verdict:
            return self.decide(Lowering(program), lhs, rhs, positive, [], Deadline(min(self._rest(), 1.0)))

        try:
            proof = Prover(self.program, decide, self.deadline).proof(*self.sides, self.bounds)
        except OutOfReach:
            return None
        if proof is None:
            return None
        return Verdict(
            "proved",
            "induction over a length" if "over" in proof else "sums with common ends",
            "",
            assumptions=self._assumptions(),
            elapsed=self.deadline.elapsed,
            evidence=lambda: self._document("proved", numbers, instance, proof),
        )

    def _assumptions(self) -> tuple[str, ...]:
        found = [f"{name} is {b}, {b + 1}, {b + 2} or more" for name, b in sorted(self.bounds.items())]
        forwards = all(runs_forwards(self.program, side, self.bounds) for side in self.sides)
        return tuple(found if forwards else [*found, "no sum runs backwards"])

    def _refuted(self, verdict: Verdict, numbers: Mapping[str, int]) -> Verdict:
        assert verdict.counterexample is not None
        point = {**{name: Fraction(n) for name, n in numbers.items()}, **verdict.counterexample.point}
        return dataclasses.replace(
            verdict,
            counterexample=dataclasses.replace(verdict.counterexample, point=point),
            evidence=lambda: self._document("refuted", numbers, verdict, None),
        )

    # -- certificates -----------------------------------------------------------------------------
    def _document(
        self, status: str, numbers: Mapping[str, int], instance: Verdict, proof: Json | None
    ) -> Json:
        roots = [*self.sides, *([] if proof is None else _roots(proof))]
        order = self.program.reach(*roots)
        place = {node: n for n, node in enumerate(order)}
        document = {
            "format": FORMAT,
            "status": status,
            "nodes": [self._node(i, place) for i in order],
            "sides": [place[i] for i in self.sides],
            "bounds": self.bounds,
            "at": dict(numbers),
            "instance": instance.certificate,
        }
        if proof is not None:
            document["proof"] = _written(proof, place)
        from symbolic._replay import sums_statement

        return document | {"claim": sums_statement(document)}

    def _node(self, i: int, place: Mapping[int, int]) -> list[Any]:
        node = self.program.nodes[i]
        if node[0] in ("sum", "prod", "entry"):
            ends = [[a[0], [list(pair) for pair in a[1]]] for a in node[2 + (node[0] != "entry") :]]
            return (
                [node[0], node[1], *ends] if node[0] == "entry" else [node[0], place[node[1]], node[2], *ends]
            )
        children = self.program.children(i)
        first = len(node) - len(children) if node[0] in ("fun", "g") else 1
        return [
            place[x] if first <= n < first + len(children) else x if isinstance(x, str | int) else str(x)
            for n, x in enumerate(node)
        ]


def _roots(proof: Json) -> list[int]:
    if "over" in proof:
        return [proof["times"], *_roots(proof["base"]), *_roots(proof["step"])]
    parts = [rule[1] for rule in proof["rules"].values() if rule[0] in ("expand", "powers")]
    return [*proof["rules"], *parts, *proof["names"].values()]


def _written(proof: Json, place: Mapping[int, int]) -> Json:
    if "over" in proof:
        parts = {part: _written(proof[part], place) for part in ("base", "step")}
        return {"over": proof["over"], "times": place[proof["times"]], **parts}
    return {
        "bounds": proof["bounds"],
        "rules": [
            [place[i], name, *(map(place.get, rest) if name in ("expand", "powers") else rest)]
            for i, (name, *rest) in proof["rules"].items()
        ],
        "names": {name: place[i] for name, i in proof["names"].items()},
        "scalar": proof["scalar"].certificate,
    }


def _check_names(sides: Sequence[Any]) -> None:
    sums = [node for side in sides for node in side.atoms(sp.Sum, sp.Product)]
    bound = {limit[0] for node in sums for limit in node.limits}
    symbols = {x for side in sides for x in side.atoms(sp.Symbol)}
    if any(side.has(sp.Idx, sp.KroneckerDelta) for side in sides) or any(
        x.name.startswith("#") for x in symbols
    ):
        raise OutOfReach("a name that sums do not have")
    if any(x in side.free_symbols for x in bound for side in sides):
        raise OutOfReach("an index that stands outside of its sum, too,")
