"""Certified values of an expression at small sizes: every entry a ball that holds the true number.

Entries that are exactly zero are left out, so one-hot tensors, deltas and convolution windows cost what they hold.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product as all_of
from typing import Any

from flint import arb, fmpq

from symbolic.tensor._axes import ONE, Axis
from symbolic.tensor._errors import TensorLimitError
from symbolic.tensor._nodes import (
    Add,
    ArgMax,
    Delta,
    Einsum,
    LogSumExp,
    Map,
    MaxOver,
    Named,
    Number,
    Power,
    Size,
    Softmax,
    Symbol,
    Tensor,
    Window,
    in_order,
)

JOIN_LIMIT = 2_000_000  # pairs of entries in one product

Ball = Any  # flint.arb carries no types
Cells = dict[tuple[int, ...], Ball]
Operand = tuple[Cells, tuple[int, ...]]


class NotDefinedHere(Exception):
    """The point lies outside the domain, on a kink, or outside the hypotheses: it can neither prove nor refute."""


@dataclass
class Point:
    """Sizes, entries, and a concrete function for every unknown one.

    Attributes
    ----------
    sizes : mapping from axis name to int
    entries : mapping from tensor name to its cells, as exact rationals
    functions : callable
        `functions(name)` gives the rational coefficients of the polynomial that stands for an unknown function.
    deadline : float
        On the clock of `time.perf_counter`.
    """

    sizes: Mapping[str, int]
    entries: Mapping[str, Mapping[tuple[int, ...], Fraction]]
    functions: Callable[[str], tuple[Fraction, ...]]
    deadline: float = float("inf")
    known: dict[Tensor, Cells] = field(default_factory=dict)

    def size(self, axis: Axis) -> int:
        """Give the number of entries along an axis."""
        return 1 if axis == ONE else self.sizes[axis.name]


def ball(value: Fraction | int) -> Ball:
    """Make the smallest ball of the working precision that holds a rational."""
    value = Fraction(value)
    return arb(fmpq(value.numerator, value.denominator))


def evaluate(root: Tensor, point: Point) -> Cells:
    """Compute every entry of an expression at a point.

    Parameters
    ----------
    root : Tensor
    point : Point

    Returns
    -------
    dict
        Ball for each index; an index that is missing is exactly zero.
    """
    for node in in_order([root]):
        if node not in point.known:
            if time.perf_counter() > point.deadline:
                raise TensorLimitError("the evaluation took more than the time allowed; raise the timeout.")
            point.known[node] = _cells(node, point)
    return point.known[root]


def places(node: Tensor, point: Point) -> list[tuple[int, ...]]:
    """List every index of an expression at a point."""
    return list(all_of(*(range(point.size(axis)) for axis in node.axes)))


def _cells(node: Tensor, point: Point) -> Cells:
    known = point.known
    if isinstance(node, Number):
        return {(): ball(node.value)} if node.value else {}
    if isinstance(node, Named):
        return known[node.value]
    if isinstance(node, Size):
        return {(): ball(point.size(node.axis))}
    if isinstance(node, Symbol):
        return {place: ball(value) for place, value in point.entries[node.name].items() if value}
    if isinstance(node, Add):
        total: Cells = {}
        for coefficient, term in node.terms:
            factor = ball(coefficient)
            for place, value in known[term].items():
                total[place] = total.get(place, 0) + factor * value
        return total
    if isinstance(node, Einsum):
        return _einsum(node, point)
    if isinstance(node, Delta):
        return {(i, i): arb(1) for i in range(point.size(node.axes[0]))}
    if isinstance(node, Window):
        sizes = [range(point.size(axis)) for axis in node.axes]
        found = ((h, i, p) for h, i, p in all_of(*sizes) if h == node.stride * i + p - node.padding)
        return {place: arb(1) for place in found}
    if isinstance(node, Power):
        base = known[node.base]
        return {place: _power(base.get(place, arb(0)), node.exponent) for place in places(node, point)}
    if isinstance(node, Map):
        inner = known[node.argument]
        apply = _function(node, point)
        return {place: apply(inner.get(place, arb(0))) for place in places(node, point)}
    assert isinstance(node, Softmax | LogSumExp | MaxOver | ArgMax)
    return _along(node, point)


def _einsum(node: Einsum, point: Point) -> Cells:
    operands: list[Operand] = [(point.known[factor], labels) for factor, labels in node.factors]
    have: Operand = ({(): ball(node.coefficient)}, ())
    while operands:
        operands.sort(key=lambda one: -len(set(one[1]) & set(have[1])))
        right = operands.pop(0)
        later = set(node.out).union(*(labels for _, labels in operands))
        have = _join(have, right, later)
    cells, labels = have
    if labels == node.out:
        return cells
    result: Cells = {}
    free = [label for label in node.out if label not in labels]
    ranges = [range(point.size(node.labels[label])) for label in free]
    for place, value in cells.items():
        at = dict(zip(labels, place, strict=True))
        for more in all_of(*ranges):
            at.update(zip(free, more, strict=True))
            result[tuple(at[label] for label in node.out)] = value
    return result


def _join(left: Operand, right: Operand, later: set[int]) -> Operand:
    """Multiply two operands where their labels agree, and sum what nobody needs later."""
    (a, a_labels), (b, b_labels) = left, right
    shared = tuple(dict.fromkeys(label for label in b_labels if label in a_labels))
    out = tuple(dict.fromkeys(label for label in (*a_labels, *b_labels) if label in later))
    groups: dict[tuple[int, ...], list[tuple[dict[int, int], Ball]]] = {}
    for place, value in b.items():
        at: dict[int, int] = {}
        if all(at.setdefault(label, i) == i for label, i in zip(b_labels, place, strict=True)):
            groups.setdefault(tuple(at[label] for label in shared), []).append((at, value))
    result: Cells = {}
    work = 0
    for place, value in a.items():
        at = dict(zip(a_labels, place, strict=True))
        work += len(groups)
        if work > JOIN_LIMIT:
            raise NotDefinedHere  # too large a point to try: another has smaller sizes
        for more, other in groups.get(tuple(at[label] for label in shared), ()):
            both = {**at, **more}
            key = tuple(both[label] for label in out)
            result[key] = result[key] + value * other if key in result else value * other
    return result, out


def _finite(value: Ball) -> Ball:
    if not value.is_finite():
        raise NotDefinedHere
    return value


def _power(base: Ball, exponent: Fraction) -> Ball:
    if exponent.denominator == 1:
        if exponent < 0 and 0 in base:
            raise NotDefinedHere
        return _finite(base ** int(exponent))
    if not (base > 0 or (exponent > 0 and base == 0)):
        raise NotDefinedHere
    root = (
        base.sqrt()
        if exponent.denominator == 2
        else (base.log() / exponent.denominator).exp()
        if base != 0
        else base
    )
    return _finite(root**exponent.numerator)


def _sign(x: Ball) -> int:
    if 0 in x:
        raise NotDefinedHere  # on a kink, or too close to tell
    return 1 if x > 0 else -1


def _log(x: Ball) -> Ball:
    if not x > 0:
        raise NotDefinedHere
    return _finite(x.log())


def _relu(x: Ball) -> Ball:
    if x > 0:
        return x
    return arb(0) if x <= 0 else x.union(arb(0))


def _normal_cdf(x: Ball) -> Ball:
    return (-x / arb(2).sqrt()).erfc() / 2


BALLS: dict[str, Callable[[Ball], Ball]] = {
    "exp": lambda x: _finite(x.exp()),
    "log": _log,
    "tanh": lambda x: x.tanh(),
    "sigmoid": lambda x: 1 / (1 + (-x).exp()),
    "softplus": lambda x: x.exp().log1p(),
    "silu": lambda x: x / (1 + (-x).exp()),
    "relu": _relu,
    "step": lambda x: arb(1 if _sign(x) > 0 else 0),
    "sign": lambda x: arb(_sign(x)),
    "abs": lambda x: abs(x),
    "normal_cdf": _normal_cdf,
    "normal_pdf": lambda x: (-(x**2) / 2).exp() / (2 * arb.pi()).sqrt(),
    "gelu": lambda x: x * _normal_cdf(x),
}


def _function(node: Map, point: Point) -> Callable[[Ball], Ball]:
    if node.function in BALLS:
        known = BALLS[node.function]
        return lambda x: _finite(known(x))
    coefficients = list(point.functions(node.function))
    for _ in range(node.order):
        coefficients = [power * value for power, value in enumerate(coefficients)][1:]
    balls = [ball(value) for value in coefficients]

    def horner(x: Ball) -> Ball:
        total = arb(0)
        for value in reversed(balls):
            total = total * x + value
        return total

    return horner


def _along(node: Softmax | LogSumExp | MaxOver | ArgMax, point: Point) -> Cells:
    values = point.known[node.argument]
    mask = point.known[node.mask] if isinstance(node, Softmax) and node.mask is not None else None
    columns: dict[tuple[int, ...], list[tuple[int, ...]]] = {}
    for place in places(node.argument, point):
        columns.setdefault(tuple(i for k, i in enumerate(place) if k not in node.places), []).append(place)
    result: Cells = {}
    for rest, members in columns.items():
        column = [values.get(place, arb(0)) for place in members]
        if isinstance(node, MaxOver):
            top = column[0]
            for value in column[1:]:
                top = top.max(value)
            result[rest] = _finite(top)
        elif isinstance(node, ArgMax):
            winners = [k for k, x in enumerate(column) if all(x > y for j, y in enumerate(column) if j != k)]
            if not winners:
                raise NotDefinedHere  # a tie, or too close to tell
            result[members[winners[0]]] = arb(1)
        else:
            weights = [value.exp() for value in column]
            if mask is not None:
                weights = [w * mask.get(place, arb(0)) for w, place in zip(weights, members, strict=True)]
            total = sum(weights, arb(0))
            if isinstance(node, LogSumExp):
                result[rest] = _log(total)
                continue
            if 0 in total:
                raise NotDefinedHere
            result.update((place, _finite(w / total)) for w, place in zip(weights, members, strict=True))
    return result
