"""The readings that a document leaves open, and the charity that every refutation must survive.

A claim is proved or refuted only where all readings agree.
Before a refutation stands, the claim is read once more in every way that its author may have meant and did not say:
labels that sum to one, a dot that multiplies entry by entry, numbers instead of vectors.
If one of them saves it, it is not refuted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial

from .._errors import LimitError, MisplacedError, NotesError, NotUnderstoodError
from .._limits import Budget
from ..resolve import (
    Big,
    Call,
    Context,
    Definition,
    Derivative,
    Div,
    Gradient,
    Index,
    Mul,
    Number,
    Pow,
    Ref,
    Term,
    refs,
    walk,
)
from ..resolve._asked import known_as, open_functions
from ..resolve._item import Item
from ..resolve._lexicon import is_loss
from ..resolve._terms import rebuilt
from ._claim import SMALL, Run, decide_chain
from ._differentials import basis, is_of_loss
from ._doubts import reached
from ._measures import logarithms
from ._numeric import tolerance
from ._outcome import Outcome
from ._world import GREEK_MATRICES, Reading, Usage

# Steps that are late, and where they are moved to: behind the first, where a recursion begins.
_LATE, _EARLY = 6, 3

_LABELS = {"y", "Y", "t", "T", "q", "d"}


@dataclass(frozen=True)
class Question:
    """A chain with all that is needed to decide it under some reading; ``bases``: the text speaks of bases of logarithms."""

    item: Item
    context: Context
    usage: Usage
    budget: Budget
    others: Callable[[], Iterable[tuple[str, Context]]] = tuple
    bases: bool = False

    def run(
        self,
        reading: Reading,
        context: Context | None = None,
        usage: Usage | None = None,
        *,
        saving: Collection[int] | None = None,
    ) -> Run:
        """Decide the chain under one reading.

        Where ``saving`` are links, nothing is asked but whether any of these is proved or agrees.
        """
        item = self.item
        known, written = context or self.context, usage or self.usage
        needed: set[str] | None = None
        while True:
            try:
                return self._run(reading, known, written, saving)
            except MisplacedError as error:  # the v = a + u of another example than the a of the network
                needed = _needed(item.parts, known) if needed is None else needed
                definition = error.definition
                if not isinstance(definition, Definition) or definition.head.name in needed:
                    raise
                known = replace(known, definitions=[d for d in known.definitions if d is not definition])

    def shifted(self) -> Question:
        """The claim at early steps, where it speaks of late ones: ``v_{100} = 0.9 v_{99} + g_{100}`` is v_4 = 0.9 v_3 + g_4.

        What holds of a recursion holds at every step of it, if nothing in it or in the claim counts steps besides.
        """
        late = {r.time.offset for p in self.item.parts for r in refs(p) if r.time and not r.time.name}
        by = min(late, default=0) - _EARLY
        bodies = [d.body for d in self.context.definitions]
        counting = any(isinstance(n, Big) for t in (*self.item.parts, *bodies) for n in walk(t))
        times = {d.head.time.name for d in self.context.definitions if d.head.time is not None}
        begun = any(
            d.head.time and not d.head.time.name and d.head.time.offset > 1 for d in self.context.definitions
        )
        counting = counting or begun or any(r.name in times for body in bodies for r in refs(body))
        if max(late, default=0) <= _LATE or by <= 0 or counting or max(late) - min(late) > _LATE:
            return self

        def change(term: Term) -> Term:
            if isinstance(term, Ref) and term.time is not None and not term.time.name:
                return replace(term, time=Index("", term.time.offset - by))
            return term

        item = replace(self.item, parts=tuple(rebuilt(p, change) for p in self.item.parts))
        return replace(self, item=item)

    def _run(self, reading: Reading, known: Context, written: Usage, saving: Collection[int] | None) -> Run:
        """Decide the chain with all definitions of a context."""
        item = self.shifted().item
        limits: list[list[Fraction] | None] = [
            tolerance(a, b, r) if item.kind == "numeric" else None
            for a, b, r in zip(item.parts, item.parts[1:], item.relations, strict=False)
        ]
        if known.exact_numbers and len(item.parts) == 2:  # between the sides of a chain stand rounded results
            numbers = {n.value for p in item.parts for n in walk(p) if isinstance(n, Number)}
            known = replace(known, given=known.given | numbers)
        claiming = [c and (saving is None or k in saving) for k, c in enumerate(item.claiming)]
        decide = partial(decide_chain, item.parts, claiming, known, written, reading, self.budget, limits)
        run = decide(saving=saving is not None)
        if any(o.agrees for o in run.links):
            small = decide(SMALL)
            run.links = [
                b if a.agrees and b.verdict == "proved" else a
                for a, b in zip(run.links, small.links, strict=True)
            ]
            run.notes.extend(n for n in small.notes if n not in run.notes)
        return run


def _needed(parts: Sequence[Term], context: Context) -> set[str]:
    """The names that a chain rests on; what it differentiates may be any loss."""
    slopes = any(isinstance(n, (Derivative, Gradient)) for p in parts for n in walk(p))
    losses = [d.head for d in context.definitions if is_loss(d.head.name)] if slopes else []
    return reached([*parts, *losses], context)


def all_runs(question: Question) -> list[Run]:
    """Decide under every reading; one that makes no sense is none, unless all make none."""
    runs: list[Run] = []
    partial: list[Run] = []
    trouble: NotesError | None = None
    pending = list(_openings(question))
    tried: list[Reading] = []
    while pending:
        reading = pending.pop(0)
        tried.append(reading)
        try:
            run = question.run(reading)
        except LimitError:
            raise
        except NotesError as error:
            trouble = trouble or error
            continue
        (partial if run.partly else runs).append(run)
        if run.ambiguous and not reading.direct:
            pending.append(replace(reading, direct=True, flags=set()))
        if run.greek and reading.greek == "number":
            pending.append(replace(reading, greek="column", flags=set()))
            if question.context.examples == "rows":
                pending.append(replace(reading, greek="row", flags=set()))
    numbers = _as_numbers(question)
    if numbers is not None and (not runs or (any(r.guessed for r in runs) and not all_proved(runs))):
        # Nothing but letters says that these are vectors: the author may mean numbers.
        try:
            run = question.run(Reading(), *numbers)
            if not runs:
                run.links = [_only_numbers(o, trouble, question.item.parts) for o in run.links]
            else:
                _beside_matrices(run, runs, question.item.parts)
            runs.append(run)
            run.notes.append("also read with every quantity a number")
        except LimitError:
            raise
        except NotesError as error:
            trouble = trouble or error
    runs = runs or partial  # a reading that gives some side no meaning counts where no other makes sense
    if not runs:
        raise trouble or NotUnderstoodError("the claim")
    return runs


def _only_numbers(outcome: Outcome, trouble: NotesError | None, parts: Sequence[Term]) -> Outcome:
    """Where the vectors of a document are not understood, numbers refute nothing, and prove nothing of capitals."""
    names = {r.name for p in parts for r in refs(p)}
    capitals = {n for n in names if len(n.rstrip("'")) == 1 and n.isupper()}  # X' may be X transposed
    several = len({name for name in capitals if not is_loss(name)}) > 1
    if outcome.verdict == "refuted" or (several and outcome.verdict == "proved"):
        return Outcome("unknown", f"not understood: {trouble}")
    return outcome


def _beside_matrices(numbers: Run, runs: Sequence[Run], parts: Sequence[Term]) -> None:
    """What numbers prove of capitals stands only where these fit in shape as matrices, too."""
    for k, outcome in enumerate(numbers.links):
        sides = parts[k : k + 2]
        fits = any(run.links[k].verdict == "proved" for run in runs)
        if outcome.verdict == "proved" and not fits and _capitals(sides) and not _chains(sides):
            reason = "holds for numbers, but as matrices the two sides do not fit in shape"
            numbers.links[k] = Outcome("mixed", reason)


def _chains(parts: Sequence[Term]) -> bool:
    """Whether a derivative of something else than a loss stands here: with ``∂A/∂Z`` a chain rule speaks of numbers."""
    slopes = [n for p in parts for n in walk(p) if isinstance(n, Derivative)]
    return any(not isinstance(n.of, Ref) or not is_loss(n.of.name) for n in slopes)


def _capitals(parts: Sequence[Term]) -> set[str]:
    """The capitals that stand for quantities, as matrices do."""
    names = {r.name.rpartition(":")[2] for p in parts for r in refs(p) if not is_loss(r.name)}
    return {n for n in names if n[:1].isupper() and (len(n) == 1 or n in GREEK_MATRICES)}


def _openings(question: Question) -> Iterator[Reading]:
    parts, context = question.item.parts, question.context
    if is_of_loss(parts[0], context) and (changes := basis(parts, context)):
        yield Reading(differentials=changes)
        return
    times = {r.time.name for p in question.item.parts for r in refs(p) if r.time is not None}
    yield Reading(first_time=1)
    if not times or question.context.one_step:
        return
    if _begins_at_one(question.context):
        yield Reading(first_time=1, time=2)  # at the first step alone nothing comes from earlier ones
    else:
        yield Reading(first_time=0)


def _begins_at_one(context: Context) -> bool:
    """Whether the document says that step 1 is the first: ``t = 1, …, T``, ``t ≥ 1``, a constant h_0 or a formula for it."""
    times = [d.head.time for d in context.definitions if d.head.time is not None]
    timed = {t.name for t in times if t.name}
    if context.first_step == 1 or any(context.lower.get(name) == 1 for name in timed):
        return True
    if timed and any(not t.name and t.offset == 0 for t in times):
        return True
    lows = [low for name, (low, _) in context.ranges.items() if name in timed]
    return bool(lows) and all(isinstance(low, Number) and low.value == 1 for low in lows)


def _as_numbers(question: Question) -> tuple[Context, Usage] | None:
    """The world in which every quantity is a number, unless the document speaks of vectors."""
    context = question.context
    examples = context.examples and not context.supposed
    told = context.shapes or context.vectors or context.vectors_are_columns or examples
    told = told or context.rows or context.matrices or any(map(_speaks_of_matrices, question.item.parts))
    if told or context.all_scalar or not question.usage.matrices or question.usage.transposed:
        return None
    return replace(context, all_scalar=True), replace(question.usage, matrices=False)


def _speaks_of_matrices(term: Term) -> bool:
    """Whether a term holds a trace or a determinant, which of a number nobody takes."""
    return any(isinstance(n, Call) and n.function.name in ("trace", "det", "diag", "vec") for n in walk(term))


def all_proved(runs: Sequence[Run]) -> bool:
    """Whether every claiming link holds under every reading."""
    return all(o.verdict in ("proved", "none") for run in runs for o in run.links)


def charitable(question: Question, merged: list[Outcome]) -> list[Outcome]:
    """Let every refutation survive the other ways in which the claim may be meant."""
    if not any(_open(o) for o in merged):
        return merged
    found = list(merged)
    ways = [(question, *way) for way in _alternatives(question)]
    if (below := _below_slashes(question)) is not None:
        ways.append(
            (below, "if all that follows a slash divides", Reading(), question.context, question.usage)
        )
    if question.bases or question.item.kind == "numeric":
        for what, other in in_other_bases(question):
            ways.append((other, what, Reading(), other.context, other.usage))
    for question, what, reading, context, usage in ways:
        if not any(_open(o) for o in found):
            break
        products = what.startswith("if the products")
        saving = [
            k for k, o in enumerate(found) if o.verdict == "refuted" or o.misfit or (products and _open(o))
        ]
        if not saving:
            continue
        try:
            run = question.run(reading, context, usage, saving=saving)
        except LimitError:
            return [
                _spared(o, "there was no time for other readings")
                if o.verdict == "refuted"
                else replace(o, misfit=False)
                for o in found
            ]
        except NotesError:
            continue
        for k, outcome in enumerate(run.links):
            before = found[k]
            if k in saving:
                before.misfit = before.misfit and (outcome.clash or outcome.verdict == "refuted")
            if (
                before.loose
                and before.verdict in ("refuted", "unknown")
                and not outcome.loose
                and products
                and not run.shrunk
            ) and outcome.verdict == "proved":
                found[k] = Outcome(
                    "proved", f"{outcome.reason}, {what.removeprefix('if ')}: only so the shapes fit"
                )
                continue
            if before.verdict == "refuted" and (outcome.verdict == "proved" or outcome.agrees):
                found[k] = _spared(before, f"it would hold {what}", outcome.verdict == "proved")
    return found


# Letters that are as often numbers as vectors.
_NUMBERS = frozenset("abckpqrst")


def _is_told(name: str, context: Context) -> bool:
    """Whether the document says or shows of a name what it is."""
    known = context.shapes.keys() | context.vectors | context.rows | context.scalars | context.matrices
    return name in known or any(d.head.name == name for d in context.definitions)


def _below_slashes(question: Question) -> Question | None:
    """The claim with ``1/2x`` for 1/(2x); None where nothing follows a slash."""

    def moved(term: Term) -> Term:
        if not isinstance(term, Mul):
            return term
        (op, first), *rest = term.items
        if not rest or not isinstance(first, Div) or not first.slash or any(op for op, _ in rest):
            return term
        return (
            Mul(((op, Div(first.num, Mul((("", first.den), *rest)))),))
            if op
            else Div(first.num, Mul((("", first.den), *rest)))
        )

    parts = tuple(rebuilt(part, moved) for part in question.item.parts)
    return (
        None if parts == question.item.parts else replace(question, item=replace(question.item, parts=parts))
    )


def in_other_bases(question: Question) -> Iterator[tuple[str, Question]]:
    """The claim with logarithms to other bases than e."""
    item = question.item
    for what, parts, context in logarithms(item.parts, question.context):
        yield what, replace(question, item=replace(item, parts=parts), context=context)


def _open(outcome: Outcome) -> bool:
    return outcome.verdict == "refuted" or (outcome.verdict == "unknown" and outcome.loose)


def _spared(outcome: Outcome, why: str, proved: bool = False) -> Outcome:
    return Outcome("mixed" if proved else "unknown", f"fails as read, but {why}", outcome.counterexample)


def _activations(question: Question) -> Iterator[tuple[str, Reading, Context, Usage]]:
    """The activations that an author may mean by a function that nothing defines, where a right side spells one out."""
    context = question.context
    terms = [*question.item.parts, *(d.body for d in context.definitions)]
    unsaid = [f for f in open_functions(terms, context) if f.name not in context.opaque]
    names = {f.name for f in unsaid}
    if all(names & {r.name for r in refs(part)} for part in question.item.parts[1:]):
        return
    for name in ("sigmoid", "tanh", "relu"):
        told = [*context.definitions, *(known_as(f, name) for f in unsaid)]
        what = f"for {' and '.join(sorted(names))} = {name}"
        yield what, Reading(), replace(context, definitions=told), question.usage


def _layout_is_told(question: Question) -> bool:
    """Whether the claim differentiates numbers alone, whose gradients have the shape that the text says."""
    slopes = [n for p in question.item.parts for n in walk(p) if isinstance(n, Derivative)]
    numbers = all(_is_number(n.of) for n in slopes)
    return question.context.own_shapes and numbers


def _is_number(term: Term) -> bool:
    """A loss, a trace, a determinant."""
    if isinstance(term, Call):
        return term.function.name in ("trace", "det") or is_loss(term.function.name)
    return isinstance(term, Ref) and is_loss(term.name)


def _powers(question: Question) -> set[str]:
    """Letters that stand in exponents alone, as the step t of ``1 - β^t``; a label stands beside ``1 - y``, too."""
    terms = [*question.item.parts, *(d.body for d in question.context.definitions)]
    nodes = [n for t in terms for n in walk(t)]
    powers = [n.exponent for n in nodes if isinstance(n, Pow)]
    alone = {r.name for p in powers if isinstance(p, Ref) for r in refs(p)}
    elsewhere = [r.name for t in terms for r in refs(t)]
    inside = [r.name for p in powers for r in refs(p) if isinstance(p, Ref)]
    return {name for name in alone if elsewhere.count(name) == inside.count(name)}


def _under_roots(question: Question) -> set[str]:
    """The letters whose roots are taken: the d of ``q^T k / \\sqrt d`` is a size and no label."""
    terms = [*question.item.parts, *(d.body for d in question.context.definitions)]
    half = Div(Number(Fraction(1)), Number(Fraction(2)))
    roots = [n.base for t in terms for n in walk(t) if isinstance(n, Pow) and n.exponent == half]
    return {base.name for base in roots if isinstance(base, Ref)}


def _from_nothing(context: Context) -> Context | None:
    """The context in which recursions that the document leaves without a beginning begin with zero."""
    begun = []
    for d in context.definitions:
        time = d.head.time
        if time is None or not time.name or not any(r.name == d.head.name and r.time for r in refs(d.body)):
            continue
        first = replace(d.head, time=Index("", 0))
        if context.defined(first) is None or context.defined(first) is d:
            begun.append(Definition(first, None, Number(Fraction(0)), d.line, str(first), d.section))
    return replace(context, definitions=[*context.definitions, *begun]) if begun else None


def _alternatives(question: Question) -> Iterator[tuple[str, Reading, Context, Usage]]:
    context, usage = question.context, question.usage
    heads = {d.head.name for d in context.definitions}
    targets = {r.name for d in context.definitions if is_loss(d.head.name) for r in refs(d.body)} - heads
    told = _LABELS & usage.names - (_under_roots(question) - targets)
    labels = (told or targets) - context.one_hot - context.binary - _powers(question)
    single = {
        y for y in labels if y in usage.examples and y not in usage.subs and y not in usage.vector_examples
    }
    if labels and labels == single:  # y^{(i)} is one number
        yield "if the labels are 0 or 1", Reading(), replace(context, binary=context.binary | labels), usage
    elif labels:
        hot = replace(context, one_hot=context.one_hot | labels)
        yield "if the labels sum to one", Reading(), hot, usage
        yield "if the labels of a row sum to one", Reading(hot_rows=True), hot, usage
        yield "if the labels are 0 or 1", Reading(), replace(context, binary=context.binary | labels), usage
    if context.one_hot:
        yield "if the labels sum to one the other way", Reading(hot_rows=True), context, usage
    if usage.matrices:
        for kind in ("alike", "any"):
            products = {op: kind for op in ("·", "×", "*", "") if op not in context.products}
            if products:
                name = "entry by entry" if kind == "alike" else "as matrices"
                changed = replace(context, products={**context.products, **products})
                yield f"if the products are taken {name}", Reading(), changed, usage
    yield "if derivatives hold the other quantities fixed", Reading(direct=True), context, usage
    if changes := basis(question.item.parts, context):
        yield "if the names with a d are differentials", Reading(differentials=changes), context, usage
    if not context.gradients:
        yield "if the gradients belong to the other loss", Reading(swapped=True), context, usage
    if begun := _from_nothing(context):
        yield "if what came before the first step is zero", Reading(), begun, usage
    if usage.matrices and not context.layout and not _layout_is_told(question):
        for layout in ("numerator", "denominator"):
            yield f"in {layout} layout", Reading(layout=layout), context, usage
    yield from _activations(question)
    if context.supposed:
        for way in ("", "columns", "rows"):
            if way != context.examples:
                unsaid = f"if {way} were examples" if way else "if the text said nothing of examples"
                yield unsaid, Reading(), replace(context, examples=way), usage
    loose = {name for name in _NUMBERS & usage.names if usage.matrices and not _is_told(name, context)}
    if loose & {r.name for p in question.item.parts for r in refs(p)}:
        changed = replace(context, scalars=context.scalars | loose)
        yield f"if {' and '.join(sorted(loose))} is a number", Reading(), changed, usage
    for what, other in question.others():
        yield what, Reading(), other, usage
    numbers = _as_numbers(question)
    if numbers is not None:
        yield "if every quantity is a number", Reading(), *numbers
