"""Numbers that prose gives to quantities and derivatives."""

from __future__ import annotations

import re
from fractions import Fraction

from .._context import Context, Definition
from .._terms import Derivative, Mul, Number, Ref, Term
from ._clause import Clause, rule
from ._qualified import qualified

_VALUE = rule(
    r"(?P<who>{QD}) ?(?:is|are|has|have|has reached|takes?|had|의 현재 값은|의 값은|는|은|=)? ?(?:the |a )?(?:current )?(?:values? )?(?:of )?(?P<value>{N})(?! ?(?:or|and|,) ?⟦N)"
    r"|(?P<who3>{QD}) has the value (?P<value3>[-−]?\d*\.?\d+)(?![\w.])"
    r"|(?P<who4>{EV}),? (?:which|that|it|this) (?:is|equals|comes to|has the value|turns out to be)"
    r"(?: (?:taken|assumed|known|supposed) to be)?(?: (?:exactly|equal to|just|about))* (?P<value4>{N})(?! ?(?:or|and|,) ?⟦N)"
    r"|(?:the )?(?:current )?value of (?P<who2>{QD}) (?:is|be) (?P<value2>{N})"
)


# What stands behind these is not what has the number: *the gradient at* ``w_0`` *is* ``4``, *the sum of* ``x`` *and* ``y`` *is* ``6``.
_NOT_THE_SUBJECT = re.compile(
    r"(?<!value )(?<!number )\b(?:at|of|in|for|by|to|from|than|near|with|over|on|under|against|around|between|plus|minus|times|nor)"
    r" (?:⟦\w+⟧ ?(?:,|and|or|to) ?)*(?:the |a |an |each |every |its )*(?:[a-z]+ )?$"
    r"|\b(?:twice|thrice|half|double|triple|minus|square|log|rounded|about|almost|roughly),? (?:the )?$"
    r"|\b(?:not|never|neither|nor|no|if|when|whenever|unless|until|only|instead|false|wrong|whether)\b|^where\b",
)
# Numbers of something else, of a part of it, or for a while: *is* ``4`` *times* ``y``, *is* ``4`` *at the start*.
_NOT_ALL_OF_IT = re.compile(
    r" ?(?:%|times|fold|more|less|fewer|percent|per|or|out|of|too|above|below|plus|minus|apart|away|larger|smaller|greater"
    r"|higher|lower|bigger|at|before|until|if|when|whenever|unless|only|except|as long|degrees?|orders?|units?|bits?|nats?)\b"
    r"| ?(?:의|보다|이 아|가 아|이면|면|라면|일 때|쯤|정도|이상|이하|미만|초과|배)"
)
_VERB = re.compile(r"⟧,? ?(?:is|are|has|have|takes?|had)\b|⟧ ?(?:의 |는|은)")


_NAMED_VALUE = rule(
    r"(?P<what>{EFV}) has the value (?P<name>{Q})(?! ⟦)|(?P<name2>{Q}) is (?:another name for |short for |the name of )?(?:the )?(?:value|number|quantity) (?P<what2>{FV})"
)


_PRODUCT = rule(r"(?P<who>{DQ}) (?:is|equals|be) the product of (?P<factors>{EQDN+})")


def read_values(clause: Clause, context: Context) -> None:
    """Numbers that prose gives to quantities and derivatives, and what is said to be the product of what."""
    for match in clause.find(_PRODUCT):
        factors = tuple(("·", t) for t in clause.terms(match["factors"]))
        head = clause.terms(match["who"])[0]
        if len(factors) > 1 and not qualified(clause, match.start(), match.end()):
            context.values.append((head, Mul(factors)))
            context.note("a product of given factors (prose)")
            clause.use(match)
    for match in clause.find(_NAMED_VALUE):
        body = clause.listed(match["what"] or match["what2"])[0].parts[0]
        name = clause.refs(match["name"] or match["name2"])[0]
        if context.defined(name) is None and not isinstance(body, Number):
            context.definitions.append(Definition(name, None, body, clause.line, f"{name} (prose)"))
            context.note(f"{name} is the value that the text names (prose)")
            clause.use(match)
    for match in clause.find(_VALUE):
        before, after = clause.text[: match.start()], clause.text[match.end() :]
        if _VERB.search(match.group()) and (_NOT_THE_SUBJECT.search(before) or _NOT_ALL_OF_IT.match(after)):
            continue
        heads_, values = (
            clause.terms(match["who"] or match["who2"]),
            clause.terms(match["value"] or match["value2"]),
        )
        if match["who4"]:  # out = σ(net), which is 0.75
            heads_ = [clause.listed(match["who4"])[0].parts[0]]
            values = clause.terms(match["value4"])
        if match["who3"]:
            heads_, values = clause.terms(match["who3"]), [number_of(match["value3"])]
        if len(heads_) == 1 and len(values) == 1 and clause.mentions:
            give(heads_[0], values[0], clause, context)
            clause.use(match)


def number_of(text: str) -> Number:
    """A number in digits, with its decimals."""
    text = text.replace("−", "-")
    _, point, tail = text.partition(".")
    return Number(Fraction(text), len(tail) if point else -1)


def give(head: Term, value: Term, clause: Clause, context: Context) -> None:
    """Keep the number that a quantity or a derivative has."""
    if isinstance(head, Derivative):
        context.values.append((head, value))
    elif (
        isinstance(head, Ref)
        and head.name not in context.lexicon.indices
        and not any(s.name for s in head.subs)
    ):
        context.definitions.append(Definition(head, None, value, clause.line, f"{head} (prose)", value=True))
        context.note(f"{head} is {value.value if isinstance(value, Number) else '…'} (prose)")
