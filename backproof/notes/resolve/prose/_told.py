"""Definitions in sentences: ``its output ⟦a⟧ is the quotient ⟦u/v⟧``, ``⟦v⟧ is ⟦s⟧ divided by ⟦1-β^t⟧``.

A sentence defines only if all of it is read: from the name, which nothing before it makes a part of something else, to
a word that begins another thought.
"""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

from .._context import Context, Definition
from .._lexicon import WORDS, is_loss
from .._terms import Add, Big, Call, Derivative, Div, Listing, Mul, Number, Ref, Term, children, indices, refs
from ._arithmetic import Phrase, entries, head_of, is_computed, read_phrase, words_of
from ._clause import Clause, rule
from ._qualified import qualified

_SUBJECT = rule(
    r"(?P<head>{QLF})(?:,? \(?(?:also|sometimes) (?:typed|written|called|named) {QLF}\)?)?,? "
    r"(?:is|be|equals|is defined as|is given by|is computed as|abbreviates|(?:is )?short(?:hand)? for|is (?:an|the) abbreviation (?:of|for)|stands for) (?:now |simply |just |then )?"
)
_BESIDE = rule(r"(?P<head>{QLF}), (?={Q} divided by )")
_WRITTEN = rule(
    r"(?:writ(?:e|es|ing)|abbreviat(?:e|es|ing)|put|puts) (?P<head>{QL}) for (?:the )?(?:sum |product |expression |quotient )?(?P<what>⟦V\d+⟧)"
    r"|abbreviat(?:e|es|ing) (?:the )?(?:sum |product |expression |quotient )?(?P<what2>⟦V\d+⟧) (?:as|by|to|with) (?P<head2>{QL})"
    r"|(?P<head3>{QL}) ?(?:은|는|이란|란) (?P<what3>⟦V\d+⟧) ?(?:을|를) (?:뜻|의미|나타)[가-힣]*"
)
_ADDS_UP = rule(
    r"(?P<head>{QL}) (?:adds up|sums up|sums|is the sum),? over (?P<over>(?:all |the |every )*(?:[a-z]+ )?⟦[IQ]\d+⟧"
    r"(?: and (?:all |the |every )*(?:[a-z]+ )?⟦[IQ]\d+⟧)?),? (?:of )?(?:the )?(?:terms?|numbers?|values?|products?)? ?(?P<term>⟦V\d+⟧)"
)
_NORMALISED = rule(
    r"(?P<head>{Q}) (?:is|are) proportional to (?P<what>[^⟦,;:]*⟦\w\d+⟧),? and (?:the |all |these )*(?P<again>{Q}) (?:add|sum)s?(?: up)? to (?P<one>⟦N\d+⟧|1\b|one\b)"
)
_KNOWN = {"softmax": "softmax", "logistic function": "sigmoid", "logistic": "sigmoid", "sigmoid": "sigmoid", "tanh": "tanh",
          "hyperbolic tangent": "tanh", "relu": "relu", "시그모이드": "sigmoid", "소프트맥스": "softmax"}  # fmt: skip
_NAMES = "|".join(sorted(_KNOWN, key=len, reverse=True))
_FUNCTION_OF = rule(
    rf"(?P<head>{{F}}) (?:is|be|denotes|equals) (?:the |a )?(?P<name>{_NAMES})(?: function)? of (?:the )?(?:(?:column|vector|logits?|scores?|numbers?) )*(?P<arg>⟦[VQFE]\d+⟧)"
    rf"|(?P<head2>{{F}}) ?(?:는|은|이|가) (?P<arg2>⟦[VQF]\d+⟧) ?의 (?P<name2>{_NAMES})(?: 함수)?(?: ⟦V\d+⟧)?"
)
_TIMES_A_SLOPE = rule(
    r"(?P<head>{QG})(?:,? ?(?:which |that )?(?:is|equals|be)|,) (?P<minus>minus )?(?P<factor>⟦[VQN]\d+⟧) times the (?:partial )?"
    r"(?:derivative|gradient|slope) of (?:the )?(?:loss |cost |error |function )?(?P<of>{QL})"
    r"(?: (?:in|by|with respect to) (?P<by>{Q}))?(?= ?$| ?[.,;)])"
)
_CHANGE = rule(
    r"(?P<head>{QG}),? ?(?:which |that )?(?:is|denotes|equals) the (?:change|step|increment) of (?P<by>{Q}) in (?:a|one|each|every|the)"
    r" (?:single )?step of gradient descent(?: on (?P<of>{QL}))? with (?:the |a )?(?:learning |step )?(?:rate|size) (?P<rate>{Q})"
    r"(?:, namely (?:minus ⟦Q\d+⟧|⟦V\d+⟧) times the (?:partial )?(?:derivative|gradient))?(?= ?$| ?[.,;)])"
)
# A formula that a name is said to be: the nouns that may stand between.
_NOUNS = re.compile(
    r"(?:(?:the|a|an|its|our) )?(?:(?:usual|binary|categorical|squared|quadratic|unbiased|scalar|weighted|dot|inner|natural|new) )*"
    r"(?:(?:cross-entropy|cross entropy|negative log-likelihood|loss|cost|error|value|number|quantity|expression|quotient|ratio|fraction"
    r"|product|sum|difference|residual|deviation|margin|penalty|polynomial|score|function|column|vector|matrix|sigmoid|logistic|softmax) ?){0,3}(?:function )?(?=⟦)"
)
# What makes a sentence no definition: it speaks of a case, of a place, of something near.
_CASES = re.compile(
    r"\b(?:if|when|whenever|unless|otherwise|suppose|except|else|case|cases|instead|not|never|no|nor|neither|almost|nearly|approximately"
    r"|about|roughly|wrong\w*|mistake\w*|incorrect\w*|falsely|optimal|best|minimum|maximum|limit|sometimes is|would|could|may|might"
    r"|usually|often|typical\w*|generally|normally|commonly|sometimes|classic\w*|original\w*|naive\w*|another|alternative\w*|popular|possible"
    r"|choices?|example|e\.g|say|without|before|after|during|until|once|while|whereas|unlike"
    r"|should|must|rather|both|either|proportional|up to|only|at least|at most|first step|first layer|last layer|initially)\b"
)
_GOES_ON = re.compile(
    r"\s*(?:$|[:)(]|⟦E\d+⟧|,? ?(?:where|with)\b|,? and (?:the |its |their )*(?:[a-z]+ ){0,2}(?:⟦E\d+⟧|⟦\w\d+⟧ (?:is|are|has|have)\b))"
)
_ENDS_SHORT = re.compile(r"\s*(?:$|[,:)(]|,? ?(?:where|with|and|so|then)\b)")
_BEFORE_HEAD = re.compile(
    r"(?:^|[:(] ?|, | and |(?:\bwhere|\bwith|\bthen|\bso|\bthat|\bthus|\bnow|\blet|\bhere) |⟧ (?=its |the |their ))(?P<nouns>(?:[a-z][a-z'-]* ){0,4}|(?:[가-힣]+ ){0,3})$"
)
_PART_OF = re.compile(
    r"\b(?:of|in|by|to|at|for|from|over|per|between|derivatives?|gradients?|entry|entries|rows?|columns?|mean|means|averages?|sums?|products?"
    r"|logarithm|square|root|part|sign|shape|size|expectation|variance|old|previous|next|first|last|initial)\b"
)
_VERB = re.compile(r"\b(?:is|are|be|has|have|denotes?|means|holds?|let|given|for|with|in|here|then)\b|⟦E\d+⟧")


def read_definitions(clause: Clause, context: Context) -> None:
    """Take from a clause the quantities that it defines by a formula, or by arithmetic in words."""
    _shares(clause, context)
    if any(clause.everywhere(_CASES)):
        return
    for match in clause.find(_ADDS_UP):
        body: Term = clause.terms(match["term"])[0]
        letters = [r.name for r in clause.refs(match["over"])]
        used = {i.name for r in refs(body) for i in entries(r)}
        if letters and set(letters) <= used and _ends(clause, match.end()) and _stands_alone(clause, match):
            for letter in reversed(letters):
                body = Big("sum", letter, None, None, body)
            _define(clause, context, match, body, match.end())
    for match in clause.find(_SUBJECT):
        found = _arithmetic(clause, match.end()) or _formula(clause, match.end())
        some = found is not None and isinstance(found.term, (Big, Div)) and "≠" in clause.relations
        whole = found is not None and not qualified(clause, match.start(), found.end)
        if (
            found is not None
            and whole
            and not some
            and _ends(clause, found.end)
            and _stands_alone(clause, match)
        ):
            _define(clause, context, match, found.term, found.end, found.compound)
    for match in clause.find(_FUNCTION_OF):
        args = clause.terms(match["arg"] or match["arg2"])
        korean = match["head2"] is not None
        if (
            args
            and _is_plain(args[0])
            and (korean or _ends(clause, match.end()))
            and _stands_alone(clause, match)
        ):
            body = Call(Ref(_KNOWN[match["name"] or match["name2"]]), (args[0],))
            _define(clause, context, match, body, match.end())
    _steps(clause, context)
    for match in clause.find(_WRITTEN):
        term = clause.terms(match["what"] or match["what2"] or match["what3"])[0]
        if is_computed(term) and _ENDS_SHORT.match(clause.text, match.end()):
            _define(clause, context, match, term, match.end())
    for match in clause.find(_BESIDE):
        found = _arithmetic(clause, match.end())
        if found is not None and _ends(clause, found.end):
            _define(clause, context, match, found.term, found.end, found.compound)


def _steps(clause: Clause, context: Context) -> None:
    """``Δw`` is ``-η`` times the derivative of ``E``; it is the change of w in a step of gradient descent."""
    for match in clause.find(_TIMES_A_SLOPE):
        factor, of = clause.terms(match["factor"])[0], clause.terms(match["of"])[0]
        by = clause.terms(match["by"]) or _changed(clause.terms(match["head"])[0])
        if len(by) == 1 and isinstance(of, Ref) and not indices(of):
            step = Mul((("", factor), ("·", Derivative(of, (by[0],), True))))
            _define(clause, context, match, Add(((-1, step),)) if match["minus"] else step, match.end())
    for match in clause.find(_CHANGE):
        loss = clause.terms(match["of"])[0] if match["of"] else _only_loss(context)
        if loss is not None:
            slope = Derivative(loss, (clause.terms(match["by"])[0],), True)
            step = Mul((("", clause.terms(match["rate"])[0]), ("·", slope)))
            _define(clause, context, match, Add(((-1, step),)), match.end())


def _only_loss(context: Context) -> Term | None:
    """The loss that the formulas of the document name, if they name one alone."""
    losses = {name for name in context.written if is_loss(name)}
    return Ref(losses.pop()) if len(losses) == 1 else None


def _changed(head: Term) -> list[Term]:
    """What a step ``Δw`` changes."""
    if not isinstance(head, Ref) or not head.name.startswith("Delta:"):
        return []
    return [replace(head, name=head.name.removeprefix("Delta:"))]


def _shares(clause: Clause, context: Context) -> None:
    """``p_j is proportional to e^{z_j}, and the p_j add up to one``: each is its share of the sum."""
    for match in clause.find(_NORMALISED):
        words = [w.group() for w in words_of(match["what"])]
        phrase = read_phrase(words, 0, clause.mentions)
        head, again = clause.refs(match["head"])[0], clause.refs(match["again"])[0]
        ones = clause.terms(match["one"]) or [Number(Fraction(1))]
        one = isinstance(ones[0], Number) and ones[0].value == 1
        if phrase is None or phrase.end != len(words) or len(head.subs) != 1 or head != again or not one:
            continue
        letter = head.subs[0].name
        if letter and letter in {i.name for r in refs(phrase.term) for i in r.subs}:
            total = Big("sum", letter, None, None, phrase.term)
            _define(clause, context, match, Div(phrase.term, total), match.end())


def _formula(clause: Clause, start: int) -> Phrase | None:
    """A formula that an expression is, with the noun that it is called."""
    nouns = _NOUNS.match(clause.text, start)
    token = re.compile(r"⟦[VFN]\d+⟧").match(clause.text, nouns.end() if nouns else start)
    if token is None:
        return None
    terms = clause.listed(token.group())[0].parts
    return Phrase(terms[0], token.end()) if len(terms) == 1 and is_computed(terms[0]) else None


def _arithmetic(clause: Clause, start: int) -> Phrase | None:
    """An expression in words; ``end`` is a place in the text."""
    words = words_of(clause.text[start:])
    phrase = read_phrase([w.group() for w in words], 0, clause.mentions)
    if phrase is None or not phrase.compound:
        return None
    return Phrase(phrase.term, start + words[phrase.end - 1].end(), phrase.closed, True)


def _ends(clause: Clause, end: int) -> bool:
    """Whether the thought ends at a place of the text."""
    return _GOES_ON.match(clause.text, end) is not None


def _stands_alone(clause: Clause, match: re.Match[str]) -> bool:
    """Whether the name is the subject, and no part of ``the derivative of ⟦f⟧`` or of ``the sum of ⟦a⟧ and ⟦b⟧``."""
    before = clause.text[: match.start()]
    nouns = _BEFORE_HEAD.search(before)
    if nouns is None or _PART_OF.search(nouns["nouns"]):
        return False
    rest = before[: nouns.start()]
    if re.match(r"(?:for|in|at|on|under|with|by) [^⟦]*$", rest) or _compares(clause, rest):
        return False  # for regression, the output is …
    joined = nouns.group().startswith((",", " and", "⟧"))
    return not joined or bool(_VERB.search(rest))


def _compares(clause: Clause, text: str) -> bool:
    """Whether a formula in a text restricts what follows: ``for ⟦z > 0⟧``."""
    return any(set(m.relations) & {"<", ">", "≤", "≥", "≠", "∈"} for m in clause.listed(text))


def _define(
    clause: Clause, context: Context, match: re.Match[str], body: Term, end: int, spelled: bool = False
) -> None:
    """Keep a definition; ``spelled``: its operations are words, which do not say how arrays multiply."""
    groups = match.groupdict()
    found = head_of(clause.listed(groups["head"] or groups.get("head2") or groups.get("head3"))[0])
    if found is None:
        return
    head, params = found
    sizes = {
        r.name for shapes in context.shapes.values() for _, *ends in shapes for t in ends for r in refs(t)
    }
    if (
        head.name in sizes | context.lexicon.indices | set(WORDS.values()) | set(WORDS)
        or any(r.name == head.name for r in refs(body))
        or context.defined(head, function=params is not None) is not None
        or not _free_letters(body, context.lexicon.indices)
        <= {i.name for r in (head, *(params or ())) for i in entries(r)}
    ):
        return
    context.definitions.append(Definition(head, params, body, clause.line, f"{head} (prose)"))
    context.in_words.add(head.name)
    if spelled:
        context.spelled.add(head.name)
    context.note(f"{head} is what a sentence says that it is (prose)")
    clause.used.append((match.start(), end))


def _free_letters(term: Term, indexed: set[str]) -> set[str]:
    """The letters of indices that no sum of a term binds."""
    if isinstance(term, Big):
        return _free_letters(term.body, indexed) - {term.index}
    if isinstance(term, Ref):
        return {i.name for i in entries(term)} & indexed
    return {letter for part in children(term) for letter in _free_letters(part, indexed)}


def _is_plain(term: Term) -> bool:
    """Whether an argument is no list: of an equation or of ``z ∈ ℝ^n`` the left side is taken."""
    return not isinstance(term, Listing)
