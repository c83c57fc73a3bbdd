"""Limits of quotients at zero, which difference quotients are.

Where the denominator does not vanish the limit is the value; where it and the numerator do, both are differentiated, by
L'Hôpital's rule, until the denominator is another number than zero.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._errors import NotUnderstoodError
from ..resolve import Call, Ref
from ._dag import Graph, Node, reachable, value_of
from ._prove import prove_equal
from ._substitute import substituted
from ._values import Value

if TYPE_CHECKING:
    from ._evaluate import Evaluator

# A quotient by h^2 takes two rounds; notes have no higher ones.
ROUNDS = 4


def limit(ev: Evaluator, term: Call) -> Value:
    """The limit of a term as its variable tends to zero."""
    body, variable = term.args
    assert isinstance(variable, Ref)
    if ev.graph is None:
        with ev.bound(params={variable.name: ev.algebra.scalar()}):
            return ev.value(body)
    graph, slot = ev.graph, ev.graph.var(("tends to zero", variable.name, 0))
    with ev.bound(params={variable.name: ev.algebra.scalar(slot)}):
        value = ev.value(body)
    return ev.algebra.mapped(value, lambda cell: _at_zero(graph, cell, slot))


def _at_zero(graph: Graph, node: Node, slot: Node) -> Node:
    num, den = node, graph.one
    if node.op == "mul":
        below = [f for f in node.args if _vanishes_below(graph, f, slot)]
        num = graph.mul(f for f in node.args if f not in below)
        den = graph.mul(graph.pow(f.args[0], graph.num(-f.data)) for f in below)  # type: ignore[operator]
    elif _vanishes_below(graph, node, slot):
        num, den = graph.one, graph.pow(node.args[0], graph.num(-node.data))  # type: ignore[operator]
    for part in reachable([num, den]):
        # A quantity of the document is no function of the variable, and what has branches may jump.
        if part.op in ("cases", "named", "powx") and slot in reachable([part]):
            raise NotUnderstoodError("the limit of this expression")
        if part.op == "fn" and part.data in ("sign", "abs") and slot in reachable([part]):
            raise NotUnderstoodError("the limit of this expression")
        if _vanishes_below(graph, part, slot):
            raise NotUnderstoodError("a limit of several quotients")
    for _ in range(ROUNDS):
        at = substituted(graph, den, {slot.number: graph.zero})
        if at.op != "num" and slot in reachable([den]):
            raise NotUnderstoodError("the limit of a quotient with this denominator")
        if at is not graph.zero:
            return graph.div(substituted(graph, num, {slot.number: graph.zero}), at)
        rest = substituted(graph, num, {slot.number: graph.zero})
        if not prove_equal(graph, rest, graph.zero, graph.budget)[0]:
            raise NotUnderstoodError("a limit that may not exist")
        num, den = graph.derivative(num, slot), graph.derivative(den, slot)
    raise NotUnderstoodError("the limit of a quotient with this denominator")


def _vanishes_below(graph: Graph, node: Node, slot: Node) -> bool:
    """Whether a factor is a power with a negative exponent of what is zero where the variable is."""
    if node.op != "pow" or not (node.data < 0 and slot in reachable([node])):  # type: ignore[operator]
        return False
    at = substituted(graph, node.args[0], {slot.number: graph.zero})
    return at.op == "num" and not value_of(at)
