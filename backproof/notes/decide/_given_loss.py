"""The losses that a caller may name, for notes that do not write theirs."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING

from .._errors import NotUnderstoodError
from ..resolve import Ref
from ._dag import Graph, Node
from ._values import Value

if TYPE_CHECKING:
    from ._evaluate import Evaluator

_ENTRY: dict[str, Callable[[Graph, Node, Node], Node]] = {
    "binary cross-entropy": lambda g, a, y: g.neg(
        g.add((g.mul((y, g.fn("log", a))), g.mul((g.sub(g.one, y), g.fn("log", g.sub(g.one, a))))))
    ),
    "cross-entropy": lambda g, a, y: g.neg(g.mul((y, g.fn("log", a)))),
    "half squared error": lambda g, a, y: g.mul((g.num(Fraction(1, 2)), g.pow(g.sub(a, y), g.num(2)))),
    "squared error": lambda g, a, y: g.pow(g.sub(a, y), g.num(2)),
}


def given_loss(ev: Evaluator, output: Value, labels: Value) -> Value:
    """The loss of each example, from what the network puts out, and the labels: its entries' losses added up."""
    context = ev.world.context
    graph, by_rows = ev.graph, context.examples == "rows"
    entry = _ENTRY[context.loss]
    if graph is None:
        for one, two in ((output.rows, labels.rows), (output.cols, labels.cols)):
            if not one.root().settled or not two.root().settled:
                ev.algebra.unify(one, two)  # there is a label for each output
        both = ev.algebra.zipped(output, labels, lambda a, y: a)
    else:
        both = ev.algebra.zipped(output, labels, lambda a, y: entry(graph, a, y))
    if not context.examples and 1 not in (both.rows.root().value, both.cols.root().value):
        raise NotUnderstoodError("whether rows or columns are examples, which the loss adds up over")
    if not context.examples:
        return ev.algebra.summed(both, None)
    return ev.algebra.summed(both, 1 if by_rows else 0)


def label_of(ev: Evaluator, output: Ref) -> Ref:
    """The labels of an output: y, or Y where outputs are capitals or there is no y."""
    names = ev.world.usage.names
    bold = "bf:" if output.name.startswith("bf:") else ""
    capital = output.name.rpartition(":")[2][:1].isupper()
    choices = [f"{bold}{letter}" for letter in (("Y", "y") if capital else ("y", "Y"))]
    known = [c for c in choices if c in names and c != output.name]
    subs = tuple(s for s in output.subs if s.name)
    return Ref((known or choices)[0], None, output.example, subs, output.time)
