"""The value of a function that the document defines."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from .._errors import NotUnderstoodError
from ..resolve import (
    Big,
    Call,
    Definition,
    Index,
    Number,
    Ref,
    Term,
    Transpose,
    indices,
    rebuilt,
    refs,
    walk,
)
from ..resolve._lexicon import is_loss
from ._defined import as_loss, is_numbered
from ._substitute import substituted
from ._values import Dim, Value

if TYPE_CHECKING:
    from ._evaluate import Evaluator, Place


# E and E(X) are two things.
_OF_CHANCE = {"E", "bb:E", "P", "bb:P", "Var", "Cov", "rm:E", "bb:V", "V"}


def with_layer(ref: Ref, layer: int | None) -> Ref:
    return Ref(ref.name, None if layer is None else Index("", layer), ref.example, ref.subs, ref.time)


def without_arguments(ev: Evaluator, term: Call, layer: int | None) -> Value:
    """``J(θ)``, where J is defined without its arguments; ``p(-z)`` for p = 1/(1 + e^{-z}) is p at another z."""
    definition = ev.world.context.defined(with_layer(term.function, layer), function=False)
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
    if _counting(definition):
        return _counted_call(ev, definition, term)
    arguments = [ev.value(a) for a in term.args]
    head = definition.head
    env = _of_member(ev, head, term.function)
    if not env and any(s.name and not s.label for s in head.subs):
        return _vector_call(ev, definition, arguments, term)
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


def _of_member(ev: Evaluator, head: Ref, function: Ref) -> dict[str, Place]:
    """Which of a family ``f_i(w)``, ``f^{(i)}(w)`` of functions is called: the head's indices where the call has them."""
    pairs = list(zip(head.subs, function.subs, strict=False)) if len(head.subs) == len(function.subs) else []
    if head.example is not None and function.example is not None:
        pairs.append((head.example, function.example))
    return {a.name: ev.place(b) for a, b in pairs if a.name and not a.label and not a.offset}


def _counting(definition: Definition) -> set[str]:
    """The parameters that the body counts entries with: the a of ``π(a) = e^{θ_a} / Σ_b e^{θ_b}``."""
    letters = {i.name for r in refs(definition.body) for i in r.subs}
    return {p.name for p in definition.params or ()} & letters


def _counted_call(ev: Evaluator, definition: Definition, term: Call) -> Value:
    """``π(b)`` where π(a) speaks of the entry θ_a: the index moves."""
    counting = _counting(definition)
    pairs = list(zip(definition.params or (), term.args, strict=True))
    moved = [(p, a) for p, a in pairs if p.name in counting]
    if term.primes or not all(isinstance(a, Ref) and not indices(a) for _, a in moved):
        raise NotUnderstoodError(f"{term.function.name} of something that counts no entries")
    env = {p.name: ev.place(Index(a.name)) for p, a in moved if isinstance(a, Ref)}
    params = {p.name: ev.value(a) for p, a in pairs if p.name not in counting}
    with ev.bound(env, params, fresh=True):
        return ev.value(definition.body)


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
    env: dict[str, Place],
    primes: int,
) -> Value:
    graph = ev.graph
    if primes:
        if len(names) != 1 or not arguments[0].is_scalar:
            raise NotUnderstoodError("a prime on a function of several arguments")
        slot = None if graph is None else graph.var(("parameter", names[0]))
        with ev.bound(env, {names[0]: ev.algebra.scalar(slot)}, fresh=True):
            value = ev.value(definition.body)  # without a graph it tells the sizes of its sums
        if graph is None or slot is None:
            return ev.algebra.scalar()
        node = value.at(0, 0)
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
