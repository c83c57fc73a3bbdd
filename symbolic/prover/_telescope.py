"""Proves claims about sums with symbolic ends: by what sums have in common, and by induction over a length.

Sums are brought to common ends by rules of which each is an identity: the last term split off, the index moved, a sum of
terms as the terms' sums. What is left of them are variables of a scalar claim, and so are entries. Where that claim is not
proved, it is for the least length, and for the step from one length to the next. A sum that runs backwards is the negative
of what lies between, as always in telescoping; the claim is proved for those that do not, too.

Definedness is what an induction can break: a claim says nothing where a side has no value, and its step would lead from
nothing to something. So each side must have a value at n wherever it has one at n + 1 (`keeps`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flint import fmpq

from symbolic.prover._deadline import Deadline
from symbolic.prover._errors import Exhausted, OutOfReach
from symbolic.prover._products import applied_to_product, product_rule
from symbolic.prover._program import Program
from symbolic.prover._ranges import (
    MAX_PEELED,
    Linear,
    as_node,
    free,
    is_whole,
    least,
    moved,
    plus,
    rebuilt,
    shift_of,
    summed,
    written,
)
from symbolic.prover._values import has_value, is_positive, whole_bases
from symbolic.prover._verdict import Json, Verdict

Rule = tuple[Any, ...]
Decide = Callable[[Program, int, int, list[str]], Verdict]
MAX_RULES = 600
ROUNDS = 6
DEPTH = 2  # of inductions in each other


@dataclass
class Normal:
    """Brings the sums of one claim to common ends, and keeps the rules that it used.

    Parameters
    ----------
    program : Program
    bounds : mapping
        The least value of each length.
    nonzero : set of int
        Nodes that are not 0 where the claim's sides have values.
    """

    program: Program
    bounds: Mapping[str, int]
    nonzero: frozenset[int] = frozenset()
    lowest: dict[tuple[int, Linear, tuple[tuple[str, int], ...]], int] = field(default_factory=dict)
    starts: dict[int, int] = field(default_factory=dict)
    rules: dict[int, Rule] = field(default_factory=dict)
    done: dict[int, int] = field(default_factory=dict)

    def __call__(self, *roots: int) -> list[int]:
        for _ in range(ROUNDS):  # until no sum has an end above the lowest of its kind
            before = dict(self.lowest), dict(self.starts)
            self.rules, self.done = {}, {}
            found = [self.rewritten(i) for i in roots]
            if before == (self.lowest, self.starts):
                break
        return found

    def rewritten(self, i: int) -> int:
        if i not in self.done:
            self.done[i] = self._rewritten(i)
        return self.done[i]

    def _rewritten(self, i: int) -> int:
        p, node = self.program, self.program.nodes[i]
        children = {child: self.rewritten(child) for child in p.children(i)}
        if node[0] not in ("sum", "prod"):
            return rebuilt(p, i, children, p)
        whole = summed(p, children[node[1]], node[2], node[3], node[4], node[0])
        if whole != i:
            return self.rewritten(whole)
        rule = self._rule(i) if node[0] == "sum" else product_rule(self, i)
        if rule is None:
            return i
        if len(self.rules) >= MAX_RULES:
            raise Exhausted(f"the limit of {MAX_RULES} rules for sums")
        self.rules[i] = rule
        return self.rewritten((applied if node[0] == "sum" else applied_to_product)(p, i, rule))

    def _rule(self, i: int) -> Rule | None:
        p = self.program
        _, f, index, low, high = p.nodes[i]
        op, *parts = p.nodes[f]
        gap, from_low, to_high = (least(a, self.bounds) for a in (plus(high, low, -1), low, high))
        filled = gap is not None and gap >= 0

        def total(*starts: int | None) -> bool:
            """Whether every term from the least of these on has a value."""
            if has_value(p, f, self.bounds, self.nonzero):
                return True
            known = [start for start in starts if start is not None]
            return len(known) == len(starts) and has_value(
                p, f, {**self.bounds, index: min(known)}, self.nonzero
            )

        if index not in free(p, f):
            return ("count",) if filled or has_value(p, f, self.bounds, self.nonzero) else None
        if op == "add":
            return ("split",)
        factors = parts if op == "mul" else [f]
        outside = [x for x in factors if index not in free(p, x)]
        if outside and (filled or all(has_value(p, x, self.bounds, self.nonzero) for x in outside)):
            return ("out",)
        for x in factors:
            if p.nodes[x][0] == "add" and op == "mul":
                return ("expand", x)
            if p.nodes[x][0] in ("exp", "pow") and all(_exponents(p, x, index)):
                return ("powers", x)
        shift = shift_of(p, f, index)
        if shift:
            return ("move", shift)
        numeric = not low[1] and not high[1]
        if numeric and high[0] == low[0] - 1:
            return ("empty",)
        if numeric and low[0] <= high[0] < low[0] + MAX_PEELED:
            return ("last",)
        if low[1]:
            start = 1 if from_low is None or to_high is None else min(from_low, to_high + 1, 1)
            if has_value(p, f, self.bounds, self.nonzero) or (
                from_low is not None and to_high is not None and total(start)
            ):
                return ("join", start)
        elif low[0] < 1 and (filled or total(low[0], to_high)):
            return ("first",)
        elif 1 < low[0] < MAX_PEELED and total(1, None if to_high is None else to_high + 1):
            return ("join", 1)
        else:  # terms without a value are not added: the sums that start early lose their first ones
            start = self.starts[f] = max(low[0], self.starts.get(f, low[0]))
            if low[0] < start < low[0] + MAX_PEELED and filled:
                return ("first",)
        if any(
            name[0] == "#" for name, _ in high[1]
        ):  # an end that moves with an index has no number beside it
            if high[0] and abs(high[0]) < MAX_PEELED and has_value(p, f, self.bounds, self.nonzero):
                return ("last",) if high[0] > 0 else ("more",)
        elif high[1]:
            kind, offset = (f, low, high[1]), high[0]
            if offset < self.lowest.get(kind, offset + 1):
                self.lowest[kind] = offset
            near = self.lowest[kind] < offset < self.lowest[kind] + MAX_PEELED
            if near and (filled or total(from_low, to_high)):
                return ("last",)
        return None


def _exponents(p: Program, i: int, index: str) -> tuple[list[int], list[int]]:
    """The terms of an exponent, without an index and with it; a power of a variable has whole ones only."""
    exponent = p.nodes[i][-1]
    terms = p.children(exponent) if p.nodes[exponent][0] == "add" else (exponent,)
    if p.nodes[i][0] == "pow" and not all(is_whole(p, x) for x in terms):
        return [], []
    return [x for x in terms if index not in free(p, x)], [x for x in terms if index in free(p, x)]


def applied(p: Program, i: int, rule: Rule) -> int:
    """What a rule makes of a sum."""
    _, f, index, low, high = p.nodes[i]
    name, *rest = rule
    minus = p.num(fmpq(-1))
    if name == "count":
        return p.mul(f, as_node(p, plus(plus(high, low, -1), 1)))
    if name == "split":
        return p.add(*(summed(p, part, index, low, high) for part in p.nodes[f][1:]))
    if name == "out":
        parts = p.nodes[f][1:]
        inside = [x for x in parts if index in free(p, x)]
        outside = [x for x in parts if index not in free(p, x)]
        return p.mul(*outside, summed(p, p.mul(*inside), index, low, high))
    if name in ("expand", "powers"):
        (part,) = rest
        others = list(p.nodes[f][1:] if p.nodes[f][0] == "mul" else [part])
        others.remove(part)  # once: a square has two
        if name == "expand":
            body = p.add(*(p.mul(*others, term) for term in p.nodes[part][1:]))
        else:
            made = [p.add(*terms) for terms in _exponents(p, part, index)]
            body = p.mul(*others, *(p.node(*p.nodes[part][:-1], exponent) for exponent in made))
        return summed(p, body, index, low, high)
    if name == "move":
        c = rest[0]
        return summed(p, moved(p, f, {index: (-c, ((index, 1),))}), index, plus(low, c), plus(high, c))
    if name == "empty":
        return p.zero
    if name == "last":
        return p.add(summed(p, f, index, low, plus(high, -1)), moved(p, f, {index: high}))
    if name == "more":
        after = plus(high, 1)
        return p.add(summed(p, f, index, low, after), p.mul(minus, moved(p, f, {index: after})))
    if name == "first":
        return p.add(moved(p, f, {index: low}), summed(p, f, index, plus(low, 1), high))
    start = (rest[0], ())
    before = summed(p, f, index, start, plus(low, -1))
    return p.add(summed(p, f, index, start, high), p.mul(minus, before))


class Prover:
    """Looks for a proof of one claim, and writes it down.

    Parameters
    ----------
    program : Program
    decide : callable
        Decides a scalar claim: two nodes without sums and entries, and the names of variables that are positive.
    deadline : Deadline
    """

    def __init__(self, program: Program, decide: Decide, deadline: Deadline) -> None:
        self.program, self.decide, self.deadline = program, decide, deadline

    def proof(self, lhs: int, rhs: int, bounds: Mapping[str, int], depth: int = DEPTH) -> Json | None:
        self.deadline.check()
        found = self._direct(lhs, rhs, bounds)
        if found is not None or not depth:
            return found
        for name in sorted(bounds):
            if name not in _ends(self.program, lhs) | _ends(self.program, rhs):
                continue
            # What is not 0 at n + 1 is not 0 at n where it does not depend on n.
            nonzero = frozenset(
                i for i in whole_bases(self.program, lhs, rhs) if name not in free(self.program, i)
            )
            if not all(keeps(self.program, side, name, bounds, nonzero) for side in (lhs, rhs)):
                continue
            if (found := self._induction(lhs, rhs, name, bounds, depth)) is not None:
                return found
        return None

    def _induction(self, lhs: int, rhs: int, name: str, bounds: Mapping[str, int], depth: int) -> Json | None:
        p = self.program
        up: Mapping[str, Linear] = {name: (1, ((name, 1),))}
        least_one: Mapping[str, Linear] = {name: (bounds[name], ())}
        for times in (p.one, *_bases(p, lhs, rhs, name, bounds)):
            left, right = (p.sub(moved(p, side, up), p.mul(times, side)) for side in (lhs, rhs))
            step = self.proof(left, right, bounds, depth - 1)
            if step is not None:
                break
        else:
            return None
        others = {other: bound for other, bound in bounds.items() if other != name}
        base = self.proof(moved(p, lhs, least_one), moved(p, rhs, least_one), others, depth)
        return None if base is None else {"over": name, "times": times, "base": base, "step": step}

    def _direct(self, lhs: int, rhs: int, bounds: Mapping[str, int]) -> Json | None:
        p = self.program
        normal = Normal(p, bounds, whole_bases(p, lhs, rhs))
        sides = normal(lhs, rhs)
        names: dict[str, int] = {}
        images: dict[int, int] = {}
        for i in p.reach(*sides):
            node = p.nodes[i]
            if node[0] not in ("sum", "prod", "entry"):
                continue
            if any(name.startswith("#") for name in free(p, i)):
                continue  # inside a sum
            entry = node[0] == "entry"
            name = f"{node[1]}[{', '.join(map(written, node[2:]))}]" if entry else f"Σ{len(names)}"
            if name in names:
                raise OutOfReach(f"two entries that are called {name}")
            names[name], images[i] = i, p.node("sym", name)
        if names.keys() & free(p, p.add(*sides)):
            raise OutOfReach("a variable that is called like an entry")
        left, right = (_replaced(p, side, images, {}) for side in sides)
        verdict = self.decide(p, left, right, [name for name, bound in sorted(bounds.items()) if bound > 0])
        if verdict.status != "proved" or verdict.kinks:
            return None
        return {"bounds": dict(bounds), "rules": normal.rules, "names": names, "scalar": verdict}


def _replaced(p: Program, i: int, images: Mapping[int, int], done: dict[int, int]) -> int:
    if i in images:
        return images[i]
    if i not in done:
        done[i] = rebuilt(p, i, {child: _replaced(p, child, images, done) for child in p.children(i)}, p)
    return done[i]


def _bases(p: Program, lhs: int, rhs: int, name: str, bounds: Mapping[str, int]) -> list[int]:
    """What powers with the length in their exponent are powers of: by these a side may grow from length to length."""
    powers = [
        p.nodes[i] for i in p.reach(lhs, rhs) if p.nodes[i][0] == "pow" and name in free(p, p.nodes[i][2])
    ]
    found = dict.fromkeys(node[1] for node in powers)
    return [
        i
        for i in found
        if name not in free(p, i) and not any(x[0] == "#" for x in free(p, i)) and has_value(p, i, bounds)
    ]


def _ends(p: Program, i: int) -> set[str]:
    """The names in the ends of sums."""
    return {name for j in p.reach(i) if p.nodes[j][0] == "sum" for a in p.nodes[j][3:] for name, _ in a[1]}


def keeps(p: Program, i: int, name: str, bounds: Mapping[str, int], nonzero: frozenset[int]) -> bool:
    """Whether a node has a value at n wherever the sides of its claim have one at n + 1."""
    node = p.nodes[i]
    if name not in free(p, i) or has_value(p, i, bounds, nonzero):
        return True
    if (
        node[0] in ("add", "mul", "exp", "abs", "max", "min", "g", "both")
        or (node[0] == "int" and node[2] >= 0)
        or (node[0] == "fun" and node[1] in ("erf", "sin", "cos", "atan"))
    ):
        return all(keeps(p, child, name, bounds, nonzero) for child in p.children(i))
    if node[0] in ("inv", "log", "root", "int"):
        return has_value(p, node[1], bounds, nonzero) and is_positive(p, node[1], bounds)
    if node[0] == "pow":  # r^n with n whole has a value wherever r is not 0
        return name not in free(p, node[1]) and is_whole(p, node[2])
    if node[0] == "sum":
        # The terms at n are among those at n + 1.
        _, f, _, low, high = node
        gap = least(plus(high, low, -1), bounds)
        rises = dict(high[1]).get(name, 0) >= 0 and name not in dict(low[1])
        return rises and gap is not None and gap >= -1 and keeps(p, f, name, bounds, nonzero)
    return False
