"""Certified entries of tensor expressions at small sizes, for the program that checks certificates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import product
from typing import Any

import mpmath

from symbolic._replay._interval import (
    Interval,
    NoValue,
    check_apart,
    check_value,
    function,
    integer_power,
    inverse,
    largest,
    log,
    number,
    polynomial,
    real_power,
    sign,
)
from symbolic._replay._ring import Wrong
from symbolic._replay._tensor_program import Node

At = tuple[int, ...]
DIGITS = (25, 100, 400)
MAX_CELLS = 200_000


def check_tensor_refutation(certificate: Mapping[str, Any]) -> None:
    """The hypotheses hold at the point; the two values of one entry lie where it says, and are certainly different."""

    def values() -> list[Interval]:
        table = _Entries(certificate, certificate["point"])
        return [table(i, tuple(certificate["entry"])) for i in certificate["sides"]]

    check_apart(certificate["enclosures"], DIGITS, values)


def check_tensor_witness(certificate: Mapping[str, Any]) -> None:
    """There is a point at which the hypotheses hold and every entry of both sides has a value."""

    def values() -> None:
        entries = _Entries(certificate, certificate["point"])
        for i in certificate["sides"]:
            for at in entries.places(certificate["nodes"][i]["axes"]):
                entries(i, at)

    check_value(DIGITS, values)


class _Entries:
    """The entries of each node at a point, computed when they are asked for."""

    def __init__(self, certificate: Mapping[str, Any], point: Mapping[str, Any]) -> None:
        self.nodes, self.functions, self.sizes = certificate["nodes"], point["functions"], point["sizes"]
        if any(type(n) is not int or n < 1 for n in self.sizes.values()):
            raise Wrong("a size is not a whole number of at least one")
        self.given = {
            name: {tuple(at): Fraction(q) for at, q in cells} for name, cells in point["entries"].items()
        }
        for name, cells in self.given.items():
            if name.startswith("index from ") and any(
                q != int(name.split()[2]) + n for (n,), q in cells.items()
            ):
                raise Wrong(f"the entries of {name} are others")
        shapes = {node["name"]: node["axes"] for node in self.nodes if node["op"] == "Symbol"}
        if self.given.keys() != shapes.keys() or any(
            cells.keys() != set(self.places(shapes[name])) or len(cells) != len(point["entries"][name])
            for name, cells in self.given.items()
        ):
            raise Wrong("the point does not have every entry of every tensor, and no others")
        for kind, name, place in certificate["hypotheses"]:
            _check_hypothesis(kind, name, place, self.given[name])
        self.done: dict[tuple[int, At], Interval] = {}

    def places(self, axes: Sequence[str]) -> list[At]:
        return list(product(*(range(1 if axis == "1" else self.sizes[axis]) for axis in axes)))

    def __call__(self, i: int, at: At) -> Interval:
        if (i, at) not in self.done:
            if len(self.done) > MAX_CELLS:
                raise Wrong("the point is larger than those of the prover")
            self.done[i, at] = self._entry(self.nodes[i], at)
        return self.done[i, at]

    def _entry(self, node: Node, at: At) -> Interval:
        op, of = node["op"], node["of"]
        if op in ("Number", "Size", "Symbol"):
            return number(
                node["value"]
                if op == "Number"
                else self.sizes[node["axis"]]
                if op == "Size"
                else self.given[node["name"]][at]
            )
        if op in ("Delta", "Window"):
            return number(
                int(at[0] == (at[1] if op == "Delta" else node["stride"] * at[1] + at[2] - node["padding"]))
            )
        if op == "Add":
            return sum((number(c) * self(j, at) for c, j in zip(node["values"], of, strict=True)), number(0))
        if op == "Einsum":
            return self._einsum(node, at)
        if op == "Power":
            return _power(self(of[0], at), Fraction(node["value"]))
        if op == "Map":
            return self._map(node, self(of[0], at))
        return self._along(node, at)

    def _einsum(self, node: Node, at: At) -> Interval:
        """Index by index, factor by factor; a factor that is exactly 0 ends its product."""
        bound = dict(zip(node["out"], at, strict=True))
        order = sorted(
            zip(node["of"], node["at"], strict=True),
            key=lambda one: self.nodes[one[0]]["op"] not in ("Window", "Delta", "Symbol"),
        )

        def rest(n: int, bound: Mapping[int, int]) -> Interval:
            if n == len(order):
                return number(1)
            i, labels = order[n]
            free = [label for label in dict.fromkeys(labels) if label not in bound]
            total = number(0)
            for more in self.places([node["labels"][label] for label in free]):
                here = {**bound, **dict(zip(free, more, strict=True))}
                value = self(i, tuple(here[label] for label in labels))
                if not (value.a == 0 and value.b == 0):
                    total = total + value * rest(n + 1, here)
            return total

        return number(node["value"]) * rest(0, bound)

    def _map(self, node: Node, x: Interval) -> Interval:
        name = node["function"]
        if name not in _FUNCTIONS:
            return polynomial(self.functions[name], node["order"], x)
        return _FUNCTIONS[name](x)

    def _along(self, node: Node, at: At) -> Interval:
        argument, *mask = node["of"]
        places, op = node["places"], node["op"]
        axes = self.nodes[argument]["axes"]
        keeps = op in ("Softmax", "ArgMax")
        others = iter(at)
        fixed = [next(others) if keeps or n not in places else 0 for n in range(len(axes))]
        column: list[At] = []
        for along in self.places([axes[n] for n in places]):
            moved = dict(zip(places, along, strict=True))
            column.append(tuple(moved.get(n, k) for n, k in enumerate(fixed)))
        values = {here: self(argument, here) for here in column}
        if op == "MaxOver":
            top = values[column[0]]
            for here in column[1:]:
                top = largest(top, values[here])
            return top
        if op == "ArgMax":
            above = [
                here
                for here in column
                if all(values[here] > values[other] for other in column if other != here)
            ]
            if not above:
                raise NoValue
            return number(int(above[0] == at))
        weights = {
            here: mpmath.iv.exp(value) * (self(mask[0], here) if mask else 1)
            for here, value in values.items()
        }
        total = sum(weights.values(), number(0))
        return log(total) if op == "LogSumExp" else weights[at] * inverse(total)


def _check_hypothesis(kind: str, name: str, place: int, cells: Mapping[At, Fraction]) -> None:
    fine: Mapping[str, Callable[[Fraction], bool]] = {
        "positive": lambda q: q > 0,
        "binary": lambda q: q in (0, 1),
        "one_hot": lambda q: q in (0, 1),
        "probability": lambda q: q >= 0,
        "adds_up": lambda q: True,
    }
    totals: dict[At, Fraction] = {}
    for at, q in cells.items():
        rest = at[:place] + at[place + 1 :]
        totals[rest] = totals.get(rest, Fraction(0)) + q
    adds_up = kind not in ("one_hot", "probability", "adds_up") or set(totals.values()) == {Fraction(1)}
    if not adds_up or not all(fine[kind](q) for q in cells.values()):
        raise Wrong(f"the hypothesis on {name} fails at the point")


def _power(x: Interval, e: Fraction) -> Interval:
    if e.denominator == 1:
        return integer_power(x, e.numerator)
    return x if e > 0 and x.a == 0 and x.b == 0 else real_power(x, number(e))


def _cdf(x: Interval) -> Interval:
    return (1 + function("erf", x / mpmath.iv.sqrt(number(2)))) / 2


def _sigmoid(x: Interval) -> Interval:
    return 1 / (1 + mpmath.iv.exp(-x))


_FUNCTIONS: Mapping[str, Callable[[Interval], Interval]] = {
    "exp": lambda x: mpmath.iv.exp(x),
    "log": log,
    "tanh": lambda x: 1 - 2 / (1 + mpmath.iv.exp(2 * x)),
    "sigmoid": _sigmoid,
    "softplus": lambda x: log(1 + mpmath.iv.exp(x)),
    "silu": lambda x: x * _sigmoid(x),
    "relu": lambda x: largest(x, number(0)),
    "step": lambda x: number(max(sign(x), 0)),
    "sign": lambda x: number(sign(x)),
    "abs": abs,
    "normal_cdf": _cdf,
    "normal_pdf": lambda x: mpmath.iv.exp(-x * x / 2) / mpmath.iv.sqrt(2 * mpmath.iv.pi),
    "gelu": lambda x: x * _cdf(x),
}
