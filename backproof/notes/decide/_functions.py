"""Calls: the functions that mathematics knows, those the document defines, and those it leaves open."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .._errors import NotUnderstoodError
from ..resolve import (
    Call,
    Context,
    Derivative,
    Number,
    Prime,
    Ref,
    refs,
    walk,
)
from ..resolve._lexicon import WORDS, is_loss
from ..resolve._limits import LIMIT
from ..resolve.prose._functions import named_function
from ._basis import one_hot
from ._dag import Graph, Node
from ._extremes import extreme
from ._given_loss import given_loss
from ._limit import limit
from ._slopes import derivative
from ._values import Value

if TYPE_CHECKING:
    from ._evaluate import Evaluator
from ._defined_calls import defined_call, with_layer, without_arguments
from ._library import (
    ELEMENTWISE,
    PLAIN,
    entry_by_entry,
    numpy_call,
    rounded_value,
    single_value,
    softmax_call,
)


def call(ev: Evaluator, term: Call) -> Value:
    """The value of a function at its arguments."""
    context, name = ev.world.context, term.function.name
    if term.function == LIMIT:
        return limit(ev, term)
    for head, given in context.values if term.primes else ():
        if head == term:
            return ev.value(given)
    if term.primes and f"{name}'" in context.otherwise:
        raise NotUnderstoodError(f"what {name}' is, of which the text says something else")
    layer = ev.step(term.function.layer)
    definition = context.defined(with_layer(term.function, layer), function=True)
    order = term.function.example
    if order is not None and not order.name and (definition is None or definition.head.example is None):
        raise NotUnderstoodError(f"whether {term.function} is a derivative of that order")
    if definition is not None:
        return defined_call(ev, definition, term)
    if context.defined(with_layer(term.function, layer), function=False) is not None and not term.primes:
        return without_arguments(ev, term, layer)
    said = named_function(context, name, layer, ev.world.layers)
    if said == "?":
        raise NotUnderstoodError(f"which function {term.function} is")
    if said:
        name = said
    elif (label := _labelled(name)) is not None:
        name = label
    elif name == "sigma" and ev.world.reading.sigma_is_logistic and not _may_be_another(context):
        ev.world.note("σ is the logistic function, as nothing says otherwise")
        name = "sigmoid"
    if name in ELEMENTWISE or name in PLAIN:
        argument = single_value(ev, term)
        if (
            name == "exp"
            and _is_square(argument)
            and isinstance(term.args[0], Ref)
            and not context.all_elementwise
        ):
            raise NotUnderstoodError("whether this is the exponential of a matrix or of each of its entries")
        return entry_by_entry(ev, argument, term.primes, lambda g, x: _known(g, name, x))
    if name in ("max", "min"):
        return extreme(ev, term, name)
    if name == "softmax":
        return softmax_call(ev, term)
    if name in ("rowsum", "colsum"):
        return ev.algebra.summed(single_value(ev, term), 1 if name == "rowsum" else 0)
    if name == "onehot":
        return one_hot(ev, term)
    if name in ("floor", "ceil"):
        return rounded_value(ev, term, name)
    if name.startswith("np.") or name in (
        "sum",
        "mean",
        "diag",
        "trace",
        "det",
        "vec",
        "Var",
        "leaky_relu",
        "elu",
    ):
        return numpy_call(ev, term, name)
    return open_call(ev, term)


_OTHER = re.compile(
    r"tanh|relu|hyperbolic|softplus|softmax|identity|linear|arbitrar|gelu|elu|swish|항등|소프트맥스"
)


def _may_be_another(context: Context) -> bool:
    """Whether the text says of σ what no rule understands and what may make it another function than the logistic one."""
    spoken = any("sigma" in d.names and _OTHER.search(d.words) for d in context.doubts.values())
    return spoken or "sigma" in context.opaque


def _labelled(name: str) -> str | None:
    """``σ_{tanh}`` and ``g_{ReLU}`` carry the name of the function that they are."""
    base, bar, tail = name.partition("_")
    known = WORDS.get(tail) if bar and base in ("sigma", "g", "f", "phi", "h") else None
    return known if known in ELEMENTWISE or known in PLAIN or known == "softmax" else None


def _is_square(value: Value) -> bool:
    """Whether a value is a matrix that the document gives as many rows as columns."""
    rows, cols = value.rows.root(), value.cols.root()
    return (rows is cols or (rows.value is not None and rows.value == cols.value)) and rows.value != 1


def _known(g: Graph, name: str, x: Node) -> Node:
    return ELEMENTWISE[name](g, x) if name in ELEMENTWISE else g.fn(name, x)


def open_call(ev: Evaluator, term: Call) -> Value:
    """A function that nothing defines stays arbitrary: entry by entry, or of all its arguments at once."""
    arguments = [ev.value(a) for a in term.args]
    name = term.function.name
    layer = ev.step(term.function.layer)
    bare = layer is None or _is_written_bare(ev.world.context, name, layer)
    label = name if bare else f"{name}^[{layer}]"
    graph = ev.graph
    if len(arguments) == 1 and not is_loss(name):
        argument = arguments[0]
        if graph is None or argument.cells is None:
            return Value(argument.rows, argument.cols)
        return ev.algebra.mapped(argument, lambda x: graph.app(label, [x], [term.primes]))
    if term.primes:
        raise NotUnderstoodError("a prime on a function of several arguments")
    if graph is None:
        return ev.algebra.scalar()
    if ev.world.context.loss and is_loss(name) and len(arguments) == 2:
        from ._losses import given_total

        return given_total(ev, given_loss(ev, *arguments))
    cells = [c for a in arguments for c in (a.cells or ())]
    return ev.algebra.scalar(graph.app(label, cells))


def _is_written_bare(context: Context, name: str, layer: int) -> bool:
    """Whether ``g^{[1]}`` is the g of ``A^{[1]} = g(Z^{[1]})``, where no formula gives g a layer."""
    calls = [
        (d.head.layer, n.function.layer)
        for d in context.definitions
        for n in walk(d.body)
        if isinstance(n, Call) and n.function.name == name
    ]
    here = [head for head, own in calls if own is None and head is not None]
    return all(own is None for _, own in calls) and any(head.name or head.offset == layer for head in here)


def _only_variable(ev: Evaluator, ref: Ref) -> Ref:
    """What a primed quantity is differentiated by: as the text says, or the one variable that its definition leads to."""
    context = ev.world.context
    if ref.name in context.prime_by:
        return context.prime_by[ref.name]
    found: set[Ref] = set()
    seen: set[Ref] = set()
    stack = [ref]
    while stack:
        top = stack.pop()
        if top in seen:
            continue
        seen.add(top)
        definition = context.defined(top)
        if definition is None:
            found.add(top)
        elif definition.params is None:
            calls = {n.function for n in walk(definition.body) if isinstance(n, Call)}
            stack += [r for r in refs(definition.body) if r not in calls]
    if len(found) == 1 and found != {ref}:
        return found.pop()
    raise NotUnderstoodError("a prime on a quantity")


def prime(ev: Evaluator, term: Prime) -> Value:
    """``[g(Z)]'``: the derivative of the function, taken at its argument; ``\\{f(g(x))\\}'``: by the one variable inside."""
    inner = term.of
    if isinstance(inner, Ref):
        return derivative(ev, Derivative(inner, (_only_variable(ev, inner),), True))
    if isinstance(inner, Call) and len(inner.args) == 1 and isinstance(inner.args[0], Ref):
        return call(ev, Call(inner.function, inner.args, inner.primes + 1, inner.keywords))
    within = {r for r in refs(inner) if not any(isinstance(n, Call) and n.function == r for n in walk(inner))}
    if len(within) == 1:  # [1/(1+e^{-x})]' differentiates by its only variable
        return derivative(ev, Derivative(inner, tuple(within), True))
    if "" in ev.world.context.prime_by:  # the text says it of all expressions
        if isinstance(inner, Number):
            return ev.number(0)
        return derivative(ev, Derivative(inner, (ev.world.context.prime_by[""],), True))
    raise NotUnderstoodError("a prime on this expression")
