r"""``s = W x_i`` beside a loss ``L_i``: what is made of the input of example i belongs to that example.

Notes leave the number of the example out after the first line.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ._lexicon import is_loss
from ._terms import Big, Call, Index, Ref, Term, indices, rebuilt, refs, walk


def made_of_examples(chains: Iterable[tuple[Term, ...]]) -> dict[str, frozenset[str]]:
    """The letters that count the examples of a loss, each with the quantities that leave it out.

    Examples
    --------
    >>> one = Index("i")
    >>> x, s, loss = Ref("x", subs=(one,)), Ref("s"), Ref("L", subs=(one,))
    >>> made_of_examples([(s, x), (loss, s)])
    {'i': frozenset({'s'})}
    """
    every = list(chains)
    called = {n.function.name for chain in every for p in chain for n in walk(p) if isinstance(n, Call)}
    found = [chain for chain in every if len(chain) > 1 and isinstance(chain[0], Ref)]
    heads = [chain[0] for chain in found if isinstance(chain[0], Ref)]
    letters = {
        h.subs[0].name
        for h in heads
        if is_loss(h.name) and len(h.subs) == 1 and h.example is None and not h.subs[0].label
    }
    return {
        letter: left_out
        for letter in letters - {""}
        if (left_out := _leaving_out(letter, found))
        and not left_out & called
        and not _elsewhere(letter, heads, left_out)
    }


def _leaving_out(letter: str, chains: list[tuple[Term, ...]]) -> frozenset[str]:
    """The names that are defined by something with the letter, and whose own scripts do not have it."""
    varying: set[str] = set()
    grown = True
    while grown:
        more = {
            head.name
            for head, *sides in chains
            if isinstance(head, Ref)
            and not is_loss(head.name)
            and letter not in {i.name for i in indices(head)}
            and any(_varies(r, letter, varying) for side in sides for r in _unbound(side, letter))
        }
        grown = not more <= varying
        varying |= more
    return frozenset(varying)


def _varies(ref: Ref, letter: str, varying: set[str]) -> bool:
    own = ref.subs[-1].name if ref.subs else ""
    return own == letter or (ref.name in varying and ref.example is None)


def _unbound(term: Term, letter: str) -> list[Ref]:
    """The quantities that no sum over the letter holds."""
    inside = {id(r) for n in walk(term) if isinstance(n, Big) and n.index == letter for r in walk(n.body)}
    return [r for r in refs(term) if id(r) not in inside]


def _elsewhere(letter: str, heads: list[Ref], names: frozenset[str]) -> bool:
    """Whether some of these names are given with the letter, or with an example, in another place."""
    return any(
        h.name in names and (h.example is not None or letter in {i.name for i in indices(h)}) for h in heads
    )


def with_example(parts: tuple[Term, ...], left_out: dict[str, frozenset[str]]) -> tuple[Term, ...]:
    """The sides of a chain with the number of the example at every quantity that leaves it out."""
    first = parts[0] if parts else None
    if isinstance(first, Call):
        return parts  # the definition of a function speaks of any argument
    letter_of = {name: letter for letter, names in left_out.items() for name in names}

    def change(node: Term) -> Term:
        if isinstance(node, Ref) and node.name in letter_of and node.example is None:
            return replace(node, example=Index(letter_of[node.name]))
        return node

    return tuple(rebuilt(p, change) for p in parts)


def both_ways(parts: tuple[Term, ...], left_out: dict[str, frozenset[str]]) -> str:
    """Why a chain is not understood in which such a quantity stands inside a sum over the examples and outside."""
    for letter, names in left_out.items():
        sums = any(isinstance(n, Big) and n.index == letter for p in parts for n in walk(p))
        outside = {r.name for p in parts for r in _unbound(p, letter)} & names
        if sums and outside:
            return f"not understood: of which example {min(outside)} is"
    return ""
