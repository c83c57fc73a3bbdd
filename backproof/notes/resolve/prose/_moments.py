"""Mean and variance in words: ``⟦μ⟧ is the mean and ⟦σ^2⟧ the biased variance of ⟦x_1, …, x_N⟧``.

Only of numbers that are there: what is drawn at random has a mean that no formula of these gives.
A variance that nobody calls biased may divide by N - 1, and is not read.
"""

from __future__ import annotations

import re
from fractions import Fraction

from .._context import Context, Definition
from .._terms import Add, Big, Div, Index, Listing, Number, Pow, Ref, Term
from ._clause import Clause, Mention, rule

_OF = r"(?:the |all |these )*(?:(?:entries|elements|components|numbers|values|activations|features)(?: of)? )?(?:the |all )*"
_BIASED = r"(?:the |their |its )*\(?(?:biased|population)\)? "
_SPREAD = r"(?P<spread>variance|standard deviation)"
_BOTH = rule(
    rf"(?P<mean>{{Q}}) (?:is|be|denotes) (?:the |their )?mean,? and (?P<wide>{{QV}}) (?:is |be |denotes )?{_BIASED}{_SPREAD} of {_OF}(?P<data>⟦[QE]\d+⟧)"
)
_PAIR = rule(
    rf"(?P<mean>{{Q}}) and (?P<wide>{{QV}}) (?:are|be|denote) (?:the |their )?mean and {_BIASED}{_SPREAD} of {_OF}(?P<data>⟦[QE]\d+⟧)"
)
_MEAN = rule(rf"(?P<mean>{{Q}}) (?:is|be|denotes) (?:the )?(?:arithmetic )?mean of {_OF}(?P<data>⟦[QE]\d+⟧)")
_THEIR = rule(r"(?P<data>⟦[QE]\d+⟧)(?:,? not all equal)?,? (?P<mean>{Q}) is their (?:arithmetic )?mean\b")
_WITH = rule(rf"(?P<data>⟦E\d+⟧) with mean (?P<mean>{{Q}}) and {_BIASED}{_SPREAD} (?P<wide>⟦[QVE]\d+⟧)")
_ROOT = rule(
    r"(?P<wide>{Q}) is the (?:square )?root of the (?:biased|population) variance of (?:the )?(?P<data>⟦Q\d+⟧)(?: plus (?:a |the )?(?:small |positive )*(?:constant |number )?(?P<more>⟦[QE]\d+⟧))?"
)
_RANDOM = re.compile(
    r"random|drawn|distribut|gaussian|\bnormal\b|independent|i\.i\.d|expect|populations?\b(?! (?:variance|standard))|running|moving|weighted|not the"
)
# Whether another thought begins behind: not *the mean of x times two*, nor *of x over the batch and of y*.
_ENDS = re.compile(
    r"\s*(?:$|[:)(]|,? ?(?:where|with|put|and(?! zero| one| two| ⟦N)|so|then)\b|, ?⟦|,? over the (?:mini-?)?batch\b| ⟦E)"
)
_HALF = Number(Fraction(1, 2))
_TWO = Number(Fraction(2))


def read_moments(clause: Clause, context: Context) -> None:
    """Take from a clause the means, variances and standard deviations that it gives names to."""
    if not clause.mentions or any(clause.everywhere(_RANDOM)):
        return
    for pattern in (_BOTH, _PAIR, _WITH, _MEAN, _THEIR, _ROOT):
        for match in clause.find(pattern):
            groups = match.groupdict()
            data = _data(clause.listed(groups["data"])[0], clause, context)
            if data is None or not _ENDS.match(clause.text, match.end()):
                continue
            if groups.get("mean"):
                _define(clause, context, groups["mean"], _mean(*data))
            if groups.get("wide"):
                wide = _variance(*data)
                for more in clause.terms(groups.get("more")):
                    wide = Add(((1, wide), (1, more)))
                root = groups.get("spread") != "variance"
                _define(clause, context, groups["wide"], Pow(wide, _HALF) if root else wide)
            clause.use(match)


def _data(mention: Mention, clause: Clause, context: Context) -> tuple[str, Term] | None:
    """The name of numbers, and how many they are: of ``x_1, …, x_N``, of ``x_i`` with a range, of ``x ∈ ℝ^d``."""
    first = mention.parts[0] if mention.parts else None
    if (
        isinstance(first, Ref) and len(first.subs) == 1 and first.subs[0].name
    ):  # the x_i of a batch x_1, …, x_m
        lists = [m.parts[0] for m in clause.mentions.values() if len(m.parts) == 1]
        first = next((t for t in lists if isinstance(t, Listing) and _lists(t, first.name)), first)
    if isinstance(first, Listing) and len(first.items) >= 3 and None in first.items:
        one, last = first.items[0], first.items[-1]
        if (
            not isinstance(one, Ref)
            or not isinstance(last, Ref)
            or len(one.subs) != 1
            or one.subs[0].offset != 1
        ):
            return None
        if last.name == one.name and len(last.subs) == 1:
            end = last.subs[0]
            return one.name, Ref(end.name) if end.name and not end.offset else Number(Fraction(end.offset))
        name, _, end_name = last.name.partition("_")
        return (one.name, Ref(end_name)) if name == one.name and end_name else None
    if (
        not isinstance(first, Ref)
        or first.layer is not None
        or first.example is not None
        or first.time is not None
    ):
        return None
    if len(first.subs) == 1 and first.subs[0].name in context.ranges:
        low, high = context.ranges[first.subs[0].name]
        return (first.name, high) if low == Number(Fraction(1)) else None
    stated = [(rows, cols) for pattern, rows, cols in context.shapes.get(first.name, []) if pattern == first]
    if not first.subs and len(stated) == 1 and stated[0][1] == Number(Fraction(1)):
        return first.name, stated[0][0]
    return None


def _lists(term: Listing, name: str) -> bool:
    return None in term.items and isinstance(term.items[0], Ref) and term.items[0].name == name


def _entry(name: str, letter: str) -> Ref:
    return Ref(name, None, None, (Index(letter),))


def _mean(name: str, count: Term, letter: str = "k") -> Term:
    return Div(Big("sum", letter, Number(Fraction(1)), count, _entry(name, letter)), count)


def _variance(name: str, count: Term) -> Term:
    gap = Add(((1, _entry(name, "k")), (-1, _mean(name, count, "j"))))
    return Div(Big("sum", "k", Number(Fraction(1)), count, Pow(gap, _TWO)), count)


def _define(clause: Clause, context: Context, token: str, body: Term) -> None:
    """Give a name its meaning, unless a formula does; of σ² that of σ."""
    mention = clause.listed(token)[0]
    head = mention.parts[0] if len(mention.parts) == 1 else None
    if isinstance(head, Pow) and head.exponent == _TWO:
        head, body = head.base, Pow(body, _HALF)
    if not isinstance(head, Ref) or context.defined(head) is not None:
        return
    if head.name.endswith("^2") and context.defined(Ref(head.name.removesuffix("^2"))) is not None:
        return
    context.definitions.append(Definition(head, None, body, clause.line, f"{head} (prose)"))
    context.in_words.add(head.name)
    context.note(f"{head} is what a sentence says that it is (prose)")
