r"""``J = \frac12 w^T w + C \sum_i ξ_i``: a letter of losses that only multiplies in the formula of a loss is a constant.

It is renamed, so that no later stage takes it for a loss of which nothing is said; it is shown as it was written.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ._lexicon import is_loss
from ._terms import Call, Div, Mul, Ref, Term, children, indices, rebuilt, refs

# Behind a name; what follows it is not shown.
_MARK = "∣factor"


def multipliers(chains: Iterable[tuple[Term, ...]]) -> set[str]:
    """The letters of losses that stand nowhere but as factors in the formula of a loss with another letter.

    Examples
    --------
    >>> from ._terms import Add
    >>> total = Add(((1, Ref("w")), (1, Mul((("", Ref("C")), ("", Ref("x")))))))
    >>> multipliers([(Ref("J"), total)])
    {'C'}
    >>> multipliers([(Ref("J"), total), (Ref("C"), Ref("x"))])
    set()
    """
    found = list(chains)
    heads = {_named(parts[0]) for parts in found if len(parts) > 1}
    factors: set[str] = set()
    # What multiplies in the formula of something else may be a matrix: y = C h.
    others = {
        r.name
        for parts in found
        if len(parts) > 1 and _named(parts[0]) and not is_loss(_named(parts[0]))
        for p in parts
        for r in refs(p)
    }
    stack: list[tuple[Term, bool]] = [(part, False) for parts in found for part in parts]
    while stack:
        term, multiplies = stack.pop()
        if isinstance(term, Ref) and is_loss(term.name):
            (factors if multiplies and not indices(term) else others).add(term.name)
        elif isinstance(term, Call) and is_loss(term.function.name):
            others.add(term.function.name)
        below = isinstance(term, Mul) and len(term.items) > 1
        for child in children(term):
            stack.append((child, below or (isinstance(term, Div) and child is term.num)))
    return factors - others if any(is_loss(name) and name not in factors for name in heads) else set()


def _named(term: Term) -> str:
    ref = term.function if isinstance(term, Call) else term
    return ref.name if isinstance(ref, Ref) else ""


def as_factors(term: Term, names: set[str]) -> Term:
    """The term with these letters as names of constants."""

    def change(inner: Term) -> Term:
        if isinstance(inner, Ref) and inner.name in names and not indices(inner):
            return replace(inner, name=factor(inner.name))
        return inner

    return rebuilt(term, change) if names else term


def factor(name: str) -> str:
    """The name of the constant that a letter is."""
    return f"{name}{_MARK}"
