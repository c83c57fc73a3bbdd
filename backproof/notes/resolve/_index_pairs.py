"""Letters that count because they stand in pairs with those of sums: the n of ``y_{nk}``, the h of ``w_{hm}``."""

from __future__ import annotations

from ._lexicon import Lexicon
from ._scripts_seen import COUNTING


def partners(lexicon: Lexicon) -> set[str]:
    """The n of ``y_{nk}``, where a sum runs over k and n stands alone or beside another letter elsewhere: E_n, y_{nj}."""
    alone = set().union(*lexicon.lettered.values())
    pairs = {(pair[0], pair[1]) for pair in lexicon.pair_texts}
    return {
        n
        for n, k in pairs
        if k in lexicon.summed
        and n in COUNTING - lexicon.layers
        and (n in alone or any(m == n and j != k for m, j in pairs))
    }


def in_the_place_of_sums(lexicon: Lexicon) -> set[str]:
    """The h of ``w_{hm}`` and ``x_h`` beside ``\\sum_i w_{im} x_i``: it stands wherever the i of the sum does."""
    both = [letters for letters in lexicon.lettered.values() if letters & lexicon.summed]
    places = [(pairs, at) for pairs in lexicon.pairs_of.values() for at in (0, 1)]
    alone = set().union(*lexicon.lettered.values()) & COUNTING - lexicon.layers - lexicon.limits
    beside = {one[1 - at] for pairs, at in places for one in pairs if one[at] in lexicon.summed}
    return beside & alone | {
        one[at]
        for pairs, at in places
        for one in pairs
        for other in pairs
        if one[1 - at] == other[1 - at]
        and one[at].islower()
        and other[at] in lexicon.summed
        and one[at] not in lexicon.layers
        and any({one[at], other[at]} <= letters for letters in both)
    }
