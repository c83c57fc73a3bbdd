"""Functions that need no definition: entry by entry, softmax, and those of NumPy."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING

from .._errors import NotUnderstoodError
from ..resolve import (
    Call,
    Ref,
)
from ._dag import Graph, Node
from ._matrices import determinant, diagonal
from ._numeric import exactly
from ._substitute import substituted
from ._values import Value

if TYPE_CHECKING:
    from ._evaluate import Evaluator


def _sigmoid(g: Graph, x: Node) -> Node:
    return g.div(g.one, g.add((g.one, g.fn("exp", g.neg(x)))))


def _relu(g: Graph, x: Node) -> Node:
    return g.cases([(">", x, g.zero)], [x, g.zero])


def _leaky(g: Graph, x: Node) -> Node:
    return g.cases([(">", x, g.zero)], [x, g.mul((g.num(Fraction(1, 100)), x))])


ELEMENTWISE: dict[str, Callable[[Graph, Node], Node]] = {
    "sigmoid": _sigmoid,
    "relu": _relu,
    "softplus": lambda g, x: g.fn("log", g.add((g.one, g.fn("exp", x)))),
    "sech": lambda g, x: g.div(g.one, g.fn("cosh", x)),
    "coth": lambda g, x: g.div(g.fn("cosh", x), g.fn("sinh", x)),
    "silu": lambda g, x: g.mul((x, _sigmoid(g, x))),
    "square": lambda g, x: g.pow(x, g.num(2)),
}


PLAIN = {"exp", "log", "sin", "cos", "tan", "tanh", "sinh", "cosh", "sqrt", "erf", "abs", "sign", "arctan"}


def rounded_value(ev: Evaluator, term: Call, name: str) -> Value:
    """A number rounded down or up; only of a rational that stands there exactly."""
    value = single_value(ev, term)
    graph = ev.graph
    if graph is None or not value.is_scalar:
        if not value.is_scalar:
            raise NotUnderstoodError("brackets that round an array")
        return ev.algebra.scalar()
    exact = exactly(value.at(0, 0))
    if exact is None:
        raise NotUnderstoodError("brackets that round what has no number here")
    return ev.number(math.floor(exact) if name == "floor" else math.ceil(exact))


def single_value(ev: Evaluator, term: Call) -> Value:
    if len(term.args) != 1:
        raise NotUnderstoodError(f"{term.function.name} of {len(term.args)} arguments")
    return ev.value(term.args[0])


def entry_by_entry(
    ev: Evaluator, argument: Value, primes: int, function: Callable[[Graph, Node], Node]
) -> Value:
    graph = ev.graph
    if graph is None or argument.cells is None:
        return Value(argument.rows, argument.cols)

    def at(x: Node) -> Node:
        if not primes:
            return function(graph, x)
        slot = graph.var(("slot", x.number, primes))
        node = function(graph, slot)
        for _ in range(primes):
            node = graph.derivative(node, slot)
        return substituted(graph, node, {slot.number: x})

    return ev.algebra.mapped(argument, at)


def softmax_call(ev: Evaluator, term: Call) -> Value:
    value = single_value(ev, term)
    arg = term.args[0]
    graph = ev.graph
    if isinstance(arg, Ref) and (arg.subs or arg.example is not None) and value.is_scalar and arg.subs:
        whole = ev.value(Ref(arg.name, arg.layer, arg.example, (), arg.time))
        if graph is None or whole.cells is None:
            return ev.algebra.scalar()
        total = graph.add(graph.fn("exp", c) for c in whole.cells)
        return ev.algebra.scalar(graph.div(graph.fn("exp", value.at(0, 0)), total))
    context = ev.world.context
    if term.primes or value.is_scalar:
        raise NotUnderstoodError("the softmax of a number")
    by_rows = (
        context.softmax_rows
        or context.vectors_are_rows
        or context.examples == "rows"
        or value.rows.root().value == 1
    )
    if not by_rows and not context.examples and value.cols.root().value != 1:
        raise NotUnderstoodError("whether the softmax is taken along rows or columns")
    if graph is None or value.cells is None:
        return value
    exps = ev.algebra.mapped(value, lambda x: graph.fn("exp", x))
    return ev.algebra.divided(exps, ev.algebra.summed(exps, 1 if by_rows else 0))


def numpy_call(ev: Evaluator, term: Call, name: str) -> Value:
    if term.primes:
        raise NotUnderstoodError(f"a prime on {name}")
    keywords = {}
    for key, given in term.keywords:
        near = difflib.get_close_matches(key, ("axis", "keepdims"), 1, 0.6)
        if not near:
            raise NotUnderstoodError(f"the argument {key} of {name}")
        keywords[near[0]] = given
    if name in ("np.dot", "np.multiply"):
        if len(term.args) != 2:
            raise NotUnderstoodError(f"{name} of {len(term.args)} arguments")
        a, b = (ev.value(x) for x in term.args)
        if name == "np.multiply" or a.is_scalar or b.is_scalar:
            return ev.algebra.elementwise(a, b)
        return ev.algebra.matmul(a, b)
    value = single_value(ev, term)
    if name in ("np.sum", "np.mean"):
        axis = keywords.get("axis")
        if axis not in (None, "0", "1"):
            raise NotUnderstoodError(f"the axis {axis}")
        total = ev.algebra.summed(value, None if axis is None else int(axis))
        if name == "np.sum":
            return total
        if ev.graph is None:
            return total
        rows, cols = value.size()
        count = rows * cols if axis is None else (rows if axis == "0" else cols)
        return ev.algebra.divided(total, ev.number(count))
    if name == "diag":
        return diagonal(ev, value)
    if name == "det":
        return determinant(ev, value)
    if name == "trace" and ev.graph is not None and value.cells is not None:
        rows, cols = value.size()
        if rows != cols:
            raise NotUnderstoodError("the trace of a matrix that is not square")
        return ev.algebra.scalar(ev.graph.add(value.at(i, i) for i in range(rows)))
    if name == "trace":
        ev.algebra.unify(value.rows, value.cols)
        return ev.algebra.scalar()
    raise NotUnderstoodError(f"the function {name}")
