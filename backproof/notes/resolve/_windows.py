"""Places that windows reach: ``i + a - 1``, ``2i + 1``, ``is + a``, ``i - a``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..parse import Token
from ._lexicon import Lexicon
from ._terms import Index


def read_window(tokens: Sequence[Token], lexicon: Lexicon) -> Index | None:
    """A sum of letters that count entries, each perhaps multiplied; None for anything else."""
    names: list[str] = []
    times: list[str] = []
    offset = 0
    for sign, term in _terms(tokens):
        if len(term) == 1 and term[0].kind == "NUMBER" and term[0].text.isdigit():
            offset += sign * int(term[0].text)
            continue
        letter = _letter(term, lexicon)
        if letter is None or (sign < 0 and letter[1] != "1"):
            return None
        names.append(letter[0])
        times.append(letter[1] if sign > 0 else "-1")
    plain = all(t == "1" for t in times)
    if not names or times[0] == "-1" or (len(names) == 1 and plain) or len(set(names)) < len(names):
        return None
    return Index(names[0], offset, also=tuple(names[1:]), times=() if plain else tuple(times))


def _terms(tokens: Sequence[Token]) -> Iterator[tuple[int, list[Token]]]:
    sign, term = 1, list[Token]()
    for token in tokens:
        if token.kind == "SIGN" and (term or token.text == "-"):
            if term:
                yield sign, term
            sign, term = (1 if token.text == "+" else -1), []
        else:
            term.append(token)
    yield sign, term


def _letter(term: Sequence[Token], lexicon: Lexicon) -> tuple[str, str] | None:
    """``a``, ``2i``, ``is``, ``i \\cdot S_h``: the letter that counts, and what it is multiplied by."""
    factors = [
        (k, t)
        for k, t in enumerate(term)
        if t.kind == "LETTERS" and (k == 0 or term[k - 1].kind != "SUB") and t.text.isalpha()
    ]
    counting = [
        (k, c) for k, t in factors for c in (t.text if len(t.text) < 3 else "") if c in lexicon.indices
    ]
    if len(counting) != 1:
        return None
    at, letter = counting[0]
    rest = "".join(
        t.text.replace(letter, "", 1) if k == at else "_" if t.kind == "SUB" else t.text
        for k, t in enumerate(term)
        if t.kind not in ("OP", "SPACE")
    )
    if not rest:
        return letter, "1"
    number = rest.isdigit() and 1 < int(rest) < 5
    name = rest.partition("_")[0]
    return (letter, rest) if number or (len(name) == 1 and name.isalpha()) else None
