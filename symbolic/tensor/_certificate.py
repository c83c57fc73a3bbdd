"""The paper behind a verdict: both sides as a list of operations, the points, the values. Plain JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from flint import ctx

from symbolic.tensor._errors import TensorError
from symbolic.tensor._evaluate import NotDefinedHere, Point, evaluate
from symbolic.tensor._hypotheses import Hypothesis, assume
from symbolic.tensor._nodes import (
    Add,
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
from symbolic.tensor._normal import normal_form
from symbolic.tensor._points import draw, polynomial
from symbolic.tensor._terms import Work, show_poly

if TYPE_CHECKING:
    from symbolic.prover._verdict import Counterexample

FORMAT = "backproof tensor certificate 1"
ATTEMPTS = 4  # points of a proof: other sizes and entries each


def certificate(
    claim: str,
    status: str,
    method: str,
    sides: tuple[Tensor, Tensor],
    hypotheses: Sequence[Hypothesis],
    found: tuple[Point, tuple[int, ...], Counterexample] | None,
) -> dict[str, Any]:
    """Write down what a verdict rests on.

    Parameters
    ----------
    claim, status, method : str
    sides : pair of Tensor
    hypotheses : sequence of Hypothesis
    found : tuple or None
        For a refutation: the point, the place of the entry, and the enclosures of both sides there.

    Returns
    -------
    dict
        JSON. For a proof, `normal_forms` are the two sides before the last step, and `points` lie in both domains.
    """
    nodes = [node for node in in_order(sides) if not isinstance(node, Named)]
    number = {node: place for place, node in enumerate(nodes)}
    document: dict[str, Any] = {
        "format": FORMAT,
        "claim": claim,
        "status": status,
        "method": method,
        "nodes": [_node(node, number) for node in nodes],
        "sides": [number[_plain(side)] for side in sides],
        "hypotheses": [[one.kind, one.symbol.name, one.place] for one in hypotheses],
    }
    unknown = sorted({node.function for node in nodes if isinstance(node, Map)})
    document["functions"] = {name: [str(value) for value in polynomial(name)] for name in unknown}
    if found is not None:
        point, place, example = found
        document["points"] = [_point(point)]
        document["entry"] = list(place)
        document["enclosures"] = [list(side.written()) for side in (example.lhs, example.rhs)]
    elif method != "axes":
        work = Work()
        assume(work, tuple(hypotheses))
        document["points"] = [_point(point) for point in _points(sides, hypotheses)]
        document["normal_forms"] = [show_poly(normal_form(work, side)) for side in sides]
    return document


def _points(sides: tuple[Tensor, Tensor], hypotheses: Sequence[Hypothesis]) -> list[Point]:
    found = []
    for attempt in range(2 * ATTEMPTS):
        try:
            point = draw(sides, hypotheses, attempt, float("inf"))
            with ctx.workprec(96):
                for side in sides:
                    evaluate(side, point)
        except (NotDefinedHere, TensorError):
            continue
        found.append(point)
        if len(found) == ATTEMPTS:
            break
    return found


def _plain(node: Tensor) -> Tensor:
    while isinstance(node, Named):
        node = node.value
    return node


def _point(point: Point) -> dict[str, Any]:
    return {
        "sizes": dict(point.sizes),
        "entries": {
            name: [[list(place), str(value)] for place, value in cells.items()]
            for name, cells in point.entries.items()
        },
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
    else:
        written["places"] = list(getattr(node, "places", ()))
    return written
