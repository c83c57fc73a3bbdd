"""Attacks the scalar prover with claims that were made to mislead it, and lets an oracle of its own judge the verdicts.

    python benchmarks/stress.py --count 100000 --seed 1

The claims are other than those of `claims.py`: conditions, signs, roots of products, logarithms of quotients, powers with
rational exponents, huge constants, tiny regions, hypotheses that help, contradict or mislead, integers, unknown functions,
derivatives of several orders. Many of the rewritings are the dubious ones that hold only under conditions, so that nobody
knows beforehand which claims are true: the oracle (`_oracle.py`) holds each verdict against its own evaluation.
"""

from __future__ import annotations

import argparse
import collections
import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parent)]

from _arcs import arcs  # noqa: E402
from _oracle import verdict_is_wrong  # noqa: E402
from _rewriting import (  # noqa: E402
    HALF,
    KINKED,
    N,
    X,
    Y,
    Z,
    changed,
    condition,
    mistaken,
    neg,
    number,
    paths,
    rewritten,
    tree,
)
from _trees import Claim, Tree, fun, minus, num, to_sympy  # noqa: E402


# -- families: each makes one claim ----------------------------------------------------------------------
def anything(rng: random.Random) -> Claim:
    t = tree(rng, rng.choice((1, 2, 2, 3)))
    return Claim("anything", t, rewritten(t, rng, rng.choice((1, 1, 2, 3))))


def under_hypotheses(rng: random.Random) -> Claim:
    t = tree(rng, rng.choice((1, 2, 2)))
    given: list[Tree] = [
        (rng.choice((">", ">=", "<", "<=", "!=")), name, num(rng.choice((0, 0, 0, 1, -1, 3))))
        for name in (X, Y, Z)
        if rng.random() < 0.6
    ]
    if rng.random() < 0.3:
        given.append((rng.choice((">", "<", ">=", "!=")), tree(rng, 1), tree(rng, 1)))
    return Claim("hypotheses", t, rewritten(t, rng, rng.choice((1, 2, 3))), given)


def assumed_symbols(rng: random.Random) -> Claim:
    facts = ("positive", "negative", "nonnegative", "nonpositive", "nonzero", "integer", "even", "odd")
    symbols = {name: {rng.choice(facts): True} for name in ("x", "y", "n") if rng.random() < 0.8}
    names = (X, Y, N)
    t = tree(rng, 2, names)
    if rng.random() < 0.5 and "n" in symbols and any(symbols["n"].get(f) for f in ("integer", "even", "odd")):
        t = rng.choice(
            (
                ("e", ("*", num(-1), X), N),
                ("*", ("e", X, N), ("e", Y, N)),
                ("e", ("^", X, 2), N),
                ("/", ("e", X, ("+", N, num(1))), X),
            )
        )
        other = rng.choice(
            (
                ("*", ("e", num(-1), N), ("e", X, N)),
                ("e", ("*", X, Y), N),
                ("e", X, ("*", num(2), N)),
                ("e", fun("abs", X), N),
                ("e", X, N),
            )
        )
        claim = Claim("integers", t, other, symbols=symbols)
    else:
        claim = Claim("symbols", t, rewritten(t, rng, rng.choice((1, 2))), symbols=symbols)
    return claim


def tiny_region(rng: random.Random) -> Claim:
    """True but in a sliver, or nowhere false after all."""
    c = Fraction(rng.choice((0, 1, -3, 10**6, -(10**9), 10**15)), rng.choice((1, 1, 7)))
    width = Fraction(1, 10 ** rng.choice((2, 6, 9, 20)))
    low, high = num(c), num(c + width if rng.random() < 0.7 else c - width)
    bump = rng.choice((
        ("*", fun("relu", minus(X, low)), fun("relu", minus(high, X))),
        ("if", ("and", (">", X, low), ("<", X, high)), rng.choice((num(1), Y)), num(0)),
        ("max", num(0), ("min", minus(X, low), minus(high, X))),
        ("*", fun("heaviside", minus(X, low)), fun("heaviside", minus(high, X))),
        ("if", ("<", fun("abs", minus(X, low)), num(width)), num(1), num(0)),
        minus(fun("abs", minus(X, low)), ("if", (">", X, high), minus(X, low), minus(low, X))),
    ))  # fmt: skip
    t = tree(rng, 1, (X, Y))
    inside = [{"x": c + width / 2, "y": Fraction(3, 7)}, {"x": c - width / 2, "y": Fraction(3, 7)}]
    given: list[Tree] = (
        [(rng.choice((">", "<")), X, num(c + rng.choice((-1, 1)) * width))] if rng.random() < 0.3 else []
    )
    return Claim("tiny", ("+", t, bump), t, given, points=inside)


def nested_conditions(rng: random.Random) -> Claim:
    def nest(depth: int) -> Tree:
        if depth == 0:
            return tree(rng, 1, (X, Y))
        return ("if", condition(rng, 1, (X, Y)), nest(depth - 1), nest(depth - 1 - rng.randrange(depth)))

    t = nest(rng.choice((1, 2, 3)))
    return Claim("piecewise", t, rewritten(t, rng, rng.choice((1, 2, 3))))


def kinks_and_extrema(rng: random.Random) -> Claim:
    def grow(depth: int) -> Tree:
        if depth == 0:
            return rng.choice(
                (X, Y, neg(X), minus(X, Y), ("*", X, Y), ("+", X, number(rng)), ("*", number(rng), X))
            )
        kind = rng.choice(("abs", "sign", "relu", "heaviside", "max", "min", "+", "*"))
        if kind in KINKED:
            return fun(kind, grow(depth - 1))
        return (kind, grow(depth - 1), grow(depth - 1))

    t = grow(rng.choice((1, 2, 3)))
    return Claim("kinks", t, rewritten(t, rng, rng.choice((1, 1, 2))))


def roots_and_logs(rng: random.Random) -> Claim:
    def factor() -> Tree:
        return rng.choice(
            (
                X,
                Y,
                ("^", X, 2),
                minus(X, num(1)),
                ("+", X, Y),
                ("^", Y, 3),
                ("*", X, Y),
                fun("exp", X),
                neg(X),
                fun("abs", Y),
                ("+", num(1), ("^", X, 2)),
            )
        )

    u = (
        rng.choice("*/"),
        factor(),
        (rng.choice("*/"), factor(), factor()) if rng.random() < 0.5 else factor(),
    )
    q = rng.choice((2, 2, 3, 4, 6))
    t = rng.choice(
        (
            fun("log", u),
            ("r", u, rng.choice((1, 1, 2, -1, 3)), q),
            ("*", ("r", u, 1, q), ("r", factor(), 1, q)),
            ("/", ("r", u, 1, 2), ("r", factor(), 1, 2)),
        )
    )
    given: list[Tree] = [
        (rng.choice((">", ">=", "<")), name, num(rng.choice((0, 0, 1))))
        for name in (X, Y)
        if rng.random() < 0.4
    ]
    return Claim("roots", t, rewritten(t, rng, rng.choice((1, 2, 3))), given)


def borders(rng: random.Random) -> Claim:
    """Roots that are 0 on a border and say nothing there of what stands beside it."""
    letters = (X, Y, Z, minus(X, Y), ("+", X, num(1)))

    def radical() -> Tree:
        u = rng.choice(letters)
        if rng.random() < 0.7:
            u = ("*", u, rng.choice(letters))
        if rng.random() < 0.2:
            u = ("*", u, ("^", rng.choice(letters), 2))
        return ("r", u if rng.random() < 0.5 else neg(u), rng.choice((1, 1, 1, 3)), rng.choice((2, 2, 4)))

    def total(terms: list[Tree]) -> Tree:
        terms = rng.sample(terms, len(terms))
        result = terms[0]
        for term in terms[1:]:
            result = ("+", result, term)
        return result

    roots = [radical() for _ in range(rng.choice((1, 2, 2)))]
    if rng.random() < 0.6:
        roots.append(rng.choice((fun("abs", X), ("max", X, num(0)), fun("relu", Y), ("max", X, Y))))
    a, b = rng.sample((X, Y, Z), 2)
    if rng.random() < 0.5:
        left, right = [fun("abs", a)], [rng.choice((a, neg(a), fun("relu", a)))]
    else:
        left, right = [fun("abs", a), fun("abs", b)], [fun("abs", rng.choice((minus(a, b), ("+", a, b))))]
    given: list[Tree] = (
        [(rng.choice((">=", "<=", ">")), ("*", rng.choice(letters), rng.choice(letters)), num(0))]
        if rng.random() < 0.25
        else []
    )
    grid = [{n: Fraction(rng.choice((-2, -1, -1, 0, 0, 0, 1, 1, 3))) for n in "xyz"} for _ in range(40)]
    return Claim("borders", total(roots + left), total(roots + right), given, points=grid)


def determined(rng: random.Random) -> Claim:
    """Equations among the hypotheses: y = f(x), a + b = 1, one-hot and probabilities."""
    a, b, c = ("v", "a"), ("v", "b"), ("v", "c")
    kind = rng.randrange(4)
    if kind == 0:
        value = tree(rng, 1, (X,))
        given, fixed = [("==", Y, value)], {"y": value}
    elif kind == 1:
        given, fixed = [("==", ("+", a, b), num(1))], {"b": minus(num(1), a)}
    elif kind == 2:
        given = [
            (">=", a, num(0)),
            (">=", b, num(0)),
            (">=", c, num(0)),
            ("==", ("+", a, ("+", b, c)), num(1)),
        ]
        fixed = {"c": minus(minus(num(1), a), b)}
    else:
        given, fixed = (
            [(">", a, num(0)), ("<", a, num(1)), ("==", b, ("*", num(2), a))],
            {"b": ("*", num(2), a)},
        )
    names = (X, Y) if kind == 0 else (a, b, c) if kind == 2 else (a, b)
    t = tree(rng, 2, names)
    other = rewritten(t, rng, 2)
    for name, value in fixed.items():
        spots = [p for p in paths(other) if _at(other, p) == ("v", name)]
        if spots and rng.random() < 0.7:
            other = changed(other, rng.choice(spots), lambda _, v=value: v)
    points = [
        {"a": Fraction(1, 3), "b": Fraction(2, 3), "c": Fraction(1, 5)},
        {"a": Fraction(0), "b": Fraction(1), "c": Fraction(0)},
    ]
    return Claim("equations", t, other, given, points=points if kind else [], determine=fixed)


def _at(t: Tree, path: tuple[int, ...]) -> Tree:
    for i in path:
        t = t[i]
    return t


def contradictory(rng: random.Random) -> Claim:
    t = tree(rng, 1)
    name = rng.choice((X, Y))
    low = num(rng.randint(-2, 2))
    given = rng.choice((
        [(">", name, low), ("<", name, low)], [(">", name, low), ("<=", name, low)], [(">=", name, low), ("<=", name, low), ("!=", name, low)],
        [(">", ("*", X, X), num(4)), ("<", fun("abs", X), num(1))], [("<", ("^", X, 2), num(0))], [(">", X, Y), (">", Y, X)], [("==", X, num(1)), ("==", X, num(2))],
        [(">", fun("log", X), num(0)), ("<", X, HALF)], [(">=", name, low), ("<=", name, low)],
    ))  # fmt: skip
    return Claim("contradictory", t, rng.choice((t, ("+", t, num(1)), rewritten(t, rng, 1))), given)


def derivatives(rng: random.Random) -> Claim:
    t = tree(rng, rng.choice((1, 2)), (X, Y))
    order = rng.choice((1, 1, 1, 2, 3))
    d = ("d", t, "x", order)
    u = ("g", 0, t)
    claims = [
        (d, ("d", rewritten(t, rng, 1), "x", order)),
        (("d", ("*", t, X), "x", 1), ("+", t, ("*", X, ("d", t, "x", 1)))),
        (("d", u, "x", 1), ("*", ("g", 1, t), ("d", t, "x", 1))),
        (("d", ("f", "sqrt", t), "x", 1), ("/", ("d", t, "x", 1), ("*", num(2), ("f", "sqrt", t)))),
        (("d", ("f", "log", t), "x", 1), ("/", ("d", t, "x", 1), t)),
        (("d", ("f", "abs", t), "x", 1), ("*", fun("sign", t), ("d", t, "x", 1))),
        (("d", ("f", "relu", t), "x", 1), ("*", fun("heaviside", t), ("d", t, "x", 1))),
        (("d", ("f", "tanh", t), "x", 1), ("*", minus(num(1), ("^", fun("tanh", t), 2)), ("d", t, "x", 1))),
        (("d", ("f", "sigmoid", t), "x", 1), ("*", ("*", fun("sigmoid", t), minus(num(1), fun("sigmoid", t))), ("d", t, "x", 1))),
        (("d", ("f", "erf", t), "x", 1), ("*", ("/", num(2), ("r", ("v", "pi"), 1, 2)), ("*", fun("exp", neg(("^", t, 2))), ("d", t, "x", 1)))),
        (("d", ("r", t, 2, 3), "x", 1), ("*", num(2, 3), ("*", ("r", t, -1, 3), ("d", t, "x", 1)))),
        (("d", ("e", t, X), "x", 1), ("*", ("e", t, X), ("+", fun("log", t), ("*", X, ("/", ("d", t, "x", 1), t))))),
        (("d", ("d", t, "x", 1), "y", 1), ("d", ("d", t, "y", 1), "x", 1)),
    ]  # fmt: skip
    lhs, rhs = rng.choice(claims)
    if rng.random() < 0.4:
        rhs = rewritten(rhs, rng, 1)
    if rng.random() < 0.3:
        rhs = rng.choice((neg(rhs), ("*", num(2), rhs), ("+", rhs, num(1))))
    return Claim("derivatives", lhs, rhs)


FAMILIES = (anything, anything, under_hypotheses, assumed_symbols, tiny_region, nested_conditions, kinks_and_extrema, roots_and_logs, borders, determined, contradictory, derivatives, arcs)  # fmt: skip


def generate(count: int, seed: int) -> Iterator[tuple[Claim, random.Random]]:
    """So many claims, each with a source of randomness of its own; equal seeds make equal claims."""
    made = 0
    for n in range(10 * count):
        rng = random.Random(f"{seed} {n}")
        claim = FAMILIES[n % len(FAMILIES)](rng)
        if rng.random() < 0.35:
            claim.rhs = mistaken(claim.rhs, rng)
        if len(repr((claim.lhs, claim.rhs))) < 2500:
            made += 1
            yield claim, rng
        if made == count:
            return


def sides(claim: Claim) -> tuple[Any, Any, list[Any]]:
    """What is handed to the prover."""
    import sympy as sp

    symbols = {name: sp.Symbol(name, real=True, **facts) for name, facts in claim.symbols.items()}
    return (
        to_sympy(claim.lhs, symbols),
        to_sympy(claim.rhs, symbols),
        [to_sympy(c, symbols) for c in claim.given],
    )


def attack(
    count: int,
    seed: int,
    timeout: float = 2.0,
    report: Callable[[str], Any] = print,
    points: int = 60,
    replays: int = 1,
) -> tuple[int, dict[str, Any]]:
    """Judge so many verdicts, and every so many certificates; the number of wrong ones, and what was said by family."""
    from symbolic.prover import prove

    wrong, tally = 0, collections.Counter()
    for n, (claim, rng) in enumerate(generate(count, seed)):
        try:
            lhs, rhs, given = sides(claim)
        except (TypeError, KeyError, RecursionError):  # SymPy looks into conditions and refuses log(0) < 1
            tally[claim.family, "refused by SymPy"] += 1
            continue
        verdict = prove(lhs, rhs, assuming=given, timeout=timeout)
        tally[claim.family, verdict.status] += 1
        why = verdict_is_wrong(claim, verdict, rng, points)
        why = why or (certificate_fails(verdict) if n % replays == 0 else "")
        if why:
            wrong += 1
            report(f"WRONG ({claim.family}): {verdict}\n  {why}\n  given {given}")
    return wrong, dict(tally)


def certificate_fails(verdict: Any) -> str:
    """Why a certificate does not hold, read back from JSON; empty where it does."""
    from symbolic import replay

    if verdict.status == "unknown":
        return ""
    answer = replay(json.loads(json.dumps(verdict.certificate)))
    return "" if answer.ok else f"its certificate does not hold: {answer.reason}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    start = time.perf_counter()
    wrong, tally = attack(options.count, options.seed)
    for family in dict.fromkeys(f for f, _ in sorted(tally)):
        print(family, {status: n for (f, status), n in sorted(tally.items()) if f == family})
    print(
        f"{options.count} claims made to mislead (seed {options.seed}): {wrong} wrong verdicts, {time.perf_counter() - start:.0f} s"
    )
    return min(1, wrong)


if __name__ == "__main__":
    sys.exit(main())
