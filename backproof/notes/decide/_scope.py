"""Which definitions and facts rule at a statement: the latest of those that its headings enclose, then the others.

An equation for what another section defines is a claim if it can be proved, and otherwise the definition from there on.
It is never refuted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from .._errors import NotesError
from .._limits import Budget
from ..resolve import (
    Big,
    Branches,
    Call,
    Context,
    Definition,
    Derivative,
    Gradient,
    Number,
    Ref,
    Term,
    indices,
    refs,
    walk,
)
from ..resolve._cases import (
    GENERAL,
    index_pairs,
    is_of_the_sentence,
    is_right_behind,
    lead_of,
    of_the_formula,
)
from ..resolve._item import Gathered, Item, Pair
from ..resolve._scopes import in_scope, unenclosed
from ..resolve.prose._layouts import spoken_layout
from ._doubts import reached
from ._habits import Reading, Usage
from ._outcome import Outcome
from ._question import Question
from ._usage import settled

_SECONDS = 0.5


def scoped(gathered: Gathered, item: Item, usage: Usage) -> tuple[Context, Usage]:
    """The context at a statement: what came before, and later definitions of what was not yet defined."""
    context = gathered.scopes.at(item.section)
    if context is not gathered.context:
        usage = settled(usage, context)
    if item.square:
        context = replace(context, square=True)
    every = context.definitions
    before = [
        d
        for d in every[: item.known]
        if not (d.again and _is_restated(gathered, d, usage)) and not _is_its_own(d, item)
    ]
    names = {d.head.name for d in before}
    later = [
        d
        for d in every[item.known :]
        if d.head.name not in names and d.latex != item.formula.latex and not d.again
    ]
    own = [
        d
        for d in every[item.known :]
        if d.latex == item.formula.latex
        and d.line == item.formula.line
        and not d.again
        and not (d.value and any(d.head == p for p in item.parts))  # no value proves itself
        and not _is_its_own(d, item)
    ]
    ruling = in_scope([*later, *before], gathered.scopes, item.section)
    if GENERAL.search(lead_of(item.words)) or _ALWAYS.search(item.after):
        ruling = [d for d in ruling if not _is_number(d)]
    counts = _counts(item, [*ruling, *own], context) if item.kind == "claim" else set()
    near, hypotheses = _of_this_case(context, item)
    ruling = [
        _as_value(d, gathered, item)
        for d in ruling
        if not _is_elsewhere(d, gathered, item)
        and not (_is_number(d) and d.head.name in near | counts)
        and not (d.value and _is_told_by_formula(d, every) and any(d.head == p for p in item.parts))
        and not (d.value and _is_result(d, every) and any(map(_differentiates, item.parts)))
    ]
    context = replace(
        context,
        definitions=[*ruling, *(d for d in own if not (_is_number(d) and d.head.name in counts))],
        line=item.formula.line,
        column=item.formula.column,
        lead=f"{lead_of(item.words)} {item.after}",
        conditional=item.conditional,
        one_hot=context.one_hot - context.soft - {label.swapcase() for label in context.soft},
        inline=not item.formula.display,
        hypotheses=hypotheses,
    )
    if layout := spoken_layout(lead_of(item.words))[0]:
        context = replace(context, layout=layout)
    columns = context.vectors_are_columns or context.vectors or context.examples
    if usage.sideways and not columns and not context.vectors_are_rows:
        said = [*context.readings, "vectors are rows, as a list of them stands before a matrix"]
        context = replace(context, vectors_are_rows=True, readings=said)
    for pair, case in item.cases.items():
        context = in_case(context, pair, case.relation)
    return context, usage


def _is_its_own(definition: Definition, item: Item) -> bool:
    """Whether a statement claims the number that it gives, ``df/dx = w = 1``: no number proves itself."""
    here = definition.latex == item.formula.latex and definition.line == item.formula.line
    return (here and not refs(definition.body)) and any(
        claims and item.parts[k] == definition.head and item.parts[k + 1] == definition.body
        for k, claims in enumerate(item.claiming)
    )


def _counts(item: Item, known: Sequence[Definition], context: Context) -> set[str]:
    """The sizes to which a claim, or what it rests on, adds up: it is decided for a size of ours, not for 64 examples."""
    names = reached(item.parts, replace(context, definitions=list(known)))
    bodies = [*item.parts, *(d.body for d in known if d.head.name in names)]
    ends = [n.high for b in bodies for n in walk(b) if isinstance(n, Big) and n.high is not None]
    return {r.name for end in ends for r in refs(end)}


def _is_told_by_formula(value: Definition, every: Sequence[Definition]) -> bool:
    """Whether a formula gives what a number was printed for: then the number is no ground for another one."""
    return any(d.head == value.head and not d.value and refs(d.body) for d in every)


def _is_result(value: Definition, every: Sequence[Definition]) -> bool:
    """Whether a number is what a chain of the document comes to: ``h = σ(z) = 0.62``."""
    return value.latex.count("=") > 1 and any(
        d.head == value.head and not d.value and refs(d.body) for d in every
    )


def _differentiates(term: Term) -> bool:
    """Whether a term holds a derivative, of which a number has none."""
    return any(isinstance(n, (Derivative, Gradient)) for n in walk(term))


def _of_this_case(context: Context, item: Item) -> tuple[set[str], list[tuple[Term, str, Term]]]:
    """What the sentence of a claim has a condition on, and the hypotheses without the conditions of other sentences."""
    said = context.conditioned
    place = of_the_formula(item.formula.line, item.formula.column)
    near = {h for h, words in said.items() if words == place or is_right_behind(words, item.words)}
    names = {r.name for left, _, right in near for r in (*refs(left), *refs(right))}
    spoken = {h: words for h, words in said.items() if not words.startswith("\0")}
    before = [h for h, words in spoken.items() if is_of_the_sentence(words, item.words)] if not near else []
    for h in sorted(before, key=lambda h: -len(said[h])):  # of several on the same quantity the last
        own = {r.name for r in (*refs(h[0]), *refs(h[2]))}
        if not own & names:
            near.add(h)
            names |= own
    return names, [h for h in context.hypotheses if h in near or h not in said]


_ALWAYS = re.compile(r"^\W*for (?:all|any|every|general|arbitrary)\b", re.I)


def _is_number(definition: Definition) -> bool:
    """Whether a plain quantity is given a number, as in an example."""
    return definition.params is None and not indices(definition.head) and not refs(definition.body)


def _is_elsewhere(definition: Definition, gathered: Gathered, item: Item) -> bool:
    """Whether another section defines what a section that encloses the statement says may be anything."""
    scopes = gathered.scopes
    return not scopes.encloses(definition.section, item.section) and any(
        definition.head.name in section.facts.opaque
        for section in scopes.sections
        if scopes.encloses(section.number, item.section)
    )


def _as_value(definition: Definition, gathered: Gathered, item: Item) -> Definition:
    """A number that a section which does not enclose a statement gives is a value of an example there."""
    if (
        definition.value
        or not _is_number(definition)
        or gathered.scopes.encloses(definition.section, item.section)
    ):
        return definition
    return replace(definition, value=True)


def in_case(context: Context, pair: Pair, relation: str) -> Context:
    """The context with two indices equal, or different, or with a label."""
    if not pair[1]:
        given = Definition(
            Ref(pair[0]), None, Number(Fraction(relation)), context.line, f"{pair[0]} = {relation}"
        )
        kept = [d for d in context.definitions if d.head != given.head]
        note = f"for {pair[0]} = {relation}"
        return replace(context, definitions=[*kept, given], readings=[*context.readings, note])
    apart, alike = context.apart - {pair}, context.alike - {pair}
    if relation == "=":
        alike = alike | {pair}
    else:
        apart = apart | {pair}
    note = f"for {pair[0]} {relation} {pair[1]}"
    return replace(context, apart=apart, alike=alike, readings=[*context.readings, note])


def other_cases(gathered: Gathered, item: Item, context: Context) -> Iterator[tuple[str, Context]]:
    """The other cases of two indices of which the document speaks, where none stands right at a statement."""
    pairs = set(gathered.pairs)
    if gathered.hinted:
        pairs |= index_pairs(item.parts[:1], context.lexicon.indices)
    pairs -= _told_apart(item.parts)
    for pair in sorted(pairs):
        case = item.cases.get(pair)
        if case is not None and case.near:
            continue
        for relation in ("=", "≠") if pair[1] else ("0", "1", "-1"):
            if case is None or relation != case.relation:
                what = f"{relation} {pair[1]}" if pair[1] else f"= {relation}"
                yield f"for {pair[0]} {what}", in_case(context, pair, relation)


def _told_apart(parts: Sequence[Term]) -> set[Pair]:
    """The pairs of indices that the branches of a statement tell apart by themselves."""
    tests = (
        test
        for part in parts
        for node in walk(part)
        if isinstance(node, Branches)
        for _, conditions in node.branches
        for test in conditions
    )
    sides = ((t.left, t.right) for t in tests if isinstance(t.left, Ref) and isinstance(t.right, Ref))
    return {(min(a.name, b.name), max(a.name, b.name)) for a, b in sides}


def in_general(item: Item, context: Context) -> Context | None:
    """The context without the cases that do not stand right at a statement; None where there are none."""
    far = {pair for pair, case in item.cases.items() if not case.near}
    if not far:
        return None
    labels = {Ref(name) for name, other in far if not other}
    definitions = [d for d in context.definitions if d.head not in labels]
    return replace(context, definitions=definitions, apart=context.apart - far, alike=context.alike - far)


def _is_restated(gathered: Gathered, definition: Definition, usage: Usage) -> bool:
    """Whether an equation that may define anew follows from what was defined before."""
    if definition not in gathered.restated:
        gathered.restated[definition] = False
        gathered.restated[definition] = any(
            _follows(gathered, item, k, usage)
            for item in gathered.items
            if item.formula.line == definition.line and item.formula.latex == definition.latex
            for k in item.again
        )
    return gathered.restated[definition]


def _follows(gathered: Gathered, item: Item, k: int, usage: Usage) -> bool:
    link = replace(
        item, parts=item.parts[k : k + 2], relations=item.relations[k : k + 1], claiming=(True,), again={}
    )
    context, usage = scoped(gathered, item, usage)
    context = replace(context, definitions=[d for d in context.definitions if not _is_number(d)])
    try:
        run = Question(link, context, usage, Budget(_SECONDS)).run(Reading())
    except NotesError:
        return False
    return run.links[0].verdict == "proved"


def defined_anew(item: Item, context: Context, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Links that may define anew what another section defines claim something only where they hold."""
    found = list(outcomes)
    if any(not other and case.near for (_, other), case in item.cases.items()):
        return found  # for y = 0 the loss is what its formula comes to
    for k, old in item.again.items():
        if k < len(found) and found[k].verdict not in ("proved", "none"):
            differs = "is" if found[k].verdict == "refuted" else "may be"
            item.lints.append(f"{old.head} {differs} defined differently in line {old.line}")
            reason = f"a definition, as {old.head} is defined in another section"
            told = any(d.head == old.head and refs(d.body) for d in context.definitions)
            if item.kind == "numeric" and told:
                # The numbers of an example before, or of another one: their arithmetic alone proves nothing here.
                found[k + 1 :] = [
                    Outcome("unknown", f"{reason}, from other numbers") if o.verdict == "proved" else o
                    for o in found[k + 1 :]
                ]
            found[k] = Outcome("unknown" if k else "none", reason)  # ∂z/∂w = x = -1 claims that x is -1
    return found


# Words by which a sentence draws a conclusion from what was defined, rather than defining something anew.
_CONCLUDES = re.compile(
    r"\b(?:then|so|hence|thus|therefore|gets?|gives?|giving|obtains?|becomes?|follows?|following|simplif\w*|re-?writ\w*|written"
    r"|equals?|equal to|equivalent\w*|i\.e|that is|which is|means|impl\w*|expand\w*|substitut\w*|plug\w*|insert\w*"
    r"|we comput\w*|we calculat\w*|results?|yields?|shows?|prove\w*|claim\w*|because|since|recall|derive\w*|reduces?|turns?"
    r"|namely|verify)\b|따라서|즉|그러면|그래서|그러므로|대입|정리|얻|된다|되며|이므로",
    re.I,
)


def announced_anew(item: Item, context: Context, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """An equation for what is defined, in the middle of a sentence that draws no conclusion, is not refuted.

    ``A linear unit has a = wx. A logistic unit has a = σ(wx)`` speaks of two units.
    """
    left = item.parts[0]
    head = left.function if isinstance(left, Call) and not left.primes else left
    if any(not other and case.near for (_, other), case in item.cases.items()):
        return list(outcomes)
    sentence = re.split(r"[.!?。]\s|다\.\s", item.announced)[-1].strip()
    if not isinstance(head, Ref) or not item.formula.display or sentence.endswith((".", "!", "?", "。")):
        return list(outcomes)
    if (
        context.defined(head) is None
        or not re.search(r"[^\W\d_]{2}", sentence)
        or _CONCLUDES.search(sentence)
    ):
        return list(outcomes)
    reason = f"the words before it may define {head} anew"
    first = outcomes[0]
    return [Outcome("unknown", reason) if first.verdict == "refuted" else first, *outcomes[1:]]


def anew_in_rows(item: Item, context: Context, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """A row of a table that says what f is, where another row has said so, begins another example."""
    left = item.parts[0]
    plain = isinstance(left, Ref) or (isinstance(left, Call) and not left.primes)
    head = left.function if isinstance(left, Call) else left
    found = list(outcomes)
    if not plain or not isinstance(head, Ref) or found[0].verdict != "refuted":
        return found
    own = (item.formula.line, item.formula.latex)
    if any(d.head == head and (d.line, d.latex) == own for d in context.definitions):
        found[0] = Outcome("unknown", f"this row may say anew what {head} is")
    return found


def renewed(item: Item, context: Context, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """``w := 0.4 - 0.5 × 0.08`` for a w of 0.4 gives it a new value, and so may ``w = 0.4 - 0.5 × 0.08``."""
    left, right = item.parts[0], item.parts[1]
    known = context.defined(left) if isinstance(left, Ref) else None
    if known is None or outcomes[0].verdict != "refuted" or refs(known.body) or refs(right):
        return list(outcomes)
    old = {n.value for n in walk(known.body) if isinstance(n, Number)}
    starts = not isinstance(right, Number) and bool(
        old & {n.value for n in walk(right) if isinstance(n, Number)}
    )
    if not starts and item.relations[0] not in (":=", "←"):
        return list(outcomes)
    return [Outcome("unknown", f"{left} may have a new value here"), *outcomes[1:]]


def other_scopes(gathered: Gathered, item: Item, context: Context) -> Iterator[tuple[str, Context]]:
    """The context with what the document says elsewhere, where nothing that encloses a statement settles it."""
    scopes = gathered.scopes
    rivals = _rivals(gathered, item, context)
    if rivals:
        names = {d.head.name for d in rivals}
        kept = [d for d in context.definitions if d.head.name not in names]
        lines = ", ".join(f"{d.head} in line {d.line}" for d in rivals)
        yield f"by the definition of {lines}", replace(context, definitions=[*rivals, *kept])
    every = scopes.at(item.section).hypotheses
    if len(every) > len(context.hypotheses):
        yield "under a condition said elsewhere", replace(context, hypotheses=every)
    other = unenclosed(scopes, item.section)
    if other is not None:
        mine = replace(other, definitions=context.definitions, line=context.line, column=context.column)
        yield "by what another section says", mine


def _rivals(gathered: Gathered, item: Item, context: Context) -> list[Definition]:
    """The first definitions of names that are defined again without a word, or in sections none of which is this one."""
    scopes = gathered.scopes
    if len(scopes.sections) < 2:
        return []
    firsts: dict[str, Definition] = {}
    open_names: set[str] = set()
    for d in gathered.context.definitions[: item.known]:
        if d.value:
            continue
        first = firsts.setdefault(d.head.name, d)
        if first is d or (first.head, first.params, first.body) == (d.head, d.params, d.body):
            continue
        far = not scopes.encloses(d.section, item.section)
        if first.section != d.section and d in context.definitions and (d.again or far):
            open_names.add(d.head.name)
    return [firsts[name] for name in sorted(open_names)]
