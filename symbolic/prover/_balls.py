"""Evaluates a program at a rational point in ball arithmetic (Arb), so that every digit shown is certain.

A value is an exact rational (fmpq), a ball (arb), or None where it is undefined or cannot be told at this precision.
Conditions are True, False, or None. A point on a kink, that is where a condition or a jump sits exactly on its
boundary, has no value: nothing is claimed there, so nothing may be refuted there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

from flint import arb, ctx, fmpq, fmpz

from symbolic.prover._program import Node, Program
from symbolic.prover._verdict import Enclosure

EXACT_BITS = 3_000  # beyond it a rational becomes a ball
MAX_EXPONENT = 100_000  # of two, in a value
# The working precision of Arb is one number for the whole process. A thread that meets another's precision gets
# wider or narrower balls, never wrong ones; the lock keeps them from getting stuck at the other's.
_PRECISION = threading.RLock()

Value = Any


def evaluate(
    program: Program,
    order: Sequence[int],
    point: Mapping[str, fmpq],
    precision: int,
    functions: Mapping[str, Sequence[fmpq]] | None = None,
) -> dict[int, Value]:
    """Evaluate the nodes of ``order``.

    Parameters
    ----------
    program : Program
    order : sequence of int
        Nodes in the order in which they can be computed (`Program.reach`).
    point : Mapping[str, fmpq]
        The variables.
    precision : int
        Bits.
    functions : Mapping[str, sequence of fmpq], optional
        For each unknown function the coefficients of the polynomial that stands for it, constant first.

    Returns
    -------
    dict
        The value of each node.
    """
    values: dict[int, Value] = {}
    with at_precision(precision):
        for i in order:
            node = program.nodes[i]
            op = node[0]
            if op == "sym":
                values[i] = point.get(node[1])
            elif op == "num":
                values[i] = node[1]
            else:
                if op == "g":
                    value = _unknown(node, values, functions or {})
                elif op == "pow":
                    value = _pow(node, values, program.is_integer(node[2]))
                else:
                    value = _RULES[op](node, values)
                # Too large to write down is as good as no value at all.
                values[i] = (
                    None if op in _GROWING and type(value) is arb and not _sane(value) else _tidy(value)
                )
    return values


@contextmanager
def at_precision(bits: int) -> Iterator[None]:
    """Work with so many bits."""
    with _PRECISION:
        before = ctx.prec
        ctx.prec = bits
        try:
            yield
        finally:
            ctx.prec = before


def enclosure(value: Value) -> Enclosure:
    """The interval of a value, with exact ends."""
    if isinstance(value, fmpq):
        exact = Fraction(int(value.p), int(value.q))
        return Enclosure(exact, exact)
    # mid and rad are exact dyadic numbers; lower() and upper() would round at the precision of the moment.
    middle, radius = _dyadic(value.mid()), _dyadic(value.rad()) if _writable(value.rad()) else _TINY
    return Enclosure(middle - radius, middle + radius)


def differ(left: Value, right: Value, precision: int) -> bool:
    """Say whether two values are certainly different."""
    if left is None or right is None:
        return False
    if isinstance(left, fmpq) and isinstance(right, fmpq):
        return bool(left != right)
    with at_precision(precision):
        first, second = _ball(left), _ball(right)
        return bool(first < second or first > second)


def sign(value: Value) -> int | None:
    """1, -1, exactly 0, or None when the ball cannot tell."""
    if value is None:
        return None
    if isinstance(value, fmpq):
        return 0 if value == 0 else (1 if value > 0 else -1)
    if value > 0:
        return 1
    if value < 0:
        return -1
    return 0 if value.is_zero() else None


def _writable(radius: arb) -> bool:
    return int(radius.man_exp()[1]) > -2 * MAX_EXPONENT


def _dyadic(number: arb) -> Fraction:
    mantissa, exponent = number.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def _tidy(value: Value) -> Value:
    if isinstance(value, fmpq):
        if max(abs(value.p).bit_length(), value.q.bit_length()) > EXACT_BITS:
            return arb(value)
        return value
    if isinstance(value, arb):
        return value if value.is_finite() else None
    return value


_GROWING = frozenset(("mul", "inv", "int", "pow", "exp", "fun", "g"))


def _sane(value: arb) -> bool:
    """Whether the ends of a ball can be written down as rational numbers."""
    return bool(value.abs_upper() < _HUGE) and int(value.mid().man_exp()[1]) > -MAX_EXPONENT


_HUGE = arb(2) ** MAX_EXPONENT
# Stands for a radius too small to write down. Middles are multiples of far more than that: disjoint stays disjoint.
_TINY = Fraction(1, 1 << (2 * MAX_EXPONENT - 60))


def _ball(value: Value) -> arb:
    return arb(value) if isinstance(value, fmpq) else value


def _add(node: Node, v: Mapping[int, Value]) -> Value:
    total: Value = fmpq(0)
    for i in node[1:]:
        term = v[i]
        if term is None:
            return None
        total = total + term if type(total) is type(term) else _ball(total) + _ball(term)
    return total


def _mul(node: Node, v: Mapping[int, Value]) -> Value:
    product: Value = fmpq(1)
    for i in node[1:]:
        factor = v[i]
        if factor is None:
            return None
        product = product * factor if type(product) is type(factor) else _ball(product) * _ball(factor)
    return product


def _inv(node: Node, v: Mapping[int, Value]) -> Value:
    u = v[node[1]]
    return None if not sign(u) else 1 / u


def _int(node: Node, v: Mapping[int, Value]) -> Value:
    u, n = v[node[1]], node[2]
    if u is None or (n < 0 and not sign(u)):
        return None
    if isinstance(u, fmpq):
        if max(abs(u.p).bit_length(), u.q.bit_length()) * abs(n) <= EXACT_BITS:
            return u**n
        u = arb(u)
    return u ** fmpz(n)


def _root(node: Node, v: Mapping[int, Value]) -> Value:
    _, i, p, q = node
    u, s = v[i], sign(v[i])
    if s != 1:
        # The root of 0 is 0, but it sits on the border of the domain, which a proof may leave out.
        return None
    power = arb(u) ** fmpz(p) if p != 1 else _ball(u)
    return power.root(q) if q < 1 << 20 else None


def _pow(node: Node, v: Mapping[int, Value], whole: bool) -> Value:
    u, e = v[node[1]], v[node[2]]
    s = sign(u)
    if e is None or not s:
        return None
    if isinstance(e, fmpq) and e.q == 1 and abs(e.p) < 1 << 30 and (whole or s == 1):
        return _int(("int", node[1], int(e.p)), v)
    return (_ball(u).log() * _ball(e)).exp() if s == 1 else None


def _log(node: Node, v: Mapping[int, Value]) -> Value:
    u = v[node[1]]
    if sign(u) != 1:
        return None
    return fmpq(0) if isinstance(u, fmpq) and u == 1 else _ball(u).log()


def _exp(node: Node, v: Mapping[int, Value]) -> Value:
    u = v[node[1]]
    if u is None:
        return None
    return fmpq(1) if isinstance(u, fmpq) and u == 0 else _ball(u).exp()


def _abs(node: Node, v: Mapping[int, Value]) -> Value:
    u = v[node[1]]
    return None if u is None else abs(u)


def _jump(node: Node, v: Mapping[int, Value]) -> Value:
    s = sign(v[node[1]])
    if not s:
        return None
    return fmpq(s) if node[0] == "sign" else fmpq(max(s, 0))


def _extremum(node: Node, v: Mapping[int, Value]) -> Value:
    a, b = v[node[1]], v[node[2]]
    if a is None or b is None:
        return None
    if isinstance(a, fmpq) and isinstance(b, fmpq):
        return max(a, b) if node[0] == "max" else min(a, b)
    return _ball(a).max(_ball(b)) if node[0] == "max" else _ball(a).min(_ball(b))


def _if(node: Node, v: Mapping[int, Value]) -> Value:
    c = v[node[1]]
    return None if c is None else v[node[2] if c else node[3]]


def _both(node: Node, v: Mapping[int, Value]) -> Value:
    return None if v[node[2]] is None else v[node[1]]


def _compare(node: Node, v: Mapping[int, Value]) -> bool | None:
    s = sign(v[node[1]])
    return None if not s else (s > 0 and node[0] != "eq")


def _logic(node: Node, v: Mapping[int, Value]) -> bool | None:
    # A condition without a value has no value, even where the other part would decide.
    parts = [v[i] for i in node[1:]]
    if any(part is None for part in parts):
        return None
    if node[0] == "not":
        return not parts[0]
    return all(parts) if node[0] == "and" else any(parts)


def _const(node: Node, v: Mapping[int, Value]) -> Value:
    return {"pi": arb.pi, "euler": arb.const_euler, "catalan": arb.const_catalan}[node[1]]()


def _fun(node: Node, v: Mapping[int, Value]) -> Value:
    name, u = node[1], v[node[2]]
    if u is None:
        return None
    u = _ball(u)
    if name in ("asin", "acos") and not abs(u) < 1:
        return None
    if name in ("gamma", "digamma") and not u > 0 and u.contains_integer():
        return None
    return getattr(u, name)()


def _unknown(node: Node, v: Mapping[int, Value], functions: Mapping[str, Sequence[fmpq]]) -> Value:
    _, name, order, i = node
    u, coefficients = v[i], list(functions.get(name, ()))
    if u is None or not coefficients:
        return None
    for _ in range(order):
        coefficients = [k * c for k, c in enumerate(coefficients)][1:]
    total: Value = fmpq(0)
    for c in reversed(coefficients):
        total = total * u + c
    return _tidy(total)


_RULES: dict[str, Callable[[Node, Mapping[int, Value]], Value]] = {
    "add": _add, "mul": _mul, "inv": _inv, "int": _int, "root": _root, "exp": _exp, "log": _log,
    "abs": _abs, "sign": _jump, "step": _jump, "max": _extremum, "min": _extremum, "if": _if, "both": _both,
    "gt": _compare, "ge": _compare, "eq": _compare, "and": _logic, "or": _logic, "not": _logic,
    "const": _const, "fun": _fun, "true": lambda node, v: True, "false": lambda node, v: False,
}  # fmt: skip
