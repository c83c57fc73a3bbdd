"""What a noun means that words give to one quantity: *its net input* ``z``, *the logit* ``s = wx + b``."""

from __future__ import annotations

import re

from .._context import Context
from .._terms import Ref, indices
from ._clause import Clause, heads, named, rule

_NOUN = r"(?P<noun>net inputs?|weighted (?:inputs?|sums?)|pre-?activations?|logits?)"
_GIVEN = rule(
    r"\b(?:the|its|a|an|whose|total|with) " + _NOUN + r"(?: of (?:the |this |its )?(?:(?P<which>output|hidden) )?(?:unit|neuron|node|layer))?"
    r",? (?:(?:is|being|called|written|denoted by) )?(?P<who>{QE})"
    r"|(?P<who2>{QE}),? (?:is|being|denotes|be) (?:the|its|a) (?:total )?" + _NOUN.replace("noun", "noun2")
    + r"(?: of (?:the |this |its )?(?:(?P<which2>output|hidden) )?(?:unit|neuron|node|layer))?"
)  # fmt: skip
_UNIT = re.compile(r"\b(output|hidden) (?:unit|neuron|node|layer)\b")


def read_called(clause: Clause, context: Context) -> None:
    """Remember which quantities a clause calls net inputs and the like, and of which kind of unit."""
    for match in clause.everywhere(_GIVEN):
        mention = clause.listed(match["who"] or match["who2"])[0]
        found = [r for t in heads(mention)[:1] if (r := named(t)) is not None]
        before = [m[1] for m in _UNIT.finditer(clause.text[: match.start()])]
        which = match["which"] or match["which2"] or (before[-1] if before else "")
        for ref in found:
            context.nouns.add((_plain(match["noun"] or match["noun2"]), which, ref))


def called(noun: str, which: str | None, context: Context) -> Ref | None:
    """The one quantity that words have called so; None if there are several, or several units share its letter."""
    same = [(kind, ref) for name, kind, ref in context.nouns if name == _plain(noun)]
    if which and any(kind == which for kind, _ in same):
        same = [(kind, ref) for kind, ref in same if kind == which]
    elif which and any(kind for kind, _ in same):
        return None
    refs = {ref for _, ref in same}
    if len(refs) != 1:
        return None
    ref = next(iter(refs))
    return None if any(i.name and not i.label for i in indices(ref)) else ref


def _plain(noun: str) -> str:
    return noun.replace("-", "").rstrip("s")
