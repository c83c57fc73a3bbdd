"""Proofs of equal cells by the scalar prover, with intermediate quantities as free symbols where that is enough."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heapify, heappop, heappush

from .._limits import Budget
from ._dag import Graph, Node, reachable
from ._export import Export
from ._polynomials import same_polynomial
from ._spelled import same_spelled_out

# A proof is tried first with every named quantity free, then with the outermost ones written out, and so on.
DEPTHS = (0, 1, 2, 4, 99)
# Where most pairs are proved, without a program for the prover.
_FIRST = (0, 1)
# In the place of a depth: what both sides share is free.
SHARED = 3
# Seconds of the processor in vain from which on the next pair begins with what proved this one.
_LONG = 0.002


def prove_equal(graph: Graph, a: Node, b: Node, budget: Budget) -> tuple[bool, str]:
    """Prove that two nodes are equal wherever both are defined.

    Returns
    -------
    tuple of bool and str
        Whether it is proved, and what the proof rests on or what stood in its way.
    """
    if a is b:
        return True, "both sides are the same expression"
    from symbolic.prover import prove_program

    reason = "the prover found no proof"
    tried: set[frozenset[int]] = set()
    before = budget.left
    for depth in _FIRST:
        if same_spelled_out(a, b, _frontier((a, b), depth)):
            return True, "both sides are the same polynomial in what stands in them"
    for depth, symbols, seconds in _choices((a, b), graph.proved_at):
        if symbols in tried:
            continue
        tried.add(symbols)
        budget.check()
        export = graph.exports.get(symbols)
        if export is None:
            export = graph.exports[symbols] = Export(symbols)
        lhs, rhs = export.nodes((a, b))
        if lhs == rhs:
            return True, "both sides have the same normal form"
        if same_polynomial(export.program, lhs, rhs):
            return True, "both sides are the same polynomial in what stands in them"
        verdict = prove_program(export.program, lhs, rhs, timeout=max(0.05, min(budget.left * 0.5, seconds)))
        if verdict.status == "proved":
            if depth != graph.proved_at and before - budget.left > _LONG:
                graph.proved_at = depth  # the entries of one claim are alike
            return True, "proved by normal form"
        if depth == graph.proved_at:
            graph.proved_at = None
        reason = verdict.reason or reason
    return False, reason


def _choices(roots: tuple[Node, Node], first: int | None) -> Iterator[tuple[int, frozenset[int], float]]:
    """What may be free symbols, and for how many seconds: most pairs are proved with the first; what is shared costs."""
    if first is not None:
        yield first, _shared(roots) if first == SHARED else _frontier(roots, first), 1.0
    for depth in DEPTHS:
        found = _frontier(roots, depth)
        yield depth, found, 1.0
        if depth == 2:
            yield SHARED, _shared(roots), 0.2
        if not found:
            return  # nor is anything named behind more


def _shared(roots: tuple[Node, ...]) -> frozenset[int]:
    """What both sides share and no formula spells out: sums, as the z of ``a = σ(z)``, and what holds an open function.

    Functions of these are written out, since a side may have their derivatives and the other side their values.
    """
    order = reachable(roots)
    both = set.intersection(*({n.number for n in reachable((root,))} for root in roots))
    opened: set[int] = set()
    for node in order:  # arguments first
        if node.op == "app" or any(arg.number in opened for arg in node.args):
            opened.add(node.number)
    sums = {n.number for n in order if n.op == "named" and n.args[0].op in ("add", "mul")}
    return frozenset(both & (sums | opened) - {root.number for root in roots})


def _frontier(roots: tuple[Node, ...], depth: int) -> frozenset[int]:
    """The named nodes that lie behind ``depth`` others on the way down; they become symbols.

    A node is looked at after all above it, which have higher numbers, and nothing below the symbols is.
    """
    if depth >= 99:
        return frozenset()
    level = {r.number: 0 for r in roots}
    nodes = {r.number: r for r in roots}
    waiting = [-number for number in nodes]
    heapify(waiting)
    cut: set[int] = set()
    while waiting:
        node = nodes[-heappop(waiting)]
        inner = level[node.number]
        if node.op == "named":
            if inner >= depth and node.args[0].op != "num":
                cut.add(node.number)
                continue
            inner += 1
        for arg in node.args:
            number = arg.number
            if number not in level:
                level[number], nodes[number] = inner, arg
                heappush(waiting, -number)
            elif level[number] > inner:
                level[number] = inner
    return frozenset(cut)
