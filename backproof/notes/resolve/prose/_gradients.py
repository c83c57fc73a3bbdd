"""Names of gradients: ``column i of dZ is the gradient of L^(i) in column i of Z; dW and db are the gradients of J``.

A statement has a subject (names such as dZ, or a quantity such as δ), a word for derivative, the loss that is
differentiated, and often what it is differentiated by.
What is taken is the loss: which one a name belongs to is the question that notes leave open most often.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from .._context import COST, LOSS, LOSSES_OF_EXAMPLES, Context, Definition
from .._lexicon import is_loss
from .._terms import Call, Derivative, Gradient, Prime, Ref, Term
from ._clause import Clause, heads, named, rule

_GRADIENT = re.compile(
    r"\b(?:partial |total |whole |full |usual )*(?:gradients?|derivatives?|partials)\b(?: (?:vector|matrix|row|column|array)s?)?(?: \((?:an? |as |all |each )*(?:columns?|column vectors?|rows?|vectors?|numbers?|scalars?|matrices|arrays)\))?"
    r"|\b(?:that|the one|the like|the same)(?= (?:with respect to|w\.?r\.?t\.?|for) )|\b(?:that|the one)(?= (?:in|by) ⟦[QF])|\b(?:that|those)(?= of (?:the |a |its )?(?:cost|loss|⟦L))|(?:편)?미분(?:계수)?|기울기|그래디언트|도함수"
)
_ALIKE = re.compile(r"that|the (?:one|like|same)")
_KOREAN = re.compile(r"[가-힣]")
_PRONOUN = re.compile(r"\b(?:its|their|whose)(?: (?:own|partial|total))*\s*$")
_LOSS = re.compile(
    r"(?P<mention>⟦[LE]\d+⟧)"
    r"|(?:\b|(?=⟦I))(?P<each>(?:these|those|unaveraged|unsummed|single|individual|own|per-example|per-sample|(?:(?:training )?(?:example|sample|image|instance)(?:s?['’]|(?: ⟦\w\d+⟧)? ?['’]s))|⟦I\d+⟧ ?-?-?th) )*"
    r"(?P<mean>(?:mean|average|averaged|total|overall|whole|scalar) )*(?P<word>losses|loss|costs?|errors?|objective|risk|cross[- ]?entrop(?:y|ies)(?= ⟦V)|(?:one and the same |some )?(?:scalar|number)(?= (?:with|in|by|depends|that))"
    r"|(?:scalar )?function(?= of (?:the |a )?(?P<on>⟦[QF]\d+⟧)))"
    r"(?: function)?(?P<of> ⟦I\d+⟧(?! ?-?th)| \(?(?:of|for|on) (?:the |one |each |an? |single |training |that )*"
    r"(?:example|sample|image|instance|observation|case)s?(?: ⟦\w\d+⟧)?\)?)?"
    r"|(?P<ko>(?:표본|샘플|예제)\s*⟦\w\d+⟧\s*의\s*손실|(?:샘플|표본|예제)별 손실|개별 손실|손실들?|비용|오차)"
)
_SMALL = re.compile(
    r"\s*(?:of|for|in|that|의)?\s*(?:the |those |these |its |a |an |one |this |that |each |some |scalar |total |mean (?=⟦E)|average (?=⟦E))*\s*"
)
_BY = rule(
    r"\s*(?:,? ?(?:taken |formed )?(?:{wrt}|for) (?:the |its |their |each |every |all |column by column )*(?:variables? |parameters? |quantity |quantities |arguments? )?"
    r"(?:{column}|{entries})?(?:the |its )*{QFGV+}|\b(?:there|here)\b)"
)
_MORE = rule(r"\s*\(?(?:and )?(?:of|in) (?:{column}|{entries})?{QFG+}\)?")
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


_PRIMED = rule(
    r"(?P<who>{PQL}) (?:is|denotes|means) (?:the |its )?(?:usual )?derivative(?: of {QFL})? {wrt} (?P<by>{Q})"
)
_PRE = rule(
    r"\s*(?:with respect to|in|by) (?:the |its )*(?:pre-?activations?|arguments?|inputs?|logits?)"
    r"(?: of (?:the )?(?:gate )?(?P<of>{Q})| of the (?:⟦\w\d+⟧|\w+) that (?:gives|yields|makes|produces) (?P<of2>{Q})| of (?:the|this|its) (?:\w+ )?(?P<own>gate))?"
)
# One of several ways in which a loss depends on a quantity: the others are held fixed.
_ONE_WAY = rule(
    r"[ ,(]*(?:(?:only )?(?:through|via|from|by) (?:the |all )?(?:later|following|next|subsequent|future) (?:time )?(?:steps?|cells?|times?))?[ ,(]*(?:and |but )?"
    r"(?:(?:not|without|leaving out|except) (?:counting |including |taking )?(?:that |what goes |the (?:part|path|way) )?(?:through|via|over) {QF}"
    r"|(?:at|for) (?:a )?fixed {Q}|with {Q} (?:held |kept |being )?fixed|while {Q} is (?:held |kept )?fixed)\)?"
)
_TOTAL = rule(
    r"(?P<what>{D+}) (?:is|are|denotes?|means?) (?:the |a )?(?:columns? |rows? |vectors? )?(?:of (?:the |all )*)?(?:total|whole|full) (?:gradient|derivative)s?"
)
_ANEW = re.compile(r"(?:,? and |, )⟦G\d+⟧(?:(?:, ?|,? and )⟦G\d+⟧)*$")
_IS = re.compile(r" (?:is|are|denotes?|names?) ")
_INDEX = re.compile(r"⟦I\d+⟧")
_IN_BRACKETS = re.compile(r" \((?:an? |any |the )?(?:differentiable |smooth )?function of [^()]{1,60}\)")
_WRITTEN = rule(r" {V}(?: (?:of|for) (?:the |each |one |that )*{example}(?: ⟦I\d+⟧)?)?")
_COLUMN_OF = rule(r"{G} is (?:the )?{column}{G}")
_FOR_INSTANCE = rule(r"\(?(?:as in|such as|like|e\.g\.|for example|for instance),? {G+}\)?")
_NAME = rule("{G}")


@dataclass(frozen=True)
class _Said:
    """One statement: the loss by name or by kind, what it is differentiated by, and where the statement ends."""

    loss: Ref
    by: list[Ref]
    end: int
    elsewhere: bool = False
    one_way: bool = False


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
            _korean(clause, start, word)
            if _KOREAN.match(word.group())
            else _said(clause, word, limit, context)
        )
        if said is None:
            continue
        context.last_loss = said.loss
        subjects, first, last = _subjects(clause, start, word, said.end, limit)
        if subjects and _record(subjects, said, clause, context):
            clause.used.append((first, max(said.end, word.end(), last)))
            start = max(said.end, last)
    for match in (*clause.find(_COLUMN_OF), *clause.find(_FOR_INSTANCE)):
        clause.use(match)
    if words:
        for match in clause.find(_NAME):  # something is said of this name, and it is not known what
            context.foreign.update(t.of.name for t in clause.terms(match.group()) if isinstance(t, Gradient))
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


def _said(clause: Clause, word: re.Match[str], limit: int, context: Context) -> _Said | None:
    """What is differentiated, and by what, from the words around a word for derivative."""
    text = clause.text
    end = word.end()
    loss: Ref | None = None
    pronoun = _PRONOUN.search(text[: word.start()])
    if pronoun is not None:
        found = [m for m in _LOSS.finditer(text[: word.start()]) if _loss_of(m, clause) is not None]
        found = [
            m for m in found if m["mention"]
        ] or found  # "C is a function of z, and δ is the column of its …"
        if not pronoun.group().startswith("their"):  # "J is the mean of the losses, dW is its gradient"
            found = [m for m in found if m["word"] != "losses"]
        loss = _loss_of(found[-1], clause) if found else context.last_loss
    else:
        small = _SMALL.match(text, end)
        target = _LOSS.match(text, small.end() if small else end)
        if target is not None and not target["mention"]:
            letter = re.compile(r" (?P<mention>⟦L\d+⟧)(?P<each>)(?P<mean>)(?P<word>)(?P<of>)(?P<ko>)").match(
                text, target.end()
            )
            target = letter or target
        if target is not None and target.end() <= limit:
            loss, end = _loss_of(target, clause), target.end()
            if loss is not None and (written := _WRITTEN.match(text, end)) is not None:
                end = written.end()  # the loss -y log a - … of example i
            if (aside := _IN_BRACKETS.match(text, end)) is not None:
                end = aside.end()
    if loss is None and re.match(r" (?:with respect to|w\.?r\.?t\.?|for) ", text[end:]):
        loss = context.last_loss  # and do_t that with respect to o_t
    if loss is None and _ALIKE.match(word.group()) and re.match(r" (?:in|by) ", text[end:]):
        loss = context.last_loss  # and φ that in h
    if loss is None:
        return None
    by = _BY.match(text, end)
    variables: list[Ref] = []
    elsewhere = False
    if by is not None and by.end() <= limit + 40:
        end = by.end()
        if (
            (anew := _ANEW.search(text, by.start(), end))
            and _IS.match(text, end)
            and "⟦Q" in text[by.start() : anew.start()]
        ):
            end = anew.start()  # in Z, and dW and db are the gradients of J
        variables = clause.refs(_INDEX.sub("", text[by.start() : end]))
        more = _MORE.match(text, end)
        while more is not None:
            variables += clause.refs(_INDEX.sub("", more.group()))
            end = more.end()
            more = _MORE.match(text, end)
    else:
        other = _PRE.match(text, end)
        if other is not None:
            elsewhere, end = True, other.end()
            own = clause.refs(other["of"] or other["of2"])
            if own and all(r.name in context.activated for r in own):
                variables, elsewhere = [replace(r, name=f"pre:{r.name}") for r in own], False
    one_way = _ONE_WAY.match(text, end)
    return _Said(loss, variables, one_way.end() if one_way else end, elsewhere, one_way is not None)


def _korean(clause: Clause, start: int, word: re.Match[str]) -> _Said | None:
    """``dW는 J의 기울기``, ``dZ는 손실을 Z로 미분한 것``: the loss stands before the word."""
    text = clause.text[start : word.start()]
    found = [m for m in _LOSS.finditer(text) if _loss_of(m, clause) is not None]
    if not found:
        return None
    loss = _loss_of(found[-1], clause)
    assert loss is not None
    rest = text[found[-1].end() :]
    return _Said(loss, [r for r in clause.refs(rest) if r.name not in ("i", "j", "k", "l")], word.end())


def _loss_of(match: re.Match[str], clause: Clause) -> Ref | None:
    """The loss that a mention or a word names; None for a mention that is no loss."""
    if match["mention"]:
        mention = clause.listed(match["mention"])[0]
        ref = next((r for t in heads(mention) if (r := named(t)) is not None), None)
        if ref is not None and is_loss(ref.name) and ref.example is not None and ref.example.name:
            return LOSSES_OF_EXAMPLES  # L^{(i)} is that of example i
        return ref if ref is not None and is_loss(ref.name) else None
    if match["ko"]:
        said = match["ko"]
        return LOSSES_OF_EXAMPLES if re.search("⟦|들|별", said) else COST if "비용" in said else LOSS
    if match["each"] or match["of"] or match["word"] == "losses":
        return LOSSES_OF_EXAMPLES
    if match["mean"] and re.search("mean|average", match["mean"]):
        return COST
    return COST if match["word"] in ("cost", "costs", "objective", "risk") else LOSS


def _subjects(
    clause: Clause, start: int, word: re.Match[str], end: int, limit: int
) -> tuple[list[Term], int, int]:
    """The names that the statement is about, and the span that they begin and end."""
    text = clause.text
    cut = list(_BREAK.finditer(text, start, word.start()))
    start = cut[-1].end() if cut else start
    left = list(re.finditer(r"⟦G\d+⟧", text[start : word.start()]))
    if _KOREAN.match(word.group()):
        losses = (m for m in _LOSS.finditer(text, start, word.start()) if _loss_of(m, clause) is not None)
        loss = next(losses, None)
        left = [m for m in left if loss is None or start + m.start() < loss.start()]
    if left:
        terms = [t for m in left for t in clause.terms(m.group())]
        return terms, start + left[0].start(), 0
    # Between the subject and the word stands a verb, and nothing else that is named.
    verb = _VERB.search(text[start : word.start()])
    alike = re.search(r"\band ⟦\w\d+⟧ ?$", text[start : word.start()]) if _ALIKE.match(word.group()) else None
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


def _record(subjects: list[Term], said: _Said, clause: Clause, context: Context) -> bool:
    """Keep what a statement says; False where it says nothing that can be used."""
    gradients = [t for t in subjects if isinstance(t, Gradient)]
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
    refs = [r for t in subjects if (r := named(t)) is not None]
    if not refs or not said.by or len(refs) < len(said.by):
        return False
    refs = refs[-len(said.by) :]
    for head, by in zip(refs, said.by, strict=True):
        if context.defined(head) is None and head.name != by.name:
            body = Derivative(said.loss, (by,), True)
            context.definitions.append(Definition(head, None, body, clause.line, f"{head} (prose)"))
            context.note(f"{head} is the gradient of {said.loss} by {by} (prose)")
    return True


def _names(name: str) -> set[str]:
    """A letter and its twin of the other case; m, n and their like are counts beside M and N."""
    return {name, name.swapcase()} - {"m", "n", "k", "p", "d", "l"}


def _elsewhere(of: Ref, by: Ref) -> bool:
    """Whether a gradient is taken by something that its name alone does not tell."""
    return (
        of.name != by.name or (of.layer is None and by.layer is not None) or (not of.subs and bool(by.subs))
    )


def _remember_loss(clause: Clause, context: Context) -> None:
    """A later *its gradient* speaks of the loss that was named last."""
    found = [loss for m in clause.everywhere(_LOSS) if (loss := _loss_of(m, clause)) is not None]
    if found:
        context.last_loss = found[-1]
