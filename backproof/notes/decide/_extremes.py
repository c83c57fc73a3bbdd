"""The largest and the smallest: of two, of several, of all entries of an array, or over an index."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from .._errors import NotUnderstoodError
from ..resolve import Call, Ref
from ._values import Value

if TYPE_CHECKING:
    from ._evaluate import Evaluator


def extreme(ev: Evaluator, term: Call, name: str) -> Value:
    """``max(0, z)``, ``max(a, b, c)``, ``max(z)`` of a column; the maximum over an index is a ``Big``."""
    if term.primes or term.function.subs:
        raise NotUnderstoodError(f"a prime on {name}" if term.primes else f"what {term.function} runs over")
    if len(term.args) == 1 and isinstance(of := term.args[0], Ref) and name in ev.world.context.constants:
        ev.value(Ref(of.name, of.layer, None, (), of.time))
        return held_constant(ev, of, name)
    values = [ev.value(x) for x in term.args]
    if len(values) > 1:
        return reduce(lambda a, b: further(ev, name, a, b), values)
    whole = values[0]
    if ev.graph is None or whole.cells is None:
        return ev.algebra.scalar()
    if whole.is_scalar or 1 not in whole.size():
        raise NotUnderstoodError(f"{name} of one number, or of a matrix")
    return reduce(lambda a, b: further(ev, name, a, b), (ev.algebra.scalar(c) for c in whole.cells))


def further(ev: Evaluator, name: str, a: Value, b: Value) -> Value:
    """The larger or the smaller of two, entry by entry."""
    graph = ev.graph
    if graph is None:
        return ev.algebra.zipped(a, b, lambda x, y: x)
    relation = ">=" if name == "max" else "<="
    return ev.algebra.zipped(a, b, lambda x, y: graph.cases([(relation, x, y)], [x, y]))


def held_constant(ev: Evaluator, of: Ref, name: str) -> Value:
    """A maximum that the document holds constant when it differentiates."""
    if ev.graph is None:
        return ev.algebra.scalar()
    ev.world.note(f"{name}({of.name}) is held constant when differentiating")
    return ev.algebra.scalar(ev.graph.var(("constant", name, of.name)))
