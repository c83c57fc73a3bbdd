"""Claims about asin, acos, acosh and atanh, which have a value on a part of the line only."""

from __future__ import annotations

import random

from _rewriting import X, Y, neg, rewritten
from _trees import Claim, Tree, fun, minus, num


def arcs(rng: random.Random) -> Claim:
    """What holds for them, and for other functions on their domain, in the right way and in wrong ones."""
    one, two = num(1), num(2)
    u: Tree = rng.choice(
        (X, X, neg(X), minus(("*", two, X), one), ("*", X, Y), minus(X, Y), ("/", one, X), fun("sqrt", X), fun("exp", X),
         fun("abs", Y), ("^", X, 2), ("max", X, Y), fun("relu", X), num(rng.choice((1, -1, 2)), rng.choice((1, 2)))),
    )  # fmt: skip
    w: Tree = rng.choice(
        (X, Y, neg(X), minus(one, X), ("+", X, one), minus(X, two), minus(one, u), minus(one, ("^", u, 2)))
    )
    rest = fun("sqrt", minus(one, ("^", u, 2)))
    asin, acos = fun("asin", u), fun("acos", u)
    half = ("/", ("v", "pi"), two)
    claims: list[tuple[Tree, Tree]] = [
        (fun("sin", asin), u),
        (fun("cos", asin), rng.choice((rest, rest, neg(rest)))),
        (fun("sin", acos), rng.choice((rest, rest, neg(rest)))),
        (fun("cos", acos), u),
        (("+", asin, acos), rng.choice((half, half, neg(half)))),
        (asin, neg(fun("asin", neg(u)))),
        (acos, rng.choice((minus(("v", "pi"), fun("acos", neg(u))), fun("acos", neg(u))))),
        (fun("sin", ("*", two, asin)), ("*", ("*", two, u), rest)),
        (fun("cos", ("*", two, acos)), minus(("*", two, ("^", u, 2)), one)),
        (fun("sin", ("+", asin, w)), ("+", ("*", u, fun("cos", w)), ("*", rest, fun("sin", w)))),
        (("d", asin, "x", 1), ("/", ("d", u, "x", 1), rest)),
        (("d", acos, "x", 1), neg(("/", ("d", u, "x", 1), rest))),
        (("+", asin, fun("abs", w)), ("+", asin, rng.choice((w, w, neg(w))))),
        (("+", acos, ("max", w, num(0))), ("+", acos, rng.choice((w, num(0))))),
        (("+", acos, fun("sqrt", ("^", w, 2))), ("+", acos, w)),
        (("*", num(0), asin), rng.choice((num(0), minus(fun("abs", w), w), minus(fun("sign", w), one)))),
        (("+", fun("asin", w), fun("asin", u)), ("+", fun("asin", u), fun("asin", w))),
        (fun("cosh", fun("acosh", u)), u),
        (fun("tanh", fun("atanh", u)), u),
        (fun("atanh", u), ("*", num(1, 2), fun("log", ("/", ("+", one, u), minus(one, u))))),
        (("+", fun("acosh", u), fun("abs", w)), ("+", fun("acosh", u), w)),
    ]
    lhs, rhs = rng.choice(claims)
    given: list[Tree] = (
        [(rng.choice((">", ">=", "<", "<=")), X, num(rng.choice((0, 1))))] if rng.random() < 0.3 else []
    )
    return Claim("arcs", lhs, rewritten(rhs, rng, 1) if rng.random() < 0.4 else rhs, given)
