"""Steps in numbers: ``w_{new} = 0.6 - 0.1 · 0.25 = 0.575`` is right only if it goes down the slope that the text gives.

Arithmetic alone proves no step: ``0.6 + 0.1 · 0.25 = 0.625`` is arithmetic as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from .._errors import LimitError, NotesError
from ..resolve import Add, Context, Derivative, Gradient, Mul, Number, Ref, Term, refs, walk
from ..resolve._cases import lead_of
from ..resolve._lexicon import is_loss
from ._others import RATES
from ._outcome import Outcome
from ._question import Question
from ._worked_example import with_values

_STEP = re.compile(
    r"\b(?:new|next|updat\w+|steps?|learning rate|descent|becomes?)\b|새로운|새 |학습률|갱신|更新|新的|学习率|步",
    re.I,
)
_SLOPE = re.compile(
    r"\b(?:gradients?|slopes?|learning rate|step size|descen\w+)\b|기울기|학습률|경사|梯度|学习率", re.I
)
_NEW = re.compile(r"new|next|updated|neu|[+'*]$|\^\+")
# What is written at a letter for its value after a step, or at another step.
_MARKS = re.compile(r"^(?:hat|tilde|bar|bf|mathbf):|(?:[_^](?:new|next|updated|neu|old|prev)|[+'*])+$")


def downhill_only(question: Question, context: Context, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes of the links, without proofs of a step of which nothing but the arithmetic is known to be right.

    ``context`` has the values of examples.
    """
    found, item = list(outcomes), question.item
    first, step = item.parts[0], item.parts[1]
    if item.kind != "numeric" or not isinstance(first, Ref) or not isinstance(step, Add) or context.ascent:
        return found
    old = _old(first, step, context)
    if old is None or all(o.verdict != "proved" for o in outcomes):
        return found
    slopes = list(dict.fromkeys(_slopes(item.parts, old, context)))
    words = _STEP.search(f"{lead_of(item.words)} {item.after}") or _SLOPE.search(item.words)
    if not slopes and not words and not (context.descent and _NEW.search(str(first))):
        return found
    verdicts = [v for slope in slopes for v in _goes_down(question, context, old, slope)]
    if "proved" in verdicts:
        return found
    if "refuted" in verdicts:
        why = "the step is not seen to go down the slope that the text gives"
    elif any(_is_added(sign, t) for sign, t in step.terms[1:]):
        why = "whether a step is added, nothing tells but its arithmetic"
    else:
        return found
    return [replace(o, verdict="unknown", reason=why) if o.verdict == "proved" else o for o in found]


def _old(first: Ref, step: Add, context: Context) -> Ref | None:
    """The quantity from whose value a step begins: it has the same letter, or it is the one that the step is for."""
    sign, start = step.terms[0]
    if sign < 0 or len(step.terms) < 2:
        return None
    letter = _MARKS.sub("", first.name)
    if isinstance(start, Ref):
        return start if start != first and _MARKS.sub("", start.name) == letter else None
    if not isinstance(start, Number):
        return None
    heads = [d.head for d in context.definitions if d.params is None and d.body == start]
    return next((h for h in heads if _MARKS.sub("", h.name) == letter), None)


def _slopes(parts: Sequence[Term], old: Ref, context: Context) -> Iterator[Term]:
    """The slopes by a quantity that the step or the text speaks of, and those of the losses that it has a formula for."""
    for term in (*(n for p in parts for n in walk(p)), *(head for head, _ in context.values)):
        if isinstance(term, Gradient) and term.of == old:
            yield term
        if isinstance(term, Derivative) and term.by == (old,):
            yield term
    losses = [d for d in context.definitions if is_loss(d.head.name) and not d.value]
    for loss in {d.head for d in losses} - {r for d in losses for r in refs(d.body)}:
        if old in _leads_to(loss, context):
            yield Derivative(loss, (old,), True)


def _leads_to(head: Ref, context: Context) -> set[Ref]:
    """All quantities that the formulas for one lead to."""
    seen, ahead = {head}, [head]
    while ahead:
        name = ahead.pop().name
        new = {r for d in context.definitions if d.head.name == name for r in refs(d.body)} - seen
        seen |= new
        ahead += new
    return seen


def _goes_down(question: Question, context: Context, old: Ref, slope: Term) -> Iterator[str]:
    """Verdicts on: the step is the rate times the slope; a factor of the step, which is taken away, is the slope."""
    item = question.item
    known = {d.head for d in context.definitions if not refs(d.body)}
    for rate in sorted((h for h in known if h.name in RATES and h == Ref(h.name)), key=str):
        whole = Add(((1, old), (-1, Mul((("", rate), ("·", slope))))))
        yield _verdict(question, context, whole, item.parts[-1])
        return
    for part in item.parts[1:]:
        for sign, move in part.terms[1:] if isinstance(part, Add) else ():
            factors = [t for _, t in move.items] if isinstance(move, Mul) else [move]
            numbers = [(f, v) for f in factors if (v := _number_of(f)) is not None]
            if len(numbers) == len(factors):
                for k, (factor, _) in enumerate(numbers):
                    others = [v for j, (_, v) in enumerate(numbers) if j != k]
                    if all(v > 0 for v in others):
                        yield _verdict(question, context, slope, Add(((-sign, factor),)))


def _verdict(question: Question, context: Context, left: Term, right: Term) -> str:
    link = replace(
        question.item, parts=(left, right), relations=("=",), claiming=(True,), sides=question.item.sides[:2]
    )
    try:
        return with_values(replace(question, item=link), context)[1][0].verdict
    except LimitError:
        raise
    except NotesError:
        return "unknown"


def _number_of(term: Term) -> Fraction | None:
    """The value of a number with its sign; None for anything else."""
    if isinstance(term, Add) and len(term.terms) == 1:
        sign, term = term.terms[0]
        return sign * term.value if isinstance(term, Number) else None
    return term.value if isinstance(term, Number) else None


def _is_added(sign: int, move: Term) -> bool:
    """Whether a term is added; a number below zero may be the whole move, ``0.6 + (-0.03)``."""
    below = _number_of(move)
    return sign > 0 and (below is None or below >= 0)
