"""The other ways in which a claim may be meant: a refutation must survive them all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from .._errors import LimitError, NotesError
from ..resolve import (
    Call,
    Context,
    Definition,
    Derivative,
    Div,
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
from ..resolve._lexicon import is_loss
from ..resolve._terms import rebuilt
from ._as_numbers import as_numbers
from ._connections import output_as_prediction
from ._differentials import basis
from ._habits import Reading, Usage
from ._measures import logarithms
from ._outcome import Outcome
from ._question import Question

_LABELS = {"y", "Y", "t", "T", "q", "d"}
_PRODUCTS = "if the products"


def charitable(question: Question, merged: list[Outcome]) -> list[Outcome]:
    """Let every refutation survive the other ways in which the claim may be meant."""
    if not any(_open(o) for o in merged):
        return merged
    if question.proving and not any(o.loose for o in merged):
        return merged  # nothing but other products makes a proof
    found = list(merged)
    ways = [(question, *way) for way in _alternatives(question)]
    if question.proving and all(o.verdict != "refuted" for o in merged):
        ways = [way for way in ways if way[1].startswith(_PRODUCTS)]
    if (below := _below_slashes(question)) is not None:
        ways.append(
            (below, "if all that follows a slash divides", Reading(), question.context, question.usage)
        )
    if (output := output_as_prediction(question)) is not None:
        other = replace(
            question,
            item=replace(question.item, parts=output.parts),
            context=output.change(question.context),
        )
        ways.append((other, f"if {output.note}", Reading(), other.context, other.usage))
    if question.bases or question.item.kind == "numeric":
        for what, other in in_other_bases(question):
            ways.append((other, what, Reading(), other.context, other.usage))
    for question, what, reading, context, usage in ways:
        if not any(_open(o) for o in found):
            break
        products = what.startswith(_PRODUCTS)
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


def _never_zero(question: Question) -> set[str]:
    """Letters that divide, or of which nothing but logarithms are taken: no labels that are 0 or 1."""
    terms = [*question.item.parts, *(d.body for d in question.context.definitions)]
    nodes = [n for t in terms for n in walk(t)]
    dens = [n.den for n in nodes if isinstance(n, Div)]
    factors = [f for den in dens for f in ([t for _, t in den.items] if isinstance(den, Mul) else [den])]
    logs = [a for n in nodes if isinstance(n, Call) and n.function.name == "log" for a in n.args]
    inside = [a.name for a in logs if isinstance(a, Ref)]
    everywhere = [r.name for t in terms for r in refs(t)]
    alone = {name for name in inside if everywhere.count(name) == inside.count(name)}
    return alone | {f.name for f in factors if isinstance(f, Ref)}


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
    labels = (
        (told or targets)
        - context.one_hot
        - context.binary
        - context.signs
        - _powers(question)
        - _never_zero(question)
    )
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
                yield f"{_PRODUCTS} are taken {name}", Reading(), changed, usage
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
    untold = usage.vector_subs & usage.subs.keys() - context.entry_order.keys()
    if any(usage.subs[name] == 2 for name in untold):
        yield (
            "if the first of two indices counts the entries",
            Reading(),
            context,
            replace(usage, entry_first=True),
        )
    loose = {name for name in _NUMBERS & usage.names if usage.matrices and not _is_told(name, context)}
    if loose & {r.name for p in question.item.parts for r in refs(p)}:
        changed = replace(context, scalars=context.scalars | loose)
        yield f"if {' and '.join(sorted(loose))} is a number", Reading(), changed, usage
    for what, other in question.others():
        yield what, Reading(), other, usage
    numbers = as_numbers(question)
    if numbers is not None:
        yield "if every quantity is a number", Reading(), *numbers
