r"""Branches that hold at one place alone: ``5 \text{ if } x = 0``, ``\text{undefined} & x = 0``.

No point that is chosen at large lies there, and a normal form of each region does not see it, so it is looked at by itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from ._dag import Graph, Node, reachable

MOST_EDGES = 4


def without_value(graph: Graph) -> Node:
    """A node that has a value nowhere."""
    return graph.cases([(">", graph.zero, graph.one)], [graph.zero])


def edges(pairs: Sequence[tuple[Node, Node]]) -> list[tuple[Node, Node]]:
    """The equalities at which branches of the pairs hold; of numbers and labels alike."""
    found = dict.fromkeys(
        (node.args[2 * k], node.args[2 * k + 1])
        for node in reachable([n for pair in pairs for n in pair])
        if node.op == "cases" and isinstance(node.data, tuple)
        for k, relation in enumerate(node.data)
        if relation == "=="
    )
    return list(found)[:MOST_EDGES]


def is_said_undefined(graph: Graph, side: Node) -> bool:
    """Whether a side says somewhere that it has no value."""
    return without_value(graph) in reachable([side])
