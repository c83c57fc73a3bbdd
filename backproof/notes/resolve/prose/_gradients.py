"""Names of gradients: ``column i of dZ is the gradient of L^(i) in column i of Z; dW and db are the gradients of J``.

A statement has a subject (names such as dZ, or a quantity such as δ), a word for derivative, the loss that is
differentiated, and often what it is differentiated by.
What is taken is the loss: which one a name belongs to is the question that notes leave open most often.
"""

from __future__ import annotations

import re
from dataclasses import replace

from .._context import LOSSES_OF_EXAMPLES, Context, Definition
from .._lexicon import is_loss
from .._terms import Call, Derivative, Gradient, Prime, Ref, Term, Transpose
from ._clause import Clause, named, rule
from ._qualified import qualified
from ._slopes import ALIKE, KOREAN, LOSS_WORDS, Said, korean_said, loss_of, said_of

_GRADIENT = re.compile(
    r"\b(?:partial |total |whole |full |usual )*(?:gradients?|derivatives?|partials)\b(?: (?:vector|matrix|row|column|array)s?)?(?: \((?:an? |as |all |each )*(?:columns?|column vectors?|rows?|vectors?|numbers?|scalars?|matrices|arrays)\))?"
    r"|\b(?:that|the one|the like|the same)(?= (?:with respect to|w\.?r\.?t\.?|for) )|\b(?:that|the one)(?= (?:in|by) ⟦[QF])|\b(?:that|those)(?= of (?:the |a |its )?(?:single |individual |own |per-example )*(?:cost|loss|⟦L))|(?:편)?미분(?:계수)?|기울기|그래디언트|도함수"
)
_VERB = rule(
    r"(?:{is}|(?=the (?:column|row|vector|matrix|array) of )|is defined as|are defined as|has as its (?:{column})?|를?|을?|은|는|이|란)\s*(?:the |its |their |a |as |column by column |, )*"
    r"(?:(?:column|row) )?(?:column|row|vector|matrix|array|number|columns|rows)?s?(?: of)?(?: the| all| its| these)*\s*(?:name of (?:the )?)?$"
)
_BREAK = re.compile(r"\b(?:while|whereas|but|and then|in contrast to)\b")
_PER_EXAMPLE = rule(r"{G+} (?:is|are) (?:taken |meant |formed )?(?:per|for each|for every|by) {example}")
_IS_DERIVATIVE = rule(
    r"(?P<head>{QU})(?: (?:is|denotes|is short for|means|stands for|abbreviates))? (?:the |a |short for |that )*(?:columns? |rows? |vectors? |matrix |error |derivative |gradient )*(?:(?:of|with|having) (?:the |all |as its )*(?:partial )?(?:derivatives |entries |components )?)?(?P<body>{D})"
)


_SHORT_FOR = rule(
    r"(?P<name>{G+}),? ?(?:is |are )?(?:short for|for|denotes?|means?|stands? for|abbreviates?|names?|is|are) (?:the |simply |just )*(?P<slope>{D+})"
)
_NABLA = rule(
    r"⟦U\d+⟧ (?:is|denotes|means|stands for|takes) (?:the )?(?:{grad}|vector of (?:partial )?derivatives) {wrt} (?:the )?(?P<by>{Q})"
)


_PRIME_ON_ALL = rule(
    r"(?:a|the) prime (?:on|of|behind|after) (?:an? |any |every )?(?:expressions?|brackets?|terms?|formulas?) (?:is|denotes|means|stands for)"
    r" (?:its |the |their )?derivatives? (?:in|by|with respect to|for) (?P<by>{Q})"
)
_PRIMED = rule(
    r"(?P<who>{PQL}) (?:is|denotes|means) (?:the |its )?(?:usual )?derivative(?: of {QFL})? {wrt} (?P<by>{Q})"
)
_TOTAL = rule(
    r"(?P<what>{D+}) (?:is|are|denotes?|means?) (?:the |a )?(?:columns? |rows? |vectors? )?(?:of (?:the |all )*)?(?:total|whole|full) (?:gradient|derivative)s?"
)
_AS_ROW = re.compile(r",? (?:as|in the form of|forming|written as) a row\b")
_COLUMN_OF = rule(r"{G} is (?:the )?{column}{G}")
_HOLDS_COUNT = rule(
    r"(?:so (?:that )?)?(?P<who>{G+}) (?:already |thus |therefore |then )*(?:contains?|carr(?:y|ies)|includes?|holds?|has) (?:already )?(?:the |its )?(?:factor )?{V}"
)
_FOR_INSTANCE = rule(r"\(?(?:as in|such as|like|e\.g\.|for example|for instance),? {G+}\)?")
_NAME = rule("{G}")
# What is said to be something else than its name tells: *dz is a small step in z*, *f\' is a second network*.
_SOMETHING_ELSE = rule(
    r"{G},? (?:is|are|denotes?|means?|stands? for)(?: here| now| just| simply)* (?:not|no|an?|the) (?!(?:\w+ )?(?:gradient|derivative|matrix|column|row|vector|array|number|scalar|same|shape|error))"
    r"|\bby {G},? we (?:mean|denote)"
)
_PRIMED_ELSE = rule(
    r"(?P<who>⟦P\d+⟧),? (?:is|are|denotes?|means?|stands? for)(?: here| now| just| simply)* (?:not|no|an?|the|another) "
    r"(?!(?:value of the )?(?:[\w-]+ ){0,2}(?:gradient|derivative|slope|jacobian))"
)


def read_gradients(clause: Clause, context: Context) -> None:
    """Take from a clause whose gradients its names are."""
    text = clause.text
    for match in clause.find(_PER_EXAMPLE):
        for term in clause.terms(match.group(1)):
            if isinstance(term, Gradient):
                context.gradients.setdefault(term.of.name, LOSSES_OF_EXAMPLES)
        clause.use(match)
    for match in clause.find(_IS_DERIVATIVE):
        named_ = clause.refs(match["head"])
        if not named_ or not re.search(
            r" (?:is|denotes|means|stands|short|abbreviates|that of|of)\b", match.group()
        ):
            continue
        if qualified(clause, match.start(), match.end()):
            continue
        head, body = named_[0], _whole_slope(named_[0], clause.terms(match["body"])[0])
        if context.defined(head) is None:
            context.definitions.append(Definition(head, None, body, clause.line, f"{head} (prose)"))
            context.note(f"{head} is a derivative (prose)")
        clause.use(match)
    for match in clause.find(_SHORT_FOR):
        _abbreviated(clause, match, context)
    for match in clause.find(_PRIMED):
        primed = clause.terms(match["who"])[:1]
        if primed and isinstance(primed[0], Prime) and isinstance(primed[0].of, Ref):
            context.prime_by[primed[0].of.name] = clause.refs(match["by"])[0]
            clause.use(match)
    for match in clause.find(_PRIME_ON_ALL):
        context.prime_by[""] = clause.refs(match["by"])[0]
        clause.use(match)
    for match in clause.find(_TOTAL):
        for slope in clause.terms(match["what"]):
            if isinstance(slope, Derivative) and len(slope.by) == 1:
                context.totals.add((slope.of, slope.by[0]))
                context.note("a derivative through every way (prose)")
    for match in clause.find(_NABLA):
        context.nabla = clause.refs(match["by"])[0]
        context.note(f"∇ differentiates by {context.nabla} (prose)")
        clause.use(match)
    words = list(_GRADIENT.finditer(text))
    start = 0
    for k, word in enumerate(words):
        if word.start() < start:
            continue
        limit = words[k + 1].start() if k + 1 < len(words) else len(text)
        said = (
            korean_said(clause, start, word)
            if KOREAN.match(word.group())
            else said_of(clause, word, limit, context)
        )
        if said is None:
            if re.match(r" (?:of|for) ", text[word.end() :]):
                start = word.end()  # of something that is not understood: these names are no other's
            continue
        if said.formula is None:
            context.last_loss = said.loss
        subjects, first, last = _subjects(clause, start, word, said.end, limit)
        if qualified(clause, first, max(said.end, word.end(), last)):
            continue
        if _AS_ROW.match(text, said.end) and said.by and all(r.name in context.vectors for r in said.by):
            said = replace(said, formula=said.formula or said.loss, row=True)
        if subjects and _record(subjects, said, clause, context):
            clause.used.append((first, max(said.end, word.end(), last)))
            start = max(said.end, last)
    for match in (*clause.find(_COLUMN_OF), *clause.find(_FOR_INSTANCE)):
        clause.use(match)
    for match in clause.find(_HOLDS_COUNT):  # that of the mean cost: dZ already contains 1/m
        told = [
            context.gradients.get(t.of.name) for t in clause.terms(match["who"]) if isinstance(t, Gradient)
        ]
        if all(loss is not None and loss != LOSSES_OF_EXAMPLES for loss in told):
            clause.use(match)
    if words:
        for match in clause.find(_NAME):  # something is said of this name, and it is not known what
            context.foreign.update(t.of.name for t in clause.terms(match.group()) if isinstance(t, Gradient))
    for match in clause.find(_SOMETHING_ELSE):
        context.foreign.update(t.of.name for t in clause.terms(match.group()) if isinstance(t, Gradient))
    for match in clause.find(_PRIMED_ELSE):
        context.otherwise.update(f"{r.name.rstrip(chr(39))}'" for r in clause.refs(match["who"]))
    _remember_loss(clause, context)


def _abbreviated(clause: Clause, match: re.Match[str], context: Context) -> None:
    """``dZ stands for ∂J/∂Z``, ``dw and db stand for ∂J/∂w and ∂J/∂b``."""
    names, slopes = clause.terms(match["name"]), clause.terms(match["slope"])
    if len(names) != len(slopes):
        return
    for name, slope in zip(names, slopes, strict=True):
        if not isinstance(name, Gradient) or not isinstance(slope, Derivative) or len(slope.by) != 1:
            return
        of, by = slope.of.function if isinstance(slope.of, Call) else slope.of, slope.by[0]
        if not isinstance(of, Ref) or not isinstance(by, Ref) or not is_loss(of.name):
            return
        context.gradients.setdefault(name.of.name, LOSSES_OF_EXAMPLES if of.example is not None else of)
        if _elsewhere(name.of, by):
            context.gradient_by[name.of.name] = by
        context.note(f"d{name.of.name} is the gradient of {of} (prose)")
    clause.use(match)


def _whole_slope(head: Ref, body: Term) -> Term:
    """The column of the ∂C/∂z_j is the derivative by z."""
    if isinstance(body, Derivative) and len(body.by) == 1 and not head.subs:
        by = body.by[0]
        if isinstance(by, Ref) and any(s.name for s in by.subs):
            return Derivative(body.of, (Ref(by.name, by.layer, by.example, (), by.time),), body.total)
    return body


def _subjects(
    clause: Clause, start: int, word: re.Match[str], end: int, limit: int
) -> tuple[list[Term], int, int]:
    """The names that the statement is about, and the span that they begin and end."""
    text = clause.text
    cut = list(_BREAK.finditer(text, start, word.start()))
    start = cut[-1].end() if cut else start
    left = list(re.finditer(r"⟦G\d+⟧", text[start : word.start()]))
    if KOREAN.match(word.group()):
        losses = (m for m in LOSS_WORDS.finditer(text, start, word.start()) if loss_of(m, clause) is not None)
        loss = next(losses, None)
        left = [m for m in left if loss is None or start + m.start() < loss.start()]
    if left:
        terms = [t for m in left for t in clause.terms(m.group())]
        return terms, start + left[0].start(), 0
    # Between the subject and the word stands a verb, and nothing else that is named.
    verb = _VERB.search(text[start : word.start()])
    alike = re.search(r"\band ⟦\w\d+⟧ ?$", text[start : word.start()]) if ALIKE.match(word.group()) else None
    if verb is not None or alike is not None:  # δ is the derivative of E in x, and φ that in h
        before = text[start : start + verb.start() if verb is not None else word.start()].rstrip()
        group = re.search(
            rule(
                r"{QFP+}(?:,? (?:of|in|at) (?:an?|the|this|each|every) (?:\w+ )?(?:layer|unit|neuron|node)(?: ⟦[IQ]\d+⟧)?)?(?: ?,)?$"
            ).pattern,
            before,
        )
        if group is not None:
            return list(clause.refs(group.group(1))), start + group.start(), 0
    after = rule(
        r"\s*(?:there |here )?(?:,? (?:an?|the) (?:column|row|matrix|number|vector|scalar)(?: vector)?,? )?(?:is |are |, )?(?:written |named |called |denoted |abbreviated )?(?:by |as )?(?:{column})?{G+}"
    ).match(text, end)
    if after is not None and after.end() <= max(limit, after.end()):
        return clause.terms(after.group(1)), word.start(), after.end()
    return [], 0, 0


def _record(subjects: list[Term], said: Said, clause: Clause, context: Context) -> bool:
    """Keep what a statement says; False where it says nothing that can be used."""
    gradients = [t for t in subjects if isinstance(t, Gradient)]
    if gradients and said.formula is not None:
        if said.elsewhere or said.one_way or (said.by and len(said.by) != len(gradients)):
            return False
        for k, subject in enumerate(gradients):
            of = subject.of
            head = replace(of, name=f"d{of.name}")
            if context.defined(head) is None:
                slope = Derivative(said.formula, (said.by[k] if said.by else of,), True)
                body = Transpose(slope) if said.row else slope
                context.definitions.append(Definition(head, None, body, clause.line, f"{head} (prose)"))
                what = "what the text writes" if said.formula is not said.loss else str(said.loss)
                context.note(f"{head} is the {'row of the ' if said.row else ''}gradient of {what} (prose)")
        return True
    if gradients:
        pairs = said.by if len(said.by) == len(gradients) else []
        for k, subject in enumerate(gradients):
            name = subject.of.name
            if said.elsewhere and name in context.activated:
                context.gradient_by[name] = replace(subject.of, name=f"pre:{name}")
            elif said.elsewhere:
                context.foreign.add(name)
                continue
            if said.one_way:
                context.one_way.add(name)
            general = re.search(
                r"\b(?:any|every|each|all)\b[^⟦]*(?:variables?|quantit|parameters?|symbols?)", clause.text
            )
            itself = len(said.by) == 1 and said.by[0] == subject.of
            if (general or itself) and len(name) == 1 and not _names(name) & context.written:
                context.gradient_default = said.loss
                context.note(f"a name d… is the gradient of {said.loss} (prose)")
                continue
            context.gradients.setdefault(name, said.loss)
            if pairs and _elsewhere(subject.of, pairs[k]):
                context.gradient_by[name] = pairs[k]
            context.note(f"d{name} is the gradient of {said.loss} (prose)")
        return True
    found = [r for t in subjects if (r := named(t)) is not None]
    if not found or not said.by or len(found) < len(said.by):
        return False
    found = found[-len(said.by) :]
    for head, by in zip(found, said.by, strict=True):
        if context.defined(head) is None and head.name != by.name:
            body = Derivative(said.formula or said.loss, (by,), True)
            context.definitions.append(Definition(head, None, body, clause.line, f"{head} (prose)"))
            context.note(f"{head} is the gradient of {said.loss} by {by} (prose)")
    return True


def _names(name: str) -> set[str]:
    """A letter and its twin of the other case; m, n and their like are counts beside M and N."""
    return {name, name.swapcase()} - {"m", "n", "k", "p", "d", "l"}


def _elsewhere(of: Ref, by: Ref) -> bool:
    """Whether a gradient is taken by something that its name alone does not tell: dZ holds those by the z^{(i)}."""
    if of.name.isupper() and by.name == of.name.lower() and len(by.subs) + (by.example is not None) == 1:
        return by.layer not in (of.layer, None)
    return (
        of.name != by.name or (of.layer is None and by.layer is not None) or (not of.subs and bool(by.subs))
    )


def _remember_loss(clause: Clause, context: Context) -> None:
    """A later *its gradient* speaks of the loss that was named last."""
    found = [m for m in clause.everywhere(LOSS_WORDS) if loss_of(m, clause) is not None]
    named_ = [m for m in found if m["mention"]]
    if named_:  # "L is a function of A": the word says what L is
        found = [m for m in found if m["mention"] or not re.search("function|scalar|number", m["word"] or "")]
    if found:
        context.last_loss = loss_of(found[-1], clause)
