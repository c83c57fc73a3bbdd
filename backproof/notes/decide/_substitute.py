"""Replacing nodes of a graph by others."""

from __future__ import annotations

from fractions import Fraction

from ._dag import Graph, Node, reachable


def substituted(graph: Graph, node: Node, values: dict[int, Node]) -> Node:
    """Replace nodes; named quantities that contain a replaced node lose their name."""
    memo = dict(values)
    for inner in reachable([node], frozenset(values)):
        if inner.number in memo:
            continue
        args = [memo[a.number] for a in inner.args]
        if all(a is b for a, b in zip(args, inner.args, strict=True)):
            memo[inner.number] = inner
        elif inner.op == "named":
            memo[inner.number] = args[0]
        else:
            memo[inner.number] = rebuilt(graph, inner, args)
    return memo[node.number]


def rebuilt(graph: Graph, node: Node, args: list[Node]) -> Node:
    """The same operation on other arguments."""
    if node.op == "add":
        return graph.add(args)
    if node.op == "mul":
        return graph.mul(args)
    if node.op == "pow":
        assert isinstance(node.data, Fraction)
        return graph.pow(args[0], graph.num(node.data))
    if node.op == "powx":
        return graph.pow(args[0], args[1])
    if node.op == "fn":
        return graph.fn(str(node.data), args[0])
    return graph.make(node.op, node.data, tuple(args))
