"""Losses and costs in words: which is the mean of which, which belongs to one example, what they depend on."""

from __future__ import annotations

import re
from dataclasses import replace

from .._context import COST, LOSS, LOSSES_OF_EXAMPLES, Context, Definition, Doubt
from .._lexicon import is_loss
from .._terms import EVERY, EVERY_STEP, Derivative, Index, Listing, Ref, Term, refs
from ._clause import Clause, heads, named, rule

_A_COST = (
    r"(?P<cost>⟦[LE]\d+⟧|(?:the )?(?:total |overall |whole )?(?:cost|objective|risk|loss)(?: function)?)"
)
_PLURAL = (
    r"(?:(?:the |all |these |its |their |⟦\w\d+⟧ |m |n )*(?:training |single |individual |example |sample |per-example |own |(?:binary |logistic )?cross[- ]entropy |squared |logistic )*"
    r"(?:losses|costs|⟦L\d+⟧(?:(?:, ?| and |,? ?…,? ?| )⟦[LU]\d+⟧)*)(?: (?:of|over|for) (?:the |all |these |⟦\w\d+⟧ )*{example})?"
    r"|(?:loss|cost)(?: (?:of|over|for|across) (?:the |all |these |⟦\w\d+⟧ )*(?:{example}|batch|mini-batch))?"
    r"|(?:the |all |these |⟦\w\d+⟧ )*(?:{example}|batch|mini-batch))"
)
_MEAN = rule(
    _A_COST
    + r" ?(?:(?:is|are|be|denotes|,|being)? ?(?:the |an |their )?(?P<how>mean|average|sum|total)|(?P<verb>averages|adds up|sums))"
    r" ?(?:of |over |across )?" + _PLURAL
)
_SHORT = rule(
    r"(?:(?P<symbol>⟦L\d+⟧) (?:is|denotes|be|=) (?:the |an |their )?)?(?:mean|average|averaged) (?:loss|cost)(?: (?P<after>⟦[LE]\d+⟧))?"
)
# The loss of an example is …, the cost J is its mean.
_ITS_MEAN = rule(
    r"(?:(?:the )?(?:total |whole )?(?:cost|objective|risk)(?: function)? (?P<cost>⟦L\d+⟧)?|(?P<cost2>⟦L\d+⟧)) ?(?:is|be|denotes|being) (?:its|their) "
    r"(?P<how>mean|average|sum)(?: over (?:the |all |these |⟦\w\d+⟧ )*(?:training )?(?:{example}|batch|mini-batch))?(?=\s*(?:$|[,:;)]|and\b|with\b))"
)
_OF_ONE = rule(
    r"{LE} (?:is|be|denotes|as|means)? ?(?:the |a )?(?:per-example |single-example |usual |cross-entropy |squared |)?"
    r"(?:loss|cost|error)(?: function)? (?:of|for|on) (?:one|a single|each|a|an|the|this|any)? ?(?:given )?{example}(?: ⟦I\d+⟧)?"
)
_GIVES = rule(
    r"(?:{column}|{example} |{column}⟦Q\d+⟧ |column )⟦?I?\d*⟧? ?(?:of ⟦Q\d+⟧ )?(?:has|gives|produces|contributes|costs|yields|carries)"
    r" (?:the |a |its )*(?:\w+-?\w* ){0,2}(?:loss |cost |error )?{LE}"
)
_PER_EXAMPLE = rule(r"{L} is the (?:per-example|per-sample|single-example) (?:loss|cost|error)")
# What may stand behind a list; behind a verb its last names would begin a new statement: *of S, and Q and K enter* …
_GOES_ON = (
    r"(?:only|alone|with|through|via|but|where|which|whose|that|in|on|for|by|at|of|from|as|when|if|and|or|so|since|because|while"
    r"|too|here|directly|together|respectively|not|both|all|to|whatever|however|no|any|each)\b"
)
_FUNCTION_OF = rule(
    r"(?:(?P<head>⟦[LEQF]\d+⟧(?:(?:, ?|,? and )⟦[LEQF]\d+⟧)+(?= (?:are|both|depend) )|⟦[LEQF]\d+⟧)|(?P<word>(?:the |a |an |some |each |every )*(?:scalar |example |total )*(?:loss|cost|error|objective)"
    r"(?: (?:of|for) (?:the |each |one )*{example}(?: ⟦I\d+⟧)?)?)|(?P<has>{example} (?:⟦I\d+⟧ )?has (?:a|its own|some) loss)),?"
    r" ?(?:which |that |is |are |both |be |being |and |, )*(?:(?:a|an|any|some|the) )?(?:differentiable |smooth |scalar |given |arbitrary |real )*"
    r"(?:functions? of|depends? on (?:these|the|all|its|those|them|both) ?(?:parameters?|weights?|quantities|variables|numbers)? (?:only )?through|depends? (?:smoothly )?(?:only )?on|depends? on (?:the|this) (?:step|cell|unit|layer) (?:only )?through|depending (?:only )?on|differentiable in|computed from)"
    r" (?:only |all )*(?P<on>(?:(?:the |its |all |two |three |hidden )*(?:outputs?|output layer|last layer|array|matrix|last|final|vector|scores|columns?) )*"
    r"(?:{column}|{entries})?(?:the )?(?:row |column |matrix |array |last |(?:last|final) (?:hidden )?(?:state|output|activation) )?⟦[QGFLV]\d+⟧"
    rf"(?:(?:(?:, ?| )(?:of )?|,? and (?:of |on |through )?)⟦[QGFVU]\d+⟧(?!(?:(?:, ?|,? and )⟦\w\d+⟧)* (?!{_GOES_ON})[a-z]))*)(?: only| alone)?"
    r"(?: with (?:the )?derivative (?P<slope>⟦[NVQ]\d+⟧))?(?P<through>,? (?:only )?(?:through|via) (?:this |the |that |these |its )*(?P<via>⟦[QF]\d+⟧(?:(?:, ?|,? and )⟦[QF]\d+⟧)*)(?: only)?)?"
)
_NOT_OF = rule(r"{L},? (?:which |that )?(?P<what>(?:does|do) not depend|never depends|is no function) ")
_MORE_WAYS = re.compile(r",? (?:and|as well as) (?:also |only )?(?:through|via)\b")
_LAST = re.compile(r"\b(?:last|final|output layer)\b")
_CONTRIBUTES = rule(
    r"(?:each|every) (?:state |output )?(?P<on>{Q}) (?:contributes?|adds?|gives|has|produces) (?:an? |its )?(?:own )?(?:loss |term |error )?(?P<head>{L})"
)
_FORMULA = rule(
    r"(?:{example} (?P<of>⟦I\d+⟧) (?:has|contributes|gives|adds|costs) (?:the |a |an |its )*)?"
    r"(?:cross[- ]?entropy |squared |usual |binary |logistic )*(?P<what>losses|loss|cost|error|cross[- ]?entrop(?:y|ies))(?: of (?:one |each |an? |the )*{example}(?: ⟦I\d+⟧)?(?: with (?:the |its )?(?:true )?(?:label|target) ⟦\w\d+⟧(?:,? and (?:the |its )?(?:output|prediction|probability|activation) ⟦\w\d+⟧)?)?)?"
    r",? (?:is |are |= )?(?:the )?(?P<body>⟦V\d+⟧)"
)
_NAME_OF_LOSS = re.compile(
    r"(?:(?P<kind>(?:(?:binary|logistic|categorical|softmax|multi-?class|mean|average|averaged|usual|standard) )*)\bcross[- ]?entrop(?:y|ies)|\b(?P<bce>bce))"
    r"(?: (?:loss(?:es)?|costs?|error)(?: functions?)?)?(?! ?(?:(?:of|is|as|=) )?⟦[VE])"
)
# A cross-entropy of no kind must be said to be the loss, and nothing more of it.
_IS_THE_LOSS = rule(
    r"(?:(?:loss|cost|error|objective)(?: function)?(?: {L})?,? (?:is|:|=|being) (?:the |a )?|{L} (?:is|be|denotes|being) (?:the |a )?"
    r"|\b(?:uses?|using|with|takes?|minimi[sz]es?|minimi[sz]ing|choose) (?:the |a )?)cross[- ]?entropy"
    r"(?: (?:loss|cost|error)(?: function)?)?(?: {L})?(?=$|[,.:;)]|,? (?:we|where|and ⟦|with (?:a |an |the )*(?:label|target|one-hot|⟦)))"
)
_OTHER_LOSS = re.compile(
    r"hinge|squared (?:error|loss)|quadratic (?:cost|loss|error)|\bmse\b|huber|absolute error|\bkl\b|divergence|label smoothing|focal|weighted"
    r"|plus (?:a |the )?penalty|temperature"
)
_KOREAN_MEAN = re.compile(
    r"(?P<cost>비용|⟦[LE]\d+⟧)\S*\s.{0,20}?(?:손실|표본|샘플)\S*\s*(?:의\s*)?(?P<how>평균|합)"
)
_DIRECTION = re.compile(
    r"(?P<down>gradient descent|steepest descent|minimi[sz]\w*|경사 ?하강|최소화)|(?P<up>ascent|maximi[sz]\w*|상승법|최대화)"
)
# What is to become large, by its name or in words: a step down its gradient may be the wrong way.
_CLIMBS = re.compile(
    r"(?<!negative )(?<!negative log )(?<!negative log-)(?<!minus the log-)\blog[- ]?likelihoods?\b|(?<!negative )(?<!log )(?<!log-)\blikelihoods?\b"
    r"|\b(?:rewards?|(?:expected|total|cumulative|discounted|the|its) returns?|utility|payoffs?|profits?|fitness|lower bound|elbo|scores?"
    r"|climb\w*|hill-climb\w*|uphill|upwards?|(?:as large|as high|as big) as possible|increas\w+|rais(?:e|es|ed|ing)|rises?|grows?"
    r"|improv\w+|adversar\w+|fool\w*|highest|largest|maxim(?:um|a|al))\b"
    r"|우도|가능도|보상|증가|올리|似然|奖励|回报|增大|提高|上升"
)
_LOSS = re.compile(r"\b(?:loss(?:es)?|costs?|errors?|risk|penal\w+|negative)\b|손실|비용|오차|损失|代价|误差")
_ELSE = re.compile(r"\b(?:not|no|never|instead|unlike|rather|than|versus|whereas|would)\b")


def read_losses(clause: Clause, context: Context) -> None:
    """Take from a clause what losses and costs are."""
    for match in clause.find(_MEAN):
        how = match["how"] or ("mean" if match["verb"] == "averages" else "sum")
        if how == "total":
            continue
        context.cost_how = "sum" if how == "sum" else "mean"
        for symbol in clause.refs(match["cost"]):
            context.means[symbol.name] = context.cost_how
        context.mean_cost = context.mean_cost or how != "sum"
        context.note(f"the cost is the {context.cost_how} of the losses (prose)")
        clause.use(match)
    for match in clause.find(_ITS_MEAN):
        context.cost_how = "sum" if match["how"] == "sum" else "mean"
        for symbol in clause.refs(match["cost"] or match["cost2"]):
            context.means[symbol.name] = context.cost_how
        context.mean_cost = context.mean_cost or context.cost_how == "mean"
        context.note(f"the cost is the {context.cost_how} of the losses (prose)")
        clause.use(match)
    for match in clause.everywhere(_SHORT):
        context.mean_cost = True
        context.cost_how = context.cost_how or "mean"
        for symbol in clause.refs(match["symbol"] or match["after"] or ""):
            if is_loss(symbol.name) and symbol.example is None:
                context.means.setdefault(symbol.name, "mean")
        context.note("the cost is the mean of the losses (prose)")
        clause.use(match)
    for pattern in (_OF_ONE, _GIVES, _PER_EXAMPLE):
        for match in clause.find(pattern):
            for mention in clause.listed(match.group()):
                for term in heads(mention):
                    ref = named(term)
                    if ref is not None and is_loss(ref.name):
                        context.per_example.add(ref.name)
            clause.use(match)
    for match in clause.everywhere(_KOREAN_MEAN):
        context.cost_how = "mean" if match["how"] == "평균" else "sum"
        context.means.update(
            (r.name, context.cost_how) for r in clause.refs(match.group()) if is_loss(r.name)
        )
        context.mean_cost = context.mean_cost or context.cost_how == "mean"
        context.note(f"the cost is the {context.cost_how} of the losses (prose)")
        clause.use(match)
    _formulas(clause, context)
    _named(clause, context)
    _dependence(clause, context)
    for match in clause.everywhere(_DIRECTION):
        context.descent = context.descent or bool(match["down"])
        context.ascent = context.ascent or bool(match["up"])
        clause.use(match)
    context.says_loss = context.says_loss or any(clause.everywhere(_LOSS))
    context.climbs = context.climbs or next((m.group() for m in clause.everywhere(_CLIMBS)), "")


def _named(clause: Clause, context: Context) -> None:
    """``the loss is the binary cross-entropy``, without a formula."""
    context.other_loss = context.other_loss or _OTHER_LOSS.search(clause.text) is not None
    for match in clause.find(_NAME_OF_LOSS):
        if _ELSE.search(clause.text):
            return
        kind = match["kind"] or ""
        if "binary" in kind or "logistic" in kind or match["bce"]:
            said = "binary cross-entropy"
        elif "categorical" in kind or "softmax" in kind or re.search(r"softmax|one-?hot", clause.text):
            said = "cross-entropy"
        else:
            if any(clause.everywhere(_IS_THE_LOSS)):
                context.said_cross_entropy = True  # which of the two, a reader tells by the outputs
            continue
        if context.said_loss in ("", said):
            context.said_loss = said
            clause.use(match)


def _formulas(clause: Clause, context: Context) -> None:
    """``the losses -(y^{(i)} log a^{(i)} + …)``: a formula for a loss without a name, where no other has one."""
    for match in clause.find(_FORMULA):
        body = clause.terms(match["body"])[0]
        if any(map(is_loss, context.written - context.lexicon.layers - {"l"})) or isinstance(body, Ref):
            continue
        if any(is_loss(r.name) and r.name not in context.lexicon.layers for r in refs(body)):
            continue  # 1/m Σ L^{(i)} says what is done with losses, and not what one is
        numbered = {r.example for r in refs(body) if r.example is not None and r.example.name}
        numbered |= {Index(r.name) for r in clause.refs(match["of"])}
        if len(numbered) > 1 or (match["what"] == "cost" and numbered):
            continue
        name = match["what"] if match["what"] in ("cost", "error") else "loss"
        head = Ref(name, None, next(iter(numbered), None))
        context.definitions.append(Definition(head, None, body, clause.line, f"{head} (prose)"))
        context.note(f"the {match['what']} as the text writes them (prose)")
        clause.use(match)


_MORE_IS_SAID = re.compile(r" (?:is|are|be|denotes?|means?|has|have|stands?|holds?) ")
_LAST_OF_LIST = re.compile(r",(?: and)? ⟦\w\d+⟧$")


def _dependence(clause: Clause, context: Context) -> None:
    for match in clause.find(_CONTRIBUTES):
        state, head = clause.refs(match["on"])[0], clause.refs(match["head"])[0]
        if state.time is not None and state.time == head.time:
            context.depends[head.name] = [state]
            context.note(f"{head} depends on {state} (prose)")
            clause.use(match)
    for match in clause.everywhere(_NOT_OF):
        context.doubt(Doubt(match["what"], clause.names, about_loss=True))
    for match in clause.find(_FUNCTION_OF):
        if re.search(r"\b(?:not|no)\b", clause.text[max(0, match.start() - 1) : match.end()]):
            context.doubt(Doubt("not", clause.names, about_loss=True))
            continue
        if more := _MORE_WAYS.match(clause.text, match.end()):  # … through h_t and through c_{t+1} = …
            context.doubt(Doubt(more.group().strip(" ,"), clause.names, about_loss=True))
        on = match["via"] or match["on"]
        if _MORE_IS_SAID.match(clause.text, match.end()):  # through z, δ is the derivative: of δ more is said
            on = _LAST_OF_LIST.sub("", on)
        refs = clause.refs(on)
        if match["via"] is None:
            refs = _opened(clause, on)
        if _LAST.search(on) and len(refs) == 1 and refs[0].name in context.lexicon.layered:
            refs = [replace(r, layer=r.layer or Index("L")) for r in refs]
        if re.search(r"\b(?:all|every|each) $", clause.text[: match.start("on")]):
            refs = [r if r.time is None or not r.time.name else replace(r, time=EVERY_STEP) for r in refs]
        for head in _heads(match, clause) if refs else []:
            if not is_loss(head.name) and head.name[0] != "·" and context.defined(head) is not None:
                continue
            context.depends[head.name] = refs
            if rule(r"{column}").search(on) or "entry" in on:
                context.separable = True
            for slope in clause.terms(match["slope"]):
                context.values += [(Derivative(head, (ref,), True), slope) for ref in refs]
            context.note(f"{head} depends on {', '.join(map(str, refs))} (prose)")
            clause.use(match)


def _opened(clause: Clause, on: str) -> list[Ref]:
    """``y_1, …, y_m`` is all of y; in a list the arguments that follow are further quantities."""
    found: list[Ref] = []
    for mention in clause.listed(re.sub(r"⟦[IN]\d+⟧", "", on)):
        first = mention.parts[0] if mention.parts else None
        if isinstance(first, Listing) and None in first.items and isinstance(first.items[0], Ref):
            one = first.items[0]
            if grid := _grid(one, first.items[-1]):
                found += grid
                continue
            example = None if one.example is None else Index(EVERY)
            time = None if one.time is None else EVERY_STEP
            found.append(Ref(one.name, one.layer, example, one.subs if example else (), time))
        else:
            found.extend(r for t in heads(mention) if (r := named(t)) is not None)
    return found


def _grid(first: Ref, last: Term | None) -> list[Ref]:
    """``y_{11}, …, y_{22}``: the four of them."""
    if not isinstance(last, Ref) or last.name != first.name or len(first.subs) != 2 or len(last.subs) != 2:
        return []
    if any(s.name for s in (*first.subs, *last.subs)) or {s.offset for s in first.subs} != {1}:
        return []
    rows, cols = (min(s.offset, 9) for s in last.subs)
    return [
        replace(first, subs=(Index("", r), Index("", c)))
        for r in range(1, rows + 1)
        for c in range(1, cols + 1)
    ]


def _heads(match: re.Match[str], clause: Clause) -> list[Ref]:
    if match["head"]:
        return clause.refs(match["head"])
    if match["has"] or (match["word"] and re.search(r"of |for |each|every", match["word"])):
        return [LOSSES_OF_EXAMPLES]
    return [COST if re.search("cost|objective", match["word"] or "") else LOSS]
