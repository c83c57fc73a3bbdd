"""Makes claims whose truth is known without the prover: random formulas rewritten, differentiated by hand, mutated.

`rewrite` replaces parts of a formula by equal ones, `mutate` makes a realistic mistake. A true claim is true by
construction; a mutant counts as false only where 50 digits at some point say so.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import mpmath

sys.path.insert(0, str(Path(__file__).parent))

from _formulas import (
    HALF,
    ONE,
    TWO,
    Tree,
    Undefined,
    Z,
    add,
    call,
    div,
    mul,
    neg,
    power,
    slope,
    sub,
    text,
    value,
)


@dataclass(frozen=True)
class GeneratedClaim:
    """Two sides as text, and whether they are equal."""

    lhs: str
    rhs: str
    true: bool
    kind: str


def formula(rng: random.Random, depth: int, names: tuple[str, ...] = ("z", "w")) -> Tree:
    """A random formula."""
    if depth == 0 or rng.random() < 0.12:
        if rng.random() < 0.72:
            return ("var", rng.choice(names))
        return ("num", rng.choice((1, 2, 3, -1, -2, 5)), rng.choice((1, 1, 1, 2, 3)))
    pick = rng.random()
    if pick < 0.26:
        return add(formula(rng, depth - 1, names), formula(rng, depth - 1, names))
    if pick < 0.50:
        return mul(formula(rng, depth - 1, names), formula(rng, depth - 1, names))
    if pick < 0.58:
        return div(formula(rng, depth - 1, names), add(ONE, power(formula(rng, depth - 1, names), 2)))
    if pick < 0.63:
        return power(formula(rng, depth - 1, names), rng.choice((2, 2, 3)))
    if pick < 0.68:
        return (rng.choice(("max", "min")), formula(rng, depth - 1, names), formula(rng, depth - 1, names))
    name = rng.choice(
        ("exp", "sigmoid", "tanh", "softplus", "relu", "abs", "log", "sqrt", "erf", "exp", "sigmoid")
    )
    inner = formula(rng, depth - 1, names)
    if name in ("log", "sqrt") and rng.random() < 0.7:
        inner = add(ONE, power(inner, 2))
    return call(name, inner)


def _rules(t: Tree, rng: random.Random) -> list[Tree]:
    """Formulas equal to this one wherever both are defined, off kinks."""
    found: list[Tree] = []
    kind = t[0]
    if kind == "+":
        found += [add(t[2], t[1]), sub(t[1], neg(t[2]))]
        if t[1][0] == "+":
            found.append(add(t[1][1], add(t[1][2], t[2])))
    elif kind == "*":
        found.append(mul(t[2], t[1]))
        for a, b in ((t[1], t[2]), (t[2], t[1])):
            if b[0] == "+":
                found.append(add(mul(a, b[1]), mul(a, b[2])))
            if b[0] == "/":
                found.append(div(mul(a, b[1]), b[2]))
    elif kind == "/":
        found.append(mul(t[1], power(t[2], -1)))
        if t[1][0] == "+":
            found.append(add(div(t[1][1], t[2]), div(t[1][2], t[2])))
    elif kind == "^":
        if t[2] > 1:
            found.append(mul(t[1], power(t[1], t[2] - 1) if t[2] > 2 else t[1]))
        if t[2] == 2 and t[1][0] == "+":
            a, b = t[1][1:]
            found.append(add(add(power(a, 2), mul(TWO, mul(a, b))), power(b, 2)))
    elif kind in ("max", "min"):
        a, b = t[1:]
        apart = mul(HALF, call("abs", sub(a, b)))
        middle = mul(HALF, add(a, b))
        other = "min" if kind == "max" else "max"
        found += [(kind, b, a), add(middle, apart) if kind == "max" else sub(middle, apart)]
        found += [sub(add(a, b), (other, a, b)), neg((other, neg(a), neg(b)))]
    elif kind == "call":
        found += _of_call(t[1], t[2], t)
    c = ("num", rng.choice((2, 3, 5)), 1)
    found.append(sub(add(t, c), c))
    found.append(div(mul(t, add(ONE, call("exp", Z))), add(call("exp", Z), ONE)))
    return found


def _of_call(name: str, u: Tree, t: Tree) -> list[Tree]:
    e, m = call("exp", u), call("exp", neg(u))
    if name == "exp":
        found = [div(ONE, m), power(call("exp", mul(HALF, u)), 2)]
        return [*found, mul(call("exp", u[1]), call("exp", u[2]))] if u[0] == "+" else found
    if name == "sigmoid":
        half = call("tanh", mul(HALF, u))
        return [
            sub(ONE, call("sigmoid", neg(u))),
            div(ONE, add(ONE, m)),
            div(e, add(ONE, e)),
            mul(HALF, add(ONE, half)),
        ]
    if name == "tanh":
        double = call("exp", mul(TWO, u))
        return [
            sub(mul(TWO, call("sigmoid", mul(TWO, u))), ONE),
            div(sub(e, m), add(e, m)),
            div(sub(double, ONE), add(double, ONE)),
            neg(call("tanh", neg(u))),
        ]
    if name == "softplus":
        return [
            add(u, call("softplus", neg(u))),
            call("log", add(ONE, e)),
            neg(call("log", call("sigmoid", neg(u)))),
        ]
    if name == "log":
        three = ("num", 3, 1)
        return [
            sub(call("log", mul(three, u)), call("log", three)),
            neg(call("log", div(ONE, u))),
            mul(HALF, call("log", power(u, 2))),
            mul(TWO, call("log", call("sqrt", u))),
        ]
    if name == "sqrt":
        return [
            div(u, t),
            div(call("sqrt", mul(("num", 4, 1), u)), TWO),
            call("exp", mul(HALF, call("log", u))),
        ]
    if name == "relu":
        return [mul(HALF, add(u, call("abs", u))), mul(u, call("heaviside", u)), add(u, call("relu", neg(u)))]
    if name == "abs":
        return [
            call("sqrt", power(u, 2)),
            mul(u, call("sign", u)),
            add(call("relu", u), call("relu", neg(u))),
        ]
    if name == "erf":
        return [neg(call("erf", neg(u)))]
    if name == "sign":
        return [sub(mul(TWO, call("heaviside", u)), ONE), div(u, call("abs", u))]
    if name == "heaviside":
        return [mul(HALF, add(ONE, call("sign", u))), sub(ONE, call("heaviside", neg(u)))]
    return []


def places(t: Tree) -> list[tuple[int, ...]]:
    """Paths to every part of a formula."""
    found: list[tuple[int, ...]] = [()]
    for i, part in enumerate(t):
        if isinstance(part, tuple):
            found += [(i, *path) for path in places(part)]
    return found


def part_at(t: Tree, path: tuple[int, ...]) -> Tree:
    for i in path:
        t = t[i]
    return t


def put(t: Tree, path: tuple[int, ...], new: Tree) -> Tree:
    if not path:
        return new
    i = path[0]
    return (*t[:i], put(t[i], path[1:], new), *t[i + 1 :])


def rewrite(t: Tree, rng: random.Random, times: int) -> Tree:
    """Replace random parts by equal ones."""
    for _ in range(times):
        path = rng.choice(places(t))
        options = _rules(part_at(t, path), rng)
        t = put(t, path, rng.choice(options))
    return t


def mutate(t: Tree, rng: random.Random) -> Tree:
    """Make one realistic mistake: sign, factor, dropped term, wrong function, wrong variable, missing chain rule."""
    path = rng.choice(places(t))
    part = part_at(t, path)
    options: list[Tree] = [neg(part), mul(TWO, part), mul(HALF, part), add(part, ONE)]
    if part[0] in ("+", "*", "/", "max", "min"):
        options += [part[1], part[2]]
    if part[0] in ("max", "min"):
        options.append(("min" if part[0] == "max" else "max", part[1], part[2]))
    if part[0] == "*":
        options.append(add(part[1], part[2]))
    if part[0] == "^":
        options += [power(part[1], part[2] + 1), part[1]]
    if part[0] == "call":
        other = {"sigmoid": "tanh", "tanh": "sigmoid", "relu": "softplus", "softplus": "relu", "abs": "relu",
                 "exp": "sigmoid", "log": "sqrt", "sqrt": "log", "erf": "tanh", "sign": "heaviside",
                 "heaviside": "sign"}[part[1]]  # fmt: skip
        options += [call(other, part[2]), call(part[1], neg(part[2])), part[2]]
    if part[0] == "var" and part[1] in ("z", "w"):
        options.append(("var", "w" if part[1] == "z" else "z"))
    if part[0] == "num":
        options.append(("num", part[1] + 1, part[2]))
    return put(t, path, rng.choice(options))


_POINTS = [
    (0.71, 0.43),
    (1.37, 2.11),
    (-0.83, 0.57),
    (0.29, -1.61),
    (-1.13, -0.37),
    (2.61, 0.19),
    (-3.1, 4.7),
]


def compare(a: Tree, b: Tree, domain: Tree) -> str:
    """``"equal"`` at every point of a few, ``"different"`` at one, or ``"undefined"`` at all, with 50 digits.

    Points at which ``domain`` has no value do not count: a derivative exists only where its function does.
    """
    seen = False
    with mpmath.workdps(50):
        for z, w in _POINTS:
            point = {"z": mpmath.mpf(z), "w": mpmath.mpf(w), "pi": mpmath.pi}
            try:
                left, right, _ = value(a, point), value(b, point), value(domain, point)
            except (Undefined, OverflowError, ZeroDivisionError):
                continue
            size = abs(left) + abs(right)
            if size > mpmath.mpf(10) ** 30:
                continue
            if abs(left - right) > mpmath.mpf(10) ** -15 * (1 + size):
                return "different"
            seen = True
    return "equal" if seen else "undefined"


def generate(count: int, seed: int = 0, depth: int = 3) -> Iterator[GeneratedClaim]:
    """So many claims, half of them mutants.

    Parameters
    ----------
    count : int
    seed : int
        Equal seeds make equal claims.
    depth : int
        Of the random formulas.
    """
    rng = random.Random(seed)
    made = 0
    while made < count:
        f = formula(rng, depth)
        derivative = rng.random() < 0.5
        if derivative:
            shown, tree = f"diff({text(f)}, z)", slope(f, "z")
        else:
            shown, tree = text(f), f
        other = rewrite(tree, rng, rng.randint(1, 4))
        if len(places(other)) > 120:
            continue
        want_true = made % 2 == 0
        if not want_true:
            other = mutate(other, rng)
        outcome = compare(tree, other, f)
        if outcome != ("equal" if want_true else "different"):
            if want_true and outcome == "different":
                raise AssertionError(f"a rewriting is wrong: {text(tree)} is not {text(other)}")
            continue
        made += 1
        yield GeneratedClaim(shown, text(other), want_true, "derivative" if derivative else "identity")
