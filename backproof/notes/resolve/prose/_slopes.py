"""What is differentiated, and by what, in the words around *gradient* and *derivative*."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from .._bases import ONE
from .._context import COST, LOSS, LOSSES_OF_EXAMPLES, Context
from .._lexicon import is_loss
from .._terms import Big, Div, Mul, Ref, Term, refs, walk
from ._called import called
from ._clause import Clause, heads, named, rule

ALIKE = re.compile(r"that|the (?:one|like|same)")


KOREAN = re.compile(r"[가-힣]")


_PRONOUN = re.compile(r"\b(?:its|their|whose)(?: (?:own|partial|total))*\s*$")


LOSS_WORDS = re.compile(
    r"(?P<mention>⟦[LE]\d+⟧)"
    r"|(?:\b|(?=⟦I))(?P<each>(?:these|those|unaveraged|unsummed|single|individual|own|per-example|per-sample|(?:(?:training )?(?:example|sample|image|instance)(?:s?['’]|(?: ⟦\w\d+⟧)? ?['’]s))|⟦I\d+⟧ ?-?-?th) )*"
    r"(?:(?:logistic|binary|squared|cross[- ]entropy) )?(?P<mean>(?:mean|average|averaged|total|overall|whole|scalar) )*(?:(?:logistic|binary|squared|cross[- ]entropy) )?(?P<word>losses|loss|costs?|errors?|objective|risk|cross[- ]?entrop(?:y|ies)(?= ⟦V| of (?:each |the |one |an? )*(?:training )?(?:example|sample|image|instance|observation)\b)|(?:one and the same |some )?(?:scalar|number)(?= (?:with|in|by|depends|that))"
    r"|(?:scalar )?function(?= of (?:the |a )?(?P<on>⟦[QF]\d+⟧)))"
    r"(?: function)?(?P<of> ⟦I\d+⟧(?! ?-?th)| \(?(?:of|for|on) (?:the |one |each |an? |single |training |that )*"
    r"(?:example|sample|image|instance|observation|case)s?(?: ⟦\w\d+⟧)?\)?)?"
    r"|(?P<ko>(?:표본|샘플|예제)\s*⟦\w\d+⟧\s*의\s*손실|(?:샘플|표본|예제)별 손실|개별 손실|손실들?|비용|오차)"
)


# The mean of the losses, in words; their sum has the gradient of each in what it alone depends on.
_MEAN_OF = rule(
    r"(?:the )?(?P<how>mean|average|sum|total) (?:of|over) (?:the |all |these |those |its |their |⟦\w\d+⟧ )*"
    r"(?:training |single |individual |{example}['’]? |example |sample |per-example |own |(?:binary |logistic )?cross[- ]entropy |squared |logistic )*"
    r"(?:losses|costs|errors|⟦L\d+⟧)(?: (?:of|over|for) (?:the |all |these |⟦\w\d+⟧ )*(?:{example}|batch|mini-batch))?(?! of)"
)


_SMALL = re.compile(
    r"\s*(?:of|for|in|that|의)?\s*(?:the |those |these |its |a |an |one |this |that |each |some |scalar |total |mean (?=⟦E)|average (?=⟦E))*\s*"
)


_BY = rule(
    r"\s*(?:,? ?(?:taken |formed )?(?:{wrt}|for) (?:the |its |their |each |every |all |column by column )*(?:variables? |parameters? |quantity |quantities |arguments? )?"
    r"(?:{column}|{entries})?(?:the |its )*{QFGV+}|\b(?:there|here)\b)"
)


_MORE = rule(r"\s*\(?(?:and )?(?:of|in) (?:{column}|{entries})?{QFG+}\)?")


_PRE = rule(
    r"\s*(?:with respect to|in|by) (?:the |its )*(?:(?P<noun>net inputs?|weighted (?:inputs?|sums?)|pre-?activations?|logits?)|arguments?|inputs?)"
    r"(?: of (?:the |this |its )?(?:(?P<which>output|hidden) )?(?:unit|neuron|node|layer)(?! ⟦))?"
    r"(?: of (?:the )?(?:gate )?(?P<of>{Q})| of the (?:⟦\w\d+⟧|\w+) that (?:gives|yields|makes|produces) (?P<of2>{Q})| of (?:the|this|its) (?:\w+ )?(?P<own>gate))?"
)


# One of several ways in which a loss depends on a quantity: the others are held fixed.
_ONE_WAY = rule(
    r"[ ,(]*(?:(?:only )?(?:through|via|from|by) (?:the |all )?(?:later|following|next|subsequent|future) (?:time )?(?:steps?|cells?|times?))?[ ,(]*(?:and |but )?"
    r"(?:(?:not|without|leaving out|except) (?:counting |including |taking )?(?:that |what goes |the (?:part|path|way) )?(?:through|via|over) {QF}"
    r"|(?:at|for) (?:a )?fixed {Q}|with {Q} (?:held |kept |being )?fixed|while {Q} is (?:held |kept )?fixed)\)?"
)


# What may stand behind a formula that is differentiated: what it is differentiated by, or the next statement.
_TAKEN = re.compile(r" ?(?:$|[,.:;)]|(?:with respect to|w\.?r\.?t\.?|in|by|and|where|while|so|for|as) )")


_ANEW = re.compile(r"(?:,? and |, )⟦G\d+⟧(?:(?:, ?|,? and )⟦G\d+⟧)*$")


_IS = re.compile(r" (?:is|are|denotes?|names?) ")


_INDEX = re.compile(r"⟦I\d+⟧")


_IN_BRACKETS = re.compile(r" \((?:an? |any |the )?(?:differentiable |smooth )?function of [^()]{1,60}\)")


_WRITTEN = rule(r" {V}(?: (?:of|for) (?:the |each |one |that )*{example}(?: ⟦I\d+⟧)?)?")


@dataclass(frozen=True)
class Said:
    """One statement: the loss by name, by kind or by a formula, what it is differentiated by, and where it ends."""

    loss: Ref
    by: list[Ref]
    end: int
    elsewhere: bool = False
    one_way: bool = False
    formula: Term | None = None
    row: bool = False


def said_of(clause: Clause, word: re.Match[str], limit: int, context: Context) -> Said | None:
    """What is differentiated, and by what, from the words around a word for derivative."""
    text = clause.text
    end = word.end()
    loss: Ref | None = None
    formula: Term | None = None
    pronoun = _PRONOUN.search(text[: word.start()])
    if pronoun is not None:
        found = [m for m in LOSS_WORDS.finditer(text[: word.start()]) if loss_of(m, clause) is not None]
        found = [
            m for m in found if m["mention"]
        ] or found  # "C is a function of z, and δ is the column of its …"
        if not pronoun.group().startswith("their"):  # "J is the mean of the losses, dW is its gradient"
            found = [m for m in found if m["word"] != "losses"]
        loss = loss_of(found[-1], clause) if found else context.last_loss
    else:
        small = _SMALL.match(text, end)
        mean = _MEAN_OF.match(text, small.end() if small else end)
        if mean is not None and (told := _mean_of(mean["how"], context)) is not None:
            loss, end = told, mean.end()
        written_out = rule(r"(?:the )?{V}").match(text, small.end() if small else end)
        if loss is None and written_out is not None and _TAKEN.match(text, written_out.end()):
            formula, end = clause.terms(written_out.group(1))[0], written_out.end()
            loss = _loss_in(formula, context)
            formula = None if loss is not None else formula
            loss = loss or LOSS
        target = None if loss is not None else LOSS_WORDS.match(text, small.end() if small else end)
        if target is not None and not target["mention"]:
            letter = re.compile(r" (?P<mention>⟦L\d+⟧)(?P<each>)(?P<mean>)(?P<word>)(?P<of>)(?P<ko>)").match(
                text, target.end()
            )
            target = letter or target
        if target is not None and target.end() <= limit:
            loss, end = loss_of(target, clause), target.end()
            if loss is not None and (written := _WRITTEN.match(text, end)) is not None:
                end = written.end()  # the loss -y log a - … of example i
            if (aside := _IN_BRACKETS.match(text, end)) is not None:
                end = aside.end()
    if loss is None and re.match(r" (?:with respect to|w\.?r\.?t\.?|for) ", text[end:]):
        loss = context.last_loss  # and do_t that with respect to o_t
    if loss is None and ALIKE.match(word.group()) and re.match(r" (?:in|by) ", text[end:]):
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
            elif other["noun"] and not own and (meant := called(other["noun"], other["which"], context)):
                variables, elsewhere = [meant], False
    one_way = _ONE_WAY.match(text, end)
    return Said(loss, variables, one_way.end() if one_way else end, elsewhere, one_way is not None, formula)


def _loss_in(formula: Term, context: Context) -> Ref | None:
    """The mean or the sum of losses that no formula gives, ``1/m Σ_i L^{(i)}``; None for any other formula."""
    found = [n for n in walk(formula) if isinstance(n, Big) and n.kind == "sum"]
    own = {r.name for r in refs(formula) if is_loss(r.name)}
    if len(found) != 1 or not isinstance(found[0].body, Ref) or own & context.written:
        return None
    body, total = found[0].body, found[0]
    if not is_loss(body.name) or body.example is None or body.example.name != total.index:
        return None
    if formula is total:
        return LOSSES_OF_EXAMPLES
    rest = Mul((("", Div(ONE, total.high)), ("", total))) if total.high is not None else None
    return _mean_of("mean", context) if formula == rest or formula == Div(total, total.high or ONE) else None


def _mean_of(how: str, context: Context) -> Ref | None:
    """The mean of the losses as the cost, and their sum; None where the text has called the cost something else."""
    if how in ("sum", "total"):
        return LOSSES_OF_EXAMPLES
    if context.cost_how not in ("", "mean"):
        return None
    context.cost_how, context.mean_cost = "mean", True
    return COST


def korean_said(clause: Clause, start: int, word: re.Match[str]) -> Said | None:
    """``dW는 J의 기울기``, ``dZ는 손실을 Z로 미분한 것``: the loss stands before the word."""
    text = clause.text[start : word.start()]
    found = [m for m in LOSS_WORDS.finditer(text) if loss_of(m, clause) is not None]
    if not found:
        return None
    loss = loss_of(found[-1], clause)
    assert loss is not None
    rest = text[found[-1].end() :]
    return Said(loss, [r for r in clause.refs(rest) if r.name not in ("i", "j", "k", "l")], word.end())


def loss_of(match: re.Match[str], clause: Clause) -> Ref | None:
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
