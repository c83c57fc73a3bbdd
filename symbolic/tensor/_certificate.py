"""The paper behind a verdict: both sides as a list of operations, and a point. Plain JSON.

Of a proof no more is needed: the program that checks it (`symbolic._replay`) finds the normal forms anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from flint import ctx

from symbolic._replay import tensor_statement
from symbolic.tensor._errors import TensorError
from symbolic.tensor._evaluate import BALLS, NotDefinedHere, Point, evaluate
from symbolic.tensor._hypotheses import Hypothesis
from symbolic.tensor._nodes import (
    Add,
    Delta,
    Einsum,
    Map,
    Named,
    Number,
    Power,
    Size,
    Symbol,
    Tensor,
    Window,
    children,
    in_order,
)
from symbolic.tensor._points import draw, polynomial

if TYPE_CHECKING:
    from symbolic.prover._verdict import Counterexample

FORMAT = "backproof tensor certificate 2"


def certificate(
    status: str,
    method: str,
    sides: tuple[Tensor, Tensor],
    hypotheses: Sequence[Hypothesis],
    point: Point | None,
    found: tuple[tuple[int, ...], Counterexample] | None,
) -> dict[str, Any]:
    """Write down what a verdict rests on.

    Parameters
    ----------
    status, method : str
    sides : pair of Tensor
    hypotheses : sequence of Hypothesis
    point : Point or None
        At which the sides differ, or have values; None where already their axes differ.
    found : tuple or None
        For a refutation: the place of the entry, and the enclosures of both sides there.

    Returns
    -------
    dict
        JSON. What it claims in words is read off it by the program that checks it.
    """
    every = in_order((*sides, *(one.symbol for one in hypotheses)))
    nodes = [node for node in every if not isinstance(node, Named)]
    number = {node: place for place, node in enumerate(nodes)}
    document: dict[str, Any] = {
        "format": FORMAT,
        "status": status,
        "method": method,
        "nodes": [_node(node, number) for node in nodes],
        "sides": [number[_plain(side)] for side in sides],
        "hypotheses": [[one.kind, one.symbol.name, one.place] for one in hypotheses],
    }
    if point is not None and found is None:
        point = _smaller(sides, hypotheses) or point
    if point is not None:
        unknown = sorted(
            {node.function for node in nodes if isinstance(node, Map) and node.function not in BALLS}
        )
        document["point"] = _point(point, unknown, {node.name for node in nodes if isinstance(node, Symbol)})
    if found is not None:
        place, example = found
        document["entry"] = list(place)
        document["enclosures"] = [list(side.written()) for side in (example.lhs, example.rhs)]
    return document | {"claim": tensor_statement(document)}


def _smaller(sides: tuple[Tensor, Tensor], hypotheses: Sequence[Hypothesis]) -> Point | None:
    """A point at which every axis has two entries, if both sides have values there: it is sooner checked."""
    try:
        point = draw(sides, hypotheses, 0, float("inf"), variety=1)
        with ctx.workprec(96):
            for side in sides:
                evaluate(side, point)
    except (NotDefinedHere, TensorError):
        return None
    return point


def _plain(node: Tensor) -> Tensor:
    while isinstance(node, Named):
        node = node.value
    return node


def _point(point: Point, unknown: Sequence[str], names: set[str]) -> dict[str, Any]:
    return {
        "sizes": dict(point.sizes),
        "entries": {
            name: [[list(place), str(value)] for place, value in cells.items()]
            for name, cells in point.entries.items()
            if name in names
        },
        "functions": {name: [str(value) for value in polynomial(name)] for name in unknown},
    }


def _node(node: Tensor, number: dict[Tensor, int]) -> dict[str, Any]:
    """Write one operation down; its operands are the places of earlier ones."""
    written: dict[str, Any] = {
        "op": type(node).__name__,
        "axes": [axis.name for axis in node.axes],
        "of": [number[_plain(child)] for child in children(node)],
    }
    if isinstance(node, Symbol):
        written["name"] = node.name
    elif isinstance(node, Number):
        written["value"] = str(node.value)
    elif isinstance(node, Size):
        written["axis"] = node.axis.name
    elif isinstance(node, Einsum):
        written["labels"] = [axis.name for axis in node.labels]
        written["out"] = list(node.out)
        written["at"] = [list(labels) for _, labels in node.factors]
        written["value"] = str(node.coefficient)
    elif isinstance(node, Add):
        written["values"] = [str(coefficient) for coefficient, _ in node.terms]
    elif isinstance(node, Power):
        written["value"] = str(node.exponent)
    elif isinstance(node, Map):
        written["function"], written["order"] = node.function, node.order
    elif isinstance(node, Window):
        written["stride"], written["padding"] = node.stride, node.padding
    elif not isinstance(node, Delta):
        written["places"] = list(getattr(node, "places", ()))
    return written
