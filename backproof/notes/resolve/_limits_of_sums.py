"""Sums and products with their limits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from .._errors import NotUnderstoodError
from ..parse import (
    Big as BigTree,
)
from ..parse import (
    Expr,
    Script,
    Token,
    parse_expr,
)
from ._lexicon import is_loss
from ._scripts import read_index
from ._terms import Add, Big, Call, Div, Index, Mul, Number, Pow, Ref, Term, rebuilt, refs, walk

if TYPE_CHECKING:
    from ._structure import Structure


def read_big(
    structure: Structure, base: BigTree, scripts: Sequence[Script], body: Sequence[tuple[str, Expr]]
) -> Term:
    """A sum reaches the rest of its product."""
    if base.kind == "int":
        raise NotUnderstoodError("an integral")
    names, low, without = read_lower(structure, scripts)
    highs = [s for s in scripts if s.kind == "sup"]
    high = structure.term(parse_expr(highs[0].tokens, structure.latex)) if highs else None
    high = _size_of_layer(high, structure.lexicon.layers) if high is not None else None
    term = structure.product([("", body[0][1]), *body[1:]])
    if not names and high is None and base.kind == "sum":
        return Big("sum", "", None, None, term)
    if not names:
        raise NotUnderstoodError("a sum without an index")
    for name in reversed(names):
        term = Big(base.kind, name, low, high, term, without)
    return term


def _size_of_layer(high: Term, layers: set[str]) -> Term:
    """The ``n^{l+1}`` up to which a sum runs is no power, but how many units the layer has."""
    match high:
        case Pow(Ref() as size, Ref(name)) if name in layers:
            return replace(size, layer=Index(name))
        case Pow(Ref() as size, Add(((1, Ref(name)), (sign, Number(value))))) if name in layers:
            return replace(size, layer=Index(name, sign * int(value)))
    return high


_ORDER = re.compile(r"1≤(?P<index>[a-z])≤(?P<end>[A-Za-z])")


def read_extreme(
    structure: Structure, name: str, scripts: Sequence[Script], args: Sequence[Term]
) -> Term | None:
    """``\\max_k z_k``, ``\\max_{1 ≤ k ≤ K} z_k``, ``\\max(z_1, …, z_n)``: over an index; None for anything else."""
    subs = [s for s in scripts if s.kind == "sub"]
    if len(args) == 1 and len(subs) == len(scripts) == 1:
        ordered = _ORDER.fullmatch("".join(t.text for t in subs[0].tokens if t.kind not in ("LB", "RB")))
        if ordered is not None:
            return Big(name, ordered["index"], Number(Fraction(1)), Ref(ordered["end"]), args[0])
        names, low, without = read_lower(structure, scripts)
        inside = {i.name for r in refs(args[0]) for i in (*r.subs, r.example, r.time) if i is not None}
        if len(names) == 1 and low is None and names[0] in inside:
            return Big(name, names[0], None, None, args[0], without)
    return None


def read_lower(
    structure: Structure, scripts: Sequence[Script]
) -> tuple[list[str], Term | None, tuple[Index, ...]]:
    """``i=1``, ``k \\neq i``, ``i, j``."""
    subs = [s for s in scripts if s.kind == "sub"]
    if len(subs) != 1:
        return [], None, ()
    tokens = [t for t in subs[0].tokens if t.kind not in ("LB", "RB")]
    relation = next((k for k, t in enumerate(tokens) if t.kind == "REL"), None)
    head = tokens if relation is None else tokens[:relation]
    names = [t.text for t in head if t.kind in ("LETTERS", "NAME")]
    if len(names) == 1 and relation is None and len(names[0]) in (2, 3):
        names = list(names[0]) if all(c in structure.lexicon.indices for c in names[0]) else names
    if relation is None:
        return names, None, ()
    after = tokens[relation + 1 :]
    if (several := _several(tokens)) is not None:
        return several[0], structure.term(parse_expr(several[1], structure.latex)), ()
    if len(names) != 1:
        raise NotUnderstoodError("the limits of this sum")
    if tokens[relation].text == "=":
        return names, structure.term(parse_expr(after, structure.latex)), ()
    if tokens[relation].text == "≠":
        index = read_index(after, structure.lexicon)
        if index is not None and not index.label:
            return names, None, (index,)
    if tokens[relation].text == "∈" and after and after[0].kind in ("LETTERS", "NAME", "WORD", "ACCENT"):
        return names, None, ()  # a set over which an index runs is all that the index can be
    raise NotUnderstoodError("the limits of this sum")


def _several(tokens: Sequence[Token]) -> tuple[list[str], list[Token]] | None:
    """The indices of ``p, q = 1`` and of ``i = 1, j = 1``, and where all of them begin; None for anything else."""
    groups: list[list[Token]] = [[]]
    for token in tokens:
        if token.kind == "COMMA":
            groups.append([])
        else:
            groups[-1].append(token)
    names: list[str] = []
    low: list[Token] = []
    for group in reversed(groups):
        texts = [t.text for t in group]
        if len(texts) > 2 and texts[1] == "=" and group[0].kind in ("LETTERS", "NAME"):
            if low and [t.text for t in low] != texts[2:]:
                return None
            low = group[2:]
        elif len(texts) != 1 or group[0].kind not in ("LETTERS", "NAME"):
            return None
        names.append(texts[0])
    plain = all(len(n) == 1 for n in names)
    return (names[::-1], low) if low and len(names) > 1 and plain else None


def bind_sums(parts: tuple[Term, ...]) -> tuple[Term, ...]:
    """Let a sum without an index run over the one index of its body that nothing else in the chain fixes."""
    if _is_of_a_loss(parts):
        parts = tuple(_over_what_follows(p, parts) for p in parts)
    parts = tuple(_over_both(p, parts) for p in parts)
    nodes = [n for p in parts for n in walk(p)]
    bare = [n for n in nodes if isinstance(n, Big) and not n.index]
    if not bare:
        return parts
    inside = {id(r) for n in bare for r in walk(n.body) if isinstance(r, Ref)}
    bound = {n.index for n in nodes if isinstance(n, Big)}
    fixed = {
        i for n in nodes if isinstance(n, Ref) and id(n) not in inside for i in _entries(n) if i not in bound
    }

    def change(term: Term) -> Term:
        if isinstance(term, Big) and not term.index:
            own = {n.index for n in walk(term.body) if isinstance(n, Big)}
            free = {i for r in refs(term.body) for i in _entries(r)} - fixed - own
            if len(free) == 1:
                return replace(term, index=free.pop())
        return term

    return tuple(rebuilt(p, change) for p in parts)


def _is_of_a_loss(parts: tuple[Term, ...]) -> bool:
    """Whether a statement says what a loss is: there a careless sum has one meaning, elsewhere it may be the mistake."""
    head = parts[0].function if isinstance(parts[0], Call) and not parts[0].primes else parts[0]
    return len(parts) == 2 and isinstance(head, Ref) and is_loss(head.name)


def _over_what_follows(part: Term, parts: tuple[Term, ...]) -> Term:
    r"""``\sum_{i=1}^m y_i \log a_i + (1 - y_i) \log(1 - a_i)``: what follows belongs to the sum where its index does.

    Behind a minus it does only as ``-\frac1m \sum_i a_i + b_i``: elsewhere the sign may be meant of one term.
    """
    elsewhere = {i for p in parts if p is not part for r in refs(p) for i in _entries(r)}

    def change(term: Term) -> Term:
        if not isinstance(term, Add):
            return term
        found: list[tuple[int, Term]] = []
        for sign, inner in term.terms:
            last = _last_sum(found[-1][1]) if found else None
            free = set[str]() if last is None else _free_entries(inner)
            alone = found and not isinstance(found[-1][1], Mul)
            reached = found and (found[-1][0] > 0 or (not alone and sign > 0))
            if last is not None and last.index in free - elsewhere and reached:
                body = Add((*_addends(last.body), (sign, inner)))
                found[-1] = (found[-1][0], _with_last(found[-1][1], replace(last, body=body)))
            else:
                found.append((sign, inner))
        return (
            term if len(found) == len(term.terms) else found[0][1] if _is_plain(found) else Add(tuple(found))
        )

    return rebuilt(part, change)


def _is_plain(terms: list[tuple[int, Term]]) -> bool:
    return len(terms) == 1 and terms[0][0] > 0


def _addends(body: Term) -> tuple[tuple[int, Term], ...]:
    return body.terms if isinstance(body, Add) else ((1, body),)


def _last_sum(term: Term) -> Big | None:
    """The sum that a term is or ends with."""
    last = term.items[-1][1] if isinstance(term, Mul) else term
    return last if isinstance(last, Big) and last.kind == "sum" and last.index else None


def _with_last(term: Term, last: Big) -> Term:
    return Mul((*term.items[:-1], (term.items[-1][0], last))) if isinstance(term, Mul) else last


def _free_entries(term: Term) -> set[str]:
    """The indices of a term that no sum inside it binds."""
    bound = {n.index for n in walk(term) if isinstance(n, Big)}
    return {i for r in refs(term) for i in _entries(r)} - bound


def _over_both(part: Term, parts: tuple[Term, ...]) -> Term:
    """``\\sum_{i \\neq j} x_i x_j`` runs over both where nothing else in the chain says what j is."""

    def change(term: Term) -> Term:
        if not isinstance(term, Big) or len(term.without) != 1 or term.high is not None:
            return term
        other = term.without[0].name
        if other not in set("ijklmnpqr"):  # \sum_{j \neq y_i} leaves out the class of example i
            return term
        inside = {id(r) for r in walk(term) if isinstance(r, Ref)}
        nodes = [n for p in parts for n in walk(p)]
        named = any(isinstance(n, Big) and n.index == other for n in nodes) or any(
            other in _entries(n) for n in nodes if isinstance(n, Ref) and id(n) not in inside
        )
        used = any(other in _entries(r) for r in refs(term.body))
        return (
            Big(term.kind, other, None, None, term)
            if used and not named and not term.without[0].offset
            else term
        )

    return rebuilt(part, change)


# Letters for how many there are.
_COUNTS = {"m", "n", "N", "M", "K", "B", "T", "H"}


def counted(term: Term, defined: set[str]) -> Term:
    """``\\frac1n \\sum_i x_i``: a mean is of as many as it divides by, also where its sum is written without limits."""

    def change(inner: Term) -> Term:
        if isinstance(inner, Div) and isinstance(inner.num, Big):
            return replace(inner, num=_up_to(inner.num, _counts(inner.den, defined)))
        if isinstance(inner, Mul):
            counts = [c for _, t in inner.items if isinstance(t, Div) for c in _counts(t.den, defined)]
            sums = [t for _, t in inner.items if isinstance(t, Big)]
            if len(sums) == 1:
                items = [(op, _up_to(t, counts) if t is sums[0] else t) for op, t in inner.items]
                return replace(inner, items=tuple(items))
        return inner

    return rebuilt(term, change)


def _counts(den: Term, defined: set[str]) -> list[Ref]:
    """The letters for numbers of things in a denominator: the m of 2m."""
    factors = [t for _, t in den.items] if isinstance(den, Mul) else [den]
    return [t for t in factors if isinstance(t, Ref) and t == Ref(t.name) and t.name in _COUNTS - defined]


def _up_to(total: Big, counts: Sequence[Ref]) -> Big:
    free = (
        total.kind == "sum" and total.index and total.low is None and total.high is None and not total.without
    )
    numbers = any(total.index in _entries(r) for r in refs(total.body)) and total.index not in ("x", "w")
    if not free or not numbers or len(counts) != 1 or isinstance(total.body, Big):
        return total
    return replace(total, low=Number(Fraction(1)), high=counts[0])


def _entries(ref: Ref) -> set[str]:
    """The index letters of entries and examples."""
    found = (*ref.subs, *([ref.example] if ref.example is not None else []))
    return {i.name for i in found if i.name and not i.label}
