r"""Letters and words in brackets that name a layer: ``W^{(O)} a^{(H)}``, ``a^{(out)}``, and ``W^{(K)} a^{(K-1)}``.

A letter that stands in brackets at weights and at what is made with them, and counts nothing, is part of the name.
A capital beside which the layer below it is written, ``K - 1`` and never ``K + 1``, is the last layer, as L is.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..parse import Token
from ._lexicon import Lexicon
from ._terms import Index

WEIGHTS = {"W", "w", "Theta", "theta", "U", "V"}
_COUNTS = set("TlLnmktijpdNK")
_LAST = {"K", "N", "H", "M", "D"}


def note_bracketed(base: str, tokens: Sequence[Token], lexicon: Lexicon) -> None:
    """Remember a superscript ``(O)``, ``(2)`` or ``(K-1)`` of a base."""
    inside = [t for t in tokens if t.kind not in ("LB", "RB")]
    if len(inside) < 3 or inside[0].text != "(" or (inside[0].kind, inside[-1].kind) != ("OPEN", "CLOSE"):
        return
    texts = [t.text for t in inside[1:-1]]
    if len(texts) == 1:
        lexicon.bracketed.setdefault(texts[0], set()).add(base)
    elif len(texts) == 3 and inside[2].kind == "COMMA":
        if (pair := example_at_layer(inside[1:-1])) is not None:
            lexicon.indices.add(pair[0].name)
    elif len(texts) == 3 and texts[1] in ("+", "-") and texts[2].isdigit():
        lexicon.bracketed.setdefault(texts[0], set()).add(base)
        lexicon.neighbours.setdefault(texts[0], set()).add(texts[1])


def example_at_layer(inside: Sequence[Token]) -> tuple[Index, Index] | None:
    """``(p, 3)``: example p at layer 3, in either order."""
    tokens = [t for t in inside if t.kind not in ("LB", "RB")]
    if len(tokens) != 3 or tokens[1].kind != "COMMA":
        return None
    for one, other in ((tokens[0], tokens[2]), (tokens[2], tokens[0])):
        letter = one.kind == "LETTERS" and len(one.text) == 1 and one.text.islower() and one.text != "l"
        if letter and other.kind == "NUMBER" and other.text.isdigit():
            return Index(one.text), Index("", int(other.text))
    return None


def sort_layer_names(lexicon: Lexicon) -> None:
    """Find the letters that name layers, once all scripts of a document are seen."""
    seen = lexicon.bracketed
    numbers = {base for text, bases in seen.items() if text.isdigit() for base in bases}
    others = "L" in seen or "L" in lexicon.layers
    last = [
        x
        for x, bases in seen.items()
        if x in _LAST and bases & WEIGHTS and lexicon.neighbours.get(x) == {"-"} and x not in lexicon.indices
    ]
    if len(last) == 1 and not others and not numbers & seen[last[0]]:
        lexicon.last_layer = last[0]
        lexicon.paren_layers = True
    free = {
        x: bases
        for x, bases in seen.items()
        if len(x) == 1
        and x.isalpha()
        and x not in _COUNTS | lexicon.indices | lexicon.layers
        and x not in lexicon.neighbours
        and not bases & numbers
    }
    found = {x for x, bases in free.items() if bases & WEIGHTS and len(bases) > 1}
    while True:
        shared = {base for x in found for base in free[x]}
        more = {x for x, bases in free.items() if bases & shared or (found and x.isupper())} - found
        if not more:
            break
        found |= more
    lexicon.layer_names = found
