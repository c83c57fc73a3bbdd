r"""``p_{y_i}`` beside ``\mathbb{1}(y_i = k)``: the class y_i of example i is an index in conditions as it is in scripts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ._terms import Big, Branches, Ref, Term, rebuilt, refs, walk


def class_labels(terms: Iterable[Term]) -> set[str]:
    """The labels of examples that stand as indices: the ``y_i`` of ``f_{y_i}``, and of ``\\sum_{j \\neq y_i}``."""
    found: set[str] = set()
    for term in terms:
        found |= {i.name for r in refs(term) for i in r.subs if "_" in i.name and not i.label}
        found |= {i.name for n in walk(term) if isinstance(n, Big) for i in n.without if "_" in i.name}
    return found


def as_indices(parts: tuple[Term, ...], labels: set[str]) -> tuple[Term, ...]:
    """The sides of a statement with such labels as plain indices: in conditions, and where it is one, ``j \\neq y_i``."""
    if len(parts) == 2 and any(p == Ref(p.name) and len(p.name) == 1 for p in parts if isinstance(p, Ref)):
        parts = tuple(_plain(p, labels) for p in parts)
    return tuple(_in_conditions(p, labels) for p in parts)


def left_out(term: Term) -> set[tuple[str, str]]:
    """The pairs of indices that sums over the other classes keep apart: j and y_i of ``\\sum_{j \\neq y_i}``."""
    sums = [n for n in walk(term) if isinstance(n, Big)]
    found = [sorted((n.index, i.name)) for n in sums for i in n.without if "_" in i.name or i.name == "y"]
    return {(one, two) for one, two in found}


def _in_conditions(term: Term, labels: set[str]) -> Term:
    """The term with those labels as plain indices in its conditions.

    Examples
    --------
    >>> from ._terms import Condition, Index
    >>> label, one, other = Ref("y", subs=(Index("i"),)), Ref("k"), Ref("a")
    >>> branches = Branches(((other, (Condition(label, "=", one),)),))
    >>> _in_conditions(branches, {"y_i"}).branches[0][1][0].left
    Ref(name='y_i', layer=None, example=None, subs=(), time=None)
    """

    def change(inner: Term) -> Term:
        if not isinstance(inner, Branches):
            return inner
        return Branches(
            tuple(
                (
                    value,
                    tuple(
                        replace(c, left=_plain(c.left, labels), right=_plain(c.right, labels)) for c in tests
                    ),
                )
                for value, tests in inner.branches
            )
        )

    return rebuilt(term, change) if labels else term


def _plain(side: Term, labels: set[str]) -> Term:
    if not isinstance(side, Ref) or side.layer is not None or side.time is not None:
        return side
    scripts = [*side.subs, *([side.example] if side.example is not None else [])]
    if len(scripts) != 1 or scripts[0].offset or f"{side.name}_{scripts[0].name}" not in labels:
        return side
    return Ref(f"{side.name}_{scripts[0].name}")
