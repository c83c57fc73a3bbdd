"""An oracle that judges verdicts of the scalar prover, and the trees in which `stress.py` writes its claims.

It shares nothing with the prover: it evaluates trees with mpmath to 60 digits. A proof is held against many points, the
special ones included; a refutation is right if its own point satisfies the hypotheses and both values differ there.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator, Sequence
from fractions import Fraction
from typing import Any

import mpmath
from _trees import RELATIONS, Claim, Point, Tree, minus, names_in, numbers_in
from mpmath import mpf

DIGITS = 60


class NoValue(Exception):
    """The formula has no value at this point, or one too near to a border to tell."""


class CannotTell(NoValue):
    """The oracle does not compute such numbers, or not well enough."""


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "exp": mpmath.exp, "tanh": mpmath.tanh, "erf": mpmath.erf, "sin": mpmath.sin, "cos": mpmath.cos, "atan": mpmath.atan,
    "sinh": mpmath.sinh, "cosh": mpmath.cosh, "asinh": mpmath.asinh, "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "softplus": lambda x: mpmath.log(1 + mpmath.exp(x)), "relu": lambda x: max(x, mpf(0)), "abs": abs,
}  # fmt: skip
G = (mpf("0.37"), mpf("-1.21"), mpf("0.83"), mpf("0.59"), mpf("-0.41"), mpf("0.17"))  # a polynomial for g


def exactly(t: Tree) -> Fraction | None:
    """The rational number that arithmetic with numbers alone gives."""
    if t[0] == "n":
        return t[1]
    if t[0] not in "+*/^":
        return None
    a, b = exactly(t[1]), Fraction(t[2]) if t[0] == "^" else exactly(t[2])
    if a is None or b is None or (not (a if t[0] == "^" else b) and (t[0] == "/" or b < 0)):
        return None
    return a + b if t[0] == "+" else a * b if t[0] == "*" else a / b if t[0] == "/" else a ** int(b)


class Values:
    """Evaluates trees at one point, at the precision of the moment; `kink` says whether a jump sits exactly there."""

    def __init__(self, point: Point, integers: Collection[str] = (), functions: Sequence[Any] = G) -> None:
        self.point = {name: mpf(q.numerator) / q.denominator for name, q in point.items()}
        self.integers = integers
        self.functions = functions
        self.noise = mpf(10) ** (15 - mpmath.mp.dps)
        self.kink = False
        self.fixed: Collection[str] = ()

    def sign(self, x: Any) -> int:
        return 0 if x == 0 else 1 if x > 0 else -1

    def is_integer(self, t: Tree) -> bool:
        """Whether a formula is an integer by its form."""
        exact = exactly(t)
        if exact is not None:
            return exact.denominator == 1
        if t[0] == "v":
            fixed = t[1] in self.fixed and self.point[t[1]] == mpmath.nint(self.point[t[1]])
            return t[1] in self.integers or fixed  # y = 1 among the hypotheses says that y is an integer
        if t[0] == "^":
            return t[2] >= 0 and self.is_integer(t[1])
        return t[0] in "+*" and all(map(self.is_integer, t[1:]))

    def __call__(self, t: Tree) -> Any:
        value = getattr(self, "_" + {"+": "add", "*": "mul", "/": "div", "^": "pow"}.get(t[0], t[0]))(*t[1:])
        if not mpmath.isfinite(value) or abs(value) > mpf(10) ** 5000:
            raise CannotTell
        return value

    def _n(self, q: Fraction) -> Any:
        return mpf(q.numerator) / q.denominator

    def _v(self, name: str) -> Any:
        return {"pi": mpmath.pi, "e": mpmath.e}[name]() if name in ("pi", "e") else self.point[name]

    def _add(self, a: Tree, b: Tree) -> Any:
        x, y = self(a), self(b)
        total = x + y
        if self.noise * (abs(x) + abs(y)) < abs(total):
            return total
        return mpf(0)  # what is left of two numbers that cancel is rounding

    def _mul(self, a: Tree, b: Tree) -> Any:
        return self(a) * self(b)

    def _div(self, a: Tree, b: Tree) -> Any:
        x, y = self(a), self(b)
        if self.sign(y) == 0:
            raise NoValue
        return x / y

    def _pow(self, a: Tree, n: int) -> Any:
        x = self(a)
        if n < 0 and self.sign(x) == 0:
            raise NoValue
        return x**n

    def _r(self, a: Tree, p: int, q: int) -> Any:
        if p % q == 0:
            return self._pow(a, p // q)
        x = self(a)
        s = self.sign(x)
        if s < 0 or (s == 0 and p < 0):
            raise NoValue
        return mpmath.power(x, mpf(p) / q) if s else mpf(0)

    def _e(self, a: Tree, b: Tree) -> Any:
        x, y = self(a), self(b)
        if self.is_integer(b):
            if b[0] != "n" and self.sign(x) == 0:
                raise NoValue  # 0**n has no value for a symbol n, whatever its sign
            return self._pow(a, int(mpmath.nint(y)))
        if self.sign(x) <= 0:
            raise NoValue
        return mpmath.power(x, y)

    def _f(self, name: str, a: Tree) -> Any:
        x = self(a)
        if name in ("log", "sqrt"):
            s = self.sign(x)
            if s < 0 or (s == 0 and name == "log"):
                raise NoValue
            if 0 < abs(x - 1) < self.noise:
                raise CannotTell
            return mpmath.log(x) if name == "log" else mpmath.sqrt(x) if s else mpf(0)
        if name in ("asin", "acos", "acosh", "atanh"):
            s = self.sign(1 - x * x if name != "acosh" else x - 1)
            if s < 0 or (s == 0 and name == "atanh"):
                raise NoValue
            return getattr(mpmath, name)(x if s else mpmath.sign(x))
        if name in ("sign", "heaviside"):
            s = self.sign(x)
            if s == 0 and not names_in(a) and name == "heaviside":
                raise NoValue
            self.kink |= s == 0 and bool(names_in(a))
            return mpf(s) if name == "sign" else (mpf(s) + 1) / 2
        if abs(x) > 50 and name in ("tanh", "erf", "sigmoid"):
            raise CannotTell  # it is 1 to all digits
        if abs(x) > 10_000 and name in ("exp", "sinh", "cosh", "sigmoid", "softplus", "tanh", "sin", "cos"):
            raise CannotTell
        value = FUNCTIONS[name](x)
        if 0 < abs(value) < self.noise and name in ("sin", "cos"):
            raise CannotTell
        return value

    def _max(self, a: Tree, b: Tree) -> Any:
        return max(self(a), self(b))

    def _min(self, a: Tree, b: Tree) -> Any:
        return min(self(a), self(b))

    def _if(self, condition: Tree, a: Tree, b: Tree) -> Any:
        return self(a) if self.holds(condition) else self(b)

    def _g(self, order: int, a: Tree) -> Any:
        x, coefficients = self(a), list(self.functions)
        for _ in range(order):
            coefficients = [k * c for k, c in enumerate(coefficients)][1:]
        return mpmath.fsum(c * x**k for k, c in enumerate(coefficients))

    def _d(self, a: Tree, name: str, order: int) -> Any:
        """Centred differences of high order; a jump or a kink inside the stencil is no place for a slope."""
        here = self.point[name]
        self(a)
        with mpmath.workdps(3 * DIGITS):
            step = mpf(10) ** -DIGITS
            for k in (-3, -1, 1, 3):
                self.point[name] = here + k * step
                self(a)
            self.point[name] = here

            def at(x: Any) -> Any:
                self.point[name] = x
                return self(a)

            try:
                slopes = [mpmath.diff(at, here, order, h=mpf(10) ** -h) for h in (25, 30)]
            finally:
                self.point[name] = here
        if abs(slopes[0] - slopes[1]) > mpf(10) ** -15 * (1 + abs(slopes[0])):
            raise CannotTell
        return slopes[1]

    def _is_zero_nearby(self, t: Tree) -> bool:
        """Whether a formula that is 0 here is 0 around as well: then no border runs through the point."""
        here, self.point = (
            self.point,
            {name: x + mpf(k + 7) / 10**9 for k, (name, x) in enumerate(self.point.items())},
        )
        try:
            return bool(self(t) == 0)
        except NoValue:
            return False
        finally:
            self.point = here

    def holds(self, c: Tree) -> bool:
        if c[0] in ("and", "or"):
            first, second = self.holds(c[1]), self.holds(c[2])
            return (first and second) if c[0] == "and" else (first or second)
        if c[0] == "not":
            return not self.holds(c[1])
        s = self.sign(self(minus(c[1], c[2])))
        self.kink |= s == 0 and not self._is_zero_nearby(minus(c[1], c[2]))
        return RELATIONS[c[0]](s)


def points(claim: Claim, rng: random.Random, count: int) -> Iterator[Point]:
    """Points of every scale, and those at which something sits exactly on a border."""
    names = sorted(
        names_in(claim.lhs, claim.rhs, *claim.given, *claim.determine.values()) | set(claim.determine)
    )
    special = sorted(
        {x for c in numbers_in(claim.lhs, claim.rhs, *claim.given) for x in (c, -c, 1 / c if c else c)}
        | set(map(Fraction, (0, 1, -1, 2)))
    )
    for k in range(count):
        point: Point = dict(claim.points[k % len(claim.points)]) if claim.points and k % 3 else {}
        for name in names:
            if name in point:
                continue
            if claim.symbols.get(name, {}).get("integer") or rng.random() < 0.1:
                point[name] = Fraction(rng.randint(-6, 6))
            elif rng.random() < 0.25:
                point[name] = rng.choice(special) + rng.choice((0, 0, 1, -1)) * Fraction(
                    1, 10 ** rng.choice((1, 3, 9, 12))
                )
            else:
                point[name] = Fraction(rng.randint(-4000, 4000), 1009) * Fraction(10) ** rng.choice(
                    (0, 0, 0, 1, -1, -3, 3)
                )
        yield point


def admitted(claim: Claim, value: Values) -> bool:
    """Whether the point satisfies every hypothesis; variables that equations fix are set first."""
    for name, tree in claim.determine.items():
        value.point[name] = value(tree)
    value.fixed = {name for name, tree in claim.determine.items() if value.is_integer(tree)}
    for name, facts in claim.symbols.items():
        if name not in names_in(claim.lhs, claim.rhs, *claim.given):
            continue
        x = value.point[name]
        s = value.sign(x)
        wrong = {
            "positive": s <= 0, "negative": s >= 0, "nonnegative": s < 0, "nonpositive": s > 0, "nonzero": s == 0, "zero": s != 0,
            "integer": abs(x - mpmath.nint(x)) > value.noise, "even": abs(x / 2 - mpmath.nint(x / 2)) > value.noise, "odd": abs((x - 1) / 2 - mpmath.nint((x - 1) / 2)) > value.noise,
        }  # fmt: skip
        if any(wrong[fact] for fact, yes in facts.items() if yes):
            return False
    return all(value.holds(c) for c in claim.given)


def integers_of(claim: Claim) -> set[str]:
    return {name for name, facts in claim.symbols.items() if facts.keys() & {"integer", "even", "odd"}}


def verdict_is_wrong(claim: Claim, verdict: Any, rng: random.Random, count: int = 60) -> str:
    """Why a verdict is wrong; empty where nothing speaks against it."""
    with mpmath.workdps(DIGITS):
        if verdict.status == "proved":
            return _proof_is_wrong(claim, verdict, rng, count)
        if verdict.status == "refuted":
            return _refutation_is_wrong(claim, verdict)
    return ""


def _proof_is_wrong(claim: Claim, verdict: Any, rng: random.Random, count: int) -> str:
    for point in points(claim, rng, count):
        if _differs(claim, point) is None:
            continue
        with mpmath.workdps(50 * DIGITS):  # many digits tell what differs from what was lost in rounding
            found = _differs(claim, point)
            if found is None:
                continue
            value, a, b = found
            if verdict.kinks and (value.kink or _on_a_kink(verdict, value)):
                continue
            where = "proved without a kink" if value.kink else "proved"
            return (
                f"{where}, yet at {_said(value)} the sides are {mpmath.nstr(a, 12)} and {mpmath.nstr(b, 12)}"
            )
    return ""


def _differs(claim: Claim, point: Point) -> tuple[Values, Any, Any] | None:
    """Both sides at a point, where the hypotheses hold, both have values, and they are different."""
    value = Values(point, integers_of(claim))
    try:
        if not admitted(claim, value):
            return None
        value.kink = False
        a, b = value(claim.lhs), value(claim.rhs)
    except (NoValue, ZeroDivisionError, OverflowError, ValueError):
        return None
    floor = mpf(10) ** (-12 if names_in_derivative(claim) else -30)
    return (value, a, b) if abs(a - b) > mpf(10) ** -12 * (abs(a) + abs(b)) + floor else None


def _on_a_kink(verdict: Any, value: Values) -> bool:
    """Whether the point lies in a set that the verdict leaves out."""
    import sympy as sp

    from symbolic import parse

    for text in verdict.kinks:
        try:
            tree = parse(text.rpartition(" = ")[0])
            x = sp.N(
                tree.subs({s: sp.Float(str(value.point[s.name]), DIGITS) for s in tree.free_symbols}), 40
            )
            if abs(x) < 1e-30:
                return True
        except Exception:
            continue
    return False


def _refutation_is_wrong(claim: Claim, verdict: Any) -> str:
    if names_in_derivative(claim) and any(abs(q) > 10**9 for q in numbers_in(claim.lhs, claim.rhs)):
        return ""  # differences do not measure such slopes
    point = {name: Fraction(x) for name, x in verdict.counterexample.point.items()}
    for name in names_in(claim.lhs, claim.rhs, *claim.given) | set(claim.symbols):
        facts = claim.symbols.get(
            name, {}
        )  # the claim does not depend on it: any value will do that it may have
        point.setdefault(
            name,
            Fraction(
                0
                if "zero" in facts
                else -2
                if facts.keys() & {"negative", "nonpositive"}
                else 1
                if "odd" in facts
                else 2
            ),
        )
    sizes = [
        max(len(str(q.numerator)), len(str(q.denominator)))
        for q in (*point.values(), *numbers_in(claim.lhs, claim.rhs))
    ]
    with mpmath.workdps(min(4000, 4 * DIGITS + 2 * max(sizes, default=1) + 40)):
        value = Values(point, integers_of(claim), _functions(verdict))
        try:
            if not admitted(claim, value):
                return f"refuted at {_said(value)}, which violates a hypothesis"
            value.kink = False
            a, b = value(claim.lhs), value(claim.rhs)
        except CannotTell:
            return ""
        except NoValue:
            return f"refuted at {_said(value)}, where a side has no value"
        gap = verdict.counterexample.difference
        expected = (
            mpf(gap.low.numerator) / gap.low.denominator,
            mpf(gap.high.numerator) / gap.high.denominator,
        )
        slack = (
            mpf(10) ** -14 * (abs(a) + abs(b) + 1)
            if names_in_derivative(claim)
            else mpf(10) ** (-mpmath.mp.dps + 40) * (abs(a) + abs(b) + 1)
        )
        if not expected[0] - slack <= a - b <= expected[1] + slack:
            return f"refuted at {_said(value)}, where the sides are {mpmath.nstr(a, 30)} and {mpmath.nstr(b, 30)}"
        if value.kink:
            return f"refuted on a kink, {_said(value)}"
    return ""


def names_in_derivative(claim: Claim) -> bool:
    return "'d'" in repr((claim.lhs, claim.rhs))


def _functions(verdict: Any) -> list[Any]:
    """The polynomial that stands for g, read off the verdict's words."""
    text = verdict.counterexample.functions.get("g")
    if text is None:
        return list(G)
    parts = text.partition("↦")[2].split(" + ")
    return [
        mpf(q.numerator) / q.denominator for q in (Fraction(part.partition("*")[0].strip()) for part in parts)
    ]


def _said(value: Values) -> str:
    return ", ".join(f"{name} = {mpmath.nstr(x, 25)}" for name, x in sorted(value.point.items()))
