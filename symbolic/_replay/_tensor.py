"""Checks proofs about tensors for all sizes at once, with a normaliser of its own.

One entry of both sides, at free indices, is brought to normal form, and the difference is zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from symbolic._replay._ring import Wrong
from symbolic._replay._sums import Sums
from symbolic._replay._terms import (
    Index,
    Poly,
    add,
    delta,
    entry,
    fresh,
    number,
    single,
    size,
    whole,
    window,
)

Place = tuple[Index | None, ...]  # None stands for the only index of an axis of size 1
FUNCTIONS = ("Map", "Softmax", "LogSumExp", "MaxOver", "ArgMax")


def check_tensor_proof(certificate: Mapping[str, Any]) -> None:
    """Both sides have one normal form."""
    nodes, (lhs, rhs) = certificate["nodes"], certificate["sides"]
    logs = {
        nodes[node["of"][0]]["name"]
        for node in nodes
        if node.get("function") == "log" and nodes[node["of"][0]]["op"] == "Symbol"
    }
    problem = Wrong("the two sides have different normal forms")
    functions = {i for i, node in enumerate(nodes) if node["op"] in FUNCTIONS}
    shared = (
        _under(nodes, lhs)
        & _under(nodes, rhs)
        & {i for i, x in enumerate(nodes) if x["op"] in ("Add", "Power")}
    )
    for apart in (functions | shared, functions, set[int]()):
        entries = _Entries(certificate, logs, apart)
        try:
            place = tuple(None if x == "1" else (x, 0, n + 1) for n, x in enumerate(nodes[lhs]["axes"]))
            if entries.algebra.vanishes(add(entries(lhs, place), entries(rhs, place), -1)):
                return
        except Wrong as found:
            problem = found
    raise problem


def _under(nodes: Sequence[Mapping[str, Any]], side: int) -> set[int]:
    found = {side}
    for i in range(side, -1, -1):
        found |= set(nodes[i]["of"]) if i in found else set()
    return found


class _Entries:
    """Entries of nodes at indices, in normal form. What holds for any tensors in place of those apart holds for them."""

    def __init__(self, certificate: Mapping[str, Any], logs: set[str], apart: set[int]) -> None:
        self.nodes, self.apart = certificate["nodes"], apart
        # A tensor under a logarithm is positive wherever the sides have values.
        self.algebra = Sums((tuple(h) for h in certificate["hypotheses"]), logs)
        self.known: dict[tuple[int, Place], Poly] = {}

    def __call__(self, i: int, place: Place) -> Poly:
        if (i, place) not in self.known:
            self.known[i, place] = self._entry(i, self.nodes[i], place)
        return self.known[i, place]

    def _entry(self, i: int, node: Mapping[str, Any], place: Place) -> Poly:
        algebra, op = self.algebra, node["op"]
        indices = tuple(x for x in place if x is not None)
        if i in self.apart:
            return single(entry(f"°{i}", indices, False))
        if op == "Number":
            return number(Fraction(node["value"]))
        if op == "Size":
            return single(size(node["axis"]))
        if op == "Symbol":
            return single(entry(node["name"], indices, node["name"] in algebra.positive))
        if op == "Delta":
            return delta(*indices)
        if op == "Window":
            return window(indices[0], indices[1], indices[2], node["stride"], node["padding"])
        if op == "Add":
            total: Poly = {}
            for c, j in zip(node["values"], node["of"], strict=True):
                total = add(total, self(j, place), Fraction(c))
            return total
        if op == "Einsum":
            return self._einsum(node, place)
        if op == "Power":
            return algebra.power(self(node["of"][0], place), whole(Fraction(node["value"])))
        if op == "Map":
            return algebra.apply(node["function"], node["order"], self(node["of"][0], place))
        return self._along(node, place)

    def _einsum(self, node: Mapping[str, Any], place: Place) -> Poly:
        where: dict[int, Index | None] = dict.fromkeys(range(len(node["labels"])))
        where.update(zip(node["out"], place, strict=True))
        summed = [n for n, axis in enumerate(node["labels"]) if n not in node["out"] and axis != "1"]
        indices = fresh((node["labels"][n] for n in summed), (x for x in place if x is not None))
        where.update(zip(summed, indices, strict=True))
        product = number(Fraction(node["value"]))
        for j, labels in zip(node["of"], node["at"], strict=True):
            product = self.algebra.times(product, self(j, tuple(where[n] for n in labels)))
        return self.algebra.total(product, indices)

    def _along(self, node: Mapping[str, Any], place: Place) -> Poly:
        """Softmax, log-sum-exp and maxima: what runs along whole axes."""
        algebra, (argument, *mask) = self.algebra, node["of"]
        keeps, outer = node["op"] in ("Softmax", "ArgMax"), iter(place)
        inner: list[Index | None] = []
        indices: list[Index] = []
        for n, axis in enumerate(self.nodes[argument]["axes"]):
            here = next(outer) if keeps or n not in node["places"] else None
            if n in node["places"] and axis != "1":
                (here,) = fresh([axis], (x for x in (*place, *indices) if x is not None))
                indices.append(here)
            inner.append(here)
        value = self(argument, tuple(inner))
        if node["op"] == "MaxOver":
            return algebra.largest(value, indices)
        if node["op"] == "ArgMax":
            return algebra.step(add(algebra.largest(value, indices), self(argument, place), -1), "zero°")
        weights = [algebra.exp(value)]
        if node["op"] == "LogSumExp":
            return algebra.log(algebra.total(weights[0], indices))
        weights.append(algebra.exp(self(argument, place)))
        if mask:
            weights = [
                algebra.times(w, self(mask[0], at))
                for w, at in zip(weights, (tuple(inner), place), strict=True)
            ]
        return algebra.times(weights[1], algebra.power(algebra.total(weights[0], indices), -1))
