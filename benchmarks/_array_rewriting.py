"""Random formulas of arrays, and ways to write one again: right ones, and ones that are right only now and then."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from fractions import Fraction

from _arrays import (
    Tree,
    along,
    column,
    einsum,
    fun,
    identity,
    leaf,
    matmul,
    number,
    pair,
    parts,
    power,
    size,
    total,
    turned,
)

AXES = ("n", "k", "m")
HALF = Fraction(1, 2)
SMOOTH = ("exp", "tanh", "sigmoid", "softplus", "silu", "gelu", "g", "square")
KINKED = ("relu", "abs", "step", "sign", "log", "sqrt")
REDUCED = ("sum", "sum", "mean", "max", "logsumexp", "norm", "var")


# -- random formulas -------------------------------------------------------------------------------------
def formula(rng: random.Random, axes: tuple[str, ...], depth: int, kinked: float = 0.3) -> Tree:
    """A formula with these axes."""

    def more(*wanted: str, less: int = 1) -> Tree:
        return formula(rng, wanted, depth - less, kinked)

    if depth <= 0:
        return some_leaf(rng, axes)
    choices: list[Callable[[], Tree]] = [
        lambda: fun(rng.choice(KINKED if rng.random() < kinked else SMOOTH), more(*axes)),
        lambda: pair(rng.choice(("add", "sub", "mul", "mul")), more(*axes), spread(rng, axes, depth - 1)),
        lambda: pair("div", more(*axes), nonzero(rng, axes, depth - 1)),
        lambda: power(more(*axes), rng.choice((2, 2, 3))),
        lambda: pair("mul", scale(rng), more(*axes)),
    ]
    other = rng.choice(AXES)
    if len(axes) == 2:
        a, b = axes
        choices += 2 * [
            lambda: turned(more(b, a)),
            lambda: matmul(more(a, other), more(other, b)),
            lambda: matmul(more(a, other), more(other, b)),
            lambda: pair("mul", column(more(a)), more(b)),
            lambda: along(rng.choice(("softmax", "softmax", "log_softmax")), more(a, b), rng.choice((0, 1))),
            lambda: (
                einsum(
                    rng.choice(("ij,jk->ik", "ij,kj->ik", "ji,jk->ik", "ji,kj->ik")),
                    *_factors(rng, a, other, b, depth - 1),
                )
                if a != b
                else einsum("ij,jk->ki", more(a, other), more(other, a))
            ),
        ]
        choices += [
            lambda: pair(
                "sub", more(a, b), along(rng.choice(REDUCED), more(a, b), rng.choice((0, 1)), keep=True)
            )
        ]
        if a == b:
            choices += [
                lambda: identity(a),
                lambda: pair("mul", identity(a), more(a, b)),
                lambda: turned(more(a, b)),
            ]
        if rng.random() < kinked:
            choices.append(
                lambda: along(
                    "argmax" if rng.random() < 0.5 else "softmax",
                    more(a, b),
                    rng.choice((0, 1)),
                    mask=None,
                )
            )
    elif len(axes) == 1:
        (a,) = axes
        choices += [
            lambda: along(rng.choice(REDUCED), more(a, other), 1),
            lambda: along(rng.choice(REDUCED), more(other, a), 0),
            lambda: matmul(more(a, other), more(other)),
            lambda: matmul(more(other), more(other, a)),
            lambda: along("softmax", more(a), 0),
            lambda: einsum("ii->i", more(a, a)),
            lambda: einsum("ij,ij->i", more(a, other), more(a, other)),
        ]
    else:
        choices += 2 * [
            lambda: total(more(other, rng.choice(AXES))),
            lambda: along(rng.choice(REDUCED), more(other), 0),
            lambda: einsum("ii->", more(other, other)),
            lambda: matmul(more(other), more(other)),
        ]
    return rng.choice(choices)()


def some_leaf(rng: random.Random, axes: tuple[str, ...]) -> Tree:
    return leaf(rng.choice("ABC") + ("".join(axes) or "0"), *axes)


def _factors(rng: random.Random, a: str, inner: str, b: str, depth: int) -> tuple[Tree, Tree]:
    return formula(rng, (a, inner), depth), formula(rng, (inner, b), depth)


def spread(rng: random.Random, axes: tuple[str, ...], depth: int) -> Tree:
    """A formula that broadcasts to these axes."""
    kind = rng.random()
    if kind < 0.5 or not axes:
        return formula(rng, axes, depth)
    if kind < 0.6:
        return number(rng.choice((1, 2, -1, Fraction(1, 3))))
    if kind < 0.8 or len(axes) == 1:
        return formula(rng, axes[1:], depth)
    return (
        column(formula(rng, axes[:1], depth))
        if kind < 0.9
        else along(rng.choice(REDUCED), formula(rng, axes, depth), 1, keep=True)
    )


def nonzero(rng: random.Random, axes: tuple[str, ...], depth: int) -> Tree:
    t = formula(rng, axes, depth - 1)
    return rng.choice((fun("exp", t), pair("add", power(t, 2), number(1)), some_leaf(rng, axes), scale(rng)))


def scale(rng: random.Random) -> Tree:
    axis = rng.choice(AXES)
    return rng.choice(
        (
            number(2),
            number(-1),
            number(Fraction(1, 3)),
            size(axis),
            power(size(axis), -1),
            leaf("c"),
            power(size(axis), -2),
        )
    )


# -- writing again ---------------------------------------------------------------------------------------
def _right(t: Tree, rng: random.Random) -> Iterator[Tree]:
    """What this formula is too, always."""
    op, axes = t[0], t[1]
    yield pair("sub", pair("add", t, z := some_leaf(rng, axes)), z)
    yield pair("add", pair("mul", number(Fraction(1, 2)), t), pair("div", t, number(2)))
    if len(axes) == 2:
        yield turned(turned(t))
        if "1" not in axes:
            yield matmul(identity(axes[0]), t)
            yield matmul(t, identity(axes[1]))
    if op in ("add", "mul"):
        yield pair(op, t[3], t[2])
    if op == "mul":
        yield pair(
            "div",
            pair("sub", power(pair("add", t[2], t[3]), 2), power(pair("sub", t[2], t[3]), 2)),
            number(4),
        )
    if op == "T" and t[2][0] == "matmul" and len(t[2][2][1]) == 2 == len(t[2][3][1]):
        yield matmul(turned(t[2][3]), turned(t[2][2]))
    if op == "T" and t[2][0] in ("add", "mul") and t[2][2][1] == t[2][3][1]:
        yield pair(t[2][0], turned(t[2][2]), turned(t[2][3]))
    if op == "T" and t[2][0] in ("softmax", "log_softmax"):
        yield along(t[2][0], turned(t[2][2]), 1 - t[2][3])
    if op == "matmul" and len(t[2][1]) == 2 == len(t[3][1]):
        yield turned(matmul(turned(t[3]), turned(t[2])))
        yield einsum("ij,jk->ik", t[2], t[3]) if len({*t[2][1], *t[3][1]}) == 3 else t
        if t[3][0] == "matmul":
            yield matmul(matmul(t[2], t[3][2]), t[3][3])
        if t[3][0] == "add" and t[3][2][1] == t[3][3][1]:
            yield pair("add", matmul(t[2], t[3][2]), matmul(t[2], t[3][3]))
    if op == "mean":
        yield pair("div", along("sum", t[2], t[3], t[4]), size(t[2][1][t[3]]))
    if op == "sum" and t[2][0] == "add" and t[2][2][1] == t[2][3][1]:
        yield pair("add", along("sum", t[2][2], t[3], t[4]), along("sum", t[2][3], t[3], t[4]))
    if op == "sum" and t[2][0] == "matmul" and len(t[2][1]) == 2 and len(t[2][2][1]) == 2:
        left, right = t[2][2], t[2][3]
        if not t[4]:
            yield (
                matmul(along("sum", left, 0), right) if t[3] == 0 else matmul(left, along("sum", right, 1))
            )
    if op == "var":
        x, place = t[2], t[3]
        yield pair(
            "sub",
            along("mean", power(x, 2), place, t[4]),
            power(along("mean", x, place, t[4]), 2),
        )
    if op == "norm":
        yield power(along("sum", power(t[2], 2), t[3], t[4]), HALF)
    if op == "softmax" and t[4] is None:
        e = fun("exp", t[2])
        yield pair("div", e, along("sum", e, t[3], keep=True))
        yield fun("exp", pair("sub", t[2], along("logsumexp", t[2], t[3], keep=True)))
        yield along("softmax", pair("sub", t[2], along("max", t[2], t[3], keep=True)), t[3])
        yield along("softmax", pair("add", t[2], leaf("c")), t[3])
    if op == "log_softmax":
        yield pair("sub", t[2], along("logsumexp", t[2], t[3], keep=True))
        yield fun("log", along("softmax", t[2], t[3]))
    if op == "logsumexp":
        yield fun("log", along("sum", fun("exp", t[2]), t[3], t[4]))
        c = along("max", t[2], t[3], keep=True)
        if t[4]:
            yield pair("add", c, along("logsumexp", pair("sub", t[2], c), t[3], keep=True))
    if op == "max":
        x, place = t[2], t[3]
        yield along("sum", pair("mul", along("argmax", x, place), x), place, t[4])
        yield pair(
            "sub",
            along("max", pair("add", x, leaf("c")), place, t[4]),
            leaf("c"),
        )
    if op == "fun":
        yield from _right_function(t[2], t[3])
    if op == "power" and t[3] == 2:
        yield pair("mul", t[2], t[2])
        yield power(fun("abs", t[2]), 2)
    if op == "div":
        yield pair("mul", t[2], power(t[3], -1))


def _right_function(name: str, u: Tree) -> Iterator[Tree]:
    minus = pair("mul", number(-1), u)
    if name == "tanh":
        yield pair("sub", pair("mul", number(2), fun("sigmoid", pair("mul", number(2), u))), number(1))
    if name == "sigmoid":
        yield pair("sub", number(1), fun("sigmoid", minus))
        yield pair("div", fun("exp", u), pair("add", number(1), fun("exp", u)))
    if name == "softplus":
        yield pair("add", u, fun("softplus", minus))
        yield fun("log", pair("add", number(1), fun("exp", u)))
    if name == "relu":
        yield pair("add", u, fun("relu", minus))
        yield pair("mul", u, fun("step", u))
        yield pair("div", pair("add", u, fun("abs", u)), number(2))
    if name == "abs":
        yield pair("add", fun("relu", u), fun("relu", minus))
        yield pair("mul", u, fun("sign", u))
        yield power(power(u, 2), HALF)
    if name == "sign":
        yield pair("sub", pair("mul", number(2), fun("step", u)), number(1))
    if name == "step":
        yield power(fun("step", u), 2)
        yield pair("sub", number(1), fun("step", minus))
    if name == "silu":
        yield pair("mul", u, fun("sigmoid", u))
    if name == "gelu":
        yield pair("mul", u, fun("normal_cdf", u))
        yield pair("add", u, fun("gelu", minus))
    if name == "exp":
        yield power(fun("exp", minus), -1)
        if u[0] == "add":
            yield pair("mul", fun("exp", u[2]), fun("exp", u[3]))
    if name == "log" and u[0] == "mul":
        yield pair("add", fun("log", u[2]), fun("log", u[3]))
    if name == "sqrt":
        yield power(u, HALF)
    if name == "square":
        yield power(u, 2)


def _dubious(t: Tree, rng: random.Random) -> Iterator[Tree]:
    """What people write for it, and what is right only under conditions."""
    op, axes = t[0], t[1]
    yield pair("mul", rng.choice((number(-1), number(2), size(rng.choice(AXES)), power(size("m"), -1))), t)
    yield pair("add", t, some_leaf(rng, axes))
    if len(axes) == 2 and axes[0] == axes[1]:
        yield turned(t)
        if "1" not in axes:
            yield pair("mul", identity(axes[0]), t)
    if op == "matmul" and len(t[2][1]) == 2 == len(t[3][1]):
        if t[3][1] == t[2][1]:
            yield matmul(t[3], t[2])
            yield pair("mul", t[2], t[3])
        if t[2][1][0] == t[2][1][1]:
            yield matmul(turned(t[2]), t[3])
        if t[3][1][0] == t[3][1][1]:
            yield matmul(t[2], turned(t[3]))
    if op == "T" and t[2][0] == "matmul" and t[2][2][1] == t[2][3][1] and len(t[2][2][1]) == 2:
        yield matmul(turned(t[2][2]), turned(t[2][3]))
    if op in ("softmax", "log_softmax") and len(axes) == 2:
        yield along(op, t[2], 1 - t[3])
        yield along(op, pair("add", t[2], spread(rng, axes, 0)), t[3])
        yield along(op, pair("mul", t[2], scale(rng)), t[3])
    if op in ("sum", "mean", "max", "norm", "logsumexp", "var"):
        other = {
            "sum": "mean", "mean": "sum", "max": "logsumexp", "norm": "sum", "logsumexp": "max", "var": "norm",
        }[op]  # fmt: skip
        yield along(other, t[2], t[3], t[4])
        inner = t[2]
        if len(inner[1]) == 2 and inner[1][0] == inner[1][1]:
            yield along(op, inner, 1 - t[3], t[4]) if not t[4] else t
            yield along(op, turned(inner), t[3], t[4])
        if inner[0] == "mul" and inner[2][1] == inner[3][1]:
            yield pair("mul", along(op, inner[2], t[3], t[4]), along(op, inner[3], t[3], t[4]))
        if inner[0] == "fun":
            yield fun(inner[2], along(op, inner[3], t[3], t[4]))
        if inner[0] == "power":
            yield power(along(op, inner[2], t[3], t[4]), inner[3])
        if inner[0] in ("add", "sub") and inner[2][1] == inner[3][1]:
            yield pair(inner[0], along(op, inner[2], t[3], t[4]), along(op, inner[3], t[3], t[4]))
    if op == "fun":
        u = t[3]
        if u[0] in ("add", "sub", "mul"):
            yield pair(u[0], fun(t[2], u[2]), fun(t[2], u[3]))
        if t[2] in ("relu", "abs", "sqrt"):
            yield u
        yield fun(rng.choice(SMOOTH + KINKED), u)
        yield fun(t[2], pair("mul", number(-1), u))
    if op == "power" and t[3] == HALF and t[2][0] == "power":
        yield t[2][2]
    if op in ("add", "sub", "mul", "div") and len(t[2][1]) == len(axes):
        yield t[2]
        if t[2][1] == t[3][1]:
            yield pair(op, t[3], t[2])
    if op in ("add", "mul") and t[3][0] == "column" and axes[0] == axes[1]:
        yield pair(op, t[2], t[3][2])
    if op == "leaf":
        yield some_leaf(rng, axes)
    if op == "identity":
        yield pair("mul", t, t)
        yield matmul(t, t)


def _places(t: Tree, path: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    yield path
    for i in parts(t):
        yield from _places(t[i], (*path, i))


def _at(t: Tree, path: tuple[int, ...]) -> Tree:
    for i in path:
        t = t[i]
    return t


def _put(t: Tree, path: tuple[int, ...], new: Tree) -> Tree:
    if not path:
        return new
    i = path[0]
    return (*t[:i], _put(t[i], path[1:], new), *t[i + 1 :])


def rewritten(
    t: Tree,
    rng: random.Random,
    times: int,
    dubious: float,
    extra: Callable[[Tree], Iterator[Tree]] = lambda t: iter(()),
) -> Tree:
    """The formula with some of its parts written otherwise; the axes of every part stay."""
    for _ in range(times):
        path = rng.choice(list(_places(t)))
        old = _at(t, path)
        ways = [*extra(old)] * 3 + list((_dubious if rng.random() < dubious else _right)(old, rng))
        ways = [new for new in ways if new[1] == old[1]]
        if ways:
            t = _put(t, path, rng.choice(ways))
    return t
