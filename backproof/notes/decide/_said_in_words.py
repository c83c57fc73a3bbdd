"""What words say that a quantity is made of, beside the formula by which a chain defines it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace

from ..resolve import Add, Call, Derivative, Mul, Ref, refs
from ..resolve._item import Gathered, Item
from ._outcome import Outcome

# Arithmetic in words, which tells what a quantity is made of.
_MADE_OF = re.compile(
    r"\b(?:adds?|added to|times|(?:sum|product|difference|quotient|ratio|half|twice|share) of|multipl(?:y|ies|ied)"
    r"|subtract\w*|minus|plus|weighted)\b|더하|더한|곱하|곱한|빼|뺀|加上|乘以|减去|相乘|相加",
    re.I,
)


def said_in_words(item: Item, gathered: Gathered, outcomes: Sequence[Outcome]) -> str:
    """What a chain defines by a formula of its own, where the words before it tell what it is made of.

    Whether the formula is what they say is not known, so that what follows from it proves nothing.
    """
    head = item.parts[0]
    defines = len(outcomes) > 1 and outcomes[0].verdict == "none" and bool(refs(item.parts[1]))
    if not defines or not isinstance(head, Ref) or not _MADE_OF.search(item.words):
        return ""
    spoken = any(
        o.parts == (head,) and o.section == item.section and not o.formula.display for o in gathered.items
    )
    if not spoken and item.kind != "numeric":
        return ""
    read = _is_told_product(item, gathered) or _is_told_step(item, gathered)
    return "" if read or _is_sum_of_products(item) or _is_minus_a_logarithm(item) else str(head)


_PRODUCT_OF = re.compile(r"\bproduct of(?: the)?(?: [a-z]+)?\s+(?:and|with|by)\b")
_SUM_OF_PRODUCTS = re.compile(r"\bsum of (?:the |all )?products of\b")


def _is_told_product(item: Item, gathered: Gathered) -> bool:
    """Whether the formula is the product of just what the words name: *dW the product of* ``dZ`` *and* ``X^T``."""
    body = item.parts[1]
    one = len(_MADE_OF.findall(item.words)) == len(_PRODUCT_OF.findall(item.words)) == 1
    if not one or not isinstance(body, Mul) or any(op == "/" for op, _ in body.items):
        return False
    factors = [(factor,) for _, factor in body.items]
    spoken = [o for o in gathered.items if o.section == item.section and not o.formula.display]
    return any(
        [o.parts for o in spoken[k + 1 : k + 1 + len(factors)]] == factors
        for k, head in enumerate(spoken)
        if head.parts == item.parts[:1]
    )


def _is_sum_of_products(item: Item) -> bool:
    """Whether the formula adds products that share no factor, and the words say just that."""
    body = item.parts[1]
    if _SUM_OF_PRODUCTS.search(item.words) is None or not isinstance(body, Add):
        return False
    plain = all(sign == 1 and isinstance(term, Mul) for sign, term in body.terms)
    factors = [f for _, term in body.terms if isinstance(term, Mul) for _, f in term.items]
    return plain and len(set(factors)) == len(factors)


_TIMES_A_SLOPE = re.compile(r"\btimes the (?:partial )?derivative of\b")
_MINUS_LOG = re.compile(r"\bminus (?:its|the|their) (?:natural )?log(?:arithms?)?\b")


def _is_told_step(item: Item, gathered: Gathered) -> bool:
    """Whether the formula is the step that words name: ``Δw``, ``-η`` *times the derivative of* ``E``."""
    body, head = item.parts[1], item.parts[0]
    sign, inner = body.terms[0] if isinstance(body, Add) and len(body.terms) == 1 else (1, body)
    one = len(_MADE_OF.findall(item.words)) == len(_TIMES_A_SLOPE.findall(item.words)) == 1
    if not one or not isinstance(inner, Mul) or len(inner.items) != 2 or not isinstance(head, Ref):
        return False
    (_, rate), (_, slope) = inner.items
    if not isinstance(slope, Derivative) or len(slope.by) != 1 or not isinstance(slope.by[0], Ref):
        return False
    by = slope.by[0]
    factor = Add(((-1, rate),)) if sign == -1 else rate
    spoken = [o.parts for o in gathered.items if o.section == item.section and not o.formula.display]
    named = head == replace(by, name=f"Delta:{by.name}")
    return named and any(a == (factor,) and b == (slope.of,) for a, b in itertools.pairwise(spoken))


def _is_minus_a_logarithm(item: Item) -> bool:
    """Whether the formula is minus a logarithm, as the words say."""
    one = len(_MADE_OF.findall(item.words)) == len(_MINUS_LOG.findall(item.words)) == 1
    match item.parts[1]:
        case Add(((-1, Call(Ref("log" | "ln"), _, 0)),)):
            return one
    return False
