"""Equations that a sentence says in passing: ``y = 1`` in *the probability that* ``y = 1``, *the optimum is* ``w = 1``.

They tell what a name is in their own sentence, if at all.
A verdict on another formula must not rest on them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ..resolve import Big, Context, Definition, Number, Ref, Table, Term, indices, refs, walk
from ..resolve._cases import is_of_the_sentence, lead_at
from ..resolve._item import Gathered, Item
from ._disowned import is_disowned

# Words that give a name its value from there on.
_GIVES = re.compile(
    r"\b(?:let|set|suppose|take|taking|given|with|where|consider|choose|assume|say|pick|inputs?|examples?|values?|numbers?"
    r"|have|use|using|put|now|data|parameters?|evaluat\w*|comput\w*|point)\b"
    r"|가정|라 하|라고 하|입력|예|에서|주어|놓|取|令|设|给定|其中|输入",
    re.I,
)
# Words that give it for their sentence.
_HERE = re.compile(
    r"\b(?:for|at|when|if|in|once|as|case|since|because|then|so|hence|thus|gives?|get|becomes?)\b", re.I
)
_BEHIND = re.compile(r"\s*(?:라 하|라고 하|일 때|이면|인 경우|이고|으로|로 )")
# Words between formulas and their numbers: *J = 3v at a = 5 and b = 3*.
_OF_FORMULAS = re.compile(r"\W*(?:(?:at|with|for|when|and|where|in)\b\W*)+")
# A sentence that tells what holds under a condition.
_IF = re.compile(
    r"\W*(?:(?:and|but|so|then|thus|hence|now|again|also|here)\W+)*(?:if|when|whenever|unless|in case|once|were|had)\b",
    re.I,
)
# One that is said for its own sentence: *the model is useless when* ``u = v``.
_WHEN = re.compile(
    r"\w.*\b(?:when|whenever|if|unless|until|once|in case"
    r"|(?:fails?|breaks?(?: down)?|degenerate|undefined|singular|ambiguous|useless) (?:where|for|at))\W*$",
    re.I | re.S,
)
# *Where* ``y = wx``, *only the bias is left*: a case, which the main clause behind it tells from a list of names.
_WHERE = re.compile(r"\W*Where\b")
_MAIN = re.compile(r"\s*,\s+(?!and\b|with\b|where\b|so\b)[a-z]{2,}")
# *With* ``n = 1`` *the softmax is constant*: a case as well, which says nothing of what follows in other sentences.
_WITH = re.compile(r"\W*(?:With|For|At|In|Taking|Setting|Given)\W*")
_THEN = re.compile(r"\s*,?\s+(?!and\b|with\b|where\b|or\b|as\b|for\b|so\b)[a-z]+ [a-z]+")
_NOT = re.compile(
    r"\b(?:never|not|avoid\w*|unlike|except|unless|instead|rather|without|no|cannot|nor)\b|n't\b", re.I
)
# Words by which a sentence gives what is not its own: *unlike some authors, who use* ``σ(x) = tanh x``.
_OTHERS = re.compile(
    r"\b(?:unlike|(?:some|other|many|most|several) (?:authors?|books?|texts?|people|papers?|notes)|others|instead of"
    r"|rather than|in contrast to|as opposed to|replac\w+|is often|elsewhere)\b[^.;]*$",
    re.I,
)
# What was so once: *before the bug was fixed it computed* ``s = x + y``.
_ONCE = re.compile(
    r"\b(?:before|until|formerly|previously|originally|earlier|once|used to)\b[^.;]*"
    r"\b(?:was|were|had|did|used|computed|took|said|wrote|defined|gave|read)\b[^.;]*$",
    re.I,
)
# What is aimed at: *the target is* ``p = y``.
_AIM = re.compile(
    r"\b(?:targets?|goals?|aims?|ideal|objective|optimum|hope|wish) (?:is|are|would be|was)\b[^.;]*$", re.I
)
# The equation is the subject of its sentence, an end of an interval, or itself under a condition.
_SUBJECT = re.compile(r"\s+(?:is|are|was|were|means?|would|[a-z]+s)\b")
_BOUNDED = re.compile(r"\s*(?:to|until|through|if|when|whenever|iff|unless|bis)\b", re.I)


# Numbers of three digits and more come out right by chance no more.
_TELLING = 100


def in_passing(definition: Definition, item: Item, gathered: Gathered) -> bool:
    """Whether a sentence says what a name is, and not for the formula of an item."""
    source = gathered.source(definition.line, definition.latex)
    if source is None or source.formula is item.formula:
        return False
    if is_disowned(source):
        return True
    if source.formula.display:
        return False
    lead, here = lead_at(source), is_of_the_sentence(source.words, item.words)
    here = here and (
        source.formula.line == item.formula.line or bool(source.words.strip() and item.words.strip())
    )
    number = {r.name for r in refs(definition.body)} <= {"e", "pi"} and not isinstance(definition.body, Table)
    if number and indices(definition.head):
        return False
    a_case = _WHERE.match(lead) and _MAIN.match(source.after)
    if not here and (_IF.match(lead) or _WHEN.search(lead) or a_case):
        return True
    general = item.kind != "numeric" or _is_a_size(definition.head, gathered)
    if number and general and not here and _WITH.fullmatch(lead) and _THEN.match(source.after):
        return True
    if number and not gathered.scopes.encloses(definition.section, item.section):
        return True  # the example of another section
    if not number and (_OTHERS.search(lead) or _ONCE.search(lead)):
        return True
    plain = number or isinstance(definition.body, Ref)
    if not plain or definition.params is not None:
        return False
    if _AIM.search(lead) or (number and _is_one_of_two(definition, source, item, gathered)):
        return True
    if _NOT.search(lead) or (number and _BOUNDED.match(source.after)):
        return True
    if not any(c.isalpha() for c in lead.rpartition(":")[2]) or _OF_FORMULAS.fullmatch(lead):
        return False  # a list of numbers, or one behind a heading: *Momentum:* β = 0.9
    if _GIVES.search(lead) or _BEHIND.match(source.after):
        return False
    if number:
        return not (here and _HERE.search(lead)) and not _puts_in(item, definition.body)
    return _SUBJECT.match(source.after) is not None


def _is_one_of_two(definition: Definition, source: Item, item: Item, gathered: Gathered) -> bool:
    """Whether one sentence gives a quantity two numbers, *with* ``h = 0.1`` … *with* ``h = 0.01``; the item uses none."""
    if item.kind == "numeric" and _puts_in(item, definition.body):
        return False
    return any(
        len(other.parts) == 2
        and other.parts[0] == definition.head
        and isinstance(other.parts[1], Number)
        and other.parts[1] != definition.body
        and other.formula.line == source.formula.line
        and (is_of_the_sentence(source.words, other.words) or is_of_the_sentence(other.words, source.words))
        for other in gathered.items
        if other is not source and other.section == source.section
    )


def _is_a_size(name: Ref, gathered: Gathered) -> bool:
    """Whether sums of the document end at a quantity."""
    return any(
        isinstance(n, Big) and n.high is not None and name in refs(n.high)
        for other in gathered.items
        for part in other.parts
        for n in walk(part)
    )


def _puts_in(item: Item, number: Term) -> bool:
    """Whether a numeric example is worked out with a number: *for x = 2 and w = 3* before ``z = 3·2 + 1``."""
    value = number.value if isinstance(number, Number) else None
    worked = [
        part for part in item.parts[1:] if len(list(walk(part))) > 2 and not refs(part)
    ]  # 3·2 + 1, no result
    printed = {n.value for part in worked for n in walk(part) if isinstance(n, Number)}
    return item.kind == "numeric" and value is not None and value in printed


def without_passing(item: Item, gathered: Gathered, context: Context) -> tuple[Context, list[Definition]]:
    """The context without what is said in passing, and what that is."""
    passing = [d for d in context.definitions if in_passing(d, item, gathered)]
    kept = [d for d in context.definitions if d not in passing]
    return replace(context, definitions=kept), passing


def unless_in_passing(item: Item, gathered: Gathered, context: Context) -> Iterator[tuple[str, Context]]:
    """The reading in which other sentences speak of themselves alone."""
    other, passing = without_passing(item, gathered, context)
    if passing:
        yield f"if {passing[0].latex} is said in line {passing[0].line} alone", other


def is_printed(item: Item) -> bool:
    """Whether a result is given to so many digits that nothing but the right numbers can come to it: 0.593, not 0.01."""
    numbers = (n for p in item.parts for n in walk(p) if isinstance(n, Number) and n.digits > 1)
    return any(abs(n.value) * 10**n.digits >= _TELLING for n in numbers)
