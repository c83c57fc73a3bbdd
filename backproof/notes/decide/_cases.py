"""Functions by branches: chosen now where indices decide, a node where values do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._errors import NotUnderstoodError
from ..resolve import Condition, Ref, Term
from ._dag import Node
from ._values import Dim, Value

if TYPE_CHECKING:
    from ._evaluate import Evaluator

_RELATIONS = {"<": "<", ">": ">", "≤": "<=", "≥": ">=", "=": "==", "≠": "!="}


def cases(ev: Evaluator, branches: tuple[tuple[Term, tuple[Condition, ...]], ...]) -> Value:
    """Branches chosen by indices are chosen now; those chosen by values become one node."""
    conditions: list[list[tuple[str, Node, Node]]] = []
    values: list[Value] = []
    graph = ev.graph
    for value, tests in branches:
        decided = _index_tests(ev, tests)
        if decided is False:
            continue
        current = ev.value(value)
        if graph is None or decided is True:
            if decided is True and not conditions and graph is not None:
                return current
            values.append(current)
            conditions.append([])
            continue
        values_tests: list[tuple[str, Node, Node]] = []
        for test in tests:
            a, b = ev.value(test.left), ev.value(test.right)
            if not (a.is_scalar and b.is_scalar and current.is_scalar):
                raise NotUnderstoodError("a branch on arrays")
            values_tests.append((_RELATIONS[test.relation], a.at(0, 0), b.at(0, 0)))
        values.append(current)
        conditions.append(values_tests)
    if not values:
        raise NotUnderstoodError("no branch holds here")
    if graph is None:
        return values[0]
    node: Node | None = None
    for chosen, needed in zip(reversed(values), reversed(conditions), strict=True):
        top = chosen.at(0, 0)
        if not needed:
            node = top
            continue
        for one in reversed(needed):
            if node is None:
                if len(needed) > 1:
                    raise NotUnderstoodError("branches that leave a gap")
                top = graph.cases([one], [top])
            else:
                top = graph.cases([one], [top, node])
        node = top
    assert node is not None
    return ev.algebra.scalar(node)


def _index_tests(ev: Evaluator, tests: tuple[Condition, ...]) -> bool | None:
    """Decide ``i = j`` where both sides are indices; None where values are compared."""
    if not tests:
        return None
    results = []
    for test in tests:
        sides = []
        for side in (test.left, test.right):
            if isinstance(side, Ref) and not side.subs and side.layer is None and side.name in ev.env:
                sides.append(ev.env[side.name])
        if len(sides) != 2 or test.relation not in ("=", "≠"):
            return None
        if isinstance(sides[0], Dim) or isinstance(sides[1], Dim):
            return True
        results.append((sides[0] == sides[1]) == (test.relation == "="))
    return all(results)
