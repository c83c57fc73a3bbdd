"""New values in words: ``⟦s⟧ becomes ⟦β⟧ times its old value plus …``, ``multiplies ⟦s⟧ by ⟦β⟧ and adds …``, weighted means.

Words that say of a new value only how it is related to the old one are read; *a running mean with factor β* is not:
it leaves open which of the two β weighs.
"""

from __future__ import annotations

import re

from .._context import Context
from .._terms import Add, Mul, Number, Ref, Term, refs
from ._arithmetic import Phrase, read_phrase, words_of
from ._clause import Clause, rule

_BECOMES = rule(
    r"(?P<who>{Q}) (?:is|are|gets) (?:replaced|overwritten|updated) (?:by|with|to|as) (?P<mean>(?:the |a )*weighted (?:mean|average|sum)\b)?"
    r"|(?P<who2>{Q}) (?:becomes|turns into|is set to|changes to) (?P<mean2>(?:the |a )*weighted (?:mean|average|sum)\b)?"
    r"|(?:replaces?|overwrites?) (?:the )?(?:old |current |number |quantity |vector |matrix |value (?:of )?|every |each )*(?P<who3>{Q})(?: (?:in|at|with|after) (?:each|every) (?:new )?(?:step|iteration|update|gradient))? (?:by|with) (?P<mean3>(?:the |a )*weighted (?:mean|average|sum)\b)?"
)
_MULTIPLIES = rule(
    r"(?:multipl(?:ies|y)|scales?|shrinks?) (?:the )?(?:old |previous |current |last |number |velocity |value |of )*(?P<who>{Q}) (?:by|with) "
)
_IS_MULTIPLIED = rule(r"(?P<who>{Q}) is (?:first )?multiplied by ")
_IS_ADDED = re.compile(r" is (?:then )?(?P<verb>added|subtracted)(?: to it| from it)?")
_AND = re.compile(r"\s*,? (?:and|before) ")
_THEN = re.compile(
    r"\s*,? and (?:then )?(?P<verb>adds|add|subtracts|subtract)(?: to (?:it|this|that|the result))? "
)
# What stands for the value that is replaced.
_OLD = re.compile(
    r"\b(?:its|the|their) (?:own )?(?:old|previous|last|current) (?:value|one|mean|average)s?\b|\bitself\b"
)
_OLDER = re.compile(r"\b(?:old|previous|last) (?:value of )?(?=⟦)")
_WEIGHT = re.compile(
    r"(?:,|and|;|:|in which|where|such that)*\s*(?:with )?(?P<what>.{3,90}?) (?:gets?|has|have|receives?|carries|with|enters with|counts with) (?:the )?weight (?P<weight>⟦[QVEN]\d+⟧)"
    r"(?:(?:,? and|[,;]) (?P<what2>.{3,90}?) (?:(?:gets?|has|receives?|carries|with|enters with|counts with) (?:the )?(?:weight )?|the weight )(?P<weight2>⟦[QVEN]\d+⟧))?"
)
# How a description of a step may go on, once it has been read.
_GOES_ON = re.compile(
    r"\s*(?:$|[,:)(]|and\b|in (?:each|every|one) (?:new )?(?:step|iteration)|per step|(?:at|after|with) (?:each|every)|where\b|with\b|when\b|for (?:some|a))"
)
# More is done to the value than the words that were read say.
_MORE = re.compile(
    r"\b(?:twice|half|halved|except|unless|instead|not|only if|clip\w*|normali[sz]\w*|scaled|rounded)\b"
)


def read_accumulated(clause: Clause, context: Context) -> bool:
    """Take from a clause what a step makes of an old value; whether it says so."""
    return _multiplied(clause, context) or _is_multiplied(clause, context) or _became(clause, context)


def _tell(head: Ref, new: Term, context: Context) -> None:
    old = Ref(head.name, head.layer, None, head.subs, head.time)
    context.steps[head.name] = Add(((1, new), (-1, old)))
    context.note(f"a step makes of {head} what the text says (prose)")


def _phrase(clause: Clause, start: int) -> tuple[Phrase, int] | None:
    """The arithmetic in words that begins at a place and after which the sentence may go on, and where it ends."""
    words = words_of(clause.text[start:])
    phrase = read_phrase([w.group() for w in words], 0, clause.mentions)
    if phrase is None or not refs(phrase.term):
        return None
    end = start + words[phrase.end - 1].end()
    rest = clause.text[end:]
    return (phrase, end) if _GOES_ON.match(rest) and not _MORE.search(rest) else None


def _is_multiplied(clause: Clause, context: Context) -> bool:
    """``⟦s⟧ is multiplied by ⟦ρ⟧ and ⟦1-ρ⟧ times ⟦g⟧ is added``."""
    for match in clause.find(_IS_MULTIPLIED):
        head, words = clause.refs(match["who"])[0], words_of(clause.text[match.end() :])
        factor = read_phrase([w.group() for w in words], 0, clause.mentions)
        if factor is None or not _plainly(head):
            continue
        joint = _AND.match(clause.text, match.end() + words[factor.end - 1].end())
        if joint is None:
            continue
        more = words_of(clause.text[joint.end() :])
        added = read_phrase([w.group() for w in more], 0, clause.mentions)
        if added is None:
            continue
        then = _IS_ADDED.match(clause.text, joint.end() + more[added.end - 1].end())
        rest = clause.text[then.end() :] if then else ""
        if then is None or not _GOES_ON.match(rest) or _MORE.search(rest):
            continue
        old = Mul((("", factor.term), ("·", head)))
        _tell(head, Add(((1, old), (1 if then["verb"] == "added" else -1, added.term))), context)
        clause.used.append((match.start(), then.end()))
        return True
    return False


def _multiplied(clause: Clause, context: Context) -> bool:
    for match in clause.find(_MULTIPLIES):
        head = clause.refs(match["who"])[0]
        words = words_of(clause.text[match.end() :])
        factor = read_phrase([w.group() for w in words], 0, clause.mentions)
        if factor is None:
            continue
        place = match.end() + words[factor.end - 1].end()
        then = _THEN.match(clause.text, place)
        added = _phrase(_without_old(clause, head, then.end() if then else 0), then.end()) if then else None
        if then is None or added is None or not _plainly(head):
            continue
        sign = 1 if then["verb"].startswith("add") else -1
        old = Mul((("", factor.term), ("·", head)))
        _tell(head, Add(((1, old), (sign, added[0].term))), context)
        clause.used.append((match.start(), added[1]))
        return True
    return False


def _became(clause: Clause, context: Context) -> bool:
    for match in clause.find(_BECOMES):
        who = next(w for w in ("who", "who2", "who3") if match[w])
        head = clause.refs(match[who])[0]
        if not _plainly(head):
            continue
        inner = _without_old(clause, head, match.end())
        if match["mean" + who[3:]]:
            if (found := _weighted(inner, head, match.end())) is not None:
                _tell(head, found[0], context)
                clause.used.append((match.start(), found[1]))
                return True
            continue
        read = _phrase(inner, match.end())
        if read is not None and head in refs(read[0].term) and isinstance(read[0].term, (Add, Mul)):
            _tell(head, read[0].term, context)
            clause.used.append((match.start(), read[1] + len(clause.text) - len(inner.text)))
            return True
    return False


def _weighted(clause: Clause, head: Ref, start: int) -> tuple[Term, int] | None:
    """``in which the old value has the weight ⟦β⟧ and the gradient ⟦g⟧ the weight ⟦1-β⟧``."""
    match = _WEIGHT.search(clause.text, start)
    if match is None or not match["what2"] or _MORE.search(clause.text, match.end()):
        return None
    weighted: list[Term] = []
    for what, weight in (("what", "weight"), ("what2", "weight2")):
        words = re.sub(r"^.*\b(?:in which|where|such that|so that|:)", "", match[what]).strip(" ,:")
        tokens = [w.group() for w in words_of(re.sub(r"\bnew(?:est)? ", "", words))]
        phrase = read_phrase(tokens, 0, clause.mentions)
        if phrase is None or phrase.end != len(tokens):
            return None
        factor = clause.terms(match[weight])
        if len(factor) != 1:
            return None
        weighted.append(Mul((("", factor[0]), ("·", phrase.term))))
    found = Add(tuple((1, t) for t in weighted))
    return (found, match.end()) if head in refs(found) else None


def _without_old(clause: Clause, head: Ref, start: int) -> Clause:
    """The clause with the quantity itself for *its old value*; the length stays, so that places do."""
    place = next((n for n, m in clause.mentions.items() if m.parts == (head,)), None)
    if place is None:
        return clause
    token = f"⟦Q{place}⟧"
    rest = _OLD.sub(
        lambda m: token.ljust(len(m.group())) if len(m.group()) >= len(token) else m.group(),
        clause.text[start:],
    )
    rest = _OLDER.sub(lambda m: " " * len(m.group()), rest)
    rest = re.sub(r"\bnew (?=⟦|gradient|derivative|value ⟦)", "    ", rest)
    return Clause(clause.text[:start] + rest, clause.mentions, clause.line, clause.used)


def _plainly(head: Ref) -> bool:
    """Whether a head is a quantity by name, of which the words tell the whole."""
    return head.example is None and not isinstance(head, Number)
