"""Calls: the functions that mathematics knows, those the document defines, and those it leaves open."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from .._errors import NotUnderstoodError
from ..resolve import (
    Big,
    Call,
    Context,
    Definition,
    Derivative,
    Index,
    Number,
    Prime,
    Ref,
    Term,
    Transpose,
    rebuilt,
    refs,
    walk,
)
from ..resolve._lexicon import WORDS, is_loss
from ..resolve._limits import LIMIT
from ..resolve.prose._functions import named_function
from ._dag import Graph, Node
from ._defined import as_loss, is_numbered
from ._extremes import extreme
from ._given_loss import given_loss
from ._limit import limit
from ._matrices import determinant, diagonal
from ._numeric import exactly
from ._slopes import derivative
from ._substitute import substituted
from ._values import Dim, Value

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
_PLAIN = {"exp", "log", "sin", "cos", "tan", "tanh", "sinh", "cosh", "sqrt", "erf", "abs", "sign", "arctan"}


def call(ev: Evaluator, term: Call) -> Value:
    """The value of a function at its arguments."""
    context, name = ev.world.context, term.function.name
    if term.function == LIMIT:
        return limit(ev, term)
    for head, given in context.values if term.primes else ():
        if head == term:
            return ev.value(given)
    layer = ev.step(term.function.layer)
    definition = context.defined(_with_layer(term.function, layer), function=True)
    order = term.function.example
    if order is not None and not order.name and (definition is None or definition.head.example is None):
        raise NotUnderstoodError(f"whether {term.function} is a derivative of that order")
    if definition is not None:
        return defined_call(ev, definition, term)
    if context.defined(_with_layer(term.function, layer), function=False) is not None and not term.primes:
        return _without_arguments(ev, term, layer)
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
    if name in ELEMENTWISE or name in _PLAIN:
        argument = _single(ev, term)
        if (
            name == "exp"
            and _is_square(argument)
            and isinstance(term.args[0], Ref)
            and not context.all_elementwise
        ):
            raise NotUnderstoodError("whether this is the exponential of a matrix or of each of its entries")
        return _elementwise(ev, argument, term.primes, lambda g, x: _known(g, name, x))
    if name in ("max", "min"):
        return extreme(ev, term, name)
    if name == "softmax":
        return _softmax(ev, term)
    if name in ("floor", "ceil"):
        return _whole(ev, term, name)
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
        return _numpy(ev, term, name)
    return open_call(ev, term)


def _whole(ev: Evaluator, term: Call, name: str) -> Value:
    """A number rounded down or up; only of a rational that stands there exactly."""
    value = _single(ev, term)
    graph = ev.graph
    if graph is None or not value.is_scalar:
        if not value.is_scalar:
            raise NotUnderstoodError("brackets that round an array")
        return ev.algebra.scalar()
    exact = exactly(value.at(0, 0))
    if exact is None:
        raise NotUnderstoodError("brackets that round what has no number here")
    return ev.number(math.floor(exact) if name == "floor" else math.ceil(exact))


# E and E(X) are two things.
_OF_CHANCE = {"E", "bb:E", "P", "bb:P", "Var", "Cov", "rm:E", "bb:V", "V"}
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
    return known if known in ELEMENTWISE or known in _PLAIN or known == "softmax" else None


def _is_square(value: Value) -> bool:
    """Whether a value is a matrix that the document gives as many rows as columns."""
    rows, cols = value.rows.root(), value.cols.root()
    return (rows is cols or (rows.value is not None and rows.value == cols.value)) and rows.value != 1


def _known(g: Graph, name: str, x: Node) -> Node:
    return ELEMENTWISE[name](g, x) if name in ELEMENTWISE else g.fn(name, x)


def _with_layer(ref: Ref, layer: int | None) -> Ref:
    return Ref(ref.name, None if layer is None else Index("", layer), ref.example, ref.subs, ref.time)


def _single(ev: Evaluator, term: Call) -> Value:
    if len(term.args) != 1:
        raise NotUnderstoodError(f"{term.function.name} of {len(term.args)} arguments")
    return ev.value(term.args[0])


def _elementwise(
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


def _without_arguments(ev: Evaluator, term: Call, layer: int | None) -> Value:
    """``J(θ)``, where J is defined without its arguments; ``p(-z)`` for p = 1/(1 + e^{-z}) is p at another z."""
    definition = ev.world.context.defined(_with_layer(term.function, layer), function=False)
    assert definition is not None
    if term.function.name in _OF_CHANCE:
        raise NotUnderstoodError(f"{term.function} of something")
    if refs(definition.body) and all(isinstance(a, Ref) for a in term.args):
        return ev.value(term.function)
    names = sorted({n.name for n in walk(definition.body) if isinstance(n, Ref)})
    if len(names) != 1 or len(term.args) != 1 or ev.world.context.defined(Ref(names[0])) is not None:
        raise NotUnderstoodError(f"what {term.function} depends on")
    return defined_call(ev, replace(definition, params=(Ref(names[0]),)), term)


def defined_call(ev: Evaluator, definition: Definition, term: Call) -> Value:
    """A function that the document defines: its body with the arguments for the parameters."""
    params = definition.params or ()
    if len(params) != len(term.args):
        raise NotUnderstoodError(
            f"{term.function.name} of {len(term.args)} arguments, defined with {len(params)}"
        )
    if all(is_numbered(p) for p in params):
        return _numbered_call(ev, definition, term)
    if any(p.subs or p.example is not None for p in params):
        return _family_call(ev, definition, term)
    arguments = [ev.value(a) for a in term.args]
    if any(s.name and not s.label for s in definition.head.subs):
        return _vector_call(ev, definition, arguments, term)
    env = {}
    head = definition.head
    layer = ev.step(term.function.layer)
    if head.layer is not None and head.layer.name and layer is not None:
        env[head.layer.name] = layer - head.layer.offset
    names = [p.name for p in params]
    whole = [
        arg == p
        or is_loss(head.name)
        or _is_vector_parameter(definition, p.name)
        or p.name in ev.world.context.lexicon.bold
        for p, arg in zip(params, term.args, strict=True)
    ]
    if all(w or a.is_scalar for w, a in zip(whole, arguments, strict=True)) or len(params) > 1:
        return _whole_call(ev, definition, names, arguments, env, term.primes)
    argument = arguments[0]

    def body(slot: Value) -> Value:
        with ev.bound(env, {names[0]: slot}, fresh=True):
            return ev.value(definition.body)

    graph = ev.graph
    if graph is None or argument.cells is None:
        body(ev.algebra.scalar())
        return Value(argument.rows, argument.cols)
    cells = []
    for cell in argument.cells:
        slot = graph.var(("parameter", names[0]))
        result = body(ev.algebra.scalar(slot))
        if not result.is_scalar:
            raise NotUnderstoodError(f"{term.function.name} of an array")
        node = result.at(0, 0)
        for _ in range(term.primes):
            node = graph.derivative(node, slot)
        cells.append(substituted(graph, node, {slot.number: cell}))
    return Value(argument.rows, argument.cols, tuple(cells))


def _numbered_call(ev: Evaluator, definition: Definition, term: Call) -> Value:
    """``f(3, 4)`` for a function of x_1 and x_2, which are quantities with names of their own."""
    if term.primes:
        raise NotUnderstoodError("a prime on a function of several arguments")
    key = (ev.world.mark(definition), term.args)
    if (
        key not in ev.world.put_in
    ):  # once, so that its sums are the same while shapes are found and afterwards
        given = dict(zip(definition.params or (), term.args, strict=True))
        ev.world.put_in[key] = rebuilt(
            definition.body, lambda inner: given.get(inner, inner) if isinstance(inner, Ref) else inner
        )
    return ev.value(ev.world.put_in[key])


def _vector_call(ev: Evaluator, definition: Definition, arguments: list[Value], term: Call) -> Value:
    """``f(z)_i = …``: the column of what the definition gives for each i."""
    letters = [s.name for s in definition.head.subs if s.name]
    if len(letters) != 1 or term.primes:
        raise NotUnderstoodError(f"the indices of {definition.head}")
    names = [p.name for p in definition.params or ()]
    dims = ev.world.index_dims
    key = ("function", ev.world.mark(definition), tuple(ev.world.mark(a.rows.root()) for a in arguments))
    dim = dims.setdefault(key, ev.world.new_dim()) if ev.graph is None else arguments[0].rows

    def at(place: int | Dim) -> Value:
        with ev.bound({letters[0]: place}, dict(zip(names, arguments, strict=True)), fresh=True):
            value = ev.value(definition.body)
        if not value.is_scalar:
            raise NotUnderstoodError(f"entries of {definition.head} that are no numbers")
        return value

    if ev.graph is None:
        at(dim)
        ev.algebra.unify(dim, arguments[0].rows)
        return Value(dim, Dim(1))
    cells = tuple(at(k).at(0, 0) for k in range(1, arguments[0].size()[0] + 1))
    return Value(dim, Dim(1), cells)


def _whole_call(
    ev: Evaluator,
    definition: Definition,
    names: list[str],
    arguments: list[Value],
    env: dict[str, int],
    primes: int,
) -> Value:
    graph = ev.graph
    if primes:
        if len(names) != 1 or not arguments[0].is_scalar:
            raise NotUnderstoodError("a prime on a function of several arguments")
        if graph is None:
            return ev.algebra.scalar()
        slot = graph.var(("parameter", names[0]))
        with ev.bound(env, {names[0]: ev.algebra.scalar(slot)}, fresh=True):
            node = ev.value(definition.body).at(0, 0)
        for _ in range(primes):
            node = graph.derivative(node, slot)
        return ev.algebra.scalar(substituted(graph, node, {slot.number: arguments[0].at(0, 0)}))
    loss = is_loss(definition.head.name)
    with ev.inside_loss(loss), ev.bound(env, dict(zip(names, arguments, strict=True)), fresh=True):
        value = ev.value(definition.body)
    if loss:
        return as_loss(ev, definition.head, value)
    return value


def _is_vector_parameter(definition: Definition, name: str) -> bool:
    """Whether the body uses a parameter as a vector: transposed, indexed, or beside a transpose."""
    for node in walk(definition.body):
        if isinstance(node, Transpose) and any(r.name == name for r in refs(node)):
            return True
        if isinstance(node, Ref) and node.name == name and node.subs:
            return True
    return any(isinstance(node, Transpose) for node in walk(definition.body))


def _family_call(ev: Evaluator, definition: Definition, term: Call) -> Value:
    """``softmax(Z_i) = …`` read at ``softmax(Z_k)``: the index moves."""
    env: dict[str, int | Dim] = {}
    params = definition.params or ()
    if len(params) == 1 and not isinstance(term.args[0], Ref) and not term.primes:
        return _of_list(ev, definition, params[0], term)
    for param, arg in zip(params, term.args, strict=True):
        if not isinstance(arg, Ref) or arg.name != param.name or len(arg.subs) != len(param.subs):
            raise NotUnderstoodError(f"{term.function.name} of something that is no {param}")
        for mine, theirs in zip(param.subs, arg.subs, strict=True):
            if mine.name:
                env[mine.name] = ev.place(theirs)
        if param.example is not None and param.example.name and arg.example is not None:
            env[param.example.name] = ev.place(arg.example)
    if term.primes:
        raise NotUnderstoodError("a prime on a function of an indexed quantity")
    with ev.bound(env, {}, fresh=True):
        return ev.value(definition.body)


def _of_list(ev: Evaluator, definition: Definition, param: Ref, term: Call) -> Value:
    """``softmax(x_i) = …`` read at ``softmax([2, 1, 0])``: the list of what it is for each entry."""
    value = ev.value(term.args[0])
    letters = [s.name for s in param.subs if s.name]
    if len(letters) != 1 or len(param.subs) != 1 or param.example is not None:
        raise NotUnderstoodError(f"{term.function.name} of something that is no {param}")
    if value.cells is None or ev.graph is None:
        return value
    if value.size()[1] != 1:
        raise NotUnderstoodError(f"{term.function.name} of a matrix")
    number = value.size()[0]

    def up_to_here(inner: Term) -> Term:  # the n of a sum is the length of this list
        if isinstance(inner, Big) and isinstance(inner.high, Ref):
            return replace(inner, high=Number(Fraction(number)))
        return inner

    body = rebuilt(definition.body, up_to_here)
    cells = []
    for k in range(1, number + 1):
        with ev.bound({letters[0]: k}, {param.name: value}, fresh=True):
            cells.append(ev.value(body).at(0, 0))
    return Value(value.rows, value.cols, tuple(cells))


def _softmax(ev: Evaluator, term: Call) -> Value:
    value = _single(ev, term)
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


def _numpy(ev: Evaluator, term: Call, name: str) -> Value:
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
    value = _single(ev, term)
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
    raise NotUnderstoodError("a prime on this expression")
