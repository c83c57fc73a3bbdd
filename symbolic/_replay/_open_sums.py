"""Checks certificates of claims about sums whose ends are symbols: refuted at lengths, or proved for all of them.

Every rule is an identity between sums; a sum that runs backwards is the negative of what lies between. A rule is used only
where each term that it writes has a value at every length, and an induction only where a side has a value at n wherever
it has one at n + 1. What is left are claims without sums, whose own certificates are checked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from symbolic._replay._open_terms import (
    Term,
    children,
    expanded,
    form_term,
    free,
    least,
    made,
    mapped,
    number,
    plus,
    put,
    summed,
    terms_of,
)
from symbolic._replay._ring import Wrong

Check = Callable[[Mapping[str, Any]], None]
MAX_WORK = 20_000
_ALWAYS = {"format", "status", "claim", "nodes", "sides", "bounds", "at", "instance"}
_EVERYWHERE = ("add", "mul", "exp", "abs", "max", "min", "g", "both")
_SMOOTH = ("erf", "sin", "cos", "atan")


def check_sums(certificate: Mapping[str, Any], check: Check) -> None:
    """The claim is refuted at its lengths, or proved for every length; `check` is for claims without sums."""
    proved = certificate["status"] == "proved"
    if set(certificate) != _ALWAYS | ({"proof"} if proved else set()):
        raise Wrong(f"the certificate has the fields {sorted(certificate)}")
    terms = terms_of(certificate["nodes"])
    lhs, rhs = (terms[_place(i, terms)] for i in certificate["sides"])
    bounds, at, instance = certificate["bounds"], certificate["at"], certificate["instance"]
    if not all(type(name) is str and type(n) is int for name, n in (*bounds.items(), *at.items())):
        raise Wrong("a length is not written properly")
    names = free(lhs) | free(rhs)
    if any(name.startswith("#") for name in names | bounds.keys()) or not bounds.keys() <= at.keys() <= names:
        raise Wrong("a name is not written properly")
    check(instance)
    written = terms_of(instance["nodes"])
    if instance["status"] != certificate["status"] or [written[i] for i in instance["sides"]] != [
        expanded(side, at) for side in (lhs, rhs)
    ]:
        raise Wrong("the instance is not one of the claim")
    if proved:
        _Proof(certificate, terms, check).holds(lhs, rhs, bounds, certificate["proof"])


def _place(i: Any, terms: list[Term]) -> int:
    if type(i) is not int or not 0 <= i < len(terms):
        raise Wrong("a side is no node")
    return i


class _Proof:
    def __init__(self, certificate: Mapping[str, Any], terms: list[Term], check: Check) -> None:
        self.whole: set[Any] = {*certificate["at"]}
        self.terms, self.check = terms, check
        self.known = self.whole  # the whole variables, and terms that are not 0 where the sides have values
        self.work = 0

    def holds(self, lhs: Term, rhs: Term, bounds: Mapping[str, int], proof: Mapping[str, Any]) -> None:
        if set(proof) == {"over", "times", "base", "step"}:
            name, times = proof["over"], self.terms[proof["times"]]
            if any(x == name or x[0] == "#" for x in free(times)) or not has_value(times, bounds, self.whole):
                raise Wrong("what a side grows by may have no value, or depend on the length")
            # What is not 0 at n + 1 is not 0 at n where it does not depend on n.
            known = self.whole | {t for t in whole_bases(lhs, rhs, self.whole) if name not in free(t)}
            if not all(keeps(side, name, bounds, known) for side in (lhs, rhs)):
                raise Wrong("a side may have no value at n where it has one at n + 1")
            start = {name: (bounds[name], ())}
            others = {other: n for other, n in bounds.items() if other != name}
            self.holds(put(lhs, start), put(rhs, start), others, proof["base"])
            self.holds(rise(lhs, name, times), rise(rhs, name, times), bounds, proof["step"])
            return
        if set(proof) != {"bounds", "rules", "names", "scalar"} or proof["bounds"] != bounds:
            raise Wrong("a proof is not written properly")
        rules = {self.terms[i]: rest for i, *rest in proof["rules"]}
        letters = {self.terms[i]: ("sym", name) for name, i in proof["names"].items()}
        if len(letters) != len(proof["names"]):
            raise Wrong("a sum has two names")
        sides = []
        self.known = self.whole | whole_bases(lhs, rhs, self.whole)
        for side in (lhs, rhs):
            common = self.rewritten(side, rules, bounds)
            if free(common) & proof["names"].keys():
                raise Wrong("a sum is called like a variable")
            sides.append(without_sums(common, letters))
        self._scalar(sides, bounds, proof["scalar"])

    def _scalar(self, sides: list[Term], bounds: Mapping[str, int], scalar: Mapping[str, Any]) -> None:
        """A proof of the claim that is left, for all values of its variables, and without kinks."""
        self.check(scalar)
        written, given = terms_of(scalar["nodes"]), scalar["given"]
        positive = [written[i] for i in given["positive"]]
        known = [("sym", name) for name, n in bounds.items() if n > 0]
        if (
            scalar["status"] != "proved"
            or any(case["left_out"] for case in scalar["cases"])
            or not set(given["integers"]) <= self.whole
            or any(t not in known for t in positive)
            or any(given[what] for what in given if what not in ("integers", "positive"))
        ):
            raise Wrong("a claim without sums is proved for some values only")
        if [written[i] for i in scalar["sides"]] != sides:
            raise Wrong("a claim without sums is not what is left")

    def rewritten(self, t: Term, rules: Mapping[Term, list[Any]], bounds: Mapping[str, int]) -> Term:
        self.work += 1
        if self.work > MAX_WORK:
            raise Wrong("it takes more work to check than a proof of the prover")
        t = mapped(t, lambda x: self.rewritten(x, rules, bounds))
        if t not in rules or t[0] not in ("sum", "prod"):
            return t
        apply = self._applied if t[0] == "sum" else self._applied_to_product
        return self.rewritten(apply(t, *rules[t], bounds=bounds), rules, bounds)

    def _applied_to_product(self, t: Term, rule: str, *rest: Any, bounds: Mapping[str, int]) -> Term:
        """Rules that hold whatever the signs of the factors; both sides of each have values at the same points."""
        _, f, index, low, high = t
        gap = least(plus(high, low, -1), bounds)

        def product(body: Term, low: Any = low, high: Any = high) -> Term:
            return summed("prod", body, index, low, high)

        filled = gap is not None and gap >= 0
        nonzero = f in self.known or (f[1] != 0 if f[0] == "num" else is_above(f, bounds))
        if (
            rule == "count"
            and index not in free(f)
            and nonzero
            and (filled or has_value(f, bounds, self.known))
        ):
            return made("pow", [f, form_term(plus(plus(high, low, -1), 1))])
        if rule == "split" and f[0] == "mul":
            return made("mul", [product(x) for x in f[1:]])
        if rule == "power" and (f[0] == "inv" or (f[0] == "int" and f[2] != 0)):
            return made(f[0], [product(f[1]), *f[2:]])
        if rule == "exponent" and f[0] == "exp":
            return made("exp", [summed("sum", f[1], index, low, high)])
        if rule == "move" and type(rest[0]) is int:
            moved = put(f, {index: (-rest[0], ((index, 1),))})
            return product(moved, plus(low, rest[0]), plus(high, rest[0]))
        if rule == "empty" and plus(high, low, -1) == (-1, ()):
            return number(1)
        if rule == "last" and filled:
            return made("mul", [product(f, low, plus(high, -1)), put(f, {index: high})])
        if rule == "first" and filled:
            return made("mul", [put(f, {index: low}), product(f, plus(low, 1), high)])
        raise Wrong(f"the rule {rule} does not hold for {t}")

    def _applied(self, t: Term, rule: str, *rest: Any, bounds: Mapping[str, int]) -> Term:
        _, f, index, low, high = t
        start, end, gap = (least(a, bounds) for a in (low, high, plus(high, low, -1)))
        filled = gap is not None and gap >= 0
        factors = f[1:] if f[0] == "mul" else (f,)
        outside = [x for x in factors if index not in free(x)]

        def total(*starts: int | None) -> bool:
            known = [n for n in starts if n is not None]
            here = {**bounds, index: min(known)} if known and len(known) == len(starts) else bounds
            return has_value(f, here, self.known)

        if rule == "count" and index not in free(f) and (filled or has_value(f, bounds, self.known)):
            return made("mul", [f, form_term(plus(plus(high, low, -1), 1))])
        if rule == "split" and f[0] == "add":
            return made("add", [summed("sum", x, index, low, high) for x in f[1:]])
        inside = [x for x in factors if index in free(x)]
        kept = filled or all(has_value(x, bounds, self.known) for x in outside)
        if rule == "out" and outside and inside and kept:
            return made("mul", [*outside, summed("sum", made("mul", inside), index, low, high)])
        if rule in ("expand", "powers") and self.terms[rest[0]] in factors:
            part = self.terms[rest[0]]
            others = list(factors)
            others.remove(part)
            if rule == "expand" and part[0] == "add":
                return summed(
                    "sum", made("add", [made("mul", [*others, x]) for x in part[1:]]), index, low, high
                )
            if rule == "powers" and (made_of := self._powers(part, index)):
                return summed("sum", made("mul", [*others, *made_of]), index, low, high)
        if rule == "move" and type(rest[0]) is int:
            moved = put(f, {index: (-rest[0], ((index, 1),))})
            return summed("sum", moved, index, plus(low, rest[0]), plus(high, rest[0]))
        if rule == "empty" and plus(high, low, -1) == (-1, ()):
            return number(0)
        if rule == "last" and (filled or total(start, end)):
            return made("add", [summed("sum", f, index, low, plus(high, -1)), put(f, {index: high})])
        if rule == "more" and total(start, end):
            after = plus(high, 1)
            less = made("mul", [number(-1), put(f, {index: after})])
            return made("add", [summed("sum", f, index, low, after), less])
        if rule == "first" and (filled or total(start, end)):
            return made("add", [summed("sum", f, index, plus(low, 1), high), put(f, {index: low})])
        if (
            rule == "join"
            and type(rest[0]) is int
            and total(rest[0], start, None if end is None else end + 1)
        ):
            begin = (rest[0], ())
            before = summed("sum", f, index, begin, plus(low, -1))
            return made("add", [summed("sum", f, index, begin, high), made("mul", [number(-1), before])])
        raise Wrong(f"the rule {rule} does not hold for {t}")

    def _powers(self, part: Term, index: str) -> list[Term]:
        """The powers exp(a + b) = exp(a) exp(b), and r^(a + b) = r^a r^b for whole a and b."""
        terms = part[-1][1:] if part[-1][0] == "add" else (part[-1],)
        if part[0] not in ("exp", "pow") or (
            part[0] == "pow" and not all(is_whole(x, self.whole) for x in terms)
        ):
            return []
        sorted_ = [x for x in terms if index not in free(x)], [x for x in terms if index in free(x)]
        return [made(part[0], [*part[1:-1], made("add", x)]) for x in sorted_]


def rise(t: Term, name: str, times: Term) -> Term:
    """A side at n + 1 less so many times the side at n: if that is equal, and the sides at n, so are those at n + 1."""
    return made("add", [put(t, {name: (1, ((name, 1),))}), made("mul", [number(-1), times, t])])


def without_sums(t: Term, letters: Mapping[Term, Term]) -> Term:
    if t in letters:
        return letters[t]
    if t[0] in ("sum", "prod", "entry"):
        raise Wrong("a sum or an entry has no name")
    return mapped(t, lambda x: without_sums(x, letters))


def is_whole(t: Term, whole: set[Any]) -> bool:
    if t[0] in ("num", "sym"):
        return t[1].denominator == 1 if t[0] == "num" else t[1] in whole or t[1].startswith("#")
    return t[0] in ("add", "mul") and all(is_whole(x, whole) for x in t[1:])


def whole_bases(lhs: Term, rhs: Term, whole: set[Any]) -> set[Any]:
    """What is not 0 where the sides have values: they hold whole powers of it, outside of sums and branches."""
    found, stack = set[Any](), [lhs, rhs]
    while stack:
        t = stack.pop()
        if t[0] == "pow" and is_whole(t[2], whole):
            found.add(t[1])
        if t[0] in (*_EVERYWHERE, "inv", "int", "root", "log", "fun", "pow"):
            stack += children(t)
    return found


def has_value(t: Term, bounds: Mapping[str, int], whole: set[Any]) -> bool:
    """Whether a term has a value for all real variables, and all whole ones from their bounds on.

    The last argument holds the whole variables, and terms that are not 0, whose whole powers have values.
    """
    op = t[0]
    if op in ("num", "sym", "const", "entry"):
        return True
    if op == "sum":
        start, end, gap = (least(a, bounds) for a in (t[3], t[4], plus(t[4], t[3], -1)))
        if start is None or ((gap is None or gap < -1) and end is None):
            return has_value(t[1], {name: n for name, n in bounds.items() if name != t[2]}, whole)
        if gap is None or gap < -1:
            assert end is not None
            start = min(start, end + 1)
        return has_value(t[1], {**bounds, t[2]: start}, whole)
    if op not in (*_EVERYWHERE, "int", "inv", "log", "root", "pow") and not (op == "fun" and t[1] in _SMOOTH):
        return False
    if not all(has_value(x, bounds, whole) for x in children(t)):
        return False
    if op == "pow" and t[1] in whole and is_whole(t[2], whole):
        return True
    below = op in ("inv", "log", "root", "pow") or (op == "int" and t[2] < 0)
    return not below or is_above(t[1], bounds)


def is_above(t: Term, bounds: Mapping[str, int], or_at: bool = False) -> bool:
    """Whether a term that has a value is surely more than 0, or not less."""
    op = t[0]
    if op == "num":
        return bool(t[1] > 0 or (or_at and t[1] == 0))
    if op == "sym":
        return t[1] in bounds and bounds[t[1]] >= (not or_at)
    if op == "add":
        return all(is_above(x, bounds, True) for x in t[1:]) and (
            or_at or any(is_above(x, bounds) for x in t[1:])
        )
    if op == "mul":
        return all(is_above(x, bounds, or_at) for x in t[1:])
    if op == "int":
        return is_above(t[1], bounds, or_at) or (or_at and t[2] % 2 == 0)
    if op in ("inv", "root", "pow"):
        return is_above(t[1], bounds)
    return op in ("const", "exp") or (or_at and op == "abs")


def keeps(t: Term, name: str, bounds: Mapping[str, int], whole: set[Any]) -> bool:
    """Whether a term has a value at n wherever it has one at n + 1."""
    op = t[0]
    if name not in free(t) or has_value(t, bounds, whole):
        return True
    if op in _EVERYWHERE or (op == "int" and t[2] >= 0) or (op == "fun" and t[1] in _SMOOTH):
        return all(keeps(x, name, bounds, whole) for x in children(t))
    if op == "pow":
        return name not in free(t[1]) and is_whole(t[2], whole)
    if op != "sum":
        return False
    gap = least(plus(t[4], t[3], -1), bounds)
    rises = dict(t[4][1]).get(name, 0) >= 0 and name not in dict(t[3][1])
    return rises and gap is not None and gap >= -1 and keeps(t[1], name, bounds, whole)
