"""Functions by branches: chosen now where indices decide, a node for each entry where values do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._errors import NotUnderstoodError
from ..resolve import Condition, Ref, Term
from ..resolve._terms import UNDEFINED
from ._dag import Graph, Node
from ._edges import without_value
from ._values import Dim, Value

if TYPE_CHECKING:
    from ._evaluate import Evaluator

_RELATIONS = {"<": "<", ">": ">", "≤": "<=", "≥": ">=", "=": "==", "≠": "!="}
_Test = tuple[str, Value, Value]


def cases(ev: Evaluator, branches: tuple[tuple[Term, tuple[Condition, ...]], ...]) -> Value:
    """Branches chosen by indices are chosen now; those chosen by values become one node for each entry."""
    found: list[tuple[Value, list[_Test]]] = []
    for value, tests in branches:
        decided = _index_tests(ev, tests)
        if decided is False:
            continue
        current = _undefined(ev) if value == UNDEFINED else ev.value(value)
        if decided is True and not found and ev.graph is not None:
            return current
        needed: list[_Test] = []
        if decided is None:
            needed = [(_RELATIONS[t.relation], ev.value(t.left), ev.value(t.right)) for t in tests]
        found.append((current, needed))
        if decided is True and ev.graph is not None:
            break  # the branch holds here, so that none after it counts
    if not found:
        raise NotUnderstoodError("no branch holds here")
    whole = found[0][0]
    for reached, needed in found:
        for part in (reached, *(x for _, a, b in needed for x in (a, b))):
            whole = ev.algebra.zipped(whole, part, _first)
    if ev.graph is None or whole.cells is None:
        return Value(whole.rows, whole.cols)
    rows, cols = whole.size()
    cells = tuple(_node(ev.graph, found, r, c) for r in range(rows) for c in range(cols))
    return Value(whole.rows, whole.cols, cells)


def _undefined(ev: Evaluator) -> Value:
    return ev.algebra.scalar(None if ev.graph is None else without_value(ev.graph))


def _first(a: Node, _b: Node) -> Node:
    return a


def _at(value: Value, row: int, col: int) -> Node:
    """An entry of an array, repeated along the axes of length one."""
    rows, cols = value.size()
    return value.at(row if rows > 1 else 0, col if cols > 1 else 0)


def _node(graph: Graph, branches: list[tuple[Value, list[_Test]]], row: int, col: int) -> Node:
    """One entry: the first branch whose conditions hold there."""
    node: Node | None = None
    for value, tests in reversed(branches):
        top = _at(value, row, col)
        for relation, a, b in reversed(tests):
            condition = (relation, _at(a, row, col), _at(b, row, col))
            if node is None:
                if len(tests) > 1:
                    raise NotUnderstoodError("branches that leave a gap")
                top = graph.cases([condition], [top])
            else:
                top = graph.cases([condition], [top, node])
        node = top
    assert node is not None
    return node


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
