"""What connects a loss with what it is differentiated by, where its own definition does not.

Asked only where a derivative would have no meaning otherwise, and told in the finding.

- ``L(ŷ, y)`` beside a^[l] = g(z^[l]): the one output that the loss is written with is the activity of the last layer.
- ``J(a, b, c) = 3(a + bc)`` beside u = bc, v = a + u, J = 3v: the document writes J once more, by way of v.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from .._errors import NotesError
from .._limits import Budget
from ..resolve import Call, Context, Definition, Derivative, Index, Ref, Term, refs, walk
from ..resolve._item import Gathered, Item
from ..resolve._lexicon import is_loss
from ..resolve._terms import rebuilt
from ._readings import Question
from ._world import Reading

_OUTPUTS = {"hat:y", "hat:Y", "yhat", "y_hat", "Yhat", "Y_hat", "bar:y", "hat:p", "a", "A", "o", "p", "out"}
_SECONDS = 0.5


@dataclass(frozen=True)
class Connection:
    """The sides of the claim and the context as they read with it, and what is taken for granted."""

    parts: tuple[Term, ...]
    change: Callable[[Context], Context]
    note: str


def connections(question: Question, gathered: Gathered) -> Iterator[Connection]:
    """The connections that a document leaves to its reader."""
    if (found := _output(question)) is not None:
        yield found
    if (found := _restated(question, gathered)) is not None:
        yield found


def _output(question: Question) -> Connection | None:
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
    if len(names) != 1:
        return None
    general = any(d.head.layer is not None and d.head.layer.name for d in activities)
    top = max(d.head.layer.offset for d in activities if d.head.layer is not None)
    return Ref(names.pop(), Index("L") if general else Index("", top))


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
