"""Formulas of arrays as plain tuples, that neither the calculus of tensors nor its evaluation had a hand in.

A formula is `(operation, axes, *arguments)`; `to_tensor` hands it to the calculus, `values` computes it with NumPy, also for
complex entries: the imaginary part of a cost at `x + 1e-30 i` is its derivative to the last digit. Where NumPy's function
is not differentiable, or jumps, the value is NaN on the jump: nothing is claimed there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

Tree = tuple[Any, ...]
Sizes = Mapping[str, int]
ALONG = ("sum", "mean", "max", "logsumexp", "norm", "var", "softmax", "log_softmax", "argmax")


# -- making ----------------------------------------------------------------------------------------------
def leaf(name: str, *axes: str) -> Tree:
    return ("leaf", axes, name)


def number(value: int | Fraction) -> Tree:
    return ("number", (), Fraction(value))


def size(axis: str) -> Tree:
    return ("size", (), axis)


def fun(name: str, t: Tree) -> Tree:
    return ("fun", t[1], name, t)


def pair(operation: str, a: Tree, b: Tree) -> Tree:
    """Add, sub, mul, div or maximum, with NumPy's broadcasting."""
    long, short = (a[1], b[1]) if len(a[1]) >= len(b[1]) else (b[1], a[1])
    tail = long[len(long) - len(short) :]
    axes = tuple(y if x == "1" else x for x, y in zip(tail, short, strict=True))
    return (operation, long[: len(long) - len(short)] + axes, a, b)


def power(t: Tree, exponent: Fraction | int) -> Tree:
    return ("power", t[1], t, Fraction(exponent))


def turned(t: Tree) -> Tree:
    return ("T", t[1][::-1], t)


def matmul(a: Tree, b: Tree) -> Tree:
    return ("matmul", a[1][:-1] + b[1][1:], a, b)


def along(operation: str, t: Tree, place: int, keep: bool = False, mask: Tree | None = None) -> Tree:
    """A reduction, or a softmax, along one axis."""
    if operation in ("softmax", "log_softmax", "argmax"):
        return (operation, t[1], t, place, mask)
    rest = t[1][:place] + (("1",) if keep else ()) + t[1][place + 1 :]
    return (operation, rest, t, place, keep)


def column(t: Tree) -> Tree:
    return ("column", (*t[1], "1"), t)


def einsum(spec: str, *operands: Tree) -> Tree:
    names: dict[str, str] = {}
    for letters, t in zip(spec.split("->")[0].split(","), operands, strict=True):
        names |= dict(zip(letters, t[1], strict=True))
    return ("einsum", tuple(names[x] for x in spec.split("->")[1]), spec, *operands)


def identity(axis: str) -> Tree:
    return ("identity", (axis, axis))


def window(h: str, i: str, p: str, stride: int, padding: int) -> Tree:
    return ("window", (h, i, p), stride, padding)


def gradient(cost: Tree, by: Tree) -> Tree:
    return ("gradient", by[1], cost, by)


def total(t: Tree) -> Tree:
    """The sum of all entries."""
    while t[1]:
        t = along("sum", t, 0)
    return t


def parts(t: Tree) -> list[int]:
    """Where the operands of a formula stand in it; what a gradient is taken by is none."""
    if t[0] == "gradient":
        return [2]
    return [i for i, x in enumerate(t) if i > 1 and isinstance(x, tuple) and x and isinstance(x[0], str)]


def leaves(t: Tree) -> set[Tree]:
    if t[0] == "leaf":
        return {t}
    if t[0] == "gradient":
        return leaves(t[2]) | {t[3]}
    return set().union(*(leaves(t[i]) for i in parts(t)))


# -- for the calculus ------------------------------------------------------------------------------------
def to_tensor(t: Tree) -> Any:
    """The formula as the calculus of tensors takes it."""
    import symbolic.tensor as calculus

    axes = [calculus.ONE if a == "1" else calculus.axis(a) for a in t[1]]
    if t[0] == "leaf":
        return calculus.tensor(t[2], *axes)
    if t[0] == "number":
        return calculus.as_tensor(t[2])
    if t[0] == "size":
        return calculus.axis(t[2]).size
    if t[0] == "identity":
        return calculus.delta(axes[0])
    if t[0] == "window":
        return calculus.window(*axes, stride=t[2], padding=t[3])
    own = [to_tensor(t[i]) for i in parts(t)]
    if t[0] == "gradient":
        return calculus.differentiate(own[0], to_tensor(t[3]))
    if t[0] == "fun":
        name = t[2]
        return (
            calculus.elementwise("g").derivative(own[0], name.count("'"))
            if "'" in name
            else calculus.elementwise(name)(own[0])
        )
    if t[0] == "einsum":
        return calculus.einsum(t[2], *own)
    if t[0] in ("softmax", "log_softmax", "argmax"):
        make = {
            "softmax": calculus.softmax,
            "log_softmax": calculus.log_softmax,
            "argmax": calculus.argmax_mask,
        }
        return make[t[0]](own[0], axis=t[3], **({} if t[4] is None else {"where": own[1]}))
    if t[0] in ("logsumexp", "norm"):
        return getattr(calculus, t[0])(own[0], axis=t[3], keepdims=t[4])
    if t[0] in ALONG:
        return getattr(own[0], t[0])(axis=t[3], keepdims=t[4])
    simple: dict[str, Callable[..., Any]] = {
        "add": lambda a, b: a + b,
        "sub": lambda a, b: a - b,
        "mul": lambda a, b: a * b,
        "div": lambda a, b: a / b,
        "maximum": calculus.maximum,
        "power": lambda a: a ** t[3],
        "T": lambda a: a.T,
        "matmul": lambda a, b: a @ b,
        "column": lambda a: a[:, None],
    }
    return simple[t[0]](*own)


# -- for NumPy -------------------------------------------------------------------------------------------
def _off(z: Any, value: Any) -> Any:
    """The value, and NaN where z is 0: there it jumps."""
    return np.where(np.abs(z) < 1e-9, np.nan, value)


def _erf(z: Any) -> Any:
    """To first order in the imaginary part, which is all that is asked of it."""
    real = np.vectorize(math.erf, otypes=[float])(np.real(z))
    return real + 1j * np.imag(z) * 2 / math.sqrt(math.pi) * np.exp(-(np.real(z) ** 2))


def _positive(z: Any, value: Any) -> Any:
    return np.where(np.real(z) > 0, value, np.nan)


def _normal_cdf(z: Any) -> Any:
    return (1 + _erf(z / math.sqrt(2))) / 2


_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "exp": np.exp,
    "log": lambda z: _positive(z, np.log(np.where(np.real(z) > 0, z, 1))),
    "tanh": np.tanh,
    "sigmoid": lambda z: (1 + np.tanh(z / 2)) / 2,
    "relu": lambda z: np.where(np.real(z) > 0, z, np.where(np.abs(z) < 1e-9, 0 * z, 0)),
    "softplus": lambda z: np.where(np.real(z) > 0, z, 0) + np.log1p(np.exp(np.where(np.real(z) > 0, -z, z))),
    "silu": lambda z: z * (1 + np.tanh(z / 2)) / 2,
    "gelu": lambda z: z * _normal_cdf(z),
    "normal_cdf": _normal_cdf,
    "step": lambda z: _off(z, np.real(z) > 0) + 0 * z,
    "sign": lambda z: _off(z, np.sign(np.real(z))) + 0 * z,
    "abs": lambda z: np.where(np.real(z) < 0, -z, z),
    "square": lambda z: z * z,
    "sqrt": lambda z: _power(z, Fraction(1, 2)),
    # An unknown function is any: what holds for all of them holds for this one, and its slopes are its own.
    "g": lambda z: np.sin(1.3 * z) + z * z / 3 + 0.2,
    "g'": lambda z: 1.3 * np.cos(1.3 * z) + 2 * z / 3,
    "g''": lambda z: -1.69 * np.sin(1.3 * z) + 2 / 3,
}  # fmt: skip


def values(t: Tree, entries: Mapping[str, Any], sizes: Sizes) -> Any:
    """The array that the formula is."""
    with np.errstate(all="ignore"):
        return _values(t, entries, sizes)


def _values(t: Tree, entries: Mapping[str, Any], sizes: Sizes) -> Any:
    if t[0] == "leaf":
        return entries[t[2]]
    if t[0] == "number":
        return np.array(float(t[2]))
    if t[0] == "size":
        return np.array(float(sizes[t[2]]))
    if t[0] == "identity":
        return np.eye(sizes[t[1][0]])
    if t[0] == "window":
        h, i, p = np.ogrid[tuple(slice(sizes[a]) for a in t[1])]
        return (h == t[2] * i + p - t[3]).astype(float)
    if t[0] == "gradient":
        return _gradient(t[2], t[3], entries, sizes)
    own = [_values(t[i], entries, sizes) for i in parts(t)]
    if t[0] == "fun":
        name = t[2]
        if name[0] == "g" and "g" in entries and name.strip("'") == "g":
            return entries["g"].deriv(name.count("'"))(own[0])
        return _FUNCTIONS[name](own[0])
    if t[0] == "einsum":
        return np.einsum(t[2], *own)
    if t[0] in ALONG:
        return _along(t, own[0], None if len(own) < 2 else own[1])
    simple: dict[str, Callable[..., Any]] = {
        "add": lambda a, b: a + b,
        "sub": lambda a, b: a - b,
        "mul": lambda a, b: a * b,
        "div": lambda a, b: a / np.where(np.abs(b) < 1e-12, np.nan, b),
        "maximum": lambda a, b: np.where(np.real(a - b) > 0, a, b + 0 * a),
        "power": lambda a: _power(a, t[3]),
        "T": np.transpose,
        "matmul": np.matmul,
        "column": lambda a: a[:, None],
    }
    return simple[t[0]](*own)


def _power(base: Any, exponent: Fraction) -> Any:
    if exponent.denominator == 1:
        bad = (np.abs(base) < 1e-12) & (exponent < 0)
        return np.where(bad, np.nan, np.where(bad, 1, base) ** int(exponent))
    root = _positive(base, np.where(np.real(base) > 0, base, 1) ** float(exponent))
    return np.where(base == 0, 0, root) if exponent > 0 else root


def _along(t: Tree, x: Any, mask: Any) -> Any:
    operation, place = t[0], t[3]
    top = np.take_along_axis(x, np.argmax(np.real(x), axis=place, keepdims=True), axis=place)
    if operation in ("softmax", "log_softmax", "argmax"):
        if operation == "argmax":
            ties = np.sum(np.abs(np.real(x - top)) < 1e-9, axis=place, keepdims=True) > 1
            return np.where(ties, np.nan, np.real(x) == np.real(top)) + 0 * x
        weights = np.exp(x - top) if mask is None else mask * np.exp(x - top)
        share = np.sum(weights, axis=place, keepdims=True)
        share = np.where(np.abs(share) < 1e-12, np.nan, share)
        return weights / share if operation == "softmax" else x - top - np.log(share)
    keep = t[4]
    result = {
        "sum": lambda: np.sum(x, axis=place, keepdims=True),
        "mean": lambda: np.mean(x, axis=place, keepdims=True),
        "max": lambda: top,
        "logsumexp": lambda: top + np.log(np.sum(np.exp(x - top), axis=place, keepdims=True)),
        "norm": lambda: _power(np.sum(x * x, axis=place, keepdims=True), Fraction(1, 2)),
        "var": lambda: np.mean((x - np.mean(x, axis=place, keepdims=True)) ** 2, axis=place, keepdims=True),
    }[operation]()
    return result if keep else np.squeeze(result, axis=place)


def _holds_gradient(t: Tree) -> bool:
    return t[0] == "gradient" or any(_holds_gradient(t[i]) for i in parts(t))


def _gradient(cost: Tree, by: Tree, entries: Mapping[str, Any], sizes: Sizes) -> Any:
    """The derivative of a cost by every entry, by complex steps; of a derivative by differences of them."""
    at = np.asarray(entries[by[2]])
    result = np.empty(at.shape)
    again = _holds_gradient(cost)
    for place in np.ndindex(*at.shape):
        if again:
            up, down = at.copy(), at.copy()
            up[place] += 1e-5
            down[place] -= 1e-5
            ends = [_values(cost, {**entries, by[2]: x}, sizes) for x in (up, down)]
            result[place] = (ends[0] - ends[1]) / 2e-5
            continue
        moved = at.astype(complex)
        moved[place] += 1e-30j
        result[place] = np.imag(_values(cost, {**entries, by[2]: moved}, sizes)) / 1e-30
    return result
