r"""``\sum_i u_{n_i}``: the u of the i-th of some numbers n, which are another family than the other u."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from ._terms import Big, Derivative, Gradient, Index, Ref, Term, rebuilt, refs, walk

# That no two of them are the same, words say.
DISTINCT = re.compile(r"\b(?:different|distinct|none of|not among|all differ)\b|서로 다|不同|互异", re.I)


def numbered_numbers(statements: Iterable[tuple[Term, ...]]) -> set[str]:
    """The ``n_i`` that stand as indices in sums over i, where n_i itself stands in no equation."""
    found: set[str] = set()
    alone: set[str] = set()
    for parts, term in ((sides, side) for sides in statements for side in sides):
        if len(parts) > 1:
            alone |= {f"{r.name}_{i.name}" for r in refs(term) for i in r.subs[:1]}
        for node in (n for n in walk(term) if isinstance(n, Big)):
            used = {i.name for r in refs(node.body) for i in r.subs}
            found |= {name for name in used if name.endswith(f"_{node.index}") and len(name) == 3}
    return {name for name in found - alone if name[0] not in "ytc"}


def differentiates_by_one(parts: Iterable[Term], numbers: set[str]) -> bool:
    """Whether sides differentiate by a member of such a family: what comes of it rests on no other being the same."""
    by = [b for p in parts for n in walk(p) if isinstance(n, Derivative) for b in n.by]
    by += [n.of for p in parts for n in walk(p) if isinstance(n, Gradient)]
    return any(i.name in numbers for b in by for r in refs(b) for i in r.subs)


def as_family(term: Term, numbers: set[str]) -> Term:
    """The term with ``u_{n_i}`` as the i-th of a family of its own."""

    def change(inner: Term) -> Term:
        if not isinstance(inner, Ref) or not any(i.name in numbers for i in inner.subs):
            return inner
        (own,) = {i.name for i in inner.subs if i.name in numbers}
        letter, _, index = own.partition("_")
        subs = tuple(Index(index, i.offset) if i.name == own else i for i in inner.subs)
        return replace(inner, name=f"{inner.name}_{letter}", subs=subs)

    return rebuilt(term, change)
