"""Checks certificates of the scalar prover. It imports nothing of the prover and shares no code with it.

What it checks of a proof: the polynomial identity in every region, exactly, by its own arithmetic on dictionaries;
that the regions leave nothing out; that each side *is* the fraction the certificate says, to 50 digits with mpmath at
the witness and at points of its own; that both sides are defined at the witness. What it checks of a refutation: the
hypotheses at the point, that both values lie in their intervals, and that the intervals are disjoint.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, partial
from typing import Any

import mpmath

FORMAT = "backproof scalar certificate 1"
DIGITS = 160
AGREE = mpmath.mpf(10) ** -50  # 160 digits, less 110 for cancellation inside the formulas
NEAR = mpmath.mpf(10) ** -30  # closer to a kink than this, a point says nothing
MAX_BITS, MAX_DIGITS = 12_000, 4_000  # of a refutation
POINTS = 24  # of the checker's own, beside the witness
Poly = dict[tuple[tuple[int, int], ...], int]


@dataclass(frozen=True)
class Replay:
    """Whether a certificate holds, and if not, what is wrong with it. True in a condition when it holds."""

    ok: bool
    reason: str

    def __bool__(self) -> bool:
        return self.ok


class _Wrong(Exception):
    """The certificate does not hold."""


class _NoValue(Exception):
    """No value at this point, or too near to a kink."""


def replay(certificate: Mapping[str, Any] | None) -> Replay:
    """Check a certificate: `Verdict.certificate`, or the same read back from JSON.

    The answer has ``ok`` and ``reason``, and is true in a condition exactly when the certificate holds.

    Examples
    --------
    >>> from symbolic.prover import prove
    >>> certificate = prove("diff(tanh(z), z)", "1 - tanh(z)^2").certificate
    >>> replay(certificate).ok
    True
    >>> certificate["cases"][0]["regions"][0]["rhs"] = [[["1", []]], [["1", []]]]
    >>> print(replay(certificate).reason)
    the two sides are different fractions in region 1
    """
    try:
        if not isinstance(certificate, Mapping) or certificate.get("format") != FORMAT:
            return Replay(False, "this is no certificate of the scalar prover")
        {"proved": _check_proof, "refuted": _check_refutation}[certificate["status"]](certificate)
    except _Wrong as problem:
        return Replay(False, str(problem))
    except (_NoValue, OverflowError):
        return Replay(False, "a side has no value at the point")
    except (LookupError, TypeError, ValueError, AttributeError, ZeroDivisionError, RecursionError) as problem:
        return Replay(False, f"the certificate is damaged: {type(problem).__name__} {problem}")
    return Replay(True, "it holds")


# -- refutation ------------------------------------------------------------------------------------------
def _check_refutation(certificate: Mapping[str, Any]) -> None:
    (case,) = certificate["cases"]
    (low, high), (low2, high2) = ([Fraction(x) for x in pair] for pair in certificate["enclosures"])
    if low > high or low2 > high2 or not (high < low2 or high2 < low):
        raise _Wrong("the two intervals overlap")
    bits = case["witness"]["bits"]
    if not 0 <= bits <= MAX_BITS:
        raise _Wrong(f"a precision of {bits} bits was not used by the prover")
    # A point within 10^-40 of a kink is told from the kink by digits beyond those of every number written down.
    written = [*case["witness"]["point"].values(), *(n[1] for n in certificate["nodes"] if n[0] == "num")]
    longest = sum(sorted(len(str(x)) for x in written)[-8:])
    with mpmath.workdps(DIGITS + int(bits * 0.31) + min(longest, MAX_DIGITS)):
        digits = mpmath.mp.dps
        value = _values(certificate, case["witness"])
        _check_hypotheses(case, value, case["witness"]["point"])
        for side, a, b in ((value(case["lhs"]), low, high), (value(case["rhs"]), low2, high2)):
            slack = mpmath.mpf(10) ** (20 - digits) * (1 + abs(side))
            if not _number(a) - slack <= side <= _number(b) + slack:
                raise _Wrong("a value lies outside its interval")


def _check_hypotheses(case: Mapping[str, Any], value: Callable[[int], Any], point: Mapping[str, Any]) -> None:
    if any(Fraction(point.get(x, 1)).denominator != 1 for x in case["integers"]):
        raise _Wrong("a variable that is an integer is none at the point")
    strict, weak, apart = ([value(i) for i in case[key]] for key in ("positive", "nonnegative", "nonzero"))
    if any(x <= 0 for x in strict) or any(x < 0 for x in weak) or any(x == 0 for x in apart):
        raise _Wrong("a hypothesis fails at the point")


# -- proof -----------------------------------------------------------------------------------------------
def _check_proof(certificate: Mapping[str, Any]) -> None:
    witnessed = False
    for case in certificate["cases"]:
        regions, kernels = case["regions"], case["kernels"]
        _check_cover([[(sorted(_poly(p).items()), s) for p, s in region["signs"]] for region in regions])
        relations = {k: _relation(kernel) for k, kernel in enumerate(kernels) if kernel["order"]}
        for n, region in enumerate(regions, 1):
            if region["status"] == "equal":
                (a, b), (c, d) = ([_poly(p) for p in region[side]] for side in ("lhs", "rhs"))
                if not b or not d or _reduce(_minus(_times(a, d), _times(c, b)), relations):
                    raise _Wrong(f"the two sides are different fractions in region {n}")
            elif region["status"] not in ("empty", "undefined"):
                raise _Wrong(f"region {n} is not decided")
        with mpmath.workdps(DIGITS):
            witnessed |= _check_sides(certificate, case)
    if not witnessed:
        raise _Wrong("no point shows that both sides are defined")


def _check_cover(regions: Sequence[Sequence[tuple[Any, int]]]) -> None:
    """The regions are the leaves of a tree in which every branching has both signs."""
    if len(regions) == 1 and not regions[0]:
        return
    if not all(regions) or any(region[0][0] != regions[0][0][0] for region in regions) or not regions:
        raise _Wrong("the regions leave points out")
    for sign in (-1, 1):
        _check_cover([region[1:] for region in regions if region[0][1] == sign])


def _check_sides(certificate: Mapping[str, Any], case: Mapping[str, Any]) -> bool:
    """Each side is the fraction that the certificate says, at the witness and at points of our own."""
    witness = case["witness"]
    if witness is None:
        return False
    names, seen = sorted(witness["point"]), False
    for n in range(POINTS + 1):
        drawn = {x: _draw(n, i, x in case["integers"]) for i, x in enumerate(names)}
        trial = {**witness, "point": drawn} if n else witness
        value = _values(certificate, trial)
        try:
            _check_hypotheses(case, value, trial["point"])
            sides = {"lhs": value(case["lhs"]), "rhs": value(case["rhs"])}
        except (_NoValue, _Wrong, OverflowError):
            if n == 0:
                raise
            continue
        kernel = _kernel_values(case["kernels"], trial)
        region: Any = next((r for r in case["regions"] if _inside(r, kernel)), None)
        if region is not None and region["status"] != "equal":
            raise _Wrong("a region that was said to hold no points holds one")
        for side, expected in sides.items() if region is not None else ():
            with suppress(_NoValue):
                num, den = (_at(_poly(p), kernel) for p in region[side])
                if abs(num - expected * den) > AGREE * (abs(num) + abs(expected * den) + abs(den)):
                    raise _Wrong(f"the {side} is not the fraction that the certificate says")
                seen |= n == 0
    return seen


def _draw(n: int, i: int, whole: bool) -> str:
    seed = (n * 977 + i * 131 + 17) * 2654435761 % 4001 - 2000
    return str(seed % 13 - 6 if whole else Fraction(seed, 1 << (n % 5 + 9)))


def _inside(region: Mapping[str, Any], kernel: Callable[[int], Any]) -> bool:
    with suppress(_NoValue):
        return all(_clear(_at(_poly(p), kernel)) * s > 0 for p, s in region["signs"])
    return False


# -- polynomials: {((kernel, exponent), ...): coefficient} -----------------------------------------------
def _poly(written: Sequence[Any]) -> Poly:
    return {tuple((int(k), int(e)) for k, e in sorted(m)): int(c) for c, m in written}


def _times(p: Poly, q: Poly) -> Poly:
    product: Poly = {}
    for m, c in p.items():
        first = dict(m)
        for n, d in q.items():
            second = dict(n)
            key = tuple((k, first.get(k, 0) + second.get(k, 0)) for k in sorted({*first, *second}))
            product[key] = product.get(key, 0) + c * d
    return {m: c for m, c in product.items() if c}


def _minus(p: Poly, q: Poly) -> Poly:
    difference = dict(p)
    for m, c in q.items():
        difference[m] = difference.get(m, 0) - c
    return {m: c for m, c in difference.items() if c}


def _relation(kernel: Mapping[str, Any]) -> tuple[int, Poly]:
    """What a root to its order is: its radicand; the square of a sign (-1)**n is 1."""
    return (2, {(): 1}) if kernel["kind"] == "parity" else (int(kernel["args"][1]), _poly(kernel["args"][0]))


def _reduce(p: Poly, relations: Mapping[int, tuple[int, Poly]]) -> Poly:
    for k in sorted(relations, reverse=True):  # a root comes after everything it is a root of
        order, radicand = relations[k]
        while high := [m for m in p if dict(m).get(k, 0) >= order]:
            low = {m: c for m, c in p.items() if m not in high}
            for m in high:
                rest = tuple((x, e - order * (x == k)) for x, e in m if x != k or e > order)
                low = _minus(low, _times({rest: -p[m]}, radicand))
            p = low
    return p


def _at(p: Poly, kernel: Callable[[int], Any]) -> Any:
    return mpmath.fsum(c * mpmath.fprod(kernel(k) ** e for k, e in m) for m, c in p.items())


# -- values ----------------------------------------------------------------------------------------------
def _number(text: Any) -> Any:
    exact = Fraction(text)
    return mpmath.mpf(exact.numerator) / exact.denominator


def _need(test: Callable[[Any], Any], x: Any) -> Any:
    if not test(x):
        raise _NoValue
    return x


_clear = partial(_need, lambda x: abs(x) > NEAR * mpmath.mpf(10) ** (DIGITS - mpmath.mp.dps))
_positive = partial(_need, lambda x: x > 0)
_nonzero = partial(_need, lambda x: abs(x) > mpmath.mpf(10) ** (5 - mpmath.mp.dps))
_real = partial(_need, lambda x: not isinstance(x, mpmath.mpc) and mpmath.isfinite(x))
_FUNCTIONS: dict[str, Callable[[Any], Any]] = {"digamma": mpmath.digamma} | {
    name: getattr(mpmath, name) for name in ("erf", "sin", "cos", "atan", "asin", "acos", "gamma")
}
_CONSTANTS = {"pi": mpmath.pi, "euler": mpmath.euler, "catalan": mpmath.catalan}


def _function(trial: Mapping[str, Any], name: str, order: int, x: Any) -> Any:
    coefficients = [_number(c) for c in trial["functions"][name]]
    for _ in range(order):
        coefficients = [k * c for k, c in enumerate(coefficients)][1:]
    return mpmath.fsum(c * x**k for k, c in enumerate(coefficients))


def _values(certificate: Mapping[str, Any], trial: Mapping[str, Any]) -> Callable[[int], Any]:
    @cache
    def value(i: int) -> Any:
        return _node(certificate["nodes"][i], value, trial)

    return value


def _node(node: Sequence[Any], v: Callable[[int], Any], trial: Mapping[str, Any]) -> Any:
    op, *a = node
    rules: dict[str, Callable[[], Any]] = {
        "num": lambda: _number(a[0]), "sym": lambda: _number(trial["point"][a[0]]), "const": lambda: +_CONSTANTS[a[0]],
        "add": lambda: mpmath.fsum(map(v, a)), "mul": lambda: mpmath.fprod(map(v, a)), "inv": lambda: 1 / _nonzero(v(a[0])),
        "int": lambda: (v(a[0]) if a[1] >= 0 else _nonzero(v(a[0]))) ** a[1],
        "root": lambda: _positive(v(a[0])) ** (mpmath.mpf(a[1]) / a[2]),
        "pow": lambda: _real(mpmath.power(_nonzero(v(a[0])), v(a[1]))),
        "exp": lambda: mpmath.exp(v(a[0])), "log": lambda: mpmath.log(_positive(v(a[0]))), "abs": lambda: abs(v(a[0])),
        "sign": lambda: mpmath.sign(_clear(v(a[0]))), "step": lambda: mpmath.mpf(_clear(v(a[0])) > 0),
        "max": lambda: max(v(a[0]), v(a[1])), "min": lambda: min(v(a[0]), v(a[1])),
        "if": lambda: v(a[1]) if v(a[0]) else v(a[2]), "both": lambda: (v(a[1]), v(a[0]))[1],
        "gt": lambda: _clear(v(a[0])) > 0, "ge": lambda: _clear(v(a[0])) > 0, "eq": lambda: _clear(v(a[0])) == 0,
        "and": lambda: all([v(a[0]), v(a[1])]), "or": lambda: any([v(a[0]), v(a[1])]), "not": lambda: not v(a[0]),
        "true": lambda: True, "false": lambda: False,
        "fun": lambda: _real(_FUNCTIONS[a[0]](v(a[1]))), "g": lambda: _function(trial, a[0], a[1], v(a[2])),
    }  # fmt: skip
    return rules[op]()


def _kernel_values(kernels: Sequence[Mapping[str, Any]], trial: Mapping[str, Any]) -> Callable[[int], Any]:
    def frac(written: Sequence[Any]) -> Any:
        num, den = (_at(_poly(p), value) for p in written)
        return num / _nonzero(den)

    @cache
    def value(k: int) -> Any:
        kind, a = kernels[k]["kind"], kernels[k]["args"]
        rules: dict[str, Callable[[], Any]] = {
            "sym": lambda: _number(trial["point"][a[0]]), "const": lambda: +_CONSTANTS[a[0]],
            "prime": lambda: mpmath.log(int(a[0])), "exp": lambda: mpmath.exp(frac(a[0]) * _number(a[1])),
            "log": lambda: mpmath.log(abs(_nonzero(_at(_poly(a[0]), value)))),
            "root": lambda: _positive(_at(_poly(a[0]), value)) ** (mpmath.mpf(1) / int(a[1])),
            "fun": lambda: _real(_FUNCTIONS[a[0]](frac(a[1]))), "g": lambda: _function(trial, a[0], int(a[1]), frac(a[2])),
            "parity": lambda: mpmath.mpf(-1) ** int(_at(_poly(a[0]), value)),
        }  # fmt: skip
        return rules[kind]()

    return value
