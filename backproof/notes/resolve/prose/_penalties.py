r"""Penalised costs in words: which term is the penalty, and what names the gradient of the cost without it.

``the cost contains the penalty ⟦λ/2m ‖w‖²⟧``, ``⟦(from backprop)⟧ is the gradient of the cost without it``: then a step of
gradient descent, and the gradient of the whole cost, follow.
"""

from __future__ import annotations

import re
from fractions import Fraction

from .._context import Context
from .._terms import Add, Big, Call, Derivative, Div, Gradient, Mul, Norm, Number, Pow, Ref, Term, refs, walk
from ._clause import Clause, rule

_TWO = Number(Fraction(2))
_WORDS = re.compile(
    r"\b(?:l[12]|regulari[sz]\w*|(?:un)?penali[sz]\w*|penalty|penalties|weight[- ]decay|decay|squared|frobenius|norms?|sum of (?:the )?(?:squared |squares of (?:the )?)?(?:entries|weights))\b"
)
_COST = r"(?:cost|loss|objective|error|risk)(?: function)?"
_BARE_COST = (
    rf"(?:(?:unregulari[sz]ed|unpenali[sz]ed|original|plain|bare|old|data) {_COST}(?: ⟦\w\d+⟧)?"
    rf"|(?:{_COST} )?(?:⟦L\d+⟧ )?without (?:the |this |that |any |its )?(?:penalty|regulari[sz]ation|regulari[sz]er|l[12] )\w*(?: term)?"
    rf"|{_COST} (?:⟦L\d+⟧ )?without (?:the |this |that )?(?:term|it)\b|first (?:term|part|summand) of ⟦L\d+⟧)"
)
_BARE = rule(
    r"(?P<name>⟦[QGVFU]\d+⟧),? (?:\(?(?:also |here |below )?(?:written|typed|called|denoted)(?: as| by)? (?P<name2>⟦[QGVFU]\d+⟧)\)?,? )?(?:(?:which|that) )?{is} (?:the )?{grad} (?:{wrt} ⟦\w\d+⟧ )?of (?:the )?"
    + _BARE_COST
    + r"(?:,? {wrt} ⟦\w\d+⟧)?"
)
_BARE_BEHIND = rule(
    r"(?:{grad}) (?:{wrt} ⟦\w\d+⟧ )?of (?:the )?"
    + _BARE_COST
    + r"(?: {wrt} ⟦\w\d+⟧)?,? (?:is |we )?(?:called|named|denoted|written|call)(?: by| as)? (?P<name>⟦[QGVFU]\d+⟧)"
)
_WRITE = rule(
    r"(?:writ(?:e|es|ing)|abbreviat(?:e|es|ing)) (?P<name>{G}) for (?:the (?:partial )?(?:derivative|gradient) )?(?P<slope>{D})"
)
_WHOLE = rule(
    r"(?:(?P<name>{G}) (?:{is}|with|for) )?(?:the )?{grad} (?:{wrt} ⟦\w\d+⟧ )?(?P<name2>{G})? ?of (?:the )?(?:whole|new|full|total|penali[sz]ed|regulari[sz]ed|entire) "
    + _COST
)
_RATE = rule(r"(?:learning rate|step size|rate|step width) (?P<rate>⟦[QE]\d+⟧)")


def read_penalties(clause: Clause, context: Context) -> None:
    """Take from a clause its penalty, the names of the gradients without and with it, and the rate."""
    found = False
    for mention in clause.mentions.values():
        penalty = _last_term(mention.parts[-1]) if mention.parts else None
        if penalty is not None and (slope := slope_of(penalty)) is not None:
            found = True
            if slope not in context.penalties:
                context.penalties.append(slope)
    for match in clause.find(_RATE):
        for ref in clause.refs(match["rate"])[:1]:
            context.rates.add(ref.name)
    for pattern in (_BARE, _BARE_BEHIND):
        for match in clause.find(pattern):
            also = clause.terms(match.groupdict().get("name2"))
            names = [t for t in (*clause.terms(match["name"]), *also) if isinstance(t, (Ref, Gradient))]
            if names:
                context.bare.append(tuple(names))
                first = names[0]
                shown = f"d{first.of}" if isinstance(first, Gradient) else f"{first}"
                context.note(f"{shown} is the gradient without the penalty (prose)")
                clause.use(match)
                found = True
    for match in clause.find(_WRITE):
        short, derivative = clause.terms(match["name"])[0], clause.terms(match["slope"])[0]
        if isinstance(short, Gradient) and isinstance(derivative, Derivative):
            context.values.append((short, derivative))
            context.note(f"d{short.of} is written for a derivative (prose)")
            clause.use(match)
    for match in clause.find(_WHOLE):
        for term in (*clause.terms(match["name"]), *clause.terms(match["name2"])):
            if isinstance(term, Gradient):
                context.whole.add(term.of.name)
        clause.use(match)
    if found:
        for match in clause.find(_WORDS):
            clause.use(match)


def is_named_by(term: Term, context: Context) -> bool:
    """Whether a formula speaks of the gradient without the penalty by its name."""
    gradients = {n.of.name for n in walk(term) if isinstance(n, Gradient)}
    names = {r.name for r in refs(term)}
    bare = [t for group in context.bare for t in group]
    return any(t.of.name in gradients if isinstance(t, Gradient) else t.name in names for t in bare)


def _last_term(term: Term) -> Term | None:
    if isinstance(term, Add) and len(term.terms) > 1:
        sign, last = term.terms[-1]
        return last if sign > 0 else None
    return term


def slope_of(penalty: Term) -> tuple[Ref, Term] | None:
    """What a penalty is on, and its derivative: ``(w, 2c w)`` for c ‖w‖², c Σ_j w_j², c Σ_l ‖w^l‖²; None for another term."""
    if isinstance(penalty, Div):
        inner = slope_of(penalty.num)
        free = inner is not None and inner[0].name not in {r.name for r in refs(penalty.den)}
        return (inner[0], Div(inner[1], penalty.den)) if inner is not None and free else None
    factors = list(penalty.items) if isinstance(penalty, Mul) else [("", penalty)]
    cores = [(k, core) for k, (_, f) in enumerate(factors) if (core := _core(f)) is not None]
    if len(cores) != 1:
        return None
    k, (of, slope) = cores[0]
    rest = [f for n, (_, f) in enumerate(factors) if n != k]
    if any(of.name == r.name for f in rest for r in refs(f)):
        return None
    return of, Mul((*(("", f) for f in rest), ("", slope)))


def _core(term: Term) -> tuple[Ref, Term] | None:
    """``‖w‖²``, ``Σ_j w_j²``, ``Σ_l ‖w^l‖²``, ``Σ_j |w_j|`` and their derivatives."""
    summed: set[str] = set()
    while isinstance(term, Big) and term.kind == "sum" and not term.without:
        summed.add(term.index)
        term = term.body
    square = isinstance(term, Pow) and term.exponent == _TWO
    inner = term.base if isinstance(term, Pow) else term
    ref = inner.of if isinstance(inner, Norm) else inner
    if not isinstance(ref, Ref):
        return None
    letters = {i.name for i in (*ref.subs, *([ref.layer] if ref.layer else []))}
    if not summed <= letters | {""} or ref.example is not None or ref.time is not None:
        return None
    whole_norm = isinstance(inner, Norm) and inner.order == 2 and not ref.subs
    entries = bool(ref.subs) and {s.name for s in ref.subs} <= summed
    if square and (whole_norm or (entries and (not isinstance(inner, Norm) or inner.order == 0))):
        return ref, Mul((("", _TWO), ("", ref)))
    if isinstance(term, Norm) and term.order == 0 and entries:
        return ref, Call(Ref("sign"), (ref,))
    return None
