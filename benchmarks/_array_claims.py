"""Claims about arrays made to mislead: families of random ones, of which nobody knows beforehand which are true.

Transposes forgotten where the matrix is square, sums over the wrong axis, functions drawn out of sums, masks, hypotheses
that help or do not, gradients.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from _array_rewriting import AXES, formula, nonzero, rewritten, some_leaf
from _arrays import (
    Tree,
    along,
    column,
    einsum,
    fun,
    gradient,
    leaf,
    leaves,
    matmul,
    number,
    pair,
    power,
    size,
    total,
    turned,
    window,
)

KINDS = ("one_hot", "probability", "adds_up", "positive", "binary")


@dataclass
class Claim:
    """Both sides, and hypotheses: the name of a tensor, the kind, the place of the axis."""

    family: str
    lhs: Tree
    rhs: Tree
    given: list[tuple[Tree, str, int]] = field(default_factory=list)


# -- families --------------------------------------------------------------------------------------------
def _axes(rng: random.Random, most: int = 2) -> tuple[str, ...]:
    return tuple(rng.choice(AXES) for _ in range(rng.randint(0, most)))


def filled(t: Tree, axes: tuple[str, ...]) -> Tree:
    """The formula broadcast to these axes."""
    z = leaf("z" + "".join(axes), *axes)
    return pair("add", pair("sub", t, z), z)


def anything(rng: random.Random) -> Claim:
    t = formula(rng, _axes(rng), rng.choice((1, 2, 2, 3)))
    return Claim("anything", t, rewritten(t, rng, rng.choice((1, 1, 2, 3)), rng.choice((0, 0.3, 0.6))))


def squares(rng: random.Random) -> Claim:
    """One axis only, so that a transpose is no error of shape."""
    t = formula(rng, ("n", "n"), rng.choice((1, 2)), 0.1)
    t = _renamed(t, {"k": "n", "m": "n"}) if rng.random() < 0.7 else t
    return Claim("squares", t, rewritten(t, rng, rng.choice((1, 2, 3)), 0.5))


def _renamed(t: Any, names: dict[str, str]) -> Any:
    if isinstance(t, tuple):
        return tuple(_renamed(x, names) for x in t)
    return names.get(t, t) if isinstance(t, str) else t


def gradients(rng: random.Random) -> Claim:
    cost = total(formula(rng, _axes(rng), rng.choice((1, 2, 2, 3)), 0.15))
    by = rng.choice(sorted(leaves(cost))) if leaves(cost) else leaf("c")
    d = gradient(cost, by)
    shape = rng.random()
    if shape < 0.4:
        return Claim("gradients", d, gradient(rewritten(cost, rng, rng.choice((1, 2)), 0.3), by))
    other = some_leaf(rng, by[1])
    claims = [
        (gradient(power(cost, 2), by), pair("mul", pair("mul", number(2), cost), d)),
        (gradient(fun("g", cost), by), pair("mul", fun("g'", cost), d)),
        (gradient(pair("mul", cost, total(by)), by), pair("add", pair("mul", total(by), d), cost)),
        (gradient(pair("div", cost, size("m")), by), pair("div", d, size(rng.choice(AXES)))),
        (gradient(total(pair("mul", by, other)), by), other),
        (gradient(total(pair("mul", by, d)), other), gradient(cost, other)),
    ]
    lhs, rhs = rng.choice(claims)
    return Claim("gradients", lhs, rewritten(rhs, rng, rng.choice((0, 1)), 0.6) if not _deep(rhs) else rhs)


def _deep(t: Tree) -> bool:
    return t[0] != "gradient" and any(isinstance(x, tuple) and x and x[0] == "gradient" for x in t[2:])


def layers(rng: random.Random) -> Claim:
    """What notes say of a layer, in the right way and in wrong ones."""
    n, k, m = rng.choice((("n", "k", "m"), ("n", "n", "m"), ("n", "k", "n"), ("n", "n", "n")))
    W, A, b, G, Y = leaf("W", n, k), leaf("A", k, m), leaf("b", n), leaf("G", n, m), leaf("Y", n, m)
    Z = pair("add", matmul(W, A), column(b))
    act = rng.choice(("tanh", "sigmoid", "relu", "softplus", "g", "softmax", "none"))
    H = Z if act == "none" else along("softmax", Z, 0) if act == "softmax" else fun(act, Z)
    loss = rng.choice(("given", "given", "squares", "entropy", "logits"))
    costs = {
        "given": total(pair("mul", G, H)),
        "squares": pair("div", total(power(pair("sub", H, Y), 2)), number(2)),
        "entropy": pair("mul", number(-1), total(pair("mul", Y, fun("log", along("softmax", Z, 0))))),
        "logits": total(pair("sub", along("logsumexp", Z, 0), along("sum", pair("mul", Y, Z), 0))),
    }
    over = rng.choice((number(1), size(m), size(n)))
    cost = pair("div", costs[loss], over)
    dZ = gradient(cost, leaf("Z", n, m))
    P = along("softmax", Z, rng.choice((0, 0, 0, 1)))
    slope = {
        "tanh": pair("sub", number(1), power(H, 2)), "sigmoid": pair("mul", H, pair("sub", number(1), H)),
        "relu": fun("step", Z), "softplus": fun("sigmoid", Z), "g": fun("g'", Z), "none": number(1),
    }.get(act, pair("mul", H, pair("sub", number(1), H)))  # fmt: skip
    before = G if loss == "given" else pair("sub", H, Y)
    if loss in ("entropy", "logits"):
        dZ = pair("sub", P, Y)
    elif act == "softmax":
        inner = along("sum", pair("mul", before, H), rng.choice((0, 0, 0, 1)), keep=True)
        dZ = pair("mul", H, pair("sub", before, inner))
    else:
        dZ = pair("mul", before, slope) if rng.random() < 0.85 else before
    if rng.random() < 0.1:
        dZ = pair("mul", number(-1), dZ)
    dZ = pair("div", dZ, rng.choice((over, over, over, number(1))))
    by = rng.choice((W, W, A, b))
    wanted: Tree = {
        "W": lambda: matmul(dZ, turned(A)), "A": lambda: matmul(turned(W), dZ), "b": lambda: along("sum", dZ, 1),
    }[by[2]]()  # fmt: skip
    if rng.random() < 0.3:
        wanted = rewritten(wanted, rng, 1, 0.7)
    if wanted[1] != by[1]:
        wanted = turned(wanted)
    given: list[tuple[Tree, str, int]] = []
    if loss in ("entropy", "logits") and rng.random() < 0.8:
        given = [(Y, rng.choice(KINDS), rng.choice((0, 0, 1)))]
    return Claim("layers", gradient(cost, by), wanted, given)


def hypotheses(rng: random.Random) -> Claim:
    a, b = rng.choice(AXES), rng.choice(AXES)
    Y, other = leaf("Y", a, b), formula(rng, (a, b), rng.choice((0, 0, 1)))
    given = [(Y, rng.choice(KINDS), rng.choice((0, 1))) for _ in range(rng.choice((1, 1, 1, 2)))]
    place = rng.choice((0, 1))

    def may(t: Tree) -> Iterator[Tree]:
        """What one of the hypotheses may allow."""
        if t == Y:
            yield power(Y, rng.choice((2, 3)))
            yield fun(rng.choice(("abs", "relu", "step", "sign")), Y)
            yield pair("div", Y, along("sum", Y, place, keep=True))
            yield fun("exp", fun("log", Y))
        if t == number(1):
            yield pair("add", Y, pair("sub", number(1), Y))
        if t[0] == "size" and len(Y[1]) == 2:
            yield total(Y)
        if t[0] == "power" and t[2] == Y:
            yield Y

    pick = rng.random()
    if pick < 0.4:
        t = pair(rng.choice(("mul", "mul", "add", "sub")), Y, other)
        if rng.random() < 0.5:
            t = along(rng.choice(("sum", "sum", "mean", "norm", "max")), t, rng.choice((0, 1)))
        return Claim("hypotheses", t, rewritten(t, rng, rng.choice((1, 2)), 0.3, may), given)
    f = rng.choice(("exp", "tanh", "square", "log", "sqrt", "abs", "sigmoid", "g"))
    v = leaf("v", a) if place == 0 else leaf("v", b)
    v_spread = column(v) if place == 0 else v
    chosen = along("sum", pair("mul", Y, other), place)
    claims = [
        (along("sum", Y, place), filled(number(1), along("sum", Y, place)[1])),
        (
            total(Y),
            size(rng.choice((a, b))),
        ),
        (pair("mul", Y, fun(f, other)), fun(f, pair("mul", Y, other))),
        (along("sum", pair("mul", Y, fun(f, other)), place), fun(f, chosen)),
        (
            along("sum", pair("mul", Y, pair("sub", other, along("logsumexp", other, place, keep=True))), place),
            pair("sub", chosen, along("logsumexp", other, place)),
        ),
        (fun(f, pair("mul", Y, other)), pair("mul", Y, fun(f, other))),
        (
            along("sum", pair("mul", Y, power(pair("sub", other, v_spread), 2)), place),
            power(along("sum", pair("mul", Y, pair("sub", other, v_spread)), place), 2),
        ),
        (along("softmax", other, place, mask=Y), Y),
        (along("softmax", other, place, mask=Y), pair("div", pair("mul", Y, fun("exp", other)), along("sum", pair("mul", Y, fun("exp", other)), place, keep=True))),
        (along("softmax", other, place, mask=Y), pair("mul", Y, along("softmax", other, place))),
        (along("sum", power(Y, 2), place), along("sum", Y, place)),
        (pair("mul", Y, pair("sub", number(1), Y)), pair("sub", Y, power(Y, 2))),
        (along("max", Y, place), along("sum", Y, place)),
        (fun("log", Y), pair("sub", fun("log", power(Y, 2)), fun("log", Y))),
        (power(power(Y, 2), Fraction(1, 2)), Y),
        (matmul(turned(Y), Y), pair("mul", matmul(turned(Y), Y), matmul(turned(Y), Y))),
        (along("argmax", Y, place), Y),
    ]  # fmt: skip
    lhs, rhs = rng.choice(claims)
    if lhs[1] != rhs[1]:
        rhs = filled(rhs, lhs[1]) if len(rhs[1]) <= len(lhs[1]) else lhs
    return Claim("hypotheses", lhs, rewritten(rhs, rng, rng.choice((0, 0, 1)), 0.5, may), given)


def windows(rng: random.Random) -> Claim:
    stride, padding = rng.choice((1, 1, 2)), rng.choice((0, 0, 1))
    K = window("h", "i", "p", stride, padding)
    X, F, G, c = leaf("X", "h"), leaf("F", "p"), leaf("G", "i"), leaf("c")
    conv = einsum("hip,h,p->i", K, X, F)
    patches = einsum("hip,h->ip", K, X)
    act = rng.choice(("tanh", "relu", "g", "exp"))
    cost = total(pair("mul", G, fun(act, conv)))
    slope = {"tanh": pair("sub", number(1), power(fun("tanh", conv), 2)), "relu": fun("step", conv), "g": fun("g'", conv), "exp": fun("exp", conv)}[act]  # fmt: skip
    dZ = pair("mul", G, slope)
    wrong = window("h", "i", "p", rng.choice((stride, 1)), rng.choice((padding, 1 - padding)))
    claims = [
        (gradient(cost, F), einsum("hip,h,i->p", rng.choice((K, wrong)), X, dZ)),
        (gradient(cost, X), einsum("hip,p,i->h", rng.choice((K, wrong)), F, dZ)),
        (conv, matmul(patches, F)),
        (total(pair("mul", G, conv)), total(pair("mul", X, einsum("hip,i,p->h", rng.choice((K, wrong)), G, F)))),
        (along("mean", patches, 1), pair("div", einsum("hip,h->i", K, X), size(rng.choice(("p", "p", "h"))))),
        (gradient(total(pair("mul", G, along("max", patches, 1))), X), einsum("hip,ip,i->h", K, along("argmax", patches, 1), G)),
        (gradient(total(pair("mul", G, along("mean", patches, 1))), X), pair("div", einsum("hip,i->h", K, G), size(rng.choice(("p", "p", "i"))))),
        (along("max", pair("add", patches, c), 1), pair("add", along("max", patches, 1), c)),
        (power(K, 2), rng.choice((K, wrong))),
        (einsum("hip->ip", K), rng.choice((einsum("hip->ip", wrong), einsum("hip->ip", power(K, 2))))),
    ]  # fmt: skip
    lhs, rhs = rng.choice(claims)
    return Claim("windows", lhs, rewritten(rhs, rng, rng.choice((0, 0, 1)), 0.6))


def normalised(rng: random.Random) -> Claim:
    """Softmax, norms, means, and what does or does not leave them alone."""
    a, b = rng.choice(AXES), rng.choice(AXES)
    place = rng.choice((0, 1))
    X = formula(rng, (a, b), rng.choice((0, 0, 1)), 0.1)
    P, S = along("softmax", X, place), along("sum", fun("exp", X), place, keep=True)
    keep = lambda op, t: along(op, t, place, keep=True)  # noqa: E731 - a shorthand
    centred = pair("sub", X, keep("mean", X))
    unit = pair("div", X, keep("norm", X))
    G = some_leaf(rng, (a, b))
    D = nonzero(rng, (a, b), 1)
    by = leaf("A" + a + b, a, b)
    claims = [
        (along("sum", P, place), pair("div", along("sum", fun("exp", X), place), along("sum", fun("exp", X), place))),
        (along("sum", P, rng.choice((place, 1 - place))), filled(number(1), (rng.choice((a, b)),))),
        (pair("mul", P, S), fun("exp", X)),
        (along("sum", centred, place), filled(number(0), along("sum", X, place)[1])),
        (keep("mean", power(centred, 2)), keep("var", X)),
        (pair("mul", centred, keep("sum", centred)), pair("sub", X, X)),
        (keep("sum", power(unit, 2)), pair("div", keep("norm", X), keep("norm", X))),
        (keep("norm", pair("mul", number(-3), X)), pair("mul", number(rng.choice((3, -3))), keep("norm", X))),
        (gradient(total(pair("mul", leaf("G", a, b), along("softmax", by, place))), by),
         pair("mul", along("softmax", by, place), pair("sub", leaf("G", a, b), keep("sum", pair("mul", leaf("G", a, b), along("softmax", by, rng.choice((place, place, 1 - place)))))))),
        (gradient(total(pair("mul", leaf("G", a, b), pair("div", by, keep("norm", by)))), by),
         pair("div", pair("sub", leaf("G", a, b), pair("mul", pair("div", by, keep("norm", by)), keep("sum", pair("mul", leaf("G", a, b), pair("div", by, keep("norm", by)))))), keep("norm", by))),
        (gradient(total(along("logsumexp", by, place)), by), along("softmax", by, rng.choice((place, 1 - place)))),
        (gradient(total(along("max", by, place)), by), along("argmax", by, rng.choice((place, 1 - place)))),
        (along("logsumexp", pair("add", X, G), place), pair("add", along("logsumexp", X, place), along("mean", G, place))),
        (pair("div", pair("div", X, D), D), pair("div", X, power(D, 2))),
        (power(pair("div", X, D), -1), pair("div", D, X)),
        (pair("add", pair("div", X, D), pair("div", G, D)), pair("div", pair("add", X, G), D)),
    ]  # fmt: skip
    lhs, rhs = rng.choice(claims)
    if lhs[1] != rhs[1]:
        lhs = filled(lhs, rhs[1])
    return Claim("normalised", lhs, rewritten(rhs, rng, rng.choice((0, 0, 1, 2)), 0.5))


FAMILIES = (anything, anything, squares, gradients, layers, hypotheses, hypotheses, windows, normalised)


def generate(count: int, seed: int) -> Iterator[tuple[Claim, int]]:
    """So many claims, with a number for the randomness that judges each; equal seeds make equal claims."""
    made = 0
    for n in range(20 * count):
        claim = FAMILIES[n % len(FAMILIES)](random.Random(f"{seed} {n}"))
        if claim.lhs[1] == claim.rhs[1] and len(repr((claim.lhs, claim.rhs))) < 4000:
            made += 1
            yield claim, n
        if made == count:
            return
