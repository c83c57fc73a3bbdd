r"""``\sum_x`` over the inputs x: the quantities of an example vary with it, as if each had a number.

A sum whose index is itself a quantity of the document runs over the values that the quantity takes, one an example.
In its body x, the labels, and whatever the document defines from them belong to that example.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ._lexicon import is_loss
from ._terms import Big, Call, Index, Ref, Term, indices, rebuilt, refs, walk

_LABELS = {"y", "t", "hat:y"}


def summed_inputs(chains: Iterable[tuple[Term, ...]]) -> tuple[dict[str, frozenset[str]], set[str]]:
    """The quantities that sums run over, each with what varies with it; and those that a sum runs over in vain.

    Examples
    --------
    >>> x, z = Ref("x", subs=(Index("j"),)), Ref("z")
    >>> found, _ = summed_inputs([(z, x), (Ref("C"), Big("sum", "x", None, None, z))])
    >>> sorted(found["x"])
    ['hat:y', 't', 'x', 'y', 'z']
    """
    found = list(chains)
    nodes = [n for chain in found for part in chain for n in walk(part)]
    bare = {n.index for n in nodes if isinstance(n, Big) and n.index and n.low is None and n.high is None}
    quantities = {n.name for n in nodes if isinstance(n, Ref)}
    used = {i.name for n in nodes if isinstance(n, Ref) for i in indices(n)}
    numbered = {n.name for n in nodes if isinstance(n, Ref) and n.example is not None}
    over: dict[str, frozenset[str]] = {}
    for name in bare & quantities - used:
        varying = {name, *_LABELS}
        grown = True
        while grown:
            more = {
                chain[0].name
                for chain in found
                if len(chain) > 1
                and isinstance(chain[0], Ref)
                and any(r.name in varying for p in chain[1:] for r in _outside(p, name))
            }
            grown = not more <= varying
            varying |= more
        if not varying & numbered:
            over[name] = frozenset(varying)
    return over, (bare & quantities) - over.keys() - used


# So near stands the cost of one example behind that of all: "we have C = 1/n Σ_x C_x; for one x, C = ½ ‖y - a‖²".
_NEAR = 4


def costs_of_all(chains: Sequence[tuple[Term, ...]]) -> set[int]:
    """The places of sums over inputs that give a cost which the document gives for one example right behind.

    From there on the letter stands for the cost of one example.

    Examples
    --------
    >>> total = (Ref("C"), Big("sum", "x", None, None, Ref("u")))
    >>> costs_of_all([total, (Ref("C"), Ref("u"))]), costs_of_all([total])
    ({0}, set())
    """
    found: set[int] = set()
    for k, parts in enumerate(chains):
        if (
            len(parts) < 2
            or not isinstance(parts[0], Ref)
            or not is_loss(parts[0].name)
            or not _is_sum(parts)
        ):
            continue
        behind = [c for c in chains[k + 1 : k + 1 + _NEAR] if len(c) > 1 and c[0] == parts[0]]
        if behind and not _is_sum(behind[0]):
            found.add(k)
    return found


def _is_sum(parts: tuple[Term, ...]) -> bool:
    """Whether a side sums over something that is no index."""
    sums = [n for p in parts[1:] for n in walk(p) if isinstance(n, Big) and n.low is None and n.high is None]
    return any(n.index and n.index not in {i.name for r in refs(n.body) for i in indices(r)} for n in sums)


def _outside(term: Term, index: str) -> Iterable[Ref]:
    """The quantities of a term that no sum over the inputs holds."""
    inside = {id(r) for n in walk(term) if isinstance(n, Big) and n.index == index for r in refs(n.body)}
    return (r for r in refs(term) if id(r) not in inside)


def sum_in_vain(parts: Iterable[Term], vain: set[str]) -> str:
    """Why a chain is not understood that sums over a quantity which does not number the examples; empty for others."""
    found = {n.index for p in parts for n in walk(p) if isinstance(n, Big)} & vain
    return f"not understood: what a sum over {min(found)} runs over" if found else ""


def numbered_inputs(parts: tuple[Term, ...], over: dict[str, frozenset[str]]) -> tuple[Term, ...]:
    """Give the quantities of an example its number: bound inside such a sum, any number outside."""
    varying = frozenset().union(*over.values())
    names = {index: f"#{index}" for index in over}
    free = Index(min(names.values()))
    first = parts[0] if parts else None
    if isinstance(first, Call) and any(isinstance(p, Ref) and p.name in varying for p in first.args):
        return parts  # the definition of a function speaks of any argument

    def change(node: Term) -> Term:
        if isinstance(node, Ref) and node.name in varying and node.example is None:
            return Ref(node.name, node.layer, free, node.subs, node.time)
        if isinstance(node, Big) and node.index in names and node.low is None and node.high is None:
            return Big(node.kind, free.name, None, None, node.body, node.without)
        return node

    return tuple(rebuilt(p, change) for p in parts)
