"""Canonical names for summed indices.

The factors of a product and the indices they share form a graph. Every index gets a colour from where it occurs;
colours are refined by the colours of its neighbours until nothing changes; where several indices still look alike,
one of them is singled out and the refinement goes on, for each choice, and the smallest result wins.
Products with no symmetry, nearly all, need a single refinement; trace(A⁷) needs seven choices, not 7!.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flint import fmpq

from symbolic.tensor._terms import Atom, Exponent, Index, Poly, Work, show_poly

_STAR = 10**9  # a stand-in index, larger than any that occurs: "this one" in the picture of an index


def canonical_order(work: Work, bound: frozenset[Index], factors: Mapping[Atom, Exponent]) -> list[Index]:
    """Order the bound indices of a product so that renaming them beforehand changes nothing.

    Parameters
    ----------
    work : Work
    bound : frozenset of Index
    factors : mapping from Atom to exponent

    Returns
    -------
    list of Index
    """
    indices = sorted(bound)
    if len(indices) == 1:
        return indices
    touched = [(atom, power) for atom, power in factors.items() if not atom.free.isdisjoint(bound)]
    start = _ranked({index: (index[0],) for index in indices})
    colours = _refined(work, indices, touched, start)
    return min(_leaves(work, indices, touched, colours))[1]


def _leaves(
    work: Work, indices: Sequence[Index], touched: Sequence[tuple[Atom, Exponent]], colours: dict[Index, int]
) -> list[tuple[str, list[Index]]]:
    """List the orders that refinement leaves, each with the text of the product it gives."""
    classes: dict[int, list[Index]] = {}
    for index in indices:
        classes.setdefault(colours[index], []).append(index)
    tied = [classes[colour] for colour in sorted(classes) if len(classes[colour]) > 1]
    if not tied:
        order = sorted(indices, key=lambda index: colours[index])
        return (
            [("", order)]
            if len(order) == 1
            else [(_picture(work, touched, {x: i for i, x in enumerate(order)}), order)]
        )
    leaves = []
    for chosen in tied[0]:
        work.tick(len(indices))
        single = _ranked({index: (colours[index], index != chosen) for index in indices})
        leaves.extend(_leaves(work, indices, touched, _refined(work, indices, touched, single)))
    return leaves


def _ranked(keys: Mapping[Index, tuple[object, ...]]) -> dict[Index, int]:
    order = {key: rank for rank, key in enumerate(sorted(set(keys.values()), key=repr))}
    return {index: order[key] for index, key in keys.items()}


def _refined(
    work: Work, indices: Sequence[Index], touched: Sequence[tuple[Atom, Exponent]], colours: dict[Index, int]
) -> dict[Index, int]:
    """Tell indices apart by the factors they occur in, until that tells no more apart."""
    while len(set(colours.values())) < len(indices):
        keys = {}
        for index in indices:
            marked = {**colours, index: _STAR}
            mine = [pair for pair in touched if index in pair[0].free]
            keys[index] = (colours[index], _picture(work, mine, marked))
        finer = _ranked({index: (f"{colour:06d}", text) for index, (colour, text) in keys.items()})
        if len(set(finer.values())) == len(set(colours.values())):
            return finer
        colours = finer
    return colours


def _picture(work: Work, factors: Sequence[tuple[Atom, Exponent]], colours: Mapping[Index, int]) -> str:
    """Draw factors with colours in place of bound indices."""
    from symbolic.tensor._sums import substitute_atom

    drawn = []
    for atom, power in factors:
        work.tick()
        renaming = {index: (index[0], _STAR + 1 + colours[index]) for index in atom.free if index in colours}
        image: Poly = substitute_atom(work, atom, renaming) if renaming else {((atom, 1),): fmpq(1)}
        drawn.append(f"{show_poly(image)}^{power}")
    return "&".join(sorted(drawn))
