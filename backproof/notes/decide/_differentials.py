"""``dz = x dw + w dx``: names that look like gradients may be differentials, where the text says nothing of them.

A differential of what a claim puts together is the sum, over the differentials on its right side, of slopes times these.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..resolve import Context, Gradient, Ref, Term, Transpose, walk
from ..resolve._lexicon import is_loss
from ._dag import Node
from ._values import Value

if TYPE_CHECKING:
    from ._evaluate import Evaluator


def basis(parts: Sequence[Term], context: Context) -> tuple[Ref, ...]:
    """The differentials that the right sides of a chain may be made of; none where the text says what the names are."""
    left = parts[0].of if isinstance(parts[0], Transpose) else parts[0]
    if not isinstance(left, Gradient) or context.gradient_default is not None:
        return ()
    names = [n.of for p in parts for n in walk(p) if isinstance(n, Gradient)]
    if any(n.name in context.gradients for n in names):
        return ()
    return tuple(dict.fromkeys(n for n in names if n != left.of))


def is_of_loss(part: Term, context: Context) -> bool:
    """Whether a side is the differential of a loss: ``dL`` is no gradient."""
    if not isinstance(part, Gradient) or not is_loss(part.of.name):
        return False
    return part.of.name not in context.lexicon.layers | context.lexicon.states


def differential(ev: Evaluator, of: Ref) -> Value:
    """``dX``: a small change of X where it stands on a right side, and what the changes there come to otherwise."""
    value = ev.value(of)
    graph, parts = ev.graph, ev.world.reading.differentials
    if graph is None or value.cells is None:
        return Value(value.rows, value.cols)
    if of in parts:
        return Value(value.rows, value.cols, tuple(graph.app("d", [c]) for c in value.cells))
    changes = [c for part in parts for c in ev.value(part).cells or ()]

    def total(cell: Node) -> Node:
        return graph.add([graph.mul((graph.derivative(cell, c), graph.app("d", [c]))) for c in changes])

    return Value(value.rows, value.cols, tuple(total(c) for c in value.cells))
