"""Formulas as nested tuples: written as text, evaluated with mpmath, differentiated by the rules of the classroom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath

Tree = tuple[Any, ...]
Z: Tree = ("var", "z")
ONE: Tree = ("num", 1, 1)
TWO: Tree = ("num", 2, 1)
HALF: Tree = ("num", 1, 2)
ZERO: Tree = ("num", 0, 1)


def add(a: Tree, b: Tree) -> Tree:
    return ("+", a, b)


def mul(a: Tree, b: Tree) -> Tree:
    return ("*", a, b)


def div(a: Tree, b: Tree) -> Tree:
    return ("/", a, b)


def neg(a: Tree) -> Tree:
    return ("*", ("num", -1, 1), a)


def sub(a: Tree, b: Tree) -> Tree:
    return add(a, neg(b))


def power(a: Tree, n: int) -> Tree:
    return ("^", a, n)


def call(name: str, a: Tree) -> Tree:
    return ("call", name, a)


def text(t: Tree) -> str:
    """The formula as a person would type it, with more brackets."""
    kind = t[0]
    if kind == "var":
        return str(t[1])
    if kind == "num":
        shown = str(abs(t[1])) if t[2] == 1 else f"({abs(t[1])}/{t[2]})"
        return f"(-{shown})" if t[1] < 0 else shown
    if kind == "call":
        return f"|{text(t[2])}|" if t[1] == "abs" else f"{t[1]}({text(t[2])})"
    if kind == "^":
        return f"({text(t[1])})^{t[2]}" if t[2] >= 0 else f"({text(t[1])})^({t[2]})"
    if kind in ("max", "min"):
        return f"{kind}({text(t[1])}, {text(t[2])})"
    return f"({text(t[1])} {kind} {text(t[2])})"


class Undefined(Exception):
    """The formula has no value at this point, or sits on a kink."""


_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "exp": mpmath.exp,
    "tanh": mpmath.tanh,
    "erf": mpmath.erf,
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "softplus": lambda x: mpmath.log(1 + mpmath.exp(x)),
    "relu": lambda x: max(x, mpmath.mpf(0)),
    "abs": abs,
}


def value(t: Tree, point: dict[str, Any]) -> Any:
    """The value with mpmath, at the precision of the moment."""
    kind = t[0]
    if kind == "var":
        return point[t[1]]
    if kind == "num":
        return mpmath.mpf(t[1]) / t[2]
    if kind == "call":
        x = value(t[2], point)
        if (t[1] == "log" and x <= 0) or (t[1] == "sqrt" and x < 0):
            raise Undefined
        if t[1] in ("heaviside", "sign", "relu", "abs") and abs(x) < mpmath.mpf(10) ** -20:
            raise Undefined
        if abs(x) > 1e4 and t[1] in ("exp", "softplus", "sigmoid"):
            raise Undefined
        if t[1] == "heaviside":
            return mpmath.mpf(1 if x > 0 else 0)
        if t[1] == "sign":
            return mpmath.sign(x)
        return {**_FUNCTIONS, "log": mpmath.log, "sqrt": mpmath.sqrt}[t[1]](x)
    if kind == "^":
        base = value(t[1], point)
        if t[2] < 0 and base == 0:
            raise Undefined
        return base ** t[2]
    a, b = value(t[1], point), value(t[2], point)
    if kind == "+":
        return a + b
    if kind == "*":
        return a * b
    if kind in ("max", "min"):
        if abs(a - b) < mpmath.mpf(10) ** -20:
            raise Undefined
        return max(a, b) if kind == "max" else min(a, b)
    if abs(b) < mpmath.mpf(10) ** -20:
        raise Undefined
    return a / b


def slope(t: Tree, x: str) -> Tree:
    """The derivative by the rules of the classroom, unsimplified but for zeros."""
    kind = t[0]
    if kind == "num":
        return ZERO
    if kind == "var":
        return ONE if t[1] == x else ZERO
    if kind == "+":
        a, b = slope(t[1], x), slope(t[2], x)
        return b if a == ZERO else a if b == ZERO else add(a, b)
    if kind == "*":
        a, b = slope(t[1], x), slope(t[2], x)
        parts = [p for p, d in ((mul(a, t[2]), a), (mul(t[1], b), b)) if d != ZERO]
        return ZERO if not parts else parts[0] if len(parts) == 1 else add(*parts)
    if kind == "/":
        a, b = slope(t[1], x), slope(t[2], x)
        return div(sub(mul(a, t[2]), mul(t[1], b)), power(t[2], 2))
    if kind == "^":
        return mul(mul(("num", t[2], 1), power(t[1], t[2] - 1)), slope(t[1], x))
    if kind in ("max", "min"):
        step = call("heaviside", sub(t[1], t[2]) if kind == "max" else sub(t[2], t[1]))
        return add(mul(step, slope(t[1], x)), mul(sub(ONE, step), slope(t[2], x)))
    inner = slope(t[2], x)
    return ZERO if inner == ZERO else mul(_outer(t), inner)


def _outer(t: Tree) -> Tree:
    name, u = t[1], t[2]
    rules: dict[str, Callable[[], Tree]] = {
        "exp": lambda: t,
        "log": lambda: div(ONE, u),
        "sqrt": lambda: div(ONE, mul(TWO, t)),
        "tanh": lambda: sub(ONE, power(t, 2)),
        "sigmoid": lambda: mul(t, sub(ONE, t)),
        "softplus": lambda: call("sigmoid", u),
        "relu": lambda: call("heaviside", u),
        "abs": lambda: call("sign", u),
        "erf": lambda: mul(div(TWO, call("sqrt", ("var", "pi"))), call("exp", neg(power(u, 2)))),
        "heaviside": lambda: ZERO,
        "sign": lambda: ZERO,
    }
    return rules[name]()
