"""What prose says of labels: one-hot, true classes, what sums to one."""

from __future__ import annotations

import re

from .._context import Context, Doubt
from .._terms import Call, Index, Number, Ref, Term
from ._clause import Clause, named, rule
from ._qualified import qualified

_ONE_HOT = rule(
    r"(?:{Q+} ?(?:is|are|,|holds?|has|have|은|는|:)? ?)?(?:an? |the |its |with |a )*(?:one[- ]?hot|원[- ]?핫)(?: (?:encoded|vectors?|columns?|rows?|labels?|targets?|label|target))*(?: {Q+})?"
)


# A vector with one 1, at the place that its index or its argument tells.
_AT = r"(?:place|position|entry|component|coordinate|index|slot|row)"
_BASIS = rule(
    r"(?P<who>{QFU}),? (?:is|be|for|denotes|means|,)? ?(?:the |a )*(?P<at>⟦I\d+⟧ ?-?th )?(?:standard |canonical |natural )?(?:unit|basis|one-?hot|indicator)(?: basis)?(?: column)? vector"
    rf"(?: (?:of|for) (?:the )?(?:true |correct )?(?:class |label )?(?P<of>{{QI}}))?(?:,? (?:with|that has|which has|having) (?:a|the) (?:1|one|⟦N\d+⟧) (?:in|at) (?:the )?{_AT} (?P<at2>{{QI}})(?:,? (?:and )?(?:zeros?|0s?|⟦N\d+⟧) (?:elsewhere|otherwise|in all (?:the )?others?))?)?"
    rf"|(?P<who2>{{QFU}}) (?:has|with|having) (?:a|the) (?:1|one|⟦N\d+⟧) (?:in|at) (?:the )?{_AT} (?P<at3>{{QI}}),? (?:and )?(?:zeros?|0s?|⟦N\d+⟧) (?:elsewhere|otherwise|in all (?:the )?others?)"
)


_TO_ONE = re.compile(
    r"(?:sums?|adds?|adding|summing|totals?)(?: up)? to (?:(?:1|one)\b|⟦N(?P<n>\d+)⟧)"
    r"|exactly one (?:\S+ ){0,6}(?:(?:1|one)\b|⟦N\d+⟧)|합(?:이|은) 1|하나만 1"
)


# What is said to sum to one and not to be one-hot is tried with all its entries between 0 and 1.
_SHARES = re.compile(r"\b(?:sum|add|total)|합")


# What of an array with two indices sums to one: each row, each column, or all of it.
_BY_LINE = re.compile(r"\b(?:rows?|columns?|over|each|every|for (?:all|any|fixed))\b|행|열|마다")


_SUPPOSED = re.compile(
    r"\b(?:if|when|suppose|unless|whenever|(?P<often>sometimes|often|usually|may|might|can|could))\b"
)


_SUM_ONE = re.compile(
    rf"(?:\bprobabilit(?:y|ies) |\bdistribution )?(?P<who>⟦[QE]\d+⟧)?[^.;⟦]{{0,40}}?(?:{_TO_ONE.pattern})"
)


_CONSTANT = rule(
    r"(?P<who>{QFVL+})?[^⟦]{0,30}?\b(?:constants?|상수|fixed|do(?:es)? not depend on (?:the |these |any )*\w+|independent of [a-z ]+)\b"
)


_START = rule(
    r"(?:constant|fixed|given|known|initial|zero)(?: (?:initial|hidden|start(?:ing)?))*(?: (?:state|value)s?)? {Q+}"
)


_TRUE_CLASS = rule(
    r"(?P<one>{E}) (?:for|at|when|where) [^⟦]{0,30}(?:⟦I\d+⟧)?[^⟦]{0,20}(?:and|,) (?:all |the |every )*others? ?(?P<rest>{Q})? ?(?:is|are|=) (?:⟦N\d+⟧|0|zero)"
)


_HOT_WORD = re.compile(r"one-?hot|multi-?label|sums? to\b|may (?:all |both )?be (?:one|1|⟦)|원-?핫", re.I)


_HOT_ROWS = re.compile(r"\brows? (?:of|in) ⟦\w\d+⟧[^⟦.]{0,12}one-hot|one-hot rows?")


# Labels of which this is said sum to anything.
_NOT_HOT = re.compile(
    r"\b(?:not|no|never|neither|nor|cannot|several|many|any number|multi-?label|multi-?hot)\b|n't\b|않|아니|여러",
    re.I,
)


def read_labels(clause: Clause, context: Context) -> None:
    if any(clause.everywhere(_NOT_HOT)) and any(clause.everywhere(_HOT_WORD)):
        labels = {"y", "Y", "t", "T"}
        context.soft |= (clause.names & labels) or labels
    for match in clause.find(_BASIS):
        if _is_basis(clause, match, context):
            clause.use(match)
    for match in clause.find(_TRUE_CLASS):
        hot = sorted({r.name for r in clause.refs(match["one"])})
        context.one_hot.update(hot)
        context.hot.update(hot)
        context.note(f"one-hot: {', '.join(hot)} (prose)")
        clause.use(match)
    context.hot_rows = context.hot_rows or any(clause.everywhere(_HOT_ROWS))
    for match in clause.find(_ONE_HOT):
        if qualified(clause, match.start(), match.end()):
            context.soft |= {r.name for r in clause.refs(match.group())} or (
                clause.names & {"y", "Y", "t", "T"}
            )
            continue
        near = [r.name for r in clause.refs(match.group())]
        chosen = near or [n for n in ("y", "Y", "t", "T") if n in clause.names] or ["y", "Y", "t", "T"]
        context.one_hot.update(chosen)
        context.hot.update(chosen)
        context.note(f"one-hot: {', '.join(chosen)} (prose)")
        clause.use(match)
    for match in clause.find(_SUM_ONE) if any(clause.everywhere(_TO_ONE)) else ():
        if match["n"]:
            first = clause.mentions[int(match["n"])].parts[0]
            if not (isinstance(first, Number) and first.value == 1):
                continue
        before = re.findall(r"⟦[QE]\d+⟧", clause.text[: match.start()])
        supposed = _SUPPOSED.search(clause.text, 0, match.start() + 1)
        if supposed and (supposed["often"] or "⟦" not in clause.text[match.end() :]):
            context.doubt(Doubt(re.sub(r"⟦\w+⟧ ?", "", match.group()).strip(), clause.names, False))
            continue  # if they sum to one, it is simple: said of another place
        told = clause.refs(match["who"] or (before[-1] if before else clause.text))
        names = [r.name for r in told]
        if match["who"] and len(told[0].subs) == 2 and not _BY_LINE.search(clause.text):
            context.wholes.update(names)
        context.one_hot.update(names)
        (context.shares if _SHARES.search(match.group()) else context.hot).update(names)
        context.note(f"sums to one: {', '.join(names)} (prose)")
        clause.use(match)
    for match in clause.find(_CONSTANT):
        refs = clause.refs(match["who"])
        context.constants.update(r.name for r in refs)
        times = [r.time for r in refs if r.time is not None]
        if any(t.name for t in times):
            context.one_step = True
        elif any(t.offset == 0 for t in times):
            _begin(context)
        clause.use(match)
    for match in clause.find(_START):
        if any(r.time is not None and r.time == Index("", 0) for r in clause.refs(match.group())):
            _begin(context)
            clause.use(match)


def _is_basis(clause: Clause, match: re.Match[str], context: Context) -> bool:
    """Keep that ``e_y`` has its 1 in place y; False where the words speak of another place."""
    terms = clause.terms(match["who"] or match["who2"])
    places = [r for k in ("at", "of", "at2", "at3") for r in clause.refs(match[k])]
    match terms[:1]:
        case [Ref(name, None, None, (index,), None)] if index.name and not index.label:
            own = Ref(index.name)
        case [Call(function=Ref("onehot"), args=(Ref() as own,))]:
            name = ""
        case _:
            return False
    if any(p != own for p in places):
        return False
    if name:
        context.bases.add(name)
        context.note(f"{name} with an index has its 1 there (prose)")
    return True


def _begin(context: Context) -> None:
    """A constant h_0 is no step of the recursion."""
    context.first_step = 1
    context.note("the first step is step 1 (prose)")


def function_of(term: Term) -> Ref | None:
    """The function that a call calls."""
    return term.function if isinstance(term, Call) else named(term)
