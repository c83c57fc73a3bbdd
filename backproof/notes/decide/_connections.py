"""What connects a loss with what it is differentiated by, where its own definition does not.

Asked only where a derivative would have no meaning otherwise, and told in the finding.

- ``L(ŷ, y)`` beside a^[l] = g(z^[l]): the one output that the loss is written with is the activity of the last layer.
- ``ŷ = σ(wᵀx + b)`` beside z = wᵀx + b: z is what σ is taken of.
- ``J(a, b, c) = 3(a + bc)`` beside u = bc, v = a + u, J = 3v: the document writes J once more, by way of v.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from .._errors import NotesError
from .._limits import Budget
from ..resolve import Call, Context, Definition, Derivative, Entry, Index, Number, Ref, Term, refs, walk
from ..resolve._context import LOSSES_OF_EXAMPLES
from ..resolve._item import Gathered, Item
from ..resolve._lexicon import is_loss
from ..resolve._terms import rebuilt
from ._habits import Reading
from ._question import Question

_OUTPUTS = {"hat:y", "hat:Y", "yhat", "y_hat", "Yhat", "Y_hat", "bar:y", "hat:p", "a", "A", "o", "p", "out"}
_SECONDS = 0.5


@dataclass(frozen=True)
class Connection:
    """The sides of the claim and the context as they read with it, and what is taken for granted.

    ``proves_only``: nothing that it leads to is a refutation.
    """

    parts: tuple[Term, ...]
    change: Callable[[Context], Context]
    note: str
    proves_only: bool = False


def connections(question: Question, gathered: Gathered) -> Iterator[Connection]:
    """The connections that a document leaves to its reader."""
    if (found := output_as_prediction(question)) is not None:
        yield found
    if (found := _by_way_of(question)) is not None:
        yield found
    if (found := _one_column(question)) is not None:
        yield found
    if (found := _restated(question, gathered)) is not None:
        yield found
    if (found := _whatever_it_is(question)) is not None:
        yield found


def output_as_prediction(question: Question) -> Connection | None:
    """The ŷ of a loss, of which the document says nothing, as the activity of the last layer."""
    context = question.context
    losses = [d for d in context.definitions if is_loss(d.head.name)]
    heads = {d.head.name for d in context.definitions}
    written = {r.name for d in losses for r in (*refs(d.body), *(d.params or ()))}
    written |= {r.name for part in question.item.parts for r in refs(part)}
    free = (written & _OUTPUTS) - heads - context.lexicon.layers - set(context.depends)
    last = _last_activity(context)
    if len(free) != 1 or last is None or not losses:
        return None
    (name,) = free
    if name.lower() == last.name.lower():
        return None

    def renamed(term: Term) -> Term:
        if not isinstance(term, Ref) or term.name != name or term.layer is not None:
            return term
        return Ref(last.name, last.layer, term.example, term.subs, term.time)

    def change(context: Context) -> Context:
        found = []
        for d in context.definitions:
            of_it = d.params is not None and name in {p.name for p in d.params}
            found.append(replace(d, params=None if of_it else d.params, body=rebuilt(d.body, renamed)))
        return replace(context, definitions=found)

    parts = tuple(rebuilt(part, renamed) for part in question.item.parts)
    return Connection(parts, change, f"{Ref(name)} is taken for the output {last} of the last layer")


def _last_activity(context: Context) -> Ref | None:
    """``a^[L]`` or ``a^[2]``: the function of a layer that is given for all layers, or for the last numbered one."""
    activities = [
        d
        for d in context.definitions
        if d.head.layer is not None and d.params is None and isinstance(d.body, Call) and not d.body.primes
    ]
    names = {d.head.name for d in activities if not is_loss(d.head.name)}
    if not activities:
        return _only_output(context)
    if len(names) != 1:
        return None
    general = any(d.head.layer is not None and d.head.layer.name for d in activities)
    top = max(d.head.layer.offset for d in activities if d.head.layer is not None)
    return Ref(names.pop(), Index("L") if general else Index("", top))


def _only_output(context: Context) -> Ref | None:
    """The a of ``z = w^T x + b, a = σ(z)``: the one function of something defined that no other definition uses."""
    plain = [d for d in context.definitions if d.params is None and not is_loss(d.head.name)]
    used = {r.name for d in plain for r in refs(d.body)}
    ends = {
        d.head for d in plain if d.head.name not in used and isinstance(d.body, Call) and not d.body.primes
    }
    return ends.pop() if len(ends) == 1 and not any(d.head.example for d in plain) else None


def _one_column(question: Question) -> Connection | None:
    """``L = -y log a - …`` beside A = σ(Z) with an example in each column: small letters are those of one example."""
    context = question.context
    defined = {d.head.name for d in context.definitions if d.params is None and _is_capital(d.head.name)}
    rows = {n for n in context.rows | context.shapes.keys() if _is_capital(n) and _is_row(n, context)}
    layers = {r.name: r.layer for part in question.item.parts for r in refs(part)}
    losses = [d for d in context.definitions if is_loss(d.head.name) and d.head.example is None]
    small = {
        r.name
        for d in losses
        for r in refs(d.body)
        if r.example is None and not r.subs and (_twin(r.name) in defined | rows or r.name in ("y", "t"))
    }
    outputs = {name for name in small if _twin(name) in defined | rows and name not in ("y", "t")}
    if not (context.examples or rows) or not outputs or small & layers.keys():
        return None
    if not layers.keys() & (defined | rows):
        return None
    of_it = {d.head.name for d in losses if outputs & {r.name for r in refs(d.body)}}

    def change(context: Context) -> Context:
        found = []
        for d in context.definitions:
            if d.head.name in of_it:
                head = Ref(d.head.name, d.head.layer, Index("i"))
                found.append(replace(d, head=head, params=None, body=rebuilt(d.body, numbered)))
            elif d.head.name not in outputs:
                found.append(d)
        gradients = {n: LOSSES_OF_EXAMPLES if of.name in of_it else of for n, of in context.gradients.items()}
        default = context.gradient_default
        if default is not None and default.name in of_it:
            default = LOSSES_OF_EXAMPLES
        return replace(
            context,
            definitions=found,
            per_example=context.per_example | of_it,
            gradients=gradients,
            gradient_default=default,
        )

    def numbered(term: Term) -> Term:
        if isinstance(term, Ref) and term.name in small and term.example is None and not term.subs:
            twin = _twin(term.name)
            layer = term.layer if twin in defined else layers.get(twin)
            if twin in context.vectors:  # Y is the column of all labels
                return Entry(Ref(twin, layer), (Index("i"),))
            return Entry(Ref(twin, layer), (), Index("i"))
        return term

    letters = ", ".join(sorted(small))
    return Connection(question.item.parts, change, f"{letters} in the loss are those of one example")


def _twin(name: str) -> str:
    """The capital of a small letter, under the same accent."""
    accent, mark, letter = name.rpartition(":")
    return f"{accent}{mark}{letter.upper()}"


def _is_capital(name: str) -> bool:
    return name.rpartition(":")[2].isupper()


def _is_row(name: str, context: Context) -> bool:
    """Whether the text says of an array that it is a row."""
    stated = [size for pattern, *sizes in context.shapes.get(name, []) for size in sizes[:1]]
    return name in context.rows or (bool(stated) and all(size == Number(Fraction(1)) for size in stated))


def _by_way_of(question: Question) -> Connection | None:
    """A quantity that the claim differentiates by, and whose formula stands written out where its name could."""
    slopes = [n for part in question.item.parts for n in walk(part) if isinstance(n, Derivative)]
    wanted = {b.name for n in slopes for b in n.by if isinstance(b, Ref)}
    bodies = {
        d.body: d.head
        for d in question.context.definitions
        if d.params is None and d.head.name in wanted and refs(d.body) and not isinstance(d.body, Ref)
    }
    if not bodies:
        return None
    met: list[Ref] = []

    def named(term: Term) -> Term:
        if term not in bodies:
            return term
        met.append(bodies[term])
        return bodies[term]

    def change(context: Context) -> Context:
        found = [
            d if d.head in bodies.values() or d.params else replace(d, body=rebuilt(d.body, named))
            for d in context.definitions
        ]  # a function's formula speaks of any argument
        return replace(context, definitions=found)

    changed = change(question.context)
    inner = {r.name for body in bodies for r in refs(body)}
    pairs = zip(question.context.definitions, changed.definitions, strict=True)
    if not met or any(
        a is not b and a.body != b.body and inner & {r.name for r in refs(b.body)} for a, b in pairs
    ):
        return None  # what is left depends on it in another way: s = log σ² beside σ² - log σ²
    names = ", ".join(dict.fromkeys(map(str, met)))
    return Connection(question.item.parts, change, f"{names} stands written out in another formula")


def _whatever_it_is(question: Question) -> Connection | None:
    """A loss that the text writes in letters of its own, ``-Σ_k y_k log a_k``: what holds for every loss holds for it."""
    definitions = question.context.definitions
    heads = {d.head.name for d in definitions if not is_loss(d.head.name)}
    alien = [
        d
        for d in definitions
        if is_loss(d.head.name) and d.latex.endswith("(prose)") and not heads & {r.name for r in refs(d.body)}
    ]
    if not alien:
        return None

    def change(context: Context) -> Context:
        per_example = context.per_example | {d.head.name for d in alien}
        kept = [d for d in context.definitions if d not in alien]
        return replace(context, definitions=kept, per_example=per_example)

    return Connection(question.item.parts, change, "holds for any loss of an example", proves_only=True)


def _restated(question: Question, gathered: Gathered) -> Connection | None:
    """What the claim differentiates, as another formula of the document has it that follows from its definition."""
    wanted = {
        n.of.name
        for part in question.item.parts
        for n in walk(part)
        if isinstance(n, Derivative) and isinstance(n.of, Ref)
    }
    found: list[Definition] = []
    for item in gathered.items:
        if item.formula is question.item.formula:
            break
        left = item.parts[0] if len(item.parts) == 2 and any(item.claiming) else None
        head = left.function if isinstance(left, Call) and not left.primes else left
        if not isinstance(head, Ref) or head.name not in wanted or item.relations[0] not in ("=", ":="):
            continue
        names = {d.head.name for d in question.context.definitions if d.params is None}
        if names & {r.name for r in refs(item.parts[1])} and _holds(question, item):
            found.append(
                Definition(
                    Ref(head.name), None, item.parts[1], item.formula.line, item.formula.latex, item.section
                )
            )
    if not found:
        return None
    heads = {d.head.name for d in found}

    def change(context: Context) -> Context:
        kept = [d for d in context.definitions if d.head.name not in heads]
        return replace(context, definitions=[*kept, *found])

    lines = ", ".join(f"{d.head} as in line {d.line}" for d in found)
    return Connection(question.item.parts, change, f"differentiates {lines}")


def _holds(question: Question, item: Item) -> bool:
    """Whether a formula of the document is proved."""
    try:
        run = replace(question, item=item, budget=Budget(_SECONDS)).run(Reading())
    except NotesError:
        return False
    return run.links[0].verdict == "proved"
