"""Random formulas of everything the grammar has, and the rewritings that people make: many hold only under conditions."""

from __future__ import annotations

import random
from collections.abc import Callable

from _trees import RELATIONS, Tree, fun, minus, num

X, Y, Z, N = ("v", "x"), ("v", "y"), ("v", "z"), ("v", "n")
HALF = num(1, 2)
SMOOTH = ("exp", "tanh", "sigmoid", "softplus", "erf", "sin", "cos", "atan", "sinh", "cosh", "asinh")
KINKED = ("abs", "sign", "heaviside", "relu")


def neg(a: Tree) -> Tree:
    return ("*", num(-1), a)


def number(rng: random.Random) -> Tree:
    pick = rng.random()
    if pick < 0.7:
        return num(rng.choice((0, 1, 1, 2, 3, -1, -2, 5)), 1)
    if pick < 0.9:
        return num(rng.randint(-9, 9), rng.choice((2, 3, 4, 7)))
    return num(rng.choice((10**6, -(10**6), 10**12, 10**30 + 1, 2**64, -(3**40))), rng.choice((1, 1, 10**9)))


def tree(rng: random.Random, depth: int, names: tuple[Tree, ...] = (X, Y, Z)) -> Tree:
    """A random formula of everything the grammar has."""
    if depth <= 0 or rng.random() < 0.08:
        return rng.choice(names) if rng.random() < 0.75 else number(rng)
    kind = rng.choice("++**/^rfffkkmig" if rng.random() < 0.85 else "edo")
    a, b = tree(rng, depth - 1, names), tree(rng, depth - 1 - rng.randrange(2), names)
    if kind in "+*/":
        return (kind, a, b)
    if kind == "^":
        return ("^", a, rng.choice((0, 2, 2, 3, -1, -2, 4)))
    if kind == "r":
        return ("r", a, rng.choice((1, 1, 2, 3, -1, -3)), rng.choice((2, 2, 3, 4, 6)))
    if kind == "f":
        return fun(
            rng.choice((*SMOOTH[:5], "log", "log", "sqrt", "sqrt") if rng.random() < 0.8 else SMOOTH), a
        )
    if kind == "k":
        return fun(rng.choice(KINKED), a)
    if kind == "m":
        return (rng.choice(("max", "min")), a, b)
    if kind == "i":
        return ("if", condition(rng, depth - 1, names), a, b)
    if kind == "g":
        return ("g", rng.choice((0, 0, 1, 2)), a)
    if kind == "e":
        return ("e", a, b)
    if kind == "d":
        return ("d", tree(rng, min(2, depth - 1), names), rng.choice(names)[1], rng.choice((1, 1, 1, 2, 3)))
    return ("+", ("*", a, number(rng)), ("*", b, number(rng)))


def condition(rng: random.Random, depth: int, names: tuple[Tree, ...] = (X, Y, Z)) -> Tree:
    if rng.random() < 0.2 and depth > 0:
        kind = rng.choice(("and", "or", "not"))
        parts = [condition(rng, depth - 1, names) for _ in range(1 if kind == "not" else 2)]
        return (kind, *parts)
    a, b = rng.choice(names), number(rng)
    if rng.random() < 0.3:
        a, b = tree(rng, 1, names), tree(rng, 1, names)
    return (rng.choice(list(RELATIONS)), a, b)


def dubious(t: Tree, rng: random.Random) -> list[Tree]:
    """What people write instead: right everywhere, right under a condition, or wrong."""
    kind, found = t[0], []
    if kind in ("+", "*", "max", "min"):
        found.append((kind, t[2], t[1]))
    if kind == "+":
        found += [minus(t[1], neg(t[2])), ("/", ("+", ("*", num(2), t[1]), ("*", num(2), t[2])), num(2))]
    if kind == "*":
        a, b = t[1:]
        found += [
            ("/", ("^", a, 2), ("/", a, b)),
            ("/", a, ("/", num(1), b)),
            fun("exp", ("+", fun("log", a), fun("log", b))),
        ]
        found += [("*", fun("sqrt", ("*", a, b)), fun("sqrt", ("*", a, b)))]
    if kind == "/":
        a, b = t[1:]
        found += [
            ("*", a, ("^", b, -1)),
            ("/", ("*", a, b), ("^", b, 2)),
            ("/", neg(a), neg(b)),
            ("e", ("/", b, a), num(-1)),
        ]
    if kind == "^":
        a, n = t[1:]
        found += [
            ("r", a, 2 * n, 2) if n % 2 else ("^", fun("abs", a), n),
            ("e", a, num(n)),
            ("*", ("^", a, n - 1), a),
            ("r", ("^", a, 2), n, 2),
        ]
    if kind == "r":
        a, p, q = t[1:]
        found += [
            ("^", ("r", a, 1, q), p),
            ("r", ("^", a, p), 1, q),
            fun("exp", ("*", num(p, q), fun("log", a))),
            ("e", a, num(p, q)),
            ("r", a, 2 * p, 2 * q),
        ]
        if a[0] == "*":
            found += [
                ("*", ("r", a[1], p, q), ("r", a[2], p, q)),
                ("*", ("r", neg(a[1]), p, q), ("r", neg(a[2]), p, q)),
            ]
        if a[0] == "/":
            found.append(("/", ("r", a[1], p, q), ("r", a[2], p, q)))
        if a[0] == "^" and a[2] % q == 0:
            found += [("^", a[1], a[2] * p // q), ("^", fun("abs", a[1]), a[2] * p // q)]
    if kind == "e":
        found += [
            fun("exp", ("*", t[2], fun("log", t[1]))),
            ("e", ("/", num(1), t[1]), neg(t[2])),
            ("*", t[1], ("e", t[1], minus(t[2], num(1)))),
        ]
    if kind == "if":
        c, a, b = t[1:]
        found += [
            ("if", ("not", c), b, a),
            a,
            b,
            ("if", c, ("if", c, a, b), b),
            ("if", c, a, ("if", c, b, b)),
        ]
        flip = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
        loose = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "<=", "!=": ">"}
        if c[0] in flip:
            found += [("if", (flip[c[0]], *c[1:]), b, a), ("if", (loose[c[0]], *c[1:]), a, b)]
    if kind in ("max", "min"):
        a, b = t[1:]
        half = ("*", HALF, fun("abs", minus(a, b)))
        found += [
            a,
            ("if", (">" if kind == "max" else "<", a, b), a, b),
            ("+", ("*", HALF, ("+", a, b)), half if kind == "max" else neg(half)),
        ]
    if kind == "d":
        found += [("d", ("+", t[1], num(7)), *t[2:]), ("/", ("d", ("*", num(3), t[1]), *t[2:]), num(3))]
        if t[3] > 1:
            found.append(("d", ("d", t[1], t[2], 1), t[2], t[3] - 1))
    if kind == "f":
        found += _of_function(t[1], t[2], t, rng)
    found += [
        ("/", ("*", t, X), X),
        ("*", t, ("^", fun("sign", Y), 2)),
        ("+", t, ("*", num(0), fun("log", X))),
        fun("log", fun("exp", t)),
        fun("exp", fun("log", t)),
    ]
    return found


def _of_function(name: str, u: Tree, t: Tree, rng: random.Random) -> list[Tree]:
    square, minus_u = ("^", u, 2), neg(u)
    table: dict[str, list[Tree]] = {
        "log": [neg(fun("log", ("/", num(1), u))), ("*", HALF, fun("log", square)), fun("log", fun("abs", u)), ("*", num(2), fun("log", fun("sqrt", u)))],
        "sqrt": [("r", u, 1, 2), ("e", u, HALF), ("r", square, 1, 4), ("/", u, t), ("*", ("r", u, 1, 4), ("r", u, 1, 4))],
        "abs": [fun("sqrt", square), ("*", u, fun("sign", u)), u, ("max", u, minus_u), ("if", (">", u, num(0)), u, minus_u), ("r", square, 1, 2)],
        "sign": [("/", u, fun("abs", u)), minus(("*", num(2), fun("heaviside", u)), num(1)), ("if", (">", u, num(0)), num(1), num(-1)), neg(fun("sign", minus_u))],
        "heaviside": [("if", (">=", u, num(0)), num(1), num(0)), minus(num(1), fun("heaviside", minus_u)), ("/", fun("relu", u), u)],
        "relu": [("max", u, num(0)), ("*", u, fun("heaviside", u)), ("*", HALF, ("+", u, fun("abs", u))), u],
        "exp": [("/", num(1), fun("exp", minus_u)), ("e", ("v", "e"), u), ("^", fun("exp", ("*", HALF, u)), 2), ("r", fun("exp", ("*", num(3), u)), 1, 3)],
        "tanh": [minus(("*", num(2), fun("sigmoid", ("*", num(2), u))), num(1)), ("/", fun("sinh", u), fun("cosh", u)), neg(fun("tanh", minus_u))],
        "sigmoid": [minus(num(1), fun("sigmoid", minus_u)), ("*", HALF, ("+", num(1), fun("tanh", ("*", HALF, u)))), ("/", fun("exp", u), ("+", num(1), fun("exp", u)))],
        "softplus": [("+", u, fun("softplus", minus_u)), neg(fun("log", fun("sigmoid", minus_u))), ("d", ("*", u, fun("softplus", u)), "x", 1)],
        "erf": [neg(fun("erf", minus_u)), fun("erf", fun("abs", u))],
        "sin": [neg(fun("sin", minus_u)), ("*", num(2), ("*", fun("sin", ("*", HALF, u)), fun("cos", ("*", HALF, u)))), fun("sqrt", minus(num(1), ("^", fun("cos", u), 2)))],
        "cos": [fun("cos", minus_u), minus(num(1), ("*", num(2), ("^", fun("sin", ("*", HALF, u)), 2))), fun("cos", ("+", u, ("*", num(2), ("v", "pi"))))],
        "atan": [neg(fun("atan", minus_u)), fun("atan", u)],
        "sinh": [("*", HALF, minus(fun("exp", u), fun("exp", minus_u))), fun("sqrt", minus(("^", fun("cosh", u), 2), num(1)))],
        "cosh": [fun("sqrt", ("+", num(1), ("^", fun("sinh", u), 2))), fun("cosh", fun("abs", u))],
        "asinh": [fun("log", ("+", u, fun("sqrt", ("+", square, num(1))))), neg(fun("asinh", minus_u))],
    }  # fmt: skip
    found = table.get(name, [])
    if name == "log" and u[0] in "*/":
        found = [
            *found,
            ("+", fun("log", u[1]), fun("log", u[2]) if u[0] == "*" else neg(fun("log", u[2]))),
        ]
    if name in ("log", "sqrt", "abs", "sign") and u[0] in "*/":
        inner = fun(name, u[1]), fun(name, u[2])
        found = [*found, (u[0], *inner) if name != "log" else minus(*inner) if u[0] == "/" else ("+", *inner)]
    return found


def paths(t: Tree) -> list[tuple[int, ...]]:
    """Places of every part that is a formula."""
    found: list[tuple[int, ...]] = [()] if t[0] not in (*RELATIONS, "and", "or", "not") else []
    for i, part in enumerate(t):
        if isinstance(part, tuple):
            found += [(i, *path) for path in paths(part)]
    return found


def changed(t: Tree, path: tuple[int, ...], change: Callable[[Tree], Tree]) -> Tree:
    if not path:
        return change(t)
    return (*t[: path[0]], changed(t[path[0]], path[1:], change), *t[path[0] + 1 :])


def rewritten(t: Tree, rng: random.Random, times: int) -> Tree:
    for _ in range(times):
        t = changed(t, rng.choice(paths(t)), lambda part: rng.choice(dubious(part, rng)))
    return t


def mistaken(t: Tree, rng: random.Random) -> Tree:
    """One mistake: a sign, a factor, a number, another function, an argument that lost its function."""

    def change(part: Tree) -> Tree:
        options = [
            neg(part),
            ("*", num(2), part),
            ("+", part, num(1)),
            ("+", part, num(1, 10**9)),
            ("*", part, X),
        ]
        if part[0] == "f":
            options += [part[2], fun(rng.choice((*SMOOTH, *KINKED)), part[2])] * 2
        if part[0] in ("+", "*", "/", "max", "min"):
            options += [part[1], part[2]]
        if part[0] == "n":
            options += [num(part[1] + 1), num(-part[1])] * 3
        if part[0] == "d":
            options.append(("d", part[1], part[2], part[3] % 3 + 1))
        return rng.choice(options)

    return changed(t, rng.choice(paths(t)), change)
