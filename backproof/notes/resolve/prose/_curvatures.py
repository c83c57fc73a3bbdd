"""Hessians and Jacobians that words name: *H is the Hessian of J*, *the matrix of its second derivatives* ``H``.

Whose Hessian it is, the words say, or there is one function alone that it can be of.
"""

from __future__ import annotations

import re

from .._context import Context, Definition
from .._lexicon import is_loss
from .._terms import NABLA, Call, Derivative, Ref, indices
from ._clause import Clause, Mention, named, rule

_HESSIAN = (
    r"(?:hessian(?: matrix)?|matrix of (?:all |the |its )*second(?:-order| order)?(?: partial)? derivatives)"
)
_OF = r"(?: of (?:the |this |its )*(?:\w+ ){0,2}?(?P<of>{QLFE}))?(?: (?:with respect to|in|by) (?:the )?(?P<by>{Q}))?"
_IS_HESSIAN = rule(
    rf"(?P<head>{{QE}}),? ?(?:is|be|denotes|for|means|=|,) ?(?:the |its |their |again |a )*{_HESSIAN}{_OF}"
)
_HESSIAN_IS = rule(
    rf"(?:the |its |their )*{_HESSIAN}{_OF},? ?(?:is|reads|equals|becomes|:|=|,)? ?(?P<head>{{QE}})"
)
_BOTH = rule(
    rf"(?:the |its |their )*hessian(?: matrix)? (?P<head>{{Q}}),? (?:is|i\.e\.,?|that is,?) ?(?:the |its )*{_HESSIAN}{_OF}"
)
_DENOTED = rule(
    rf"(?:the |its |their )*{_HESSIAN}{_OF} (?:is )?(?:denoted|written|called|named)(?: by| as)? (?P<head>{{Q}})"
    rf"|(?:denote|write|call)(?: by)? (?P<head2>{{Q}}) (?:for )?(?:the |its )*{_HESSIAN}(?: of (?:the |this |its )*(?P<of2>{{QLFE}}))?"
    r"|(?P<head3>{Q}) ?(?:는|은|가|이) (?P<of3>{QLFE}) ?의 헤[시세]안(?: 행렬)?"
)
_NOT = re.compile(
    r"\b(?:inverse|diagonal|part|determinant|trace|block|approximat\w*|nearly|not|if|gauss-newton|eigen\w+|no|at|negative|minus|expected|mean|averaged?)\b"
)
_NEVER = {"sigma", "tanh", "softmax", "relu", "exp", "log"}


def read_curvatures(clause: Clause, context: Context) -> None:
    """Take from a clause which names are Hessians, and of what."""
    for mention in clause.mentions.values():
        _remember(mention, context)
    for pattern in (_BOTH, _DENOTED, _IS_HESSIAN, _HESSIAN_IS):
        for match in clause.find(pattern):
            groups = match.groupdict()
            head = next((r for k in ("head", "head2", "head3") for r in clause.refs(groups.get(k))), None)
            whose = next((w for k in ("of", "of2", "of3") if (w := groups.get(k))), None)
            of = next(iter(clause.refs(whose)), None) if whose else _only(context)
            if _is_formula(clause, match):
                continue
            if head is None or of is None or head == of or indices(head) or _NOT.search(clause.text):
                continue
            if len(head.name.rpartition(":")[2]) > 1 or context.defined(head) is not None:
                continue
            by = next(iter(clause.refs(groups["by"])), NABLA)
            body = Derivative(of, (by, by), True)
            context.definitions.append(Definition(head, None, body, clause.line, f"{head} (prose)"))
            context.note(f"{head} is the Hessian of {of} (prose)")
            clause.use(match)


def _is_formula(clause: Clause, match: re.Match[str]) -> bool:
    """``its Hessian H = ∇²J``: the formula says it."""
    mentions = clause.listed(match.group())
    return any(isinstance(p, Derivative) for m in mentions for p in m.parts[1:])


def _remember(mention: Mention, context: Context) -> None:
    """Keep the functions and losses that formulas give."""
    if len(mention.parts) < 2 or mention.relations[0] not in ("=", ":="):
        return
    first = mention.parts[0]
    if isinstance(first, Call) and (first.primes or first.function.name in _NEVER):
        return
    if isinstance(first, Derivative) and first.by == (NABLA,):
        first = first.of
    head = named(first) if isinstance(first, (Call, Ref)) else None
    if head is not None and (isinstance(first, Call) or is_loss(head.name)):
        context.told_functions.setdefault(head)


def _only(context: Context) -> Ref | None:
    """The loss, or else the function, that is the only one so far."""
    losses = [f for f in context.told_functions if is_loss(f.name)]
    found = losses or list(context.told_functions)
    return found[0] if len(found) == 1 else None
